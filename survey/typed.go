package survey

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/survey/words"
)

// matched is what typed words are to a question with options.
type matched int8

const (
	noMatch    matched = iota // words about something else
	notClear                  // meant as an answer, but none of the options, or several
	oneOption                 // exactly one option
	tooManyOpt                // more choices than may be chosen
)

// maxNamed is the most bytes of words that can name options; longer ones are a story.
const maxNamed = 1000

// matchScale finds the option of a scale that typed words name and nothing else: its words
// in any language of the flow, its symbol, a plain word of judgement, or its value ("2",
// "2/5", "two stars", "★★").
func (q *Question) matchScale(said, lang string) ([]int, matched) {
	if len(said) > maxNamed {
		return nil, noMatch
	}
	if i, m := matchLabel(said, lang, len(q.Scale.Options), func(i int) called {
		return q.Scale.Options[i].called()
	}); m != noMatch {
		return i, m
	}
	n, ok := parseRating(bare(said))
	if !ok {
		return q.judged(said)
	}
	low, high, _ := q.span()
	if n.signed && low >= 0 {
		return nil, notClear // "+1" is praise in many chats, and no mark
	}
	if n.of != 0 && !sameValue(n.of, high) && n.of != float64(len(q.Scale.Options)) {
		return nil, notClear
	}
	for i := range q.Scale.Options {
		if sameValue(q.Scale.Options[i].Value, n.value) && (n.signed || n.of != 0 || q.numberIsClear(i)) {
			return []int{i}, oneOption
		}
	}
	return nil, notClear
}

// Names reports whether typed words alone name an option or a choice of q, or several.
func (q *Question) Names(said, lang string) bool {
	m := noMatch
	switch q.Kind {
	case ScaleQ:
		_, m = q.matchScale(said, lang)
	case ChoiceQ:
		_, m = q.matchChoices(said, lang)
	}
	return m != noMatch
}

// judged finds the option that a plain word of judgement means, where the scale takes such
// words: "bad" is the middle one of those that are unsatisfied, or the better of two.
func (q *Question) judged(said string) ([]int, matched) {
	if !q.Scale.PlainWords {
		return nil, noMatch
	}
	grade := words.Judgement(said)
	if grade == words.NoGrade {
		return nil, noMatch
	}
	if q.Reverse {
		return nil, notClear
	}
	var low, middle, high []int
	for i := range q.Scale.Options {
		switch q.Scale.Options[i].Flag {
		case Unsatisfied:
			low = append(low, i)
		case Neutral:
			middle = append(middle, i)
		case Satisfied, Delighted:
			high = append(high, i)
		}
	}
	byValue := func(a, b int) int { return cmp.Compare(q.Scale.Options[a].Value, q.Scale.Options[b].Value) }
	slices.SortFunc(low, byValue)
	slices.SortFunc(high, byValue)
	var of []int
	at := 0
	switch grade {
	case words.Worst:
		of = low
	case words.Bad:
		of, at = low, len(low)/2
	case words.Middling:
		if of = middle; len(of) != 1 {
			of = nil
		}
	case words.Good:
		if of = high; len(of) > 0 {
			at = (len(of) - 1) / 2
		}
	case words.Best:
		of, at = high, len(high)-1
	}
	if len(of) == 0 || len(of) > 3 && (grade == words.Bad || grade == words.Good) {
		return slices.Clip(of), notClear
	}
	return []int{of[at]}, oneOption
}

// judgesOnly reports whether words are a plain word of judgement, and neither a label nor a number.
func (q *Question) judgesOnly(said, lang string) bool {
	_, m := matchLabel(said, lang, len(q.Scale.Options), func(i int) called {
		o := &q.Scale.Options[i]
		return called{o.Label, o.Symbol, o.Also}
	})
	return m == noMatch && words.Judgement(said) != words.NoGrade
}

