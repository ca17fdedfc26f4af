package admin

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/flowmap"
)

// changeView is one thing that differs between two versions.
type changeView struct {
	Fatal    bool
	Text     string
	Was, Now string // where words or lines changed
	At       string // query that leads to its card
}

// compareView is what differs between two versions.
type compareView struct {
	Changes []changeView
	Lines   []diffLine // of the files
}

// diffLine is a line of two files: "-" is gone, "+" is new, " " stays.
type diffLine struct{ Sign, Text string }

// compared says what differs between two flow files, in words and line by line.
func (w *words) compared(old, new string) compareView {
	var c compareView
	a, errA := flowfile.Parse([]byte(old))
	b, errB := flowfile.Parse([]byte(new))
	if errA == nil && errB == nil {
		for _, p := range survey.Diff(a, b) {
			text := p.Message
			if key := "diff_" + p.Code; w.lang != fallback && w.by[key] != "" {
				text = w.t(key, p.Question)
			}
			x := changeView{Fatal: p.Severity == survey.Fatal, Text: text, At: cardQuery(p.Question)}
			if p.Code == "words_changed" {
				x.Was, x.Now = askedIn(a, p.Question, b), askedIn(b, p.Question, a)
			}
			c.Changes = append(c.Changes, x)
		}
	}
	c.Lines = diffLines(strings.Split(strings.TrimSuffix(old, "\n"), "\n"), strings.Split(strings.TrimSuffix(new, "\n"), "\n"))
	return c
}

// askedIn are the words of a question in the first language in which they differ.
func askedIn(f survey.Flow, key string, other survey.Flow) string {
	find := func(f survey.Flow) survey.Text {
		for _, q := range f.Questions {
			if q.Key == key {
				return q.Ask
			}
		}
		return nil
	}
	own, theirs := find(f), find(other)
	for _, tag := range f.Languages {
		if own[tag] != theirs[tag] {
			return own[tag]
		}
	}
	return own.In(f.Languages...)
}

// diffLines compares two files line by line: the longest common lines stay.
func diffLines(a, b []string) []diffLine {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	endA, endB := len(a), len(b)
	for endA > from && endB > from && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	if from == endA && from == endB {
		return nil
	}
	x, y := a[from:endA], b[from:endB]
	if len(x)*len(y) > 4_000_000 { // two files that have nothing to do with each other
		x, y = x[:min(len(x), 2000)], y[:min(len(y), 2000)]
	}
	long := make([][]int, len(x)+1)
	for i := range long {
		long[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var out []diffLine
	if from > 0 {
		out = append(out, diffLine{" ", a[from-1]})
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			out = append(out, diffLine{" ", x[i]})
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && long[i+1][j] >= long[i][j+1]:
			out = append(out, diffLine{"-", x[i]})
			i++
		default:
			out = append(out, diffLine{"+", y[j]})
			j++
		}
	}
	return out
}

// publishView is the page on which a draft becomes a version.
type publishView struct {
	compareView
	Flow     string
	Next     int
	Rev      int
	Findings []finding
	Does     []string
	Past     string // what it would have made of what was answered of late
	Fatal    int
	First    string
	New      bool // nothing is live yet
	Same     bool // nothing changed
	Note     string
	Fault    string
}

func (s *site) publishPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	return s.showPublish(w, r, v, http.StatusOK, d, "", "")
}

func (s *site) showPublish(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, note, fault string) error {
	words := s.words(r, v)
	look := words.look(d.Source)
	p := publishView{Flow: d.Flow, Next: d.Live + 1, Rev: d.Rev, Findings: look.Findings, Fatal: look.fatal(), New: d.Live == 0, Same: d.Source == d.live, Note: note, Fault: fault}
	if !p.New {
		p.compareView = words.compared(d.live, d.Source)
		for _, c := range p.Changes {
			if c.Fatal {
				p.Fatal++
				p.First = cmp.Or(p.First, c.At)
			}
		}
	}
	if len(look.Findings) > 0 && look.Findings[0].Fatal {
		p.First = look.Findings[0].At
	}
	if d.Live > 0 {
		p.Does = append(p.Does, words.t("flow_middle", d.Live))
	}
	p.Does = append(p.Does, words.t("flow_at_once", p.Next))
	links, err := s.Store.StandingLinkList(r.Context())
	if err != nil {
		return err
	}
	n := 0
	for _, l := range links {
		if l.Flow == d.Flow && l.Closed.IsZero() {
			n++
		}
	}
	if n > 0 {
		p.Does = append(p.Does, words.t("flow_hangs", n))
	}
	asking, err := s.asks().Policy(r.Context())
	if err != nil {
		return err
	}
	n = 0
	for _, t := range asking.Triggers {
		if t.Ask == d.Flow {
			n++
		}
	}
	if n > 0 {
		p.Does = append(p.Does, words.t("flow_triggered", n))
	}
	if live, err := flowfile.Parse([]byte(d.live)); err == nil && look.OK {
		if p.Past, err = s.pastSentence(r.Context(), words, d.Flow, look.Flow, live); err != nil {
			return err
		}
	}
	title := cmp.Or(mustShow(d.Source, "title/@"+words.lang), mustShow(d.Source, "title/@en"), d.Flow)
	return s.show(w, r, v, status, "flow_publish.html", frame{
		Title: words.t("flow_publish", title), Here: "/surveys", Back: &link{"/surveys/" + d.Flow + "/edit", words.t("flow_edit")},
	}, p)
}

