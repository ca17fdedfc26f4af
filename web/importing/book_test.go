package importing_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/importing"
)

// book is a workbook with the visits of one customer, and another sheet.
func book(t *testing.T, change func(*excelize.File) error) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	check(t, f.SetSheetName("Sheet1", "Visits"))
	for i, row := range [][]any{{"Kundennr", "Vorname", "Ende", "Filiale"}, {"C-1", "Anna", "09.03.2026 17:42", "Hafen"}, {"C-3", "Ida", "09.03.2026 17:50", "Hafen"}} {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		check(t, err)
		check(t, f.SetSheetRow("Visits", cell, &row))
	}
	_, err := f.NewSheet("Other")
	check(t, err)
	for i := range 30 { // so that there are rows, styles and texts of every number up to it
		cell, err := excelize.CoordinatesToCellName(3, i+1)
		check(t, err)
		check(t, f.SetCellValue("Other", cell, strings.Repeat("x", i+1)))
	}
	check(t, change(f))
	var b bytes.Buffer
	check(t, f.Write(&b))
	return b.String()
}

// put has a file wait.
func (w *world) put(t *testing.T, name, text string) *waiting {
	t.Helper()
	d := w.desk(t, func() time.Time { return w.now })
	x, err := d.Put(t.Context(), name, "boss", strings.NewReader(text))
	check(t, err)
	return &waiting{w, t, d, x.ID}
}

// recall takes an erasure back.
func (w *world) recall(t *testing.T, customer string) {
	t.Helper()
	_, err := w.Store.Recall(t.Context(), bot.Privacy(w.bot).Hashes(storage.Anchor{Customers: []string{customer}}))
	check(t, err)
}

// Somebody who is erased stands nowhere in a workbook that waits: not in a sheet that nobody chose or sees, nor beside
// the cells. What a workbook counts and where its cells are is nobody's name.
func TestAnErasureReachesEachSheetOfAWorkbook(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		cell := func(sheet, at string, v any) func(f *excelize.File) error {
			return func(f *excelize.File) error { return f.SetCellValue(sheet, at, v) }
		}
		hidden := func(deep ...bool) func(f *excelize.File) error {
			return func(f *excelize.File) error {
				if err := f.SetCellValue("Other", "B7", "C-2"); err != nil {
					return err
				}
				return f.SetSheetVisible("Other", false, deep...)
			}
		}
		for _, c := range []struct {
			where    string
			customer string
			change   func(f *excelize.File) error
			stays    bool
		}{
			{"the chosen sheet", "C-2", cell("Visits", "A4", "C-2"), false},
			{"another sheet", "C-2", cell("Other", "B7", "C-2"), false},
			{"a number in another sheet", "4711", cell("Other", "B7", 4711), false},
			{"a hidden sheet", "C-2", hidden(), false},
			{"a sheet that no menu offers", "C-2", hidden(true), false},
			{"a column that is read as nothing", "C-2", cell("Visits", "J9", "C-2"), false},
			{"the names of the columns", "C-2", cell("Visits", "F1", "C-2"), false},
			{"a text of two colours", "C-2", func(f *excelize.File) error {
				return f.SetCellRichText("Other", "B7", []excelize.RichTextRun{{Text: "C-"}, {Text: "2", Font: &excelize.Font{Color: "FF0000"}}})
			}, false},
			{"the name of a sheet", "C-2", func(f *excelize.File) error { _, err := f.NewSheet("C-2"); return err }, false},
			{"a formula", "anna@example.com", func(f *excelize.File) error {
				return f.SetCellFormula("Other", "B7", `HYPERLINK("mailto:anna@example.com","Anna")`)
			}, false},
			{"what a cell may hold", "C-2", func(f *excelize.File) error {
				list := excelize.NewDataValidation(true)
				list.Sqref = "B1:B9"
				if err := list.SetDropList([]string{"C-1", "C-2"}); err != nil {
					return err
				}
				return f.AddDataValidation("Other", list)
			}, false},
			{"the head of a page", "C-2", func(f *excelize.File) error {
				return f.SetHeaderFooter("Other", &excelize.HeaderFooterOptions{OddHeader: "&LC-2&RTomislav"})
			}, false},
			{"nowhere", "C-2", func(*excelize.File) error { return nil }, true},
			{"nowhere, and there is such a row", "17", func(*excelize.File) error { return nil }, true},
			{"nowhere, and there is such a cell", "C12", func(*excelize.File) error { return nil }, true},
		} {
			x := w.put(t, "till.xlsx", book(t, c.change))
			w.erase(t, c.customer)
			x.work()
			_, err := os.Stat(filepath.Join(x.desk.Dir, x.id+".sheet"))
			if got := x.now(); got.Erased == c.stays || (got.Stage == importing.Failed) == c.stays || (err == nil) != c.stays {
				t.Errorf("%s: %s, erased %t, the file: %v", c.where, got.Stage, got.Erased, err)
			}
			w.recall(t, c.customer)
		}
	})
}

