package triggerfile

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// silent reads what is of triggers that open a case where nothing is heard, and of no others.
func (d *decoder) silent(o *strictyaml.Object, t *invitation.Trigger) {
	if !t.Silent() {
		for _, name := range []string{"wait", "open"} {
			if o.Has(name) {
				d.FailAt(o.At(name), "%q is only of triggers on %s.", name, invitation.OnSilence)
			}
		}
		return
	}
	for _, name := range []string{"ask", "after", "sample", "language", "by"} {
		if o.Has(name) {
			d.FailAt(o.At(name), "This trigger opens a case and asks nobody: leave out %s.", name)
		}
	}
	t.Wait, t.Open = invitation.UsualWait, invitation.UsualPriority
	if o.Has("wait") {
		if d.text(o.Get("wait"), &t.Wait); t.Wait <= 0 {
			d.FailAt(o.Get("wait"), "Customers need a while to say something: write 48h.")
		}
	}
	if !o.Has("open") {
		return
	}
	open, ok := d.Object(o.Get("open"), "the case", "priority")
	if !ok || !open.Has("priority") {
		return
	}
	all := []recovery.Priority{recovery.P1, recovery.P2, recovery.P3}
	var words []string
	for _, p := range all {
		words = append(words, p.String())
	}
	word, _ := d.Word(open.Get("priority"), "a priority", words...)
	for _, p := range all {
		if p.String() == word {
			t.Open = p
		}
	}
}

// standards reads what measures of services have to be.
func (d *decoder) standards(n ast.Node, p *invitation.Policy) {
	nodes, ok := d.List(n, "standards")
	if !ok {
		return
	}
	for _, at := range nodes {
		o, ok := d.Object(at, "a standard", "service", "measure", "at_least", "at_most")
		if !ok || !o.Need("measure", "the measure of the event that it is about, such as duration_min") {
			continue
		}
		s := invitation.Standard{}
		if s.Measure, ok = d.Str(o.Get("measure"), "the measure"); ok && !keyPattern.MatchString("event."+s.Measure) {
			d.FailAt(o.Get("measure"), "A measure is at most 40 of a–z, 0–9 and _, and begins with a letter.")
		}
		if o.Has("service") {
			for _, n := range d.OneOrMore(o.Get("service")) {
				if word, ok := d.Str(n, "the service"); ok {
					s.Service = append(s.Service, word)
				}
			}
		}
		for name, into := range map[string]**float64{"at_least": &s.Low, "at_most": &s.High} {
			if o.Has(name) {
				if f, ok := d.Number(o.Get(name), name); ok {
					*into = &f
				}
			}
		}
		switch {
		case s.Low == nil && s.High == nil:
			d.FailAt(at, "Say what the measure has to be: at_least, at_most or both.")
			continue
		case s.Low != nil && s.High != nil && *s.Low > *s.High:
			d.FailAt(at, "Nothing is at least %g and at most %g.", *s.Low, *s.High)
		}
		p.Standards = append(p.Standards, s)
	}
}
