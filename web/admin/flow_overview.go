package admin

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/flowmap"
)

// flowView is the overview of a survey.
type flowView struct {
	Flow     string
	Live     int
	Draft    string // who changed it when, "" = nothing is being changed
	State    string
	StateIs  string
	Asked    []string // the questions, as a list
	Map      template.HTML
	Versions []versionView
	GivenUp  bool // there was a draft, and nothing else
	May      bool
	Hang     bool // a link to it may be made
}

type versionView struct {
	Version  int
	At       string
	Who      string
	Note     string
	Live     bool
	Previous int
}

func (s surveyPages) flowPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
	ctx, words := r.Context(), s.words(r, v)
	flow := r.PathValue("flow")
	d, err := s.draftOf(ctx, flow)
	if err != nil && d.Rev > 0 && page.AsError(err).Code == page.NotFound {
		return s.show(w, r, v, http.StatusOK, "flow.html", frame{
			Title: flow, Meta: words.t("flow_never"), Here: "/surveys", Back: &link{"/surveys", words.t("surveys")},
		}, flowView{Flow: flow, GivenUp: true, May: v.Anywhere(access.EditFlows)})
	}
	if err != nil {
		return err
	}
	zone := s.houseZone()
	p := flowView{Flow: flow, Live: d.Live, May: v.Anywhere(access.EditFlows), Hang: d.Live > 0 && v.Anywhere(access.MakeLinks)}
	if d.draft {
		p.Draft = words.t("flow_draft_by", cmp.Or(d.Person, words.t("flow_somebody")), words.moment(s.Clock(), d.At, zone))
	}
	states, err := s.Store.FlowStates(ctx)
	if err != nil {
		return err
	}
	for _, st := range states {
		if st.Flow == flow {
			p.State, p.StateIs = st.State, words.t("flow_"+st.State+"_by", st.Person, words.moment(s.Clock(), st.At, zone))
		}
	}
	source := cmp.Or(d.live, d.Source)
	title := cmp.Or(mustShow(source, "title/@"+words.lang), mustShow(source, "title"), flow)
	if f, err := flowfile.Parse([]byte(source)); err == nil {
		title = f.Title.In(append([]string{words.lang}, f.Languages...)...)
		for _, q := range f.Questions {
			p.Asked = append(p.Asked, q.Ask.In(append([]string{words.lang}, f.Languages...)...))
		}
		p.Map = template.HTML(flowmap.Draw(f, "").SVG(false)) //nolint:gosec // our own drawing, which escapes words
	}
	versions, err := s.Store.FlowVersions(ctx, flow)
	if err != nil {
		return err
	}
	notes, err := s.Store.FlowNotes(ctx, flow)
	if err != nil {
		return err
	}
	for i, x := range versions {
		row := versionView{Version: x.Version, At: words.moment(s.Clock(), x.Published, zone), Live: i == 0}
		if i+1 < len(versions) {
			row.Previous = versions[i+1].Version
		}
		if k := slices.IndexFunc(notes, func(n storage.FlowNote) bool { return n.Version == x.Version }); k >= 0 {
			row.Who, row.Note = notes[k].Person, notes[k].Note
		}
		p.Versions = append(p.Versions, row)
	}
	meta := words.t("flow_never")
	if d.Live > 0 {
		meta = words.t("flow_live", d.Live)
	}
	return s.show(w, r, v, http.StatusOK, "flow.html", frame{
		Title: title, Meta: meta, Here: "/surveys", Back: &link{"/surveys", words.t("surveys")},
	}, p)
}
