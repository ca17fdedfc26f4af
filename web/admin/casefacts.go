package admin

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

type pastLine struct {
	Level int
	Text  string
}

// factsIn stand beside the story.
func (l look) factsIn(p *casePage, in caseSource, v *voice.Voice) {
	add := func(to *[][2]string, label, value string) {
		if value != "" {
			*to = append(*to, [2]string{l.w.t(label), value})
		}
	}
	if in.View != nil {
		s := in.View.Session
		if l.names && !in.View.Pseudonymous() && in.View.Identity != nil && s.Mark == "" {
			p.Customer = "/customers/" + in.View.Identity.ID
		}
		if s.Facts.Tier != recovery.Normal {
			add(&p.Facts, "fact_tier", v.Say("tier_"+string(s.Facts.Tier)))
		}
		if s.Facts.Earlier > 0 {
			add(&p.Facts, "fact_before", l.w.t("unhappy_before", s.Facts.Earlier))
		}
		add(&p.Facts, "fact_language", voice.SelfName(s.Lang))
		add(&p.Facts, "fact_channel", v.Channel(s.Address.Platform))
		if !in.Case.Returned.IsZero() {
			add(&p.Facts, "fact_returned", l.w.day(l.now, in.Case.Returned, in.Zone))
		}
		add(&p.Visit, "fact_site", in.View.Site.Name)
		for _, attr := range []struct{ name, label string }{
			{voice.AttrService, "fact_service"},
			{voice.AttrAgent, "fact_staff"},
			{voice.AttrDate, "fact_date"},
			{voice.AttrItem, "fact_item"},
			{voice.AttrTicket, "fact_ticket"},
			{voice.AttrPromise, "fact_promise"},
		} {
			value, _ := v.Known(attr.name)
			add(&p.Visit, attr.label, value)
		}
		if title := in.View.Flow.Title.In(append(slices.Clip(v.Langs), voice.Languages[0])...); !unanswered(in.View) {
			add(&p.Visit, "fact_flow", l.w.t("flow_version", title, s.Version))
		}
		for i := range in.Past {
			o := &in.Past[i]
			text := voice.Join(" ", l.w.day(l.now, o.Started, in.Zone), voice.Cut(o.Service, voice.LongestName))
			if o.Case != "" {
				text = voice.Join(l.w.t("comma"), text, l.w.t("with_a_case"))
			}
			level := o.Judgement.Level
			if level == 0 {
				level = o.Judgement.Primary.Level
			}
			p.Past = append(p.Past, pastLine{level, text})
		}
	}
	p.Cards = append(p.Cards, in.Cards...)
	for _, h := range in.Next {
		if h.At.After(l.now) && len(h.Chats) > 0 {
			p.Next = append(p.Next, l.w.t("next_hears", l.w.moment(l.now, h.At, in.Zone), strings.Join(h.Chats, l.w.t("comma"))))
		}
		if len(p.Next) == 3 {
			break
		}
	}
}
