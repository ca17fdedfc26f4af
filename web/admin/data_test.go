package admin

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/privacy"
)

func init() {
	f := frame{Title: "Data", Here: "/settings"}
	days := form{Fields: []field{{Name: "words", Label: "Words", Hint: "Counted from the end.", Value: "365", Fault: "A whole number of days."}}}
	fixtures = append(fixtures,
		fixture{"data.html", "empty", f, dataPage{form: days, Backup: &backupView{}}},
		fixture{"data.html", "full", f, dataPage{form: days, Backup: &backupView{Where: "/var/backups", Dir: "/var/backups/x", About: "whole", Fault: "no room"}}},
		fixture{"data.html", "running", f, dataPage{form: days, Backup: &backupView{Where: "/var/backups", Running: true}}},
		fixture{"data.html", "asks", f, dataPage{Asks: []goes{{"Words", "Kept for 30 days. 12 are older."}}, Values: [][2]string{{"words", "30"}}}},
	)
}

// vault makes no backups; it remembers that it was asked to.
type vault struct{ begun int }

func (v *vault) Begin() { v.begun++ }
func (v *vault) State() BackupState {
	if v.begun == 0 {
		return BackupState{Where: "/var/backups"}
	}
	return BackupState{Where: "/var/backups", Dir: "/var/backups/new", Rows: 7, Bytes: 1, Ended: time.Unix(0, 0)}
}

// An owner sees what goes before it goes, and makes backups that stay on the server.
func TestAnOwnerKeepsAndForgetsData(t *testing.T) {
	w := newWorld(t)
	w.unhappy("main", "7", "Anna", "I waited.")
	w.clock.add(40 * 24 * time.Hour)
	owner := Viewer{Login: "l", SignIn: "o", Owner: true, Language: "en", Proved: w.clock.Now()}
	safe := &vault{}
	o := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now, Backups: safe})}
	if page := body(o.post("/settings/data/backup", nil)); safe.begun != 1 || !strings.Contains(page, "/var/backups/new") {
		t.Errorf("a backup: %d\n%s", safe.begun, page)
	}
	asks := body(o.post("/settings/data/retention", url.Values{"invitations": {"30"}, "messages": {"30"}}))
	if !strings.Contains(asks, "Kept for 30 days.") || !strings.Contains(asks, `name="seen"`) {
		t.Fatalf("what goes is not shown:\n%s", asks)
	}
	if days, _ := w.store.RetentionDays(t.Context()); len(days) > 0 {
		t.Fatal("it is set before it was seen")
	}
	if page := body(o.post("/settings/data/retention", url.Values{"invitations": {"0"}})); !strings.Contains(page, "A whole number of days") {
		t.Errorf("no days:\n%s", page)
	}
	if page := body(o.post("/settings/data/retention", url.Values{"invitations": {"30"}, "seen": {"1"}})); !strings.Contains(page, "Saved.") {
		t.Errorf("saved:\n%s", page)
	}
	if days, err := w.store.RetentionDays(t.Context()); err != nil || days[privacy.Invitations] != 30 {
		t.Errorf("%v, %v", days, err)
	}
	if code := w.as("robin").get("/settings/data").Code; code != 403 {
		t.Errorf("a lead: %d", code)
	}
}