func (s *site) publishFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	words := s.words(r, v)
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	note := strings.TrimSpace(r.PostForm.Get("note"))
	if rev, _ := strconv.Atoi(r.PostForm.Get("rev")); rev != d.Rev {
		return s.showPublish(w, r, v, http.StatusConflict, d, note, words.t("flow_changed_meanwhile"))
	}
	fatal := words.look(d.Source).fatal()
	if d.Live > 0 {
		for _, c := range words.compared(d.live, d.Source).Changes {
			if c.Fatal {
				fatal++
			}
		}
	}
	if fatal > 0 {
		return s.showPublish(w, r, v, http.StatusUnprocessableEntity, d, note, words.t("flow_errors", fatal))
	}
	if id := mustShow(d.Source, "flow"); id != d.Flow {
		return s.showPublish(w, r, v, http.StatusUnprocessableEntity, d, note, words.t("flow_renamed", id, d.Flow))
	}
	version, err := s.publishSource(r, v, d.Flow, d.Source, note)
	if err != nil {
		return err
	}
	for range tries { // the draft is over, unless somebody went on with it meanwhile
		now, err := s.draftOf(r.Context(), d.Flow)
		if err != nil || !now.draft || now.Rev != d.Rev {
			break
		}
		now.Base = version
		if _, stored, err := s.putDraft(r.Context(), v, now, "", "publish", 0); err != nil || stored {
			break
		}
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"?done=flow_published", http.StatusSeeOther)
	return nil
}

// publishSource makes a file the next version, and writes down who did and why.
func (s *site) publishSource(r *http.Request, v Viewer, flow, source, note string) (int, error) {
	version, _, err := s.Store.Publish(r.Context(), flow, source, s.Clock())
	if err != nil {
		return 0, fmt.Errorf("publish %s: %w", flow, err)
	}
	if err := s.Store.PutFlowNote(r.Context(), storage.FlowNote{Flow: flow, Version: version, Person: v.Name, Note: note}); err != nil {
		return 0, err
	}
	a := s.audit(v, "flow.publish", flow)
	a.After = strconv.Itoa(version)
	return version, s.Store.PutAudit(r.Context(), a)
}

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

func (s *site) flowPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
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
	zone := s.Bot.Configuration().Now().Site("").Zone
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
		Title: title, Meta: meta, Here: "/surveys", Back: &link{"/surveys", words.t("surveys")}, Styles: []string{"editor.css"},
	}, p)
}

// compareFlow shows what differs between two versions; 0 is the draft.
func (s *site) compareFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words, flow := s.words(r, v), r.PathValue("flow")
	d, err := s.draftOf(r.Context(), flow)
	if err != nil {
		return err
	}
	text := func(name string) (string, error) {
		n, _ := strconv.Atoi(r.URL.Query().Get(name))
		if n == 0 {
			return d.Source, nil
		}
		src, err := s.Store.FlowSource(r.Context(), flow, n)
		if errors.Is(err, storage.ErrNotFound) {
			return "", noFlow()
		}
		return src.Source, err
	}
	from, err := text("from")
	if err != nil {
		return err
	}
	to, err := text("to")
	if err != nil {
		return err
	}
	c := words.compared(from, to)
	return s.show(w, r, v, http.StatusOK, "flow_compare.html", frame{
		Title: words.t("flow_compare", cmp.Or(r.URL.Query().Get("from"), "?"), cmp.Or(strings.Trim(r.URL.Query().Get("to"), "0"), words.t("flow_the_draft"))),
		Here:  "/surveys", Back: &link{"/surveys/" + flow, flow},
	}, c)
}

// flowBack publishes an earlier version anew: versions only go forward.
func (s *site) flowBack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	flow := r.PathValue("flow")
	n, _ := strconv.Atoi(r.PostForm.Get("version"))
	if n < 1 {
		return noFlow()
	}
	src, err := s.Store.FlowSource(r.Context(), flow, n)
	if errors.Is(err, storage.ErrNotFound) {
		return noFlow()
	}
	if err != nil {
		return err
	}
	if _, err := s.publishSource(r, v, flow, src.Source, s.words(r, v).t("flow_back_note", n)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+flow+"?done=flow_published", http.StatusSeeOther)
	return nil
}
