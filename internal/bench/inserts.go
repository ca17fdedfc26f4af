package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	_ "github.com/lib/pq" // the driver that the program itself uses
)

// inserts is the limit that Postgres itself sets on this machine: one small row, one
// commit.
type inserts struct {
	url    string
	script string
	binary string
}

func (b *bench) newInserts(ctx context.Context, name string) (*inserts, error) {
	url, err := b.database(name)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", url)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE probe (id bigint PRIMARY KEY, body text NOT NULL)"); err != nil {
		return nil, err
	}
	script := filepath.Join(b.dir, "insert.sql")
	text := "\\set id random(1, 9000000000000000)\nINSERT INTO probe (id, body) VALUES (:id, 'an answer of about sixty characters, as a row of ours has it') ON CONFLICT DO NOTHING;\n"
	if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return &inserts{url: url, script: script, binary: filepath.Join(b.postgres.Bin(), "pgbench")}, nil
}

var tpsLine = regexp.MustCompile(`tps = ([0-9.]+)`)

// pgbenchSeconds is how long pgbench runs.
const pgbenchSeconds = 2

// pgbench returns commits a second of eight clients.
func (i *inserts) pgbench(ctx context.Context) (float64, error) {
	out, err := exec.CommandContext(ctx, i.binary, "-n", "-c", "8", "-j", "2", "-T", strconv.Itoa(pgbenchSeconds), "-M", "prepared", "-f", i.script, i.url).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, strings.TrimSpace(string(out)))
	}
	m := tpsLine.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("pgbench told no rate: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}
