package triggerfile

import (
	"slices"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// experiment reads what a trigger does differently with half of its customers.
func (d *decoder) experiment(o *strictyaml.Object, t *invitation.Trigger, p *invitation.Policy) {
	at := o.At("experiment")
	switch {
	case t.Silent():
		d.FailAt(at, "This trigger opens a case and asks nobody: there is nothing to compare. Leave out experiment.")
		return
	case t.Timely():
		d.FailAt(at, "Only triggers that ask after a service, a booking or its beginning have experiments. Leave out experiment.")
		return
	}
	e, ok := d.Object(o.Get("experiment"), "an experiment", "name", "ask", "after", "base")
	if !ok {
		return
	}
	x := &invitation.Experiment{Name: t.Name, Base: invitation.UsualBase}
	if e.Has("name") {
		if x.Name, _ = d.Str(e.Get("name"), "the name"); !namePattern.MatchString(x.Name) {
			d.FailAt(e.Get("name"), "A name is at most 48 of a–z, 0–9 and -.")
		}
	}
	if slices.ContainsFunc(p.Triggers, func(other invitation.Trigger) bool { return other.Experiment != nil && other.Experiment.Name == x.Name }) {
		d.FailAt(e.At("name"), "There is an experiment %q above. Give one of them another name.", strictyaml.Short(x.Name))
	}
	if e.Has("base") {
		x.Base, _ = d.Whole(e.Get("base"), "the share that answers, in per cent,", 1, 99)
	}
	switch {
	case e.Has("ask") && e.Has("after"):
		d.FailAt(e.At("after"), "An experiment compares two surveys or two delays. Of both nobody could say which made the difference: leave one out.")
	case e.Has("ask"):
		d.otherSurvey(e, t, x)
	case e.Has("after"):
		d.otherDelay(o, e, t, x)
	default:
		d.FailAt(at, "Say what half of the customers get instead: another survey (ask), or the same one after another time (after).")
	}
	t.Experiment = x
}

// otherSurvey reads the survey that half of the customers are asked instead.
func (d *decoder) otherSurvey(e *strictyaml.Object, t *invitation.Trigger, x *invitation.Experiment) {
	n := e.Get("ask")
	x.Ask, _ = d.Str(n, "the other survey")
	switch {
	case x.Ask == "":
	case x.Ask == t.Ask:
		d.FailAt(n, "Both halves would be asked %q. Name another survey.", strictyaml.Short(x.Ask))
	case d.known.Flows != nil:
		other, ok := d.survey(n, x.Ask)
		if usual, known := d.known.Flows[t.Ask]; ok && known && usual != other {
			d.FailAt(n, "%q is of the class %s and %q of the class %s: their limits differ, so other customers would be asked. Choose one of the same class.",
				x.Ask, other, t.Ask, usual)
		}
	}
}

// otherDelay reads after which time half of the customers are asked instead.
func (d *decoder) otherDelay(o, e *strictyaml.Object, t *invitation.Trigger, x *invitation.Experiment) {
	n := e.Get("after")
	x.After = new(recovery.Span)
	d.text(n, x.After)
	switch {
	case !o.Has("after"):
		d.FailAt(e.At("after"), "Say in the trigger after which time the other half is asked: after: 1h.")
	case t.After != nil && *t.After == *x.After:
		d.FailAt(n, "Both halves would be asked after %s. Give one of them another time.", *x.After)
	}
	if *x.After > t.Stale && t.Stale > 0 && t.On != invitation.OnBooked {
		d.FailAt(n, "Half of the customers would be asked %s after the service, when it is stale after %s. Raise stale.", *x.After, t.Stale)
	}
}
