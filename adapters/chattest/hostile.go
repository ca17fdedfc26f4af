package chattest

import (
	"strings"
	"unicode"
)

// Hostile returns texts that have broken chat programs: none may change how a
// message is shown beyond the place where it stands. Each is a fresh slice.
func Hostile() []string {
	return []string{
		// Control characters.
		"nul \x00 byte", "\x00", "bell \x07 and backspace \x08", "escape \x1b[31mred\x1b[0m", "delete \x7f", "c1 \u0085\u009b31m",
		"carriage\rreturn", "dos\r\nlines", "tab\there", "vertical\vtab\fform feed", "line\u2028separator\u2029paragraph",
		// Invalid and odd encodings.
		"bad \xff\xfe bytes", "cut off \xe2\x82", "overlong \xc0\xaf", "surrogate \xed\xa0\x80", "noncharacter \ufffe \uffff", "private \ue000 use", "tag \U000E0041 letters",
		// Reading direction.
		"\u202Eright to left override", "\u202Dleft to right override", "\u202Aembedded", "\u2066isolate without end", "\u2069end without isolate",
		"مرحبا <b>world</b> 123", "שלום (abc) 456", "file\u202Egpj.exe", "\u061C\u200E\u200Fmarks",
		// What is not seen.
		"zero\u200Bwidth", "joi\u200Dner", "non\u200Cjoiner", "\uFEFFbyte order mark", "soft\u00ADhyphen", "word\u2060joiner", "hangul \u3164 filler", "braille \u2800 blank",
		// Emoji.
		"family 👨‍👩‍👧‍👦", "flag 🇺🇳 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "skin 👍🏽", "heart ❤️ and ❤", "keycap 1️⃣", "lone half \U0001F1E6",
		// Marks.
		"z" + strings.Repeat("\u0301", 1000) + "algo", "t\u0334\u0335\u0336\u0337h", "ก็็็็็็", "नमस्ते", "e\u0301 é",
		// HTML.
		"<b>bold</b>", "<script>alert(1)</script>", "</b></i></blockquote>", "<a href=\"https://evil.example/\">x</a>", "&lt;b&gt; &amp;lt; &#60;b&#62;", "<!-- comment", "<tg-spoiler>x</tg-spoiler>",
		"\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "<![CDATA[x]]>", "&nbsp;&copy;", "<",
		// Markdown and mrkdwn.
		"*bold* _it_ ~gone~ `code`", "```\nblock\n```", "[link](https://evil.example/)", "![img](x)", "# heading", "> quote", "\\*escaped\\*", "__under__ ||spoiler||",
		"<!channel> <!here> <@U123> <#C123>", "@everyone @channel @here", "<https://evil.example/|safe.example>", "&lt;!channel&gt;",
		// Programs and languages.
		"'; DROP TABLE answers; --", "{{.Secret}} ${HOME} %s %d %n", "=1+1", "javascript:alert(1)", "../../etc/passwd",
		"https://example.com/?a=1&b=2", "/start hijack", "bot123:AAAA", "null", "0",
	}
}

// fold leaves of a text what every platform must show of it: neither what may be
// cleaned away nor how much white space stands between the words.
func fold(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r) || r == '\u2800' || r == '\u3164':
			b.WriteRune(' ')
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me, unicode.Co), r == '\uFFFD', r >= '\uFFFE' && r <= '\uFFFF':
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), "")
}

// dangerous finds what must not reach a reader raw.
func dangerous(s string) string {
	depth := 0
	for _, r := range s {
		switch {
		case r == 0 || r == '\x1b' || r == '\x07' || r == '\x08':
			return "a control character"
		case r >= '\u202A' && r <= '\u202E':
			return "a change of reading direction"
		case r >= '\u2066' && r <= '\u2068':
			depth++
		case r == '\u2069':
			if depth--; depth < 0 {
				return "an end without an isolate"
			}
		}
	}
	if depth != 0 {
		return "an isolate without an end"
	}
	return ""
}
