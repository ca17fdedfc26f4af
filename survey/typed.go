package survey

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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

// matchScale finds the option of a scale that typed words name: its words in any
// language of the flow, its symbol, or its value ("2", "2/5", "two stars", "★★").
func (q *Question) matchScale(words, lang string) (int, matched) {
	if len(words) > maxNamed {
		return 0, noMatch
	}
	folded := fold(words)
	if i, m := matchLabel(folded, lang, len(q.Scale.Options), func(i int) (Text, string) {
		return q.Scale.Options[i].Label, q.Scale.Options[i].Symbol
	}); m != noMatch {
		return i, m
	}
	n, ok := parseRating(folded)
	if !ok {
		return 0, noMatch
	}
	_, high, _ := q.span()
	if n.of != 0 && !sameValue(n.of, high) && n.of != float64(len(q.Scale.Options)) {
		return 0, notClear
	}
	for i := range q.Scale.Options {
		if sameValue(q.Scale.Options[i].Value, n.value) && (n.signed || n.of != 0 || q.numberIsClear(i)) {
			return i, oneOption
		}
	}
	return 0, notClear
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
		if rest, ok := strings.CutPrefix(fold(label), shown); ok && (rest == "" || rest[0] < '0' || rest[0] > '9') {
			return true
		}
	}
	return false
}

// matchChoices finds the choices that typed words name, in the order of the list: one
// label, or several between commas; or their numbers in the list, counted from one.
func (q *Question) matchChoices(words, lang string) ([]int, matched) {
	if len(words) > maxNamed {
		return nil, noMatch
	}
	label := func(i int) (Text, string) { return q.Choices[i].Label, "" }
	one := func(part string) (int, matched) {
		folded := fold(part)
		if i, m := matchLabel(folded, lang, len(q.Choices), label); m != noMatch {
			return i, m
		}
		n, ok := parseRating(folded)
		if !ok || n.of != 0 {
			return 0, noMatch
		}
		if i := int(n.value) - 1; i >= 0 && i < len(q.Choices) && n.value == float64(i+1) {
			return i, oneOption
		}
		return 0, notClear
	}
	if i, m := one(words); m == oneOption {
		return []int{i}, oneOption
	} else if !q.isMultiple() || m == notClear {
		return nil, m
	}
	separate := func(r rune) bool { return strings.ContainsRune(",;\n+&、,;،", r) }
	if parts, ok := numbersOnly(words); ok {
		words = strings.Join(parts, ",")
	}
	var found []int
	for _, part := range strings.FieldsFunc(words, separate) {
		i, m := one(part)
		if m != oneOption {
			return nil, m
		}
		if !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	switch {
	case len(found) == 0:
		return nil, noMatch
	case len(found) > q.Max:
		return nil, tooManyOpt
	}
	slices.Sort(found)
	return found, oneOption
}

// numbersOnly splits "1 3" where nothing but numbers stands between spaces.
func numbersOnly(words string) ([]string, bool) {
	parts := strings.Fields(words)
	for _, part := range parts {
		if _, err := strconv.Atoi(fold(part)); err != nil {
			return nil, false
		}
	}
	return parts, len(parts) > 1
}

// matchLabel finds the one option whose words or symbol are folded: whole labels in
// the person's language first, then in every other; then a part of a label between
// commas, slashes or brackets ("no" for "No, thanks").
func matchLabel(folded, lang string, n int, label func(int) (Text, string)) (int, matched) {
	if folded == "" {
		return 0, noMatch
	}
	rounds := []func(i int) bool{
		func(i int) bool {
			words, symbol := label(i)
			return fold(words.In(lang)) == folded || symbol != "" && fold(symbol) == folded
		},
		func(i int) bool {
			words, _ := label(i)
			for _, w := range words {
				if fold(w) == folded {
					return true
				}
			}
			return false
		},
		func(i int) bool {
			words, _ := label(i)
			for _, w := range words {
				if hasPart(w, folded) {
					return true
				}
			}
			return false
		},
	}
	for _, hit := range rounds {
		found, count := 0, 0
		for i := range n {
			if hit(i) {
				found, count = i, count+1
			}
		}
		switch {
		case count == 1:
			return found, oneOption
		case count > 1:
			return 0, notClear
		}
	}
	return 0, noMatch
}

func hasPart(label, folded string) bool {
	parts := strings.FieldsFunc(label, func(r rune) bool { return strings.ContainsRune(",;/(),、،;()", r) })
	if before, after, ok := strings.Cut(label, " - "); ok {
		parts = append(parts, before, after)
	}
	return len(parts) > 1 && slices.ContainsFunc(parts, func(p string) bool { return fold(p) == folded })
}

// rating is a number as people type it: "2", "+1", "2/5", "2 out of 5", "two stars".
type rating struct {
	value  float64
	of     float64 // what it is out of; 0 = not said
	signed bool
}

func parseRating(folded string) (rating, bool) {
	if r, ok := countStars(folded); ok {
		return r, true
	}
	if utf8.RuneCountInString(folded) > 40 {
		return rating{}, false
	}
	value, of, hasOf := folded, "", false
	for _, between := range []string{"/", " out of ", " of ", " von ", " de ", " sobre ", " من "} {
		if value, of, hasOf = strings.Cut(folded, between); hasOf {
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
func countStars(folded string) (rating, bool) {
	full, empty := 0, 0
	for _, r := range folded {
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
func withoutUnit(words string) string {
	words = strings.TrimSpace(words)
	for _, unit := range []string{"stars", "star", "points", "point", "estrellas", "estrella", "puntos", "punto", "颗星", "星", "分", "نجوم", "نجمة", "نجمات"} {
		if rest, ok := strings.CutSuffix(words, unit); ok {
			return strings.TrimSpace(rest)
		}
	}
	return words
}

// parseNumber reads a decimal number or a number word up to ten in the languages that
// the interface speaks.
func parseNumber(words string) (float64, bool) {
	if words == "" {
		return 0, false
	}
	if words[0] == '+' || words[0] == '-' || words[0] >= '0' && words[0] <= '9' {
		x, err := strconv.ParseFloat(strings.Replace(strings.ReplaceAll(words, "٫", "."), ",", ".", 1), 64)
		return x, err == nil && finite(x)
	}
	switch words {
	case "zero", "cero", "零", "〇", "صفر":
		return 0, true
	case "one", "uno", "una", "un", "一", "واحد", "واحدة":
		return 1, true
	case "two", "dos", "二", "两", "兩", "اثنان", "اثنتان", "اثنين":
		return 2, true
	case "three", "tres", "三", "ثلاثة", "ثلاث":
		return 3, true
	case "four", "cuatro", "四", "أربعة", "أربع", "اربعة", "اربع":
		return 4, true
	case "five", "cinco", "五", "خمسة", "خمس":
		return 5, true
	case "six", "seis", "六", "ستة", "ست":
		return 6, true
	case "seven", "siete", "七", "سبعة", "سبع":
		return 7, true
	case "eight", "ocho", "八", "ثمانية", "ثماني":
		return 8, true
	case "nine", "nueve", "九", "تسعة", "تسع":
		return 9, true
	case "ten", "diez", "十", "عشرة", "عشر":
		return 10, true
	}
	return 0, false
}
