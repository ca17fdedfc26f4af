package storagetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Older is a database whose schema is that of an older release: 00022, the last without keys as bits.
type Older struct {
	DB     *sql.DB
	Moment func(time.Time) string // spells a time
	Tables string                 // a SELECT of the names of its tables
	// Migrate goes on to the last migration before one of this name ("" = to the last of all), as a process does
	// that starts, and reports where it came.
	Migrate func(ctx context.Context, before string, wrap func(driver.Connector) driver.Connector) (version int64, err error)
	Open    Opener
	// Backup backs the database up as it is now. What it returns restores that into a new one, whose schema becomes
	// the newest.
	Backup func(t *testing.T) (restored func(t *testing.T) Older)
}

// talkOfFormat1 is what a talk was before talks were packed: one question shown, one on its way.
const talkOfFormat1 = `1{"r":50,"o":1772600947123459,"s":[` +
	`{"s":"q:1","t":"sending","w":1,"d":1000,"a":1,"i":1000,"e":3,"c":1772600947123456,"o":3,"h":"3f56499ef3b5b986bbff2771"},` +
	`{"s":"q:0","w":1,"n":1,"f":"187","y":true,"d":1000,"c":1772600767123456,"h":"5b42832e3573c36b219a2b66"}],` +
	`"t":[{"text":"How was the haircut?","lang":"en"},{"text":"How was it?","lang":"en"}]}`

// MigratedWhileDying is the test of what becomes of an older database with data whose migration, and the pass
// behind it, die at each of their steps: what they make is what they make without that, every claim
// that was under way is found and settled, and bodies of old formats are read and written anew. A backup from before it
// is restored as the same.
func MigratedWhileDying(t *testing.T, older func(t *testing.T) Older) {
	t.Helper()
	var made [3][]string
	var backup func(*testing.T) Older
	deaths, passing := 0, 0
	for i := range made {
		if i == 2 {
			o := backup(t)
			foldUp(t, o.Open(t, Options{Clock: o.now}), 2)
			made[i] = o.rows(t)
			break
		}
		o := older(t)
		o.fillFirst(t)
		for _, to := range [...]struct {
			before string
			dying  bool
		}{{"00024", true}, {"00025", false}, {"00026", true}, {"00034", false}, {"00035", true}, {"00053", false}, {"00054", true}, {"", false}} {
			if to.before == "00054" {
				o.fillTalks(t)
				if i == 1 {
					backup = o.Backup(t)
				}
			}
			if i == 0 && to.dying {
				deaths += o.dyingTo(t, to.before, deaths > 0)
			} else {
				_ = must(o.Migrate(t.Context(), to.before, nil))(t)
			}
		}
		s := o.Open(t, Options{Clock: o.now})
		equal(t, "buckets with a pass", must(s.Behind(t.Context()))(t).Passing, 1)
		if i == 0 {
			passing = o.dyingPass(t)
			deaths += passing
		}
		foldUp(t, s, 2)
		wantFolded(t, s, 3, 6)
		made[i] = o.rows(t)
		if i == 0 {
			t.Attr("figure", fmt.Sprintf("%d deaths, %d of them of the pass behind it: what was made is the same", deaths, passing))
			settledAfterwards(t, s)
		}
	}
	same(t, "what a migration made that died again and again", made[0], made[1])
	same(t, "what was restored from before the migration", made[2], made[1])
}

func (o *Older) now() time.Time { return time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC) }

