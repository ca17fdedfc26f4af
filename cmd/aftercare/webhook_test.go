package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

// told is an endpoint that keeps what it was told and whether the signature was good.
type told struct {
	*httptest.Server
	mu     sync.Mutex
	secret string
	status int // that it answers; 0 = 204
	all    []toldOne
}

type toldOne struct {
	ID, Type, Body string
	Replay, Good   bool
	Data           map[string]any
}

func newTold(t *testing.T) *told {
	e := &told{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		one := toldOne{ID: r.Header.Get("webhook-id"), Body: string(body), Replay: r.Header.Get("aftercare-replay") == "true"}
		var said struct {
			Type string
			Data map[string]any
		}
		_ = json.Unmarshal(body, &said)
		one.Type, one.Data = said.Type, said.Data
		if hook, err := standard.NewWebhook(e.secret); err == nil {
			one.Good = hook.Verify(body, r.Header) == nil
		}
		e.all = append(e.all, one)
		w.WriteHeader(max(e.status, http.StatusNoContent))
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *told) answers(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = status
}

// wait waits until what it was told holds what is looked for.
func (e *told) wait(t *testing.T, what string, ok func([]toldOne) bool) []toldOne {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		e.mu.Lock()
		all := slices.Clone(e.all)
		e.mu.Unlock()
		if ok(all) {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s; it was told %+v", what, all)
		}
	}
}

func types(all []toldOne) (out []string) {
	for _, x := range all {
		out = append(out, x.Type)
	}
	return out
}

// What a customer's low answer makes of an endpoint: it is told in order, signed, without words and
// names; what it does not take comes again; and the log, replay, a new secret and the end of it.
func TestAnEndpointIsToldWhatHappens(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			tellAnEndpoint(t, db.url(t))
		})
	}
}

