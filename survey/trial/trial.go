// Package trial runs a survey over given answers, without any chat or database: what would be asked,
// what the answers mean, and whether a case would open by the shipped rules.
package trial

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// Result is what `survey try` prints. Its names are fixed: other programs read them.
// Pointers are nil, and print as null, where there is no value.
type Result struct {
	Status      string             `json:"status"` // completed, partial, declined
	Asked       []string           `json:"asked"`  // keys, in the order asked
	Answers     map[string]any     `json:"answers"`
	Composite   *float64           `json:"composite"` // unrounded
	Coverage    float64            `json:"coverage"`  // unrounded
	Level       *int               `json:"level"`
	Flag        *survey.Flag       `json:"flag"` // the primary question's
	Gap         *float64           `json:"gap"`
	GapState    *survey.GapState   `json:"gap_state"`
	Delighted   bool               `json:"delighted"`
	Dimensions  map[string]float64 `json:"dimensions"`
	Unsatisfied bool               `json:"unsatisfied"`
	Case        Case               `json:"case"`

	// What follows is printed only where it says more than the names above do.
	Unhappy       bool `json:"unhappy,omitempty"`       // not unsatisfied, yet one aspect got the lowest mark
	Mood          int  `json:"mood,omitempty"`          // level of the worst answer, where it is not the level
	Contradictory bool `json:"contradictory,omitempty"` // the answers cannot all be meant
}

// Case is what the recovery rules say of the run.
type Case struct {
	Opens    bool              `json:"opens"`
	Watch    bool              `json:"watch"` // neutral: on the watch list, nobody is called
	Priority *string           `json:"priority"`
	Reasons  []recovery.Reason `json:"reasons"`
}

// Context is what is known beside the answers: the context file.
type Context struct {
	Tier           recovery.Tier
	Earlier        int // unsatisfied sessions of this customer in the last 90 days
	Late           bool
	StandardBroken bool
	Event          map[string]string // more attributes of the event
}

// Answer is one value of the answers file.
type Answer struct {
	Skip  bool
	Words []string // one, or several choices
}

// Trial is a run of a flow without any chat or database.
type Trial struct {
	Flow    survey.Flow
	Session survey.Session
	context Context
	asked   []string
	now     time.Time // stands still: what is tried does not depend on the hour
}

// New begins a run.
func New(f survey.Flow, c Context) *Trial {
	attributes := map[string]string{}
	for k, v := range c.Event {
		attributes[k] = v
	}
	if c.Tier != "" {
		attributes["tier"] = string(c.Tier)
	}
	if c.Late {
		attributes["late"] = "true"
	}
	if c.StandardBroken {
		attributes["standard_broken"] = "true"
	}
	// A session without an id is asked in the order of the file: rotation is off.
	return &Trial{
		Flow: f, context: c, now: time.Unix(0, 0).UTC(),
		Session: survey.Session{Flow: f.ID, Version: f.Version, Attributes: attributes, Open: survey.NoQuestion},
	}
}

// Step feeds one input to the engine, notes what was asked, and goes on at once where
// a real session would wait for the service.
func (t *Trial) Step(in survey.Input) survey.Transition {
	tr := survey.Step(t.Flow, t.Session, in, t.now)
	t.Session = tr.Session
	for _, e := range tr.Effects {
		if ask, ok := e.(survey.Ask); ok {
			if key := t.Flow.Questions[ask.Question].Key; !slices.Contains(t.asked, key) {
				t.asked = append(t.asked, key)
			}
		}
	}
	if t.Session.Status == survey.Waiting {
		more := t.Step(survey.Resume{})
		more.Answer = tr.Answer
		more.Effects = append(slices.Clone(tr.Effects), more.Effects...)
		return more
	}
	return tr
}

// Open is the open question, or nil when the run is over.
func (t *Trial) Open() *survey.Question {
	if t.Session.Status.Final() || t.Session.Open < 0 || t.Session.Open >= len(t.Flow.Questions) {
		return nil
	}
	return &t.Flow.Questions[t.Session.Open]
}

