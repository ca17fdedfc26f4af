package web

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/aftercare/aftercare/storage"
)

// probe answers 200 "ok", with notes beneath, or 503 "unavailable". Anyone may ask, so why it is so is told
// to the log only, unless it names nothing.
func (s *site) probe(name string, check func(context.Context) error, notes func(context.Context) []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if check != nil {
			if err := check(r.Context()); err != nil {
				s.Log.Warn("web: not well", "probe", name, "err", err)
				w.WriteHeader(http.StatusServiceUnavailable)
				text := "unavailable"
				for _, plain := range []error{storage.ErrOutdated, storage.ErrGone} { // they name nothing
					if errors.Is(err, plain) {
						text = plain.Error()
					}
				}
				_, _ = io.WriteString(w, text+"\n")
				return
			}
		}
		text := "ok\n"
		if notes != nil {
			for _, note := range notes(r.Context()) {
				text += note + "\n"
			}
		}
		_, _ = io.WriteString(w, text)
	}
}

// schema serves the flow files' schema, to any editor.
func (s *site) schema(w http.ResponseWriter, r *http.Request) {
	schema, ok := s.Schemas[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/schema+json")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(schema)
}
