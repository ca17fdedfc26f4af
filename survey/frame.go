package survey

import "slices"

// buttons are the frame texts that stand on buttons.
var buttons = []string{"later", "not_now", "skip", "back", "done", "change", "go_on", "dont_know", "prefer_not"}

// IsButton reports whether a frame text stands on a button.
func IsButton(text string) bool { return slices.Contains(buttons, text) }

// ofService are the placeholders that say whom and what a survey is about. Where one is not known,
// general words stand in its place.
var ofService = []string{"first_name", "service_name", "business_name", "agent_name", "date", "item", "ticket", "promise"}

// gapsOfFrame are the placeholders of frame texts that say more than whom and what it is about.
var gapsOfFrame = map[string][]string{
	"invitation":         {"n", "seconds"},
	"thanks_unsatisfied": {"agent_or_team", "sla"},
	"choose_then_done":   {"max"},
	"choose_between":     {"min", "max"},
	"type_number":        {"min", "max"},
	"type_whole_number":  {"min", "max"},
	"example":            {"example"},
	"you_answered":       {"answer"},
	"notice_too_long":    {"max"},
	"notice_too_many":    {"max"},
	"notice_too_few":     {"min"},
	"notice_bad_number":  {"min", "max"},
	"notice_not_whole":   {"min", "max"},
	"notice_paused":      {"until"},
}

// told are the frame texts that are said as whole messages, with what is known of the service.
var told = []string{
	"invitation", "thanks_satisfied", "thanks_neutral", "thanks_unsatisfied", "thanks_unsatisfied_open", "thanks_no_contact",
	"thanks_declined", "thanks_partial", "thanks_pulse",
}

// FrameGaps are the placeholders that a frame text may name.
func FrameGaps(text string) []string {
	gaps := slices.Clone(gapsOfFrame[text])
	if slices.Contains(told, text) {
		gaps = append(gaps, ofService...)
	}
	return gaps
}

// SiteTexts are the frame texts that an organisation may have in words of its own at a site, for all of
// its surveys, in the order in which people meet them: the greeting as a whole, and all that a flow may
// word but help, which lists commands, the line on privacy, which is one, and days between two that may
// each be open.
func SiteTexts() []string {
	all := []string{"invitation"}
	for _, list := range [][]string{frameTexts, later()} {
		for _, name := range list {
			if name != "help" && name != "intro_privacy" && name != "notice_day_range" {
				all = append(all, name)
			}
		}
	}
	return all
}

func later() (names []string) {
	for _, t := range laterTexts {
		names = append(names, t.name)
	}
	return names
}
