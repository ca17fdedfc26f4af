package flowfile

import (
	"slices"
	"strconv"
	"strings"

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
	out := make([]survey.Question, len(nodes))
	objects := make([]*strictyaml.Object, len(nodes))
	lines := map[string]int{}
	for i, node := range nodes {
		o, ok := r.Object(node, "a question", questionKeys...)
		if !ok {
			continue
		}
		objects[i] = o
		out[i] = r.question(o)
		key := out[i].Key
		if key == "" {
			continue
		}
		if first, twice := lines[key]; twice {
			r.FailAt(o.Get("key"), "The key %q is already taken by the question in line %d. Choose another one.", key, first)
			continue
		}
		lines[key], _ = strictyaml.Position(o.Get("key"))
	}
	// Conditions and pairs name other questions, so all must be known first.
	keys := make([]string, 0, len(out))
	for _, q := range out {
		if q.Key != "" {
			keys = append(keys, q.Key)
		}
	}
	for i, o := range objects {
		if o == nil {
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
	for _, key := range []string{"primary", "weight", "reverse", "reported", "critical", "factor"} {
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
	switch kind {
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
}

func (r *reader) numberRange(n ast.Node, q *survey.Question) {
	o, ok := r.Object(n, "a number", "min", "max")
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
}

// critical reads values that call staff by themselves.
func (r *reader) critical(o *strictyaml.Object, q *survey.Question) {
	for _, n := range r.OneOrMore(o.Get("critical")) {
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
