package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
)

// triggerSentence says what a trigger does, as people say it: "When haircut or colour at any site
// is done, ask “After the visit”, 1 hour later."
func (s *site) triggerSentence(words *words, t invitation.Trigger) string {
	what, where := words.t("trigger_any"), words.t("trigger_anywhere")
	var rest []string
	for _, w := range allOf(t.When) {
		switch {
		case w.Field == "service" && w.Is != nil:
			what = either(words, w.Is)
		case w.Field == "site" && w.Is != nil:
			names := make([]string, len(w.Is))
			for i, id := range w.Is {
				names[i] = cmp.Or(s.at(id).Name, id)
			}
			where = either(words, names)
		default:
			rest = append(rest, s.whenText(words, &w))
		}
	}
	if len(rest) > 0 {
		what = words.t("trigger_some", what, strings.Join(rest, words.t("trigger_and")))
	}
	ask := s.namer(words).apart(t.Ask)
	switch t.On {
	case invitation.OnTime:
		return words.t("trigger_every", t.Name, what, where, ask, spanText(words, t.Every), max(t.AtLeast, 1)) + perDay(words, t)
	case invitation.OnLost:
		return words.t("trigger_lost", t.Name, what, where, ask, t.Intervals) + perDay(words, t)
	case invitation.OnSilence:
		return words.t("trigger_silence", t.Name, what, where, spanText(words, t.Wait), t.Open.String())
	}
	after := words.t("trigger_delay")
	switch {
	case t.After != nil && *t.After == 0:
		after = words.t("trigger_at_once")
	case t.After != nil:
		after = words.t("trigger_after", spanText(words, *t.After))
	}
	share := ""
	if t.Sample < 100 {
		share = words.t("trigger_share", t.Sample)
	}
	says := words.t("trigger_sentence", t.Name, what, where, words.t("trigger_"+string(t.On)), ask, after+share, spanText(words, t.Stale))
	if half := s.experimentSentence(words, t); half != "" {
		return words.t("trigger_joined", says, half)
	}
	return says
}

// apart is what a survey is called, with its name where another is called the same.
func (n namer) apart(id string) string {
	title := n.survey(id)
	if n.flows[id] == nil {
		return cmp.Or(shippedTitle(id, n.as.Langs), id)
	}
	for other := range n.flows {
		if other != id && n.survey(other) == title {
			return title + " (" + id + ")"
		}
	}
	return title
}

// perDay says how many a trigger asks a day at most.
func perDay(words *words, t invitation.Trigger) string {
	if t.PerDay == 0 {
		return ""
	}
	return words.t("trigger_per_day", t.PerDay)
}

// allOf are those that must all hold.
func allOf(w *invitation.When) []invitation.When {
	switch {
	case w == nil:
		return nil
	case w.All == nil:
		return []invitation.When{*w}
	}
	// Of two about one thing neither can stand for it alone.
	seen := map[string]int{}
	for _, x := range w.All {
		seen[x.Field]++
	}
	if seen["service"] > 1 || seen["site"] > 1 {
		return []invitation.When{*w}
	}
	return w.All
}

// either is one of some words: "haircut, colour or tint".
func either(words *words, list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return words.t("trigger_either", strings.Join(list[:last], words.t("trigger_comma")), list[last])
}

// spanText is a span of time in whole words.
func spanText(words *words, d recovery.Span) string {
	rest := time.Duration(d)
	var parts []string
	for _, u := range []struct {
		key string
		of  time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		n := int(rest / u.of)
		rest -= time.Duration(n) * u.of
		switch {
		case n == 1:
			parts = append(parts, words.t("span_"+u.key))
		case n > 1:
			parts = append(parts, words.t("span_"+u.key+"s", n))
		}
	}
	if len(parts) == 0 {
		return d.String()
	}
	return strings.Join(parts, " ")
}

// whenText is a condition in words.
func (s *site) whenText(words *words, w *invitation.When) string {
	join := func(list []invitation.When, by string) string {
		parts := make([]string, len(list))
		for i := range list {
			parts[i] = s.whenText(words, &list[i])
		}
		return strings.Join(parts, words.t(by))
	}
	name := w.Field
	if key, ok := strings.CutPrefix(name, "event."); ok {
		name = "“" + key + "”"
	} else if slices.Contains(invitation.Fields(), name) {
		name = words.t("when_" + name)
	}
	switch {
	case w.All != nil:
		return join(w.All, "trigger_and")
	case w.Any != nil:
		return "(" + join(w.Any, "trigger_or") + ")"
	case w.Not != nil:
		return words.t("when_is_not", s.whenText(words, w.Not))
	case w.Known != nil && *w.Known:
		return words.t("when_known", name)
	case w.Known != nil:
		return words.t("when_unknown", name)
	}
	var parts []string
	if w.Is != nil {
		parts = append(parts, words.t("when_is", name, either(words, w.Is)))
	}
	for _, l := range []struct {
		key   string
		limit *float64
	}{{"when_low", w.Low}, {"when_high", w.High}, {"when_above", w.Above}, {"when_below", w.Below}} {
		if l.limit != nil {
			parts = append(parts, words.t(l.key, name, fmt.Sprintf("%g", *l.limit)))
		}
	}
	return strings.Join(parts, words.t("trigger_and"))
}
