package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// TestFiguresAreAskedForInOneWay sends what is wrong, and what is of another site.
func TestFiguresAreAskedForInOneWay(t *testing.T) {
	c := newTill(t)
	all, main := c.token(nil, access.ReadReports), c.token([]string{"main"}, access.ReadReports)
	for q, says := range map[string]string{
		"metric=happy": "There are unsatisfied, watch", "by=hour": `is not divided by "hour"`, "metric=answered&by=service": "It is by site",
		"from=yesterday": "Write from as 2026-03-05", "from=2026-03-05&to=2026-03-01": "before they begin", "until=2026-03-01": `no "until"`,
		"sites=main": `Did you mean "site"`, "by=site&by=day": "stands twice", "from=%zz": "cannot be read",
	} {
		if p := c.problem(http.MethodGet, "/api/v1/reports/figures?"+q, all, "", http.StatusUnprocessableEntity); !strings.Contains(p["detail"].(string), says) {
			t.Errorf("%s: %s", q, p["detail"])
		}
	}
	for _, q := range []string{"by=staff", "staff=Bo"} {
		c.problem(http.MethodGet, "/api/v1/reports/figures?"+q, all, "", http.StatusForbidden)
	}
	c.problem(http.MethodGet, "/api/v1/reports/figures?site=harbour", main, "", http.StatusNotFound)
	for _, token := range []string{all, main} {
		w := c.ask(http.MethodGet, "/api/v1/reports/figures?site=main&by=week&metric=top_box", token, "")
		if fits(t, "Figures", w.Body.Bytes()); w.Code != 200 || strings.Count(w.Body.String(), `"last"`) != 13 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	status, out, err := Call(t.Context(), Config{Store: c.store, Bot: c.bot}, http.MethodGet, "/reports/figures?by=staff", nil)
	if err != nil || status != 200 {
		t.Errorf("who has the database may not compare staff: %d %s %v", status, out, err)
	}
}

// crowdedStore has more invitations than are read one by one, and has not added them up yet.
type crowdedStore struct{ storage.Store }

func (crowdedStore) Asked(context.Context, storage.FigureFilter) ([]storage.AskedCustomer, bool, error) {
	return nil, true, nil
}

func (crowdedStore) AskedReady(context.Context) (bool, error) { return false, nil }

// TestTooManyRowsSayWhetherWaitingHelps: sums that are not ready will be, those of a service never are.
func TestTooManyRowsSayWhetherWaitingHelps(t *testing.T) {
	c := newTill(t)
	for filter, waits := range map[string]bool{"": true, "&flow=haircut": true, "&service=Wash": false, "&language=en": false} {
		status, out, err := Call(t.Context(), Config{Store: crowdedStore{c.store}, Bot: c.bot}, http.MethodGet, "/reports/figures?metric=answered"+filter, nil)
		text := string(out)
		if err != nil || status != http.StatusRequestEntityTooLarge || strings.Contains(text, "again in some minutes") != waits ||
			strings.Contains(text, "without service") == waits || strings.Contains(text, "one survey") {
			t.Errorf("%q: %d %s %v", filter, status, text, err)
		}
	}
}
