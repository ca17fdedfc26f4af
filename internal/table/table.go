// Package table reads the tables that people have, row by row: text with separators in the
// encodings that programs write, and sheets of XLSX. It finds out by itself how a file is
// written, holds one row at a time, and says what is wrong with its line and column. It writes
// rows as CSV, XLSX and JSON Lines, and holds none of them. It knows nothing of what they mean.
package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The formats.
const (
	Text = "text" // with separators
	XLSX = "xlsx"
)

// Limits of what is read.
const (
	MostColumns  = 200
	MostCell     = 64 << 10  // bytes of one cell
	MostXLSX     = 32 << 20  // bytes of a file, as it is sent
	mostUnpacked = 512 << 20 // bytes of it, unpacked
	inMemory     = 16 << 20  // bytes of one part that are unpacked without a file
	HeadSize     = 256 << 10 // bytes that Sniff looks at
)

// Shape is how a file is written.
type Shape struct {
	Format    string `json:"format"`
	Encoding  string `json:"encoding,omitempty"` // one of Encodings
	BOM       bool   `json:"bom,omitempty"`
	Separator string `json:"separator,omitempty"`  // one of Separators
	Header    bool   `json:"header,omitempty"`     // the first row names the columns
	Sheet     string `json:"sheet,omitempty"`      // "" = the first
	Since1904 bool   `json:"since_1904,omitempty"` // the days of a workbook are counted from 1904, as old Macs did
	Scratch   string `json:"-"`                    // where parts of a large workbook are unpacked while it is read; "" = the system's place
}

// Encodings lists the encodings that are read.
func Encodings() []string {
	return []string{"utf-8", "utf-16le", "utf-16be", "windows-1252", "gb18030"}
}

// Separators lists what may stand between the cells of a line.
func Separators() []string { return []string{",", ";", "\t", "|"} }

func decoderOf(name string) (encoding.Encoding, bool) {
	switch name {
	case "utf-8":
		return unicode.UTF8BOM, true
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), true
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), true
	case "windows-1252":
		return charmap.Windows1252, true
	case "gb18030":
		return simplifiedchinese.GB18030, true
	}
	return nil, false
}

// Code says what is wrong with a file.
type Code string

// What may be wrong.
const (
	Empty     Code = "empty"     // there is no row
	NoTable   Code = "no_table"  // it is neither text nor XLSX
	OldExcel  Code = "old_excel" // a .xls, or a workbook with a password
	Broken    Code = "broken"    // it cannot be unpacked
	TooLarge  Code = "too_large" // it is, or unpacks to, more than is read
	Unclosed  Code = "unclosed"  // a quote is never closed
	TooWide   Code = "too_wide"  // too many columns
	LongCell  Code = "long_cell"
	BadShape  Code = "bad_shape"  // no such encoding or separator
	NoSheet   Code = "no_sheet"   // the workbook has none of this name
	WrongCode Code = "wrong_code" // the bytes are none of this encoding
)

var sentences = map[Code]string{
	Empty:     "The file has no rows.",
	NoTable:   "This is no table: send CSV or XLSX.",
	OldExcel:  "This is an old Excel file (.xls), or a workbook with a password: save it as .xlsx or CSV without one.",
	Broken:    "The workbook is damaged: open it, save it anew as .xlsx or CSV, and send that.",
	TooLarge:  "This is more than is read at once: divide it, or save it as CSV.",
	Unclosed:  "A quote opens here and is never closed: close it, or take it out.",
	TooWide:   fmt.Sprintf("There are more than %d columns: the separator may be another one.", MostColumns),
	LongCell:  fmt.Sprintf("A cell has more than %d KB.", MostCell>>10),
	BadShape:  "There is no such encoding or separator.",
	NoSheet:   "The workbook has no sheet of this name.",
	WrongCode: "This is not written in the encoding that was said.",
}

