package bot

import (
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// timeline tells below a card what happened to the case in this turn. That it opened needs
// no telling: the card itself says so, and outside Slack, where a thread costs the chat
// nothing, it says enough of most things.
func (t *turn) timeline(to chat.Address, card string) {
	about := t.ofCase()
	v := about.staffVoice()
	who := func(id string) string { return Cut(t.snap.Team.Members[id].Name, LongestName) }
	thread := to.Platform == chat.Slack
	for _, e := range t.out.Events[t.told:] {
		m := chat.Message{Lang: v.Lang, Under: card}
		var title string
		switch kind := recovery.EventKind(e.Kind); {
		case kind == recovery.EventNoted:
			if t.snap.At(to) == t.stand {
				continue // there it was written
			}
			title = v.Say("timeline_noted", "who", who(e.By))
			for _, part := range InParts(e.Note) {
				m.Quotes = append(m.Quotes, chat.Quote{Text: part})
			}
		case kind == recovery.EventAssigned:
			title = v.Say("timeline_assigned", "who", who(e.Detail))
		case kind == recovery.EventReachable:
			title = v.Say("timeline_reachable", "name", about.customerName(v))
		case !thread:
			continue
		case kind == recovery.EventRaised:
			title = v.Say("timeline_raised", "priority", e.Detail)
		case kind == recovery.EventJoined:
			title, m.Text = v.Say("timeline_joined"), about.why(v)
		case kind == recovery.EventChanged:
			title = v.Say("timeline_changed")
		case kind == recovery.EventAgreed:
			title = v.Say("timeline_agreed")
			m.Quotes = []chat.Quote{{Text: Cut(e.Note, cardQuote)}}
		case kind == recovery.EventFollowUp:
			title = v.Say("timeline_asked")
			if e.Detail != "" {
				title = v.Say("timeline_not_asked")
			}
		case kind == recovery.EventReturned:
			title = v.Say("timeline_returned")
		case kind == recovery.EventTaken, kind == recovery.EventReleased, kind == recovery.EventResolved,
			kind == recovery.EventNoAction, kind == recovery.EventReopened, kind == recovery.EventVerified, kind == recovery.EventClosed:
			title = Join(" · ", v.Say("state_"+string(t.kase.State)), t.snap.Team.Members[e.By].Name)
		default:
			continue
		}
		// Should the card be gone, the line stands in the channel: it names its case.
		m.Title = t.kase.Name() + " · " + title
		t.tellInParts(storage.Want{Slot: card + ":e:" + e.ID, Kind: storage.CardD, Address: t.snap.At(to), Render: m})
	}
}

// tellInParts wants a message whose quotes may be more than one carries: each of the
// further ones follows in a message of its own.
func (t *turn) tellInParts(w storage.Want) {
	quotes := w.Render.Quotes
	for i := 0; i == 0 || i < len(quotes); i++ {
		part := w
		if i < len(quotes) {
			part.Render.Quotes = quotes[i : i+1 : i+1]
		}
		if i > 0 {
			part.Slot += ":" + wordsPart(i)
		}
		t.want(part)
	}
}
