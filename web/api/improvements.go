package api

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// improvementRoutes are about what was changed because of what customers said.
var improvementRoutes = []route{
	{http.MethodPut, "/improvements/{improvement}", access.WriteImprovements, (*api).putImprovement},
	{http.MethodGet, "/improvements", access.ReadReports, (*api).improvements},
	{http.MethodGet, "/improvements/{improvement}", access.ReadReports, (*api).improvement},
	{http.MethodDelete, "/improvements/{improvement}", access.WriteImprovements, (*api).deleteImprovement},
}

var improvementShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`) })

// mostImprovement is how long a text of an improvement is.
const mostImprovement = 300

// improvementView is one, as it is sent and answered.
type improvementView struct {
	ID      string          `json:"id"`
	Site    string          `json:"site,omitempty"`
	Day     string          `json:"day"`
	Note    bool            `json:"note,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Counted *storage.Naming `json:"counted,omitempty"`
	Change  string          `json:"change"`
	Owner   string          `json:"owner,omitempty"`
}

func viewOfImprovement(i *storage.Improvement) improvementView {
	v := improvementView{ID: i.ID, Site: i.Site, Day: i.Day, Note: i.Note, Reason: i.Reason, Change: i.Change, Owner: i.Owner}
	if !i.Of.Any() {
		v.Counted = &i.Of
	}
	return v
}

// improvedView is one with what came of it.
type improvedView struct {
	improvementView
	Effect      figures.Effect  `json:"effect,omitempty"`
	Before      *spaceView      `json:"before,omitempty"`
	After       *spaceView      `json:"after,omitempty"`
	OtherBefore *figureView     `json:"other_before,omitempty"`
	OtherAfter  *figureView     `json:"other_after,omitempty"`
	By          *differenceView `json:"by,omitempty"`
	LessOthers  *differenceView `json:"less_others,omitempty"`
}

type spaceView struct {
	From string `json:"from"`
	To   string `json:"to"`
	figureView
}

