package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/aftercare/aftercare/storage"
)

// filling is what a database is filled with: so many answers, in sessions of as many as there are
// questions, one a second, with what their chats showed, the rows that reports read, and the keys that
// taps leave behind. Nobody reads the bodies: they have the size that real ones have.
type filling struct{ answers int }

// filled is a store with n answers, one session a second, the newest a second ago.
func (b *bench) filled(ctx context.Context, name string, n int) (storage.Store, error) {
	store, err := b.openPostgres(ctx, name)
	if err != nil {
		return nil, err
	}
	return store, b.fillIn(ctx, name, store.Buckets(), filling{answers: n})
}

// fillIn fills a database that is there.
func (b *bench) fillIn(ctx context.Context, name string, buckets int, f filling) error {
	began := time.Now()
	db, err := sql.Open("postgres", b.postgres.DSN(name))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := b.hastily(ctx, db, []string{"identities", "sessions", "read_sessions", "answers", "talks"}, func() error { return f.fill(ctx, db, buckets) }); err != nil {
		return fmt.Errorf("fill %s: %w", name, err)
	}
	fmt.Fprintf(os.Stderr, "filled in %d answers in %s\n", f.answers, time.Since(began).Round(time.Second))
	return nil
}

// hastily has f fill tables of a database as fast as may be: nothing need survive a crash, and indexes
// that no key needs are built at the end. After it everything is as it was, and on the disk.
func (b *bench) hastily(ctx context.Context, db *sql.DB, tables []string, f func() error) (err error) {
	settings := []string{"fsync = off", "full_page_writes = off", "max_wal_size = '2GB'", "checkpoint_timeout = '1h'", "autovacuum = off"}
	for _, set := range settings {
		if _, err := db.ExecContext(ctx, "ALTER SYSTEM SET "+set); err != nil {
			return err
		}
	}
	defer func() {
		_, reset := db.ExecContext(ctx, "ALTER SYSTEM RESET ALL")
		_, reload := db.ExecContext(ctx, "SELECT pg_reload_conf()")
		_, checkpoint := db.ExecContext(ctx, "CHECKPOINT")
		err = errors.Join(err, reset, reload, checkpoint, exec.CommandContext(ctx, "sync", "-f", b.postgres.Data()).Run())
	}()
	if _, err := db.ExecContext(ctx, "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	build, err := withoutIndexes(ctx, db, tables)
	if err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	began := time.Now()
	for _, text := range append(build, "VACUUM (ANALYZE)") {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	step(fmt.Sprintf("%d indexes, and statistics", len(build)-1), began)
	return nil
}

// withoutIndexes drops the indexes of the tables that are filled, those of keys aside, and returns what
// builds them again.
func withoutIndexes(ctx context.Context, db *sql.DB, tables []string) (build []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT i.indexname, i.indexdef FROM pg_indexes i
		WHERE i.schemaname = current_schema() AND i.tablename = ANY ($1)
		AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)`, pq.Array(tables))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	build = []string{"SET maintenance_work_mem = '512MB'"}
	var names []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		names, build = append(names, name), append(build, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	if len(names) > 0 {
		_, err = db.ExecContext(ctx, "DROP INDEX "+strings.Join(names, ", "))
	}
	return build, err
}

// identityID is the id of the person of session s, in SQL. People's ids come in no order.
const identityID = "md5('p' || s)::uuid::text"

// sessionID is the id of session s, in SQL: it begins with its time, and goes on in no order.
const sessionID = "(lpad(to_hex(1790000000000 - s::bigint * 1000), 12, '0') || substr(md5(s::text), 13))::uuid::text"

func (f filling) fill(ctx context.Context, db *sql.DB, buckets int) error {
	id, who := sessionID, identityID
	chat := "(5000000000 + s)::text" // nobody's who is measured
	at := "now() - s * interval '1 second'"
	day := "to_char(" + at + ", 'YYYY-MM-DD')"
	bucket := fmt.Sprintf("mod(s, %d)::smallint", buckets)
	asked := fmt.Sprintf("generate_series(0, %d) q", questions-1)
	oldest := "generate_series($1::int, 1, -1) s" // the oldest first, as time brings them
	for _, text := range []string{
		"SET synchronous_commit = off",
		"SET session_replication_role = replica", // what refers to what is known
		"INSERT INTO identities (bucket, id, session, platform, account, person, customer, body) SELECT " + bucket + ", " + who + ", " + id +
			", 'telegram', '4242', " + chat + ", '', repeat('x', 450) FROM " + oldest,
		"INSERT INTO sessions (bucket, id, identity, flow, version, status, site, customer, invitation, case_id, started_at, ended_at, expires_at," +
			" composite, level, unsatisfied, test, body) SELECT " + bucket + ", " + id + ", " + who + ", 'bench', 1, 'completed', '', " + who +
			", '', '', " + at + ", " + at + ", NULL, 75, 6, false, false, repeat('x', 1100) FROM " + oldest,
		"INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level," +
			" flag, unsatisfied, has_case, test) SELECT " + bucket + ", " + id + ", 'bench', 1, 'transactional', '', 'haircut', '', 'en', 'telegram', " + day +
			", 'completed', 5, 75, 6, 'fine', false, false, false FROM " + oldest,
		"INSERT INTO answers (bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at," +
			" flow, version, site, service, staff, language, channel, day) SELECT " + bucket + ", " + id +
			", 'q' || q, 1, true, 'scale', 4, '', '', 75, 6, 'fine', false, false, false, " + at + "," +
			" 'bench', 1, '', 'haircut', '', 'en', 'telegram', " + day + " FROM " + oldest + ", " + asked,
		"INSERT INTO keyblocks (bucket, id, at, bits) SELECT " + bucket +
			", 'tg:4242:' || lpad((1000000 + s)::text, 16, '0'), now(), decode(repeat('ff', 512), 'hex') FROM generate_series(0, $1::int / 800) s",
		// What their chats showed. Nobody reads these bodies: they have the size that packed ones have.
		"INSERT INTO talks (bucket, id, identity, platform, account, chat, thread, started, settled, body, packed) SELECT " + bucket + ", " + id + ", " + who +
			", 'telegram', '4242', " + chat + ", '', " + at + ", " + at + ", '', decode(repeat('a5', 1100), 'hex')" +
			" FROM " + oldest,
		"INSERT INTO cell_marks (bucket, day, site, flow, seq) SELECT DISTINCT bucket, day, site, flow, 0 FROM read_sessions WHERE length(day) = 10",
		"UPDATE buckets SET answers = answers + $1::int / (SELECT count(*) FROM buckets)",
	} {
		args := []any{}
		switch text[0] {
		case 'I':
			if !strings.Contains(text, "$1") {
				break
			}
			args = append(args, f.answers/questions)
		case 'U':
			args = append(args, f.answers)
		}
		if _, err := db.ExecContext(ctx, text, args...); err != nil {
			return fmt.Errorf("%.60s…: %w", text, err)
		}
	}
	return nil
}
