package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// asked is a console with two customers who answered in a browser.
func asked(t *testing.T) (*console, map[string]inviteView) {
	t.Helper()
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://chat.example.com"})
	c.must("site", "add", "main-street", "--name", "Main Street")
	links := map[string]inviteView{}
	for _, name := range []string{"Zoe", "Ann"} {
		var v inviteView
		out := c.must("invite", "--flow", "one_tap_csat", "--customer", "key-"+name, "--site", "main-street",
			"--event", "first_name="+name+"name", "--event", "ticket="+name+"ticket", "--json")
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatal(err)
		}
		links[name] = v
	}
	return c, links
}

func TestACustomerIsShownByAnyOfTheirNames(t *testing.T) {
	c, links := asked(t)
	for _, id := range []string{"key-Zoe", " key-Zoe ", links["Zoe"].Web} {
		var v personView
		if err := json.Unmarshal([]byte(c.must("customer", "show", id, "--json")), &v); err != nil {
			t.Fatal(err)
		}
		if len(v.Keys) != 1 || v.Keys[0] != "key-Zoe" {
			t.Errorf("%q is %+v", id, v)
		}
	}
	out := c.must("customer", "show", "key-Zoe")
	for _, want := range []string{"Your key: key-Zoe", "invitations", "names and chat accounts"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	if strings.Contains(out, "Ann") {
		t.Errorf("another is shown:\n%s", out)
	}
	if out := c.must("customer", "contacts", "key-Zoe"); !strings.Contains(out, "one_tap_csat") || !strings.Contains(out, "invited") || strings.Count(out, "\n") != 2 {
		t.Errorf("of one invitation it is said:\n%s", out)
	}
	c.refuses(1, `nobody is known as "key-Bob"`, "customer", "show", "key-Bob")
	c.refuses(1, `nobody is known as "https://chat.example.com/chat/abc"`, "customer", "show", "https://chat.example.com/chat/abc")
	c.refuses(2, "say whom", "customer", "show", " ")
}

func TestAnExportIsReadBackAsWhatTheTablesHold(t *testing.T) {
	c, _ := asked(t)
	path := filepath.Join(c.dir, "zoe.json")
	c.must("customer", "export", "key-Zoe", "--out", path)
	c.refuses(1, "not there yet", "customer", "export", "key-Zoe", "--out", path)
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	var file personal.Exported
	if err := json.Unmarshal(body, &file); err != nil {
		t.Fatal(err)
	}
	if file.Format != "aftercare person 1" || strings.Contains(string(body), "Ann") {
		t.Errorf("of the format %q, without the name: %t\n%s", file.Format, !strings.Contains(string(body), "Ann"), body)
	}
	store, err := sqlite.Open(t.Context(), strings.TrimPrefix(c.env["DATABASE_URL"], "sqlite:"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	d, err := store.Dossier(t.Context(), storage.Anchor{Customers: []string{"key-Zoe"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, file.Dossier, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-stored +exported):\n%s", diff)
	}
	if len(file.Invitations) != 1 || file.Invitations[0].Attributes["ticket"] != "Zoeticket" {
		t.Errorf("%+v", file.Invitations)
	}
	var printed personal.Exported
	if err := json.Unmarshal([]byte(c.must("customer", "export", "key-Zoe")), &printed); err != nil {
		t.Fatal(err)
	}
}

func TestErasingAsksAndLeavesAReceipt(t *testing.T) {
	c, links := asked(t)
	c.refuses(2, "--yes", "customer", "erase", "key-Zoe", "--json")
	if out := c.must("customer", "erase", "key-Zoe"); !strings.Contains(out, "All of this goes") || !strings.Contains(out, "Nothing was changed") {
		t.Errorf("it asks:\n%s", out)
	}
	c.must("customer", "show", "key-Zoe")
	path := filepath.Join(c.dir, "receipt.json")
	out := c.must("customer", "erase", "key-Zoe", "--yes", "--receipt", path)
	for _, want := range []string{"1 invitations", "hold nothing of them", "Not reached:", "backup", "standbys", "log"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	body, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(body), "Zoe") || !strings.Contains(string(body), "not_reached") {
		t.Errorf("%s, %v", body, err)
	}
	files, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		body, err := os.ReadFile(filepath.Join(c.dir, f.Name()))
		if err != nil || strings.Contains(string(body), "Zoe") {
			t.Errorf("%s holds the person: %t, %v", f.Name(), strings.Contains(string(body), "Zoe"), err)
		}
	}
	c.refuses(1, "nobody is known", "customer", "erase", "key-Zoe", "--yes")
	c.refuses(1, "nobody is known", "customer", "show", links["Zoe"].Web)
	c.must("customer", "show", "key-Ann")
	c.refuses(1, `"key-Zoe" asked to be forgotten`, "invite", "--flow", "one_tap_csat", "--customer", "key-Zoe")
	c.refuses(1, "not among those who are forgotten", "customer", "allow", "key-Bob")
	c.must("customer", "allow", "key-Zoe")
	c.must("invite", "--flow", "one_tap_csat", "--customer", "key-Zoe", "--site", "main-street")
}

func TestRetentionRemovesNothingUntilDaysAreSet(t *testing.T) {
	c, _ := asked(t)
	if out := c.must("retention", "show"); strings.Count(out, "for good") != 6 || !strings.Contains(out, "30 days") {
		t.Errorf("it shows:\n%s", out)
	}
	c.refuses(2, "there is no class", "retention", "set", "everything", "3")
	c.refuses(2, "no number of days", "retention", "set", "words", "soon")
	c.refuses(2, "no number of days", "retention", "set", "words", "0")
	if out := c.must("retention", "set", "invitations", "1"); !strings.Contains(out, "As of now 0 are older") || !strings.Contains(out, "Nothing was changed") {
		t.Errorf("it asks:\n%s", out)
	}
	c.must("retention", "set", "invitations", "1", "--yes")
	c.must("retention", "run", "--yes")
	c.must("customer", "show", "key-Zoe")
	if out := c.must("retention", "show"); !strings.Contains(out, "1 days") {
		t.Errorf("it shows:\n%s", out)
	}
	c.must("retention", "set", "invitations", "never")
	if out := c.must("retention", "show"); strings.Count(out, "for good") != 6 {
		t.Errorf("it shows:\n%s", out)
	}
}

// Whoever said stop in one of their chats is not invited by their key either, and the command
// says why.
func TestWhoSaidStopIsNotInvitedByTheirKey(t *testing.T) {
	c, _ := asked(t)
	store, err := app.OpenStore(t.Context(), settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	stop := func(at time.Time) {
		t.Helper()
		who := storage.Person{Platform: chat.Telegram, Account: "42", User: "7"}
		bucket := storage.BucketOf(who.Hash16(), store.Buckets())
		err := store.Advance(t.Context(), bucket, []storage.Turn{{Load: storage.Load{Person: who}, Apply: func(l storage.Loaded) (storage.Change, error) {
			return storage.Change{Identity: &storage.Identity{
				ID: who.ID(), Bucket: bucket, Person: who, Customer: "key-Zoe", Stopped: at, Created: l.Now, Seen: l.Now,
				Address: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "7"},
			}}, nil
		}}})[0]
		if err != nil {
			t.Fatal(err)
		}
	}
	invite := []string{"invite", "--site", "main-street", "--flow", "one_tap_csat", "--customer"}
	stop(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	c.refuses(1, `"key-Zoe" said stop on 2026-03-04 (telegram): they want no surveys`, append(invite, "key-Zoe")...)
	c.must(append(invite, "key-Ann")...)
	stop(time.Time{})
	c.must(append(invite, "key-Zoe")...)
}

// The newest class that was told is the customer's: by an invitation that names one, or by the command.
func TestACustomersClassIsShownAndChanged(t *testing.T) {
	c, _ := asked(t)
	if out := c.must("customer", "tier", "key-Zoe"); !strings.Contains(out, "No class by value is known of key-Zoe") {
		t.Errorf("before one was told: %s", out)
	}
	c.must("invite", "--flow", "one_tap_csat", "--customer", "key-Zoe", "--event", "tier=MGC")
	c.must("invite", "--flow", "one_tap_csat", "--customer", "key-Zoe") // which says nothing of it
	c.must("customer", "tier", "key-Zoe", "mvc")
	var all []tierView
	if err := json.Unmarshal([]byte(c.must("customer", "tier", "key-Zoe", "--json")), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Tier != "MGC" || all[0].Told != "invitation" || all[1].Tier != "MVC" || all[1].Told != "command" || all[1].Customer != "key-Zoe" {
		t.Errorf("the classes are %+v", all)
	}
	if out := c.must("customer", "tier", "key-Zoe"); !strings.Contains(out, "MVC") || strings.Count(out, "\n") != 4 {
		t.Errorf("they are shown as\n%s", out)
	}
	c.refuses(2, `"gold" is no class`, "customer", "tier", "key-Zoe", "gold")
	if out := c.must("customer", "tier", "key-Ann"); !strings.Contains(out, "No class") {
		t.Errorf("another has it too: %s", out)
	}
}
