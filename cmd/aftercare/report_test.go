package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// A customer gives ten answers. Seconds later each is a row, beside one of the conversation; they are
// compared, spoiled and made anew while the server runs.
func TestTenAnswersAreTenRows(t *testing.T) {
	for i, db := range databases {
		mode := []string{settings.Poll, settings.Webhook}[i%2]
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			tenAnswers(t, db.url(t), mode)
		})
	}
}

func tenAnswers(t *testing.T, database, mode string) {
	tg := telegramtest.New(t)
	ann := tg.NewUser("Ann Lee", "en")
	m := newMachine(t, map[string]string{
		"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": mode,
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	var flow strings.Builder
	flow.WriteString("flow: ten\nclass: transactional\ntitle: {en: Ten}\nlanguages: [en]\nquestions:\n")
	for q := range 10 {
		fmt.Fprintf(&flow, "  - key: q%d\n    scale: csat5\n    weight: 1\n    ask: {en: \"How was part %d?\"}\n", q, q)
		if q == 0 {
			flow.WriteString("    primary: true\n")
		}
	}
	write(t, filepath.Join(m.dir, "ten.yaml"), flow.String())
	m.must("survey", "apply", "ten.yaml")
	m.must("site", "add", "main", "--name", "Main", "--zone", "Pacific/Kiritimati")
	server := m.serve()
	connected(tg, mode)
	ann.Start(m.invite("--flow", "ten", "--site", "main", "--event", "service_name=haircut", "--event", "agent_name=Bo", "--event", "date=2026-03-05").Token)
	for q := range 10 {
		pickOption(ann, ann.Chat().WaitText(fmt.Sprintf("How was part %d?", q)), 4)
	}
	number := func(text string) string { return strings.TrimSpace(columns(t, database, text)) }
	const counted = "SELECT count(*) FROM v_answers WHERE newest AND score = 100 AND flag <> '' AND site = 'main' AND service = 'haircut' AND staff = 'Bo'" +
		" AND flow = 'ten' AND language = 'en' AND channel = 'telegram' AND CAST(day AS text) LIKE '2026-03-05%'"
	eventually(t, "ten rows", func() bool {
		return number(counted) == "10" && number("SELECT count(*) FROM v_sessions WHERE status = 'completed' AND answered = 10") == "1"
	})
	if n := number("SELECT count(*) FROM answers"); n != "10" {
		t.Errorf("%s rows", n)
	}
	if n := number("SELECT count(*) FROM sessions") + number("SELECT count(*) FROM talks"); n != "11" {
		t.Errorf("%s rows hold the conversation, and what it shows; want 1 and 1", n)
	}
	eventually(t, "an empty queue, since all is sent", func() bool {
		return number("SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM underway)") == "0"
	})
	id := number("SELECT id FROM sessions")
	var stored []storage.Record
	if err := json.Unmarshal([]byte(m.must("record", "show", id)), &stored); err != nil || len(stored) != 2 {
		t.Errorf("record show prints %d records, %v", len(stored), err)
	} else if q := strings.Count(string(stored[0].Body), `"q": "q`); stored[1].Format != "2" || q < 10 || !strings.Contains(string(stored[1].Body), "How was part 9?") {
		t.Errorf("record show prints %d answers, and %s", q, stored[1].Body)
	}
	if code, _, stderr := m.run("record", "show", "nobody"); code != 1 || !strings.Contains(stderr, "nothing is stored under") {
		t.Errorf("an id that nothing has: %d, %s", code, stderr)
	}
	if n := number("SELECT count(*) FROM read_sessions"); n != "1" {
		t.Errorf("%s rows of conversations", n)
	}
	await(t, "http://"+m.address+"/metrics", func(_ int, body string) bool {
		return strings.Contains(body, "aftercare_read_model_lag_seconds 0\n") && strings.Contains(body, "aftercare_read_model_rebuilding 0\n")
	})

	verified := func(want int) (v comparedView) {
		t.Helper()
		code, out, _ := m.run("report", "verify", "--json")
		if err := json.Unmarshal([]byte(out), &v); err != nil || code != want {
			t.Fatalf("exit code %d, want %d, and %v: %s", code, want, err, out)
		}
		return v
	}
	if v := verified(0); !v.Equal || v.Conversations != 1 || v.Answers != 10 {
		t.Errorf("%+v", v)
	}
	eventually(t, "sums of the day", func() bool { return number("SELECT count(*) FROM cell_marks WHERE length(day) = 10") == "0" })
	behind(t, database, "UPDATE answers SET value = 1 WHERE question = 'q3'")
	behind(t, database, "DELETE FROM answers WHERE question = 'q4'")
	behind(t, database, "INSERT INTO cell_months (bucket, dim, site, month, flow, key, customers, most, pairs) VALUES (0, '', 'nowhere', '2026-03', 'none', '', 1, 1, '')")
	if v := verified(1); v.SumsDifferent != 2 || v.Months == 0 {
		t.Errorf("a sum of nothing, and a score that is gone: %+v", v)
	}
	behind(t, database, "DELETE FROM cell_months WHERE site = 'nowhere'")
	if v := verified(1); v.Equal || v.Missing != 1 || v.Different != 1 || v.First == "" {
		t.Errorf("%+v", v)
	}
	if code, out, stderr := m.run("report", "verify"); code != 1 || !strings.Contains(out, "1 rows are missing") || !strings.Contains(stderr, "report rebuild") {
		t.Errorf("exit code %d: %s%s", code, out, stderr)
	}
	if out := m.must("report", "rebuild"); !strings.Contains(out, "from 1 conversations") {
		t.Errorf("it says %s", out)
	}
	verified(0)
	if code, _, _ := m.run("report", "rebuild", "now"); code != 2 {
		t.Errorf("called wrongly it ends with %d", code)
	}
	if code, out, _ := m.run("report", "verify", "--help"); code != 0 || !strings.Contains(out, "--json") {
		t.Errorf("--help ends with %d and says %s", code, out)
	}
	server.stop()
	if out := m.must("report", "rebuild", "--json"); !strings.Contains(out, `"rows_changed": 0`) {
		t.Errorf("a rebuild of what is right changes rows: %s", out)
	}
}
