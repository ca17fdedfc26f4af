package app

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aftercare/aftercare/internal/app/settings"
)

// edge decides which requests come in: those for names that are ours. A page of somebody
// else whose name points at this machine would otherwise read and act through a visitor's
// browser as if it were ours.
type edge struct {
	names   []string                       // host names that are ours, in small letters
	found   *atomic.Pointer[func() string] // what the pages found of PUBLIC_URL, once they answer
	any     bool                           // LISTEN names every interface: each address of this machine is ours
	proxies []netip.Prefix
}

func newEdge(s settings.Settings) edge {
	e := edge{found: new(atomic.Pointer[func() string])}
	if u, err := url.Parse(s.PublicURL); err == nil && u.Hostname() != "" {
		e.names = append(e.names, strings.ToLower(u.Hostname()))
	}
	if host, _, err := net.SplitHostPort(s.Listen); err == nil {
		ip := net.ParseIP(host)
		e.any = host == "" || ip != nil && ip.IsUnspecified()
		e.names = append(e.names, strings.ToLower(host))
	}
	e.proxies, _ = s.TrustedProxies() // checked by settings.Read
	return e
}

// hostOf is the name in a Host header, without its port.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// ours reports whether a request is for a name of this server. Names without a dot are those
// of containers and of machines nearby: no page of the internet has one. Probes ask for the
// address that they know, and are told nothing but whether the server is well.
func (e edge) ours(r *http.Request) bool {
	host := hostOf(r.Host)
	switch {
	case loopback(host), slices.Contains(e.names, host), !strings.ContainsAny(host, ".:"):
		return true
	case strings.HasSuffix(r.URL.Path, "/healthz"), strings.HasSuffix(r.URL.Path, "/readyz"):
		return true
	case strings.HasPrefix(r.URL.Path, "/reach/"): // a try of an address that is to become ours
		return true
	}
	if found, _ := e.foundAt(); found == host {
		return true
	}
	return e.any && net.ParseIP(host) != nil
}

// foundAt is the host name of the address that was found on the pages, "" for none, and whether it is
// reached by https.
func (e edge) foundAt() (host string, https bool) {
	if e.found == nil {
		return "", false
	}
	find := e.found.Load()
	if find == nil {
		return "", false
	}
	u, err := url.Parse((*find)())
	if err != nil {
		return "", false
	}
	return strings.ToLower(u.Hostname()), u.Scheme == "https"
}

// trusted reports whether an address is one of TRUSTED_PROXIES.
func (e edge) trusted(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip, err := netip.ParseAddr(strings.TrimSpace(host))
	return err == nil && slices.ContainsFunc(e.proxies, func(n netip.Prefix) bool { return n.Contains(ip.Unmap()) })
}

// proxied reports whether a request says that it came through a proxy.
func proxied(r *http.Request) bool {
	return r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Real-Ip") != ""
}

// local reports whether a request comes from this machine and is for it: who may see
// /metrics while METRICS_LISTEN is not set.
func (e edge) local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && loopback(host) && loopback(hostOf(r.Host)) && !proxied(r)
}

// guard lets through what is ours. What a trusted proxy says of the client is believed, from
// the nearest on; what anybody else says is taken away.
func (e edge) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !e.ours(r) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusMisdirectedRequest)
			_, _ = w.Write([]byte("This server does not answer for the name in that address. Whoever runs it gives the address that people open, on the pages or as PUBLIC_URL.\n"))
			return
		}
		if strings.HasSuffix(r.URL.Path, "/metrics") && !e.local(r) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("Only this machine sees that here. Whoever runs the server sets METRICS_LISTEN for others.\n"))
			return
		}
		if proxied(r) || r.Header.Get("X-Forwarded-Proto") != "" {
			r = e.forwarded(r)
		}
		if found, https := e.foundAt(); https && r.TLS == nil && hostOf(r.Host) == found {
			r = r.Clone(r.Context())
			r.TLS = &tls.ConnectionState{} // it was, on the way to whoever ends it: cookies go no other way
		}
		next.ServeHTTP(w, r)
	})
}

// forwarded is a request as its client sent it, as far as that is believed.
func (e edge) forwarded(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	if e.trusted(r.RemoteAddr) {
		for _, hop := range slices.Backward(strings.Split(r.Header.Get("X-Forwarded-For"), ",")) {
			hop = strings.TrimSpace(hop)
			if _, err := netip.ParseAddr(hop); err != nil {
				break
			}
			r.RemoteAddr = net.JoinHostPort(hop, "0")
			if !e.trusted(hop) {
				break
			}
		}
		if strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") && r.TLS == nil {
			r.TLS = &tls.ConnectionState{} // it was, on the way to the proxy
		}
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip"} {
		r.Header.Del(name)
	}
	return r
}
