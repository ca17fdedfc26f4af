package admin

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// mostPaths is how many ways through a survey are shown.
const mostPaths = 200

// pathsView are the ways through a draft: which questions come together, and what becomes of them.
type pathsView struct {
	Edit   string
	Always []string // what everybody is asked
	Rows   []pathRow
	More   bool
}

// pathRow is one way.
type pathRow struct {
	Further     []string // what is asked beside that which everybody is asked
	Asked       int
	Seconds     int
	Worst, Best int // levels
	Case        string
}

// flowPaths shows every way through a draft, for a customer and a service as the preview has them.
func (s surveyPages) flowPaths(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	words, q := s.words(r, v), r.URL.Query()
	look := words.look(d.Source)
	if !look.OK {
		http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"/edit/file", http.StatusSeeOther)
		return nil
	}
	f := look.Flow
	p := pathsView{Edit: "/surveys/" + d.Flow + "/edit?" + strings.TrimPrefix(string(carry(q, "as")), "&")}
	paths, more := survey.Paths(f, about(q), mostPaths)
	p.More = more
	s.pathRows(&p, words, f, paths, q)
	return s.show(w, r, v, http.StatusOK, "flow_paths.html", frame{
		Title: words.t("paths_all"), Meta: f.Title.In(append([]string{words.lang}, f.Languages...)...), Here: "/surveys", Back: &link{p.Edit, words.t("flow_edit")},
	}, p)
}

// pathRows says of each way what is asked on it, how long that takes, and which case opens.
func (s surveyPages) pathRows(p *pathsView, words *words, f survey.Flow, paths []survey.Path, q url.Values) {
	langs := append([]string{words.lang}, f.Languages...)
	facts := factsOf(f.Class, recovery.Tier(q.Get("as")), about(q))
	rules := s.Bot.Configuration().Now().Rules("")
	name := func(i int) string {
		x := &f.Questions[i]
		return itoa(i+1) + " " + cmp.Or(x.Ask.In(langs...), x.Key)
	}
	on := map[int]int{}
	for _, path := range paths {
		for _, i := range path.Asked {
			on[i]++
		}
	}
	for i := range f.Questions {
		if on[i] == len(paths) && len(paths) > 0 {
			p.Always = append(p.Always, name(i))
		}
	}
	for _, path := range paths {
		row := pathRow{}
		for _, i := range path.Asked {
			x := &f.Questions[i]
			row.Seconds += snapshot.Seconds(x)
			if x.Kind != survey.MessageQ {
				row.Asked++
			}
			if on[i] < len(paths) {
				row.Further = append(row.Further, name(i))
			}
		}
		worst, best := survey.Judge(f, path.Worst, true), survey.Judge(f, path.Best, true)
		row.Worst, row.Best = worst.Mood, best.Mood
		row.Case = words.casesOf(recovery.Decide(rules, facts, worst), recovery.Decide(rules, facts, best))
		p.Rows = append(p.Rows, row)
	}
	slices.SortStableFunc(p.Rows, func(a, b pathRow) int {
		return cmp.Or(cmp.Compare(a.Worst, b.Worst), cmp.Compare(len(a.Further), len(b.Further)))
	})
}

// casesOf says whether a case opens at the worst and at the best answers of a way.
func (w *words) casesOf(worst, best recovery.Decision) string {
	switch {
	case worst.Opens && best.Opens && worst.Priority == best.Priority:
		return w.t("paths_case", worst.Priority.String())
	case worst.Opens && best.Opens:
		return w.t("paths_case", worst.Priority.String()+"–"+best.Priority.String())
	case worst.Opens:
		return w.t("paths_case_worst", worst.Priority.String())
	case best.Opens:
		return w.t("paths_case", best.Priority.String())
	}
	return w.t("paths_no_case")
}
