package render

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
)

// Limits of what is drawn.
const (
	LongestRow = 7   // buttons in a row that a phone still shows well
	shortWord  = 12  // runes of a label that fits beside two others
	wordScale  = 3   // scored scales up to this many options show words on their buttons
	legendUpTo = 7   // labelled scales up to this many options explain every point
	echoed     = 200 // runes of a written answer that are shown back
)

// Question is the message of a question that waits for an answer.
func Question(v *voice.Voice, f *snapshot.Flow, i int) chat.Message {
	if v.On.Lays {
		return laidQuestion(v, f, i)
	}
	q := &f.Questions[i]
	s := v.Session
	text := []string{v.Fill(q.Ask.In(v.Langs...))}
	m := chat.Message{Lang: v.Lang, Strong: text[0]}
	if s.Open == i && len(s.Asked()) > 0 {
		return askedBack(v, m, i, q, text[0])
	}
	switch q.Kind {
	case survey.ScaleQ:
		text = append(text, legend(v, q))
		m.Rows = scaleRows(v, s.ID, i, q)
	case survey.ChoiceQ:
		if q.Max > 1 && q.Min > 1 {
			text = append(text, v.Say("choose_between", "min", strconv.Itoa(q.Min), "max", strconv.Itoa(q.Max)))
		} else if q.Max > 1 {
			text = append(text, v.Say("choose_then_done", "max", strconv.Itoa(q.Max)))
		}
		m.Rows = choiceRows(v, &s.Session, i, q)
	default:
		m.Expects, m.Hint = expected(v, q)
		m.Max = TextLimit(q)
		text = append(text, voice.Join("\n", hinted(v, f, q, m.Hint), example(v, q)))
	}
	m.Rows = controlRows(v, f, i, m.Rows)
	m.Text = voice.Paragraphs(text...)
	return m
}

// askedBack is a question with what typed words may mean, in place of its own buttons.
func askedBack(v *voice.Voice, m chat.Message, i int, q *survey.Question, ask string) chat.Message {
	asked := v.Session.Asked()
	button := func(text string, reading int) chat.Button {
		return chat.Button{Text: text, Data: Tapped{Verb: VerbMean, Session: v.Session.ID, Question: i, Option: reading}.Encode()}
	}
	if len(asked) == 1 {
		a := asked[0].Answer()
		m.Text = voice.Paragraphs(ask, v.Say("asked_back", "answer", voice.Cut(answerText(v, q, &a), echoed)))
		m.Rows = [][]chat.Button{{button(v.Say("asked_yes"), 0), button(v.Say("asked_no"), 1)}}
		if v.On.Lays {
			m.Rows[0][0].Style = "primary"
		}
		return m
	}
	m.Text = voice.Paragraphs(ask, v.Say("asked_back_which"))
	for k := range asked {
		a := asked[k].Answer()
		m.Rows = append(m.Rows, []chat.Button{button(answerText(v, q, &a), k)})
	}
	m.Rows = append(m.Rows, []chat.Button{button(v.Say("asked_none"), len(asked))})
	return m
}

// TextLimit is the most characters that an answer to q may have.
func TextLimit(q *survey.Question) int {
	if q.Kind == survey.TextQ && q.Max > 0 {
		return min(q.Max, survey.MaxText)
	}
	return survey.MaxText
}

// expected says what a question without options waits for, to the platform and in
// words.
func expected(v *voice.Voice, q *survey.Question) (chat.Expects, string) {
	p := q.Prompt()
	if p.Expects == survey.ExpectsFile && !v.On.Files {
		return chat.ExpectsText, v.Say("no_file_here")
	}
	return chat.Expects(p.Expects), v.Say(p.Hint, "min", voice.Number(q.MinValue), "max", voice.Number(q.MaxValue))
}

// hinted is what stands below a question that waits for words; the hint itself stands in the
// field in which they are written.
func hinted(v *voice.Voice, f *snapshot.Flow, q *survey.Question, hint string) string {
	if FeedbackKind(f.ID) != "" {
		return "" // the question says it
	}
	if q.Kind != survey.TextQ || f.Texts["type_answer"].Exactly(v.Lang) != "" || voice.MatchLanguage(voice.Languages, v.Lang) == "" {
		return hint
	}
	return v.Say("write_here")
}

// legend says in words what the points of a scale mean, where its buttons show
// digits only.
func legend(v *voice.Voice, q *survey.Question) string {
	s := &q.Scale
	n := len(s.Options)
	if inWords(s) || numbered(v, s) {
		return ""
	}
	var lines []string
	wordless := wordless(v, s)
	if n <= legendUpTo {
		for i := range s.Options {
			if label := labelOf(v, s, i, wordless); label != "" {
				lines = append(lines, optionValue(v, s, i)+" = "+label)
			}
		}
	}
	if len(lines) == 0 && !wordless {
		lines = append(lines, scaleEnd(v, q, 0, s.MinText), scaleEnd(v, q, n-1, s.MaxText))
	}
	return strings.Join(lines, "\n")
}

