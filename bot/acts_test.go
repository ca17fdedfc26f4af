package bot

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
)

// deed is something that can be done to a card: a tap in Telegram, or a form filled in in
// Slack or in the browser's room; and what it means to the case, nil = nothing.
type deed struct {
	render.Pressed
	fields map[string]string
	act    func(now time.Time, key string) recovery.Act
}

// deeds are all the acts of a card.
func deeds() []deed {
	plain := func(a recovery.Act) func(time.Time, string) recovery.Act {
		return func(time.Time, string) recovery.Act { return a }
	}
	tap := func(p render.Pressed, a recovery.Act) deed { return deed{Pressed: p, act: plain(a)} }
	list := []deed{
		tap(render.Pressed{Act: recovery.ActTake}, recovery.Take{}), tap(render.Pressed{Act: recovery.ActRelease}, recovery.Release{}),
		tap(render.Pressed{Act: recovery.ActReopen}, recovery.Reopen{}), tap(render.Pressed{Act: recovery.ActReopen}, recovery.Reopen{}),
		tap(render.Pressed{Act: recovery.ActResolve, Choice: "price", Mask: 1}, recovery.Resolve{Cause: "price", Actions: []recovery.Action{{Kind: recovery.Apology}}}),
		tap(render.Pressed{Act: recovery.ActResolve, Choice: "price"}, recovery.Resolve{Cause: "price"}),
		tap(render.Pressed{Act: recovery.ActNoAction, Choice: "other"}, recovery.NoAction{Reason: "other"}),
		{Pressed: render.Pressed{}},
		{Pressed: render.Pressed{Act: recovery.ActResolve, Menu: true}},
		{Pressed: render.Pressed{Act: render.MoreActs, Menu: true}},
		{Pressed: render.Pressed{Act: recovery.ActAssign, Menu: true}},
		{Pressed: render.Pressed{Act: recovery.ActAgree, Menu: true}},
		{Pressed: render.Pressed{Act: recovery.ActSnooze, Choice: "1h"}, act: func(now time.Time, _ string) recovery.Act {
			return recovery.Snooze{Until: now.Add(time.Hour)}
		}},
		{Pressed: render.Pressed{Act: recovery.ActNote}, fields: map[string]string{render.FieldText: "a note"}, act: func(_ time.Time, key string) recovery.Act {
			return recovery.Note{Text: "a note", Ref: key}
		}},
		{Pressed: render.Pressed{Act: recovery.ActContact}, fields: map[string]string{render.FieldText: "sorry"}, act: func(_ time.Time, key string) recovery.Act {
			return recovery.Contact{Means: recovery.InChat, Text: "sorry", Ref: key}
		}},
		{Pressed: render.Pressed{Act: render.ResolveCost, Choice: "price", Mask: 8}, fields: map[string]string{render.FieldCost: "12,50", render.FieldText: "refunded"}, act: plain(recovery.Resolve{
			Cause: "price", Actions: []recovery.Action{{Kind: recovery.Refund, Cost: 1250}}, Note: "refunded",
		})},
	}
	due := monday.Add(10 * 24 * time.Hour)
	list = append(list, deed{
		Pressed: render.Pressed{Act: recovery.ActAgree, Choice: render.DueMark(due)}, fields: map[string]string{render.FieldPlan: "a new cut"},
		act: plain(recovery.Agree{Plan: "a new cut", Due: due}),
	}, deed{
		Pressed: render.Pressed{Act: recovery.ActAgree, Choice: render.DueTyped}, fields: map[string]string{render.FieldPlan: "a new cut", render.FieldDue: "2026-03-20 18:00"},
		act: plain(recovery.Agree{Plan: "a new cut", Due: time.Date(2026, 3, 20, 17, 0, 0, 0, time.UTC)}),
	})
	for i, role := range actors {
		to := recovery.Actor{Staffer: recovery.Staffer{ID: fmt.Sprintf("m%d", i), Name: fmt.Sprintf("M%d", i)}, Role: role}
		list = append(list, tap(render.Pressed{Act: recovery.ActAssign, Choice: render.StaffMark(to.ID)}, recovery.Assign{To: to}))
	}
	return list
}

// actors are the roles of those who act.
var actors = []access.Role{access.Agent, access.Agent, access.Lead, access.Viewer}

// TestRandomActsOfManyPeople compares what many taps and forms in several chats leave
// behind with the machine itself, and every card with what the case became.
func TestRandomActsOfManyPeople(t *testing.T) {
	for name, open := range bothEngines(4) {
		t.Run(name, func(t *testing.T) {
			at := open(t)
			for seed := range uint64(2) {
				if seed > 0 {
					if name == "postgres" {
						break // a server takes a while to start
					}
					at = open(t)
				}
				randomActs(t, newWorldOn(t, at), seed)
			}
		})
	}
}

func randomActs(t *testing.T, w *world, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 5))
	chats := []chat.Address{staffTG, staffSlack, room}
	w, ann := lowTapIn(w, chats...)
	w.customers = []chat.Address{ann.address}
	var people []customer
	for i, role := range actors {
		c := w.member(i, fmt.Sprintf("M%d", i), role)
		people = append(people, c)
		w.inSlack(c)
	}
	list, model := deeds(), w.onlyCase()
	for step := range 60 {
		i, d := r.IntN(len(people)), list[r.IntN(len(list))]
		d.Hash, d.Case = ann.person().Hash16(), model.ID
		w.now = w.now.Add(time.Duration(r.IntN(100)) * time.Second)
		who, from := people[i], staffTG
		u := chat.Update{Kind: chat.Tap, Data: d.Encode(), On: "1"}
		if d.fields != nil {
			who, from = w.inSlack(people[i]), staffSlack
			u.Kind, u.Fields = chat.Filled, d.fields
		}
		u = w.update(who, u)
		u.From, u.Private = from, false
		refused, ours := false, true
		for _, m := range model.Menus { // of others: nothing is chosen in theirs
			ours = ours && (m.At != from || m.By == fmt.Sprintf("m%d", i) || !w.now.Before(m.Until) || u.Kind == chat.Filled || d.Choice == "" || !model.State.Active())
		}
		if !ours {
			d.act = nil
		}
		if d.act != nil {
			by := recovery.Actor{Staffer: recovery.Staffer{ID: fmt.Sprintf("m%d", i), Name: fmt.Sprintf("M%d", i)}, Role: actors[i]}
			next, _, err := recovery.Apply(recovery.DefaultRules, model.Case, d.act(w.now, u.Key), by, w.now)
			model.Case, refused = next, err != nil
		}
		answers := w.handle(u)
		w.settleAll()
		what := fmt.Sprintf("seed %d, step %d: %+v by %s", seed, step, d.Pressed, actors[i])
		if alert := len(answers) == 1 && answers[0].Alert; d.act != nil && alert != refused {
			t.Fatalf("%s: refused %v, answered %+v", what, refused, answers)
		}
		model.Next, model.Menus = time.Time{}, w.onlyCase().Menus
		if next, ok := recovery.NextClock(recovery.DefaultRules, model.Case); ok {
			model.Next = next.At
		}
		if at := lapses(&model); !at.IsZero() && (model.Next.IsZero() || at.Before(model.Next)) {
			model.Next = at
		}
		if diff := cmp.Diff(model, w.onlyCase()); diff != "" {
			t.Fatalf("%s (-model +stored):\n%s", what, diff)
		}
		for _, at := range chats {
			if m := w.newest(at, "case").Render; m.State != render.CardState(model.Case, w.now) {
				t.Fatalf("%s: the card in %s says %q of a case that is %s", what, at, m.State, model.State)
			}
		}
	}
}
