package admin

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Of storms in the list of cases: how long one is told of after its last case, and how many.
const (
	stormShown = time.Hour
	mostStorms = 3
)

// stormRow is many cases of one site in one row.
type stormRow struct {
	Text, Free string
	Next       string // address of the most urgent that nobody has; "" = somebody has each
	All        string
}

// stormRows are the storms at the sites that are looked at.
func (s casePages) stormRows(ctx context.Context, w *words, v Viewer, now time.Time, only string) (rows []stormRow, err error) {
	storms := bot.Cases{Bot: s.Bot}.Storms(stormShown, func(at string) bool { return v.Can(access.SeeCases, at) && (only == "" || only == at) })
	for _, g := range storms[:min(len(storms), mostStorms)] {
		n, more, err := s.Store.CountStanding(ctx, storage.StandingFilter{Standing: recovery.Free, Sites: []string{g.Site}}, countUpTo)
		if err != nil {
			return nil, err
		}
		at := s.at(g.Site)
		row := stormRow{Text: w.t("storm_at", at.Name, g.Count(), g.P1, w.moment(now, g.From, at.Zone)), All: "/cases?site=" + url.QueryEscape(g.Site)}
		if n > 0 {
			row.Free, row.Next = w.t("storm_free", countText(n, more)), "/cases/next?site="+url.QueryEscape(g.Site)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// nextCase leads to the most urgent case of a site that nobody has.
func (s casePages) nextCase(w http.ResponseWriter, r *http.Request, v Viewer) error {
	at := r.URL.Query().Get("site")
	if !v.Can(access.SeeCases, at) {
		return notAllowed(nil)
	}
	for rank := recovery.P1; rank <= recovery.P3; rank++ {
		list, err := s.Store.Standing(r.Context(), storage.StandingFilter{Standing: recovery.Free, Sites: []string{at}, Priority: rank, Limit: 1})
		if err != nil {
			return err
		}
		if len(list) > 0 {
			http.Redirect(w, r, s.Prefix+"/cases/"+list[0].Name(), http.StatusSeeOther)
			return nil
		}
	}
	return &page.Error{Code: page.NotFound, Title: "nobody_waits", Text: "storm_over"}
}
