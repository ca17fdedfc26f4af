package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// canaries are words that may be in the database and in the chats, but in no log and in
// no column that holds errors: what customers say and are called, and what is secret.
type canaries map[string]string

// sing returns a word of this kind that nothing else contains.
func (c canaries) sing(kind string) string {
	c[kind] = "zilpzalp" + strings.ReplaceAll(kind, " ", "") + "zilpzalp"
	return c[kind]
}

// heard reports the canaries in a text.
func (c canaries) heard(t *testing.T, where, text string) {
	t.Helper()
	for kind, word := range c {
		if at := strings.Index(text, word); at >= 0 {
			t.Errorf("%s holds the %s: …%.200s", where, kind, text[max(0, at-100):])
		}
	}
}

// A conversation with everything that can go wrong, logged as loudly as possible.
func TestNoSecretAndNobodysWordsReachALog(t *testing.T) {
	t.Parallel()
	for i, db := range databases {
		mode := []string{settings.Poll, settings.Webhook}[i%2]
		t.Run(db.name+"/"+mode, func(t *testing.T) {
			t.Parallel()
			logLoudly(t, db.url(t), mode)
		})
	}
}

func logLoudly(t *testing.T, database, mode string) {
	c := canaries{}
	tg := telegramtest.New(t)
	c["token"] = tg.Token
	staff := tg.NewSupergroup("Staff")
	ann := tg.NewUser(c.sing("name"), "en")
	key, hook := c.sing("secret key")+strings.Repeat("k", settings.MinKey), c.sing("webhook secret")
	m := newMachine(t, map[string]string{
		"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": mode,
		"TELEGRAM_STAFF_CHAT": staff.Address(), "SECRET_KEY": key, "TELEGRAM_WEBHOOK_SECRET": hook, "LOG_LEVEL": "debug",
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main-street", "--name", "Main Street")
	server := m.serve()
	connected(tg, mode)
	link := m.invite("--flow", "post_service_3", "--site", "main-street", "--event", "service_name="+c.sing("service"))
	c["invitation"] = link.Token

	// Telegram stumbles in every way, quoting what it was sent.
	quoting := "Bad Request: can't parse entities: unsupported start tag \"" + c.sing("quoted words") + "\""
	for _, f := range []telegramtest.Fault{
		{Code: 500}, {HTML: 502}, {Reset: true}, {Code: 429, RetryAfter: 1}, {Truncated: true},
	} {
		f.Method = "sendMessage"
		tg.Inject(f)
	}
	ann.Start(link.Token)
	ann.Send(c.sing("words before"))
	first := ann.Chat().WaitText("Overall, how satisfied")
	tg.Inject(telegramtest.Fault{Method: "sendMessage", Chat: staff.ID, Times: 3, Code: 400, Description: quoting})
	pickOption(ann, first, 0).Answer()
	pickOption(ann, openQuestion(ann, 2), 1)
	pickOption(ann, openQuestion(ann, 3), 1)
	ann.Chat().WaitText("What went wrong")
	id := ann.Send(c.sing("answer"))
	ann.Chat().WaitText("May someone from our team contact you")
	ann.Edit(ann.Chat(), id, c.sing("edited words"))
	ann.Send(strings.Repeat(c.sing("too many words")+" ", 400))
	ann.Chat().WaitText("too long")
	ann.Press(ann.Chat(), first.ID, c.sing("forged data"))
	staff.WaitText(c["answer"])

	// The web chat, and callers that are nobody.
	browser := newVisitor(t, "http://"+m.address)
	web := m.invite("--flow", "one_tap_csat", "--channel", "web")
	c["web invitation"] = web.Token
	page := browser.post("/chat/"+web.Token, "start", "1")
	browser.post("/chat/"+web.Token, "data", pickFrom(t, page, 0))
	browser.post("/chat/"+web.Token, "text", c.sing("words on the web"))
	for path, body := range map[string]string{
		"/chat/" + c.sing("guessed link"): "text=" + c.sing("words of nobody"),
		"/hooks/telegram":                 `{"message": {"text": "` + c.sing("garbage") + `"`,
	} {
		request, err := http.NewRequest(http.MethodPost, "http://"+m.address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", hook)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode < 400 {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}

	// The staff's chat is lost while the card changes; then the process is killed.
	staff.Refuse(403, "Forbidden: bot was kicked from the supergroup chat \""+c["quoted words"]+"\"")
	ann.Send("/cancel")
	for deadline := time.Now().Add(patience); !strings.Contains(errorsIn(t, database), "kicked"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the database does not say why the card was given up: %q", errorsIn(t, database))
		}
	}
	_, metrics := get(t, "http://"+m.address+"/metrics")
	server.kill()
	loud := server.log.String()
	server = m.serve()
	server.stop()
	loud += server.log.String()

	if !strings.Contains(loud, "level=DEBUG") && !strings.Contains(loud, "level=WARN") {
		t.Errorf("the log says nothing:\n%s", loud)
	}
	c.heard(t, "the log", loud)
	c.heard(t, "/metrics", metrics)
	c.heard(t, "doctor and outbox list", m.must("outbox", "list")+m.must("site", "list")+m.must("survey", "list"))
	c.heard(t, "a column of errors", errorsIn(t, database))
	if words := columns(t, database, "SELECT body FROM sessions"); !strings.Contains(words, c["answer"]) {
		t.Error("the canaries were not even stored: this test hears nothing")
	}
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d canaries in %d bytes of logs, in metrics, lists and columns of errors: none heard", len(c), len(loud)))
	}
}

// errorsIn is what the columns of errors hold.
func errorsIn(t *testing.T, database string) string {
	return columns(t, database, "SELECT error FROM deliveries UNION ALL SELECT error FROM parked")
}

// columns reads a query's one column.
func columns(t *testing.T, database, query string) string {
	t.Helper()
	driver, source := "postgres", database
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, source = "sqlite", path
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all.WriteString(text + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
