// Package importing carries the rows of somebody's table through the door of the API: it finds
// out how a file is written and what its columns are, says what would come of it, and does it,
// both by the same code. It goes on where it stopped, and a row that comes twice is one service.
package importing

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// Limits of one file.
const (
	MostRows = 1_000_000
	looked   = 1000 // rows by which columns are guessed
	atOnce   = 500  // rows of one step
)

// Source gives a file from its beginning, as often as it is read.
type Source func() (io.ReadCloser, error)

// Found is what was found out about a file.
type Found struct {
	Shape   table.Shape    `json:"shape"`
	Columns []sheet.Column `json:"columns"`
	Days    []string       `json:"days,omitempty"` // of which the order of days is guessed: one of each kind at most
	Rows    int            `json:"rows"`           // without the names
	Looked  int            `json:"looked"`         // rows of which Columns tell
	Sheets  []string       `json:"sheets,omitempty"`
}

// Look finds out how a file is written, unless shape says it, and what its columns are. It reads
// the whole file once, so that what cannot be read is known before anything is done. The sheets of a workbook are named
// also with an error.
func Look(ctx context.Context, src Source, shape *table.Shape) (Found, error) {
	var f Found
	if shape == nil {
		s, err := Sniff(src)
		if err != nil {
			return f, err
		}
		shape = &s
	}
	f.Shape = *shape
	if shape.Format == table.XLSX {
		r, err := src()
		if err != nil {
			return f, err
		}
		f.Sheets, f.Shape.Since1904, err = table.Workbook(r, *shape)
		if err = errors.Join(err, r.Close()); err != nil {
			return f, unjoined(err)
		}
	}
	rows, err := open(src, *shape)
	if err != nil {
		return f, err
	}
	defer rows.Close()
	var header []string
	var first [][]string
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case err != nil:
			return f, err
		case ctx.Err() != nil:
			return f, ctx.Err()
		case shape.Header && header == nil:
			header = row.Cells
			continue
		}
		if f.Rows++; f.Rows > MostRows {
			return f, &table.Error{Code: table.TooLarge, Line: row.Line}
		}
		if len(first) < looked {
			first = append(first, row.Cells)
		}
	}
	if f.Rows == 0 {
		return f, &table.Error{Code: table.Empty}
	}
	f.Columns, f.Looked = sheet.Look(header, first), len(first)
	return f, nil
}

// Elsewhere reports whether the rows that Look did not find may stand in another sheet of the workbook.
func (f Found) Elsewhere(err error) bool {
	wrong, ok := errors.AsType[*table.Error](err)
	return ok && (wrong.Code == table.Empty && len(f.Sheets) > 1 || wrong.Code == table.NoSheet)
}

// DaysOf are what stands in the column of a field, of the rows that Look would look at.
func DaysOf(src Source, shape table.Shape, column int) ([]string, error) {
	rows, err := open(src, shape)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for n := 0; n <= looked; n++ {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if n == 0 && shape.Header {
			continue
		}
		if column < len(row.Cells) && strings.TrimSpace(row.Cells[column]) != "" {
			out = append(out, row.Cells[column])
		}
	}
	return out, nil
}

// unjoined is the one error that was joined, if it is one about the file.
func unjoined(err error) error {
	if e, ok := errors.AsType[*table.Error](err); ok {
		return e
	}
	return err
}

// Sniff finds out how a file is written. An error about the file is a *table.Error.
func Sniff(src Source) (table.Shape, error) {
	r, err := src()
	if err != nil {
		return table.Shape{}, err
	}
	defer r.Close()
	head := make([]byte, table.HeadSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return table.Shape{}, fmt.Errorf("read the file: %w", err)
	}
	return table.Sniff(head[:n])
}

// opened is a table with the file that it is read from.
type opened struct {
	table.Rows
	file io.Closer
}

func (o opened) Close() error { return errors.Join(o.Rows.Close(), o.file.Close()) }

func open(src Source, s table.Shape) (table.Rows, error) {
	r, err := src()
	if err != nil {
		return nil, err
	}
	rows, err := table.Open(r, s)
	if err != nil {
		return nil, unjoined(errors.Join(err, r.Close()))
	}
	return opened{rows, r}, nil
}

// Sites are the sites that rows may name.
func Sites(ctx context.Context, store storage.Store) ([]sheet.SiteNow, error) {
	all, err := store.Sites(ctx)
	if err != nil {
		return nil, err
	}
	var out []sheet.SiteNow
	for _, s := range storage.Present(all) {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil {
			zone = time.UTC
		}
		out = append(out, sheet.SiteNow{ID: s.ID, Name: s.Name, Zone: zone})
	}
	return out, nil
}

