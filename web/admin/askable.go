package admin

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// usualFlow is the survey that is asked unless another is chosen.
const usualFlow = "post_service_3"

// askable are the fields of a form that say what is asked, and where: the surveys in force, and the
// sites at which the viewer may do this.
func (s *site) askable(r *http.Request, v Viewer, d access.Deed) (flow, at field, err error) {
	words := s.words(r, v)
	surveys, err := bot.Standing{Bot: s.Bot}.Surveys(r.Context())
	if err != nil {
		return flow, at, err
	}
	sites, err := s.Store.Sites(r.Context())
	if err != nil {
		return flow, at, err
	}
	flow = field{Name: "flow", Label: words.t("link_flow"), Kind: "select"}
	for _, f := range surveys {
		if f.ID == usualFlow {
			flow.Value = usualFlow
		}
		flow.Options = append(flow.Options, option{f.ID, cmp.Or(f.Title.In(words.lang, voice.Languages[0]), f.ID)})
	}
	at = field{Name: "site", Label: words.t("link_site"), Kind: "select"}
	for _, x := range storage.Present(sites) {
		if v.Can(d, x.ID) {
			at.Options = append(at.Options, option{x.ID, x.Name})
		}
	}
	return flow, at, nil
}

// offered finds fault with fields whose value is none of what was offered.
func (f *form) offered(w *words, names ...string) {
	for _, name := range names {
		at := f.field(name)
		if !slices.ContainsFunc(at.Options, func(o option) bool { return o.Value == at.Value }) {
			at.Fault = w.t("link_choose")
		}
	}
}
