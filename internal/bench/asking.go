package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// askingCosts measures what comes in of services, and who is looked for that is to be asked.
func askingCosts(ctx context.Context, b *bench) ([]row, error) {
	var rows []row
	for _, measure := range []func(context.Context, *bench) ([]row, error){eventsInOneCall, picking, importing} {
		some, err := measure(ctx, b)
		if err != nil {
			return rows, err
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

// eventsAtOnce is how many the API takes in one call.
const eventsAtOnce = 1000

// eventsInOneCall tells a thousand services through the door of the API, each of a customer of
// its own, and has the triggers look at them.
func eventsInOneCall(ctx context.Context, b *bench) (rows []row, err error) {
	store, err := b.openPostgres(ctx, "events")
	if err != nil {
		return nil, err
	}
	w, err := b.newWorld(ctx, store)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	now := time.Now().UTC()
	site := storage.Site{ID: "main", Name: "Main Street", Zone: "Europe/Berlin", Language: "en", Created: now}
	if err := store.PutSite(ctx, site); err != nil {
		return nil, err
	}
	if _, _, err := store.PublishTriggers(ctx, "triggers:\n  - {name: visit, ask: "+flowName+", after: 1h}\n", now); err != nil {
		return nil, err
	}
	if err := w.bot.Configuration().Refresh(ctx); err != nil {
		return nil, err
	}
	asks := asking.New(asking.Config{Store: store, Bot: w.bot})
	door := api.NewDoor(api.Config{Store: store, Bot: w.bot, Asking: asks})
	var stored, planned []float64
	for round := range b.Rounds + 1 { // the first finds no page in memory, and does not count
		var bodies []json.RawMessage
		var names []string
		for i := range eventsAtOnce {
			id := fmt.Sprintf("%d-%d", round, i)
			bodies = append(bodies, json.RawMessage(fmt.Sprintf(
				`{"source":"till","id":%q,"site":"main","service":"haircut","ended":%q,"staff":"maya","customer":{"id":"C-%s","first_name":"Anna","language":"en"}}`,
				id, time.Now().UTC().Format(time.RFC3339), id)))
			names = append(names, "till:"+id)
		}
		began := time.Now()
		out, err := door.Tell(ctx, bodies, false)
		if err != nil {
			return nil, err
		}
		for i := range out {
			if out[i].Result != api.Created {
				return nil, fmt.Errorf("an event is %s: %+v", out[i].Result, out[i].Faults)
			}
		}
		stored = append(stored, milliseconds(time.Since(began)))
		if _, err := asks.Told(ctx, names); err != nil {
			return nil, err
		}
		planned = append(planned, milliseconds(time.Since(began)))
	}
	return []row{{
		Name: "1,000 events in one call on Postgres, planned and foretold", Unit: "ms", Target: atMost(1000),
		Value: median(planned[1:]), Parts: map[string]float64{"stored alone": median(stored[1:])},
	}}, nil
}

// scheduled is among how many who are to be asked those are found who are due.
const scheduled = 1_000_000

// picking looks for who is due among very many who are not.
func picking(ctx context.Context, b *bench) (rows []row, err error) {
	store, err := b.openPostgres(ctx, "scheduled")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	db, err := sql.Open("postgres", b.postgres.DSN("scheduled"))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, fmt.Sprintf(`
INSERT INTO asks (bucket, id, customer, event, cause, flow, class, site, state, reason, invitation, test, made, due, sent, body)
SELECT n %% %d, md5(n::text), 'C-' || n, 'till:' || n, 'visit', 'f', 'transactional', 'main', 'scheduled', '', '', FALSE, now(),
	CASE WHEN n %% 200 = 0 THEN now() - interval '1 minute' ELSE now() + n * interval '1 second' + interval '1 hour' END, NULL, '{}'
FROM generate_series(1, %d) AS n`, store.Buckets(), scheduled))
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "VACUUM ANALYZE asks"); err != nil {
		return nil, err
	}
	var took []float64
	found := 0
	for round := range 10 * b.Rounds {
		for bucket := range storage.Bucket(store.Buckets()) {
			began := time.Now()
			due, err := store.AsksDue(ctx, bucket, time.Now(), 200)
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first finds no page in memory
				took = append(took, milliseconds(time.Since(began)))
			}
			found += len(due)
		}
	}
	if found == 0 {
		return nil, errors.New("nobody is due")
	}
	return []row{{
		Name: "who is due among 1,000,000 scheduled: one bucket, up to 200", Unit: "ms", Target: atMost(10),
		Value: median(took), Parts: map[string]float64{"p99": percentile(took, 99)},
	}}, nil
}

