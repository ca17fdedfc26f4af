package rulefile

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/recovery"
)

const example = `
rules:
  attribute: false
  sla:
    P1: {acknowledge: 5m}
  chain:
    - {at: 50, to: thread}
    - {at: 100, to: lead, for: [P1, P2]}
  causes:
    - {key: wifi, failure: process}
  hours:
    week:
      mon: ["09:00-12:30", "13:30-18:00"]
      tue: 09:00-18:00
    holidays: [2026-12-25]
  digest: {at: 09:00}
  mutes:
    - {until: 2026-03-02T12:00:00+01:00}
sites:
  main-street:
    sla:
      P1: {contact: 30m}
    hours: {holidays: ["12-24 to 12-26 09:00-13:00"]}
    chain: []
  night-shop:
    hours: {week: {}}
`

func TestSitesHaveWhatTheyChange(t *testing.T) {
	p, err := Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	want := recovery.DefaultPolicy().Rules
	want.Attribute, want.SLA.P1.Acknowledge = false, recovery.Span(5*time.Minute)
	want.Chain = []recovery.Step{{At: 50, To: recovery.ToThread}, {At: 100, To: recovery.ToLead, For: []recovery.Priority{recovery.P1, recovery.P2}}}
	want.Causes = []recovery.Cause{{Key: "wifi", Failure: recovery.ProcessFailure}}
	want.Hours.Week[time.Monday] = []recovery.Interval{{From: 540, To: 750}, {From: 810, To: 1080}}
	want.Hours.Week[time.Tuesday] = []recovery.Interval{{From: 540, To: 1080}}
	want.Hours.Holidays = []recovery.Holiday{{From: recovery.Date{Year: 2026, Month: time.December, Day: 25}, To: recovery.Date{Year: 2026, Month: time.December, Day: 25}}}
	want.Digest.At = []recovery.Minute{540}
	want.Mutes = []recovery.Mute{{Until: time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC)}}
	if diff := cmp.Diff(want, p.At("elsewhere", nil)); diff != "" {
		t.Errorf("every site (-want +got):\n%s", diff)
	}
	site := want
	site.SLA.P1.Contact, site.Chain = recovery.Span(30*time.Minute), []recovery.Step{}
	site.Hours.Holidays = []recovery.Holiday{{From: recovery.Date{Month: time.December, Day: 24}, To: recovery.Date{Month: time.December, Day: 26}, Open: recovery.Interval{From: 540, To: 780}}}
	if diff := cmp.Diff(site, p.At("main-street", nil)); diff != "" {
		t.Errorf("main-street (-want +got):\n%s", diff)
	}
	if h := p.At("night-shop", nil).Hours; !h.Always() {
		t.Errorf("a week without open times never closes: %+v", h.Week)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.At("main-street", berlin).Hours.Next(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)); got.UTC().Hour() != 8 {
		t.Errorf("the hours do not run in the site's zone: %v", got)
	}
}

