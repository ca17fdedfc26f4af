package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// read sniffs a file and reads all rows of it.
func read(t *testing.T, file []byte) (s Shape, rows []Row, err error) {
	t.Helper()
	if s, err = Sniff(file[:min(len(file), HeadSize)]); err != nil {
		return s, nil, err
	}
	r, err := Open(bytes.NewReader(file), s)
	if err != nil {
		return s, nil, err
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return s, rows, nil
		}
		if err != nil {
			return s, rows, err
		}
		rows = append(rows, row)
	}
}

func cells(rows []Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%d:%s", r.Line, strings.Join(r.Cells, "¦")))
	}
	return strings.Join(out, "\n")
}

// How a file is written is found out: separator, encoding, ends of lines, names of columns.
func TestFilesAreReadAsTheyAreWritten(t *testing.T) {
	encoded := func(s string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const german, chinese = "Kunde;Ort\nMüller;Köln\nGroß;Lübeck\n", "客户编号,门店\n一号,上海外滩店\n二号,北京\n"
	for _, c := range []struct{ name, file, shape, rows string }{
		{"plain", "a,b\n1,2\n", "text utf-8 false , true", "1:a¦b\n2:1¦2"},
		{"a mark of UTF-8", "\xef\xbb\xbfKunde;Ort\r\nA;B\r\n", "text utf-8 true ; true", "1:Kunde¦Ort\n2:A¦B"},
		{"mixed ends", "a\tb\r\nc\td\re\tf\ng\th", "text utf-8 false \t true", "1:a¦b\n2:c¦d\n3:e¦f\n4:g¦h"},
		{"quotes", "a,b\n\"x, \"\"y\"\"\nz\",  \"2\" \n5\" pipe,3\n", "text utf-8 false , true", "1:a¦b\n2:x, \"y\"\nz¦2 \n4:5\" pipe¦3"},
		{"no names", "1,2026-11-27\n2,2026-11-28\n", "text utf-8 false , false", "1:1¦2026-11-27\n2:2¦2026-11-28"},
		{"a comma within", "Name;Betrag\nA;1,50\nB;2,50\nC;3,10\n", "text utf-8 false ; true", "1:Name¦Betrag\n2:A¦1,50\n3:B¦2,50\n4:C¦3,10"},
		{"one column", "Kunde\nA\n\n\nB\n", "text utf-8 false , true", "1:Kunde\n2:A\n5:B"},
		{"Windows", encoded(charmap.Windows1252.NewEncoder().String(german)), "text windows-1252 false ; true", "1:Kunde¦Ort\n2:Müller¦Köln\n3:Groß¦Lübeck"},
		{"GB 18030", encoded(simplifiedchinese.GB18030.NewEncoder().String(chinese)), "text gb18030 false , true", "1:客户编号¦门店\n2:一号¦上海外滩店\n3:二号¦北京"},
		{"UTF-16", encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(german)), "text utf-16le true ; true", "1:Kunde¦Ort\n2:Müller¦Köln\n3:Groß¦Lübeck"},
		{"UTF-16 without a mark", encoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(german)), "text utf-16be false ; true", "1:Kunde¦Ort\n2:Müller¦Köln\n3:Groß¦Lübeck"},
	} {
		s, rows, err := read(t, []byte(c.file))
		if got := fmt.Sprint(s.Format, " ", s.Encoding, " ", s.BOM, " ", s.Separator, " ", s.Header); err != nil || got != c.shape || cells(rows) != c.rows {
			t.Errorf("%s: %v, %q, not %q:\n%s", c.name, err, got, c.shape, cells(rows))
		}
	}
}

