package report

import (
	"strconv"
	"strings"
)

// Inert is a text of which no spreadsheet makes a formula. Numbers stay as they are.
func Inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return "'" + text
		}
	}
	return text
}
