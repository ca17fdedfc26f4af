package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// A table is looked at first, then imported; what is not known is asked; wrong rows are written
// to a file of their own; the same table again changes nothing.
func TestATableIsImported(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.must("site", "add", "main", "--name", "Main Street")
	file := filepath.Join(c.dir, "visits.csv")
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02")
	write := func(at, body string) {
		t.Helper()
		if err := os.WriteFile(at, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "\xef\xbb\xbfKundennr;Datum;Leistung;Notiz\r\nC-1;"+yesterday+" 17:00;cut;x\r\nC-2;gestern;cut;y\r\n"+strings.Repeat("C-3;"+yesterday+" 18:00;cut;\r\n", 3))
	c.refuses(2, "on what basis", "import", file)
	c.refuses(2, `there is no field "colour"`, "import", file, "--consent", "contract", "--map", func() string {
		at := filepath.Join(c.dir, "bad.yaml")
		write(at, "columns: {Notiz: colour}\n")
		return at
	}())
	at := filepath.Join(c.dir, "map.yaml")
	write(at, "columns: {Notiz: attribute:note}\nconsent: contract\nask: one_tap_csat\n")
	out := c.must("import", file, "--map", at)
	for _, want := range []string{"Separated by \";\", utf-8, 5 rows", "attribute:note", "New: 2. Known before: 2.", "Refused: 1", "Would be asked: 2, of them 2 by a link", "Nothing is stored yet"} {
		if !strings.Contains(out, want) {
			t.Errorf("it says, without %q:\n%s", want, out)
		}
	}
	refused, err := os.ReadFile(file + ".refused.csv")
	if err != nil || !strings.Contains(string(refused), "3,Datum,gestern,") {
		t.Errorf("refused: %v\n%s", err, refused)
	}
	for _, want := range []string{"New: 2. Known before: 2.", "New: 0. Known before: 4."} {
		if out := c.must("import", file, "--map", at, "--yes"); !strings.Contains(out, want) {
			t.Errorf("it says, without %q:\n%s", want, out)
		}
	}
	write(file, "a,b\n1,\"2\n")
	c.refuses(1, "line 2, column 2: A quote opens here", "import", file)
}

// A table that stands behind a cover is found: what is said of a workbook names its sheets, and one is chosen by name.
func TestATableIsImportedFromAnotherSheet(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.must("site", "add", "main", "--name", "Main Street")
	book := excelize.NewFile()
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02")
	cells := map[string]map[string]string{
		"Sheet1": {"A1": "Bericht", "A2": "von Ömer"},
		"Kunden": {"A1": "Kundennr", "B1": "Datum", "A2": "C-1", "B2": yesterday, "A3": "C-2", "B3": yesterday},
	}
	for _, name := range []string{"Sheet1", "Kunden"} {
		if _, err := book.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for at, v := range cells[name] {
			if err := book.SetCellStr(name, at, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := filepath.Join(c.dir, "till.xlsx")
	if err := book.SaveAs(file); err != nil {
		t.Fatal(err)
	}
	c.refuses(2, "which column is the customer's key", "import", file, "--consent", "contract")
	out := c.must("import", file, "--sheet", "Kunden", "--consent", "contract")
	for _, want := range []string{"A workbook with 2 sheets (--sheet chooses one: Sheet1, Kunden), of which this is Kunden, 2 rows.", "New: 2."} {
		if !strings.Contains(out, want) {
			t.Errorf("it says, without %q:\n%s", want, out)
		}
	}
	c.refuses(1, "no sheet of this name. Choose one with --sheet: Sheet1, Kunden", "import", file, "--sheet", "Customers", "--consent", "contract")
	for range 2 { // a cover of one row, and an empty one
		if err := book.RemoveRow("Sheet1", 1); err != nil {
			t.Fatal(err)
		}
		if err := book.Save(); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{nil, {"--sheet", "sheet1"}} {
			c.refuses(1, "1 has no rows below the names of its columns. Choose another one with --sheet: Sheet1, Kunden", append([]string{"import", file, "--consent", "contract"}, args...)...)
		}
	}
	csv := filepath.Join(c.dir, "till.csv")
	if err := os.WriteFile(csv, []byte("Kundennr;Datum\nC-1;"+yesterday+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.refuses(2, "--sheet is for workbooks", "import", csv, "--sheet", "Kunden", "--consent", "contract")
}
