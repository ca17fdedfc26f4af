// Package webchat is the chat in a browser: a customer's page at /chat/{token}. It needs
// no account anywhere and no sender: the stored messages are its transcript, and whatever is
// written there is shown to everyone who has the page open.
//
// Every page works without script: forms post and are redirected back. The script
// (static/live.js) submits the same forms in place and fetches the same page when the
// server says that it changed, so there is one rendering only, in Go.
package webchat

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
)

//go:embed static
var staticFiles embed.FS

// What Config.Visitor says of a token that opens no conversation. Its errors wrap one
// of these; any other error means that the store is away.
var (
	ErrUnknown   = errors.New("unknown link")             // nobody was ever given this token
	ErrUsed      = errors.New("link used")                // the conversation went on elsewhere
	ErrElsewhere = errors.New("link of another browser")  // the conversation began in one that holds another secret
	ErrOver      = errors.New("the conversation is over") // and so long ago that it is not shown any more
	ErrExpired   = errors.New("link expired")
	ErrOff       = errors.New("the service that is asked about was cancelled")
	ErrCrowded   = errors.New("too many open this link at once") // of Config.Begin
)

// What Config.Move says of a code that moves nothing. Its errors, and those of Ask, wrap one of
// these or of the above.
var (
	ErrWrongCode = errors.New("wrong code")
	ErrNoCode    = errors.New("no code is open") // none was made, its time is over, or too many were wrong
)

// Config is what the chat needs from the rest of the program.
type Config struct {
	// Handle acts on what visitors tap and write.
	Handle chat.Handler
	// Visitor says who a token is for, to the browser that holds this secret; "" = none. It
	// changes nothing. With an error the title and the language may be told.
	Visitor func(ctx context.Context, token, browser string) (Visitor, error)
	// Claim makes a fresh token that of the browser that holds this secret.
	Claim func(ctx context.Context, token, browser string) error
	// Preview returns what an unopened conversation begins with. Nothing of it is stored.
	Preview func(ctx context.Context, token string) ([]Item, error)
	// Code makes a code by which another browser takes over the conversation that this one
	// holds, and says how long it does.
	Code func(ctx context.Context, token, browser string) (code string, life time.Duration, err error)
	// Move gives the conversation to the browser that names its code.
	Move func(ctx context.Context, token, browser, code string) error
	// Ask tells the team, in these words, that somebody asks for a link of their own before one
	// that is another's. The same nonce is the same message.
	Ask func(ctx context.Context, token, browser, words, nonce string) error
	// Anew makes another conversation like that of a link, and returns the path of the page that
	// shows it; nil = links are for one person each.
	Anew func(ctx context.Context, token string) (path string, err error)
	// Standing says who asks by a standing link, which anybody may open: ErrUnknown, or
	// ErrExpired of one that is closed. It changes nothing. nil = there are none.
	Standing func(ctx context.Context, id string) (Standing, error)
	// Begin makes a conversation of a standing link, in a language of the browser's, the best first, where the
	// link has none, and returns the token of its page. Besides the errors of Standing: ErrCrowded.
	Begin func(ctx context.Context, id string, languages []string) (token string, err error)
	// Transcript returns what is to be seen at an address, in the order to be shown: the
	// newest items whose Ord is below before (0 = of all), at most limit.
	Transcript func(ctx context.Context, to chat.Address, before int64, limit int) ([]Item, error)
	// State names all that is to be seen at an address: it changes when anything there does.
	// It is asked once a second for everybody who has the page open, and must be cheap.
	State func(ctx context.Context, to chat.Address) (string, error)
	// Seen hears which slots a visitor's page has just shown them. It is told after the page
	// was written, may be told the same again, and must be cheap then. May be nil.
	Seen func(ctx context.Context, to chat.Address, slots []string) error
	// Watch returns a channel that wakes after a commit of this process that wrote to
	// an address, and what to call when nobody listens any more. Commits of other
	// processes are found by asking for the state each second. May be nil.
	Watch func(to chat.Address) (<-chan struct{}, func())
	// MaxText is the most characters that a message may have; 0 = 4,000.
	MaxText int
	// ChangeWithin is how long an answer can be changed after it was given; 0 = it is not told.
	ChangeWithin time.Duration
	// Prefix is the path of PUBLIC_URL, "" for none. Links carry it; requests may
	// arrive with it or, where a proxy takes it off, without.
	Prefix string
	// Secure says that browsers reach the pages by https, whatever this server sees of it:
	// cookies go no other way then.
	Secure bool
	// Key signs what a cookie carries; nil makes one, for one process alone.
	Key []byte
	// Clock is the time that updates get; nil is time.Now.
	Clock func() time.Time
	// Log hears of failures, never of tokens or of words. Nil discards them.
	Log *slog.Logger
}

