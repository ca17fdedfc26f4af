package admin

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowmap"
)

// flowEditor is the page of the editor.
type flowEditor struct {
	Flow, Title string
	State       string
	Also        string // who else changes it now
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
	Carry       template.URL // where the preview is
	Own         []string     // names of own scales and lists
	Error       string       // what was refused
}

// editsNow is how long after a change its author counts as being at the draft.
const editsNow = 5 * time.Minute

// editorOf draws the editor over a draft.
func (s *site) editorOf(r *http.Request, v Viewer, d drafted, faults map[string]fault) (flowEditor, error) {
	words := s.words(r, v)
	q := r.URL.Query()
	e := flowEditor{Flow: d.Flow, Title: d.Flow, Rev: d.Rev, Open: q.Get("q"), Draft: d.draft, Carry: carry(q)}
	zone := s.Bot.Configuration().Now().Site("").Zone
	switch {
	case !d.draft && d.Live > 0:
		e.State = words.t("flow_is_live", d.Live)
	case d.Live > 0:
		e.State = words.t("flow_draft_of", d.Base, words.moment(s.Clock(), d.At, zone))
	case d.draft:
		e.State = words.t("flow_draft_new", words.moment(s.Clock(), d.At, zone))
	}
	if d.draft && d.Person != "" && d.Person != v.Name && s.Clock().Sub(d.At) > editsNow {
		e.State += " · " + words.t("flow_by", d.Person)
	}
	revs, err := s.Store.FlowDraftRevs(r.Context(), d.Flow)
	if err != nil {
		return e, err
	}
	var also []string
	for _, rev := range revs {
		if rev.Person != "" && rev.Person != v.Name && s.Clock().Sub(rev.At) <= editsNow && !slices.Contains(also, rev.Person) {
			also = append(also, rev.Person)
		}
	}
	if len(also) > 0 {
		e.Also = words.t("flow_also", strings.Join(also, ", "))
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
	e.Open = cmp.Or(e.Open, firstCard(doc))
	e.Title = cmp.Or(doc.Words("title", doc.Language()), d.Flow)
	e.Lang = doc.Language()
	for _, tag := range languagesOf(doc) {
		e.Languages = append(e.Languages, option{tag, languageName(words.lang, tag)})
		if tag == q.Get("lang") {
			e.Lang = tag
		}
	}
	dr := &drawer{words: words, doc: doc, lang: e.Lang, flow: look, faults: faults}
	dr.reach = func(question string) string {
		said, err := s.conditionReach(r.Context(), words, d.Flow, look.Flow, look.question(question))
		if err != nil {
			return "" // the draft can be changed without it
		}
		return said
	}
	s.cards(&e, dr, q.Get("add"))
	if look.OK {
		m := flowmap.Draw(look.Flow, e.Lang)
		e.Map = template.HTML(m.SVG(false)) //nolint:gosec // our own drawing, which escapes words
		chat := s.chatOf(r, v, look.Flow, e.Lang)
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
	f := frame{Title: e.Title, Here: "/surveys", Own: true, Styles: []string{"editor.css"}, Modules: []string{"builder.js", "place.js"}}
	if e.Text {
		http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/file", http.StatusSeeOther)
		return nil
	}
	return s.show(w, r, v, status, "flow_edit.html", f, e)
}
