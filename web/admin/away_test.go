package admin

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// awayStore is a store whose database is away for whoever reads what was decided, and what was changed.
type awayStore struct{ storage.Store }

func (awayStore) Asks(context.Context, storage.AskFilter) ([]storage.Ask, error) {
	return nil, fmt.Errorf("read asks: %w", storage.ErrUnavailable)
}

func (awayStore) Audits(context.Context, storage.AuditFilter) ([]storage.Audit, error) {
	return nil, fmt.Errorf("read audit: %w", storage.ErrUnavailable)
}

// A page that only shows something says that it cannot be shown now: nothing was to be done, so that nobody has to
// look whether it was.
func TestAPageSaysThatTheDatabaseIsAway(t *testing.T) {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	b := &visit{w: w, h: New(Config{Store: awayStore{w.store}, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}
	for _, at := range []string{"/asking", "/audit"} {
		got := b.get(at)
		if text := textOf(body(got)); got.Code != 503 || !strings.Contains(text, "cannot be shown now") || strings.Contains(text, "look whether it was done") {
			t.Errorf("%s: %d, %s", at, got.Code, text)
		}
	}
}
