package admin

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// servedIn is how services of the days of the filters kept to their standards.
type servedIn struct {
	figures.StandardFigures
	list   []storage.ServedEvent       // where they were read one by one
	before map[string]figures.Standard // of the days that they are compared with, by key
	heard  map[string]bool             // of whom services were read: customers with a case
	kept   bool                        // it was counted in the background
}

// served holds the services under the filters against the standards, for a page: read one by one where they are few, or
// where nothing that is counted in the background knows the filters; else as they were counted there, of the last
// twelve months. nil: the page says why there is nothing.
func (s standardPages) served(r *http.Request, w *words, v Viewer, f *reportFilter, p *reportPage) (*servedIn, error) {
	policy, err := s.asks().Policy(r.Context())
	if err != nil {
		return nil, err
	}
	most, few := figures.Most, cmp.Or(s.ExactFigures, figures.Exact)
	key, known := reportPages(s).keptKey(v, f)
	if known = known && f.Service+f.Staff+f.Flow+f.Language+f.Channel == ""; known {
		if !f.just {
			most = few
		}
		kept, ok, err := s.Store.ReadResult(r.Context(), figures.KindStandards, key.String())
		if err != nil {
			return nil, err
		}
		if ok { // how many there are it says without a look at them
			all, err := figures.StandardsIn(kept.Body, policy.Standards)
			if err != nil {
				return nil, err
			}
			if all.Among(f.From, f.To) > most {
				return s.servedKept(r, w, v, f, p, few, policy.Standards)
			}
		}
	}
	of := f.FigureFilter
	of.Limit = most
	list, more, err := figures.Served(r.Context(), s.Store, of, reportPages(s).zoneAt)
	switch {
	case err != nil:
		return nil, err
	case more && known:
		return s.servedKept(r, w, v, f, p, few, policy.Standards)
	case more:
		p.TooMany = true
		return nil, nil
	}
	in := &servedIn{list: list}
	count := s.counted(list, policy.Standards, of)
	if f.Flow+f.Language+f.Channel == "" {
		if in.heard, err = s.heard(r.Context(), of, list, count); err != nil {
			return nil, err
		}
	}
	in.StandardFigures = count.Figures()
	if f.compare == "none" || len(in.All) == 0 {
		return in, nil
	}
	of = f.earlier
	of.Limit = most
	list, more, err = figures.Served(r.Context(), s.Store, of, reportPages(s).zoneAt)
	if err != nil || more {
		return in, err
	}
	in.before = map[string]figures.Standard{}
	for _, one := range s.counted(list, policy.Standards, of).Figures().All {
		in.before[one.Key()] = one
	}
	return in, nil
}

// counted holds services that were read against standards.
func (s standardPages) counted(list []storage.ServedEvent, standards []invitation.Standard, of storage.FigureFilter) *figures.StandardCount {
	c := figures.NewStandardCount(standards, reportPages(s).zoneAt, of.From, of.To, s.Clock())
	for i := range list {
		c.Add(&list[i])
	}
	return c
}

// heard are the customers of services of whom there was a case since the first of the days, however many cases there
// are: one at another site, or of another service, is one as well, and what was heard later was heard.
func (s standardPages) heard(ctx context.Context, f storage.FigureFilter, list []storage.ServedEvent, count *figures.StandardCount) (map[string]bool, error) {
	of := storage.FigureFilter{From: f.From, To: s.Bot.Configuration().Now().NewestDay(s.Clock()).Format(time.DateOnly), Limit: figures.Most}
	sites, err := s.Store.Sites(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range sites {
		of.Sites = append(of.Sites, x.ID)
	}
	served, heard := map[string]bool{}, map[string]bool{}
	for i := range list {
		served[list[i].Customer] = true
	}
	return heard, figures.EachCase(ctx, s.Store, of, func(k *storage.FigureCase) {
		if served[k.Customer] && !heard[k.Customer] {
			heard[k.Customer] = true
			count.Hear(k.Customer)
		}
	})
}

// servedKept is what was counted in the background, for more than most services lie in the days of the filters.
func (s standardPages) servedKept(r *http.Request, w *words, v Viewer, f *reportFilter, p *reportPage, most int, standards []invitation.Standard) (*servedIn, error) {
	p.Kept = true
	kept, said, err := reportPages(s).keptOf(r, w, v, f, figures.KindStandards)
	if err != nil {
		return nil, err
	}
	if said != "" {
		p.Lede = w.sentences(said, w.t("served_fewer", most))
		p.offerJust(w, f, r.URL.Path)
		return nil, nil
	}
	p.Foot = append(p.Foot, w.t("kept_as_of", w.moment(s.Clock(), kept.MadeAt, s.zoneOf(f.Sites))), w.t("served_fewer", most))
	in := &servedIn{kept: true}
	in.StandardFigures, err = figures.StandardsIn(kept.Body, standards)
	p.Lede = w.t("served_kept", most)
	p.offerJust(w, f, r.URL.Path)
	return in, err
}
