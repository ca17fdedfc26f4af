package bot

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/survey"
)

// Limits of what is drawn.
const (
	maxRow     = 7   // buttons in a row that a phone still shows well
	shortWord  = 12  // runes of a label that fits beside two others
	wordScale  = 3   // scales up to this many options show words on their buttons
	legendUpTo = 7   // labelled scales up to this many options explain every point
	echoed     = 200 // runes of a written answer that are shown back
)

// asked is the message of a question that waits for an answer.
func (v *voice) asked(f *flow, i int) chat.Message {
	q := &f.Questions[i]
	s := v.session
	m := chat.Message{Lang: v.lang}
	text := []string{v.fill(q.Ask.In(v.langs...))}
	switch q.Kind {
	case survey.ScaleQ:
		text = append(text, v.legend(&q.Scale))
		m.Rows = v.scaleRows(s.ID, i, &q.Scale)
	case survey.ChoiceQ:
		if q.Max > 1 {
			text = append(text, v.say("choose_then_done"))
		}
		m.Rows = v.choiceRows(&s.Session, i, q)
	default:
		m.Expects, m.Hint = v.expected(q)
		m.Max = textLimit(q)
		text = append(text, m.Hint)
	}
	m.Rows = v.controls(f, i, m.Rows)
	m.Text = paragraphs(text...)
	return m
}

// textLimit is the most characters that an answer to q may have.
func textLimit(q *survey.Question) int {
	if q.Kind == survey.TextQ && q.Max > 0 {
		return min(q.Max, survey.MaxText)
	}
	return survey.MaxText
}

// expected says what a question without options waits for, to the platform and in
// words.
func (v *voice) expected(q *survey.Question) (chat.Expects, string) {
	p := q.Prompt()
	if p.Expects == survey.ExpectsFile && v.session.Address.Platform == chat.Web {
		return chat.ExpectsText, v.say("no_file_here")
	}
	return chat.Expects(p.Expects), v.say(p.Hint, "min", number(q.MinValue), "max", number(q.MaxValue))
}

// legend says in words what the points of a scale mean, where its buttons show
// digits only.
func (v *voice) legend(s *survey.Scale) string {
	n := len(s.Options)
	if n <= wordScale {
		return ""
	}
	var lines []string
	if n <= legendUpTo {
		for i := range s.Options {
			if label := v.optionLabel(&s.Options[i]); label != "" {
				lines = append(lines, v.optionValue(s, i)+" = "+label)
			}
		}
	}
	if len(lines) == 0 {
		lines = append(lines, v.end(s, 0, s.MinText), v.end(s, n-1, s.MaxText))
	}
	return strings.Join(lines, "\n")
}

// end explains one end of a long scale.
func (v *voice) end(s *survey.Scale, i int, words survey.Text) string {
	label := words.In(v.langs...)
	if label == "" {
		label = v.optionLabel(&s.Options[i])
	}
	return join(" = ", v.optionValue(s, i), label)
}

// optionLabel is an option's words; "" where the label only repeats the value.
func (v *voice) optionLabel(o *survey.Option) string {
	label := o.Label.In(v.langs...)
	if label == number(o.Value) {
		return ""
	}
	return label
}

// optionValue is what stands on an option's button when it shows digits: with a sign
// on scales that go below nought.
func (v *voice) optionValue(s *survey.Scale, i int) string {
	n := number(s.Options[i].Value)
	if s.Options[0].Value < 0 && s.Options[i].Value > 0 {
		return "+" + n
	}
	return n
}

// scaleRows are the buttons of a scale: one row of up to seven, longer scales in rows
// of nearly the same length, two or three words with the best one first.
func (v *voice) scaleRows(session string, q int, s *survey.Scale) [][]chat.Button {
	n := len(s.Options)
	buttons := make([]chat.Button, n)
	short, rising := true, n > 0 && s.Options[0].Value < s.Options[n-1].Value
	for i := range s.Options {
		o := &s.Options[i]
		label := v.optionLabel(o)
		b := chat.Button{Data: tapped{Verb: pickV, Session: session, Question: q, Option: i}.encode()}
		at := i
		if n <= wordScale && label != "" {
			b.Text = join(" ", o.Symbol, label)
			short = short && utf8.RuneCountInString(b.Text) <= shortWord
			if rising {
				at = n - 1 - i
			}
		} else {
			b.Text = join(" ", v.optionValue(s, i), o.Symbol)
			b.Label = v.optionOf(s, i)
		}
		buttons[at] = b
	}
	switch {
	case n <= wordScale && !short:
		return single(buttons)
	case n <= maxRow:
		return [][]chat.Button{buttons}
	}
	rows := (n + maxRow - 1) / maxRow
	width := (n + rows - 1) / rows
	var split [][]chat.Button
	for len(buttons) > width {
		split, buttons = append(split, buttons[:width:width]), buttons[width:]
	}
	return append(split, buttons)
}

