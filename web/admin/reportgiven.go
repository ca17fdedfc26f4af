package admin

import (
	"cmp"
	"net/http"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/storage"
)

// givenIn is what figures of questions are made of: answers that were read one by one, or what was counted in the
// background.
type givenIn struct {
	list   []storage.GivenSession
	before []storage.GivenSession // in the days that they are compared with; nil = nothing is
	kept   *figures.GivenFigures  // instead
}

// given reads what was given under the filters into a page: one by one where it is little, or where nothing that is
// counted in the background knows the filters; else what was counted there, of the last twelve months. nil: the page
// says why there is nothing.
func (s givenPages) given(r *http.Request, w *words, v Viewer, f *reportFilter, p *reportPage) (*givenIn, error) {
	most, few := figures.Most, cmp.Or(s.ExactFigures, figures.Exact)
	_, known := reportPages(s).keptKey(v, f)
	if known = known && f.Service+f.Staff+f.Language+f.Channel == ""; known && !f.just {
		most = few
	}
	read := func(of storage.FigureFilter) ([]storage.GivenSession, bool, error) {
		of.Limit = most
		return s.Store.Given(r.Context(), of)
	}
	list, more, err := read(f.FigureFilter)
	switch {
	case err != nil:
		return nil, err
	case more && known:
		return s.givenKept(r, w, v, f, p, few)
	case more:
		p.TooMany = true
		return nil, nil
	case len(list) == 0:
		p.Empty = true
		return nil, nil
	}
	care := figures.CareOf(list, s.customerFlow())
	p.Care = &care
	in := &givenIn{list: list}
	if f.compare != "none" {
		before, more, err := read(f.earlier)
		if err != nil {
			return nil, err
		}
		if !more {
			in.before = before
		}
	}
	return in, nil
}

// givenKept is what was counted in the background, for more than most answers lie in the days of the filters.
func (s givenPages) givenKept(r *http.Request, w *words, v Viewer, f *reportFilter, p *reportPage, most int) (*givenIn, error) {
	p.Kept = true
	kept, said, err := reportPages(s).keptOf(r, w, v, f, figures.KindGiven)
	if err != nil {
		return nil, err
	}
	if said != "" {
		p.Lede = w.sentences(said, w.t("given_fewer", most))
		p.offerJust(w, f, r.URL.Path)
		return nil, nil
	}
	p.Foot = append(p.Foot, w.t("kept_as_of", w.moment(s.Clock(), kept.MadeAt, s.zoneOf(f.Sites))), w.t("given_fewer", most))
	all, err := figures.GivenIn(kept.Body)
	if err != nil {
		return nil, err
	}
	p.Lede = w.t("given_kept", most)
	p.offerJust(w, f, r.URL.Path)
	return &givenIn{kept: &all}, nil
}

// expectation is how what customers got compares with what they expected, and how it did before; nil = that is unknown.
func (g *givenIn) expectation(s *site, f *reportFilter) (now figures.Expectation, before *figures.Expectation) {
	if g.kept != nil {
		return g.kept.Expectation[f.Flow], nil
	}
	flows := s.customerFlow()
	if g.before != nil {
		earlier := figures.ExpectationOf(g.before, flows, "")
		before = &earlier
	}
	return figures.ExpectationOf(g.list, flows, figures.Lately(f.To)), before
}

// quality is how customers see the dimensions of the quality of a service.
func (g *givenIn) quality(s *site, f *reportFilter) figures.Quality {
	if g.kept != nil {
		return g.kept.Quality[f.Flow]
	}
	return figures.QualityOf(g.list, s.customerFlow())
}
