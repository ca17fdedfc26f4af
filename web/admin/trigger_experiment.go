package admin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// experimentKeys are the keys of an experiment in the order in which they are written.
var experimentKeys = []string{"name", "ask", "after", "base"}

// mayCompare reports whether a trigger for a moment may have an experiment.
func mayCompare(on invitation.On) bool {
	return slices.Contains([]invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted}, on)
}

// Runs reports whether the draft has an experiment of the trigger, which can be ended.
func (p *triggerForm) Runs() bool { return p.was.Experiment != nil }

// experimentValues are what the draft says of the experiment, by key; "" = nothing.
func (p *triggerForm) experimentValues() map[string]string {
	out, x := map[string]string{}, p.was.Experiment
	if x == nil {
		return out
	}
	written := func(key string) bool { return p.draft.doc.Has(p.place("experiment/" + key)) }
	if out["ask"] = x.Ask; x.After != nil {
		out["after"] = x.After.String()
	}
	if written("name") {
		out["name"] = x.Name
	}
	if written("base") {
		out["base"] = strconv.Itoa(x.Base)
	}
	return out
}

// experimentFields are the fields of what half of the customers get instead.
func (p *triggerForm) experimentFields(words *words, flows []option) {
	now := p.experimentValues()
	surveys := append([]option{{"", words.t("trigger_other_none")}}, flows[min(1, len(flows)):]...)
	p.add(field{Name: "other.ask", Label: words.t("trigger_other_ask"), Kind: "select", Options: offered(surveys, now["ask"]), Value: now["ask"]})
	p.add(field{Name: "other.after", Label: words.t("trigger_other_after"), Kind: "lapse", Usually: "h", Value: now["after"]})
	p.add(field{Name: "other.base", Label: words.t("trigger_other_base"), Hint: words.t("trigger_other_base_hint", invitation.UsualBase), Kind: "number", Value: now["base"]})
	p.add(field{Name: "other.name", Label: words.t("trigger_other_name"), Hint: words.t("trigger_other_name_hint"), Value: now["name"]})
	p.add(field{Name: "other.end", Label: words.t("trigger_other_end"), Kind: "select", Options: []option{
		{"", words.t("trigger_other_on")}, {string(invitation.UsualArm), words.t("trigger_other_usual")}, {string(invitation.OtherArm), words.t("trigger_other_other")},
	}})
}

// experiment says what is to change of the experiment. What is wrong stands at its field.
func (p *triggerForm) experiment(words *words, on invitation.On) (out []change) {
	has := p.at >= 0 && p.draft.doc.Has(p.place("experiment"))
	gone := func(first ...change) []change {
		if has {
			first = append(first, change{at: "experiment"})
		}
		return first
	}
	end := invitation.Arm(p.field("other.end").Value)
	switch {
	case !mayCompare(on) || has && end == invitation.UsualArm:
		return gone()
	case has && end == invitation.OtherArm && p.was.Experiment != nil:
		kept := triggerValues(new(p.was.Keep(end)))
		key := "after"
		if p.was.Experiment.Ask != "" {
			key = "ask"
		}
		return gone(change{at: key, yaml: triggerYAML(key, kept[key])})
	}
	want := p.experimentWants(words)
	switch {
	case want["ask"] != "" && want["after"] != "":
		p.field("other.after").Fault = words.t("trigger_other_both")
		return nil
	case want["ask"] == "" && want["after"] == "":
		return gone()
	case !has:
		var says []string
		for _, key := range experimentKeys {
			if want[key] != "" {
				says = append(says, key+": "+experimentYAML(key, want[key]))
			}
		}
		return []change{{at: "experiment", yaml: "{" + strings.Join(says, ", ") + "}"}}
	}
	now, removed := p.experimentValues(), []change(nil)
	for _, key := range experimentKeys {
		switch want[key] {
		case now[key]:
		case "": // when the rest is there: no mapping is ever empty
			removed = append(removed, change{at: "experiment/" + key})
		default:
			out = append(out, change{at: "experiment/" + key, yaml: experimentYAML(key, want[key])})
		}
	}
	return append(out, removed...)
}

// experimentWants is what the keys are to say by the form.
func (p *triggerForm) experimentWants(words *words) map[string]string {
	want := map[string]string{"ask": p.field("other.ask").Value, "name": hyphened(p.field("other.name").Value)}
	if x := p.field("other.name"); want["name"] != "" && !triggerName(want["name"]) {
		x.Fault = words.t("trigger_name_fault")
	}
	if x := p.field("other.after"); x.Value != "" {
		span, err := spanOf(x.Value)
		if err != nil {
			x.Fault = words.t("span_fault")
		}
		want["after"] = span.String()
	}
	if x := p.field("other.base"); x.Value != "" {
		n, err := strconv.Atoi(x.Value)
		if err != nil || n < 1 || n > 99 {
			x.Fault = words.t("reporting_percent_fault")
		}
		want["base"] = strconv.Itoa(n)
	}
	return want
}

func experimentYAML(key, value string) string {
	if key == "base" {
		return value
	}
	return flowfile.Scalar(value)
}

// experimentSentence says what half of the customers get instead; "" = nothing.
func (s *site) experimentSentence(words *words, t invitation.Trigger) string {
	x := t.Experiment
	switch {
	case x == nil:
		return ""
	case x.Ask != "":
		return words.t("trigger_half_ask", s.namer(words).apart(x.Ask))
	case x.After != nil && *x.After == 0:
		return words.t("trigger_half_after", words.t("trigger_at_once"))
	case x.After != nil:
		return words.t("trigger_half_after", words.t("trigger_after", spanText(words, *x.After)))
	}
	return ""
}

// experimentField is the field of something that stands below an experiment in the file.
func experimentField(path string) string {
	return map[string]string{"experiment/after": "other.after", "experiment/base": "other.base", "experiment/name": "other.name"}[path]
}

// arm says in which half of an experiment somebody is; "" = in none.
func (w *words) arm(arm string) string {
	if arm == "" {
		return ""
	}
	return w.t("ask_arm_" + arm)
}

// triedArms is how many would have been asked in each arm, as it stands behind how many would at all.
func triedArms(words *words, arms map[invitation.Arm]int) string {
	if arms == nil {
		return ""
	}
	return words.t("trigger_tried_arms", arms[invitation.UsualArm], arms[invitation.OtherArm])
}
