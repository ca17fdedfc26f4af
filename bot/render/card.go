package render

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Lengths on a card, in runes.
const (
	LongestLabel = 120
	LongestQuote = 500
)

// Card is the message that staff see of a case (domain 3.5): a first line that decides on a
// lock screen, the customer's words, what it is about, and behind a fold what was answered,
// how bad it is, and by when what must happen. Facts that are not known are left out.
func (c *CaseView) Card(v *voice.Voice) chat.Message {
	k, s := c.Case, c.Session
	at := glance{c, v}
	m := chat.Message{Title: at.headline(), State: CardState(k.Case, c.Now), Lang: v.Lang, Inert: true, Folded: true}
	fact := func(label, value string) {
		if value != "" {
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: value})
		}
	}
	c.cardAnswers(v, &m)
	m.Quotes = heardFirst(m.Quotes)
	m.Text = at.about(len(m.Quotes) > 0)
	c.cardLevel(v, fact)
	fact(v.Say("card_why"), c.Why(v))
	c.cardStory(v, fact)
	c.cardDue(v, &m)
	if c.Identity != nil && c.Identity.Username != "" && !c.Pseudonymous() {
		fact(v.Say("card_customer"), c.CustomerName(v)+" (@"+strings.ReplaceAll(voice.Called(c.Identity.Username), " ", "")+")")
	}
	if s.Facts.Tier != recovery.Normal {
		fact(v.Say("card_tier"), v.Say("tier_"+string(s.Facts.Tier)))
	}
	for _, attr := range []struct{ name, label string }{
		{voice.AttrItem, "card_item"}, {voice.AttrTicket, "card_ticket"}, {voice.AttrPromise, "card_promise"},
	} {
		value, _ := v.Known(attr.name)
		fact(v.Say(attr.label), value)
	}
	fact(v.Say("card_site"), v.Site.Name)
	fact(v.Say("card_channel"), v.Channel(s.Address.Platform))
	if voice.MatchLanguage([]string{v.Lang}, s.Lang) == "" {
		fact(v.Say("card_language"), voice.SelfName(s.Lang))
	}
	foot := cardFoot(v, c)
	if k.Changed {
		foot = append(foot, v.Say("card_changed"))
	}
	if Live(c.Session) {
		foot = append(foot, v.Say("card_going"))
	}
	m.Footer = strings.Join(foot, " ")
	return m
}

// PrimaryAnswer is the answer to the primary question in few words, "1 of 5".
func (c *CaseView) PrimaryAnswer(v *voice.Voice) string {
	for i := range c.Flow.Questions {
		q := &c.Flow.Questions[i]
		if !q.Primary {
			continue
		}
		a, ok := c.Session.Answer(q.Key)
		if !ok || a.Skipped || a.Value == nil {
			return ""
		}
		n := len(q.Scale.Options)
		if q.Kind == survey.ScaleQ && !inWords(&q.Scale) && q.Scale.Options[0].Value >= 0 {
			return v.Say("button_number", "value", voice.Number(*a.Value), "max", voice.Number(q.Scale.Options[n-1].Value))
		}
		return answerText(v, q, &a)
	}
	return ""
}

// cardAnswers lists each answer with its words; what was written is quoted.
func (c *CaseView) cardAnswers(v *voice.Voice, m *chat.Message) {
	for i := range c.Session.Answers {
		a := &c.Session.Answers[i]
		at, ok := c.Flow.Index[a.Question]
		if !ok || a.Dropped || a.Question == ContactKey {
			continue
		}
		q := &c.Flow.Questions[at]
		label := voice.Cut(v.Fill(q.Ask.In(v.Langs...)), LongestLabel)
		switch {
		case a.Skipped:
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: staffLeft(v, a)})
		case q.Kind.Info().Personal && c.Pseudonymous():
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: v.Say("card_hidden")})
		case q.Kind.Info().Free:
			m.Quotes = append(m.Quotes, chat.Quote{Label: label, Text: voice.Cut(answerText(v, q, a), LongestQuote)})
		default:
			chosen, what, words := otherWords(v, q, a)
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: voice.Cut(answerText(v, q, &chosen), LongestQuote) + had(v, q, &chosen)})
			if words != "" {
				m.Quotes = append(m.Quotes, chat.Quote{Label: voice.Cut(what, LongestLabel), Text: voice.Cut(words, LongestQuote)})
			}
		}
	}
	wrote := v.Say("card_wrote")
	if FeedbackKind(c.Session.Flow) == storage.Remark {
		wrote = "" // beside nothing
	}
	for _, said := range c.Session.Said {
		m.Quotes = append(m.Quotes, chat.Quote{Label: wrote, Text: said})
	}
}

