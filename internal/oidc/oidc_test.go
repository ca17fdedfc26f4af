package oidc

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/internal/oidc/oidctest"
)

const back = "https://care.example/login/oidc/back"

// house is a provider that people of a house have, and us before it, at a time.
type house struct {
	*testing.T
	*oidctest.Issuer
	p   *Provider
	now time.Time
}

func newHouse(t *testing.T) *house {
	h := &house{T: t, Issuer: oidctest.New(t), now: time.Date(2026, 3, 4, 18, 0, 0, 0, time.UTC)}
	h.Back, h.Person = back, "robin-1"
	h.At = func() time.Time { return h.now }
	h.p = New(Config{Issuer: h.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Name: "House", Clock: h.At})
	return h
}

// goes is a trip to the provider, with what the browser comes back with.
func (h *house) goes(anew bool) (Trip, url.Values) {
	h.Helper()
	t, to, err := h.p.Begin(h.Context(), back, anew)
	if err != nil {
		h.Fatal(err)
	}
	at, said := h.Visit(h.T, to)
	if at == nil {
		h.Fatalf("the provider keeps the browser: %s", said)
	}
	return t, at.Query()
}

// comes is a trip there and back.
func (h *house) comes(anew bool) (Who, error) {
	h.Helper()
	t, q := h.goes(anew)
	return h.p.Finish(h.Context(), t, q)
}

// wants fails unless err is this fault.
func (h *house) wants(what string, err error, want Fault) {
	h.Helper()
	if e, ok := errors.AsType[Error](err); !ok || e.Fault != want {
		h.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestSomebodyIsKnownByIssuerAndSubject(t *testing.T) {
	h := newHouse(t)
	who, err := h.comes(false)
	if err != nil || who != (Who{h.URL, "robin-1", h.now}) {
		t.Fatalf("%+v, %v", who, err)
	}
	if h.Asked("/.well-known/openid-configuration") != 1 || h.p.Health() != (Health{Asked: h.now}) {
		t.Errorf("asked %d times for its doors; it did %+v", h.Asked("/.well-known/openid-configuration"), h.p.Health())
	}
	_, to, err := h.p.Begin(t.Context(), back, false)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); q.Get("scope") != "openid" || q.Has("prompt") || strings.Contains(to, "email") || strings.Contains(to, "secret") {
		t.Errorf("it is asked for more than who somebody is: %s", to)
	}
}

// What a token must say is what OpenID Connect Core 1.0, 3.1.3.7, has; each lie is found.
func TestATokenThatIsNotTrueProvesNobody(t *testing.T) {
	set := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	h := newHouse(t)
	ago := func(d time.Duration) int64 { return h.now.Add(-d).Unix() }
	for what, tt := range map[string]struct {
		lie  func(map[string]any)
		sign func(head, body string) string
		want Fault
	}{
		"of another issuer":       {lie: set("iss", "https://evil.example"), want: Untrue},
		"for another":             {lie: set("aud", "another"), want: Untrue},
		"for several, no party":   {lie: set("aud", []string{oidctest.ClientID, "another"}), want: Untrue},
		"for several, one other":  {lie: func(c map[string]any) { c["aud"], c["azp"] = []string{oidctest.ClientID, "another"}, "another" }, want: Untrue},
		"another party":           {lie: set("azp", "another"), want: Untrue},
		"another nonce":           {lie: set("nonce", "another"), want: Untrue},
		"no nonce":                {lie: func(c map[string]any) { delete(c, "nonce") }, want: Untrue},
		"of another access token": {lie: set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), want: Untrue},
		"nobody":                  {lie: set("sub", ""), want: Untrue},
		"a subject with a line":   {lie: set("sub", "robin\n1"), want: Untrue},
		"a subject beyond ASCII":  {lie: set("sub", "rоbin"), want: Untrue},
		"a long subject":          {lie: set("sub", strings.Repeat("x", 256)), want: Untrue},
		"over":                    {lie: set("exp", ago(2*time.Minute)), want: OtherClock},
		"of the future":           {lie: set("iat", ago(-2*time.Minute)), want: OtherClock},
		"unsigned":                {sign: oidctest.Unsigned, want: Untrue},
		"signed by our secret":    {sign: oidctest.Shared, want: Untrue},
		"signed by a stranger":    {sign: h.Stranger, want: Untrue},
	} {
		h.Lie, h.Sign = tt.lie, tt.sign
		_, err := h.comes(false)
		h.wants(what, err, tt.want)
	}
	for what, lie := range map[string]func(map[string]any){
		"over for half a minute":   set("exp", ago(30*time.Second)),
		"half a minute ahead":      set("iat", ago(-30*time.Second)),
		"for us and others, by us": func(c map[string]any) { c["aud"], c["azp"] = []string{"another", oidctest.ClientID}, oidctest.ClientID },
		"no hash of the other":     func(c map[string]any) { delete(c, "at_hash") },
	} {
		h.Lie, h.Sign = lie, nil
		if who, err := h.comes(false); err != nil || who.Subject != "robin-1" {
			t.Errorf("%s: %+v, %v", what, who, err)
		}
	}
}

