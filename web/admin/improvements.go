package admin

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// improvementRoutes are the pages of what was changed because of what customers said.
var improvementRoutes = []route{
	{pattern: "GET /improvements/new", deed: access.Improve, page: in(improvementPages.newImprovement)},
	{pattern: "POST /improvements/new", deed: access.Improve, page: in(improvementPages.saveImprovement)},
	{pattern: "GET /improvements/{improvement}", deed: access.SeeReports, page: in(improvementPages.improvement)},
	{pattern: "GET /improvements/{improvement}/table.csv", deed: access.SeeReports, page: in(improvementPages.improvementCSV)},
	{pattern: "POST /improvements/{improvement}/remove", deed: access.Improve, page: in(improvementPages.removeImprovement)},
}

// mostImprovement is how many characters a field of an improvement takes.
const mostImprovement = 300

// newImprovementPage asks for a change, or for a note about a day.
type newImprovementPage struct {
	form
	Note   bool
	NoSite bool // there is none at which the viewer may write one down
}

func (s improvementPages) improvementForm(r *http.Request, v Viewer, note bool) newImprovementPage {
	w := s.words(r, v)
	p := newImprovementPage{Note: note}
	at := field{Name: "site", Label: w.t("link_site"), Kind: "select"}
	if v.Can(access.Improve, access.EverySite) {
		at.Options = append(at.Options, option{"", w.t("all_sites")})
	}
	snap := s.Bot.Configuration().Now()
	for _, id := range snap.NamedSites() {
		if v.Can(access.Improve, id) {
			at.Options = append(at.Options, option{id, snap.Sites[id].Name})
		}
	}
	p.NoSite = len(at.Options) == 0
	if chosen := r.URL.Query().Get("site"); slices.ContainsFunc(at.Options, func(o option) bool { return o.Value == chosen }) {
		at.Value = chosen
	} else if !p.NoSite {
		at.Value = at.Options[0].Value
	}
	day := field{Name: "day", Label: w.t("improvement_day"), Kind: "date", Value: snap.NewestDay(s.Clock()).Format(time.DateOnly), Hint: w.t("improvement_day_hint")}
	if note {
		day.Hint = ""
		p.Fields = []field{day, at, {Name: "change", Label: w.t("note_text"), Hint: w.t("note_text_hint"), Fill: "off"}}
		return p
	}
	p.Fields = []field{
		{Name: "reason", Label: w.t("improvement_reason"), Hint: w.t("improvement_reason_hint"), Fill: "off"},
		{Name: "of", Label: w.t("improvement_of"), Kind: "select", Options: s.namings(w), Value: "unsatisfied", Hint: w.t("improvement_of_hint")},
		{Name: "change", Label: w.t("improvement_change"), Hint: w.t("improvement_change_hint"), Fill: "off"},
		day, at,
		{Name: "owner", Label: w.t("improvement_owner"), Value: v.Name, Fill: "off"},
	}
	return p
}

func (s improvementPages) showNewImprovement(w http.ResponseWriter, r *http.Request, v Viewer, status int, p newImprovementPage) error {
	words := s.words(r, v)
	title := words.t("improvement_new")
	if p.Note {
		title = words.t("note_new")
	}
	return s.show(w, r, v, status, "improvement_new.html", frame{Title: title, Here: "/reports", Back: &link{"/reports/improvement", words.t("report_improvement")}}, p)
}

func (s improvementPages) newImprovement(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showNewImprovement(w, r, v, http.StatusOK, s.improvementForm(r, v, r.URL.Query().Get("note") != ""))
}

func (s improvementPages) saveImprovement(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	p := s.improvementForm(r, v, r.PostForm.Get("note") != "")
	if err := p.read(w, r); err != nil {
		return err
	}
	words := s.words(r, v)
	p.offered(words, "site")
	day, err := time.Parse(time.DateOnly, p.field("day").Value)
	if newest := s.Bot.Configuration().Now().NewestDay(s.Clock()); err != nil || day.Year() < 2000 || day.After(newest.AddDate(0, 0, 366)) {
		p.field("day").Fault = words.t("improvement_day_fault")
	}
	for _, name := range []string{"reason", "change", "owner"} {
		at := p.field(name)
		if at == nil {
			continue
		}
		at.Value = strings.TrimSpace(at.Value)
		if at.Value == "" && name != "owner" || len([]rune(at.Value)) > mostImprovement || strings.ContainsFunc(at.Value, isControl) {
			at.Fault = words.t("improvement_text_fault", mostImprovement)
		}
	}
	i := storage.Improvement{
		ID: uuid.Must(uuid.NewV7()).String(), Site: p.field("site").Value, Day: p.field("day").Value, Made: s.Clock().UTC().Truncate(time.Microsecond),
		ImprovementTerms: storage.ImprovementTerms{Note: p.Note, Change: p.field("change").Value, By: cmp.Or(v.SignIn, v.Staff)},
	}
	if !p.Note {
		p.offered(words, "of")
		i.Reason, i.Owner = p.field("reason").Value, p.field("owner").Value
		if key := strings.Split(p.field("of").Value, "/"); len(key) == 3 {
			i.Of = storage.Naming{Flow: key[0], Question: key[1], Choice: key[2]}
		}
	}
	if len(p.Faults()) > 0 {
		return s.showNewImprovement(w, r, v, http.StatusUnprocessableEntity, p)
	}
	a := s.audit(v, "improvement.make", i.ID)
	a.After = strings.TrimSpace(i.Day + " " + i.Site)
	if err := s.Store.PutImprovement(r.Context(), i, a); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/improvements/"+i.ID+"?done=improvement", http.StatusSeeOther)
	return nil
}

