package flowfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey"
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
	// kindKeys say by their presence what kind of question it is.
	kindKeys = []string{"scale", "choice", "options", "text", "number", "contact", "file", "date", "message"}
)

var questionKeys = []string{
	"key", "scale", "choice", "options", "text", "number", "contact", "file", "date", "message",
	"ask", "primary", "optional", "max", "weight", "dimension", "mix", "justice", "factor", "measure",
	"reported", "reverse", "critical", "alert", "phase", "pair", "rotate", "when",
}

func (r *reader) questions(n ast.Node) []survey.Question {
	nodes, ok := r.list(n, "questions")
	if !ok {
		return nil
	}
	if len(nodes) == 0 {
		r.failAt(n, "There are no questions. Write at least one.")
		return nil
	}
	if len(nodes) > maxQuestions {
		r.failAt(nodes[maxQuestions], "A flow has at most %d questions. Remove some.", maxQuestions)
		return nil
	}
	out := make([]survey.Question, len(nodes))
	objects := make([]*object, len(nodes))
	lines := map[string]int{}
	for i, node := range nodes {
		o, ok := r.object(node, "a question", questionKeys...)
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
			r.failAt(o.get("key"), "The key %q is already taken by the question in line %d. Choose another one.", key, first)
			continue
		}
		lines[key], _ = position(o.get("key"))
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
		if o.has("pair") {
			out[i].Pair, _ = r.word(o.get("pair"), "the key of a question of this flow", keys...)
		}
		if o.has("when") {
			c := conditions{r: r, questions: out, keys: keys}
			out[i].When = c.read(o.get("when"))
		}
	}
	return out
}

func (r *reader) question(o *object) survey.Question {
	var q survey.Question
	if o.need("key", "a name for its answers") {
		q.Key = r.name(o.get("key"), "the key of a question")
		if slices.Contains(reserved, q.Key) {
			r.failAt(o.get("key"), "%q has a meaning of its own in conditions. Choose another key.", q.Key)
			q.Key = ""
		}
	}
	r.questionKind(o, &q)
	switch {
	case q.Kind == survey.MessageQ:
		if o.has("ask") {
			r.failAt(o.at("ask"), "The words of a message stand after \"message:\". Remove \"ask\".")
		}
	case o.need("ask", "the words of the question"):
		q.Ask = r.text(o.get("ask"), "the question")
	}
	flag := func(key string) bool { return o.has(key) && r.boolean(o.get(key), key) }
	word := func(key, what string, known []string) string {
		if !o.has(key) {
			return ""
		}
		w, _ := r.word(o.get(key), what, known...)
		return w
	}
	q.Primary, q.Optional, q.Reverse = flag("primary"), flag("optional"), flag("reverse")
	if o.has("weight") {
		if w, ok := r.number(o.get("weight"), "weight"); ok {
			if w < 0 || w > 1e6 {
				r.failAt(o.get("weight"), "weight is 0 or more; 0 means that the question is not scored.")
			}
			q.Weight = w
		}
	}
	q.Dimension = word("dimension", "a dimension of service quality", dimensions)
	q.Mix = word("mix", "an element of the marketing mix", mixes)
	q.Justice = word("justice", "a kind of justice", justices)
	q.Factor = word("factor", "a factor of loyalty", factors)
	if o.has("measure") {
		q.Measure = r.name(o.get("measure"), "measure")
	}
	q.Reported = word("reported", "something that an answer can report", []string{"gap"})
	q.Alert = survey.AlertMode(word("alert", "an alert mode", alerts))
	if word("phase", "a phase", []string{"pre", "post"}) == "pre" {
		q.Phase = survey.Pre
	}
	if o.has("rotate") {
		q.Rotate = r.name(o.get("rotate"), "the name of a rotation group")
	}
	if o.has("critical") {
		r.critical(o, &q)
	}
	for _, key := range []string{"primary", "weight", "reverse", "reported", "critical", "factor"} {
		if o.has(key) && q.Kind != "" && q.Kind != survey.ScaleQ && q.Kind != survey.NumberQ {
			r.failAt(o.at(key), "Only a scale or a number can have %q. Remove it or use a scale.", key)
		}
	}
	return q
}