func TestATripIsTheOneThatBeganAndEndsInTime(t *testing.T) {
	h := newHouse(t)
	trip, q := h.goes(false)
	with := func(name string, values ...string) url.Values {
		out := url.Values{}
		for n, v := range q {
			out[n] = v
		}
		if out[name] = values; len(values) == 0 {
			delete(out, name)
		}
		return out
	}
	for what, tt := range map[string]struct {
		q    url.Values
		want Fault
	}{
		"another state":              {with("state", "x"), Stale},
		"no state":                   {with("state"), Stale},
		"two states":                 {with("state", trip.State, "x"), Stale},
		"of another issuer (mix-up)": {with("iss", "https://evil.example"), Untrue},
		"of no issuer, which says":   {with("iss"), Untrue},
		"of two issuers":             {with("iss", h.URL, "https://evil.example"), Untrue},
		"no code":                    {with("code"), Stale},
		"two codes":                  {with("code", q.Get("code"), "x"), Stale},
	} {
		_, err := h.p.Finish(t.Context(), trip, tt.q)
		h.wants(what, err, tt.want)
	}
	if n := h.Asked("/token"); n != 0 {
		t.Errorf("the provider was asked for a token %d times", n)
	}
	other := trip
	other.Verifier = strings.Repeat("x", 43)
	_, err := h.p.Finish(t.Context(), other, q)
	h.wants("without the verifier", err, Stale)

	trip, q = h.goes(false)
	h.now = h.now.Add(TripLife)
	_, err = h.p.Finish(t.Context(), trip, q)
	h.wants("too late", err, Stale)

	trip, q = h.goes(false)
	if _, err := h.p.Finish(t.Context(), trip, q); err != nil {
		t.Fatal(err)
	}
	_, err = h.p.Finish(t.Context(), trip, q)
	h.wants("a code that was used", err, Stale)

	// Another process, whose clock is ahead, may have begun it.
	h.now = h.now.Add(30 * time.Second)
	trip, q = h.goes(false)
	h.now = h.now.Add(-30 * time.Second)
	if _, err := h.p.Finish(t.Context(), trip, q); err != nil {
		t.Errorf("begun by a server whose clock is half a minute ahead: %v", err)
	}
	h.now = h.now.Add(2 * time.Minute)
	trip, q = h.goes(false)
	h.now = h.now.Add(-2 * time.Minute)
	_, err = h.p.Finish(t.Context(), trip, q)
	h.wants("begun in two minutes", err, Stale)

	h.Person = ""
	trip, q = h.goes(false)
	_, err = h.p.Finish(t.Context(), trip, q)
	h.wants("whom the provider lets nowhere", err, Refused)

	h.Person, h.NoIssuer = "robin-1", true
	h.Door = func(d map[string]any) { delete(d, "authorization_response_iss_parameter_supported") }
	if err := h.p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.comes(false); err != nil {
		t.Errorf("a provider that never names itself: %v", err)
	}
}

func TestKeysThatChangedAreFetchedAgain(t *testing.T) {
	h := newHouse(t)
	if _, err := h.comes(false); err != nil {
		t.Fatal(err)
	}
	h.Rotate()
	if _, err := h.comes(false); err != nil {
		t.Errorf("after its keys changed: %v", err)
	}
	if n := h.Asked("/keys"); n != 2 {
		t.Errorf("its keys were asked for %d times", n)
	}
	h.Rotate()
	h.Fails = "keys"
	_, err := h.comes(false)
	h.wants("keys out of reach", err, Unreachable)
}

