package flowfile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/survey"
)

// Format writes a flow as a canonical flow file: the same flow always gives the same
// bytes, and Parse reads back the same flow (except for its Version, which a file does
// not hold). Shipped scales and lists are named, others are written out. It returns an
// error for a flow that no file can describe.
func Format(f survey.Flow) ([]byte, error) {
	w := writer{first: "en"}
	if len(f.Languages) > 0 {
		w.first = f.Languages[0]
	}
	if err := w.flow(f); err != nil {
		return nil, fmt.Errorf("format flow %q: %w", f.ID, err)
	}
	// What cannot be read back must not be written: the caller may be about to replace
	// the only good copy.
	back, err := Parse(w.Bytes())
	if err != nil {
		return nil, fmt.Errorf("format flow %q: it breaks the rules of flow files: %w", f.ID, err)
	}
	f.Version = 0
	if !reflect.DeepEqual(normal(f), normal(back)) {
		return nil, fmt.Errorf("format flow %q: it holds something that a flow file cannot say", f.ID)
	}
	return w.Bytes(), nil
}

// normal makes empty and nil, and the ladder that is written and the one that is meant,
// the same.
func normal(f survey.Flow) survey.Flow {
	if len(f.Bands) == 0 {
		f.Bands = shippedBands()
	}
	if len(f.Texts) == 0 {
		f.Texts = nil
	}
	if len(f.Languages) == 0 {
		f.Languages = []string{"en"}
	}
	f.Questions = slices.Clone(f.Questions)
	for i := range f.Questions {
		q := &f.Questions[i]
		if len(q.Critical) == 0 {
			q.Critical = nil
		}
		if len(q.Calls) == 0 {
			q.Calls = nil
		}
		if q.Kind == survey.ChoiceQ && q.Max == 0 {
			q.Max = 1
		}
	}
	return f
}

// writer is a file being written.
type writer struct {
	bytes.Buffer
	first string // language of plain texts
}

