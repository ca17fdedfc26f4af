package importing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/importing"
)

// waiting is a desk, and the sheet that it was sent.
type waiting struct {
	world *world
	t     *testing.T
	desk  *importing.Desk
	id    string
}

// desk returns one that keeps its files in a directory of its own.
func (w *world) desk(t *testing.T, clock func() time.Time) *importing.Desk {
	t.Helper()
	c := w.Config
	c.Key, c.Hashes = []byte("0123456789abcdef0123456789abcdef"), bot.Privacy(w.bot).Hashes
	return importing.NewDesk(c, filepath.Join(t.TempDir(), "imports"), clock, nil)
}

func (w *world) waiting(t *testing.T, clock func() time.Time, text string) *waiting {
	t.Helper()
	d := w.desk(t, clock)
	x, err := d.Put(t.Context(), "visits.csv", "boss", strings.NewReader(text))
	check(t, err)
	return &waiting{w, t, d, x.ID}
}

func (w *waiting) now() importing.Import {
	w.t.Helper()
	x, err := w.desk.Get(w.id)
	check(w.t, err)
	return x
}

func (w *waiting) work() {
	w.t.Helper()
	check(w.t, w.desk.Work(w.t.Context()))
}

// say says what the columns are.
func (w *waiting) say() {
	w.t.Helper()
	m := w.now().Map
	m.Order, m.Basis, m.Ask = sheet.DayMonth, "contract", "one_tap_csat"
	m.Columns = []sheet.Field{sheet.Customer, sheet.FirstName, sheet.Ended, sheet.Site, sheet.Phone}[:len(m.Columns)]
	check(w.t, w.desk.Check(w.id, m))
}

// erase erases a customer at their wish.
func (w *world) erase(t *testing.T, customer string) {
	t.Helper()
	d, err := w.Store.Dossier(t.Context(), storage.Anchor{Customers: []string{customer}})
	check(t, err)
	_, err = bot.Privacy(w.bot).Erase(t.Context(), d, personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest})
	check(t, err)
}

// nothingOf fails where something of Tomislav is on the disk, in what is known of the import, or in
// the database.
func (w *waiting) nothingOf(what string) {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.desk.Dir, "*"))
	check(w.t, err)
	for _, name := range files {
		body, err := os.ReadFile(name)
		check(w.t, err)
		kind := filepath.Ext(name)
		if kind == ".sheet" || kind == ".refused" && len(body) > 0 || strings.Contains(string(body), "Tomislav") {
			w.t.Errorf("%s: %s is on the disk, %d bytes", what, filepath.Base(name), len(body))
		}
	}
	body, err := json.Marshal(w.now())
	check(w.t, err)
	if strings.Contains(string(body), "Tomislav") || strings.Contains(string(body), "C-2") {
		w.t.Errorf("%s: %s", what, body)
	}
	d, err := w.world.Store.Dossier(w.t.Context(), storage.Anchor{Customers: []string{"C-2"}})
	check(w.t, err)
	if !d.Empty() {
		w.t.Errorf("%s: %+v is back", what, d)
	}
}

const three = "Kundennr;Vorname;Ende;Filiale;Telefon\n" +
	"C-1;Anna;09.03.2026 17:42;Hafen;+49 30 5550112\n" +
	"C-2;Tomislav;09.03.2026 16:10;Hafen;\n" +
	"C-3;Ida;gestern;Hafen;\n"

// Somebody who is erased while a sheet waits in which they stand is in no file afterwards, and
// does not come back by it, at whatever stage it is; and not by the sheet sent once more.
func TestAnErasureReachesASheetThatWaits(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		clock := func() time.Time { return w.now }
		for _, c := range []struct {
			stage importing.Stage
			reach func(x *waiting)
			then  importing.Stage
		}{
			{importing.Columns, func(*waiting) {}, importing.Failed},
			{importing.Checking, func(x *waiting) { x.say() }, importing.Failed},
			{importing.Checked, func(x *waiting) { x.say(); x.work() }, importing.Failed},
			{importing.Running, func(x *waiting) { x.say(); x.work(); check(t, x.desk.Run(x.id, storage.Audit{})) }, importing.Stopped},
		} {
			x := w.waiting(t, clock, three)
			c.reach(x)
			if got := x.now().Stage; got != c.stage {
				t.Fatalf("it is %s, not %s", got, c.stage)
			}
			w.erase(t, "C-2")
			x.work()
			if got := x.now(); got.Stage != c.then || !got.Erased {
				t.Errorf("erased while %s: %s, %t", c.stage, got.Stage, got.Erased)
			}
			x.nothingOf("erased while " + string(c.stage))
			x.say()
			check(t, x.desk.Run(x.id, storage.Audit{}))
			x.work()
			if got := x.now(); got.Stage != c.then {
				t.Errorf("it goes on: %s", got.Stage)
			}

			// Whoever is not told who it was sends the same sheet again.
			again := w.waiting(t, clock, three)
			again.say()
			again.work()
			check(t, again.desk.Run(again.id, storage.Audit{}))
			again.work()
			if got := again.now(); got.Stage != importing.Done || got.Erased || got.Counts.Refused != 1 || got.Counts.Rows != 3 {
				t.Errorf("sent again: %+v", got)
			}
			d, err := w.Store.Dossier(t.Context(), storage.Anchor{Customers: []string{"C-2"}})
			check(t, err)
			if !d.Empty() {
				t.Errorf("sent again: %+v is back", d)
			}
			// Somebody else's wish does not touch the rows in which they do not stand.
			w.erase(t, "C-9")
			again.work()
			if again.now().Erased {
				t.Error("the rows of others are removed")
			}
			// Ida's row was refused: it was kept so that somebody mends it.
			w.erase(t, "C-3")
			again.work()
			if got := again.now(); !got.Erased || got.Stage != importing.Done {
				t.Errorf("a refused row: %+v", got)
			}
			check(t, again.desk.Refused(again.id, func(importing.Refusal) error { return errors.New("a row is left") }))
			for _, c := range []string{"C-1", "C-2", "C-3", "C-9"} { // as if nobody had been erased
				w.erase(t, c)
				_, err := w.Store.Recall(t.Context(), bot.Privacy(w.bot).Hashes(storage.Anchor{Customers: []string{c}}))
				check(t, err)
			}
		}
	})
}

