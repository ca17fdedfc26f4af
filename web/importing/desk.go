package importing

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/invitation/sheet"
)

// Of files that somebody sent.
const (
	MostBytes = 200 << 20
	keptFor   = 24 * time.Hour
)

// Desk keeps the files that are imported, sealed and in a directory that nobody else reads, and
// imports them one after the other. A file goes when it is imported, after a day, or when
// somebody is erased who stands in it.
type Desk struct {
	Config
	Dir   string
	Clock func() time.Time
	Log   *slog.Logger

	mu     sync.Mutex
	wake   chan struct{}
	stop   map[string]bool
	looked map[string]time.Time // when it was looked last whether somebody was erased
}

// NewDesk returns a desk that keeps its files in dir, which is made once there is one.
func NewDesk(c Config, dir string, clock func() time.Time, log *slog.Logger) *Desk {
	if clock == nil {
		clock = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Desk{Config: c, Dir: dir, Clock: clock, Log: log, wake: make(chan struct{}, 1), stop: map[string]bool{}, looked: map[string]time.Time{}}
}

// Put takes a file. An error about the file is a *table.Error.
func (d *Desk) Put(ctx context.Context, name, by string, r io.Reader) (Import, error) {
	x := Import{ID: uuid.Must(uuid.NewV7()).String(), Name: name, By: by, Made: d.Clock().UTC(), Stage: Columns}
	err := d.private()
	if err == nil {
		x.Known, err = d.marks(ctx, &x)
	}
	if err != nil {
		return x, err
	}
	n, err := d.keep(x.ID, io.LimitReader(r, MostBytes+1))
	if err == nil && n > MostBytes {
		err = &table.Error{Code: table.TooLarge}
	}
	if err == nil {
		err = d.look(ctx, &x, nil)
	}
	if err == nil {
		err = d.save(&x)
	}
	if err != nil {
		d.drop(x.ID)
		return x, unjoined(err)
	}
	return x, nil
}

// look finds out how the file is written, and guesses what its columns are. Of a workbook whose table may stand in
// another sheet it keeps what is wrong, and the sheets.
func (d *Desk) look(ctx context.Context, x *Import, shape *table.Shape) (err error) {
	if shape == nil {
		s, err := Sniff(d.file(x.ID))
		if err != nil {
			return err
		}
		shape = &s
	}
	shape.Scratch = d.Dir // nothing of it lies where others read
	x.Found, err = Look(ctx, d.file(x.ID), shape)
	if x.Wrong = nil; x.Found.Elsewhere(err) {
		x.Map, x.Remembered = sheet.Map{}, false
		x.Wrong, _ = errors.AsType[*table.Error](err)
		return nil
	}
	if err != nil {
		return err
	}
	if x.Map, x.Remembered, err = Guess(ctx, d.Store, x.Found); err != nil {
		return err
	}
	return d.order(x)
}

// shape is how a file is read here.
func (d *Desk) shape(x *Import) table.Shape {
	s := x.Found.Shape
	s.Scratch = d.Dir
	return s
}

// order finds out in which order the days are written, if only one can be meant.
func (d *Desk) order(x *Import) error {
	if i := slices.Index(x.Map.Columns, sheet.Ended); i >= 0 {
		days, err := DaysOf(d.file(x.ID), d.shape(x), i)
		if err != nil {
			return err
		}
		x.Map.Order = cmp.Or(sheet.OrderOf(days), x.Map.Order)
	}
	return nil
}

// Reshape reads a file as somebody says it is written.
func (d *Desk) Reshape(ctx context.Context, id string, shape table.Shape) error {
	return d.change(id, func(x *Import) error {
		if x.Stage == Running || x.Stage == Checking || x.Erased {
			return nil
		}
		x.Stage = Columns
		return d.look(ctx, x, &shape)
	})
}
