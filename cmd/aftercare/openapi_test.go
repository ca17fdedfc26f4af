package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/aftercare/aftercare/access"
)

// described is the description of the API, as the binary serves it.
type described struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Parameters map[string]parameter `json:"parameters"`
	} `json:"components"`
}

type operation struct {
	Scope      string      `json:"x-scope"`
	Parameters []parameter `json:"parameters"`
	Body       *struct {
		Content map[string]struct {
			Examples map[string]struct {
				Value json.RawMessage `json:"value"`
			} `json:"examples"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]struct {
			Schema struct {
				Ref string `json:"$ref"`
			} `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

type parameter struct {
	Ref     string `json:"$ref"`
	Name    string `json:"name"`
	In      string `json:"in"`
	Example any    `json:"example"`
}

// example is one request that the description shows.
type example struct {
	name, method, path, body string
	of                       operation
}

// signed is the one address that has a signature in the place of a token: its own tests sign.
const signed = "/hooks/in/{name}"

// TestEveryExampleOfTheAPIRunsInTheRealBinary reads the description from the binary, and sends it
// everything that is shown there, on both engines. What comes back is as the description says.
func TestEveryExampleOfTheAPIRunsInTheRealBinary(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			m := newMachine(t, map[string]string{"DATABASE_URL": db.url(t)})
			m.env["PUBLIC_URL"] = "http://" + m.address
			for _, site := range []string{"main", "harbour"} {
				m.must("site", "add", site, "--name", site)
			}
			file := m.dir + "/haircut.yaml"
			write(t, file, strings.Replace(m.must("survey", "show", "one_tap_csat"), "flow: one_tap_csat", "flow: haircut", 1))
			m.must("survey", "apply", file)
			args := []string{"token", "create", "till"}
			for _, s := range access.Scopes() {
				args = append(args, "--scope", string(s))
			}
			token := strings.Fields(m.must(args...))[0]
			m.serve()
			c := &caller{t: t, base: "http://" + m.address + "/api/v1", token: token, made: map[string]string{}}
			_, whole := c.send(http.MethodGet, "/openapi.json", "")
			var d described
			here(t, json.Unmarshal(whole, &d))
			left := examplesOf(t, &d)
			if len(left) < 10 {
				t.Fatalf("%d examples: the test shows little", len(left))
			}
			c.schemas = schemasOf(t, whole)
			// What reads a thing comes behind what makes it, in whatever order they stand in the file, and before what
			// takes it away.
			for _, removing := range []bool{false, true} {
				for before := len(left) + 1; len(left) > 0 && len(left) < before; {
					before = len(left)
					left = slices.DeleteFunc(left, func(x example) bool {
						return (x.method == http.MethodDelete) == removing && c.runs(x) == ""
					})
				}
			}
			for _, x := range left {
				t.Errorf("%s %s (%s): %s", x.method, x.path, x.name, c.runs(x))
			}
		})
	}
}

// examplesOf are all requests that are shown.
func examplesOf(t *testing.T, d *described) (all []example) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			op := d.Paths[path][method]
			if path == signed {
				continue
			}
			at := path
			for _, p := range op.Parameters {
				if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
					p = d.Components.Parameters[name]
				}
				shown, err := json.Marshal(p.Example)
				if here(t, err); p.In == "path" {
					at = strings.ReplaceAll(at, "{"+p.Name+"}", strings.Trim(string(shown), `"`))
				}
			}
			if op.Body == nil {
				all = append(all, example{"alone", strings.ToUpper(method), at, "", op})
				continue
			}
			shown := op.Body.Content["application/json"].Examples
			if len(shown) == 0 {
				t.Errorf("%s %s has no example of what is sent", method, path)
			}
			for name, x := range shown {
				all = append(all, example{name, strings.ToUpper(method), at, lately(string(x.Value)), op})
			}
		}
	}
	return all
}

var moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)

// lately moves the moments of an example, so that the newest is an hour ago.
func lately(body string) string {
	newest := time.Time{}
	for _, m := range moments.FindAllString(body, -1) {
		if at, err := time.Parse(time.RFC3339, m); err == nil && at.After(newest) {
			newest = at
		}
	}
	shift := time.Until(newest) + time.Hour
	return moments.ReplaceAllStringFunc(body, func(m string) string {
		at, err := time.Parse(time.RFC3339, m)
		if err != nil {
			return m
		}
		return at.Add(-shift).Truncate(time.Second).Format(time.RFC3339)
	})
}

func schemasOf(t *testing.T, whole []byte) *jsonschema.Compiler {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(whole))
	here(t, err)
	c := jsonschema.NewCompiler()
	here(t, c.AddResource("https://care.example/openapi.json", doc))
	return c
}

// caller is another program that calls the API.
type caller struct {
	t           *testing.T
	base, token string
	schemas     *jsonschema.Compiler
	made        map[string]string // the id of what was made last below an address that names its things itself
}

// named is an address with the id of what was made, in the place of the one that is shown.
func (c *caller) named(path string) string {
	for below, id := range c.made {
		if rest, ok := strings.CutPrefix(path, below+"/"); ok && id != "" {
			_, more, deeper := strings.Cut(rest, "/")
			if path = below + "/" + id; deeper {
				path += "/" + more
			}
		}
	}
	return path
}

func (c *caller) send(method, path, body string) (*http.Response, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	here(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := http.DefaultClient.Do(r)
	here(c.t, err)
	defer w.Body.Close()
	said, err := io.ReadAll(w.Body)
	here(c.t, err)
	return w, said
}

// runs sends an example and says what is wrong with the answer.
func (c *caller) runs(x example) string {
	c.t.Helper()
	w, said := c.send(x.method, c.named(x.path), x.body)
	told, ok := x.of.Responses[strconv.Itoa(w.StatusCode)]
	if w.StatusCode >= http.StatusMultipleChoices || !ok {
		return w.Status + ": " + string(said)
	}
	if w.StatusCode == http.StatusNoContent {
		return ""
	}
	var fresh struct{ ID, Source string }
	if json.Unmarshal(said, &fresh) == nil && w.StatusCode == http.StatusCreated && fresh.Source == "" {
		c.made[x.path] = fresh.ID
	}
	media, _, _ := strings.Cut(w.Header.Get("Content-Type"), ";")
	as, ok := told.Content[media]
	if !ok {
		return "answered as " + media
	}
	if as.Schema.Ref == "" {
		return ""
	}
	schema, err := c.schemas.Compile("https://care.example/openapi.json" + as.Schema.Ref)
	here(c.t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(said))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
