package asking_test

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// In the first second of a first start the account is in the database, and customers write to it, before
// this process has looked at its configuration again. Whom an event names by their number is asked in
// that chat all the same, and not handed a link for good.
func TestWhoIsNamedByNumberIsAskedInTheFirstSecondOfAnAccount(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		asks := w.asking // it knows nothing of account 43 yet
		other, err := w.made(w.store)
		check(t, err)
		check(t, w.store.PutAccount(t.Context(), storage.Account{Platform: chat.Telegram, ID: "43", Name: "new_bot", Seen: noon.Add(time.Second)}))
		check(t, other.Configuration().Refresh(t.Context()))
		_, err = other.Handle(t.Context(), []chat.Update{{
			Key: "first", Private: true, At: w.now, Kind: chat.Command, Command: "start",
			From: chat.Address{Platform: chat.Telegram, Account: "43", Chat: "7"}, User: chat.User{ID: "7", Name: "Anna", Language: "en"},
		}})
		check(t, err)
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
		number := func(e *storage.Event) { e.Customer.Reach = []storage.EventReach{{Kind: "telegram", To: "7"}} }
		w.told("1", "C-1", number)
		check(t, asks.Look(t.Context()))
		check(t, asks.Look(t.Context()))
		if x := w.asked("1", "C-1"); x.State != string(invitation.Sent) || x.By != string(invitation.Telegram) || x.To.Person.Account != "43" {
			t.Errorf("who is named by number is asked %+v", x)
		}
	})
}

// A site that another process added in this second has a night of its own, and not that of Greenwich.
func TestASiteThatWasJustAddedHasItsOwnNight(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		check(t, w.store.PutSite(t.Context(), storage.Site{ID: "night", Name: "Night shop", Zone: "Asia/Tokyo", Language: "en", Created: noon}))
		w.linked("C-1", "7")
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
		w.told("1", "C-1", func(e *storage.Event) { e.Site = "night" })
		w.pass(0)
		if got := w.state("1", "C-1"); got != "scheduled quiet" { // noon in Greenwich is nine in the evening in Tokyo
			t.Errorf("they are %s", got)
		}
	})
}
