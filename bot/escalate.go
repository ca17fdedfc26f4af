package bot

import (
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
)

// escalated are the chats in which a step of the escalation is told: the private ones of
// the lead, of the manager or of who is on call. Where there is nobody of the kind, or
// none has linked a chat, it is the chats that hear of the matter anyway.
func escalated(snap *snapshot.Snapshot, to recovery.Receiver, m recovery.Matter) []chat.Address {
	if to == recovery.ToOnCall {
		to = recovery.Receiver(snap.Rules(m.Site).OnCall)
	}
	all := snap.Reachable(snap.Distinct(snap.Receiver(to, m)))
	if len(all) == 0 {
		all = snap.Reachable(snap.Hears(m))
	}
	return all
}
