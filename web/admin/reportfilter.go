package admin

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// reportFilter is what a report is about, as its address says.
type reportFilter struct {
	storage.FigureFilter
	keep    url.Values           // what links take along
	earlier storage.FigureFilter // what it is compared with
	compare string               // "previous", "year", "none"
	period  string
	words   bool // the reader may read the answers behind the figures

	just   bool                // just the days are counted, one by one: see made
	strict bool                // what there is not is refused, in the place of what is usual
	waits  figures.ReportState // why a report that is made in the background says nothing; "" = it does
	made   time.Time           // when one that does was made
}

// reportFilter reads the filters of the address.
func (s *site) reportFilter(r *http.Request, v Viewer) (f reportFilter, err error) {
	q := r.URL.Query()
	f.keep = url.Values{}
	get := func(name string) string {
		value := strings.TrimSpace(q.Get(name))
		if value != "" {
			f.keep.Set(name, value)
		}
		return value
	}
	f.Limit = figures.Most
	f.Flow, f.Service, f.Staff, f.Language, f.Channel = get("flow"), get("service"), get("staff"), get("language"), get("channel")
	f.Sites = s.named(v, access.SeeReports)
	if at := get("site"); at != "" {
		if !v.Can(access.SeeReports, at) {
			return f, notAllowed(nil)
		}
		f.Sites = []string{at}
	}
	if f.Staff != "" && slices.ContainsFunc(f.Sites, func(id string) bool { return !v.Can(access.CompareStaff, id) }) {
		return f, notAllowed(nil) // figures of one person are for who may compare staff
	}
	f.words = !slices.ContainsFunc(f.Sites, func(id string) bool { return !v.Can(access.SeeWords, id) })
	today := s.Bot.Configuration().Now().NewestDay(s.Clock())
	usual, _ := figures.Usual(today)
	f.period = get("period")
	to := today
	var from time.Time
	switch f.period {
	case "7", "30", "90", "365":
		n, _ := strconv.Atoi(f.period)
		from = to.AddDate(0, 0, 1-n)
	default:
		f.period = ""
		f.keep.Del("period")
		from, _ = time.Parse(time.DateOnly, usual)
	}
	day := func(name string, usual time.Time) time.Time {
		if value := get(name); value != "" {
			if t, err := time.Parse(time.DateOnly, value); err == nil && t.Year() > 2000 && t.Year() < 3000 {
				return t
			}
			f.keep.Del(name)
		}
		return usual
	}
	from, to = day("from", from), day("to", to)
	if from.After(to) {
		from, to = to, from
	}
	if f.keep.Has("from") || f.keep.Has("to") {
		f.period = "own"
	}
	f.From, f.To = from.Format(time.DateOnly), to.Format(time.DateOnly)
	f.earlier = f.FigureFilter
	switch f.compare = get("compare"); f.compare {
	case "year":
		f.earlier.From, f.earlier.To = from.AddDate(-1, 0, 0).Format(time.DateOnly), to.AddDate(-1, 0, 0).Format(time.DateOnly)
	case "none":
	default:
		f.compare = "previous"
		f.keep.Del("compare")
		days := int(to.Sub(from)/(24*time.Hour)) + 1
		f.earlier.From, f.earlier.To = from.AddDate(0, 0, -days).Format(time.DateOnly), from.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return f, nil
}

// with is an address of a report with the filters, and these besides; an empty value takes one away.
func (f *reportFilter) with(at string, pairs ...string) string {
	q := url.Values{}
	for k, values := range f.keep {
		q[k] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return at
	}
	return at + "?" + q.Encode()
}

// behind is the list of the answers behind a figure, "" where the reader may not read them.
func (f *reportFilter) behind(pairs ...string) string {
	if !f.words {
		return ""
	}
	q := url.Values{"from": {f.From}, "to": {f.To}, "judged": {"1"}}
	for _, name := range []string{"site", "flow", "service", "staff", "language", "channel"} {
		if value := f.keep.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/answers?" + q.Encode()
}

// stretch is one of the spaces of time that a line is made of.
type stretch struct {
	figures.Space
	label string
}

// stretches divide the filter's days, as fine as a line of so many days is drawn.
func (f *reportFilter) stretches(w *words) (over []figures.Space, all []stretch) {
	fine := figures.Fine(f.From, f.To)
	over = figures.Spaces(f.From, f.To, fine)
	for _, space := range over {
		all = append(all, stretch{space, w.spaceLabel(space, fine)})
	}
	return over, all
}

// spaceLabel is what stands below a space of time.
func (w *words) spaceLabel(space figures.Space, fine figures.By) string {
	t, _ := time.Parse(time.DateOnly, space.First)
	switch fine {
	case figures.Day:
		return t.Format("01-02")
	case figures.Week:
		_, week := t.ISOWeek()
		return w.t("week_n", week)
	}
	return t.Format("2006-01")
}

// reportForm is the line of filters.
type reportForm struct {
	At                          string
	Periods, Sites, Comparisons []choice
	Flows                       flowMenu
	From, To                    string
	Kept                        []keptFilter
	Found                       bool
}

// keptFilter is a filter without a menu, which can be taken away.
type keptFilter struct{ Name, Value, Text string }

// form fills in the filters.
func (s reportPages) reportForm(w *words, v Viewer, f *reportFilter, at string) reportForm {
	form := reportForm{At: at, From: f.keep.Get("from"), To: f.keep.Get("to"), Found: len(f.keep) > 0}
	for _, p := range []string{"", "7", "30", "90", "365"} {
		form.Periods = append(form.Periods, choice{p, w.t("period_" + cmp.Or(p, "weeks")), p == f.period})
	}
	for _, c := range []string{"previous", "year", "none"} {
		form.Comparisons = append(form.Comparisons, choice{c, w.t("compare_" + c), c == f.compare})
	}
	form.Sites = s.siteChoices(w, v, access.SeeReports, f.keep.Get("site"))
	form.Flows = w.flowMenu(s.customerFlows(w), f.Flow)
	for _, name := range []string{"service", "staff", "language", "channel"} {
		if value := f.keep.Get(name); value != "" {
			form.Kept = append(form.Kept, keptFilter{name, value, s.partName(w, name, value)})
		}
	}
	return form
}

// customerFlows are the surveys that figures of customers are made of, by id.
func (s *site) customerFlows(w *words) map[string]string {
	classes := make([]survey.Class, len(storage.CustomerClasses))
	for i, c := range storage.CustomerClasses {
		classes[i] = survey.Class(c)
	}
	return s.flowsOf(w, classes...)
}

// flowsOf are the titles of the surveys of classes, by id.
func (s *site) flowsOf(w *words, classes ...survey.Class) map[string]string {
	titles := map[string]string{}
	for key, flow := range s.Bot.Configuration().Now().Flows {
		if slices.Contains(classes, flow.Class) {
			titles[key.ID] = flow.Title.In(w.lang, voice.Languages[0])
		}
	}
	return titles
}

// customerFlow is the newest version of each survey that figures of customers are made of, by id.
func (s *site) customerFlow() map[string]*survey.Flow {
	flows := map[string]*survey.Flow{}
	for key, f := range s.Bot.Configuration().Now().Flows {
		if known := flows[key.ID]; slices.Contains(storage.CustomerClasses, string(f.Class)) && (known == nil || known.Version < key.Version) {
			flows[key.ID] = &f.Flow
		}
	}
	return flows
}
