package storage

import (
	"strings"
	"unicode/utf8"
)

// Clean is the rule by which every text is made storable on every engine, applied
// once, where it enters the database: NUL is removed, and each byte that is not part of
// valid UTF-8 (lone surrogates included) becomes U+FFFD. Everything else is kept as it
// came: emoji, right-to-left and zero-width characters are people's own words.
func Clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s { // ranging yields U+FFFD for each invalid byte
		if r != 0 {
			b.WriteRune(r)
		}
	}
	return b.String()
}
