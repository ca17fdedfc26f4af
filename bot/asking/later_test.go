package asking_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
)

const atOnceAfter = "triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n"

// inSlack makes an event whose customer is known by an address in Slack alone.
func inSlack(address string) func(*storage.Event) {
	return func(e *storage.Event) {
		e.Customer.Reach = []storage.EventReach{{Kind: "slack_email", To: address}}
	}
}

// laters are the answers of a platform that say nothing of a person: it may be asked again.
func laters() map[string]error {
	all := map[string]error{"no answer in time": fmt.Errorf("look for a person: %w", context.DeadlineExceeded)}
	for _, kind := range []chat.ErrorKind{chat.Temporary, chat.RateLimited, chat.Revoked, chat.InDoubt} {
		all[string(kind)] = fmt.Errorf("look for a person: %w", &chat.Error{Kind: kind, RetryAfter: 30 * time.Second})
	}
	return all
}

// TestWhoIsLookedForIsNotGivenUpWhileSlackSaysLater: for two hours Slack says of nobody who they are, and then it does:
// they are asked, once. Where it never does, that is why they are not.
func TestWhoIsLookedForIsNotGivenUpWhileSlackSaysLater(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(atOnceAfter)
		check(t, w.store.PutAccount(t.Context(), storage.Account{Platform: chat.Slack, ID: "T1", Name: "care", Seen: noon}))
		check(t, w.bot.Configuration().Refresh(t.Context()))
		for name, later := range laters() {
			w.now = w.now.AddDate(0, 0, 1).Truncate(24 * time.Hour).Add(12 * time.Hour)
			w.people[name] = found("U" + fmt.Sprint(len(name)))
			w.later = later
			w.told(name, name, inSlack(name))
			for range 30 {
				w.pass(4 * time.Minute)
				if x := w.asked(name, name); x.State != "sending" && x.State != "scheduled" {
					t.Fatalf("%s: while it says so they are %s %s", name, x.State, x.Reason)
				}
			}
			w.later = nil
			for n := 0; n < 60 && w.state(name, name) != "sent"; n++ {
				w.pass(time.Minute)
			}
			if got := w.state(name, name); got != "sent" {
				t.Errorf("%s: then they are %s", name, got)
			}
		}
		w.later = laters()["temporary"]
		w.told("never", "never", inSlack("never"))
		for n := 0; n < 4*24 && w.state("never", "never") != "suppressed"; n++ {
			w.pass(time.Hour)
		}
		x := w.asked("never", "never")
		all, err := w.store.AskDecisions(t.Context(), x.Bucket, []string{x.ID})
		check(t, err)
		last := asking.Decision(all[len(all)-1]).Words(nil)
		if x.State+" "+x.Reason != "suppressed held_too_long" || last != "Could not be asked within 3d: the platform did not say who they are." {
			t.Errorf("of whom it never says who they are: %s %s, %q", x.State, x.Reason, last)
		}
	})
}

// TestWhomSlackKeepsWaitingKeepsNobodyElseWaiting: more customers than a round looks at are to be looked for in Slack,
// which says nothing. Whoever else is to be asked, reminded or brought to staff is, within a round.
func TestWhomSlackKeepsWaitingKeepsNobodyElseWaiting(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("quick", "7")
		w.linked("reminded", "8")
		w.triggers(unheard)
		w.told("1", "late", lateBy(time.Hour))
		w.now = noon.Add(46 * time.Hour)
		w.told("0", "reminded")
		w.pass(61 * time.Minute)
		if got := w.state("0", "reminded"); got != "sent" {
			t.Fatalf("who is to be reminded is %s", got)
		}
		w.triggers(atOnceAfter + "  - {name: unheard, on: late_or_broken, wait: 48h, open: {priority: P2}}\n")
		// All are of one bucket.
		var crowd []storage.Event
		b := storage.AskBucket("quick", w.store.Buckets())
		for i := 0; len(crowd) < 450; i++ {
			id := fmt.Sprint("slack", i)
			if storage.AskBucket(id, w.store.Buckets()) == b {
				e := storage.Event{Source: "till", ID: id, State: storage.EventDone, Site: "main", Ended: w.now, Customer: &storage.EventCustomer{ID: id}}
				inSlack(id)(&e)
				crowd = append(crowd, e)
			}
		}
		_, err := w.store.PutEvents(t.Context(), crowd, w.now, false)
		check(t, err)
		silent := asking.New(asking.Config{
			Store: w.store, Bot: w.bot, Clock: func() time.Time { return w.now }, LookFor: 50 * time.Millisecond,
			Find: func(ctx context.Context, _ storage.EventReach) (asking.Found, error) {
				<-ctx.Done()
				return asking.Found{}, ctx.Err()
			},
		})
		w.asking = silent
		for range 12 { // they are all planned, and decided on
			check(t, silent.Look(t.Context()))
			w.now = w.now.Add(time.Second)
		}
		waiting, err := w.store.AsksSending(t.Context(), b, w.now.Add(time.Hour), storage.AskPlace{}, 1000)
		check(t, err)
		if len(waiting) < 401 {
			t.Fatalf("only %d wait for Slack", len(waiting))
		}
		w.now = noon.Add(75 * time.Hour)
		w.told("2", "quick")
		check(t, silent.Look(t.Context()))
		if got := w.state("2", "quick"); got != "sent" {
			t.Errorf("whom Telegram leads to is %s", got)
		}
		if x := w.asked("0", "reminded"); x.Reminded.IsZero() {
			t.Error("nobody is reminded")
		}
		if x, _ := w.watch("1", "late"); x.State != "opened" {
			t.Errorf("the late service is %s %s", x.State, x.Reason)
		}
	})
}

// TestNobodyIsLookedForWhileSlackIsClosed: one refusal for haste ends the asking until the moment that it names,
// however many wait, and costs one customer of those that were begun with a try, not all.
func TestNobodyIsLookedForWhileSlackIsClosed(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(atOnceAfter)
		calls := 0
		closed := make(chan struct{}, 1)
		w.asking = asking.New(asking.Config{
			Store: w.store, Bot: w.bot, Clock: func() time.Time { return w.now }, LookFor: time.Minute,
			Find: func(context.Context, storage.EventReach) (asking.Found, error) {
				closed <- struct{}{}
				calls++
				<-closed
				return asking.Found{}, &chat.Error{Kind: chat.RateLimited, RetryAfter: time.Minute}
			},
		})
		for i := range 100 {
			id := fmt.Sprint("C-", i)
			w.told(id, id, inSlack(id))
		}
		for range 30 {
			w.now = w.now.Add(time.Second)
			check(t, w.asking.Look(t.Context()))
		}
		if calls == 0 || calls > 16 {
			t.Errorf("it is asked %d times in half a minute", calls)
		}
	}, "sqlite")
}
