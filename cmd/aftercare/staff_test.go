package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/internal/app"
)

func TestStaffAreAddedListedAndRemoved(t *testing.T) {
	c := newConsole(t, nil)
	if out := c.must("staff", "list"); !strings.Contains(out, "There is no staff yet") {
		t.Errorf("%s", out)
	}
	c.must("site", "add", "main", "--name", "Main")
	c.must("staff", "add", "bob", "--name", "Bob", "--site", "main")
	c.must("staff", "add", "amy", "--name", "Amy", "--role", "lead")
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
	if len(code.Code) != 16 || code.Staff != "bob" || !code.Expires.After(app.Now()) {
		t.Errorf("%+v", code)
	}
	if text := c.must("staff", "code", "bob"); !strings.Contains(text, "/link ") || strings.Contains(text, code.Code) {
		t.Errorf("%s", text)
	}
	c.must("staff", "remove", "bob")
	var views []staffView
	if err := json.Unmarshal([]byte(c.must("staff", "list", "--json")), &views); err != nil {
		t.Fatal(err)
	}
	if len(views) != 1 || views[0].ID != "amy" || views[0].Roles[everySite] != "lead" {
		t.Errorf("%+v", views)
	}
	c.refuses(1, `there is no member of staff "eve"`, "staff", "remove", "eve")
	c.refuses(1, `there is no member of staff "bob"`, "staff", "code", "bob")
	c.refuses(1, `there is no site "north"`, "staff", "add", "bob", "--name", "Bob", "--site", "north")
	c.refuses(2, "cannot be the id", "staff", "add", "Bob!", "--name", "Bob")
	c.refuses(2, "an admin is one everywhere", "staff", "add", "bob", "--name", "Bob", "--role", "admin", "--site", "main")
	c.refuses(2, "--role", "staff", "add", "bob", "--name", "Bob", "--role", "king")
}
