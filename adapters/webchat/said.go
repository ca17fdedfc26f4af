package webchat

import (
	"encoding/base64"
	"net/http"
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
	s.setSaid(w, r, base64.RawURLEncoding.EncodeToString([]byte(kind+said.Text)), 60)
}

// takeSaid returns what was left for this page and removes it.
func (s *site) takeSaid(w http.ResponseWriter, r *http.Request) said {
	c, err := r.Cookie(saidCookie)
	if err != nil {
		return said{}
	}
	s.setSaid(w, r, "", -1)
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(text) < 2 {
		return said{}
	}
	return said{string(text[1:]), text[0] == 'a'}
}

func (s *site) setSaid(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // over plain HTTP a Secure cookie would be lost; it holds one sentence of ours
		Name: saidCookie, Value: value, Path: s.here(r), MaxAge: seconds,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}
