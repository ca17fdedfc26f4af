package page

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Legible puts U+FFFD in the place of what is no text in the path and the query of each request: bytes that are not
// UTF-8, and NUL, which no database keeps as text. Such a name is then one that nothing has; were it left out, a
// filter would be none. What is text is left as it was sent.
func Legible(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, query := legible(r.URL.Path), legibleQuery(r.URL.RawQuery)
		if path == r.URL.Path && query == r.URL.RawQuery {
			next.ServeHTTP(w, r)
			return
		}
		clean, at := *r, *r.URL
		if path != at.Path {
			at.Path, at.RawPath = path, ""
		}
		at.RawQuery = query
		clean.URL = &at
		next.ServeHTTP(w, &clean)
	})
}

// legible is text with U+FFFD for each byte that is none.
func legible(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// legibleQuery is a query whose names and values are text.
func legibleQuery(query string) string {
	if !strings.Contains(query, "%") && legible(query) == query {
		return query
	}
	values, _ := url.ParseQuery(query) // what cannot be read is left out here as it is by whoever reads it
	out, changed := url.Values{}, false
	for name, all := range values {
		for _, value := range all {
			out.Add(legible(name), legible(value))
			changed = changed || legible(name) != name || legible(value) != value
		}
	}
	if !changed {
		return query
	}
	return out.Encode()
}

// Asked names what a request was routed to, for a log: the method and the pattern, and nothing of the address itself.
func Asked(r *http.Request) string {
	if strings.HasPrefix(r.Pattern, r.Method+" ") {
		return r.Pattern
	}
	return r.Method + " " + r.Pattern
}
