// Package oidc asks the house's own identity provider who somebody is, by OpenID Connect: it sends a browser
// there with a code flow under PKCE, and holds what comes back to the standard. It keeps nothing of anybody;
// who may enter is decided by whoever asks.
package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/aftercare/aftercare/internal/signin"
)

// Config names a provider, and by what it knows us.
type Config struct {
	Issuer, ClientID, Secret string
	Name                     string           // what buttons call it
	Clock                    func() time.Time // nil = time.Now
}

// How long what is known of a provider counts.
const (
	TripLife = 10 * time.Minute // from leaving for it to coming back

	foundLife  = time.Hour        // where its doors are; its keys are asked for whenever one is not known
	failedLife = 10 * time.Second // that it does not answer, from then on: a crowd at the door asks it once
	patience   = 10 * time.Second // with one question
	skew       = time.Minute      // by which its clock may differ from ours
	mostBytes  = 1 << 20          // of an answer
)

// Provider is one identity provider. It is asked for nothing before somebody wants to go there.
type Provider struct {
	Config
	client *http.Client

	mu       sync.Mutex // held for no longer than it takes to look at these
	found    *doors
	asking   *question // where the doors are; nil = nobody asks
	failure  error     // of the last question; nil = it was answered
	failedAt time.Time
	health   Health
	onTrip   bool // what failed last failed on a trip: that it is over shows the next trip alone
}

// Health is how a provider did last.
type Health struct {
	Asked time.Time // it answered as it should last; zero = never since the start
	Fault Fault     // what failed last; "" = nothing, or it did well since
	Hint  string    // what belongs to that: an address, a word of the standard
	At    time.Time // when that was
}

// New returns a provider that was not asked anything yet.
func New(c Config) *Provider {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's own
	transport.DisableKeepAlives = true                           // people sign in seldom: no connection waits for the next
	return &Provider{Config: c, client: &http.Client{
		Transport: bounded{transport}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a secret goes to no other door
	}}
}

// bounded reads so much of an answer and no more.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	out, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		out.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(out.Body, mostBytes), out.Body}
	}
	return out, err
}

// Trip is one way to the provider and back, as the browser keeps it, sealed.
type Trip struct {
	State, Nonce, Verifier string
	Back                   string // the address to which the provider sends the browser
	Began                  time.Time
	Anew                   bool // the person proves there anew who they are
}

// Who is somebody as a provider knows them.
type Who struct {
	Issuer, Subject string
	At              time.Time // signed in there; zero = it does not say
}

// Health is how the provider did last, as far as this process knows.
func (p *Provider) Health() Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

// Begin makes a trip, and the address at which it begins.
func (p *Provider) Begin(ctx context.Context, back string, anew bool) (t Trip, to string, err error) {
	d, err := p.doors(ctx)
	if err != nil {
		return t, "", err
	}
	t = Trip{State: signin.NewToken(), Nonce: signin.NewToken(), Verifier: oauth2.GenerateVerifier(), Back: back, Began: p.Clock(), Anew: anew}
	options := []oauth2.AuthCodeOption{gooidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)}
	if anew {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return t, p.oauth(d, t).AuthCodeURL(t.State, options...), nil
}

// oauth is what a trip goes by. Nothing is asked for but who somebody is: no name, no e-mail.
func (p *Provider) oauth(d *doors, t Trip) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.Secret, RedirectURL: t.Back, Scopes: []string{gooidc.ScopeOpenID},
		Endpoint: oauth2.Endpoint{AuthURL: d.Authorize, TokenURL: d.Token, AuthStyle: d.style()},
	}
}

// Of reports whether what a browser came back with belongs to the trip.
func (t Trip) Of(q url.Values) bool {
	return t.State != "" && len(q["state"]) == 1 && subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(t.State)) == 1
}

