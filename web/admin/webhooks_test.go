package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	f := frame{Title: "Webhooks", Here: "/settings"}
	row := webhookRow{"e1", "CRM", "https://crm.example/in", "everything", "on"}
	ask := webhookForm{
		rolesForm: rolesForm{form: form{Fields: []field{{Name: "name", Label: "Name"}, {Name: "url", Label: "Address", Kind: "url"}}}, May: true, All: true},
		News:      []placeBox{{"case.opened", "a new case", true}}, Owner: true,
	}
	refused := ask
	refused.NoNews, refused.Fault = "Choose at least one.", "Choose a site."
	refused.Fields = []field{{Name: "url", Label: "Address", Value: "ftp://x", Fault: "Write another."}}
	fixtures = append(fixtures,
		fixture{"webhooks.html", "empty", f, webhooksPage{}},
		fixture{"webhooks.html", "full", f, webhooksPage{Rows: []webhookRow{row}}},
		fixture{"webhook_new.html", "empty", f, ask},
		fixture{"webhook_new.html", "refused", f, refused},
		fixture{"webhook.html", "empty", f, webhookPage{webhookRow: row, Off: true}},
		fixture{"webhook.html", "full", f, webhookPage{webhookRow: row, Secret: "whsec_abc", Older: "7", Tries: []hookTryRow{
			{"2026-03-02 09:00:00", "2026-03-02T09:00:00Z", "case.opened", "msg_1", "taken", "", true, true},
			{"2026-03-02 08:00:00", "2026-03-02T08:00:00Z", "test.ping", "msg_0", "not taken", "<b>no</b>", false, false},
		}}},
	)
}

// hookDesk is a desk for endpoints that calls nobody.
type hookDesk struct {
	all      []Endpoint
	tries    []storage.HookTry
	replayed []string
}

func (d *hookDesk) Add(_ context.Context, h storage.Hook, at string, private bool) (string, string, error) {
	if !strings.HasPrefix(at, "https://") {
		return "", "", ErrAddress
	}
	h.ID = fmt.Sprint("e", len(d.all))
	d.all = append(d.all, Endpoint{h, at, private})
	return h.ID, "whsec_first", nil
}

func (d *hookDesk) List(context.Context) ([]Endpoint, error) { return d.all, nil }

func (d *hookDesk) find(id string) (*Endpoint, error) {
	for i := range d.all {
		if d.all[i].ID == id {
			return &d.all[i], nil
		}
	}
	return nil, storage.ErrNotFound
}

func (d *hookDesk) Test(_ context.Context, id string) (storage.HookTry, error) {
	_, err := d.find(id)
	t := storage.HookTry{ID: "t1", At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Message: "msg_1", News: storage.Ping, Status: 500, Answer: "<script>", Error: "it answered 500"}
	d.tries = append(d.tries, t)
	return t, err
}

func (d *hookDesk) Rotate(_ context.Context, id string) (string, error) {
	_, err := d.find(id)
	return "whsec_second", err
}

func (d *hookDesk) Switch(_ context.Context, id string, on bool) error {
	x, err := d.find(id)
	if err == nil {
		x.Off = map[bool]storage.HookOff{true: "", false: storage.HookByHand}[on]
	}
	return err
}

func (d *hookDesk) Remove(_ context.Context, id string) error {
	_, err := d.find(id)
	d.all = nil
	return err
}

func (d *hookDesk) Log(context.Context, string, string, int) ([]storage.HookTry, error) {
	return d.tries, nil
}

func (d *hookDesk) Replay(_ context.Context, id, message string, _ time.Time, failed bool) (int, error) {
	if _, err := d.find(id); err != nil {
		return 0, err
	}
	if message == "msg_gone" {
		return 0, errors.Join(storage.ErrNotFound)
	}
	d.replayed = append(d.replayed, fmt.Sprint(message, failed))
	return 1, nil
}

