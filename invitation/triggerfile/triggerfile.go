// Package triggerfile reads the file in which an organisation says whom it asks by itself:
// triggers.yaml. The format is described in docs/asking.md.
//
// Under `triggers:` stand who is asked after which services; the first that matches asks. Under
// `standards:` stands what measures of services have to be. Under `contact:` stand the limits that
// leave customers in peace; what is left out is as shipped. Under `sites:` stand sites with limits
// of their own.
package triggerfile

import (
	_ "embed"
	"encoding"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// Error is one thing that is wrong with a file of triggers, and where.
type Error = strictyaml.Error

// Errors is everything that was found in one file, in the order of the file.
type Errors = strictyaml.Errors

//go:embed shipped.yaml
var shipped string

// Shipped returns the file that says what holds while none is published.
func Shipped() []byte { return []byte(strings.Clone(shipped)) }

// Known is what a file may name. The zero value does not look.
type Known struct {
	Sites []string
	Flows map[string]survey.Class
}

var (
	namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,47}$`)
	keyPattern  = regexp.MustCompile(`^event\.[a-z][a-z0-9_]{0,39}$`)
	bases       = []string{"contract", "consent", "legitimate_interest"}
)

// Bases are those on which somebody may be asked.
func Bases() []string { return slices.Clone(bases) }

// Parse reads a file of triggers. An error is of type Errors, which holds an *Error for
// everything found.
func Parse(source []byte) (invitation.Policy, error) { return Check(source, Known{}) }

// Check is Parse that also finds sites and surveys that there are not.
func Check(source []byte, known Known) (invitation.Policy, error) {
	p, found := Read(source, known)
	if len(found) > 0 {
		return invitation.Policy{}, found
	}
	return p, nil
}

// Read is Check of a file that is being written: beside what is wrong it returns what could be read.
// A trigger that is no mapping is left out.
func Read(source []byte, known Known) (invitation.Policy, Errors) {
	d := &decoder{
		Reader: strictyaml.New(source, strictyaml.File{
			Name: "a file of triggers", Holds: "set of triggers", Empty: "Start it with \"triggers:\".",
		}),
		known: known,
	}
	p := invitation.Usual()
	if root := d.Load(source); root != nil {
		d.policy(root, &p)
	}
	found, _ := errors.AsType[Errors](d.Err())
	return p, found
}

type decoder struct {
	*strictyaml.Reader
	known Known
}

func (d *decoder) policy(root ast.Node, p *invitation.Policy) {
	o, ok := d.Object(root, "a file of triggers", "triggers", "standards", "contact", "sites")
	if !ok {
		return
	}
	if o.Has("contact") {
		d.contact(o.Get("contact"), &p.Contact)
	}
	if o.Has("standards") {
		d.standards(o.Get("standards"), p)
	}
	if o.Has("triggers") {
		d.triggers(o.Get("triggers"), p)
	}
	if !o.Has("sites") {
		return
	}
	entries, _ := d.Mapping(o.Get("sites"), "the sites")
	p.Sites = make(map[string]invitation.Contact, len(entries))
	for _, e := range entries {
		d.site(e.At, e.Key)
		c := p.Contact
		c.Classes = maps.Clone(c.Classes)
		if site, ok := d.Object(e.Value, "a site", "contact"); ok && site.Has("contact") {
			d.contact(site.Get("contact"), &c)
		}
		p.Sites[e.Key] = c
	}
}

// site checks the id of a site.
func (d *decoder) site(n ast.Node, id string) {
	if d.known.Sites != nil && !slices.Contains(d.known.Sites, id) {
		d.FailAt(n, "There is no site %q. %s", strictyaml.Short(id), strictyaml.Meant(id, d.known.Sites))
	}
}

func (d *decoder) triggers(n ast.Node, p *invitation.Policy) {
	nodes, ok := d.List(n, "triggers")
	if !ok {
		return
	}
	always := map[invitation.On]string{} // what asks after everything, by what it waits for
	for _, at := range nodes {
		o, ok := d.Object(at, "a trigger", "name", "on", "when", "ask", "after", "stale", "sample", "language", "by", "every", "who", "per_day", "intervals", "between", "wait", "open", "experiment")
		if !ok {
			continue
		}
		t := invitation.Trigger{On: invitation.OnDone, Stale: invitation.UsualStale, Sample: invitation.UsualSample, Language: invitation.OfCustomer, By: invitation.Ways()}
		d.named(o, &t, p)
		if o.Has("on") {
			if s, ok := d.Word(o.Get("on"), "what a trigger waits for", append(texts(invitation.Ons()), string(invitation.OnLost))...); ok {
				t.On = invitation.On(s)
			}
		}
		d.timely(o, &t)
		d.silent(o, &t)
		if o.Has("between") && !p.Contact.Leaves(&t) {
			d.FailAt(o.Get("between"), "All of these hours are quiet (%s): nobody would ever be asked.", p.Contact.Quiet)
		}
		if o.Has("when") {
			t.When = d.when(o.Get("when"))
		}
		if !t.Silent() {
			d.asks(o, &t)
		}
		if o.Has("after") {
			t.After = new(recovery.Span)
			d.text(o.Get("after"), t.After)
		}
		if o.Has("stale") {
			d.text(o.Get("stale"), &t.Stale)
		}
		if t.After != nil && *t.After > t.Stale && t.Stale > 0 && t.On != invitation.OnBooked && !t.Timely() {
			d.FailAt(o.At("after"), "It would be asked %s after the service, when it is stale after %s. Raise stale.", *t.After, t.Stale)
		}
		if o.Has("sample") {
			if i, ok := d.Whole(o.Get("sample"), "the sample, in per cent,", 1, 100); ok {
				t.Sample = i
			}
		}
		d.manner(o, &t)
		if o.Has("experiment") {
			d.experiment(o, &t, p)
		}
		before, hidden := always[t.On]
		switch {
		case hidden && t.Silent():
			d.FailAt(o.At("name"), "%q never opens a case: %q stands before it and watches all of these services. Put it first.", t.Name, before)
		case hidden && !t.Timely():
			d.FailAt(o.At("name"), "%q never asks: %q stands before it and asks after all of these services. Put it first.", t.Name, before)
		}
		if t.When == nil {
			always[t.On] = t.Name
		}
		p.Triggers = append(p.Triggers, t)
	}
}

// timely reads what is of triggers that wait for time, and of no others.
func (d *decoder) timely(o *strictyaml.Object, t *invitation.Trigger) {
	if o.Has("every") {
		if t.On = invitation.OnTime; o.Has("on") {
			d.FailAt(o.At("every"), "A trigger asks every so often, or on something that happens. Leave one of the two out.")
		}
		if d.text(o.Get("every"), &t.Every); t.Every < recovery.Span(24*time.Hour) {
			d.FailAt(o.Get("every"), "Customers are asked every day at most: write 90d.")
		}
	}
	if t.On == invitation.OnLost {
		t.Intervals, t.Stale = invitation.UsualIntervals, invitation.UsualTold*recovery.Span(24*time.Hour)
	}
	for _, x := range []struct {
		name, says string
		of         bool
	}{
		{"who", "of triggers that ask every so often", t.On == invitation.OnTime},
		{"per_day", "of triggers that ask every so often, or whoever is lost", t.Timely()},
		{"intervals", "of triggers on lost", t.On == invitation.OnLost},
		{"between", "of triggers that ask every so often, or whoever is lost", t.Timely()},
	} {
		if o.Has(x.name) && !x.of {
			d.FailAt(o.At(x.name), "%q is only %s.", x.name, x.says)
		}
	}
	if o.Has("after") && t.Timely() {
		d.FailAt(o.At("after"), "No service ends when this trigger asks: leave out after.")
	}
	if o.Has("who") {
		d.who(o.Get("who"), t)
	}
	if o.Has("per_day") {
		t.PerDay, _ = d.Whole(o.Get("per_day"), "how many are asked a day", 1, 100_000)
	}
	if o.Has("between") {
		d.between(o.Get("between"), t)
	}
	if o.Has("intervals") {
		t.Intervals, _ = d.Whole(o.Get("intervals"), "the number of intervals", 2, 20)
	}
}

// between reads at which hours of the week a trigger asks.
func (d *decoder) between(n ast.Node, t *invitation.Trigger) {
	o, ok := d.Object(n, "when a trigger asks", "week")
	if !ok || !o.Need("week", "the hours of each day, such as {tue: [\"10:00-12:00\"]}") {
		return
	}
	days := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	week, ok := d.Object(o.Get("week"), "a week", days...)
	if !ok {
		return
	}
	for i, day := range days {
		if !week.Has(day) {
			continue
		}
		for _, n := range d.OneOrMore(week.Get(day)) {
			var open recovery.Interval
			d.text(n, &open)
			t.Between[i] = append(t.Between[i], open)
		}
		slices.SortFunc(t.Between[i], func(a, b recovery.Interval) int { return int(a.From - b.From) })
		for j := 1; j < len(t.Between[i]); j++ {
			if t.Between[i][j].From < t.Between[i][j-1].To {
				d.FailAt(week.Get(day), "These hours overlap: write each hour once.")
			}
		}
	}
}

// who reads how often somebody must have been served.
func (d *decoder) who(n ast.Node, t *invitation.Trigger) {
	who, ok := d.Object(n, "who is asked", "events")
	if !ok || !who.Has("events") {
		return
	}
	x, ok := d.Object(who.Get("events"), "the services", "at_least", "within")
	if !ok {
		return
	}
	if x.Has("at_least") {
		t.AtLeast, _ = d.Whole(x.Get("at_least"), "the number of services", 1, 1000)
	}
	if x.Has("within") {
		d.text(x.Get("within"), &t.Within)
	}
}

func (d *decoder) named(o *strictyaml.Object, t *invitation.Trigger, p *invitation.Policy) {
	if !o.Need("name", "one by which figures and reasons call it") {
		return
	}
	t.Name, _ = d.Str(o.Get("name"), "the name")
	if !namePattern.MatchString(t.Name) {
		d.FailAt(o.Get("name"), "A name is at most 48 of a–z, 0–9 and -.")
	}
	if _, twice := p.Trigger(t.Name); twice {
		d.FailAt(o.Get("name"), "There is a trigger %q above. Give one of them another name.", strictyaml.Short(t.Name))
	}
}

func (d *decoder) asks(o *strictyaml.Object, t *invitation.Trigger) {
	if !o.Need("ask", "the survey that is asked, by its id") {
		return
	}
	t.Ask, _ = d.Str(o.Get("ask"), "the survey")
	if d.known.Flows == nil || t.Ask == "" {
		return
	}
	d.survey(o.Get("ask"), t.Ask)
}

// survey checks that there is a survey by which customers are asked after a service.
func (d *decoder) survey(n ast.Node, id string) (class survey.Class, ok bool) {
	class, ok = d.known.Flows[id]
	switch {
	case !ok:
		d.FailAt(n, "There is no survey %q. %s", strictyaml.Short(id), strictyaml.Meant(id, slices.Sorted(maps.Keys(d.known.Flows))))
	case class == survey.Recovery || class == survey.Pulse || class == survey.Mystery:
		d.FailAt(n, "%q is of the class %s: customers are not asked by it after a service.", id, class)
		ok = false
	}
	return class, ok
}

func (d *decoder) manner(o *strictyaml.Object, t *invitation.Trigger) {
	if o.Has("language") {
		t.Language, _ = d.Str(o.Get("language"), "the language")
	}
	if !o.Has("by") {
		return
	}
	t.By = nil
	for _, n := range d.OneOrMore(o.Get("by")) {
		if s, ok := d.Word(n, "a way to reach somebody", texts(invitation.Ways())...); ok {
			t.By = append(t.By, invitation.Way(s))
		}
	}
}

// text reads what has a form of its own, such as a length of time.
func (d *decoder) text(n ast.Node, into encoding.TextUnmarshaler) {
	if s, ok := d.Str(n, "this"); ok {
		if err := into.UnmarshalText([]byte(s)); err != nil {
			d.FailAt(n, "%s.", strictyaml.Upper(err.Error()))
		}
	}
}

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// when reads a condition: several lines must all hold.
func (d *decoder) when(n ast.Node) *invitation.When {
	entries, ok := d.Mapping(n, "a condition")
	if !ok {
		return nil
	}
	var all []invitation.When
	for _, e := range entries {
		switch e.Key {
		case "all", "any":
			w, nodes := invitation.When{}, d.OneOrMore(e.Value)
			list := make([]invitation.When, 0, len(nodes))
			for _, x := range nodes {
				if c := d.when(x); c != nil {
					list = append(list, *c)
				}
			}
			if e.Key == "all" {
				w.All = list
			} else {
				w.Any = list
			}
			all = append(all, w)
		case "not":
			if c := d.when(e.Value); c != nil {
				all = append(all, invitation.When{Not: c})
			}
		default:
			all = append(all, d.test(e))
		}
	}
	if len(all) == 1 {
		return &all[0]
	}
	return &invitation.When{All: all}
}

// test reads one line: a field and what it must be.
func (d *decoder) test(e strictyaml.Entry) invitation.When {
	w := invitation.When{Field: e.Key}
	if !slices.Contains(invitation.Fields(), e.Key) && !keyPattern.MatchString(e.Key) {
		d.FailAt(e.At, "%q is nothing that a condition looks at. %s An attribute is event.NAME.", strictyaml.Short(e.Key), strictyaml.Meant(e.Key, invitation.Fields()))
		return w
	}
	switch d.Resolve(e.Value).(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		o, ok := d.Object(e.Value, "a limit", "below", "above", "at_least", "at_most", "known")
		if !ok {
			return w
		}
		for name, into := range map[string]**float64{"below": &w.Below, "above": &w.Above, "at_least": &w.Low, "at_most": &w.High} {
			if o.Has(name) {
				if f, ok := d.Number(o.Get(name), name); ok {
					*into = &f
				}
			}
		}
		if o.Has("known") {
			known := d.Boolean(o.Get("known"), "known")
			w.Known = &known
		}
		return w
	}
	for _, n := range d.OneOrMore(e.Value) {
		s, ok := d.Str(n, e.Key)
		if ok && e.Key == "site" {
			d.site(n, s)
		}
		w.Is = append(w.Is, s)
	}
	return w
}

func (d *decoder) contact(n ast.Node, c *invitation.Contact) {
	o, ok := d.Object(n, "contact", "classes", "declined", "cap", "quiet", "wait", "reminder", "open_case", "consent")
	if !ok {
		return
	}
	for name, into := range map[string]*recovery.Span{"declined": &c.Declined, "wait": &c.Wait} {
		if o.Has(name) {
			d.text(o.Get(name), into)
		}
	}
	if o.Has("classes") {
		d.classes(o.Get("classes"), c)
	}
	if o.Has("cap") {
		if x, ok := d.Object(o.Get("cap"), "a cap", "offers", "within"); ok {
			if x.Has("offers") {
				c.CapOffers, _ = d.Whole(x.Get("offers"), "the number of offers", 0, 1000)
			}
			if x.Has("within") {
				d.text(x.Get("within"), &c.CapWithin)
			}
		}
	}
	if o.Has("quiet") {
		d.quiet(o.Get("quiet"), c)
	}
	if o.Has("reminder") {
		if x, ok := d.Object(o.Get("reminder"), "a reminder", "after", "times"); ok {
			if x.Has("after") {
				d.text(x.Get("after"), &c.Remind)
			}
			if x.Has("times") {
				if times, ok := d.Whole(x.Get("times"), "how often somebody is reminded", 0, 1); ok && times == 0 {
					c.Remind = 0
				}
			}
		}
	}
	if o.Has("open_case") {
		if s, ok := d.Word(o.Get("open_case"), "what happens while a case is open", invitation.HoldCase, invitation.AskCase); ok {
			c.OpenCase = s
		}
	}
	if o.Has("consent") {
		c.Consent = nil
		for _, n := range d.OneOrMore(o.Get("consent")) {
			if s, ok := d.Word(n, "a basis", bases...); ok {
				c.Consent = append(c.Consent, s)
			}
		}
	}
}

func (d *decoder) classes(n ast.Node, c *invitation.Contact) {
	entries, _ := d.Mapping(n, "the classes")
	known := texts([]survey.Class{survey.Transactional, survey.Relationship, survey.Recovery, survey.Pulse, survey.Mystery})
	c.Classes = maps.Clone(c.Classes)
	for _, e := range entries {
		if !slices.Contains(known, e.Key) {
			d.FailAt(e.At, "%q is no class of surveys. %s", strictyaml.Short(e.Key), strictyaml.Meant(e.Key, known))
			continue
		}
		clock := c.Classes[survey.Class(e.Key)]
		if o, ok := d.Object(e.Value, "a class", "every", "same_flow", "exempt"); ok {
			for name, into := range map[string]*recovery.Span{"every": &clock.Every, "same_flow": &clock.Flow} {
				if o.Has(name) {
					d.text(o.Get(name), into)
				}
			}
			if o.Has("exempt") {
				clock.Exempt = d.Boolean(o.Get("exempt"), "exempt")
			}
		}
		c.Classes[survey.Class(e.Key)] = clock
	}
}

func (d *decoder) quiet(n ast.Node, c *invitation.Contact) {
	if word, is := n.(*ast.StringNode); is && word.Value == "none" {
		c.Quiet = recovery.Interval{}
		return
	}
	o, ok := d.Object(n, "quiet", "hours", "zone")
	if !ok {
		return
	}
	if o.Has("hours") {
		s, ok := d.Str(o.Get("hours"), "the quiet hours")
		switch {
		case ok && s == "none":
			c.Quiet = recovery.Interval{}
		case ok:
			d.text(o.Get("hours"), &c.Quiet)
			if c.Quiet.From == 0 && c.Quiet.To == 24*60 {
				d.FailAt(o.Get("hours"), "These quiet hours are the whole day: nobody would ever be asked.")
			}
		}
	}
	if o.Has("zone") {
		s, ok := d.Word(o.Get("zone"), "whose zone counts", invitation.OfCustomer, invitation.OfSite)
		c.QuietSite = ok && s == invitation.OfSite
	}
}
