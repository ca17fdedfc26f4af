package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// While a server runs, its database is changed for a newer program. The server
// acknowledges nothing more, says why, and ends; the next one that fits goes on with what
// was refused.
func TestAServerThatTheDatabaseHasOutgrownAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	for i, db := range databases {
		mode := []string{settings.Poll, settings.Webhook}[i%2]
		t.Run(db.name+"/"+mode, func(t *testing.T) {
			t.Parallel()
			outgrow(t, db.url(t), mode)
		})
	}
}

func outgrow(t *testing.T, database, mode string) {
	tg := telegramtest.New(t)
	ann := tg.NewUser("Ann Lee", "en")
	m := newMachine(t, map[string]string{
		"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": mode,
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	server := m.serve()
	connected(tg, mode)
	ann.Start(m.invite("--flow", "post_service_3").Token)
	question := ann.Chat().WaitText("Overall, how satisfied")
	tg.WaitConfirmed()

	behind(t, database, "UPDATE buckets SET protocol = protocol + 1")
	pickOption(ann, question, 1)
	sentence := storage.ErrOutdated.Error()
	deadline := time.After(patience)
	for ended := false; !ended; {
		if response, err := http.Get("http://" + m.address + "/readyz"); err == nil {
			body, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusServiceUnavailable || len(body) > 0 && !strings.Contains(string(body), sentence) {
				t.Errorf("/readyz says %d %q", response.StatusCode, body)
			}
		}
		select {
		case <-server.done:
			ended = true
		case <-deadline:
			t.Fatal("the server goes on")
		case <-time.After(100 * time.Millisecond):
		}
	}
	if code := server.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(server.log.String(), sentence) {
		t.Errorf("it ends with exit code %d and\n%s", code, server.log)
	}
	if tg.Pending() == 0 {
		t.Error("the tap was acknowledged")
	}
	if n := columns(t, database, "SELECT sum(answers) FROM buckets"); strings.TrimSpace(n) != "0" {
		t.Errorf("%s answers are stored", n)
	}

	behind(t, database, "UPDATE buckets SET protocol = protocol - 1")
	server = m.serve()
	tg.WaitConfirmed()
	openQuestion(ann, 2)
	if n := columns(t, database, "SELECT sum(answers) FROM buckets"); strings.TrimSpace(n) != "1" {
		t.Errorf("%s answers are stored afterwards", n)
	}
	server.stop()
}
