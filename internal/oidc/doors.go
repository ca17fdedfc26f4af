package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// doors are where a provider says that it is reached, in its own words (OpenID Connect Discovery 1.0).
type doors struct {
	Issuer     string   `json:"issuer"`
	Authorize  string   `json:"authorization_endpoint"`
	Token      string   `json:"token_endpoint"`
	Keys       string   `json:"jwks_uri"`
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"`

	at   time.Time
	keys gooidc.KeySet
}

// algorithms are those by which a provider may sign: each has a key that it shows and one that it keeps.
var algorithms = []string{
	gooidc.RS256, gooidc.RS384, gooidc.RS512, gooidc.ES256, gooidc.ES384, gooidc.ES512, gooidc.PS256, gooidc.PS384, gooidc.PS512, gooidc.EdDSA,
}

// question is one that is being asked: where the doors are.
type question struct {
	done  chan struct{} // closed once it is answered
	doors *doors
	err   error
}

// doors are those of the provider, asked for when somebody wants to go there and then once an hour. One that was found
// stays while it is asked again, and where it does not answer then.
func (p *Provider) doors(ctx context.Context) (*doors, error) {
	found, q, err := p.known()
	if found != nil || err != nil {
		return found, err
	}
	select {
	case <-q.done:
		return q.doors, q.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// known is what is known of the doors: where they are, or that they were not found a moment ago, or else the question
// whose answer is to be waited for. The network is not waited for while the lock is held.
func (p *Provider) known() (*doors, *question, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Clock()
	switch {
	case p.found != nil && now.Sub(p.found.at) < foundLife:
	case p.asking != nil:
	case p.failure != nil && now.Sub(p.failedAt) < failedLife:
		if p.found == nil {
			return nil, nil, p.failure
		}
	default:
		p.asking = &question{done: make(chan struct{})}
		go p.ask(p.asking)
	}
	return p.found, p.asking, nil
}

// ask asks where the doors are, for everybody who waits for that: whoever goes away leaves the answer to the next.
func (p *Provider) ask(q *question) {
	d, err := p.lookUp(context.Background())
	p.mu.Lock()
	if p.asking = nil; err == nil {
		p.take(d)
	} else {
		p.failure, p.failedAt = err, p.Clock() // after it was waited for
		p.remember(err, false)
	}
	p.mu.Unlock()
	q.doors, q.err = d, err
	close(q.done)
}

// take keeps doors that were found. The lock is held.
func (p *Provider) take(d *doors) {
	d.at = p.Clock()
	d.keys = gooidc.NewRemoteKeySet(gooidc.ClientContext(context.Background(), p.client), d.Keys)
	if p.found != nil && p.found.Keys == d.Keys {
		d.keys = p.found.keys // which knows the keys already
	}
	p.found, p.failure, p.health.Asked = d, nil, d.at
	if !p.onTrip {
		p.health = Health{Asked: d.at}
	}
}

func (p *Provider) lookUp(ctx context.Context) (*doors, error) {
	var d doors
	if err := p.get(ctx, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration", true, &d); err != nil {
		return nil, err
	}
	if d.Issuer != p.Issuer {
		return nil, fault(OtherIssuer, printable(d.Issuer), nil)
	}
	for _, door := range [][2]string{{"authorization_endpoint", d.Authorize}, {"token_endpoint", d.Token}, {"jwks_uri", d.Keys}} {
		if door[1] == "" {
			return nil, fault(Incomplete, door[0], nil)
		}
		if !Encrypted(door[1]) {
			return nil, fault(Unencrypted, printable(door[1]), nil)
		}
	}
	return &d, nil
}

// get reads an answer in JSON; called says that it must be called so, as what stands at an address that somebody wrote.
func (p *Provider) get(ctx context.Context, at string, called bool, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return fault(NoDoors, "", nil)
	}
	out, err := p.client.Do(r)
	if err != nil {
		return fault(Unreachable, "", reason(err))
	}
	defer func() { _ = out.Body.Close() }()
	if out.StatusCode >= http.StatusInternalServerError || out.StatusCode == http.StatusTooManyRequests {
		return fault(Unreachable, fmt.Sprint(out.StatusCode), nil)
	}
	kind, _, _ := mime.ParseMediaType(out.Header.Get("Content-Type"))
	if out.StatusCode != http.StatusOK || called && !strings.HasSuffix(kind, "json") || json.NewDecoder(out.Body).Decode(into) != nil {
		return fault(NoDoors, fmt.Sprint(out.StatusCode), nil)
	}
	return nil
}

// style is how the token door wants to be told who we are; never both ways, which would spend a code twice.
func (d *doors) style() oauth2.AuthStyle {
	if len(d.Methods) > 0 && !slices.Contains(d.Methods, "client_secret_basic") && slices.Contains(d.Methods, "client_secret_post") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// verifier holds an ID token to issuer, audience, signature and end. A clock may differ a little; away says
// that the keys were out of reach.
func (d *doors) verifier(p *Provider, now time.Time, away *bool) *gooidc.IDTokenVerifier {
	var signs []string
	for _, a := range d.Algorithms {
		if slices.Contains(algorithms, a) {
			signs = append(signs, a)
		}
	}
	if len(signs) == 0 {
		signs = []string{gooidc.RS256} // which every provider has
	}
	return gooidc.NewVerifier(p.Issuer, watchedKeys{d.keys, away}, &gooidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: signs, Now: func() time.Time { return now.Add(-skew) },
	})
}

// watchedKeys tell, of one token, whether its signature was wrong or the keys were out of reach.
type watchedKeys struct {
	gooidc.KeySet
	away *bool
}

// VerifySignature implements gooidc.KeySet.
func (k watchedKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	*k.away = err != nil && strings.HasPrefix(err.Error(), "fetching keys")
	return payload, err
}

// Encrypted reports whether nobody on the way reads what is sent to an address: it is https, or of this machine.
func Encrypted(at string) bool {
	u, err := url.Parse(at)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && here
}

// printable is an address that a provider says, as it may be shown.
func printable(at string) string {
	if len(at) > 300 || strings.ContainsFunc(at, func(r rune) bool { return r < '!' || r > '~' }) {
		return ""
	}
	return at
}
