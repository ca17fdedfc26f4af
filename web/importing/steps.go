package importing

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
)

// Check begins to say what would come of a file with this map.
func (d *Desk) Check(id string, m sheet.Map) error {
	return d.begin(id, Checking, func(x *Import) bool {
		if x.Stage == Running || x.Stage == Done || x.Stage == Stopped || x.Erased {
			return false
		}
		x.Map = m
		return true
	})
}

// Run begins to import a file that was checked. a is written down when it is done.
func (d *Desk) Run(id string, a storage.Audit) error {
	return d.begin(id, Running, func(x *Import) bool {
		x.Audit = a
		return x.Stage == Checked
	})
}

func (d *Desk) begin(id string, to Stage, may func(*Import) bool) error {
	err := d.change(id, func(x *Import) error {
		if !may(x) {
			return nil
		}
		now := d.Clock().UTC().Truncate(time.Microsecond)
		x.Stage, x.At, x.Marked, x.Counts, x.Wrong, x.Resumed, x.ResumeAt = to, 0, 0, Counts{}, nil, now, 0
		if to == Running {
			x.Began = now
		}
		delete(d.stop, id)
		return nil
	})
	d.Wake()
	return err
}

// Wake lets Serve look at once what is to be done.
func (d *Desk) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Stop ends a run or a check behind the part that is under way. What was imported stays.
func (d *Desk) Stop(id string) error {
	return d.change(id, func(x *Import) error {
		switch x.Stage {
		case Running:
			x.Stage, x.Ended = Stopped, d.Clock().UTC().Truncate(time.Microsecond)
		case Checking:
			x.Stage = Columns
		default:
			return nil
		}
		d.stop[id] = true
		return nil
	})
}

// Undo calls off what an import asked and nobody was sent yet.
func (d *Desk) Undo(ctx context.Context, id string) (n int, err error) {
	x, err := d.Get(id)
	if err != nil || x.Stage != Done && x.Stage != Stopped {
		return 0, err
	}
	if n, err = d.Asking.CallOff(ctx, sheet.Source, x.Began, x.Ended); err != nil {
		return n, err
	}
	return n, d.change(id, func(x *Import) error { x.Undone += n; return nil })
}
