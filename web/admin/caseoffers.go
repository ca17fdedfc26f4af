package admin

import (
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// box is a place to write in.
type box struct {
	Title, Hint, Button, Text, Error string
	Snippets                         []string // names of saved answers
}

// Empty reports whether there is nothing to write and nothing that was written: the box is hidden.
func (b box) Empty() bool { return b.Button == "" && b.Text == "" && b.Error == "" }

// offersIn are the acts that the reader has, and the two boxes.
func (l look) offersIn(p *casePage, in caseSource, v *voice.Voice) {
	offers := recovery.Offers(in.Case.Case, in.Actor)
	has := func(k recovery.ActKind) bool { return slices.Contains(offers, k) }
	for _, k := range offers {
		if k == recovery.ActAssign && (in.View == nil || len(in.View.Assignable()) == 0) {
			continue // there is nobody
		}
		p.Offers = append(p.Offers, string(k))
	}
	if has(recovery.ActContact) && slices.ContainsFunc(in.Case.AllowedMeans(), func(m recovery.Means) bool { return m != recovery.InChat }) {
		p.Offers = append(p.Offers, "spoke")
	}
	chat := has(recovery.ActContact) && slices.Contains(in.Case.AllowedMeans(), recovery.InChat) && in.View != nil
	switch {
	case has(recovery.ActTake):
		p.Primary = "take"
	case chat && (in.Case.Round.Contacted.IsZero() || !in.Case.Wrote.IsZero()):
		p.Primary = "reply"
	case has(recovery.ActResolve):
		p.Primary = "resolve"
	case has(recovery.ActReopen):
		p.Primary = "reopen"
	}
	draft := func(name string) string {
		for _, d := range in.Drafts {
			if d.Person == l.staff && d.Box == name {
				return d.Text
			}
		}
		return ""
	}
	// A page that is open when nothing can be sent any more keeps what is in the box, and says so.
	if len(offers) > 0 {
		p.Reply = &box{Title: l.w.t("reply_over"), Hint: l.w.t("reply_kept"), Text: draft("reply")}
	}
	if chat {
		title := l.w.t("reply_title", p.Who, v.Channel(in.View.Session.Address.Platform))
		if in.View.Identity != nil && in.View.Identity.Person.ByLink() {
			title = l.w.t("reply_title_page", p.Who)
		}
		p.Reply = &box{
			Title: title, Text: draft("reply"),
			Hint: l.w.t("reply_hint", in.View.Signature(v, in.Actor.Name)), Button: l.w.t("reply_button", p.Who),
		}
		for _, x := range in.Rules.Snippets {
			p.Reply.Snippets = append(p.Reply.Snippets, x.Name)
		}
		if in.Case.State == recovery.Open {
			p.Reply.Button = l.w.t("take_and_send")
		} else if in.Case.Holder.ID != in.Actor.ID {
			p.Reply.Hint = l.w.sentences(p.Reply.Hint, l.w.t("keeps_case", in.Case.Holder.Name))
		}
		if p.Refused != nil && p.Reply.Text == "" {
			p.Reply.Text = p.Refused.Text
		}
	}
	if has(recovery.ActNote) {
		p.Note = &box{Title: l.w.t("note_title"), Hint: l.w.t("note_hint"), Button: l.w.t("note_button"), Text: draft("note")}
		if in.Case.Unanswered() {
			p.Note.Hint = l.w.sentences(l.w.t("note_after"), p.Note.Hint)
		}
	}
}

// mayReveal reports whether somebody may learn at a site who a pseudonym is.
func mayReveal(v Viewer, at string) bool { return v.Staff != "" && v.Can(access.Reveal, at) }
