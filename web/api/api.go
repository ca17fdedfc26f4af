// Package api serves /api/v1: what other systems tell this one and read of it. A request
// carries a token with scopes and sites, a mistake is answered as a problem (RFC 9457) with
// its place, and openapi.yaml describes every address; tests hold the two together.
package api

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

const (
	base    = "/api/v1"
	maxBody = 4 << 20 // bytes
)

// Config is what the API needs from the rest of the program.
type Config struct {
	Store storage.Store
	Bot   *bot.Bot
	// ExactFigures is up to how many answers figures are counted one by one; above, they are made of sums by
	// day. 0 is figures.Exact.
	ExactFigures int
	// Reports makes what the pages of reports show; nil knows no reports.
	Reports Reports
	// Asking says who is asked after an event; nil says nothing of it.
	Asking *asking.Asking
	// Systems are those that call us in their own form; nil hears none.
	Systems Systems
	// Endpoints are those of other systems that are told what happens; nil tells none.
	Endpoints Endpoints
	// Sealer keeps what was answered to requests that carry a key; nil honours no keys.
	Sealer Sealer
	// Files sends files; nil is a sender of its own. It is the one of the pages where there are any.
	Files *page.Files
	// Clock is the time; nil is time.Now.
	Clock func() time.Time
	// Prefix is the path of PUBLIC_URL, "" for none. Requests come without.
	Prefix string
	// Log hears of failures. Nil discards them.
	Log *slog.Logger
}

type api struct {
	Config
	paces   paces
	trusted bool // whoever calls has the database: no token is asked for
}

// route is one address with the scope that it takes.
type route struct {
	method, path string       // of http.ServeMux, below base
	scope        access.Scope // "" = any good token
	does         func(*api, *request) (answer, error)
}

// routes are the addresses that need a token.
var routes = slices.Concat(tokenRoutes, flowRoutes, eventRoutes, reportRoutes, exportRoutes, webhookRoutes, improvementRoutes)

// request is a request whose token is good and has the scope.
type request struct {
	*http.Request
	token storage.Token
	now   time.Time
	body  value       // of a method that has one
	once  *once       // of a request that carries a key; nil = it carries none
	head  http.Header // of the answer
}

// answer is what is said to a request that was right.
type answer struct {
	status int
	body   any                             // written as JSON
	raw    []byte                          // instead of body
	media  string                          // of raw
	stream func(http.ResponseWriter) error // instead of all: writes what is long, head and body
}

// New returns the handler of everything below /api/ and /problems/.
func New(c Config) http.Handler { return handler(c, false) }

// handler serves those who have a token or, to a command of ours, whoever calls it.
func handler(c Config, trusted bool) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Files == nil {
		c.Files = new(page.Files)
	}
	c.Prefix = page.Prefix(c.Prefix)
	s := &api{Config: c, trusted: trusted}
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, r := range routes {
		mux.HandleFunc(r.method+" "+base+r.path, s.serve(r))
		methods[r.path] = append(methods[r.path], r.method)
	}
	for _, f := range []struct {
		path, media string
		body        func() []byte
	}{
		{"/openapi.yaml", "application/yaml", func() []byte { return description }},
		{"/openapi.json", "application/json", descriptionJSON},
	} {
		methods[f.path] = []string{http.MethodGet}
		mux.HandleFunc("GET "+base+f.path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", f.media)
			_, _ = w.Write(f.body())
		})
	}
	known := http.NewServeMux() // every address, for whoever uses another method there
	for path, allowed := range methods {
		known.HandleFunc(base+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			s.refuse(w, r, problemf(wrongMethod, "Use %s here.", strings.Join(allowed, " or ")))
		})
	}
	known.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, problemf(notFound, "There is nothing at %s. %s/openapi.yaml lists every address.", r.URL.Path, base))
	})
	mux.HandleFunc("GET /problems/{code}", showProblem)
	mux.HandleFunc("POST "+InboundPath+"{name}", s.hear)
	mux.HandleFunc(InboundPath+"{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", http.MethodPost)
		s.refuse(w, r, problemf(wrongMethod, "Use POST here."))
	})
	mux.Handle(MCPPath, s.mcp())
	mux.Handle("/", known)
	return page.StripPrefix(c.Prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !isRequestID(id) {
			id = uuid.Must(uuid.NewV7()).String()
			r.Header.Set("X-Request-Id", id)
		}
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	}))
}

