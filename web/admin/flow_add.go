package admin

import (
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// adding is one entry of the menu of questions: what it puts into the file. {key} is a fresh
// key, {ask} the words to begin with, {main} the main question's key.
type adding struct {
	name, key, file string
}

// addings are the menu, in its groups.
var addings = []struct {
	name    string
	entries []adding
}{
	{"add_rate", []adding{
		{"csat5", "overall", "scale: csat5, weight: 1"},
		{"ladder7", "overall", "scale: ladder7, weight: 1"},
		{"thumbs2", "thumbs", "scale: thumbs2, weight: 1"},
		{"expect5", "vs_expect", "scale: expect5, reported: gap"},
		{"nps11", "nps", "scale: nps11"},
		{"ces7", "effort", "scale: ces7"},
		{"quality7", "quality", "scale: quality7"},
		{"likely5", "likely", "scale: likely5"},
		{"fair5", "fair", "scale: fair5"},
		{"resolved3", "resolved", "scale: resolved3"},
		{"promise3", "promise", "scale: promise3"},
		{"yesno", "yes", "scale: yesno"},
		{"own_scale", "rating", ""},
	}},
	{"add_choose", []adding{
		{"reason", "reason", "choice: reason, optional: true"},
		{"contact", "contact_ok", "choice: contact, optional: true"},
		{"lost", "lost_why", "choice: lost"},
		{"loyal", "loyal_why", "choice: loyal"},
		{"expsrc", "exp_source", "choice: expsrc"},
		{"own_list", "choice", ""},
	}},
	{"add_words", []adding{
		{"short", "words", "text: short, optional: true"},
		{"long", "words", "text: long, optional: true"},
		{"number", "number", "number: {min: 0, max: 10}"},
		{"date", "day", "date: true"},
		{"file", "photo", "file: true, optional: true"},
		{"phone", "phone", "contact: phone, optional: true"},
		{"email", "email", "contact: email, optional: true"},
		{"way", "way", "contact: way, optional: true"},
	}},
	{"add_ready", []adding{
		{"why", "", ""}, {"matrix", "about", ""}, {"dimensions", "", ""}, {"loyalty", "", ""}, {"message", "note", ""},
	}},
}

// seconds is how long it takes to answer what an entry adds; 0 = it asks nothing.
func (a adding) seconds(group string) int {
	tap, text := snapshot.Seconds(&survey.Question{Kind: survey.ScaleQ}), snapshot.Seconds(&survey.Question{Kind: survey.TextQ})
	switch a.name {
	case "why":
		return 2*tap + text
	case "matrix":
		return 2 * tap
	case "dimensions":
		return 5 * tap
	case "loyalty":
		return 3 * tap
	case "message":
		return 0
	}
	if group == "add_words" {
		return text
	}
	return tap
}

// menu is the menu of questions in the reader's words.
func (d *drawer) menu() []addGroup {
	var out []addGroup
	for _, g := range addings {
		group := addGroup{Name: d.t(g.name)}
		for _, a := range g.entries {
			entry := addEntry{a.name, d.t("new_" + a.name), ""}
			if n := a.seconds(g.name); n > 0 {
				entry.Hint = d.t("about_seconds", n)
			}
			group.Entries = append(group.Entries, entry)
		}
		out = append(out, group)
	}
	return out
}

// questionOps put what an entry of the menu says behind the question of this key ("first" =
// before all), and say which card to open.
func questionOps(doc *draft.Doc, w *words, entry, behind string) (ops []draft.Op, open string) {
	all := doc.Elements("questions")
	before := ""
	for i, e := range all {
		if behind == "first" {
			before = all[0]
		} else if strings.TrimPrefix(e, "=") == behind && i+1 < len(all) {
			before = all[i+1]
		}
	}
	taken := map[string]bool{}
	add := func(key, file, ask string) {
		key = freshKey(doc, "questions", key)
		for base := key; taken[key]; {
			key = base + "_b"
		}
		taken[key] = true
		if open == "" {
			open = "questions/=" + key
		}
		text := "{key: " + key + ", " + file + ", ask: " + flowfile.Scalar(ask) + "}"
		if strings.HasPrefix(file, "message:") {
			text = "{key: " + key + ", " + file + "}"
		}
		ops = append(ops, draft.Op{Do: draft.Insert, Path: "questions", Value: text, As: draft.YAML, Before: before})
	}
	primary := ""
	for _, e := range all {
		if doc.Show("questions/"+e+"/primary") == "true" {
			primary = e
		}
	}
	switch entry {
	case "own_scale":
		name := freshName(doc, "scales", "scale")
		ops = append(ops, draft.Op{Do: draft.Set, Path: "scales/" + name, Value: newOwn(w, "scale"), As: draft.YAML})
		file := "scale: " + name + ", weight: 1"
		if primary == "" {
			file += ", primary: true"
		}
		add("rating", file, w.t("ask_rate"))
		return ops, open
	case "own_list":
		add("choice", strings.TrimSuffix(strings.TrimPrefix(newOwn(w, "list"), "{"), "}"), w.t("ask_choose"))
		return ops, open
	case "why":
		when := "when: {judgement: unhappy}"
		add("reason", "choice: reason, optional: true, "+when, w.t("ask_reason"))
		add("why_bad", "text: long, optional: true, "+when, w.t("ask_why"))
		add("contact_ok", "choice: contact, optional: true, "+when, w.t("ask_contact"))
		return ops, open
	case "matrix":
		rows := fmt.Sprintf("[{key: a, label: %s}, {key: b, label: %s}]", flowfile.Scalar(w.t("new_row", 1)), flowfile.Scalar(w.t("new_row", 2)))
		add("about", "scale: csat5, weight: 1, rows: "+rows, w.t("ask_matrix"))
		return ops, open
	case "dimensions":
		for _, dim := range []string{"tangibles", "reliability", "responsiveness", "assurance", "empathy"} {
			add(dim, "scale: csat5, weight: 1, dimension: "+dim+", rotate: dimensions", w.t("ask_"+dim))
		}
		return ops, open
	case "loyalty":
		add("attract", "scale: likely5, factor: attraction", w.t("ask_attract"))
		add("nps", "scale: nps11, factor: satisfaction", w.t("ask_nps11"))
		add("take_part", "scale: likely5, factor: participation", w.t("ask_part"))
		return ops, open
	case "message":
		add("note", "message: "+flowfile.Scalar(w.t("new_message_text")), "")
		return ops, open
	}
	for _, g := range addings {
		for _, a := range g.entries {
			if a.name != entry {
				continue
			}
			file := a.file
			if primary == "" && (entry == "csat5" || entry == "ladder7" || entry == "thumbs2") {
				file += ", primary: true"
			}
			ask := "ask_" + a.name
			if !w.has(ask) {
				ask = "ask_rate"
			}
			add(a.key, file, w.t(ask))
		}
	}
	return ops, open
}