// numbered reports whether each button of a scale shows its number and its words.
func numbered(v *voice.Voice, s *survey.Scale) bool {
	return len(s.Options) <= legendUpTo && !inWords(s) && labelled(v, s)
}

// longestButton is how wide the words of a button are that phones show whole where it is alone
// in its row; a letter of Chinese is two wide.
const longestButton = 32

// fitting cuts words between two words to what a button shows.
func fitting(text string) string {
	width, end := 0, 0
	for i, r := range text {
		if r == ' ' {
			end = i
		}
		if width++; r >= 0x2e80 {
			width++
			end = i
		}
		if width > longestButton-1 && i+utf8.RuneLen(r) < len(text) {
			if end == 0 {
				end = i
			}
			return strings.TrimRight(text[:end], " ,·") + "…"
		}
	}
	return text
}

// inWords reports whether the buttons of a scale show words: where there are few, and where
// the values are no points of a line but answers of their own, "nothing was promised".
func inWords(s *survey.Scale) bool {
	return len(s.Options) <= wordScale || len(s.Options) <= legendUpTo &&
		!slices.ContainsFunc(s.Options, func(o survey.Option) bool { return o.Score != nil })
}

// end explains one end of a long scale.
func scaleEnd(v *voice.Voice, q *survey.Question, i int, words survey.Text) string {
	s := &q.Scale
	if wordless(v, s) {
		return voice.Join(" ", optionValue(v, s, i), symbol(v, q, i))
	}
	label := words.In(v.Langs...)
	if label == "" {
		label = optionLabel(v, s, i)
	}
	return voice.Join(" = ", optionValue(v, s, i), label)
}

// optionLabel is an option's words; "" where the label only repeats the value, and where the
// scale is shown without words.
func optionLabel(v *voice.Voice, s *survey.Scale, i int) string {
	return labelOf(v, s, i, wordless(v, s))
}

// labelOf is optionLabel for who looked already whether the scale is wordless: that looks at all options.
func labelOf(v *voice.Voice, s *survey.Scale, i int, wordless bool) string {
	if wordless {
		return ""
	}
	o := &s.Options[i]
	label := o.Label.In(v.Langs...)
	if label == voice.Number(o.Value) {
		return ""
	}
	return label
}

// shortLabel is the label of an option as its button has it: in fewer words, where the flow has
// some in the language of the question.
func shortLabel(v *voice.Voice, o *survey.Option, label string) string {
	if short := o.Short.Exactly(v.Lang); short != "" {
		return v.Fill(short)
	}
	return label
}

// optionValue is what stands on an option's button when it shows digits: with a sign
// on scales that go below nought.
func optionValue(v *voice.Voice, s *survey.Scale, i int) string {
	n := voice.Number(s.Options[i].Value)
	if s.Options[0].Value < 0 && s.Options[i].Value > 0 {
		return "+" + n
	}
	return n
}

// scaleRows are the buttons of a scale: number and words in a row each, of equal width, where
// the platform has rows; digits in one row of up to seven, longer scales in rows of nearly the
// same length; two or three words with the best one first.
func scaleRows(v *voice.Voice, session string, at int, q *survey.Question) [][]chat.Button {
	s := &q.Scale
	n := len(s.Options)
	buttons := make([]chat.Button, n)
	words, wordless, full := inWords(s), wordless(v, s), numbered(v, s)
	short, rising := true, n > 1 && s.Options[0].Value < s.Options[1].Value
	for i := range s.Options {
		o := &s.Options[i]
		label := labelOf(v, s, i, wordless)
		b := chat.Button{Data: Tapped{Verb: VerbPick, Session: session, Question: at, Option: i}.Encode()}
		to := i
		if full {
			b.Text = fitting(voice.Join(" · ", voice.Join(" ", optionValue(v, s, i), symbol(v, q, i)), shortLabel(v, o, label)))
			b.Label = optionOf(v, q, i, label)
		} else if words && label != "" {
			b.Text = voice.Join(" ", o.Symbol, label)
			short = short && utf8.RuneCountInString(b.Text) <= shortWord
			if rising {
				to = n - 1 - i
			}
		} else {
			b.Text = voice.Join(" ", optionValue(v, s, i), symbol(v, q, i))
			b.Label = optionOf(v, q, i, label)
		}
		buttons[to] = b
	}
	switch {
	case words && (!short || n > wordScale), full && !v.On.Forms:
		return single(buttons)
	case n <= LongestRow:
		return [][]chat.Button{buttons}
	}
	rows := (n + LongestRow - 1) / LongestRow
	width := (n + rows - 1) / rows
	var split [][]chat.Button
	for len(buttons) > width {
		split, buttons = append(split, buttons[:width:width]), buttons[width:]
	}
	return append(split, buttons)
}

