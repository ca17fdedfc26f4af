package render

import (
	"slices"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// CaseAnswer is an answer as a page shows it.
type CaseAnswer struct {
	Question, Answer string
	Level            int    // where it lands on the flow's ladder, from 1, worst first; 0 = nowhere
	Free             bool   // it is the customer's own words
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
			one.Before = c.before(v, q)
		}
		all = append(all, one)
	}
	return all
}

// before is what a question was answered with before that was changed; "" = it was not.
func (c *CaseView) before(v *voice.Voice, q *survey.Question) string {
	for _, e := range slices.Backward(c.Session.Earlier) {
		if e.Question == q.Key && !e.Dropped && !e.Skipped {
			return answerText(v, q, &e)
		}
	}
	return ""
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
