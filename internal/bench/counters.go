package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// ticks is how many of them a second has in /proc: the same on every Linux.
const ticks = 100

// spent is what so many answers, or commits, cost: counted, where it can be, and so the same on
// every machine and beside every neighbour.
type spent struct {
	program, server time.Duration // of processors
	allocations     float64
	bytes           float64
	turns, batches  float64
	tuples          float64            // versions of rows
	hot             float64            // of these, those that no index has to know of
	entries         float64            // of indexes
	wal             float64            // bytes of the log, without whole pages
	where           map[string]float64 // of these, by table, and by index
	versions        map[string]float64 // of rows, by table
	indexed         map[string]float64 // entries, by index
}

// both is the processor time of both sides.
func (s spent) both() float64 { return float64((s.program + s.server).Microseconds()) }

// counters is what one answer costs both sides, stored alone and from the tap to the settled
// messages. Its unit is the commit: the processor time of one row of pgbench's, beside it.
func counters(ctx context.Context, b *bench) ([]row, error) {
	inserts, err := b.newInserts(ctx, "counters_inserts")
	if err != nil {
		return nil, err
	}
	// Each in a database of its own: what the first has stored and nobody sends would be sent by
	// the second.
	durable, durableOf, err := b.counted(ctx, "counters_durable", inserts, func(w *world) (answering, func() error) {
		return w.answers, func() error { return nil }
	})
	if err != nil {
		return nil, err
	}
	whole, wholeOf, err := b.counted(ctx, "counters_whole", inserts, func(w *world) (answering, func() error) {
		s := w.serve(ctx)
		return s.answers, s.stop
	})
	if err != nil {
		return nil, err
	}
	middle := func(list []spent, of func(spent) float64) float64 {
		values := make([]float64, len(list))
		for i := range list {
			values[i] = of(list[i])
		}
		return median(values)
	}
	parts := func(list []spent) map[string]float64 {
		return map[string]float64{
			"program µs":  middle(list, func(s spent) float64 { return float64(s.program.Nanoseconds()) / 1000 }),
			"server µs":   middle(list, func(s spent) float64 { return float64(s.server.Nanoseconds()) / 1000 }),
			"allocations": middle(list, func(s spent) float64 { return s.allocations }),
			"KB":          middle(list, func(s spent) float64 { return s.bytes / 1000 }),
			"turns":       middle(list, func(s spent) float64 { return s.turns }),
			"commits":     middle(list, func(s spent) float64 { return s.batches }),
			"tuples":      middle(list, func(s spent) float64 { return s.tuples }),
			"HOT":         middle(list, func(s spent) float64 { return s.hot }),
			"entries":     middle(list, func(s spent) float64 { return s.entries }),
			"log bytes":   middle(list, func(s spent) float64 { return s.wal }),
		}
	}
	by := func(of func(spent) map[string]float64) map[string]float64 {
		all := map[string]float64{}
		for _, s := range whole {
			for name := range of(s) {
				if all[name] = middle(whole, func(s spent) float64 { return of(s)[name] }); all[name] < 0.001 {
					delete(all, name) // what is written once in a while
				}
			}
		}
		return all
	}
	return []row{
		{
			Name: "one answer, durable, Postgres, both sides: in commits of pgbench", Unit: "commits", Target: atMost(0.67), Stretch: 0.45,
			Value: median(durableOf), Parts: parts(durable),
		},
		{
			Name: "one answer, end to end, Postgres, both sides: in commits of pgbench", Unit: "commits", Target: atMost(2), Stretch: 1.4,
			Value: median(wholeOf), Parts: parts(whole),
		},
		{
			Name: "versions of rows written for an answer, end to end", Unit: "", Target: atMost(5), Stretch: 4,
			Value: middle(whole, func(s spent) float64 { return s.tuples }),
			Parts: by(func(s spent) map[string]float64 { return s.versions }),
		},
		{
			Name: "index entries written for an answer, end to end", Unit: "", Target: atMost(5), Stretch: 3.5,
			Value: middle(whole, func(s spent) float64 { return s.entries }),
			Parts: by(func(s spent) map[string]float64 { return s.indexed }),
		},
		{
			Name: "bytes of Postgres' log for an answer, end to end", Unit: "bytes", Target: atMost(2500), Stretch: 1800,
			Value: middle(whole, func(s spent) float64 { return s.wal }),
			Parts: by(func(s spent) map[string]float64 { return s.where }),
		},
	}, nil
}

