package importing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/table"
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

// forget removes what is kept of an import if somebody stands in it who was erased since it was
// sent: the rows, and what is known of them. Who sends it again brings nobody back: what is told of
// somebody who was erased is stored without them. gone reports whether it did. It is written down
// before the rows go, so that whoever is killed between goes on with it.
func (d *Desk) forget(ctx context.Context, id string) (gone bool, err error) {
	now := d.Clock()
	x, err := d.Get(id)
	if err != nil {
		return false, err
	}
	if x.Erased {
		return false, d.dropRows(id)
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
	if len(fresh) == 0 {
		d.mu.Lock()
		d.looked[id] = now
		d.mu.Unlock()
		return false, nil
	}
	named := d.named(fresh)
	found, err := d.holds(ctx, &x, named)
	if err != nil {
		return false, err
	}
	err = d.change(id, func(x *Import) error {
		d.looked[id] = now
		x.Known = append(x.Known, sorted(fresh)...)
		if !found {
			return nil
		}
		blank(x, named)
		x.Erased, x.Marked, d.stop[id] = true, 0, true
		switch x.Stage {
		case Running: // what was imported stays, and is written down
			x.Stage, x.Ended = Stopped, now.UTC().Truncate(time.Microsecond)
		case Columns, Checking, Checked:
			x.Stage = Failed
		}
		return nil
	})
	if err != nil || !found {
		return false, err
	}
	d.Log.Info("rows that waited to be imported are removed: somebody in them was erased", "import", id)
	return true, d.dropRows(id)
}

// dropRows removes the rows that are kept of an import, and leaves what is known of it.
func (d *Desk) dropRows(id string) error {
	for _, kind := range []string{"sheet", "refused"} {
		if err := os.Remove(d.path(id, kind)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// unsample takes the cells out of what is known of a file.
func unsample(x *Import) {
	x.Found.Days = nil
	for i := range x.Found.Columns {
		x.Found.Columns[i].Samples = nil
	}
}

// blank takes out of what is known of a file all that came from it, the names of its columns and sheets too, and its
// own name if somebody is called so.
func blank(x *Import, named func(string) bool) {
	x.Found, x.Map = Found{Rows: x.Found.Rows}, sheet.Map{}
	if named(x.Name) || named(bare(x.Name)) {
		x.Name = "…" + filepath.Ext(x.Name)
		x.Audit.Subject = x.Name
	}
}

// bare is the name of a file without what kind it is of.
func bare(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for h := range set {
		out = append(out, h)
	}
	slices.Sort(out)
	return out
}

// named says of a text whether it may be what one of these people is known by.
func (d *Desk) named(of map[string]bool) func(text string) bool {
	return func(text string) bool {
		keys := d.Hashes(storage.Anchor{Customers: sheet.Keys(text)})
		return slices.ContainsFunc(keys, func(h string) bool { return of[h] })
	}
}

// holds reports whether somebody stands in what is kept of an import: in any sheet of a workbook, whether it is read or
// not, in the rows that were refused, and in what is known of it. What cannot be read is as if they did.
func (d *Desk) holds(ctx context.Context, x *Import, named func(string) bool) (bool, error) {
	look := func(texts ...string) error {
		if slices.ContainsFunc(texts, named) {
			return errFound
		}
		return ctx.Err()
	}
	err := look(known(x)...)
	if err == nil {
		err = d.refused(x, func(r Refusal) error { return look(append(r.Cells, r.Value, r.Name)...) })
	}
	if err == nil {
		err = d.texts(x, func(text string) error { return look(text) })
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil, errors.Is(err, os.ErrNotExist): // it is imported, and the file is gone
		return false, nil
	}
	return true, nil
}

// known are the texts of what is known of a file.
func known(x *Import) []string {
	out := slices.Concat([]string{x.Name, bare(x.Name)}, x.Found.Sheets, x.Found.Days, x.Map.Names, slices.Collect(maps.Keys(x.Map.Sites)))
	for _, c := range x.Found.Columns {
		out = append(append(out, c.Name), c.Samples...)
	}
	return out
}

// texts hands out the texts of a file as somebody says that it is read, and as it is written if that is another way.
func (d *Desk) texts(x *Import, f func(string) error) error {
	written, err := Sniff(d.file(x.ID))
	if err != nil {
		return err
	}
	ways := []table.Shape{x.Found.Shape}
	if s := x.Found.Shape; s.Format != written.Format || s.Encoding != written.Encoding || s.Separator != written.Separator {
		ways = append(ways, written)
	}
	for _, way := range ways {
		in, err := d.open(x.ID, "sheet", false)
		if err != nil {
			return err
		}
		if err = errors.Join(table.Texts(in, way, f), in.Close()); err != nil {
			return err
		}
	}
	return nil
}

var errFound = errors.New("found")
