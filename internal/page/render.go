package page

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// Render writes a page once it is whole, so that a template that fails sends no half page.
// Its error is the template's, for the log: the person was told already. clean makes what is
// read between the tags inert, whoever wrote it; nil = it is already.
func Render(w http.ResponseWriter, r *http.Request, pages *template.Template, status int, name string, data any, clean func(string) string) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, "This page cannot be shown. Reload it in a moment.", http.StatusInternalServerError)
		return fmt.Errorf("render page %s: %w", name, err)
	}
	body := b.Bytes()
	if clean != nil {
		body = Inert(body, clean)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// Only what a module of ours asks for is packed: no other website can have a browser send this
	// header, so that nobody learns from lengths what stands beside words of their own.
	if w.Header().Add("Vary", "Aftercare-Live"); r.Header.Get("Aftercare-Live") != "" && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		body = pack(body)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
	return nil
}

// Inert cleans what is read between the tags of a page that a template wrote. Tags stay, and
// what somebody is writing in a box: it is their own, and goes back as it came.
func Inert(html []byte, clean func(string) string) []byte {
	out := make([]byte, 0, len(html))
	for len(html) > 0 {
		words := bytes.IndexByte(html, '<')
		if words < 0 {
			words = len(html)
		}
		out = append(out, clean(string(html[:words]))...)
		html = html[words:]
		end := bytes.IndexByte(html, '>') + 1 // a template escapes these in what it fills in
		if bytes.HasPrefix(html, []byte("<textarea")) || bytes.HasPrefix(html, []byte("<script")) {
			if n := bytes.Index(html, []byte("</")); n > end {
				end = n
			}
		}
		if end == 0 {
			end = len(html)
		}
		out = append(out, html[:end]...)
		html = html[end:]
	}
	return out
}