// answering stores answers and returns how many. What it does before it calls its argument is not
// counted.
type answering func(context.Context, func(func() error) error) (int, error)

// counted is what an answer of each round costs in a database of its own, and how many commits of
// pgbench's that is.
func (b *bench) counted(ctx context.Context, name string, inserts *inserts, begin func(*world) (answering, func() error)) (list []spent, of []float64, err error) {
	store, err := b.openPostgres(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	w, err := b.newWorld(ctx, store)
	if err != nil {
		return nil, nil, err
	}
	defer w.close()
	db, err := sql.Open("postgres", b.postgres.DSN(name))
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE EXTENSION pg_walinspect"); err != nil {
		return nil, nil, err
	}
	answer, end := begin(w)
	defer func() { err = errors.Join(err, end()) }()
	for range b.Rounds + 1 {
		commit, err := b.commit(ctx, inserts)
		if err != nil {
			return nil, nil, err
		}
		one, err := b.each(ctx, db, w, answer)
		if err != nil {
			return nil, nil, err
		}
		list, of = append(list, one), append(of, one.both()/commit)
	}
	return list[1:], of[1:], nil
}

// commit is the processor time, in microseconds, of one row that pgbench commits, both sides.
func (b *bench) commit(ctx context.Context, i *inserts) (float64, error) {
	before, err := b.serverTime()
	if err != nil {
		return 0, err
	}
	client := childTime()
	rate, err := i.pgbench(ctx)
	if err != nil {
		return 0, err
	}
	after, err := b.serverTime()
	if err != nil {
		return 0, err
	}
	return float64((after - before + childTime() - client).Microseconds()) / (rate * pgbenchSeconds), nil
}