// importing imports a sheet by the real program, and tells how much memory it held at most.
func importing(ctx context.Context, b *bench) ([]row, error) {
	p, _, err := b.build(ctx)
	if err != nil {
		return nil, err
	}
	sheet := filepath.Join(b.dir, "visits.csv")
	if err := writeSheet(sheet, b.Imported); err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, "import.db")
	command := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, p.binary, args...)
		cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "DATABASE_URL=sqlite:"+file, "PUBLIC_URL=http://127.0.0.1")
		return cmd
	}
	anew := func() error {
		for _, args := range [][]string{{"migrate"}, {"site", "add", "main", "--name", "Main Street"}} {
			if out, err := command(args...).CombinedOutput(); err != nil {
				return fmt.Errorf("%v: %w\n%s", args, err, out)
			}
		}
		return nil
	}
	if err := anew(); err != nil {
		return nil, err
	}
	var most float64
	var whole time.Duration
	parts := map[string]float64{}
	for _, how := range []struct {
		name string
		args []string
	}{{"looking, MiB", nil}, {"importing, MiB", []string{"--yes"}}} {
		cmd := command(append([]string{"import", sheet, "--site", "main", "--consent", "contract", "--ask", "one_tap_csat"}, how.args...)...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		began := time.Now()
		held, err := runAndWeigh(cmd)
		if err != nil {
			return nil, fmt.Errorf("import: %w\n%s", err, out.String())
		}
		if want := "New: " + strconv.Itoa(b.Imported) + "."; !bytes.Contains(out.Bytes(), []byte(want)) {
			return nil, fmt.Errorf("import: not %q\n%s", want, out.String())
		}
		most, whole = max(most, held), time.Since(began)
		parts[how.name] = held
		parts["rows a second, "+how.name[:len(how.name)-5]] = float64(b.Imported) / whole.Seconds()
	}
	rows := []row{{
		Name: fmt.Sprintf("memory at most while %d rows are imported", b.Imported), Unit: "MiB", Target: atMost(200), Value: most, Parts: parts,
	}}
	file = filepath.Join(b.dir, "killed.db")
	if err := anew(); err != nil {
		return rows, err
	}
	killed, err := importKilled(ctx, b, file, func() *exec.Cmd {
		return command("import", sheet, "--site", "main", "--consent", "contract", "--ask", "one_tap_csat", "--yes")
	}, whole)
	if err != nil {
		return rows, err
	}
	return append(rows, killed), nil
}

// runAndWeigh runs a command and returns how much memory it held at most, in MiB. What wait4 says of
// that begins with what this process held when it forked, so the kernel's own mark of the new program
// is read as long as it runs.
func runAndWeigh(cmd *exec.Cmd) (most float64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if kib, err := highWater(cmd.Process.Pid); err == nil {
			most = max(most, kib/1024)
		}
		select {
		case err := <-done:
			if err == nil && most == 0 {
				err = errors.New("its memory could not be read")
			}
			return most, err
		case <-look.C:
		}
	}
}

// highWater is the most memory that a process has held so far, in KiB (VmHWM of proc(5)).
func highWater(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strconv.ParseFloat(strings.Fields(rest)[0], 64)
		}
	}
	return 0, errors.New("no VmHWM")
}

// writeSheet writes services, each of a customer of its own.
func writeSheet(path string, rows int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	_, _ = w.WriteString("Kundennr;Vorname;Ende;Leistung;Telefon;Bemerkung\n")
	day := time.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02")
	for i := range rows {
		_, _ = fmt.Fprintf(w, "C-%d;Anna;%s %02d:%02d;Haarschnitt;+49 30 %07d;kam etwas zu spät\n", i, day, i/60%24, i%60, i)
	}
	return w.Flush()
}
