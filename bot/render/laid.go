package render

import (
	"slices"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
)

// A platform that lays messages out itself (chat.Traits.Lays) gets the same questions in parts:
// what a mark means stands on its button, what is answered is the person's own, and the buttons
// that answer nothing are told apart.

// laidQuestion is a question that waits for an answer.
func laidQuestion(v *voice.Voice, f *snapshot.Flow, i int) chat.Message {
	q, s := &f.Questions[i], v.Session
	m := Withdrawn(v, f, i)
	l := m.Layout
	if l == nil {
		return m
	}
	l.Step, l.Steps = survey.Progress(f.Flow, s.Session)
	l.FollowsUp = survey.FollowsUp(f.Flow, s.Session, i)
	if s.Open == i && len(s.Asked()) > 0 {
		m.Title = m.Text // what was asked stands above
		return askedBack(v, m, i, q, "")
	}
	a, answered := s.Answer(q.Key)
	if l.Changing = s.Editing && s.Open == i && answered && !a.Dropped; l.Changing && !a.Skipped {
		l.Answer = answerText(v, q, &a)
	}
	switch q.Kind {
	case survey.ScaleQ:
		m.Rows = [][]chat.Button{laidScale(v, i, q)}
		if n := len(q.Scale.Options); n > legendUpTo || !inWords(&q.Scale) && !labelled(v, &q.Scale) && !wordless(v, &q.Scale) {
			l.Low, l.High = scaleEnd(v, q, 0, q.Scale.MinText), scaleEnd(v, q, n-1, q.Scale.MaxText)
		}
		long := false
		for o := range m.Rows[0] {
			m.Rows[0][o].Selected = l.Changing && a.Value != nil && *a.Value == q.Scale.Options[o].Value
			long = long || utf8.RuneCountInString(m.Rows[0][o].Text) > shortWord
		}
		if inWords(&q.Scale) && (long || len(m.Rows[0]) > wordScale) {
			m.Rows = single(m.Rows[0]) // words that need a line each
		}
	case survey.ChoiceQ:
		if q.Max > 1 {
			l.Least = q.Min
			l.Most, l.Hint = q.Max, v.Say("choose_up_to", "max", voice.Number(float64(q.Max)), "done", v.Say("done"))
			if q.Min > 1 {
				l.Hint = v.Say("choose_from_to", "min", voice.Number(float64(q.Min)), "max", voice.Number(float64(q.Max)), "done", v.Say("done"))
			} else if q.Max >= len(q.Choices) {
				l.Hint = v.Say("choose_all", "done", v.Say("done"))
			}
		}
		m.Rows = laidChoices(v, &s.Session, i, q)
		if q.Key == ContactKey && q.Max <= 1 {
			explain(v, f, q, s.Shown(q), m.Rows)
		}
		if q.Max <= 1 && l.Changing {
			for at, o := range s.Shown(q) {
				m.Rows[at][0].Selected = slices.Contains(a.Choices, q.Choices[o].Key)
			}
		}
	default:
		m.Expects, m.Hint = expected(v, q)
		m.Max = TextLimit(q)
		if !q.Kind.Info().Free {
			l.Hint = m.Hint
		}
		if own := example(v, q); own != "" {
			l.Hint = own
			if !q.Kind.Info().Free {
				l.Hint = voice.Join(" ", m.Hint, own)
			}
		}
	}
	var aside []chat.Button
	for _, c := range offered(v, f, i) {
		t := Tapped{Verb: c.verb, Session: s.ID, Question: i, Option: c.option}
		aside = append(aside, chat.Button{Text: v.Say(c.id), Data: t.Encode(), Aside: chat.Aside(c.id)})
	}
	if len(aside) > 0 {
		m.Rows = append(m.Rows, aside)
	}
	return m
}

// explain says below each choice of how to be contacted what follows from it.
func explain(v *voice.Voice, f *snapshot.Flow, q *survey.Question, shown []int, rows [][]chat.Button) {
	if voice.MatchLanguage(voice.Languages, v.Lang) == "" {
		return // nobody reads two languages in one message
	}
	number := slices.ContainsFunc(f.Questions, func(q survey.Question) bool { return q.Contact == "phone" })
	for at, o := range shown {
		switch key := q.Choices[o].Key; {
		case key == ContactHere, key == ContactNo, key == ContactPhone && number:
			rows[at][0].Words = v.Say("contact_" + key + "_hint")
		}
	}
}

// labelled reports whether every point of a scale has words of its own.
func labelled(v *voice.Voice, s *survey.Scale) bool {
	for i := range s.Options {
		if optionLabel(v, s, i) == "" {
			return false
		}
	}
	return true
}

