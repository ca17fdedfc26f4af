package admin

import (
	"cmp"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowmap"
)

// flowEditor is the page of the editor.
type flowEditor struct {
	Flow, Title string
	Topic       string // by which it hears what others do
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
	Lost        []string     // words whose place is not there any more
	Part        bool         // only what follows from a change is drawn, for a page that has the rest
}

// editsNow is how long after a change it is said that its author has just made it.
const editsNow = 5 * time.Minute

// editorOf draws the editor over a draft.
func (s draftPages) editorOf(r *http.Request, v Viewer, d drafted, faults map[string]fault) (flowEditor, error) {
	words := s.words(r, v)
	q := r.URL.Query()
	e := flowEditor{Flow: d.Flow, Title: d.Flow, Rev: d.Rev, Open: q.Get("q"), Draft: d.draft, Carry: carry(q), Part: r.Header.Get("Aftercare-Live") != ""}
	zone := s.houseZone()
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
	also, at, err := s.alsoHere(r.Context(), words, v, d.Flow, revs)
	if err != nil {
		return e, err
	}
	e.Also = also
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
	e.Topic = draftTopic + d.Flow + "@" + e.Open
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
		said, err := surveyPages(s).conditionReach(r.Context(), words, d.Flow, look.Flow, look.question(question))
		if err != nil {
			return "" // the draft can be changed without it
		}
		return said
	}
	s.cards(&e, dr, q.Get("add"))
	for i := range e.Cards {
		e.Cards[i].Here = at[e.Cards[i].Path]
	}
	if look.OK {
		m := flowmap.Draw(look.Flow, e.Lang)
		e.Map = template.HTML(m.SVG(false)) //nolint:gosec // our own drawing, which escapes words
		chat := s.chatOf(r, v, look.Flow, e.Lang)
		e.Chat = &chat
	}
	return e, nil
}

// shows reports whether a field stands on the page.
func (e *flowEditor) shows(name string) bool {
	var in func(list []flowControl) bool
	in = func(list []flowControl) bool {
		return slices.ContainsFunc(list, func(c flowControl) bool {
			return c.Name == name || slices.ContainsFunc(c.Rows, func(r controlRow) bool { return in(r.Controls) || in(r.Further) })
		})
	}
	return slices.ContainsFunc(e.Cards, func(c flowCard) bool { return in(c.Controls) || in(c.Further) })
}

// languageNames are languages by the names that they call themselves.
func languageNames(tags []string) string {
	all := make([]string, len(tags))
	for i, tag := range tags {
		all[i] = voice.SelfName(tag)
	}
	return strings.Join(all, ", ")
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

func (s draftPages) editFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	return s.showEditor(w, r, v, http.StatusOK, d, nil, "")
}

func (s draftPages) showEditor(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, faults map[string]fault, refused string) error {
	e, err := s.editorOf(r, v, d, faults)
	if err != nil {
		return err
	}
	e.Error = refused
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		if !e.shows(name) {
			e.Lost = append(e.Lost, faults[name].value)
		}
	}
	f := frame{Title: e.Title, Here: "/surveys", Own: true, Modules: []string{"merge.js", "builder.js", "together.js", "place.js", "stream.js"}}
	if e.Text {
		http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/file", http.StatusSeeOther)
		return nil
	}
	return s.show(w, r, v, status, "flow_edit.html", f, e)
}
