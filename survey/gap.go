package survey

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Gap is a place in the words of a flow that is filled when they are shown: "{first_name}"
// by an attribute of the event, "{answer of nights}" by an answer.
type Gap struct {
	Name   string // of the attribute; the question's key where Answer
	Answer bool
	In     Place
}

// Place is where a gap stands.
type Place int8

// The places. In a link that the author wrote a value is a part of its path or of its query,
// and nothing else: it cannot lead elsewhere.
const (
	InWords Place = iota
	InHost        // of a link, or its scheme: no place for what people write
	InLink        // its path, query or fragment
)

// Unanswered stands in words for an answer that was not given.
const Unanswered = "…"

// answerOf begins a gap that is filled by an answer.
const answerOf = "answer of "

// isName reports whether s can be the name of an attribute or the key of a question.
func isName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// gapOf reads what stands between two braces; ok is false where that is only words.
func gapOf(s string) (Gap, bool) {
	if rest, ok := strings.CutPrefix(s, answerOf); ok {
		key := strings.TrimSpace(rest)
		return Gap{Name: key, Answer: true}, isName(key)
	}
	return Gap{Name: s}, isName(s)
}

// Fill fills the gaps of a flow's words, each once: what a value holds is never looked at
// again. What stands in a link is escaped, so that it stays the value of the query, or the
// part of the path, that the author put there.
func Fill(words string, value func(Gap) string) string {
	if strings.IndexByte(words, '{') < 0 {
		return words
	}
	var b strings.Builder
	b.Grow(len(words) + 32)
	in := InWords
	for words != "" {
		open := strings.IndexByte(words, '{')
		if open < 0 {
			break
		}
		b.WriteString(words[:open])
		in = placeAfter(in, words[:open])
		end := strings.IndexByte(words[open:], '}')
		if end < 0 {
			words = words[open:]
			break
		}
		g, ok := gapOf(words[open+1 : open+end])
		if !ok {
			b.WriteByte('{')
			words = words[open+1:]
			continue
		}
		g.In = in
		filled := value(g)
		if in == InLink {
			filled = escaped(filled)
		}
		b.WriteString(filled)
		words = words[open+end+1:]
	}
	b.WriteString(words)
	return b.String()
}

