package bot

import (
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// tell sees to it that those hear of what happened to the case who must, once for every
// turn, after the case's cards show it. What fell due is said below each card; cards are
// the chats where they hang.
func (t *turn) tell(events []recovery.Event, cards []chat.Address) {
	about := t.ofCase()
	v := about.staffVoice()
	said := map[string]bool{}
	for _, e := range events {
		words := t.reminder(v, e)
		if words == "" || said[words] {
			continue // several receivers of one step
		}
		said[words] = true
		// Should the card be gone, the line stands alone: it names its case.
		m := chat.Message{Lang: v.Lang, Title: Join(" · ", t.kase.Name(), Cut(t.kase.Holder.Name, LongestName)), Text: words}
		for _, to := range cards {
			card := cardSlot(t.kase.ID, to)
			m.Under = card
			slot := card + ":r:" + string(e.Kind) + ":" + strings.ReplaceAll(e.Detail, " ", "-") + ":" + e.At.Format("060102T150405.000000")
			t.want(storage.Want{Slot: slot, Kind: storage.CardD, Address: t.snap.At(to), Render: m})
		}
	}
}

// reminder is what staff are told when something falls due at a case; "" = nothing.
func (t *turn) reminder(v *Voice, e recovery.Event) string {
	k := t.kase
	switch e.Kind {
	case recovery.EventWoke:
		return v.Say("reminder_woke")
	case recovery.EventUnacknowledged:
		return v.Say("reminder_unacknowledged", "name", Cut(t.snap.Team.Members[e.Detail].Name, LongestName))
	case recovery.EventStruck:
		which, _, _ := strings.Cut(e.Detail, " ")
		clock := recovery.Clock(which)
		due := k.Due.Of(clock)
		if clock == recovery.ClockPlan && k.Plan != nil {
			due = k.Plan.Due
		}
		if due.IsZero() {
			return ""
		}
		id := "reminder_" + which
		if t.now.Before(due) {
			id += "_soon"
		}
		return v.Say(id, "at", v.Moment(due), "zone", v.Site.Zone.String())
	}
	return ""
}