// Guess says what the columns of a file are: as the last sheet that named them so was read, else
// as they suggest. On what basis people may be asked is said anew of each sheet.
func Guess(ctx context.Context, store storage.Store, f Found) (m sheet.Map, remembered bool, err error) {
	sites, err := Sites(ctx, store)
	if err != nil {
		return m, false, err
	}
	m = sheet.Guess(f.Columns, nil, sites)
	header := sheet.Header(f.Columns)
	if header == "" {
		return m, false, nil
	}
	body, err := store.SheetMap(ctx, header)
	if errors.Is(err, storage.ErrNotFound) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	var last sheet.Map
	if err := json.Unmarshal(body, &last); err != nil || len(last.Columns) != len(f.Columns) {
		return m, false, nil //nolint:nilerr // an older program read it otherwise: it is said anew
	}
	if !slices.ContainsFunc(sites, func(s sheet.SiteNow) bool { return s.ID == last.Site }) {
		last.Site = m.Site
	}
	for i, name := range last.Names {
		if i < len(m.Names) && name != "" {
			m.Names[i] = name
		}
	}
	last.Names = m.Names
	return last, true, nil
}

// remember keeps how a file is read for the next one that names its columns so: without their names, except those of
// attributes, for they may be somebody's where a table names none of its columns.
func (r *Run) remember(ctx context.Context, header []string) error {
	columns := make([]sheet.Column, len(r.Map.Columns))
	for i := range min(len(columns), len(header)) {
		columns[i].Name = header[i]
	}
	name, m := sheet.Header(columns), r.Map
	if name == "" {
		return nil
	}
	m.Basis, m.Since1904, m.Names = "", false, make([]string, len(r.Map.Columns))
	for i := range min(len(m.Columns), len(r.Map.Names)) {
		if m.Columns[i] == sheet.Attribute {
			m.Names[i] = r.Map.Names[i]
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return r.Store.PutSheetMap(ctx, name, body, time.Now())
}

// Counts are what became of rows, or would.
type Counts struct {
	Rows    int            `json:"rows"`
	Created int            `json:"created"`
	Same    int            `json:"same"`
	Changed int            `json:"changed"`
	Older   int            `json:"older,omitempty"`
	Refused int            `json:"refused"`
	Asked   int            `json:"asked,omitempty"`     // would be; of a dry run only
	ByLink  int            `json:"by_link,omitempty"`   // of them, by a link to hand out
	Not     map[string]int `json:"not_asked,omitempty"` // would not be, by reason
}

// Refusal is a row that is not imported, and why.
type Refusal struct {
	Line   int
	Column int    // from 1; 0 = of none
	Name   string // of the column
	Value  string
	Code   string
	Hint   string
	Words  string // in English
	Cells  []string
}

// Config is what an import needs.
type Config struct {
	Store  storage.Store
	Asking *asking.Asking
	Door   *api.Door
	// Key seals what a Desk keeps, and Hashes are what is left of names that were forgotten; a
	// Run needs neither.
	Key    []byte
	Hashes func(storage.Anchor) []string
}

// Run is one import, or what one would do.
type Run struct {
	Config
	Source Source
	Shape  table.Shape
	Map    sheet.Map
	Dry    bool
	// From is behind how many rows it goes on, and Counts what became of them.
	From   int
	Counts Counts
	// Step hears of each part that is done: behind how many rows, and what became of all of them.
	Step func(done int, c Counts) error
	// Refused hears of each row that is not imported.
	Refused func(Refusal) error

	header   []string
	forecast *asking.Forecast
}

// line is a row with what is told of it.
type line struct {
	row  table.Row
	body json.RawMessage
}

// Do goes through the file.
func (r *Run) Do(ctx context.Context) error {
	sites, err := Sites(ctx, r.Store)
	if err != nil {
		return err
	}
	r.Map.Since1904 = r.Shape.Since1904
	reader, err := sheet.NewReader(r.Map, sites)
	if err != nil {
		return err
	}
	if r.Dry && r.Asking != nil {
		if r.forecast, err = r.Asking.Forecast(ctx); err != nil {
			return err
		}
	}
	rows, err := open(r.Source, r.Shape)
	if err != nil {
		return err
	}
	defer rows.Close()
	done, names := 0, r.Shape.Header
	var part []line
	flush := func() error {
		if err := r.part(ctx, part); err != nil {
			return err
		}
		part = part[:0]
		if r.Step != nil {
			return r.Step(done, r.Counts)
		}
		return nil
	}
	began := 0 // rows since the last step
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return err
		}
		if names {
			names, r.header = false, row.Cells
			if !r.Dry && r.From == 0 {
				if err := r.remember(ctx, r.header); err != nil {
					return err
				}
			}
			continue
		}
		if done++; done <= r.From {
			continue
		}
		if done > MostRows {
			return &table.Error{Code: table.TooLarge, Line: row.Line}
		}
		r.Counts.Rows++
		body, faults := reader.Event(row.Cells)
		if len(faults) > 0 {
			if err := r.refuse(row, faults); err != nil {
				return err
			}
		} else {
			part = append(part, line{row, body})
		}
		if began++; began == atOnce {
			began = 0
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// refuse tells of a row that cannot be read.
func (r *Run) refuse(row table.Row, faults []sheet.Fault) error {
	r.Counts.Refused++
	if r.Refused == nil {
		return nil
	}
	f := faults[0]
	return r.Refused(Refusal{
		Line: row.Line, Column: f.Column, Name: r.name(f.Column), Value: f.Value, Code: f.Code, Hint: f.Hint, Words: f.Error(), Cells: row.Cells,
	})
}

func (r *Run) name(column int) string {
	if column >= 1 && column <= len(r.header) {
		return strings.TrimSpace(r.header[column-1])
	}
	return ""
}

// part carries some rows through the door.
func (r *Run) part(ctx context.Context, part []line) error {
	if len(part) == 0 {
		return ctx.Err()
	}
	bodies := make([]json.RawMessage, len(part))
	for i := range part {
		bodies[i] = part[i].body
	}
	out, err := r.Door.Tell(ctx, bodies, r.Dry)
	if err != nil {
		return err
	}
	var fresh []storage.Event
	for i := range out {
		o := &out[i]
		switch o.Result {
		case api.Created:
			r.Counts.Created++
		case api.Same:
			r.Counts.Same++
			continue
		case api.Older:
			r.Counts.Older++
			continue
		case api.Changed:
			r.Counts.Changed++
			decided, err := r.decided(ctx, &o.Event)
			if err != nil {
				return err
			}
			if decided {
				continue
			}
		case api.Refused:
			if err := r.outside(part[i].row, o.Faults[0]); err != nil {
				return err
			}
			continue
		}
		fresh = append(fresh, o.Event)
	}
	if r.forecast == nil {
		return nil
	}
	told, err := r.forecast.Of(ctx, fresh)
	if err != nil {
		return err
	}
	for _, t := range told {
		switch {
		case !t.Asked:
			if r.Counts.Not == nil {
				r.Counts.Not = map[string]int{}
			}
			r.Counts.Not[t.Reason]++
		case t.By == "web":
			r.Counts.ByLink++
			fallthrough
		default:
			r.Counts.Asked++
		}
	}
	return nil
}

// decided reports whether it was decided already whether an event that changes is asked about.
func (r *Run) decided(ctx context.Context, e *storage.Event) (bool, error) {
	if !r.Dry || e.Customer == nil {
		return false, nil
	}
	asks, err := r.Store.AsksAfter(ctx, e.Customer.ID, e.Name())
	return slices.ContainsFunc(asks, func(x storage.Ask) bool { return x.State != "scheduled" }), err
}

// outside tells of a row that the door refused.
func (r *Run) outside(row table.Row, f api.Fault) error {
	r.Counts.Refused++
	if r.Refused == nil {
		return nil
	}
	field := sheet.FieldOf(f.Pointer)
	if f.Code == "too_old" { // it is told of the whole event
		field = sheet.Ended
	}
	column, value := r.Map.Place(field, row.Cells)
	return r.Refused(Refusal{
		Line: row.Line, Column: column, Name: r.name(column), Value: value, Code: f.Code, Words: f.Detail, Cells: row.Cells,
	})
}

// Mend writes rows that were refused as a table: what is wrong in front, then the row as it was,
// so that it can be mended and imported again.
type Mend struct {
	out   *csv.Writer
	wrote bool
}

// NewMend writes to w.
func NewMend(w io.Writer) *Mend { return &Mend{out: csv.NewWriter(w)} }

// Add writes one row. words says what is wrong, in the reader's language; columns are the names
// of the file.
func (m *Mend) Add(head [4]string, columns []string, f Refusal, words string) error {
	if !m.wrote {
		m.wrote = true
		if err := m.out.Write(inert(append(head[:], columns...))); err != nil {
			return err
		}
	}
	at := f.Name
	if at == "" && f.Column > 0 {
		at = strconv.Itoa(f.Column)
	}
	return m.out.Write(inert(append([]string{strconv.Itoa(f.Line), at, f.Value, words}, f.Cells...)))
}

// Flush ends it.
func (m *Mend) Flush() error {
	m.out.Flush()
	return m.out.Error()
}

func inert(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = report.Phone(c)
	}
	return out
}
