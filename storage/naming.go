package storage

import (
	"slices"
	"strings"
	"unicode"

	"github.com/aftercare/aftercare/survey/words"
)

// What is kept of a name's words: no name that a person has needs more.
const (
	mostNameWords  = 60
	mostWordLength = 40 // in letters
)

// NameWords are the words by which a name is found: without case, accents and forms of letters, each
// once, in order. Of a word in a script that leaves no spaces, or whose given name follows in the same
// word, every end is one too; so is an Arabic word without its article. Whoever changes what this
// returns has every stored name read again: see Migrations.fillNames.
func NameWords(name string) []string {
	var all []string
	for _, w := range typedWords(name) {
		all = append(all, shortened(w))
		letters := []rune(w)
		for i, r := range letters {
			if i > 0 && runsOn(r) {
				all = append(all, shortened(string(letters[i:])))
			}
		}
		if rest, ok := strings.CutPrefix(w, "ال"); ok && rest != "" {
			all = append(all, shortened(rest))
		}
		if len(all) >= mostNameWords {
			break
		}
	}
	all = all[:min(len(all), mostNameWords)]
	slices.Sort(all)
	return slices.Compact(all)
}

// TypedWords are the words that somebody typed to find a name, the longest first, each once.
func TypedWords(typed string) []string {
	all := typedWords(typed)
	for i := range all {
		all[i] = shortened(all[i])
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// NameBegins reports whether every word that was typed begins a word of a name, as NameWords has them.
func NameBegins(name, typed string) bool {
	has, wanted := NameWords(name), TypedWords(typed)
	for _, w := range wanted {
		if !slices.ContainsFunc(has, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return len(wanted) > 0
}

func typedWords(s string) []string {
	return strings.FieldsFunc(words.Bare(Clean(s)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

func shortened(word string) string {
	n := 0
	for i := range word {
		if n == mostWordLength {
			return word[:i]
		}
		n++
	}
	return word
}

// runsOn reports whether r is of a script in which names are written without spaces.
func runsOn(r rune) bool {
	return r > unicode.MaxLatin1 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
