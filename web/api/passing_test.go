package api

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

// A program hears of a meeting with somebody else by both ways, and not that the database is away.
func TestAProgramHearsOfWhomItMeets(t *testing.T) {
	s := &api{Config: Config{Log: slog.New(slog.DiscardHandler)}}
	for err, want := range map[error]string{
		storage.ErrThere:       "stored already",
		storage.ErrChanged:     "Others changed it at the same moment",
		storage.ErrUnavailable: "The database cannot be used now",
	} {
		q := &request{Request: httptest.NewRequest("POST", "/x", nil)}
		if said := s.said(tool{name: "x"}, q, fmt.Errorf("x: %w", err)); !strings.HasPrefix(said, "unavailable: ") || !strings.Contains(said, want) {
			t.Errorf("a tool says of %q: %s", err, said)
		}
	}
}
