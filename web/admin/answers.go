package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// answersSince is how many days back the list of answers goes if nobody says otherwise.
const answersSince = 90

// answerRow is a conversation in the list of answers.
type answerRow struct {
	URL     string
	Level   int
	Feeling string
	Words   string
	About   string
	Case    bool
}

// answersPage is the list of answers.
type answersPage struct {
	Rows                    []answerRow
	Sites, Levels, Speaking []choice
	Flows                   flowMenu
	Staff, From, To         string
	Words                   bool
	More, CSV               string
	Kept                    []choice // filters without a field of their own: name and value
	Found                   bool
	Behind                  string // how far the list is behind, if that is more than usual
}

// named are the sites of a right by their ids: the list of answers goes through each.
func (s *site) named(v Viewer, d access.Deed) []string {
	if some := s.permitted(v, d); some != nil {
		return some
	}
	return s.Bot.Configuration().Now().EverySite()
}

// answersFilter reads the filters of the address. keep is what links take along.
func (s saidPages) answersFilter(r *http.Request, v Viewer, deed access.Deed) (f storage.AnsweredFilter, keep url.Values, err error) {
	q := r.URL.Query()
	keep = url.Values{}
	get := func(name string) string {
		value := strings.TrimSpace(q.Get(name))
		if value != "" {
			keep.Set(name, value)
		}
		return value
	}
	f = storage.AnsweredFilter{Sites: s.named(v, deed), Flow: get("flow"), Service: get("service"), Staff: get("staff"), Language: get("language"), Channel: get("channel"), Words: get("words") != "", Judged: get("judged") != ""}
	if get("judged") == string(storage.OfLost) { // as figures of who stays away ask
		f.Of = storage.OfLost
	}
	if at := get("site"); at != "" {
		if !v.Can(deed, at) {
			return f, nil, notAllowed(nil)
		}
		f.Sites = []string{at}
	}
	now := s.Clock().UTC()
	day := func(name, usual string) string {
		if value := get(name); value != "" {
			if _, err := time.Parse(time.DateOnly, value); err == nil {
				return value
			}
			keep.Del(name)
		}
		return usual
	}
	f.From, f.To = day("from", now.AddDate(0, 0, -answersSince).Format(time.DateOnly)), day("to", now.AddDate(0, 0, 1).Format(time.DateOnly))
	switch level := get("level"); level {
	case "low":
		f.Worst, f.Best = 1, 3
	case "high":
		f.Worst = 4
	default:
		worst, best, ranged := strings.Cut(level, "-")
		if !ranged {
			best = worst
		}
		from, err1 := strconv.Atoi(worst)
		to, err2 := strconv.Atoi(best)
		if err1 == nil && err2 == nil && from >= 1 && from <= to && to <= 7 {
			f.Worst, f.Best = from, to
		} else {
			keep.Del("level")
		}
	}
	if day, id, ok := strings.Cut(q.Get("after"), "."); ok {
		f.Before = storage.AnsweredPlace{Day: day, Session: id}
	}
	return f, keep, nil
}

