package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// TestWhatIsWrittenDownIsNeverRewritten sends a change, sends it again, and tries to move it.
func TestWhatIsWrittenDownIsNeverRewritten(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.WriteImprovements, access.ReadReports)
	const at, sent = "/api/v1/improvements/second-till", `{"site": "main", "day": "2026-11-01", "reason": "slow", "change": "A second till", "owner": "Bo"}`
	for range 2 {
		if w := c.ask(http.MethodPut, at, token, sent); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	c.problem(http.MethodPut, at, token, strings.Replace(sent, "11-01", "11-08", 1), http.StatusConflict)
	c.problem(http.MethodPut, at, token, strings.Replace(sent, `"owner"`, `"counted": {"flow": "f", "question": "why", "choice": "waiting"}, "owner"`, 1), http.StatusConflict)
	w := c.ask(http.MethodGet, at, token, "")
	if fits(t, "Improvement", w.Body.Bytes()); w.Code != 200 || !strings.Contains(w.Body.String(), `"effect":"early"`) || !strings.Contains(w.Body.String(), `"from":"2026-09-06","to":"2026-10-31","shown":"none"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for body, says := range map[string]string{
		`{"day": "soon", "change": "x", "reason": "y"}`:                                      "#/day",
		`{"day": "2026-11-01", "reason": "y"}`:                                               "#/change",
		`{"day": "2026-11-01", "change": "x"}`:                                               "#/reason",
		`{"day": "2026-11-01", "change": "x", "reason": "y", "site": "elsewhere"}`:           "#/site",
		`{"day": "2026-11-01", "change": "x", "reason": "y", "note": "yes"}`:                 "#/note",
		`{"day": "2026-11-01", "change": "x", "reason": "y", "note": true}`:                  "A note has no reason",
		`{"day": "2026-11-01", "change": "x", "reason": "y", "because": 1}`:                  "#/because",
		`{"day": "2026-11-01", "change": "x", "reason": "y", "counted": {"flow": "f"}}`:      "#/counted",
		`{"day": "2026-11-01", "change": "` + strings.Repeat("x", 301) + `", "reason": "y"}`: "#/change",
	} {
		if w := c.ask(http.MethodPut, "/api/v1/improvements/other", token, body); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s is answered with %d %s", body, w.Code, w.Body)
		}
	}
	c.problem(http.MethodPut, "/api/v1/improvements/UPPER", token, sent, http.StatusUnprocessableEntity)
	if w := c.ask(http.MethodDelete, at, token, ""); w.Code != http.StatusNoContent {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.problem(http.MethodGet, at, token, "", http.StatusNotFound)
	c.problem(http.MethodPut, at, token, sent, http.StatusConflict)
	audits, err := c.store.Audits(t.Context(), storage.AuditFilter{Subject: "second-till", Limit: 9})
	if err != nil || len(audits) != 2 || audits[0].From != "api" || audits[0].Who != "till" {
		t.Errorf("one was made and one taken back, and the list of changes has %+v, %v", audits, err)
	}
}

// TestAChangeOfAnotherSiteIsNotThere asks with a token of one site for what is of another, and of every one.
func TestAChangeOfAnotherSiteIsNotThere(t *testing.T) {
	c := newTill(t)
	all, main := c.token(nil, access.WriteImprovements, access.ReadReports), c.token([]string{"main"}, access.WriteImprovements, access.ReadReports)
	put := func(name, site string) {
		if w := c.ask(http.MethodPut, "/api/v1/improvements/"+name, all, `{"site": "`+site+`", "day": "2026-11-01", "note": true, "change": "Snow"}`); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	put("here", "main")
	put("there", "harbour")
	if w := c.ask(http.MethodPut, "/api/v1/improvements/everywhere", all, `{"day": "2026-11-02", "note": true, "change": "Snow"}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	w := c.ask(http.MethodGet, "/api/v1/improvements", main, "")
	if fits(t, "ImprovementList", w.Body.Bytes()); strings.Contains(w.Body.String(), "there") || !strings.Contains(w.Body.String(), `"here"`) || !strings.Contains(w.Body.String(), `"everywhere"`) {
		t.Errorf("a token of one site lists %s", w.Body)
	}
	c.problem(http.MethodGet, "/api/v1/improvements/there", main, "", http.StatusNotFound)
	c.problem(http.MethodDelete, "/api/v1/improvements/there", main, "", http.StatusNotFound)
	c.problem(http.MethodDelete, "/api/v1/improvements/everywhere", main, "", http.StatusForbidden)
	c.problem(http.MethodPut, "/api/v1/improvements/mine", main, `{"day": "2026-11-02", "note": true, "change": "Snow"}`, http.StatusForbidden)
	c.problem(http.MethodPut, "/api/v1/improvements/mine", main, `{"site": "harbour", "day": "2026-11-02", "note": true, "change": "Snow"}`, http.StatusUnprocessableEntity)
	if w := c.ask(http.MethodGet, "/api/v1/improvements/everywhere", main, ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
