package render

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/words"
)

// control is a button that hangs below an open question and is none of its options.
type control struct {
	id     string // of its words
	verb   Verb
	option int // of VerbLeave
}

// offers are the controls that the open question i is shown with: Skip where it is
// optional, Back from the second question on, and before the first answer a way to
// put the survey off or to refuse it.
func offered(v *voice.Voice, f *snapshot.Flow, i int) []control {
	s := v.Session
	var all []control
	q := &f.Questions[i]
	for o, why := range leaves {
		if q.Offers(why) {
			all = append(all, control{string(why), VerbLeave, o})
		}
	}
	if skippable(v, q) {
		all = append(all, control{"skip", VerbSkip, 0})
	}
	if s.Open == i && survey.CanGoBack(f.Flow, s.Session, v.Now) {
		all = append(all, control{"back", VerbBack, 0})
	}
	if len(s.Answers) == 0 && s.Status == survey.Active && FeedbackKind(f.ID) != "" && !v.On.Lays {
		return append(all, control{"never_mind", VerbNotNow, 0}) // they began it themselves
	}
	if len(s.Answers) == 0 && s.Status == survey.Active {
		all = append(all, control{"later", VerbLater, 0}, control{"not_now", VerbNotNow, 0})
	}
	return all
}

// skippable reports whether a question has a Skip button. Where people can
// send no files, a question for one must not be a dead end.
func skippable(v *voice.Voice, q *survey.Question) bool {
	return q.Optional || q.Kind.Info().Way == survey.Sent && !v.On.Files
}

// controls are the buttons of what a question is offered with: Skip and Back together,
// beside Done where there is one; below them whether to answer at all.
func controlRows(v *voice.Voice, f *snapshot.Flow, i int, rows [][]chat.Button) [][]chat.Button {
	var steps, whether []chat.Button
	var left [][]chat.Button
	for _, c := range offered(v, f, i) {
		b := chat.Button{Text: v.Say(c.id), Data: Tapped{Verb: c.verb, Session: v.Session.ID, Question: i, Option: c.option}.Encode()}
		if c.verb == VerbLeave {
			left = append(left, []chat.Button{b})
			continue
		}
		if c.verb == VerbLater || c.verb == VerbNotNow {
			whether = append(whether, b)
		} else {
			steps = append(steps, b)
		}
	}
	if q := &f.Questions[i]; q.Kind == survey.ChoiceQ && q.Max > 1 && len(rows) > 0 {
		rows[len(rows)-1] = append(rows[len(rows)-1], steps...)
		steps = nil
	}
	// A last row of a long scale that is shorter than the others takes a button in, so that all
	// of the scale are equally wide.
	if n := len(rows); n > 1 && len(rows[n-1]) == len(rows[0])-1 && f.Questions[i].Kind == survey.ScaleQ {
		for _, from := range []*[]chat.Button{&steps, &whether} {
			if len(*from) > 0 {
				rows[n-1] = append(rows[n-1], (*from)[0])
				*from = (*from)[1:]
				break
			}
		}
	}
	for _, row := range append(left, steps, whether) {
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	return append(rows, keepRows(v, f, i)...)
}

// keepRows is a button that leaves an answer as it is which is being changed. A page draws its
// own, beside the answer that it marks.
func keepRows(v *voice.Voice, f *snapshot.Flow, i int) [][]chat.Button {
	s := v.Session
	a, answered := s.Answer(f.Questions[i].Key)
	if v.On.Lays || !s.Editing || s.Open != i || !answered || a.Dropped || a.Skipped {
		return nil
	}
	text := v.Say("keep", "answer", voice.Cut(answerText(v, &f.Questions[i], &a), longestKept))
	return [][]chat.Button{{{Text: text, Data: Tapped{Verb: VerbKeep, Session: s.ID, Question: i}.Encode()}}}
}

// longestKept is how much of an answer a button says, in runes.
const longestKept = 24

// Typed is the control whose words were typed, in any language of the interface:
// Telegram's phone question shows its buttons as words to be sent, and people type what
// they read. Words that name an option are that option's; where words are the answer,
// only those that cannot be meant as one count.
func (t *Talk) Typed(text string) (survey.Input, bool) {
	i := t.Session.Open
	if i < 0 || i >= len(t.Flow.Questions) {
		return nil, false
	}
	text = strings.TrimSpace(text)
	q := &t.Flow.Questions[i]
	if q.Kind.Info().Free && t.matches("back", text) || namesOption(q, text) {
		return nil, false
	}
	if q.Kind == survey.ChoiceQ && q.Max > 1 && t.matches("done", text) {
		return survey.Done{Question: i}, true
	}
	for _, c := range offered(t.Asks(i), t.Flow, i) {
		if t.matches(c.id, text) {
			return Tapped{Verb: c.verb, Session: t.Session.ID, Question: i, Option: c.option}.Input(), true
		}
	}
	return nil, false
}

// namesOption reports whether text is the label of an option or a choice of q.
func namesOption(q *survey.Question, text string) bool {
	has := func(labels survey.Text) bool {
		for _, label := range labels {
			if words.Bare(label) == words.Bare(text) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(q.Scale.Options, func(o survey.Option) bool { return has(o.Label) }) ||
		slices.ContainsFunc(q.Choices, func(c survey.Choice) bool { return has(c.Label) })
}
