package admin

import (
	"net/http"
)

// moreRoutes lead, on a phone, to the places for which its bar has no room.
var moreRoutes = []route{{pattern: "GET /more", page: (*site).more}}

func (s *site) more(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	all := settingsGroup{Name: "places"}
	for _, p := range places {
		if !p.Bar && v.Anywhere(p.deed) {
			all.Cards = append(all.Cards, settingsCard{At: p.At, Title: words.t(p.Name)})
		}
	}
	own := settingsGroup{"yourself", []settingsCard{{At: "/me", Title: words.t("me"), State: v.Name}, {At: "/help", Title: words.t("help"), State: words.t("help_line")}}}
	groups := []settingsGroup{all, own}
	if len(all.Cards) == 0 {
		groups = groups[1:]
	}
	return s.show(w, r, v, http.StatusOK, "settings.html", frame{Title: words.t("more"), Here: "/more"}, settingsPage{Groups: groups})
}
