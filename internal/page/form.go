package page

import (
	"errors"
	"mime"
	"net/http"
)

// ReadForm reads a posted form of at most limit bytes into r.PostForm. Its error is an
// Error without words: TooLarge or Garbled.
func ReadForm(w http.ResponseWriter, r *http.Request, limit int64) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return &Error{Code: Garbled, Err: err}
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseForm(); err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return &Error{Code: TooLarge, Err: err}
		}
		return &Error{Code: Garbled, Err: err}
	}
	return nil
}
