package slack

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

// units is the length of s as Slack counts it: characters, not bytes.
func units(s string) int { return utf8.RuneCountInString(s) }

// cut shortens s to at most limit units, the ellipsis included.
func cut(s string, limit int) string { return chat.Cut(s, limit, func(rune) int { return 1 }) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes s plain words in mrkdwn: nothing in it is a mention or a link.
func escape(s string) string { return escaper.Replace(s) }

// escapeWithin is escape of as much of s as fits the limit after escaping.
func escapeWithin(s string, limit int) string {
	for n := limit; ; {
		out := escape(cut(s, n))
		over := units(out) - limit
		if over <= 0 {
			return out
		}
		n = max(min(n, units(s))-max(over/5, 1), 1)
	}
}

var unescaper = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// controlForm is what Slack makes of mentions, links and dates in people's words.
var controlForm = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

// made reports whether Slack made a link of what a person wrote as plain words: an address,
// a number, a name of a site.
func made(target, label string) bool {
	if rest, ok := strings.CutPrefix(target, "mailto:"); ok {
		return strings.EqualFold(rest, label)
	}
	if strings.HasPrefix(target, "tel:") {
		return strings.Trim(label, "+0123456789 -./()") == ""
	}
	return strings.HasSuffix(target, label)
}

// spoken turns words as Slack delivers them into what the person wrote.
func spoken(s string) string {
	s = controlForm.ReplaceAllStringFunc(s, func(form string) string {
		m := controlForm.FindStringSubmatch(form)
		target, label := m[1], m[2]
		switch {
		case target == "":
			return form
		case label != "" && strings.HasPrefix(target, "#"):
			return "#" + strings.TrimPrefix(label, "#")
		case label != "" && (strings.HasPrefix(target, "@") || strings.HasPrefix(target, "!")):
			return "@" + strings.TrimPrefix(label, "@")
		case label != "" && made(target, label): // a bare word that Slack made a link
			return label
		case label != "":
			return label + " (" + target + ")"
		case strings.HasPrefix(target, "!"):
			return "@" + strings.TrimPrefix(target, "!")
		}
		return strings.TrimPrefix(strings.TrimPrefix(target, "mailto:"), "tel:")
	})
	return unescaper.Replace(s)
}
