package admin

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// flowRoutes are the pages on which surveys are built.
var flowRoutes = []route{
	{pattern: "GET /surveys", deed: access.SeeFlows, page: in(surveyPages.flows)},
	{pattern: "GET /surveys/new", deed: access.EditFlows, page: in(surveyPages.newFlow)},
	{pattern: "POST /surveys/new", deed: access.EditFlows, page: in(surveyPages.makeFlow)},
	{pattern: "POST /surveys/new/file", deed: access.EditFlows, page: in(surveyPages.surveyFile)},
	{pattern: "GET /surveys/{flow}", deed: access.SeeFlows, page: in(surveyPages.flowPage)},
	{pattern: "POST /surveys/{flow}/state", deed: access.EditFlows, page: in(surveyPages.setFlowState)},
	{pattern: "POST /surveys/{flow}/duplicate", deed: access.EditFlows, page: in(surveyPages.duplicateFlow)},
	{pattern: "GET /surveys/{flow}/file", deed: access.SeeFlows, page: in(surveyPages.exportFlow)},
	{pattern: "GET /surveys/{flow}/edit", deed: access.EditFlows, page: in(draftPages.editFlow)},
	{pattern: "POST /surveys/{flow}/edit", deed: access.EditFlows, page: in(draftPages.saveFlow)},
	{pattern: "POST /surveys/{flow}/undo", deed: access.EditFlows, page: in(draftPages.undoFlow)},
	{pattern: "POST /surveys/{flow}/redo", deed: access.EditFlows, page: in(draftPages.redoFlow)},
	{pattern: "POST /surveys/{flow}/discard", deed: access.EditFlows, page: in(draftPages.discard)},
	{pattern: "GET /surveys/{flow}/edit/file", deed: access.EditFlows, page: in(draftPages.flowFile)},
	{pattern: "POST /surveys/{flow}/edit/file", deed: access.EditFlows, page: in(draftPages.saveFlowFile)},
	{pattern: "GET /surveys/{flow}/edit/words", deed: access.EditFlows, page: in(draftPages.flowWords)},
	{pattern: "POST /surveys/{flow}/edit/words", deed: access.EditFlows, page: in(draftPages.saveFlowWords)},
	{pattern: "GET /surveys/{flow}/edit/paths", deed: access.EditFlows, page: in(surveyPages.flowPaths)},
	{pattern: "GET /surveys/{flow}/edit/words.csv", deed: access.EditFlows, page: in(draftPages.flowWordsCSV)},
	{pattern: "GET /surveys/{flow}/publish", deed: access.EditFlows, page: in(draftPages.publishPage)},
	{pattern: "POST /surveys/{flow}/publish", deed: access.EditFlows, page: in(draftPages.publishFlow)},
	{pattern: "GET /surveys/{flow}/compare", deed: access.SeeFlows, page: in(draftPages.compareFlow)},
	{pattern: "POST /surveys/{flow}/back", deed: access.EditFlows, page: in(draftPages.flowBack)},
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

func (s surveyPages) flows(w http.ResponseWriter, r *http.Request, v Viewer) error {
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
	zone := s.houseZone()
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
	f := frame{Title: words.t("surveys"), Here: "/surveys"}
	if p.May {
		f.Do = &link{"/surveys/new", words.t("flow_new")}
	}
	return s.show(w, r, v, http.StatusOK, "flows.html", f, p)
}

// describe says what a flow file is about.
func (s surveyPages) describe(w *words, x *flowRow, source string, hangs int) {
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
	f, err := flowfile.Parse([]byte(source))
	if err == nil {
		asked, more := snapshot.NewFlow(f).Asked, 0
		for _, q := range f.Questions {
			if q.When != nil && q.Kind.Info().Way != survey.Shown {
				more++
			}
		}
		if x.About = w.t("flow_about", class, asked); more > 0 {
			x.About = w.t("flow_about_more", class, asked, more)
		}
	}
	if hangs > 0 {
		x.About += " · " + w.t("flow_hangs", hangs)
	}
	x.Languages = languageNames(languagesOf(doc))
	if err == nil {
		if n := missingTranslations(f); n > 0 {
			x.Missing = w.t("flow_missing", n)
		}
	}
}

// setFlowState pauses a survey, retires it, or has it asked again.
func (s surveyPages) setFlowState(w http.ResponseWriter, r *http.Request, v Viewer) error {
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
