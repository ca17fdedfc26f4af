package admin

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
	bare "github.com/aftercare/aftercare/survey/words"
)

// inDraft are the words of these pages in the first language of a draft, if they have it.
func (w *words) inDraft(doc *draft.Doc) *words { return seeds(doc.Language()) }

// seeds are the words with which questions begin in a language: where there are none, in English.
func seeds(lang string) *words {
	base, _, _ := strings.Cut(lang, "-")
	for tag, in := range tongues() {
		if b, _, _ := strings.Cut(tag, "-"); tag == lang || b == base {
			return in
		}
	}
	return tongues()[fallback]
}

// kindOps make a question be answered in another way.
func kindOps(doc *draft.Doc, w *words, path, kind string) []draft.Op {
	var ops []draft.Op
	value := map[string]string{
		"scale": "csat5", "choice": "reason", "text": "long", "number": "{min: 0, max: 10}", "contact": "phone", "file": "true", "date": "true",
		"options": "[{key: a, label: " + flowfile.Scalar(w.inDraft(doc).t("new_option", 1)) + "}, {key: b, label: " + flowfile.Scalar(w.inDraft(doc).t("new_option", 2)) + "}]",
		"message": flowfile.Scalar(cmp.Or(doc.Words(path+"/ask", doc.Language()), w.inDraft(doc).t("new_message"))),
	}[kind]
	ops = append(ops, draft.Op{Do: draft.Set, Path: path + "/" + kind, Value: value, As: draft.YAML})
	for _, k := range oneOf() {
		if k != kind && doc.Has(path+"/"+k) {
			ops = append(ops, draft.Op{Do: draft.Remove, Path: path + "/" + k})
		}
	}
	gone := []string{}
	if kind != "scale" && kind != "number" {
		gone = append(gone, "primary", "weight", "reverse", "reported", "critical", "factor")
	}
	if kind != "choice" && kind != "options" && kind != "text" {
		gone = append(gone, "max")
	}
	if kind == "message" {
		gone = append(gone, "ask")
	} else if doc.Has(path + "/message") {
		ops = append(ops, draft.Op{Do: draft.Set, Path: path + "/ask", Value: flowfile.Scalar(doc.Words(path+"/message", doc.Language())), As: draft.YAML})
	}
	for _, k := range gone {
		if doc.Has(path + "/" + k) {
			ops = append(ops, draft.Op{Do: draft.Remove, Path: path + "/" + k})
		}
	}
	return ops
}

// optionOps add an option for each line of many.
func optionOps(doc *draft.Doc, path, many string) []draft.Op {
	scale := strings.HasPrefix(path, "scales/")
	n := len(doc.Elements(path))
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(many, "\r\n", "\n")), "\n")
	if path == "thanks" { // a line is what is said in the end, to whoever is left
		var ops []draft.Op
		for _, line := range lines {
			if line = strings.TrimSpace(line); line != "" {
				ops = append(ops, draft.Op{Do: draft.Insert, Path: path, As: draft.YAML, Value: "{say: " + flowfile.Scalar(line) + "}"})
			}
		}
		return ops
	}
	if path == "bands" {
		if n == 0 {
			return []draft.Op{{Do: draft.Set, Path: path, As: draft.YAML, Value: "[{from: 0, name: " + flowfile.Scalar(cmp.Or(lines[0], "1")) + ", unsatisfied: true}, {from: 50, name: \"2\"}]"}}
		}
		return []draft.Op{{Do: draft.Insert, Path: path, As: draft.YAML, Value: fmt.Sprintf("{from: %d, name: %s}", min(99, 60+10*n), flowfile.Scalar(cmp.Or(lines[0], strconv.Itoa(n+1))))}}
	}
	value := 0.0
	for _, e := range doc.Elements(path) {
		if v, err := strconv.ParseFloat(doc.Show(path+"/"+e+"/value"), 64); err == nil {
			value = max(value, v)
		}
	}
	var ops []draft.Op
	taken := map[string]bool{}
	for _, line := range lines {
		n++
		value++
		label := cmp.Or(strings.TrimSpace(line), strconv.Itoa(n))
		text := fmt.Sprintf("{value: %s, flag: neutral, label: %s}", strconv.FormatFloat(value, 'f', -1, 64), flowfile.Scalar(label))
		if scale && doc.Show(strings.TrimSuffix(path, "/options")+"/generator") != "" {
			text = fmt.Sprintf("{value: %s, label: %s}", strconv.FormatFloat(value, 'f', -1, 64), flowfile.Scalar(label))
		}
		if !scale {
			key := slug(label)
			if key == "" {
				key = fmt.Sprintf("option_%d", n)
			}
			for base, k := key, 2; taken[key] || doc.Has(path+"/="+key); k++ {
				key = fmt.Sprintf("%s_%d", base, k)
			}
			taken[key] = true
			text = fmt.Sprintf("{key: %s, label: %s}", flowfile.Scalar(key), flowfile.Scalar(label))
		}
		ops = append(ops, draft.Op{Do: draft.Insert, Path: path, As: draft.YAML, Value: text})
	}
	return ops
}

// slug makes a key of words; "" where none of their letters can stand in a key.
func slug(words string) string {
	s := bare.Key(words, '_', 40)
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return ""
	}
	return s
}

func freshName(doc *draft.Doc, in, wish string) string {
	key := "my_" + wish
	for i := 2; doc.Has(in + "/" + key); i++ {
		key = fmt.Sprintf("my_%s_%d", wish, i)
	}
	return key
}

// newOwn is an own scale or list to begin with.
func newOwn(w *words, what string) string {
	if what == "list" {
		return "{options: [{key: a, label: " + flowfile.Scalar(w.t("new_option", 1)) + "}, {key: b, label: " + flowfile.Scalar(w.t("new_option", 2)) + "}]}"
	}
	return "{options: [{value: 1, score: 0, flag: unsatisfied, label: " + flowfile.Scalar(w.t("new_bad")) +
		"}, {value: 2, score: 50, flag: neutral, label: " + flowfile.Scalar(w.t("new_middle")) +
		"}, {value: 3, score: 100, flag: delighted, label: " + flowfile.Scalar(w.t("new_good")) + "}]}"
}

// ownScale makes a scale of a question's own.
func ownScale(doc *draft.Doc, w *words, path string) (name string, ops []draft.Op) {
	name = freshName(doc, "scales", "scale")
	return name, []draft.Op{
		{Do: draft.Set, Path: "scales/" + name, Value: newOwn(w, "scale"), As: draft.YAML},
		{Do: draft.Set, Path: path + "/scale", Value: name, Was: doc.Show(path + "/scale")},
	}
}

func itoa(i int) string { return strconv.Itoa(i) }

// freshKey is a key that no element of a list of a draft has.
func freshKey(d *draft.Doc, list, wish string) string {
	key := wish
	for i := 2; d.Has(list + "/=" + key); i++ {
		key = fmt.Sprintf("%s_%d", wish, i)
	}
	return key
}
