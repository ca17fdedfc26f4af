package flowfile

import (
	"maps"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey"
)

var flags = []string{"unsatisfied", "neutral", "satisfied", "delighted"}

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
	entries, ok := r.mapping(n, "scales")
	if !ok {
		return known
	}
	out := cloneMap(known)
	for _, e := range entries {
		if !namePattern.MatchString(e.key) {
			r.failAt(e.at, "The name of a scale is made of small letters, digits and _ and begins with a letter; %q is not.", short(e.key))
			continue
		}
		out[e.key] = r.scale(e)
	}
	return out
}

// optionSource is an option and where its parts stand in the file.
type optionSource struct {
	survey.Option
	at, score, flag ast.Node
}

func (r *reader) scale(e entry) survey.Scale {
	s := survey.Scale{Key: e.key}
	o, ok := r.object(e.value, "a scale", "generator", "ladder", "min", "max", "min_text", "max_text", "options")
	if !ok {
		return s
	}
	generator := ""
	if o.has("generator") {
		generator, _ = r.word(o.get("generator"), "a generator of scores", "ladder", "linear")
	}
	s.Ladder = generator == "ladder"
	if o.has("ladder") {
		s.Ladder = r.boolean(o.get("ladder"), "ladder")
		if generator != "" && s.Ladder != (generator == "ladder") {
			r.failAt(o.at("ladder"), "This contradicts \"generator: %s\". Remove one of the two.", generator)
		}
	}
	if o.has("min_text") {
		s.MinText = r.text(o.get("min_text"), "min_text")
	}
	if o.has("max_text") {
		s.MaxText = r.text(o.get("max_text"), "max_text")
	}
	var options []optionSource
	switch {
	case generator == "linear" && !o.has("options"):
		options = r.numbersFromTo(o)
	case o.need("options", "its values with their labels"):
		for _, key := range []string{"min", "max"} {
			if o.has(key) {
				r.failAt(o.at(key), "%q is only for \"generator: linear\" without options. Remove it.", key)
			}
		}
		options = r.options(o.get("options"), generator)
	}
	before := len(r.errs)
	switch generator {
	case "ladder":
		r.generateLadder(o, options)
	case "linear":
		generateLinear(options)
	}
	if len(r.errs) == before {
		r.checkScale(s, options)
	}
	for _, op := range options {
		s.Options = append(s.Options, op.Option)
	}
	return s
}

// numbersFromTo makes the options of a linear scale without words.
func (r *reader) numbersFromTo(o *object) []optionSource {
	if !o.need("min", "its least number, or options") || !o.need("max", "its greatest number, or options") {
		return nil
	}
	low, ok := r.whole(o.get("min"), "min", -1000, 1000)
	if !ok {
		return nil
	}
	high, ok := r.whole(o.get("max"), "max", low+1, low+20)
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
		out = append(out, optionSource{Option: survey.Option{Value: float64(v), Label: label}, at: o.node})
	}
	return out
}

func (r *reader) options(n ast.Node, generator string) []optionSource {
	nodes, ok := r.list(n, "options")
	if !ok {
		return nil
	}
	if len(nodes) < 2 || len(nodes) > maxOptions {
		r.failAt(n, "A scale has 2 to %d options.", maxOptions)
		return nil
	}
	var out []optionSource
	for _, node := range nodes {
		o, ok := r.object(node, "an option", "value", "label", "score", "flag", "symbol")
		if !ok {
			continue
		}
		op := optionSource{at: o.node, score: o.at("score"), flag: o.at("flag")}
		if o.need("value", "the number that is stored") {
			op.Value, _ = r.number(o.get("value"), "value")
		}
		if o.need("label", "the words on the button") {
			op.Label = r.text(o.get("label"), "the label")
		}
		if o.has("score") {
			if generator != "" {
				r.failAt(o.at("score"), "The generator fills the scores in. Remove \"score\" or \"generator\".")
			}
			if v, ok := r.number(o.get("score"), "score"); ok {
				if v < 0 || v > 100 {
					r.failAt(o.get("score"), "A score lies between 0 and 100.")
				}
				op.Score = &v
			}
		}
		switch {
		case o.has("flag"):
			w, _ := r.word(o.get("flag"), "a flag", flags...)
			op.Flag = survey.Flag(w)
		case generator == "":
			o.need("flag", "unsatisfied, neutral, satisfied or delighted")
		}
		if o.has("symbol") {
			if s, ok := r.words(o.get("symbol"), "the symbol"); ok {
				op.Symbol = s
			}
		}
		if slices.ContainsFunc(out, func(other optionSource) bool { return other.Value == op.Value }) && o.has("value") {
			r.failAt(o.get("value"), "The value %s is already taken by another option. Choose another one.", formatNumber(op.Value))
			continue
		}
		out = append(out, op)
	}
	return out
}