// improvementAsked is the one that the address names, if the viewer may see figures of its site.
func (s improvementPages) improvementAsked(r *http.Request, v Viewer) (storage.Improvement, error) {
	i, err := s.Store.Improvement(r.Context(), r.PathValue("improvement"))
	if errors.Is(err, storage.ErrNotFound) || err == nil && (!i.Gone.IsZero() || !s.mayReadOf(v, i.Site)) {
		return i, &page.Error{Code: page.NotFound, Title: "no_improvement", Text: "no_improvement_text"}
	}
	return i, err
}

// improvementPage is one change, with what came of it.
type improvementPage struct {
	ID       string
	Note     bool
	Lede     string
	Notice   string // nothing has clearly changed, and all its days have passed
	Facts    []fact
	Sections []reportSection
	Foot     []string
	Mine     bool // the viewer may take it back, and tell those who said why
	Told     *toldView
}

func (s improvementPages) improvement(w http.ResponseWriter, r *http.Request, v Viewer) error {
	i, err := s.improvementAsked(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p, err := s.improvementView(r.Context(), words, v, i)
	if err != nil {
		return err
	}
	return s.show(w, r, v, http.StatusOK, "improvement.html", frame{
		Title: i.Change, Here: "/reports", Back: &link{"/reports/improvement", words.t("report_improvement")},
	}, p)
}

func (s improvementPages) improvementView(ctx context.Context, w *words, v Viewer, i storage.Improvement) (p improvementPage, err error) {
	p = improvementPage{ID: i.ID, Note: i.Note, Mine: v.Can(access.Improve, i.Site)}
	put := func(key, value string) {
		if value != "" {
			p.Facts = append(p.Facts, fact{w.t(key), value})
		}
	}
	put("improvement_day", i.Day)
	put("fact_site", s.improvementPlace(w, i.Site))
	put("improvement_by", i.By)
	if i.Note {
		p.Lede = w.t("note_lede")
		return p, nil
	}
	put("improvement_reason", i.Reason)
	put("improvement_of", s.namingText(w, i.Of))
	put("improvement_owner", i.Owner)
	if p.Told, err = s.told(ctx, w, &i); err != nil {
		return p, err
	}
	among, err := s.visibleImprovements(ctx, v)
	if err != nil {
		return p, err
	}
	counting := s.counting(v, i, among)
	m, err := counting.Read(ctx, s.Store)
	if errors.Is(err, figures.ErrTooMany) {
		p.Lede = w.t("improvement_many")
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Lede = w.effect(&m)
	if m.Beside {
		p.Lede = w.t("improvement_lede", p.Lede, w.t("improvement_beside", w.changed(m.Against)))
	}
	if m.Effect() == figures.Unchanged {
		p.Notice = w.t("improvement_unchanged", figures.ImprovementDays/7)
	}
	p.Sections = append(p.Sections, s.improvedRows(w, v, &i, &m))
	line, err := s.improvedLine(ctx, w, v, &i, &m)
	if err != nil {
		return p, err
	}
	p.Sections = append(p.Sections, line)
	for at := range p.Sections {
		p.Sections[at].CSV = "/improvements/" + i.ID + "/table.csv?chart=" + p.Sections[at].ID
	}
	p.Foot = []string{w.t("improvements_foot", figures.ImprovementDays/7), w.t("report_left_out")}
	return p, nil
}

// improvedFilter is of the days of a change, for links to the answers behind its figures.
func (s improvementPages) improvedFilter(v Viewer, i *storage.Improvement, m *figures.Improved) *reportFilter {
	f := &reportFilter{keep: map[string][]string{}, words: v.Can(access.SeeWords, i.Site)}
	f.From, f.To, f.Flow, f.Limit, f.Sites = m.From, m.To, i.Of.Flow, figures.Most, s.named(v, access.SeeReports)
	if i.Site != "" {
		f.keep.Set("site", i.Site)
		f.Sites = []string{i.Site}
	}
	if i.Of.Flow != "" {
		f.keep.Set("flow", i.Of.Flow)
	}
	return f
}

// improvedRows are before and after, at the site of the change and at those without it.
func (s improvementPages) improvedRows(w *words, v Viewer, i *storage.Improvement, m *figures.Improved) reportSection {
	c := reportSection{ID: "change", Title: w.t("before_and_after"), Open: true, columns: rateColumns, Notes: []string{w.t("change_note")}}
	c.Head = [4]string{w.t("when"), w.t("answers_head"), w.t("interval"), s.namingText(w, i.Of)}
	f, name := s.improvedFilter(v, i, m), s.improvementPlace(w, i.Site)
	level := []string{"level", "1-3"}
	if !i.Of.Any() {
		level = nil
	}
	parts := []part{
		{key: "before", label: w.t("between_days", name, m.From, m.Last), url: f.behind(append([]string{"to", m.Last}, level...)...), rate: m.Before},
		{key: "after", label: w.t("between_days", name, m.First, m.To), url: f.behind(append([]string{"from", m.First}, level...)...), rate: m.After},
	}
	if m.OtherBefore.N+m.OtherAfter.N > 0 {
		others := w.t("sites_without_it")
		parts = append(
			parts,
			part{key: "others_before", label: w.t("between_days", others, m.From, m.Last), rate: m.OtherBefore},
			part{key: "others_after", label: w.t("between_days", others, m.First, m.To), rate: m.OtherAfter},
		)
	}
	c.Rows = w.besides(parts)
	return c
}

// improvedLine is the share over the days of a change, which stands on it with whatever else happened.
func (s improvementPages) improvedLine(ctx context.Context, w *words, v Viewer, i *storage.Improvement, m *figures.Improved) (c reportSection, err error) {
	f := s.improvedFilter(v, i, m)
	c = reportSection{ID: "trend", Title: w.t("over_time", s.namingText(w, i.Of)), columns: rateColumns, Head: [4]string{w.t("when"), w.t("answers_head"), "", s.namingText(w, i.Of)}}
	if c.Marks, err = s.happenedIn(ctx, w, f); err != nil {
		return c, err
	}
	list, more, err := s.Store.Judged(ctx, f.FigureFilter)
	if err != nil || more {
		return c, err
	}
	named := map[string]bool{}
	if !i.Of.Any() {
		ids, _, err := s.Store.Named(ctx, f.FigureFilter, i.Of)
		if err != nil {
			return c, err
		}
		for _, id := range ids {
			named[id] = true
		}
	}
	over, all := f.stretches(w)
	tallies := map[string]report.Tally{}
	for at := range list {
		j := &list[at]
		space := figures.SpaceOf(over, j.Day)
		if tallies[space] == nil {
			tallies[space] = report.Tally{}
		}
		tallies[space].Add(j.Customer, named[j.ID] || i.Of.Any() && j.Level <= 3)
	}
	parts := make([]part, len(all))
	for at, o := range all {
		days := []string{"from", o.First, "to", o.Last}
		if i.Of.Any() {
			days = append(days, "level", "1-3")
		}
		parts[at] = part{key: o.First, label: o.label, url: f.behind(days...), rate: tallies[o.First].Rate()}
	}
	c.Drawing, c.Rows = w.lineOf("trend", c.Title, parts, math.NaN(), f.placed(over, c.Marks)...)
	return c, nil
}

// improvementCSV is what one chart of it shows, as a table.
func (s improvementPages) improvementCSV(w http.ResponseWriter, r *http.Request, v Viewer) error {
	i, err := s.improvementAsked(r, v)
	if err != nil {
		return err
	}
	p, err := s.improvementView(r.Context(), s.words(r, v), v, i)
	if err != nil {
		return err
	}
	return sectionCSV(w, "improvement", p.Sections, r.URL.Query().Get("chart"), func() error { return s.nothingHere(w, r, v) })
}

// sectionCSV sends one of several charts as a table.
func sectionCSV(w http.ResponseWriter, name string, sections []reportSection, id string, none func() error) error {
	at := slices.IndexFunc(sections, func(c reportSection) bool { return c.ID == id })
	if at < 0 {
		return none()
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"-"+id+`.csv"`)
	out := csv.NewWriter(w)
	_ = out.Write(sections[at].columns)
	for _, row := range sections[at].Rows {
		_ = out.Write(inertAll(slices.Clone(row.raw)))
	}
	out.Flush()
	return nil
}

// removeImprovement takes one back: charts and lists show it no more.
func (s improvementPages) removeImprovement(w http.ResponseWriter, r *http.Request, v Viewer) error {
	i, err := s.improvementAsked(r, v)
	if err != nil {
		return err
	}
	if !v.Can(access.Improve, i.Site) {
		return notAllowed(nil)
	}
	a := s.audit(v, "improvement.remove", i.ID)
	a.Before = strings.TrimSpace(i.Day + " " + i.Site)
	_, err = s.Store.ChangeImprovement(r.Context(), i.ID, a, func(i *storage.Improvement) error {
		i.Gone = s.Clock().UTC().Truncate(time.Microsecond)
		return nil
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/reports/improvement?done=improvement_remove", http.StatusSeeOther)
	return nil
}

// inertAll makes every cell of a row inert.
func inertAll(row []string) []string {
	for i := range row {
		row[i] = report.Inert(row[i])
	}
	return row
}
