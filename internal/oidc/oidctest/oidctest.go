// Package oidctest is an identity provider for tests: it shows its doors and its keys, signs by RS256, and gives
// a token for a code once, to who has the secret and the verifier of the challenge. A test makes it lie.
package oidctest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// What every provider of this package knows us by.
const (
	ClientID = "aftercare"
	Secret   = "a secret, with + and %"
)

// Issuer is one provider. Its fields are changed while nobody is on the way.
type Issuer struct {
	URL  string
	Back string           // the one address to which it sends browsers
	At   func() time.Time // its clock

	Person   string    // who is signed in there, by subject; "" = nobody: it says access_denied
	SignedIn time.Time // when they signed in; zero = whenever they are asked
	Lie      func(claims map[string]any)
	Sign     func(head, body string) string // nil = by the newest key
	Door     func(doors map[string]any)     // what discovery says otherwise
	NoIssuer bool                           // it does not name itself to the browser
	Fails    string                         // "down", "discovery", "token", "keys"

	mu    sync.Mutex
	keys  int // how many there were; the newest signs
	shown int // the first key that is still shown
	codes map[string]grant
	asked map[string]int
}

// grant is what a code stands for.
type grant struct{ person, nonce, challenge, back, prompt string }

// signers are made once: a key takes a while.
var signers = [3]func() *rsa.PrivateKey{sync.OnceValue(newKey), sync.OnceValue(newKey), sync.OnceValue(newKey)}

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // cannot fail
	}
	return key
}

// New is a provider that runs until the test ends.
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{At: time.Now, codes: map[string]grant{}, asked: map[string]int{}, keys: 1}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /keys", i.jwks)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.asked[r.URL.Path]++; i.Fails == "down" {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	i.URL = server.URL
	return i
}

// Asked is how often a path was asked for.
func (i *Issuer) Asked(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// Rotate makes another key and shows no older one.
func (i *Issuer) Rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.shown = i.keys
	i.keys++
}

// Stranger signs by a key that the provider never shows, under the name of one that it does.
func (i *Issuer) Stranger(head, body string) string { return rs256(signers[2](), head, body) }

// Unsigned signs nothing, and says so.
func Unsigned(_, body string) string {
	return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + body + "."
}

// Shared signs by the client's secret, which is no key of the provider's alone.
func Shared(_, body string) string {
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + body
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	if i.Fails == "discovery" {
		http.Error(w, "<html>nothing here</html>", http.StatusNotFound)
		return
	}
	doors := map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "authorization_response_iss_parameter_supported": true,
	}
	if i.Door != nil {
		i.Door(doors)
	}
	answer(w, http.StatusOK, doors)
}

func (i *Issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	if i.Fails == "keys" {
		http.Error(w, "no keys", http.StatusServiceUnavailable)
		return
	}
	keys := []any{}
	for n := i.shown; n < i.keys; n++ {
		public := signers[n%2]().PublicKey
		keys = append(keys, map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": fmt.Sprint("key-", n),
			"n": encode(public.N.Bytes()), "e": encode(big.NewInt(int64(public.E)).Bytes()),
		})
	}
	answer(w, http.StatusOK, map[string]any{"keys": keys})
}

// authorize sends the browser of who is signed in there straight back, as a provider does that knows them. What
// is wrong about who asks is told to the person: nobody is sent anywhere then.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{
		"client_id": ClientID, "redirect_uri": i.Back, "response_type": "code", "scope": "openid", "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			http.Error(w, fmt.Sprintf("%s is %q, not %q", name, q.Get(name), want), http.StatusBadRequest)
			return
		}
	}
	if len(q.Get("code_challenge")) != 43 || q.Get("nonce") == "" || q.Get("state") == "" {
		http.Error(w, "a challenge, a nonce or a state is missing", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	if !i.NoIssuer {
		back.Set("iss", i.URL)
	}
	if i.Person == "" {
		back.Set("error", "access_denied")
		back.Set("error_description", "<b>foreign words</b>")
	} else {
		code := rand.Text()
		i.codes[code] = grant{i.Person, q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri"), q.Get("prompt")}
		back.Set("code", code)
	}
	http.Redirect(w, r, i.Back+"?"+back.Encode(), http.StatusFound)
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	no := func(status int, code string) { answer(w, status, map[string]string{"error": code}) }
	if i.Fails == "token" {
		no(http.StatusInternalServerError, "server_error")
		return
	}
	id, secret, _ := r.BasicAuth()
	if id, secret = unescaped(id), unescaped(secret); id == "" {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ClientID || secret != Secret {
		no(http.StatusUnauthorized, "invalid_client")
		return
	}
	g, good := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !good || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != g.back || encode(sum[:]) != g.challenge {
		no(http.StatusBadRequest, "invalid_grant")
		return
	}
	now, access := i.At(), rand.Text()
	half := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": i.URL, "sub": g.person, "aud": ClientID, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nonce": g.nonce, "at_hash": encode(half[:16]),
	}
	switch {
	case g.prompt == "login" || i.SignedIn.IsZero():
		claims["auth_time"] = now.Unix()
	default:
		claims["auth_time"] = i.SignedIn.Unix()
	}
	if i.Lie != nil {
		i.Lie(claims)
	}
	answer(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": i.signed(claims)})
}

func unescaped(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return plain
}

func (i *Issuer) signed(claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err) // a test's claims are JSON
	}
	head := encode([]byte(fmt.Sprintf(`{"alg":"RS256","typ":"JWT","kid":"key-%d"}`, i.keys-1)))
	if i.Sign != nil {
		return i.Sign(head, encode(body))
	}
	return rs256(signers[(i.keys-1)%2](), head, encode(body))
}

func rs256(key *rsa.PrivateKey, head, body string) string {
	signed := head + "." + body
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // cannot fail
	}
	return signed + "." + encode(signature)
}

// Visit goes to the provider as a browser does, and returns where it sends the browser, or what it says to the
// person instead.
func (i *Issuer) Visit(t testing.TB, to string) (back *url.URL, said string) {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	out, err := client.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Body.Close() }()
	if back, err = out.Location(); err != nil {
		words, _ := io.ReadAll(out.Body)
		return nil, string(words)
	}
	return back, ""
}