// Visitor is the one for whom a token was made.
type Visitor struct {
	Address  chat.Address
	User     chat.User
	Language string         // BCP 47: of the page around the messages
	Else     string         // BCP 47: of that page where it has neither Language nor the browser's; "" = English
	Title    string         // what stands at the top of the page; "" = a general title
	About    string         // what the conversation is about, below it; "" = not known
	Zone     *time.Location // of the times on the page; nil = UTC
	Closed   string         // until when nobody answers words about an open case; "" = somebody may
	Fresh    bool           // nobody has said anything by the token yet: whoever does first has it
	// Unopened says that the conversation is yet to begin: Preview has what it begins with, and
	// whatever is said comes after its start.
	Unopened bool
	// Pulse says that answers call nobody, so that what is said of others' is not true of them.
	Pulse bool
	// Asking says that it is the conversation of somebody who asked for a link of their own.
	Asking bool
}

// Standing is a link that anybody may open.
type Standing struct {
	Title    string // who asks; "" = not known
	Language string // BCP 47; "" = the browser's
	Else     string // BCP 47: where the page has none of the browser's; "" = English
	Telegram string // the address at which the same begins in Telegram; "" = none
}

// Item is one place in the transcript and what it shows.
type Item struct {
	Slot    string // names the place; the same slot with a higher Version is an edit
	Ord     int64  // changes when the message is posted anew
	Version int
	Message chat.Message
}

type site struct {
	Config
	assets    *page.Assets
	words     dictionary
	audiences *audiences
	door      door
}

// New returns the handler of /chat/, /s/ and /static/chat/. Event streams last as
// long as their request's context: give the http.Server a BaseContext that ends when
// the program is asked to stop, or Shutdown waits for them.
func New(c Config) http.Handler {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Prefix = page.Prefix(c.Prefix)
	if c.Key == nil {
		c.Key = make([]byte, 32)
		_, _ = rand.Read(c.Key) // never fails (crypto/rand)
	}
	s := &site{Config: c, assets: newAssets(c.Prefix), words: newDictionary()}
	s.audiences = &audiences{site: s, by: map[chat.Address]*audience{}}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /chat/{token}", s.showChat)
	mux.HandleFunc("POST /chat/{token}", s.postChat)
	mux.HandleFunc("GET /chat/{token}/events", s.chatEvents)
	mux.HandleFunc("GET /chat/{token}/how", s.showHow)
	mux.HandleFunc("POST /chat/{token}/elsewhere", s.postElsewhere)
	mux.HandleFunc("POST /chat/{token}/here", s.postHere)
	mux.HandleFunc("POST /chat/{token}/own", s.postOwn)
	if c.Standing != nil {
		mux.HandleFunc("GET /s/{standing}", s.showStanding)
		mux.HandleFunc("POST /s/{standing}", s.begin)
	}
	mux.Handle("GET /static/chat/{file}", s.assets)
	mux.HandleFunc("GET /", s.nothingHere)

	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.notice(w, r, noticeForeign)
	}))
	headers := page.Headers{Policy: policy, Frames: "SAMEORIGIN", Referrer: "no-referrer"}
	return page.StripPrefix(c.Prefix, headers.On(withoutNullOrigin(guard.Handler(mux))))
}