// A table in which somebody was erased is looked through as it is written, however somebody says that it is read.
func TestAnErasureReachesATableThatIsReadWrong(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		for _, c := range []struct{ separator, encoding string }{{",", "utf-8"}, {";", "utf-16le"}} {
			x := w.put(t, "visits.csv", three)
			shape := x.now().Found.Shape
			shape.Separator, shape.Encoding = c.separator, c.encoding
			_ = x.desk.Reshape(t.Context(), x.id, shape) // an encoding that is none of it may be refused
			w.erase(t, "C-2")
			x.work()
			if got := x.now(); !got.Erased {
				t.Errorf("read with %q as %s: %s", c.separator, c.encoding, got.Stage)
			}
			x.nothingOf("read wrong")
			w.recall(t, "C-2")
		}
	})
}

// What is known of a file names nobody who is erased either: what was taken for the names of columns, and its own name.
func TestNothingOfWhoIsErasedIsKnownOfAFile(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		x := w.put(t, "C-2.xlsx", book(t, func(f *excelize.File) error {
			return f.SetSheetRow("Visits", "A1", &[]string{"C-2", "Tomislav", "Ende", "Filiale"})
		}))
		w.erase(t, "C-2")
		x.work()
		x.nothingOf("a table without names")
		w.recall(t, "C-2")

		x = w.put(t, "visits.csv", strings.ReplaceAll(three, "Kundennr;Vorname", "C-2;Tomislav"))
		m := x.now().Map
		check(t, x.desk.Forget(x.id))
		x = w.put(t, "visits.csv", "C-2;Tomislav;Ende;Filiale;Telefon\nC-3;Ida;gestern;Hafen;\n")
		shape := x.now().Found.Shape
		shape.Header = true
		check(t, x.desk.Reshape(t.Context(), x.id, shape))
		if len(m.Columns) != len(x.now().Map.Columns) {
			t.Fatal("the tables have not the same columns")
		}
		x.say()
		x.work()
		check(t, x.desk.Run(x.id, storage.Audit{Subject: "visits.csv"}))
		x.work()
		if got := x.now(); got.Stage != importing.Done || got.Counts.Refused != 1 {
			t.Fatalf("%s: %+v", got.Stage, got.Counts)
		}
		w.erase(t, "C-2")
		x.work()
		if got := x.now(); !got.Erased || got.Stage != importing.Done {
			t.Errorf("a table that is done: %s, erased %t", got.Stage, got.Erased)
		}
		x.nothingOf("a table that is done")
	})
}

// A server that is killed while it removes rows of somebody who was erased removes the rest of them afterwards.
func TestAnErasureIsGoneOnWith(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		x := w.put(t, "visits.csv", three)
		name := filepath.Join(x.desk.Dir, x.id+".sheet")
		rows, err := os.ReadFile(name)
		check(t, err)
		w.erase(t, "C-2")
		x.work()
		check(t, os.WriteFile(name, rows, 0o600)) // as if it had been killed just before
		x.work()
		x.nothingOf("killed before the rows were removed")
	})
}

