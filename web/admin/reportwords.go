package admin

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/web/chart"
)

const (
	// mostSought is how many conversations one page looks through for what is searched.
	mostSought = 2000
	// seekBatch is how many of them are read at a time.
	seekBatch = 200
	// mostChoices is how many questions with choices are counted at most, those with the most answers.
	mostChoices = 6
)

// saidFilter is which words are wanted: a kind of what customers wanted said, else what they wrote in surveys
// and beside them.
type saidFilter struct {
	storage.SaidFilter
	search string // in the letters that are compared
	after  string // where the page goes on
	looks  []looked
}

// saidFilter reads the filters that only the page of words has, and takes what they leave of the sites.
func (s saidPages) saidFilter(r *http.Request, v Viewer, f *reportFilter) saidFilter {
	q := r.URL.Query()
	of := saidFilter{search: strings.ToLower(strings.TrimSpace(q.Get("q"))), after: q.Get("after")}
	of.FigureFilter = f.FigureFilter
	of.Sites = slices.DeleteFunc(slices.Clone(f.Sites), func(id string) bool { return !v.Can(access.SeeWords, id) })
	for _, name := range []string{"q", "kind", "level"} {
		if value := strings.TrimSpace(q.Get(name)); value != "" {
			f.keep.Set(name, value)
		}
	}
	if kind := storage.FeedbackKind(q.Get("kind")); slices.Contains(wanted, kind) {
		of.Kind = kind
	} else {
		f.keep.Del("kind")
	}
	of.Worst, of.Best = levelsOf(q.Get("level"))
	if of.Best == 0 {
		f.keep.Del("level")
	}
	return of
}

// levelsOf are the levels that an address names: "3", "1-3"; 0 and 0 = any.
func levelsOf(text string) (worst, best int) {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	worst, err1 := strconv.Atoi(from)
	best, err2 := strconv.Atoi(to)
	if err1 != nil || err2 != nil || worst < 1 || worst > best || best > 7 {
		return 0, 0
	}
	return worst, best
}

// saidRow is what somebody wrote.
type saidRow struct {
	answerRow
	said     []string // each by itself
	day      string
	kind     string
	question []string // of each, "" = beside the questions
	raw      []string // of the table, but for the words: site, flow, service, staff, level
	CaseURL  string   // of the case that these words opened or joined
	CaseName string
}

// saidIn returns words that fit, and where to go on; "" = these were the last. Where few fit it ends before it has
// looked through more conversations than a page may wait for.
func (s saidPages) saidIn(r *http.Request, w *words, f *saidFilter, most int) (rows []saidRow, next string, err error) {
	after, batch := f.after, seekBatch
	if f.search == "" {
		batch = min(most, seekBatch) // each is shown
	}
	if err := s.looksOf(r.Context(), f); err != nil {
		return nil, "", err
	}
	sought, left := 0, cmp.Or(s.MostLooked, mostLooked)
	for i, days := range f.looks {
		if f.Kind == "" && wasLooked(days, f.after) {
			continue
		}
		if left <= 0 {
			return rows, f.looks[i-1].first + ".", nil
		}
		for left -= days.n; ; {
			var some []saidRow
			var places []string
			if f.Kind == "" {
				some, places, err = s.writtenIn(r, w, f, days, after, batch)
			} else {
				some, places, err = s.wantedIn(r, w, f, after, batch)
			}
			if err != nil {
				return nil, "", err
			}
			for i := range some {
				after = places[i]
				if f.Kind != "" && (some[i].day < f.From || some[i].day > f.To) {
					continue
				}
				if f.search != "" && !strings.Contains(strings.ToLower(strings.Join(some[i].said, "\n")), f.search) {
					continue
				}
				if rows = append(rows, some[i]); len(rows) == most {
					return rows, after, nil
				}
			}
			if len(some) < batch {
				break
			}
			if sought += batch; sought >= mostSought {
				return rows, after, nil
			}
		}
	}
	return rows, "", nil
}

// wasLooked reports whether days were looked through before a place: "day.id" is that of a conversation among others of
// its day, "day." the end of a day.
func wasLooked(days looked, after string) bool {
	day, id, _ := strings.Cut(after, ".")
	return day != "" && (days.first > day || days.first == day && id == "")
}

// writtenIn is what customers wrote in surveys and beside them, a conversation a row.
func (s saidPages) writtenIn(r *http.Request, w *words, f *saidFilter, days looked, after string, batch int) (rows []saidRow, places []string, err error) {
	of := storage.AnsweredFilter{
		Sites: f.Sites, From: days.first, To: days.last, Flow: f.Flow, Service: f.Service, Staff: f.Staff, Language: f.Language, Channel: f.Channel,
		Worst: f.Worst, Best: f.Best, Words: true, NoGuests: true, Limit: batch,
	}
	if day, id, ok := strings.Cut(after, "."); ok {
		of.Before = storage.AnsweredPlace{Day: day, Session: id}
	}
	list, err := s.Store.Answered(r.Context(), of)
	for i := range list {
		a := &list[i]
		row := saidRow{answerRow: s.answerRow(w, a), day: a.Day, kind: "answer", raw: []string{a.Site, a.Flow, a.Service, a.Staff, strconv.Itoa(a.Level)}}
		for _, one := range a.Answers {
			if one.Kind == string(survey.TextQ) && one.Text != "" {
				row.said, row.question = append(row.said, one.Text), append(row.question, one.Question)
			}
		}
		for _, text := range a.Beside {
			row.said, row.question = append(row.said, text), append(row.question, "")
		}
		rows, places = append(rows, row), append(places, a.Day+"."+a.ID)
	}
	return rows, places, err
}

