package importing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// Serve imports what is to be imported until ctx ends, also what another process began here.
func (d *Desk) Serve(ctx context.Context) {
	torn, _ := filepath.Glob(filepath.Join(d.Dir, table.ScratchFiles))
	for _, name := range torn { // a process that was killed left them
		_ = os.RemoveAll(name)
	}
	for ctx.Err() == nil {
		if err := d.Work(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("an import waits", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-time.After(30 * time.Second):
		}
	}
}

// Work does what is to be done now, and removes what was kept long enough.
func (d *Desk) Work(ctx context.Context) error {
	d.sweep()
	all, err := d.List()
	if err != nil {
		return err
	}
	for _, x := range all {
		gone, err := d.forget(ctx, x.ID)
		if err == nil && gone && x.Stage == Running {
			err = d.ended(ctx, x.ID)
		}
		if err != nil {
			return err
		}
	}
	if all, err = d.List(); err != nil {
		return err
	}
	slices.Reverse(all) // the oldest first
	for _, x := range all {
		switch {
		case x.Stage == Checking || x.Stage == Running:
			if err := d.work(ctx, x.ID); err != nil {
				return err
			}
		case d.Clock().Sub(x.Made) > keptFor:
			d.drop(x.ID)
		}
	}
	return ctx.Err()
}

var errStopped = errors.New("somebody stopped it")

// work goes on with one import behind the rows that are seen to.
func (d *Desk) work(ctx context.Context, id string) error {
	x, err := d.Get(id)
	if err != nil {
		return err
	}
	aead, err := d.aead(id, "refused")
	if err != nil {
		return err
	}
	file, err := os.OpenFile(d.path(id, "refused"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	run := Run{Config: d.Config, Source: d.file(id), Shape: d.shape(&x), Map: x.Map, Dry: x.Stage == Checking}
	if !run.Dry { // a check is not gone on with: it remembers what it foretold
		run.From, run.Counts = x.At, x.Counts
	} else {
		x.Marked = 0
	}
	if err := errors.Join(file.Truncate(x.Marked), seek(file, x.Marked)); err != nil {
		return err
	}
	out := sealing{out: file, aead: aead, at: x.Marked}
	run.Refused = func(r Refusal) error { return json.NewEncoder(&out).Encode(r) }
	run.Step = func(done int, c Counts) error {
		if err := errors.Join(out.Flush(), d.forgets(ctx, id)); err != nil {
			return err
		}
		return d.change(id, func(x *Import) error {
			if d.stop[id] {
				return errStopped
			}
			x.At, x.Marked, x.Counts = done, out.at, c
			return nil
		})
	}
	began := x.Began
	err = run.Do(ctx)
	switch {
	case errors.Is(err, errStopped):
		return d.ended(ctx, id)
	case ctx.Err() != nil, errors.Is(err, storage.ErrUnavailable):
		return err // it goes on later
	}
	torn := out.Flush()
	err = errors.Join(torn, d.change(id, func(x *Import) error {
		if d.stop[id] {
			return nil // behind its last step
		}
		x.Counts, x.Marked = run.Counts, out.at
		switch wrong, ok := errors.AsType[*table.Error](err); {
		case ok:
			x.Stage, x.Wrong = Failed, wrong
		case err != nil:
			d.Log.Error("an import failed", "import", id, "err", err)
			x.Stage, x.Wrong = Failed, nil
		case run.Dry:
			x.Stage, x.Foretold = Checked, run.Counts
		default:
			x.Stage, x.Began, x.Ended = Done, began, d.Clock().UTC().Truncate(time.Microsecond)
		}
		return nil
	}))
	if err != nil {
		return err
	}
	return d.ended(ctx, id)
}

// ended writes the receipt of a run, and removes the file.
func (d *Desk) ended(ctx context.Context, id string) error {
	x, err := d.Get(id)
	if err != nil || x.Stage != Done && x.Stage != Stopped {
		return err
	}
	if err := d.change(id, func(x *Import) error { unsample(x); return nil }); err != nil {
		return err
	}
	if x.Audit.ID != "" {
		a := x.Audit
		a.At = x.Ended
		a.After = fmt.Sprintf("rows %d, new %d, known %d, changed %d, refused %d", x.Counts.Rows, x.Counts.Created, x.Counts.Same, x.Counts.Changed, x.Counts.Refused)
		if err := d.Store.PutAudit(ctx, a); err != nil {
			return err
		}
	}
	if err := os.Remove(d.path(id, "sheet")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func seek(f *os.File, at int64) error {
	_, err := f.Seek(at, io.SeekStart)
	return err
}
