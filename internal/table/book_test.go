package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// written is a workbook of rows, opened again. change may set limits before the first row.
func written(t rapid.TB, columns []string, rows [][]any, change func(*book)) *excelize.File {
	t.Helper()
	var to bytes.Buffer
	w, err := newBook(&to, columns)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(w)
	}
	for _, r := range rows {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(to.Bytes()), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A value of each kind is a cell of its kind, in its place.
func TestCellsOfAWorkbookHaveTheirKind(t *testing.T) {
	columns := make([]string, 60)
	for i := range columns {
		columns[i] = fmt.Sprint("column ", i)
	}
	row := make([]any, len(columns))
	row[0], row[1], row[2], row[3], row[5] = "text", int64(-7), 66.66666666666667, true, false
	row[25], row[26], row[27], row[51], row[52], row[59] = "=1+1", "007", "", 1e-9, "end", "last"
	f := written(t, columns, [][]any{row, {nil}, row[:2]}, nil)
	defer f.Close()
	kinds := map[string]excelize.CellType{
		"A1": excelize.CellTypeInlineString, "A2": excelize.CellTypeInlineString, "B2": excelize.CellTypeUnset, "C2": excelize.CellTypeUnset,
		"D2": excelize.CellTypeBool, "E2": excelize.CellTypeUnset, "F2": excelize.CellTypeBool, "Z2": excelize.CellTypeInlineString,
		"AA2": excelize.CellTypeInlineString, "AB2": excelize.CellTypeInlineString, "BH2": excelize.CellTypeInlineString,
	}
	for cell, want := range kinds {
		if got, err := f.GetCellType("Sheet1", cell); err != nil || got != want {
			t.Errorf("%s is of kind %d instead of %d, %v", cell, got, want, err)
		}
	}
	values := map[string]string{
		"A1": "column 0", "BH1": "column 59", "A2": "text", "B2": "-7", "C2": "66.66666666666667", "D2": "1", "E2": "", "F2": "0", "Z2": "=1+1",
		"AA2": "007", "AB2": "", "AZ2": "0.000000001", "BA2": "end", "BH2": "last", "A3": "", "A4": "text", "B4": "-7",
	}
	for cell, want := range values {
		if got, err := f.GetCellValue("Sheet1", cell); err != nil || got != want {
			t.Errorf("%s is %q instead of %q, %v", cell, got, want, err)
		}
		if formula, err := f.GetCellFormula("Sheet1", cell); err != nil || formula != "" {
			t.Errorf("%s is the formula %q, %v", cell, formula, err)
		}
	}
}

// Any text is read again as it was, but for letters that XML cannot hold, and for what is too long for a cell.
func TestTextsOfAWorkbookAreReadAsTheyWere(t *testing.T) {
	nasty := []string{
		"", " ", " kept ", "\n", "\ta\r\nb\r", "a & b < c > d \"e\" 'f'", "]]>", "&amp;", "\x00\x01\x1f\x7f", "\xff\xfe", "a\xc3", "\ufffe\uffff\ufffd", "_x0041_",
		"_x005F_", "_x005F_x0041_", "_x", "__x0041__", "_x00g1_", "_X0041_", "很满意", "مرحبا", "😀", strings.Repeat("a", 40_000), strings.Repeat("😀", 16_384),
		strings.Repeat("é", 32_767), "a" + strings.Repeat("😀", 16_383) + "b", "=cmd|' /C calc'!A0",
	}
	meant := func(text string) string {
		letters := []rune(text)
		for i, r := range letters {
			if r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == 0xfffe || r == 0xffff {
				letters[i] = '\ufffd'
			}
		}
		for units := utf16.Encode(letters); len(units) > 32_767; units = utf16.Encode(letters) {
			letters = letters[:len(letters)-max(1, (len(units)-32_767)/2)]
		}
		return string(letters)
	}
	same := func(t rapid.TB, texts []string) {
		var rows [][]any
		for _, text := range texts {
			rows = append(rows, []any{text, int64(1)})
		}
		f := written(t, []string{"text", "n"}, rows, nil)
		defer f.Close()
		got, err := f.GetRows("Sheet1")
		if err != nil || len(got) != len(texts)+1 {
			t.Fatalf("%d rows are read of %d, %v", len(got), len(texts), err)
		}
		for i, text := range texts {
			if got[i+1][0] != meant(text) {
				t.Fatalf("%.80q is read as %.80q (%d, %d bytes)", text, got[i+1][0], len(meant(text)), len(got[i+1][0]))
			}
		}
	}
	same(t, nasty)
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }), rapid.SampledFrom(nasty))
	rapid.Check(t, func(t *rapid.T) { same(t, rapid.SliceOfN(text, 1, 20).Draw(t, "texts")) })
}