// flagOf is whether an option of a scale is a good one; none where the scale is read backwards.
func (q *Question) flagOf(option int) Flag {
	if q.Reverse {
		return NoFlag
	}
	return q.Scale.Options[option].Flag
}

// numberIsClear reports whether a bare number that is the value of option i can only
// mean that option: the person sees the number, or counting the options from one
// leads to the same option or to none.
func (q *Question) numberIsClear(i int) bool {
	value := q.Scale.Options[i].Value
	if value == float64(i+1) || value < 1 || value > float64(len(q.Scale.Options)) {
		return true
	}
	shown := strconv.FormatFloat(value, 'g', -1, 64)
	for _, label := range q.Scale.Options[i].Label {
		if rest, ok := strings.CutPrefix(bare(label), shown); ok && (rest == "" || rest[0] < '0' || rest[0] > '9') {
			return true
		}
	}
	return false
}

// matchShown finds the choices that typed words name and nothing else, in the order of the
// list: one label, or several with "and", commas or the like between them; or numbers, which
// count the choices as they are shown.
func (q *Question) matchShown(said, lang string, shown []int) ([]int, matched) {
	if len(said) > maxNamed {
		return nil, noMatch
	}
	if found, m := q.matchChoice(said, lang, shown); m == oneOption || m == notClear || !q.isMultiple() {
		return found, m
	}
	if parts, ok := numbersOnly(said); ok {
		said = strings.Join(parts, ",")
	}
	parts := words.Several(said)
	var found []int
	for i := 0; i < len(parts); {
		next, at, m := q.longest(said, parts[i:], lang, shown)
		if m != oneOption {
			return nil, m
		}
		i += next
		if !slices.Contains(found, at) {
			found = append(found, at)
		}
	}
	switch {
	case len(found) == 0:
		return nil, noMatch
	case q.contradict(found):
		return nil, notClear
	case len(found) > q.Max:
		return nil, tooManyOpt
	}
	slices.Sort(found)
	return found, oneOption
}

// matchChoices is matchShown for choices that are shown in the order of the list.
func (q *Question) matchChoices(said, lang string) ([]int, matched) {
	return q.matchShown(said, lang, nil)
}

// longest finds the choice that the most of these pieces, from the first on, name together:
// what parts labels may stand inside one. Several numbers can only be places in the list.
func (q *Question) longest(said string, parts []words.Part, lang string, shown []int) (n, option int, m matched) {
	for k := len(parts); k > 0; k-- {
		piece := said[parts[0].From:parts[k-1].To]
		var found []int
		if found, m = q.matchChoice(piece, lang, shown); m != oneOption {
			found, m = q.place(piece, shown, m)
		}
		if m == oneOption {
			return k, found[0], oneOption
		}
	}
	return 0, 0, m
}

// matchChoice finds the one choice that typed words name, or those between which they leave
// a doubt. A bare number is one only where the labels show numbers.
func (q *Question) matchChoice(said, lang string, shown []int) ([]int, matched) {
	found, m := matchLabel(said, lang, len(q.Choices), func(i int) called {
		return called{q.Choices[i].Label, "", q.Choices[i].Also}
	})
	if m != noMatch {
		return found, m
	}
	if found, m = q.place(said, shown, noMatch); m == oneOption && !q.showsNumber(found[0]) {
		return found, notClear
	}
	return found, m
}

// place is the choice whose place in the list typed words are, counted from one; otherwise
// is what the words are where they are no number.
func (q *Question) place(said string, shown []int, otherwise matched) ([]int, matched) {
	n, ok := parseRating(bare(said))
	if !ok || n.of != 0 {
		return nil, otherwise
	}
	if i := int(n.value) - 1; !n.signed && i >= 0 && i < len(q.Choices) && sameValue(n.value, float64(i+1)) {
		if shown != nil {
			i = shown[i]
		}
		return []int{i}, oneOption
	}
	return nil, notClear
}