// differenceView is how two rates differ.
type differenceView struct {
	By    float64 `json:"by"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Clear bool    `json:"clear"`
}

func viewOfDifference(d report.Difference) *differenceView {
	return &differenceView{d.By, d.Within.Low, d.Within.High, d.Clear()}
}

// readsOf reports whether a token may read what is of a site; what is of every site whoever reads any may.
func readsOf(t storage.Token, site string) bool { return site == "" || t.At(site) }

func (s *api) standing(q *request) ([]storage.Improvement, error) {
	all, err := s.Store.ImprovementList(q.Context())
	return slices.DeleteFunc(all, func(i storage.Improvement) bool { return !readsOf(q.token, i.Site) }), err
}

func (s *api) improvements(q *request) (answer, error) {
	all, err := s.standing(q)
	if err != nil {
		return answer{}, err
	}
	views := make([]improvementView, len(all))
	for i := range all {
		views[i] = viewOfImprovement(&all[i])
	}
	return answer{status: http.StatusOK, body: map[string]any{"items": views, "next": nil}}, nil
}

// improvementAsked is the one of the address, if the token may read of its site.
func (s *api) improvementAsked(q *request) (storage.Improvement, error) {
	i, err := s.Store.Improvement(q.Context(), q.PathValue("improvement"))
	if errors.Is(err, storage.ErrNotFound) || err == nil && (!i.Gone.IsZero() || !readsOf(q.token, i.Site)) {
		return i, problemf(notFound, "There is no such change that this token may read of.")
	}
	return i, err
}

// improvement is one with its figures, the same that its page shows to whoever sees the same sites.
func (s *api) improvement(q *request) (answer, error) {
	i, err := s.improvementAsked(q)
	if err != nil {
		return answer{}, err
	}
	v := improvedView{improvementView: viewOfImprovement(&i)}
	if i.Note {
		return answer{status: http.StatusOK, body: v}, nil
	}
	among, err := s.standing(q)
	if err != nil {
		return answer{}, err
	}
	sites, snap := q.token.Sites, s.Bot.Configuration().Now()
	if len(sites) == 0 {
		sites = snap.EverySite()
	}
	counting := figures.Improvement{Improvement: i, Among: among, Sites: sites, Today: snap.NewestDay(q.now)}
	m, err := counting.Read(q.Context(), s.Store)
	if errors.Is(err, figures.ErrTooMany) {
		return answer{}, problemf(tooLarge, "More than %d answers lie in its days, and no figure is made of so many.", figures.Most)
	}
	if err != nil {
		return answer{}, err
	}
	v.Effect = m.Effect()
	v.Before, v.After = &spaceView{m.From, m.Last, viewOfFigure(m.Before)}, &spaceView{m.First, m.To, viewOfFigure(m.After)}
	if m.OtherBefore.N+m.OtherAfter.N > 0 {
		before, after := viewOfFigure(m.OtherBefore), viewOfFigure(m.OtherAfter)
		v.OtherBefore, v.OtherAfter = &before, &after
	}
	if m.Compared {
		v.By = viewOfDifference(m.By)
	}
	if m.Beside {
		v.LessOthers = viewOfDifference(m.Against)
	}
	return answer{status: http.StatusOK, body: v}, nil
}

// putImprovement writes one down. Sent again it changes nothing, and it is never rewritten: what was
// measured stays what it was.
func (s *api) putImprovement(q *request) (answer, error) {
	r, err := s.reader(q)
	if err != nil {
		return answer{}, err
	}
	i := r.improvement(q.body)
	if i.ID = q.PathValue("improvement"); !improvementShape().MatchString(i.ID) {
		return answer{}, problemf(invalid, "%q is no name of a change: at most 40 of a–z, 0–9 and -.", short(i.ID))
	}
	if len(r.faults) > 0 {
		return answer{}, mistakes(r.faults...)
	}
	if i.Site == "" && len(q.token.Sites) > 0 {
		return answer{}, problemf(forbidden, "This token is for some sites, and no site is named.")
	}
	i.Made, i.By = q.now, q.token.Name
	err = s.Store.PutImprovement(q.Context(), i, s.auditOf(q, "improvement.make", i.ID, "", strings.TrimSpace(i.Day+" "+i.Site)))
	if err != nil {
		return answer{}, err
	}
	stored, err := s.Store.Improvement(q.Context(), i.ID)
	if err != nil {
		return answer{}, err
	}
	if was, is := viewOfImprovement(&stored), viewOfImprovement(&i); !sameImprovement(was, is) || !stored.Gone.IsZero() {
		return answer{}, problemf(conflict, "Another change, or one that was taken back, has this name. What is written down is never rewritten: take another name.")
	}
	return answer{status: http.StatusOK, body: viewOfImprovement(&stored)}, nil
}

func sameImprovement(a, b improvementView) bool {
	of := func(v *storage.Naming) storage.Naming {
		if v == nil {
			return storage.Naming{}
		}
		return *v
	}
	same := of(a.Counted) == of(b.Counted)
	a.Counted, b.Counted = nil, nil
	return same && a == b
}

func (s *api) deleteImprovement(q *request) (answer, error) {
	i, err := s.improvementAsked(q)
	if err != nil {
		return answer{}, err
	}
	if i.Site == "" && len(q.token.Sites) > 0 {
		return answer{}, problemf(forbidden, "This token is for some sites, and the change is of every site.")
	}
	_, err = s.Store.ChangeImprovement(q.Context(), i.ID, s.auditOf(q, "improvement.remove", i.ID, strings.TrimSpace(i.Day+" "+i.Site), ""), func(i *storage.Improvement) error {
		i.Gone = q.now
		return nil
	})
	return answer{status: http.StatusNoContent}, err
}

// auditOf is an entry of the list of changes, by whoever has the token.
func (s *api) auditOf(q *request, what, subject, before, after string) storage.Audit {
	from := "api"
	if s.trusted {
		from = "cli"
	}
	return storage.Audit{ID: uuid.Must(uuid.NewV7()).String(), At: q.now, Who: q.token.Name, From: from, What: what, Subject: subject, Before: before, After: after}
}

// improvement reads one.
func (r *reader) improvement(v value) (i storage.Improvement) {
	if !r.object(v, "site", "day", "note", "reason", "counted", "change", "owner") {
		return i
	}
	i.Site, i.Day = r.words(v, "site", maxID), r.words(v, "day", maxID)
	i.Reason, i.Change, i.Owner = r.words(v, "reason", mostImprovement), r.words(v, "change", mostImprovement), r.words(v, "owner", mostImprovement)
	if _, ok := r.sites[i.Site]; i.Site != "" && !ok {
		r.fault(below(v.at, "site"), "unknown_site", "There is no site %q that this token may tell of.", short(i.Site))
	}
	if t, err := time.Parse(time.DateOnly, i.Day); err != nil || t.Year() < 2000 || t.After(r.now.AddDate(1, 0, 1)) {
		r.fault(below(v.at, "day"), "no_day", "%q is no day up to a year ahead. Write it as 2026-03-05.", short(i.Day))
	}
	if m, ok := v.members["note"]; ok {
		if i.Note = m.truth; m.kind != boolean {
			r.fault(m.at, "type", "This is %s; true or false is meant.", m.kind)
		}
	}
	if strings.TrimSpace(i.Change) == "" {
		r.fault(below(v.at, "change"), "missing", "Say what was changed.")
	}
	counted, ok := v.members["counted"]
	if i.Note && (ok || i.Reason != "") {
		r.fault(v.at, "note", "A note has no reason, and nothing is counted.")
	}
	if !i.Note && strings.TrimSpace(i.Reason) == "" {
		r.fault(below(v.at, "reason"), "missing", "Say why: what customers said.")
	}
	if ok && r.object(counted, "flow", "question", "choice") {
		i.Of = storage.Naming{Flow: r.words(counted, "flow", maxID), Question: r.words(counted, "question", maxID), Choice: r.words(counted, "choice", maxID)}
		if i.Of.Flow == "" || i.Of.Question == "" || i.Of.Choice == "" {
			r.fault(counted.at, "missing", "Name a survey, a question of it and the choice that is counted.")
		}
	}
	return i
}
