package admin

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/flowmap"
)

// flowCard is one card of the editor.
type flowCard struct {
	Path     string // "before", "after", "questions/=key", "scales/name", "choices/name", "bands"
	Number   int    // of a question, from 1
	Words    string
	Tags     string
	Kind     string
	Open     bool
	Bad      int // errors
	Look     int // warnings
	Controls []flowControl
	Further  []flowControl // less often needed, folded
	Findings []finding
	Kinds    []option // in which other ways it could be answered
	First    bool
	Last     bool
	Adds     []addGroup // the menu behind this card, where it is open
	AddAt    string     // query that opens that menu
	Needed   []string   // questions that depend on its answer
}

// addGroup is a part of the menu of questions.
type addGroup struct {
	Name    string
	Entries []addEntry
}

type addEntry struct{ Name, Label, Hint string }

// flowEditor is the page of the editor.
type flowEditor struct {
	Flow, Title string
	State       string
	Rev         int
	Lang        string
	Languages   []option
	Cards       []flowCard
	Open        string
	Fatal, Look int
	First       string // query that leads to the first finding
	Undo        string // what Undo takes back, "" = nothing
	Redo        bool
	Draft       bool
	Text        bool // the file cannot be read: it is mended as text
	Findings    []finding
	Map         template.HTML
	Chat        *chatView
	Own         []string // names of own scales and lists
	Error       string   // what was refused
}

// oneOf are the keys of which a question has one: they say what is asked.
func oneOf() []string {
	return []string{"scale", "choice", "options", "text", "number", "contact", "file", "date", "message"}
}

// plainFields are the fields of a question that everybody needs; the others are folded.
var plainFields = append([]string{"ask", "optional", "primary", "when"}, oneOf()...)

// editor draws the editor over a draft.
func (s *site) editorOf(r *http.Request, v Viewer, d drafted, faults map[string]fault) (flowEditor, error) {
	words := s.words(r, v)
	q := r.URL.Query()
	e := flowEditor{Flow: d.Flow, Title: d.Flow, Rev: d.Rev, Open: cmp.Or(q.Get("q"), "before"), Draft: d.draft}
	zone := s.Bot.Configuration().Now().Site("").Zone
	switch {
	case !d.draft && d.Live > 0:
		e.State = words.t("flow_is_live", d.Live)
	case d.Live > 0:
		e.State = words.t("flow_draft_of", d.Base, words.moment(s.Clock(), d.At, zone))
	case d.draft:
		e.State = words.t("flow_draft_new", words.moment(s.Clock(), d.At, zone))
	}
	if d.draft && d.Person != "" && d.Person != v.Name {
		e.State += " · " + words.t("flow_by", d.Person)
	}
	revs, err := s.Store.FlowDraftRevs(r.Context(), d.Flow)
	if err != nil {
		return e, err
	}
	undo, redo, what := undone(revs)
	if undo > 0 {
		e.Undo = words.change(what)
	}
	e.Redo = redo > 0
	look := words.look(d.Source)
	e.Findings = look.Findings
	e.Fatal = look.fatal()
	e.Look = len(look.Findings) - e.Fatal
	if len(look.Findings) > 0 {
		e.First = look.Findings[0].At
	}
	doc, err := draft.Parse(d.Source)
	if err != nil {
		e.Text = true
		return e, nil
	}
	e.Title = cmp.Or(doc.Words("title", doc.Language()), d.Flow)
	e.Lang = doc.Language()
	for _, tag := range languagesOf(doc) {
		e.Languages = append(e.Languages, option{tag, languageName(words.lang, tag)})
		if tag == q.Get("lang") {
			e.Lang = tag
		}
	}
	dr := &drawer{words: words, doc: doc, lang: e.Lang, flow: look, faults: faults}
	s.cards(&e, dr, q.Get("add"))
	if look.OK {
		m := flowmap.Draw(look.Flow, e.Lang)
		e.Map = template.HTML(m.SVG(false)) //nolint:gosec // our own drawing, which escapes words
		chat := s.chatOf(r, look.Flow, e.Lang)
		e.Chat = &chat
	}
	return e, nil
}

