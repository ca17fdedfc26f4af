package main

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// While Telegram does not answer, an orderly stop waits for what is being sent. A second
// signal does not wait for anything.
func TestASecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	tg := telegramtest.New(t)
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db", "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL})
	p := m.serve()
	connected(tg, settings.Poll)
	tg.Inject(telegramtest.Fault{Method: "sendMessage", Times: -1, Hang: true})
	tg.NewUser("Ann Lee", "en").Send("/help")
	tg.WaitRequests("sendMessage", 1)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); !strings.Contains(p.log.String(), "a second signal stops at once"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the first signal is not heard:\n%s", p.log)
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.done
	exit, ok := errors.AsType[*exec.ExitError](p.err)
	if !ok || !exit.Sys().(syscall.WaitStatus).Signaled() {
		t.Errorf("it did not stop at once, but with %v (%t):\n%s", p.err, ok, p.log)
	}
}
