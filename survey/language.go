package survey

import "strings"

// Languages are those in which the frame of every survey is shipped: greeting, buttons,
// hints, thanks and help. A flow in another one words them itself, see FrameTexts.
func Languages() []string { return []string{"en", "zh-Hans", "es", "ar"} }

// sameAs lists codes of languages that stand for another one: codes that were replaced, and
// single languages of a macro language that people and platforms use for one another.
var sameAs = map[string]string{
	"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "sh": "sr", "tl": "fil", "cmn": "zh", "arb": "ar", "zsm": "ms",
	"nb": "no", "nn": "no", "pes": "fa", "swh": "sw", "ekk": "et", "lvs": "lv", "khk": "mn", "npi": "ne", "uzn": "uz", "azj": "az",
}

// MatchLanguage returns the one of have that suits the first of want that any suits: the same
// tag, else the same language in the same script ("zh-TW" finds "zh-Hant"), else the same
// language ("pt" finds "pt-BR", "iw" finds "he"). It returns "" if none does.
func MatchLanguage(have []string, want ...string) string {
	for _, w := range want {
		if w == "" {
			continue
		}
		w = strings.ReplaceAll(w, "_", "-")
		for _, h := range have {
			if strings.EqualFold(h, w) {
				return h
			}
		}
		base, script := baseAndScript(w)
		sameBase := ""
		for _, h := range have {
			b, s := baseAndScript(h)
			switch {
			case b != base:
			case s == script:
				return h
			case sameBase == "":
				sameBase = h
			}
		}
		if sameBase != "" {
			return sameBase
		}
	}
	return ""
}

// frameTexts are what a flow may word for itself beside the greeting, each by the name that
// the sentence has in the program, in the order in which people meet them.
var frameTexts = []string{
	"intro_privacy",
	"thanks_satisfied", "thanks_neutral", "thanks_unsatisfied", "thanks_unsatisfied_open", "thanks_no_contact",
	"thanks_declined", "thanks_partial", "thanks_pulse",
	"later", "not_now", "skip", "back", "done", "change", "go_on",
	"choose_then_done", "type_answer", "type_number", "type_date", "type_phone", "type_email", "send_file", "no_file_here",
	"you_answered", "you_skipped",
	"notice_unclear", "notice_too_long", "notice_too_many", "notice_nothing", "notice_bad_number", "notice_bad_date",
	"notice_bad_phone", "notice_bad_email", "notice_need_file", "notice_paused", "notice_ended", "notice_too_late",
	"notice_not_open", "notice_first", "notice_unchanged", "notice_waiting", "help",
}

// laterTexts are frame texts that only questions of some forms are shown with.
var laterTexts = []struct {
	name   string
	needed func(*Question) bool
}{
	{"dont_know", func(q *Question) bool { return q.DontKnow }},
	{"prefer_not", func(q *Question) bool { return q.PreferNot }},
	{"you_dont_know", func(q *Question) bool { return q.DontKnow }},
	{"you_prefer_not", func(q *Question) bool { return q.PreferNot }},
	{"you_left", func(q *Question) bool { return q.Retries > 0 }},
	{"choose_between", func(q *Question) bool { return q.Min > 0 }},
	{"type_whole_number", func(q *Question) bool { return q.Whole }},
	{"example", func(q *Question) bool { return len(q.Example) > 0 }},
	{"notice_too_few", func(q *Question) bool { return q.Min > 0 }},
	{"notice_not_whole", func(q *Question) bool { return q.Whole && len(q.Error) == 0 }},
	{"notice_day_range", func(q *Question) bool { return (q.From != "" || q.Until != "") && len(q.Error) == 0 }},
	{"notice_bad_form", func(q *Question) bool { return q.Pattern != "" && len(q.Error) == 0 }},
}

// fillings are frame texts that stand in the place of something that is not known, by what it
// is, and the words by which an answer that was promised on a page is found.
var fillings = []string{
	"fallback_first_name", "fallback_service_name", "fallback_business_name", "fallback_agent_name", "fallback_agent_or_team",
	"fallback_date", "fallback_item", "fallback_ticket", "fallback_promise", "web_way",
}

// FrameTexts lists the names of the frame texts that are not the greeting.
func FrameTexts() []string {
	names := append([]string(nil), frameTexts...)
	for _, t := range laterTexts {
		names = append(names, t.name)
	}
	return append(names, fillings...)
}

// Unworded lists the frame texts that people who answer in this language of the flow would
// miss: none in a language that is shipped.
func (f *Flow) Unworded(lang string) []string {
	if MatchLanguage(Languages(), lang) != "" {
		return nil
	}
	var missing []string
	for _, name := range append([]string{"invitation"}, frameTexts...) {
		if blank(sameLanguage(f.Texts[name], lang)) {
			missing = append(missing, name)
		}
	}
	for _, t := range laterTexts {
		needed := false
		for i := range f.Questions {
			needed = needed || t.needed(&f.Questions[i])
		}
		if needed && blank(sameLanguage(f.Texts[t.name], lang)) {
			missing = append(missing, t.name)
		}
	}
	return missing
}