// questionKind reads the one key that says what is asked.
func (r *reader) questionKind(o *object, q *survey.Question) {
	var given []string
	for _, k := range kindKeys {
		if o.has(k) {
			given = append(given, k)
		}
	}
	if len(given) == 0 {
		if len(o.fields) > 0 {
			r.failAt(o.at("key"), "A question needs one of these keys: %s.", strings.Join(kindKeys, ", "))
		}
		return
	}
	if len(given) > 1 {
		r.failAt(o.at(given[1]), "A question is of one kind: %q is already given. Remove one of the two.", given[0])
		return
	}
	kind, n := given[0], o.get(given[0])
	if o.has("max") && kind != "choice" && kind != "options" && kind != "text" {
		r.failAt(o.at("max"), "Only a choice or a text can have \"max\". Remove it.")
	}
	switch kind {
	case "scale":
		q.Kind = survey.ScaleQ
		if key, ok := r.word(n, "a scale that is shipped or stands under \"scales\"", sortedKeys(r.scales)...); ok {
			q.Scale = r.scales[key]
		}
	case "choice":
		q.Kind = survey.ChoiceQ
		if key, ok := r.word(n, "a list that is shipped or stands under \"choices\"", sortedKeys(r.lists)...); ok {
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
		w, _ := r.word(n, "a length of text", "short", "long")
		q.Long = w == "long"
		if o.has("max") {
			q.Max, _ = r.whole(o.get("max"), "max", 1, 4000)
		}
	case "number":
		q.Kind = survey.NumberQ
		r.numberRange(n, q)
	case "contact":
		q.Kind = survey.ContactQ
		q.Contact, _ = r.word(n, "a kind of contact", contacts...)
	case "file", "date":
		q.Kind = survey.Kind(kind)
		if !r.boolean(n, kind) {
			r.failAt(n, "Write \"%s: true\".", kind)
		}
	case "message":
		q.Kind = survey.MessageQ
		q.Ask = r.text(n, "the message")
	}
}

func (r *reader) choiceMax(o *object, q *survey.Question) {
	if o.has("max") && len(q.Choices) > 0 {
		q.Max, _ = r.whole(o.get("max"), "max", 1, len(q.Choices))
	}
}

func (r *reader) numberRange(n ast.Node, q *survey.Question) {
	o, ok := r.object(n, "a number", "min", "max")
	if !ok {
		return
	}
	okMin, okMax := o.need("min", "the least number"), o.need("max", "the greatest number")
	if okMin {
		q.MinValue, okMin = r.number(o.get("min"), "min")
	}
	if okMax {
		q.MaxValue, okMax = r.number(o.get("max"), "max")
	}
	if okMin && okMax && q.MinValue >= q.MaxValue {
		r.failAt(o.at("max"), "max must be greater than min.")
	}
}

// critical reads values that call staff by themselves.
func (r *reader) critical(o *object, q *survey.Question) {
	for _, n := range r.oneOrMore(o.get("critical")) {
		v, ok := r.number(n, "critical")
		if !ok {
			continue
		}
		if q.Kind == survey.ScaleQ && len(q.Scale.Options) > 0 &&
			!slices.ContainsFunc(q.Scale.Options, func(op survey.Option) bool { return op.Value == v }) {
			values := make([]string, len(q.Scale.Options))
			for i, op := range q.Scale.Options {
				values[i] = formatNumber(op.Value)
			}
			r.failAt(n, "%s is not a value of the scale %s. Use one of: %s.", formatNumber(v), q.Scale.Key, strings.Join(values, ", "))
			continue
		}
		if slices.Contains(q.Critical, v) {
			r.failAt(n, "%s is already in the list. Remove one of the two.", formatNumber(v))
			continue
		}
		q.Critical = append(q.Critical, v)
	}
}

// choices reads the options of a choice question.
func (r *reader) choices(n ast.Node) []survey.Choice {
	nodes, ok := r.list(n, "options")
	if !ok {
		return nil
	}
	if len(nodes) == 0 || len(nodes) > maxOptions {
		r.failAt(n, "A choice has 1 to %d options.", maxOptions)
		return nil
	}
	var out []survey.Choice
	for _, node := range nodes {
		o, ok := r.object(node, "an option", "key", "label", "dimension", "mix")
		if !ok {
			continue
		}
		var c survey.Choice
		if o.need("key", "a name for the answer") {
			c.Key = r.code(o.get("key"), "the key of an option")
		}
		if o.need("label", "the words on the button") {
			c.Label = r.text(o.get("label"), "the label")
		}
		if o.has("dimension") {
			c.Dimension, _ = r.word(o.get("dimension"), "a dimension of service quality", dimensions...)
		}
		if o.has("mix") {
			c.Mix, _ = r.word(o.get("mix"), "an element of the marketing mix", mixes...)
		}
		if slices.ContainsFunc(out, func(other survey.Choice) bool { return other.Key == c.Key }) && c.Key != "" {
			r.failAt(o.get("key"), "The key %q is already taken by another option. Choose another one.", c.Key)
			continue
		}
		out = append(out, c)
	}
	return out
}

// readLists reads named choice lists on top of those that are known.
func (r *reader) readLists(n ast.Node, known map[string]choiceList) map[string]choiceList {
	entries, ok := r.mapping(n, "choices")
	if !ok {
		return known
	}
	out := cloneMap(known)
	for _, e := range entries {
		if !namePattern.MatchString(e.key) {
			r.failAt(e.at, "The name of a list is made of small letters, digits and _ and begins with a letter; %q is not.", short(e.key))
			continue
		}
		o, ok := r.object(e.value, "a list of choices", "max", "options")
		if !ok || !o.need("options", "what can be chosen") {
			continue
		}
		list := choiceList{Max: 1, Choices: r.choices(o.get("options"))}
		if o.has("max") && len(list.Choices) > 0 {
			list.Max, _ = r.whole(o.get("max"), "max", 1, len(list.Choices))
		}
		out[e.key] = list
	}
	return out
}

func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
