package bot

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// reminding keeps one reminder below each card of a case: what falls due takes the place of what
// fell due before, and once somebody moves the case there is none.
type reminding struct {
	p *drawing
	d *desk
}

// remind says below each card what fell due in this turn.
func (r reminding) remind(places []chat.Address) {
	p, k := r.p, r.d.kase
	e, due := r.newest()
	if !due && (k.Reminded == "" || !r.moved()) {
		return
	}
	before := k.Reminded
	k.Reminded, p.out.Case = "", k
	if due {
		k.Reminded = storage.Parts(string(e.Kind), strings.ReplaceAll(e.Detail, " ", "-"), e.At.Format("060102T150405.000000"))
	}
	for _, to := range places {
		slot := storage.Slot{Kind: storage.ReminderSlot, Owner: k.ID, At: to, Part: before}
		if before != "" && before != k.Reminded {
			p.want(storage.Want{
				Slot: slot.String(), Kind: storage.CardD, Rank: storage.Spare, Address: p.snap.At(to),
				Render: chat.Message{Mark: chat.Gone}, OnlyIfKnown: true,
			})
		}
		if !due {
			continue
		}
		m, _ := p.c.Reminder(p.v, e, p.snap.Traits[to.Platform].Forms)
		if r.leads(to) {
			m.Text = p.v.Say("reminder_lead", "line", m.Text)
		}
		m.Under = cardSlot(k.ID, to)
		slot.Part = k.Reminded
		p.want(storage.Want{Slot: slot.String(), Kind: storage.CardD, Rank: p.rank(), Address: p.snap.At(to), Render: m})
	}
}

// newest is what fell due last in this turn and is worth a line. Of what fell due at once it is
// that nobody has the case, if nobody does: everything else follows from that.
func (r reminding) newest() (newest recovery.Event, due bool) {
	for _, e := range r.d.happened {
		if _, told := r.p.c.Reminder(r.p.v, e, false); !told {
			continue
		}
		if due && newest.At.Equal(e.At) && nobodyHasIt(newest) && !nobodyHasIt(e) && r.d.kase.Holder.ID == "" {
			continue
		}
		newest, due = e, true
	}
	return newest, due
}

func nobodyHasIt(e recovery.Event) bool {
	clock, _, _ := strings.Cut(e.Detail, " ")
	return e.Kind == recovery.EventUnacknowledged || e.Kind == recovery.EventStruck && recovery.Clock(clock) == recovery.ClockAcknowledge
}

// moved reports whether what a reminder says may no longer be so: somebody did something.
func (r reminding) moved() bool {
	return slices.ContainsFunc(r.d.happened, func(e recovery.Event) bool {
		switch e.Kind {
		case recovery.EventStruck, recovery.EventNoted, recovery.EventCustomerWrote, recovery.EventChanged, recovery.EventJoined, recovery.EventPermission:
			return false
		}
		return true
	})
}

// leads reports whether a chat is that of somebody who leads: the line says why they hear of it.
func (r reminding) leads(to chat.Address) bool {
	for id, homes := range r.p.snap.Team.Homes {
		member := r.p.snap.Team.Members[id]
		if slices.Contains(homes, to) {
			return member.RoleAt(r.d.kase.Site).Can(access.ActForOthers)
		}
	}
	return false
}
