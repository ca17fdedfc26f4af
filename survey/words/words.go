package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Grade is what a plain word of judgement says.
type Grade int8

// The grades, worst first.
const (
	NoGrade Grade = iota
	Worst
	Bad
	Middling
	Good
	Best
)

// Judgement is what words say that are a judgement and nothing else: "bad", "it was very
// good!", "非常不满意", "👎👎".
func Judgement(words string) Grade {
	bare := Unit(Bare(words))
	for range 3 {
		if g := all().grades[bare]; g != NoGrade {
			return g
		}
		rest, ok := cutWord(opening, bare)
		if !ok {
			return NoGrade
		}
		bare = rest
	}
	return NoGrade
}

// Unit is what is repeated where words are one emoji several times; else the words.
func Unit(bare string) string {
	runes := []rune(strings.ReplaceAll(bare, " ", ""))
	for _, r := range runes {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return bare
		}
	}
	for n := 1; n <= len(runes)/2; n++ {
		if len(runes)%n == 0 && strings.Repeat(string(runes[:n]), len(runes)/n) == string(runes) {
			return string(runes[:n])
		}
	}
	return bare
}

// cutWord takes the longest word of a kind away from the beginning of bare words.
func cutWord(kind, bare string) (rest string, ok bool) {
	n := longestWord(kind, bare)
	return strings.TrimLeft(bare[n:], edges+"-–—"), n > 0
}

// longestWord is how many bytes the longest word of a kind has with which bare words begin.
func longestWord(kind, bare string) (longest int) {
	for w := range all().whole[kind] {
		if len(w) > longest && strings.HasPrefix(bare, w) && boundary(w, bare[len(w):]) {
			longest = len(w)
		}
	}
	return longest
}

// boundary reports whether a word that stands before rest ends there. Chinese writes no
// spaces between words.
func boundary(word, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	last, _ := utf8.DecodeLastRuneInString(word)
	return rest == "" || unicode.Is(unicode.Han, last) || !unicode.IsLetter(next) && !unicode.IsDigit(next)
}

// Yes and No report whether words alone agree, or disagree.
func Yes(words string) bool { return is(yes, words) }

// No is said at Yes.
func No(words string) bool { return is(no, words) }

// Agrees and Declines report whether words alone, or a label, are one of the ways to say yes to
// an offer, or no.
func Agrees(words string) bool { return is(yea, words) }

// Declines is said at Agrees.
func Declines(words string) bool { return is(nay, words) }

// Given takes "I'd say" and its kin away from the beginning of words: what follows is meant as a
// mark.
func Given(words string) (mark string, ok bool) {
	bare := Bare(words)
	n := longestWord(giving, bare)
	mark = strings.TrimLeft(bare[n:], " :,=：，")
	return mark, n > 0 && mark != ""
}

// Blames reports whether words hold a bad word of judgement anywhere.
func Blames(words string) bool {
	bare := Bare(words)
	for _, kind := range []string{worst, bad} {
		for w := range all().whole[kind] {
			if hasWord(bare, w) {
				return true
			}
		}
	}
	return false
}

// Praises reports whether words begin with a good word of judgement. A single Chinese character
// is none: 好 says "so" as well.
func Praises(words string) bool {
	bare := Bare(words)
	for range 3 {
		for _, kind := range []string{good, best} {
			word := bare[:longestWord(kind, bare)]
			if first, _ := utf8.DecodeRuneInString(word); word != "" && (!unicode.Is(unicode.Han, first) || utf8.RuneCountInString(word) > 1) {
				return true
			}
		}
		rest, ok := cutWord(opening, bare)
		if !ok {
			return false
		}
		bare = rest
	}
	return false
}

// Denies reports whether words take back what was said just before them.
func Denies(words string) bool { return is(denial, words) }

