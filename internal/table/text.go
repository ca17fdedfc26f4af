package table

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// text reads lines with separators, as RFC 4180 has them and as programs write them: lines
// may end in LF, CR or both, and a quote within a bare cell is a letter.
type text struct {
	r    *bufio.Reader
	sep  rune
	line int
	at   int // line that is read
}

func newText(r io.Reader, sep rune) *text {
	return &text{r: bufio.NewReaderSize(r, 64<<10), sep: sep, at: 1}
}

func (t *text) Close() error { return nil }

// Next implements Rows. Empty lines are passed over.
func (t *text) Next() (Row, error) {
	for {
		cells, err := t.row()
		if err != nil {
			return Row{}, asError(err, t.line)
		}
		if len(cells) > 1 || strings.TrimSpace(cells[0]) != "" {
			return Row{Line: t.line, Cells: cells}, nil
		}
	}
}

// read is the next letter; every end of a line is '\n'.
func (t *text) read() (rune, error) {
	c, _, err := t.r.ReadRune()
	if err != nil {
		return 0, err
	}
	if c == '\r' {
		if next, _, err := t.r.ReadRune(); err == nil && next != '\n' {
			_ = t.r.UnreadRune()
		}
		c = '\n'
	}
	if c == '\n' {
		t.at++
	}
	return c, nil
}

// row reads one line, with the lines that its quoted cells go on in.
func (t *text) row() ([]string, error) {
	var cells []string
	t.line = t.at
	for {
		cell, end, err := t.cell(len(cells) + 1)
		if err != nil && (!errors.Is(err, io.EOF) || len(cells) == 0 && cell == "") {
			return nil, err
		}
		if len(cells) == MostColumns {
			return nil, &Error{Code: TooWide, Line: t.line, Column: len(cells) + 1}
		}
		cells = append(cells, cell)
		if err != nil || end {
			return cells, nil
		}
	}
}

// cell reads one cell; end says that the line is over with it.
func (t *text) cell(column int) (cell string, end bool, err error) {
	var b strings.Builder
	put := func(c rune) error {
		if b.Len() >= MostCell {
			return &Error{Code: LongCell, Line: t.line, Column: column}
		}
		b.WriteRune(c)
		return nil
	}
	quoted, began, open := false, false, t.at
	for {
		c, err := t.read()
		switch {
		case quoted && errors.Is(err, io.EOF):
			return "", true, &Error{Code: Unclosed, Line: open, Column: column}
		case err != nil:
			return b.String(), true, err
		case quoted && c == '"':
			next, _, err := t.r.ReadRune()
			if err == nil && next == '"' {
				err = put('"')
				if err != nil {
					return "", true, err
				}
				continue
			}
			if err == nil {
				_ = t.r.UnreadRune()
			}
			quoted = false
			continue
		case quoted:
			if b.Len() >= MostCell {
				return "", true, &Error{Code: Unclosed, Line: open, Column: column}
			}
		case c == t.sep:
			return b.String(), false, nil
		case c == '\n':
			return b.String(), true, nil
		case c == '"' && !began && strings.TrimSpace(b.String()) == "":
			b.Reset()
			quoted, began, open = true, true, t.at
			continue
		}
		if err := put(c); err != nil {
			return "", true, err
		}
	}
}
