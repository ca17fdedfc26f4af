package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/trial"
)

// dialog runs a flow in the terminal, or over a pipe: it prints each question with its
// options and reads one line an answer.
type dialog struct {
	*trial.Trial
	in   *bufio.Scanner
	out  io.Writer
	lang string
}

// run asks until the flow or the input ends.
func (d *dialog) run() (trial.Result, error) {
	d.printf("%s\nWrite the number or the words of an answer; skip, back or quit.\n", d.Flow.Title.In(d.languages()...))
	d.Session.Lang = d.lang
	d.show(d.Step(survey.Open{}))
	for d.Open() != nil {
		d.printf("> ")
		if !d.in.Scan() {
			d.printf("\n")
			break
		}
		if line := strings.TrimSpace(d.in.Text()); line != "" {
			d.show(d.reply(line))
		}
	}
	if err := d.in.Err(); err != nil {
		return trial.Result{}, fmt.Errorf("read the answers: %w", err)
	}
	return d.Result(), nil
}

func (d *dialog) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

func (d *dialog) languages() []string {
	if d.lang == "" {
		return d.Flow.Languages
	}
	return append([]string{d.lang}, d.Flow.Languages...)
}

// reply feeds one line to the engine and returns what it did.
func (d *dialog) reply(line string) survey.Transition {
	q, index := d.Open(), d.Session.Open
	switch line {
	case "skip", "/skip":
		return d.Step(survey.Skip{Question: index})
	case "back", "/back":
		return d.Step(survey.Back{})
	case "quit", "/cancel":
		return d.Step(survey.Decline{})
	}
	if asked := d.Session.Asked(); len(asked) > 1 && len(line) == 1 && line[0] >= 'a' && int(line[0]-'a') < len(asked) {
		return d.Step(survey.Mean{Question: index, Reading: int(line[0] - 'a')})
	}
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' })
	switch q.Kind {
	case survey.ScaleQ:
		if i := slices.Index(trial.ScaleValues(q.Scale), line); i >= 0 {
			return d.Step(survey.Pick{Question: index, Option: i})
		}
	case survey.ChoiceQ:
		if inputs, err := trial.ChoiceInputs(q, index, numbersToKeys(*q, fields)); err == nil {
			d.Session.Toggled = nil
			var tr survey.Transition
			for i, in := range inputs {
				if tr = d.Step(in); i < len(inputs)-1 {
					tr.Effects = nil // the options are not shown again for each of several
				}
			}
			return tr
		}
	default:
		if q.Kind.Info().Way == survey.Sent {
			return d.Step(trial.Sent(line))
		}
	}
	return d.Step(survey.Write{Text: line})
}

// numbersToKeys takes 1 3 for the first and the third option.
func numbersToKeys(q survey.Question, words []string) []string {
	out := slices.Clone(words)
	for i, w := range words {
		if n, err := strconv.Atoi(w); err == nil && n >= 1 && n <= len(q.Choices) && !slices.Contains(trial.ChoiceKeys(q), w) {
			out[i] = q.Choices[n-1].Key
		}
	}
	return out
}

// show prints what the engine says.
func (d *dialog) show(tr survey.Transition) {
	for _, e := range tr.Effects {
		switch e := e.(type) {
		case survey.Ask:
			d.ask(&d.Flow.Questions[e.Question])
		case survey.Tell:
			d.printf("\n%s\n", d.words(d.Flow.Questions[e.Question].Ask))
		case survey.Condense:
			if a := tr.Answer; a != nil && a.Revision > 1 && d.Flow.Questions[e.Question].Key == a.Question {
				d.printf("  (the answer to %s is now: %s)\n", a.Question, trial.AnswerWords(a))
			}
		case survey.Notice:
			d.printf("  %s\n", d.notice(e))
		case survey.OffScript:
			d.printf("  (staff would read: %s)\n", e.Text)
		case survey.Attempt:
			d.printf("  (staff would read: %s)\n", e.Text)
		}
	}
}