func (r *reader) generateLadder(o *object, options []optionSource) {
	if len(options) == 0 {
		return
	}
	scores, ok := ladderScores[len(options)]
	if !ok {
		r.failAt(o.at("generator"), "The ladder fills 2, 5 or 7 options; there are %d. Give each option its score and write \"ladder: true\".", len(options))
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
			r.failAt(op.at, "Every option of a ladder has a score. Add \"score\" or remove \"ladder: true\".")
			continue
		}
		score := *op.Score
		place := op.score
		if place == nil {
			place = op.at
		}
		switch {
		case (op.Flag == survey.Unsatisfied) != (score < cut):
			r.failAt(place, "On a ladder, unsatisfied means a score below %s, and only that; here %s has %s. Change one of the two.", formatNumber(cut), op.Flag, formatNumber(score))
		case r.own:
		case (op.Flag == survey.Neutral) != (score >= watchFrom && score < goodFrom):
			r.failAt(place, "On a ladder, neutral means a score from 30 to below 40, and only that; here %s has %s. Change one of the two.", op.Flag, formatNumber(score))
		}
	}
}

// readBands reads a ladder of the flow's own. Each band ends where the next begins, so
// that there is neither a gap nor an overlap; the last one ends at 100.
func (r *reader) readBands(n ast.Node) survey.BandSet {
	nodes, ok := r.list(n, "bands")
	if !ok {
		return nil
	}
	if len(nodes) < 2 || len(nodes) > 20 {
		r.failAt(n, "A ladder has 2 to 20 bands.")
		return nil
	}
	var out survey.BandSet
	for i, node := range nodes {
		o, ok := r.object(node, "a band", "from", "name", "indication", "unsatisfied")
		if !ok {
			continue
		}
		b := survey.Band{Level: i + 1, High: 100}
		if o.need("from", "the score at which it begins") {
			v, ok := r.number(o.get("from"), "from")
			switch {
			case !ok:
			case i == 0 && v != 0:
				r.failAt(o.get("from"), "The first band begins at 0.")
			case i > 0 && len(out) > 0 && v <= out[len(out)-1].Low, v >= 100 || v < 0:
				r.failAt(o.get("from"), "Bands stand from the worst to the best: each begins above the one before and below 100.")
			}
			b.Low = v
		}
		if o.need("name", "what the level is called") {
			b.Name = r.text(o.get("name"), "the name")
		}
		if o.has("indication") {
			b.Indication = r.text(o.get("indication"), "the indication")
		}
		if o.has("unsatisfied") {
			b.Unsatisfied = r.boolean(o.get("unsatisfied"), "unsatisfied")
		}
		if len(out) > 0 {
			last := &out[len(out)-1]
			last.High = b.Low
			if b.Unsatisfied && !last.Unsatisfied {
				r.failAt(o.at("unsatisfied"), "There is one cut: no band above a satisfied one can be unsatisfied.")
			}
		}
		out = append(out, b)
	}
	if len(out) == len(nodes) && (!out[0].Unsatisfied || out[len(out)-1].Unsatisfied) {
		r.failAt(n, "There must be one cut: mark the lowest bands \"unsatisfied: true\" and leave the highest without.")
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
