package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// A site goes once no case is open there; what hangs on it is said with numbers, nobody is
// asked about it any more, what happened there keeps its name, and it can be brought back.
func TestASiteIsRemovedOnceNoCaseIsOpenThere(t *testing.T) {
	c, _ := asked(t)
	c.must("site", "add", "east", "--name", "East")
	c.must("staff", "add", "bob", "--name", "Bob", "--site", "main-street")
	c.must("staff", "add", "ann", "--name", "Ann", "--site", "main-street", "--site", "east")
	c.must("staff", "add", "amy", "--name", "Amy", "--everywhere")
	store, err := app.OpenStore(t.Context(), settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	put := func(state recovery.State) {
		t.Helper()
		k := storage.Case{Case: recovery.Case{ID: "c1", State: state}, Site: "main-street"}
		turn := storage.Turn{Apply: func(l storage.Loaded) (storage.Change, error) {
			k.Number = 1
			return storage.Change{Case: &k}, nil
		}}
		if err := store.Advance(t.Context(), 0, []storage.Turn{turn})[0]; err != nil {
			t.Fatal(err)
		}
	}
	put(recovery.Taken)
	c.refuses(1, "1 case is open at main-street", "site", "remove", "main-street")
	c.refuses(1, `there is no site "main"`, "site", "remove", "main")
	put(recovery.Closed)

	var got siteRemoval
	if err := json.Unmarshal([]byte(c.must("site", "remove", "main-street", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	want := siteRemoval{ID: "main-street", SiteUse: storage.SiteUse{Invitations: 2}, Staff: []string{"bob"}, Chats: []string{}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(siteRemoval{}, "InForce")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if out := c.must("site", "list"); strings.Contains(out, "main-street") || !strings.Contains(out, "east") {
		t.Errorf("the sites are\n%s", out)
	}
	for _, args := range [][]string{
		{"invite", "--flow", "one_tap_csat", "--site", "main-street"},
		{"staff", "add", "bob", "--site", "main-street"},
		{"site", "remove", "main-street"},
	} {
		c.refuses(1, `there is no site "main-street"`, args...)
	}
	c.refuses(2, "--role", "staff", "add", "ann", "--role", "owner") // their rights there stay as they were

	if out := c.must("site", "add", "main-street"); !strings.Contains(out, `is added: "Main Street"`) {
		t.Errorf("brought back:\n%s", out)
	}
	out := c.must("site", "remove", "main-street")
	for _, line := range []string{"brings it back", "2 invitations may still be opened", "Only there had rights: bob."} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not said:\n%s", line, out)
		}
	}
}
