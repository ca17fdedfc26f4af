package rulefile

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	yaml "github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/aftercare/aftercare/recovery"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("recovery.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("recovery.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, source string) error {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(source))
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// everything uses each part of the format that the other examples leave out.
const everything = `
rules:
  primary: true
  composite: true
  critical: true
  complaint: true
  gap: false
  mvc_neutral: false
  watch: true
  raise_tier: true
  raise_repeat: false
  raise_standard: true
  sla:
    P1: {acknowledge: 0m, contact: 1h30m, resolve: 1d12h, idle: 90s, snooze: 60d}
    P2: {}
    P3: {acknowledge: 1.5h}
  chain: [{at: 0, to: on_call, for: P1, outside: true}, {at: 1000, to: manager}, {to: lead}]
  follow_up: {after: 0m, close: 0m, daytime: 00:00-24:00}
  causes: [{key: own, failure: none}, {key: late, name: Too late, failure: process}]
  snippets: [{name: Sorry, text: "We are sorry, {name}."}]
  texts: [{text: invitation, language: en, words: "Hello {first_name}, {n} questions."}, {text: skip, language: zh-Hans, words: 不回答}]
  currency: GBP
  hours: {week: {sat: "10:00-12:00", sun: ["00:00-01:00", "22:00-24:00"]}, holidays: [2026-02-28, 12-25, 12-24 to 01-01, "2026-12-24 to 2027-01-02 09:00-13:00"]}
  on_call: night
  storm: {cases: 0, within: 1h}
  digest: {at: ["09:00", "23:59"]}
  report: {weekly: "08:00", monthly: ["09:30"], target: 15, alarm: true, targets: [{figure: unsatisfied, at_most: 10, from: 2026-07-01, until: 2026-12-31}, {figure: top_box, at_least: 50}, {figure: answered, at_least: 30, from: "2026-07-01"}]}
  mutes:
    - {from: 2026-03-02T12:00:00Z, until: 2026-03-02T13:00:00.5-02:00}
    - {week: {wed: 00:00-01:00}}
receivers:
  night: {chats: front, staff: [amy, bob]}
  owner: {staff: amy}
routes:
  - {site: a, service: [Cut, Colour], dimension: tangibles, language: [zh, es], tier: [normal, MVC, MGC, BZ], owner: amy, priority: P1, to: night}
  - {to: [owner, lead, manager, on_call, default]}
`

func TestTheSchemaAcceptsWhatParseAccepts(t *testing.T) {
	s := compileSchema(t)
	sources := []string{"rules: {}\n", string(Shipped()), example, everything}
	for _, name := range []string{"recovery.md", "routes.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			sources = append(sources, block)
		}
	}
	for _, source := range sources {
		if _, err := Parse([]byte(source)); err != nil {
			t.Errorf("Parse refuses it: %v\n%s", err, source)
		}
		if err := validate(t, s, source); err != nil {
			t.Errorf("the schema refuses it: %v\n%s", err, source)
		}
	}
}

