package report

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Inert is a text of which no spreadsheet makes a formula: one that would begin a formula is
// kept off its beginning by an apostrophe. Numbers stay as they are, and so do telephone numbers
// that are written as they are dialled, which call nothing: mailers and senders of text
// messages read the same files.
func Inert(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); !strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", first) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}

// Phone is a telephone number for a column of them: as it is dialled, without what people put
// between the digits, so that a sheet makes no sum of it. What is no number is Inert.
func Phone(text string) string {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0-./()", r) {
			return -1
		}
		return r
	}, text)
	number, plus := strings.CutPrefix(digits, "+")
	if number == "" || !plus || strings.Trim(number, "0123456789") != "" {
		return Inert(text)
	}
	return digits
}
