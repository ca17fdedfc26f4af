package chat_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestCutCountsAsThePlatformDoes(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"ab cd", 4, "ab…"},
		{"a😀b", 4, "a😀b"},
		{"a😀b", 3, "a…"},
		{"ae\u0301x", 3, "a…"},
		{"x👨‍👩‍👧y", 8, "x…"},
		{"🇩🇪🇫🇷", 7, "🇩🇪…"},
		{"👍🏽👍🏽", 7, "👍🏽…"},
		{"abc", 0, ""},
		{"abc", 1, "…"},
	} {
		if got := chat.Cut(c.in, c.limit, utf16.RuneLen); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestCutCountsCharacters(t *testing.T) {
	one := func(rune) int { return 1 }
	for in, want := range map[string]string{"a😀b": "a😀b", "a😀bc": "a😀…", "ae\u0301x": "a…", "🇩🇪🇫🇷": "🇩🇪…"} {
		if got := chat.Cut(in, 3, one); got != want || utf8.RuneCountInString(got) > 3 {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestCleanTakesOutWhatHarms(t *testing.T) {
	for in, want := range map[string]string{
		"a\x00b":                           "ab",
		"a\x1b[31mb":                       "a[31mb",
		"a\r\nb\rc\u2028d":                 "a\nb\nc\nd",
		"\u202Eabc\u202C":                  "abc",
		"\u2067abc":                        "abc",
		"\uFEFFabc":                        "abc",
		"a\xffb":                           "a\uFFFDb",
		"👨‍👩‍👧":                            "👨‍👩‍👧",
		"مى\u200Cخواهم":                    "مى\u200Cخواهم",
		"a" + strings.Repeat("\u0301", 99): "a" + strings.Repeat("\u0301", 16),
	} {
		if got := chat.Clean(in); got != want {
			t.Errorf("chat.Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// D14: a button has one tick, its own or the platform's.
func TestD14AButtonHasOneTick(t *testing.T) {
	for _, it := range []struct {
		button chat.Button
		ticks  bool
	}{
		{chat.Button{Text: "Price"}, false},
		{chat.Button{Text: "Price", Selected: true}, true},
		{chat.Button{Text: "☑ Price", Selected: true}, false},
		{chat.Button{Text: "☐ Price"}, false},
	} {
		if got := it.button.Ticks(); got != it.ticks {
			t.Errorf("%+v: %t", it.button, got)
		}
	}
}
