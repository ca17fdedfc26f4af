package survey

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// checkQuestion looks at one question by itself.
func (c *checker) checkQuestion(q *Question) {
	c.words(q, "the question", q.Ask, true)
	c.checkGaps(q, "the question", q.Ask)
	for i := range q.Choices {
		c.checkGaps(q, "the label of "+q.Choices[i].Key, q.Choices[i].Label)
	}
	kind := q.Kind.Info()
	switch {
	case kind.Kind == "":
		c.fatal(q, "bad_kind", "%q is no kind of question.", q.Kind)
	case kind.check != nil:
		kind.check(c, q)
	}
	c.checkWays(q, kind)
	c.checkTags(q)
	c.checkWeight(q)
	for _, value := range q.Critical {
		if q.Kind == ScaleQ && q.option(value) == nil || !kind.Numeric {
			c.fatal(q, "critical_value", "%v is critical but is no answer to %q.", value, q.Key)
		}
	}
	for _, key := range q.Calls {
		if !slices.ContainsFunc(q.Choices, func(ch Choice) bool { return ch.Key == key }) {
			c.fatal(q, "critical_value", "%q is critical but is no choice of %q.", key, q.Key)
		}
	}
	c.checkReversed(q)
	if q.Reverse && q.Kind == ScaleQ {
		for i := range q.Scale.Options {
			if q.option(q.meant(q.Scale.Options[i].Value)) == nil {
				c.fatal(q, "bad_reverse", "%q is reversed, but its values do not mirror each other. Use evenly spaced values.", q.Key)
				break
			}
		}
	}
}

// checkWays looks at how a question may be answered beside its own answers.
func (c *checker) checkWays(q *Question, kind KindInfo) {
	shown := kind.Way == Shown
	if q.Retries < 0 || q.Retries > MaxRetries {
		c.fatal(q, "bad_retries", "A question is asked again up to %d times, not %d.", MaxRetries, q.Retries)
	}
	if shown && (q.Retries != 0 || q.DontKnow || q.PreferNot) {
		c.fatal(q, "nothing_asked", "%q asks nothing, so nobody can leave it.", q.Key)
	}
	if kind.Way != Typed && (len(q.Error) > 0 || len(q.Example) > 0) {
		c.fatal(q, "not_typed", "Nothing is typed at %q, so it has no example and no words for what is no answer.", q.Key)
	}
	if len(q.Error) > 0 {
		c.words(q, "the words for what is no answer", q.Error, false)
		if kind.Free && q.Pattern == "" || kind.Kind == ContactQ && q.Contact != "phone" && q.Contact != "email" {
			c.warn(q, "error_unused", "Any words are an answer to %q, so its words for what is none are never said.", q.Key)
		}
	}
	if len(q.Example) > 0 {
		c.checkExample(q)
	}
	if q.Shuffle && q.Kind == ChoiceQ && c.shuffled(q) < 2 {
		c.warn(q, "shuffle_nothing", "Only choices that neither take words nor go alone are shuffled, and %q has fewer than two of them.", q.Key)
	}
}

// MaxRetries is how often a question is asked again at most before a person has it.
const MaxRetries = 9

func (c *checker) shuffled(q *Question) int {
	n := 0
	for i := range q.Choices {
		if !q.Choices[i].Other && !q.Choices[i].Exclusive {
			n++
		}
	}
	return n
}

// checkExample looks whether the examples are answers: whoever does as they say must not be
// told that it is wrong.
func (c *checker) checkExample(q *Question) {
	c.words(q, "the example", q.Example, false)
	today := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	for _, tag := range sortedKeys(q.Example) {
		said, kind := Clean(q.Example[tag]), q.Kind.Info()
		var wrong NoticeCode
		switch {
		case kind.readOn != nil:
			if q.From != "" || q.Until != "" {
				continue // what is an answer depends on the day
			}
			_, _, wrong = kind.readOn(q, said, today)
		case kind.parse != nil:
			_, wrong = kind.parse(q, said)
		}
		if wrong != "" || tooLong(said, q) {
			c.fatal(q, "bad_example", "The example in %s, %q, is no answer to %q.", tag, said, q.Key)
		}
	}
}

// checkReversed looks at rules about the values of a question that is turned round: they are
// about what is meant, not about what is tapped.
func (c *checker) checkReversed(q *Question) {
	if !q.Reverse {
		return
	}
	for _, value := range q.Critical {
		if o := q.option(q.meant(value)); o != nil {
			c.warn(q, "reversed_critical", "%q is reversed: critical %v is the tap on %v. Values of a reversed question count after it was turned round, and the lowest is the worst. Write %v for the tap on %v.", q.Key, value, q.meant(value), q.meant(value), value)
		}
	}
}

