package admin

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/invitation/inbound"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

func init() {
	f := frame{Title: "Webhooks in", Here: "/settings"}
	row := systemRow{"shop", "https://care.example/hooks/in/shop", "on"}
	found := []ruleFinding{{"Line 2:", "There is no such member.", "a: b\n^"}}
	ask := systemForm{form: form{Fields: []field{{Name: "name", Label: "Its name"}, {Name: "secret", Label: "Secret", Kind: "password"}}}, Source: systemExample}
	refused := ask
	refused.Fields, refused.Findings = []field{{Name: "name", Label: "Its name", Value: "Shop", Fault: "Write another."}}, found
	fixtures = append(fixtures,
		fixture{"systems.html", "empty", f, systemsPage{}},
		fixture{"systems.html", "full", f, systemsPage{Rows: []systemRow{row}}},
		fixture{"system_new.html", "empty", f, ask},
		fixture{"system_new.html", "refused", f, refused},
		fixture{"system.html", "empty", f, systemPage{systemRow: row, Source: systemExample, Off: true}},
		fixture{"system.html", "full", f, systemPage{
			systemRow: row, Source: systemExample, Secret: "whsec_abc", Findings: found, Tried: true, Fault: "A secret is longer.", Calls: []systemCallRow{
				{"2026-03-02 09:00:00", "2026-03-02T09:00:00Z", "stored", "would be stored", false, [][2]string{{"X-Shop-Topic", "order/fulfilled"}}, "{\n  \"order\": 1\n}", "{\n  \"id\": \"1\"\n}", nil},
				{"2026-03-02 08:00:00", "2026-03-02T08:00:00Z", "refused", "is refused", true, nil, "<b>no</b>", "", []string{"/id: missing"}},
				{"2026-03-02 07:00:00", "2026-03-02T07:00:00Z", "stored", "not kept", false, nil, "", "", nil},
			},
		}},
	)
}

// systemDesk is a desk for systems without a database.
type systemDesk struct {
	all   []storage.InboundSource
	given string
	calls []SystemCall
}

func (d *systemDesk) Add(_ context.Context, s storage.InboundSource, given string) (string, error) {
	switch {
	case !api.IsSystemName(s.Name):
		return "", ErrSystemName
	case given == "short":
		return "", ErrSystemSecret
	}
	if _, err := inbound.Parse([]byte(s.File)); err != nil {
		return "", err
	}
	d.all, d.given = append(d.all, s), given
	return "whsec_first", nil
}

func (d *systemDesk) List(context.Context) ([]storage.InboundSource, error) { return d.all, nil }

func (d *systemDesk) turn(name string, f func(*storage.InboundSource)) error {
	for i := range d.all {
		if d.all[i].Name == name {
			f(&d.all[i])
			return nil
		}
	}
	return storage.ErrNotFound
}

func (d *systemDesk) Save(_ context.Context, name, file string) error {
	if _, err := inbound.Parse([]byte(file)); err != nil {
		return err
	}
	return d.turn(name, func(x *storage.InboundSource) { x.File = file })
}

func (d *systemDesk) Rotate(_ context.Context, name, given string) (string, error) {
	if given == "short" {
		return "", ErrSystemSecret
	}
	return "whsec_second", d.turn(name, func(*storage.InboundSource) {})
}

func (d *systemDesk) Switch(_ context.Context, name string, on bool) error {
	return d.turn(name, func(x *storage.InboundSource) { x.Off = !on })
}

func (d *systemDesk) Remove(_ context.Context, name string) error {
	err := d.turn(name, func(*storage.InboundSource) {})
	d.all = nil
	return err
}

func (d *systemDesk) Calls(_ context.Context, _, file string) ([]SystemCall, error) {
	if _, err := inbound.Parse([]byte(file)); err != nil {
		return nil, err
	}
	return d.calls, nil
}

