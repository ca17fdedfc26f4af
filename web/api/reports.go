package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// reportRoutes are the figures that pages show.
var reportRoutes = []route{
	{http.MethodGet, "/reports/figures", access.ReadReports, (*api).figures},
	{http.MethodGet, "/reports", access.ReadReports, (*api).reportNames},
	{http.MethodGet, "/reports/{report}", access.ReadReports, (*api).report},
}

// figureView is a figure: what may not be shown of it is not there.
type figureView struct {
	Key       *string  `json:"key,omitempty"`
	Last      string   `json:"last,omitempty"`
	Shown     string   `json:"shown"`
	Few       bool     `json:"few,omitempty"`
	N         *int     `json:"n,omitempty"`
	K         *int     `json:"k,omitempty"`
	Customers *int     `json:"customers,omitempty"`
	Rate      *float64 `json:"rate,omitempty"`
	Low       *float64 `json:"low,omitempty"`
	High      *float64 `json:"high,omitempty"`
	Method    string   `json:"method,omitempty"`
}

func viewOfFigure(r report.Clustered) figureView {
	if r.Manner == report.Hidden {
		return figureView{Shown: "none"}
	}
	v := figureView{Shown: "counts", N: &r.N, K: &r.K}
	if !r.Summed { // of sums only the fewest are known
		v.Customers = &r.Customers
	}
	if r.Rated() {
		v.Shown, v.Few, v.Method = "rate", r.Manner == report.Few, "wilson"
		v.Rate, v.Low, v.High = &r.P, &r.Within.Low, &r.Within.High
	}
	return v
}

// figuresView is the answer.
type figuresView struct {
	Metric figures.Metric `json:"metric"`
	Unit   figures.Unit   `json:"unit"`
	By     figures.By     `json:"by,omitempty"`
	From   string         `json:"from"`
	To     string         `json:"to"`
	Total  figureView     `json:"total"`
	Items  []figureView   `json:"items"`
}

// figureQuery is what the address asks for.
type figureQuery struct {
	metric figures.Metric
	by     figures.By
	filter storage.FigureFilter
}

// filterMembers are what an address may say of the answers that figures are made of.
var filterMembers = []string{"from", "to", "site", "flow", "service", "staff", "language", "channel"}

// figures are those of an address, the same that the pages show of the same filters.
func (s *api) figures(q *request) (answer, error) {
	x, err := s.figureQuery(q)
	if err != nil {
		return answer{}, err
	}
	t, err := figures.Read(q.Context(), s.Store, x.filter, x.metric, x.by)
	if errors.Is(err, figures.ErrTooMany) {
		return answer{}, tooManyRows(&x.filter)
	}
	if err != nil {
		return answer{}, err
	}
	v := figuresView{Metric: x.metric, Unit: t.Unit, By: x.by, From: x.filter.From, To: x.filter.To, Total: viewOfFigure(t.Total), Items: []figureView{}}
	for _, p := range t.Parts {
		one := viewOfFigure(p.Clustered)
		one.Key, one.Last = &p.Key, p.Last
		v.Items = append(v.Items, one)
	}
	return answer{status: http.StatusOK, body: v}, nil
}

// tooManyRows says what to ask for instead: of what sums know, waiting helps as well. A survey is no help: of who was
// asked the others are read all the same.
func tooManyRows(f *storage.FigureFilter) *problem {
	if f.Service+f.Staff+f.Language+f.Channel != "" {
		return problemf(tooLarge, "More than %d lie in these days, and are not added up for that. Ask for fewer days or one site, or without service, staff, language and channel.", figures.Most)
	}
	return problemf(tooLarge, "More than %d lie in these days, and are not added up, or not yet. Ask again in some minutes, or for fewer days or one site.", figures.Most)
}

func (s *api) figureQuery(q *request) (x figureQuery, err error) {
	said, err := parameters(q, append([]string{"metric", "by"}, filterMembers...))
	if err != nil {
		return x, err
	}
	if x.metric, x.by, err = metricOf(said); err != nil {
		return x, err
	}
	if !s.trusted && x.by == figures.Staff {
		return x, noStaff()
	}
	x.filter, err = s.figureFilter(q, said)
	return x, err
}

