package flowfile

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/aftercare/aftercare/survey"
)

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
