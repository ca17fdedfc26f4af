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
	mostWrittenMiB  = 64      // of memory, while text is written
	mostWorkbookMiB = 120     // while a workbook is
	heapEvery       = 10 * time.Millisecond
)

// exporting measures how fast a million answers are handed out on Postgres in each format, and how much
// memory that takes beside what the program had before.
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
		var speeds, peaks []float64
		for round := range b.Rounds + 1 { // the first finds no page in memory, and does not count
			speed, peak, err := exportOnce(ctx, store, format)
			if err != nil {
				return rows, err
			}
			if round > 0 {
				speeds, peaks = append(speeds, speed), append(peaks, peak)
			}
		}
		most := atMost(mostWrittenMiB)
		if format == "xlsx" {
			most = atMost(mostWorkbookMiB)
		}
		rows = append(
			rows,
			row{Name: "a million answers as " + format + " on Postgres", Unit: "rows/s", Value: median(speeds), Target: atLeast(leastExported)},
			row{Name: "heap beside that of before, meanwhile, as " + format, Unit: "MiB", Value: median(peaks), Target: most},
		)
	}
	return rows, nil
}

// exportOnce writes the answers to nowhere.
func exportOnce(ctx context.Context, store storage.Store, format string) (speed, peak float64, err error) {
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
	to, err := table.Create(io.Discard, format, storage.ExportAnswers.Columns(), report.Inert)
	if err == nil {
		err = store.Export(ctx, storage.ExportAnswers, storage.ExportFilter{}, func(values []any) error { n++; return to.Row(values) })
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
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE answers")
	return err
}
