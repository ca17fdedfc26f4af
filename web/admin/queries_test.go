package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
)

// What a page may ask of the database and send, whatever there is. Pages that look at what many
// customers said, or at all that is stored of one, are named with what they may.
const (
	mostQueries = 24
	mostRows    = 450
	mostBytes   = pageAlone
)

var costly = map[string]struct{ queries, rows, bytes int }{}

// crowd makes this many unhappy customers, each with a case.
func (w *world) crowd(from, to int) (last storage.Case) {
	for i := from; i < to; i++ {
		last = w.unhappy([]string{"main", "harbour"}[i%2], fmt.Sprint(1000+i), fmt.Sprintf("Customer %c%c", 'A'+i/26, 'A'+i%26), "I waited.")
		w.clock.add(time.Minute)
	}
	w.folds()
	return last
}

// No page asks the database once a row: with twice as many customers it asks as often. How
// many rows it reads and bytes it sends stays below a ceiling.
func TestNoPageAsksOncePerRow(t *testing.T) {
	c := &sqlcount.Counter{}
	w := newWorldOn(t, c.Wrap)
	owner := Viewer{Login: "l", SignIn: "boss", Staff: "robin", Name: "Robin Park", Owner: true, Language: "en", Proved: w.clock.Now().Add(time.Hour)}
	h := New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now, Accounts: &bots{}})
	link := storage.StandingLink{ID: "abcdefgh", Name: "Counter", Flow: "one_tap_csat", Site: "main", Event: map[string]string{}, Created: w.clock.Now()}
	if err := w.store.PutStandingLink(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	kase := w.crowd(0, 35)
	asked := func(pattern string) (queries, rows, bytes int) {
		at := strings.NewReplacer("{$}", "", "{number}", kase.Name(), "{who}", kase.Identity, "{id}", "0."+kase.Session, "{link}", link.ID, "{site}", "main", "{flow}", "one_tap_csat",
			"{topic}", "running", "{picture}", "x.svg", "{ask}", "x", "{challenge}", "x").Replace(pattern)
		if pattern == "/people/{id}" {
			at = "/people/robin"
		}
		for range 2 { // the second time everything is prepared
			c.Reset()
			out := httptest.NewRecorder()
			h.ServeHTTP(out, httptest.NewRequest("GET", at, nil))
			if out.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d", at, out.Code)
			}
			queries, rows, bytes = int(c.Queries.Load()), int(c.Rows.Load()), out.Body.Len()
		}
		return queries, rows, bytes
	}
	pages := Pages()
	few := map[string]int{}
	for _, at := range pages {
		few[at], _, _ = asked(at)
	}
	kase = w.crowd(35, 80)
	for _, at := range pages {
		queries, rows, bytes := asked(at)
		may, named := costly[at]
		if !named {
			may.queries, may.rows, may.bytes = mostQueries, mostRows, mostBytes
		}
		t.Logf("%-42s %3d queries %5d rows %7d bytes", at, queries, rows, bytes)
		if queries > few[at]+2 {
			t.Errorf("%s asks the database %d times with 80 customers, %d times with 35", at, queries, few[at])
		}
		if queries > may.queries || rows > may.rows || bytes > may.bytes {
			t.Errorf("%s: %d queries, %d rows, %d bytes; %v are allowed", at, queries, rows, bytes, may)
		}
	}
}
