// Package telegram shows messages on Telegram and takes what people do there. It
// speaks the Bot API through tgbotapi's MakeRequest and adds what that library
// lacks: contexts, deadlines, errors that say what to do, and the certainty that
// the bot's token never leaves in an error or a log line.
package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// DefaultAPI is Telegram's own Bot API server.
const DefaultAPI = "https://api.telegram.org"

const (
	callTimeout = 10 * time.Second
	pollTimeout = 8 * time.Second // pollSeconds, and time for a large answer on a slow line
	bodyLimit   = 16 << 20        // bytes; 100 updates of the largest size stay far below
)

// Config says which bot a Client is.
type Config struct {
	Token      string           // as @BotFather gave it
	API        string           // base URL of a Bot API server; "" is DefaultAPI
	HTTPClient *http.Client     // nil = one of its own; redirects are never followed
	Clock      func() time.Time // nil = time.Now
	Log        *slog.Logger     // nil = discard
	Sides      *chat.SideCalls  // hears of the calls for which nothing waits; nil = nobody does
}

// String hides the token from whoever prints a Config.
func (c Config) String() string {
	return fmt.Sprintf("telegram.Config{Token:[redacted] API:%s}", c.API)
}

// GoString hides the token from %#v.
func (c Config) GoString() string { return c.String() }

// Client is one bot. It is a chat.Sender and safe for concurrent use.
type Client struct {
	token string
	id    string // the token's part before the colon: the bot's own user id
	api   string // a format of token and method, as tgbotapi wants it
	http  *http.Client
	clock func() time.Time
	log   *slog.Logger
	sides *chat.SideCalls

	named  atomic.Bool // Telegram itself said what self holds
	self   atomic.Pointer[Account]
	floods floods
}

var (
	_ chat.Sender = (*Client)(nil)
	_ chat.Prober = (*Client)(nil)
	_ chat.Looker = (*Client)(nil)
)

// Account is the bot as Telegram knows it.
type Account struct {
	ID       string // decimal user id
	Username string // without @; the deep link is https://t.me/<Username>?start=…
	Name     string
	Groups   bool // it may be added to groups
	ReadsAll bool // its privacy mode is off: in groups it is told everything
}

var tokenForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]{1,19}):[A-Za-z0-9_-]{1,128}$`) })

// AccountID returns the bot's id, which is the first part of its token, and
// whether the token has the form of one. It asks nobody.
func AccountID(token string) (string, bool) {
	parts := tokenForm().FindStringSubmatch(token)
	if parts == nil {
		return "", false
	}
	return parts[1], true
}

// New returns a Client. It asks nothing of Telegram yet; a token that cannot be
// one is told by the first call, as chat.Revoked.
func New(c Config) *Client {
	id, _ := AccountID(c.Token)
	base := strings.TrimRight(c.API, "/")
	if base == "" {
		base = DefaultAPI
	}
	client := http.Client{Transport: transport()}
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	}
	// A redirect would carry the token to another host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{
		token: c.Token,
		id:    id,
		api:   strings.ReplaceAll(base, "%", "%%") + "/bot%s/%s",
		http:  &client,
		clock: c.Clock,
		log:   c.Log.With("platform", string(chat.Telegram), "account", id),
		sides: c.Sides,
	}
}

// transport keeps more connections to the one host than the default's two, since
// messages of many chats are under way at once.
func transport() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := standard.Clone()
	own.MaxIdleConnsPerHost = 32
	// A connection that the other side closed meanwhile would leave a message in doubt.
	own.IdleConnTimeout = 30 * time.Second
	return own
}

// Close closes the connections that are idle. The Client can still be used.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// ID is the bot's own id: the Account of its addresses.
func (c *Client) ID() string { return c.id }

// String names the bot without its secret.
func (c *Client) String() string { return "telegram bot " + c.id }

// GoString hides the token from %#v.
func (c *Client) GoString() string { return c.String() }

// Me asks Telegram who the bot is, and remembers it: commands that name a bot
// ("/help@name") are understood from then on. Errors are *chat.Error.
func (c *Client) Me(ctx context.Context) (Account, error) {
	var user account
	if err := c.call(ctx, callTimeout, "getMe", nil, &user); err != nil {
		return Account{}, err
	}
	me := Account{ID: strconv.FormatInt(user.ID, 10), Username: user.UserName, Name: fullName(user), Groups: user.CanJoinGroups, ReadsAll: user.CanReadAllGroupMessages}
	if me.ID != c.id {
		return Account{}, &chat.Error{Kind: chat.Revoked, Err: fmt.Errorf(
			"the token is that of bot %s, and the Bot API server answers for bot %s: TELEGRAM_API names a server that is not this bot's", c.id, me.ID)}
	}
	c.self.Store(&me)
	c.named.Store(true)
	return me, nil
}

// Probe implements chat.Prober.
func (c *Client) Probe(ctx context.Context, _ string) error {
	_, err := c.Me(ctx)
	return err
}

// ChatTitle asks Telegram for the title of a chat that the bot is in. Errors are
// *chat.Error; chat.Unreachable means that the bot is not there.
func (c *Client) ChatTitle(ctx context.Context, of chat.Address) (string, error) {
	var found struct {
		Title string `json:"title"`
	}
	if err := c.call(ctx, callTimeout, "getChat", parameters{"chat_id": of.Chat}, &found); err != nil {
		return "", err
	}
	return chat.CleanLine(found.Title), nil
}

// Takes implements chat.Looker: the bot is in the chat, and may write there.
func (c *Client) Takes(ctx context.Context, to chat.Address) error {
	var of struct {
		Permissions *rawPermissions `json:"permissions"`
	}
	if err := c.call(ctx, callTimeout, "getChat", parameters{"chat_id": to.Chat}, &of); err != nil {
		return err
	}
	var own rawStatus
	if err := c.call(ctx, callTimeout, "getChatMember", parameters{"chat_id": to.Chat, "user_id": c.id}, &own); err != nil {
		return err
	}
	muted := own.Status == "member" && of.Permissions != nil && !of.Permissions.CanWrite
	if !own.present() || muted {
		return &chat.Error{Kind: chat.Unreachable, Err: fmt.Errorf("telegram: the bot may not write to chat %s", to.Chat)}
	}
	return nil
}

// username is the bot's own, "" before the first Me.
func (c *Client) username() string {
	if me := c.self.Load(); me != nil {
		return me.Username
	}
	return ""
}

// call makes one request and decodes its result, unless result is nil. Its error
// is a *chat.Error around an *apiError or a *transportError.
func (c *Client) call(ctx context.Context, limit time.Duration, method string, params parameters, result any) error {
	err := c.request(ctx, limit, method, params, result)
	if !strings.HasPrefix(method, "send") && !strings.HasPrefix(method, "edit") && method != "getUpdates" {
		c.sides.Note(chat.Telegram, c.id, method, err, c.clock())
	}
	return err
}

func (c *Client) request(ctx context.Context, limit time.Duration, method string, params parameters, result any) error {
	if c.id == "" {
		return &chat.Error{Kind: chat.Revoked, Err: errors.New("the Telegram token does not have the form 123456:ABC…; copy it again from @BotFather")}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	trip := &roundTrip{ctx: ctx, http: c.http}
	answer, err := request(c.api, c.token, trip, method, params)
	if err != nil {
		return c.classify(method, params["chat_id"], trip, err)
	}
	c.floods.passed(params["chat_id"])
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return &chat.Error{Kind: chat.InDoubt, Err: &transportError{method: method, status: trip.status, cause: errors.New("the result has an unknown form")}}
	}
	return nil
}

// roundTrip carries one request: it brings the context into the library, and keeps
// of the answer what the library drops.
type roundTrip struct {
	ctx  context.Context
	http *http.Client

	wrote      atomic.Bool // the request went onto the wire, at least in part
	status     int
	retryAfter string // the header
}

var errNotJSON = errors.New("the answer is not the Bot API's")

// Do implements httpClient.
func (t *roundTrip) Do(r *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{WroteHeaders: func() { t.wrote.Store(true) }}
	answer, err := t.http.Do(r.WithContext(httptrace.WithClientTrace(t.ctx, trace)))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	t.status = answer.StatusCode
	t.retryAfter = answer.Header.Get("Retry-After")
	body, err := io.ReadAll(io.LimitReader(answer.Body, bodyLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > bodyLimit {
		return nil, errors.New("the answer is too large")
	}
	var envelope struct {
		OK   *bool `json:"ok"`
		Code int   `json:"error_code"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.OK == nil || (!*envelope.OK && envelope.Code == 0) {
		return nil, errNotJSON
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// scrub returns err without the request's URL, which holds the token, and
// without the token wherever else it stands.
func (c *Client) scrub(err error) error {
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = wrapped.Err
	}
	text := err.Error()
	clean := c.redact(text)
	if clean == text {
		return err
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errors.New(clean)
}

var tokenAnywhere = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9]{3,}:[A-Za-z0-9_-]{20,}`) })

// redact removes the token's secret part and whatever looks like a token.
func (c *Client) redact(s string) string {
	if _, secret, ok := strings.Cut(c.token, ":"); ok && secret != "" {
		s = strings.ReplaceAll(s, secret, "[redacted]")
	}
	return tokenAnywhere().ReplaceAllString(s, "[redacted]")
}

// floods remembers in which chats Telegram lately refused for haste.
type floods struct {
	mu   sync.Mutex
	seen map[string]time.Time // by chat
}

const (
	floodWindow = 10 * time.Second
	floodChats  = 5
)

// note records a refusal and tells whether so many chats had one within
// floodWindow, and nothing went through meanwhile, that the limit must be the whole bot's.
func (f *floods) note(chatID string, now time.Time) bool {
	if chatID == "" {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]time.Time{}
	}
	for id, at := range f.seen {
		if now.Sub(at) > floodWindow {
			delete(f.seen, id)
		}
	}
	f.seen[chatID] = now
	return len(f.seen) >= floodChats
}

// passed records that Telegram took something for a chat: what it refused before was
// those chats' own haste.
func (f *floods) passed(chatID string) {
	if chatID == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.seen)
}
