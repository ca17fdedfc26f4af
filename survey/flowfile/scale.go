package flowfile

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

var flags = []string{"unsatisfied", "neutral", "satisfied", "delighted"}

// noFlag is how a file says that an option stands beside its scale.
const noFlag = "none"

func isFlag(s string) bool { return slices.Contains(flags, s) }

// ladderScores are the scores of fully labelled scales by their number of options: each
// lies in the range of the level with the same name, and the ends are pinned, so that
// the worst is 0 and the best is 100 (the ranges of the ladder are not of equal width,
// which is why no straight line will do).
var ladderScores = map[int][]float64{
	2: {15, 70},
	5: {0, 15, 35, 70, 100},
	7: {0, 15, 25, 35, 50, 70, 100},
}

// The default ladder: below watchFrom unsatisfied, below goodFrom neutral.
const (
	watchFrom = 30.0
	goodFrom  = 40.0
)

// readScales reads the scales of a file on top of those that are known. One of the same
// name takes the place of a shipped one in this flow.
func (r *reader) readScales(n ast.Node, known map[string]survey.Scale) map[string]survey.Scale {
	entries, ok := r.Mapping(n, "scales")
	if !ok {
		return known
	}
	out := cloneMap(known)
	for _, e := range entries {
		if !namePattern.MatchString(e.Key) {
			r.FailAt(e.At, "The name of a scale is made of small letters, digits and _ and begins with a letter; %q is not.", strictyaml.Short(e.Key))
			continue
		}
		out[e.Key] = r.scale(e)
	}
	return out
}

// optionSource is an option and where its parts stand in the file.
type optionSource struct {
	survey.Option
	at, score, flag ast.Node
}

func (r *reader) scale(e strictyaml.Entry) survey.Scale {
	s := survey.Scale{Key: e.Key}
	o, ok := r.Object(e.Value, "a scale", "generator", "ladder", "min", "max", "min_text", "max_text", "plain_words", "options")
	if !ok {
		return s
	}
	generator := ""
	if o.Has("generator") {
		generator, _ = r.Word(o.Get("generator"), "a generator of scores", "ladder", "linear")
	}
	s.Ladder = generator == "ladder"
	if o.Has("ladder") {
		s.Ladder = r.Boolean(o.Get("ladder"), "ladder")
		if generator != "" && s.Ladder != (generator == "ladder") {
			r.FailAt(o.At("ladder"), "This contradicts \"generator: %s\". Remove one of the two.", generator)
		}
	}
	s.PlainWords = generator == "ladder" // its options are named after levels of satisfaction
	if o.Has("plain_words") {
		s.PlainWords = r.Boolean(o.Get("plain_words"), "plain_words")
	}
	if o.Has("min_text") {
		s.MinText = r.text(o.Get("min_text"), "min_text")
	}
	if o.Has("max_text") {
		s.MaxText = r.text(o.Get("max_text"), "max_text")
	}
	var options []optionSource
	switch {
	case generator == "linear" && !o.Has("options"):
		options = r.numbersFromTo(o)
	case o.Need("options", "its values with their labels"):
		for _, key := range []string{"min", "max"} {
			if o.Has(key) {
				r.FailAt(o.At(key), "%q is only for \"generator: linear\" without options. Remove it.", key)
			}
		}
		options = r.options(o.Get("options"), generator)
	}
	before := r.Failures()
	switch generator {
	case "ladder":
		r.generateLadder(o, options)
	case "linear":
		generateLinear(options)
	}
	if r.Failures() == before {
		r.checkScale(s, options)
	}
	for _, op := range options {
		s.Options = append(s.Options, op.Option)
	}
	return s
}

// numbersFromTo makes the options of a linear scale without words.
func (r *reader) numbersFromTo(o *strictyaml.Object) []optionSource {
	if !o.Need("min", "its least number, or options") || !o.Need("max", "its greatest number, or options") {
		return nil
	}
	low, ok := r.Whole(o.Get("min"), "min", -1000, 1000)
	if !ok {
		return nil
	}
	high, ok := r.Whole(o.Get("max"), "max", low+1, low+20)
	if !ok {
		return nil
	}
	var out []optionSource
	for v := low; v <= high; v++ {
		n := formatNumber(float64(v))
		label := survey.Text{}
		for _, l := range r.languages {
			label[l] = n
		}
		out = append(out, optionSource{Option: survey.Option{Value: float64(v), Label: label}, at: o.Node})
	}
	return out
}

