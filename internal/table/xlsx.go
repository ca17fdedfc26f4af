package table

import (
	"errors"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheet reads the rows of one sheet of a workbook. Cells are as they are stored: a time is the
// number of days that Excel keeps, a formula what it came to when the workbook was saved.
type sheet struct {
	file *excelize.File
	rows *excelize.Rows
	line int
}

func openSheet(r io.Reader, s Shape) (*sheet, error) {
	limited := &io.LimitedReader{R: r, N: MostXLSX + 1}
	f, err := excelize.OpenReader(limited, excelize.Options{
		RawCellValue: true, UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: inMemory, TmpDir: s.Scratch,
	})
	switch {
	case limited.N <= 0, err != nil && strings.Contains(err.Error(), "unzip size exceeds"):
		return nil, &Error{Code: TooLarge}
	case errors.Is(err, excelize.ErrWorkbookFileFormat):
		return nil, &Error{Code: OldExcel}
	case err != nil:
		return nil, &Error{Code: Broken}
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

// ScratchFiles is how the files are called into which large workbooks are unpacked.
const ScratchFiles = "excelize-*"

// Workbook names the sheets of a workbook, and says from when on it counts its days.
func Workbook(r io.Reader, shape Shape) (sheets []string, since1904 bool, err error) {
	shape.Sheet = ""
	s, err := openSheet(r, shape)
	if err != nil {
		return nil, false, err
	}
	defer s.Close()
	p, err := s.file.GetWorkbookProps()
	if err != nil {
		return nil, false, &Error{Code: Broken}
	}
	return s.file.GetSheetList(), p.Date1904 != nil && *p.Date1904, nil
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
