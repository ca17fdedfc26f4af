package bot

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
)

// buttonActs are the acts that cards have buttons for, in their order. Snooze is none of
// them while nothing wakes a case when its time has come.
var buttonActs = []recovery.ActKind{
	recovery.ActTake, recovery.ActResolve, recovery.ActRelease, recovery.ActNoAction, recovery.ActReopen,
}

// opensMenu reports whether an act needs more to be chosen.
func opensMenu(k recovery.ActKind) bool {
	return k == recovery.ActResolve || k == recovery.ActNoAction
}

// noActionReasons are the reasons that the menu offers; the case keeps the key.
var noActionReasons = []string{"duplicate", "mistake", "known", "other"}

// cardButtons are the buttons below a card: those that would do something now.
func (t *turn) cardButtons(v *voice) [][]chat.Button {
	var all []chat.Button
	if t.ofCase().identity == nil {
		return nil // nobody could be found by them
	}
	offers := recovery.CardOffers(t.kase.Case)
	for _, act := range buttonActs {
		if !slices.Contains(offers, act) {
			continue
		}
		b := chat.Button{Text: v.say("act_" + string(act)), Data: t.pressing(act, opensMenu(act), "", 0)}
		if len(all) == 0 {
			b.Style = "primary"
		}
		all = append(all, b)
	}
	return inRows(all, 3)
}

// pressing is the data of a button on this case's card.
func (t *turn) pressing(act recovery.ActKind, menu bool, choice string, mask int) string {
	of := t.ofCase().identity
	if of == nil {
		return ""
	}
	return pressed{Hash: of.Person.Hash16(), Case: t.kase.ID, Act: act, Menu: menu, Choice: choice, Mask: mask}.encode()
}

// inRows lays buttons out, at most n in a row.
func inRows(all []chat.Button, n int) [][]chat.Button {
	var rows [][]chat.Button
	for row := range slices.Chunk(all, n) {
		rows = append(rows, row)
	}
	return rows
}

// menu is what the card shows below instead while something is chosen: a question and
// its buttons.
func (t *turn) menu(v *voice, p pressed) (ask string, rows [][]chat.Button) {
	var all []chat.Button
	switch {
	case p.Act == recovery.ActResolve && p.Choice == "":
		ask = v.say("ask_cause")
		for _, c := range t.causes() {
			all = append(all, chat.Button{Text: t.causeText(v, c.Key), Data: t.pressing(p.Act, true, c.Key, 0)})
		}
	case p.Act == recovery.ActResolve:
		ask = t.causeText(v, p.Choice) + " – " + v.say("ask_actions")
		var failure recovery.Failure
		for _, c := range t.causes() {
			if c.Key == p.Choice {
				failure = c.Failure
			}
		}
		kinds, _ := recovery.Suggested(failure)
		for _, k := range kinds {
			bit := 1 << slices.Index(recovery.ActionKinds(), k)
			b := chat.Button{Text: v.say("action_" + string(k)), Data: t.pressing(p.Act, true, p.Choice, p.Mask^bit), Selected: p.Mask&bit != 0}
			b.Text = map[bool]string{true: "☑ ", false: "☐ "}[b.Selected] + b.Text
			all = append(all, b)
		}
	case p.Act == recovery.ActNoAction:
		ask = v.say("ask_reason")
		for _, reason := range noActionReasons {
			all = append(all, chat.Button{Text: v.say("no_action_" + reason), Data: t.pressing(p.Act, false, reason, 0)})
		}
	}
	rows = inRows(all, 2)
	last := []chat.Button{{Text: v.say("menu_close"), Data: t.pressing(noMenu, false, "", 0)}}
	if p.Act == recovery.ActResolve && p.Mask != 0 {
		done := chat.Button{Text: v.say("done"), Data: t.pressing(p.Act, false, p.Choice, p.Mask), Style: "primary"}
		last = append([]chat.Button{done}, last...)
	}
	return ask, append(rows, last)
}

// causes are the entries of the menu, those whose keys a button can carry.
func (t *turn) causes() []recovery.Cause {
	return slices.DeleteFunc(slices.Clone(t.rules().Causes), func(c recovery.Cause) bool {
		return len(c.Key) > maxChoice || !isName(c.Key)
	})
}

func (t *turn) causeText(v *voice, key string) string {
	if s := v.plain["cause_"+key]; s != "" {
		return s
	}
	return key // a cause of the organisation's own
}

// cardStory says who has the case, and how it was closed.
func (t *turn) cardStory(v *voice, fact func(label, value string)) {
	k := t.kase
	who := func(id, name string, at time.Time) {
		if name != "" {
			fact(v.say(id), v.say("card_person_at", "name", cut(name, cardName), "at", v.moment(at)))
		}
	}
	if k.State.Active() {
		who("card_holder", k.Holder.Name, k.HeldAt)
		if k.Snoozed.After(t.now) {
			fact(v.say("card_snoozed"), v.moment(k.Snoozed))
		}
		return
	}
	who("card_ended", k.Ended.Name, k.EndedAt)
	if k.State == recovery.Dismissed || k.State == recovery.Unreached {
		reason := v.plain["no_action_"+k.Reason]
		if reason == "" {
			reason = k.Reason
		}
		fact(v.say("card_reason"), cut(reason, cardQuote))
	} else if r := k.Resolution; r != nil {
		fact(v.say("card_cause"), t.causeText(v, r.Cause))
		var done []string
		for _, a := range r.Actions {
			done = append(done, v.say("action_"+string(a.Kind)))
		}
		fact(v.say("card_actions"), strings.Join(done, v.say("list_comma")))
		t.cardOutcome(v, fact)
	}
}

// cardOutcome says what the customer thinks of the recovery, and whether they came again.
func (t *turn) cardOutcome(v *voice, fact func(label, value string)) {
	o := t.kase.Outcome
	var said []string
	if o.Settled != recovery.SettledUnknown {
		said = append(said, v.say("settled_"+string(o.Settled)))
	}
	if o.Recovered != recovery.RecoveredUnknown {
		said = append(said, v.say("outcome_"+string(o.Recovered)))
	}
	fact(v.say("card_outcome"), strings.Join(said, v.say("list_comma")))
	if at := t.kase.Returned; !at.IsZero() {
		fact(v.say("card_returned"), v.day(at.In(v.site.Zone)))
	}
}