// escaped is a value as a part of a link: everything that has a meaning there is taken from it.
func escaped(value string) string {
	if value == "." || value == ".." {
		return ""
	}
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// placeAfter is where one stands behind words that begin at a place.
func placeAfter(in Place, words string) Place {
	for i, r := range words {
		switch {
		case in != InWords && (unicode.IsSpace(r) || strings.ContainsRune("<>\"“”«»()[]（）【】，。；：！？、؟،", r)):
			in = InWords
		case in == InWords && (r == 'h' || r == 'H') && isScheme(words[i:]):
			in = InHost
		case in == InHost && strings.ContainsRune("/?#", r):
			if before := words[:i]; !strings.HasSuffix(before, ":") && !strings.HasSuffix(before, ":/") {
				in = InLink
			}
		}
	}
	return in
}

func isScheme(words string) bool {
	for _, scheme := range []string{"http://", "https://"} {
		if len(words) >= len(scheme) && strings.EqualFold(words[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

// Gaps lists the gaps of words.
func Gaps(words string) []Gap {
	var found []Gap
	Fill(words, func(g Gap) string { found = append(found, g); return "" })
	return found
}

// Plainly is an answer as another program reads it: the value, the keys of the choices, or
// what was written. It is what stands in a link.
func (a *Answer) Plainly() string {
	switch {
	case a.Skipped || a.Dropped:
		return ""
	case a.Value != nil:
		return strconv.FormatFloat(*a.Value, 'f', -1, 64)
	case len(a.Choices) > 0:
		return strings.Join(a.Choices, ",")
	}
	return a.Text
}

// knownAttributes are the attributes of an event with a meaning of their own.
var knownAttributes = []string{
	"first_name", "service_name", "business_name", "agent_name", "date", "item", "ticket", "promise",
	"tier", "late", "standard_broken", "service_ends",
}

// KnownAttributes lists the attributes of an event that every flow may name.
func KnownAttributes() []string { return slices.Clone(knownAttributes) }

// checkGaps looks at what the gaps of a text will be filled with. at is the question that
// shows it, or NoQuestion; after says that the text is shown when everything was answered.
func (c *checker) checkGaps(q *Question, what string, t Text, more ...string) {
	reported := map[Gap]bool{}
	for _, tag := range sortedKeys(t) {
		for _, g := range Gaps(t[tag]) {
			if !reported[g] {
				reported[g] = true
				c.checkGap(q, what+" in "+tag, g, more)
			}
		}
	}
}

func (c *checker) checkGap(q *Question, what string, g Gap, more []string) {
	what = capital(what)
	if g.Answer {
		c.checkAnswerGap(q, what, g)
		return
	}
	if slices.Contains(more, g.Name) || slices.Contains(c.attributes(), g.Name) {
		return
	}
	if of := c.flow.index(g.Name); of != NoQuestion && c.flow.Questions[of].Kind != MessageQ {
		c.warn(q, "question_placeholder", "%s names {%s}, which is a question and no attribute: nothing would stand there. Write {answer of %s}.", what, g.Name, g.Name)
		return
	}
	hint := "List it under attributes if the event has it."
	if near := nearest(g.Name, append(c.attributes(), more...)); near != "" {
		hint = "Do you mean {" + near + "}? " + hint
	}
	c.warn(q, "unknown_placeholder", "%s names {%s}, which is no known attribute: where the event has none, nothing stands there. %s", what, g.Name, hint)
}

// checkFillings looks, in languages that the program does not speak, for words in the place of
// what texts name and nobody may know.
func (c *checker) checkFillings() {
	f := c.flow
	named := map[string]bool{}
	look := func(t Text) {
		for _, tag := range sortedKeys(t) {
			for _, g := range Gaps(t[tag]) {
				named["fallback_"+g.Name] = named["fallback_"+g.Name] || !g.Answer
			}
		}
	}
	for i := range f.Questions {
		look(f.Questions[i].Ask)
	}
	for name, t := range f.Texts {
		if !strings.HasPrefix(name, "fallback_") {
			look(t)
		}
	}
	for i := range f.Thanks {
		look(f.Thanks[i].Say)
	}
	for _, lang := range f.Languages {
		if MatchLanguage(Languages(), lang) != "" {
			continue
		}
		var missing []string
		for _, name := range fillings {
			if named[name] && blank(sameLanguage(f.Texts[name], lang)) {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			c.warn(nil, "unworded_gap", "Where a name is not known, %s stands in its place in %s. Write these texts in it: %s.", Unanswered, lang, strings.Join(missing, ", "))
		}
	}
}

// checkAnswerGap looks at an answer that a later text repeats.
func (c *checker) checkAnswerGap(q *Question, what string, g Gap) {
	of := c.flow.index(g.Name)
	if of == NoQuestion || c.flow.Questions[of].Kind == MessageQ {
		hint := ""
		var keys []string
		for i := range c.flow.Questions {
			keys = append(keys, c.flow.Questions[i].Key)
		}
		if near := nearest(g.Name, keys); near != "" {
			hint = " Write {answer of " + near + "} if you mean that."
		}
		c.fatal(q, "answer_unknown", "%s repeats the answer to %q, which is no question with an answer.%s", what, g.Name, hint)
		return
	}
	about := &c.flow.Questions[of]
	switch {
	case g.In == InHost:
		c.fatal(q, "answer_in_host", "%s has {answer of %s} where a link says which server it leads to. An answer may be a value of the query or a part of the path.", what, g.Name)
	case about.Kind.Info().Way == Sent:
		c.fatal(q, "answer_kind", "%s repeats the answer to %q, which is a file.", what, g.Name)
	}
	if q == nil {
		return
	}
	i := c.flow.index(q.Key)
	switch {
	case of == i:
		c.fatal(q, "answer_self", "%s repeats its own answer.", what)
	case q.Rotate != "" && q.Rotate == about.Rotate, !c.comesBefore(of, i):
		c.fatal(q, "answer_later", "%s repeats the answer to %q, which is asked later. Move %q up.", what, about.Key, about.Key)
	case !requires(q.When, about.Key, about.Primary):
		c.warn(q, "answer_missing", "%s repeats the answer to %q. Who skips that reads %s there. Ask %q only then: when: {%s: {answered: true}}.", what, about.Key, Unanswered, q.Key, about.Key)
	}
}

// requires reports whether a condition holds only where the question with this key was
// answered.
func requires(cond *Cond, key string, primary bool) bool {
	switch {
	case cond == nil:
		return false
	case len(cond.All) > 0:
		return slices.ContainsFunc(cond.All, func(part Cond) bool { return requires(&part, key, primary) })
	case len(cond.Any) > 0:
		return !slices.ContainsFunc(cond.Any, func(part Cond) bool { return !requires(&part, key, primary) })
	case cond.Subject == key, primary && cond.Subject == "primary":
		return cond.Answered == nil && cond.Left == "" || cond.Answered != nil && *cond.Answered
	}
	return false
}

// attributes are those that a text of the flow may name: the known ones, those that the flow
// lists, and those that its conditions look at.
func (c *checker) attributes() []string {
	return slices.Concat(KnownAttributes(), c.flow.Attributes, c.flow.conditioned())
}

// conditioned are the attributes of the event that conditions look at.
func (f *Flow) conditioned() (all []string) {
	look := func(cond *Cond) {
		for _, t := range tests(cond, nil) {
			if name, ok := strings.CutPrefix(t.Subject, "event."); ok {
				all = append(all, name)
			}
		}
	}
	for i := range f.Questions {
		look(f.Questions[i].When)
	}
	for i := range f.Thanks {
		look(f.Thanks[i].When)
	}
	return all
}

// AttributesNamed are the attributes of the event on which conditions and the words of questions
// depend, in the order of the alphabet.
func AttributesNamed(f Flow) []string {
	all := f.conditioned()
	for i := range f.Questions {
		for _, words := range f.Questions[i].Ask {
			for _, g := range Gaps(words) {
				if !g.Answer {
					all = append(all, g.Name)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// nearest is the word that s was probably meant to be; "" where none is near.
func nearest(s string, of []string) string {
	best, least := "", 3
	for _, w := range of {
		if d := distance(s, w); d < least && d < len(w)/2 {
			best, least = w, d
		}
	}
	return best
}

// distance counts the letters that must change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for k := range row {
		row[k] = k
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for k := range len(b) {
			cost := 1
			if a[i] == b[k] {
				cost = 0
			}
			last, row[k+1] = row[k+1], min(row[k+1]+1, row[k]+1, last+cost)
		}
	}
	return row[len(b)]
}

// thanksGaps are what last words may name beside attributes and answers: by whom the customer
// hears, and by when.
var thanksGaps = []string{"sla", "agent_or_team"}

// frameGaps are what the frame texts may name.
var frameGaps = map[string][]string{
	"invitation": {"n", "seconds"}, "intro": {"n", "seconds"},
	"thanks_satisfied": thanksGaps, "thanks_neutral": thanksGaps, "thanks_unsatisfied": thanksGaps,
	"thanks_unsatisfied_open": thanksGaps, "thanks_no_contact": thanksGaps,
	"choose_then_done": {"max"}, "choose_between": {"min", "max"}, "you_answered": {"answer"},
	"type_number": {"min", "max"}, "type_whole_number": {"min", "max"},
	"notice_too_long": {"max"}, "notice_too_many": {"max"}, "notice_too_few": {"min"},
	"notice_bad_number": {"min", "max"}, "notice_not_whole": {"min", "max"}, "notice_day_range": {"from", "until"},
	"example": {"example"}, "notice_paused": {"until"},
}

// checkTextGaps looks at a text of the frame. Nothing has been answered where it is read,
// unless it is said in the end.
func (c *checker) checkTextGaps(name string, t Text) {
	what := "the text " + name
	if !strings.HasPrefix(name, "thanks_") {
		for _, tag := range sortedKeys(t) {
			for _, g := range Gaps(t[tag]) {
				if g.Answer {
					c.fatal(nil, "answer_early", "%s in %s repeats the answer to %q, but it is read before anything is answered.", capital(what), tag, g.Name)
					return
				}
			}
		}
	}
	c.checkGaps(nil, what, t, frameGaps[name]...)
}
