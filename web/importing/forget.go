package importing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
)

// lookEvery is how often it is looked, while rows are imported, whether somebody was erased.
const lookEvery = 5 * time.Second

// forgets is forget for a run, which is not held up by each of its steps.
func (d *Desk) forgets(ctx context.Context, id string) error {
	d.mu.Lock()
	rests := d.Clock().Sub(d.looked[id]) < lookEvery
	d.mu.Unlock()
	if rests {
		return nil
	}
	_, err := d.forget(ctx, id)
	return err
}

// marks are the hashes of who was erased since the day on which a file was sent.
func (d *Desk) marks(ctx context.Context, x *Import) ([]string, error) {
	all, err := d.Store.ErasedSince(ctx, storage.DayIn(time.UTC, x.Made))
	if err != nil {
		return nil, fmt.Errorf("look who was erased: %w", err)
	}
	return all, nil
}

// forget removes the rows that are kept of an import if somebody stands in them who was erased
// since they were sent. Who sends them again brings nobody back: what is told of somebody who
// was erased is stored without them. gone reports whether it did.
func (d *Desk) forget(ctx context.Context, id string) (gone bool, err error) {
	now := d.Clock()
	x, err := d.Get(id)
	if err != nil {
		return false, err
	}
	all, err := d.marks(ctx, &x)
	if err != nil {
		return false, err
	}
	fresh := map[string]bool{}
	for _, h := range all {
		if !slices.Contains(x.Known, h) {
			fresh[h] = true
		}
	}
	if len(fresh) == 0 || x.Erased {
		d.mu.Lock()
		d.looked[id] = now
		d.mu.Unlock()
		return false, nil
	}
	found, err := d.holds(ctx, &x, fresh)
	if err != nil {
		return false, err
	}
	if found {
		d.Log.Info("rows that waited to be imported are removed: somebody in them was erased", "import", id)
		for _, kind := range []string{"sheet", "refused"} {
			if err := os.Remove(d.path(id, kind)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return false, err
			}
		}
	}
	return found, d.change(id, func(x *Import) error {
		d.looked[id] = now
		x.Known = append(x.Known, sorted(fresh)...)
		if !found {
			return nil
		}
		unsample(x)
		x.Erased, x.Marked, d.stop[id] = true, 0, true
		switch x.Stage {
		case Running: // what was imported stays, and is written down
			x.Stage, x.Ended = Stopped, now.UTC().Truncate(time.Microsecond)
		case Columns, Checking, Checked:
			x.Stage = Failed
		}
		return nil
	})
}

// unsample takes the cells out of what is known of a file.
func unsample(x *Import) {
	for i := range x.Found.Columns {
		x.Found.Columns[i].Samples = nil
	}
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for h := range set {
		out = append(out, h)
	}
	slices.Sort(out)
	return out
}

// holds reports whether one of these people stands in the rows that are kept of an import. What
// cannot be read is as if they did.
func (d *Desk) holds(ctx context.Context, x *Import, of map[string]bool) (bool, error) {
	names := func(cells []string) bool {
		for _, c := range cells {
			if slices.ContainsFunc(d.Hashes(storage.Anchor{Customers: sheet.Keys(c)}), func(h string) bool { return of[h] }) {
				return true
			}
		}
		return false
	}
	found := false
	err := d.refused(x, func(r Refusal) error {
		if found = names(append(r.Cells, r.Value)); found {
			return errFound
		}
		return nil
	})
	if err != nil {
		return true, nil //nolint:nilerr // they stand there, or nobody can look for them
	}
	rows, err := open(d.file(x.ID), d.shape(x))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, nil //nolint:nilerr // nobody can look for them there
	}
	defer rows.Close()
	for ctx.Err() == nil {
		row, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil, names(row.Cells):
			return true, nil
		}
	}
	return false, ctx.Err()
}

var errFound = errors.New("found")
