package webchat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// said is what the one who acted sees at once, a chat.Answer. Over a redirect it is
// carried by a cookie rather than by the address, so that no link can put words on
// the page.
type said struct {
	Text  string
	Alert bool
}

// split returns the words for the polite line and for the one that needs attention.
func (s said) split() (status, alert string) {
	if s.Alert {
		return "", s.Text
	}
	return s.Text, ""
}

const saidCookie = "said"

func (s *site) leaveSaid(w http.ResponseWriter, r *http.Request, said said) {
	if said.Text == "" {
		return
	}
	kind := "s"
	if said.Alert {
		kind = "a"
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(kind + said.Text))
	s.setSaid(w, r, text+"."+s.sign(r, text), 60)
}

// takeSaid returns what was left for this page and removes it.
func (s *site) takeSaid(w http.ResponseWriter, r *http.Request) said {
	c, err := r.Cookie(saidCookie)
	if err != nil {
		return said{}
	}
	s.setSaid(w, r, "", -1)
	value, signature, _ := strings.Cut(c.Value, ".")
	if !hmac.Equal([]byte(signature), []byte(s.sign(r, value))) {
		return said{} // another site of the same domain may set cookies too
	}
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(text) < 2 {
		return said{}
	}
	return said{string(text[1:]), text[0] == 'a'}
}

// sign is the signature of a value that is to be shown at this page and at no other.
func (s *site) sign(r *http.Request, value string) string {
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte("said " + s.here(r) + " " + value))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *site) setSaid(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // over plain HTTP a Secure cookie would be lost; it holds one sentence of ours
		Name: saidCookie, Value: value, Path: s.here(r), MaxAge: seconds,
		HttpOnly: true, Secure: s.Secure || r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}
