package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// tryResult is what `survey try` prints. Its names are fixed: other programs read them.
// Pointers are nil, and print as null, where there is no value.
type tryResult struct {
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
	Case        tryCase            `json:"case"`

	// What follows is printed only where it says more than the names above do.
	Unhappy       bool `json:"unhappy,omitempty"`       // not unsatisfied, yet one aspect got the lowest mark
	Mood          int  `json:"mood,omitempty"`          // level of the worst answer, where it is not the level
	Contradictory bool `json:"contradictory,omitempty"` // the answers cannot all be meant
}

// tryCase is what the recovery rules say of the run.
type tryCase struct {
	Opens    bool              `json:"opens"`
	Watch    bool              `json:"watch"` // neutral: on the watch list, nobody is called
	Priority *string           `json:"priority"`
	Reasons  []recovery.Reason `json:"reasons"`
}

// tryContext is what is known beside the answers: the context file.
type tryContext struct {
	Tier           recovery.Tier
	Earlier        int // unsatisfied sessions of this customer in the last 90 days
	Late           bool
	StandardBroken bool
	Event          map[string]string // more attributes of the event
}

// tryAnswer is one value of the answers file.
type tryAnswer struct {
	skip  bool
	words []string // one, or several choices
}

// trial is a run of a flow without any chat or database.
type trial struct {
	flow    survey.Flow
	context tryContext
	session survey.Session
	asked   []string
	now     time.Time // stands still: what is tried does not depend on the hour
}

func newTrial(f survey.Flow, c tryContext) *trial {
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
	return &trial{
		flow: f, context: c, now: time.Unix(0, 0).UTC(),
		session: survey.Session{Flow: f.ID, Version: f.Version, Attributes: attributes, Open: survey.NoQuestion},
	}
}

// step feeds one input to the engine, notes what was asked, and goes on at once where
// a real session would wait for the service.
func (t *trial) step(in survey.Input) survey.Transition {
	tr := survey.Step(t.flow, t.session, in, t.now)
	t.session = tr.Session
	for _, e := range tr.Effects {
		if ask, ok := e.(survey.Ask); ok {
			if key := t.flow.Questions[ask.Question].Key; !slices.Contains(t.asked, key) {
				t.asked = append(t.asked, key)
			}
		}
	}
	if t.session.Status == survey.Waiting {
		more := t.step(survey.Resume{})
		more.Answer = tr.Answer
		more.Effects = append(slices.Clone(tr.Effects), more.Effects...)
		return more
	}
	return tr
}

// open is the open question, or nil when the run is over.
func (t *trial) open() *survey.Question {
	if t.session.Status.Final() || t.session.Open < 0 || t.session.Open >= len(t.flow.Questions) {
		return nil
	}
	return &t.flow.Questions[t.session.Open]
}

// tryFlow runs a flow over these answers in the order asked. The first question without
// one ends the run. The error lists every answer that fits nothing.
func tryFlow(f survey.Flow, answers map[string]tryAnswer, c tryContext) (tryResult, error) {
	if err := knownKeys(f, answers); err != nil {
		return tryResult{}, err
	}
	t := newTrial(f, c)
	t.step(survey.Open{})
	given := map[string]bool{}
	for q := t.open(); q != nil; q = t.open() {
		a, ok := answers[q.Key]
		if !ok || given[q.Key] {
			break
		}
		given[q.Key] = true
		if err := t.answer(t.session.Open, a); err != nil {
			return tryResult{}, fmt.Errorf("the answer to %s: %w", q.Key, err)
		}
	}
	var wrong []error
	for _, key := range sorted(answers) {
		if !given[key] {
			wrong = append(wrong, fmt.Errorf("%s was not asked after these answers; remove it or change an answer before it", key))
		}
	}
	if len(wrong) > 0 {
		return tryResult{}, errors.Join(wrong...)
	}
	return t.result(), nil
}

