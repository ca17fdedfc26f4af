package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// known has customers served at both sites.
func (c *till) known() {
	c.t.Helper()
	var all []storage.Event
	for id, site := range map[string]string{"C-1": "main", "C-2": "harbour", "=C-3": "main"} {
		all = append(all, storage.Event{Source: "till", ID: id, State: storage.EventDone, Site: site, Ended: c.now.Add(-time.Hour), Customer: &storage.EventCustomer{ID: id}})
	}
	if _, err := c.store.PutEvents(c.t.Context(), all, c.now, false); err != nil {
		c.t.Fatal(err)
	}
}

// rows are those of a CSV file.
func (c *till) rows(at, token string) [][]string {
	c.t.Helper()
	w := c.ask("GET", at, token, "")
	all, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || w.Code != 200 || len(all) == 0 {
		c.t.Fatalf("%s: %d, %v", at, w.Code, err)
	}
	return all[1:]
}

// TestEveryExampleOfAnExportRuns asks for each kind in each format that the description names, by the
// parameters that it shows, and holds the examples of files to what comes.
func TestEveryExampleOfAnExportRuns(t *testing.T) {
	var d struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Example  any
				Schema   struct{ Enum []string }
			}
			Responses map[string]struct {
				Content map[string]struct {
					Examples map[string]struct{ Value string }
				}
			}
		}
	}
	if err := json.Unmarshal(descriptionJSON(), &d); err != nil {
		t.Fatal(err)
	}
	c := newTill(t)
	c.known()
	token, op := c.token(nil, access.Scopes()...), d.Paths["/exports/{kind}"]["get"]
	enum, q := map[string][]string{}, url.Values{}
	for _, p := range op.Parameters {
		enum[p.Name] = p.Schema.Enum
		switch x := p.Example.(type) {
		case string:
			q.Set(p.Name, x)
		case []any:
			for _, one := range x {
				q.Add(p.Name, one.(string))
			}
		}
	}
	q.Del("kind")
	var kinds []string
	for _, k := range storage.ExportedKinds() {
		kinds = append(kinds, string(k))
	}
	if !slices.Equal(enum["kind"], kinds) || !slices.Equal(slices.Sorted(slices.Values(enum["format"])), slices.Sorted(slices.Values(table.Written()))) {
		t.Errorf("described are %v", enum)
	}
	for _, kind := range kinds {
		for _, format := range table.Written() {
			q.Set("format", format)
			at := "/api/v1/exports/" + kind + "?" + q.Encode()
			w := c.ask("GET", at, token, "")
			media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
			if _, described := op.Responses["200"].Content[media]; w.Code != 200 || !described || w.Body.Len() == 0 && format != table.JSONL {
				t.Errorf("%s: %d as %s: %s", at, w.Code, media, w.Body)
			}
		}
		shown, err := csv.NewReader(strings.NewReader(op.Responses["200"].Content["text/csv"].Examples[kind].Value)).ReadAll()
		if err != nil || len(shown) != 2 || !slices.Equal(shown[0], storage.Exported(kind).Columns()) {
			t.Errorf("the example of %s is %q, %v", kind, shown, err)
		}
	}
	shown := op.Responses["200"].Content["application/jsonl"].Examples["customers"].Value
	var row map[string]any
	if err := json.Unmarshal([]byte(shown), &row); err != nil || len(row) != len(storage.ExportCustomers.Columns()) {
		t.Errorf("the example of customers as JSON is %s, %v", shown, err)
	}
}

func TestATokenTakesOutTheRowsOfItsSites(t *testing.T) {
	c := newTill(t)
	c.known()
	const at = "/api/v1/exports/customers"
	all, main := c.token(nil, access.ReadRows, access.ReadCustomers), c.token([]string{"main"}, access.ReadRows, access.ReadCustomers)
	of := func(rows [][]string) (keys []string) {
		for _, row := range rows {
			keys = append(keys, row[0]+" "+row[2])
		}
		slices.Sort(keys)
		return keys
	}
	for _, x := range []struct {
		at, token string
		want      []string
	}{
		{at, all, []string{"'=C-3 main", "C-1 main", "C-2 harbour"}},
		{at + "?site=harbour&site=main", all, []string{"'=C-3 main", "C-1 main", "C-2 harbour"}},
		{at + "?site=harbour", all, []string{"C-2 harbour"}},
		{at, main, []string{"'=C-3 main", "C-1 main"}},
		{at + "?to=2026-11-26", all, nil},
	} {
		if got := of(c.rows(x.at, x.token)); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", x.at, got, x.want)
		}
	}
	for at, x := range map[string]struct {
		token  string
		status int
		says   string
	}{
		at + "?site=harbour":                  {main, 404, "harbour"},
		at + "?site=main&site=nowhere":        {all, 404, "nowhere"},
		at + "?flow=haircut":                  {all, 422, "of no survey"},
		at + "?form=csv":                      {all, 422, `format`},
		at + "?format=ods":                    {all, 422, "csv, xlsx, jsonl"},
		at + "?from=yesterday":                {all, 422, "2026-03-05"},
		at + "?from=2026-03-05&to=2026-01-01": {all, 422, "before they begin"},
		"/api/v1/exports/logins":              {all, 404, "answers, sessions"},
		"/api/v1/exports/words":               {all, 403, "words:read"},
	} {
		if p := c.problem("GET", at, x.token, "", x.status); !strings.Contains(p["detail"].(string), x.says) {
			t.Errorf("%s: %v", at, p["detail"])
		}
	}
	audits, err := c.store.Audits(t.Context(), storage.AuditFilter{What: "data.export", Limit: 50})
	if err != nil || len(audits) != 5 || !slices.ContainsFunc(audits, func(a storage.Audit) bool {
		return a.Subject == "customers.csv harbour main" && a.From == "api" && a.Who == "till"
	}) {
		t.Errorf("noted are %+v, %v", audits, err)
	}
}