// each counts what every answer of a round costs.
func (b *bench) each(ctx context.Context, db *sql.DB, w *world, answer answering) (one spent, err error) {
	n, err := answer(ctx, func(work func() error) error {
		var from, to string
		if err := db.QueryRowContext(ctx, "SELECT pg_current_wal_flush_lsn()").Scan(&from); err != nil {
			return err
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		server, err := b.serverTime()
		if err != nil {
			return err
		}
		batches, program := w.bot.Stats().Batches, processorTime()
		if err := work(); err != nil {
			return err
		}
		one.program = processorTime() - program
		now, err := b.serverTime()
		if err != nil {
			return err
		}
		one.server = now - server
		runtime.ReadMemStats(&after)
		one.allocations, one.bytes = float64(after.Mallocs-before.Mallocs), float64(after.TotalAlloc-before.TotalAlloc)
		ended := w.bot.Stats().Batches
		one.turns, one.batches = float64(ended.Turns-batches.Turns), float64(ended.Commits-batches.Commits)
		if err := db.QueryRowContext(ctx, "SELECT pg_current_wal_flush_lsn()").Scan(&to); err != nil {
			return err
		}
		rows, err := db.QueryContext(ctx, `SELECT "resource_manager/record_type", count, record_size FROM pg_get_wal_stats($1, $2, true) WHERE count > 0`, from, to)
		if err != nil {
			return err
		}
		defer rows.Close()
		if err := one.written(ctx, db, from, to); err != nil {
			return err
		}
		for rows.Next() {
			var kind string
			var count, size float64
			if err := rows.Scan(&kind, &count, &size); err != nil {
				return err
			}
			one.wal += size
			switch {
			case writesVersion(kind):
				one.tuples += count
				if strings.HasPrefix(kind, "Heap/HOT_UPDATE") {
					one.hot += count
				}
			case writesEntry(kind):
				one.entries += count
			}
		}
		return rows.Err()
	})
	if err != nil {
		return spent{}, err
	}
	for _, v := range []*float64{&one.allocations, &one.bytes, &one.turns, &one.batches, &one.tuples, &one.hot, &one.entries, &one.wal} {
		*v /= float64(n)
	}
	for _, m := range []map[string]float64{one.where, one.versions, one.indexed} {
		for name := range m {
			m[name] /= float64(n)
		}
	}
	one.program /= time.Duration(n)
	one.server /= time.Duration(n)
	return one, nil
}

// writesVersion reports whether a record of the log, of this kind, is a version of a row.
func writesVersion(kind string) bool {
	switch strings.TrimSuffix(kind, "+INIT") {
	case "Heap/INSERT", "Heap/UPDATE", "Heap/HOT_UPDATE":
		return true
	}
	return false
}

// writesEntry reports whether it is an entry of an index.
func writesEntry(kind string) bool {
	return kind == "Btree/INSERT_LEAF" || kind == "Btree/INSERT_POST" || strings.HasPrefix(kind, "Btree/SPLIT")
}

// written is what records of the log are about, by table and by index.
func (s *spent) written(ctx context.Context, db *sql.DB, from, to string) error {
	rows, err := db.QueryContext(ctx, `SELECT c.relname, i.resource_manager || '/' || i.record_type, count(*), sum(i.record_length - i.fpi_length)
		FROM pg_get_wal_records_info($1, $2) i
		JOIN pg_class c ON c.relfilenode = CAST(substring(i.block_ref FROM 'rel [0-9]+/[0-9]+/([0-9]+)') AS oid)
		WHERE c.relname NOT LIKE 'pg\_%' GROUP BY 1, 2`, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	s.where, s.versions, s.indexed = map[string]float64{}, map[string]float64{}, map[string]float64{}
	for rows.Next() {
		var name, kind string
		var count, size float64
		if err := rows.Scan(&name, &kind, &count, &size); err != nil {
			return err
		}
		s.where[name] += size
		switch {
		case writesVersion(kind):
			s.versions[name] += count
		case writesEntry(kind):
			s.indexed[name] += count
		}
	}
	return rows.Err()
}

// answers has conversations that are open already answered, and returns how many answers that
// were.
func (w *world) answers(ctx context.Context, counted func(func() error) error) (int, error) {
	conversations, err := w.converse(ctx, max(w.Answers/questions, w.InFlight))
	if err != nil {
		return 0, err
	}
	return len(conversations) * questions, counted(func() error { return w.answer(ctx, conversations) })
}

// answers does the same until all that is said because of them is settled.
func (s *served) answers(ctx context.Context, counted func(func() error) error) (int, error) {
	conversations, err := s.converse(ctx, max(s.Answers/questions, s.InFlight))
	if err != nil {
		return 0, err
	}
	if err := s.settled(ctx); err != nil {
		return 0, err
	}
	return len(conversations) * questions, counted(func() error {
		if err := s.answerShown(ctx, conversations); err != nil {
			return err
		}
		return s.settled(ctx)
	})
}

// answer answers every question of the conversations.
func (w *world) answer(ctx context.Context, conversations []*conversation) error {
	return w.together(len(conversations), func(i int) error {
		for q := range questions {
			if _, err := w.bot.Handle(ctx, []chat.Update{conversations[i].answer(q)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// glance is how long nobody's answer takes less than. While they look, what was sent is settled.
const glance = 100 * time.Millisecond

// answerShown does the same as customers do: each answers a question that they have been shown.
func (s *served) answerShown(ctx context.Context, conversations []*conversation) error {
	return s.together(len(conversations), func(i int) error {
		c := conversations[i]
		for q := range questions {
			select {
			case <-s.sender.appears(c.session + "." + strconv.Itoa(q)):
			case <-time.After(time.Minute):
				return fmt.Errorf("question %d was not handed over within a minute", q)
			}
			time.Sleep(glance)
			if _, err := s.bot.Handle(ctx, []chat.Update{c.answer(q)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// serverTime is the processor time of the private Postgres and of all its processes, those that
// ended included.
func (b *bench) serverTime() (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(b.postgres.Data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	master, _, _ := strings.Cut(string(text), "\n")
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	total := 0
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended just now; its parent has its time
		}
		// After the name, which is in brackets: state, parent, …, utime, stime, cutime, cstime.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 15 {
			return 0, fmt.Errorf("%s is not understood", path)
		}
		of := fields[11:13]
		switch {
		case filepath.Base(filepath.Dir(path)) == master:
			of = fields[11:15]
		case fields[1] != master:
			continue
		}
		for _, v := range of {
			n, err := strconv.Atoi(v)
			if err != nil {
				return 0, err
			}
			total += n
		}
	}
	return time.Duration(total) * time.Second / ticks, nil
}
