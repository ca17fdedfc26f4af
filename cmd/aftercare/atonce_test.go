package main

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// meets has somebody else change something while a command runs: when the command, which has read what is there, asks
// what time it is. command is its type.
func (c *console) meets(command string, then func(storage.Store)) {
	c.t.Helper()
	store, err := sqlite.Open(c.t.Context(), strings.TrimPrefix(c.env["DATABASE_URL"], "sqlite:"), sqlite.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	met := false
	c.clock = func() time.Time {
		if at, _, _, _ := runtime.Caller(1); !met && strings.Contains(runtime.FuncForPC(at).Name(), command) {
			met = true
			then(store)
		}
		return app.Now()
	}
	c.t.Cleanup(func() {
		if !met {
			c.t.Errorf("%s met nobody", command)
		}
		_ = store.Close()
	})
}

// bobIs makes Bob another, as another program does.
func bobIs(t *testing.T, store storage.Store, change func(*storage.Staff)) {
	t.Helper()
	var was, now storage.Staff
	if team, err := store.StaffList(t.Context()); err != nil {
		t.Fatal(err)
	} else if len(team) > 0 {
		was, now = team[0], team[0]
	}
	change(&now)
	if err := store.ReplaceStaff(t.Context(), was, now); err != nil {
		t.Fatal(err)
	}
}

func TestAddingStaffUndoesNothingThatOthersDoAtOnce(t *testing.T) {
	for name, is := range map[string]struct {
		add, want string // another site of Bob before, and who he is then; without one he is not there
		args      []string
		then      func(*storage.Staff)
	}{
		"a right that another takes": {"north", `"Robert", agent at main`, []string{"--name", "Robert"}, func(s *storage.Staff) {
			s.Roles = access.Grants{"main": access.Agent}
		}},
		"a role where another took one": {"north", `"Bob", lead at main`, []string{"--role", "lead"}, func(s *storage.Staff) {
			s.Roles = access.Grants{"main": access.Agent}
		}},
		"a name that another gives": {"north", `"Robert", viewer at main, viewer at north`, []string{"--role", "viewer"}, func(s *storage.Staff) {
			s.Name = "Robert"
		}},
		"one whom another adds": {"", `"Robert", lead at north`, []string{"--name", "Robert"}, func(s *storage.Staff) {
			*s = storage.Staff{ID: "bob", Name: "Bob", Roles: access.Grants{"north": access.Lead}, Created: app.Now()}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(t, nil)
			for _, site := range []string{"main", "north"} {
				c.must("site", "add", site, "--name", site)
			}
			if is.add != "" {
				c.must("staff", "add", "bob", "--name", "Bob", "--site", "main", "--site", is.add)
			} else {
				is.args = append(is.args, "--site", "north")
			}
			c.meets("staffAddCmd", func(store storage.Store) { bobIs(t, store, is.then) })
			c.must(append([]string{"staff", "add", "bob"}, is.args...)...)
			c.clock = nil
			if out := c.must("staff", "add", "bob"); !strings.Contains(out, "bob is as before: "+is.want+".\n") {
				t.Errorf("%s", out)
			}
		})
	}
}

func TestAddingAndRemovingASiteUndoesNothingThatOthersDoAtOnce(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main")
	becomes := func(change func(*storage.Site)) func(storage.Store) {
		return func(store storage.Store) {
			all, err := store.Sites(t.Context())
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			now := all[0]
			change(&now)
			if err := store.ReplaceSite(t.Context(), all[0], now); err != nil {
				t.Fatal(err)
			}
		}
	}
	stands := func(want string) {
		t.Helper()
		c.clock = nil
		if out := c.must("site", "add", "main"); !strings.Contains(out, want) {
			t.Errorf("%s", out)
		}
	}
	c.meets("siteAddCmd", becomes(func(s *storage.Site) { s.Zone = "Europe/Berlin" }))
	c.must("site", "add", "main", "--name", "Main Street")
	stands(`"Main Street", zone Europe/Berlin, language en`)

	c.meets("siteRemoveCmd", becomes(func(s *storage.Site) { s.Name = "High Street" }))
	c.must("site", "remove", "main")
	stands(`is added: "High Street", zone Europe/Berlin`)
}

func TestAddingAChatOfStaffSaysWhatItWasWhenItChanged(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main")
	hears := func(sites ...string) func(storage.Store) {
		return func(store storage.Store) {
			chats, err := store.StaffChatList(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			was, now := storage.StaffChat{}, storage.StaffChat{Name: "desk", Created: app.Now()}
			if len(chats) > 0 {
				was, now = chats[0], chats[0]
			}
			now.Sites = sites
			if err := store.ReplaceStaffChat(t.Context(), was, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.meets("staffChatAddCmd", hears("main"))
	if out := c.must("staff", "chat", "add", "desk", "--everywhere"); !strings.Contains(out, "sites: main → every site") {
		t.Errorf("one that another added: %s", out)
	}
	c.meets("staffChatAddCmd", hears("main", "north"))
	if out := c.must("staff", "chat", "add", "desk", "--site", "main"); !strings.Contains(out, "sites: main, north → main") {
		t.Errorf("one that another changed: %s", out)
	}
}
