package app

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// Two programs that poll with one token take updates from each other: the server that is
// refused again and again says so where anybody may ask.
func TestAServerSaysThatAnotherProgramTakesItsUpdates(t *testing.T) {
	t.Parallel()
	tg := telegramtest.New(t)
	r := start(t, settings.Settings{Token: settings.Secret(tg.Token), API: tg.URL, Mode: settings.Poll})
	if _, body := fetch(t, r.base+"/readyz"); strings.Contains(body, NoteRival) {
		t.Fatalf("while nobody else polls: %q", body)
	}
	over := make(chan struct{})
	var other sync.WaitGroup
	other.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
			}
			response, err := http.PostForm(tg.URL+"/bot"+tg.Token+"/getUpdates", url.Values{"timeout": {"1"}, "offset": {"0"}})
			if err == nil {
				_ = response.Body.Close()
			}
		}
	})
	defer other.Wait()
	defer close(over)
	for deadline := time.Now().Add(longest); ; time.Sleep(20 * time.Millisecond) {
		status, body := fetch(t, r.base+"/readyz")
		if strings.Contains(body, "telegram: "+NoteRival+"\n") {
			if status != http.StatusOK {
				t.Errorf("it makes the server unready: %d %q", status, body)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for a word about the other program: %q", longest, body)
		}
	}
}