// answers is the list of what was answered and written.
func (s saidPages) answers(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	f, keep, err := s.answersFilter(r, v, access.SeeWords)
	if err != nil {
		return err
	}
	f.Limit = pageRows + 1
	list, err := s.Store.Answered(r.Context(), f)
	if err != nil {
		return err
	}
	p := answersPage{Staff: f.Staff, From: f.From, To: keep.Get("to"), Words: f.Words, Found: len(keep) > 0}
	if p.Behind, err = s.behind(r.Context(), words); err != nil {
		return err
	}
	if len(list) == f.Limit {
		list = list[:pageRows]
		last := list[pageRows-1].Place()
		to := url.Values{"after": {last.Day + "." + last.Session}}
		for k, values := range keep {
			to[k] = values
		}
		p.More = "/answers?" + to.Encode()
	}
	if v.Anywhere(access.ExportData) {
		p.CSV = "/answers.csv?" + keep.Encode()
	}
	for i := range list {
		p.Rows = append(p.Rows, s.answerRow(words, &list[i]))
	}
	snap := s.Bot.Configuration().Now()
	p.Sites = s.siteChoices(words, v, access.SeeWords, keep.Get("site"))
	titles, spoken := map[string]string{}, map[string]bool{}
	for key, flow := range snap.Flows {
		titles[key.ID] = flow.Title.In(words.lang, voice.Languages[0])
		for _, lang := range flow.Languages {
			spoken[lang] = true
		}
	}
	p.Flows = words.flowMenu(titles, f.Flow)
	langs := map[string]string{}
	for lang := range spoken {
		langs[lang] = voice.SelfName(lang)
	}
	p.Speaking = menu(words.t("every_language"), langs, f.Language)
	p.Levels = []choice{{"", words.t("every_level"), keep.Get("level") == ""}, {"low", words.t("levels_low"), keep.Get("level") == "low"}, {"high", words.t("levels_high"), keep.Get("level") == "high"}}
	for n := 1; n <= 7; n++ {
		p.Levels = append(p.Levels, choice{strconv.Itoa(n), words.t("level_n", n), keep.Get("level") == strconv.Itoa(n)})
	}
	if from, to, ok := strings.Cut(keep.Get("level"), "-"); ok { // as figures ask
		p.Levels = append(p.Levels, choice{keep.Get("level"), words.t("levels_between", from, to), true})
	}
	for _, name := range []string{"service", "channel", "judged"} {
		if value := keep.Get(name); value != "" {
			p.Kept = append(p.Kept, choice{name, value, true})
		}
	}
	return s.show(w, r, v, http.StatusOK, "answers.html", frame{Title: words.t("answers"), Here: "/answers", Modules: []string{"keys.js"}}, p)
}

// menu is a menu of what there is, by its words, with everything first. What is chosen and is not there stands as it
// was asked for: the menu must not say everything where a filter acts.
func menu(everything string, texts map[string]string, chosen string) []choice {
	all := make([]choice, 0, len(texts)+1)
	for value, text := range texts {
		all = append(all, choice{value, text, value == chosen})
	}
	if _, there := texts[chosen]; !there && chosen != "" {
		all = append(all, choice{chosen, chosen, true})
	}
	slices.SortFunc(all, func(a, b choice) int { return strings.Compare(a.Text+"\x00"+a.Value, b.Text+"\x00"+b.Value) })
	return append([]choice{{"", everything, chosen == ""}}, all...)
}

// answerRow is a conversation as a row: the customer's words first.
func (s *site) answerRow(w *words, a *storage.AnsweredSession) answerRow {
	row := answerRow{URL: "/answers/" + strconv.Itoa(int(a.Bucket)) + "." + a.ID, Level: a.Level, Case: a.Case}
	if a.Level > 0 {
		row.Feeling = w.t("level_n", a.Level)
	}
	for _, one := range a.Answers {
		if one.Kind == "text" && one.Text != "" {
			row.Words = voice.Join(" – ", row.Words, one.Text)
		}
	}
	row.Words = voice.Cut(voice.Join(" – ", append([]string{row.Words}, a.Beside...)...), 400)
	row.About = voice.Join(" · ", a.Service, s.at(a.Site).Name, a.Staff, s.dayAt(w, a.Site, a.Day))
	return row
}

// answersCSV is what the list shows, all of it, as a table: one row an answer.
func (s saidPages) answersCSV(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, _, err := s.answersFilter(r, v, access.ExportData)
	if err != nil {
		return err
	}
	f.Limit = 500
	head := []string{
		"day", "site", "flow", "version", "service", "staff", "language", "channel", "status", "level", "flag", "unsatisfied", "case",
		"question", "kind", "value", "choices", "text", "score", "answer_level", "answer_flag",
	}
	return s.sendFile(w, r, v, "answers", table.CSV, "list of answers.csv", head, func(row func([]any) error) error {
		for {
			list, err := s.Store.Answered(r.Context(), f)
			if err != nil {
				return err
			}
			for i := range list {
				if err := answerRows(&list[i], row); err != nil {
					return err
				}
			}
			if len(list) < f.Limit {
				return nil
			}
			f.Before = list[len(list)-1].Place()
		}
	})
}

