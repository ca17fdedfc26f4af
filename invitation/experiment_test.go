package invitation_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// comparing is a policy whose trigger has an experiment.
func comparing(x invitation.Experiment) invitation.Policy {
	p := invitation.Usual()
	hour := recovery.Span(time.Hour)
	x.Name, x.Base = "x", 50
	p.Triggers = []invitation.Trigger{{
		Name: "visit", On: invitation.OnDone, Ask: "f", After: &hour, Stale: invitation.UsualStale, Sample: 100, By: invitation.Ways(), Experiment: &x,
	}}
	p.Draw = invitation.DrawBy([]byte("house"))
	return p
}

// anySurvey says that there is every survey, g after two hours of its own.
func anySurvey(id string) (invitation.Flow, bool) {
	delay := map[string]time.Duration{"f": time.Minute, "g": 2 * time.Hour}[id]
	return invitation.Flow{ID: id, Class: survey.Transactional, Delay: delay}, true
}

func TestHalfOfTheCustomersAreInEachArm(t *testing.T) {
	t.Parallel()
	const n = 100_000
	draw := invitation.DrawBy([]byte("house"))
	other, both := 0, 0
	for i := range n {
		customer := fmt.Sprint("C-", i)
		a, b := draw("first", customer), draw("second", customer)
		if a == invitation.OtherArm {
			other++
		}
		if a == b {
			both++
		}
	}
	// Five standard deviations: once in 1.7 million houses by chance.
	bound := 5 * math.Sqrt(n) / 2
	if d := math.Abs(float64(other) - n/2); d > bound {
		t.Errorf("%d of %d are in the other arm", other, n)
	}
	if d := math.Abs(float64(both) - n/2); d > bound {
		t.Errorf("%d of %d are in the same arm of two experiments: one tells of the other", both, n)
	}
}

// TestACustomerStaysInTheirArm holds the draw to what it was: a release that draws otherwise would move people.
func TestACustomerStaysInTheirArm(t *testing.T) {
	t.Parallel()
	got := ""
	draw, again := invitation.DrawBy([]byte("house")), invitation.DrawBy([]byte("house"))
	for i := range 16 {
		customer := fmt.Sprint("C-", i)
		if draw("x", customer) != again("x", customer) {
			t.Fatalf("%s is in both arms", customer)
		}
		got += string(draw("x", customer)[0])
	}
	if want := "uooooouuoouuooou"; got != want {
		t.Errorf("drawn %s, were %s", got, want)
	}
	same := 0
	for i := range 1000 {
		if customer := fmt.Sprint("C-", i); draw("x", customer) == invitation.DrawBy([]byte("another"))("x", customer) {
			same++
		}
	}
	if same < 400 || same > 600 {
		t.Errorf("with another key %d of 1000 are drawn alike", same)
	}
}

func TestAnArmIsAskedItsSurveyOrAfterItsDelay(t *testing.T) {
	t.Parallel()
	later := recovery.Span(24 * time.Hour)
	for _, x := range []invitation.Experiment{{Ask: "g"}, {After: &later}} {
		p := comparing(x)
		arms := map[invitation.Arm]int{}
		for i := range 100 {
			e := invitation.Event{State: "done", At: noon, Told: noon}
			got := p.Plan(e, invitation.Customer{ID: fmt.Sprint("C-", i)}, anySurvey)
			flow, after := "f", time.Hour
			switch {
			case got.Arm == invitation.OtherArm && x.Ask != "":
				flow = "g"
			case got.Arm == invitation.OtherArm:
				after = 24 * time.Hour
			}
			if got.Flow != flow || !got.Due.Equal(noon.Add(after)) {
				t.Errorf("%s is asked %s at %s", got.Arm, got.Flow, got.Due)
			}
			if of, ok := invitation.ComparedBy(got.Experiment); !ok || of.Key() != got.Experiment || of.Of(got.Arm) != map[bool]string{true: flow, false: recovery.Span(after).String()}[of.Surveys] {
				t.Errorf("%q says %+v", got.Experiment, of)
			}
			arms[got.Arm]++
		}
		if len(arms) != 2 || arms[invitation.UsualArm] < 30 || arms[invitation.OtherArm] < 30 {
			t.Errorf("arms: %v", arms)
		}
	}
}

