// Package page is what every page of this program shares, whoever serves it: its files
// under names that hold their hash, the headers that bound what a browser may do with it,
// the path of PUBLIC_URL before every address, a page written once it is whole, forms read
// up to a limit, and errors that become HTTP in one place. It decides nothing about what a
// page says.
package page

import (
	"net/http"
	"strings"
)

// Prefix is the path of PUBLIC_URL as links carry it: "" for none, else with a slash before
// it and none behind.
func Prefix(path string) string {
	if path = strings.Trim(path, "/"); path == "" {
		return ""
	}
	return "/" + path
}

// StripPrefix takes the prefix off where it is there: a proxy may have done so already.
func StripPrefix(prefix string, next http.Handler) http.Handler {
	if prefix == "" {
		return next
	}
	strip := http.StripPrefix(prefix, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, prefix+"/") {
			strip.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Headers is what pages tell the browser about themselves where they differ.
type Headers struct {
	Policy   string // Content-Security-Policy
	Frames   string // X-Frame-Options
	Referrer string // Referrer-Policy
}

// On sets the headers of all that next answers. It may change them, as files do that a
// browser may keep.
func (h Headers) On(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set := w.Header().Set
		set("Content-Security-Policy", h.Policy)
		set("X-Content-Type-Options", "nosniff")
		set("X-Frame-Options", h.Frames)
		set("Referrer-Policy", h.Referrer)
		set("Cross-Origin-Opener-Policy", "same-origin")
		set("Cross-Origin-Resource-Policy", "same-origin")
		set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
