package figures

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// TestASurveyThatChangesSpoilsWhatComparesIt: a version counts that came between the first and the last customer, or
// after the first of an experiment that runs, and only of a survey that is held against another.
func TestASurveyThatChangesSpoilsWhatComparesIt(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC) }
	surveys := invitation.Compared{Name: "words", Base: 1, Surveys: true, Usual: "long", Other: "short"}
	delays := invitation.Compared{Name: "later", Base: 1, Usual: "1h", Other: "1d"}
	version := func(flow string, n, day int) storage.FlowSource {
		return storage.FlowSource{Flow: flow, Version: n, Published: at(day)}
	}
	for name, c := range map[string]struct {
		of       invitation.Compared
		runs     bool
		versions []storage.FlowSource
		want     Republished
	}{
		"nothing":                       {surveys, true, nil, Republished{}},
		"before the first":              {surveys, true, []storage.FlowSource{version("long", 2, 1)}, Republished{}},
		"the first version":             {surveys, true, []storage.FlowSource{version("long", 1, 6)}, Republished{}},
		"in between":                    {surveys, false, []storage.FlowSource{version("long", 2, 6)}, Republished{"long", at(6)}},
		"of the other survey":           {surveys, false, []storage.FlowSource{version("short", 3, 6)}, Republished{"short", at(6)}},
		"the earliest of several":       {surveys, false, []storage.FlowSource{version("short", 3, 7), version("long", 2, 6), version("short", 4, 8)}, Republished{"long", at(6)}},
		"after the last, while it runs": {surveys, true, []storage.FlowSource{version("long", 2, 20)}, Republished{"long", at(20)}},
		"after the last, once it ended": {surveys, false, []storage.FlowSource{version("long", 2, 20)}, Republished{}},
		"of another survey":             {surveys, true, []storage.FlowSource{version("ces", 2, 6)}, Republished{}},
		"where delays are compared":     {delays, true, []storage.FlowSource{version("1h", 2, 6), version("long", 2, 6)}, Republished{}},
	} {
		var list []storage.ExperimentAsk
		for i := range 2 * Planned(1) {
			list = append(list, storage.ExperimentAsk{
				Experiment: c.of.Key(), Arm: string(invitation.Arms()[i%2]), Sent: at(5 + 5*i/(2*Planned(1))), Customer: string(rune('A' + i)), Answered: i%4 < 2,
			})
		}
		list[len(list)-1].Sent = at(10)
		var running []string
		if c.runs {
			running = []string{c.of.Key()}
		}
		all := Experiments(list, running)
		Spoil(all, c.versions)
		_, said := all[0].Difference(func(a *ExperimentArm) report.Clustered { return a.Answered })
		if all[0].Spoiled != c.want || said != (c.want.Flow == "") || all[0].Reached() != said {
			t.Errorf("%s: spoiled by %+v, want %+v; a difference is said: %v", name, all[0].Spoiled, c.want, said)
		}
	}
	all := Experiments(nil, []string{surveys.Key()})
	if Spoil(all, []storage.FlowSource{version("long", 2, 6)}); all[0].Spoiled.Flow != "" {
		t.Errorf("nobody was asked yet, and it is spoiled by %+v", all[0].Spoiled)
	}
}

// TestACustomerCountsOnceInAnExperiment asks some of them several times: each is one of those who were asked, has
// answered if they did once, and is as satisfied as they said first.
func TestACustomerCountsOnceInAnExperiment(t *testing.T) {
	of := invitation.Compared{Name: "later", Base: 1, Usual: "1h", Other: "1d"}
	var list []storage.ExperimentAsk
	for round := range 3 {
		for i := range 40 {
			x := storage.ExperimentAsk{
				Experiment: of.Key(), Arm: string(invitation.UsualArm), Sent: time.Date(2026, 3, 1+round, 12, 0, 0, 0, time.UTC), Customer: string(rune('A' + i)),
				Answered: i%4 == round || i%4 == 0,
			}
			if x.Answered {
				x.Level = 2 + 4*round // who answers again says something better
			}
			list = append(list, x)
		}
	}
	arm := Experiments(list, nil)[0].Arms[0]
	got := [5]int{arm.Customers, arm.Answered.N, arm.Answered.K, arm.Unsatisfied.N, arm.Unsatisfied.K}
	if want := [5]int{40, 40, 30, 30, 10}; got != want {
		t.Errorf("asked, who answered of whom, who was unsatisfied of whom: %v, want %v", got, want)
	}
}
