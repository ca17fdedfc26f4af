package admin

import draw "github.com/aftercare/aftercare/bot/render"

// flowMenu is a menu of surveys, and apart from them of what customers write by themselves: it is
// held as a survey of one question, which nobody made.
type flowMenu struct{ Surveys, Own []choice }

// flowMenu divides surveys, by their titles.
func (w *words) flowMenu(titles map[string]string, chosen string) (m flowMenu) {
	for _, c := range menu(w.t("every_flow"), titles, chosen) {
		if draw.FeedbackKind(c.Value) != "" {
			m.Own = append(m.Own, c)
		} else {
			m.Surveys = append(m.Surveys, c)
		}
	}
	return m
}