func TestASystemIsHeardMendedAndRemovedOnThePages(t *testing.T) {
	owner := someone
	owner.Proved, owner.SignIn = time.Now(), "robin"
	h, d := newHouse(t, owner), &systemDesk{}
	h.ask(httptest.NewRequest("GET", "/settings/systems", nil), 404) // nobody is heard by this server
	h.pages = New(Config{Store: h.store, Bot: h.bot, Gate: h, Version: "test", Systems: d})
	if body := h.get("/settings", 200); !strings.Contains(body, "/settings/systems") {
		t.Error("the settings do not lead there")
	}
	if body := h.get("/settings/systems", 200); !strings.Contains(body, "No system yet") {
		t.Error("an empty list does not say so")
	}
	if body := h.get("/settings/systems/new", 200); !strings.Contains(body, "header.x-shop-topic") {
		t.Error("there is no example to begin with")
	}
	good := url.Values{"name": {"shop"}, "secret": {"of the shop itself"}, "source": {systemExample}}
	for name, bad := range map[string]string{"name": "My Shop", "secret": "short", "source": "map: {}"} {
		f := url.Values{}
		for k, v := range good {
			f[k] = v
		}
		f.Set(name, bad)
		if body := h.post("/settings/systems/new", f, 422).Body.String(); !strings.Contains(body, "✕") || strings.Contains(body, "of the shop itself") {
			t.Errorf("%s: nothing says what is wrong, or the secret is repeated", name)
		}
	}
	w := h.post("/settings/systems/new", good, 200)
	if body := w.Body.String(); !strings.Contains(body, "whsec_first") || w.Header().Get("Cache-Control") != "no-store" || len(d.all) != 1 || d.given != "of the shop itself" {
		t.Fatalf("%d made, with %q: %s", len(d.all), d.given, body)
	}
	if x := d.all[0]; x.By != "robin" || x.File != systemExample {
		t.Errorf("made is %+v", x)
	}
	d.calls = []SystemCall{
		{InboundCall: storage.InboundCall{At: time.Now(), Result: "stored", Body: "sealed"}, Call: api.Sent{Head: map[string]string{"X-Shop-Topic": "order/fulfilled"}, Body: `{"order":{"number":1}}`}, Becomes: "same", Would: api.Outcome{Event: storage.Event{Source: "shop", ID: "1"}}},
		{InboundCall: storage.InboundCall{At: time.Now(), Result: "refused", Body: "sealed"}, Call: api.Sent{Body: "<script>"}, Becomes: "refused", Would: api.Outcome{Faults: []api.Fault{{Pointer: "/site", Detail: "There is no site."}}}},
		{InboundCall: storage.InboundCall{At: time.Now(), Result: "known", Body: "sealed"}, Unread: true},
		{InboundCall: storage.InboundCall{At: time.Now(), Result: "ignored"}},
	}
	body := h.get("/settings/systems/shop", 200)
	for _, want := range []string{"&#34;number&#34;: 1", "&#34;source&#34;: &#34;shop&#34;", "By this mapping it says what is stored.", "/site: There is no site.", "sealed under another key", "not kept any more", "order/fulfilled"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, "<script>") || strings.Contains(body, "whsec_") {
		t.Error("the page holds what it must not")
	}
	act := func(do string, more url.Values, want int) string {
		t.Helper()
		f := url.Values{"do": {do}}
		for k, v := range more {
			f[k] = v
		}
		return h.post("/settings/systems/shop", f, want).Body.String()
	}
	other := strings.Replace(systemExample, "main-street", "harbour", 1)
	if body := act("check", url.Values{"source": {other}}, 200); !strings.Contains(body, "which is not saved") || d.all[0].File != systemExample {
		t.Error("a mapping is not tried, or is saved by that")
	}
	for _, do := range []string{"check", "save"} {
		if body := act(do, url.Values{"source": {"map: {}"}}, 422); !strings.Contains(body, "how the system signs") || !strings.Contains(body, "map: {}") {
			t.Errorf("%s does not say what is wrong", do)
		}
	}
	if act("save", url.Values{"source": {other}}, 303); d.all[0].File != other {
		t.Error("the mapping is not saved")
	}
	if body := act("rotate", nil, 200); !strings.Contains(body, "whsec_second") {
		t.Error("another secret is not shown")
	}
	if body := act("rotate", url.Values{"secret": {"short"}}, 422); !strings.Contains(body, "12 to 500") {
		t.Error("a bad secret is taken")
	}
	if act("disable", nil, 303); !d.all[0].Off || !strings.Contains(h.get("/settings/systems/shop", 200), "Switch on") {
		t.Error("what is off cannot be switched on")
	}
	act("enable", nil, 303)
	act("explode", nil, 400)
	h.post("/settings/systems/other", url.Values{"do": {"disable"}}, 404)
	act("remove", nil, 303)
	h.get("/settings/systems/shop", 404)
	*h.as = Viewer{Login: "l", Grants: access.Grants{access.EverySite: access.Lead}}
	h.ask(httptest.NewRequest("GET", "/settings/systems", nil), 403)
}
