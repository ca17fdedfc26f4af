package triggerfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

func TestAnExperimentIsReadAsItSays(t *testing.T) {
	t.Parallel()
	p, err := triggerfile.Parse([]byte(`
triggers:
  - {name: words, ask: post_service_3, when: {service: cut}, experiment: {ask: one_tap_csat}}
  - {name: visit, ask: post_service_3, after: 1h, experiment: {name: sooner, after: 1d, base: 30}}
`))
	if err != nil {
		t.Fatal(err)
	}
	day := recovery.Span(24 * time.Hour)
	got := []*invitation.Experiment{p.Triggers[0].Experiment, p.Triggers[1].Experiment}
	want := []*invitation.Experiment{{Name: "words", Ask: "one_tap_csat", Base: 50}, {Name: "sooner", After: &day, Base: 30}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	keys := []string{"words/50/ask/post_service_3/one_tap_csat", "sooner/30/after/1h/1d"}
	for i, key := range keys {
		if c, ok := p.Triggers[i].Compares(); !ok || c.Key() != key {
			t.Errorf("%q, not %q", c.Key(), key)
		}
	}
}

func TestNothingShippedHasAnExperiment(t *testing.T) {
	t.Parallel()
	if strings.Contains(string(triggerfile.Shipped()), "experiment") {
		t.Error("an experiment is on before anybody asked for it")
	}
}

func TestAnExperimentThatShowsNothingIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	known := triggerfile.Known{Flows: map[string]survey.Class{
		"f": survey.Transactional, "g": survey.Transactional, "r": survey.Relationship, "recheck": survey.Recovery,
	}}
	for source, want := range map[string]string{
		"ask: f, experiment: {ask: f}":                       `line 2, column 39: Both halves would be asked "f"`,
		"ask: f, experiment: {ask: gg}":                      `There is no survey "gg". Did you mean "g"?`,
		"ask: f, experiment: {ask: r}":                       `"r" is of the class relationship and "f" of the class transactional`,
		"ask: f, experiment: {ask: recheck}":                 "customers are not asked by it after a service",
		"ask: f, experiment: {}":                             "Say what half of the customers get instead",
		"ask: f, experiment: {after: 1h}":                    "Say in the trigger after which time the other half is asked",
		"ask: f, after: 1h, experiment: {after: 60m}":        "Both halves would be asked after 1h",
		"ask: f, after: 1h, experiment: {after: soon}":       "a length of time is written like",
		"ask: f, after: 1h, experiment: {after: 4d}":         "4d after the service, when it is stale after 3d",
		"ask: f, after: 1h, experiment: {ask: g, after: 1d}": "Of both nobody could say which made the difference",
		"ask: f, after: 1h, experiment: {ask: g, base: 0}":   "per cent",
		"ask: f, experiment: {ask: g, name: Big Name}":       "A name is at most 48",
		"ask: f, experiment: {ask: g, arms: 3}":              `"arms" is not a key of an experiment`,
		"on: late_or_broken, experiment: {ask: g}":           "opens a case and asks nobody",
		"ask: f, every: 90d, experiment: {ask: g}":           "Only triggers that ask after a service",
		"ask: f, on: lost, experiment: {ask: g}":             "Only triggers that ask after a service",
		"ask: f, when: {service: x}, experiment: {ask: g}}\n- {name: b, ask: f, experiment: {ask: g, name: a}": `There is an experiment "a" above`,
	} {
		_, err := triggerfile.Check([]byte("triggers:\n- {name: a, "+source+"}\n"), known)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", source, err, want)
		}
	}
	if _, err := triggerfile.Check([]byte("triggers:\n- {name: a, on: booked, ask: f, after: 1h, experiment: {after: 9d}}\n"), known); err != nil {
		t.Errorf("nothing is stale of what lies ahead: %v", err)
	}
}
