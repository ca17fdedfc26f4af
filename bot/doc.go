// Package bot is the shell around the pure rooms: it turns what people do in a chat into
// inputs of a survey and acts on a case, stores what follows from them together with
// everything that must be said because of it, and sees to it that it is said: in order per
// conversation in each chat, never lost, possibly shown twice.
//
// # The ways in
//
//   - Handle takes updates of platforms. A table of doors (doors.go) finds what an update
//     asks for; that becomes one storage.Turn, which is committed together with others.
//   - Act does something to a case, for pages and other programs (act.go).
//   - Invite asks somebody (invite.go, reach.go; start.go opens the link).
//   - Run lets time pass: the sweeper (sweep.go, due.go, followup.go) and the teller, which
//     tells staff what no single case can (teller.go, gather.go, praise.go).
//
// # A turn
//
// turn.go runs it: Apply is pure and may run more than once; it reads what was loaded and
// an immutable snapshot.Snapshot. A turn decides first and draws once, where it ends
// (draw.go).
//
//   - frame is what all parts of a turn share: the snapshot, the time, the change so far.
//   - turn is the conversation with one respondent: tap.go, words.go, case.go (whether a
//     case opens), feedback.go, whichsite.go, next.go.
//   - desk is staff's side of one case: desk.go (the one place where acts are put to a
//     case), casetap.go (buttons and forms of cards), staffwords.go and prompt.go (what
//     staff write), relay.go and arrived.go (words between staff and the customer),
//     escalate.go.
//
// Nothing is sent here. Package outbox sends what the committed deliveries say.
package bot