func TestAnEndpointIsMadeTestedAndRemovedOnThePages(t *testing.T) {
	owner := someone
	owner.Proved, owner.SignIn = time.Now(), "robin"
	h, d := newHouse(t, owner), &hookDesk{}
	h.withSite("main", "Main Street")
	h.ask(httptest.NewRequest("GET", "/settings/webhooks", nil), 404) // nobody is called by this server
	h.pages = New(Config{Store: h.store, Bot: h.bot, Gate: h, Version: "test", Endpoints: d})
	if body := h.get("/settings", 200); !strings.Contains(body, "/settings/webhooks") {
		t.Error("the settings do not lead there")
	}
	if body := h.get("/settings/webhooks", 200); !strings.Contains(body, "No endpoint yet") {
		t.Error("an empty list does not say so")
	}
	h.get("/settings/webhooks/new", 200)
	good := url.Values{"name": {"CRM"}, "url": {"https://crm.example/in"}, "news": {"case.opened"}, "site": {"main"}, "words": {"on"}}
	for name, bad := range map[string]string{"name": "", "url": "http://crm.example", "news": "all", "site": "elsewhere"} {
		f := url.Values{}
		for k, v := range good {
			f[k] = v
		}
		f.Set(name, bad)
		if w := h.post("/settings/webhooks/new", f, 422); !strings.Contains(w.Body.String(), "✕") {
			t.Errorf("%s: nothing says what is wrong", name)
		}
	}
	w := h.post("/settings/webhooks/new", good, 200)
	if body := w.Body.String(); !strings.Contains(body, "whsec_first") || w.Header().Get("Cache-Control") != "no-store" || len(d.all) != 1 {
		t.Fatalf("%d made: %s", len(d.all), body)
	}
	if x := d.all[0]; !x.Words || x.Names || x.Private || x.By != "robin" || len(x.Sites) != 1 || len(x.News) != 1 {
		t.Errorf("made is %+v", x)
	}
	if body := h.get("/settings/webhooks", 200); strings.Contains(body, "whsec_") || !strings.Contains(body, "a new case · with words") {
		t.Errorf("the list is\n%s", body)
	}
	act := func(do, message string, want int) string {
		t.Helper()
		return h.post("/settings/webhooks/e0", url.Values{"do": {do}, "message": {message}}, want).Body.String()
	}
	act("test", "", 303)
	if body := h.get("/settings/webhooks/e0", 200); strings.Contains(body, "<script>") || !strings.Contains(body, "not taken: it answered 500") {
		t.Errorf("the log is\n%s", body)
	}
	if body := act("rotate", "", 200); !strings.Contains(body, "whsec_second") {
		t.Error("another secret is not shown")
	}
	act("replay", "", 303)
	act("replay", "msg_1", 303)
	act("replay", "msg_gone", 404)
	if fmt.Sprint(d.replayed) != "[true msg_1false]" {
		t.Errorf("sent once more: %v", d.replayed)
	}
	act("disable", "", 303)
	if body := h.get("/settings/webhooks/e0", 200); !strings.Contains(body, "Switch on") {
		t.Error("what is off cannot be switched on")
	}
	act("enable", "", 303)
	act("explode", "", 400)
	h.post("/settings/webhooks/other", url.Values{"do": {"test"}}, 404)
	act("remove", "", 303)
	h.get("/settings/webhooks/e0", 404)

	// What costs customers their privacy an admin who is no owner may not allow.
	*h.as = Viewer{Login: "l", Proved: time.Now(), Grants: access.Grants{access.EverySite: access.Admin}}
	if body := h.get("/settings/webhooks/new", 200); strings.Contains(body, `name="words"`) {
		t.Error("an admin is offered words")
	}
	for _, more := range []string{"words", "names", "private"} {
		f := url.Values{"name": {"CRM"}, "url": {"https://crm.example/in"}, "news": {"case.opened"}, "everywhere": {"on"}, more: {"on"}}
		h.post("/settings/webhooks/new", f, 403)
	}
	*h.as = Viewer{Login: "l", Grants: access.Grants{access.EverySite: access.Lead}}
	h.ask(httptest.NewRequest("GET", "/settings/webhooks", nil), 403)
}
