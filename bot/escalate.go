package bot

import (
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
)

// escalated are the chats in which a step of the escalation is told: the private ones of
// the lead, of the manager or of who is on call. Where there is nobody of the kind, or
// none has linked a chat, it is the chats that hear of the matter anyway.
func (t *turn) escalated(to recovery.Receiver, m recovery.Matter) []chat.Address {
	if to == recovery.ToOnCall {
		to = recovery.Receiver(t.snap.Rules(m.Site).OnCall)
	}
	all := t.snap.Reachable(t.snap.Distinct(t.snap.Receiver(to, m)))
	if len(all) == 0 {
		all = t.snap.Reachable(t.snap.Hears(m))
	}
	return all
}

// strikes is when a timer of the turn's case strikes: of what staff are told in no mute,
// unless the case is a P1.
func (t *turn) strikes(timer recovery.Timer) time.Time {
	if timer.To == "" || t.kase.Decision.Priority == recovery.P1 {
		return timer.At
	}
	return t.rules().Tell(recovery.P2, timer.At).At
}

// mutedUntil is from when on staff of a site are told of what is no P1: now, or the end
// of the mute.
func (t *turn) mutedUntil(site string) time.Time {
	return t.snap.Rules(site).Tell(recovery.P2, t.now).At
}

// muted reports whether staff of a site are told of nothing but a P1 now.
func (t *turn) muted(site string) bool { return t.mutedUntil(site).After(t.now) }
