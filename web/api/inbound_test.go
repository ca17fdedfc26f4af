package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/invitation/inbound"
	"github.com/aftercare/aftercare/storage"
)

// heardSystems are systems whose calls are kept as they are.
type heardSystems map[string]struct{ file, secret string }

func (h heardSystems) System(_ context.Context, name string) (inbound.Source, []inbound.Secret, error) {
	x, ok := h[name]
	if !ok {
		return inbound.Source{}, nil, storage.ErrNotFound
	}
	source, err := inbound.Parse([]byte(x.file))
	return source, []inbound.Secret{{Value: x.secret}}, err
}

func (heardSystems) Seal(name string, c Sent) string {
	text, _ := json.Marshal(c)
	return name + " " + string(text)
}

const shopFile = `
sign: {scheme: hmac-sha256, header: X-Shop-Hmac, encoding: base64}
only: {header.x-shop-topic: [order/fulfilled, order/cancelled]}
map:
  id: body.order.number
  state: {from: header.x-shop-topic, order/fulfilled: done, order/cancelled: cancelled}
  ended: body.order.fulfilled_at
  site: {from: body.order.shop, 7: main, else: elsewhere}
  customer.id: body.customer.id
`

const (
	shopSecret = "a secret of the shop"
	crmSecret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

func (c *till) hears(store storage.Store) {
	c.api = New(Config{Store: store, Bot: c.bot, Asking: c.asking, Clock: func() time.Time { return c.now }, Systems: heardSystems{
		"shop": {shopFile, shopSecret},
		"crm":  {"sign: {scheme: standard}\nmap:\n  id: body.id\n  site: main\n  ended: body.at\n  updated: body.updated\n  service: body.what\n", crmSecret},
	}})
}

// calls makes a call of the shop, signed with this secret.
func (c *till) calls(topic, body, secret string) *httptest.ResponseRecorder {
	c.t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return c.call("shop", body, "X-Shop-Topic", topic, "X-Shop-Hmac", base64.StdEncoding.EncodeToString(mac.Sum(nil)), "Cookie", "c=1")
}

func (c *till) call(name, body string, head ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest("POST", InboundPath+name, strings.NewReader(body))
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	if w.Code >= 400 {
		fits(c.t, "Problem", w.Body.Bytes())
	} else {
		fits(c.t, "Heard", w.Body.Bytes())
	}
	return w
}

func says(t *testing.T, w *httptest.ResponseRecorder, status int, words string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), words) {
		t.Errorf("%d %s; want %d %q", w.Code, w.Body, status, words)
	}
}

func (c *till) inbound(source string) []storage.InboundCall {
	c.t.Helper()
	all, err := c.store.InboundCalls(c.t.Context(), source, c.now.Add(-time.Hour), 100)
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

func TestASystemTellsOfServicesInItsOwnForm(t *testing.T) {
	c := newTill(t)
	c.hears(c.store)
	const order = `{"order":{"number":10442,"shop":7,"fulfilled_at":"2026-11-27T16:42:00Z"},"customer":{"id":"C-881"}}`
	says(t, c.calls("order/fulfilled", order, shopSecret), 200, `{"result":"stored"}`)
	e, err := c.store.Event(t.Context(), "shop", "10442")
	if err != nil || e.Customer == nil || e.Customer.ID != "C-881" || e.Site != "main" || e.State != storage.EventDone {
		t.Fatalf("stored is %+v, %v", e, err)
	}
	// The same bytes are one call, however often they come; a service is one however it is told.
	says(t, c.calls("order/fulfilled", order, shopSecret), 200, `{"result":"stored","replayed":true}`)
	says(t, c.calls("order/fulfilled", order+"\n", shopSecret), 200, `{"result":"known"}`)
	says(t, c.calls("order/cancelled", order+" ", shopSecret), 200, `{"result":"changed"}`)
	says(t, c.calls("order/paid", order+"  ", shopSecret), 200, `{"result":"ignored"}`)
	if e, _ = c.store.Event(t.Context(), "shop", "10442"); e.State != storage.EventCancelled {
		t.Errorf("it is %s", e.State)
	}
	// What was refused is read again when it comes again: somebody may have mended the mapping.
	const elsewhere = `{"order":{"number":"1","shop":8,"fulfilled_at":"2026-11-27T16:42:00Z"}}`
	for range 2 {
		says(t, c.calls("order/fulfilled", elsewhere, shopSecret), 422, `"pointer":"#/site"`)
	}
	says(t, c.calls("order/fulfilled", `{"order":{"number":{},"shop":7}}`, shopSecret), 422, `"pointer":"#/id"`)
	says(t, c.calls("order/fulfilled", `{"order":`, shopSecret), 422, `"pointer":"#"`)
	says(t, c.calls("order/fulfilled", strings.Repeat("[", 100), shopSecret), 422, "more than 32 deep")
	says(t, c.calls("order/fulfilled", `{"a":1,"a":2}`, shopSecret), 422, "stands twice")
	all := c.inbound("shop")
	if len(all) != 9 {
		t.Errorf("%d calls are known", len(all))
	}
	for _, x := range all {
		if strings.Contains(x.Body, "Cookie") || strings.Contains(x.Body, "X-Shop-Hmac") || x.Status == 200 && !strings.Contains(x.Body, "X-Shop-Topic") {
			t.Errorf("kept is %s", x.Body)
		}
	}
}

func TestACallThatIsNotSignedChangesAndKeepsNothing(t *testing.T) {
	c := newTill(t)
	c.hears(c.store)
	const order = `{"order":{"number":1,"shop":7,"fulfilled_at":"2026-11-27T16:42:00Z"}}`
	says(t, c.calls("order/fulfilled", order, "another secret"), 401, "The signature is not good")
	says(t, c.call("shop", order, "X-Shop-Topic", "order/fulfilled"), 401, "The call is not signed")
	says(t, c.call("till", order), 404, "No system of this name")
	says(t, c.call("Shop", order), 404, "No system of this name")
	says(t, c.call("shop", strings.Repeat(" ", inbound.MostBody+1)), 413, "at most 1 MiB")
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, httptest.NewRequest("GET", InboundPath+"shop", nil))
	if w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("a GET is answered %d", w.Code)
	}
	if all := c.inbound("shop"); len(all) != 0 {
		t.Errorf("%d calls are kept", len(all))
	}
	c.api = New(Config{Store: c.store, Bot: c.bot, Clock: func() time.Time { return c.now }})
	says(t, c.call("shop", order), 404, "No system of this name")
}

