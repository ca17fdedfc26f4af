package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

var importedRows = regexp.MustCompile(`Rows: (\d+)\. New: (\d+)\. Known before: (\d+)\.`)

// importKilled imports a sheet, is killed with -9 when half of its time is over, and imports it again:
// every row is a service once, and the second run stores only what the first did not.
func importKilled(ctx context.Context, b *bench, file string, run func() *exec.Cmd, whole time.Duration) (row, error) {
	r := row{Name: fmt.Sprintf("%d rows imported again after kill -9 in the middle: services lost or stored twice", b.Imported), Target: atMost(0)}
	cmd := run()
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		return r, err
	}
	select {
	case <-time.After(whole / 2):
	case <-ctx.Done():
	}
	_ = cmd.Process.Kill()
	if err := cmd.Wait(); err == nil {
		return r, errors.New("the import was over before it was killed: give it more rows")
	}
	again := run()
	out.Reset()
	again.Stdout, again.Stderr = &out, &out
	began := time.Now()
	held, err := runAndWeigh(again)
	if err != nil {
		return r, fmt.Errorf("import again: %w\n%s", err, out.String())
	}
	said := importedRows.FindSubmatch(out.Bytes())
	if said == nil {
		return r, fmt.Errorf("import again: it does not say how many rows\n%s", out.String())
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(string(said[i+1]))
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return r, err
	}
	defer db.Close()
	stored := 0
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM events").Scan(&stored); err != nil {
		return r, err
	}
	r.Value = float64(abs(stored-b.Imported) + abs(n[0]-b.Imported) + abs(n[1]+n[2]-b.Imported))
	r.Parts = map[string]float64{"stored before it was killed": float64(n[2]), "seconds of the second run": time.Since(began).Seconds(), "MiB of the second run": held}
	if n[1] == 0 || n[2] == 0 {
		return r, fmt.Errorf("it was killed too early or too late: %s", said[0])
	}
	return r, nil
}
