package importing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/web/api"
	"github.com/aftercare/aftercare/web/importing"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

type world struct {
	importing.Config
	now time.Time
	bot *bot.Bot
}

func newWorld(t *testing.T, store storage.Store) *world {
	t.Helper()
	w := &world{now: noon}
	clock := func() time.Time { return w.now }
	for _, s := range []storage.Site{{ID: "main", Name: "Hauptstraße", Zone: "Europe/Berlin", Language: "en", Created: noon}, {ID: "harbour", Name: "Hafen", Zone: "UTC", Created: noon}} {
		check(t, store.PutSite(t.Context(), s))
	}
	b, err := bot.New(t.Context(), bot.Config{
		Store: store, Key: []byte("0123456789abcdef0123456789abcdef"), Parse: flowfile.Parse, Format: flowfile.Format, Templates: flowfile.Templates,
		Policy: rulefile.Parse, PublicURL: "https://care.example", Clock: clock,
		Traits: map[chat.Platform]chat.Traits{chat.Telegram: telegram.Traits(), chat.Slack: slack.Traits(), chat.Web: webchat.Traits()},
	})
	check(t, err)
	t.Cleanup(func() { _ = b.Close() })
	w.bot = b
	asks := asking.New(asking.Config{Store: store, Bot: b, Clock: clock})
	w.Config = importing.Config{Store: store, Asking: asks, Door: api.NewDoor(api.Config{Store: store, Bot: b, Asking: asks, Clock: clock})}
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func engines(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		onSQLite(t, test)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.From(t, "buckets_4", func(dsn string) error {
			_, err := postgres.Migrate(context.Background(), dsn, postgres.Options{Buckets: 4})
			return err
		})
		s, err := postgres.Open(t.Context(), dsn, postgres.Options{Clock: func() time.Time { return noon }, Unchecked: true})
		check(t, err)
		t.Cleanup(func() { _ = s.Close() })
		test(t, newWorld(t, s))
	})
}

func onSQLite(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlitetest.New(t, 4), sqlite.Options{Clock: func() time.Time { return noon }, Unchecked: true})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	test(t, newWorld(t, s))
}

func source(text string) importing.Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// run imports a table whose columns are guessed.
func (w *world) run(t *testing.T, text, ask string, dry bool, change func(*importing.Run)) (importing.Counts, string, error) {
	t.Helper()
	found, err := importing.Look(t.Context(), source(text), nil)
	check(t, err)
	sites, err := importing.Sites(t.Context(), w.Store)
	check(t, err)
	m := sheet.Guess(found.Columns, nil, sites)
	m.Order, m.Basis, m.Ask = sheet.DayMonth, "contract", ask
	var refused bytes.Buffer
	mend := importing.NewMend(&refused)
	r := importing.Run{Config: w.Config, Source: source(text), Shape: found.Shape, Map: m, Dry: dry}
	r.Refused = func(f importing.Refusal) error {
		return mend.Add([4]string{"line", "column", "value", "what to do"}, []string{"Kundennr", "Ende"}, f, f.Words)
	}
	if change != nil {
		change(&r)
	}
	err = r.Do(t.Context())
	check(t, mend.Flush())
	return r.Counts, refused.String(), err
}

const list = "Kundennr;Vorname;Ende;Leistung;Filiale;Telefon\n" +
	"C-1;Anna;09.03.2026 17:42;Schnitt;Hafen;+49 30 5550112\n" +
	"C-2;Tom;09.03.2026 16:10;Farbe;Hauptstraße;\n" +
	"C-1;Anna;09.03.2026 18:30;Farbe;Hafen;\n" + // of one visit one is asked about
	"C-3;=1+1;31.02.2026;Schnitt;Hafen;\n" +
	"C-4;Li;09.03.2026;Schnitt;Hafn;\n" +
	"C-5;Max;01.03.2020;Schnitt;Hafen;\n" +
	"C-6;Ben;01.02.2026;Schnitt;Hafen;\n" +
	"C-2;Tom;09.03.2026 16:10;Farbe;Hauptstraße;\n" // twice in the list

