package survey

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/survey/words"
)

// What is asked for often stands among other words: "my number is 020 7946 0000", "about 20
// minutes". It is found there, and asked back.

// mostAmong is how many characters words have at most in which something is looked for.
const mostAmong = 200

// phonesAmong are the telephone numbers among words that are not one number alone.
func phonesAmong(said string) (found []string) {
	if utf8.RuneCountInString(said) > mostAmong {
		return nil
	}
	for _, run := range dialled.FindAllString(strings.ReplaceAll(bare(visible(said)), " / ", " | "), -1) {
		if days, _ := dates(run); len(days) > 0 {
			continue
		}
		for _, number := range phones(strings.TrimRight(run, " .-/(")) {
			if !slices.Contains(found, number) {
				found = append(found, number)
			}
		}
	}
	return found
}

// dialled is what looks like a telephone number.
var dialled = regexp.MustCompile(`(?:\+|00)?\(?\d[\d ().\-/]{5,}\d`)

// emails are the addresses among words that are not one address alone, and those that words
// nearly are: "ann at example dot com", "ann @ example.com", "ann@example,com".
func emails(said string) []string {
	if utf8.RuneCountInString(said) > mostAmong {
		return nil
	}
	if a, ok := parseEmail(said); ok {
		if name, slip := strings.CutSuffix(a, ".con"); slip { // no such domain exists, and m lies beside n
			return []string{name + ".com", a}
		}
		return nil
	}
	if found := addresses(visible(said)); len(found) > 0 {
		return found
	}
	return addresses(spoken(visible(said)))
}

// addresses are those between spaces and commas.
func addresses(said string) (found []string) {
	for field := range strings.FieldsFuncSeq(said, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;<>()（），；、", r) }) {
		if a, ok := parseEmail(field); ok && !slices.Contains(found, a) {
			found = append(found, a)
		}
	}
	return found
}

// spoken writes an address that was said, or written with spaces, as addresses are written.
func spoken(said string) string {
	for _, sign := range signs() {
		said = sign.said.ReplaceAllString(said, sign.as)
	}
	return said
}

var signs = sync.OnceValue(func() []sign {
	return []sign{
		{regexp.MustCompile(`(?i)\s*[\[(]\s*(?:at|arroba)\s*[\])]\s*|\s+(?:at|arroba|艾特|آت)\s+|\s*@\s*`), "@"},
		{regexp.MustCompile(`(?i)\s*[\[(]\s*(?:dot|punto)\s*[\])]\s*|\s+(?:dot|punto|点|نقطة)\s+|\s+\.\s*`), "."},
		{regexp.MustCompile(`(@[\p{L}\d-]+),(\p{L}{2,})$`), "$1.$2"},
	}
})

// sign is one of them.
type sign struct {
	said *regexp.Regexp
	as   string
}

// among are the numbers within the range of q that stand among other words: "about 20 minutes",
// "15-20", "2h".
func (q *Question) among(said string) (several []Reading) {
	plain := bare(said)
	if utf8.RuneCountInString(plain) > mostAmong || words.Month(plain) > 0 {
		return nil
	}
	for field := range strings.FieldsFuncSeq(hyphen.ReplaceAllString(plain, "$1 $2"), unicode.IsSpace) {
		n := counted.FindStringSubmatch(strings.Trim(field, ".,;:!?()"))
		if n == nil {
			continue
		}
		for _, x := range q.quantities(n[1]) {
			if !slices.ContainsFunc(several, func(r Reading) bool { return *r.Value == x }) {
				several = append(several, Reading{Value: &x})
			}
		}
	}
	return several
}

var (
	hyphen  = regexp.MustCompile(`^(\d+)-(\d+)`)
	counted = regexp.MustCompile(`^[~≈<>$€£¥￥₹]?\p{Han}{0,2}(\d[\d.,]*)\+?\p{L}{0,12}\.?$`)
)