// A proof is made anew at the provider, and it says so.
func TestAProofIsMadeAnew(t *testing.T) {
	h := newHouse(t)
	h.SignedIn = h.now.Add(-time.Hour)
	if who, err := h.comes(false); err != nil || !who.At.Equal(h.SignedIn) {
		t.Errorf("signing in by a session there: %+v, %v", who, err)
	}
	if who, err := h.comes(true); err != nil || !who.At.Equal(h.now) {
		t.Errorf("a proof: %+v, %v", who, err)
	}
	h.Lie = func(c map[string]any) { c["auth_time"] = h.now.Add(-2 * time.Minute).Unix() }
	_, err := h.comes(true)
	h.wants("by a session there", err, NotAnew)
	h.Lie = func(c map[string]any) { delete(c, "auth_time") }
	_, err = h.comes(true)
	h.wants("without a time", err, Undated)
	if who, err := h.comes(false); err != nil || !who.At.IsZero() {
		t.Errorf("signing in without a time: %+v, %v", who, err)
	}
}

// What must be mended is told apart, kept for whoever set it up, and forgotten once it is well.
func TestWhatFailsIsToldApart(t *testing.T) {
	h := newHouse(t)
	tries := func(what string, want Fault, hint string) {
		t.Helper()
		h.now = h.now.Add(2 * foundLife)
		h.p.found = nil
		_, _, err := h.p.Begin(t.Context(), back, false)
		h.wants(what, err, want)
		if got := h.p.Health(); got.Fault != want || got.Hint != hint || !got.At.Equal(h.now) {
			t.Errorf("%s is kept as %+v, hint %q", what, got, hint)
		}
		asked := h.Asked("/.well-known/openid-configuration")
		for range 5 { // a crowd at the door
			_, _, _ = h.p.Begin(t.Context(), back, false)
		}
		if n := h.Asked("/.well-known/openid-configuration") - asked; n != 0 {
			t.Errorf("%s: it was asked %d times more at once", what, n)
		}
	}
	h.Fails = "down"
	tries("down", Unreachable, "503")
	h.Fails = "discovery"
	tries("no provider", NoDoors, "404")
	h.Fails = ""
	h.Door = func(d map[string]any) { d["issuer"] = h.URL + "/" }
	tries("another name", OtherIssuer, h.URL+"/")
	h.Door = func(d map[string]any) { d["token_endpoint"] = "http://id.example/token" }
	tries("not encrypted", Unencrypted, "http://id.example/token")
	for _, door := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		h.Door = func(d map[string]any) { delete(d, door) }
		tries("without "+door, Incomplete, door)
	}
	h.Door = nil
	h.now = h.now.Add(failedLife)
	if _, err := h.comes(false); err != nil || h.p.Health().Fault != "" {
		t.Errorf("once it is well: %v, %+v", err, h.p.Health())
	}

	h.Fails = "token"
	_, err := h.comes(false)
	h.wants("no tokens", err, Unreachable)
	h.Fails = ""
	h.p.Secret = "another"
	_, err = h.comes(false)
	h.wants("another secret", err, WrongClient)
	if h.p.Health().Fault != WrongClient {
		t.Errorf("kept as %+v", h.p.Health())
	}
	h.p.Secret = oidctest.Secret
	if err := h.p.Check(t.Context()); err != nil || h.p.Health().Fault != WrongClient {
		t.Errorf("asked where it is, which does not show whether it knows us: %v, %+v", err, h.p.Health())
	}
	if _, err := h.comes(false); err != nil || h.p.Health().Fault != "" {
		t.Errorf("once somebody came through: %v, %+v", err, h.p.Health())
	}

	// One that is known and does not answer for a moment is still gone to.
	h.now = h.now.Add(foundLife)
	h.Fails = "discovery"
	if _, err := h.comes(false); err != nil {
		t.Errorf("its doors cannot be asked for again: %v", err)
	}
}

func TestThePartysSecretGoesOneWay(t *testing.T) {
	h := newHouse(t)
	h.Door = func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"} }
	if _, err := h.comes(false); err != nil {
		t.Errorf("in the form: %v", err)
	}
	if n := h.Asked("/token"); n != 1 {
		t.Errorf("the code was shown %d times", n)
	}
}
