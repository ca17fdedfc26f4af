package admin

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// handwritten are surveys that people wrote after those of other programs, with their comments.
func handwritten(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, err := filepath.Glob("../../survey/testdata/express/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := flowfile.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range survey.Check(f) {
			if p.Severity == survey.Fatal {
				t.Errorf("%s: %s", name, p.Message)
			}
		}
		out[f.ID] = string(text)
	}
	return out
}

// TestTheEditorChangesNothingByBeingOpenedOrSaved: every card of every template and of every survey that
// was written by hand, opened and saved as it is, leaves its file byte for byte.
func TestTheEditorChangesNothingByBeingOpenedOrSaved(t *testing.T) {
	h := builder(t)
	all := handwritten(t)
	for _, f := range flowfile.Templates() {
		_, source, _ := flowfile.Template(f.ID)
		all[f.ID] = string(source)
	}
	for name, source := range all {
		if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: name, Rev: 1, Same: 1, Source: source}); err != nil {
			t.Fatal(err)
		}
		doc, err := draft.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		cards := []string{"before", "after", "bands"}
		for _, e := range doc.Elements("questions") {
			cards = append(cards, "questions/"+e)
		}
		for _, in := range []string{"scales", "choices"} {
			for _, own := range doc.Keys(in) {
				cards = append(cards, in+"/"+own)
			}
		}
		for _, c := range cards {
			at := "/surveys/" + name + "/edit?q=" + url.QueryEscape(c)
			page := h.get(at, 200)
			for _, f := range faultsOf(regexp.MustCompile(`(?s)<svg.*?</svg>|<b>[a-z0-9_]+</b>|<legend class="small" dir="auto">[^<]*</legend>`).ReplaceAllString(page, "")) {
				t.Errorf("%s %s: %s", name, c, f)
			}
			form := cardFields(t, page)
			h.post(at, form, http.StatusSeeOther)
			if got := h.source(name); got != source {
				t.Fatalf("%s: saving %s as it is changes it:\n%s", name, c, got)
			}
		}
	}
}

// TestEveryKeyOfTheFormatHasAControl walks the JSON Schema to its leaves: whatever a flow file may hold
// can be changed at some card.
func TestEveryKeyOfTheFormatHasAControl(t *testing.T) {
	source := "flow: a\nclass: pulse\ntitle: A\nthanks: [{say: A}]\nscales:\n  s: {options: [{value: 1, label: A}]}\nchoices:\n  c: {options: [{key: x, label: X}]}\nbands: [{from: 0, name: A}]\nquestions:\n"
	for _, k := range oneOf() {
		source += "  - {key: q_" + k + ", rows: [{key: r, label: R}], " + k + ": " + map[string]string{"options": "[{key: x, label: X}]", "number": "{min: 0, max: 1}"}[k] + "}\n"
	}
	doc, err := draft.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`/[=#][^/]+|^(scales|choices)/[^/]+`)
	has := map[string]bool{}
	var note func(list []flowControl)
	note = func(list []flowControl) {
		for _, c := range list {
			has[places.ReplaceAllString(c.Path, "$1/*")] = true
			for _, r := range c.Rows {
				note(r.Controls)
				note(r.Further)
			}
		}
	}
	s := drawing()
	open := []string{"before", "after", "bands", "scales/s", "choices/c"}
	for _, e := range doc.Elements("questions") {
		open = append(open, "questions/"+e)
	}
	for _, card := range open {
		e := flowEditor{Open: card}
		draftPages{s}.cards(&e, &drawer{words: tongues()["en"], doc: doc, lang: "en", flow: tongues()["en"].look(source)}, "")
		for _, c := range e.Cards {
			note(c.Controls)
			note(c.Further)
		}
	}
	leaves := 0
	var walk func(at string, in *schema)
	walk = func(at string, in *schema) {
		r := in.resolved()
		for _, p := range r.Properties {
			path := strings.TrimPrefix(at+"/"+p.Name, "/")
			switch shape := p.Of.shape(p.Name); {
			case shape == "list":
				walk(path+"/*", p.Of.resolved().Items)
			case shape == "group":
				walk(path, &p.Of)
			case slices.Contains([]string{"scales", "choices"}, path):
				more, _ := p.Of.resolved().Any.(map[string]any)
				ref, _ := more["$ref"].(string)
				walk(path+"/*", &schema{Ref: ref})
			default:
				if leaves++; !has[path] {
					t.Errorf("%s has no control", path)
				}
			}
		}
	}
	walk("", format())
	if leaves < 120 {
		t.Errorf("only %d keys are looked at", leaves)
	}
	for _, deep := range []string{"questions/*/number/min", "thanks/*/say", "choices/*/options/*/label", "bands/*/name"} {
		if !has[deep] {
			t.Errorf("the walk does not know %s", deep)
		}
	}
}
