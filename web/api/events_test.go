package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/storage"
)

const haircut = `{"source":"booking","id":"A-1","site":"main","service":"haircut","ended":"2026-11-27T17:42:00+01:00","customer":{"id":"C-1","first_name":"Anna"}}`

func (c *till) answer(method, path, token, body string, status int) map[string]any {
	c.t.Helper()
	w := c.ask(method, path, token, body)
	var m map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &m); w.Code != status || err != nil {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	return m
}

func TestTheSameEventAgainChangesNothingAndAnotherIsRefusedWithBoth(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.WriteEvents)
	if a := c.answer("POST", "/api/v1/events", token, haircut, 201); a["result"] != "stored" {
		t.Errorf("%v", a)
	}
	if a := c.answer("POST", "/api/v1/events", token, haircut, 200); a["result"] != "known" {
		t.Errorf("%v", a)
	}
	if x, err := c.store.Customer(t.Context(), "C-1"); err != nil || x.Name != "Anna" {
		t.Errorf("the customer is %v, %v", x, err)
	}
	other := strings.Replace(haircut, "haircut", "colour", 1)
	p := c.problem("POST", "/api/v1/events", token, other, 409)
	if p["stored"].(map[string]any)["service"] != "haircut" || p["sent"].(map[string]any)["service"] != "colour" || fmt.Sprint(p["differs"]) != "[service]" {
		t.Errorf("%v", p)
	}
	many := `{"events":[` + strings.Replace(haircut, "A-1", "A-2", 1) + `,` + other + `]}`
	if p := c.problem("POST", "/api/v1/events", token, many, 409); p["pointer"] != "#/events/1" {
		t.Errorf("%v", p)
	}
	c.problem("GET", "/api/v1/events/booking/A-2", token, "", 404)
	many = `{"events":[` + strings.Replace(haircut, "A-1", "A-2", 1) + `,` + other + `,{"source":"booking"}]}`
	w := c.ask("POST", "/api/v1/events?partial=true", token, many)
	fits(t, "EventAnswerList", w.Body.Bytes())
	for _, want := range []string{`"result":"stored"`, `"differs":["service"]`, `"result":"refused"`, `"#/events/2/id"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
	c.answer("GET", "/api/v1/events/booking/A-2", token, "", 200)
}

func TestAnEventIsChangedOnPurpose(t *testing.T) {
	c := newTill(t)
	token := c.token([]string{"main"}, access.WriteEvents)
	const at = "/api/v1/events/booking/A-1"
	event := func(a map[string]any) map[string]any { return a["event"].(map[string]any) }
	c.problem("PATCH", at, token, `{"staff":"mei"}`, 404)
	c.answer("PUT", at, token, `{"state":"booked","booked":"2026-11-27T18:00:00+01:00"}`, 201) // at the one site of the token
	c.answer("PUT", at, token, haircut, 200)
	// What comes late never has a service that is over begin again.
	if a := event(c.answer("PUT", at, token, `{"state":"booked","booked":"2026-11-27T18:00:00+01:00"}`, 200)); a["state"] != "done" {
		t.Errorf("%v", a)
	}
	if a := event(c.answer("PATCH", at, token, `{"staff":"mei","service":null,"customer":{"first_name":"Ann"}}`, 200)); a["staff"] != "mei" || a["service"] != nil ||
		fmt.Sprint(a["customer"]) != "map[first_name:Ann id:C-1]" {
		t.Errorf("%v", a)
	}
	c.problem("PATCH", at, token, `{"id":"A-2"}`, 422)
	c.problem("PATCH", at, token, `{"ended":"yesterday"}`, 422)
	c.problem("PUT", at, token, strings.Replace(haircut, "A-1", "A-2", 1), 422)
	if a := event(c.answer("POST", at+"/cancel", token, `{"reason":"ill"}`, 200)); a["state"] != "cancelled" || a["reason"] != "ill" {
		t.Errorf("%v", a)
	}
	if a := event(c.answer("PATCH", at, token, `{"state":"reopened"}`, 200)); a["state"] != "reopened" {
		t.Errorf("%v", a)
	}
	// Another site's event is none.
	harbour := c.token([]string{"harbour"}, access.WriteEvents)
	for _, r := range []struct{ method, at, body string }{
		{"GET", at, ""},
		{"PUT", at, `{"ended":"2026-11-27T17:42:00+01:00"}`},
		{"PATCH", at, `{}`},
		{"DELETE", at, ""},
		{"POST", at + "/cancel", `{}`},
		{"POST", "/api/v1/events", strings.Replace(haircut, `"main"`, `"harbour"`, 1)},
	} {
		c.problem(r.method, r.at, harbour, r.body, 404)
	}
	if w := c.ask("DELETE", at, token, ""); w.Code != 204 {
		t.Errorf("removed: %d %s", w.Code, w.Body)
	}
	c.problem("DELETE", at, token, "", 404)
}

func TestEveryMistakeOfAnEventHasItsPlace(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.WriteEvents)
	for from, to := range map[string][2]string{
		`"main"`:            {`"mian"`, `#/site unknown_site There is no site "mian". Did you mean "main"?`},
		`+01:00"`:           {`"`, `#/ended no_zone 2026-11-27T17:42:00 has no zone. Write 2026-11-27T17:42:00+01:00 for Main Street.`},
		`2026-11-27T17:42`:  {`2026-11-28T17:42`, `#/ended future`},
		`2026-11`:           {`2016-11`, `# too_old`},
		`"service"`:         {`"serivce"`, `#/serivce unknown There is no member "serivce" here. Did you mean "service"?`},
		`"A-1"`:             {`10442`, `#/id type This is a number; write it as a string: "10442".`},
		`"booking"`:         {`"Booking 1"`, `#/source source`},
		`{"id":"C-1",`:      {`{`, `#/customer/id missing`},
		`"haircut"`:         {`"` + strings.Repeat("x", 201) + `"`, `#/service too_long`},
		`"Anna"}`:           {`"Anna","reach":[{"telegram":"1","web":""}]}`, `#/customer/reach/0 reach`},
		`"Anna"}}`:          {`"Anna"},"attributes":{"late":true}}`, `#/attributes/late reserved`},
		`"first_name":`:     {`"zone":"Mars/Olympus","first_name":`, `#/customer/zone zone`},
		`"service":`:        {`"state":"finished","service":`, `#/state unknown_value`},
		`,"customer"`:       {`,"amount":{"value":25.5,"currency":"EUR"},"customer"`, `#/amount/value type`},
		`"ended":"2026-11-`: {`"started":"2026-11-27T17:50:00+01:00","ended":"2026-11-`, `#/ended order`},
		`"C-1"`:             {`"C\u0000"`, `#/customer/id control`},
	} {
		p := c.problem("POST", "/api/v1/events", token, strings.Replace(haircut, from, to[0], 1), 422)
		all := ""
		for _, f := range p["errors"].([]any) {
			f := f.(map[string]any)
			all += fmt.Sprintln(f["pointer"], f["code"], f["detail"])
		}
		if !strings.Contains(all, to[1]) {
			t.Errorf("%s → %s: want %s in\n%s", from, to[0], to[1], all)
		}
	}
	for body, status := range map[string]int{
		`[]`: 422, `{"events":{}}`: 422, `{"events":[], "more":1}`: 422, `"x"`: 422,
		`{"events":[` + strings.Repeat("1,", 1000) + `1]}`: 413,
	} {
		c.problem("POST", "/api/v1/events", token, body, status)
	}
	if w := c.ask("POST", "/api/v1/events", token, `{"id":"`+strings.Repeat("x", maxBody)+`"}`); w.Code != 413 {
		t.Errorf("a body that is too large: %d", w.Code)
	}
}

