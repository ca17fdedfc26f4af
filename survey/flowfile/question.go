package flowfile

import (
	"errors"
	"math"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// The words that an attribute of a question may have.
var (
	dimensions = []string{"tangibles", "reliability", "responsiveness", "assurance", "empathy"}
	mixes      = []string{"product", "price", "place", "promotion", "people", "physical_evidence", "process"}
	justices   = []string{"distributive", "procedural", "interactional"}
	factors    = []string{"attraction", "satisfaction", "participation"}
	alerts     = []string{"always", "bottom", "never"}
	contacts   = []string{"phone", "email", "way", "time"}
	// reserved words have a meaning of their own in a condition.
	reserved = []string{"primary", "judgement", "event", "all", "any", "not"}
	// kindKeys say by their presence what kind of question it is: a kind has the key of its
	// name, and a choice may have its options with it instead.
	kindKeys     = slices.Insert(kindNames(), 2, "options")
	questionKeys = slices.Concat([]string{"key"}, kindKeys, []string{
		"ask", "primary", "optional", "max", "weight", "dimension", "mix", "justice", "factor", "measure",
		"reported", "reverse", "critical", "alert", "phase", "pair", "rotate", "when",
		"min", "shuffle", "pattern", "example", "error", "retries", "dont_know", "prefer_not", "rows",
	})
)

func kindNames() []string {
	var names []string
	for _, k := range survey.Kinds() {
		names = append(names, string(k.Kind))
	}
	return names
}

func (r *reader) questions(n ast.Node) []survey.Question {
	nodes, ok := r.List(n, "questions")
	if !ok {
		return nil
	}
	if len(nodes) == 0 {
		r.FailAt(n, "There are no questions. Write at least one.")
		return nil
	}
	if len(nodes) > maxQuestions {
		r.FailAt(nodes[maxQuestions], "A flow has at most %d questions. Remove some.", maxQuestions)
		return nil
	}
	var out []survey.Question
	var objects []*strictyaml.Object // of each question: a matrix is that of all its rows
	lines := map[string]int{}
	taken := func(key string, at ast.Node) bool {
		if key == "" {
			return false
		}
		if first, twice := lines[key]; twice {
			r.FailAt(at, "The key %q is already taken by the question in line %d. Choose another one.", key, first)
			return true
		}
		lines[key], _ = strictyaml.Position(at)
		return false
	}
	for _, node := range nodes {
		o, ok := r.Object(node, "a question", questionKeys...)
		if !ok {
			continue
		}
		q := r.question(o)
		if taken(q.Key, o.Get("key")) {
			q.Key = ""
		}
		if !o.Has("rows") {
			out, objects = append(out, q), append(objects, o)
			continue
		}
		for _, row := range r.rows(o, &q, taken) {
			out, objects = append(out, row), append(objects, o)
		}
	}
	if len(out) > maxQuestions {
		r.FailAt(n, "A flow has at most %d questions, the rows of a matrix among them. Remove some.", maxQuestions)
		return nil
	}
	// Conditions and pairs name other questions, so all must be known first.
	keys := make([]string, 0, len(out))
	for _, q := range out {
		if q.Key != "" {
			keys = append(keys, q.Key)
		}
	}
	for i, o := range objects {
		if i > 0 && o == objects[i-1] { // another row of the same matrix
			out[i].Pair, out[i].When = out[i-1].Pair, out[i-1].When
			continue
		}
		if o.Has("pair") {
			out[i].Pair, _ = r.Word(o.Get("pair"), "the key of a question of this flow", keys...)
		}
		if o.Has("when") {
			c := conditions{r: r, questions: out, keys: keys}
			out[i].When = c.read(o.Get("when"))
		}
	}
	return out
}

func (r *reader) question(o *strictyaml.Object) survey.Question {
	var q survey.Question
	if o.Need("key", "a name for its answers") {
		q.Key = r.name(o.Get("key"), "the key of a question")
		if slices.Contains(reserved, q.Key) {
			r.FailAt(o.Get("key"), "%q has a meaning of its own in conditions. Choose another key.", q.Key)
			q.Key = ""
		}
	}
	r.questionKind(o, &q)
	switch {
	case q.Kind == survey.MessageQ:
		if o.Has("ask") {
			r.FailAt(o.At("ask"), "The words of a message stand after \"message:\". Remove \"ask\".")
		}
	case o.Need("ask", "the words of the question"):
		q.Ask = r.text(o.Get("ask"), "the question")
	}
	flag := func(key string) bool { return o.Has(key) && r.Boolean(o.Get(key), key) }
	word := func(key, what string, known []string) string {
		if !o.Has(key) {
			return ""
		}
		w, _ := r.Word(o.Get(key), what, known...)
		return w
	}
	q.Primary, q.Optional, q.Reverse = flag("primary"), flag("optional"), flag("reverse")
	if o.Has("weight") {
		if w, ok := r.Number(o.Get("weight"), "weight"); ok {
			if w < 0 || w > 1e6 {
				r.FailAt(o.Get("weight"), "weight is 0 or more; 0 means that the question is not scored.")
			}
			q.Weight = w
		}
	}
	q.Dimension = word("dimension", "a dimension of service quality", dimensions)
	q.Mix = word("mix", "an element of the marketing mix", mixes)
	q.Justice = word("justice", "a kind of justice", justices)
	q.Factor = word("factor", "a factor of loyalty", factors)
	if o.Has("measure") {
		q.Measure = r.name(o.Get("measure"), "measure")
	}
	q.Reported = word("reported", "something that an answer can report", []string{"gap"})
	q.Alert = survey.AlertMode(word("alert", "an alert mode", alerts))
	if word("phase", "a phase", []string{"pre", "post"}) == "pre" {
		q.Phase = survey.Pre
	}
	if o.Has("rotate") {
		q.Rotate = r.name(o.Get("rotate"), "the name of a rotation group")
	}
	if o.Has("critical") {
		r.critical(o, &q)
	}
	r.ways(o, &q)
	for _, key := range []string{"primary", "weight", "reverse", "reported", "critical", "factor"} {
		if key == "critical" && q.Kind == survey.ChoiceQ {
			continue
		}
		if o.Has(key) && q.Kind != "" && !q.Kind.Info().Numeric {
			r.FailAt(o.At(key), "Only a scale or a number can have %q. Remove it or use a scale.", key)
		}
	}
	return q
}

// questionKind reads the one key that says what is asked.
func (r *reader) questionKind(o *strictyaml.Object, q *survey.Question) {
	var given []string
	for _, k := range kindKeys {
		if o.Has(k) {
			given = append(given, k)
		}
	}
	if len(given) == 0 {
		if len(o.Fields) > 0 {
			r.FailAt(o.At("key"), "A question needs one of these keys: %s.", strings.Join(kindKeys, ", "))
		}
		return
	}
	if len(given) > 1 {
		r.FailAt(o.At(given[1]), "A question is of one kind: %q is already given. Remove one of the two.", given[0])
		return
	}
	kind, n := given[0], o.Get(given[0])
	if o.Has("max") && kind != "choice" && kind != "options" && kind != "text" {
		r.FailAt(o.At("max"), "Only a choice or a text can have \"max\". Remove it.")
	}
	for _, key := range []string{"min", "shuffle"} {
		if o.Has(key) && kind != "choice" && kind != "options" {
			r.FailAt(o.At(key), "Only a choice can have %q. Remove it.", key)
		}
	}
	switch kind {
	case "date":
		q.Kind = survey.DateQ
		r.days(n, q)
	case "scale":
		q.Kind = survey.ScaleQ
		if key, ok := r.Word(n, "a scale that is shipped or stands under \"scales\"", sortedKeys(r.scales)...); ok {
			q.Scale = r.scales[key]
		}
	case "choice":
		q.Kind = survey.ChoiceQ
		if key, ok := r.Word(n, "a list that is shipped or stands under \"choices\"", sortedKeys(r.lists)...); ok {
			list := r.lists[key]
			q.Choices, q.Max = list.Choices, list.Max
		}
		r.choiceMax(o, q)
	case "options":
		q.Kind, q.Max = survey.ChoiceQ, 1
		q.Choices = r.choices(n)
		r.choiceMax(o, q)
	case "text":
		q.Kind = survey.TextQ
		w, _ := r.Word(n, "a length of text", "short", "long")
		q.Long = w == "long"
		if o.Has("max") {
			q.Max, _ = r.Whole(o.Get("max"), "max", 1, 4000)
		}
	case "number":
		q.Kind = survey.NumberQ
		r.numberRange(n, q)
	case "contact":
		q.Kind = survey.ContactQ
		q.Contact, _ = r.Word(n, "a kind of contact", contacts...)
	case "message":
		q.Kind = survey.MessageQ
		q.Ask = r.text(n, "the message")
	default:
		q.Kind = survey.Kind(kind)
		switch {
		case !q.Kind.Info().Bare:
			r.FailAt(n, "No file can say more about a question of the kind %q.", kind) // a test walks the kinds
		case !r.Boolean(n, kind):
			r.FailAt(n, "Write \"%s: true\".", kind)
		}
	}
}

func (r *reader) choiceMax(o *strictyaml.Object, q *survey.Question) {
	if o.Has("max") && len(q.Choices) > 0 {
		q.Max, _ = r.Whole(o.Get("max"), "max", 1, len(q.Choices))
	}
	if o.Has("min") && len(q.Choices) > 0 {
		q.Min, _ = r.Whole(o.Get("min"), "min", 1, max(q.Max, 1))
	}
	q.Shuffle = o.Has("shuffle") && r.Boolean(o.Get("shuffle"), "shuffle")
}

func (r *reader) numberRange(n ast.Node, q *survey.Question) {
	o, ok := r.Object(n, "a number", "min", "max", "whole")
	if !ok {
		return
	}
	okMin, okMax := o.Need("min", "the least number"), o.Need("max", "the greatest number")
	if okMin {
		q.MinValue, okMin = r.Number(o.Get("min"), "min")
	}
	if okMax {
		q.MaxValue, okMax = r.Number(o.Get("max"), "max")
	}
	if okMin && okMax && q.MinValue >= q.MaxValue {
		r.FailAt(o.At("max"), "max must be greater than min.")
	}
	if q.Whole = o.Has("whole") && r.Boolean(o.Get("whole"), "whole"); q.Whole && okMin && okMax &&
		(q.MinValue != math.Trunc(q.MinValue) || q.MaxValue != math.Trunc(q.MaxValue)) {
		r.FailAt(o.At("whole"), "The numbers are whole, so min and max are as well.")
	}
}

// days reads "date: true", or the days between which it must lie.
func (r *reader) days(n ast.Node, q *survey.Question) {
	switch r.Resolve(n).(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		if !r.Boolean(n, "date") {
			r.FailAt(n, "Write \"date: true\".")
		}
		return
	}
	o, ok := r.Object(n, "a date", "from", "until")
	if !ok {
		return
	}
	if len(o.Fields) == 0 {
		r.FailAt(n, "This has neither from nor until. Write \"date: true\".")
	}
	day := func(key string) survey.Day {
		if !o.Has(key) {
			return ""
		}
		s, ok := r.Str(o.Get(key), key)
		if !ok {
			return ""
		}
		if _, ok := survey.Day(s).On(time.Unix(0, 0).UTC()); !ok {
			r.FailAt(o.Get(key), "%q is no day. Write one as 2026-01-31, today, today-30d or today+7d.", strictyaml.Short(s))
			return ""
		}
		return survey.Day(s)
	}
	q.From, q.Until = day("from"), day("until")
}

// ways reads how a question may be answered beside its own answers, and what is said of
// what is none.
func (r *reader) ways(o *strictyaml.Object, q *survey.Question) {
	kind := q.Kind.Info()
	typed := func(key string) bool {
		if o.Has(key) && q.Kind != "" && kind.Way != survey.Typed {
			r.FailAt(o.At(key), "Only a question that is answered in words can have %q. Remove it.", key)
			return false
		}
		return o.Has(key)
	}
	asked := func(key string) bool {
		if o.Has(key) && kind.Way == survey.Shown {
			r.FailAt(o.At(key), "A message asks nothing. Remove %q.", key)
			return false
		}
		return o.Has(key)
	}
	if o.Has("pattern") {
		if q.Kind != survey.TextQ && q.Kind != "" {
			r.FailAt(o.At("pattern"), "Only a text can have \"pattern\". Remove it.")
		} else if s, ok := r.words(o.Get("pattern"), "the pattern"); ok {
			q.Pattern = r.pattern(o.Get("pattern"), s)
		}
	}
	if typed("example") {
		q.Example = r.text(o.Get("example"), "the example")
	}
	if typed("error") {
		q.Error = r.text(o.Get("error"), "the words for what is no answer")
	}
	if asked("retries") {
		q.Retries, _ = r.Whole(o.Get("retries"), "retries", 1, survey.MaxRetries)
	}
	q.DontKnow = asked("dont_know") && r.Boolean(o.Get("dont_know"), "dont_know")
	q.PreferNot = asked("prefer_not") && r.Boolean(o.Get("prefer_not"), "prefer_not")
}

// pattern reads a regular expression.
func (r *reader) pattern(n ast.Node, s string) string {
	if utf8.RuneCountInString(s) > survey.MaxPattern {
		r.FailAt(n, "A pattern has at most %d characters. Make it shorter.", survey.MaxPattern)
		return ""
	}
	if _, err := survey.Whole(s); err != nil {
		var syntax *syntax.Error
		why := err.Error()
		if errors.As(err, &syntax) {
			why = syntax.Code.String()
		}
		r.FailAt(n, "This pattern cannot be read: %s. Write a regular expression as RE2 has them, without lookarounds and backreferences.", why)
		return ""
	}
	return s
}

// rows makes a question for each row of a matrix.
func (r *reader) rows(o *strictyaml.Object, q *survey.Question, taken func(string, ast.Node) bool) []survey.Question {
	nodes, ok := r.List(o.Get("rows"), "rows")
	if !ok {
		return nil
	}
	if len(nodes) < 2 || len(nodes) > maxOptions {
		r.FailAt(o.Get("rows"), "A matrix has 2 to %d rows. What is asked about one thing is a question.", maxOptions)
		return nil
	}
	if q.Kind == survey.MessageQ {
		r.FailAt(o.At("rows"), "A message asks nothing. Remove \"rows\".")
		return nil
	}
	if q.Primary {
		r.FailAt(o.At("primary"), "Only one question is primary, so no matrix is. Ask that one by itself.")
		q.Primary = false
	}
	for tag, words := range q.Ask {
		if !strings.Contains(words, rowGap) {
			r.FailAt(o.Get("ask"), "The question of a matrix holds {row} where the name of the row goes; in %s it does not.", tag)
		}
	}
	matrix := &survey.Matrix{Key: q.Key, Ask: q.Ask}
	var out []survey.Question
	for _, node := range nodes {
		ro, ok := r.Object(node, "a row", "key", "label", "weight", "dimension", "mix")
		if !ok {
			continue
		}
		row := *q
		row.Matrix = matrix
		if ro.Need("key", "a name for its answers") {
			row.Key = r.name(ro.Get("key"), "the key of a row")
			if slices.Contains(reserved, row.Key) {
				r.FailAt(ro.Get("key"), "%q has a meaning of its own in conditions. Choose another key.", row.Key)
				row.Key = ""
			}
			if taken(row.Key, ro.Get("key")) {
				row.Key = ""
			}
		}
		if ro.Need("label", "what is asked about") {
			row.Row = r.text(ro.Get("label"), "the label")
		}
		if ro.Has("weight") {
			if w, ok := r.Number(ro.Get("weight"), "weight"); ok {
				if w < 0 || w > 1e6 {
					r.FailAt(ro.Get("weight"), "weight is 0 or more; 0 means that the row is not scored.")
				}
				row.Weight = w
			}
			if !q.Kind.Info().Numeric {
				r.FailAt(ro.At("weight"), "Only a scale or a number can have \"weight\". Remove it or use a scale.")
			}
		}
		if ro.Has("dimension") {
			row.Dimension, _ = r.Word(ro.Get("dimension"), "a dimension of service quality", dimensions...)
		}
		if ro.Has("mix") {
			row.Mix, _ = r.Word(ro.Get("mix"), "an element of the marketing mix", mixes...)
		}
		row.Ask = rowAsk(matrix.Ask, row.Row, r.languages)
		out = append(out, row)
	}
	return out
}

// rowGap stands in the words of a matrix for the name of the row.
const rowGap = "{row}"

// rowAsk is the question of a matrix about one of its rows.
func rowAsk(ask, row survey.Text, languages []string) survey.Text {
	out := make(survey.Text, len(ask))
	for tag, words := range ask {
		out[tag] = strings.ReplaceAll(words, rowGap, row.In(append([]string{tag}, languages...)...))
	}
	return out
}

// critical reads values that call staff by themselves.
func (r *reader) critical(o *strictyaml.Object, q *survey.Question) {
	for _, n := range r.OneOrMore(o.Get("critical")) {
		if q.Kind == survey.ChoiceQ {
			keys := make([]string, len(q.Choices))
			for i, c := range q.Choices {
				keys[i] = c.Key
			}
			key, ok := r.Word(n, "an option of this question", keys...)
			switch {
			case !ok:
			case slices.Contains(q.Calls, key):
				r.FailAt(n, "%s is already in the list. Remove one of the two.", key)
			default:
				q.Calls = append(q.Calls, key)
			}
			continue
		}
		v, ok := r.Number(n, "critical")
		if !ok {
			continue
		}
		if q.Kind == survey.ScaleQ && len(q.Scale.Options) > 0 &&
			!slices.ContainsFunc(q.Scale.Options, func(op survey.Option) bool { return op.Value == v }) {
			values := make([]string, len(q.Scale.Options))
			for i, op := range q.Scale.Options {
				values[i] = formatNumber(op.Value)
			}
			r.FailAt(n, "%s is not a value of the scale %s. Use one of: %s.", formatNumber(v), q.Scale.Key, strings.Join(values, ", "))
			continue
		}
		if slices.Contains(q.Critical, v) {
			r.FailAt(n, "%s is already in the list. Remove one of the two.", formatNumber(v))
			continue
		}
		q.Critical = append(q.Critical, v)
	}
}

// choices reads the options of a choice question.
func (r *reader) choices(n ast.Node) []survey.Choice {
	nodes, ok := r.List(n, "options")
	if !ok {
		return nil
	}
	if len(nodes) == 0 || len(nodes) > maxOptions {
		r.FailAt(n, "A choice has 1 to %d options.", maxOptions)
		return nil
	}
	var out []survey.Choice
	for _, node := range nodes {
		o, ok := r.Object(node, "an option", "key", "label", "also", "other", "exclusive", "dimension", "mix")
		if !ok {
			continue
		}
		var c survey.Choice
		if o.Need("key", "a name for the answer") {
			c.Key = r.code(o.Get("key"), "the key of an option")
		}
		if o.Need("label", "the words on the button") {
			c.Label = r.text(o.Get("label"), "the label")
		}
		if o.Has("also") {
			c.Also = r.also(o.Get("also"))
		}
		c.Other = o.Has("other") && r.Boolean(o.Get("other"), "other")
		c.Exclusive = o.Has("exclusive") && r.Boolean(o.Get("exclusive"), "exclusive")
		if o.Has("dimension") {
			c.Dimension, _ = r.Word(o.Get("dimension"), "a dimension of service quality", dimensions...)
		}
		if o.Has("mix") {
			c.Mix, _ = r.Word(o.Get("mix"), "an element of the marketing mix", mixes...)
		}
		if slices.ContainsFunc(out, func(other survey.Choice) bool { return other.Key == c.Key }) && c.Key != "" {
			r.FailAt(o.Get("key"), "The key %q is already taken by another option. Choose another one.", c.Key)
			continue
		}
		out = append(out, c)
	}
	return out
}

// readLists reads named choice lists on top of those that are known.
func (r *reader) readLists(n ast.Node, known map[string]choiceList) map[string]choiceList {
	entries, ok := r.Mapping(n, "choices")
	if !ok {
		return known
	}
	out := cloneMap(known)
	for _, e := range entries {
		if !namePattern.MatchString(e.Key) {
			r.FailAt(e.At, "The name of a list is made of small letters, digits and _ and begins with a letter; %q is not.", strictyaml.Short(e.Key))
			continue
		}
		o, ok := r.Object(e.Value, "a list of choices", "max", "options")
		if !ok || !o.Need("options", "what can be chosen") {
			continue
		}
		list := choiceList{Max: 1, Choices: r.choices(o.Get("options"))}
		if o.Has("max") && len(list.Choices) > 0 {
			list.Max, _ = r.Whole(o.Get("max"), "max", 1, len(list.Choices))
		}
		out[e.Key] = list
	}
	return out
}

func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
