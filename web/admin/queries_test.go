package admin

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// What a page may ask of the database, be answered and send.
const (
	mostQueries = 24
	mostRows    = 450
	mostBytes   = pageAlone
)

// crowd makes this many unhappy customers at these sites in turn, each with a case.
func (w *world) crowd(from, to int, sites ...string) (last storage.Case) {
	if len(sites) == 0 {
		sites = []string{"main", "harbour"}
	}
	for i := from; i < to; i++ {
		last = w.unhappy(sites[i%len(sites)], fmt.Sprint(1000+i), fmt.Sprintf("Customer %c%c", 'A'+i/26, 'A'+i%26), "I waited.")
		w.clock.add(time.Minute)
	}
	w.folds()
	if err := bot.SumUp(w.t.Context(), w.store); err != nil { // as it is a moment later
		w.t.Fatal(err)
	}
	return last
}

// widen doubles, and doubles again, what an installation has few of: sites, people, bots, chats, links, tokens.
func (w *world) widen() (sites []string) {
	w.t.Helper()
	ctx, now := context.Background(), w.clock.Now()
	for i := range 9 {
		id := fmt.Sprint("branch-", i)
		sites = append(sites, id)
		for _, err := range []error{
			w.store.PutSite(ctx, storage.Site{ID: id, Name: "Branch " + id, Zone: "Europe/Berlin", Language: "en", Created: now}),
			w.store.PutStaff(ctx, storage.Staff{ID: "of-" + id, Name: "Somebody of " + id, Roles: access.Grants{id: access.Agent}, Created: now}),
			w.store.PutAccount(ctx, storage.Account{Platform: chat.Telegram, ID: fmt.Sprint(100 + i), Name: fmt.Sprint("bot_", i), Seen: now}),
			w.store.PutStaffChat(ctx, storage.StaffChat{Name: id, Sites: []string{id}, Created: now, Address: chat.Address{Platform: chat.Telegram, Account: "42", Chat: fmt.Sprint(-100 - i)}, Linked: now}),
			w.store.PutStandingLink(ctx, storage.StandingLink{ID: fmt.Sprintf("abcdefg%c", 'i'+i), Name: id, Flow: "one_tap_csat", Site: id, Event: map[string]string{}, Created: now}),
			w.store.PutToken(ctx, storage.Token{ID: fmt.Sprint("token-", i), Name: id, Hash: id, Sites: []string{id}, Made: now}, storage.Audit{ID: fmt.Sprint("audit-", i), At: now, What: "token.make"}),
		} {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	if err := w.bot.Configuration().Refresh(ctx); err != nil {
		w.t.Fatal(err)
	}
	return sites
}

// No page asks the database once a row, a site or whatever else there may be more of: with twice as
// many customers, and with many times the sites, people, bots, chats, links and tokens, it asks as often.
// How many rows it reads and bytes it sends stays below a ceiling.
func TestNoPageAsksOncePerRow(t *testing.T) {
	c := &sqlcount.Counter{}
	w := newWorldOn(t, c.Wrap)
	owner := Viewer{Login: "l", SignIn: "boss", Staff: "robin", Name: "Robin Park", Owner: true, Language: "en", Proved: w.clock.Now().Add(100 * time.Hour)}
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
	hold := func(with string, ceiling bool) {
		for _, at := range pages {
			queries, rows, bytes := asked(at)
			if queries > few[at]+2 {
				t.Errorf("%s asks the database %d times with %s, %d times with 35 customers of two sites", at, queries, with, few[at])
			}
			t.Logf("%-42s %3d queries %5d rows %7d bytes", at, queries, rows, bytes)
			if ceiling && (queries > mostQueries || rows > mostRows || bytes > mostBytes) {
				t.Errorf("%s: %d queries, %d rows, %d bytes; %d, %d and %d are allowed", at, queries, rows, bytes, mostQueries, mostRows, mostBytes)
			}
		}
	}
	kase = w.crowd(35, 80)
	hold("80 customers", true)
	w.crowd(80, 98, w.widen()...) // the case that is looked at stays: another has other cards
	hold("98 customers of eleven sites", false)
}

// worldOfBuckets is a world on Postgres with so many buckets.
func worldOfBuckets(t *testing.T, n int, wrap func(driver.Connector) driver.Connector) *world {
	t.Helper()
	dsn := pgtest.From(t, fmt.Sprint("buckets_", n), func(dsn string) error {
		_, err := postgres.Migrate(context.Background(), dsn, postgres.Options{Buckets: n})
		return err
	})
	return newWorldIn(t, func(clock func() time.Time) (storage.Store, error) {
		return postgres.Open(t.Context(), dsn, postgres.Options{Clock: clock, Unchecked: true, Wrap: wrap})
	})
}

// TestTodayAsksAsLittleOfFourBuckets holds the whole of the first page to the number of questions that any page has,
// with something in each of its parts, on as many buckets as there usually are.
func TestTodayAsksAsLittleOfFourBuckets(t *testing.T) {
	c := &sqlcount.Counter{}
	w := worldOfBuckets(t, 4, c.Wrap)
	if n := w.store.Buckets(); n != 4 {
		t.Fatalf("%d buckets", n)
	}
	w.rulesAre("rules: {report: {alarm: true}}")
	for day := range 20 { // answers of three weeks, so that there is a trend
		w.clock.add(24 * time.Hour)
		w.crowd(2*day, 2*day+2)
	}
	alarm := storage.Alarm{ID: storage.AlarmID("main", storage.AlarmWorse, "2026-03-20"), Site: "main", Kind: storage.AlarmWorse, Day: "2026-03-20", Made: w.clock.Now()}
	if err := w.store.PutAlarm(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	owner := Viewer{Login: "l", SignIn: "boss", Staff: "robin", Name: "Robin Park", Owner: true, Language: "en", Proved: w.clock.Now().Add(100 * time.Hour)}
	h := New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now, Accounts: &bots{}})
	for _, at := range []string{"/", "/?site=main"} {
		var page string
		for range 2 { // the second time everything is prepared
			c.Reset()
			out := httptest.NewRecorder()
			h.ServeHTTP(out, httptest.NewRequest("GET", at, nil))
			page = out.Body.String()
		}
		for _, part := range []string{`id="now"`, `id="changed"`, `id="week"`, `<figure class="chart">`, `id="said"`} {
			if !strings.Contains(page, part) {
				t.Errorf("%s has nothing in its part %s", at, part)
			}
		}
		n := c.Queries.Load()
		t.Logf("%s asks %d times", at, n)
		if n > mostQueries {
			t.Errorf("%s asks the database of four buckets %d times, %d are allowed", at, n, mostQueries)
		}
	}
}