func (r *reader) options(n ast.Node, generator string) []optionSource {
	nodes, ok := r.List(n, "options")
	if !ok {
		return nil
	}
	if len(nodes) < 2 || len(nodes) > maxOptions {
		r.FailAt(n, "A scale has 2 to %d options.", maxOptions)
		return nil
	}
	var out []optionSource
	for _, node := range nodes {
		o, ok := r.Object(node, "an option", "value", "label", "short", "score", "flag", "symbol", "also")
		if !ok {
			continue
		}
		op := optionSource{at: o.Node, score: o.At("score"), flag: o.At("flag")}
		if o.Need("value", "the number that is stored") {
			op.Value, _ = r.Number(o.Get("value"), "value")
		}
		if o.Need("label", "the words on the button") {
			op.Label = r.text(o.Get("label"), "the label")
		}
		if o.Has("short") {
			op.Short = r.text(o.Get("short"), "short")
		}
		if o.Has("score") {
			if generator != "" {
				r.FailAt(o.At("score"), "The generator fills the scores in. Remove \"score\" or \"generator\".")
			}
			if v, ok := r.Number(o.Get("score"), "score"); ok {
				if v < 0 || v > 100 {
					r.FailAt(o.Get("score"), "A score lies between 0 and 100.")
				}
				op.Score = &v
			}
		}
		switch {
		case o.Has("flag"):
			if w, _ := r.Word(o.Get("flag"), "a flag", append(slices.Clone(flags), noFlag)...); w != noFlag {
				op.Flag = survey.Flag(w)
			}
		case generator == "":
			o.Need("flag", "unsatisfied, neutral, satisfied or delighted")
		}
		if o.Has("symbol") {
			if s, ok := r.words(o.Get("symbol"), "the symbol"); ok {
				op.Symbol = s
			}
		}
		if o.Has("also") {
			op.Also = r.also(o.Get("also"))
		}
		if slices.ContainsFunc(out, func(other optionSource) bool { return other.Value == op.Value }) && o.Has("value") {
			r.FailAt(o.Get("value"), "The value %s is already taken by another option. Choose another one.", formatNumber(op.Value))
			continue
		}
		out = append(out, op)
	}
	return out
}

// also reads the typed words that mean an option beside its label.
func (r *reader) also(n ast.Node) []string {
	const most, longest = 50, 75
	nodes := r.OneOrMore(n)
	if len(nodes) > most {
		r.FailAt(n, "An option may have %d words beside its label. Remove some.", most)
		return nil
	}
	var out []string
	for _, node := range nodes {
		w, ok := r.words(node, "a word of also")
		switch {
		case !ok:
		case utf8.RuneCountInString(w) > longest:
			r.FailAt(node, "This is longer than %d characters. Nobody types that.", longest)
		case slices.Contains(out, w):
			r.FailAt(node, "%q is already in the list. Remove one of the two.", strictyaml.Short(w))
		default:
			out = append(out, w)
		}
	}
	return out
}

func (r *reader) generateLadder(o *strictyaml.Object, options []optionSource) {
	if len(options) == 0 {
		return
	}
	scores, ok := ladderScores[len(options)]
	if !ok {
		r.FailAt(o.At("generator"), "The ladder fills 2, 5 or 7 options; there are %d. Give each option its score and write \"ladder: true\".", len(options))
		return
	}
	for i := range options {
		op, score := &options[i], scores[i]
		op.Score = &score
		if op.Flag == "" {
			op.Flag = ladderFlag(score)
		}
	}
}

func ladderFlag(score float64) survey.Flag {
	switch {
	case score < watchFrom:
		return survey.Unsatisfied
	case score < goodFrom:
		return survey.Neutral
	case score == 100:
		return survey.Delighted
	}
	return survey.Satisfied
}

