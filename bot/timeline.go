package bot

import (
	"context"
	"errors"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// timeline tells below a card in Slack, in its thread, what happened to the case in
// this turn. That it opened needs no telling: the card itself says so.
func (t *turn) timeline(to chat.Address, card string) {
	if to.Platform != chat.Slack {
		return
	}
	about := t.ofCase()
	v := about.staffVoice()
	for _, e := range t.out.Events[t.told:] {
		m := chat.Message{Lang: v.lang, Under: card}
		var title string
		switch recovery.EventKind(e.Kind) {
		case recovery.EventRaised:
			title = v.say("timeline_raised", "priority", e.Detail)
		case recovery.EventJoined:
			title, m.Text = v.say("timeline_joined"), about.why(v)
		case recovery.EventChanged:
			title = v.say("timeline_changed")
		case recovery.EventCustomerWrote:
			title = v.say("card_wrote")
			m.Quotes = []chat.Quote{{Text: cut(e.Note, cardQuote)}}
		case recovery.EventFollowUp:
			title = v.say("timeline_asked")
			if e.Detail != "" {
				title = v.say("timeline_not_asked")
			}
		case recovery.EventReturned:
			title = v.say("timeline_returned")
		case recovery.EventTaken, recovery.EventReleased, recovery.EventResolved, recovery.EventNoAction, recovery.EventReopened,
			recovery.EventVerified, recovery.EventClosed:
			title = join(" · ", v.say("state_"+string(t.kase.State)), t.snap.team.members[e.By].Name)
		default:
			continue
		}
		// Should the card be gone, the line stands in the channel: it names its case.
		m.Title = t.kase.Name() + " · " + title
		t.want(storage.Want{Slot: card + ":e:" + e.ID, Kind: storage.CardD, Address: t.snap.at(to), Render: m})
	}
}

// parentPause is how long a reply waits for the reference of a message that was posted
// a moment ago and is being settled.
const parentPause = 200 * time.Millisecond

// below puts the reference of the message that m replies to into it. It is false while
// that message is not posted yet; one that was given up is done without.
func (d *Dispatcher) below(ctx context.Context, row storage.Delivery, m *chat.Message) (ready bool, err error) {
	slot := m.Under
	m.Under = ""
	parent, err := d.out.store.Delivery(ctx, row.Bucket, slot)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	m.Replies = parent.ShownRef
	return parent.ShownRef != "" || !parent.Unsettled(), nil
}