// What a server that was killed left of a file before anything was known of it goes too: no erasure could find it.
func TestWhatAKilledServerLeftOfAFileGoes(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		x := w.put(t, "visits.csv", three)
		left := func(kind string, age time.Duration) string {
			name := filepath.Join(x.desk.Dir, uuid.NewString()+"."+kind)
			check(t, os.WriteFile(name, []byte(three), 0o600))
			check(t, os.Chtimes(name, noon.Add(-age), noon.Add(-age)))
			return name
		}
		taken := left("sheet", time.Minute) // it is being sent
		gone := []string{left("sheet", 2*time.Hour), left("next", 2*time.Hour), left("refused", 2*time.Hour)}
		own := filepath.Join(x.desk.Dir, x.id+".sheet")
		check(t, os.Chtimes(own, noon.Add(-2*time.Hour), noon.Add(-2*time.Hour)))
		x.work()
		for _, name := range gone {
			if _, err := os.Stat(name); err == nil {
				t.Errorf("left: %s", filepath.Ext(name))
			}
		}
		for _, name := range []string{taken, own} {
			if _, err := os.Stat(name); err != nil {
				t.Error(err)
			}
		}
	})
}

// What is known of a file cannot be opened, and is written anew by whoever has the desk just then: it is not thrown
// away for what it was before.
func TestWhatIsWrittenAnewIsNotThrownAway(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		x := w.waiting(t, func() time.Time { return w.now }, three)
		other, err := x.desk.Put(t.Context(), "visits.csv", "boss", strings.NewReader(three))
		check(t, err)
		name := filepath.Join(x.desk.Dir, other.ID+".json")
		whole, err := os.ReadFile(name)
		check(t, err)
		check(t, os.WriteFile(name, whole[:len(whole)/2], 0o600))

		slow := asked{w.Store, make(chan struct{}), make(chan struct{})}
		shape := x.now().Found.Shape
		x.desk.Store = slow
		read, listed := make(chan error, 1), make(chan error, 1)
		go func() { read <- x.desk.Reshape(t.Context(), x.id, shape) }()
		<-slow.begun
		go func() { _, err := x.desk.List(); listed <- err }()
		select {
		case err := <-listed:
			listed <- err
		case <-time.After(100 * time.Millisecond): // long enough to be first, were nothing in its way
		}
		_ = os.WriteFile(name, whole, 0o600)
		close(slow.goOn)
		check(t, <-read)
		check(t, <-listed)
		if _, err := x.desk.Get(other.ID); err != nil {
			t.Errorf("it is gone: %v", err)
		}
		if _, err := os.Stat(filepath.Join(x.desk.Dir, other.ID+".sheet")); err != nil {
			t.Errorf("its rows are gone: %v", err)
		}

		// What stays torn goes, with its rows.
		check(t, os.WriteFile(name, whole[:len(whole)/2], 0o600))
		_, err = x.desk.List()
		check(t, err)
		if left, _ := filepath.Glob(filepath.Join(x.desk.Dir, other.ID+".*")); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
}

// How a table is read is remembered without what may be somebody's name, which the first row of one without names is.
func TestWhatIsRememberedOfATableNamesNobody(t *testing.T) {
	onSQLite(t, func(t *testing.T, w *world) {
		text := "Kundennr;Tomislav;Ende;Filiale;Farbe\nC-1;x;09.03.2026 17:42;Hafen;rot\n"
		_, _, err := w.run(t, text, "", false, func(r *importing.Run) {
			r.Map.Columns = []sheet.Field{sheet.Customer, sheet.Skip, sheet.Ended, sheet.Site, sheet.Attribute}
			r.Map.Names[4] = "colour"
		})
		check(t, err)
		found, err := importing.Look(t.Context(), source(text), nil)
		check(t, err)
		body, err := w.Store.SheetMap(t.Context(), sheet.Header(found.Columns))
		check(t, err)
		if strings.Contains(string(body), "tomislav") {
			t.Errorf("remembered: %s", body)
		}
		m, remembered, err := importing.Guess(t.Context(), w.Store, found)
		check(t, err)
		if want := []string{"kundennr", "tomislav", "ende", "filiale", "colour"}; !remembered || !slices.Equal(m.Names, want) {
			t.Errorf("the next table: %t, %q", remembered, m.Names)
		}
	})
}