// checkDays looks at the days between which a date must lie.
func (c *checker) checkDays(q *Question) {
	now := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	for _, d := range []Day{q.From, q.Until} {
		if _, ok := d.On(now); d != "" && !ok {
			c.fatal(q, "bad_day", "%q is no day. Write one as 2026-01-31, today, today-30d or today+7d.", d)
			return
		}
	}
	if from, until := q.Days(now); from != "" && until != "" && from > until && strings.HasPrefix(string(q.From), "today") == strings.HasPrefix(string(q.Until), "today") {
		c.fatal(q, "bad_days", "The days of %q reach from %s to %s. No day is an answer.", q.Key, q.From, q.Until)
	}
}

// checkText looks at a question for words.
func (c *checker) checkText(q *Question) {
	if q.Pattern != "" {
		switch _, err := Whole(q.Pattern); {
		case utf8.RuneCountInString(q.Pattern) > MaxPattern:
			c.fatal(q, "long_pattern", "The pattern of %q is longer than %d characters. Make it shorter.", q.Key, MaxPattern)
		case err != nil:
			c.fatal(q, "bad_pattern", "The pattern of %q cannot be read: %v. Write a regular expression as RE2 has them, without lookarounds and backreferences.", q.Key, err)
		case len(q.Example) == 0 && len(q.Error) == 0:
			c.warn(q, "pattern_untold", "Nobody is told what %q must look like. Give it an example, or words of its own with error.", q.Key)
		}
	}
	if q.Max < 0 || q.Max > MaxText {
		c.fatal(q, "bad_max", "A text may have up to %d characters, not %d.", MaxText, q.Max)
	}
}

// checkNumber looks at the range of a number.
func (c *checker) checkNumber(q *Question) {
	if q.Whole && (q.MinValue != math.Trunc(q.MinValue) || q.MaxValue != math.Trunc(q.MaxValue)) {
		c.fatal(q, "bad_range", "The numbers of %q are whole, but they reach from %v to %v.", q.Key, q.MinValue, q.MaxValue)
	}
	if !finite(q.MinValue) || !finite(q.MaxValue) || q.MinValue > q.MaxValue || q.Scored() && q.MinValue == q.MaxValue {
		c.fatal(q, "bad_range", "The numbers reach from %v to %v. Give a range.", q.MinValue, q.MaxValue)
	}
}

// checkContact looks at what a question about contact asks for.
func (c *checker) checkContact(q *Question) {
	switch q.Contact {
	case "phone", "email", "way", "time":
	default:
		c.fatal(q, "bad_contact", "%q is no kind of contact. Use phone, email, way or time.", q.Contact)
	}
}

// checkWeight looks at what the question contributes to the score.
func (c *checker) checkWeight(q *Question) {
	switch {
	case !(q.Weight >= 0) || !finite(q.Weight):
		c.fatal(q, "bad_weight", "The weight of %q is %v. A weight is 0 or more.", q.Key, q.Weight)
	case !q.Scored():
	case !q.Kind.Info().Numeric:
		c.fatal(q, "weight_without_score", "%q has a weight but no score. Only scales and numbers are scored.", q.Key)
	case q.Kind == ScaleQ && slices.ContainsFunc(q.Scale.Options, func(o Option) bool { return o.Score == nil }):
		c.fatal(q, "weight_without_score", "%q has a weight, but an option of its scale has no score.", q.Key)
	}
}

// checkTags looks at the words that reports and rules group questions by.
func (c *checker) checkTags(q *Question) {
	tag := func(name, value string, known ...string) {
		if value != "" && !slices.Contains(known, value) {
			c.warn(q, "unknown_"+name, "%q is no known %s. Known are %s.", value, name, strings.Join(known, ", "))
		}
	}
	tag("dimension", q.Dimension, Tangibles, Reliability, Responsiveness, Assurance, Empathy)
	tag("mix", q.Mix, "product", "price", "place", "promotion", "people", "physical_evidence", "process")
	tag("justice", q.Justice, "distributive", "procedural", "interactional")
	tag("factor", q.Factor, "attraction", "satisfaction", "participation")
	switch q.Alert {
	case AlertDefault, AlertAlways, AlertBottom, AlertNever:
	default:
		c.fatal(q, "bad_alert", "%q is no alert mode. Use always, bottom or never.", q.Alert)
	}
	if q.Phase != Pre && q.Phase != Post {
		c.fatal(q, "bad_phase", "%q is no phase. Use pre, or leave it out.", q.Phase)
	}
}

