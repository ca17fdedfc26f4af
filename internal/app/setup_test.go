package app

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/aftercare/aftercare/internal/app/settings"
)

// TestTheLinkToSetUpIsSaidOnceItsPageAnswers: whoever opens it as soon as it is read finds
// the page, however long the rest of the start takes.
func TestTheLinkToSetUpIsSaidOnceItsPageAnswers(t *testing.T) {
	codes := make(chan string, 1)
	a := New(Config{Settings: settings.Settings{
		DatabaseURL: settings.Secret("sqlite:" + filepath.Join(t.TempDir(), "a.db")), Listen: "127.0.0.1:0",
	}})
	a.Say = func(words string) {
		path := regexp.MustCompile(`/setup/\S+`).FindString(words)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		r, err := client.Get("http://" + a.Address().String() + path)
		if err != nil {
			codes <- err.Error()
			return
		}
		_ = r.Body.Close()
		codes <- strconv.Itoa(r.StatusCode)
	}
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatalf("it does not start: %v", err)
	}
	select {
	case code := <-codes:
		if code != "200" {
			t.Errorf("the page of the link: %s", code)
		}
	case <-time.After(longest):
		t.Error("no link is said")
	}
}
