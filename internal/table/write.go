package table

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
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
		w := &book{to: to, file: excelize.NewFile(), head: make([]any, len(columns))}
		for i, c := range columns {
			w.head[i] = c
		}
		return w, w.sheet("Sheet1")
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
		value, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("write a value: %w", err)
		}
		w.line = append(append(append(w.line, w.names[i]...), ':'), value...)
	}
	_, err := w.to.Write(append(w.line, '}', '\n'))
	return err
}

func (w *objects) Close() error { return nil }

func (w *objects) Drop() {}

// book is a workbook. Texts are cells of text, of which no program makes formulas. Rows beyond those that a
// sheet can have stand in the next.
type book struct {
	to     io.Writer
	file   *excelize.File
	rows   *excelize.StreamWriter
	head   []any
	sheets int
	n      int // rows of this sheet, with its head
}

func (w *book) sheet(name string) (err error) {
	if w.rows != nil {
		if err := w.rows.Flush(); err != nil {
			return err
		}
		if _, err := w.file.NewSheet(name); err != nil {
			return err
		}
	}
	if w.rows, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	w.sheets, w.n = w.sheets+1, 1
	return w.rows.SetRow("A1", w.head)
}

func (w *book) Row(values []any) error {
	if w.n == excelize.TotalRows {
		if err := w.sheet("Sheet" + strconv.Itoa(w.sheets+1)); err != nil {
			return err
		}
	}
	w.n++
	return w.rows.SetRow("A"+strconv.Itoa(w.n), values)
}

func (w *book) Close() error {
	defer w.file.Close()
	if err := w.rows.Flush(); err != nil {
		return err
	}
	return w.file.Write(w.to)
}

func (w *book) Drop() { _ = w.file.Close() }