func TestTheFormatIsWhatIsLikedBest(t *testing.T) {
	for accept, want := range map[string]string{
		"": table.CSV, "*/*": table.CSV, "text/html, */*;q=0.1": table.CSV, "application/jsonl": table.JSONL, "application/x-ndjson": table.JSONL,
		"text/csv;q=0.5, application/jsonl;q=0.9": table.JSONL, "text/csv; header=present": table.CSV, "text/csv;q=0, application/jsonl;q=0.1": table.JSONL,
		table.MediaType(table.XLSX): table.XLSX, "application/json": "", "text/csv;q=0": "", "image/png": "", ";;;": "",
	} {
		got, err := formatOf(url.Values{}, []string{accept})
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", accept, got, err)
		}
		if got, err := formatOf(url.Values{"format": {"xlsx"}}, []string{accept}); got != table.XLSX || err != nil {
			t.Errorf("%q with a format in the address: %q, %v", accept, got, err)
		}
	}
	c := newTill(t)
	r := httptest.NewRequest("GET", "/api/v1/exports/answers", nil)
	r.Header.Set("Authorization", "Bearer "+c.token(nil, access.ReadRows))
	r.Header.Set("Accept", "application/json")
	w := httptest.NewRecorder()
	if c.api.ServeHTTP(w, r); w.Code != 406 {
		t.Errorf("as JSON: %d %s", w.Code, w.Body)
	}
	fits(t, "Problem", w.Body.Bytes())
}

// handing is a store whose rows a test hands out.
type handing struct {
	storage.Store
	rows func(row func([]any) error) error
}

func (h handing) Export(_ context.Context, _ storage.Exported, _ storage.ExportFilter, row func([]any) error) error {
	return h.rows(row)
}

// overHTTP serves the API of a store by a server whose answers may take so long.
func (c *till) overHTTP(store storage.Store, most time.Duration) string {
	c.t.Helper()
	s := httptest.NewUnstartedServer(New(Config{Store: store, Bot: c.bot, Clock: func() time.Time { return c.now }}))
	s.Config.WriteTimeout = most
	s.Start()
	c.t.Cleanup(s.Close)
	return s.URL
}

// fetch asks for a file of words.
func fetch(t *testing.T, at, token string) (int, http.Header, []byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/api/v1/exports/words", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	return got.StatusCode, got.Header, data, err
}

func TestAFileIsWholeOrSaysThatItIsNot(t *testing.T) {
	c := newTill(t)
	token, row := c.token(nil, access.ReadRows, access.ReadWords), make([]any, len(storage.ExportWords.Columns()))
	row[2] = strings.Repeat("I waited. ", 100)
	many := func(row0 func([]any) error) error {
		for range 5000 {
			if err := row0(row); err != nil {
				return err
			}
		}
		return nil
	}
	code, _, data, err := fetch(t, c.overHTTP(handing{c.store, many}, time.Millisecond), token)
	if err != nil || code != 200 || strings.Count(string(data), "\n") != 5001 {
		t.Errorf("of a server in a hurry %d lines came: %d, %v", strings.Count(string(data), "\n"), code, err)
	}
	broken := errors.New("the database went away")
	if code, _, _, err := fetch(t, c.overHTTP(handing{c.store, func(r func([]any) error) error { return errors.Join(many(r), broken) }}, time.Minute), token); err == nil {
		t.Errorf("a file that was cut off ends as if it were whole: %d", code)
	}
	code, head, data, err := fetch(t, c.overHTTP(handing{c.store, func(func([]any) error) error { return broken }}, time.Minute), token)
	if err != nil || code != 500 || head.Get("Content-Disposition") != "" || head.Get("Content-Type") != "application/problem+json" {
		t.Errorf("what fails before it began: %d, %v, %s, %v", code, head, data, err)
	}
}

func TestOnlySoManyFilesAreWrittenAtATime(t *testing.T) {
	c := newTill(t)
	token, begun, goOn := c.token(nil, access.ReadRows, access.ReadWords), make(chan bool), make(chan bool)
	at := c.overHTTP(handing{c.store, func(func([]any) error) error { begun <- true; <-goOn; return nil }}, time.Minute)
	done := make(chan int)
	for range page.FilesAtOnce {
		go func() {
			code, _, _, _ := fetch(t, at, token)
			done <- code
		}()
		<-begun
	}
	if code, head, _, err := fetch(t, at, token); code != 429 || head.Get("Retry-After") != "5" || err != nil {
		t.Errorf("one too many: %d, %v", code, err)
	}
	close(goOn)
	for range page.FilesAtOnce {
		if code := <-done; code != 200 {
			t.Errorf("one of those before: %d", code)
		}
	}
	go func() { <-begun }()
	if code, _, _, err := fetch(t, at, token); code != 200 || err != nil {
		t.Errorf("after them: %d, %v", code, err)
	}
}