// Somebody is erased between two steps of a run: it stops before their row, and what was
// imported until then stays.
func TestAnErasureStopsARunInWhichTheyStand(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		var b strings.Builder
		b.WriteString("Kundennr;Vorname;Ende;Filiale\n")
		for i := range 1400 {
			fmt.Fprintf(&b, "A-%d;Ann;09.03.2026 10:%02d;Hafen\n", i, i%60)
		}
		b.WriteString("C-2;Tomislav;09.03.2026 16:10;Hafen\n")
		running, ticks := false, 0
		clock := func() time.Time {
			w.now = w.now.Add(6 * time.Second)
			if ticks++; running && ticks > 4 {
				running = false
				w.erase(t, "C-2")
			}
			return w.now
		}
		x := w.waiting(t, clock, b.String())
		x.say()
		x.work()
		check(t, x.desk.Run(x.id, storage.Audit{}))
		running, ticks = true, 0
		x.work()
		got := x.now()
		if got.Stage != importing.Stopped || !got.Erased || got.At == 0 || got.At >= 1400 {
			t.Errorf("%s behind %d rows, erased %t", got.Stage, got.At, got.Erased)
		}
		x.nothingOf("erased during the run")
	})
}

// What is kept of a sheet is sealed: nobody reads it without the key, moves a part of it, or
// cuts it off unseen.
func TestWhatWaitsIsSealed(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		x := w.waiting(t, func() time.Time { return w.now }, three+strings.Repeat("C-4;Max;09.03.2026 16:10;Hafen;\n", 6000))
		x.say()
		x.work()
		files, err := filepath.Glob(filepath.Join(x.desk.Dir, "*"))
		check(t, err)
		if len(files) != 3 {
			t.Fatalf("kept: %q", files)
		}
		for _, name := range files {
			body, err := os.ReadFile(name)
			check(t, err)
			for _, word := range []string{"C-2;Tomislav;", ";Max;09.03.2026", "gestern", "Kundennr"} {
				if strings.Contains(string(body), word) {
					t.Errorf("%s says %q", filepath.Base(name), word)
				}
			}
		}
		name := filepath.Join(x.desk.Dir, x.id+".sheet")
		whole, err := os.ReadFile(name)
		check(t, err)
		const box = 4 + 64<<10 + 28
		for what, body := range map[string][]byte{
			"cut off": whole[:box], "two boxes change places": append(append(append([]byte{}, whole[box:2*box]...), whole[:box]...), whole[2*box:]...),
			"one bit": append(append([]byte{}, whole[:99]...), append([]byte{whole[99] ^ 1}, whole[100:]...)...), "empty": nil,
		} {
			check(t, os.WriteFile(name, body, 0o600))
			x.say()
			x.work()
			if got := x.now(); got.Stage != importing.Failed {
				t.Errorf("%s: %s, %+v", what, got.Stage, got.Foretold)
			}
		}
		// Another key opens nothing, and nothing is left lying about.
		other := importing.NewDesk(w.Config, x.desk.Dir, func() time.Time { return w.now }, nil)
		check(t, other.Work(t.Context()))
		if left, _ := filepath.Glob(filepath.Join(x.desk.Dir, "*")); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
}

// asked is a store that takes long to say how a sheet was read before.
type asked struct {
	storage.Store
	begun, goOn chan struct{}
}

func (s asked) SheetMap(ctx context.Context, header string) ([]byte, error) {
	close(s.begun)
	<-s.goOn
	return s.Store.SheetMap(ctx, header)
}

// What is removed by hand while somebody says how it is to be read is not written down once more: rows stand there as
// examples.
func TestWhatIsRemovedWhileItChangesStaysAway(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		x := w.waiting(t, func() time.Time { return w.now }, three)
		slow := asked{w.Store, make(chan struct{}), make(chan struct{})}
		shape := x.now().Found.Shape
		x.desk.Store = slow
		read, removed := make(chan error, 1), make(chan error, 1)
		go func() { read <- x.desk.Reshape(t.Context(), x.id, shape) }()
		<-slow.begun
		go func() { removed <- x.desk.Forget(x.id) }()
		select {
		case err := <-removed:
			removed <- err
		case <-time.After(100 * time.Millisecond): // long enough to be first, were nothing in its way
		}
		close(slow.goOn)
		check(t, <-read)
		check(t, <-removed)
		left, err := filepath.Glob(filepath.Join(x.desk.Dir, "*"))
		if check(t, err); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
	})
}
