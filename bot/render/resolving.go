package render

import (
	"slices"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// resolving is the one keyboard of Resolve: what went wrong and what was done.
type resolving struct {
	c *CaseView
	v *voice.Voice
}

// NoCause is the choice of Resolve while no cause is chosen.
const NoCause = "no_cause_yet"

// Decided reports whether Resolve has a cause and something that was done.
func Decided(p Pressed) bool { return p.Choice != "" && p.Choice != NoCause && p.Mask != 0 }

// opened is the choice with which the menu of Resolve opens: the customer's own reason,
// where there is one.
func (r resolving) opened(p Pressed) Pressed {
	c := r.c
	if p.Choice != "" {
		return p
	}
	p.Choice = NoCause
	said := c.Bad()
	for i := range c.Session.Answers { // what they chose says more than what it is about
		if a := &c.Session.Answers[i]; !a.Dropped {
			said = append(slices.Clone(a.Choices), said...)
		}
	}
	for _, bad := range said {
		if slices.ContainsFunc(c.causes(), func(cause recovery.Cause) bool { return cause.Key == bad }) {
			p.Choice = bad
			break
		}
	}
	return p
}

// SaidCause is the cause that the customer named by themselves; "" = none.
func SaidCause(c *CaseView) string {
	if p := (resolving{c: c}).opened(Pressed{}); p.Choice != NoCause {
		return p.Choice
	}
	return ""
}

// Choose is what is chosen in the menu of Resolve once a button of it was tapped: a cause
// takes the place of another, and an action joins the others or leaves them.
func (c *CaseView) Choose(before, tap Pressed) Pressed {
	if tap.Choice == "" {
		return tap // it opens
	}
	if before.Act != recovery.ActResolve {
		before = Pressed{}
	}
	next := resolving{c: c}.opened(before)
	if tap.Choice != NoCause {
		next.Choice = tap.Choice
	}
	tap.Choice, tap.Mask = next.Choice, next.Mask^tap.Mask
	return tap
}

// chosen is what is chosen in the menu of Resolve, in words.
func (r resolving) chosen(p Pressed) string {
	c, v := r.c, r.v
	cause := ""
	if p.Choice != NoCause {
		cause = c.Cause(v, p.Choice)
	}
	did := recovery.Resolution{Actions: Resolution(p.Choice, p.Mask).Actions}
	return voice.Join(" → ", cause, c.actionsText(v, &did))
}

// MenuSaid is what a tap in a menu did, for the one who tapped: the card may have to wait for
// the chat's pace.
func (c *CaseView) MenuSaid(v *voice.Voice, p Pressed) string {
	switch {
	case !p.Menu:
		return v.Say("menu_closed")
	case p.Act == recovery.ActResolve:
		r := resolving{c, v}
		if said := r.chosen(r.opened(p)); said != "" {
			return said
		}
	}
	ask, _ := c.Menu(v, p, chat.Traits{})
	return ask
}

// causes are what can have gone wrong, one of which is chosen.
func (r resolving) causes(p Pressed) []chat.Button {
	c, v := r.c, r.v
	var all []chat.Button
	for _, cause := range c.causes() {
		b := chat.Button{Text: c.Cause(v, cause.Key), Data: c.pressing(p.Act, true, cause.Key, 0), Selected: p.Choice == cause.Key}
		b.Text = map[bool]string{true: "◉ ", false: "○ "}[b.Selected] + b.Text
		all = append(all, b)
	}
	return all
}

// actions are what can have been done for the customer, always in one order: no button
// moves away under a finger.
func (r resolving) actions(p Pressed) []chat.Button {
	c, v := r.c, r.v
	var all []chat.Button
	for i, k := range recovery.ActionKinds() {
		bit := 1 << i
		b := chat.Button{Text: v.Say("action_" + string(k)), Data: c.pressing(p.Act, true, NoCause, bit), Selected: p.Mask&bit != 0}
		b.Text = map[bool]string{true: "☑ ", false: "☐ "}[b.Selected] + b.Text
		all = append(all, b)
	}
	return all
}
