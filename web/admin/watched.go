package admin

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// standings are those that a request is shown, and whether it is one of somebody who watches the list and
// was told that it changed.
func (s *site) standings(r *http.Request) (reads standings, watches bool) {
	if r.Header.Get("Aftercare-Live") == "" || s.board == nil {
		return readStandings{s.Store}, false
	}
	return s.board, true
}

// drawnGroup is a group of the list as everybody sees it who has the same rights and language.
type drawnGroup struct {
	rows []caseRow
	html template.HTML
}

// fillWatched is fillGroups for those who watch: what nobody has is drawn once for all of them.
func (s casePages) fillWatched(ctx context.Context, w *words, v Viewer, now time.Time, groups []standingGroup, stand [][]storage.Case) error {
	for at := range groups {
		g, cases := &groups[at], stand[at]
		draw := func(ctx context.Context) (d drawnGroup, err error) {
			one := standingGroup{Key: g.Key}
			if one.Rows, err = s.rowsOf(ctx, s.board, w, v, now, cases); err != nil {
				return d, err
			}
			one.offer(v, cases)
			d.rows = one.Rows
			d.html, err = s.drawRows(w, d.rows)
			return d, err
		}
		var d drawnGroup
		var err error
		if g.Key == "free" || g.Key == "watch" {
			d, err = once(s.board, fmt.Sprintf("drawn %s %s %s %v", g.Key, w.lang, rightsOf(v), placesOf(cases)), draw)
		} else {
			d, err = draw(ctx)
		}
		if err != nil {
			return err
		}
		if g.Rows, g.Drawn = d.rows, d.html; g.Key == "asleep" && len(g.Rows) > 0 {
			g.Next = g.Rows[0].Clock.At
		}
	}
	return nil
}

// rightsOf names what decides how rows of cases that nobody has are drawn for somebody.
func rightsOf(v Viewer) string {
	var all []string
	for at, role := range v.Grants {
		all = append(all, at+"="+string(role))
	}
	slices.Sort(all)
	return fmt.Sprintf("%v %v %q", v.Owner, v.Staff != "", all)
}

// placesOf names the cases of a list.
func placesOf(cases []storage.Case) []string {
	all := make([]string, 0, len(cases))
	for i := range cases {
		all = append(all, cases[i].ID)
	}
	return all
}

// drawRows draws rows as the page does.
func (s casePages) drawRows(w *words, rows []caseRow) (template.HTML, error) {
	var b bytes.Buffer
	pages := s.pages[w.lang]()
	for i := range rows {
		if err := pages.ExecuteTemplate(&b, "caserow", rows[i]); err != nil {
			return "", fmt.Errorf("draw a row of the list: %w", err)
		}
	}
	return template.HTML(b.String()), nil //nolint:gosec // a template of ours wrote it
}
