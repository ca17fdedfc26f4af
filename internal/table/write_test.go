package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func quoted(s string) string { return strings.Replace(s, "=", "'=", 1) }

// What is written is read again as it was, and no text is a formula.
func TestRowsAreWrittenInEveryFormat(t *testing.T) {
	columns := []string{"text", "value", "test", "revision", "day"}
	rows := [][]any{{"=1+1", 2.5, true, int64(1), nil}, {"a \"quote\", and\na line", nil, false, int64(2), "2026-03-01"}}
	files := map[string]*bytes.Buffer{}
	for _, format := range Written() {
		files[format] = &bytes.Buffer{}
		w, err := Create(files[format], format, columns, quoted)
		if err != nil {
			t.Fatal(format, err)
		}
		for _, r := range rows {
			if err := w.Row(r); err != nil {
				t.Fatal(format, err)
			}
		}
		if err := w.Close(); err != nil || !strings.Contains(MediaType(format), "/") {
			t.Fatal(format, err)
		}
	}
	const csv, xlsx = "1:text¦value¦test¦revision¦day\n2:'=1+1¦2.5¦true¦1¦\n3:a \"quote\", and\na line¦¦false¦2¦2026-03-01", "1:text¦value¦test¦revision¦day\n2:=1+1¦2.5¦1¦1\n3:a \"quote\", and\na line¦¦0¦2¦2026-03-01"
	for format, want := range map[string]string{CSV: csv, XLSX: xlsx} {
		if _, got, err := read(t, files[format].Bytes()); err != nil || cells(got) != want {
			t.Errorf("%s: %v\n%s", format, err, cells(got))
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(files[XLSX].Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if formula, err := book.GetCellFormula("Sheet1", "A2"); err != nil || formula != "" {
		t.Errorf("a text is the formula %q, %v", formula, err)
	}
	lines := strings.Split(strings.TrimSpace(files[JSONL].String()), "\n")
	var first struct {
		Text string
		Test bool
		Day  *string
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); len(lines) != 2 || err != nil || first.Text != "=1+1" || !first.Test || first.Day != nil || !strings.HasPrefix(lines[0], `{"text":`) {
		t.Errorf("the lines are %q, %v", lines, err)
	}
	if _, err := Create(io.Discard, "xls", columns, quoted); err == nil {
		t.Error("any format is written")
	}
}

// Ten times the rows hold no more memory. Of a workbook some are held, before its file begins.
func TestRowsAreNotHeld(t *testing.T) {
	long := strings.Repeat("and so on, ", 180)
	held := func(format string, n int) int64 {
		w, err := Create(io.Discard, format, []string{"n", "text"}, quoted)
		if err != nil {
			t.Fatal(err)
		}
		memory := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := memory()
		for i := range n {
			if err := w.Row([]any{int64(i), fmt.Sprint("what customer ", i, " wrote ", long)}); err != nil {
				t.Fatal(err)
			}
		}
		after := memory()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return after - before
	}
	for _, format := range []string{CSV, JSONL} {
		if few, many := held(format, 2_000), held(format, 20_000); many-max(0, few) > 64<<10 {
			t.Errorf("%s: %d bytes are held for 2,000 rows, %d for 20,000", format, few, many)
		}
	}
	if many := held(XLSX, 20_000); many > 40<<20 { // of as many bytes of rows, which would take 64 MB
		t.Errorf("%d bytes of a workbook are held", many)
	}
}
