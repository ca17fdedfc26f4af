package settings

import (
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// hostForm is a host name or an address, with a port or without.
var hostForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)
})

// pathForm is a path that means the same everywhere.
var pathForm = regexp.MustCompile(`^[A-Za-z0-9/._~-]*$`)

// longestURL is how long PUBLIC_URL may be: with a link's token it still fits into a code.
const longestURL = 500

// plausible says whether an address can be what customers type or tap.
func plausible(text string, u *url.URL) bool {
	return len(text) <= longestURL && hostForm().MatchString(u.Host) && pathForm.MatchString(u.Path) && u.RawPath == "" &&
		(u.Path == "" || path.Clean(u.Path) == strings.TrimSuffix(u.Path, "/"))
}

// edgeProblems checks what the server's edge is told.
func (s Settings) edgeProblems(add func(name, format string, args ...any)) {
	if s.MetricsListen != "" && !validListen(s.MetricsListen) {
		add("METRICS_LISTEN", "%q is not an address. Write host:port, such as 127.0.0.1:9090", s.MetricsListen)
	}
	if s.MetricsListen != "" && s.MetricsListen == s.Listen {
		add("METRICS_LISTEN", "it is the address of LISTEN. Choose another port, or leave it out to have /metrics on this machine only")
	}
	if _, bad := s.TrustedProxies(); bad != "" {
		add("TRUSTED_PROXIES", "%q is not a network. Write addresses or networks with commas between, such as 10.0.0.0/8,::1", bad)
	}
}

// TrustedProxies are the networks of TRUSTED_PROXIES, and the first part of it that is none.
func (s Settings) TrustedProxies() (nets []netip.Prefix, bad string) {
	for _, part := range strings.FieldsFunc(s.Proxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		if n, err := netip.ParsePrefix(part); err == nil {
			nets = append(nets, n.Masked())
			continue
		}
		a, err := netip.ParseAddr(part)
		if err != nil {
			return nil, part
		}
		nets = append(nets, netip.PrefixFrom(a, a.BitLen()))
	}
	return nets, ""
}

// WeakKey reports whether SECRET_KEY is long and nevertheless easy to guess: it was typed, not
// made.
func (s Settings) WeakKey() bool { return s.SecretKey != "" && weak(string(s.SecretKey)) }

// weak reports whether a text has fewer than eight different signs, or is one that repeats.
func weak(text string) bool {
	signs := map[rune]bool{}
	for _, r := range text {
		signs[r] = true
	}
	if len(signs) < 8 {
		return true
	}
	half := utf8.RuneCountInString(text) / 2
	for n := 1; n <= min(half, 8); n++ {
		if strings.Repeat(text[:n], len(text)/n+1)[:len(text)] == text {
			return true
		}
	}
	return false
}