func TestAStandardWebhookIsHeardOnceWithinItsWindow(t *testing.T) {
	c := newTill(t)
	c.hears(c.store)
	send := func(id string, at time.Time, body string) *httptest.ResponseRecorder {
		t.Helper()
		hook, err := webhooks.NewWebhook(crmSecret)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := hook.Sign(id, at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return c.call("crm", body, "webhook-id", id, "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", sum)
	}
	ended := c.now.Add(-time.Hour).Unix()
	told := func(what string, updated time.Time) string {
		return fmt.Sprintf(`{"id":"V-1","at":%d,"updated":%q,"what":%q}`, ended, updated.Format(time.RFC3339), what)
	}
	first, sent := told("cut", c.now), c.now
	says(t, send("msg_1", sent, first), 200, `"stored"`)
	c.now = c.now.Add(time.Minute)
	says(t, send("msg_2", c.now, told("colour", c.now)), 200, `"changed"`)
	says(t, send("msg_1", sent, first), 200, `"replayed":true`)
	says(t, send("msg_3", c.now, first), 200, `"older"`)
	c.now = c.now.Add(inbound.Window)
	says(t, send("msg_1", sent, first), 401, "The moment of the call")
	if e, err := c.store.Event(t.Context(), "crm", "V-1"); err != nil || e.Service != "colour" {
		t.Errorf("it is %+v, %v", e, err)
	}
}

func TestASystemThatCallsTooFastIsToldToWait(t *testing.T) {
	c := newTill(t)
	c.hears(c.store)
	for i := range requestsAMinute / burst {
		if w := c.calls("order/paid", strconv.Itoa(i), shopSecret); w.Code != 200 {
			t.Fatalf("call %d: %d", i, w.Code)
		}
	}
	w := c.calls("order/paid", "{}", shopSecret)
	says(t, w, 429, "too_many")
	if w.Header().Get("Retry-After") == "" {
		t.Error("it does not say how long")
	}
	says(t, c.calls("order/paid", "{}", "another secret"), 401, "")
}

func TestWhatASystemSentGoesWithWhoeverIsErased(t *testing.T) {
	c := newTill(t)
	c.hears(c.store)
	const order = `{"order":{"number":1,"shop":7,"fulfilled_at":"2026-11-27T16:42:00Z"},"customer":{"id":"C-881"}}`
	says(t, c.calls("order/fulfilled", order, shopSecret), 200, `"stored"`)
	if all := c.inbound("shop"); len(all) != 1 || !strings.Contains(all[0].Body, "C-881") {
		t.Fatalf("kept is %+v", all)
	}
	d, err := c.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"C-881"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bot.Privacy(c.bot).Erase(t.Context(), d, personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest}); err != nil {
		t.Fatal(err)
	}
	if all := c.inbound("shop"); len(all) != 1 || all[0].Body != "" {
		t.Errorf("kept is %+v", all)
	}
	// What is told of them later counts, without them, and is not kept.
	says(t, c.calls("order/fulfilled", strings.Replace(order, ":1,", ":2,", 1), shopSecret), 200, `"stored"`)
	if e, err := c.store.Event(t.Context(), "shop", "2"); err != nil || e.Customer != nil {
		t.Errorf("stored is %+v, %v", e, err)
	}
	for _, x := range c.inbound("shop") {
		if x.Body != "" {
			t.Errorf("kept is %+v", x)
		}
	}
}

// forgetful keeps no call.
type forgetful struct{ storage.Store }

func (forgetful) PutInbound(context.Context, storage.InboundCall) error {
	return context.DeadlineExceeded
}

func TestACallThatWasNotKeptIsToldOnceAllTheSame(t *testing.T) {
	c := newTill(t)
	const order = `{"order":{"number":5,"shop":7,"fulfilled_at":"2026-11-27T16:42:00Z"},"customer":{"id":"C-5"}}`
	c.hears(forgetful{c.store})
	says(t, c.calls("order/fulfilled", order, shopSecret), 500, "safe")
	c.hears(c.store)
	says(t, c.calls("order/fulfilled", order, shopSecret), 200, `{"result":"known"}`)
}