// TestAThousandEventsAreOneCall sends as many as one call takes, and no more of them than a
// token may tell in a minute.
func TestAThousandEventsAreOneCall(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.WriteEvents)
	call := func(from int) string {
		var b strings.Builder
		for i := range maxEvents {
			fmt.Fprintf(&b, `,{"source":"till","id":"%d","site":"main","ended":"2026-11-27T16:00:00Z","customer":{"id":"C-%d"}}`, from+i, i%300)
		}
		return `{"events":[` + b.String()[1:] + `]}`
	}
	began := time.Now()
	w := c.ask("POST", "/api/v1/events", token, call(0))
	t.Logf("1,000 events in %v", time.Since(began))
	if n := strings.Count(w.Body.String(), `"stored"`); w.Code != 200 || n != 1000 {
		t.Fatalf("%d: %d are stored", w.Code, n)
	}
	c.answer("POST", "/api/v1/events", token, call(1000), 200)
	if w := c.ask("POST", "/api/v1/events", token, call(2000)); w.Code != 429 || w.Header().Get("Retry-After") != "6" {
		t.Errorf("beyond the limit: %d %v", w.Code, w.Header())
	}
}

// What another system goes on to tell of somebody who was erased counts, and brings nobody back:
// not their key, nor their name, nor what is free to say anything.
func TestWhoWasErasedIsNotBroughtBackByAnEvent(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.WriteEvents)
	told := strings.Replace(haircut, `"customer"`, `"attributes":{"note":"Anna"},"promised":{"by":"2026-11-27T18:00:00+01:00","words":"Anna's"},"reason":"Anna was ill","customer"`, 1)
	c.answer("POST", "/api/v1/events", token, told, 201)
	d, err := c.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"C-1"}})
	if err != nil || len(d.Events) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	r, err := bot.Privacy(c.bot).Erase(t.Context(), d, personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest})
	if err != nil || r.Erased.Events != 1 {
		t.Fatalf("%+v, %v", r.Erased, err)
	}
	const at = "/api/v1/events/booking/A-1"
	again := func(method, at, body string, status int) {
		t.Helper()
		c.answer(method, at, token, body, status)
		if w := c.ask("GET", "/api/v1/events/booking/A-1", token, ""); strings.Contains(w.Body.String(), "Anna") || strings.Contains(w.Body.String(), "C-1") || !strings.Contains(w.Body.String(), "haircut") {
			t.Errorf("%s %s: %s", method, at, w.Body)
		}
		if _, err := c.store.Customer(t.Context(), "C-1"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: the customer is back: %v", method, err)
		}
	}
	if a := c.answer("POST", "/api/v1/events", token, told, 201); a["not_asked"].(map[string]any)["reason"] != "erased" {
		t.Errorf("%v", a)
	}
	again("POST", "/api/v1/events", told, 200)
	again("PUT", at, told, 200)
	again("PATCH", at, `{"customer":{"id":"C-1","first_name":"Anna"},"attributes":{"note":"Anna"}}`, 200)
}