func (d *dialog) ask(q *survey.Question) {
	d.printf("\n%s\n", d.words(q.Ask))
	if asked := d.Session.Asked(); len(asked) == 1 {
		d.printf("  Did you mean %s? Write yes or no.\n", trial.ReadingWords(asked[0]))
		return
	} else if len(asked) > 1 {
		d.printf("  Which one do you mean?\n")
		for i, r := range asked {
			d.printf("  %3c  %s\n", 'a'+i, trial.ReadingWords(r))
		}
		d.printf("   no  none of them\n")
		return
	}
	switch q.Kind {
	case survey.ScaleQ:
		for i, op := range q.Scale.Options {
			label := op.Label.In(d.languages()...)
			switch {
			case i == 0 && len(q.Scale.MinText) > 0:
				label = q.Scale.MinText.In(d.languages()...)
			case i == len(q.Scale.Options)-1 && len(q.Scale.MaxText) > 0:
				label = q.Scale.MaxText.In(d.languages()...)
			}
			value := trial.ScaleValues(q.Scale)[i]
			if label == value {
				label = ""
			}
			d.printf("  %3s  %s\n", value, label)
		}
	case survey.ChoiceQ:
		for i, c := range q.Choices {
			d.printf("  %3d  %s\n", i+1, d.words(c.Label))
		}
		if q.Max > 1 && q.Min > 1 {
			d.printf("  (%d to %d, as 1 3)\n", q.Min, q.Max)
		} else if q.Max > 1 {
			d.printf("  (up to %d, as 1 3)\n", q.Max)
		}
	default:
		if form := q.Prompt().Form; form != "" {
			d.printf("  (%s)\n", form)
		}
		if example := q.Example.In(d.languages()...); example != "" {
			d.printf("  (for example %s)\n", example)
		}
	}
	for _, way := range []struct {
		offered bool
		words   string
	}{{q.DontKnow, "I don't know"}, {q.PreferNot, "prefer not to say"}} {
		if way.offered {
			d.printf("  (or write: %s)\n", way.words)
		}
	}
}

// words are words of the flow with what is known in the place of their gaps. What a chat would
// know and a terminal does not stands in braces.
func (d *dialog) words(t survey.Text) string {
	return survey.Fill(t.In(d.languages()...), func(g survey.Gap) string {
		if !g.Answer {
			if value := d.Session.Attributes[g.Name]; value != "" {
				return value
			}
			return "{" + g.Name + "}"
		}
		if a, ok := d.Session.Answer(g.Name); ok && !a.Skipped && !a.Dropped {
			if g.In != survey.InWords {
				return a.Plainly()
			}
			return d.said(&a)
		}
		if g.In != survey.InWords {
			return ""
		}
		return survey.Unanswered
	})
}

// said is an answer in the words of its options.
func (d *dialog) said(a *survey.Answer) string {
	i := slices.IndexFunc(d.Flow.Questions, func(q survey.Question) bool { return q.Key == a.Question })
	var words []string
	for _, o := range d.Flow.Questions[i].Scale.Options {
		if a.Value != nil && o.Value == *a.Value {
			words = append(words, o.Label.In(d.languages()...))
		}
	}
	for _, c := range d.Flow.Questions[i].Choices {
		if slices.Contains(a.Choices, c.Key) {
			words = append(words, c.Label.In(d.languages()...))
		}
	}
	if len(words) == 0 {
		return trial.AnswerWords(a)
	}
	return strings.Join(words, ", ")
}

// notice is what the engine says, in the words of the question where it has some.
func (d *dialog) notice(n survey.Notice) string {
	switch n.Code {
	case survey.NoticeBadNumber, survey.NoticeNotWhole, survey.NoticeBadDate, survey.NoticeDayRange, survey.NoticeBadPhone, survey.NoticeBadEmail, survey.NoticeBadForm:
		if n.Question >= 0 && n.Question < len(d.Flow.Questions) {
			if own := d.words(d.Flow.Questions[n.Question].Error); own != "" {
				return own
			}
		}
	}
	return trial.NoticeWords(n.Code)
}

// printResult prints a run for people.
func printResult(w io.Writer, r trial.Result) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	score := func(x float64) string { return strconv.FormatFloat(report.Rounded(x, 2), 'f', -1, 64) }
	b.WriteByte('\n')
	line("status", "%s", r.Status)
	if r.Composite != nil {
		line("composite", "%s", score(*r.Composite))
	} else {
		line("composite", "none")
	}
	line("coverage", "%s %%", report.PerCent(r.Coverage))
	if r.Level != nil {
		line("level", "%d", *r.Level)
	}
	if r.Flag != nil {
		line("flag", "%s", *r.Flag)
	}
	if r.Gap != nil && r.GapState != nil {
		line("gap", "%g (%s)", *r.Gap, *r.GapState)
	}
	for _, d := range sorted(r.Dimensions) {
		line("dimension", "%s %s", d, score(r.Dimensions[d]))
	}
	line("unsatisfied", "%t", r.Unsatisfied)
	if r.Unhappy {
		line("unhappy", "true")
	}
	if r.Mood != 0 {
		line("mood", "%d", r.Mood)
	}
	if r.Contradictory {
		line("contradictory", "true")
	}
	switch {
	case r.Case.Opens:
		reasons := make([]string, len(r.Case.Reasons))
		for i, reason := range r.Case.Reasons {
			reasons[i] = string(reason)
		}
		line("case", "opens, %s: %s", *r.Case.Priority, strings.Join(reasons, ", "))
	case r.Case.Watch:
		line("case", "none; on the watch list")
	default:
		line("case", "none")
	}
	_, err := io.WriteString(w, b.String())
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