// showsNumber reports whether the label of choice i begins with its place in the list.
func (q *Question) showsNumber(i int) bool {
	shown := strconv.Itoa(i + 1)
	for _, label := range q.Choices[i].Label {
		if rest, ok := strings.CutPrefix(bare(label), shown); ok && (rest == "" || rest[0] < '0' || rest[0] > '9') {
			return true
		}
	}
	return false
}

// numbersOnly splits "1 3" and "1️⃣ 3️⃣" where nothing but numbers stands between spaces.
func numbersOnly(words string) ([]string, bool) {
	parts := strings.Fields(words)
	for _, part := range parts {
		if _, err := strconv.Atoi(bare(part)); err != nil {
			return nil, false
		}
	}
	return parts, len(parts) > 1
}

// called is what one option is called.
type called struct {
	label  Text
	symbol string
	also   []string
}

// called is what the option is called; who reads its button may type what stands there.
func (o *Option) called() called {
	also := o.Also
	if len(o.Short) > 0 {
		also = slices.Clone(also)
		for _, tag := range sortedKeys(o.Short) {
			if !slices.Contains(also, o.Short[tag]) {
				also = append(also, o.Short[tag])
			}
		}
	}
	return called{o.Label, o.Symbol, also}
}

// matchLabel finds the one option that typed words name, or those that they name alike. It
// looks for them in rounds, the strictest first: whole labels in the person's language, then
// in every other; the same without accents; without emoji; then a part of a label between
// commas, slashes or brackets ("no" for "No, thanks").
func matchLabel(said, lang string, n int, of func(int) called) ([]int, matched) {
	folded, plain := fold(said), bare(said)
	if folded == "" {
		return nil, noMatch
	}
	letters, emoji := apart(plain)
	unit := words.Unit(plain)
	anyLabel := func(is func(string) bool) func(called) bool {
		return func(o called) bool {
			for _, w := range o.label {
				if is(w) {
					return true
				}
			}
			return slices.ContainsFunc(o.also, is)
		}
	}
	rounds := []func(called) bool{
		func(o called) bool {
			return fold(o.label.In(lang)) == folded || o.symbol != "" && words.Unit(bare(o.symbol)) == unit
		},
		anyLabel(func(w string) bool { return fold(w) == folded }),
		func(o called) bool { return bare(o.label.In(lang)) == plain },
		anyLabel(func(w string) bool { return bare(w) == plain }),
		anyLabel(func(w string) bool { l, _ := apart(bare(w)); return l != "" && l == letters }),
		anyLabel(func(w string) bool {
			_, e := apart(bare(w))
			return letters == "" && e != "" && words.Unit(e) == words.Unit(emoji)
		}),
		anyLabel(func(w string) bool { return hasPart(w, func(p string) bool { return bare(p) == plain }) }),
	}
	for _, alike := range []func(string) bool{words.Agrees, words.Declines} { // "nope" for "No, thanks"
		if alike(said) {
			rounds = append(rounds, anyLabel(func(w string) bool { return alike(w) || hasPart(w, alike) }))
		}
	}
	for _, hit := range rounds {
		var found []int
		for i := range n {
			if hit(of(i)) {
				found = append(found, i)
			}
		}
		switch {
		case len(found) == 1:
			return found, oneOption
		case len(found) > 1:
			return found, notClear
		}
	}
	return nil, noMatch
}

// apart splits bare words into what is written with letters and digits, and emoji.
func apart(plain string) (letters, emoji string) {
	var l, e strings.Builder
	for _, r := range plain {
		if r > unicode.MaxASCII && unicode.In(r, unicode.So, unicode.Sk) {
			e.WriteRune(r)
			r = ' '
		}
		l.WriteRune(r)
	}
	return bare(l.String()), e.String()
}

