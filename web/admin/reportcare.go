package admin

import (
	"net/http"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
)

// care says with how much care customers answered.
func (w *words) care(c figures.Care) (line string) {
	for _, one := range []struct {
		key  string
		rate report.Clustered
	}{{"care_contradictory", c.Contradictory}, {"care_straight", c.Straight}, {"care_skipped", c.Skipped}} {
		if one.rate.N > 0 {
			line = w.sentences(line, w.t(one.key, w.said(one.rate.Rate)))
		}
	}
	if c.Timed >= report.FewestMeant {
		line = w.sentences(line, w.t("care_seconds", c.Seconds))
	}
	if line == "" {
		return w.t("care_none")
	}
	return line
}

// careLine is what stands below a report of it: of the answers that the report itself has read, else of the last twelve
// months, as they are counted in the background.
func (s reportPages) careLine(r *http.Request, w *words, v Viewer, f *reportFilter, read *figures.Care) (string, error) {
	if read != nil {
		return w.sentences(w.t("care"), w.care(*read)), nil
	}
	kept, said, err := s.keptOf(r, w, v, f, figures.KindCare)
	if err != nil || said != "" {
		return w.sentences(w.t("care"), said), err
	}
	all, err := figures.CareIn(kept.Body)
	return w.sentences(w.t("care_kept", w.moment(s.Clock(), kept.MadeAt, s.zoneOf(f.Sites))), w.care(all[f.Flow])), err
}
