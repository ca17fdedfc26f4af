package admin

import (
	"net/http"
	"slices"

	"github.com/aftercare/aftercare/bot/figures"
)

// What is counted in the background is of the last twelve months. Whoever asks for it has just the chosen days, and
// those they are compared with, counted one by one, up to figures.Most rows of each.

// justDays is the parameter of an address that asks for it, and its value.
const justDays, justDaysAsked = "count", "days"

// countedJust are the reports for which that can be asked.
var countedJust = []string{"expectation", "quality", "standards"}

// justTurn is held by who has days counted so: one at a time in a process, pages, tables and programs alike.
var justTurn = make(chan struct{}, 1)

// made makes a report. One that was asked to count just the days waits for its turn, as long as whoever asked does.
func (s reportPages) made(name string, maker reportMaker, r *http.Request, w *words, v Viewer, f *reportFilter) (reportPage, error) {
	if slices.Contains(countedJust, name) && r.URL.Query().Get(justDays) == justDaysAsked {
		select {
		case justTurn <- struct{}{}:
			defer func() { <-justTurn }()
		case <-r.Context().Done():
			return reportPage{}, r.Context().Err()
		}
		f.just = true
		f.keep.Set(justDays, justDaysAsked)
	}
	return maker(s.site, r, w, v, f)
}

// offerJust says on a page of what was counted in the background how just the days are had, or that they are too many.
func (p *reportPage) offerJust(w *words, f *reportFilter, at string) {
	if f.just {
		p.Lede = w.sentences(p.Lede, w.t("count_days_many", figures.Most))
		return
	}
	p.Acts = append(p.Acts, link{f.with(at, justDays, justDaysAsked), w.t("count_days")})
	p.Foot = append(p.Foot, w.t("count_days_cost", figures.Most))
}
