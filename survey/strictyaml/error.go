package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Error is one thing that is wrong with a file, and where.
type Error struct {
	Line    int    `json:"line"`    // from 1; 0 = the file as a whole
	Column  int    `json:"column"`  // from 1, in characters
	Excerpt string `json:"excerpt"` // the line and a caret below the place
	Message string `json:"message"` // a plain sentence that says what to do
}

// Error is the place, the sentence and the excerpt, over several lines.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d, column %d: %s\n%s", e.Line, e.Column, e.Message, e.Excerpt)
}

// Errors is everything that was found in one file, in the order of the file.
type Errors []*Error

// Error joins the errors, each with its excerpt.
func (e Errors) Error() string {
	parts := make([]string, len(e))
	for i, one := range e {
		parts[i] = one.Error()
	}
	return strings.Join(parts, "\n")
}

// Unwrap lets errors.As find each *Error.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

// Fail records an error at a place of the source.
func (r *Reader) Fail(line, column int, format string, args ...any) {
	if len(r.errs) >= maxErrors {
		return
	}
	line = max(line, 1)
	line = min(line, max(len(r.lines), 1))
	column = max(column, 1)
	e := &Error{Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
	for _, seen := range r.errs {
		if seen.Line == e.Line && seen.Column == e.Column && seen.Message == e.Message {
			return
		}
	}
	if len(r.lines) > 0 {
		e.Excerpt = excerpt(r.lines[line-1], line, column)
	}
	r.errs = append(r.errs, e)
}

// Err is everything that was recorded, as Errors, or nil.
func (r *Reader) Err() error {
	if len(r.errs) == 0 {
		return nil
	}
	slices.SortStableFunc(r.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r.errs
}

// excerptWidth is how many characters of a line are shown around the place.
const excerptWidth = 100

// excerpt shows a line with a caret below the column, as a terminal shows it:
// characters of East Asian scripts are two columns wide.
func excerpt(line string, number, column int) string {
	runes := []rune(line)
	column = min(column, len(runes)+1)
	start := 0
	if column > excerptWidth*3/4 {
		start = column - excerptWidth/2
	}
	end := min(len(runes), start+excerptWidth)
	var shown, gap strings.Builder
	if start > 0 {
		shown.WriteString("…")
		gap.WriteByte(' ')
	}
	for i := start; i < end; i++ {
		c := runes[i]
		if !unicode.IsPrint(c) {
			c = '·'
		}
		shown.WriteRune(c)
		if i < column-1 {
			gap.WriteString(strings.Repeat(" ", columns(c)))
		}
	}
	if end < len(runes) {
		shown.WriteString("…")
	}
	return fmt.Sprintf("%5d | %s\n      | %s^", number, shown.String(), gap.String())
}

func columns(c rune) int {
	switch {
	case unicode.Is(unicode.Mn, c):
		return 0
	case c < utf8.RuneSelf:
		return 1
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// nearest returns the known word that was probably meant, or "".
func nearest(word string, known []string) string {
	best, bestDistance := "", 3
	if len(word) <= 3 {
		bestDistance = 2
	}
	if len(word) > 64 {
		return ""
	}
	for _, k := range known {
		d := distance(strings.ToLower(word), k)
		if d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// Meant is the second half of a message about an unknown word.
func Meant(word string, known []string) string {
	if k := nearest(word, known); k != "" {
		return fmt.Sprintf("Did you mean %q?", k)
	}
	if len(known) == 0 {
		return "Remove it."
	}
	return "Use one of: " + strings.Join(known, ", ") + "."
}

// distance is the number of letters to insert, delete, replace or swap.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