// languagesOf are the languages of a draft.
func languagesOf(doc *draft.Doc) []string {
	list, ok := doc.Plain("languages").([]any)
	out := []string{doc.Language()}
	for i := range list {
		if tag := doc.Show("languages/#" + strconv.Itoa(i)); ok && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

func (s *site) cards(e *flowEditor, d *drawer, add string) {
	before := flowCard{Path: "before", Words: d.t("flow_before"), Tags: d.word("class", d.doc.Show("class")), AddAt: "first"}
	if before.Open = e.Open == before.Path; before.Open {
		before.Controls = d.group("", format(), func(k string) bool {
			return slices.Contains([]string{"questions", "scales", "choices", "bands", "texts"}, k)
		})
	}
	e.Cards = append(e.Cards, s.dressed(before, d, "", add))
	all := d.doc.Elements("questions")
	for i, step := range all {
		at := "questions/" + step
		key := strings.TrimPrefix(step, "=")
		c := flowCard{Path: at, Number: i + 1, First: i == 0, Last: i == len(all)-1, AddAt: key}
		c.Words = cmp.Or(d.doc.Words(at+"/ask", e.Lang), d.doc.Words(at+"/message", e.Lang),
			d.doc.Words(at+"/ask", d.doc.Language()), d.doc.Words(at+"/message", d.doc.Language()), key)
		kind := ""
		for _, k := range oneOf() {
			if d.doc.Has(at + "/" + k) {
				kind = k
			}
		}
		tags := []string{d.answeredBy(at, kind)}
		if d.doc.Show(at+"/primary") == "true" {
			tags = append(tags, d.t("tag_main"))
		}
		if share := d.share(key); share != "" {
			tags = append(tags, share)
		}
		if d.doc.Has(at + "/when") {
			tags = append(tags, d.t("tag_when"))
		}
		if d.doc.Show(at+"/optional") == "true" {
			tags = append(tags, d.t("tag_optional"))
		}
		c.Tags, c.Kind = strings.Join(tags, " · "), kind
		if c.Open = e.Open == at; c.Open {
			for _, x := range d.group(at, def("question"), func(k string) bool {
				return slices.Contains(oneOf(), k) && k != kind || k == "ask" && kind == "message"
			}) {
				if slices.Contains(plainFields, x.Key) {
					c.Controls = append(c.Controls, x)
				} else {
					c.Further = append(c.Further, x)
				}
			}
			slices.SortStableFunc(c.Controls, func(a, b flowControl) int { return cmp.Compare(place2(a.Key), place2(b.Key)) })
			c.Kinds = append(c.Kinds, option{"", d.t("flow_other_kind")})
			for _, k := range oneOf() {
				if k != kind {
					c.Kinds = append(c.Kinds, option{k, d.label(k)})
				}
			}
			c.Needed = d.needs(key)
		}
		e.Cards = append(e.Cards, s.dressed(c, d, key, add))
	}
	after := flowCard{Path: "after", Words: d.t("flow_after"), Tags: d.t("flow_after_tags")}
	if after.Open = e.Open == after.Path; after.Open {
		after.Controls = d.group("texts", format().Properties.get("texts"), nil)
	}
	e.Cards = append(e.Cards, after)
	for _, in := range []string{"scales", "choices"} {
		for _, name := range d.doc.Keys(in) {
			c := flowCard{Path: in + "/" + name, Words: d.t("flow_own_"+in, name), Tags: d.t("flow_options", len(d.doc.Elements(in+"/"+name+"/options")))}
			if c.Open = e.Open == c.Path; c.Open {
				part := map[string]string{"scales": "scale", "choices": "list"}[in]
				c.Controls = d.group(c.Path, def(part), nil)
			}
			e.Cards = append(e.Cards, c)
		}
	}
	bands := flowCard{Path: "bands", Words: d.t("flow_bands"), Tags: d.t("flow_bands_shipped")}
	if n := len(d.doc.Elements("bands")); n > 0 {
		bands.Tags = d.t("flow_options", n)
	}
	if bands.Open = e.Open == bands.Path; bands.Open {
		bands.Controls = []flowControl{d.control("bands", "bands", format().Properties.get("bands"))}
	}
	e.Cards = append(e.Cards, bands)
}

// place2 is the order of the fields that everybody needs: words first, then how it is answered.
func place2(key string) int {
	switch {
	case key == "ask":
		return 0
	case slices.Contains(oneOf(), key):
		return 1
	case key == "when":
		return 3
	}
	return 2
}

// dressed gives a card its findings and, where it was asked for, the menu behind it.
func (s *site) dressed(c flowCard, d *drawer, question, add string) flowCard {
	for _, f := range d.flow.Findings {
		switch {
		case f.Question != question:
		case f.Fatal:
			c.Bad++
		default:
			c.Look++
		}
	}
	if c.Open {
		c.Findings = d.flow.rest(question)
	}
	if add != "" && add == c.AddAt {
		c.Adds = d.menu()
	}
	return c
}

// answeredBy says how a question is answered.
func (d *drawer) answeredBy(at, kind string) string {
	switch kind {
	case "":
		return d.t("tag_nothing")
	case "scale", "choice", "text", "contact":
		return d.word(kind, d.doc.Show(at+"/"+kind))
	}
	return d.label(kind)
}

// share is the part of a question in the score, in per cent.
func (d *drawer) share(key string) string {
	sum, own := 0.0, 0.0
	for _, q := range d.flow.Flow.Questions {
		sum += q.Weight
		if q.Key == key {
			own = q.Weight
		}
	}
	if own == 0 || sum == 0 {
		return ""
	}
	return d.t("tag_share", strconv.Itoa(int(100*own/sum+0.5)))
}

// needs are the questions that depend on the answer to another.
func (d *drawer) needs(key string) []string {
	var out []string
	word := regexp.MustCompile(`(^|[^a-z0-9_.])` + regexp.QuoteMeta(key) + `:`)
	for _, e := range d.doc.Elements("questions") {
		at := "questions/" + e
		if word.MatchString(d.doc.Show(at+"/when")) || d.doc.Show(at+"/pair") == key {
			out = append(out, strings.TrimPrefix(e, "="))
		}
	}
	return out
}

// change is what a revision changed, in words: "questions/=speed/ask/@en" is "Speed: Words".
func (w *words) change(what string) string {
	if key := "change_" + what; w.has(key) {
		return w.t(key)
	}
	steps := strings.Split(what, "/")
	last := steps[len(steps)-1]
	if strings.HasPrefix(last, "@") && len(steps) > 1 {
		last = steps[len(steps)-2]
	}
	last = strings.TrimLeft(last, "=#")
	if w.has("fl_" + last) {
		return w.t("fl_" + last)
	}
	return last
}

func (s *site) editFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	return s.showEditor(w, r, v, http.StatusOK, d, nil, "")
}

func (s *site) showEditor(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, faults map[string]fault, refused string) error {
	e, err := s.editorOf(r, v, d, faults)
	if err != nil {
		return err
	}
	e.Error = refused
	f := frame{Title: e.Title, Here: "/surveys", Own: true, Styles: []string{"editor.css"}, Modules: []string{"builder.js"}}
	if e.Text {
		http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/file", http.StatusSeeOther)
		return nil
	}
	return s.show(w, r, v, status, "flow_edit.html", f, e)
}

// saveFlow carries out what a card's form says: every field that was changed is one change
// of one thing, and then the button that was pressed.
func (s *site) saveFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxFlowForm); err != nil {
		e := page.AsError(err)
		return &page.Error{Code: e.Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	faults := map[string]fault{}
	words := s.words(r, v)
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		if base, ok := strings.CutSuffix(name, ".was"); ok {
			names = append(names, base)
		}
	}
	slices.Sort(names)
	var d drafted
	for _, name := range names {
		op, ok := fieldOp(name, r.PostForm)
		if !ok {
			continue
		}
		var err error
		d, err = s.edit(r.Context(), v, r.PathValue("flow"), op.Path, func(d drafted) (string, error) { return draft.Apply(d.Source, op) })
		conflict, met := errors.AsType[*draft.Conflict](err)
		refused, _ := errors.AsType[*draft.Refused](err)
		switch {
		case met:
			faults[name] = fault{op.Value, words.t("flow_conflict", cmp.Or(d.Person, words.t("flow_somebody"))), cmp.Or(conflict.Now, words.t("flow_nothing"))}
		case refused != nil:
			faults[name] = fault{op.Value, refused.Why, ""}
		case err != nil:
			return err
		}
	}
	if len(faults) == 0 && r.PostForm.Get("act") != "" {
		to, err := s.actOnFlow(r, v, r.PostForm.Get("act"))
		if refused, ok := errors.AsType[*draft.Refused](err); ok {
			if d, err = s.draftOf(r.Context(), r.PathValue("flow")); err != nil {
				return err
			}
			return s.showEditor(w, r, v, http.StatusUnprocessableEntity, d, nil, refused.Why)
		}
		if err != nil {
			return err
		}
		if to != "" {
			q := r.URL.Query()
			q.Set("q", to)
			r.URL.RawQuery = q.Encode()
		}
	}
	if len(faults) > 0 {
		d, err := s.draftOf(r.Context(), r.PathValue("flow"))
		if err != nil {
			return err
		}
		return s.showEditor(w, r, v, http.StatusConflict, d, faults, words.t("flow_asks"))
	}
	if next := r.PostForm.Get("add"); next != "" {
		http.Redirect(w, r, s.Prefix+"/surveys/"+r.PathValue("flow")+"/edit?q="+queryEscape(r.URL.Query().Get("q"))+"&add="+queryEscape(next)+"#add", http.StatusSeeOther) //nolint:gosec // below the editor, whatever the words
		return nil
	}
	return s.toEditor(w, r, "flow_saved")
}

