package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const crmMapping = `sign: {scheme: standard}
only: {body.type: [visit.done, visit.cancelled]}
map:
  id: body.visit.number
  state: {from: body.type, visit.done: done, visit.cancelled: cancelled}
  ended: body.visit.ended
  site: main
  service: body.visit.what
  customer.id: body.visit.who
`

// A system's webhook becomes a service; what it sent is shown with what it would become by another
// mapping; and the end of it. On both engines.
func TestASystemsWebhooksAreHeard(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			hearASystem(t, db.url(t))
		})
	}
}

func hearASystem(t *testing.T, database string) {
	m := newMachine(t, map[string]string{"DATABASE_URL": database})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main", "--name", "Main Street", "--zone", "Europe/Berlin")
	file := filepath.Join(t.TempDir(), "crm.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(crmMapping)
	secret, _, _ := strings.Cut(m.must("inbound", "add", "crm", "--map", file), "\n")
	if !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("the secret is %q", secret)
	}
	server := m.serve()
	send := func(secret, id, body string) (int, string) {
		t.Helper()
		hook, err := standard.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		sum, err := hook.Sign(id, now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+m.address+"/hooks/in/crm", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("webhook-id", id)
		req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
		req.Header.Set("webhook-signature", sum)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var said map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
			t.Fatal(err)
		}
		result, _ := said["result"].(string)
		if replayed, _ := said["replayed"].(bool); replayed {
			result += " again"
		}
		return resp.StatusCode, result
	}
	ended := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	visit := func(kind string) string {
		return `{"type":"visit.` + kind + `","visit":{"number":7,"ended":"` + ended + `","what":"cut","who":"C-7","secret words":"nobody's business"}}`
	}
	for _, x := range []struct {
		secret, id, body string
		status           int
		result           string
	}{
		{secret, "msg_1", visit("done"), 200, "stored"},
		{secret, "msg_1", visit("done"), 200, "stored again"},
		{secret, "msg_2", visit("paid"), 200, "ignored"},
		{secret, "msg_3", `{"type":"visit.done","visit":{"ended":"` + ended + `"}}`, 422, ""},
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_4", visit("cancelled"), 401, ""},
		{secret, "msg_5", visit("cancelled"), 200, "changed"},
	} {
		if status, result := send(x.secret, x.id, x.body); status != x.status || result != x.result {
			t.Errorf("%s is answered %d %q, want %d %q", x.id, status, result, x.status, x.result)
		}
	}
	if out := m.must("event", "show", "crm", "7"); !strings.Contains(out, `"cancelled"`) || !strings.Contains(out, `"C-7"`) || !strings.Contains(out, `"cut"`) {
		t.Errorf("stored is %s", out)
	}
	log := m.must("inbound", "log", "crm")
	for _, want := range []string{"stored", "ignored", "refused", "changed", "/id: "} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q: %s", want, log)
		}
	}
	// Another mapping: what stands there is read by it, and the server follows.
	write(strings.Replace(crmMapping, "visit.done, visit.cancelled]", "visit.paid]", 1))
	if err := os.WriteFile(file+".json", []byte(visit("done")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := m.must("inbound", "check", file, "--body", file+".json"); !strings.Contains(out, "not looked at") {
		t.Errorf("the check says %s", out)
	}
	m.must("inbound", "set", "crm", "--map", file)
	for deadline, n := time.Now().Add(patience), 0; ; n++ {
		if _, result := send(secret, "msg_set_"+strconv.Itoa(n), visit("done")); result == "ignored" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server goes on by the mapping of before")
		}
		time.Sleep(20 * time.Millisecond)
	}
	// Another secret beside the one of before, and the end of it.
	next, _, _ := strings.Cut(m.must("inbound", "rotate", "crm"), "\n")
	untilStatus := func(what, secret string, want int) {
		t.Helper()
		for deadline, n := time.Now().Add(patience), 0; ; n++ {
			status, _ := send(secret, "msg_"+what+"_"+strconv.Itoa(n), `{"type":"visit.none"}`)
			if status == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("waited in vain for %s: it is answered %d", what, status)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	untilStatus("rotated", next, 200)
	untilStatus("before", secret, 200)
	m.must("inbound", "disable", "crm")
	untilStatus("disabled", next, 404)
	m.must("inbound", "enable", "crm")
	untilStatus("enabled", next, 200)
	m.must("inbound", "remove", "crm")
	untilStatus("removed", next, 404)
	server.stop()
	for _, x := range []string{secret, next, "nobody's business"} {
		if strings.Contains(server.log.String(), x) {
			t.Errorf("the log holds %q:\n%s", x, server.log)
		}
	}
}

func TestASystemIsMadeAsItsPageSays(t *testing.T) {
	c := newConsole(t, nil)
	file := filepath.Join(c.dir, "shop.yaml")
	write := func(name, text string) string {
		t.Helper()
		at := filepath.Join(c.dir, name)
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	write("shop.yaml", "sign: {scheme: bearer}\nmap:\n  id: body.id\n  service: body.what\n  sight: main\n")
	c.refuses(1, `no member "sight"`, "inbound", "check", file)
	c.refuses(1, `no member "sight"`, "inbound", "add", "shop", "--map", file)
	write("shop.yaml", "sign: {scheme: bearer}\nmap:\n  id: body.id\n  service: body.what\n")
	if out := c.must("inbound", "check", file); !strings.Contains(out, "fills 2 members") {
		t.Errorf("the check says %s", out)
	}
	if out := c.must("inbound", "check", file, "--body", write("body.json", `{"id":5,"what":"cut"}`)); !strings.Contains(out, `"id": "5"`) {
		t.Errorf("the check says %s", out)
	}
	c.refuses(1, "body is not JSON", "inbound", "check", file, "--body", write("body.json", `{id`))
	c.refuses(2, "NAME: VALUE", "inbound", "check", file, "--body", file, "--header", "x")
	c.refuses(2, "the name cannot be taken", "inbound", "add", "My Shop", "--map", file)
	c.refuses(2, "12 to 500", "inbound", "add", "shop", "--map", file, "--secret-file", write("secret", "short\n"))
	if out := c.must("inbound", "list"); !strings.Contains(out, "No system is heard yet") {
		t.Errorf("the list says %s", out)
	}
	if out := c.must("inbound", "add", "shop", "--map", file, "--secret-file", write("secret", "as the shop gave it\n")); !strings.HasPrefix(out, "as the shop gave it\n") || !strings.Contains(out, "/hooks/in/shop") {
		t.Errorf("it says %s", out)
	}
	c.refuses(2, "there is one of this name", "inbound", "add", "shop", "--map", file)
	if out := c.must("inbound", "show", "shop"); !strings.Contains(out, "service: body.what") {
		t.Errorf("it shows %s", out)
	}
	if out := c.must("inbound", "list"); !strings.Contains(out, "/hooks/in/shop") || strings.Contains(out, "as the shop gave it") {
		t.Errorf("the list says %s", out)
	}
	if out := c.must("inbound", "log", "shop"); !strings.Contains(out, "No good call") {
		t.Errorf("the log says %s", out)
	}
	for _, command := range [][]string{{"show", "till"}, {"log", "till"}, {"rotate", "till"}, {"disable", "till"}, {"remove", "till"}, {"set", "till", "--map", file}} {
		c.refuses(1, `there is no system "till"`, append([]string{"inbound"}, command...)...)
	}
}