// optionOf is an option in words that make sense alone: "2 of 5, Dissatisfied".
func (v *voice) optionOf(s *survey.Scale, i int) string {
	o := &s.Options[i]
	label := v.optionLabel(o)
	first, last := s.Options[0].Value, s.Options[len(s.Options)-1].Value
	switch {
	case first < 0 || last < first:
		return join(", ", v.optionValue(s, i), label)
	case label == "":
		return v.say("button_number", "value", number(o.Value), "max", number(last))
	}
	return v.say("button_of", "value", number(o.Value), "max", number(last), "label", label)
}

// choiceRows are the buttons of a choice, one a row; several choices carry marks and
// end with Done.
func (v *voice) choiceRows(s *survey.Session, q int, question *survey.Question) [][]chat.Button {
	rows := make([][]chat.Button, 0, len(question.Choices)+1)
	for i := range question.Choices {
		label := v.fill(question.Choices[i].Label.In(v.langs...))
		b := chat.Button{Text: label, Data: tapped{Verb: pickV, Session: s.ID, Question: q, Option: i}.encode()}
		if question.Max > 1 {
			b.Data = tapped{Verb: toggleV, Session: s.ID, Question: q, Option: i}.encode()
			b.Selected = slices.Contains(s.Toggled, i)
			mark, state := "☐ ", "button_not_chosen"
			if b.Selected {
				mark, state = "☑ ", "button_chosen"
			}
			b.Text, b.Label = mark+label, v.say(state, "label", label)
		}
		rows = append(rows, []chat.Button{b})
	}
	if question.Max > 1 {
		done := chat.Button{Text: v.say("done"), Data: tapped{Verb: doneV, Session: s.ID, Question: q}.encode(), Style: "primary"}
		rows = append(rows, []chat.Button{done})
	}
	return rows
}

// condensed is a question with the answer in place of its buttons.
func (v *voice) condensed(f *flow, i int, changeable bool) chat.Message {
	q := &f.Questions[i]
	m := v.withdrawn(f, i)
	a, ok := v.session.Answer(q.Key)
	if !ok {
		return m
	}
	line := v.say("you_skipped")
	if !a.Skipped {
		line = v.say("you_answered", "answer", cut(v.answer(q, &a), echoed))
	}
	m.Text += "\n" + line
	if changeable {
		change := tapped{Verb: changeV, Session: v.session.ID, Question: i}.encode()
		label := v.say("button_change", "question", cut(v.fill(q.Ask.In(v.langs...)), echoed))
		m.Rows = [][]chat.Button{{{Text: v.say("change"), Label: label, Data: change}}}
	}
	return m
}

// withdrawn is a question without its buttons and without an answer.
func (v *voice) withdrawn(f *flow, i int) chat.Message {
	return chat.Message{Lang: v.lang, Text: v.fill(f.Questions[i].Ask.In(v.langs...))}
}

// answer is a reply in words: "2 – Dissatisfied", "Too slow, Price", what was
// written.
func (v *voice) answer(q *survey.Question, a *survey.Answer) string {
	switch q.Kind {
	case survey.ScaleQ:
		if a.Value == nil {
			return ""
		}
		for i := range q.Scale.Options {
			if q.Scale.Options[i].Value == *a.Value {
				label := v.optionLabel(&q.Scale.Options[i])
				if len(q.Scale.Options) <= wordScale && label != "" {
					return label
				}
				return join(" – ", v.optionValue(&q.Scale, i), label)
			}
		}
		return number(*a.Value)
	case survey.ChoiceQ:
		var chosen []string
		for i := range q.Choices {
			if slices.Contains(a.Choices, q.Choices[i].Key) {
				chosen = append(chosen, v.fill(q.Choices[i].Label.In(v.langs...)))
			}
		}
		return strings.Join(chosen, v.plain["list_comma"])
	}
	if a.Value != nil {
		return number(*a.Value)
	}
	return join(" ", a.Text, v.files(a.Files))
}

// files says in words what was sent: "📷 photo, 📎 bill.pdf".
func (v *voice) files(fs []survey.File) string {
	named := make([]string, 0, len(fs))
	for _, f := range fs {
		id := "file_" + f.Kind
		if v.plain[id] == "" {
			id = "file_document"
		}
		if f.Name != "" {
			id = "file_named"
		}
		named = append(named, v.say(id, "name", cut(f.Name, cardName)))
	}
	return strings.Join(named, v.plain["list_comma"])
}

// number writes a value of a scale without needless digits.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// join joins the parts that are not empty.
func join(sep string, parts ...string) string {
	joined := ""
	for _, p := range parts {
		switch {
		case p == "":
		case joined == "":
			joined = p
		default:
			joined += sep + p
		}
	}
	return joined
}

// paragraphs joins the parts that are not empty by blank lines.
func paragraphs(parts ...string) string { return join("\n\n", parts...) }

// cut shortens words to at most n runes.
func cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

func single(buttons []chat.Button) [][]chat.Button {
	rows := make([][]chat.Button, len(buttons))
	for i := range buttons {
		rows[i] = buttons[i : i+1 : i+1]
	}
	return rows
}
