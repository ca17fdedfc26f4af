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
