package webchat

import (
	"net/http"
	"time"
)

// browserCookie holds a secret of the browser. Together with the token in the path it says
// who reads a conversation: the link alone, in a proxy's log or in somebody else's hands, does
// not once the conversation has begun.
const browserCookie = "browser"

// browserLife is as long as browsers keep a cookie at most.
const browserLife = 400 * 24 * time.Hour

// heldBy is the secret of the browser that sent a request, "" if it has none.
func heldBy(r *http.Request) string {
	c, err := r.Cookie(browserCookie)
	if err != nil || !safe(c.Value, maxNonce) {
		return ""
	}
	return c.Value
}

// giveBrowser gives a browser its secret for one conversation. It is sent along when a link
// in a mail or another chat is followed, so that the person who comes back that way is known.
func (s *site) giveBrowser(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // without https a Secure cookie would be lost
		Name: browserCookie, Value: newNonce(), Path: s.here(r), MaxAge: int(browserLife / time.Second),
		HttpOnly: true, Secure: s.Secure || r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}
