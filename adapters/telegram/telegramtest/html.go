package telegramtest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Entity is a stretch of a message's text in a style of its own.
type Entity struct {
	Type   string `json:"type"`   // bold, italic, blockquote, expandable_blockquote, code, text_link, …
	Offset int    `json:"offset"` // UTF-16 units
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

// Of returns the part of text that the entity covers.
func (e Entity) Of(text string) string {
	all := utf16.Encode([]rune(text))
	if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(all) {
		return ""
	}
	return string(utf16.Decode(all[e.Offset : e.Offset+e.Length]))
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

var styles = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
	"a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler",
}

type openTag struct {
	name, style, url string
	start            int
}

// parseHTML does what the server does with parse_mode=HTML.
func parseHTML(in string) (string, []Entity, error) {
	var out strings.Builder
	var entities []Entity
	var open []openTag
	at := 0 // units written
	for i := 0; i < len(in); {
		switch in[i] {
		case '&':
			r, size := decodeEntity(in[i:])
			out.WriteRune(r)
			at += utf16.RuneLen(r)
			i += size
		case '<':
			end := strings.IndexByte(in[i:], '>')
			if end < 0 {
				return "", nil, fmt.Errorf("Unclosed start tag at byte offset %d", i)
			}
			body := in[i+1 : i+end]
			if name, ok := strings.CutPrefix(body, "/"); ok {
				if len(open) == 0 {
					return "", nil, fmt.Errorf("Unexpected end tag at byte offset %d", i)
				}
				tag := open[len(open)-1]
				if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != tag.name {
					return "", nil, fmt.Errorf("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", i, tag.name, name)
				}
				open = open[:len(open)-1]
				if at > tag.start {
					entities = append(entities, Entity{Type: tag.style, Offset: tag.start, Length: at - tag.start, URL: tag.url})
				}
			} else {
				tag, err := startTag(body, i)
				if err != nil {
					return "", nil, err
				}
				for _, o := range open {
					if o.name == "blockquote" && tag.name == "blockquote" {
						return "", nil, fmt.Errorf("blockquotes can't be nested at byte offset %d", i)
					}
				}
				tag.start = at
				open = append(open, tag)
			}
			i += end + 1
		default:
			r, size := utf8.DecodeRuneInString(in[i:])
			out.WriteRune(r)
			at += utf16.RuneLen(r)
			i += size
		}
	}
	if len(open) > 0 {
		return "", nil, fmt.Errorf("Can't find end tag corresponding to start tag %q", open[len(open)-1].name)
	}
	return out.String(), entities, nil
}

func startTag(body string, at int) (openTag, error) {
	name, attributes, _ := strings.Cut(body, " ")
	tag := openTag{name: strings.ToLower(name)}
	style, ok := styles[tag.name]
	if !ok {
		return tag, fmt.Errorf("Unsupported start tag %q at byte offset %d", name, at)
	}
	tag.style = style
	switch {
	case tag.name == "blockquote" && strings.TrimSpace(attributes) == "expandable":
		tag.style = "expandable_blockquote"
	case tag.name == "a":
		tag.url = strings.Trim(strings.TrimPrefix(strings.TrimSpace(attributes), "href="), `"'`)
	}
	return tag, nil
}

// decodeEntity decodes what Telegram knows; everything else is a plain "&".
func decodeEntity(s string) (rune, int) {
	end := strings.IndexByte(s, ';')
	if end < 2 || end > 10 {
		return '&', 1
	}
	switch name := s[1:end]; {
	case name == "lt":
		return '<', end + 1
	case name == "gt":
		return '>', end + 1
	case name == "amp":
		return '&', end + 1
	case name == "quot":
		return '"', end + 1
	case strings.HasPrefix(name, "#"):
		digits, base := name[1:], 10
		if strings.HasPrefix(digits, "x") {
			digits, base = digits[1:], 16
		}
		if n, err := strconv.ParseInt(digits, base, 32); err == nil && n > 0 && n <= unicode.MaxRune {
			return rune(n), end + 1
		}
	}
	return '&', 1
}

// washed is a text as the server keeps it: without control characters and without
// what reverses the reading direction. It has as many units as before where
// something became a space; what is dropped shifts the entities.
func washed(text string, entities []Entity) (string, []Entity) {
	var out []uint16
	var moved []int // new offset by old offset
	for _, r := range text {
		for range utf16.RuneLen(r) {
			moved = append(moved, len(out))
		}
		switch {
		case r == '\n':
			out = append(out, '\n')
		case r == '\r', r >= '\u2028' && r <= '\u202E':
		case r < ' ':
			out = append(out, ' ')
		default:
			out = utf16.AppendRune(out, r)
		}
	}
	moved = append(moved, len(out))
	first, last := 0, len(out)
	space := func(u uint16) bool { return u == ' ' || u == '\n' }
	for first < last && space(out[first]) {
		first++
	}
	for last > first && space(out[last-1]) {
		last--
	}
	clamp := func(n int) int { return min(max(n, first), last) - first }
	var kept []Entity
	for _, e := range entities {
		from, to := clamp(moved[e.Offset]), clamp(moved[e.Offset+e.Length])
		if to > from {
			kept = append(kept, Entity{Type: e.Type, Offset: from, Length: to - from, URL: e.URL})
		}
	}
	return string(utf16.Decode(out[first:last])), kept
}

// blank reports whether a reader sees nothing of s.
func blank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me) && r != '\u2800' && r != '\u3164'
	})
}
