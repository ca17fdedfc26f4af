package admin

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// whenView is a condition as a sentence of menus.
type whenView struct {
	Path     string
	Mode     string // all, any
	Rows     []whenRow
	Text     bool     // it is more than a sentence can say: it is written as text
	Subjects []option // what one more row may be about
	Firsts   []option // what such a row says to begin with, where that is a value
	Reach    string   // of how many past conversations it would have held

	Holds, Always, Only string // the words around it
	Any                 bool   // a subject may be written too
}

// whenMenus is what conditions of a kind are about.
type whenMenus interface {
	subject(key string) string           // what a test is about, in words
	offer(row *whenRow, chosen []string) // fills the menus of a row by what it is about
}

type whenRow struct {
	Name    string // of its fields
	First   string // the value that is chosen where none is
	Subject string
	Label   string
	Not     bool
	Verb    string
	Verbs   []option
	Values  []whenValue
	Number  string
	Free    string
	Whole   bool // all of its controls are drawn, whatever the verb: the form is not stored at each step
}

// Picks reports whether the test compares with values that are offered, Writes with words.
func (r whenRow) Picks() bool  { return r.takes() && len(r.Values) > 0 }
func (r whenRow) Writes() bool { return r.takes() && len(r.Values) == 0 }
func (r whenRow) takes() bool  { return r.Whole || r.Verb == "is" || r.Verb == "contains" }

// Numbers reports whether the test compares with a number.
func (r whenRow) Numbers() bool {
	return r.Whole && slices.ContainsFunc(r.Verbs, func(o option) bool { return o.Value == "below" }) || r.limits()
}

func (r whenRow) limits() bool {
	return slices.Contains([]string{"below", "at_most", "at_least", "above"}, r.Verb)
}

type whenValue struct {
	Value, Text string
	On          bool
}

var moods = []string{"unsatisfied", "neutral", "satisfied", "delighted"}

// when reads the condition of a question.
func (d *drawer) when(path string) whenView {
	w := whenView{Path: path, Mode: "all", Holds: d.t("when_holds"), Always: d.t("when_always"), Only: d.t("when_only")}
	own := strings.Split(path, "/")[1]
	w.Subjects = append(w.Subjects, option{"", d.t("when_add")})
	for _, e := range d.doc.Elements("questions") {
		if e == own {
			break
		}
		if key := strings.TrimPrefix(e, "="); strings.HasPrefix(e, "=") && !d.doc.Has("questions/"+e+"/message") {
			w.Subjects = append(w.Subjects, option{key, d.subject(key)})
		}
	}
	for _, key := range []string{"primary", "judgement"} {
		w.Subjects = append(w.Subjects, option{key, d.t("when_" + key)})
	}
	for _, a := range []string{"tier", "late", "service_name", "agent_name", "channel"} {
		w.Subjects = append(w.Subjects, option{"event." + a, d.subject("event." + a)})
	}
	for _, x := range w.Subjects {
		row := whenRow{Subject: x.Value, Verb: "is"}
		d.offer(&row, nil)
		if row.First != "" && row.First != anyWords && row.Verbs[0].Value == "is" {
			w.Firsts = append(w.Firsts, option{x.Value, row.First})
		}
	}
	text := d.doc.Show(path)
	if text == "" {
		return w
	}
	var tree yaml.MapSlice
	if err := yaml.UnmarshalWithOptions([]byte(text), &tree, yaml.UseOrderedMap()); err != nil {
		w.Text = true
		return w
	}
	w.read(d, tree)
	return w
}

// read is what a condition says as rows of menus, where it can be said so.
func (w *whenView) read(m whenMenus, tree yaml.MapSlice) {
	rows, mode, ok := sentence(m, tree)
	w.Rows, w.Text = rows, !ok
	if mode != "" {
		w.Mode = mode
	}
	for i := range w.Rows {
		w.Rows[i].Name = fmt.Sprintf("%s|%d", w.Path, i)
	}
}

// sentence reads a condition that is a list of tests, all or any of which must hold.
func sentence(menus whenMenus, tree yaml.MapSlice) (rows []whenRow, mode string, ok bool) {
	if len(tree) == 1 && (tree[0].Key == "all" || tree[0].Key == "any") {
		list, isList := tree[0].Value.([]any)
		mode = fmt.Sprint(tree[0].Key)
		for _, x := range list {
			m, isMap := x.(yaml.MapSlice)
			if !isMap || len(m) != 1 {
				return nil, mode, false
			}
			row, ok := test(menus, m[0])
			if !ok {
				return nil, mode, false
			}
			rows = append(rows, row)
		}
		return rows, mode, isList
	}
	for _, x := range tree {
		row, ok := test(menus, x)
		if !ok {
			return nil, "", false
		}
		rows = append(rows, row)
	}
	return rows, "", true
}

