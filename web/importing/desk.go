package importing

import (
	"cmp"
	"context"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
)

// Of files that somebody sent.
const (
	MostBytes = 200 << 20
	keptFor   = 24 * time.Hour
)

// Stage is how far an import has got.
type Stage string

// The stages.
const (
	Columns  Stage = "columns" // somebody says what they are
	Checking Stage = "checking"
	Checked  Stage = "checked"
	Running  Stage = "running"
	Done     Stage = "done"
	Stopped  Stage = "stopped" // by somebody; what was imported stays
	Failed   Stage = "failed"
)

// Import is a file that somebody sent, with what is known and became of it.
type Import struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"` // of the file
	By         string        `json:"by"`   // sign-in name
	Made       time.Time     `json:"made"`
	Stage      Stage         `json:"stage"`
	Found      Found         `json:"found"`
	Map        sheet.Map     `json:"map"`
	Remembered bool          `json:"remembered,omitempty"` // the map, from another sheet that names its columns so
	Foretold   Counts        `json:"foretold"`
	Counts     Counts        `json:"counts"`
	At         int           `json:"at"`               // rows that are seen to
	Marked     int64         `json:"marked"`           // bytes of refused rows that belong to them
	Began      time.Time     `json:"began,omitzero"`   // the run
	Ended      time.Time     `json:"ended,omitzero"`   // the run
	Undone     int           `json:"undone,omitempty"` // asks that were called off
	Wrong      *table.Error  `json:"wrong,omitempty"`  // why it failed
	Resumed    time.Time     `json:"resumed,omitzero"` // what is told of time left begins here
	ResumeAt   int           `json:"resume_at"`
	Audit      storage.Audit `json:"audit"`            // what is written down when it is done
	Known      []string      `json:"known,omitempty"`  // hashes of who was erased before it was looked for them
	Erased     bool          `json:"erased,omitempty"` // somebody in it was erased, so the rows are gone
}

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

// private makes the directory, and makes sure that nobody else reads it.
func (d *Desk) private() error {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of imports: %w", err)
	}
	info, err := os.Lstat(d.Dir)
	if err != nil {
		return fmt.Errorf("look at the directory of imports: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others may read %s: nothing is kept there", d.Dir)
	}
	return nil
}

var idShape = regexp.MustCompile(`^[0-9a-f-]{36}$`)

func (d *Desk) path(id, kind string) string { return filepath.Join(d.Dir, id+"."+kind) }

func (d *Desk) aead(id, kind string) (cipher.AEAD, error) { return aeadOf(d.Key, id+"."+kind) }

// unsealed is what is sealed in a file, with the file.
type unsealed struct {
	io.Reader
	io.Closer
}

// open reads a file of an import. cut says that it may end behind any box.
func (d *Desk) open(id, kind string, cut bool) (io.ReadCloser, error) {
	aead, err := d.aead(id, kind)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(d.path(id, kind))
	if err != nil {
		return nil, err
	}
	return unsealed{newOpening(f, aead, cut), f}, nil
}

// file is what was sent.
func (d *Desk) file(id string) Source {
	return func() (io.ReadCloser, error) { return d.open(id, "sheet", false) }
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

// keep seals what is sent.
func (d *Desk) keep(id string, r io.Reader) (n int64, err error) {
	aead, err := d.aead(id, "sheet")
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(d.path(id, "sheet"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("keep a file to import: %w", err)
	}
	out := sealing{out: f, aead: aead}
	if n, err = io.Copy(&out, r); err == nil {
		err = out.Close()
	}
	return n, errors.Join(err, f.Close())
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

// Get returns one. storage.ErrNotFound.
func (d *Desk) Get(id string) (x Import, err error) {
	if !idShape.MatchString(id) {
		return x, storage.ErrNotFound
	}
	in, err := d.open(id, "json", false)
	if errors.Is(err, os.ErrNotExist) {
		return x, storage.ErrNotFound
	}
	if err != nil {
		return x, err
	}
	defer in.Close()
	body, err := io.ReadAll(in)
	if err != nil {
		return x, err
	}
	return x, json.Unmarshal(body, &x)
}

// List returns all, the newest first.
func (d *Desk) List() ([]Import, error) {
	names, err := filepath.Glob(filepath.Join(d.Dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var out []Import
	for _, name := range names {
		x, err := d.Get(strings.TrimSuffix(filepath.Base(name), ".json"))
		switch {
		case errors.Is(err, storage.ErrNotFound):
			continue
		case errors.Is(err, errTorn): // of another key, or cut off by a full disk: nobody can go on with it
			d.drop(strings.TrimSuffix(filepath.Base(name), ".json"))
			continue
		case err != nil:
			return nil, err
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Import) int { return strings.Compare(b.ID, a.ID) })
	return out, nil
}

// save writes what is known, all or nothing.
func (d *Desk) save(x *Import) error {
	body, err := json.Marshal(x)
	if err != nil {
		return err
	}
	aead, err := d.aead(x.ID, "json")
	if err != nil {
		return err
	}
	next := d.path(x.ID, "next")
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := sealing{out: f, aead: aead}
	if _, err = out.Write(body); err == nil {
		err = out.Close()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(next, d.path(x.ID, "json"))
}

func (d *Desk) change(id string, f func(*Import) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, err := d.Get(id)
	if err != nil {
		return err
	}
	if err := f(&x); err != nil {
		return err
	}
	return d.save(&x)
}

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

// Forget removes a file and what is known of it, unless it is being imported. It waits for whoever changes that, who
// would write it down once more.
func (d *Desk) Forget(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, err := d.Get(id)
	if err == nil && x.Stage != Running {
		d.drop(id)
	}
	return err
}

func (d *Desk) drop(id string) {
	for _, kind := range []string{"sheet", "json", "refused", "next"} {
		_ = os.Remove(d.path(id, kind))
	}
}

// Refused gives every row that is not imported.
func (d *Desk) Refused(id string, f func(Refusal) error) error {
	x, err := d.Get(id)
	if err != nil {
		return err
	}
	return d.refused(&x, f)
}

func (d *Desk) refused(x *Import, f func(Refusal) error) error {
	aead, err := d.aead(x.ID, "refused")
	if err != nil {
		return err
	}
	file, err := os.Open(d.path(x.ID, "refused"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	in := json.NewDecoder(newOpening(io.LimitReader(file, x.Marked), aead, true))
	for {
		var r Refusal
		err := in.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(r)
		}
		if err != nil {
			return err
		}
	}
}

// Serve imports what is to be imported until ctx ends, also what another process began here.
func (d *Desk) Serve(ctx context.Context) {
	torn, _ := filepath.Glob(filepath.Join(d.Dir, table.ScratchFiles))
	for _, name := range torn { // a process that was killed left them
		_ = os.Remove(name)
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
