package telegram

import (
	"strings"
	"unicode/utf16"

	"github.com/aftercare/aftercare/adapters/chat"
)

// units is the length of s as Telegram counts it: UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut shortens s to at most limit units, the ellipsis included.
func cut(s string, limit int) string { return chat.Cut(s, limit, utf16.RuneLen) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// escape makes s text in Telegram's HTML.
func escape(s string) string { return escaper.Replace(s) }
