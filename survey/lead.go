package survey

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/aftercare/aftercare/survey/words"
)

// namer finds the options of a question that words name.
type namer struct {
	match func(said string) ([]int, matched)
	// judged reports whether words name an option as a plain word of judgement only, "great",
	// and not by its label or its number; nil = no option is named so.
	judged func(said string) bool
	// flag is whether an option is a good one; nil = options are neither.
	flag func(option int) Flag
}

// whole finds the options that words name and nothing else, whatever stands politely around
// them: "2 please", "I'd say 2".
func (n namer) whole(said string) ([]int, matched) {
	options, m := n.match(said)
	if m != noMatch {
		return options, m
	}
	if plain, polite := words.Polite(said); polite {
		if options, m = n.match(plain); m != noMatch {
			return options, m
		}
		said = plain
	}
	if mark, given := words.Given(said); given {
		return n.match(mark)
	}
	return nil, noMatch
}

// led is what words are that begin with an answer.
type led struct {
	options []int // what they may mean; one that is sure, or several
	sure    bool  // the rest is a reason: the answer counts, and the words are kept
}

// lead finds the answer that words begin with: "2, it was too cold" is sure; "good, but
// slow", "2 or 3" and "2 people were rude" are to be asked back.
func (n namer) lead(said string) (led, bool) {
	if len(said) > maxNamed || words.Unsure(said) {
		return led{}, false
	}
	if l, ok := n.between(said); ok {
		return l, true
	}
	if mark, rest, takesBack, ok := words.Lead(said); ok {
		options, m := n.whole(mark)
		if m == oneOption {
			return n.marked(options, mark, rest, takesBack), true
		}
		if m == notClear && len(options) > 1 {
			return led{options, false}, true
		}
	}
	return n.begins(said)
}

// marked is what a mark is with words behind it.
func (n namer) marked(options []int, mark, rest string, takesBack bool) led {
	others, m := n.match(rest)
	if after, or := words.Otherwise(bare(rest)); or && m == noMatch {
		others, m = n.match(after)
	}
	if first, after, ok := strings.Cut(bare(rest), " "); ok && m == noMatch && words.No(first) {
		if others, m = n.match(after); m != oneOption {
			others, m = n.match(after[strings.LastIndex(after, " ")+1:]) // "2 stars, no make it 1"
		}
		if m != oneOption {
			m = noMatch
		}
	}
	switch {
	case m == oneOption && slices.Equal(others, options):
		return led{options, true}
	case m == oneOption:
		return led{slices.Concat(options, others), false}
	case m != noMatch, words.Denies(rest):
		return led{options, false}
	case takesBack && !n.stands(options[0], mark):
		return led{options, false} // "good, but slow"
	}
	if more, only := n.marks(rest); only { // "4, 3, 5" answers more than was asked
		return led{distinct(slices.Concat(options, more)), false}
	}
	if bare(mark) == "1" && secondOfList.MatchString(rest) {
		return led{options, false} // "1. The soup was cold 2. The bill was wrong" is a list
	}
	if n.judged != nil && n.judged(mark) { // "great, another two hours" may be praise, or not
		return led{options, n.agrees(options[0], rest)}
	}
	return led{options, !n.contradicts(options[0], rest)}
}

// stands reports whether a mark counts whatever limits it: a number does, and whoever is
// unsatisfied is so.
func (n namer) stands(option int, mark string) bool {
	_, number := parseRating(bare(mark))
	return n.flag != nil && (number || n.flag(option) == Unsatisfied)
}

// secondOfList is the number of the second of several things.
var secondOfList = regexp.MustCompile(`(?:^|[\s;；。.!！])[2２][.)、:：．]`)

// agrees reports whether a reason surely goes with a word of judgement before it: every reason
// with a bad one, and with a good one praise alone.
func (n namer) agrees(option int, rest string) bool {
	switch n.flag(option) {
	case Unsatisfied:
		return true
	case Neutral, Satisfied, Delighted, NoFlag:
	}
	return words.Judgement(rest) >= words.Good
}

// contradicts reports whether words behind a mark say otherwise than it: "5, the soup was
// terrible", "1, excellent service". A bad mark is doubted only where praise begins them.
func (n namer) contradicts(option int, rest string) bool {
	if n.flag == nil {
		return false
	}
	switch n.flag(option) {
	case Unsatisfied:
		return words.Praises(rest)
	case Satisfied, Delighted:
		return words.Blames(rest)
	case Neutral, NoFlag:
	}
	return false
}

// marks are the options that words name which are nothing but numbers: "3, 5", "3 5".
func (n namer) marks(said string) (options []int, only bool) {
	for field := range strings.FieldsFuncSeq(said, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;，；、،؛", r) }) {
		if _, number := parseRating(bare(field)); !number {
			return nil, false
		}
		if found, m := n.match(field); m == oneOption {
			options = append(options, found...)
		}
	}
	return options, len(options) > 0
}

// between finds the two marks of "4-5", "3 to 4", "7 到 8".
func (n namer) between(said string) (led, bool) {
	ends := span.FindStringSubmatch(bare(said))
	if ends == nil {
		return led{}, false
	}
	var options []int
	for _, end := range ends[1:] {
		found, m := n.match(end)
		if m != oneOption {
			return led{}, false
		}
		options = append(options, found...)
	}
	return led{distinct(options), false}, true
}

var span = regexp.MustCompile(`^(?:between |entre |بين )?(\d{1,2}) ?(?:-|~|～|\.\.\.?|to|till|until|and|a|y|hasta|到|至|和|الي|و) ?(\d{1,2})$`)

// begins finds an answer in the first words, which nothing parts from the others.
func (n namer) begins(said string) (led, bool) {
	if found := points.FindString(bare(said)); found != "" && !strings.HasPrefix(bare(said)[len(found):], "钟") {
		if options, m := n.match(found); m == oneOption { // "2分太慢了"
			return led{options, false}, true
		}
	}
	if value, sounds := soundsLike[withoutUnit(bare(said))]; sounds {
		if options, m := n.match(value); m == oneOption {
			return led{options, false}, true
		}
	}
	fields := strings.Fields(said)
	for k := min(len(fields)-1, 4); k > 0; k-- {
		mark := strings.Join(fields[:k], " ")
		if _, isWord := numberWords[bare(mark)]; isWord && !strings.ContainsAny(bare(mark), "0123456789") {
			continue // "one of the waiters" is no mark
		}
		options, m := n.whole(mark)
		if len(options) == 0 || m != oneOption && m != notClear {
			continue
		}
		if after, or := words.Otherwise(bare(strings.Join(fields[k:], " "))); or {
			if others, m := n.match(after); m == oneOption && !slices.Equal(others, options) {
				options = slices.Concat(options, others)
			}
		}
		return led{options, false}, true
	}
	return led{}, false
}

// points is a mark in Chinese, which writes on without a space.
var points = regexp.MustCompile(`^(?:\d{1,2}|[一二两三四五六七八九十])(?:分|颗星|顆星|星)`)

// soundsLike are numbers as machines write down what they hear, and as people spell them.
var soundsLike = map[string]string{
	"won": "1", "to": "2", "too": "2", "tree": "3", "for": "4", "fore": "4", "ate": "8", "sinco": "5", "dies": "10",
}

// distinct is each option once, in the order in which they are named.
func distinct(options []int) (out []int) {
	for _, o := range options {
		if !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}
