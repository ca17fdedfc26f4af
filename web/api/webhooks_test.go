package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// desk is a desk for endpoints in memory, which calls nobody.
type desk struct {
	all   []Endpoint
	tries []storage.HookTry
	n     int
	since time.Time // of the newest rotation

	meanwhile func() // is done by somebody else before the next change
}

func (d *desk) at(id string) (*Endpoint, error) {
	i := slices.IndexFunc(d.all, func(e Endpoint) bool { return e.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%s: %w", id, storage.ErrNotFound)
	}
	return &d.all[i], nil
}

func (d *desk) Add(_ context.Context, h storage.Hook, url string) (id, secret string, err error) {
	if !strings.HasPrefix(url, "https://") {
		return "", "", fmt.Errorf("%w: %s", ErrAddress, url)
	}
	h.Made = time.Date(2026, 11, 27, 17, 0, 0, 0, time.UTC)
	if h.ID == "" {
		h.ID = fmt.Sprintf("01938a1b-2c3d-7e4f-8a5b-6c7d8e9f0a%db", d.n+1)
		d.n++
	}
	d.all = slices.DeleteFunc(d.all, func(e Endpoint) bool { return e.ID == h.ID })
	d.all = append(d.all, Endpoint{Hook: h, URL: url})
	return h.ID, "whsec_new", nil
}

func (d *desk) List(context.Context) ([]Endpoint, error) { return slices.Clone(d.all), nil }

func (d *desk) Change(_ context.Context, id string, change func(*storage.Hook) error) error {
	if f := d.meanwhile; f != nil {
		d.meanwhile = nil
		f()
	}
	e, err := d.at(id)
	if err != nil {
		return err
	}
	now := e.Hook
	if err := change(&now); err != nil {
		return err
	}
	e.Hook = now
	return nil
}

func (d *desk) Test(_ context.Context, id string) (storage.HookTry, error) {
	t := storage.HookTry{ID: fmt.Sprintf("01938a1b-2c3d-7e4f-8a5b-6c7d8e9f1a%02d", len(d.tries)), Endpoint: id, Message: "msg_1", News: storage.Ping, Status: 204, Took: 31 * time.Millisecond}
	d.tries = append([]storage.HookTry{t}, d.tries...)
	return t, nil
}

func (d *desk) Rotate(_ context.Context, id string, since time.Time) (string, error) {
	d.since = since
	_, err := d.at(id)
	return "whsec_other", err
}

func (d *desk) Remove(_ context.Context, id string) error {
	_, err := d.at(id)
	d.all = slices.DeleteFunc(d.all, func(e Endpoint) bool { return e.ID == id })
	return err
}

func (d *desk) Log(_ context.Context, _, before string, limit int) ([]storage.HookTry, error) {
	i := slices.IndexFunc(d.tries, func(t storage.HookTry) bool { return t.ID == before }) + 1
	return d.tries[i:min(i+limit, len(d.tries))], nil
}

func (d *desk) Replay(_ context.Context, _, message string, _ time.Time, failed bool) (int, error) {
	switch {
	case message == "gone":
		return 0, storage.ErrNotFound
	case failed:
		return 1, nil
	}
	return 3, nil
}

func (c *till) webhook(w string, status int, token, method, path, body string) (v webhookView) {
	c.t.Helper()
	got := c.ask(method, base+"/webhooks"+path, token, body)
	if got.Code != status {
		c.t.Fatalf("%s: %d, want %d: %s", w, got.Code, status, got.Body)
	}
	if status < 300 && got.Body.Len() > 0 {
		fits(c.t, "Webhook", got.Body.Bytes())
		if err := json.Unmarshal(got.Body.Bytes(), &v); err != nil {
			c.t.Fatal(err)
		}
	}
	return v
}

// TestSystemsSayWhatTheyAreTold: an endpoint is made, changed, tried and forgotten by a token; its
// secret is shown where it is new, and who did what is written down.
func TestSystemsSayWhatTheyAreTold(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.ManageHooks)
	made := c.webhook("made", 201, token, "POST", "", `{"name": "CRM", "url": "https://crm.example/in", "events": ["case.opened", "case.opened", "customer.erased"], "sites": ["main"]}`)
	if made.Secret != "whsec_new" || len(made.Events) != 2 || !made.Enabled || made.Include != nil {
		t.Errorf("made is %+v", made)
	}
	at := "/" + made.ID
	if v := c.webhook("read", 200, token, "GET", at, ""); v.Secret != "" || v.URL != "https://crm.example/in" || !slices.Equal(v.Sites, []string{"main"}) {
		t.Errorf("read is %+v", v)
	}
	if v := c.webhook("off", 200, token, "PATCH", at, `{"enabled": false}`); v.Enabled || v.Off != "hand" || len(v.Events) != 2 {
		t.Errorf("off is %+v", v)
	}
	if v := c.webhook("on", 200, token, "PATCH", at, `{"enabled": true, "name": "CRM 2", "events": ["alarm.raised"]}`); !v.Enabled || v.Name != "CRM 2" || v.Events[0] != storage.AlarmRaised {
		t.Errorf("on is %+v", v)
	}
	if v := c.webhook("rotated", 200, token, "POST", at+"/rotate", ""); v.Secret != "whsec_other" {
		t.Errorf("rotated is %+v", v)
	}
	for range 3 {
		fits(t, "Try", c.ask("POST", base+"/webhooks"+at+"/test", token, "").Body.Bytes())
	}
	var page struct {
		Items []tryView
		Next  string
	}
	seen := map[string]bool{}
	for path := at + "/tries?limit=2"; path != ""; {
		w := c.ask("GET", base+"/webhooks"+path, token, "")
		fits(t, "TryList", w.Body.Bytes())
		page.Next = ""
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, x := range page.Items {
			seen[x.ID] = true
		}
		if path = ""; page.Next != "" {
			path = at + "/tries?limit=2&cursor=" + page.Next
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d of 3 tries are listed", len(seen))
	}
	for body, want := range map[string]string{"": "1", `{"all": true, "since": "2026-11-27T10:00:00Z"}`: "3", `{"message": "msg_1"}`: "3"} {
		if w := c.ask("POST", base+"/webhooks"+at+"/replay", token, body); w.Body.String() != `{"messages":`+want+"}\n" {
			t.Errorf("%s replays %s", body, w.Body)
		}
	}
	c.problem("POST", base+"/webhooks"+at+"/replay", token, `{"message": "gone"}`, 404)
	c.webhook("removed", 204, token, "DELETE", at, "")
	c.webhook("removed twice", 404, token, "DELETE", at, "")
	entries, err := c.store.Audits(t.Context(), storage.AuditFilter{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, a := range entries {
		if a.Who == "token till" && a.From == "api" && a.Subject == made.ID {
			did = append(did, a.What)
		}
	}
	if want := "webhook.remove webhook.replay webhook.replay webhook.replay webhook.rotate webhook.change webhook.change webhook.add"; strings.Join(did, " ") != want {
		t.Errorf("written down is %v", did)
	}
}

// TestATokenTellsNoMoreThanItMay: one of a site sees and makes endpoints of that site alone, nobody
// adds words or names by a token, and what is wrong is told at its place.
func TestATokenTellsNoMoreThanItMay(t *testing.T) {
	c := newTill(t)
	every, main := c.token(nil, access.ManageHooks), c.token([]string{"main"}, access.ManageHooks)
	all := c.webhook("of every site", 201, every, "POST", "", `{"name": "all", "url": "https://a.example", "events": ["case.opened"]}`)
	other := c.webhook("of another site", 201, every, "POST", "", `{"name": "harbour", "url": "https://b.example", "events": ["case.opened"], "sites": ["harbour"]}`)
	own := c.webhook("of its site", 201, main, "POST", "", `{"name": "own", "url": "https://c.example", "events": ["case.opened"]}`)
	if !slices.Equal(own.Sites, []string{"main"}) {
		t.Errorf("a token of one site made an endpoint of %v", own.Sites)
	}
	if v := c.webhook("widened", 200, main, "PATCH", "/"+own.ID, `{"sites": []}`); !slices.Equal(v.Sites, []string{"main"}) {
		t.Errorf("a token of one site widened an endpoint to %v", v.Sites)
	}
	for _, x := range []struct{ method, path string }{
		{"GET", ""}, {"PATCH", ""}, {"DELETE", ""}, {"POST", "/rotate"}, {"POST", "/test"}, {"GET", "/tries"}, {"POST", "/replay"},
	} {
		for _, id := range []string{all.ID, other.ID, "nothing"} {
			c.webhook(x.method+x.path, 404, main, x.method, "/"+id+x.path, "")
		}
	}
	var list struct{ Items []webhookView }
	if w := c.ask("GET", base+"/webhooks", main, ""); json.Unmarshal(w.Body.Bytes(), &list) != nil || len(list.Items) != 1 {
		t.Errorf("a token of one site sees %s", w.Body)
	}
	c.desk.all[2].Words = true
	if v := c.webhook("with words", 200, every, "PATCH", "/"+own.ID, `{"include": ["words"]}`); !slices.Equal(v.Include, []string{"words"}) {
		t.Errorf("words that an owner allowed: %v", v.Include)
	}
	for _, wider := range []string{`{"sites": []}`, `{"sites": ["main", "harbour"]}`, `{"events": ["case.opened", "answer.created"]}`} {
		if p := c.problem("PATCH", base+"/webhooks/"+own.ID, every, wider, http.StatusForbidden); !strings.Contains(p["detail"].(string), "owner") {
			t.Errorf("%s, with words that an owner allowed of less: %v", wider, p)
		}
	}
	c.webhook("narrower", 200, every, "PATCH", "/"+own.ID, `{"name": "mine", "sites": ["main"], "events": ["case.opened"]}`)
	c.webhook("wider without words", 200, every, "PATCH", "/"+own.ID, `{"include": [], "events": ["case.opened", "answer.created"]}`)
	c.webhook("as it was", 200, every, "PATCH", "/"+own.ID, `{"events": ["case.opened"]}`)
	for body, want := range map[string]string{
		`{"include": ["words"]}`: "forbidden", `{"include": ["names"]}`: "forbidden", `{"include": ["all"]}`: "#/include/0", `{"include": "words"}`: "#/include",
		`{"events": []}`: "#/events", `{"events": ["case.open"]}`: "#/events/0", `{"events": [1]}`: "#/events/0", `{"events": {}}`: "#/events",
		`{"sites": ["harbor"]}`: "#/sites/0", `{"name": ""}`: "#/name", `{"name": "a\u0000"}`: "#/name", `{"url": "https://d.example"}`: "#/url", `{"enabled": "yes"}`: "#/enabled", `[]`: "#",
		`{"private": true}`: "#/private", `{"secret": "x"}`: "#/secret",
	} {
		if w := c.ask("PATCH", base+"/webhooks/"+own.ID, every, body); w.Code < 400 || !strings.Contains(w.Body.String(), `"`+want+`"`) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	for body, want := range map[string]string{
		`{}`: "missing", `{"name": "x", "url": "http://x", "events": ["case.opened"]}`: "#/url", `{"name": "x", "url": "https://x.example", "events": ["case.opened"], "private": true}`: "#/private",
		`{"name": "x", "url": "https://x.example", "events": ["case.opened"], "include": ["words"]}`: "forbidden", `{"name": "x", "url": 3, "events": ["test.ping"]}`: "#/events/0",
	} {
		if w := c.ask("POST", base+"/webhooks", every, body); w.Code < 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	for _, q := range []string{"limit=0", "limit=101", "limit=x", "cursor=../x"} {
		c.problem("GET", base+"/webhooks/"+own.ID+"/tries?"+q, every, "", http.StatusUnprocessableEntity)
	}
	// Each other scope opens none of these.
	for _, scope := range access.Scopes() {
		if scope == access.ManageHooks {
			continue
		}
		token := c.token(nil, scope)
		for _, r := range webhookRoutes {
			at := base + strings.ReplaceAll(r.path, "{webhook}", own.ID)
			if w := c.ask(r.method, at, token, ""); w.Code != http.StatusForbidden {
				t.Errorf("%s opens %s %s: %d", scope, r.method, at, w.Code)
			}
		}
	}
}

// TestAChangeOfAnEndpointKeepsWhatOthersChangedMeanwhile: a request changes what it names, and no more, also where
// somebody else changed the same endpoint after it was read.
func TestAChangeOfAnEndpointKeepsWhatOthersChangedMeanwhile(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.ManageHooks)
	made := c.webhook("made", 201, token, "POST", "", `{"name": "CRM", "url": "https://crm.example/in", "events": ["case.opened"]}`)
	e, err := c.desk.at(made.ID)
	if err != nil {
		t.Fatal(err)
	}
	c.desk.meanwhile = func() { e.Off, e.News = storage.HookByHand, []storage.News{storage.CaseClosed} }
	c.webhook("renamed", 200, token, "PATCH", "/"+made.ID, `{"name": "CRM 2"}`)
	if e.Name != "CRM 2" || e.Off != storage.HookByHand || !slices.Equal(e.News, []storage.News{storage.CaseClosed}) {
		t.Errorf("it is %+v", *e)
	}
	one := c.token([]string{"main"}, access.ManageHooks)
	e.Sites = []string{"main"}
	c.desk.meanwhile = func() { e.Sites = nil }
	c.webhook("of every site meanwhile", 404, one, "PATCH", "/"+made.ID, `{"name": "Mine"}`)
	if e.Name != "CRM 2" {
		t.Errorf("a token of one site changed what is told of every site: %+v", *e)
	}
}
