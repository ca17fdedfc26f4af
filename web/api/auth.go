package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// markEvery is how often it is written that a token is used.
const markEvery = time.Minute

// signIn is the token that a request carries, if it is good.
func (s *api) signIn(q *request) (storage.Token, error) {
	if s.trusted {
		return ours(q.now), nil
	}
	for name := range q.URL.Query() {
		switch strings.ToLower(name) {
		case "token", "access_token", "api_key", "apikey", "key", "authorization":
			return storage.Token{}, problemf(unauthenticated, "Do not send credentials in the address, as in %q. Send the header Authorization: Bearer.", short(name))
		}
	}
	given, ok := bearer(q.Header.Get("Authorization"))
	if !ok {
		return storage.Token{}, problemf(unauthenticated, "Send the header Authorization: Bearer, with a token.")
	}
	hash, ok := signin.HashAPIToken(given)
	if !ok {
		return storage.Token{}, problemf(unauthenticated, "This is no token: it is not whole, or has a typing error.")
	}
	if !s.paces.mayLookUp(hash, q.now) {
		return storage.Token{}, &problem{code: tooMany, detail: "Too many requests with tokens that are not good.", wait: time.Second}
	}
	t, err := s.Store.TokenOf(q.Context(), hash)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return t, problemf(unauthenticated, "There is no such token.")
	case err != nil:
		return t, err
	}
	s.paces.found(hash)
	switch {
	case !t.Ended.IsZero():
		return t, problemf(unauthenticated, "The token %q was ended.", t.Name)
	case !t.Good(q.now):
		return t, problemf(unauthenticated, "The token %q ran out on %s.", t.Name, t.Expires.Format(time.DateOnly))
	}
	if q.now.Sub(t.Used) >= markEvery {
		if err := s.Store.MarkToken(q.Context(), t.ID, q.now); err != nil {
			return t, err
		}
	}
	return t, nil
}

func bearer(header string) (string, bool) {
	scheme, token, found := strings.Cut(strings.TrimSpace(header), " ")
	return strings.TrimSpace(token), found && strings.EqualFold(scheme, "Bearer")
}

// What a token may do in a minute; a fifth of it at once.
const (
	requestsAMinute = 600
	eventsAMinute   = 10_000
	burst           = 5 // the fifth part

	strangersASecond = 50
)

// paces bound how fast tokens are used in this process.
type paces struct {
	mu        sync.Mutex
	of        map[string]*pace // by the id of the token
	known     map[string]bool  // hashes of tokens that there are
	strangers *rate.Limiter    // look-ups of others
}

type pace struct{ requests, events *rate.Limiter }

// mayLookUp reports whether a token is looked up: one that was found before always is, and
// who guesses costs the database so many look-ups a second and locks nobody out.
func (p *paces) mayLookUp(hash string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.strangers == nil {
		p.strangers = rate.NewLimiter(strangersASecond, strangersASecond)
	}
	return p.known[hash] || p.strangers.AllowN(now, 1)
}

// found remembers a token that there is.
func (p *paces) found(hash string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]bool{}
	}
	p.known[hash] = true
}

func (p *paces) byToken(id string) *pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[string]*pace{}
	}
	x := p.of[id]
	if x == nil {
		x = &pace{
			rate.NewLimiter(requestsAMinute/60., requestsAMinute/burst),
			rate.NewLimiter(eventsAMinute/60., eventsAMinute/burst),
		}
		p.of[id] = x
	}
	return x
}

// request counts a request, and says in the headers what is left.
func (p *paces) request(h http.Header, token string, now time.Time) error {
	x := p.byToken(token)
	ok := x.requests.AllowN(now, 1)
	x.say(h, now)
	if !ok {
		return slowDown(x.requests, 1, now)
	}
	return nil
}

// events counts events.
func (p *paces) events(h http.Header, token string, n int, now time.Time) error {
	x := p.byToken(token)
	ok := x.events.AllowN(now, n)
	x.say(h, now)
	if !ok {
		return slowDown(x.events, n, now)
	}
	return nil
}

func slowDown(l *rate.Limiter, n int, now time.Time) error {
	missing := float64(n) - l.TokensAt(now)
	return &problem{code: tooMany, detail: "The token is used faster than it may be.", wait: time.Duration(missing / float64(l.Limit()) * float64(time.Second))}
}

// say writes what a token may, and what is left of it now.
func (x *pace) say(h http.Header, now time.Time) {
	left := func(l *rate.Limiter) (int, int) {
		n := max(0, l.TokensAt(now))
		return int(n), int((float64(l.Burst()) - n) / float64(l.Limit()))
	}
	r, rt := left(x.requests)
	e, et := left(x.events)
	h.Set("RateLimit-Policy", fmt.Sprintf(`"requests";q=%d;w=60, "events";q=%d;w=60`, requestsAMinute, eventsAMinute))
	h.Set("RateLimit", fmt.Sprintf(`"requests";r=%d;t=%d, "events";r=%d;t=%d`, r, rt, e, et))
}
