package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// exportCmd writes the rows that docs/data.md tells of.
type exportCmd struct {
	What  string `arg:"" enum:"answers,sessions,cases,invitations,words" help:"answers, sessions, cases, invitations or words."`
	CSV   bool   `name:"csv" xor:"form" help:"Write a table with commas (the usual)."`
	JSONL bool   `name:"jsonl" xor:"form" help:"Write one JSON object a line."`
}

// Run writes rows as they are read: however many there are, few are held.
func (c *exportCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	to := a.stdout
	if p, ok := to.(*printed); ok {
		to = p.to
	}
	out := bufio.NewWriterSize(to, 1<<16)
	what := storage.Exported(c.What)
	write := asCSV
	if c.JSONL {
		write = asJSONL
	}
	err = write(out, what.Columns(), func(row func([]any) error) error { return store.Export(a.ctx, what, row) })
	return errors.Join(err, out.Flush())
}

// asCSV writes rows as a table of which no spreadsheet makes formulas.
func asCSV(to io.Writer, columns []string, rows func(func([]any) error) error) error {
	out := csv.NewWriter(to)
	if err := out.Write(columns); err != nil {
		return err
	}
	line := make([]string, len(columns))
	err := rows(func(values []any) error {
		for i, v := range values {
			line[i] = cell(v)
		}
		return out.Write(line)
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

// cell is a value in a table.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return report.Inert(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return report.Inert(fmt.Sprint(v))
}

// asJSONL writes rows as one object a line, its members in the order of the columns.
func asJSONL(to io.Writer, columns []string, rows func(func([]any) error) error) error {
	names := make([][]byte, len(columns))
	for i, c := range columns {
		name, err := json.Marshal(c)
		if err != nil {
			return err
		}
		names[i] = name
	}
	var line []byte
	return rows(func(values []any) error {
		line = append(line[:0], '{')
		for i, v := range values {
			if i > 0 {
				line = append(line, ',')
			}
			value, err := json.Marshal(v)
			if err != nil {
				return err
			}
			line = append(append(append(line, names[i]...), ':'), value...)
		}
		_, err := to.Write(append(line, '}', '\n'))
		return err
	})
}
