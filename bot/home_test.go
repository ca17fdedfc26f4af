package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// put stores cases of a state as if each had opened a minute after the one before.
func (w *world) put(n int, of storage.Case) (names []string) {
	w.t.Helper()
	turns := make([]storage.Turn, n)
	for i := range turns {
		w.now = w.now.Add(time.Minute)
		k := of
		k.ID, k.OpenedAt = newID(), w.now
		turns[i].Apply = func(in storage.Loaded) (storage.Change, error) {
			k.Number = in.NextCase
			names = append(names, k.Name())
			return storage.Change{Case: &k}, nil
		}
	}
	for _, err := range w.store.Advance(w.t.Context(), 0, turns) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return names
}

// TestOpenCasesStayOnAPageHoweverManyWereClosedSince: only the newest thousand of all
// cases were looked at once.
func TestOpenCasesStayOnAPageHoweverManyWereClosedSince(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffSlack)
	bob := slackUser("U6", "Bob", "en")
	w.hire("bob", "Bob", access.Agent)
	w.slash(bob, "link", w.code("bob"))
	of := func(s recovery.State, site, holder string) storage.Case {
		return storage.Case{Case: recovery.Case{State: s, Holder: recovery.Staffer{ID: holder}}, Site: site}
	}
	held := w.put(1, of(recovery.Taken, "main-street", "bob"))
	open := w.put(homeCases+1, of(recovery.Open, "main-street", ""))
	w.put(1001, of(recovery.Closed, "main-street", "bob"))
	home, err := w.bot.Home(t.Context(), bob.person())
	if err != nil {
		t.Fatal(err)
	}
	want := held
	for i := range homeCases - 1 { // the newest first
		want = append(want, open[len(open)-1-i])
	}
	for _, s := range home.Sections {
		if s.Title != "Open cases" {
			continue
		}
		if len(s.Items) != len(want) {
			t.Fatalf("the page shows %d cases instead of %d", len(s.Items), len(want))
		}
		for i, name := range want {
			if !strings.Contains(s.Items[i].Text, " "+name+" ") {
				t.Errorf("case %d of the page is %q instead of %s", i, s.Items[i].Text, name)
			}
		}
		return
	}
	t.Fatalf("no cases on the page: %+v", home.Sections)
}
