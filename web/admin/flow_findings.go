package admin

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// finding is something that survey.Check, or the reader of flow files, says of a draft.
type finding struct {
	Fatal    bool
	Code     string
	Question string
	Text     string
	Line     int
	At       string // query that leads to its card
}

// flowLook is a draft as it is read: the flow if it can be read, and what was found.
type flowLook struct {
	Flow     survey.Flow
	OK       bool
	Findings []finding
	taken    map[int]bool
}

// look reads and checks a draft.
func (w *words) look(source string) *flowLook {
	l := &flowLook{taken: map[int]bool{}}
	f, err := flowfile.Parse([]byte(source))
	if located, ok := errors.AsType[flowfile.Errors](err); ok {
		lines := flowfile.Lines([]byte(source))
		for _, e := range located {
			x := finding{Fatal: true, Code: "file", Text: w.t("flow_line", e.Line, e.Message), Line: e.Line}
			at := 0
			for key, line := range lines {
				if line <= e.Line+1 && line > at {
					at, x.Question = line, key
				}
			}
			l.Findings = append(l.Findings, x)
		}
	} else if err == nil {
		l.Flow, l.OK = f, true
		for _, p := range survey.Check(levelled(f)) {
			l.Findings = append(l.Findings, w.finding(p))
		}
	}
	for i := range l.Findings {
		l.Findings[i].At = cardQuery(l.Findings[i].Question)
	}
	slices.SortStableFunc(l.Findings, func(a, b finding) int {
		return cmp.Compare(map[bool]int{true: 0, false: 1}[a.Fatal], map[bool]int{true: 0, false: 1}[b.Fatal])
	})
	return l
}

// levelled is a flow as it is checked: that the shipped levels have no names in its language is
// no finding of the survey.
func levelled(f survey.Flow) survey.Flow {
	if !reflect.DeepEqual(f.Bands, flowfile.Bands()) {
		return f
	}
	f.Bands = slices.Clone(f.Bands)
	for i := range f.Bands {
		named := maps.Clone(f.Bands[i].Name)
		for _, tag := range f.Languages {
			named[tag] = cmp.Or(named[tag], named[fallback])
		}
		f.Bands[i].Name = named
	}
	return f
}

func (w *words) finding(p survey.Problem) finding {
	text := p.Message
	if key := "finding_" + p.Code; w.lang != fallback && w.by[key] != "" {
		text = w.t(key, p.Question)
	}
	return finding{Fatal: p.Severity == survey.Fatal, Code: p.Code, Question: p.Question, Text: text}
}

// cardOf is the query that opens a card.
func cardQuery(question string) string {
	if question == "" {
		return "before"
	}
	return "questions/=" + question
}

func (l *flowLook) question(key string) *survey.Question {
	for i := range l.Flow.Questions {
		if l.Flow.Questions[i].Key == key {
			return &l.Flow.Questions[i]
		}
	}
	return nil
}

// findingField is the key at whose field a finding stands.
var findingField = map[string]string{
	"no_words": "ask", "missing_translation": "ask", "broken_placeholder": "ask", "no_key": "key", "duplicate_key": "key", "reserved_key": "key",
	"bad_kind": "scale", "few_options": "options", "many_options": "options", "bad_range": "number", "bad_contact": "contact",
	"no_primary": "primary", "many_primary": "primary", "primary_kind": "primary", "primary_pre": "primary", "primary_flag": "primary",
	"primary_condition": "when", "primary_rotates": "rotate", "bad_weight": "weight", "weight_without_score": "weight", "unscored": "weight",
	"too_many_scored": "weight", "pre_scored": "weight", "dead_condition": "when", "unreachable": "when", "bad_max": "max", "bad_alert": "alert",
	"critical_value": "critical", "gap_kind": "reported", "many_gaps": "reported", "bad_reported": "reported", "bad_phase": "phase", "pre_order": "phase",
	"no_post": "phase", "rotate_single": "rotate", "rotate_phase": "rotate", "bad_reverse": "reverse", "no_language": "languages", "bad_language": "languages",
	"bad_class": "class", "bad_delay": "delay", "bad_expires": "expires", "unworded_language": "languages",
}

// take are the findings that stand at a path.
func (l *flowLook) take(path string) []finding {
	if l == nil {
		return nil
	}
	steps := strings.Split(path, "/")
	question := ""
	if len(steps) > 1 && steps[0] == "questions" {
		question = strings.TrimPrefix(steps[1], "=")
	}
	key := steps[len(steps)-1]
	var out []finding
	for i, f := range l.Findings {
		if f.Question != question || l.taken[i] || len(steps) > 2 && steps[0] != "questions" {
			continue
		}
		at := findingField[f.Code]
		if strings.HasPrefix(f.Code, "condition_") {
			at = "when"
		}
		if strings.HasPrefix(f.Code, "pair_") {
			at = "pair"
		}
		if at == key || at == "ask" && key == "message" {
			l.taken[i] = true
			out = append(out, f)
		}
	}
	return out
}

// rest are the findings of a question that stand at no field of its card.
func (l *flowLook) rest(question string) []finding {
	var out []finding
	for i, f := range l.Findings {
		if f.Question == question && !l.taken[i] {
			out = append(out, f)
		}
	}
	return out
}

func (l *flowLook) fatal() int {
	n := 0
	for _, f := range l.Findings {
		if f.Fatal {
			n++
		}
	}
	return n
}