// What is foretold of a list is what then happens; the list again changes nothing; what was
// changed in it is changed; what is refused is told with its place.
func TestWhatIsForetoldHappens(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		dry, refused, err := w.run(t, list, "one_tap_csat", true, nil)
		check(t, err)
		if dry.Rows != 8 || dry.Created != 4 || dry.Same != 1 || dry.Refused != 3 || dry.Asked != 2 || dry.ByLink != 2 || fmt.Sprint(dry.Not) != "map[same_visit:1 stale:1]" {
			t.Errorf("foretold: %+v", dry)
		}
		for _, want := range []string{
			"line,column,value,what to do,Kundennr,Ende", "\n5,Ende,31.02.2026,", "'=1+1", "\n6,Filiale,Hafn,", "\n7,Ende,01.03.2020,It is more than 400 days ago.",
		} {
			if !strings.Contains(refused, want) {
				t.Errorf("refused, without %q:\n%s", want, refused)
			}
		}
		if counts, err := w.Store.CountAsks(t.Context(), noon.AddDate(0, 0, -1)); err != nil || len(counts) > 0 {
			t.Errorf("a dry run left %v, %v", counts, err)
		}
		done, _, err := w.run(t, list, "one_tap_csat", false, nil)
		check(t, err)
		if done.Created != dry.Created || done.Same != dry.Same || done.Refused != dry.Refused {
			t.Errorf("done: %+v, foretold: %+v", done, dry)
		}
		for range 3 {
			check(t, w.Asking.Look(t.Context()))
			w.now = w.now.Add(time.Second)
		}
		counts, err := w.Store.CountAsks(t.Context(), noon.AddDate(0, 0, -1))
		check(t, err)
		got := map[string]int{}
		for _, c := range counts {
			got[strings.TrimSpace(c.State+" "+c.Reason)] += c.N
		}
		if fmt.Sprint(got) != "map[handed_out:2 suppressed same_visit:1 suppressed stale:1]" {
			t.Errorf("what happened: %v", got)
		}
		again, _, err := w.run(t, list, "one_tap_csat", false, nil)
		check(t, err)
		if again.Created != 0 || again.Same != 5 || again.Changed != 0 {
			t.Errorf("once more: %+v", again)
		}
		mended := strings.Replace(list, "C-2;Tom;09.03.2026 16:10;Farbe;Hauptstraße;\n", "C-2;Thomas;09.03.2026 16:10;Farbe;Hauptstraße;\n", 2)
		for _, dry := range []bool{true, false} {
			if c, _, err := w.run(t, mended, "one_tap_csat", dry, nil); err != nil || c.Changed != 1 || c.Same != 4 || c.Asked != 0 {
				t.Errorf("a changed row, dry %t: %+v, %v", dry, c, err)
			}
		}
	})
}

var errKilled = errors.New("killed")

// An import that is cut off between any two of its writes goes on and asks nobody twice; what is
// not sent yet can be called off.
func TestAnImportGoesOnWhereItWasCutOff(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		var b strings.Builder
		b.WriteString("Kundennr,Ende,Filiale\n")
		const rows = 1200
		for i := range rows {
			fmt.Fprintf(&b, "C-%d,09.03.2026 10:%02d,Hafen\n", i, i%60)
		}
		at := 0
		_, _, err := w.run(t, b.String(), "one_tap_csat", false, func(r *importing.Run) {
			r.Step = func(done int, _ importing.Counts) error {
				if at > 0 {
					return errKilled // stored, and nobody wrote down that it is
				}
				at = done
				return nil
			}
		})
		if !errors.Is(err, errKilled) || at != 500 {
			t.Fatalf("cut off behind %d: %v", at, err)
		}
		c, _, err := w.run(t, b.String(), "one_tap_csat", false, func(r *importing.Run) { r.From = at })
		if err != nil || c.Rows != 700 || c.Created+c.Same != 700 || c.Same != 500 {
			t.Errorf("gone on: %+v, %v", c, err)
		}
		n, err := w.Asking.CallOff(t.Context(), sheet.Source, noon, noon)
		if err != nil || n != rows {
			t.Errorf("called off: %d, %v", n, err)
		}
		check(t, w.Asking.Look(t.Context()))
		counts, err := w.Store.CountAsks(t.Context(), noon.AddDate(0, 0, -1))
		check(t, err)
		if len(counts) != 1 || counts[0].State != "cancelled" || counts[0].N != rows {
			t.Errorf("afterwards: %+v", counts)
		}
	})
}