func newAssets(prefix string) *page.Assets {
	return page.NewAssets(staticFiles, "static", prefix+"/static/chat/")
}

// withoutNullOrigin lets forms through on plain HTTP. There browsers send no
// Sec-Fetch-Site, and because of the page's no-referrer policy the origin of its own
// forms is "null", which looks like another site's. A foreign page gains nothing by
// sending the same: it does not know the token in the path, and without it no cookie counts.
func withoutNullOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") == "null" && r.Header.Get("Sec-Fetch-Site") == "" {
			r = r.Clone(r.Context())
			r.Header.Del("Origin")
		}
		next.ServeHTTP(w, r)
	})
}

// policy lets a page use its own files and nothing else. No Trusted Types policy may
// be made: the script never turns a string into markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

func (s *site) nothingHere(w http.ResponseWriter, r *http.Request) {
	s.notice(w, r, noticeUnknown)
}

// visitor finds whom the request's token is for, or answers the request; what was sent
// with it, if anything, is offered again while the store is away.
func (s *site) visitor(w http.ResponseWriter, r *http.Request, sent *posted) (Visitor, bool) {
	token := r.PathValue("token")
	if !safe(token, maxToken) {
		s.notice(w, r, noticeUnknown)
		return Visitor{}, false
	}
	held := heldBy(r)
	v, err := s.Visitor(r.Context(), token, held)
	if err == nil && v.Fresh {
		switch {
		case held == "":
			s.giveBrowser(w, r)
			if sent != nil {
				s.noticeAgain(w, r, noticeCookie, sent)
				return Visitor{}, false
			}
		case sent != nil:
			err = s.Claim(r.Context(), token, held)
		}
	}
	if err == nil {
		return v, true
	}
	s.closed(w, r, v, err, sent)
	return Visitor{}, false
}

// closed answers whoever has a link that shows them no conversation.
func (s *site) closed(w http.ResponseWriter, r *http.Request, v Visitor, err error, sent *posted) {
	if n := noticeOf(err); n != "" {
		s.refusal(w, r, noticed{notice: n, visitor: v})
		return
	}
	s.away(w, r, "find visitor", err, sent)
}

// noticeOf is the page for an error of Config.Visitor; "" = the store is away.
func noticeOf(err error) notice {
	for is, n := range map[error]notice{
		ErrElsewhere: noticeElsewhere, ErrOver: noticeOver, ErrUnknown: noticeUnknown, ErrUsed: noticeUsed, ErrExpired: noticeExpired, ErrOff: noticeOff,
	} {
		if errors.Is(err, is) {
			return n
		}
	}
	return ""
}

// away answers while the store cannot be reached, and gives back what was sent. A
// person who closed the page gets no answer and leaves no line in the log.
func (s *site) away(w http.ResponseWriter, r *http.Request, doing string, err error, sent *posted) {
	if errors.Is(context.Cause(r.Context()), errGaveWay) {
		sendAway(w)
		return
	}
	if r.Context().Err() != nil {
		// Nobody is there to read this; but saying nothing at all would say that it was done.
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	s.Log.Error("web chat: "+doing, "err", err)
	w.Header().Set("Retry-After", "5")
	n := noticeDown
	if sent != nil {
		n = noticeAway
	}
	s.noticeAgain(w, r, n, sent)
}

const maxToken = 128

// safe reports whether t has 1 to limit characters of the URL-safe alphabet.
func safe(t string, limit int) bool {
	if t == "" || len(t) > limit {
		return false
	}
	for _, c := range []byte(t) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		if !ok {
			return false
		}
	}
	return true
}