// What cannot be read is said with its place, and nothing is read on.
func TestWhatCannotBeReadIsSaidWithItsPlace(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"nothing", " \n ", "The file has no rows."},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00", "This is no table"},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old Excel file"},
		{"a torn workbook", "PK\x03\x04torn", "The workbook is damaged"},
		{"an open quote", "a,b\n1,\"2\n3,4\n", "line 2, column 2: A quote opens here"},
		{"an open quote, far", "a,b\n\"" + strings.Repeat("x\n", MostCell), "line 2, column 1: A quote opens here"},
		{"a long cell", "a,b\n" + strings.Repeat("x", MostCell+1), "line 2, column 1: A cell has more"},
		{"a million columns", "a,b\n" + strings.Repeat(",", 1_000_000), "line 2, column 201: There are more than 200 columns"},
	} {
		if _, _, err := read(t, []byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, c := range Codes() {
		if (&Error{Code: c}).Error() == "" {
			t.Errorf("nothing is said of %q", c)
		}
	}
	if _, err := Open(strings.NewReader("a"), Shape{Format: Text, Encoding: "ebcdic", Separator: ","}); err == nil {
		t.Error("an encoding that there is not is taken")
	}
}

func workbook(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellFormula("Sheet1", "A9", "HYPERLINK(\"https://evil.example\")"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rewritten is a workbook with one thing changed.
func rewritten(t *testing.T, file []byte, change func(*excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if err := errors.Join(change(f), f.Write(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A large workbook is unpacked where the caller says, and nothing of it is left there.
func TestALargeWorkbookIsUnpackedWhereItIsSaid(t *testing.T) {
	var rows [][]any
	for i := range 30_000 {
		row := make([]any, 20)
		for j := range row {
			row[j] = float64(i*j) + 0.5
		}
		rows = append(rows, row)
	}
	file := workbook(t, rows...)
	scratch := t.TempDir()
	r, err := Open(bytes.NewReader(file), Shape{Format: XLSX, Scratch: scratch})
	if err != nil {
		t.Fatal(err)
	}
	there, _ := filepath.Glob(filepath.Join(scratch, ScratchFiles))
	if err := r.Close(); err != nil || len(there) == 0 {
		t.Errorf("unpacked: %q, %v", there, err)
	}
	if left, _ := filepath.Glob(filepath.Join(scratch, "*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// A workbook is read row by row: times as Excel keeps them, of a formula what it came to.
func TestWorkbooksAreRead(t *testing.T) {
	file := workbook(t, []any{"Kunde", "Ende"}, []any{"C-1", 46353.7375}, []any{nil, nil}, []any{"C-2", "27.11.2026"})
	s, rows, err := read(t, file)
	if err != nil || s.Format != XLSX || cells(rows) != "1:Kunde¦Ende\n2:C-1¦46353.7375\n4:C-2¦27.11.2026" {
		t.Errorf("%+v, %v:\n%s", s, err, cells(rows))
	}
	scratch := t.TempDir()
	if names, old, err := Workbook(bytes.NewReader(file), Shape{Format: XLSX, Scratch: scratch}); err != nil || old || !slices.Equal(names, []string{"Sheet1"}) {
		t.Errorf("its sheets: %q, since 1904 %t, %v", names, old, err)
	}
	mac := workbook(t, []any{"Kunde"})
	mac = rewritten(t, mac, func(f *excelize.File) error {
		yes := true
		return f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes})
	})
	if _, old, err := Workbook(bytes.NewReader(mac), Shape{Format: XLSX}); err != nil || !old {
		t.Errorf("a workbook of an old Mac: since 1904 %t, %v", old, err)
	}
	if _, err := Open(bytes.NewReader(file), Shape{Format: XLSX, Sheet: "no"}); err == nil {
		t.Error("a sheet that there is not is read")
	}
}

// A small file that unpacks to more than is read is refused before it is unpacked.
func TestBombsAreNotUnpacked(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	packed := []byte{3, 0} // deflated: nothing
	w, err := z.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: mostUnpacked + 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err = read(t, b.Bytes())
	runtime.ReadMemStats(&after)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != TooLarge {
		t.Errorf("a bomb of %d KB: %v", b.Len()>>10, err)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 64 {
		t.Errorf("%d MB were taken for a bomb", took)
	}
}

// Whatever the bytes are, reading ends, and with rows or a sentence.
func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n\"x\"\"\n,y\r\r\n"))
	f.Add([]byte("\xff\xfea\x00;\x00b\x00"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, rows, err := read(t, file)
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		last := 0
		for _, r := range rows {
			if r.Line <= last || len(r.Cells) == 0 || len(r.Cells) > MostColumns {
				t.Fatalf("row %+v behind line %d", r, last)
			}
			last = r.Line
		}
	})
}

// FuzzSheet takes the parts of a workbook in which people's words stand, inside of a whole one: the reader
// of the archive is not what is tried.
func FuzzSheet(f *testing.F) {
	const head = `<?xml version="1.0" encoding="UTF-8"?>`
	f.Add(head+`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><v>1.5</v></c></row><row r="3"><c r="B3" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`,
		head+`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>type</t></si><si><r><t>a</t></r><r><t>b</t></r></si></sst>`)
	f.Add(head+`<worksheet><sheetData><row r="2"><c r="XFD2" t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c r="A2" s="9"><f>1+1</f><v>2</v></c></row></sheetData></worksheet>`, "")
	f.Fuzz(func(t *testing.T, sheet, words string) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range map[string]string{
			"[Content_Types].xml":        head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
			"_rels/.rels":                head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
			"xl/workbook.xml":            head + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="survey" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
			"xl/worksheets/sheet1.xml":   sheet,
			"xl/sharedStrings.xml":       words,
		} {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		_, rows, err := read(t, b.Bytes())
		if _, ok := errors.AsType[*Error](err); err != nil && !ok {
			t.Fatal(err)
		}
		for _, r := range rows {
			if len(r.Cells) == 0 || len(r.Cells) > MostColumns {
				t.Fatalf("a row of %d cells", len(r.Cells))
			}
		}
	})
}
