package admin

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// triggerMenus are what conditions of triggers are about: the same rows of menus as those of questions.
type triggerMenus struct {
	words  *words
	values map[string][]option // by field: what there is to choose from
}

// triggerSubjects are the fields that a condition may look at, in the order of the menu.
var triggerSubjects = []string{"service", "site", "staff", "stage", "touchpoint", "tier", "language"}

func menusOf(words *words, snap *snapshot.Snapshot, sites []option) *triggerMenus {
	m := &triggerMenus{words: words, values: map[string][]option{"site": sites, "tier": {{string(recovery.Normal), words.t("tier_usual")}}}}
	for _, t := range []recovery.Tier{recovery.MVC, recovery.MGC, recovery.BZ} {
		m.values["tier"] = append(m.values["tier"], option{string(t), string(t)})
	}
	for _, tag := range voice.Languages {
		m.values["language"] = append(m.values["language"], option{tag, languageName(words.lang, tag)})
	}
	for _, id := range slices.Sorted(maps.Keys(snap.Team.Members)) {
		m.values["staff"] = append(m.values["staff"], option{id, snap.Team.Members[id].Name})
	}
	m.values["owner"] = m.values["staff"]
	return m
}

func (m *triggerMenus) subject(key string) string {
	if attribute, ok := strings.CutPrefix(key, "event."); ok {
		return m.words.t("when_event", attribute)
	}
	if key != "" && m.words.has("when_"+key) {
		return m.words.t("when_" + key)
	}
	return key
}

func (m *triggerMenus) offer(row *whenRow, chosen []string) {
	row.Whole = true
	verbs := []string{"is", "known", "unknown"}
	if strings.HasPrefix(row.Subject, "event.") {
		verbs = []string{"is", "below", "at_most", "at_least", "above", "known", "unknown"}
	}
	for _, verb := range verbs {
		row.Verbs = append(row.Verbs, option{verb, m.words.t("verb_" + verb)})
	}
	for _, o := range m.values[row.Subject] {
		row.Values = append(row.Values, whenValue{o.Value, cmp.Or(o.Text, o.Value), slices.Contains(chosen, o.Value)})
	}
	if row.Free = strings.Join(chosen, ", "); len(row.Values) > 0 {
		row.Free = ""
	}
	row.keep(chosen)
}

// view is a condition as it stands in a file, as rows of menus.
func (m *triggerMenus) view(text string) whenView {
	w := whenView{
		Path: "when", Mode: "all", Any: true, Holds: m.words.t("trigger_holds"), Always: m.words.t("trigger_always"), Only: m.words.t("trigger_only"),
		Subjects: []option{{"", m.words.t("trigger_nothing_more")}},
	}
	for _, key := range triggerSubjects {
		w.Subjects = append(w.Subjects, option{key, m.subject(key)})
	}
	if text == "" {
		return w
	}
	var tree yaml.MapSlice
	if err := yaml.UnmarshalWithOptions([]byte(text), &tree, yaml.UseOrderedMap()); err != nil {
		w.Text = true
		return w
	}
	w.read(m, tree)
	for i := range w.Rows { // a menu says all that a row says, or the file does
		row := &w.Rows[i]
		if !slices.ContainsFunc(row.Verbs, func(o option) bool { return o.Value == row.Verb }) || row.Subject == "not" {
			w.Text = true
		}
	}
	return w
}

// posted is the condition as a form has it. more says that a row was put in or taken away, which its
// form has to show before it is stored.
func (m *triggerMenus) posted(shown whenView, form url.Values) (w whenView, more bool) {
	w = shown
	w.Mode, w.Rows = "all", nil
	if form.Get("when|mode") == "any" {
		w.Mode = "any"
	}
	put := func(row whenRow, chosen []string) {
		row.Name, row.Label = fmt.Sprintf("when|%d", len(w.Rows)), m.subject(row.Subject)
		m.offer(&row, chosen)
		w.Rows = append(w.Rows, row)
	}
	for i := range mostTests {
		name := fmt.Sprintf("when|%d", i)
		subject := form.Get(name + "|subject")
		if subject == "" {
			break
		}
		if form.Get(name+"|drop") != "" {
			more = true
			continue
		}
		chosen := slices.Clone(form[name+"|value"])
		for _, word := range strings.Split(form.Get(name+"|free"), ",") {
			if word = strings.TrimSpace(word); word != "" {
				chosen = append(chosen, word)
			}
		}
		put(whenRow{Subject: subject, Verb: form.Get(name + "|verb"), Not: form.Get(name+"|not") != "", Number: strings.TrimSpace(form.Get(name + "|number"))}, chosen)
	}
	added := []string{form.Get("when|add")}
	if key := strings.ToLower(strings.TrimSpace(form.Get("when|attribute"))); key != "" {
		added = append(added, "event."+strings.TrimPrefix(strings.ReplaceAll(key, " ", "_"), "event."))
	}
	for _, subject := range added {
		if slices.Contains(triggerSubjects, subject) || strings.HasPrefix(subject, "event.") {
			put(whenRow{Subject: subject, Verb: "is"}, nil)
			more = true
		}
	}
	return w, more
}

// mostTests is how many rows of a condition a form has.
const mostTests = 20

// text is what the rows say as it stands in a file. A row that says nothing has it that something is
// missing.
func (w *whenView) text() (text string, ok bool) {
	var tests []yaml.MapSlice
	ok = true
	for _, row := range w.Rows {
		var value any
		switch {
		case row.Verb == "known" || row.Verb == "unknown":
			value = yaml.MapSlice{{Key: "known", Value: row.Verb == "known"}}
		case row.limits():
			ok = ok && row.Number != ""
			value = yaml.MapSlice{{Key: row.Verb, Value: plainValue(row.Number)}}
		default:
			list := row.chosen()
			ok = ok && len(list) > 0
			if value = list; len(list) == 1 {
				value = list[0]
			}
		}
		test := yaml.MapSlice{{Key: row.Subject, Value: value}}
		if row.Not {
			test = yaml.MapSlice{{Key: "not", Value: test}}
		}
		tests = append(tests, test)
	}
	return joinedWhen(tests, w.Mode), ok
}

// chosen are the words with which a row compares.
func (r *whenRow) chosen() (out []string) {
	for _, v := range r.Values {
		if v.On {
			out = append(out, v.Value)
		}
	}
	if len(r.Values) > 0 {
		return out
	}
	for _, word := range strings.Split(r.Free, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}
