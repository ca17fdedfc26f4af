package storage

import (
	"fmt"
	"strings"
	"testing"
)

func TestNamesAreFoundByTheBeginningsOfTheirWords(t *testing.T) {
	for _, c := range []struct {
		name, typed string
		want        bool
	}{
		{"Zoë Müller-Lüdenscheidt", "zoe", true},
		{"Zoë Müller-Lüdenscheidt", "lüd MULL", true},
		{"Zoë Müller-Lüdenscheidt", "uller", false},
		{"O'Neil", "neil", true},
		{"O'Neil", "o'neil", true},
		{"Łukasz Groß", "lukasz gross", true},
		{"عبدالرحمن الحسن", "حسن", true},
		{"أحمد", "احمد", true},
		{"王小明", "小明", true},
		{"王小明", "王", true},
		{"Anna李娜", "娜", true},
		{"김철수", "철수", true},
		{"Иванова", "ван", false},
		{"Anna", "", false},
		{"Anna", "%", false},
		{"Anna", "anna anna", true},
		{"", "a", false},
	} {
		if got := NameBegins(c.name, c.typed); got != c.want {
			t.Errorf("%q typed for %q: %t; the words are %q and %q", c.typed, c.name, got, NameWords(c.name), TypedWords(c.typed))
		}
	}
}

func TestALongNameHasFewWords(t *testing.T) {
	var long strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&long, "w%d 王小明", i)
	}
	for _, name := range []string{long.String(), strings.Repeat("x", 10000), strings.Repeat("明", 10000)} {
		all := NameWords(name)
		if len(all) > mostNameWords {
			t.Errorf("%d words", len(all))
		}
		for _, w := range all {
			if len([]rune(w)) > mostWordLength {
				t.Errorf("a word of %d letters", len([]rune(w)))
			}
		}
	}
}