// isRequestID reports whether somebody's id of a request can stand in a log as it is.
func isRequestID(id string) bool {
	return id != "" && len(id) <= 64 && strings.IndexFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	}) < 0
}

// serve answers requests to one route: who asks, how fast, whether they may, and what they say.
func (s *api) serve(to route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{Request: r, now: s.Clock().UTC().Truncate(time.Microsecond), head: w.Header()}
		out, err := s.do(w, q, to)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if out.stream != nil {
			if err := out.stream(w); err != nil {
				s.refuse(w, r, err)
			}
			return
		}
		body := out.raw
		if body == nil {
			out.media = "application/json"
			if body, err = json.Marshal(out.body); err != nil {
				s.refuse(w, r, err)
				return
			}
			body = append(body, '\n')
		}
		w.Header().Set("Content-Type", out.media)
		w.WriteHeader(out.status)
		_, _ = w.Write(body)
	}
}

func (s *api) do(w http.ResponseWriter, q *request, to route) (out answer, err error) {
	if q.token, err = s.signIn(q); err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="aftercare"`)
		return out, err
	}
	if err := s.paces.request(w.Header(), q.token.ID, q.now); err != nil {
		return out, err
	}
	if to.scope != "" && !slices.Contains(q.token.Scopes, string(to.scope)) {
		return out, problemf(forbidden, "The token %q lacks the scope %s.", q.token.Name, to.scope)
	}
	if to.method == http.MethodPost || to.method == http.MethodPut || to.method == http.MethodPatch {
		var sent []byte
		if q.body, sent, err = readBody(w, q.Request); err != nil {
			return out, err
		}
		if to.keyed() {
			return s.onceOnly(q, to, sent)
		}
	}
	return to.does(s, q)
}

// readBody reads the JSON that was sent, within what a body may be, and returns it as it was sent, too.
// No body is an empty object.
func readBody(w http.ResponseWriter, r *http.Request) (v value, data []byte, err error) {
	data, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return v, nil, problemf(tooLarge, "A body has at most %d MiB. Send fewer at once.", maxBody>>20)
	case err != nil:
		return v, nil, problemf(invalid, "The body ended too early.")
	case len(data) == 0:
		return value{at: "#", kind: object}, nil, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return v, nil, problemf(unsupported, "Send JSON, with Content-Type: application/json.")
	}
	v, f := parse(data)
	if f != nil {
		return v, nil, mistakes(*f)
	}
	return v, data, nil
}

// tooSlow is what to say where the database gave up.
const tooSlow = "It took longer than the database gives one answer. Ask for less, such as fewer days or one site."

// passing is what to say of an error of the database that is over in a moment; "" of another.
func passing(err error) string {
	switch {
	case errors.Is(err, storage.ErrThere):
		return "Something of the same key is stored already, perhaps by this request. Send the same again in a moment."
	case errors.Is(err, storage.ErrChanged):
		return "Others changed it at the same moment, and nothing of this was stored. Send the same again in a moment."
	case errors.Is(err, storage.ErrUnavailable):
		return "The database cannot be used now. Send the same again in a moment."
	}
	return ""
}

// refuse answers with a problem. What is no problem of the caller's is told to the log.
func (s *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		p = problemf(failed, "It is not known whether anything was stored. Sending the same again is safe.")
		switch {
		case errors.Is(err, figures.ErrTurn):
			p = problemf(unavailable, "Another such count is under way. Try again in a minute.")
			w.Header().Set("Retry-After", "60")
		case errors.Is(err, storage.ErrSlow) && r.Method == http.MethodGet:
			p = problemf(tooLarge, "%s", tooSlow)
		case passing(err) != "":
			p = problemf(unavailable, "%s", passing(err))
			w.Header().Set("Retry-After", "5")
		}
		s.Log.Error("api: "+page.Asked(r), "err", err, "request", r.Header.Get("X-Request-Id"))
	}
	if p.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((p.wait+time.Second-1)/time.Second)))
	}
	at := s.Prefix
	if public := bot.LinksOf(s.Bot).PublicURL(); public != "" {
		at = public
	}
	out := p.body()
	out["type"] = at + "/problems/" + string(p.code)
	out["instance"] = r.URL.Path
	out["request_id"] = r.Header.Get("X-Request-Id")
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.code.status())
	_ = json.NewEncoder(w).Encode(out)
}