// Rows beyond those of a sheet, or beyond the bytes that Excel reads of one, stand in the next, under the same head.
func TestASheetThatIsFullIsFollowed(t *testing.T) {
	if mostSheetRows != excelize.TotalRows {
		t.Errorf("%d rows are a sheet", mostSheetRows)
	}
	var rows [][]any
	for i := range 7 {
		rows = append(rows, []any{int64(i), strings.Repeat("a", bookChunk)})
	}
	for name, limit := range map[string]func(*book){
		"rows":  func(w *book) { w.mostRows = 4 },
		"bytes": func(w *book) { w.mostBytes = 3 * bookChunk },
	} {
		f := written(t, []string{"n", "text"}, rows, limit)
		if got, want := f.GetSheetList(), []string{"Sheet1", "Sheet2", "Sheet3"}; !slices.Equal(got, want) {
			t.Errorf("%s: the sheets are %q", name, got)
		}
		var numbers [][]string
		for _, s := range f.GetSheetList() {
			got, err := f.GetRows(s)
			if err != nil {
				t.Error(name, err)
			}
			var first []string
			for _, r := range got {
				first = append(first, r[0])
			}
			numbers = append(numbers, first)
		}
		if want := [][]string{{"n", "0", "1", "2"}, {"n", "3", "4", "5"}, {"n", "6"}}; !reflect.DeepEqual(numbers, want) {
			t.Errorf("%s: the rows are %q", name, numbers)
		}
		_ = f.Close()
	}
	if f := written(t, []string{"n"}, [][]any{{int64(1)}, {int64(2)}, {int64(3)}}, func(w *book) { w.mostRows = 4 }); len(f.GetSheetList()) != 1 {
		t.Error("a sheet that is just full is followed by an empty one")
	}
}

// Of a workbook that is dropped nothing is written, and no file is left of any.
func TestADroppedWorkbookLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	broken := errors.New("broken")
	for _, end := range []string{"drop", "close", "broken"} {
		var to bytes.Buffer
		var dest io.Writer = &to
		if end == "broken" {
			dest = writerFunc(func([]byte) (int, error) { return 0, broken })
		}
		w, err := Create(dest, XLSX, []string{"n", "text"}, quoted)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5_000 {
			if err := w.Row([]any{int64(i), "what a customer wrote"}); err != nil {
				t.Fatal(err)
			}
		}
		if to.Len() > 0 {
			t.Errorf("%s: %d bytes are written before the end", end, to.Len())
		}
		if end == "drop" {
			w.Drop()
		} else if err := w.Close(); (end == "broken") != errors.Is(err, broken) {
			t.Errorf("%s: %v", end, err)
		}
		if (to.Len() > 0) != (end == "close") {
			t.Errorf("%s: %d bytes are written", end, to.Len())
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", end, left, err)
		}
	}
	t.Setenv("TMPDIR", dir+"/none")
	t.Setenv("TMP", dir+"/none")
	if _, err := Create(io.Discard, XLSX, []string{"n"}, quoted); err == nil {
		t.Error("a workbook is begun without a place for it")
	}
}
