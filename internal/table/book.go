package table

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a workbook that is written.
const (
	mostSheetRows  = 1 << 20        // those that programs open, with the head
	mostSheetBytes = 4<<30 - 64<<20 // of the XML of a sheet: from 4 GB on, a part of a package is one that Excel calls damaged
	mostCellUnits  = 32_767         // UTF-16 units of the text of a cell; the rest is left out
	bookChunk      = 32 << 10       // bytes that are packed at once
)

// The parts of a package, as ECMA-376 has them (part 1, 12 and 18; part 2, 10).
const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	ooxml   = "http://schemas.openxmlformats.org/"
	office  = ooxml + "officeDocument/2006/relationships"
	kindOf  = "application/vnd.openxmlformats-officedocument.spreadsheetml."

	packageRels = xmlHead + `<Relationships xmlns="` + ooxml + `package/2006/relationships"><Relationship Id="rId1" Type="` + office +
		`/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	sheetHead = xmlHead + `<worksheet xmlns="` + ooxml + `spreadsheetml/2006/main"><sheetData>`
	sheetFoot = `</sheetData></worksheet>`
)

// book is a workbook. Texts are cells of text, of which no program makes formulas. Rows beyond those that a
// sheet can have stand in the next. It is packed into a temporary file as it comes, and copied when it is whole.
type book struct {
	to     io.Writer
	file   *os.File
	named  bool // a name leads to the file
	zip    *zip.Writer
	part   io.Writer // the sheet
	xml    []byte    // of it, not yet packed
	size   int64     // of it, packed
	refs   []string  // of columns: "A", "B"
	head   []any
	sheets int
	n      int // rows of this sheet, with its head

	mostRows  int
	mostBytes int64
}

// newBook begins a workbook. The file has no name where the system allows it, so that a program that is killed leaves
// nothing behind.
func newBook(to io.Writer, columns []string) (*book, error) {
	file, err := os.CreateTemp("", "aftercare-*.xlsx")
	if err != nil {
		return nil, fmt.Errorf("begin a workbook: %w", err)
	}
	w := &book{to: to, file: file, zip: zip.NewWriter(file), mostRows: mostSheetRows, mostBytes: mostSheetBytes}
	w.named = os.Remove(file.Name()) != nil
	w.zip.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
	for i, c := range columns {
		w.refs, w.head = append(w.refs, columnRef(i)), append(w.head, c)
	}
	if err := errors.Join(w.whole("_rels/.rels", packageRels), w.sheet()); err != nil {
		w.Drop()
		return nil, err
	}
	return w, nil
}

// columnRef is what a column is called, counted from 0: A to Z, AA, AB.
func columnRef(i int) (ref string) {
	for i++; i > 0; i = (i - 1) / 26 {
		ref = string(rune('A'+(i-1)%26)) + ref
	}
	return ref
}

// whole writes a part.
func (w *book) whole(name, content string) error {
	part, err := w.zip.Create(name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err != nil {
		return fmt.Errorf("write %s of a workbook: %w", name, err)
	}
	return nil
}

// sheet begins the next sheet.
func (w *book) sheet() (err error) {
	w.sheets, w.n, w.size = w.sheets+1, 0, 0
	if w.part, err = w.zip.Create("xl/worksheets/sheet" + strconv.Itoa(w.sheets) + ".xml"); err != nil {
		return fmt.Errorf("begin a sheet: %w", err)
	}
	w.xml = append(w.xml[:0], sheetHead...)
	return w.add(w.head)
}

// pack hands on the XML that is there.
func (w *book) pack() error {
	n, err := w.part.Write(w.xml)
	w.xml, w.size = w.xml[:0], w.size+int64(n)
	if err != nil {
		return fmt.Errorf("write a sheet: %w", err)
	}
	return nil
}

// end ends the sheet.
func (w *book) end() error {
	w.xml = append(w.xml, sheetFoot...)
	return w.pack()
}

func (w *book) Row(values []any) error {
	if w.n == w.mostRows || w.size >= w.mostBytes {
		if err := errors.Join(w.end(), w.sheet()); err != nil {
			return err
		}
	}
	return w.add(values)
}

// add writes a row of this sheet.
func (w *book) add(values []any) error {
	w.n++
	var digits [20]byte
	row := strconv.AppendInt(digits[:0], int64(w.n), 10)
	w.xml = append(append(append(w.xml, `<row r="`...), row...), `">`...)
	for i, v := range values {
		if v == nil {
			continue
		}
		w.xml = append(append(append(w.xml, `<c r="`...), w.refs[i]...), row...)
		w.xml = append(appendCell(append(w.xml, '"'), v), `</c>`...)
	}
	w.xml = append(w.xml, `</row>`...)
	if len(w.xml) < bookChunk {
		return nil
	}
	return w.pack()
}