// cardLevel says how bad it is and which mood to expect: the mood of the worst answer. What
// was judged by earlier versions knows the primary answer and the whole only.
func (c *CaseView) cardLevel(v *voice.Voice, fact func(label, value string)) {
	bands := c.Flow.Bands
	langs := append(slices.Clip(v.Langs), voice.Languages[0])
	j := &c.Session.Judgement
	level := j.Level
	if level == 0 {
		level = j.Primary.Level
	}
	mood := j.Mood
	if mood == 0 {
		mood = level
		if p := j.Primary.Level; p > 0 && p < mood {
			mood = p
		}
	}
	name := func(id string, level int, met string) string {
		max := strconv.Itoa(len(bands))
		return v.Say(id, "level", strconv.Itoa(level), "max", max, "name", bands[level-1].Name.In(langs...), "expectation", met)
	}
	if level >= 1 && level <= len(bands) {
		id := "level_value"
		if !j.Settled {
			id = "level_so_far"
		}
		fact(v.Say("card_level"), name(id, level, bands[level-1].Expectation.In(langs...)))
	}
	if mood >= 1 && mood <= len(bands) {
		fact(v.Say("card_mood"), bands[mood-1].Indication.In(langs...))
	}
	if j.Contradictory {
		fact(v.Say("card_contradictory"), v.Say("card_contradictory_value"))
	}
	if p := c.Session.Facts.Previous; p >= 1 && p <= len(bands) {
		fact(v.Say("card_previous"), name("level_value", p, ""))
	}
	if n := c.Session.Facts.Earlier; n > 0 {
		fact(v.Say("card_history"), v.Count("card_earlier", n))
	}
}

// primaryOf is the reason of the main answer at the level of a composite one.
var primaryOf = map[recovery.Reason]recovery.Reason{
	recovery.CompositeL1: recovery.PrimaryL1,
	recovery.CompositeL2: recovery.PrimaryL2,
	recovery.CompositeL3: recovery.PrimaryL3,
}

// Why says in plain words why the case opened and what made it more urgent.
func (c *CaseView) Why(v *voice.Voice) string {
	var why []string
	rs := c.Case.Decision.Reasons
	for _, r := range rs {
		if same, ok := primaryOf[r]; ok && slices.Contains(rs, same) {
			continue // the main answer says as much
		}
		why = append(why, c.reason(v, r))
	}
	for _, r := range c.Case.Decision.Raised {
		why = append(why, v.Say("raise_"+string(r)))
	}
	return strings.Join(why, "; ")
}

// reason is one reason in words. Levels go by the names that the flow's own bands have.
func (c *CaseView) reason(v *voice.Voice, r recovery.Reason) string {
	j := &c.Session.Judgement
	id, level, now := "", 0, 0
	switch r {
	case recovery.AttributeBottom:
		if which := bottom(v, c); which != "" {
			return v.Say("reason_attribute_of", "questions", which)
		}
	case recovery.PrimaryL1, recovery.PrimaryL2, recovery.PrimaryL3:
		id, now = "reason_primary_level", j.Primary.Level
		level = 1 + slices.Index([]recovery.Reason{recovery.PrimaryL1, recovery.PrimaryL2, recovery.PrimaryL3}, r)
	case recovery.CompositeL1, recovery.CompositeL2, recovery.CompositeL3:
		id, now = "reason_composite_level", j.Level
		level = 1 + slices.Index([]recovery.Reason{recovery.CompositeL1, recovery.CompositeL2, recovery.CompositeL3}, r)
	}
	bands := c.Flow.Bands
	if level == 3 && now > 3 && now <= len(bands) && bands[now-1].Unsatisfied {
		level = now // a ladder with more than three unsatisfied levels
	}
	if level >= 1 && level <= len(bands) {
		if name := bands[level-1].Name.In(append(slices.Clip(v.Langs), voice.Languages[0])...); name != "" {
			return v.Say(id, "name", strings.ToLower(name))
		}
	}
	return v.Say("reason_" + string(r))
}

// bottom names the questions about single aspects that got the lowest mark; "" when an
// answer was changed and none has it any more.
func bottom(v *voice.Voice, c *CaseView) string {
	var asked []string
	for _, key := range c.Session.Judgement.Bottom {
		if i, ok := c.Flow.Index[key]; ok {
			asked = append(asked, v.Say("quoted", "words", voice.Cut(v.Fill(c.Flow.Questions[i].Ask.In(v.Langs...)), LongestLabel)))
		}
	}
	return strings.Join(asked, v.Say("list_comma"))
}

// cardDue says by when what must still happen. A case on the watch list has no clocks,
// and who does not want to be contacted has no clock for that.
func (c *CaseView) cardDue(v *voice.Voice, m *chat.Message) {
	k := c.Case
	if !k.State.Active() || k.Watched() {
		return
	}
	by := func(id string, at time.Time) {
		if at.IsZero() {
			return
		}
		text := v.Say("due_value", "at", v.Moment(at), "left", v.Relative(at.Sub(c.Now)), "zone", v.Site.Zone.String())
		m.Facts = append(m.Facts, chat.Fact{Label: v.Say(id), Value: text, At: at})
	}
	if k.State == recovery.Open {
		by("due_take", k.Due.Acknowledge)
	}
	if k.Contact != recovery.NoContact && k.Round.Contacted.IsZero() {
		by("due_contact", k.Due.Contact)
	}
	if k.Plan == nil {
		by("due_resolve", k.Due.Resolve)
	}
}

// CardState is the colour of a card: one of those that chat.Message knows.
func CardState(c recovery.Case, now time.Time) string {
	switch {
	case c.Watched():
		return "watch"
	case !c.State.Active():
		return "resolved"
	case c.Snoozed.After(now):
		return "snoozed"
	case c.State == recovery.Open:
		return "open"
	}
	return "taken"
}