// answerRows hands out what one conversation said, a row an answer.
func answerRows(a *storage.AnsweredSession, row func([]any) error) error {
	shared := []any{
		a.Day, a.Site, a.Flow, strconv.Itoa(a.Version), a.Service, a.Staff, a.Language, a.Channel, a.Status, strconv.Itoa(a.Level), a.Flag,
		strconv.FormatBool(a.Unsatisfied), strconv.FormatBool(a.Case),
	}
	for _, words := range a.Beside {
		if err := row(append(slices.Clip(shared), "", "beside", "", "", words, "", "", "")); err != nil {
			return err
		}
	}
	for _, one := range a.Answers {
		err := row(append(slices.Clip(shared), one.Question, one.Kind, number(one.Value), strings.Join(one.Choices, ","), one.Text, number(one.Score), strconv.Itoa(one.Level), one.Flag))
		if err != nil {
			return err
		}
	}
	return nil
}

// number is a value that may be missing.
func number(x *float64) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(*x, 'f', -1, 64)
}

// answerPage is one conversation.
type answerPage struct {
	Level   int
	Feeling string
	Words   []said
	Answers []answered
	Facts   [][2]string
	Case    string // its number, "" = none
}

// answerOf is the page of one conversation.
func (s saidPages) answerOf(w http.ResponseWriter, r *http.Request, v Viewer) error {
	none := &page.Error{Code: page.NotFound, Title: "no_answer", Text: "no_answer_text"}
	b, id, ok := strings.Cut(r.PathValue("id"), ".")
	bucket, err := strconv.Atoi(b)
	if !ok || err != nil || bucket < 0 || bucket >= s.Store.Buckets() {
		return none
	}
	session, err := s.Store.Session(r.Context(), storage.Bucket(bucket), id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !v.Can(access.SeeWords, session.Site) {
		return none
	}
	if err != nil {
		return err
	}
	o := storage.Opening{Session: &session}
	if of, err := s.Store.Identity(r.Context(), session.Bucket, session.Identity); err == nil {
		o.Identity = &of
	} else if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	view, err := bot.Cases{Bot: s.Bot}.View(r.Context(), nil, o)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	l := s.lookOf(words, v, session.Site, s.Clock())
	var p casePage
	voiced := view.StaffVoiceIn(words.lang)
	in := caseSource{Case: &storage.Case{}, View: view, Zone: s.at(session.Site).Zone}
	l.saidIn(&p, in, voiced)
	l.factsIn(&p, in, voiced)
	out := answerPage{Words: p.Words, Answers: p.Answers, Facts: slices.Concat(p.Visit, p.Facts)}
	out.Level, out.Feeling, _ = view.Level(voiced)
	if session.Case != "" && v.Can(access.SeeCases, session.Site) {
		if k, err := s.Store.Case(r.Context(), session.Bucket, session.Case); err == nil {
			out.Case = k.Name()
		} else if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	name := words.t("customer_word")
	if l.names {
		name = plainName(view, voiced, words)
	}
	title := words.t("answer_title", name, words.moment(s.Clock(), session.Started, in.Zone))
	return s.show(w, r, v, http.StatusOK, "answer.html", frame{Title: title, Here: "/answers", Back: &link{"/answers", words.t("answers")}}, out)
}

// answerRoutes are the addresses of answers.
var answerRoutes = []route{
	{"GET /answers", access.SeeWords, in(saidPages.answers)},
	{"GET /answers.csv", access.ExportData, in(saidPages.answersCSV)},
	{"GET /answers/{id}", access.SeeWords, in(saidPages.answerOf)},
}