// wantedIn is what customers wanted said of a kind. The database knows days of UTC: it is asked for a day more at
// either end, and whoever reads the rows leaves out those of other days of their site.
func (s saidPages) wantedIn(r *http.Request, w *words, f *saidFilter, after string, batch int) (rows []saidRow, places []string, err error) {
	of := f.SaidFilter
	of.Limit, of.From, of.To = batch, dayBeside(f.From, -1), dayBeside(f.To, 1)
	if at, id, ok := strings.Cut(after, "."); ok {
		if micro, err := strconv.ParseInt(at, 10, 64); err == nil {
			of.Before = storage.Place{At: time.UnixMicro(micro).UTC(), ID: id}
		}
	}
	list, err := s.Store.Said(r.Context(), of)
	for i := range list {
		a := &list[i]
		day := a.At.In(s.zoneOf([]string{a.Site})).Format(time.DateOnly)
		row := saidRow{
			day: day, kind: string(a.Kind), said: []string{a.Text}, question: []string{""},
			raw: []string{a.Site, a.Flow, a.Service, a.Staff, strconv.Itoa(a.Level)},
		}
		row.Level, row.Words = a.Level, voice.Cut(a.Text, 400)
		row.About = voice.Join(" · ", a.Service, s.at(a.Site).Name, a.Staff, w.day(s.Clock(), a.At, s.zoneOf([]string{a.Site})))
		if a.Session != "" {
			row.URL = "/answers/" + strconv.Itoa(int(a.Bucket)) + "." + a.Session
		}
		if a.Case > 0 {
			row.CaseName = recovery.Case{Bucket: int(a.Bucket), Number: a.Case}.Name()
			row.CaseURL = "/cases/" + row.CaseName
		}
		rows, places = append(rows, row), append(places, strconv.FormatInt(a.At.UnixMicro(), 10)+"."+a.ID)
	}
	return rows, places, err
}