// checkScale looks at the options of a scale: their values, scores, flags and labels.
func (c *checker) checkScale(q *Question) {
	options := q.Scale.Options
	if len(options) < minLabelled {
		c.fatal(q, "few_options", "The scale of %q has %d options. It needs two or more.", q.Key, len(options))
		return
	}
	if len(options) > maxButtons {
		c.warn(q, "many_options", "The scale of %q has %d options. Chats show at most %d buttons well.", q.Key, len(options), maxButtons)
	}
	up, down := true, true
	var last *Option
	for i := range options {
		o := &options[i]
		if !finite(o.Value) {
			c.fatal(q, "bad_value", "A value of the scale of %q is no number.", q.Key)
		}
		if last != nil && !o.apart() {
			up, down = up && o.Value > last.Value, down && o.Value < last.Value
		}
		if !o.apart() {
			last = o
		}
		for k := range i {
			if sameValue(options[k].Value, o.Value) {
				c.fatal(q, "duplicate_value", "The value %v stands twice on the scale of %q.", o.Value, q.Key)
			}
		}
		c.checkLabel(q, fmt.Sprintf("the label of %v", o.Value), o.Label)
		if len(o.Short) > 0 {
			c.checkLabel(q, fmt.Sprintf("the short label of %v", o.Value), o.Short)
		}
		c.checkScore(q, o)
	}
	if !up && !down {
		c.fatal(q, "scale_order", "The values of the scale of %q go up and down. List them in one direction.", q.Key)
	}
	c.checkDirection(q)
	c.duplicateLabels(q, len(options), func(i int) called { return options[i].called() })
}

// checkScore looks at one option's score and flag. On a ladder scale the flag and the
// name must agree with the level that the score lies in.
func (c *checker) checkScore(q *Question, o *Option) {
	switch o.Flag {
	case NoFlag, Unsatisfied, Neutral, Satisfied, Delighted:
	default:
		c.fatal(q, "bad_flag", "%q is no flag. Use unsatisfied, neutral, satisfied or delighted.", o.Flag)
	}
	if o.Score == nil {
		if q.Scale.Ladder {
			c.fatal(q, "ladder_score", "The option %v has no score. Every option of a ladder has one.", o.Value)
		}
		return
	}
	if !(*o.Score >= 0 && *o.Score <= 100) {
		c.fatal(q, "bad_score", "The score of option %v is %v. Scores lie between 0 and 100.", o.Value, *o.Score)
		return
	}
	if !q.Scale.Ladder {
		return
	}
	level, low := c.flow.levelOf(*o.Score)
	if level == 0 {
		return // the bands themselves are broken
	}
	_, below := c.flow.levelBelow(level)
	want := "satisfied or delighted"
	ok := o.Flag == Satisfied || o.Flag == Delighted
	switch {
	case low:
		want, ok = "unsatisfied", o.Flag == Unsatisfied
	case below:
		want, ok = "neutral", o.Flag == Neutral
	}
	if !ok {
		c.fatal(q, "ladder_flag", "The option %v has the score %v, which is level %d: its flag must be %s, not %q.", o.Value, *o.Score, level, want, o.Flag)
	}
	for i := range c.flow.Bands {
		b := &c.flow.Bands[i]
		for _, lang := range sortedKeys(b.Name) {
			if words := fold(o.Label[lang]); words != "" && words == fold(b.Name[lang]) && b.Level != level {
				c.fatal(q, "ladder_label", "The option %v is called %q, which is level %d, but its score %v is level %d.", o.Value, o.Label[lang], b.Level, *o.Score, level)
				return
			}
		}
	}
}

// levelBelow returns the level under this one and whether that is an unsatisfied one.
func (f *Flow) levelBelow(level int) (below int, unsatisfied bool) {
	if len(f.Bands) == 0 {
		return level - 1, level-1 >= 1 && level-1 <= 3
	}
	for i := range f.Bands {
		if f.Bands[i].Level == level-1 {
			return level - 1, f.Bands[i].Unsatisfied
		}
	}
	return 0, false
}

// checkDirection makes sure that a higher value is never worth less.
func (c *checker) checkDirection(q *Question) {
	byValue := slices.Clone(q.Scale.Options)
	slices.SortFunc(byValue, func(a, b Option) int {
		if a.Value < b.Value {
			return -1
		}
		return 1
	})
	for i := 1; i < len(byValue); i++ {
		a, b := &byValue[i-1], &byValue[i]
		if a.Score != nil && b.Score != nil && *a.Score > *b.Score {
			c.fatal(q, "score_order", "The option %v is worth less than %v. Higher values are better; mark a negatively worded question with reverse.", b.Value, a.Value)
			return
		}
		if a.Flag != NoFlag && b.Flag != NoFlag && rank(a.Flag) > rank(b.Flag) {
			c.fatal(q, "flag_order", "The option %v is %s although the lower %v is %s. Higher values are better; mark a negatively worded question with reverse.", b.Value, b.Flag, a.Value, a.Flag)
			return
		}
	}
}

func rank(f Flag) int { return slices.Index([]Flag{Unsatisfied, Neutral, Satisfied, Delighted}, f) }

