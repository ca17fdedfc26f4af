package admin

import (
	"net/http"
	"net/url"
	"testing"
)

// A survey is never called as the form that makes one: its page could not be opened.
func TestNoSurveyTakesTheAddressOfTheForm(t *testing.T) {
	h := builder(t)
	for what, form := range map[string]url.Values{
		"of a title": {"title": {"New"}, "language": {"en"}},
		"of a file":  {"source": {"flow: new\nclass: transactional\ntitle: New\nlanguages: [en]\ndelay: 1h\nexpires: 72h\nquestions:\n  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How was it?}\n"}},
	} {
		want := map[string]string{"of a title": "/surveys/new_2/edit?done=flow_begun", "of a file": "/surveys/new_3/edit?done=flow_begun"}
		got := h.post("/surveys/new", form, http.StatusSeeOther).Header().Get("Location")
		if got != want["of a title"] && got != want["of a file"] {
			t.Errorf("%s: %q", what, got)
		}
	}
}