// Run runs a flow over these answers in the order asked. The first question without
// one ends the run. The error lists every answer that fits nothing.
func Run(f survey.Flow, answers map[string]Answer, c Context) (Result, error) {
	if err := knownKeys(f, answers); err != nil {
		return Result{}, err
	}
	t := New(f, c)
	t.Step(survey.Open{})
	given := map[string]bool{}
	for q := t.Open(); q != nil; q = t.Open() {
		a, ok := answers[q.Key]
		if !ok || given[q.Key] {
			break
		}
		given[q.Key] = true
		if err := t.answer(t.Session.Open, a); err != nil {
			return Result{}, fmt.Errorf("the answer to %s: %w", q.Key, err)
		}
	}
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		if !given[key] {
			wrong = append(wrong, fmt.Errorf("%s was not asked after these answers; remove it or change an answer before it", key))
		}
	}
	if len(wrong) > 0 {
		return Result{}, errors.Join(wrong...)
	}
	return t.Result(), nil
}

// knownKeys refuses answers to questions that the flow does not have.
func knownKeys(f survey.Flow, answers map[string]Answer) error {
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		if !slices.ContainsFunc(f.Questions, func(q survey.Question) bool { return q.Key == key }) {
			wrong = append(wrong, fmt.Errorf("the flow %s has no question %q; its questions are %s", f.ID, key, strings.Join(keysOf(f), ", ")))
		}
	}
	return errors.Join(wrong...)
}

func keysOf(f survey.Flow) []string {
	var out []string
	for _, q := range f.Questions {
		if q.Kind.Info().Way != survey.Shown {
			out = append(out, q.Key)
		}
	}
	return out
}

// answer gives one value to the open question.
func (t *Trial) answer(index int, a Answer) error {
	inputs, err := inputsFor(&t.Flow.Questions[index], index, a)
	if err != nil {
		return err
	}
	var tr survey.Transition
	for _, in := range inputs {
		tr = t.Step(in)
	}
	if tr.Answer != nil {
		return nil
	}
	if asked := t.Session.Asked(); len(asked) > 0 {
		var may []string
		for _, r := range asked {
			may = append(may, ReadingWords(r))
		}
		return fmt.Errorf("%q may mean %s; write which", strings.Join(a.Words, ", "), strings.Join(may, " or "))
	}
	for _, e := range tr.Effects {
		if n, ok := e.(survey.Notice); ok {
			return fmt.Errorf("%q is refused: %s", strings.Join(a.Words, ", "), NoticeWords(n.Code))
		}
	}
	return fmt.Errorf("%q is no answer to this question", strings.Join(a.Words, ", "))
}

// inputsFor is what a respondent would tap or write to give this value.
func inputsFor(q *survey.Question, index int, a Answer) ([]survey.Input, error) {
	if a.Skip {
		return []survey.Input{survey.Skip{Question: index}}, nil
	}
	if len(a.Words) == 1 && q.Offers(survey.Left(a.Words[0])) {
		return []survey.Input{survey.Leave{Question: index, Why: survey.Left(a.Words[0])}}, nil
	}
	if len(a.Words) != 1 && q.Kind != survey.ChoiceQ {
		return nil, errors.New("write one value, not a list")
	}
	switch q.Kind {
	case survey.ScaleQ:
		v, err := strconv.ParseFloat(a.Words[0], 64)
		if strings.HasPrefix(a.Words[0], "+") && q.Scale.Options[0].Value >= 0 && q.Scale.Options[len(q.Scale.Options)-1].Value >= 0 {
			err = strconv.ErrSyntax // "+1" is praise in a chat, and no mark
		}
		for i, op := range q.Scale.Options {
			if err == nil && op.Value == v {
				return []survey.Input{survey.Pick{Question: index, Option: i}}, nil
			}
		}
		return nil, fmt.Errorf("%q is not a value of the scale %s; write one of %s", a.Words[0], q.Scale.Key, strings.Join(ScaleValues(q.Scale), ", "))
	case survey.ChoiceQ:
		return ChoiceInputs(q, index, a.Words)
	}
	if q.Kind.Info().Way == survey.Sent {
		return []survey.Input{Sent(a.Words[0])}, nil
	}
	return []survey.Input{survey.Write{Text: a.Words[0]}}, nil
}

// Sent is a file of this name.
func Sent(name string) survey.Attach {
	return survey.Attach{Files: []survey.File{{Kind: "file", ID: name, Name: name}}}
}

