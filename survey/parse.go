package survey

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parsePhone reads a telephone number: digits with the usual separators, 7 to 15 of
// them (E.164), the country code behind "+" or "00" if there is one. It is returned
// without separators.
func parsePhone(words string) (string, bool) {
	var b strings.Builder
	for _, r := range fold(strings.ReplaceAll(words, "(", " ")) {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -./()", r):
		default:
			return "", false
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	digits := strings.TrimPrefix(number, "+")
	if len(digits) < 7 || len(digits) > 15 || strings.HasPrefix(number, "+0") {
		return "", false
	}
	return number, true
}

// parseEmail accepts what is certainly deliverable syntax: one name, one "@", a
// domain with a dot. It is returned without spaces at the ends.
func parseEmail(words string) (string, bool) {
	words = strings.TrimSpace(words)
	name, domain, ok := strings.Cut(words, "@")
	if !ok || name == "" || len(name) > 64 || len(words) > 254 || strings.ContainsAny(words, " \t\n\"<>(),;:\\[]") {
		return "", false
	}
	if strings.Contains(domain, "@") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		return "", false
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
	}
	return words, len(labels) > 1 && utf8.RuneCountInString(labels[len(labels)-1]) > 1
}

// parseDate reads a calendar date with the year first, "2026-07-31", also with
// slashes, dots or 年月日, and returns it in ISO 8601. Day and month first cannot be told
// apart, so that order is refused.
func parseDate(words string) (string, bool) {
	folded := strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-", " ", "").Replace(fold(words))
	year, rest, ok1 := strings.Cut(folded, "-")
	month, day, ok2 := strings.Cut(rest, "-")
	if !ok1 || !ok2 || len(year) != 4 || len(month) > 2 || len(day) > 2 {
		return "", false
	}
	y, err1 := strconv.Atoi(year)
	m, err2 := strconv.Atoi(month)
	d, err3 := strconv.Atoi(day)
	if err1 != nil || err2 != nil || err3 != nil || y < 1 || m < 1 || d < 1 {
		return "", false
	}
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if date.Month() != time.Month(m) || date.Day() != d {
		return "", false
	}
	return date.Format(time.DateOnly), true
}

// parseQuantity reads a number within the question's range.
func (q *Question) parseQuantity(words string) (float64, bool) {
	x, ok := parseNumber(withoutUnit(fold(words)))
	if !ok || q.MinValue < q.MaxValue && (x < q.MinValue || x > q.MaxValue) {
		return 0, false
	}
	return x, true
}

// looksMeant reports whether words that are no number, date, address or telephone
// number were probably meant as one: short, with a digit or an "@". Other words are
// off-script, so that they reach staff.
func looksMeant(words string) bool {
	return utf8.RuneCountInString(words) <= 40 && strings.ContainsAny(fold(words), "0123456789@")
}
