package table

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/xuri/excelize/v2"
)

// opened is a workbook that is read, with the directory into which its large parts are unpacked.
type opened struct {
	*excelize.File
	dir string
}

func openBook(r io.Reader, s Shape) (*opened, error) {
	dir := scratch(s.Scratch)
	limited := &io.LimitedReader{R: r, N: MostXLSX + 1}
	f, err := excelize.OpenReader(limited, excelize.Options{
		RawCellValue: true, UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: inMemory, TmpDir: dir,
	})
	book := &opened{f, dir}
	if err != nil {
		_ = book.Close()
	}
	switch {
	case limited.N <= 0, err != nil && strings.Contains(err.Error(), "unzip size exceeds"):
		return nil, &Error{Code: TooLarge}
	case errors.Is(err, excelize.ErrWorkbookFileFormat):
		return nil, &Error{Code: OldExcel}
	case err != nil:
		return nil, &Error{Code: Broken}
	}
	return book, nil
}

// Close lets go of the files into which it was unpacked.
func (b *opened) Close() error {
	var err error
	if b.File != nil {
		err = b.File.Close()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// sheet reads the rows of one sheet of a workbook. Cells are as they are stored: a time is the
// number of days that Excel keeps, a formula what it came to when the workbook was saved.
type sheet struct {
	file *opened
	rows *excelize.Rows
	line int
}

func openSheet(r io.Reader, s Shape) (*sheet, error) {
	f, err := openBook(r, s)
	if err != nil {
		return nil, err
	}
	names := f.GetSheetList()
	if s.Sheet == "" && len(names) > 0 {
		s.Sheet = names[0]
	}
	rows, err := f.Rows(s.Sheet)
	if err != nil {
		_ = f.Close()
		if _, ok := errors.AsType[excelize.ErrSheetNotExist](err); ok {
			return nil, &Error{Code: NoSheet}
		}
		return nil, &Error{Code: Broken}
	}
	return &sheet{file: f, rows: rows}, nil
}

// Workbook names the sheets of a workbook, and says from when on it counts its days.
func Workbook(r io.Reader, shape Shape) (sheets []string, since1904 bool, err error) {
	f, err := openBook(r, shape)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	p, err := f.GetWorkbookProps()
	if err != nil {
		return nil, false, &Error{Code: Broken}
	}
	return f.GetSheetList(), p.Date1904 != nil && *p.Date1904, nil
}

// Next implements Rows.
func (s *sheet) Next() (Row, error) {
	for s.rows.Next() {
		s.line++
		cells, err := s.rows.Columns()
		if err != nil {
			return Row{}, &Error{Code: Broken, Line: s.line}
		}
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) > MostColumns {
			return Row{}, &Error{Code: TooWide, Line: s.line, Column: MostColumns + 1}
		}
		for i, c := range cells {
			if len(c) > MostCell {
				return Row{}, &Error{Code: LongCell, Line: s.line, Column: i + 1}
			}
		}
		if len(cells) > 0 {
			return Row{Line: s.line, Cells: cells}, nil
		}
	}
	if s.rows.Error() != nil {
		return Row{}, &Error{Code: Broken, Line: s.line}
	}
	return Row{}, io.EOF
}

// Close lets go of the files into which it was unpacked.
func (s *sheet) Close() error {
	return errors.Join(s.rows.Close(), s.file.Close())
}