// checkChoices looks at a list of choices.
func (c *checker) checkChoices(q *Question) {
	n := len(q.Choices)
	switch {
	case n < minLabelled:
		c.fatal(q, "few_options", "%q has %d choices. It needs two or more.", q.Key, n)
	case n > maxLabelSet:
		c.fatal(q, "many_options", "%q has %d choices. No chat shows more than %d buttons.", q.Key, n, maxLabelSet)
	case n > maxButtons:
		c.warn(q, "many_options", "%q has %d choices. Chats show at most %d buttons well.", q.Key, n, maxButtons)
	}
	if q.Max < 0 || q.Max > n {
		c.fatal(q, "bad_max", "Up to %d of %d choices cannot be chosen. Correct max.", q.Max, n)
	}
	if q.Min < 0 || q.Min > max(q.Max, 1) || q.Min > n {
		c.fatal(q, "bad_min", "At least %d of %d choices, up to %d, cannot be chosen. Correct min.", q.Min, n, max(q.Max, 1))
	}
	seen := map[string]bool{}
	for i := range q.Choices {
		ch := &q.Choices[i]
		switch {
		case ch.Key == "":
			c.fatal(q, "no_choice_key", "Choice %d of %q has no key.", i+1, q.Key)
		case seen[ch.Key]:
			c.fatal(q, "duplicate_choice", "The choice %q stands twice in %q.", ch.Key, q.Key)
		}
		seen[ch.Key] = true
		if ch.Exclusive && q.Max < 2 {
			c.warn(q, "exclusive_alone", "The choice %q is exclusive, but only one may be chosen anyway. Remove exclusive.", ch.Key)
		}
		if q.Max > 1 && !ch.Exclusive && saysNone(ch.Label) {
			c.warn(q, "none_with_others", "The choice %q says that none of them is meant, and can be chosen beside others. Mark it exclusive: true.", ch.Key)
		}
		if ch.Exclusive && ch.Other {
			c.warn(q, "exclusive_other", "The choice %q is exclusive and takes words. People will write what else it is; make it one of the two.", ch.Key)
		}
		c.checkLabel(q, "the label of "+ch.Key, ch.Label)
	}
	c.duplicateLabels(q, n, func(i int) called { return called{q.Choices[i].Label, "", q.Choices[i].Also} })
}

// saysNone reports whether a label says that none of the others is meant.
func saysNone(label Text) bool {
	for _, words := range label {
		if slices.Contains(noneOfThese, bare(words)) {
			return true
		}
	}
	return false
}

// noneOfThese are such labels in the languages that are shipped, bare.
var noneOfThese = func() []string {
	var all []string
	for _, w := range []string{
		"none of these", "none of them", "none of the above", "none", "nothing", "nothing of this", "neither",
		"以上都不是", "都不是", "都没有", "以上都没有", "没有", "無", "无", "以上皆非",
		"ninguna de estas", "ninguno de estos", "ninguna de las anteriores", "ninguno de los anteriores", "ninguna", "ninguno", "nada",
		"لا شيء مما سبق", "لا شيء من ذلك", "لا شيء", "لا أحد منها",
	} {
		all = append(all, bare(w))
	}
	return all
}()

// checkLabel looks at the words on a button.
func (c *checker) checkLabel(q *Question, what string, label Text) {
	c.words(q, what, label, true)
	for _, tag := range sortedKeys(label) {
		if utf8.RuneCountInString(label[tag]) > maxLabel {
			c.warn(q, "long_label", "%s in %s has more than %d characters. Slack cuts it off.", capital(what), tag, maxLabel)
		}
	}
}

// duplicateLabels finds two options that a person could not tell apart, as words on a
// button or typed.
func (c *checker) duplicateLabels(q *Question, n int, of func(int) called) {
	for _, lang := range c.flow.Languages {
		seen := make(map[string]bool, n)
		for i := range n {
			label := of(i).label[lang]
			words := fold(label)
			if words != "" && seen[words] {
				c.fatal(q, "duplicate_label", "Two options of %q are called %q. Nobody could tell them apart.", q.Key, label)
			}
			seen[words] = true
		}
	}
	typed := map[string]int{}
	for i := range n {
		for _, w := range of(i).also {
			plain := bare(w)
			if plain == "" {
				c.warn(q, "empty_also", "Nobody can type %q: nothing is left of it where words are compared.", w)
				continue
			}
			if first, ok := typed[plain]; ok && first != i {
				c.fatal(q, "duplicate_also", "%q stands for two options of %q. Remove one.", w, q.Key)
			}
			typed[plain] = i
		}
	}
	for i := range n {
		for _, label := range of(i).label {
			if first, ok := typed[bare(label)]; ok && first != i {
				c.fatal(q, "duplicate_also", "%q is what one option of %q is called, and stands for another one. Remove it there.", label, q.Key)
			}
		}
	}
}
