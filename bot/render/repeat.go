package render

import (
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// repeats lets a voice repeat answers of its session where a text of the flow says so.
func repeats(v *voice.Voice, f *snapshot.Flow) {
	v.Answer = func(g survey.Gap) string {
		missing := survey.Unanswered
		if g.In != survey.InWords {
			missing = ""
		}
		at, known := f.Index[g.Name]
		if !known || v.Session == nil || g.In == survey.InHost {
			return missing
		}
		a, answered := v.Session.Answer(g.Name)
		q := &f.Questions[at]
		switch {
		case !answered, a.Dropped, a.Skipped:
			return missing
		case v.Masked && q.Kind.Info().Personal:
			return v.Say("card_hidden")
		case g.In == survey.InLink:
			return a.Plainly()
		}
		if said := repeated(v, q, &a); said != "" {
			return said
		}
		return missing
	}
}

// repeated is an answer as a text repeats it: in one line, and without the digits of a mark
// that has words.
func repeated(v *voice.Voice, q *survey.Question, a *survey.Answer) string {
	once := *v
	once.Answer = nil // what an answer holds is not looked at again
	said := answerText(&once, q, a)
	switch {
	case q.Kind == survey.ScaleQ && a.Value != nil:
		for i := range q.Scale.Options {
			if label := optionLabel(v, &q.Scale, i); q.Scale.Options[i].Value == *a.Value && label != "" {
				said = label
			}
		}
	case q.Kind == survey.DateQ:
		if day, err := time.Parse(time.DateOnly, a.Text); err == nil {
			said = v.Day(day)
		}
	}
	if v.Staff {
		said = chat.CleanName(said)
	}
	return voice.Cut(chat.CleanLine(said), echoed)
}

// leftText says how a question was left without an answer.
func leftText(v *voice.Voice, a *survey.Answer) string {
	switch a.Left {
	case survey.LeftDontKnow:
		return v.Say("you_dont_know")
	case survey.LeftPreferNot:
		return v.Say("you_prefer_not")
	case survey.LeftUnclear:
		return v.Say("you_left")
	}
	return v.Say("you_skipped")
}

// staffLeft says so to staff.
func staffLeft(v *voice.Voice, a *survey.Answer) string {
	if a.Left == survey.LeftDontKnow || a.Left == survey.LeftPreferNot {
		return v.Say("quoted", "words", v.Say(string(a.Left)))
	}
	if a.Left == survey.LeftUnclear {
		return v.Say("left_out")
	}
	return v.Say("card_skipped")
}

// example is an answer of the author's own, as a sentence; "" = there is none.
func example(v *voice.Voice, q *survey.Question) string {
	words := q.Example.In(v.Langs...)
	if words == "" {
		return ""
	}
	return v.Say("example", "example", words)
}

// Bounds are the first and the last day that a question takes, in words; "" = none.
func Bounds(v *voice.Voice, q *survey.Question) (from, until string) {
	from, until = q.Days(v.Now.In(zoneOf(v)))
	word := func(date string) string {
		if day, err := time.Parse(time.DateOnly, date); err == nil {
			return v.Day(day)
		}
		return ""
	}
	return word(from), word(until)
}

func zoneOf(v *voice.Voice) *time.Location {
	if v.Site.Zone == nil {
		return time.UTC
	}
	return v.Site.Zone
}

// Today is the day where the customer of this conversation is served.
func (t *Talk) Today() time.Time {
	if t.Site.Zone == nil {
		return t.Now
	}
	return t.Now.In(t.Site.Zone)
}

// Refused is what is said of words that are no answer to a question: its own, or the shipped
// ones.
func Refused(v *voice.Voice, q *survey.Question, code survey.NoticeCode) (words string, own bool) {
	switch code {
	case survey.NoticeBadNumber, survey.NoticeNotWhole, survey.NoticeBadDate, survey.NoticeDayRange, survey.NoticeBadPhone, survey.NoticeBadEmail, survey.NoticeBadForm:
		words = q.Error.In(v.Langs...)
	}
	if words == "" {
		return "", false
	}
	return v.Fill(words), true
}

// hung are the thanks that hang on the first condition that holds of all answers; "" = none.
func (t *Talk) hung(pairs []string) (*voice.Voice, string) {
	for i := range t.Flow.Thanks {
		th := &t.Flow.Thanks[i]
		if th.When != nil && !survey.Holds(t.Flow.Flow, t.Session.Session, *th.When) {
			continue
		}
		for _, lang := range t.Question().Langs {
			if words := th.Say.In(lang); words != "" {
				if len(pairs) == 0 && promises(words) {
					return nil, "" // nobody will be in touch
				}
				v := t.voice(t.worded(lang), lang, lang)
				return v, v.Fill(words, pairs...)
			}
		}
	}
	return nil, ""
}

// promises reports whether words say by when, or by whom, a customer hears from a person.
func promises(words string) bool {
	return slices.ContainsFunc(survey.Gaps(words), func(g survey.Gap) bool { return g.Name == "sla" || g.Name == "agent_or_team" })
}

// Wrote adds to an answered question which words were taken for the answer, "" = none.
func Wrote(v *voice.Voice, m chat.Message, words string) chat.Message {
	words = voice.Cut(chat.CleanLine(words), wroteShown)
	switch {
	case words == "":
	case m.Layout == nil:
		m.Text += v.Say("you_wrote", "words", words)
	case m.Layout.Answer != "":
		m.Layout.Answer += v.Say("you_wrote", "words", words)
	}
	return m
}

// wroteShown is how many runes of such words are shown.
const wroteShown = 80

// WayApart is what webWay says, in a message of its own: where the thanks are in a language in
// which neither the program nor the flow has words for it. "" where they say it, or need not.
func (t *Talk) WayApart(thanked *voice.Voice, k *storage.Case) (string, *voice.Voice) {
	id, within := t.outcome(k)
	if id != "thanks_unsatisfied" || thanked.Say("web_way") != "" {
		return "", nil
	}
	v := t.Person()
	return t.webWay(v, within), v
}
