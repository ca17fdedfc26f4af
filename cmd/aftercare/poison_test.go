package main

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// A customer's record is damaged, so that their answer cannot be handled. The platform is
// told that it arrived, others go on, and once the record is mended the operator has it
// handled: once.
func TestAPoisonousUpdateIsParkedAndMendedByTheOperator(t *testing.T) {
	t.Parallel()
	for i, db := range databases {
		mode := []string{settings.Poll, settings.Webhook}[i%2]
		t.Run(db.name+"/"+mode, func(t *testing.T) {
			t.Parallel()
			poison(t, db.url(t), mode)
		})
	}
}

func poison(t *testing.T, database, mode string) {
	tg := telegramtest.New(t)
	staff := tg.NewSupergroup("Staff")
	ann, bob := tg.NewUser("Ann Lee", "en"), tg.NewUser("Bob Ray", "en")
	m := newMachine(t, map[string]string{
		"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": mode,
		"TELEGRAM_STAFF_CHAT": staff.Address(),
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	server := m.serve()
	connected(tg, mode)
	question := func(u *telegramtest.User) telegramtest.Message {
		u.Start(m.invite("--flow", "one_tap_csat").Token)
		return u.Chat().WaitText("satisfied")
	}
	anns, bobs := question(ann), question(bob)
	session, _, _ := strings.Cut(strings.TrimPrefix(anns.Buttons[0][0].Data, "1p"), ".")
	id := sessionID(t, session)
	body := strings.TrimSpace(columns(t, database, "SELECT body FROM sessions WHERE id = '"+id+"'"))
	damage(t, database, id, "{")

	tap := time.Now()
	pickOption(ann, anns, 4)
	tg.WaitConfirmed() // the platform got its answer, and does not repeat it
	parked := time.Since(tap)
	ann.Send("/language") // it needs the same record
	next := time.Now()
	pickOption(bob, bobs, 4).Answer()
	followed := time.Since(next)
	tg.WaitConfirmed()

	if list := m.must("outbox", "list"); !strings.Contains(list, "2 updates parked.") || !strings.Contains(list, "decode session") {
		t.Fatalf("the operator sees:\n%s", list)
	}
	if code, _, stderr := m.run("outbox", "retry", "--all"); code != 1 || !strings.Contains(stderr, "2 of 2") {
		t.Errorf("a retry while the record is damaged: exit code %d: %s", code, stderr)
	}
	damage(t, database, id, body)
	if out := m.must("outbox", "retry", "--all"); !strings.Contains(out, "handled") {
		t.Errorf("the retry says:\n%s", out)
	}
	if out := m.must("outbox", "retry", "--all"); !strings.Contains(out, "Nothing is stuck") {
		t.Errorf("a second retry says:\n%s", out)
	}
	ann.Chat().WaitText("You answered") // the running server shows what the command stored
	ann.Chat().WaitText("language")
	if n := columns(t, database, `SELECT count(*) FROM sessions WHERE body LIKE '%"newest":[{%' AND id = '`+id+"'"); strings.TrimSpace(n) != "1" {
		t.Errorf("%s answers are stored", n)
	}
	server.stop()
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("parked, and the platform told so, after %v; the next customer's tap answered after %v", parked.Round(time.Millisecond), followed.Round(time.Millisecond)))
	}
}

// damage overwrites what is stored of a session, so that whoever remembers it reads it
// again.
func damage(t *testing.T, database, id, body string) {
	t.Helper()
	behind(t, database, "UPDATE sessions SET body = $1 WHERE id = $2", body, id)
	behind(t, database, "UPDATE buckets SET version = version + 1")
}

// behind changes a database behind the program's back. Something must change.
func behind(t *testing.T, database, text string, args ...any) {
	t.Helper()
	driver, source := "postgres", database
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, source = "sqlite", path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := db.ExecContext(t.Context(), text, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); err != nil || n < 1 {
		t.Fatalf("%d rows were changed, %v: %s", n, err, text)
	}
}
