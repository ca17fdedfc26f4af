package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// What rows as files may cost.
const (
	exportedRows    = 1_000_000
	leastExported   = 100_000 // rows a second
	leastCustomers  = 10_000  // of which each is put together from what is kept of them
	mostWrittenMiB  = 64      // of memory, while text is written
	mostWorkbookMiB = 120     // while a workbook is
	heapEvery       = 10 * time.Millisecond
)

// exporting measures how fast a million answers, and a million customers, are handed out on Postgres in each
// format, and how much memory that takes beside what the program had before.
func exporting(ctx context.Context, b *bench) (rows []row, err error) {
	store, err := b.openPostgres(ctx, "exported")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := b.fillExported(ctx, store.Buckets()); err != nil {
		return nil, err
	}
	for _, format := range table.Written() {
		speed, peak, err := b.exportOften(ctx, store, storage.ExportAnswers, format)
		if err != nil {
			return rows, err
		}
		rows = append(
			rows,
			row{Name: "a million answers as " + format + " on Postgres", Unit: "rows/s", Value: speed, Target: atLeast(leastExported)},
			row{Name: "heap beside that of before, meanwhile, as " + format, Unit: "MiB", Value: peak, Target: atMost(mostHeap(format))},
		)
	}
	for _, format := range table.Written() {
		speed, peak, err := b.exportOften(ctx, store, storage.ExportCustomers, format)
		if err != nil {
			return rows, err
		}
		rows = append(
			rows,
			row{Name: "a million customers as " + format + " on Postgres", Unit: "rows/s", Value: speed, Target: atLeast(leastCustomers)},
			row{Name: "heap beside that of before, meanwhile, customers as " + format, Unit: "MiB", Value: peak, Target: atMost(mostHeap(format))},
		)
	}
	return rows, nil
}

// mostHeap is what a format may take.
func mostHeap(format string) float64 {
	if format == table.XLSX {
		return mostWorkbookMiB
	}
	return mostWrittenMiB
}

// exportOften is the median of some rounds, of which the first finds no page in memory, and does not count.
func (b *bench) exportOften(ctx context.Context, store storage.Store, what storage.Exported, format string) (speed, peak float64, err error) {
	var speeds, peaks []float64
	for round := range b.Rounds + 1 {
		if speed, peak, err = exportOnce(ctx, store, what, format); err != nil {
			return 0, 0, err
		}
		if round > 0 {
			speeds, peaks = append(speeds, speed), append(peaks, peak)
		}
	}
	return median(speeds), median(peaks), nil
}

// exportOnce writes rows to nowhere.
func exportOnce(ctx context.Context, store storage.Store, what storage.Exported, format string) (speed, peak float64, err error) {
	runtime.GC()
	before := heap()
	done := make(chan struct{})
	var most uint64
	var sampling sync.WaitGroup
	sampling.Go(func() {
		tick := time.NewTicker(heapEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				most = max(most, heap())
			}
		}
	})
	began, n := time.Now(), 0
	to, err := table.Create(io.Discard, format, what.Columns(), report.Inert)
	if err == nil {
		err = store.Export(ctx, what, storage.ExportFilter{}, func(values []any) error { n++; return to.Row(values) })
		if err != nil {
			to.Drop()
		} else {
			err = to.Close()
		}
	}
	took := time.Since(began)
	close(done)
	sampling.Wait()
	if err == nil && n != exportedRows {
		err = fmt.Errorf("%d rows were handed out", n)
	}
	return float64(n) / took.Seconds(), (float64(most) - float64(before)) / (1 << 20), err
}

// heap is how much of it is in use, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// fillExported puts the rows there: nothing but the columns that are handed out matters.
func (b *bench) fillExported(ctx context.Context, buckets int) error {
	db, err := sql.Open("postgres", b.postgres.DSN("exported"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, fmt.Sprintf(`
INSERT INTO answers (bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at, flow, version,
	site, service, staff, language, channel, day)
SELECT n %% %d, md5((n / 5)::text), 'q' || n %% 5, 1, TRUE, 'scale', 1 + n %% 5, '', '', 25 * (n %% 5), 1 + n %% 7, 'satisfied', FALSE, FALSE, FALSE, now(),
	'post_service_3', 1, 'site-' || n %% 10, 'Haircut', 'Bo', 'en', 'telegram', '2026-03-05'
FROM generate_series(1, %d) AS n`, buckets, exportedRows))
	if err != nil {
		return err
	}
	if err == nil {
		err = fillCustomers(ctx, db, buckets)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "VACUUM ANALYZE")
	}
	return err
}

// fillCustomers puts as many customers there, each with a chat account, a class and a conversation at one of ten sites.
func fillCustomers(ctx context.Context, db *sql.DB, buckets int) error {
	for _, text := range []string{
		`INSERT INTO customers (id, name, tier, created) SELECT 'c-' || n, '', 'MGC', now() FROM generate_series(1, %[2]d) AS n`,
		`INSERT INTO customer_tiers (customer, at, tier, told) SELECT 'c-' || n, now(), 'MGC', '' FROM generate_series(1, %[2]d) AS n`,
		`INSERT INTO identities (bucket, id, session, platform, account, person, customer, body)
SELECT n %% %[1]d, md5(n::text), '', 'telegram', '42', n::text, 'c-' || n, '{"Stopped":"0001-01-01T00:00:00Z","Blocked":"0001-01-01T00:00:00Z"}'
FROM generate_series(1, %[2]d) AS n`,
		`INSERT INTO sessions (bucket, id, identity, flow, version, status, site, customer, invitation, case_id, started_at, level, unsatisfied, test, body)
SELECT n %% %[1]d, md5('s' || n), md5(n::text), 'post_service_3', 1, 'completed', 'site-' || n %% 10, 'c-' || n, '', '', now(), 5, FALSE, FALSE, '{}'
FROM generate_series(1, %[2]d) AS n`,
		`INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, level, flag, unsatisfied,
	has_case, test)
SELECT n %% %[1]d, md5('s' || n), 'post_service_3', 1, 'transactional', 'site-' || n %% 10, 'Haircut', 'Bo', 'en', 'telegram', '2026-03-05', 'completed', 3, 5,
	'satisfied', FALSE, FALSE, FALSE
FROM generate_series(1, %[2]d) AS n`,
	} {
		if _, err := db.ExecContext(ctx, fmt.Sprintf(text, buckets, exportedRows)); err != nil {
			return err
		}
	}
	return nil
}
