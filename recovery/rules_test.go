package recovery

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/survey"
)

func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"15m": 15 * time.Minute, "4h": 4 * time.Hour, "1h30m": 90 * time.Minute, "5d": 5 * day, "24h": day, "1d12h": 36 * time.Hour, "0m": 0, " 90s ": 90 * time.Second,
	} {
		var s Span
		if err := s.UnmarshalText([]byte(text)); err != nil || time.Duration(s) != want {
			t.Errorf("%q: %v, %v", text, time.Duration(s), err)
		}
	}
	for _, bad := range []string{"", "5", "-4h", "1.5d", "d", "-1d", "five", "99999999d", "1d-3h", "1d1d"} {
		var s Span
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, s)
		}
	}
	for s, want := range map[Span]string{Span(day): "1d", Span(90 * time.Minute): "1h30m", Span(4 * time.Hour): "4h", 0: "0m", Span(36 * time.Hour): "1d12h", Span(-time.Hour): "-1h"} {
		if s.String() != want {
			t.Errorf("%v is written %q", time.Duration(s), s)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Span(rapid.Int64Range(0, int64(1000*day)).Draw(t, "span"))
		var back Span
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Fatalf("%d: %s: %d, %v", s, s, back, err)
		}
	})
}

// Rules say only what differs; the rest is as shipped. Reading them changes nobody's.
func TestReadRules(t *testing.T) {
	before := frozen(t, DefaultRules)
	r, err := ParseRules([]byte(`{"gap": false, "sla": {"P1": {"acknowledge": "5m"}}, "chain": [{"at": 100, "to": "manager"}],
		"causes": [{"key": "wifi", "failure": "process"}], "hours": {"week": {"mon": ["09:00-17:00"]}}, "on_call": "duty"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Gap, want.SLA.P1.Acknowledge, want.OnCall = false, Span(5*time.Minute), "duty"
	want.Chain = []Step{{At: 100, To: ToManager}}
	want.Causes = []Cause{{Key: "wifi", Failure: ProcessFailure}}
	want.Hours.Week[time.Monday] = []Interval{{540, 1020}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if frozen(t, DefaultRules) != before {
		t.Error("the shipped rules changed")
	}
	if _, ok := r.cause(Unfounded); !ok {
		t.Error("unfounded stands in every list")
	}
	back, err := ParseRules([]byte(before))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(DefaultRules, back); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	for source, want := range map[string]string{
		`{`:             "read rules",
		`[]`:            "read rules",
		`{"gpa": true}`: "gpa",
		`{} {}`:         "read rules",
		`{"sla": {"P1": {"acknowledge": "90d"}}}`:                                          "sla.P1.acknowledge is 90d; use a time from 0m to 60d.",
		`{"sla": {"P1": {"acknowledge": 15}}}`:                                             "read rules",
		`{"follow_up": {"after": "2d", "close": "1d"}}`:                                    "follow_up.close is 1d",
		`{"follow_up": {"daytime": "21:00-09:00"}}`:                                        "follow_up.daytime is 21:00-09:00",
		`{"chain": [{"at": -1, "to": "lead"}]}`:                                            "chain step 1 is at -1 %",
		`{"chain": [{"at": 50, "to": "boss"}]}`:                                            `chain step 1 goes to "boss"`,
		`{"chain": [{"at": 50, "to": "lead", "for": [4]}]}`:                                "chain step 1 is for priority 4",
		`{"causes": [{"key": "", "failure": "process"}]}`:                                  "Cause 1",
		`{"causes": [{"key": "a", "failure": "x"}]}`:                                       "Cause 1",
		`{"causes": [{"key": "a", "failure": "other"}, {"key": "a", "failure": "other"}]}`: "Cause 2",
		`{"hours": {"week": {"mon": ["09:00-09:00"]}}}`:                                    "hours, mon: 09:00-09:00 is no open time",
		`{"hours": {"week": {"mon": ["24:00-02:00"]}}}`:                                    "hours, mon: 24:00-02:00 is no open time",
		`{"hours": {"week": {"mon": ["18:00-02:00", "20:00-21:00"]}}}`:                     "hours, mon: 18:00-02:00 ends on the next day; put it last",
		`{"hours": {"week": {"sat": ["18:00-02:00"], "sun": ["01:00-03:00"]}}}`:            "goes on when the next day begins at 01:00",
		`{"hours": {"week": {"mon": ["09:00-12:00", "11:00-13:00"]}}}`:                     "hours, mon: 11:00-13:00 begins before",
		`{"storm": {"cases": 1}}`:                                                          "storm.cases is 1",
		`{"storm": {"within": "2h"}}`:                                                      "storm.within is 2h",
		`{"mutes": [{}]}`:                                                                  "Mute 1",
		`{"mutes": [{"until": "2026-03-02T12:00:00Z", "week": {"sun": ["00:00-24:00"]}}]}`: "Mute 1",
		`{"digest": {"at": ["24:00"]}}`:                                                    "digest.at has 24:00",

		`{"mutes": [{"week": {` + everyDay(`["00:00-12:00"]`) + `}}, {"week": {` + everyDay(`["12:00-24:00"]`) + `}}]}`: "leave no time",
	} {
		_, err := ParseRules([]byte(source))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", source, err, want)
		}
	}
	_, err := ParseRules([]byte(`{"chain": [{"at": 50, "to": "boss"}], "storm": {"cases": 1}}`))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not all problems at once: %v", err)
	}
	if problems := DefaultRules.Check(); len(problems) > 0 {
		t.Errorf("the shipped rules: %v", problems)
	}
}

func everyDay(times string) string {
	var all []string
	for _, d := range weekdays {
		all = append(all, `"`+d+`":`+times)
	}
	return strings.Join(all, ",")
}

// Whatever the source is, it is read or refused; what was read can be used and written.
func FuzzParseRules(f *testing.F) {
	data, err := json.Marshal(DefaultRules)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"hours": {"week": {"mon": ["09:00-17:00"]}, "holidays": ["2026-12-25"]}, "chain": null}`))
	f.Fuzz(func(t *testing.T, source []byte) {
		r, err := ParseRules(source)
		if err != nil {
			return
		}
		c, _ := OpenCase(r, Case{ID: "c"}, lower, noon)
		for range 50 {
			next, ok := NextClock(r, c)
			if !ok {
				break
			}
			if next.At.Before(noon) {
				t.Fatalf("%+v before the case opened", next)
			}
			c, _, _ = Apply(r, c, ClockStruck{}, program, next.At)
		}
		r.Tell(P3, noon)
		if _, err := ParseRules([]byte(frozen(t, r))); err != nil {
			t.Fatalf("written rules are refused: %v", err)
		}
	})
}

// The rules beyond R1–R6 can be switched off too.
func TestContextRulesCanBeSwitchedOff(t *testing.T) {
	neutral := survey.Judgement{Flag: survey.Neutral, Primary: survey.Primary{Answered: true, Level: 4}}
	bad := survey.Judgement{Flag: survey.Unsatisfied, Primary: survey.Primary{Answered: true, Level: 3}}
	all := Facts{Class: survey.Transactional, Tier: MVC, Earlier: 1, Late: true}
	mvc, normal := Facts{Class: survey.Transactional, Tier: MVC}, Facts{Class: survey.Transactional}
	for _, row := range []struct {
		name  string
		off   func(*Rules)
		facts Facts
		j     survey.Judgement
		want  Decision
	}{
		{"everything on", func(*Rules) {}, all, bad, Decision{Opens: true, Priority: P1, Reasons: []Reason{PrimaryL3}, Raised: []Raise{RaiseTier, RaiseRepeat, RaiseStandard}}},
		{"no tier", func(r *Rules) { r.Tier = false }, mvc, bad, Decision{Opens: true, Priority: P3, Reasons: []Reason{PrimaryL3}}},
		{"no repeat, no standard", func(r *Rules) { r.Repeat, r.Standard = false, false }, all, bad, Decision{Opens: true, Priority: P2, Reasons: []Reason{PrimaryL3}, Raised: []Raise{RaiseTier}}},
		{"neutral MVC", func(*Rules) {}, mvc, neutral, Decision{Opens: true, Priority: P3, Reasons: []Reason{MVCNeutral}}},
		{"neutral MVC, off", func(r *Rules) { r.Neutral = false }, mvc, neutral, Decision{Watch: true, Reasons: []Reason{}}},
		{"no watch list", func(r *Rules) { r.Watch = false }, normal, neutral, Decision{Reasons: []Reason{}}},
	} {
		r := defaults()
		row.off(&r)
		if diff := cmp.Diff(row.want, Decide(r, row.facts, row.j)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

// The dry run: which cases other rules would and would not have opened.
func TestReplay(t *testing.T) {
	past := func(id string, level int, flag survey.Flag, bottom bool, tier Tier) Past {
		p := Past{
			Session: id, Facts: Facts{Class: survey.Transactional, Tier: tier},
			Judgement: survey.Judgement{Flag: flag, Settled: true, Primary: survey.Primary{Answered: true, Level: level}},
		}
		if bottom {
			p.Judgement.Bottom = []string{"speed"}
		}
		p.Was = Decide(DefaultRules, p.Facts, p.Judgement)
		return p
	}
	list := []Past{
		past("low", 1, survey.Unsatisfied, false, Normal),
		past("aspect", 6, survey.Satisfied, true, Normal),
		past("neutral", 4, survey.Neutral, false, Normal),
		past("valued", 3, survey.Unsatisfied, false, MVC),
		past("glad", 7, survey.Delighted, false, Normal),
	}
	if got := Replay(DefaultRules, list); len(got) > 0 {
		t.Errorf("the same rules differ: %+v", got)
	}
	other := defaults()
	other.Attribute, other.Watch, other.Tier = false, false, false
	changes := func(rules Rules, list []Past) string {
		var all []string
		for _, d := range Replay(rules, list) {
			all = append(all, d.Session+" "+string(d.Change))
		}
		return strings.Join(all, ", ")
	}
	if got := changes(other, list); got != "aspect would_not, neutral would_ignore, valued less_urgent" {
		t.Error(got)
	}
	for i := range list {
		list[i].Was = Decide(other, list[i].Facts, list[i].Judgement)
	}
	if got := changes(DefaultRules, list); got != "aspect would_open, neutral would_watch, valued more_urgent" {
		t.Error(got)
	}
	seen := changes(other, list) + changes(DefaultRules, list)
	for _, p := range list {
		p.Was = Decision{Opens: true, Priority: P3}
		seen += changes(other, []Past{p})
	}
	for _, c := range Changes() {
		if c != WouldIgnore && c != LessUrgent && !strings.Contains(seen, string(c)) {
			t.Errorf("no %s was seen", c)
		}
	}
}