// maxFlowForm is the size in bytes of the largest form of the editor: a whole file.
const maxFlowForm = flowfile.MaxSize*3 + 64<<10

// fieldOp is the change that one field says, if it says one.
func fieldOp(name string, form url.Values) (draft.Op, bool) {
	shape, known := shapeAt(name)
	if !known {
		return draft.Op{}, false
	}
	was := strings.ReplaceAll(form.Get(name+".was"), "\r\n", "\n")
	value := strings.ReplaceAll(form.Get(name), "\r\n", "\n")
	switch shape {
	case "list", "group":
		return draft.Op{}, false
	case "check":
		if value == "" && was == "false" {
			value = was
		}
	case "when":
		if form.Get(name+"|sentence") != "" {
			value = writtenWhen(name, form)
		}
	}
	if shape != "area" {
		value = strings.TrimSpace(value)
	} else if strings.TrimSpace(value) == "" {
		value = ""
	}
	op := draft.Op{Do: draft.Set, Path: name, Value: value, As: as(shape), Was: was}
	if value == was || form.Get(name+".mine") == "" && value == strings.TrimSuffix(was, "\n") {
		return op, false
	}
	return op, true
}

// actOnFlow carries out a button: "up|PATH", "remove|PATH", "add|PATH|…". It returns the card
// to open then, "" = the same.
func (s *site) actOnFlow(r *http.Request, v Viewer, act string) (open string, err error) {
	parts := strings.SplitN(act, "|", 3)
	if len(parts) < 2 {
		return "", nil
	}
	do, path := parts[0], parts[1]
	words := s.words(r, v)
	_, err = s.edit(r.Context(), v, r.PathValue("flow"), do, func(d drafted) (string, error) {
		doc, err := draft.Parse(d.Source)
		if err != nil {
			return "", &draft.Refused{Path: path, Why: words.t("flow_unreadable")}
		}
		list, step := cutLast(path)
		all := doc.Elements(list)
		i := slices.Index(all, step)
		var ops []draft.Op
		switch do {
		case "up":
			if i > 0 {
				ops = append(ops, draft.Op{Do: draft.Move, Path: path, Before: all[i-1]})
			}
		case "down":
			if i >= 0 && i+1 < len(all) {
				before := ""
				if i+2 < len(all) {
					before = all[i+2]
				}
				ops = append(ops, draft.Op{Do: draft.Move, Path: path, Before: before})
			}
		case "remove":
			ops = append(ops, draft.Op{Do: draft.Remove, Path: path})
			if list == "questions" {
				open = "before"
				if i > 0 {
					open = "questions/" + all[i-1]
				}
			}
		case "forget": // a question, with the conditions that name it
			for _, key := range (&drawer{words: words, doc: doc}).needs(strings.TrimPrefix(step, "=")) {
				at := "questions/=" + key
				ops = append(ops, draft.Op{Do: draft.Remove, Path: at + "/when"})
				if doc.Show(at+"/pair") == strings.TrimPrefix(step, "=") {
					ops = append(ops, draft.Op{Do: draft.Remove, Path: at + "/pair"})
				}
			}
			ops = append(ops, draft.Op{Do: draft.Remove, Path: path})
			open = "before"
		case "copy":
			text := doc.Show(path)
			key := freshKey(doc, list, strings.TrimPrefix(step, "=")+"_copy")
			before := ""
			if i+1 < len(all) {
				before = all[i+1]
			}
			ops = append(ops, draft.Op{Do: draft.Insert, Path: list, Value: text, As: draft.YAML, Before: before})
			renamed, err := rekeyed(text, key)
			if err != nil {
				return "", &draft.Refused{Path: path, Why: err.Error()}
			}
			ops[0].Value = renamed
			open = list + "/=" + key
		case "kind":
			kind := r.PostForm.Get("kind|" + path)
			if kind == "" {
				return d.Source, nil
			}
			ops = kindOps(doc, words, path, kind)
		case "option":
			ops = optionOps(doc, path, r.PostForm.Get("many|"+path))
		case "scale", "list":
			name := freshKey2(doc, path, do)
			ops = append(ops, draft.Op{Do: draft.Set, Path: path + "/" + name, Value: newOwn(words.inDraft(doc), do), As: draft.YAML})
			open = path + "/" + name
		case "own":
			name, more := ownScale(doc, words.inDraft(doc), path)
			ops, open = more, "scales/"+name
		case "question":
			before := ""
			if len(parts) == 3 {
				before = parts[2]
			}
			ops, open = questionOps(doc, words.inDraft(doc), path, before)
		case "language":
			tag := strings.TrimSpace(r.PostForm.Get("language"))
			if tag != "" && !slices.Contains(languagesOf(doc), tag) {
				if doc.Has("languages") {
					if _, list := doc.Plain("languages").([]any); list {
						ops = append(ops, draft.Op{Do: draft.Insert, Path: "languages", Value: tag})
						break
					}
				}
				ops = append(ops, draft.Op{Do: draft.Set, Path: "languages", Was: doc.Show("languages"), Value: "[" + doc.Language() + ", " + flowfile.Scalar(tag) + "]", As: draft.YAML})
			}
		}
		if len(ops) == 0 {
			return d.Source, nil
		}
		return draft.Apply(d.Source, ops...)
	})
	return open, err
}

