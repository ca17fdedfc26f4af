package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

type historyLine struct {
	Text, Note, At string
	Now            bool
}

// How much of what happened a page of a case shows at most: the rest is on pages before it.
const (
	eventsShown = 60
	noteBytes   = 12 << 10 // of the words in them; one is shown whatever it has
)

// show leaves the newest events of the first upto, as many as a page shows. upto is 0 for all of them.
func (in *caseSource) show(upto int) {
	all := in.Events
	if upto <= 0 || upto > len(all) {
		upto = len(all)
	}
	in.Since, in.Later = upto, len(all)-upto
	for size := 0; in.Since > 0 && upto-in.Since < eventsShown; in.Since-- {
		if size += len(all[in.Since-1].Note); size > noteBytes && in.Since < upto {
			break
		}
	}
	in.Events = all[in.Since:upto]
}

// historyIn is everything that happened, the newest first.
func (l look) historyIn(p *casePage, in caseSource) {
	p.HistoryAll, p.Earlier, p.Old = in.Since+len(in.Events)+in.Later, in.Since, in.Later > 0
	for _, e := range slices.Backward(in.Events) {
		line := historyLine{Text: l.happened(in, e), At: l.w.moment(l.now, e.At, in.Zone), Now: len(p.History) == 0 && !p.Old}
		switch recovery.EventKind(e.Kind) {
		case recovery.EventCustomerWrote, recovery.EventContacted, recovery.EventNoted: // they stand in the conversation
		default:
			if l.words {
				line.Note = e.Note
			}
		}
		if e.Kind == string(recovery.EventNoAction) && in.View != nil && line.Note != "" {
			if known := in.View.StaffVoiceIn(l.w.lang).Plain["no_action_"+line.Note]; known != "" {
				line.Note = known
			}
		}
		p.History = append(p.History, line)
	}
}

// happened is a line of the history in words.
func (l look) happened(in caseSource, e storage.CaseEvent) string {
	who := in.Names[e.By]
	if who == "" {
		who = l.w.t("somebody")
	}
	key := "event_" + e.Kind
	args := []any{who}
	first, rest, _ := strings.Cut(e.Detail, " ")
	switch recovery.EventKind(e.Kind) {
	case recovery.EventOpened:
		why := ""
		if in.View != nil {
			why = in.View.Why(in.View.StaffVoiceIn(l.w.lang))
		}
		args = append(args, first, why)
	case recovery.EventAssigned:
		args = append(args, in.Names[e.Detail])
	case recovery.EventUnacknowledged, recovery.EventStaffGone:
		args = append(args, in.Names[e.Detail])
	case recovery.EventContacted:
		if first != string(recovery.InChat) {
			key = "event_spoke"
			args = append(args, l.w.t("means_"+first))
		}
	case recovery.EventAgreed, recovery.EventSnoozed:
		at := e.Detail
		if t, err := time.Parse(time.RFC3339, e.Detail); err == nil {
			at = l.w.moment(l.now, t, in.Zone)
		}
		args = append(args, at)
	case recovery.EventResolved:
		args = append(args, l.resolved(in, first, rest))
	case recovery.EventRaised:
		args = append(args, e.Detail)
	case recovery.EventReopened:
		if e.By != "" {
			key = "event_reopened_by"
		}
	case recovery.EventStruck:
		args = append(args, l.w.t("clock_"+first), rest)
	case recovery.EventFollowUp:
		if e.Detail != "" {
			key = "event_not_asked"
		}
	default:
		switch e.Kind {
		case bot.EventAttempted:
			args = append(args, l.w.t("act_"+first))
		}
	}
	return l.w.t(key, args...)
}

// resolved is how a case was settled, in words: the cause and what was done.
func (l look) resolved(in caseSource, cause, rest string) string {
	if in.View == nil {
		return cause
	}
	v := in.View.StaffVoiceIn(l.w.lang)
	parts := []string{in.View.Cause(v, cause)}
	for i, word := range strings.Fields(rest) {
		if i == 0 {
			continue // the kind of failure follows from the cause
		}
		kind, cost, _ := strings.Cut(word, "=")
		n, _ := strconv.ParseInt(cost, 10, 64) // none: it cost nothing
		parts = append(parts, in.View.Action(v, recovery.Action{Kind: recovery.ActionKind(kind), Cost: n}))
	}
	return strings.Join(parts, l.w.t("comma"))
}