// However long a sheet is, an import holds no more of it than some rows; to foretell what would
// come of it, little of each customer.
func TestALongSheetIsNotHeldInMemory(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		held := func(rows int, dry bool, days int) int64 {
			t.Helper()
			src := func() (io.ReadCloser, error) { return io.NopCloser(&rowsOf{n: rows, day: days}), nil }
			found, err := importing.Look(t.Context(), src, nil)
			check(t, err)
			m := sheet.Guess(found.Columns, nil, []sheet.SiteNow{{ID: "main"}})
			m.Order, m.Basis, m.Ask = sheet.YearDay, "contract", "one_tap_csat"
			most := int64(0)
			r := importing.Run{Config: w.Config, Source: src, Shape: found.Shape, Map: m, Dry: dry}
			r.Step = func(done int, _ importing.Counts) error {
				if done%2000 == 0 {
					runtime.GC()
					var s runtime.MemStats
					runtime.ReadMemStats(&s)
					most = max(most, int64(s.HeapAlloc))
				}
				return nil
			}
			check(t, r.Do(t.Context()))
			if r.Counts.Created != rows {
				t.Errorf("%d of %d rows are new: %+v", r.Counts.Created, rows, r.Counts)
			}
			return most
		}
		held(2000, false, 1) // what is kept in any case is there afterwards
		few, many := held(2000, false, 2), held(20_000, false, 3)
		if many > few+4<<20 {
			t.Errorf("%d bytes with 2,000 rows, %d with 20,000", few, many)
		}
		few, many = held(2000, true, 4), held(20_000, true, 5)
		if many > few+4<<20+18_000*100 {
			t.Errorf("foretold: %d bytes with 2,000 rows, %d with 20,000", few, many)
		}
		t.Logf("%d and %d bytes", few, many)
	})
}

// rowsOf is a sheet that is made while it is read.
type rowsOf struct {
	n, at, day int
	left       []byte
}

// Read implements io.Reader.
func (r *rowsOf) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		switch {
		case r.at > r.n:
			return 0, io.EOF
		case r.at == 0:
			r.left = []byte("Kundennr;Vorname;Ende;Bemerkung\n")
		default:
			r.left = fmt.Appendf(nil, "C-%d-%d;Anna;2026-03-0%d 10:%02d;%s\n", r.day, r.at, r.day, r.at%60, strings.Repeat("x", 100))
		}
		r.at++
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// How a sheet was read is remembered for the next one that names its columns so, without the
// basis, which is said anew; other columns are guessed as ever.
func TestHowASheetIsReadIsRemembered(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		const first = "Nr;Wann;Was;Wo\nC-1;09.03.2026 10:00;x;Hafen\n"
		clock := func() time.Time { return w.now }
		guess := func(text string) importing.Import { return w.waiting(t, clock, text).now() }
		if guess(first).Remembered {
			t.Error("it is known before it was imported")
		}
		x := w.waiting(t, clock, first)
		m := x.now().Map
		m.Columns = []sheet.Field{sheet.Customer, sheet.Ended, sheet.Staff, sheet.Site}
		m.Order, m.Basis, m.Zone = sheet.DayMonth, "contract", "UTC"
		check(t, x.desk.Check(x.id, m))
		x.work()
		if guess(first).Remembered {
			t.Error("a sheet that was only looked at is remembered")
		}
		check(t, x.desk.Run(x.id, storage.Audit{}))
		x.work()
		got := guess("nr ; wann;WAS;Wo\nC-2;11.03.2026 10:00;y;Hafen\n")
		if !got.Remembered || fmt.Sprint(got.Map.Columns) != fmt.Sprint(m.Columns) || got.Map.Zone != "UTC" || got.Map.Basis != "" || got.Map.Order != sheet.DayMonth {
			t.Errorf("the next one: %t, %+v", got.Remembered, got.Map)
		}
		if got := guess("Nr;Wann;Was\nC-2;11.03.2026 10:00;y\n"); got.Remembered {
			t.Errorf("another one: %+v", got.Map)
		}
		// An order that the days of this sheet refute is not taken over.
		if got := guess("Nr;Wann;Was;Wo\nC-2;2026-03-11 10:00;y;Hafen\n"); got.Map.Order != sheet.YearDay {
			t.Errorf("days of another order: %s", got.Map.Order)
		}
	})
}
