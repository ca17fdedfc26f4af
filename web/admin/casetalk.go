package admin

import (
	"slices"
	"strings"
	"time"

	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// bubble is something that was said.
type bubble struct {
	ID, Kind string // "customer", "staff", "program", "aside"
	Text     string
	Foot     string
	Bad      bool // it did not arrive
}

// pending are words that wait to be sent, or were not sent.
type pending struct {
	ID, Text, Why string
	Seconds       int
	Due           int64
	Mine          bool
	By            string
}

// unanswered reports whether a case opened because nothing was heard, and nothing was since.
func unanswered(c *draw.CaseView) bool {
	return len(c.Session.Answers) == 0 && c.Case != nil && slices.Contains(c.Case.Decision.Reasons, recovery.SilentFailure)
}

// talkIn is the conversation: what both sides wrote, notes of staff, and in small what the
// program did.
func (l look) talkIn(p *casePage, in caseSource, v *voice.Voice) {
	at := func(t time.Time) string { return l.w.moment(l.now, t, in.Zone) }
	if in.View != nil && in.Since == 0 && !unanswered(in.View) {
		s := in.View.Session
		title := in.View.Flow.Title.In(append(slices.Clip(v.Langs), voice.Languages[0])...)
		p.Talk = append(p.Talk, bubble{ID: "opened", Kind: "program", Text: voice.Join(" · ", l.w.t("answered_flow", p.Name, title, s.Version), at(s.Started))})
	}
	if !l.words {
		return
	}
	for _, e := range in.Events {
		who := in.Names[e.By]
		b := bubble{ID: "e" + e.ID, Text: e.Note}
		switch recovery.EventKind(e.Kind) {
		case recovery.EventCustomerWrote:
			b.Kind, b.Foot = "customer", voice.Join(" · ", p.Name, at(e.At))
		case recovery.EventContacted:
			b.Kind = "staff"
			means, _, _ := strings.Cut(e.Detail, " ")
			if means == string(recovery.InChat) {
				state, sign := l.arrived(in.Arrived, e.Note)
				b.Bad = state == "bad"
				b.Foot = voice.Join(" · ", who, at(e.At), sign)
			} else {
				b.Foot = voice.Join(" · ", who, at(e.At), l.w.t("means_"+means))
			}
		case recovery.EventNoted:
			b.Kind, b.Foot = "aside", l.w.t("note_by", who, at(e.At))
		case recovery.EventTaken, recovery.EventAssigned, recovery.EventReleased, recovery.EventReopened, recovery.EventResolved,
			recovery.EventFollowUp, recovery.EventVerified, recovery.EventAgreed:
			b.Kind, b.Text = "program", voice.Join(" · ", l.happened(in, e), at(e.At))
		default:
			continue
		}
		p.Talk = append(p.Talk, b)
	}
	for _, d := range in.Drafts {
		if d.Person != l.staff && d.Box == "reply" && l.now.Sub(d.At) < 30*time.Second && in.Names[d.Person] != "" {
			p.Typing = l.w.t("is_writing", in.Names[d.Person], p.Who)
		}
	}
	for _, w := range in.Pending {
		one := &pending{ID: w.ID, Text: w.Text, By: in.Names[w.Person], Mine: w.Person == l.staff, Due: w.Due.Unix()}
		one.Seconds = max(0, int(w.Due.Sub(l.now)/time.Second))
		switch {
		case w.Refused != "" && one.Mine:
			one.Why = l.w.t("not_sent")
			if v != nil && w.Refused != "unclear" {
				r := &recovery.Refusal{Code: recovery.Code(w.Refused), Holder: in.Case.Holder, Since: in.Case.HeldAt}
				if !in.Case.State.Active() {
					r.Holder, r.Since = in.Case.Ended, in.Case.EndedAt
				}
				one.Why = in.View.Refusal(v, r)
			}
			p.Refused = one
		case w.Refused == "":
			p.Pending = one
		}
	}
}

// arrived says how far words have come that staff wrote.
func (l look) arrived(states map[string]storage.DeliveryState, text string) (state, words string) {
	parts := voice.InParts(text)
	if len(parts) == 0 {
		return "", ""
	}
	worst := storage.Sent
	for _, part := range parts {
		switch s, known := states[part]; {
		case !known:
			return "", ""
		case s == storage.Failed:
			return "bad", "✕ " + l.w.t("not_delivered")
		case s != storage.Sent:
			worst = s
		}
	}
	if worst != storage.Sent {
		return "", l.w.t("on_its_way")
	}
	return "", "✓ " + l.w.t("delivered")
}