func tellAnEndpoint(t *testing.T, database string) {
	tg := telegramtest.New(t)
	ann := tg.NewUser("Ann Lee", "en")
	m := newMachine(t, map[string]string{"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main-street", "--name", "Main Street", "--zone", "Europe/Berlin")
	crm := newTold(t)
	var made endpointView
	if err := json.Unmarshal([]byte(m.must("webhook", "add", "crm", "--url", crm.URL+"/in", "--allow-private", "--json")), &made); err != nil || !strings.HasPrefix(made.Secret, "whsec_") {
		t.Fatalf("%+v, %v", made, err)
	}
	crm.secret = made.Secret
	if out := m.must("webhook", "test", "crm"); !strings.Contains(out, "It took test.ping: 204") {
		t.Errorf("the test says %q", out)
	}
	server := m.serve()
	connected(tg, "poll")
	link := m.invite("--flow", "post_service_3", "--site", "main-street", "--customer", "C-881", "--event", "service_name=haircut")
	ann.Start(link.Token)
	crm.answers(http.StatusInternalServerError)
	pickOption(ann, ann.Chat().WaitText("Overall, how satisfied or dissatisfied were you with your haircut?"), 1)
	crm.wait(t, "a try that fails", func(all []toldOne) bool { return slices.Contains(types(all), "case.opened") })
	untilIt(t, m, "it answered 500", "webhook", "log", "crm") // a try stands in the log once its answer was read
	server.kill()                                             // what was not taken outlives the process
	crm.answers(0)
	server = m.serve()
	pickOption(ann, openQuestion(ann, 2), 3)
	pickOption(ann, openQuestion(ann, 3), 4)
	ann.Chat().WaitText("What went wrong")
	ann.Send("It took two hours.")
	all := crm.wait(t, "the answer in words, after all before it", func(all []toldOne) bool {
		return slices.ContainsFunc(all, func(x toldOne) bool { return x.Type == "answer.created" && x.Data["kind"] == "text" })
	})
	first := map[string]string{}
	catalogue := catalogueOf(t, m)
	for _, x := range all {
		if err := catalogue(x.Type, x.Body); err != nil {
			t.Errorf("%s is not as the catalogue says: %v: %s", x.Type, err, x.Body)
		}
		if !x.Good || x.ID == "" {
			t.Errorf("%s is not signed as the standard says: %+v", x.Type, x)
		}
		if before, again := first[x.ID]; again && before != x.Body {
			t.Errorf("%s comes again with another body: %s, then %s", x.ID, before, x.Body)
		}
		first[x.ID] = x.Body
		if strings.Contains(x.Body, "two hours") || strings.Contains(x.Body, "Ann") {
			t.Errorf("words or names go out that nobody asked for: %s", x.Body)
		}
		if c, ok := x.Data["customer"].(map[string]any); x.Type != "test.ping" && x.Type != "flow.published" && (!ok || c["id"] != "C-881") {
			t.Errorf("%s does not say whom it is about: %s", x.Type, x.Body)
		}
	}
	for _, want := range []string{"test.ping", "answer.created", "case.opened"} {
		if !slices.Contains(types(all), want) {
			t.Errorf("it was not told of %s: %v", want, types(all))
		}
	}
	if log := m.must("webhook", "log", "crm"); !strings.Contains(log, "it answered 500") || !strings.Contains(log, "204") || strings.Contains(log, made.Secret) {
		t.Errorf("the log says %s", log)
	}

	// Once more, under the same id, marked.
	again := all[len(all)-1]
	if out := m.must("webhook", "replay", "crm", "--message", again.ID); !strings.Contains(out, "once more: 1") {
		t.Errorf("the replay says %q", out)
	}
	crm.wait(t, "the replay", func(all []toldOne) bool {
		return slices.ContainsFunc(all, func(x toldOne) bool { return x.Replay && x.ID == again.ID && x.Body == again.Body && x.Good })
	})

	// Who signs with another secret goes on signing with the one of before.
	m.must("webhook", "rotate", "crm")
	m.must("webhook", "test", "crm")
	crm.wait(t, "a ping that is good by the secret of before", func(all []toldOne) bool {
		return all[len(all)-1].Type == "test.ping" && all[len(all)-1].Good
	})

	// An endpoint that wants no more is left in peace.
	crm.answers(http.StatusGone)
	m.must("webhook", "replay", "crm", "--message", again.ID)
	untilIt(t, m, "off: it answered 410", "webhook", "list")
	m.must("webhook", "enable", "crm")
	m.must("webhook", "disable", "crm")
	m.must("webhook", "remove", "crm")
	if out := m.must("webhook", "list"); !strings.Contains(out, "no endpoint yet") {
		t.Errorf("a removed endpoint is listed: %s", out)
	}
	server.stop()
	if strings.Contains(server.log.String(), made.Secret) || strings.Contains(server.log.String(), "two hours") {
		t.Errorf("the log holds a secret or words:\n%s", server.log)
	}
}

// catalogueOf checks bodies against what the server says of them in its openapi.json.
func catalogueOf(t *testing.T, m *machine) func(kind, body string) error {
	t.Helper()
	resp, err := http.Get("http://" + m.address + "/api/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := jsonschema.UnmarshalJSON(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://care.example/openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return func(kind, body string) error {
		s, err := c.Compile("https://care.example/openapi.json#/webhooks/" + kind + "/post/requestBody/content/application~1json/schema")
		if err != nil {
			return err
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}
}

// untilIt runs a command until it says something.
func untilIt(t *testing.T, m *machine, says string, command ...string) {
	t.Helper()
	out := ""
	defer func() {
		if !strings.Contains(out, says) {
			t.Logf("%v says %s", command, out)
		}
	}()
	eventually(t, fmt.Sprintf("%v to say %q", command, says), func() bool {
		out = m.must(command...)
		return strings.Contains(out, says)
	})
}

func TestEndpointsAreMadeAsTheirPageSays(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main Street")
	c.refuses(2, "it must begin with https://", "webhook", "add", "crm", "--url", "http://example.com/in")
	c.refuses(2, "public network", "webhook", "add", "crm", "--url", "https://10.0.0.1/in")
	c.refuses(2, "there is no event", "webhook", "add", "crm", "--url", "https://example.com/in", "--event", "case.gone")
	c.refuses(1, "there is no site", "webhook", "add", "crm", "--url", "https://example.com/in", "--site", "elsewhere")
	c.refuses(1, "there is no endpoint", "webhook", "test", "crm")
	out := c.must("webhook", "add", "crm", "--url", "https://example.com/in", "--event", "case.opened,case.closed", "--site", "main", "--include", "words")
	if !strings.HasPrefix(out, "whsec_") {
		t.Fatalf("it prints %q", out)
	}
	list := c.must("webhook", "list")
	for _, want := range []string{"crm", "https://example.com/in", "case.opened, case.closed, with words, of main"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q: %s", want, list)
		}
	}
	if strings.Contains(list, strings.TrimSpace(strings.Split(out, "\n")[0])) {
		t.Errorf("the list shows the secret: %s", list)
	}
	if got := c.must("webhook", "log", "crm"); !strings.Contains(got, "Nothing was sent") {
		t.Errorf("the log says %q", got)
	}
	c.refuses(2, "either --message", "webhook", "replay", "crm", "--message", "msg_1", "--failed")
	c.refuses(1, "is not kept", "webhook", "replay", "crm", "--message", "msg_1")
}