// knownKeys refuses answers to questions that the flow does not have.
func knownKeys(f survey.Flow, answers map[string]tryAnswer) error {
	var wrong []error
	for _, key := range sorted(answers) {
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
func (t *trial) answer(index int, a tryAnswer) error {
	inputs, err := inputsFor(&t.flow.Questions[index], index, a)
	if err != nil {
		return err
	}
	var tr survey.Transition
	for _, in := range inputs {
		tr = t.step(in)
	}
	if tr.Answer != nil {
		return nil
	}
	if asked := t.session.Asked(); len(asked) > 0 {
		var may []string
		for _, r := range asked {
			may = append(may, readingWords(r))
		}
		return fmt.Errorf("%q may mean %s; write which", strings.Join(a.words, ", "), strings.Join(may, " or "))
	}
	for _, e := range tr.Effects {
		if n, ok := e.(survey.Notice); ok {
			return fmt.Errorf("%q is refused: %s", strings.Join(a.words, ", "), noticeWords(n.Code))
		}
	}
	return fmt.Errorf("%q is no answer to this question", strings.Join(a.words, ", "))
}

// inputsFor is what a respondent would tap or write to give this value.
func inputsFor(q *survey.Question, index int, a tryAnswer) ([]survey.Input, error) {
	if a.skip {
		return []survey.Input{survey.Skip{Question: index}}, nil
	}
	if len(a.words) == 1 && q.Offers(survey.Left(a.words[0])) {
		return []survey.Input{survey.Leave{Question: index, Why: survey.Left(a.words[0])}}, nil
	}
	if len(a.words) != 1 && q.Kind != survey.ChoiceQ {
		return nil, errors.New("write one value, not a list")
	}
	switch q.Kind {
	case survey.ScaleQ:
		v, err := strconv.ParseFloat(a.words[0], 64)
		if strings.HasPrefix(a.words[0], "+") && q.Scale.Options[0].Value >= 0 && q.Scale.Options[len(q.Scale.Options)-1].Value >= 0 {
			err = strconv.ErrSyntax // "+1" is praise in a chat, and no mark
		}
		for i, op := range q.Scale.Options {
			if err == nil && op.Value == v {
				return []survey.Input{survey.Pick{Question: index, Option: i}}, nil
			}
		}
		return nil, fmt.Errorf("%q is not a value of the scale %s; write one of %s", a.words[0], q.Scale.Key, strings.Join(scaleValues(q.Scale), ", "))
	case survey.ChoiceQ:
		return choiceInputs(q, index, a.words)
	}
	if q.Kind.Info().Way == survey.Sent {
		return []survey.Input{sent(a.words[0])}, nil
	}
	return []survey.Input{survey.Write{Text: a.words[0]}}, nil
}

// sent is a file of this name.
func sent(name string) survey.Attach {
	return survey.Attach{Files: []survey.File{{Kind: "file", ID: name, Name: name}}}
}

func choiceInputs(q *survey.Question, index int, words []string) ([]survey.Input, error) {
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
		return nil, fmt.Errorf("choose %s of %s, or skip", number, strings.Join(choiceKeys(*q), ", "))
	}
	var picked []int
	for _, w := range words {
		i := slices.Index(choiceKeys(*q), w)
		switch {
		case i < 0:
			return nil, fmt.Errorf("%q is not an option; write one of %s", w, strings.Join(choiceKeys(*q), ", "))
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

func choiceKeys(q survey.Question) []string {
	out := make([]string, len(q.Choices))
	for i, c := range q.Choices {
		out[i] = c.Key
	}
	return out
}

func scaleValues(s survey.Scale) []string {
	out := make([]string, len(s.Options))
	for i, op := range s.Options {
		out[i] = strconv.FormatFloat(op.Value, 'f', -1, 64)
	}
	return out
}

// result judges the run as it stands: no more answers will come.
func (t *trial) result() tryResult {
	j := survey.Judge(t.flow, t.session.Answers, true)
	d := recovery.Decide(recovery.DefaultRules, recovery.Facts{
		Class: t.flow.Class, Tier: t.context.Tier, Earlier: t.context.Earlier,
		Late: t.context.Late, StandardBroken: t.context.StandardBroken,
	}, j)
	r := tryResult{
		Status: string(survey.Partial), Asked: t.asked, Answers: map[string]any{},
		Composite: j.Composite, Coverage: j.Coverage, Level: orNil(j.Level), Flag: orNil(j.Flag),
		Gap: j.Gap, GapState: orNil(j.GapState), Delighted: j.Delighted,
		Dimensions: j.Dimensions, Unsatisfied: j.Unsatisfied,
		Unhappy: j.Unhappy() && !j.Unsatisfied, Contradictory: j.Contradictory,
		Case: tryCase{Opens: d.Opens, Watch: d.Watch, Priority: orNil(d.Priority.String()), Reasons: d.Reasons},
	}
	if j.Mood != j.Level {
		r.Mood = j.Mood
	}
	// A run that ends without an answer is partial here, whatever a chat would call it.
	switch t.session.Status {
	case survey.Completed, survey.Declined:
		r.Status = string(t.session.Status)
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
	for _, a := range t.session.Answers {
		r.Answers[a.Question] = t.valueOf(a)
	}
	return r
}

// valueOf is an answer as the answers file would say it; a skip has no value.
func (t *trial) valueOf(a survey.Answer) any {
	i := slices.IndexFunc(t.flow.Questions, func(q survey.Question) bool { return q.Key == a.Question })
	switch {
	case a.Skipped || a.Dropped || i < 0:
		return nil
	case a.Value != nil:
		return *a.Value
	case len(a.Choices) == 1 && t.flow.Questions[i].Max <= 1:
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
