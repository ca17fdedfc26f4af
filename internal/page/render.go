package page

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
)

// Render writes a page once it is whole, so that a template that fails sends no half page.
// Its error is the template's, for the log: the person was told already.
func Render(w http.ResponseWriter, r *http.Request, pages *template.Template, status int, name string, data any) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, "This page cannot be shown. Reload it in a moment.", http.StatusInternalServerError)
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes())
	}
	return nil
}
