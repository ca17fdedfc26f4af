package app

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/internal/app/settings"
)

// A backup that the pages ask for is whole, beside the database, and one at a time.
func TestAPageMakesABackupOnTheServer(t *testing.T) {
	r := startWith(t, settings.Settings{LogLevel: "info", LogFormat: "text"})
	b := r.backups()
	if b.State().Where == "" {
		t.Fatal("there is no place for it")
	}
	b.Begin()
	b.Begin()
	for end := time.Now().Add(time.Minute); b.State().Ended.IsZero(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not end")
		}
	}
	s := b.State()
	if s.Fault != "" || s.Running {
		t.Fatalf("%+v", s)
	}
	if _, err := CheckBackup(s.Dir); err != nil {
		t.Error(err)
	}
}
