package admin

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	yaml "github.com/goccy/go-yaml"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/flowmap"
	"github.com/aftercare/aftercare/survey/importing"
)

// flowRoutes are the pages on which surveys are built.
var flowRoutes = []route{
	{pattern: "GET /surveys", deed: access.SeeFlows, page: (*site).flows},
	{pattern: "GET /surveys/new", deed: access.EditFlows, page: (*site).newFlow},
	{pattern: "POST /surveys/new", deed: access.EditFlows, page: (*site).makeFlow},
	{pattern: "POST /surveys/new/file", deed: access.EditFlows, page: (*site).surveyFile},
	{pattern: "GET /surveys/{flow}", deed: access.SeeFlows, page: (*site).flowPage},
	{pattern: "POST /surveys/{flow}/state", deed: access.EditFlows, page: (*site).setFlowState},
	{pattern: "POST /surveys/{flow}/duplicate", deed: access.EditFlows, page: (*site).duplicateFlow},
	{pattern: "GET /surveys/{flow}/file", deed: access.SeeFlows, page: (*site).exportFlow},
	{pattern: "GET /surveys/{flow}/edit", deed: access.EditFlows, page: (*site).editFlow},
	{pattern: "POST /surveys/{flow}/edit", deed: access.EditFlows, page: (*site).saveFlow},
	{pattern: "POST /surveys/{flow}/undo", deed: access.EditFlows, page: (*site).undoFlow},
	{pattern: "POST /surveys/{flow}/redo", deed: access.EditFlows, page: (*site).redoFlow},
	{pattern: "POST /surveys/{flow}/discard", deed: access.EditFlows, page: (*site).discard},
	{pattern: "GET /surveys/{flow}/edit/file", deed: access.EditFlows, page: (*site).flowFile},
	{pattern: "POST /surveys/{flow}/edit/file", deed: access.EditFlows, page: (*site).saveFlowFile},
	{pattern: "GET /surveys/{flow}/edit/words", deed: access.EditFlows, page: (*site).flowWords},
	{pattern: "POST /surveys/{flow}/edit/words", deed: access.EditFlows, page: (*site).saveFlowWords},
	{pattern: "GET /surveys/{flow}/edit/words.csv", deed: access.EditFlows, page: (*site).flowWordsCSV},
	{pattern: "GET /surveys/{flow}/publish", deed: access.EditFlows, page: (*site).publishPage},
	{pattern: "POST /surveys/{flow}/publish", deed: access.EditFlows, page: (*site).publishFlow},
	{pattern: "GET /surveys/{flow}/compare", deed: access.SeeFlows, page: (*site).compareFlow},
	{pattern: "POST /surveys/{flow}/back", deed: access.EditFlows, page: (*site).flowBack},
}

// flowRow is a survey in the list.
type flowRow struct {
	At, Edit  string
	Title     string
	State     string // live, draft, never, paused, retired
	Tag       string
	About     string // class, where it is asked
	Languages string
	Missing   string
	Draft     string
	Figures   string // how often it was asked of late, and answered
	Name      string // of a shipped one
}

type flowsPage struct {
	Rows  []flowRow
	Ready []flowRow // shipped ones that nobody published or changed: they can be asked as they are
	May   bool      // build them
}

