package survey

import (
	"fmt"
	"strings"
)

// Limits that Check warns about: what the platforms show and what people bear.
const (
	maxScored      = 7   // scored questions; mobile drop-out rises with length
	maxButtons     = 25  // options of one question: elements of one Slack actions block
	maxLabel       = 75  // characters of a button on Slack
	maxLabelSet    = 100 // options of one question on any platform: Telegram's keyboard
	minLabelled    = 2   // options that make a question
	maxPlausibleTo = 366 // days that a delay or an expiry can sensibly last
)

// checker collects problems.
type checker struct {
	flow     *Flow
	problems []Problem
}

func check(f *Flow) []Problem {
	c := &checker{flow: f}
	c.checkFlow()
	c.checkBands()
	c.checkKeys()
	for i := range f.Questions {
		c.checkQuestion(&f.Questions[i])
	}
	c.checkPrimary()
	c.checkPairs()
	c.checkRotation()
	c.checkConditions()
	c.checkThanks()
	c.checkFillings()
	return c.problems
}

func (c *checker) add(s Severity, code, question, format string, args ...any) {
	c.problems = append(c.problems, Problem{Severity: s, Code: code, Question: question, Message: fmt.Sprintf(format, args...)})
}

// fatal and warn add a problem of question q, or of the flow where q is nil.
func (c *checker) fatal(q *Question, code, format string, args ...any) {
	c.add(Fatal, code, keyOf(q), format, args...)
}

func (c *checker) warn(q *Question, code, format string, args ...any) {
	c.add(Warning, code, keyOf(q), format, args...)
}

func keyOf(q *Question) string {
	if q == nil {
		return ""
	}
	return q.Key
}

// checkFlow looks at what belongs to no question.
func (c *checker) checkFlow() {
	f := c.flow
	if f.ID == "" {
		c.fatal(nil, "no_id", "Give the flow a name.")
	}
	switch f.Class {
	case Transactional, Relationship, Recovery, Pulse, Mystery:
	default:
		c.fatal(nil, "bad_class", "The class %q is unknown. Use transactional, relationship, recovery, pulse or mystery.", f.Class)
	}
	if f.Praise != "" && f.Praise != PraiseNamed && f.Praise != PraiseAnonymous {
		c.fatal(nil, "bad_praise", "The praise %q is unknown. Use named or anonymous.", f.Praise)
	}
	if f.Naming != "" && f.Naming != Named && f.Naming != Pseudonymous {
		c.fatal(nil, "bad_identity", "The identity %q is unknown. Use named or pseudonymous.", f.Naming)
	}
	if len(f.Languages) == 0 {
		c.fatal(nil, "no_language", "Name at least one language. The first one is the fallback.")
	}
	seen := map[string]bool{}
	for _, lang := range f.Languages {
		switch key := strings.ToLower(lang); {
		case !isTag(lang):
			c.fatal(nil, "bad_language", "%q is no language tag. Write one such as en or zh-Hans.", lang)
		case seen[key]:
			c.fatal(nil, "duplicate_language", "The language %s is listed twice. Remove one.", lang)
		default:
			seen[key] = true
		}
	}
	c.words(nil, "the title", f.Title, false)
	for _, key := range sortedKeys(f.Texts) {
		c.words(nil, "the text "+key, f.Texts[key], false)
		c.checkTextGaps(key, f.Texts[key])
	}
	for _, name := range f.Attributes {
		if !isName(name) {
			c.fatal(nil, "bad_attribute", "%q is no name of an attribute. It is made of letters, digits and _.", name)
		}
	}
	for _, lang := range f.Languages {
		if missing := f.Unworded(lang); len(missing) > 0 {
			c.warn(nil, "unworded_language", "The program itself does not speak %s: write these texts in it, or people who answer in it see signs in place of buttons, and English between the questions: %s.", lang, strings.Join(missing, ", "))
		}
	}
	if !(f.MinCoverage >= 0 && f.MinCoverage <= 1) {
		c.fatal(nil, "bad_min_coverage", "min_coverage is a share between 0 and 1, not %v.", f.MinCoverage)
	}
	if !(f.GapTol >= 0) || !finite(f.GapTol) {
		c.fatal(nil, "bad_gap_tolerance", "The tolerance of the gap is 0 or more, not %v.", f.GapTol)
	}
	if f.Delay < 0 || f.Delay.Hours() > 24*maxPlausibleTo {
		c.fatal(nil, "bad_delay", "The delay lies between nothing and a year.")
	}
	if f.Expires < 0 || f.Expires.Hours() > 24*maxPlausibleTo {
		c.fatal(nil, "bad_expires", "A session stays open between nothing and a year.")
	}
	if len(f.Questions) == 0 {
		c.fatal(nil, "no_questions", "Add a question.")
	}
	scored := 0
	for i := range f.Questions {
		if f.Questions[i].Scored() {
			scored++
		}
	}
	if scored > maxScored {
		c.warn(nil, "too_many_scored", "%d questions are scored. Keep to %d: people stop answering long surveys.", scored, maxScored)
	}
	if scored == 0 && f.primary() != NoQuestion {
		c.warn(nil, "unscored", "No question has a weight, so there will be no score. Give the main question a weight.")
	}
}