// Codes lists everything that may be wrong.
func Codes() []Code {
	all := make([]Code, 0, len(sentences))
	for c := range sentences {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

// Error is what is wrong with a file, and where. Nothing behind that place is read.
type Error struct {
	Code         Code
	Line, Column int // from 1; 0 = of the whole file
}

func (e *Error) Error() string {
	switch {
	case e.Line > 0 && e.Column > 0:
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, sentences[e.Code])
	case e.Line > 0:
		return fmt.Sprintf("line %d: %s", e.Line, sentences[e.Code])
	}
	return sentences[e.Code]
}

// Row is one row that holds something.
type Row struct {
	Line  int // in the file, from 1
	Cells []string
}

// Rows reads one row after the other.
type Rows interface {
	// Next returns io.EOF behind the last row, and an *Error where the file cannot be read on.
	Next() (Row, error)
	Close() error
}

// Open reads the rows of a file of this shape, the header too.
func Open(r io.Reader, s Shape) (Rows, error) {
	if s.Format == XLSX {
		return openSheet(r, s)
	}
	enc, ok := decoderOf(s.Encoding)
	if !ok || !slices.Contains(Separators(), s.Separator) {
		return nil, &Error{Code: BadShape}
	}
	return newText(transform.NewReader(r, enc.NewDecoder()), rune(s.Separator[0])), nil
}

// Sniff finds out how a file is written from its first HeadSize bytes, or all of them.
func Sniff(head []byte) (Shape, error) {
	switch {
	case len(bytes.TrimSpace(head)) == 0:
		return Shape{}, &Error{Code: Empty}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return Shape{Format: XLSX, Header: true}, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return Shape{}, &Error{Code: OldExcel}
	}
	s := Shape{Format: Text}
	s.Encoding, s.BOM = encodingOf(head)
	if s.Encoding == "" {
		return Shape{}, &Error{Code: NoTable}
	}
	enc, _ := decoderOf(s.Encoding)
	text, err := enc.NewDecoder().Bytes(head)
	if err != nil && len(text) == 0 {
		return Shape{}, &Error{Code: WrongCode}
	}
	if n := bytes.Count(text, []byte{0}); n > len(text)/100 {
		return Shape{}, &Error{Code: NoTable}
	}
	s.Separator = separatorOf(string(text))
	s.Header = true
	if rows := firstRows(string(text), rune(s.Separator[0]), 2); len(rows) > 0 {
		s.Header = names(rows[0])
	}
	return s, nil
}

// encodingOf says how letters are written; "" = these are none.
func encodingOf(head []byte) (name string, bom bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return "utf-8", true
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le", true
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be", true
	}
	var nul [2]int
	for i, b := range head {
		if b == 0 {
			nul[i%2]++
		}
	}
	switch half := len(head) / 2; {
	case nul[1] > half/3 && nul[0] <= nul[1]/20:
		return "utf-16le", false
	case nul[0] > half/3 && nul[1] <= nul[0]/20:
		return "utf-16be", false
	case nul[0]+nul[1] > len(head)/100+1:
		return "", false
	}
	valid := head
	for range utf8.UTFMax { // the last letter may be cut
		if utf8.Valid(valid) {
			return "utf-8", false
		}
		if len(valid) == 0 || len(head) < HeadSize {
			break
		}
		valid = valid[:len(valid)-1]
	}
	control := 0
	for _, b := range head {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' {
			control++
		}
	}
	if control > len(head)/50 {
		return "", false
	}
	// Chinese letters are two bytes above ASCII, always together; letters of the West stand
	// alone between ASCII.
	paired, alone := 0, 0
	for i := 0; i < len(head); i++ {
		if head[i] < 0x80 {
			continue
		}
		if i+1 < len(head) && head[i] >= 0xa1 && head[i] <= 0xf7 && head[i+1] >= 0xa1 && head[i+1] <= 0xfe {
			paired++
			i++
			continue
		}
		alone++
	}
	if paired > 0 && alone*10 <= paired {
		return "gb18030", false
	}
	return "windows-1252", false
}

// separatorOf is what stands in the most lines equally often.
func separatorOf(text string) string {
	best, most := ",", 0
	for _, sep := range Separators() {
		rows := firstRows(text, rune(sep[0]), 50)
		count := map[int]int{}
		for _, r := range rows {
			count[len(r)]++
		}
		for columns, n := range count {
			if columns < 2 {
				continue
			}
			if score := n*1000/len(rows)*10 + min(columns, 9); score > most {
				best, most = sep, score
			}
		}
	}
	return best
}

// firstRows are the first rows that can be read. The last of a head that is cut is left out.
func firstRows(text string, sep rune, n int) (out [][]string) {
	t := newText(strings.NewReader(text), sep)
	for len(out) < n {
		row, err := t.Next()
		if err != nil {
			break
		}
		out = append(out, row.Cells)
	}
	if len(out) > 2 && len(out) < n && !strings.HasSuffix(text, "\n") && len(text) >= HeadSize/2 {
		out = out[:len(out)-1]
	}
	return out
}

// names reports whether cells look like the names of columns: no numbers, no times, no
// addresses, and no two alike.
func names(cells []string) bool {
	seen := map[string]bool{}
	for _, c := range cells {
		c = strings.ToLower(strings.TrimSpace(c))
		if c == "" {
			continue
		}
		digits := 0
		for _, r := range c {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		if seen[c] || strings.Contains(c, "@") || digits*2 >= utf8.RuneCountInString(c) {
			return false
		}
		seen[c] = true
	}
	return len(seen) > 0
}

// asError keeps an *Error as it is, and makes one of what else went wrong.
func asError(err error, line int) error {
	if _, ok := errors.AsType[*Error](err); ok || errors.Is(err, io.EOF) {
		return err
	}
	if errors.Is(err, transform.ErrShortSrc) || errors.Is(err, encoding.ErrInvalidUTF8) {
		return &Error{Code: WrongCode, Line: line}
	}
	return fmt.Errorf("read line %d: %w", line, err)
}
