package table

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
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

// What encoding/json makes of a value is what is written, byte for byte.
func TestValuesAreWrittenAsEncodingJSONWrites(t *testing.T) {
	nasty := []any{
		nil, true, false, int64(0), int64(math.MinInt64), int64(math.MaxInt64), 0.0, math.Copysign(0, -1), 1e-6, 9.9e-7, 1e-9, 1e20, 1e21, 0.1 + 0.2,
		-1e21, -2.5, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), "", "<b>&amp;</b>", "a\"b\\c", "\x00\x1f\x7f\t\r\n\b\f",
		"\u2027\u2028\u2029\u202a", "…", "\xe2\x80", "\xe2\x80\xa8", "\xff", "a\xc3", "\xed\xa0\x80", "\ufffd", "很满意", "😀", 3, []byte("x"),
	}
	values := rapid.OneOf(
		rapid.SampledFrom(nasty),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return string(b) }),
		rapid.Map(rapid.SliceOf(rapid.ByteRange(' ', '~')), func(b []byte) any { return string(b) }),
		rapid.Map(rapid.Float64(), func(x float64) any { return x }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
	)
	same := func(t rapid.TB, v any) {
		t.Helper()
		want, wrong := json.Marshal(v)
		var got bytes.Buffer
		w, err := Create(&got, JSONL, []string{"v"}, quoted)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Row([]any{v})
		switch {
		case (err == nil) != (wrong == nil):
			t.Fatalf("%q: %v instead of %v", v, err, wrong)
		case err != nil && got.Len() > 0:
			t.Fatalf("%q is written in spite of %v", v, err)
		case err == nil && got.String() != `{"v":`+string(want)+"}\n":
			t.Fatalf("%q is written %s, not as %s", v, got.String(), want)
		}
	}
	for _, v := range nasty {
		same(t, v)
	}
	rapid.Check(t, func(t *rapid.T) { same(t, values.Draw(t, "value")) })
}

// rowsHeld says how much memory is in use beside that of before: behind so many rows, and at most while they are
// written and the table is ended.
func rowsHeld(t *testing.T, format string, n int, text string) (behind, peak int64) {
	memory := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	runtime.GC()
	before := memory()
	written := 0
	to := writerFunc(func(b []byte) (int, error) {
		if written++; written%100 == 1 {
			peak = max(peak, memory()-before)
		}
		return len(b), nil
	})
	w, err := Create(to, format, []string{"n", "text"}, quoted)
	if err != nil {
		t.Fatal(err)
	}
	row := []any{nil, nil}
	for i := range n {
		row[0], row[1] = int64(i), "what customer "+strconv.Itoa(i)+" wrote"+text
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
		if i%1_000 == 0 {
			peak = max(peak, memory()-before)
		}
	}
	runtime.GC()
	behind = memory() - before
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return behind, peak
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// Ten times the rows hold no more memory.
func TestRowsAreNotHeld(t *testing.T) {
	long := strings.Repeat(" and so on,", 180)
	for _, format := range Written() {
		few, _ := rowsHeld(t, format, 2_000, long)
		if many, _ := rowsHeld(t, format, 20_000, long); many-max(0, few) > 256<<10 {
			t.Errorf("%s: %d bytes are held for 2,000 rows, %d for 20,000", format, few, many)
		}
	}
}

// A workbook takes as much memory at its worst moment however long it is, its end included.
func TestTheMemoryOfAWorkbookDoesNotGrow(t *testing.T) {
	_, few := rowsHeld(t, XLSX, 20_000, "")
	if _, many := rowsHeld(t, XLSX, 200_000, ""); many > 2*few {
		t.Errorf("20,000 rows take %d bytes, 200,000 take %d", few, many)
	}
}