// dayBeside is the day that lies some days after another; what is no day is left as it is.
func dayBeside(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// reportWords is what customers wrote, for whoever may read words, and what they chose most often.
func (s saidPages) reportWords(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	of := s.saidFilter(r, v, f)
	if p.LeftOut = "left_out_words"; of.Kind != "" {
		p.Days = "days_said"
	}
	levels := []choice{{"", w.t("every_level"), of.Best == 0}, {"1-3", w.t("levels_low"), of.Worst == 1 && of.Best == 3}, {"4-7", w.t("levels_high"), of.Worst == 4 && of.Best == 7}}
	for n := 1; n <= 7; n++ {
		levels = append(levels, choice{strconv.Itoa(n), w.t("level_n", n), of.Worst == n && of.Best == n})
	}
	if at := f.keep.Get("level"); at != "" && !slices.ContainsFunc(levels, func(c choice) bool { return c.Chosen }) {
		levels = append(levels, choice{at, w.t("levels_between", of.Worst, of.Best), true})
	}
	p.Asking = []reportAsking{{Name: "level", Label: w.t("level"), Choices: levels}}
	if p.Lede = w.t("words_hidden"); len(of.Sites) > 0 {
		if err := s.saidPage(r, w, v, f, of, &p); err != nil {
			return p, err
		}
	}
	if len(of.Sites) == 0 || of.Kind == "" && of.search == "" && of.after == "" {
		chosen := of
		chosen.Sites = f.Sites // how often something was chosen is a figure
		sections, foot, err := s.choicesIn(r, w, chosen)
		if err != nil {
			return p, err
		}
		if p.Sections = sections; foot != "" {
			p.Foot = append(p.Foot, foot)
		}
	}
	return p, nil
}

// saidPage is what customers wrote, a page of it.
func (s saidPages) saidPage(r *http.Request, w *words, v Viewer, f *reportFilter, of saidFilter, p *reportPage) (err error) {
	kinds := []choice{{"", w.t("said_written"), of.Kind == ""}}
	for _, kind := range wanted {
		kinds = append(kinds, choice{string(kind), w.t("received_" + string(kind)), of.Kind == kind})
	}
	p.Asking = slices.Concat([]reportAsking{{Name: "kind", Label: w.t("said_kind"), Choices: kinds}}, p.Asking, []reportAsking{
		{Name: "q", Label: w.t("said_search"), Kind: "search", Value: f.keep.Get("q")},
	})
	if p.Said, p.More, err = s.saidIn(r, w, &of, pageRows); err != nil {
		return err
	}
	sought := ""
	if p.More != "" {
		day, _, _ := strings.Cut(p.More, ".")
		if micro, err := strconv.ParseInt(day, 10, 64); err == nil && of.Kind != "" {
			day = ""
			for _, id := range of.Sites { // where it is the latest: no site is looked through further back
				day = max(day, time.UnixMicro(micro).In(s.zoneOf([]string{id})).Format(time.DateOnly))
			}
		}
		if sought = day; len(p.Said) > 0 && len(p.Said) < pageRows {
			p.Foot = append(p.Foot, w.t("said_sought", day))
		}
		p.More = f.with("/reports/words", "after", p.More)
	}
	for i := range p.Said { // whoever may not see cases is led to none
		if at := p.Said[i].raw[0]; !v.Can(access.SeeCases, at) {
			p.Said[i].CaseURL, p.Said[i].Case = "", false
		}
	}
	if v.Anywhere(access.ExportData) {
		p.SaidCSV = f.with("/reports/words/words.csv")
	}
	p.SaidHead = w.t("said_head")
	p.Lede = w.saidFinding(len(p.Said), of.after == "", p.More == "", sought)
	p.Foot = append(p.Foot, w.t("said_foot"))
	return nil
}

// saidFinding is what a page of n words says on top: the first one, the last one, or one that has looked through what
// was said back to a day.
func (w *words) saidFinding(n int, first, last bool, sought string) string {
	switch {
	case n == 0 && !last && first:
		return w.t("said_none_yet", sought)
	case n == 0 && !last:
		return w.t("said_none_here", sought)
	case n == 0 && first:
		return w.t("said_none")
	case n == 0:
		return w.t("said_none_further")
	case last && first:
		return w.t("said_all", n)
	case last:
		return w.t("said_last", n)
	case !first:
		return w.t("said_here", n)
	case n < pageRows:
		return w.t("said_so_far", n)
	}
	return w.t("said_newest", n)
}

// choicesIn is how often each choice of a question was taken: a section a question, and what is to be said below.
func (s saidPages) choicesIn(r *http.Request, w *words, of saidFilter) (all []reportSection, foot string, err error) {
	filter := of.FigureFilter
	filter.Exact = cmp.Or(s.ExactFigures, filter.Exact)
	list, summed, err := figures.Choices(r.Context(), s.Store, filter, of.Worst, of.Best, s.customerFlow())
	switch {
	case errors.Is(err, figures.ErrTooMany):
		return nil, w.t("choices_too_many", figures.Most), nil
	case errors.Is(err, figures.ErrNotYet):
		return nil, w.t("choices_not_yet", figures.Most), nil
	case err != nil:
		return nil, "", err
	case summed && len(list) > 0:
		foot = w.t("choices_summed")
	}
	names := s.namer(w)
	for i, a := range list[:min(mostChoices, len(list))] {
		c := reportSection{ID: "choice-" + strconv.Itoa(i+1), Title: names.question(a.Flow, a.Question.Key, askedInRow), Open: true, Even: true, columns: rateColumns}
		c.Head = [4]string{w.t("choice_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
		c.Notes = []string{w.t("choice_asked_in", names.survey(a.Flow))}
		parts := make([]part, len(a.Taken))
		for n, rate := range a.Taken {
			choice := a.Question.Choices[n].Key
			parts[n] = part{key: choice, label: names.choice(a.Flow, a.Question.Key, choice), rate: rate}
		}
		slices.SortStableFunc(parts, func(x, y part) int { return cmp.Compare(y.rate.K, x.rate.K) })
		if top := parts[0]; top.rate.Rated() {
			c.Caption = w.t("choice_finding", top.label, w.rated(top.rate.Rate))
		}
		for _, p := range parts {
			row := w.rowOf(p)
			if p.rate.Rated() {
				row.Drawing = chart.Span{Mark: markOf(p.rate.Rate), P: p.rate.P, Low: p.rate.Low(), High: p.rate.High(), Mean: math.NaN(), Top: 1}.SVG()
			}
			c.Rows = append(c.Rows, row)
		}
		all = append(all, c)
	}
	return all, foot, nil
}

// saidCSV is what the page of words finds, all of it: a row a text.
func (s saidPages) saidCSV(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.reportFilter(r, v)
	if err != nil {
		return err
	}
	of := s.saidFilter(r, v, &f)
	of.Sites = slices.DeleteFunc(of.Sites, func(id string) bool { return !v.Can(access.ExportData, id) })
	if len(of.Sites) == 0 {
		return notAllowed(nil)
	}
	words := s.words(r, v)
	of.after = ""
	head := []string{"day", "kind", "site", "flow", "service", "staff", "level", "question", "text"}
	return s.sendFile(w, r, v, "words", table.CSV, "list of words.csv", head, func(out func([]any) error) error {
		for {
			rows, next, err := s.saidIn(r, words, &of, seekBatch)
			if err != nil {
				return err
			}
			for _, row := range rows {
				cells := []any{row.day, row.kind}
				for _, cell := range row.raw {
					cells = append(cells, cell)
				}
				for i, text := range row.said {
					if err := out(append(slices.Clip(cells), row.question[i], text)); err != nil {
						return err
					}
				}
			}
			if next == "" {
				return nil
			}
			of.after = next
		}
	})
}
