package render

import (
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// ActOf is the act of a button without a menu.
func (c *CaseView) ActOf(d Pressed) (recovery.Act, bool) {
	switch d.Act {
	case recovery.ActTake:
		return recovery.Take{}, true
	case recovery.ActRelease:
		return recovery.Release{}, true
	case recovery.ActReopen:
		return recovery.Reopen{}, true
	case recovery.ActNoAction:
		return recovery.NoAction{Reason: d.Choice}, slices.Contains(NoActionReasons, d.Choice)
	case recovery.ActResolve:
		return Resolution(d.Choice, d.Mask), true
	case recovery.ActAssign:
		return recovery.Assign{To: c.marked(d.Choice)}, true
	case recovery.ActSnooze:
		until, ok := c.snoozeUntil(d.Choice)
		return recovery.Snooze{Until: until}, ok
	}
	return nil, false
}

// Resolution is Resolve with a cause and the actions of a mask.
func Resolution(cause string, mask int) recovery.Resolve {
	a := recovery.Resolve{Cause: cause}
	for i, k := range recovery.ActionKinds() {
		if mask&(1<<i) != 0 {
			a.Actions = append(a.Actions, recovery.Action{Kind: k})
		}
	}
	return a
}

// Refusal says why an act changed nothing.
func (c *CaseView) Refusal(v *voice.Voice, r *recovery.Refusal) string {
	limit := ""
	if !r.Limit.IsZero() {
		limit = v.Moment(r.Limit)
	}
	if r.Code == recovery.CustomerUnreachable && c.Chatless() {
		return v.Say("refused_chatless")
	}
	return v.Say("refused_"+string(r.Code), "who", voice.Called(r.Holder.Name), "since", v.Ago(c.Now.Sub(r.Since)),
		"limit", limit, "max", strconv.Itoa(recovery.MaxText))
}

// Price puts a cost to the action that is most likely to have one.
func Price(actions []recovery.Action, cost int64) {
	for _, kind := range []recovery.ActionKind{recovery.Refund, recovery.Redo, recovery.Gift} {
		for i := range actions {
			if actions[i].Kind == kind {
				actions[i].Cost = cost
				return
			}
		}
	}
	if len(actions) > 0 {
		actions[0].Cost = cost
	}
}
