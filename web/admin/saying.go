package admin

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// sayingRoutes are about telling those who said why something was changed.
var sayingRoutes = []route{
	{pattern: "GET /improvements/{improvement}/tell", deed: access.Improve, page: in(improvementPages.tellForm)},
	{pattern: "POST /improvements/{improvement}/tell", deed: access.Improve, page: in(improvementPages.tellThem)},
}

// mostTold is how many characters a message to customers has.
const mostTold = 300

// tellPage shows who would be told, who not and why, and asks for the words.
type tellPage struct {
	form
	ID      string
	Now     int // customers who may be told now
	Later   int // who may be told once their peace is over
	Rows    []fact
	Nobody  bool
	TooMany bool
}

// tellable is the change of the address, if the viewer may tell of it.
func (s improvementPages) tellable(r *http.Request, v Viewer) (storage.Improvement, error) {
	i, err := s.improvementAsked(r, v)
	switch {
	case err != nil:
		return i, err
	case !v.Can(access.Improve, i.Site):
		return i, notAllowed(nil)
	case i.Note:
		return i, &page.Error{Code: page.NotFound, Title: "no_improvement", Text: "no_improvement_text"}
	}
	return i, nil
}

// tellView is the form for a change.
func (s improvementPages) tellView(ctx context.Context, w *words, i *storage.Improvement) (p tellPage, err error) {
	p.ID = i.ID
	all, err := asking.Telling{By: s.asks()}.Hearers(ctx, i, nil)
	if errors.Is(err, asking.ErrTooMany) {
		p.TooMany = true
		return p, nil
	}
	if err != nil {
		return p, err
	}
	until := s.Clock().Add(asking.SayingLasts)
	languages, not := map[string]int{}, map[string]int{}
	for j := range all {
		switch h := &all[j]; {
		case h.May():
			p.Now++
			languages[h.Language]++
		case h.Waits(until):
			p.Later++
			languages[h.Language]++
		default:
			not[string(h.Decision.Reason)]++
		}
	}
	p.Nobody = p.Now+p.Later == 0
	p.Rows = notTold(w, not)
	for _, lang := range voice.Languages {
		if n := languages[lang]; n > 0 {
			p.Fields = append(p.Fields, field{
				Name: "words-" + lang, Label: w.t("tell_words", languageName(w.lang, lang), n), Hint: w.t("tell_words_hint"), Fill: "off",
			})
		}
	}
	return p, nil
}

// notTold is how many are not told, by reason.
func notTold(w *words, not map[string]int) (rows []fact) {
	for _, reason := range slices.Sorted(maps.Keys(not)) {
		text := w.t("asking_" + reason)
		if reason == string(asking.NoWords) {
			text = w.t("tell_no_words")
		}
		rows = append(rows, fact{text, w.t("n_customers", not[reason])})
	}
	return rows
}

func (s improvementPages) tellForm(w http.ResponseWriter, r *http.Request, v Viewer) error {
	i, err := s.tellable(r, v)
	if err != nil {
		return err
	}
	if i.Said != nil {
		http.Redirect(w, r, s.Prefix+"/improvements/"+i.ID, http.StatusSeeOther)
		return nil
	}
	p, err := s.tellView(r.Context(), s.words(r, v), &i)
	if err != nil {
		return err
	}
	return s.showTell(w, r, v, http.StatusOK, &i, p)
}

func (s improvementPages) showTell(w http.ResponseWriter, r *http.Request, v Viewer, status int, i *storage.Improvement, p tellPage) error {
	return s.show(w, r, v, status, "improvement_tell.html", frame{
		Title: s.words(r, v).t("tell_title"), Here: "/reports", Back: &link{"/improvements/" + i.ID, i.Change},
	}, p)
}

func (s improvementPages) tellThem(w http.ResponseWriter, r *http.Request, v Viewer) error {
	i, err := s.tellable(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p, err := s.tellView(r.Context(), words, &i)
	if err != nil {
		return err
	}
	if err := p.read(w, r); err != nil {
		return err
	}
	said := map[string]string{}
	for j := range p.Fields {
		at := &p.Fields[j]
		at.Value = strings.TrimSpace(at.Value)
		if len([]rune(at.Value)) > mostTold || strings.ContainsFunc(at.Value, isControl) {
			at.Fault = words.t("improvement_text_fault", mostTold)
		}
		if at.Value != "" {
			said[strings.TrimPrefix(at.Name, "words-")] = at.Value
		}
	}
	if len(said) == 0 && len(p.Fields) > 0 && len(p.Faults()) == 0 {
		p.Fields[0].Fault = words.t("improvement_text_fault", mostTold)
	}
	if len(p.Faults()) > 0 || len(said) == 0 {
		return s.showTell(w, r, v, http.StatusUnprocessableEntity, &i, p)
	}
	a := s.audit(v, "improvement.tell", i.ID)
	a.After = strings.Join(slices.Sorted(maps.Keys(said)), ", ")
	err = asking.Telling{By: s.asks()}.Say(r.Context(), i.ID, cmp.Or(v.SignIn, v.Staff), said, a)
	if err != nil && !errors.Is(err, asking.ErrSaid) && !errors.Is(err, bot.ErrNoWords) {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/improvements/"+i.ID+"?done=improvement_tell", http.StatusSeeOther)
	return nil
}

// toldView is how far those who said why have been told.
type toldView struct {
	Text  string
	Rows  []fact
	Words []fact // by language
}

// told is how far telling has got; nil where nobody decided to tell.
func (s improvementPages) told(ctx context.Context, w *words, i *storage.Improvement) (*toldView, error) {
	if i.Said == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	p := &toldView{Text: w.t("told_under_way", i.Said.Told)}
	if !i.Said.Ended.IsZero() {
		p.Text = w.t("told_ended", i.Said.Told)
	}
	for _, lang := range slices.Sorted(maps.Keys(i.Said.Words)) {
		p.Words = append(p.Words, fact{languageName(w.lang, lang), i.Said.Words[lang]})
	}
	all, err := asking.Telling{By: s.asks()}.Hearers(ctx, i, i.Said.Words)
	if err != nil && !errors.Is(err, asking.ErrTooMany) {
		return nil, err
	}
	states, since := map[storage.DeliveryState]int{}, 0
	for j := range all {
		if h := &all[j]; h.Heard {
			states[h.State]++
			if h.Identity.Seen.After(h.Told) {
				since++
			}
		}
	}
	put := func(key string, n int) {
		if n > 0 {
			p.Rows = append(p.Rows, fact{w.t(key), w.t("n_customers", n)})
		}
	}
	put("told_sent", states[storage.Sent])
	put("told_waiting", states[storage.Due]+states[storage.Sending])
	put("told_failed", states[storage.Failed])
	put("told_since", since)
	p.Rows = append(p.Rows, notTold(w, i.Said.Not)...)
	return p, nil
}