func (w *writer) line(indent int, format string, args ...any) {
	w.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

func (w *writer) flow(f survey.Flow) error {
	w.line(0, "flow: %s", scalar(f.ID))
	w.line(0, "class: %s", scalar(string(f.Class)))
	if f.Naming != "" {
		w.line(0, "identity: %s", scalar(string(f.Naming)))
	}
	if f.Praise != "" {
		w.line(0, "praise: %s", scalar(string(f.Praise)))
	}
	w.text(0, "title", f.Title)
	if len(f.Languages) > 0 {
		w.line(0, "languages: [%s]", strings.Join(f.Languages, ", "))
	}
	if f.Delay != 0 {
		w.line(0, "delay: %s", formatDuration(f.Delay))
	}
	if f.Expires != 0 {
		w.line(0, "expires: %s", formatDuration(f.Expires))
	}
	if f.MinCoverage != 0 {
		w.line(0, "min_coverage: %s", formatNumber(f.MinCoverage))
	}
	if f.GapTol != 0 {
		w.line(0, "gap_tolerance: %s", formatNumber(f.GapTol))
	}
	if f.GapIgnored {
		w.line(0, "gap_ignored: true")
	}
	if len(f.Attributes) > 0 {
		w.line(0, "attributes: [%s]", strings.Join(f.Attributes, ", "))
	}
	if len(f.Texts) > 0 {
		w.line(0, "texts:")
		for _, name := range TextNames() {
			if t, ok := f.Texts[name]; ok {
				w.text(1, name, t)
			}
		}
	}
	if len(f.Bands) > 0 && !reflect.DeepEqual(f.Bands, shippedBands()) {
		w.bands(f.Bands)
	}
	if err := w.scales(f.Questions); err != nil {
		return err
	}
	if err := w.thanks(f.Thanks, f.Questions); err != nil {
		return err
	}
	w.line(0, "questions:")
	for i := 0; i < len(f.Questions); {
		q := f.Questions[i]
		rows := 1
		for ; q.Matrix != nil && i+rows < len(f.Questions); rows++ {
			if m := f.Questions[i+rows].Matrix; m == nil || m.Key != q.Matrix.Key {
				break
			}
		}
		if err := w.question(q, f.Questions, f.Questions[i:i+rows]); err != nil {
			return fmt.Errorf("question %q: %w", q.Key, err)
		}
		i += rows
	}
	return nil
}

// thanks writes the last words that hang on conditions.
func (w *writer) thanks(all []survey.Thanks, questions []survey.Question) error {
	if len(all) > 0 {
		w.line(0, "thanks:")
	}
	for _, t := range all {
		if t.When == nil {
			w.item(1, "say", t.Say)
			continue
		}
		c, err := condition(*t.When, questions)
		if err != nil {
			return fmt.Errorf("thanks: %w", err)
		}
		w.line(1, "- when: %s", c)
		w.text(2, "say", t.Say)
	}
	return nil
}

// item writes words as the first entry of a mapping in a list.
func (w *writer) item(indent int, key string, t survey.Text) {
	var inner writer
	inner.first = w.first
	inner.text(0, key, t)
	for i, line := range strings.Split(strings.TrimSuffix(inner.String(), "\n"), "\n") {
		if i == 0 {
			w.line(indent, "- %s", line)
		} else {
			w.line(indent+1, "%s", line)
		}
	}
}

func (w *writer) bands(bands survey.BandSet) {
	w.line(0, "bands:")
	for _, b := range bands {
		w.line(1, "- from: %s", formatNumber(b.Low))
		w.text(2, "name", b.Name)
		if len(b.Expectation) > 0 {
			w.text(2, "expectation", b.Expectation)
		}
		if len(b.Indication) > 0 {
			w.text(2, "indication", b.Indication)
		}
		if b.Unsatisfied {
			w.line(2, "unsatisfied: true")
		}
	}
}

// scales writes the scales that are not shipped, or not as they are shipped.
func (w *writer) scales(questions []survey.Question) error {
	own := map[string]survey.Scale{}
	var order []string
	for _, q := range questions {
		if q.Kind != survey.ScaleQ {
			continue
		}
		s := q.Scale
		if other, ok := own[s.Key]; ok {
			if !reflect.DeepEqual(other, s) {
				return fmt.Errorf("two different scales are called %q; rename one", s.Key)
			}
			continue
		}
		own[s.Key] = s
		if shipped, ok := Scale(s.Key); !ok || !reflect.DeepEqual(shipped, s) {
			order = append(order, s.Key)
		}
	}
	if len(order) == 0 {
		return nil
	}
	w.line(0, "scales:")
	for _, key := range order {
		s := own[key]
		w.line(1, "%s:", scalar(key))
		if s.Ladder {
			w.line(2, "ladder: true")
		}
		if s.PlainWords {
			w.line(2, "plain_words: true")
		}
		if len(s.MinText) > 0 {
			w.text(2, "min_text", s.MinText)
		}
		if len(s.MaxText) > 0 {
			w.text(2, "max_text", s.MaxText)
		}
		w.line(2, "options:")
		for _, op := range s.Options {
			w.line(3, "- value: %s", formatNumber(op.Value))
			if op.Score != nil {
				w.line(4, "score: %s", formatNumber(*op.Score))
			}
			flag := string(op.Flag)
			if op.Flag == survey.NoFlag {
				flag = noFlag
			}
			w.line(4, "flag: %s", scalar(flag))
			if op.Symbol != "" {
				w.line(4, "symbol: %s", scalar(op.Symbol))
			}
			w.also(op.Also)
			w.text(4, "label", op.Label)
		}
	}
	return nil
}

// question writes a question, or a matrix with its rows.
func (w *writer) question(q survey.Question, all, rows []survey.Question) error {
	if q.Matrix != nil {
		var err error
		if q, err = matrixOf(rows); err != nil {
			return err
		}
	}
	w.line(1, "- key: %s", scalar(q.Key))
	if err := w.kind(q); err != nil {
		return err
	}
	flag := func(name string, set bool) {
		if set {
			w.line(2, "%s: true", name)
		}
	}
	word := func(name, value string) {
		if value != "" {
			w.line(2, "%s: %s", name, scalar(value))
		}
	}
	flag("primary", q.Primary)
	flag("optional", q.Optional)
	if q.Weight != 0 {
		w.line(2, "weight: %s", formatNumber(q.Weight))
	}
	word("dimension", q.Dimension)
	word("mix", q.Mix)
	word("justice", q.Justice)
	word("factor", q.Factor)
	word("measure", q.Measure)
	word("reported", q.Reported)
	flag("reverse", q.Reverse)
	values := make([]string, 0, len(q.Critical)+len(q.Calls))
	for _, v := range q.Critical {
		values = append(values, formatNumber(v))
	}
	for _, key := range q.Calls {
		values = append(values, scalar(key))
	}
	switch len(values) {
	case 0:
	case 1:
		w.line(2, "critical: %s", values[0])
	default:
		w.line(2, "critical: [%s]", strings.Join(values, ", "))
	}
	word("pattern", q.Pattern)
	for _, t := range []struct {
		key   string
		words survey.Text
	}{{"example", q.Example}, {"error", q.Error}} {
		if len(t.words) > 0 {
			w.text(2, t.key, t.words)
		}
	}
	if q.Retries != 0 {
		w.line(2, "retries: %d", q.Retries)
	}
	flag("dont_know", q.DontKnow)
	flag("prefer_not", q.PreferNot)
	word("alert", string(q.Alert))
	word("phase", string(q.Phase))
	word("pair", q.Pair)
	word("rotate", q.Rotate)
	if q.When != nil {
		c, err := condition(*q.When, all)
		if err != nil {
			return err
		}
		w.line(2, "when: %s", c)
	}
	if q.Kind != survey.MessageQ {
		w.text(2, "ask", q.Ask)
	}
	if q.Matrix == nil {
		return nil
	}
	w.line(2, "rows:")
	for _, row := range rows {
		w.line(3, "- key: %s", scalar(row.Key))
		if row.Weight != q.Weight {
			w.line(4, "weight: %s", formatNumber(row.Weight))
		}
		if row.Dimension != q.Dimension {
			w.line(4, "dimension: %s", scalar(row.Dimension))
		}
		if row.Mix != q.Mix {
			w.line(4, "mix: %s", scalar(row.Mix))
		}
		w.text(4, "label", row.Row)
	}
	return nil
}

// matrixOf is what the rows of a matrix have in common, as one question. What only some of
// them have stands with the row.
func matrixOf(rows []survey.Question) (survey.Question, error) {
	q := rows[0]
	for _, row := range rows[1:] {
		if row.Weight != q.Weight {
			q.Weight = 0
		}
		if row.Dimension != q.Dimension {
			q.Dimension = ""
		}
		if row.Mix != q.Mix {
			q.Mix = ""
		}
	}
	q.Key, q.Ask, q.Row = q.Matrix.Key, q.Matrix.Ask, nil
	for _, row := range rows {
		same := row
		same.Key, same.Ask, same.Row, same.Weight, same.Dimension, same.Mix = q.Key, q.Ask, nil, q.Weight, q.Dimension, q.Mix
		if !reflect.DeepEqual(same, q) {
			return q, fmt.Errorf("the rows of the matrix %q differ in more than their words, weight, dimension and mix", q.Key)
		}
	}
	return q, nil
}

// kind writes the key that says what is asked.
func (w *writer) kind(q survey.Question) error {
	switch q.Kind {
	case survey.ScaleQ:
		w.line(2, "scale: %s", scalar(q.Scale.Key))
	case survey.ChoiceQ:
		if q.Shuffle {
			defer w.line(2, "shuffle: true")
		}
		if q.Min != 0 {
			defer w.line(2, "min: %d", q.Min)
		}
		most := max(q.Max, 1)
		if name, list, ok := shippedList(q.Choices); ok {
			w.line(2, "choice: %s", name)
			if list.Max != most {
				w.line(2, "max: %d", most)
			}
			break
		}
		if most != 1 {
			w.line(2, "max: %d", most)
		}
		w.line(2, "options:")
		for _, c := range q.Choices {
			w.line(3, "- key: %s", scalar(c.Key))
			if c.Dimension != "" {
				w.line(4, "dimension: %s", scalar(c.Dimension))
			}
			if c.Mix != "" {
				w.line(4, "mix: %s", scalar(c.Mix))
			}
			w.also(c.Also)
			if c.Other {
				w.line(4, "other: true")
			}
			if c.Exclusive {
				w.line(4, "exclusive: true")
			}
			w.text(4, "label", c.Label)
		}
	case survey.TextQ:
		length := "short"
		if q.Long {
			length = "long"
		}
		w.line(2, "text: %s", length)
		if q.Max != 0 {
			w.line(2, "max: %d", q.Max)
		}
	case survey.NumberQ:
		whole := ""
		if q.Whole {
			whole = ", whole: true"
		}
		w.line(2, "number: {min: %s, max: %s%s}", formatNumber(q.MinValue), formatNumber(q.MaxValue), whole)
	case survey.DateQ:
		w.days(q)
	case survey.ContactQ:
		w.line(2, "contact: %s", scalar(q.Contact))
	case survey.MessageQ:
		w.text(2, "message", q.Ask)
	default:
		if q.Kind.Info().Bare {
			w.line(2, "%s: true", q.Kind)
			break
		}
		return fmt.Errorf("there is no kind of question %q", q.Kind)
	}
	return nil
}

// days writes the days between which a date lies.
func (w *writer) days(q survey.Question) {
	var bounds []string
	for _, b := range []struct {
		key string
		day survey.Day
	}{{"from", q.From}, {"until", q.Until}} {
		if b.day != "" {
			bounds = append(bounds, b.key+": "+scalar(string(b.day)))
		}
	}
	if len(bounds) == 0 {
		w.line(2, "date: true")
		return
	}
	w.line(2, "date: {%s}", strings.Join(bounds, ", "))
}

// also writes the typed words that mean an option beside its label.
func (w *writer) also(words []string) {
	if len(words) == 0 {
		return
	}
	written := make([]string, len(words))
	for i, s := range words {
		written[i] = scalar(s)
	}
	w.line(4, "also: [%s]", strings.Join(written, ", "))
}

func shippedList(choices []survey.Choice) (string, choiceList, bool) {
	for _, name := range Lists() {
		if list := shippedChoices()[name]; reflect.DeepEqual(list.Choices, choices) {
			return name, list, true
		}
	}
	return "", choiceList{}, false
}

// text writes words by language: plain when there are only words in the flow's first
// language.
func (w *writer) text(indent int, key string, t survey.Text) {
	if s, ok := t[w.first]; ok && len(t) == 1 {
		w.line(indent, "%s: %s", key, scalar(s))
		return
	}
	w.line(indent, "%s:", key)
	tags := slices.Sorted(maps.Keys(t))
	slices.SortStableFunc(tags, func(a, b string) int { // the first language first
		switch {
		case a == w.first && b != w.first:
			return -1
		case b == w.first && a != w.first:
			return 1
		}
		return 0
	})
	for _, tag := range tags {
		w.line(indent+1, "%s: %s", scalar(tag), scalar(t[tag]))
	}
}

var errCondition = errors.New("a condition is neither all, any, not nor a single test")

// condition writes a condition on one line.
func condition(c survey.Cond, questions []survey.Question) (string, error) {
	parts, err := conditionEntries(c, questions)
	if err != nil {
		return "", err
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}

// conditionEntries are the entries of the mapping that means c. Conditions that must all
// hold share one mapping when their keys differ.
func conditionEntries(c survey.Cond, questions []survey.Question) ([]string, error) {
	switch {
	case len(c.All) > 0:
		keys := map[string]bool{}
		var joined []string
		for _, part := range c.All {
			entries, err := conditionEntries(part, questions)
			if err != nil {
				return nil, err
			}
			key := entryKey(part)
			if len(entries) != 1 || keys[key] || len(c.All) == 1 {
				return conditionList("all", c.All, questions)
			}
			keys[key] = true
			joined = append(joined, entries...)
		}
		return joined, nil
	case len(c.Any) > 0:
		return conditionList("any", c.Any, questions)
	case c.Not != nil:
		s, err := condition(*c.Not, questions)
		return []string{"not: " + s}, err
	case c.Subject == "":
		return nil, errCondition
	}
	s, err := conditionTest(c, questions)
	return []string{scalar(c.Subject) + ": " + s}, err
}

func entryKey(c survey.Cond) string {
	switch {
	case len(c.All) > 0:
		return "all"
	case len(c.Any) > 0:
		return "any"
	case c.Not != nil:
		return "not"
	}
	return c.Subject
}

func conditionList(key string, list []survey.Cond, questions []survey.Question) ([]string, error) {
	parts := make([]string, len(list))
	for i, c := range list {
		s, err := condition(c, questions)
		if err != nil {
			return nil, err
		}
		parts[i] = s
	}
	return []string{key + ": [" + strings.Join(parts, ", ") + "]"}, nil
}

func conditionTest(c survey.Cond, questions []survey.Question) (string, error) {
	numbers := []struct {
		key   string
		value *float64
	}{{"below", c.Below}, {"above", c.Above}, {"at_most", c.AtMost}, {"at_least", c.AtLeast}}
	for _, n := range numbers {
		if n.value != nil {
			return fmt.Sprintf("{%s: %s}", n.key, formatNumber(*n.value)), nil
		}
	}
	switch {
	case c.Contains != "":
		return fmt.Sprintf("{contains: %s}", scalar(c.Contains)), nil
	case c.Answered != nil:
		return fmt.Sprintf("{answered: %t}", *c.Answered), nil
	case c.Left != "":
		return fmt.Sprintf("{left: %s}", c.Left), nil
	case len(c.Mentions) > 0:
		words := make([]string, len(c.Mentions))
		for i, s := range c.Mentions {
			words[i] = scalar(s)
		}
		return fmt.Sprintf("{mentions: [%s]}", strings.Join(words, ", ")), nil
	}
	numeric := c.Subject == "primary" || slices.ContainsFunc(questions, func(q survey.Question) bool {
		return q.Key == c.Subject && (q.Kind == survey.ScaleQ || q.Kind == survey.NumberQ)
	})
	var words []string
	for _, f := range c.Flags {
		words = append(words, scalar(string(f)))
	}
	for _, v := range c.Values {
		if numeric {
			words = append(words, v)
		} else {
			words = append(words, scalar(v))
		}
	}
	switch len(words) {
	case 0:
		return "", errCondition
	case 1:
		return words[0], nil
	}
	return "[" + strings.Join(words, ", ") + "]", nil
}
