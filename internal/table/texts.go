package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// Texts hands out every text of a file by which somebody may be known: the cells of a table with the names of its
// columns, and of a workbook those of all its sheets, hidden ones too, their names, and what stands beside cells. It
// holds one text at a time, and unpacks nothing into files. An error of f ends it.
func Texts(r io.Reader, s Shape, f func(text string) error) error {
	if s.Format == XLSX {
		return bookTexts(r, f)
	}
	rows, err := Open(r, s)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, cell := range row.Cells {
			if err := f(cell); err != nil {
				return err
			}
		}
	}
}

// bookTexts hands out the texts of all parts, whether a sheet leads to them or not.
func bookTexts(r io.Reader, f func(string) error) error {
	book, err := io.ReadAll(io.LimitReader(r, MostXLSX+1))
	switch {
	case err != nil:
		return fmt.Errorf("read a workbook: %w", err)
	case len(book) > MostXLSX:
		return &Error{Code: TooLarge}
	}
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return &Error{Code: Broken}
	}
	left := int64(mostUnpacked)
	for _, part := range in.File {
		if !isXML(part.Name) {
			continue
		}
		r, err := part.Open()
		if err != nil {
			return &Error{Code: Broken}
		}
		within := &io.LimitedReader{R: r, N: left}
		err = errors.Join(partTexts(within, f), r.Close())
		if left = within.N; left <= 0 {
			return &Error{Code: TooLarge}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	// said are the attributes in which words stand, and not places, numbers or kinds.
	said = []string{"name", "display", "tooltip", "prompt", "promptTitle", "error", "errorTitle", "text"}
	// formulas are elements in which places stand, which are nobody's name, and texts in quotes.
	formulas = []string{"f", "formula", "formula1", "formula2", "definedName"}
)

// reading is one part of a workbook that is gone through.
type reading struct {
	f      func(string) error
	in     []string // the elements that are open
	whole  int      // how many were open when a text of several pieces began; 0 = there is none
	shared bool     // the cell says where its text stands in another part
	text   strings.Builder
}

func partTexts(r io.Reader, f func(string) error) error {
	d, p := partOf(r), reading{f: f}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a part of a workbook: %w", err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			err = p.begin(x)
		case xml.CharData:
			if p.whole == 0 || p.in[len(p.in)-1] == "t" && !slices.Contains(p.in, "rPh") { // of a piece is said how it is spoken
				p.text.Write(x)
			}
		case xml.EndElement:
			err = p.end(x.Name.Local)
		}
		if err != nil {
			return err
		}
	}
}

// partOf reads a part in the encoding that it says.
func partOf(r io.Reader) *xml.Decoder {
	d := xml.NewDecoder(r)
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		known, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return known.NewDecoder().Reader(in), nil
	}
	return d
}

func (p *reading) begin(x xml.StartElement) error {
	name := x.Name.Local
	p.in = append(p.in, name)
	if p.whole == 0 {
		p.text.Reset()
		if name == "si" || name == "is" {
			p.whole = len(p.in)
		}
	}
	if name == "c" {
		p.shared = attr(x, "t") == "s"
	}
	for _, a := range x.Attr {
		if slices.Contains(said, a.Name.Local) && a.Name.Space != "xmlns" {
			if err := p.say(a.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *reading) end(name string) error {
	depth := len(p.in)
	p.in = p.in[:depth-1]
	if p.whole > 0 && p.whole < depth {
		return nil
	}
	p.whole = 0
	text := p.text.String()
	p.text.Reset()
	switch {
	case name == "c":
		p.shared = false
	case name == "v" && p.shared:
		return nil
	case slices.Contains(formulas, name):
		return p.quoted(text)
	case strings.HasSuffix(name, "Header") || strings.HasSuffix(name, "Footer"):
		for _, side := range sides.Split(text, -1) {
			if err := p.say(side); err != nil {
				return err
			}
		}
		return nil
	}
	return p.say(text)
}

var (
	sides    = regexp.MustCompile(`&[LCR]`) // of what is printed above and below a page
	literals = regexp.MustCompile(`"((?:[^"]|"")*)"`)
	escapeOf = regexp.MustCompile(`_x[0-9a-fA-F]{4}_`)
)

// quoted hands out the texts within a formula, and each of a list.
func (p *reading) quoted(formula string) error {
	for _, m := range literals.FindAllStringSubmatch(formula, -1) {
		text := strings.ReplaceAll(m[1], `""`, `"`)
		each := strings.Split(text, ",")
		if len(each) > 1 {
			each = append(each, text)
		}
		for _, one := range each {
			for _, scheme := range []string{"mailto:", "tel:"} {
				one = strings.TrimPrefix(one, scheme)
			}
			if err := p.say(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// say hands out a text. Letters may be written by their numbers (ECMA-376, part 1, 22.9.2.19), or seem to be: then it
// is handed out both ways.
func (p *reading) say(text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	shown := escapeOf.ReplaceAllStringFunc(text, func(e string) string {
		n, _ := strconv.ParseUint(e[2:6], 16, 16) // four digits are a number
		return string(rune(n))
	})
	if shown != text {
		if err := p.f(shown); err != nil {
			return err
		}
	}
	return p.f(text)
}