func (s *site) flows(w http.ResponseWriter, r *http.Request, v Viewer) error {
	ctx, words := r.Context(), s.words(r, v)
	live, err := s.Store.FlowSources(ctx)
	if err != nil {
		return err
	}
	drafts, err := s.Store.FlowDrafts(ctx)
	if err != nil {
		return err
	}
	states, err := s.Store.FlowStates(ctx)
	if err != nil {
		return err
	}
	links, err := s.Store.StandingLinkList(ctx)
	if err != nil {
		return err
	}
	hangs := map[string]int{}
	for _, l := range links {
		if l.Closed.IsZero() {
			hangs[l.Flow]++
		}
	}
	by := map[string]*flowRow{}
	zone := s.Bot.Configuration().Now().Site("").Zone
	row := func(flow string) *flowRow {
		if by[flow] == nil {
			by[flow] = &flowRow{At: "/surveys/" + flow, Edit: "/surveys/" + flow + "/edit", Title: flow, State: "never", Tag: words.t("flow_never")}
		}
		return by[flow]
	}
	for _, src := range live {
		x := row(src.Flow)
		x.State, x.Tag = "live", words.t("flow_live", src.Version)
		s.describe(words, x, src.Source, hangs[src.Flow])
	}
	for _, d := range drafts {
		x := row(d.Flow)
		x.Draft = words.t("flow_draft_by", cmp.Or(d.Person, words.t("flow_somebody")), words.moment(s.Clock(), d.At, zone))
		if x.State == "never" {
			s.describe(words, x, d.Source, 0)
		}
	}
	for _, st := range states {
		if x := by[st.Flow]; x != nil {
			x.State, x.Tag = st.State, words.t("flow_"+st.State)
		}
	}
	figures, err := s.flowFigures(ctx, words, v)
	if err != nil {
		return err
	}
	for flow, said := range figures {
		if x := by[flow]; x != nil {
			x.Figures = said
		}
	}
	p := flowsPage{May: v.Anywhere(access.EditFlows)}
	for _, flow := range slices.Sorted(maps.Keys(by)) {
		p.Rows = append(p.Rows, *by[flow])
	}
	for _, f := range flowfile.Templates() {
		if by[f.ID] != nil {
			continue
		}
		_, source, _ := flowfile.Template(f.ID)
		x := flowRow{At: "/surveys/" + f.ID, Title: f.ID, State: "ready", Tag: words.t("flow_ready"), Name: f.ID}
		x.Figures = figures[f.ID]
		s.describe(words, &x, string(source), hangs[f.ID])
		p.Ready = append(p.Ready, x)
	}
	order := map[string]int{"live": 0, "never": 1, "paused": 2, "retired": 3}
	slices.SortStableFunc(p.Rows, func(a, b flowRow) int { return cmp.Compare(order[a.State], order[b.State]) })
	return s.show(w, r, v, http.StatusOK, "flows.html", frame{Title: words.t("surveys"), Here: "/surveys"}, p)
}

// describe says what a flow file is about.
func (s *site) describe(w *words, x *flowRow, source string, hangs int) {
	doc, err := draft.Parse(source)
	if err != nil {
		x.About = w.t("flow_unreadable")
		return
	}
	x.Title = cmp.Or(doc.Words("title", w.lang), doc.Words("title", doc.Language()), x.Title)
	class := doc.Show("class")
	if key := "fv_class_" + class; w.has(key) {
		class = w.t(key)
	}
	x.About = w.t("flow_about", class, len(doc.Elements("questions")))
	if hangs > 0 {
		x.About += " · " + w.t("flow_hangs", hangs)
	}
	x.Languages = strings.Join(languagesOf(doc), ", ")
	if f, err := flowfile.Parse([]byte(source)); err == nil {
		n := 0
		for _, p := range survey.Check(f) {
			if p.Code == "missing_translation" {
				n++
			}
		}
		if n > 0 {
			x.Missing = w.t("flow_missing", n)
		}
	}
}

// newFlowPage offers what a survey may begin with.
type newFlowPage struct {
	form
	Templates []templateRow
	Source    string
	Title     string
	Language  string
	Languages []option
	Fault     string
	Lines     []string // what is wrong with a file
	Left      []string // what of an imported file could not be carried over
	Made      string   // the flow file that an import makes
	From      string   // whose survey it was
}

type templateRow struct {
	Name, Title, About string
	Bubble             string
	Buttons            []string
}

func (s *site) newFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showNewFlow(w, r, v, http.StatusOK, newFlowPage{})
}

