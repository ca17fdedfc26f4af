package table

import (
	"bufio"
	"errors"
	"io"
)

// Fill writes a table row by row, as each hands rows out, and holds none of them. Where it fails the table is
// not whole: of a workbook nothing was written then.
func Fill(to io.Writer, format string, columns []string, inert func(string) string, each func(row func([]any) error) error) error {
	out := bufio.NewWriterSize(to, 1<<16)
	rows, err := Create(out, format, columns, inert)
	if err != nil {
		return err
	}
	if err := each(rows.Row); err != nil {
		rows.Drop()
		return err
	}
	return errors.Join(rows.Close(), out.Flush())
}
