package triggerfile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

func TestTheShippedFileIsWhatHoldsWithoutOne(t *testing.T) {
	t.Parallel()
	p, err := triggerfile.Parse(triggerfile.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(invitation.Usual(), p); d != "" {
		t.Error(d)
	}
}

func TestNoHourIsQuietByEitherWord(t *testing.T) {
	t.Parallel()
	for _, quiet := range []string{"none", "{hours: none}", `"none"`} {
		p, err := triggerfile.Parse([]byte("contact: {quiet: " + quiet + "}"))
		if err != nil || p.Contact.Quiet != (recovery.Interval{}) {
			t.Errorf("quiet: %s is %v, %v", quiet, p.Contact.Quiet, err)
		}
	}
}

func TestAFileIsReadAsItSays(t *testing.T) {
	t.Parallel()
	p, err := triggerfile.Parse([]byte(`
triggers:
  - name: after-visit
    when: {service: [haircut, colour], event.channel: walk_in, not: {event.price: {below: 20}}}
    ask: post_service_3
    after: 1h30m
    sample: 50
    language: site
    by: telegram
  - {name: before, on: booked, ask: expect_perceive}
contact:
  classes: {transactional: {every: 14d}}
  quiet: {hours: none, zone: site}
  consent: contract
  reminder: {times: 0}
sites:
  night-shop:
    contact: {quiet: {hours: "04:00-12:00"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	twenty, after := 20.0, recovery.Span(90*time.Minute)
	want := []invitation.Trigger{
		{
			Name: "after-visit", On: invitation.OnDone, Ask: "post_service_3", After: &after, Stale: invitation.UsualStale, Sample: 50,
			Language: invitation.OfSite, By: []invitation.Way{invitation.Telegram},
			When: &invitation.When{All: []invitation.When{
				{Field: "service", Is: []string{"haircut", "colour"}},
				{Field: "event.channel", Is: []string{"walk_in"}},
				{Not: &invitation.When{Field: "event.price", Below: &twenty}},
			}},
		},
		{
			Name: "before", On: invitation.OnBooked, Ask: "expect_perceive", Stale: invitation.UsualStale, Sample: 100,
			Language: invitation.OfCustomer, By: invitation.Ways(),
		},
	}
	if d := cmp.Diff(want, p.Triggers); d != "" {
		t.Error(d)
	}
	day := recovery.Span(24 * time.Hour)
	if got := p.Contact.Classes[survey.Transactional]; got != (invitation.Clock{Every: 14 * day, Flow: 30 * day}) {
		t.Errorf("the clock is %+v", got)
	}
	if got := p.Sites["night-shop"]; got.Quiet != (recovery.Interval{From: 240, To: 720}) || got.Remind != 0 || !got.QuietSite || got.Consent[0] != "contract" {
		t.Errorf("the site's is %+v", got)
	}
}

func TestWhatIsWrongIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	known := triggerfile.Known{Sites: []string{"main"}, Flows: map[string]survey.Class{"post_service_3": survey.Transactional, "recheck": survey.Recovery}}
	for source, want := range map[string]string{
		"triggers:\n- {name: a, ask: post_servce_3}":                                           `line 2, column 18: There is no survey "post_servce_3". Did you mean "post_service_3"?`,
		"triggers:\n- {name: a, ask: recheck}":                                                 "line 2, column 18: \"recheck\" is of the class recovery",
		"triggers:\n- {name: a, ask: post_service_3, afer: 1h}":                                `"afer" is not a key of a trigger. Did you mean "after"?`,
		"triggers:\n- {name: a, ask: post_service_3, after: soon}":                             `a length of time is written like`,
		"triggers:\n- {name: a, ask: post_service_3, after: 4d}":                               `Raise stale`,
		"triggers:\n- {name: a, ask: post_service_3, sample: 0}":                               `line 2, column 42: `,
		"triggers:\n- {name: a, ask: post_service_3}\n- {name: a, ask: post_service_3}":        `There is a trigger "a" above`,
		"triggers:\n- {name: a, ask: post_service_3}\n- {name: b, ask: post_service_3}":        `"b" never asks`,
		"triggers:\n- {name: a, ask: post_service_3, when: {site: man}}":                       `There is no site "man". Did you mean "main"?`,
		"triggers:\n- {name: a, ask: post_service_3, when: {servise: x}}":                      `Did you mean "service"?`,
		"triggers:\n- {ask: post_service_3}":                                                   `needs "name"`,
		"triggers:\n- {name: a}":                                                               `needs "ask"`,
		"triggers:\n- {name: a, ask: post_service_3, by: telegrm}":                             `Did you mean "telegram"?`,
		"contact: {quiet: {hours: \"00:00-24:00\"}}":                                           "nobody would ever be asked",
		"contact: {classes: {transactionl: {every: 1d}}}":                                      `Did you mean "transactional"?`,
		"contact: {consent: marketing}":                                                        `"marketing" is not a basis`,
		"sites: {other: {contact: {}}}":                                                        `There is no site "other"`,
		"triggers:\n- {name: a, ask: post_service_3, on: finished}":                            `"finished" is not what a trigger waits for`,
		"triggers:\n- {name: a, ask: post_service_3, when: {event.x: {beneath: 3}}}":           `"beneath" is not a key of a limit`,
		"contact: {open_case: wait}":                                                           `is not what happens while a case is open`,
		"":                                                                                     "Start it with",
		"triggers:\n- {name: \"Big Name\", ask: post_service_3}":                               "A name is at most 48",
		"triggers:\n- {name: a, ask: post_service_3, when: {any: [{service: x}, {what: {}}]}}": `"what" is nothing that a condition looks at`,
	} {
		_, err := triggerfile.Check([]byte(source), known)
		var all triggerfile.Errors
		if !errors.As(err, &all) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nis refused by %v, want %s", source, err, want)
		}
	}
}

// Triggers that wait for time are read, and what belongs to others is refused where it stands.
func TestTriggersThatWaitForTimeAreRead(t *testing.T) {
	p, err := triggerfile.Parse([]byte(`
triggers:
  - {name: quarterly, every: 90d, who: {events: {at_least: 2, within: 180d}}, ask: six_measures, per_day: 200, between: {week: {tue: ["14:00-17:00", "10:00-12:00"], thu: "08:00-10:00"}}}
  - {name: gone, on: lost, ask: lost_customer}
  - {name: visit, ask: one_tap_csat}
`))
	if err != nil {
		t.Fatal(err)
	}
	q, gone := p.Triggers[0], p.Triggers[1]
	if q.On != invitation.OnTime || q.Every.String() != "90d" || q.AtLeast != 2 || q.Within.String() != "180d" || q.PerDay != 200 || !q.Timely() {
		t.Errorf("%+v", q)
	}
	hours := recovery.Week{2: {{From: 600, To: 720}, {From: 840, To: 1020}}, 4: {{From: 480, To: 600}}}
	if d := cmp.Diff(hours, q.Between); d != "" {
		t.Error(d)
	}
	if gone.On != invitation.OnLost || gone.Intervals != 3 || gone.Stale.String() != "30d" || p.Triggers[2].Timely() {
		t.Errorf("%+v", gone)
	}
	for source, want := range map[string]string{
		"every: 1h":                                 "every day at most",
		"every: 90d, on: done":                      "Leave one of the two out",
		"every: 90d, after: 1h":                     "leave out after",
		"intervals: 3":                              "only of triggers on lost",
		"per_day: 3":                                "only of triggers that ask every so often",
		"on: lost, who: {}":                         "only of triggers that ask every so often",
		"on: lost, intervals: 1":                    "intervals",
		"every: 90d, who: {event: 1}":               "event",
		"between: {week: {tue: [\"10:00-12:00\"]}}": "only of triggers that ask every so often",
		"every: 90d, between: {}":                   "the hours of each day",
		"every: 90d, between: {week: {tuesday: [\"10:00-12:00\"]}}":                     "tuesday",
		"every: 90d, between: {week: {tue: [\"ten\"]}}":                                 "line 2",
		"every: 90d, between: {week: {tue: [\"10:00-12:00\", \"11:00-13:00\"]}}":        "overlap",
		"every: 90d, between: {week: {tue: [\"22:00-23:00\"], thu: [\"06:00-09:00\"]}}": "All of these hours are quiet",
	} {
		_, err := triggerfile.Parse([]byte("triggers:\n  - {name: a, ask: f, " + source + "}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", source, err, want)
		}
	}
}

// A trigger that opens a case where nothing is heard is read, with the standards that services have;
// what belongs to triggers that ask is refused where it stands.
func TestTriggersThatOpenCasesAreRead(t *testing.T) {
	t.Parallel()
	p, err := triggerfile.Parse([]byte(`
standards:
  - {service: [haircut, colour], measure: duration_min, at_least: 45}
  - {measure: wait_min, at_most: 10}
triggers:
  - {name: usual, when: {service: haircut}, on: late_or_broken}
  - {name: unheard, on: late_or_broken, wait: 24h, stale: 1d, open: {priority: P1}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if x := p.Triggers[0]; !x.Silent() || x.Wait.String() != "2d" || x.Open != recovery.P3 || x.Stale != invitation.UsualStale || x.Ask != "" {
		t.Errorf("%+v", x)
	}
	if x := p.Triggers[1]; x.Wait.String() != "1d" || x.Open != recovery.P1 || x.Stale.String() != "1d" {
		t.Errorf("%+v", x)
	}
	if s := p.Standards; len(s) != 2 || len(s[0].Service) != 2 || s[0].Limit() != "at least 45" || s[1].Service != nil || s[1].Limit() != "at most 10" {
		t.Errorf("%+v", s)
	}
	for source, want := range map[string]string{
		"triggers:\n- {name: a, on: late_or_broken, ask: f}":                          "asks nobody: leave out ask",
		"triggers:\n- {name: a, on: late_or_broken, after: 1h}":                       "asks nobody: leave out after",
		"triggers:\n- {name: a, on: late_or_broken, wait: 0h}":                        "write 48h",
		"triggers:\n- {name: a, on: late_or_broken, open: {priority: P4}}":            `"P4" is not a priority`,
		"triggers:\n- {name: a, on: late_or_broken, open: P1}":                        "line 2, column 39",
		"triggers:\n- {name: a, ask: f, wait: 1h}":                                    `"wait" is only of triggers on late_or_broken`,
		"triggers:\n- {name: a, ask: f, open: {priority: P1}}":                        `"open" is only of triggers on late_or_broken`,
		"triggers:\n- {name: a, on: late_or_broken, every: 30d}":                      "Leave one of the two out",
		"triggers:\n- {name: a, on: late_or_broken}\n- {name: b, on: late_or_broken}": `"b" never opens a case`,
		"standards:\n- {at_least: 4}":                                                 `needs "measure"`,
		"standards:\n- {measure: Duration, at_least: 4}":                              "begins with a letter",
		"standards:\n- {measure: duration_min}":                                       "Say what the measure has to be",
		"standards:\n- {measure: duration_min, at_least: 5, at_most: 4}":              "Nothing is at least 5 and at most 4",
		"standards:\n- {measure: duration_min, at_lest: 5}":                           `Did you mean "at_least"?`,
		"standards: 3": "standards",
	} {
		_, err := triggerfile.Parse([]byte(source))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", source, err, want)
		}
	}
}
