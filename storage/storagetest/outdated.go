package storagetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// behind opens one more store and, with the same driver, the database behind its back.
func (b *bench) behind(t *testing.T) (storage.Store, *sql.DB) {
	t.Helper()
	var first driver.Connector
	s := b.open(t, Options{Clock: b.clock.Now, Wrap: func(c driver.Connector) driver.Connector {
		if first == nil {
			first = c // a later one may only read
		}
		return c
	}})
	db := sql.OpenDB(first)
	t.Cleanup(func() { check(t, db.Close()) })
	return s, db
}

func exec(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

var outdatedTests = group{
	"a program whose rules hold no more changes nothing": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		p := person(1)
		id := b.begin(t, p)
		check(t, s.Advance(t.Context(), 0, []storage.Turn{answering("k1", p, "q1")})[0])
		exec(t, db, "UPDATE buckets SET protocol = protocol + 1")

		ran := 0
		turn := answering("k2", p, "q2")
		inner := turn.Apply
		turn.Apply = func(in storage.Loaded) (storage.Change, error) { ran++; return inner(in) }
		turn.Done = func(storage.Result) { t.Error("Done was called") }
		wantErrors(t, s.Advance(t.Context(), 0, []storage.Turn{turn, answering("k3", p, "q3")}), storage.ErrOutdated, storage.ErrOutdated)
		if ran > 0 {
			t.Error("a turn ran")
		}
		_, pruned := s.Prune(t.Context(), 0, storage.Retention{Keys: b.clock.Now().Add(time.Hour)}, 10)
		for what, err := range map[string]error{
			"ping": s.Ping(t.Context()), "prune": pruned, "pulse": s.Pulse(t.Context(), storage.Process{ID: "1"}),
			"park":   s.Park(t.Context(), storage.Parked{Key: "k4", Person: p, At: b.clock.Now()}),
			"settle": s.FeedbackAnnounced(t.Context(), 0, []string{"f"}, b.clock.Now()),
		} {
			if !errors.Is(err, storage.ErrOutdated) || !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := must(s.Answers(t.Context(), 0, id))(t); len(got) != 1 {
			t.Fatalf("%d answers, want 1", len(got))
		}

		// Whoever writes by the rules that hold, goes on, with what was refused as well.
		exec(t, db, "UPDATE buckets SET protocol = protocol - 1")
		check(t, s.Ping(t.Context()))
		wantErrors(t, s.Advance(t.Context(), 0, []storage.Turn{answering("k1", p, "q1"), answering("k2", p, "q2")}), storage.ErrSeen, nil)
	},
	"what is under way as the rules change is stored before or refused": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		const people = 4
		var sessions [people]string
		for i := range people {
			sessions[i] = b.begin(t, person(i))
		}
		stored := func(q interface {
			QueryRowContext(context.Context, string, ...any) *sql.Row
		},
		) (n int) {
			t.Helper()
			if err := q.QueryRowContext(t.Context(), "SELECT sum(answers) FROM buckets").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		var acked [people]int
		begun := make(chan struct{}, people)
		finished := make(chan error, 1)
		go func() {
			finished <- concurrently(context.WithoutCancel(t.Context()), people, func(ctx context.Context, i int) error {
				for j := 0; ; j++ {
					err := s.Advance(ctx, 0, []storage.Turn{answering(fmt.Sprintf("k%d.%d", i, j), person(i), fmt.Sprint("q", j))})[0]
					switch {
					case errors.Is(err, storage.ErrOutdated):
						return nil
					case err != nil && !errors.Is(err, storage.ErrUnavailable): // the file may be busy
						return err
					case err == nil:
						acked[i]++
					}
					if j == 3 {
						begun <- struct{}{}
					}
				}
			})
		}()
		for range people {
			<-begun
		}
		tx, err := db.BeginTx(t.Context(), nil)
		for try := 0; err != nil && try < 60; try++ { // the others leave the file little rest
			tx, err = db.BeginTx(t.Context(), nil)
		}
		check(t, err)
		if _, err := tx.ExecContext(t.Context(), "UPDATE buckets SET protocol = protocol + 1"); err != nil {
			t.Fatal(err)
		}
		atChange := stored(tx)
		check(t, tx.Commit())
		check(t, <-finished)
		sum := 0
		for _, n := range acked {
			sum += n
		}
		if after := stored(db); after != atChange || sum != after {
			t.Errorf("%d answers as the rules changed, %d afterwards, %d acknowledged", atChange, after, sum)
		}
	},
	// The first statements of transactions, as programs of schema versions up to 8, and of
	// version 10, put them, and how they kept a lease: they knew of no protocol.
	"programs from before there were rules to tell change nothing": func(t *testing.T, b *bench) {
		_, db := b.behind(t)
		for what, text := range map[string]string{
			"up to 8":  "SELECT case_seq, ord FROM buckets WHERE bucket = 0",
			"10":       "UPDATE buckets SET version = version + 7 WHERE bucket = 0 RETURNING case_seq, ord, version",
			"a lease":  "INSERT INTO leases (name, holder, epoch, until) VALUES ('l', 'me', 1, 9) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until RETURNING epoch",
			"a return": "UPDATE leases SET holder = '', until = 0 WHERE name = 'l' AND holder = 'me'",
		} {
			rows, err := db.QueryContext(t.Context(), text)
			if err == nil {
				for rows.Next() { //nolint:revive // some drivers tell the error here
				}
				err = errors.Join(rows.Err(), rows.Close())
			}
			if err == nil {
				t.Errorf("%s: it succeeds", what)
			}
		}
	},
}
