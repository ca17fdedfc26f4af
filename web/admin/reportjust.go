package admin

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// What is counted in the background is of the last twelve months. Whoever asks for it has just the chosen days, and
// those they are compared with, counted one by one, up to figures.Most rows of each.

// justDays is the parameter of an address that asks for it, and its value.
const justDays, justDaysAsked = "count", "days"

// countedJust are the reports for which that can be asked.
var countedJust = []string{"expectation", "quality", "standards"}

// justTurn is held by who has days counted so: one at a time in a process, pages, tables and programs alike.
var justTurn = make(chan struct{}, 1)

// justWait is how long somebody waits for it: a third of what the web server gives an answer. Tests set it.
var justWait = 10 * time.Second

// made makes a report. One that was asked to count just the days waits for its turn,
// at most justWait, and no longer than whoever asked does.
func (s reportPages) made(name string, maker reportMaker, r *http.Request, w *words, v Viewer, f *reportFilter) (reportPage, error) {
	if slices.Contains(countedJust, name) && r.URL.Query().Get(justDays) == justDaysAsked {
		late := time.NewTimer(justWait)
		defer late.Stop()
		select {
		case justTurn <- struct{}{}:
			defer func() { <-justTurn }()
		case <-r.Context().Done():
			return reportPage{}, fmt.Errorf("%w: %w", storage.ErrUnavailable, r.Context().Err())
		case <-late.C:
			return reportPage{}, &page.Error{Code: page.Unavailable, Title: "count_turn", Text: "count_turn_text", Err: figures.ErrTurn}
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
