package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

func TestStaffAreAddedListedAndRemoved(t *testing.T) {
	c := newConsole(t, nil)
	if out := c.must("staff", "list"); !strings.Contains(out, "There is no staff yet") {
		t.Errorf("%s", out)
	}
	c.must("site", "add", "main", "--name", "Main")
	c.must("staff", "add", "bob", "--name", "Bob", "--site", "main")
	c.must("staff", "add", "amy", "--name", "Amy", "--role", "lead", "--everywhere")
	out := c.must("staff", "list")
	for _, want := range []string{"agent at main", "lead everywhere"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	var code codeView
	if err := json.Unmarshal([]byte(c.must("staff", "code", "bob", "--json")), &code); err != nil {
		t.Fatal(err)
	}
	if len(code.Code) != 16 {
		t.Fatalf("len(code.Code) is %v, want 16: %+v", len(code.Code), code.Code)
	}
	if code.Staff != "bob" {
		t.Errorf("code.Staff is %q, want bob", code.Staff)
	}
	if !code.Expires.After(app.Now()) {
		t.Errorf("the code has lapsed: %+v", code)
	}
	if text := c.must("staff", "code", "bob"); !strings.Contains(text, "/link ") || strings.Contains(text, code.Code) {
		t.Errorf("%s", text)
	}
	c.must("staff", "remove", "bob")
	var views []staffView
	if err := json.Unmarshal([]byte(c.must("staff", "list", "--json")), &views); err != nil {
		t.Fatal(err)
	}
	if len(views) != 1 {
		t.Fatalf("len(views) is %v, want 1: %+v", len(views), views)
	}
	if views[0].ID != "amy" {
		t.Errorf("views[0].ID is %q, want amy", views[0].ID)
	}
	if views[0].Roles[everySite] != "lead" {
		t.Errorf("views[0].Roles[everySite] is %q, want lead", views[0].Roles[everySite])
	}
	c.refuses(1, `there is no member of staff "eve"`, "staff", "remove", "eve")
	c.refuses(1, `there is no member of staff "bob"`, "staff", "code", "bob")
	c.refuses(1, `there is no site "north"`, "staff", "add", "bob", "--name", "Bob", "--site", "north")
	c.refuses(2, "cannot be the id", "staff", "add", "Bob!", "--name", "Bob")
	c.refuses(2, "an admin is one everywhere", "staff", "add", "bob", "--name", "Bob", "--role", "admin", "--site", "main")
	c.refuses(2, "--role", "staff", "add", "bob", "--name", "Bob", "--role", "king")
}

// A name is no right: only what is given changes, and what changed is said.
func TestAddingStaffAgainChangesOnlyWhatIsGiven(t *testing.T) {
	c := newConsole(t, nil)
	for _, site := range []string{"main", "north"} {
		c.must("site", "add", site, "--name", site)
	}
	rights := func(id string) string {
		t.Helper()
		var views []staffView
		if err := json.Unmarshal([]byte(c.must("staff", "list", "--json")), &views); err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			if v.ID == id {
				body, err := json.Marshal(v.Roles)
				if err != nil {
					t.Fatal(err)
				}
				return v.Name + " " + string(body)
			}
		}
		return "nobody"
	}
	for _, step := range []struct {
		args   []string
		prints string
		rights string
	}{
		{[]string{"bob", "--name", "Bob", "--site", "main"}, `bob is added: "Bob", agent at main.`, `Bob {"main":"agent"}`},
		{[]string{"bob", "--name", "Robert"}, "name: Bob → Robert", `Robert {"main":"agent"}`},
		{[]string{"bob", "--role", "lead"}, "rights: agent at main → lead at main", `Robert {"main":"lead"}`},
		{[]string{"bob", "--site", "north", "--site", "main"}, "rights: lead at main → lead at main, lead at north", `Robert {"main":"lead","north":"lead"}`},
		{[]string{"bob"}, "bob is as before", `Robert {"main":"lead","north":"lead"}`},
		{[]string{"bob", "--everywhere"}, "→ lead everywhere", `Robert {"*":"lead"}`},
		{[]string{"bob", "--role", "admin"}, "rights: lead everywhere → admin everywhere", `Robert {"*":"admin"}`},
		{[]string{"bob", "--name", "Bob"}, "name: Robert → Bob", `Bob {"*":"admin"}`},
		{[]string{"bob", "--role", "agent", "--site", "main"}, "rights: admin everywhere → agent at main", `Bob {"main":"agent"}`},
		{[]string{"eve", "--name", "Eve", "--role", "admin"}, `eve is added: "Eve", admin everywhere.`, `Eve {"*":"admin"}`},
	} {
		out := c.must(append([]string{"staff", "add"}, step.args...)...)
		if !strings.Contains(out, step.prints) {
			t.Errorf("%v prints no %q:\n%s", step.args, step.prints, out)
		}
		if got := rights(step.args[0]); got != step.rights {
			t.Errorf("after %v: %s, want %s", step.args, got, step.rights)
		}
	}
	c.refuses(2, "an admin is one everywhere", "staff", "add", "eve", "--site", "main")
	c.refuses(2, "say where max has this role", "staff", "add", "max", "--name", "Max", "--role", "lead")
	c.refuses(2, "say where max may act", "staff", "add", "max", "--name", "Max")
	c.refuses(2, "needs --name", "staff", "add", "max", "--everywhere")
	c.refuses(2, "--name must say", "staff", "add", "bob", "--name", " ")
	c.must("staff", "remove", "bob")
	c.refuses(2, "say where bob may act", "staff", "add", "bob")
	if out := c.must("staff", "add", "bob", "--site", "north"); !strings.Contains(out, `bob is added: "Bob", agent at north.`) {
		t.Errorf("who comes back has other rights: %s", out)
	}
}

// Who acts in somebody's name is no secret to whoever runs the server.
func TestTheListOfStaffNamesTheirChats(t *testing.T) {
	c := newConsole(t, map[string]string{"SECRET_KEY": someKey})
	c.must("staff", "add", "bob", "--name", "Bob", "--everywhere")
	store, err := app.OpenStore(t.Context(), settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range []storage.Person{
		{Platform: chat.Telegram, Account: "42", User: "7"}, {Platform: chat.Slack, Account: "T1", User: "U7"}, {Platform: chat.Web, User: "link"},
	} {
		hash := strings.Repeat("h", i+1)
		if err := store.PutStaffCode(t.Context(), storage.StaffCode{Hash: hash, Staff: "bob", Expires: app.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.LinkStaff(t.Context(), hash, p, app.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if out := c.must("staff", "list"); !strings.Contains(out, "slack T1/U7, telegram 7\n") {
		t.Errorf("the list says:\n%s", out)
	}
	var views []staffView
	if err := json.Unmarshal([]byte(c.must("staff", "list", "--json")), &views); err != nil {
		t.Fatal(err)
	}
	want := []staffIdentity{{Platform: "slack", Account: "T1", Person: "U7"}, {Platform: "telegram", Account: "42", Person: "7"}}
	if len(views) != 1 || views[0].Linked != 2 || !slices.Equal(views[0].Chats, want) {
		t.Errorf("%+v", views)
	}
}
