package table

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// The formats that are written.
const (
	CSV   = "csv"
	JSONL = "jsonl" // one object a line, its members in the order of the columns
)

// Written lists the formats that are written.
func Written() []string { return []string{CSV, XLSX, JSONL} }

// MediaType is that of a format that is written.
func MediaType(format string) string {
	switch format {
	case CSV:
		return "text/csv; charset=utf-8"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "application/jsonl; charset=utf-8"
}

// Writer writes one row after the other and holds none of them. A workbook is kept in a temporary file
// until Close.
type Writer interface {
	// Row writes a value a column: a string, an int64, a float64, a bool, or nil.
	Row(values []any) error
	// Close ends the table. What it is written to stays open.
	Close() error
	// Drop ends a table that will not be whole, instead of Close: of a workbook nothing is written.
	Drop()
}

// Create begins a table of these columns. inert is what keeps a text from being a formula where the format
// does not say that it is text.
func Create(to io.Writer, format string, columns []string, inert func(string) string) (Writer, error) {
	switch format {
	case CSV:
		w := &separated{out: csv.NewWriter(to), line: make([]string, len(columns)), inert: inert}
		return w, w.out.Write(columns)
	case XLSX:
		w, err := newBook(to, columns)
		if err != nil {
			return nil, err
		}
		return w, nil
	case JSONL:
		w := &objects{to: to}
		for _, c := range columns {
			name, err := json.Marshal(c)
			if err != nil {
				return nil, fmt.Errorf("name a column: %w", err)
			}
			w.names = append(w.names, name)
		}
		return w, nil
	}
	return nil, &Error{Code: BadShape}
}

// separated is text with commas.
type separated struct {
	out   *csv.Writer
	line  []string
	inert func(string) string
}

func (w *separated) Row(values []any) error {
	for i, v := range values {
		w.line[i] = w.cell(v)
	}
	return w.out.Write(w.line)
}

func (w *separated) cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return w.inert(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return w.inert(fmt.Sprint(v))
}

func (w *separated) Drop() {}

func (w *separated) Close() error {
	w.out.Flush()
	return w.out.Error()
}

// objects is one JSON object a line.
type objects struct {
	to    io.Writer
	names [][]byte
	line  []byte
}

func (w *objects) Row(values []any) error {
	w.line = append(w.line[:0], '{')
	for i, v := range values {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		var err error
		if w.line, err = appendJSON(append(append(w.line, w.names[i]...), ':'), v); err != nil {
			return fmt.Errorf("write a value: %w", err)
		}
	}
	w.line = append(w.line, '}', '\n')
	_, err := w.to.Write(w.line)
	return err
}

// appendJSON appends what encoding/json makes of a value, and leaves to it what is not written plainly: texts
// with something to escape, and floats with an exponent.
func appendJSON(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(to, "null"...), nil
	case bool:
		return strconv.AppendBool(to, v), nil
	case int64:
		return strconv.AppendInt(to, v, 10), nil
	case float64:
		if size := math.Abs(v); size == 0 || size >= 1e-6 && size < 1e21 {
			return strconv.AppendFloat(to, v, 'f', -1, 64), nil
		}
	case string:
		if plainJSON(v) {
			return append(append(append(to, '"'), v...), '"'), nil
		}
	}
	value, err := json.Marshal(v)
	return append(to, value...), err
}

// plainJSON reports whether encoding/json escapes nothing of a text.
func plainJSON(text string) bool {
	ascii := true
	for i := range len(text) {
		switch b := text[i]; {
		case b < ' ', b == '"', b == '\\', b == '<', b == '>', b == '&':
			return false
		case b == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2]|1 == 0xa9: // U+2028, U+2029
			return false
		case b >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(text)
}

func (w *objects) Close() error { return nil }

func (w *objects) Drop() {}
