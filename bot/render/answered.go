package render

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// CaseAnswer is an answer as a page shows it.
type CaseAnswer struct {
	Question, Answer string
	Level            int    // where it lands on the flow's ladder, from 1, worst first; 0 = nowhere
	Free             bool   // it is the customer's own words; of a choice that takes words these stand by themselves
	Primary          bool   // it is the answer to the main question
	Hidden           bool   // staff do not see it: it would say who the customer is
	Before           string // what they had answered before they changed it; "" = they did not
}

// Answers are what the customer answered, in order: questions that they skipped are left out.
func (c *CaseView) Answers(v *voice.Voice) []CaseAnswer {
	var all []CaseAnswer
	for i := range c.Session.Answers {
		a := &c.Session.Answers[i]
		at, ok := c.Flow.Index[a.Question]
		if !ok || a.Dropped || a.Skipped || a.Question == ContactKey {
			continue
		}
		q := &c.Flow.Questions[at]
		one := CaseAnswer{
			Question: voice.Cut(v.Fill(q.Ask.In(v.Langs...)), LongestLabel), Answer: answerText(v, q, a),
			Free: q.Kind.Info().Free, Primary: q.Primary, Level: c.levelAt(q, a),
		}
		if q.Kind.Info().Personal && c.Pseudonymous() {
			one.Answer, one.Hidden = v.Say("card_hidden"), true
		}
		if !one.Hidden {
			one.Before = before(v, c, q)
		}
		chosen, what, words := otherWords(v, q, a)
		if words != "" {
			one.Answer = answerText(v, q, &chosen)
		}
		all = append(all, one)
		if words != "" {
			all = append(all, CaseAnswer{Question: voice.Cut(what, LongestLabel), Answer: words, Free: true})
		}
	}
	return all
}

// otherWords takes the customer's own words out of an answer that chooses: what is left of the
// answer, and which choice the words are about, in words. They are "" where there are none.
func otherWords(v *voice.Voice, q *survey.Question, a *survey.Answer) (chosen survey.Answer, what, words string) {
	chosen = *a
	if q.Kind != survey.ChoiceQ || a.Text == "" {
		return chosen, "", ""
	}
	chosen.Text = ""
	for i := range q.Choices {
		if q.Choices[i].Other && slices.Contains(a.Choices, q.Choices[i].Key) {
			what = v.Fill(q.Choices[i].Label.In(v.Langs...))
		}
	}
	return chosen, what, a.Text
}

// before is what a question was answered with before that was changed; "" = it was not.
func before(v *voice.Voice, c *CaseView, q *survey.Question) string {
	e := replaced(c.Session, q)
	if e == nil {
		return ""
	}
	chosen, _, _ := otherWords(v, q, e)
	return answerText(v, q, &chosen)
}

// replaced is the newest answer to a question that another one took the place of; nil = none.
func replaced(s *storage.Session, q *survey.Question) *survey.Answer {
	for i := range s.Earlier {
		if e := &s.Earlier[len(s.Earlier)-1-i]; e.Question == q.Key && !e.Dropped && !e.Skipped {
			return e
		}
	}
	return nil
}

// had says what a tapped answer was before it was changed, behind what it is: " (was 2)". What
// was written is not said again.
func had(v *voice.Voice, q *survey.Question, now *survey.Answer) string {
	e := replaced(v.Session, q)
	if e == nil || q.Kind.Info().Way != survey.Tapped {
		return ""
	}
	chosen, _, _ := otherWords(v, q, e)
	before := answerText(v, q, &chosen)
	if q.Kind == survey.ScaleQ && e.Value != nil && !inWords(&q.Scale) {
		before = voice.Number(*e.Value)
	}
	if text := answerText(v, q, now); before == "" || strings.HasPrefix(text, before) {
		return ""
	}
	return v.Say("you_had", "before", voice.Cut(before, echoed))
}

// levelAt is where an answer lands on the ladder of its flow; 0 = it is not scored.
func (c *CaseView) levelAt(q *survey.Question, a *survey.Answer) int {
	if a.Value == nil {
		return 0
	}
	score, scored := q.Worth(*a.Value)
	if !scored {
		return 0
	}
	level, err := c.Flow.Bands.Level(score)
	if err != nil {
		return 0
	}
	return level
}

// Level is how satisfied the customer is by all answers, from 1, worst first, with its name and
// the mood to expect; 0 where it is not known.
func (c *CaseView) Level(v *voice.Voice) (level int, name, mood string) {
	j := &c.Session.Judgement
	if level = j.Level; level == 0 {
		level = j.Primary.Level
	}
	if level < 1 || level > len(c.Flow.Bands) {
		return 0, "", ""
	}
	langs := append(slices.Clip(v.Langs), voice.Languages[0])
	felt := level
	if p := j.Primary.Level; p > 0 && p < felt {
		felt = p
	}
	if j.Mood > 0 && j.Mood <= len(c.Flow.Bands) {
		felt = j.Mood
	}
	return level, c.Flow.Bands[level-1].Name.In(langs...), c.Flow.Bands[felt-1].Indication.In(langs...)
}

// LevelName is the name of a level of the case's flow.
func (c *CaseView) LevelName(v *voice.Voice, level int) string {
	if level < 1 || level > len(c.Flow.Bands) {
		return ""
	}
	return c.Flow.Bands[level-1].Name.In(append(slices.Clip(v.Langs), voice.Languages[0])...)
}

// Story is what was done, in the words of a card: who has the case, what was agreed, how it was
// closed, what the customer thinks of that.
func (c *CaseView) Story(v *voice.Voice) [][2]string {
	var all [][2]string
	fact := func(label, value string) {
		if value != "" {
			all = append(all, [2]string{label, value})
		}
	}
	k := c.Case
	if k.State.Active() {
		if p := k.Plan; p != nil {
			fact(v.Say("card_plan"), v.Say("card_plan_value", "plan", voice.Cut(p.Text, LongestQuote), "due", v.Moment(p.Due)))
		}
		if k.Snoozed.After(c.Now) {
			fact(v.Say("card_snoozed"), v.Moment(k.Snoozed))
		}
		fact(v.Say("card_before"), glance{c, v}.past())
	} else if k.State == recovery.Dismissed || k.State == recovery.Unreached {
		fact(v.Say("card_reason"), reasonText(v, k.Reason))
	} else if r := k.Resolution; r != nil {
		fact(v.Say("card_cause"), c.Cause(v, r.Cause))
		fact(v.Say("card_actions"), c.actionsText(v, r))
	}
	c.cardStory(v, fact)
	return all
}