func TestTheSchemaRefusesBrokenFiles(t *testing.T) {
	s := compileSchema(t)
	for _, source := range []string{
		"rulse: {}",
		"[]",
		"rules: {gpa: true}",
		"rules: {gap: 7}",
		"rules: {sla: {P1: {acknowledge: 15}}}",
		"rules: {sla: {P1: {acknowledge: soon}}}",
		`rules: {sla: {P1: {acknowledge: ""}}}`,
		"rules: {sla: {P4: {}}}",
		"rules: {chain: [{at: 50, to: boss}]}",
		"rules: {chain: [{at: 5000, to: lead}]}",
		"rules: {chain: [{at: -1, to: lead}]}",
		"rules: {chain: [{at: 50}]}",
		"rules: {chain: [{at: 50, to: lead, for: [P4]}]}",
		"rules: {chain: lead}",
		"rules: {causes: [{key: a, failure: x}]}",
		"rules: {causes: [{failure: other}]}",
		"rules: {currency: euro}",
		"rules: {causes: [{key: a}]}",
		"rules: {snippets: [{name: a}]}",
		"rules: {texts: [{text: skip, language: en}]}",
		"rules: {hours: {week: {monday: [09:00-10:00]}}}",
		"rules: {hours: {week: {mon: [9-5]}}}",
		"rules: {hours: {week: {mon: [\"24:00-24:00\"]}}}",
		"rules: {hours: {holidays: [25.12.2026]}}",
		"rules: {hours: {holidays: [12-24 until 12-26]}}",
		"rules: {hours: {holidays: ['2026-12-24 9-13']}}",
		"rules: {mutes: [{}]}",
		"rules: {mutes: [{from: 2026-03-02T12:00:00Z}]}",
		"rules: {mutes: [{until: tomorrow}]}",
		"rules: {storm: {cases: 1}}",
		"rules: {storm: {cases: -2}}",
		"rules: {digest: {at: [\"24:00\"]}}",
		"rules: {report: {targets: [{at_most: 10}]}}",
		"rules: {report: {targets: [{figure: joy, at_least: 10}]}}",
		"rules: {report: {targets: [{figure: top_box, at_most: 10}]}}",
		"rules: {report: {targets: [{figure: unsatisfied, at_least: 10}]}}",
		"rules: {report: {targets: [{figure: unsatisfied, at_most: 10, at_least: 5}]}}",
		"rules: {report: {targets: [{figure: top_two, at_least: 100}]}}",
		"rules: {report: {targets: [{figure: top_two, at_least: 50, until: 2026-12-31}]}}",
		"rules: {report: {targets: [{figure: top_two, at_least: 50, from: July}]}}",
		"sites: {Main Street: {}}",
		"sites: {a: {storm: {cases: 1}}}",
		"receivers: {desk: {}}",
		"receivers: {thread: {staff: amy}}",
		"receivers: {default: {staff: amy}}",
		"receivers: {desk: {chat: [a]}}",
		"routes: [{site: [a]}]",
		"routes: [{to: []}]",
		"routes: [{dimension: kindness, to: lead}]",
		"routes: [{tier: gold, to: lead}]",
		"routes: [{priority: [P4], to: lead}]",
	} {
		if _, err := Parse([]byte(source)); err == nil {
			t.Errorf("Parse accepts %s", source)
		}
		if err := validate(t, s, source); err == nil {
			t.Errorf("the schema accepts %s", source)
		}
	}
}

// The schema names exactly the keys that the parser knows.
func TestTheSchemaHasAllKeys(t *testing.T) {
	var doc struct {
		Properties map[string]any `json:"properties"`
		Defs       map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	keysOf := func(of reflect.Type) (keys []string) {
		for f := range of.Fields() {
			if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		return keys
	}
	same := func(what string, properties map[string]json.RawMessage, want []string) {
		t.Helper()
		var got []string
		for key := range properties {
			got = append(got, key)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-parser +schema):\n%s", what, diff)
		}
	}
	for name, of := range map[string]reflect.Type{
		"rules": reflect.TypeFor[recovery.Rules](), "targets": reflect.TypeFor[recovery.Targets](), "step": reflect.TypeFor[recovery.Step](),
		"cause": reflect.TypeFor[recovery.Cause](), "mute": reflect.TypeFor[recovery.Mute](), "audience": reflect.TypeFor[recovery.Audience](),
		"route": reflect.TypeFor[recovery.Route](), "snippet": reflect.TypeFor[recovery.Snippet](), "goal": reflect.TypeFor[recovery.Goal](), "wording": reflect.TypeFor[recovery.Wording](),
	} {
		same(name, doc.Defs[name].Properties, keysOf(of))
	}
	for name, of := range map[string]reflect.Type{
		"sla": reflect.TypeFor[recovery.SLA](), "follow_up": reflect.TypeFor[recovery.FollowUp](), "hours": reflect.TypeFor[recovery.Hours](),
		"storm": reflect.TypeFor[recovery.Storm](), "digest": reflect.TypeFor[recovery.Digest](), "report": reflect.TypeFor[recovery.Report](),
	} {
		var inner struct {
			Properties map[string]json.RawMessage `json:"properties"`
		}
		if err := json.Unmarshal(doc.Defs["rules"].Properties[name], &inner); err != nil {
			t.Fatal(err)
		}
		same(name, inner.Properties, keysOf(of))
	}
	var week []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		week = append(week, weekdays[d])
	}
	slices.Sort(week)
	same("week", doc.Defs["week"].Properties, week)
}