// Finish says who came back from a trip, by what the provider gave the browser. Its error is an Error, or that of ctx.
// The trip may have begun by another process, whose clock differs a little.
func (p *Provider) Finish(ctx context.Context, t Trip, q url.Values) (Who, error) {
	now := p.Clock()
	if !t.Of(q) || now.Sub(t.Began) >= TripLife || now.Before(t.Began.Add(-skew)) {
		return Who{}, fault(Stale, "", nil)
	}
	d, err := p.doors(ctx)
	if err != nil {
		return Who{}, err
	}
	who, err := p.finish(ctx, d, t, q)
	p.note(err)
	return who, err
}

func (p *Provider) finish(ctx context.Context, d *doors, t Trip, q url.Values) (Who, error) {
	// Another provider may have sent the browser back here with a code of this one's (RFC 9207).
	if from := q["iss"]; len(from) > 1 || len(from) == 1 && from[0] != p.Issuer || len(from) == 0 && d.SaysIssuer {
		return Who{}, fault(Untrue, "iss", nil)
	}
	if said := q.Get("error"); said != "" {
		return Who{}, toldOff(said)
	}
	if len(q["code"]) != 1 {
		return Who{}, fault(Stale, "", nil)
	}
	ctx, cancel := context.WithTimeout(gooidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	token, err := p.oauth(d, t).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return Who{}, notGiven(err)
	}
	return p.read(ctx, d, t, token)
}

// read is who an ID token is about.
func (p *Provider) read(ctx context.Context, d *doors, t Trip, token *oauth2.Token) (Who, error) {
	now := p.Clock()
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Who{}, fault(Failed, "id_token", nil)
	}
	away := false
	id, err := d.verifier(p, now, &away).Verify(ctx, raw)
	if _, late := errors.AsType[*gooidc.TokenExpiredError](err); late {
		return Who{}, fault(OtherClock, "exp", nil)
	}
	if err != nil && away {
		return Who{}, fault(Unreachable, "jwks_uri", nil)
	}
	if err != nil {
		return Who{}, fault(Untrue, "id_token", nil)
	}
	var more struct {
		Party  string   `json:"azp"`
		SignIn *float64 `json:"auth_time"`
	}
	if err := id.Claims(&more); err != nil {
		return Who{}, fault(Untrue, "claims", nil)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.Nonce)) != 1:
		return Who{}, fault(Untrue, "nonce", nil)
	case more.Party != "" && more.Party != p.ClientID, more.Party == "" && len(id.Audience) > 1:
		return Who{}, fault(Untrue, "azp", nil)
	case id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil:
		return Who{}, fault(Untrue, "at_hash", nil)
	case id.IssuedAt.After(now.Add(skew)):
		return Who{}, fault(OtherClock, "iat", nil)
	case !goodSubject(id.Subject):
		return Who{}, fault(Untrue, "sub", nil)
	}
	who := Who{Issuer: p.Issuer, Subject: id.Subject}
	if more.SignIn != nil {
		who.At = time.Unix(int64(*more.SignIn), 0).UTC()
	}
	if t.Anew && who.At.IsZero() {
		return Who{}, fault(Undated, "", nil)
	}
	if t.Anew && who.At.Before(t.Began.Add(-skew)) {
		return Who{}, fault(NotAnew, "", nil)
	}
	if who.At.After(now) {
		who.At = now
	}
	return who, nil
}

// goodSubject reports whether a subject is one: up to 255 characters of ASCII, says the standard.
func goodSubject(subject string) bool {
	for _, r := range subject {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return subject != "" && len(subject) <= 255
}

// note remembers how a trip went, for whoever set it up. What one person did wrong is no fault of the provider's.
func (p *Provider) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.health, p.onTrip = Health{Asked: p.Clock()}, false
	}
	p.remember(err, true)
}

// remember keeps a failure that whoever set it up must mend. The lock is held.
func (p *Provider) remember(err error, onTrip bool) {
	if e, ok := errors.AsType[Error](err); ok && e.Fault.Theirs() {
		p.health.Fault, p.health.Hint, p.health.At, p.onTrip = e.Fault, e.Hint, p.Clock(), onTrip
	}
}

