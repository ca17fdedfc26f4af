// Package render draws what people see in chats, questions and cards, menus and forms,
// from plain values: a CaseView, a Talk, a HomeView. It knows neither the store nor the
// clock, so that a page, a preview or a test draws the same as the bot sends. It also
// reads what its buttons carry (Decode, DecodePressed).
package render

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// CaseView is what messages about a case are made from: plain values, for reading only.
// Whoever draws one needs no store, no clock and no turn. Without a case it is about what
// staff hear of a survey that has none.
type CaseView struct {
	Texts    *voice.Texts
	Case     *storage.Case     // nil = there is none
	Session  *storage.Session  // that opened the case
	Identity *storage.Identity // of the customer; nil = not known
	Flow     *snapshot.Flow    // of Session
	Site     snapshot.Site     // of Session
	Team     snapshot.Team
	Causes   []recovery.Cause // that the rules of the site offer
	Currency string           // of the site, such as EUR; "" = nobody said
	Asked    time.Time        // when the customer is asked whether it is settled, as things stand; zero = not
	Mark     string           // the pseudonym of the customer, where the flow gives them one
	Now      time.Time
}

// Chatless reports whether the customer cannot be written to because they never had a chat: a page that
// nobody opened is all that is known of them here.
func (c *CaseView) Chatless() bool {
	return c.Case != nil && !c.Case.Lost.IsZero() && c.Identity != nil && c.Identity.Person.ByLink()
}

// StaffVoice speaks to staff about the session: in the site's language.
func (c *CaseView) StaffVoice() *voice.Voice { return c.StaffVoiceIn("") }

// StaffVoiceIn does so in another language; "" = the site's.
func (c *CaseView) StaffVoiceIn(lang string) *voice.Voice {
	if lang == "" {
		lang = c.Site.Language
	}
	if lang == "" {
		lang = voice.Languages[0]
	}
	w := c.Texts.Of(lang)
	of := Talk{Session: c.Session, Identity: c.Identity, Flow: c.Flow, Site: c.Site, Now: c.Now}
	v := of.voice(w, w.Tag, lang)
	v.Staff, v.Site.Name = true, chat.CleanName(v.Site.Name)
	if c.Pseudonymous() {
		v.Masked, v.Name = true, v.Say("card_pseudonym", "mark", c.Mark)
	}
	return v
}

// Pseudonymous reports whether staff know the customer of this session by a pseudonym.
func (c *CaseView) Pseudonymous() bool {
	return c.Session != nil && c.Session.Mark != "" || c.Flow != nil && c.Flow.Naming == survey.Pseudonymous
}

// CustomerName is what staff call the customer: the name in the chat, in quotation marks
// that no name can hold, so that it is told apart from the card's own words, or the
// pseudonym, which has none.
func (c *CaseView) CustomerName(v *voice.Voice) string {
	if c.Pseudonymous() {
		return v.Say("card_pseudonym", "mark", c.Mark)
	}
	name := ""
	if c.Identity != nil {
		name = v.Quoted(c.Identity.Name)
	}
	if name == "" {
		return v.Say("card_anonymous")
	}
	return name
}

// Barred reports whether the customer may not be written to now.
func (c *CaseView) Barred() bool {
	return !slices.Contains(c.Case.AllowedMeans(), recovery.InChat)
}

// Signature is under which name a member of staff writes to customers of this site; v is
// the voice that speaks to them.
func (c *CaseView) Signature(v *voice.Voice, name string) string {
	site, signs := strings.TrimSpace(c.Site.Name), c.Signs(v, name)
	if site == "" || c.Site.Signs == storage.ByTeam {
		return signs
	}
	return signs + " (" + site + ")"
}

// Signs is the signature without the place.
func (c *CaseView) Signs(v *voice.Voice, name string) string {
	name = strings.TrimSpace(name)
	switch c.Site.Signs {
	case storage.ByTeam:
		if site := strings.TrimSpace(c.Site.Name); site != "" {
			return site
		}
		return v.Say("team")
	case storage.ByFullName:
	default:
		name, _, _ = strings.Cut(name, " ")
	}
	return voice.Cut(name, voice.LongestName)
}

// Bad are the quality dimensions of what the customer was unsatisfied with: of low
// answers and of the reasons that they chose.
func (c *CaseView) Bad() []string {
	var all []string
	add := func(d string) {
		if d != "" && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	j := &c.Session.Judgement
	for i := range c.Session.Answers {
		a := &c.Session.Answers[i]
		at, ok := c.Flow.Index[a.Question]
		if !ok || a.Dropped || a.Skipped {
			continue
		}
		q := &c.Flow.Questions[at]
		if slices.Contains(j.Bottom, q.Key) || slices.Contains(j.Critical, q.Key) || lowAnswer(q, a) {
			add(q.Dimension)
		}
		for _, choice := range q.Choices {
			if slices.Contains(a.Choices, choice.Key) {
				add(choice.Dimension)
			}
		}
	}
	return all
}

func lowAnswer(q *survey.Question, a *survey.Answer) bool {
	return a.Value != nil && slices.ContainsFunc(q.Scale.Options, func(o survey.Option) bool {
		return o.Value == *a.Value && o.Flag == survey.Unsatisfied
	})
}

// SiteVoice speaks to the staff of a site: in its language, about no session.
func SiteVoice(t *voice.Texts, at snapshot.Site, now time.Time) *voice.Voice {
	lang := at.Language
	if lang == "" {
		lang = voice.Languages[0]
	}
	w := t.Of(lang)
	at.Name = chat.CleanName(at.Name)
	return &voice.Voice{Staff: true, Words: w, Lang: w.Tag, Langs: []string{lang, w.Tag}, Site: at, Now: now}
}