// test reads one test, or the opposite of one.
func test(menus whenMenus, x yaml.MapItem) (whenRow, bool) {
	key := fmt.Sprint(x.Key)
	switch key {
	case "all", "any":
		return whenRow{}, false
	case "not":
		m, ok := x.Value.(yaml.MapSlice)
		if !ok || len(m) != 1 || m[0].Key == "not" {
			return whenRow{}, false
		}
		row, ok := test(menus, m[0])
		row.Not = true
		return row, ok
	}
	row := whenRow{Subject: key, Label: menus.subject(key)}
	var chosen []string
	switch v := x.Value.(type) {
	case yaml.MapSlice:
		if len(v) != 1 {
			return row, false
		}
		row.Verb = fmt.Sprint(v[0].Key)
		switch row.Verb {
		case "answered":
			if v[0].Value == false {
				row.Verb = "skipped"
			}
		case "known":
			if v[0].Value == false {
				row.Verb = "unknown"
			}
		case "contains":
			chosen = []string{fmt.Sprint(v[0].Value)}
		default:
			row.Number = fmt.Sprint(v[0].Value)
		}
	case []any:
		row.Verb = "is"
		for _, x := range v {
			chosen = append(chosen, fmt.Sprint(x))
		}
	default:
		row.Verb, chosen = "is", []string{fmt.Sprint(v)}
	}
	menus.offer(&row, chosen)
	// Words stand in one field, with a comma between them: one that has a comma would be two.
	return row, len(row.Values) > 0 || !strings.Contains(strings.Join(chosen, ""), ",")
}

// offer fills the menus of a row by what it is about.
func (d *drawer) offer(row *whenRow, chosen []string) {
	verbs := func(names ...string) {
		for _, n := range names {
			row.Verbs = append(row.Verbs, option{n, d.t("verb_" + n)})
		}
	}
	add := func(value, text string) {
		row.Values = append(row.Values, whenValue{value, text, slices.Contains(chosen, value)})
	}
	q := d.flow.question(row.Subject)
	kind := survey.Kind("")
	if q != nil {
		kind = q.Kind
	}
	switch {
	case row.Subject == "judgement":
		verbs("is")
		for _, m := range append([]string{"unhappy"}, moods...) {
			add(m, d.t("mood_"+m))
		}
	case row.Subject == "primary" || kind == survey.ScaleQ:
		verbs("is", "below", "at_most", "at_least", "above", "answered", "skipped")
		for _, m := range moods {
			add(m, d.t("mood_"+m))
		}
		if q != nil {
			for _, o := range q.Scale.Options {
				text := fmt.Sprint(o.Value)
				if l := o.Label.In(d.lang, d.doc.Language()); l != "" {
					text += " " + l
				}
				add(fmt.Sprint(o.Value), text)
			}
		}
	case kind == survey.ChoiceQ:
		verbs("is", "contains", "answered", "skipped")
		for _, o := range q.Choices {
			add(o.Key, o.Label.In(d.lang, d.doc.Language()))
		}
	case kind == survey.NumberQ:
		verbs("below", "at_most", "at_least", "above", "is", "answered", "skipped")
		row.Free, row.First = strings.Join(chosen, ", "), fmt.Sprint(q.MinValue)
	case row.Subject == "event.tier":
		verbs("is", "answered", "skipped")
		for _, tier := range []recovery.Tier{recovery.MVC, recovery.MGC, recovery.BZ} {
			add(string(tier), string(tier))
		}
	case strings.HasPrefix(row.Subject, "event."):
		verbs("is", "below", "at_most", "at_least", "above", "answered", "skipped")
		row.Free, row.First = strings.Join(chosen, ", "), anyWords
	case row.Subject != "":
		verbs("answered", "skipped", "is")
		row.Free, row.First = strings.Join(chosen, ", "), anyWords
	}
	if len(row.Values) > 0 {
		row.First = row.Values[0].Value
	}
	row.keep(chosen)
}

