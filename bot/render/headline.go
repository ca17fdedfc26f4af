package render

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// longestWho bounds names of staff in the first line of a card.
const longestWho = 24

// glance is what a card says before its fold, in a voice.
type glance struct {
	c *CaseView
	v *voice.Voice
}

// headline is the first line of a card, which decides on a lock screen: how the case stands,
// how urgent it is, the mark, whose it is, and what must happen next and by when.
func (g glance) headline() string {
	c, v := g.c, g.v
	k, mark, name := c.Case, g.mark(), c.CustomerName(v)
	sign := signOf(k.Case, c.Now)
	test := ""
	if c.Session.Test {
		test = v.Say("card_test")
	}
	says := func(id string) string { return v.Say(id, "name", name) }
	switch {
	case k.Watched():
		return sign + voice.Join(" · ", test, g.changed(mark), name, v.Say("head_watch"))
	case !k.State.Active():
		state := unsigned(v.Say("state_" + string(k.State)))
		if k.State == recovery.Verified || k.Outcome.Settled == recovery.SettledPartly {
			id := map[bool]string{true: "head_settled", false: "head_partly"}[k.State == recovery.Verified]
			return sign + voice.Join(" · ", test, says(id), v.Say("head_was", "mark", mark))
		}
		var who []string
		if by := g.who(k.Ended.Name); by != "" {
			who = append(who, by)
		}
		if !k.EndedAt.IsZero() {
			who = append(who, v.Soon(k.EndedAt))
		}
		return sign + voice.Join(" · ", test, state, mark, name, strings.Join(who, v.Say("list_comma")))
	}
	urgent := k.Decision.Priority.String()
	if k.State == recovery.Open && k.Outcome.Settled == recovery.SettledNo || k.Reopens > 0 && k.Before != nil && k.Outcome.Settled == recovery.SettledNo {
		return sign + voice.Join(" · ", test, urgent, says("head_unsettled"), g.next())
	}
	return sign + voice.Join(" · ", test, urgent, g.changed(mark), name, g.next())
}

// changed is the mark with the one before it, where the customer changed it.
func (g glance) changed(mark string) string {
	c, v := g.c, g.v
	for i := range c.Flow.Questions {
		q := &c.Flow.Questions[i]
		now, ok := c.Session.Answer(q.Key)
		if !q.Primary || !ok || now.Value == nil || now.Dropped {
			continue
		}
		was := replaced(c.Session, q)
		if was == nil || was.Value == nil || *was.Value == *now.Value || q.Kind != survey.ScaleQ || inWords(&q.Scale) || q.Scale.Options[0].Value < 0 {
			return mark
		}
		last := q.Scale.Options[len(q.Scale.Options)-1].Value
		return v.Say("head_now", "now", voice.Number(*now.Value), "mark", v.Say("button_number", "value", voice.Number(*was.Value), "max", voice.Number(last)))
	}
	return mark
}

// mark is what the customer answered to the main question, or what they wrote to us for.
func (g glance) mark() string {
	c, v := g.c, g.v
	if kind := FeedbackKind(c.Session.Flow); kind != "" {
		return v.Say("feedback_" + string(kind))
	}
	mark := voice.Cut(c.PrimaryAnswer(v), longestWho)
	if mark == "" && slices.Contains(c.Case.Decision.Reasons, recovery.SilentFailure) {
		return v.Say("feedback_silence")
	}
	return mark
}

func (glance) who(name string) string { return voice.Cut(voice.Called(name), longestWho) }

// next is what must happen next, by whom and when, in a few words.
func (g glance) next() string {
	c, v := g.c, g.v
	k := c.Case
	who := g.who(k.Holder.Name)
	if k.Snoozed.After(c.Now) {
		return v.Say("head_snoozed", "who", who, "at", v.Soon(k.Snoozed))
	}
	by := func(id string, at time.Time) string {
		if at.IsZero() {
			return who
		}
		left := at.Sub(c.Now)
		if left < 0 {
			return v.Say(id+"_late", "who", who, "at", v.Soon(at), "left", v.Span(-left))
		}
		return v.Say(id, "who", who, "at", v.Soon(at), "left", v.Span(left))
	}
	switch {
	case k.State == recovery.Open:
		return by("head_take", k.Due.Acknowledge)
	case !k.Wrote.IsZero():
		return v.Say("head_waits", "who", who, "at", v.Soon(k.Wrote))
	case k.Plan != nil:
		return by("head_agreed", k.Plan.Due)
	case k.Contact != recovery.NoContact && k.Round.Contacted.IsZero():
		return by("head_contact", k.Due.Contact)
	}
	return by("head_resolve", k.Due.Resolve)
}

