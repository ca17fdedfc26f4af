package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// columns finds cells by the names of a sheet's columns.
type columns struct {
	at   map[string]int
	tags []string // languages of "label", in the order of the sheet; "" = without one
}

func columnsOf(head []string) columns {
	c := columns{at: map[string]int{}}
	for i, name := range head {
		name = strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(name, ":: ", "::")), " "))
		if _, twice := c.at[name]; twice || name == "" {
			continue
		}
		c.at[name] = i
		if name == "label" {
			c.tags = append(c.tags, "")
		} else if tag, ok := strings.CutPrefix(name, "label::"); ok {
			c.tags = append(c.tags, tag)
		}
	}
	return c
}

func (c columns) cell(row []string, names ...string) string {
	for _, name := range names {
		if i, ok := c.at[name]; ok && i < len(row) && strings.TrimSpace(row[i]) != "" {
			return strings.TrimSpace(row[i])
		}
	}
	return ""
}

// words are a row's label in the form's language, else in the first that has one.
func (c columns) words(row []string, tag string) string {
	names := []string{"label::" + tag, "label"}
	for _, t := range c.tags {
		names = append(names, "label::"+t)
	}
	return c.cell(row, names...)
}

// xlsForm reads a workbook as ODK, Kobo and SurveyCTO take it: sheets survey, choices, settings.
func (b *building) xlsForm(sheets Sheets) error {
	sheet := func(name string) (columns, [][]string) {
		for _, n := range slices.Sorted(maps.Keys(sheets)) {
			if strings.EqualFold(strings.TrimSpace(n), name) && len(sheets[n]) > 0 {
				return columnsOf(sheets[n][0]), sheets[n][1:]
			}
		}
		return columns{}, nil
	}
	survey, rows := sheet("survey")
	if _, ok := survey.at["type"]; !ok || len(survey.tags) == 0 {
		return fmt.Errorf("%w: the workbook has no sheet \"survey\" with the columns type, name and label", ErrUnknown)
	}
	b.from = "XLSForm"
	settings, set := sheet("settings")
	language := ""
	if len(set) > 0 {
		b.title = settings.cell(set[0], "form_title", "title", "form_id", "id_string")
		language = strings.ToLower(settings.cell(set[0], "default_language"))
	}
	if !slices.Contains(survey.tags, language) {
		language = survey.tags[0]
	}
	if others := slices.DeleteFunc(slices.Clone(survey.tags), func(t string) bool { return t == language || t == "" }); len(others) > 0 {
		b.leave("other_languages", strings.Join(others, ", "))
	}
	lists := map[string][]string{}
	choices, list := sheet("choices")
	for _, row := range list {
		if name := choices.cell(row, "list_name", "list name"); name != "" {
			lists[name] = append(lists[name], first(choices.words(row, language), choices.cell(row, "name", "value")))
		}
	}
	for _, row := range rows {
		b.xlsRow(survey, row, language, lists)
	}
	return nil
}

// xlsKinds are the types of questions that a chat can ask, with what they are here.
var xlsKinds = map[string]string{
	"text": "text", "integer": "number", "decimal": "number", "range": "number", "date": "date", "note": "message", "acknowledge": "one",
	"image": "file", "photo": "file", "audio": "file", "video": "file", "file": "file", "select_one": "one", "select_multiple": "many",
	"select one": "one", "select multiple": "many", "string": "text", "int": "number", "select1": "one", "select": "many",
}

// xlsRow reads a line of the sheet "survey".
func (b *building) xlsRow(c columns, row []string, language string, lists map[string][]string) {
	kind := strings.ToLower(c.cell(row, "type"))
	if kind == "" {
		return
	}
	it := item{key: c.cell(row, "name"), ask: first(c.words(row, language), c.cell(row, "name"))}
	switch verb, _, _ := strings.Cut(strings.ReplaceAll(kind, " ", "_"), "_"); {
	case verb == "begin":
		if strings.Contains(kind, "repeat") {
			b.leave("repeated", it.ask)
		}
		if when := c.cell(row, "relevant"); when != "" {
			b.leave("condition", it.ask, when)
		}
		return
	case verb == "end" && (strings.Contains(kind, "group") || strings.Contains(kind, "repeat")):
		return
	}
	fields := strings.Fields(kind)
	what, named := fields[0], ""
	if len(fields) > 1 && (fields[1] == "one" || fields[1] == "multiple") {
		what, fields = what+" "+fields[1], fields[1:]
	}
	if original := strings.Fields(c.cell(row, "type")); len(fields) > 1 {
		named = original[len(original)-len(fields)+1]
	}
	switch what {
	case "calculate", "hidden", "start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "background-audio", "start-geopoint", "simserial", "subscriberid", "xml-external":
		b.leave("calculated", first(it.key, what))
		return
	}
	it.kind = xlsKinds[what]
	if it.kind == "" {
		b.leave("kind", it.ask, what)
		return
	}
	it.optional = !slices.Contains([]string{"yes", "true", "true()"}, strings.ToLower(c.cell(row, "required")))
	if it.kind == "one" || it.kind == "many" {
		it.options = lists[named]
	}
	if what == "acknowledge" {
		it.options = []string{"OK", "–"}
	}
	look := strings.ToLower(c.cell(row, "appearance"))
	switch {
	case it.kind == "text" && strings.Contains(look, "multiline"):
		it.kind = "long"
	case it.kind == "text" && strings.Contains(look, "numbers"):
		it.kind = "phone"
	case it.kind == "number":
		for _, part := range strings.Fields(c.cell(row, "parameters")) {
			name, value, _ := strings.Cut(part, "=")
			if n := (obj{"n": value}).number("n", 0); name == "start" {
				it.low = n
			} else if name == "end" {
				it.high = n
			}
		}
	case it.kind == "one" && (strings.Contains(look, "likert") || rated(it.options)):
		it.kind, it.low, it.high = "scale", 1, len(it.options)
	}
	b.xlsLeft(c, row, it.ask)
	b.items = append(b.items, it)
}

// xlsLeft says what of a line is not carried over.
func (b *building) xlsLeft(c columns, row []string, ask string) {
	if when := c.cell(row, "relevant"); when != "" {
		b.leave("condition", ask, when)
	}
	if c.cell(row, "constraint") != "" {
		b.leave("checks", ask)
	}
	if c.cell(row, "choice_filter") != "" {
		b.leave("filtered", ask)
	}
	if c.cell(row, "default", "calculation") != "" {
		b.leave("default_answer", ask)
	}
}

// rated reports whether options are the points of a scale: numbers, one after the other.
func rated(options []string) bool {
	for i, o := range options {
		if o != fmt.Sprint(i+1) {
			return false
		}
	}
	return len(options) > 2
}

// first is the first of some words that are not empty.
func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
