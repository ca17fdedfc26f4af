package bot

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

var rightsRaces = flag.Int("races", 40, "how often rights end while their holder acts, on each database")

// M5: whoever loses a right acts no more once the command that took it has returned,
// whichever instance they use and by whatever means.
func TestM5RightsEndAtOnce(t *testing.T) {
	for name, open := range bothEngines(4) {
		t.Run(name, func(t *testing.T) {
			r := &rightsRace{world: newWorldOn(t, open(t))}
			setStaff(r.world.bot, staffTG, staffSlack)
			for range 3 {
				b := r.world.botOn(r.world.instance())
				setStaff(b, staffTG, staffSlack)
				r.bots = append(r.bots, b)
			}
			for n := range *rightsRaces {
				r.run(n)
			}
			if r.acted == 0 || r.refused == 0 {
				t.Errorf("%d acts came in time and %d too late: nothing raced", r.acted, r.refused)
			}
			t.Attr("figure", fmt.Sprintf("%d times rights ended while their holder acted on three instances: %d acts came in time, %d were refused, %d were committed after the command had returned",
				*rightsRaces, r.acted, r.refused, r.late))
		})
	}
}

// rightsRace is a member of staff who acts by all means while their rights end.
type rightsRace struct {
	world                *world
	bots                 []*Bot
	kase                 storage.Case
	hash                 uint16   // of its customer
	asked                chat.Ref // a message of the customer in the staff's chat
	acted, refused, late int
}

// bob is the member of staff; he writes from both chats.
func (r *rightsRace) bob(at chat.Address) customer {
	if at.Platform == chat.Slack {
		return slackUser("U7", "Bob", "en")
	}
	return telegramUser("7", "Bob", "en")
}

// opens a case of a new customer, so that no history becomes long.
func (r *rightsRace) opens(n int) {
	w := r.world
	w.t.Helper()
	w.now = w.now.Add(3 * time.Hour) // no storm
	c := telegramUser(fmt.Sprint(100+n), "Ann", "en")
	w.started(c, haircut)
	w.press(c, "2")
	w.customers = []chat.Address{c.address}
	w.settleAll()
	w.writes(c, "It took an hour.", "")
	r.asked = w.newest(staffTG, relaySlot).ShownRef
	cases, err := w.store.Cases(w.t.Context(), storage.CaseFilter{Limit: 1})
	if err != nil || len(cases) != 1 {
		w.t.Fatalf("%d cases, %v", len(cases), err)
	}
	r.kase, r.hash = cases[0], c.person().Hash16()
}

// acts counts what the history of the case has of him.
func (r *rightsRace) acts() int {
	w := r.world
	w.t.Helper()
	events, err := w.store.CaseEvents(w.t.Context(), r.kase.Bucket, r.kase.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, e := range events {
		if e.By == "bob" && e.Kind != eventAttempted {
			n++
		}
	}
	return n
}

// hires makes him an agent whom every instance knows as one.
func (r *rightsRace) hires(n int) {
	w, ctx := r.world, r.world.t.Context()
	w.t.Helper()
	w.hire("bob", "Bob", access.Agent)
	for i, at := range []chat.Address{staffTG, staffSlack} {
		code := storage.StaffCode{Hash: fmt.Sprint("race", n, i), Staff: "bob", Expires: w.now.Add(time.Hour)}
		if err := w.store.PutStaffCode(ctx, code); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.store.LinkStaff(ctx, code.Hash, r.bob(at).person(), w.now); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, b := range r.bots {
		if err := b.snap.RefreshTeam(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
}

// means are ways to act on the case: a card's form, a reply that reaches the customer, and
// a page.
func (r *rightsRace) means() []func(*Bot) error {
	w := r.world
	note := w.update(r.bob(staffSlack), chat.Update{
		Kind: chat.Filled, On: "1", Fields: map[string]string{render.FieldText: "a note"},
		Data: render.Pressed{Hash: r.hash, Case: r.kase.ID, Act: recovery.ActNote}.Encode(),
	})
	note.From, note.Private = staffSlack, false
	reply := w.update(r.bob(staffTG), chat.Update{Kind: chat.Text, Text: "We are sorry.", ReplyTo: r.asked, Ours: true})
	reply.From, reply.Private, reply.Own = staffTG, false, chat.Ref(fmt.Sprint("o", w.n))
	handle := func(u chat.Update) func(*Bot) error {
		return func(b *Bot) error {
			_, err := b.Handle(context.Background(), []chat.Update{u})
			return err
		}
	}
	page := func(b *Bot) error {
		d := Doing{Bucket: r.kase.Bucket, Case: r.kase.ID, Act: recovery.Note{Text: "from a page", Ref: fmt.Sprint("page", w.n)}, By: "bob"}
		_, err := b.Act(context.Background(), d)
		if _, refused := errors.AsType[*Refused](err); refused {
			return nil
		}
		return err
	}
	return []func(*Bot) error{handle(note), handle(reply), page}
}

func (r *rightsRace) run(n int) {
	w, ctx := r.world, r.world.t.Context()
	w.t.Helper()
	if n%20 == 0 {
		r.opens(n)
	}
	r.hires(n)
	before, means := r.acts(), r.means()
	var wg sync.WaitGroup
	errs := make([]error, len(r.bots))
	for i, b := range r.bots {
		act := means[(i+n)%len(means)]
		wg.Go(func() { errs[i] = act(b) })
	}
	time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
	var err error
	if n%2 == 0 {
		err = w.store.DropStaff(ctx, "bob", w.now)
	} else {
		err = w.store.PutStaff(ctx, storage.Staff{ID: "bob", Name: "Bob", Roles: access.Grants{access.EverySite: access.Viewer}, Created: w.now})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	ended := r.acts()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	after := r.acts()
	if after != ended {
		r.late += after - ended
		w.t.Errorf("race %d: %d acts were committed after the rights had ended", n, after-ended)
	}
	r.acted += ended - before
	r.refused += len(r.bots) - (ended - before)
}