// parameters are those of an address, of which there may be these and each once.
func parameters(q *request, members []string) (url.Values, error) {
	said, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return nil, problemf(invalid, "The address cannot be read after its ?: letters that mean something there are written as %%26 or %%3D.")
	}
	for name, values := range said {
		if !slices.Contains(members, name) {
			return nil, problemf(invalid, "There is no %q to ask by.%s", short(name), meant(name, members))
		}
		if len(values) > 1 {
			return nil, problemf(invalid, "%q stands twice in the address.", name)
		}
	}
	return said, nil
}

func noStaff() *problem {
	return problemf(forbidden, "Figures of single members of staff are not for other systems. Leads see them under Reports.")
}

// figureFilter says which answers an address asks for.
func (s *api) figureFilter(q *request, said url.Values) (f storage.FigureFilter, err error) {
	f.Exact = s.ExactFigures
	f.Flow, f.Service, f.Staff, f.Language, f.Channel = said.Get("flow"), said.Get("service"), said.Get("staff"), said.Get("language"), said.Get("channel")
	if !s.trusted && f.Staff != "" {
		return f, noStaff()
	}
	if f.Sites, err = s.figureSites(q, said); err != nil {
		return f, err
	}
	if err := s.knownFlow(q.Context(), f.Flow); err != nil {
		return f, err
	}
	if f.Channel != "" && !slices.Contains(channels, chat.Platform(f.Channel)) {
		return f, problemf(invalid, "There is no channel %q. There are %s.", short(f.Channel), wordsOf(channels))
	}
	f.From, f.To = figures.Usual(s.Bot.Configuration().Now().NewestDay(q.now))
	for _, day := range []struct {
		name string
		of   *string
	}{{"from", &f.From}, {"to", &f.To}} {
		v := said.Get(day.name)
		if v == "" {
			continue
		}
		if t, err := time.Parse(time.DateOnly, v); err != nil || t.Year() <= 2000 || t.Year() >= 3000 {
			return f, problemf(invalid, "%q is no day of these centuries. Write %s as 2026-03-05.", short(v), day.name)
		}
		*day.of = v
	}
	if f.From > f.To {
		return f, problemf(invalid, "The days end on %s, before they begin on %s.", f.To, f.From)
	}
	return f, nil
}

// channels are what answers come by.
var channels = []chat.Platform{chat.Telegram, chat.Slack, chat.Web}

// knownFlow refuses a name of no survey, published or shipped; "" is none.
func (s *api) knownFlow(ctx context.Context, id string) error {
	if _, _, shipped := flowfile.Template(id); shipped || id == "" {
		return nil
	}
	_, err := s.Store.FlowSource(ctx, id, 0)
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	var known []string
	for key := range s.Bot.Configuration().Now().Flows {
		known = append(known, key.ID)
	}
	return problemf(notFound, "There is no survey %q.%s", short(id), meant(id, known))
}

func metricOf(said url.Values) (m figures.Metric, by figures.By, err error) {
	m, by = figures.Metric(said.Get("metric")), figures.By(said.Get("by"))
	if m == "" {
		m = figures.Unsatisfied
	}
	if all := figures.Metrics(); !slices.Contains(all, m) {
		return m, by, problemf(invalid, "There is no metric %q. There are %s.", short(string(m)), wordsOf(all))
	}
	if all := m.Divisions(); by != figures.Whole && !slices.Contains(all, by) {
		return m, by, problemf(invalid, "%s is not divided by %q. It is by %s.", m, short(string(by)), wordsOf(all))
	}
	return m, by, nil
}

func wordsOf[T ~string](all []T) string {
	var list []string
	for _, x := range all {
		list = append(list, string(x))
	}
	return strings.Join(list, ", ")
}

// figureSites are the sites that are asked for, of those that the token may read of.
func (s *api) figureSites(q *request, said url.Values) ([]string, error) {
	sites := q.token.Sites
	if len(sites) == 0 {
		sites = s.Bot.Configuration().Now().EverySite()
	}
	at := said.Get("site")
	switch {
	case at == "":
		return sites, nil
	case !slices.Contains(sites, at):
		return nil, problemf(notFound, "There is no site %q that this token may read of.", short(at))
	}
	return []string{at}, nil
}