// signOf is the emoji of a case's state; the words beside it say as much.
func signOf(k recovery.Case, now time.Time) string {
	switch {
	case k.Watched():
		return "👁 "
	case k.State == recovery.Dismissed, k.State == recovery.Unreached:
		return "⚪ "
	case !k.State.Active():
		return "🟢 "
	case k.Snoozed.After(now):
		return "💤 "
	case k.State == recovery.Open:
		return "🔴 "
	}
	return "🟠 "
}

// unsigned is the word of a state without its emoji.
func unsigned(state string) string {
	if _, word, ok := strings.Cut(state, " "); ok {
		return word
	}
	return state
}

// about are the lines below the customer's words: how the case was closed, what was served by
// whom, and whether they may be written to.
func (g glance) about(words bool) string {
	c, v := g.c, g.v
	k, s := c.Case, c.Session
	var lines []string
	add := func(line string) {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if !words {
		id := "card_no_words"
		if Live(s) {
			id = "card_no_words_yet"
		}
		add(v.Say(id))
	}
	switch r := k.Resolution; {
	case k.State == recovery.Dismissed, k.State == recovery.Unreached:
		add(labelledLine(v.Say("card_reason"), reasonText(v, k.Reason)))
	case !k.State.Active() && r != nil:
		add(voice.Join(" → ", c.Cause(v, r.Cause), c.actionsText(v, r)))
		if !c.Asked.IsZero() {
			add(v.Say("card_asked", "name", c.CustomerName(v), "at", v.Moment(c.Asked)))
		}
	case k.Plan != nil:
		add(labelledLine(v.Say("card_plan"), v.Say("card_plan_value", "plan", voice.Cut(k.Plan.Text, LongestQuote), "due", v.Moment(k.Plan.Due))))
	}
	if k.State.Active() {
		add(labelledLine(v.Say("card_before"), g.past()))
	}
	known := func(name string) string {
		value, _ := v.Known(name)
		return voice.Cut(value, voice.LongestName)
	}
	// The number comes first: no line of a card begins with what others wrote.
	add(voice.Join(" · ", k.Name(), known(voice.AttrService), known(voice.AttrAgent), known(voice.AttrDate)))
	if said := Contact(c.Flow, s); said != "" && k.State.Active() {
		add(labelledLine(v.Say("card_contact"), voice.Join(" · ", v.Plain["contact_"+said], g.phone(said))))
	}
	return strings.Join(lines, "\n")
}

// phone is the number that the customer gave to be called at.
func (g glance) phone(contact string) string {
	c := g.c
	if contact != string(recovery.ContactPhone) || c.Pseudonymous() {
		return ""
	}
	for i := range c.Session.Answers {
		a := &c.Session.Answers[i]
		if at, ok := c.Flow.Index[a.Question]; ok && !a.Dropped && c.Flow.Questions[at].Contact == "phone" {
			return voice.Cut(a.Text, voice.LongestName)
		}
	}
	return ""
}

func labelledLine(label, value string) string {
	if value == "" {
		return ""
	}
	return label + ": " + value
}

// heardFirst puts what the customer wrote in the words of one quotation, where nothing tells
// more of it than that it was written.
func heardFirst(quotes []chat.Quote) []chat.Quote {
	if len(quotes) == 1 {
		quotes = slices.Clone(quotes)
		quotes[0].Label = ""
	}
	return quotes
}

// past is how a case that was reopened had ended before: who had it, what went wrong, what
// was done and at what cost, what was agreed.
func (g glance) past() string {
	c, v := g.c, g.v
	k := c.Case
	p := k.Before
	if p == nil || k.Reopens == 0 {
		return ""
	}
	by := p.By.Name
	if by == "" {
		by = p.Holder.Name
	}
	parts := []string{unsigned(v.Say("state_" + string(p.State)))}
	if by != "" {
		parts = append(parts, v.Say("card_person_at", "name", voice.Called(by), "at", v.Moment(p.At)))
	}
	if r := p.Resolution; r != nil && p.State != recovery.Dismissed && p.State != recovery.Unreached {
		parts = append(parts, c.Cause(v, r.Cause), c.actionsText(v, r), r.Note)
	} else {
		parts = append(parts, reasonText(v, p.Reason))
	}
	if p.Plan != nil {
		parts = append(parts, v.Say("card_plan_value", "plan", p.Plan.Text, "due", v.Moment(p.Plan.Due)))
	}
	return voice.Cut(voice.Join(" · ", parts...), LongestQuote)
}