// hasPart reports whether something is so of a part of a label, between commas and the like.
func hasPart(label string, is func(string) bool) bool {
	parts := strings.FieldsFunc(label, func(r rune) bool { return strings.ContainsRune(",;/(),、،;()，；（）", r) })
	if before, after, ok := strings.Cut(label, " - "); ok {
		parts = append(parts, before, after)
	}
	return len(parts) > 1 && slices.ContainsFunc(parts, is)
}

// rating is a number as people type it: "2", "+1", "2/5", "2 out of 5", "two stars".
type rating struct {
	value  float64
	of     float64 // what it is out of; 0 = not said
	signed bool
}

func parseRating(plain string) (rating, bool) {
	if r, ok := countStars(plain); ok {
		return r, true
	}
	if utf8.RuneCountInString(plain) > 40 {
		return rating{}, false
	}
	value, of, hasOf := plain, "", false
	for _, between := range []string{"/", " out of ", " of ", " von ", " de ", " sobre ", " من "} {
		if value, of, hasOf = strings.Cut(plain, between); hasOf {
			break
		}
	}
	var r rating
	var ok bool
	if r.value, ok = parseNumber(withoutUnit(value)); !ok {
		return rating{}, false
	}
	trimmed := strings.TrimSpace(value)
	r.signed = strings.HasPrefix(trimmed, "-") || strings.HasPrefix(trimmed, "+")
	if hasOf {
		if r.of, ok = parseNumber(withoutUnit(of)); !ok || r.of <= 0 {
			return rating{}, false
		}
	}
	return r, true
}

// countStars reads "★★☆☆☆" and "⭐⭐".
func countStars(plain string) (rating, bool) {
	full, empty := 0, 0
	for _, r := range plain {
		switch r {
		case '★', '⭐', '🌟':
			full++
		case '☆':
			empty++
		case ' ':
		default:
			return rating{}, false
		}
	}
	r := rating{value: float64(full)}
	if empty > 0 {
		r.of = float64(full + empty)
	}
	return r, full > 0
}

// withoutUnit takes the word after a number away.
func withoutUnit(said string) string {
	said = strings.TrimSpace(said)
	for _, unit := range []string{"stars", "star", "points", "point", "estrellas", "estrella", "puntos", "punto", "颗星", "顆星", "星", "分", "نجوم", "نجمه", "نجمات", "⭐", "★"} {
		if rest, ok := strings.CutSuffix(said, unit); ok {
			return strings.TrimSpace(rest)
		}
	}
	return said
}

// parseNumber reads a decimal number or a number word up to ten in the languages that
// the interface speaks.
func parseNumber(plain string) (float64, bool) {
	if plain == "" {
		return 0, false
	}
	if plain[0] == '+' || plain[0] == '-' || plain[0] >= '0' && plain[0] <= '9' {
		plain = strings.Replace(strings.ReplaceAll(plain, "٫", "."), ",", ".", 1)
		if strings.Trim(plain[1:], "0123456789.") != "" {
			return 0, false // no hexadecimal digits and no exponents
		}
		x, err := strconv.ParseFloat(plain, 64)
		return x + 0, err == nil && finite(x) // -0 is 0
	}
	n, ok := numberWords[plain]
	return n, ok
}

// numberWords are the words for numbers, bare.
var numberWords = func() map[string]float64 {
	of := map[string]float64{}
	for n, said := range []string{
		"zero cero 零 〇 صفر", "one uno una un 一 壹 واحد واحدة", "two dos 二 两 兩 俩 贰 اثنان اثنتان اثنين اتنين", "three tres 三 叁 ثلاثة ثلاث تلاتة",
		"four cuatro 四 肆 أربعة أربع", "five cinco 五 伍 خمسة خمس", "six seis 六 陆 ستة ست", "seven siete 七 柒 سبعة سبع",
		"eight ocho 八 捌 ثمانية ثماني تمانية", "nine nueve 九 玖 تسعة تسع", "ten diez 十 拾 عشرة عشر",
	} {
		for w := range strings.FieldsSeq(said) {
			of[bare(w)] = float64(n)
		}
	}
	return of
}()