// Check asks the provider anew where its doors and its keys are. Doors that are known stay where it does not answer,
// and what failed on a trip stays until one succeeds.
func (p *Provider) Check(ctx context.Context) error {
	d, err := p.lookUp(context.WithoutCancel(ctx))
	if err == nil {
		err = p.seesKeys(context.WithoutCancel(ctx), d.Keys)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.remember(err, false)
		return err
	}
	p.take(d)
	return nil
}

// seesKeys asks whether the provider shows keys. Nothing is said of how such an answer is called: libraries do not ask.
func (p *Provider) seesKeys(ctx context.Context, at string) error {
	var set struct {
		Keys []any `json:"keys"`
	}
	err := p.get(ctx, at, false, &set)
	if err == nil && len(set.Keys) == 0 {
		err = fault(Failed, "jwks_uri", nil)
	}
	return err
}

// Error is why nobody is known after a trip.
type Error struct {
	Fault Fault
	Hint  string
	err   error
}

func (e Error) Error() string {
	text := "the identity provider: " + string(e.Fault)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

// Unwrap is what caused it.
func (e Error) Unwrap() error { return e.err }

func fault(f Fault, hint string, err error) Error { return Error{f, hint, err} }

// Fault is a kind of failure.
type Fault string

// What is to be mended at the provider or in the settings.
const (
	Unreachable Fault = "unreachable"  // it does not answer
	NoDoors     Fault = "no_doors"     // what answers is no provider
	OtherIssuer Fault = "other_issuer" // it calls itself otherwise: Hint
	Unencrypted Fault = "unencrypted"  // one of its addresses is not https: Hint
	Incomplete  Fault = "incomplete"   // it does not name an address that is needed: Hint is its member of discovery
	WrongClient Fault = "wrong_client" // it does not know us by this id and secret
	OtherClock  Fault = "other_clock"  // its clock and ours differ
	Failed      Fault = "failed"       // it says so: Hint
)

// What concerns one person alone.
const (
	Refused Fault = "refused" // they, or it, said no
	Stale   Fault = "stale"   // too late, used already, or of another browser
	Untrue  Fault = "untrue"  // what it sent does not prove who they are: Hint
	Undated Fault = "undated" // it does not say when they signed in there
	NotAnew Fault = "not_anew"
)

// Theirs reports whether whoever set it up must mend something.
func (f Fault) Theirs() bool {
	switch f {
	case Refused, Stale, Untrue, Undated, NotAnew, "":
		return false
	}
	return true
}

// toldOff is the error that a provider sent the browser back with.
func toldOff(code string) Error {
	switch code {
	case "access_denied", "login_required", "interaction_required", "account_selection_required", "consent_required":
		return fault(Refused, "", nil)
	case "unauthorized_client", "invalid_client":
		return fault(WrongClient, code, nil)
	case "temporarily_unavailable":
		return fault(Unreachable, code, nil)
	case "server_error", "invalid_request", "invalid_scope", "unsupported_response_type":
		return fault(Failed, code, nil)
	}
	return fault(Failed, "error", nil) // foreign words are not repeated
}

// notGiven is why no token was given for a code. What the provider wrote is left out: it may repeat the code.
func notGiven(err error) Error {
	e, answered := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !answered && errors.As(err, new(*url.Error)):
		return fault(Unreachable, "", reason(err))
	case !answered || e.Response == nil:
		return fault(Failed, "token_endpoint", nil)
	case e.ErrorCode == "invalid_grant":
		return fault(Stale, "", nil)
	case e.ErrorCode == "invalid_client", e.ErrorCode == "unauthorized_client", e.Response.StatusCode == http.StatusUnauthorized:
		return fault(WrongClient, "", nil)
	case e.Response.StatusCode >= http.StatusInternalServerError:
		return fault(Unreachable, fmt.Sprint(e.Response.StatusCode), nil)
	}
	return fault(Failed, fmt.Sprint("token_endpoint ", e.Response.StatusCode), nil)
}

// reason is the part of an error of the network that says why.
func reason(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return nil
}