func (s *site) showNewFlow(w http.ResponseWriter, r *http.Request, v Viewer, status int, p newFlowPage) error {
	words := s.words(r, v)
	p.Languages, p.Language = languagesOffered(words.lang, nil), cmp.Or(r.PostForm.Get("language"), words.lang)
	for _, f := range flowfile.Templates() {
		row := templateRow{Name: f.ID, Title: f.Title.In(words.lang, "en")}
		t, err := previewTalk(s.Bot.Configuration().Now(), f, chat.Web, words.lang, s)
		if err != nil {
			return err
		}
		row.About = words.t("flow_template_about", t.Flow.Asked, t.Flow.Seconds)
		(&playing{t: t, path: neutralPath}).play(func(turn chatTurn) {
			if row.Bubble == "" && len(turn.Message.Rows) > 0 {
				row.Bubble = turn.Message.Text
				for _, line := range turn.Message.Rows {
					for _, b := range line {
						row.Buttons = append(row.Buttons, b.Text)
					}
				}
			}
		})
		if len(row.Buttons) > 7 {
			row.Buttons = append(row.Buttons[:6], "…")
		}
		p.Templates = append(p.Templates, row)
	}
	return s.show(w, r, v, status, "flow_new.html", frame{
		Title: words.t("flow_new"), Here: "/surveys", Back: &link{"/surveys", words.t("surveys")}, Styles: []string{"editor.css"},
	}, p)
}

// makeFlow begins a draft: from a template, from nothing but a title, or from a file.
func (s *site) makeFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxFlowForm); err != nil {
		e := page.AsError(err)
		return &page.Error{Code: e.Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	words := s.words(r, v)
	f := r.PostForm
	title := strings.TrimSpace(f.Get("title"))
	switch {
	case f.Get("template") != "":
		_, source, ok := flowfile.Template(f.Get("template"))
		if !ok {
			return noFlow()
		}
		return s.begin(w, r, v, f.Get("template"), string(source), "template")
	case f.Get("source") != "":
		return s.fromFile(w, r, v, strings.ReplaceAll(f.Get("source"), "\r\n", "\n"))
	case title == "":
		return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, newFlowPage{Fault: words.t("flow_title_fault")})
	}
	name := cmp.Or(slug(title), "survey")
	lang := f.Get("language")
	if !slices.Contains(offeredTongues, lang) {
		lang = words.lang
	}
	in := seeds(lang)
	source := fmt.Sprintf("flow: %s\nclass: transactional\ntitle: %s\nlanguages: [%s]\ndelay: 1h\nexpires: 72h\nquestions:\n  - key: overall\n    scale: csat5\n    primary: true\n    weight: 1\n    ask: %s\n",
		name, flowfile.Scalar(title), lang, flowfile.Scalar(in.t("ask_csat5")))
	return s.begin(w, r, v, name, source, "new")
}

// fromFile begins with a flow file that somebody has.
func (s *site) fromFile(w http.ResponseWriter, r *http.Request, v Viewer, source string) error {
	words := s.words(r, v)
	doc, err := draft.Parse(source)
	p := newFlowPage{Source: source}
	if err != nil || doc.Show("flow") == "" {
		made, other := importing.Read(source)
		if other == nil { // shown before anything is stored
			return s.showNewFlow(w, r, v, http.StatusOK, words.imported(made))
		}
	}
	if lines, ok := errors.AsType[flowfile.Errors](err); ok {
		for _, e := range lines {
			p.Lines = append(p.Lines, words.t("flow_line", e.Line, e.Message))
		}
		return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, p)
	}
	name := ""
	if err == nil {
		name = slug(doc.Show("flow"))
	}
	if err != nil || name == "" || name != doc.Show("flow") {
		p.Fault = words.t("flow_name_fault")
		return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, p)
	}
	return s.begin(w, r, v, name, source, "file")
}