// generateLinear fills 100·(x−min)/(max−min). Below the middle is unsatisfied, the
// middle neutral, above it satisfied, unless the option says otherwise.
func generateLinear(options []optionSource) {
	if len(options) < 2 {
		return
	}
	low, high := options[0].Value, options[0].Value
	for _, op := range options {
		low, high = min(low, op.Value), max(high, op.Value)
	}
	for i := range options {
		op := &options[i]
		score := 100 * (op.Value - low) / (high - low)
		op.Score = &score
		if op.Flag != "" {
			continue
		}
		switch {
		case score < 50:
			op.Flag = survey.Unsatisfied
		case score == 50:
			op.Flag = survey.Neutral
		default:
			op.Flag = survey.Satisfied
		}
	}
}

// checkScale refuses a ladder whose words and scores contradict each other: what is
// called unsatisfied scores below the cut and nothing else does, neutral lies in the
// range of the neutral level, satisfied and delighted above it.
func (r *reader) checkScale(s survey.Scale, options []optionSource) {
	cut := watchFrom
	if r.own {
		cut = 0
		for _, b := range r.bands {
			if b.Unsatisfied {
				cut = max(cut, b.High)
			}
		}
	}
	for _, op := range options {
		if !s.Ladder || op.Flag == "" {
			continue
		}
		if op.Score == nil {
			r.FailAt(op.at, "Every option of a ladder has a score. Add \"score\" or remove \"ladder: true\".")
			continue
		}
		score := *op.Score
		place := op.score
		if place == nil {
			place = op.at
		}
		switch {
		case (op.Flag == survey.Unsatisfied) != (score < cut):
			r.FailAt(place, "On a ladder, unsatisfied means a score below %s, and only that; here %s has %s. Change one of the two.", formatNumber(cut), op.Flag, formatNumber(score))
		case r.own:
		case (op.Flag == survey.Neutral) != (score >= watchFrom && score < goodFrom):
			r.FailAt(place, "On a ladder, neutral means a score from 30 to below 40, and only that; here %s has %s. Change one of the two.", op.Flag, formatNumber(score))
		}
	}
}

// readBands reads a ladder of the flow's own. Each band ends where the next begins, so
// that there is neither a gap nor an overlap; the last one ends at 100.
func (r *reader) readBands(n ast.Node) survey.BandSet {
	nodes, ok := r.List(n, "bands")
	if !ok {
		return nil
	}
	if len(nodes) < 2 || len(nodes) > 20 {
		r.FailAt(n, "A ladder has 2 to 20 bands.")
		return nil
	}
	var out survey.BandSet
	for i, node := range nodes {
		o, ok := r.Object(node, "a band", "from", "name", "expectation", "indication", "unsatisfied")
		if !ok {
			continue
		}
		b := survey.Band{Level: i + 1, High: 100}
		if o.Need("from", "the score at which it begins") {
			v, ok := r.Number(o.Get("from"), "from")
			switch {
			case !ok:
			case i == 0 && v != 0:
				r.FailAt(o.Get("from"), "The first band begins at 0.")
			case i > 0 && len(out) > 0 && v <= out[len(out)-1].Low, v >= 100 || v < 0:
				r.FailAt(o.Get("from"), "Bands stand from the worst to the best: each begins above the one before and below 100.")
			}
			b.Low = v
		}
		if o.Need("name", "what the level is called") {
			b.Name = r.text(o.Get("name"), "the name")
		}
		if o.Has("expectation") {
			b.Expectation = r.text(o.Get("expectation"), "the expectation")
		}
		if o.Has("indication") {
			b.Indication = r.text(o.Get("indication"), "the indication")
		}
		if o.Has("unsatisfied") {
			b.Unsatisfied = r.Boolean(o.Get("unsatisfied"), "unsatisfied")
		}
		if len(out) > 0 {
			last := &out[len(out)-1]
			last.High = b.Low
			if b.Unsatisfied && !last.Unsatisfied {
				r.FailAt(o.At("unsatisfied"), "There is one cut: no band above a satisfied one can be unsatisfied.")
			}
		}
		out = append(out, b)
	}
	if len(out) == len(nodes) && (!out[0].Unsatisfied || out[len(out)-1].Unsatisfied) {
		r.FailAt(n, "There must be one cut: mark the lowest bands \"unsatisfied: true\" and leave the highest without.")
	}
	return out
}

func cloneMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