// appendCell appends what a cell is and holds, behind its place.
func appendCell(to []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendText(to, v)
	case bool:
		if v {
			return append(to, ` t="b"><v>1</v>`...)
		}
		return append(to, ` t="b"><v>0</v>`...)
	case int64:
		return append(strconv.AppendInt(append(to, `><v>`...), v, 10), `</v>`...)
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return append(strconv.AppendFloat(append(to, `><v>`...), v, 'f', -1, 64), `</v>`...)
		}
	}
	return appendText(to, fmt.Sprint(v))
}

// appendText appends a cell of text. What XML cannot hold is U+FFFD, and what a program would take for an escape of a
// letter (ECMA-376, part 1, 22.9.2.19) is escaped itself.
func appendText(to []byte, text string) []byte {
	text = firstUnits(text, mostCellUnits)
	to = append(to, ` t="inlineStr"><is><t`...)
	if text != "" && (text[0] <= ' ' || text[len(text)-1] <= ' ') {
		to = append(to, ` xml:space="preserve"`...)
	}
	to = append(to, '>')
	done := 0
	for i, r := range text {
		var put string
		switch {
		case r == '&':
			put = "&amp;"
		case r == '<':
			put = "&lt;"
		case r == '>':
			put = "&gt;"
		case r == '\r':
			put = "&#13;"
		case r == '_' && escapes(text[i:]):
			put = "_x005F_"
		case r < ' ' && r != '\t' && r != '\n', r == 0xfffe, r == 0xffff, r == utf8.RuneError:
			put = "\ufffd"
		default:
			continue
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		to, done = append(append(to, text[done:i]...), put...), i+n
	}
	to = append(to, text[done:]...)
	return append(to, `</t></is>`...)
}

// escapes reports whether a text begins as _x0041_ does.
func escapes(text string) bool {
	return len(text) >= 7 && text[1] == 'x' && text[6] == '_' && strings.Trim(text[2:6], "0123456789abcdefABCDEF") == ""
}

// firstUnits is so much of a text as has no more UTF-16 units.
func firstUnits(text string, most int) string {
	if len(text) <= most {
		return text
	}
	units := 0
	for i, r := range text {
		if units++; r > 0xffff {
			units++
		}
		if units > most {
			return text[:i]
		}
	}
	return text
}

func (w *book) Close() error {
	defer w.Drop()
	var types, sheets, rels strings.Builder
	for i := 1; i <= w.sheets; i++ {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i, kindOf)
		fmt.Fprintf(&sheets, `<sheet name="Sheet%d" sheetId="%d" r:id="rId%d"/>`, i, i, i)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i, office, i)
	}
	err := errors.Join(
		w.end(),
		w.whole("xl/workbook.xml", xmlHead+`<workbook xmlns="`+ooxml+`spreadsheetml/2006/main" xmlns:r="`+office+`"><sheets>`+sheets.String()+`</sheets></workbook>`),
		w.whole("xl/_rels/workbook.xml.rels", xmlHead+`<Relationships xmlns="`+ooxml+`package/2006/relationships">`+rels.String()+`</Relationships>`),
		w.whole("[Content_Types].xml", xmlHead+`<Types xmlns="`+ooxml+`package/2006/content-types">`+
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
			`<Default Extension="xml" ContentType="application/xml"/>`+
			`<Override PartName="/xl/workbook.xml" ContentType="`+kindOf+`sheet.main+xml"/>`+types.String()+`</Types>`),
		w.zip.Close(),
	)
	if err != nil {
		return err
	}
	if _, err := w.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read a workbook: %w", err)
	}
	_, err = io.Copy(w.to, w.file)
	return err
}

func (w *book) Drop() {
	_ = w.file.Close()
	if w.named {
		_ = os.Remove(w.file.Name())
	}
}
