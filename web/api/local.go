package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// Call is one request by somebody who has the database and needs no token: a command. at is
// an address below /api/v1. It returns the status, and the answer or the problem.
func Call(ctx context.Context, c Config, method, at string, body []byte) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, base+at, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	w := &recorded{head: http.Header{}, status: http.StatusOK}
	handler(c, true).ServeHTTP(w, r)
	return w.status, w.body.Bytes(), nil
}

// ours is what a command has in place of a token.
func ours(now time.Time) storage.Token {
	t := storage.Token{Name: "the command line", Made: now}
	for _, s := range access.Scopes() {
		t.Scopes = append(t.Scopes, string(s))
	}
	return t
}

// recorded is what a handler answers.
type recorded struct {
	head   http.Header
	status int
	body   bytes.Buffer
}

func (w *recorded) Header() http.Header { return w.head }

func (w *recorded) Write(b []byte) (int, error) { return w.body.Write(b) }

func (w *recorded) WriteHeader(status int) { w.status = status }
