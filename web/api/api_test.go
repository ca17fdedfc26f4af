package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// till is another system that uses the API of an installation with two sites.
type till struct {
	t      *testing.T
	store  storage.Store
	bot    *bot.Bot
	api    http.Handler
	asking *asking.Asking
	desk   *desk
	now    time.Time
	n      int
}

func newTill(t *testing.T) *till {
	t.Helper()
	c := &till{t: t, now: time.Date(2026, 11, 27, 17, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return c.now }
	store, err := sqlite.Open(t.Context(), sqlitetest.New(t, 4), sqlite.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for id, name := range map[string]string{"main": "Main Street", "harbour": "Harbour"} {
		if err := store.PutSite(t.Context(), storage.Site{ID: id, Name: name, Zone: "Europe/Berlin", Language: "en", Created: c.now}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := store.Publish(t.Context(), "haircut", "id: haircut\n", c.now); err != nil {
		t.Fatal(err)
	}
	b, err := bot.New(t.Context(), bot.Config{
		Store: store, Key: []byte("0123456789abcdef0123456789abcdef"), Parse: flowfile.Parse, Format: flowfile.Format, Templates: flowfile.Templates,
		Policy: rulefile.Parse, PublicURL: "https://care.example", Clock: clock, Traits: map[chat.Platform]chat.Traits{chat.Telegram: {}, chat.Web: {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	c.store, c.bot = store, b
	c.asking = asking.New(asking.Config{Store: store, Bot: b, Clock: clock})
	c.desk = &desk{}
	c.api = New(Config{Store: store, Bot: b, Asking: c.asking, Endpoints: c.desk, Reports: counted{}, Clock: clock})
	return c
}

// counted are reports in which nothing was counted: what pages show has its tests where pages are.
type counted struct{}

func (counted) Names() []string { return []string{"recovery"} }

func (counted) Asks(string) []string { return nil }

func (counted) Report(_ context.Context, name string, _ figures.ReportReader, q url.Values) (figures.Report, error) {
	return figures.Report{
		Name: name, State: figures.ReportEmpty, From: q.Get("from"), To: q.Get("to"), Finding: "Nothing was found.",
		Tables: []figures.ReportTable{{ID: "steps", Columns: []string{"key", "n"}, Rows: [][]any{{"opened", nil}}}},
	}, nil
}

// token makes a token with these scopes at these sites.
func (c *till) token(sites []string, scopes ...access.Scope) string {
	c.t.Helper()
	value := signin.NewAPIToken()
	hash, _ := signin.HashAPIToken(value)
	c.n++
	x := storage.Token{ID: value[:12], Name: "till", Hash: hash, Sites: sites, Made: c.now, Expires: c.now.Add(90 * 24 * time.Hour)}
	for _, s := range scopes {
		x.Scopes = append(x.Scopes, string(s))
	}
	if err := c.store.PutToken(c.t.Context(), x, storage.Audit{}); err != nil {
		c.t.Fatal(err)
	}
	return value
}

// ask sends a request and checks that what is answered is as openapi.yaml says of it.
func (c *till) ask(method, path, token, body string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	if w.Code >= 400 {
		fits(c.t, "Problem", w.Body.Bytes())
	}
	return w
}

// problem is what a request is refused with.
func (c *till) problem(method, path, token, body string, status int) map[string]any {
	c.t.Helper()
	w := c.ask(method, path, token, body)
	var p map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != status {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	return p
}

var schemas = func() *jsonschema.Compiler {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(descriptionJSON()))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://care.example/openapi.json", doc); err != nil {
		panic(err)
	}
	return c
}()

// fits checks JSON against a schema of openapi.yaml.
func fits(t *testing.T, schema string, data []byte) {
	t.Helper()
	s, err := schemas.Compile("https://care.example/openapi.json#/components/schemas/" + schema)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v: %s", schema, err, data)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("this is no %s: %v\n%s", schema, err, data)
	}
}

// described is openapi.yaml as the tests read it.
type described struct {
	Paths map[string]map[string]struct {
		OperationID string         `json:"operationId"`
		Scope       string         `json:"x-scope"`
		Parameters  []parameter    `json:"parameters"`
		Body        *content       `json:"requestBody"`
		Responses   map[string]any `json:"responses"`
	} `json:"paths"`
	Components struct {
		Parameters map[string]parameter `json:"parameters"`
		Schemas    map[string]struct {
			Examples []any             `json:"examples"`
			Enum     []string          `json:"enum"`
			XWords   map[string]string `json:"x-words"`
			Props    map[string]struct {
				Enum []string `json:"enum"`
			} `json:"properties"`
		} `json:"schemas"`
	} `json:"components"`
}

type parameter struct {
	Ref     string `json:"$ref"`
	Name    string `json:"name"`
	In      string `json:"in"`
	Example any    `json:"example"`
}

type content struct {
	Content map[string]struct {
		Examples map[string]struct {
			Value json.RawMessage `json:"value"`
		} `json:"examples"`
	} `json:"content"`
}

func read(t *testing.T) described {
	t.Helper()
	var d described
	if err := json.Unmarshal(descriptionJSON(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryAddressIsDescribedAndTheOtherWayRound(t *testing.T) {
	d := read(t)
	of := map[string]access.Scope{}
	for _, r := range routes {
		of[strings.ToLower(r.method)+" "+r.path] = r.scope
	}
	of["post "+InboundPath+"{name}"] = "" // which has a signature in the place of a token
	for path, methods := range d.Paths {
		for method, op := range methods {
			scope, ok := of[method+" "+path]
			if !ok || string(scope) != op.Scope {
				t.Errorf("%s %s is described with the scope %q and has %q", method, path, op.Scope, scope)
			}
			delete(of, method+" "+path)
			if op.Responses["4XX"] == nil || op.Responses["5XX"] == nil || op.OperationID == "" {
				t.Errorf("%s %s lacks its name or its problems", method, path)
			}
		}
	}
	for left := range of {
		t.Errorf("%s is not described", left)
	}
	var said, have []string
	for _, x := range codes {
		have = append(have, string(x.code))
	}
	said = d.Components.Schemas["Problem"].Props["code"].Enum
	if !slices.Equal(said, have) {
		t.Errorf("the problems are %v, described %v", have, said)
	}
	scopes := d.Components.Schemas["Scope"]
	for _, s := range access.Scopes() {
		if !slices.Contains(scopes.Enum, string(s)) || scopes.XWords[string(s)] == "" {
			t.Errorf("the scope %s is not described", s)
		}
	}
	if len(scopes.Enum) != len(access.Scopes()) {
		t.Errorf("described are the scopes %v", scopes.Enum)
	}
}

func TestEveryExampleOfASchemaFitsIt(t *testing.T) {
	for name, s := range read(t).Components.Schemas {
		if len(s.Examples) == 0 {
			t.Errorf("%s has no example", name)
		}
		for _, x := range s.Examples {
			data, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			fits(t, name, data)
		}
	}
}

// TestEveryExampleRuns sends what the description shows, with the parameters that it shows,
// in the order of the file's operations that write before those that read.
func TestEveryExampleRuns(t *testing.T) {
	c, d := newTill(t), read(t)
	token := c.token(nil, access.Scopes()...)
	for _, r := range routes {
		op := d.Paths[r.path][strings.ToLower(r.method)]
		at := base + r.path
		for _, p := range op.Parameters {
			if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
				p = d.Components.Parameters[name]
			}
			example, _ := json.Marshal(p.Example)
			if p.In == "path" {
				at = strings.ReplaceAll(at, "{"+p.Name+"}", strings.Trim(string(example), `"`))
			}
		}
		bodies := map[string]string{"": ""}
		if op.Body != nil {
			bodies = map[string]string{}
			for name, x := range op.Body.Content["application/json"].Examples {
				bodies[name] = string(x.Value)
			}
		}
		if len(bodies) == 0 {
			t.Errorf("%s %s has no example of what is sent", r.method, r.path)
		}
		for name, body := range bodies {
			w := c.ask(r.method, at, token, body)
			said, _ := op.Responses[itoa(w.Code)].(map[string]any)
			if w.Code >= 300 || said == nil {
				t.Errorf("%s %s (%s): %d: %s", r.method, at, name, w.Code, w.Body)
				continue
			}
			media, _ := said["content"].(map[string]any)
			answer, _ := media["application/json"].(map[string]any)
			schema, _ := answer["schema"].(map[string]any)
			if ref, ok := schema["$ref"].(string); ok {
				fits(t, strings.TrimPrefix(ref, "#/components/schemas/"), w.Body.Bytes())
			} else if name == "many" {
				fits(t, "EventAnswerList", w.Body.Bytes())
			} else if w.Code == http.StatusNoContent {
				continue
			} else if kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); media[kind] == nil {
				t.Errorf("%s %s is answered as %s", r.method, at, w.Header().Get("Content-Type"))
			}
		}
	}
}

// TestEverythingThatEndpointsAreToldIsDescribed compares the catalogue with what can be told.
func TestEverythingThatEndpointsAreToldIsDescribed(t *testing.T) {
	var d struct {
		Webhooks map[string]any `json:"webhooks"`
	}
	if err := json.Unmarshal(descriptionJSON(), &d); err != nil {
		t.Fatal(err)
	}
	for _, n := range append(storage.AllNews(), storage.Ping) {
		if d.Webhooks[string(n)] == nil {
			t.Errorf("%s is not described", n)
		}
		delete(d.Webhooks, string(n))
	}
	for left := range d.Webhooks {
		t.Errorf("%s is described, and nobody is told of it", left)
	}
	ping := bot.PingNews(time.Now())
	if err := newsSchema(t, "test.ping").Validate(jsonOf(t, ping.Text)); err != nil {
		t.Error(err)
	}
}

// newsSchema is that of the body of some news.
func newsSchema(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	s, err := schemas.Compile("https://care.example/openapi.json#/webhooks/" + kind + "/post/requestBody/content/application~1json/schema")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func jsonOf(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// TestEachScopeOpensItsOwnAddresses tries every address with every scope alone.
func TestEachScopeOpensItsOwnAddresses(t *testing.T) {
	c := newTill(t)
	for _, scope := range access.Scopes() {
		token := c.token(nil, scope)
		for _, r := range routes {
			at := base + strings.NewReplacer("{", "", "}", "").Replace(r.path)
			w := c.ask(r.method, at, token, "")
			if may := r.scope == "" || r.scope == scope; may == (w.Code == http.StatusForbidden) {
				t.Errorf("%s alone: %s %s is answered with %d", scope, r.method, r.path, w.Code)
			}
			if w := c.ask(r.method, at, "", ""); w.Code != http.StatusUnauthorized {
				t.Errorf("without a token %s %s is answered with %d", r.method, r.path, w.Code)
			}
		}
	}
}

// mistyped is another letter.
func mistyped(letter string) string {
	if letter == "x" {
		return "y"
	}
	return "x"
}

func TestOnlyAGoodTokenOpensAnything(t *testing.T) {
	c := newTill(t)
	good := c.token([]string{"main"}, access.ReadFlows)
	if w := c.ask("GET", "/api/v1/token", good, ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"sites":["main"]`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for what, token := range map[string]string{"none": "", "words": "hello", "a typing error": good[:20] + mistyped(good[20:21]) + good[21:], "another": signin.NewAPIToken()} {
		if w := c.ask("GET", "/api/v1/token", token, ""); w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	if p := c.problem("GET", "/api/v1/token?access_token="+good, good, "", 401); !strings.Contains(p["detail"].(string), "address") {
		t.Errorf("a token in the address: %v", p)
	}
	c.now = c.now.Add(91 * 24 * time.Hour)
	if p := c.problem("GET", "/api/v1/token", good, "", 401); !strings.Contains(p["detail"].(string), "ran out") {
		t.Errorf("after its time: %v", p)
	}
	other := c.token(nil)
	if err := c.store.EndToken(t.Context(), other[:12], c.now, storage.Audit{}); err != nil {
		t.Fatal(err)
	}
	if p := c.problem("GET", "/api/v1/token", other, "", 401); !strings.Contains(p["detail"].(string), "ended") {
		t.Errorf("ended: %v", p)
	}
	list, err := c.store.TokenList(t.Context())
	if err != nil || !slices.ContainsFunc(list, func(x storage.Token) bool { return x.ID == good[:12] && !x.Used.IsZero() }) {
		t.Errorf("nobody wrote that it was used: %v, %v", list, err)
	}
}

func TestATokenIsUsedOnlySoFast(t *testing.T) {
	c := newTill(t)
	a, b := c.token(nil), c.token(nil)
	for i := range requestsAMinute / burst {
		if w := c.ask("GET", "/api/v1/token", a, ""); w.Code != 200 || w.Header().Get("RateLimit-Policy") == "" {
			t.Fatalf("request %d: %d", i, w.Code)
		}
	}
	w := c.ask("GET", "/api/v1/token", a, "")
	if w.Code != 429 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Header().Get("RateLimit"), `"requests";r=0;t=12`) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := c.ask("GET", "/api/v1/token", b, ""); w.Code != 200 {
		t.Errorf("another token is held up: %d", w.Code)
	}
	for range 2 * strangersASecond {
		c.ask("GET", "/api/v1/token", signin.NewAPIToken(), "")
	}
	if w := c.ask("GET", "/api/v1/token", signin.NewAPIToken(), ""); w.Code != 429 {
		t.Errorf("who guesses is answered with %d", w.Code)
	}
	if w := c.ask("GET", "/api/v1/token", b, ""); w.Code != 200 {
		t.Errorf("who guesses locks others out: %d", w.Code)
	}
	c.now = c.now.Add(time.Second)
	if w := c.ask("GET", "/api/v1/token", a, ""); w.Code != 200 {
		t.Errorf("after a second: %d", w.Code)
	}
}

func TestWhatIsNotThereIsAProblemWithItsNumber(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.ReadFlows)
	c.problem("GET", "/api/v1/nothing", token, "", 404)
	c.problem("GET", "/api/v1/flows/nothing", token, "", 404)
	c.problem("GET", "/api/v1/flows/haircut/versions/2", token, "", 404)
	c.problem("GET", "/api/v1/flows/haircut/versions/x", token, "", 404)
	if w := c.ask("DELETE", "/api/v1/flows", token, ""); w.Code != 405 || w.Header().Get("Allow") != "GET" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	r := httptest.NewRequest("GET", "/api/v1/nothing", nil)
	r.Header.Set("X-Request-Id", "mine-1")
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	if w.Header().Get("X-Request-Id") != "mine-1" || !strings.Contains(w.Body.String(), `"request_id":"mine-1"`) {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	for _, x := range codes {
		if w := c.ask("GET", "/problems/"+string(x.code), "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), x.help) {
			t.Errorf("%s: %d", x.code, w.Code)
		}
	}
	for at, media := range map[string]string{"/api/v1/openapi.yaml": "application/yaml", "/api/v1/openapi.json": "application/json"} {
		if w := c.ask("GET", at, "", ""); w.Code != 200 || w.Header().Get("Content-Type") != media {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
}

func TestHostileJSONHasAPlace(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":1,"a":2}`:              "#/a duplicate",
		`{"a":{"b":1,"b":1}}`:        "#/a/b duplicate",
		`{"a":}`:                     "#/a syntax",
		`{"a":1`:                     "# syntax",
		`{"a":1} {}`:                 "# syntax",
		"{\"a\":\"\xff\"}":           "# encoding",
		strings.Repeat("[", 100_000): "#" + strings.Repeat("/0", maxDepth) + " too_deep",
		`{"a/b~":{"a":1,"a":1}}`:     "#/a~1b~0/a duplicate",
	} {
		_, f := parse([]byte(body))
		if f == nil || f.Pointer+" "+f.Code != want {
			t.Errorf("%.40s: %v, want %s", body, f, want)
		}
	}
	if _, f := parse([]byte("{\n  \"a\": tru\n}")); f == nil || !strings.Contains(f.Detail, "line 2, column 6") {
		t.Errorf("%v", f)
	}
	v, f := parse([]byte("\xef\xbb\xbf{\"a\": [1, \"x\", true, null]}"))
	if f != nil || len(v.members["a"].items) != 4 || v.members["a"].items[1].at != "#/a/1" {
		t.Errorf("%v %v", v, f)
	}
}