// TestTwoSurveysAreAskedAfterTheSameTime: where the trigger says no delay, that of the usual survey is of both arms.
func TestTwoSurveysAreAskedAfterTheSameTime(t *testing.T) {
	t.Parallel()
	p := comparing(invitation.Experiment{Ask: "g"})
	p.Triggers[0].After = nil
	for i := range 20 {
		e := invitation.Event{State: "done", At: noon, Told: noon}
		if got := p.Plan(e, invitation.Customer{ID: fmt.Sprint("C-", i)}, anySurvey); !got.Due.Equal(noon.Add(time.Minute)) {
			t.Errorf("%s is due at %s", got.Flow, got.Due)
		}
	}
}

func TestWhatDiffersIsAnotherExperiment(t *testing.T) {
	t.Parallel()
	hour, day := recovery.Span(time.Hour), recovery.Span(24*time.Hour)
	at := invitation.Trigger{Name: "visit", Ask: "f", After: &hour}
	seen := map[string]bool{}
	for _, x := range []invitation.Experiment{
		{Name: "x", Base: 50, Ask: "g"}, {Name: "y", Base: 50, Ask: "g"}, {Name: "x", Base: 30, Ask: "g"}, {Name: "x", Base: 50, Ask: "h"}, {Name: "x", Base: 50, After: &day},
	} {
		at.Experiment = &x
		c, ok := at.Compares()
		if !ok || seen[c.Key()] {
			t.Errorf("%q is another experiment, too", c.Key())
		}
		seen[c.Key()] = true
	}
	at.Ask = "e"
	at.Experiment = &invitation.Experiment{Name: "x", Base: 50, Ask: "g"}
	if c, _ := at.Compares(); seen[c.Key()] {
		t.Error("the usual survey was changed, and it is the same experiment")
	}
}

// TestWhoAnsweredOneArmsSurveyAnsweredTheOther: else who answered the usual one before would be left in peace in one
// arm alone, and the arms would not be asked of the same people.
func TestWhoAnsweredOneArmsSurveyAnsweredTheOther(t *testing.T) {
	t.Parallel()
	for _, flow := range []string{"f", "g"} {
		_, _, f := asking()
		p := comparing(invitation.Experiment{Ask: "g"})
		f.Flow.ID = flow
		at := noon.Add(-20 * day)
		f.Past = []invitation.Past{{At: at, Ended: at, Flow: "f", Class: survey.Transactional, Site: "main", Day: at.Format(time.DateOnly), State: invitation.Completed}}
		if d := p.Decide(p.Triggers[0], f); d.Reason != invitation.RecentlyFlow {
			t.Errorf("who would be asked %s: %s", flow, d.Reason)
		}
	}
}

func TestAnExperimentEndsWithOneArmForEverybody(t *testing.T) {
	t.Parallel()
	hour, later := recovery.Span(time.Hour), recovery.Span(24*time.Hour)
	at := invitation.Trigger{Ask: "f", After: &hour, Experiment: &invitation.Experiment{Ask: "g"}}
	if of := at.Keep(invitation.OtherArm); of.Ask != "g" || *of.After != hour || of.Experiment != nil {
		t.Errorf("%+v", of)
	}
	if of := at.Keep(invitation.UsualArm); of.Ask != "f" || of.Experiment != nil {
		t.Errorf("%+v", of)
	}
	at.Experiment = &invitation.Experiment{After: &later}
	if of := at.Keep(invitation.OtherArm); of.Ask != "f" || *of.After != later {
		t.Errorf("%+v", of)
	}
}
