package flowfile

import (
	"bytes"
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
			if len(op.Short) > 0 {
				w.text(4, "short", op.Short)
			}
		}
	}
	return nil
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