// begin stores the first revision of a draft. A name that is taken gets a number, unless
// the draft is of a file that says which survey it is.
func (s *site) begin(w http.ResponseWriter, r *http.Request, v Viewer, name, source, what string) error {
	ctx := r.Context()
	for n := 1; n < 100; n++ {
		try, text := name, source
		if n > 1 {
			try = fmt.Sprintf("%s_%d", name, n)
			var err error
			if text, err = draft.Apply(source, draft.Op{Do: draft.Set, Path: "flow", Value: try, Was: name}); err != nil {
				return err
			}
		}
		taken, err := s.taken(r, try)
		if err != nil {
			return err
		}
		if taken && (what != "file" || n > 1) {
			continue
		}
		d := storage.FlowDraft{Flow: try}
		if old, err := s.Store.FlowDraft(ctx, try); err == nil {
			if old.Source != "" {
				continue
			}
			d.Rev = old.Rev
		} else if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if src, err := s.Store.FlowSource(ctx, try, 0); err == nil {
			d.Base = src.Version
		}
		_, stored, err := s.putDraft(ctx, v, drafted{FlowDraft: d}, text, what, 0)
		if err != nil {
			return err
		}
		if stored {
			http.Redirect(w, r, s.Prefix+"/surveys/"+try+"/edit?done=flow_begun", http.StatusSeeOther) //nolint:gosec // below the surveys, whatever the name
			return nil
		}
	}
	return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "bad_form_text"}
}

// taken reports whether a survey of this name is there.
func (s *site) taken(r *http.Request, name string) (bool, error) {
	_, err := s.Store.FlowSource(r.Context(), name, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return true, err
}

func (s *site) duplicateFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	name := d.Flow + "_copy"
	if len(name) > 44 {
		name = "copy"
	}
	text, err := draft.Apply(d.Source, draft.Op{Do: draft.Set, Path: "flow", Value: name, Was: d.Flow})
	if err != nil {
		return err
	}
	return s.begin(w, r, v, name, text, "duplicate")
}

func (s *site) setFlowState(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	flow, state := r.PathValue("flow"), r.PostForm.Get("state")
	if state != storage.FlowPaused && state != storage.FlowRetired {
		state = ""
	}
	if err := s.Store.PutFlowState(r.Context(), storage.FlowState{Flow: flow, State: state, Person: v.Name, At: s.Clock()}); err != nil {
		return err
	}
	done := cmp.Or(state, "asked")
	a := s.audit(v, "flow."+done, flow)
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+flow+"?done=flow_"+done, http.StatusSeeOther) //nolint:gosec // below the surveys, whatever the name
	return nil
}

// exportFlow is the file of a survey: as YAML, as JSON, or as a page to print.
func (s *site) exportFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	source := d.Source
	if r.URL.Query().Get("of") == "live" && d.Live > 0 {
		source = d.live
	}
	name, kind, body := d.Flow+".yaml", "application/yaml; charset=utf-8", []byte(source)
	switch r.URL.Query().Get("as") {
	case "print":
		return s.printFlow(w, r, v, source)
	case "json":
		name, kind = d.Flow+".json", "application/json"
		if body, err = yaml.YAMLToJSON(body); err != nil {
			return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "flow_unreadable", Err: err}
		}
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+url.PathEscape(name)+`"`)
	_, _ = w.Write(body)
	return nil
}

// printed is a survey as it is printed: what is asked, how it is answered, when.
type printView struct{ Questions []printRow }

type printRow struct {
	Ask, When string
	Options   []string
}

func (s *site) printFlow(w http.ResponseWriter, r *http.Request, v Viewer, source string) error {
	words := s.words(r, v)
	f, err := flowfile.Parse([]byte(source))
	if err != nil {
		return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "flow_unreadable", Err: err}
	}
	langs := append([]string{words.lang}, f.Languages...)
	var p printView
	boxes := map[string]string{}
	for _, b := range flowmap.Draw(f, "").Boxes {
		boxes[b.Key] = b.Condition
	}
	for _, q := range f.Questions {
		row := printRow{Ask: q.Ask.In(langs...), When: boxes[q.Key]}
		for _, o := range q.Scale.Options {
			row.Options = append(row.Options, strings.TrimSpace(fmt.Sprint(o.Value)+" "+o.Label.In(langs...)))
		}
		for _, o := range q.Choices {
			row.Options = append(row.Options, o.Label.In(langs...))
		}
		p.Questions = append(p.Questions, row)
	}
	return s.show(w, r, v, http.StatusOK, "flow_print.html", frame{
		Title: f.Title.In(langs...), Here: "/surveys", Back: &link{"/surveys/" + f.ID, f.ID},
	}, p)
}