// keep has a row offer what is chosen too, whatever it is.
func (r *whenRow) keep(chosen []string) {
	for _, c := range chosen {
		if len(r.Values) > 0 && !slices.ContainsFunc(r.Values, func(v whenValue) bool { return v.Value == c }) {
			r.Values = append(r.Values, whenValue{c, c, true})
		}
	}
}

// subject is what a test is about, in words.
func (d *drawer) subject(key string) string {
	switch {
	case key == "primary" || key == "judgement":
		return d.t("when_" + key)
	case strings.HasPrefix(key, "event."):
		if d.has("when_" + strings.Replace(key, ".", "_", 1)) {
			return d.t("when_" + strings.Replace(key, ".", "_", 1))
		}
		return d.t("when_event", strings.TrimPrefix(key, "event."))
	}
	if words := d.doc.Words("questions/="+key+"/ask", d.doc.Language()); words != "" {
		return cut(words, 50)
	}
	return key
}

// cut shortens words for a menu.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// written is the condition that the menus of a form say, as it stands in a file.
func writtenWhen(path string, form url.Values) string {
	var tests []yaml.MapSlice
	for i := range 20 {
		name := fmt.Sprintf("%s|%d", path, i)
		subject := form.Get(name + "|subject")
		if subject == "" {
			break
		}
		if form.Get(name+"|drop") != "" {
			continue
		}
		var value any
		switch verb := form.Get(name + "|verb"); verb {
		case "answered", "skipped":
			value = yaml.MapSlice{{Key: "answered", Value: verb == "answered"}}
		case "below", "above", "at_most", "at_least":
			value = yaml.MapSlice{{Key: verb, Value: plainValue(cmp.Or(form.Get(name+"|number"), firstNumber))}}
		default:
			var list []any
			picked := form[name+"|value"]
			for _, w := range strings.Split(form.Get(name+"|free"), ",") {
				if w = strings.TrimSpace(w); w != "" {
					picked = append(picked, w)
				}
			}
			for _, w := range picked {
				list = append(list, plainValue(w))
			}
			if first := form.Get(name + "|first"); len(list) == 0 && first != "" && (verb == "is" || verb == "contains") {
				list = []any{plainValue(first)} // a menu that was opened says something until somebody chooses
			}
			switch {
			case len(list) == 0:
				value = yaml.MapSlice{{Key: "answered", Value: true}}
			case verb == "contains":
				value = yaml.MapSlice{{Key: "contains", Value: list[0]}}
			case len(list) == 1:
				value = list[0]
			default:
				value = list
			}
		}
		test := yaml.MapSlice{{Key: subject, Value: value}}
		if form.Get(name+"|not") != "" {
			test = yaml.MapSlice{{Key: "not", Value: test}}
		}
		tests = append(tests, test)
	}
	if subject := form.Get(path + "|add"); subject != "" {
		value := any(yaml.MapSlice{{Key: "answered", Value: true}})
		if first := form.Get(path + "|first|" + subject); first != "" {
			value = plainValue(first)
		}
		tests = append(tests, yaml.MapSlice{{Key: subject, Value: value}})
	}
	return joinedWhen(tests, form.Get(path+"|mode"))
}

// joinedWhen is the condition that all of some tests hold, or any of them.
func joinedWhen(tests []yaml.MapSlice, mode string) string {
	if len(tests) == 0 {
		return ""
	}
	var whole any = tests[0]
	keys := map[any]bool{}
	joined := yaml.MapSlice{}
	for _, t := range tests {
		keys[t[0].Key] = true
		joined = append(joined, t...)
	}
	switch {
	case len(tests) == 1:
	case mode != "any" && len(keys) == len(tests):
		whole = joined
	case mode == "any":
		whole = yaml.MapSlice{{Key: "any", Value: tests}}
	default:
		whole = yaml.MapSlice{{Key: "all", Value: tests}}
	}
	text, err := yaml.MarshalWithOptions(whole, yaml.Flow(true))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// anyWords are what a test compares with before somebody writes words.
const anyWords = "…"

// firstNumber is what a test compares with before somebody says another number.
const firstNumber = "3"

// plainValue is a number where words are one.
func plainValue(w string) any {
	w = strings.TrimSpace(w)
	var v any
	if err := yaml.Unmarshal([]byte(w), &v); err == nil {
		switch v.(type) {
		case uint64, int64, int, float64:
			return v
		}
	}
	return w
}