// optionOf is an option, with its label, in words that make sense alone: "2 of 5, Dissatisfied".
func optionOf(v *voice.Voice, q *survey.Question, i int, label string) string {
	s := &q.Scale
	o := &s.Options[i]
	if label == "" && wordless(v, s) {
		label = symbol(v, q, i)
	}
	first, last := s.Options[0].Value, s.Options[len(s.Options)-1].Value
	switch {
	case first < 0 || last < first:
		return voice.Join(", ", optionValue(v, s, i), label)
	case label == "":
		return v.Say("button_number", "value", voice.Number(o.Value), "max", voice.Number(last))
	}
	return v.Say("button_of", "value", voice.Number(o.Value), "max", voice.Number(last), "label", label)
}

// choiceRows are the buttons of a choice, one a row; several choices carry marks and
// end with Done.
func choiceRows(v *voice.Voice, s *survey.Session, q int, question *survey.Question) [][]chat.Button {
	rows := make([][]chat.Button, 0, len(question.Choices)+1)
	for _, i := range s.Shown(question) {
		label := v.Fill(question.Choices[i].Label.In(v.Langs...))
		b := chat.Button{Text: label, Data: Tapped{Verb: VerbPick, Session: s.ID, Question: q, Option: i}.Encode()}
		if question.Max > 1 {
			b.Data = Tapped{Verb: VerbToggle, Session: s.ID, Question: q, Option: i}.Encode()
			b.Selected = slices.Contains(s.Toggled, i)
			mark, state := "☐ ", "button_not_chosen"
			if b.Selected {
				mark, state = "☑ ", "button_chosen"
			}
			b.Text, b.Label = mark+label, v.Say(state, "label", label)
		}
		rows = append(rows, []chat.Button{b})
	}
	if question.Max > 1 {
		done := chat.Button{Text: v.Say("done"), Data: Tapped{Verb: VerbDone, Session: s.ID, Question: q}.Encode(), Style: "primary"}
		rows = append(rows, []chat.Button{done})
	}
	return rows
}

// Condensed is a question with the answer in place of its buttons.
func Condensed(v *voice.Voice, f *snapshot.Flow, i int, changeable bool) chat.Message {
	q := &f.Questions[i]
	m := Withdrawn(v, f, i)
	a, ok := v.Session.Answer(q.Key)
	if !ok {
		return m
	}
	if v.On.Lays {
		return laidAnswer(v, f, i, &a, changeable)
	}
	line := leftText(v, &a)
	if !a.Skipped {
		line = v.Say("you_answered", "answer", voice.Cut(answerText(v, q, &a), echoed)) + had(v, q, &a)
	}
	m.Text += "\n" + line
	if changeable {
		change := Tapped{Verb: VerbChange, Session: v.Session.ID, Question: i}.Encode()
		label := v.Say("button_change", "question", voice.Cut(v.Fill(q.Ask.In(v.Langs...)), echoed))
		m.Rows = [][]chat.Button{{{Text: v.Say("change"), Label: label, Data: change}}}
	}
	return m
}

// Withdrawn is a question without its buttons and without an answer.
func Withdrawn(v *voice.Voice, f *snapshot.Flow, i int) chat.Message {
	m := chat.Message{Lang: v.Lang, Text: v.Fill(f.Questions[i].Ask.In(v.Langs...))}
	if v.On.Lays && f.Questions[i].Kind.Info().Way != survey.Shown {
		m.Layout = &chat.Layout{Part: chat.PartQuestion, Of: v.Session.ID}
	}
	return m
}

// answer is a reply in words: "2 – Dissatisfied", "Too slow, Price", what was
// written.
func answerText(v *voice.Voice, q *survey.Question, a *survey.Answer) string {
	switch q.Kind {
	case survey.ScaleQ:
		if a.Value == nil {
			return ""
		}
		for i := range q.Scale.Options {
			if q.Scale.Options[i].Value == *a.Value {
				label := optionLabel(v, &q.Scale, i)
				if label == "" && wordless(v, &q.Scale) {
					return voice.Join(" ", optionValue(v, &q.Scale, i), symbol(v, q, i))
				}
				if inWords(&q.Scale) && label != "" {
					return label
				}
				return voice.Join(" – ", optionValue(v, &q.Scale, i), label)
			}
		}
		return voice.Number(*a.Value)
	case survey.ChoiceQ:
		var chosen []string
		for i := range q.Choices {
			if slices.Contains(a.Choices, q.Choices[i].Key) {
				chosen = append(chosen, v.Fill(q.Choices[i].Label.In(v.Langs...)))
			}
		}
		return voice.Join(": ", strings.Join(chosen, v.Plain["list_comma"]), a.Text)
	}
	if a.Value != nil {
		return voice.Number(*a.Value)
	}
	return voice.Join(" ", a.Text, v.Files(a.Files))
}

func single(buttons []chat.Button) [][]chat.Button {
	rows := make([][]chat.Button, len(buttons))
	for i := range buttons {
		rows[i] = buttons[i : i+1 : i+1]
	}
	return rows
}