// words checks that a text has words in every language of the flow. A text that a
// person must read (needed) may not be empty in all of them.
func (c *checker) words(q *Question, what string, t Text, needed bool) {
	if len(c.flow.Languages) == 0 {
		return
	}
	var missing []string
	for _, lang := range c.flow.Languages {
		if blank(t[lang]) {
			missing = append(missing, lang)
		}
	}
	switch {
	case len(missing) == 0:
	case len(missing) == len(c.flow.Languages) && blank(t.In(c.flow.Languages...)):
		if needed {
			c.fatal(q, "no_words", "%s has no words. Write them.", capital(what))
		} else {
			c.warn(q, "missing_translation", "%s has no words in any language.", capital(what))
		}
	default:
		c.warn(q, "missing_translation", "%s is missing in %s.", capital(what), strings.Join(missing, ", "))
	}
	for _, tag := range sortedKeys(t) {
		if strings.Count(t[tag], "{") != strings.Count(t[tag], "}") {
			c.warn(q, "broken_placeholder", "%s in %s has a brace without its partner. Write placeholders as {service_name}.", capital(what), tag)
		}
	}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// checkBands looks at the ladder: levels from 1 without a gap over [0, 100], and
// exactly one cut between unsatisfied and the rest.
func (c *checker) checkBands() {
	bands := c.flow.Bands
	if len(bands) == 0 {
		return
	}
	cuts := 0
	for i := range bands {
		b := &bands[i]
		if b.Level != i+1 {
			c.fatal(nil, "band_level", "Band %d has level %d. Levels count from 1, worst first.", i+1, b.Level)
		}
		if !(b.Low < b.High) {
			c.fatal(nil, "band_empty", "Band %d reaches from %v to %v. It must end above its beginning.", i+1, b.Low, b.High)
		}
		if i > 0 && b.Low != bands[i-1].High {
			c.fatal(nil, "band_gap", "Band %d begins at %v, but the one before ends at %v. They must meet.", i+1, b.Low, bands[i-1].High)
		}
		if i > 0 && b.Unsatisfied != bands[i-1].Unsatisfied {
			cuts++
		}
		c.words(nil, fmt.Sprintf("the name of band %d", i+1), b.Name, false)
	}
	last := len(bands) - 1
	if bands[0].Low != 0 || bands[last].High != 100 {
		c.fatal(nil, "band_cover", "The bands reach from %v to %v. They must cover 0 to 100.", bands[0].Low, bands[last].High)
	}
	if cuts != 1 || !bands[0].Unsatisfied || bands[last].Unsatisfied {
		c.fatal(nil, "band_cut", "The lowest bands are unsatisfied and the others are not: there must be exactly one cut between them.")
	}
}

// checkKeys looks at the names that conditions and trends rely on.
func (c *checker) checkKeys() {
	seen := map[string]bool{}
	for i := range c.flow.Questions {
		q := &c.flow.Questions[i]
		switch {
		case q.Key == "":
			c.fatal(q, "no_key", "Question %d has no key. Give it a short name of its own.", i+1)
		case q.Key == "primary" || q.Key == "judgement" || strings.HasPrefix(q.Key, "event.") || q.Key == "all" || q.Key == "any" || q.Key == "not":
			c.fatal(q, "reserved_key", "The key %q has a meaning in conditions. Use another one.", q.Key)
		case seen[q.Key]:
			c.fatal(q, "duplicate_key", "Two questions have the key %q. Give one of them another key.", q.Key)
		}
		seen[q.Key] = true
	}
}

// checkPrimary looks for exactly one question that decides whether somebody is
// satisfied.
func (c *checker) checkPrimary() {
	count, scales := 0, 0
	for i := range c.flow.Questions {
		q := &c.flow.Questions[i]
		if q.Kind == ScaleQ {
			scales++
		}
		if !q.Primary {
			continue
		}
		count++
		switch {
		case count == 2:
			c.fatal(q, "many_primary", "%q is a second primary question. Only one may be primary.", q.Key)
		case q.Kind != ScaleQ:
			c.fatal(q, "primary_kind", "The primary question must be a scale, because its flag decides.")
		case q.Phase == Pre:
			c.fatal(q, "primary_pre", "The primary question is asked before the service. Ask it afterwards.")
		}
		for o := range q.Scale.Options {
			if q.Scale.Options[o].Flag == NoFlag {
				c.fatal(q, "primary_flag", "The option %v of the primary question has no flag. Say whether it is unsatisfied, neutral or satisfied.", q.Scale.Options[o].Value)
			}
		}
		if q.When != nil {
			c.warn(q, "primary_condition", "The primary question is not always asked. Sessions without it have no flag.")
		}
		if q.Rotate != "" {
			c.warn(q, "primary_rotates", "The primary question rotates with others. Ask it first: answers before it colour it.")
		}
	}
	switch {
	case count > 0 || len(c.flow.Questions) == 0:
	case scales > 0:
		c.fatal(nil, "no_primary", "No question is primary. Mark the one that decides whether somebody is satisfied.")
	default:
		c.warn(nil, "no_primary", "No question is primary, so no answer will say whether somebody is satisfied.")
	}
}

// checkPairs looks at expectations asked before the service and what they belong to.
func (c *checker) checkPairs() {
	pre, post, gaps := 0, 0, 0
	for i := range c.flow.Questions {
		q := &c.flow.Questions[i]
		if q.Phase == Pre {
			pre++
			if q.Scored() {
				c.fatal(q, "pre_scored", "%q is asked before the service and cannot be part of the score. Take its weight away.", q.Key)
			}
			if post > 0 {
				c.warn(q, "pre_order", "%q stands after questions about the service but is asked before them. Move it up.", q.Key)
			}
		} else if q.Kind != MessageQ {
			post++
		}
		if q.Reported != "" {
			gaps++
			if q.Reported != "gap" {
				c.fatal(q, "bad_reported", "%q can only be reported as gap.", q.Key)
			} else if q.Kind != ScaleQ {
				c.fatal(q, "gap_kind", "%q reports the gap and must be a scale.", q.Key)
			}
			if gaps == 2 {
				c.warn(q, "many_gaps", "Two questions report the gap. Only the first one counts.")
			}
		}
		if q.Pair == "" {
			continue
		}
		e := c.flow.index(q.Pair)
		switch {
		case e == NoQuestion:
			c.fatal(q, "pair_unknown", "%q is paired with %q, which is no question of this flow.", q.Key, q.Pair)
		case c.flow.Questions[e].Phase != Pre || q.Phase == Pre:
			c.fatal(q, "pair_phase", "A pair is a question about the service and one of phase pre. Correct %q or %q.", q.Key, q.Pair)
		case !sameSpan(q, &c.flow.Questions[e]):
			c.fatal(q, "pair_scale", "%q and %q are answered on different scales, so their difference means nothing.", q.Key, q.Pair)
		}
	}
	if pre > 0 && post == 0 {
		c.warn(nil, "no_post", "Every question is asked before the service. Add one about it.")
	}
}

func sameSpan(a, b *Question) bool {
	lowA, highA, okA := a.span()
	lowB, highB, okB := b.span()
	return okA && okB && lowA == lowB && highA == highB
}

// checkRotation looks at groups that are shuffled.
func (c *checker) checkRotation() {
	size := map[string]int{}
	phase := map[string]Phase{}
	for i := range c.flow.Questions {
		q := &c.flow.Questions[i]
		if q.Rotate == "" {
			continue
		}
		size[q.Rotate]++
		if before, ok := phase[q.Rotate]; ok && before != q.Phase {
			c.fatal(q, "rotate_phase", "The group %q rotates over the service. Keep it on one side.", q.Rotate)
		}
		phase[q.Rotate] = q.Phase
	}
	for _, group := range sortedKeys(size) {
		if size[group] == 1 {
			c.warn(nil, "rotate_single", "Only one question is in the group %q, so nothing rotates.", group)
		}
	}
}