// ChoiceInputs is what a respondent would tap to choose these options, by their keys.
func ChoiceInputs(q *survey.Question, index int, words []string) ([]survey.Input, error) {
	most := max(q.Max, 1)
	least := max(q.Min, 1)
	if len(words) == 1 && slices.ContainsFunc(q.Choices, func(c survey.Choice) bool { return c.Exclusive && c.Key == words[0] }) {
		least = 1
	}
	if len(words) < least || len(words) > most {
		number := "one"
		if most > 1 {
			number = fmt.Sprintf("%d to %d", max(q.Min, 1), most)
		}
		return nil, fmt.Errorf("choose %s of %s, or skip", number, strings.Join(ChoiceKeys(*q), ", "))
	}
	var picked []int
	for _, w := range words {
		i := slices.Index(ChoiceKeys(*q), w)
		switch {
		case i < 0:
			return nil, fmt.Errorf("%q is not an option; write one of %s", w, strings.Join(ChoiceKeys(*q), ", "))
		case slices.Contains(picked, i):
			return nil, fmt.Errorf("%q is there twice; remove one of the two", w)
		}
		picked = append(picked, i)
	}
	if most == 1 {
		return []survey.Input{survey.Pick{Question: index, Option: picked[0]}}, nil
	}
	var out []survey.Input
	for _, i := range picked {
		out = append(out, survey.Toggle{Question: index, Option: i})
	}
	return append(out, survey.Done{Question: index}), nil
}

// ChoiceKeys are the keys of a question's options.
func ChoiceKeys(q survey.Question) []string {
	out := make([]string, len(q.Choices))
	for i, c := range q.Choices {
		out[i] = c.Key
	}
	return out
}

// ScaleValues are the values of a scale, as they are written.
func ScaleValues(s survey.Scale) []string {
	out := make([]string, len(s.Options))
	for i, op := range s.Options {
		out[i] = strconv.FormatFloat(op.Value, 'f', -1, 64)
	}
	return out
}

// Result judges the run as it stands: no more answers will come.
func (t *Trial) Result() Result {
	j := survey.Judge(t.Flow, t.Session.Answers, true)
	d := recovery.Decide(recovery.DefaultRules, recovery.Facts{
		Class: t.Flow.Class, Tier: t.context.Tier, Earlier: t.context.Earlier,
		Late: t.context.Late, StandardBroken: t.context.StandardBroken,
	}, j)
	r := Result{
		Status: string(survey.Partial), Asked: t.asked, Answers: map[string]any{},
		Composite: j.Composite, Coverage: j.Coverage, Level: orNil(j.Level), Flag: orNil(j.Flag),
		Gap: j.Gap, GapState: orNil(j.GapState), Delighted: j.Delighted,
		Dimensions: j.Dimensions, Unsatisfied: j.Unsatisfied,
		Unhappy: j.Unhappy() && !j.Unsatisfied, Contradictory: j.Contradictory,
		Case: Case{Opens: d.Opens, Watch: d.Watch, Priority: orNil(d.Priority.String()), Reasons: d.Reasons},
	}
	if j.Mood != j.Level {
		r.Mood = j.Mood
	}
	// A run that ends without an answer is partial here, whatever a chat would call it.
	switch t.Session.Status {
	case survey.Completed, survey.Declined:
		r.Status = string(t.Session.Status)
	}
	if r.Asked == nil {
		r.Asked = []string{}
	}
	if r.Dimensions == nil {
		r.Dimensions = map[string]float64{}
	}
	if r.Case.Reasons == nil {
		r.Case.Reasons = []recovery.Reason{}
	}
	for _, a := range t.Session.Answers {
		r.Answers[a.Question] = t.valueOf(a)
	}
	return r
}

// valueOf is an answer as the answers file would say it; a skip has no value.
func (t *Trial) valueOf(a survey.Answer) any {
	i := slices.IndexFunc(t.Flow.Questions, func(q survey.Question) bool { return q.Key == a.Question })
	switch {
	case a.Skipped || a.Dropped || i < 0:
		return nil
	case a.Value != nil:
		return *a.Value
	case len(a.Choices) == 1 && t.Flow.Questions[i].Max <= 1:
		return a.Choices[0]
	case len(a.Choices) > 0:
		return a.Choices
	case len(a.Files) > 0 && a.Text == "":
		return a.Files[0].Name
	}
	return a.Text
}

// orNil is nil for the zero value, which means that there is none.
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