func TestAnEmptyRulesSectionIsAsShipped(t *testing.T) {
	p, err := Parse([]byte("rules: {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recovery.DefaultPolicy(), p); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWrongIsSaidWithItsPlace(t *testing.T) {
	for _, c := range []struct{ source, place, message string }{
		{"", "line 1, column 1", "The file is empty."},
		{"rules:\n\tgap: true\n", "line 2, column 1", "There is a tab"},
		{"rulse: {}\n", "line 1, column 1", `"rulse" is not a key of a rule file. Did you mean "rules"?`},
		{"rules:\n  gpa: true\n", "line 2, column 3", `Did you mean "gap"?`},
		{"rules:\n  gap: true\n  gap: false\n", "line 3, column 3", "already given in line 2"},
		{"rules:\n  gap: 7\n", "line 2, column 8", "Gap is true or false."},
		{"rules:\n  sla:\n    P1: {acknowledge: 15}\n", "line 3, column 23", "a length of time"},
		{"rules:\n  sla:\n    P1: {acknowledge: 90d}\n", "line 3, column 23", "sla.P1.acknowledge is 90d"},
		{"rules:\n  sla:\n    P4: {}\n", "line 3, column 5", `"P4" is not a key of "sla"`},
		{"rules:\n  chain:\n    - {at: 50, to: boss}\n", "line 3, column 20", `"boss" is not a step of the escalation`},
		{"rules:\n  chain:\n    - {at: 5000, to: lead}\n", "line 3, column 12", "chain step 1 is at 5000 %"},
		{"rules:\n  chain:\n    - {at: 50, to: lead, for: [P4]}\n", "line 3, column 32", `"P4" is not a priority`},
		{"rules:\n  chain: lead\n", "line 2, column 10", "Chain is a list"},
		{"rules:\n  causes:\n    - {key: a, failure: x}\n", "line 3, column 25", "kind of failure"},
		{"rules:\n  causes:\n    - {key: a, failure: other}\n    - {key: a, failure: other}\n", "line 4, column 13", "Cause 2"},
		{"rules:\n  hours:\n    week: {mon: [\"09:00-09:00\"]}\n", "line 3, column 18", "is no open time"},
		{"rules:\n  hours:\n    week: {monday: [\"09:00-10:00\"]}\n", "line 3, column 12", `"monday" is not a key of a week`},
		{"rules:\n  hours:\n    week: {mon: [\"9-5\"]}\n", "line 3, column 18", "a time of day is written"},
		{"rules:\n  hours:\n    holidays: [25.12.2026]\n", "line 3, column 16", "a holiday is written"},
		{"rules:\n  mutes:\n    - {}\n", "line 3, column 7", "Mute 1 needs"},
		{"rules:\n  mutes:\n    - {until: tomorrow}\n", "line 3, column 15", "Until is a moment such as"},
		{"rules:\n  storm: {cases: 1}\n", "line 2, column 18", "storm.cases is 1"},
		{"rules:\n  follow_up: {after: 8d}\n", "line 2, column 14", "follow_up.close is 7d"},
		{"sites:\n  Main Street: {}\n", "line 2, column 3", "cannot be the id of a site"},
		{"sites:\n  a:\n    storm: {cases: 1}\n", "line 3, column 20", "storm.cases is 1"},
		{"receivers:\n  desk: {}\n", "line 2, column 3", `"desk" is nobody`},
		{"receivers:\n  desk: {chat: [a]}\n", "line 2, column 10", `"chat" is not a key`},
		{"routes:\n  - {site: [a]}\n", "line 2, column 5", "leads nowhere"},
		{"routes:\n  - {site: a, to: desk}\n", "line 2, column 19", `"desk", which is no receiver`},
		{"routes:\n  - {dimension: kindness, to: lead}\n", "line 2, column 17", `dimension "kindness"`},
		{"routes:\n  - {priority: [P4], to: lead}\n", "line 2, column 17", `"P4" is not a priority`},
		{"rules: {on_call: night}\n", "line 1, column 18", `"night" is no receiver`},
		{"rules: {}\n---\nrules: {}\n", "line 3, column 1", "one set of rules"},
		{"rules: [", "line 1, column 8", "has no \"]\" at its end"},
	} {
		_, err := Parse([]byte(c.source))
		located, ok := errors.AsType[Errors](err)
		if !ok || !strings.Contains(err.Error(), c.place) || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%q: %v, want %q and %q", c.source, err, c.place, c.message)
			continue
		}
		if c.source != "" && !strings.Contains(located[0].Excerpt, "^") {
			t.Errorf("%q: no caret in %q", c.source, located[0].Excerpt)
		}
	}
}

func TestEverythingIsReportedAtOnceAndOnlyOnce(t *testing.T) {
	_, err := Parse([]byte("rules:\n  storm: {cases: 1}\n  digest: {at: [\"24:00\"]}\nsites:\n  a: {gap: true}\n  b: {storm: {cases: 1}}\n"))
	located, _ := errors.AsType[Errors](err)
	if len(located) != 2 {
		t.Errorf("%d errors: %v", len(located), err)
	}
}

func TestRoutesLeadToReceivers(t *testing.T) {
	got, err := Parse([]byte(`
receivers:
  desk: {chats: [front, back], staff: amy}
  night: {staff: [bob]}
rules: {on_call: night}
routes:
  - {tier: MVC, priority: [P1, P2], to: [desk, owner]}
  - {site: [main-street], service: Haircut, dimension: [empathy], language: zh, owner: amy, to: lead}
  - {to: default}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := recovery.Routing{
		Receivers: map[recovery.Receiver]recovery.Audience{
			"desk": {Chats: []string{"front", "back"}, Staff: []string{"amy"}}, "night": {Staff: []string{"bob"}},
		},
		Routes: []recovery.Route{
			{Tiers: []recovery.Tier{recovery.MVC}, Priorities: []recovery.Priority{recovery.P1, recovery.P2}, To: []recovery.Receiver{"desk", recovery.ToOwner}},
			{
				Sites: []string{"main-street"}, Services: []string{"Haircut"}, Dimensions: []string{"empathy"}, Languages: []string{"zh"},
				Owners: []string{"amy"}, To: []recovery.Receiver{recovery.ToLead},
			},
			{To: []recovery.Receiver{recovery.ToDefault}},
		},
	}
	if diff := cmp.Diff(want, got.Routing); diff != "" {
		t.Error(diff)
	}
}

// FuzzParse finds no file that does more than be refused.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte("rules: &a {chain: [{at: 1}]}\nsites: {b: *a}\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		p, err := Parse(source)
		if err != nil {
			return
		}
		for site := range p.Sites {
			if problems := p.At(site, nil).Check(); len(problems) > 0 {
				t.Fatalf("%v", problems)
			}
		}
	})
}

func TestTheShippedFileSaysWhatTheShippedRulesAre(t *testing.T) {
	p, err := Parse(Shipped())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recovery.DefaultPolicy(), p); diff != "" {
		t.Errorf("(-rules +file):\n%s", diff)
	}
	for name := range reflect.TypeFor[recovery.Rules]().Fields() {
		key, _, _ := strings.Cut(name.Tag.Get("json"), ",")
		if !slices.Contains([]string{"hours", "on_call", "digest", "mutes", "report", "currency", "snippets", "texts"}, key) && !strings.Contains(shipped, "\n  "+key+":") {
			t.Errorf("the file does not show %s", key)
		}
	}
}

// Every example in the documents can be used as it stands.
func TestTheExamplesInTheDocumentsAreRules(t *testing.T) {
	found := 0
	for _, name := range []string{"recovery.md", "routes.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			found++
			if _, err := Parse([]byte(block)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if found < 2 {
		t.Errorf("only %d examples were found", found)
	}
}