func cutLast(path string) (list, step string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// rekeyed is an element of a list under another key, and no main question any more.
func rekeyed(text, key string) (string, error) {
	whole := "x: " + text + "\n"
	out, err := draft.Apply(whole, draft.Op{Do: draft.Set, Path: "x/key", Value: key, Was: mustShow(whole, "x/key")})
	if err != nil {
		return "", err
	}
	out, err = draft.Apply(out, draft.Op{Do: draft.Remove, Path: "x/primary"})
	return strings.TrimSpace(strings.TrimPrefix(out, "x:")), err
}

func mustShow(text, path string) string {
	d, err := draft.Parse(text)
	if err != nil {
		return ""
	}
	return d.Show(path)
}

// inDraft are the words of these pages in the first language of a draft, if they have it.
func (w *words) inDraft(doc *draft.Doc) *words {
	base, _, _ := strings.Cut(doc.Language(), "-")
	for tag, in := range languages {
		if b, _, _ := strings.Cut(tag, "-"); (tag == doc.Language() || b == base) && slices.Contains([]string{"en", "zh-Hans"}, tag) {
			return in
		}
	}
	return languages[fallback]
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

var noSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a key of words; "" where none of their letters can stand in a key.
func slug(words string) string {
	s := strings.Trim(noSlug.ReplaceAllString(strings.ToLower(words), "_"), "_")
	if len(s) > 40 {
		s = strings.Trim(s[:40], "_")
	}
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return ""
	}
	return s
}

func freshKey2(doc *draft.Doc, in, wish string) string {
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
	name = freshKey2(doc, "scales", "scale")
	return name, []draft.Op{
		{Do: draft.Set, Path: "scales/" + name, Value: newOwn(w, "scale"), As: draft.YAML},
		{Do: draft.Set, Path: path + "/scale", Value: name, Was: doc.Show(path + "/scale")},
	}
}