// laidScale are the points of a scale, from the first to the last. What is said of each begins
// with what is seen of it.
func laidScale(v *voice.Voice, at int, q *survey.Question) []chat.Button {
	s := &q.Scale
	buttons := make([]chat.Button, len(s.Options))
	last := s.Options[len(s.Options)-1].Value
	for i := range s.Options {
		o := &s.Options[i]
		label, value := optionLabel(v, s, i), optionValue(v, s, i)
		b := chat.Button{Data: Tapped{Verb: VerbPick, Session: v.Session.ID, Question: at, Option: i}.Encode()}
		switch {
		case inWords(s) && label != "":
			b.Text = voice.Join(" ", o.Symbol, label)
		case len(s.Options) <= legendUpTo:
			b.Text, b.Words = voice.Join(" ", value, symbol(v, q, i)), label
		default: // the ends are told below
			b.Text = voice.Join(" ", value, o.Symbol)
		}
		if !inWords(s) {
			of := ""
			if s.Options[0].Value >= 0 && last > s.Options[0].Value {
				of = v.Say("button_number", "value", voice.Number(o.Value), "max", voice.Number(last))
			}
			b.Label = voice.Join(v.Plain["list_comma"], voice.Join(" ", b.Text, label), of)
			if label == "" && b.Text == value && of != "" {
				b.Label = of
			}
		}
		buttons[i] = b
	}
	return buttons
}

// laidChoices are the buttons of a choice; of several, those that are chosen say so without
// words, and Done comes last.
func laidChoices(v *voice.Voice, s *survey.Session, i int, q *survey.Question) [][]chat.Button {
	rows := choiceRows(v, s, i, q)
	if q.Max <= 1 {
		return rows
	}
	for at, o := range s.Shown(q) {
		rows[at][0].Text, rows[at][0].Label, rows[at][0].Alone = v.Fill(q.Choices[o].Label.In(v.Langs...)), "", q.Choices[o].Exclusive
	}
	return rows
}

// laidAnswer is a question that was answered.
func laidAnswer(v *voice.Voice, f *snapshot.Flow, i int, a *survey.Answer, changeable bool) chat.Message {
	m := Withdrawn(v, f, i)
	if m.Layout == nil {
		return m
	}
	m.Layout.FollowsUp = survey.FollowsUp(f.Flow, v.Session.Session, i)
	if m.Layout.Skipped = a.Skipped; a.Left == survey.LeftDontKnow || a.Left == survey.LeftPreferNot {
		m.Layout.Skipped, m.Layout.Answer = false, v.Say(string(a.Left)) // they said so
	} else if a.Skipped {
		m.Layout.Answer = v.Say("left_out")
	} else {
		m.Layout.Answer = answerText(v, &f.Questions[i], a)
	}
	if changeable {
		change := Tapped{Verb: VerbChange, Session: v.Session.ID, Question: i}.Encode()
		m.Rows = [][]chat.Button{{{Text: v.Say("edit"), Label: v.Say("edit") + ": " + voice.Cut(m.Layout.Answer, echoed), Data: change, Aside: chat.AsideChange}}}
	}
	return m
}

// laidIntro is the greeting in two lines: who asks, and how long it takes unless the flow's own
// words are to say so. What becomes of the answers stands on a page of its own, but for surveys
// of which it is said otherwise.
func (t *Talk) laidIntro(v *voice.Voice, length string, words ...string) chat.Message {
	if t.Flow.Class == survey.Pulse && voice.MatchLanguage(voice.Languages, v.Lang) != "" {
		length = voice.Join(" ", length, v.Say("intro_pulse_web"))
	}
	return chat.Message{
		Text: voice.Paragraphs(words...), Lang: v.Lang,
		Layout: &chat.Layout{Part: chat.PartIntro, Of: t.Session.ID, Hint: length},
	}
}

// length says how many questions there are, and about how long they take.
func (t *Talk) length(v *voice.Voice) string {
	const perMore = 30 // seconds for each question that only some are asked: it is about words
	_, n := survey.Progress(t.Flow.Flow, t.Session.Session)
	if n == 0 {
		return ""
	}
	time, seconds := v.Say("under_a_minute"), t.Flow.Seconds+perMore*(n-t.Flow.Asked)
	if seconds >= 60 {
		time = v.Count("about_minutes", (seconds+59)/60)
	}
	return v.Count("questions_time", n, "time", time)
}

// Thanks are the last words of a survey.
func Thanks(v *voice.Voice, text string) chat.Message {
	m := chat.Message{Text: text, Lang: v.Lang}
	if v.On.Lays {
		m.Layout = &chat.Layout{Part: chat.PartThanks, Of: v.Session.ID}
	}
	return m
}
