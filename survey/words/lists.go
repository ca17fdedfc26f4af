package words

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// Kinds of words that a list may have; each begins with its name in brackets. What they do
// is said at the top of lists/en.txt.
const (
	worst    = "worst"
	bad      = "bad"
	middling = "middling"
	good     = "good"
	best     = "best"
	opening  = "opening"
	because  = "because"
	but      = "but"
	and      = "and"
	or       = "or"
	yes      = "yes"
	no       = "no"
	denial   = "denial"
	stop     = "stop"
	around   = "around"
	end      = "end"
	complain = "complain"
	about    = "about"
	praise   = "praise"
	unsure   = "unsure"
	polite   = "polite"
	months   = "months"
	refuses  = "refuses"
	giving   = "giving"
	yea      = "yea"
	nay      = "nay"

	dayBefore = "day_before_yesterday"
	yesterday = "yesterday"
	today     = "today"
	tomorrow  = "tomorrow"
	dayAfter  = "day_after_tomorrow"
)

//go:embed lists/*.txt
var files embed.FS

// list is one file: the words of a language by their kind, as they stand there.
type list struct {
	language string
	words    map[string][]string
}

// index is what all lists say.
type index struct {
	lists  []list
	whole  map[string]map[string]bool // by kind, in every language: words by themselves, bare
	grades map[string]Grade
}

var all = sync.OnceValue(load)

func load() *index {
	x := &index{whole: map[string]map[string]bool{}, grades: map[string]Grade{}}
	names, err := fs.Glob(files, "lists/*.txt")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		source, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it was listed just now
		}
		language := strings.TrimSuffix(path.Base(name), ".txt")
		if language == "shortcodes" {
			continue
		}
		l := list{language: language, words: map[string][]string{}}
		kind := ""
		for line := range lines(source) {
			if name, ok := strings.CutPrefix(line, "["); ok {
				kind = strings.TrimSuffix(name, "]")
				continue
			}
			for word := range strings.SplitSeq(line, "|") {
				l.words[kind] = append(l.words[kind], strings.TrimSpace(word))
			}
		}
		x.lists = append(x.lists, l)
	}
	for _, l := range x.lists {
		for kind, words := range l.words {
			if x.whole[kind] == nil {
				x.whole[kind] = map[string]bool{}
			}
			for _, w := range words {
				x.whole[kind][Bare(w)] = true
				x.whole[kind][strings.ReplaceAll(Bare(w), "'", "")] = true // "dont", "im"
			}
		}
	}
	for kind, grade := range map[string]Grade{worst: Worst, bad: Bad, middling: Middling, good: Good, best: Best} {
		for w := range x.whole[kind] {
			x.grades[w] = grade
		}
	}
	return x
}

func lines(source []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(string(source)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !yield(line) {
				return
			}
		}
	}
}

// named is the emoji that has this name; "" = none has.
func named(name string) string { return emoji()[name] }

// emoji are the symbols by their names.
var emoji = sync.OnceValue(func() map[string]string {
	source, err := files.ReadFile("lists/shortcodes.txt")
	if err != nil {
		panic(err) // it is embedded
	}
	by := map[string]string{}
	for line := range lines(source) {
		fields := strings.Fields(line)
		for _, name := range fields[1:] {
			by[name] = strings.NewReplacer("\uFE0F", "", "\u200D", "").Replace(fields[0])
		}
	}
	return by
})

// is reports whether words alone are of this kind, in any language.
func is(kind, words string) bool { return all().whole[kind][Bare(words)] }

// Languages are those that have a list, in the order of their tags.
func Languages() []string {
	var tags []string
	for _, l := range all().lists {
		tags = append(tags, l.language)
	}
	slices.Sort(tags)
	return tags
}
