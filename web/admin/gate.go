package admin

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// Sessions is the Gate of a running program: a cookie names a session, and the store knows
// whose it is and what they may do, at every request.
type Sessions struct {
	Store storage.Logins
	Clock func() time.Time
}

// The cookie's names. The first can only have been set by this host, over HTTPS, for all of
// it; the second is for plain HTTP, where no browser would take the first.
const (
	cookieSecure = "__Host-aftercare"
	cookiePlain  = "aftercare"
)

// The rest of a session.
const (
	markEvery = time.Minute      // how exactly it is known when a session was used
	freshFor  = 10 * time.Minute // how long a proof of who somebody is counts for what hurts
)

// Viewer implements Gate.
func (g Sessions) Viewer(r *http.Request) (Viewer, bool, error) {
	token := held(r)
	if token == "" {
		return Viewer{}, false, nil
	}
	now := g.Clock()
	in, err := g.Store.SignedIn(r.Context(), signin.HashToken(token), now)
	if errors.Is(err, storage.ErrNotFound) {
		return Viewer{}, false, nil
	}
	if err != nil {
		return Viewer{}, false, err
	}
	if w := in.Session; now.Sub(w.Seen) >= markEvery || w.Address != address(r) {
		w.Seen, w.Address = now, address(r)
		// Where the database takes no changes, as on a full disk, its pages can still be read: a mark that is missing
		// only ends the session earlier.
		if err := g.Store.MarkWebSession(r.Context(), w); err != nil && (!errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrOutdated) || errors.Is(err, storage.ErrGone)) {
			return Viewer{}, false, err
		}
	}
	return Viewer{
		Login: in.Login.ID, Staff: in.Login.Staff, Name: cmp.Or(in.Staff.Name, in.Login.Shown, in.Login.Name), Owner: in.Login.Owner, Grants: in.Staff.Roles,
		Language: in.Login.Language, Look: in.Login.Look, SignIn: in.Login.Name, Session: in.Session.ID, Proved: in.Session.Fresh,
	}, true, nil
}

// held is the token in a request's cookie, "" for none.
func held(r *http.Request) string {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

func cookieName(r *http.Request) string {
	if r.TLS != nil {
		return cookieSecure
	}
	return cookiePlain
}

// address is where a request comes from, as it is shown and counted: of IPv6 the network that
// one customer of a provider has.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() && !ip.IsLoopback() {
		if net, err := ip.Prefix(64); err == nil {
			return net.String()
		}
	}
	return ip.String()
}

// newSession is a session that begins now in the browser of a request, and the cookie that
// its browser gets. What the browser held before opens nothing any more once it is stored.
func (s *site) newSession(r *http.Request, login string) (storage.WebSession, *http.Cookie) {
	token, now := signin.NewToken(), s.Clock()
	cookie := &http.Cookie{ //nolint:gosec // Secure wherever there is TLS; on loopback there is none
		Name: cookieName(r), Value: token, Path: "/", MaxAge: int(storage.SessionLife / time.Second),
		Secure: r.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	session := storage.WebSession{
		ID: uuid.Must(uuid.NewV7()).String(), Hash: signin.HashToken(token), Login: login, Created: now, Seen: now, Fresh: now,
		Device: device(r.UserAgent()), Address: address(r),
	}
	return session, cookie
}

// device is what a browser says it is, in two words: "Firefox on Linux".
func device(agent string) string {
	named := func(known [][2]string) string {
		for _, k := range known {
			if strings.Contains(agent, k[0]) {
				return k[1]
			}
		}
		return ""
	}
	browser := named([][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS", "Firefox"},
		{"Chrome/", "Chrome"},
		{"CriOS", "Chrome"},
		{"Safari/", "Safari"},
	})
	system := named([][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	switch {
	case browser != "" && system != "":
		return browser + " · " + system
	default:
		return cmp.Or(browser, system, "?")
	}
}

// proved reports whether the viewer proved lately who they are. If not it leads them to do so,
// and back to a page: back is its address.
func (s *site) proved(w http.ResponseWriter, r *http.Request, v Viewer, back string) bool {
	if s.Clock().Sub(v.Proved) < freshFor {
		return true
	}
	http.Redirect(w, r, s.Prefix+"/prove?next="+queryEscape(back), http.StatusSeeOther) //nolint:gosec // to our own page, which lets through paths of this site alone
	return false
}
