package admin

import (
	"cmp"
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// wordsView are the languages of a survey side by side.
type wordsView struct {
	Flow      string
	First, To string // languages, by tag
	FirstName string
	ToName    string
	Languages []option
	Rows      []wordsRow
	Shipped   []wordsRow // words of the program's own, until somebody writes others
	Done, All int
	Only      bool // what is missing alone
	Changed   bool // what differs from the live version alone
	Live      bool // there is one
	Fault     string
	Changes   []wordsRow // of a file that was sent: to be confirmed
	Table     string
	Other     []option // languages that can be added
}

type wordsRow struct {
	Path, Name string
	Where      string
	ID         string
	First      string
	Value, Was string
	Grey       string // what people read where nothing is written
	Fault      string
	Theirs     string
	Asks       bool     // somebody else has changed it meanwhile
	Gaps       []string // what is said of its placeholders
}

// textPaths are the places of words in a draft, in the order in which people meet them.
func textPaths(doc *draft.Doc) []string {
	var out []string
	var walk func(path string, s *schema)
	walk = func(path string, s *schema) {
		r := s.resolved()
		if s.ref() == "text" {
			if doc.Has(path) {
				out = append(out, path)
			}
			return
		}
		if r.Items != nil {
			for _, e := range doc.Elements(path) {
				walk(path+"/"+e, r.Items)
			}
			return
		}
		if more, ok := r.Any.(map[string]any); ok {
			ref, _ := more["$ref"].(string)
			for _, k := range doc.Keys(path) {
				if r.Properties.get(k) == nil && ref != "" && s.ref() != "condition" {
					walk(path+"/"+k, &schema{Ref: ref})
				}
			}
		}
		for _, p := range r.Properties {
			at := strings.TrimPrefix(path+"/"+p.Name, "/")
			if p.Name != "when" && doc.Has(at) {
				walk(at, &p.Of)
			}
		}
	}
	for _, key := range []string{"title", "texts", "questions", "scales", "choices", "bands"} {
		if p := format().Properties.get(key); p != nil && doc.Has(key) {
			walk(key, p)
		}
	}
	return out
}

// offeredTongues are the languages that menus offer for surveys; a file may name any.
var offeredTongues = strings.Fields("en zh-Hans zh-Hant es ar pt-BR pt fr de it nl pl cs sk hu ro bg el ru uk tr he fa ur hi bn ta id ms vi th ja ko sv da nb fi hr sr")

// languagesOffered are those that are not among some, by their names.
func languagesOffered(in string, but []string) []option {
	var out []option
	for _, tag := range offeredTongues {
		if !slices.Contains(but, tag) {
			out = append(out, option{tag, languageName(in, tag)})
		}
	}
	slices.SortStableFunc(out, func(a, b option) int { return cmp.Compare(a.Text, b.Text) })
	return out
}

func (s draftPages) flowWords(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	return s.showWords(w, r, v, http.StatusOK, d, nil, wordsView{})
}

func (s draftPages) showWords(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, faults map[string]fault, p wordsView) error {
	words := s.words(r, v)
	doc, err := draft.Parse(d.Source)
	if err != nil {
		http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/file", http.StatusSeeOther)
		return nil
	}
	p.Flow, p.First, p.Only = d.Flow, doc.Language(), r.URL.Query().Get("show") == "missing"
	p.FirstName = languageName(words.lang, p.First)
	for _, tag := range languagesOf(doc)[1:] {
		p.Languages = append(p.Languages, option{tag, languageName(words.lang, tag)})
		if p.To == "" || tag == r.URL.Query().Get("to") {
			p.To = tag
		}
	}
	p.ToName = languageName(words.lang, p.To)
	p.Other = languagesOffered(words.lang, languagesOf(doc))
	live, err := draft.Parse(d.live)
	p.Live = err == nil && d.draft && d.Live > 0
	p.Changed = p.Live && r.URL.Query().Get("show") == "changed"
	dr := &drawer{words: words, doc: doc, lang: p.To}
	for i, path := range textPaths(doc) {
		row := wordsRow{Path: path, Name: path + "/@" + p.To, ID: "w" + itoa(i), First: doc.Words(path, p.First), Value: doc.Words(path, p.To)}
		if p.To == "" {
			break
		}
		row.Was = row.Value
		steps := strings.Split(path, "/")
		row.Where = dr.label(steps[len(steps)-1])
		if len(steps) > 1 {
			row.Where = strings.TrimLeft(steps[1], "=#") + " · " + row.Where
		}
		p.All++
		if row.Value != "" {
			p.Done++
		}
		if f, ok := faults[row.Name]; ok {
			row.Value, row.Fault, row.Asks = f.value, f.why, f.asks
			if f.asks {
				row.Theirs = cmp.Or(row.Was, words.t("flow_nothing"))
			}
		}
		row.Gaps = words.gapsIn(row.First, row.Was)
		differs := p.Changed && (live.Words(path, p.First) != row.First || live.Words(path, p.To) != row.Was)
		if row.Fault != "" || !p.Only && !p.Changed || p.Only && row.Was == "" || differs {
			p.Rows = append(p.Rows, row)
		}
	}
	if p.To != "" && !p.Only && !p.Changed {
		if p.Shipped, err = shippedRows(dr, p.To); err != nil {
			return err
		}
	}
	slices.SortStableFunc(p.Rows, func(a, b wordsRow) int { // what is missing first
		return cmp.Compare(min(len(a.Was), 1), min(len(b.Was), 1))
	})
	return s.show(w, r, v, status, "flow_words.html", frame{
		Title: words.t("flow_words"), Meta: d.Flow, Here: "/surveys", Back: &link{"/surveys/" + d.Flow + "/edit", words.t("flow_edit")}, Modules: []string{"merge.js", "builder.js", "pick.js"},
	}, p)
}

// gapsIn says which placeholders a translation lost, and which it has that the first words do not.
func (w *words) gapsIn(first, said string) (out []string) {
	if first == "" || said == "" {
		return nil
	}
	names := func(text string) (all []string) {
		for _, g := range survey.Gaps(text) {
			all = append(all, "{"+g.Name+"}")
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	here, there := names(said), names(first)
	for _, x := range []struct {
		key     string
		of, not []string
	}{{"words_gap_lost", there, here}, {"words_gap_new", here, there}} {
		for _, name := range x.of {
			if !slices.Contains(x.not, name) {
				out = append(out, w.t(x.key, name))
			}
		}
	}
	return out
}

// shippedRows are the sentences around the questions that a draft does not word: what people read
// then is shown, and gives way to what is written.
func shippedRows(d *drawer, to string) ([]wordsRow, error) {
	texts, err := voice.Load()
	if err != nil {
		return nil, err
	}
	var out []wordsRow
	into := texts.Worded(to, nil)
	for i, key := range survey.FrameTexts() {
		if path := "texts/" + key; !d.doc.Has(path) {
			out = append(out, wordsRow{Path: path, Name: path + "/@" + to, Where: d.label(key), ID: "s" + itoa(i), Grey: into.Plain[key]})
		}
	}
	return out, nil
}

// saveFlowWords stores the cells that were changed; with a table of a translator it shows
// what would change first.
func (s draftPages) saveFlowWords(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxFlowForm); err != nil {
		e := page.AsError(err)
		return &page.Error{Code: e.Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	words := s.words(r, v)
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	if tag := strings.TrimSpace(r.PostForm.Get("language")); r.PostForm.Get("act") != "" && tag != "" {
		if _, err := s.actOnFlow(r, v, "language|"); err != nil {
			return err
		}
		http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/words?to="+queryEscape(tag)+"&done=flow_saved", http.StatusSeeOther) //nolint:gosec // below the editor, whatever the words
		return nil
	}
	if table := r.PostForm.Get("table"); table != "" {
		changes, err := tableChanges(d.Source, table)
		if err != nil {
			return s.showWords(w, r, v, http.StatusUnprocessableEntity, d, nil, wordsView{Fault: words.t("flow_table_fault"), Table: table})
		}
		return s.showWords(w, r, v, http.StatusOK, d, nil, wordsView{Changes: changes, Table: table})
	}
	faults, err := s.saveFields(r, v, words)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		if d, err = s.draftOf(r.Context(), d.Flow); err != nil {
			return err
		}
		return s.showWords(w, r, v, http.StatusConflict, d, faults, wordsView{})
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/words?to="+queryEscape(r.URL.Query().Get("to"))+"&done=flow_saved", http.StatusSeeOther) //nolint:gosec // below the editor, whatever the words
	return nil
}

// flowWordsCSV is the table for a translator.
func (s draftPages) flowWordsCSV(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	text, err := wordsTable(d.Source)
	if err != nil {
		return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "flow_unreadable", Err: err}
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+d.Flow+`-words.csv"`)
	_, _ = w.Write([]byte("\ufeff" + text))
	return nil
}

// wordsTable are all words of a draft, a column a language.
func wordsTable(source string) (string, error) {
	doc, err := draft.Parse(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	out := csv.NewWriter(&b)
	tags := languagesOf(doc)
	_ = out.Write(append([]string{"where"}, tags...))
	for _, path := range textPaths(doc) {
		row := []string{path}
		for _, tag := range tags {
			row = append(row, doc.Words(path, tag))
		}
		_ = out.Write(row)
	}
	out.Flush()
	return b.String(), out.Error()
}

// tableChanges are the words that a translator's table would change. An empty cell changes
// nothing: it was not translated.
func tableChanges(source, table string) ([]wordsRow, error) {
	doc, err := draft.Parse(source)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff")))
	in.FieldsPerRecord = -1
	if head, _, _ := strings.Cut(table, "\n"); strings.Count(head, ";") > strings.Count(head, ",") {
		in.Comma = ';'
	}
	rows, err := in.ReadAll()
	if err != nil || len(rows) < 1 || len(rows[0]) < 2 || rows[0][0] != "where" {
		return nil, errors.New("this is no table of words")
	}
	known := textPaths(doc)
	tags := languagesOf(doc)
	var out []wordsRow
	for _, row := range rows[1:] {
		for i := 1; i < len(row) && i < len(rows[0]); i++ {
			path, tag, value := row[0], rows[0][i], strings.ReplaceAll(row[i], "\r\n", "\n")
			was := doc.Words(path, tag)
			if strings.TrimSpace(value) == "" || value == was || !slices.Contains(known, path) || !slices.Contains(tags, tag) {
				continue
			}
			out = append(out, wordsRow{Path: path, Name: path + "/@" + tag, Where: path + " · " + tag, ID: "c" + itoa(len(out)), Value: value, Was: was, First: doc.Words(path, doc.Language())})
		}
	}
	return out, nil
}

// fileView is a draft as text.
type fileView struct {
	Flow     string
	Source   string
	Rev      int
	Findings []finding
	Fault    string
	Theirs   string
}

func (s draftPages) flowFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	return s.showFile(w, r, v, http.StatusOK, d, fileView{Source: d.Source})
}

func (s draftPages) showFile(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, p fileView) error {
	words := s.words(r, v)
	p.Flow, p.Rev = d.Flow, d.Rev
	p.Findings = words.look(p.Source).Findings
	return s.show(w, r, v, status, "flow_file.html", frame{
		Title: words.t("flow_file"), Meta: d.Flow, Here: "/surveys", Back: &link{"/surveys/" + d.Flow + "/edit", words.t("flow_edit")},
	}, p)
}

// saveFlowFile stores the whole text: whoever has seen an older revision is asked.
func (s draftPages) saveFlowFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxFlowForm); err != nil {
		e := page.AsError(err)
		return &page.Error{Code: e.Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	words := s.words(r, v)
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(r.PostForm.Get("source"), "\r\n", "\n")
	if strings.Contains(d.Source, "\r\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	switch {
	case len(text) > flowfile.MaxSize:
		return s.showFile(w, r, v, http.StatusUnprocessableEntity, d, fileView{Source: text, Fault: words.t("flow_too_long")})
	case strings.TrimSpace(text) == "":
		return s.showFile(w, r, v, http.StatusUnprocessableEntity, d, fileView{Source: text, Fault: words.t("flow_empty")})
	case r.PostForm.Get("rev") != itoa(d.Rev) && text != d.Source:
		return s.showFile(w, r, v, http.StatusConflict, d, fileView{
			Source: text, Fault: words.t("flow_file_conflict", cmp.Or(d.Person, words.t("flow_somebody"))), Theirs: d.Source,
		})
	}
	if text != d.Source {
		_, stored, err := s.putDraft(r.Context(), v, d, text, "file", 0)
		if err != nil {
			return err
		}
		if !stored {
			return s.saveAgain(w, r, v, text)
		}
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/file?done=flow_saved", http.StatusSeeOther)
	return nil
}

// saveAgain asks whoever was a moment too late.
func (s draftPages) saveAgain(w http.ResponseWriter, r *http.Request, v Viewer, text string) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	words := s.words(r, v)
	return s.showFile(w, r, v, http.StatusConflict, d, fileView{Source: text, Fault: words.t("flow_file_conflict", cmp.Or(d.Person, words.t("flow_somebody"))), Theirs: d.Source})
}
