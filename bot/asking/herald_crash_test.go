package asking_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// newsAbout are the bodies that wait for an endpoint about an ask.
func (w *world) newsAbout(endpoint string, x *storage.Ask) (all []string) {
	w.t.Helper()
	for b := range w.store.Buckets() {
		list, err := w.store.Transcript(w.t.Context(), storage.Bucket(b), chat.Address{Platform: chat.Hook, Account: endpoint, Chat: x.ID})
		check(w.t, err)
		for _, d := range list {
			if d.Wanted != 1 {
				w.t.Errorf("the same is told %d times", d.Wanted)
			}
			all = append(all, d.Render.Text)
		}
	}
	return all
}

// TestACrashTellsOtherSystemsOnce lets the process that asks die at each of its calls to the database, and
// another go on: another system is told once of an offer that was made, and once of
// one that was not, and of neither in the other's place.
func TestACrashTellsOtherSystemsOnce(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
		crm := storage.Hook{ID: "crm", Name: "crm", Made: noon.Add(-time.Hour), HookTerms: storage.HookTerms{News: []storage.News{storage.InvitationSent, storage.InvitationNot}}}
		check(t, w.store.PutInstallation(t.Context(), crm.Installation("sealed")))
		check(t, w.bot.Configuration().Refresh(t.Context()))
		var customer string
		var names []string
		w.atEveryCall(3, deaths(), func(n int) {
			customer, names = fmt.Sprint("C-", n), nil
			for i := range 2 { // of one visit: the second is not asked about
				e := storage.Event{
					Source: "till", ID: fmt.Sprint(customer, "-", i), State: storage.EventDone, Site: "main", Ended: w.now.Add(time.Duration(i) * time.Second),
					Customer: &storage.EventCustomer{ID: customer},
				}
				_, err := w.store.PutEvents(t.Context(), []storage.Event{e}, w.now, false)
				check(t, err)
				names = append(names, e.Name())
			}
		}, func(dead string) {
			w.pass(time.Second)
			for i, kind := range []storage.News{storage.InvitationSent, storage.InvitationNot} {
				all, err := w.store.AsksAfter(t.Context(), customer, names[i])
				check(t, err)
				if len(all) != 1 {
					t.Fatalf("%s: %d asks", dead, len(all))
				}
				if got := w.newsAbout("crm", &all[0]); len(got) != 1 || !strings.Contains(got[0], fmt.Sprintf(`"type":%q`, kind)) {
					t.Fatalf("%s: of what is %s another system is told %q", dead, all[0].State, got)
				}
			}
		})
	}, "sqlite")
}
