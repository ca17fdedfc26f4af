package recovery

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Snippet is something that staff say often: it is put into a reply, which they change and send
// by themselves.
type Snippet struct {
	Name string `json:"name"` // in the menu
	Text string `json:"text"` // with placeholders
}

// Placeholders are what a Snippet may leave open, as it writes them between braces.
func Placeholders() []string { return []string{"name", "service", "site", "me"} }

// How much of it there may be.
const (
	mostSnippets   = 20
	longestSnippet = 1000 // letters
)

var (
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	openings    = regexp.MustCompile(`[ \x{00a0}]?\{([^{}]*)\}`)
)

// Fill is the text with what the placeholders stand for. What is not known is left out, with
// the space before it.
func (s Snippet) Fill(with map[string]string) string {
	return openings.ReplaceAllStringFunc(s.Text, func(found string) string {
		at := strings.IndexByte(found, '{')
		if value := with[found[at+1:len(found)-1]]; value != "" {
			return found[:at] + value
		}
		return ""
	})
}

func checkSnippets(list []Snippet) []Problem {
	var out []Problem
	say := func(i int, key, format string, args ...any) {
		out = append(out, Problem{fmt.Sprintf("snippets.%d.%s", i, key), fmt.Sprintf(format, args...)})
	}
	if len(list) > mostSnippets {
		out = append(out, Problem{"snippets", fmt.Sprintf("There are %d saved answers; keep the best %d.", len(list), mostSnippets)})
	}
	var names []string
	for i, s := range list {
		name := strings.ToLower(s.Name)
		switch {
		case strings.TrimSpace(s.Name) == "" || utf8.RuneCountInString(s.Name) > longestName || strings.ContainsAny(s.Name, "\r\n"):
			say(i, "name", "Saved answer %d needs a name of one line, of at most %d letters.", i+1, longestName)
		case slices.Contains(names, name):
			say(i, "name", "Two saved answers are called %q.", s.Name)
		}
		names = append(names, name)
		if strings.TrimSpace(s.Text) == "" || utf8.RuneCountInString(s.Text) > longestSnippet {
			say(i, "text", "Saved answer %d needs words, at most %d letters.", i+1, longestSnippet)
		}
		for _, found := range placeholder.FindAllStringSubmatch(s.Text, -1) {
			if !slices.Contains(Placeholders(), found[1]) {
				say(i, "text", "Saved answer %d has %s, which nothing is known for; use {%s}.", i+1, found[0], strings.Join(Placeholders(), "}, {"))
			}
		}
	}
	return out
}