// Polite takes "please" and "thanks" off the end of words.
func Polite(said string) (plain string, ok bool) {
	lower := strings.TrimRight(strings.ToLower(said), edges)
	if len(lower) > len(said) {
		return said, false
	}
	for w := range all().whole[polite] {
		rest, found := strings.CutSuffix(lower, w)
		if !found || rest == "" {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(rest)
		first, _ := utf8.DecodeRuneInString(w)
		if unicode.Is(unicode.Han, first) || !unicode.IsLetter(last) && !unicode.IsDigit(last) {
			return strings.TrimRight(rest, edges), true
		}
	}
	return said, false
}

// Unsure reports whether words alone say that somebody cannot tell.
func Unsure(words string) bool { return is(unsure, words) }

// Refuses reports whether words alone say that somebody would rather not answer.
func Refuses(words string) bool { return is(refuses, words) }

// DaysAway is how many days from today the day is that words alone name: "yesterday" is -1.
func DaysAway(words string) (days int, ok bool) {
	bare := Bare(words)
	for kind, n := range map[string]int{dayBefore: -2, yesterday: -1, today: 0, tomorrow: 1, dayAfter: 2} {
		if all().whole[kind][bare] {
			return n, true
		}
	}
	return 0, false
}

// Halt is how surely words alone ask for no more surveys.
type Halt int8

// The degrees of Halt.
const (
	GoesOn   Halt = iota // they do not
	MayStop              // they do, unless they are an answer: "enough", "cancelar"
	WillStop             // they do: "STOP", "unsubscribe", "退订"
)

// Stops tells whether words ask for no more surveys.
func Stops(words string) Halt {
	if utf8.RuneCountInString(words) > longestStop {
		return GoesOn
	}
	switch {
	case is(end, words):
		return MayStop
	case wishesToStop(Bare(words), mostAround):
		return WillStop
	}
	return GoesOn
}

// longestStop is how many characters a message has at most that is nothing but a wish to stop.
const longestStop = 80

// mostAround is how many words may stand around a wish to stop: "please", "any more", "thanks".
const mostAround = 3

// wishesToStop reports whether bare words are a wish to stop, with so many words around it.
func wishesToStop(bare string, n int) bool {
	if all().whole[stop][bare] {
		return true
	}
	if n == 0 {
		return false
	}
	if rest, ok := cutWord(around, bare); ok && wishesToStop(rest, n-1) {
		return true
	}
	rest, ok := cutLast(around, bare)
	return ok && wishesToStop(rest, n-1)
}

// cutLast takes the longest word of a kind away from the end of bare words.
func cutLast(kind, bare string) (rest string, ok bool) {
	rest = bare
	for w := range all().whole[kind] {
		before, found := strings.CutSuffix(bare, w)
		if !found || len(before) >= len(rest) {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(w)
		if unicode.Is(unicode.Han, first) || !unicode.IsLetter(last) && !unicode.IsDigit(last) {
			rest = before
		}
	}
	return strings.TrimRight(rest, edges), rest != bare
}

// Complaint is how surely words complain about what happened.
type Complaint int8

// The degrees of Complaint.
const (
	NoComplaint  Complaint = iota
	MayComplain            // a phrase for it stands before other words, or praise: one question decides
	WillComplain           // the phrase alone, or the phrase and what is wrong
)

// Complains tells whether words are a complaint by a phrase that they begin with, and whether
// anything but that phrase is said.
func Complains(words string) (is Complaint, more bool) {
	bare := Bare(words)
	rest, ok := cutWord(complain, bare)
	if !ok {
		return NoComplaint, false
	}
	if rest == "" {
		return WillComplain, false
	}
	phrase := strings.TrimSpace(strings.TrimSuffix(bare, rest))
	for w := range all().whole[praise] {
		if hasWord(bare[len(phrase):], w) {
			return MayComplain, true
		}
	}
	gap := strings.TrimSpace(bare[:len(bare)-len(rest)])
	last, _ := utf8.DecodeLastRuneInString(gap)
	if _, leads := cutWord(about, rest); leads || unicode.IsPunct(last) || strings.Contains(words, "\n") || len(strings.Fields(phrase)) > 2 {
		return WillComplain, true
	}
	if unicode.Is(unicode.Han, last) && utf8.RuneCountInString(phrase) > 2 { // 我要投诉…
		return WillComplain, true
	}
	return MayComplain, true
}

// hasWord reports whether a bare word stands anywhere in bare words.
func hasWord(bare, word string) bool {
	for i := 0; ; {
		at := strings.Index(bare[i:], word)
		if at < 0 {
			return false
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(bare[:at])
		first, _ := utf8.DecodeRuneInString(word)
		if (at == 0 || unicode.Is(unicode.Han, first) || !unicode.IsLetter(before)) && boundary(word, bare[at+len(word):]) {
			return true
		}
		i = at + utf8.RuneLen(first)
	}
}

// Holds reports whether words hold a word, or several in a row, that stand by themselves.
func Holds(words, word string) bool {
	bare := Bare(word)
	return bare != "" && hasWord(Bare(words), bare)
}

// Part is a piece of words between two separators.
type Part struct{ From, To int }

// Lead splits words after a mark: what stands before the first separator, and what follows.
// takesBack says that the rest limits the mark: "good, but slow". ok is false where
// nothing parts them.
func Lead(words string) (mark, rest string, takesBack, ok bool) {
	runes := []rune(words)
	for i, r := range runes {
		next := rune(' ')
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		before := rune(' ')
		if i > 0 {
			before = runes[i-1]
		}
		split, skip := false, 1
		switch {
		case strings.ContainsRune(",;:.،؛，；：。！!(（\n…—–", r):
			split = r == '\n' || !(unicode.IsDigit(before) && unicode.IsDigit(next)) && r != ':' || r == ':' && !unicode.IsDigit(next)
		case r == '-' && unicode.IsSpace(before) && unicode.IsSpace(next):
			split = true
		}
		if !split || i == 0 {
			continue
		}
		mark, rest = strings.TrimSpace(string(runes[:i])), strings.TrimLeft(string(runes[i+skip:]), edges+"-–—，；：！（）\n")
		if cutAt(mark) >= 0 {
			break // a conjunction comes first
		}
		if rest == "" {
			return "", "", false, false
		}
		_, takesBack = cutWord(but, Bare(rest))
		return mark, rest, takesBack, true
	}
	for _, kind := range []string{because, but} {
		if at, after := conjunction(kind, words); at > 0 {
			return strings.TrimSpace(words[:at]), strings.TrimSpace(words[after:]), kind == but, true
		}
	}
	return "", "", false, false
}

// cutAt is where a conjunction stands in words; -1 = nowhere.
func cutAt(words string) int {
	at := -1
	for _, kind := range []string{because, but} {
		if i, _ := conjunction(kind, words); i > 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}

// conjunction finds the first word of a kind inside words, and where what it says begins.
func conjunction(kind, words string) (at, after int) {
	lower := strings.ToLower(words)
	if len(lower) != len(words) {
		return -1, -1
	}
	at = -1
	for _, l := range all().lists {
		for _, w := range l.words[kind] {
			i := indexWord(lower, w)
			if i > 0 && (at < 0 || i < at) {
				at, after = i, i
			}
		}
	}
	return at, after
}

// indexWord is where a word stands by itself in words; -1 = nowhere.
func indexWord(words, word string) int {
	for i := 0; i < len(words); {
		at := strings.Index(words[i:], word)
		if at < 0 {
			return -1
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(words[:at])
		first, size := utf8.DecodeRuneInString(words[at:])
		if (at == 0 || unicode.Is(unicode.Han, first) || !unicode.IsLetter(before) && !unicode.IsDigit(before)) && boundary(word, words[at+len(word):]) {
			return at
		}
		i = at + size
	}
	return -1
}

// Several splits words between which "and", a comma, "+" or "&" stands, in any language: the
// places where each piece begins and ends. A label may itself hold what parts others, so
// whoever looks for labels tries several pieces together.
func Several(words string) []Part {
	var parts []Part
	from := 0
	cut := func(at, to int) {
		if strings.TrimSpace(words[from:at]) != "" {
			parts = append(parts, Part{from, at})
		}
		from = to
	}
	for i := 0; i < len(words); {
		r, size := utf8.DecodeRuneInString(words[i:])
		if strings.ContainsRune(",;\n+&、，；،؛/", r) {
			cut(i, i+size)
			i += size
			continue
		}
		if n := conjoins(words, i); n > 0 {
			cut(i, i+n)
			i += n
			continue
		}
		i += size
	}
	cut(len(words), len(words))
	return parts
}

// conjoins is how many bytes a word for "and" has that stands at i; 0 = none does.
func conjoins(words string, i int) int {
	before, _ := utf8.DecodeLastRuneInString(words[:i])
	longest := 0
	for _, l := range all().lists {
		for _, w := range l.words[and] {
			n := len(w)
			if n <= longest || i+n > len(words) || !strings.EqualFold(words[i:i+n], w) {
				continue
			}
			first, _ := utf8.DecodeRuneInString(w)
			switch {
			case unicode.Is(unicode.Han, first):
				longest = n
			case !unicode.IsSpace(before):
			case w == "و": // is written together with the word that follows
				longest = n
			case boundary(w, words[i+n:]):
				longest = n
			}
		}
	}
	return longest
}

// Otherwise takes a word for "or" away from the beginning of bare words: what follows it is
// another answer than the one before.
func Otherwise(bare string) (rest string, ok bool) { return cutWord(or, bare) }

// Month is the number of a month that words name; 0 = none.
func Month(bare string) int {
	for _, l := range all().lists {
		for i, w := range l.words[months] {
			if Bare(w) == bare {
				return i%12 + 1
			}
		}
	}
	return 0
}