func (o *Older) exec(t *testing.T, text string) {
	t.Helper()
	if _, err := o.DB.ExecContext(t.Context(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// fillFirst fills the schema of 00022.
func (o *Older) fillFirst(t *testing.T) {
	t.Helper()
	exec := func(text string) { o.exec(t, text) }
	at := carry(exec, o.Moment)
	exec(fmt.Sprintf("INSERT INTO seen (bucket, key, at, batch) VALUES (0, 'tg:42:7', %[1]s, 1), (0, 'web:x:1', %[1]s, 2)", o.Moment(at)))
	for i, d := range []struct{ slot, kind, state, ref, render string }{
		{"q:changed:0", "question", "sending", "", `{"text":"claimed"}`},
		{"q:plain:0", "question", "due", "", `{"text":"waiting"}`},
		{"case:c:telegram:42:s", "card", "sending", "", `{"text":"a card"}`},
		{"n:x:hello", "notice", "sent", "r1", ""},
		{"q:silent:0", "question", "failed", "", `{"text":"given up"}`},
	} {
		shown := 0
		if d.ref != "" {
			shown = 1
		}
		exec(fmt.Sprintf("INSERT INTO deliveries (bucket, slot, owner, identity, platform, account, chat, thread, kind, ord, rank, render, hash, wanted, shown,"+
			" shown_ref, shown_sum, base, repeated, state, due, attempts, epoch, error, created) VALUES (0, '%s', '', 'i', 'telegram', '42', '%d', '', '%s', %d, 50,"+
			" '%s', 'h', 1, %d, '%s', '', 0, FALSE, '%s', %[9]s, 1, 3, '', %[9]s)", d.slot, 1000+i, d.kind, 10+i, d.render, shown, d.ref, d.state, o.Moment(at)))
	}
}

// fillTalks adds what came between 00034 and 00053: a talk of format 1.
func (o *Older) fillTalks(t *testing.T) {
	t.Helper()
	at := o.Moment(time.UnixMicro(1772600767123456).UTC())
	o.exec(t, fmt.Sprintf("INSERT INTO talks (bucket, id, identity, platform, account, chat, thread, started, settled, body)"+
		" VALUES (0, 'talking', 'j', 'telegram', '42', '1009', '', %s, NULL, '%s')", at, talkOfFormat1))
	o.exec(t, "INSERT INTO queue (bucket, platform, account, rank, ord, item, talk, identity, chat, thread, posts, due, epoch)"+
		" VALUES (0, 'telegram', '42', 50, 1772600947123459, 'talking', TRUE, 'j', '1009', '', TRUE, NULL, 3)")
}

// rows are all that the database holds, but for what tells when it was migrated.
func (o *Older) rows(t *testing.T) (all []string) {
	t.Helper()
	names := printed(t, o.DB, o.Tables)
	slices.Sort(names)
	for _, name := range names {
		columns := "*"
		switch name {
		case "goose_db_version":
			columns = "version_id, is_applied"
		case "migration_lock", "moments", "processes", "leases":
			continue
		case "buckets": // the version is raised by random steps
			columns = "bucket, cases, ord, sessions, answers, protocol, marks"
		}
		rows := printed(t, o.DB, "SELECT "+columns+" FROM "+name)
		slices.Sort(rows)
		for _, row := range rows {
			all = append(all, name+": "+row)
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d rows: %v", len(all), all)
	}
	return all
}

// fatal has everything fail from the n-th point on, as in a process that dies there: before it reaches the
// database or, if it is a commit and after is set, behind it.
type fatal struct {
	stop  context.CancelFunc
	left  int
	after bool
	dead  bool
	seen  int   // points
	begun int   // the first transaction's
	kind  Point // of the point at which it died
}

func (f *fatal) at(p Point) Cut {
	if f.seen++; p == Begin && f.begun == 0 {
		f.begun = f.seen
	}
	if f.left--; f.dead || f.left > 0 {
		if f.dead {
			return Before
		}
		return Pass
	}
	f.dead, f.kind = true, p
	f.stop()
	if p == Commit && f.after {
		return After
	}
	return Before
}

// dying runs f until it ends without having died, each time dying a step further, or begins again with the first
// transaction when progress tells that one was done for good.
func dying(t *testing.T, c *Cutter, first int, f func(ctx context.Context) (progress string, err error)) (deaths int) {
	t.Helper()
	last, after := "", false
	for n := first; deaths < 2000; {
		ctx, cancel := context.WithCancel(t.Context())
		how := &fatal{stop: cancel, left: n, after: after}
		c.Plan(how.at)
		progress, err := f(ctx)
		c.Plan(nil)
		cancel()
		if !how.dead {
			check(t, err)
			return deaths
		}
		deaths++
		switch {
		case deaths == 1:
			last, n = progress, n+1
		case progress != last:
			last, n, after = progress, max(1, how.begun), false
		case how.kind == Commit && !after:
			after = true
		default:
			n, after = n+1, false
		}
	}
	t.Fatal("it never ends")
	return deaths
}

// dyingTo migrates; known says that what comes before the first transaction was looked at.
func (o *Older) dyingTo(t *testing.T, before string, known bool) int {
	t.Helper()
	c := &Cutter{}
	first := 1
	if known {
		first = 8
	}
	return dying(t, c, first, func(ctx context.Context) (string, error) {
		_, err := o.Migrate(ctx, before, c.Wrap)
		// A dead process's lock lapses; nobody waits for that here.
		if _, err := o.DB.ExecContext(t.Context(), "UPDATE migration_lock SET until = 0"); err != nil && !strings.Contains(err.Error(), "migration_lock") {
			t.Fatal(err)
		}
		return strings.Join(printed(t, o.DB, "SELECT max(version_id) FROM goose_db_version"), ""), err
	})
}

// dyingPass has the pass behind the migration die at each step, two conversations at a time.
func (o *Older) dyingPass(t *testing.T) int {
	t.Helper()
	c := &Cutter{}
	s := o.Open(t, Options{Clock: o.now, Wrap: c.Wrap})
	return dying(t, c, 1, func(ctx context.Context) (string, error) {
		var err error
		for more := true; more && err == nil; {
			var did storage.Folded
			did, err = s.Fold(ctx, 0, folding{}, 2)
			more = did.More
		}
		return strings.Join(printed(t, o.DB, "SELECT mark, pass, passed FROM folds"), ""), err
	})
}

// settledAfterwards settles what was claimed when the database was migrated, and all that waited.
func settledAfterwards(t *testing.T, s storage.Store) {
	t.Helper()
	b := &bench{store: s, clock: NewClock((*Older)(nil).now())}
	who := served("42")
	who[0].Epoch = 4
	doubtful := must(s.Doubtful(t.Context(), 0, who, 100))(t)
	names := slots(doubtful)
	slices.Sort(names)
	same(t, "what was being sent", names, []string{"case:c:telegram:42:s", "q:changed:0", "q:talking:1"})
	for _, d := range doubtful {
		if d.Render.Text == "" {
			t.Errorf("%s says nothing", d.Slot)
		}
		again := settle(d, storage.Retry, "")
		again.Settle.At = b.clock.Now()
		b.ops(t, again)
	}
	for sent := map[string]int{}; ; {
		heads := must(s.Heads(t.Context(), 0, who, b.clock.Now(), 100))(t)
		if len(heads) == 0 {
			same(t, "what was sent afterwards", sent, map[string]int{"q:changed:0": 1, "case:c:telegram:42:s": 1, "q:talking:1": 1, "q:plain:0": 1})
			break
		}
		for _, d := range heads {
			r := b.ops(t, claim(d.Slot, 4))
			equal(t, "claimed of "+d.Slot, len(r.Claimed), 1)
			b.ops(t, settle(r.Claimed[0], storage.Delivered, chat.Ref("new "+d.Slot)))
			sent[d.Slot]++
		}
	}
	equal(t, "what waits", must(s.Counts(t.Context()))(t).Due, 0)
	same(t, "what was given up", slots(must(s.Failed(t.Context(), 10))(t)), []string{"q:silent:0"})
	equal(t, "the reference of what was sent before", must(s.Delivery(t.Context(), 0, "q:talking:0"))(t).ShownRef, "187")
	b.agrees(t)
	// An update that was handled is not handled again, and an old conversation goes on.
	wantErrors(t, s.Advance(t.Context(), 0, []storage.Turn{change("tg:42:7", storage.Change{}), change("web:x:1", storage.Change{})}), storage.ErrSeen, storage.ErrSeen)
	b.advance(t, storage.Turn{Key: "tg:42:8", Load: storage.Load{Session: "plain"}, Apply: func(in storage.Loaded) (storage.Change, error) {
		a := survey.Answer{Question: "b", Text: "more", Revision: 1, At: b.clock.Now()}
		in.Session.Answers = append(in.Session.Answers, a)
		return storage.Change{Session: in.Session, Answers: []survey.Answer{a}}, nil
	}})
	foldUp(t, s, 2)
	wantFolded(t, s, 3, 7)
}
