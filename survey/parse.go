package survey

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/survey/words"
)

// Where words can be read in two ways, both are kept: the person is asked which it is.

// parsePhone reads a telephone number: digits with the usual separators, 7 to 15 of
// them (E.164), the country code behind "+" or "00" if there is one. It is returned
// without separators.
func parsePhone(said string) (string, bool) {
	numbers := phones(said)
	if len(numbers) == 0 {
		return "", false
	}
	return numbers[0], true
}

// phones are the telephone numbers that words can be.
func phones(said string) []string {
	plain := bare(said)
	for _, before := range []string{"tel:", "tel.", "tel ", "phone:", "phone ", "mobile:", "mobile ", "电话", "手机", "teléfono", "telefono", "هاتف"} {
		if rest, ok := strings.CutPrefix(plain, before); ok {
			plain = strings.TrimLeft(rest, " :.")
			break
		}
	}
	plain, extension := cutExtension(plain)
	// A nought in brackets behind the country code is for those who dial within the country.
	trunk := false
	if abroad := strings.HasPrefix(plain, "+") || strings.HasPrefix(plain, "00"); abroad {
		if before, after, ok := strings.Cut(strings.NewReplacer("( 0 )", "(0)", "[0]", "(0)").Replace(plain), "(0)"); ok {
			plain, trunk = before+" "+after, true
		}
	}
	var b strings.Builder
	for _, r := range plain {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -./()", r):
		default:
			return nil
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	var read []string
	add := func(number string) {
		digits := strings.TrimPrefix(number, "+")
		if len(digits) >= 7 && len(digits) <= 15 && !strings.HasPrefix(number, "+0") {
			read = append(read, number+extension)
		}
	}
	switch rest, american := strings.CutPrefix(number, "011"); {
	case american && len(rest) >= 9 && rest[0] != '0': // how North America dials abroad
		add("+" + rest)
		add(number)
	case strings.HasPrefix(number, "+"):
		add(withoutTrunk(number, trunk))
	default:
		add(number)
	}
	return read
}

// cutExtension takes "ext. 5" off the end of a number.
func cutExtension(plain string) (number, extension string) {
	for _, word := range []string{"extension", "ext.", "ext", "x", "#", "分机", "转", "interno", "int.", "تحويلة", "داخلي"} {
		number, after, ok := strings.Cut(plain, bare(word))
		after = strings.Trim(after, " .:")
		if ok && len(after) > 0 && len(after) <= 6 && strings.Trim(after, "0123456789") == "" {
			return strings.TrimSpace(number), " ext. " + after
		}
	}
	return plain, ""
}

// keepsNought are the countries whose numbers begin with a nought also from abroad.
var keepsNought = []string{"+39", "+378", "+379", "+225", "+242", "+241"}

// dropsNought are countries where the nought is for calls within the country only: behind
// their code it leads nowhere.
var dropsNought = []string{
	"+44", "+49", "+33", "+43", "+41", "+31", "+32", "+46", "+358", "+353", "+61", "+64", "+27", "+81", "+82", "+86", "+886", "+90", "+91",
	"+971", "+966", "+962", "+961", "+20", "+212", "+213", "+972", "+60", "+62", "+63", "+66", "+84", "+92", "+94", "+234", "+254", "+380", "+40", "+359", "+381", "+385", "+386", "+387", "+389", "+355",
}

// withoutTrunk takes away the nought that nobody dials from abroad. bracketed says that one
// in brackets was left out already.
func withoutTrunk(number string, bracketed bool) string {
	if bracketed {
		if i := slices.IndexFunc(keepsNought, func(code string) bool { return strings.HasPrefix(number, code) }); i >= 0 {
			code := keepsNought[i]
			return code + "0" + strings.TrimPrefix(number[len(code):], "0")
		}
	}
	for _, code := range dropsNought {
		if rest, ok := strings.CutPrefix(number, code+"0"); ok && !strings.HasPrefix(rest, "0") {
			return code + rest
		}
	}
	return number
}

// parseEmail reads an e-mail address of which it is certain that it can be delivered to: one
// name, one "@", a domain with a dot. What copying leaves around an address goes away.
func parseEmail(said string) (string, bool) {
	address := visible(said)
	if len(address) >= len("mailto:") && strings.EqualFold(address[:len("mailto:")], "mailto:") {
		address, _, _ = strings.Cut(address[len("mailto:"):], "?")
	}
	address = strings.TrimRight(strings.Trim(address, "\"'“”«»"), ".,;:!/。，；")
	return address, isEmail(address)
}

// visible is words without what nobody sees in them, and with the signs of an address in the
// width that addresses have.
func visible(said string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case words.Invisible(r), unicode.In(r, unicode.Cf), unicode.IsControl(r) && !unicode.IsSpace(r):
			return -1
		case r >= '\uFF01' && r <= '\uFF5E':
			return r - 0xFEE0
		case r == '\uFE6B': // a small @
			return '@'
		}
		return r
	}, said))
}

func isEmail(address string) bool {
	name, domain, ok := strings.Cut(address, "@")
	if !ok || name == "" || len(name) > 64 || len(address) > 254 || strings.ContainsAny(address, "\"<>(),;:\\[]/") || strings.ContainsFunc(address, unicode.IsSpace) {
		return false
	}
	if strings.Contains(domain, "@") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		return false
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(labels) > 1 && utf8.RuneCountInString(labels[len(labels)-1]) > 1
}

// parseDate reads a date that can only be one, and returns it in ISO 8601.
func parseDate(said string) (string, bool) {
	found, sure := dates(said)
	if !sure || len(found) != 1 {
		return "", false
	}
	return found[0], true
}

// The years of our own calendar that somebody may mean. What lies outside is of another
// calendar, or a slip.
const (
	firstYear = 1900
	lastYear  = 2199
)

// dates are the dates that words can be. sure says that there is no doubt: the year comes
// first, or the month is written in letters, or there are more than twelve days.
func dates(said string) (found []string, sure bool) {
	plain := bare(said)
	if y, rest, ok := ofAnEra(plain); ok {
		if d, valid := dateOf(y, rest[0], rest[1]); valid {
			return []string{d}, true
		}
		return nil, false
	}
	plain = strings.NewReplacer("年", "-", "月", "-", "日", "", "号", "", "號", "").Replace(plain)
	parts := strings.FieldsFunc(plain, func(r rune) bool { return strings.ContainsRune("-/. ,،", r) })
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "de" || p == "del" || p == "of" || p == "the" || p == "من" })
	if len(parts) != 3 || strings.HasPrefix(plain, "-") {
		return withMonth(plain)
	}
	n := make([]int, 3)
	for i, p := range parts {
		x, err := strconv.Atoi(p)
		if err != nil || x < 1 || len(p) > 4 {
			return withMonth(plain)
		}
		n[i] = x
	}
	switch {
	case len(parts[0]) == 4 && n[0] >= firstYear && n[0] <= lastYear:
		return one(dateOf(n[0], n[1], n[2]))
	case len(parts[0]) == 4 && n[0]-543 >= firstYear && n[0]-543 <= lastYear: // the years of Buddhism
		d, ok := dateOf(n[0]-543, n[1], n[2])
		if !ok {
			return nil, false
		}
		return []string{d}, false
	case len(parts[2]) == 4 && n[2] >= firstYear && n[2] <= lastYear:
		var read []string
		for _, day := range [2][2]int{{n[1], n[0]}, {n[0], n[1]}} { // day first, then month first
			if d, ok := dateOf(n[2], day[0], day[1]); ok && !slices.Contains(read, d) {
				read = append(read, d)
			}
		}
		return read, len(read) == 1
	}
	return nil, false
}

// withMonth reads a date whose month is written in letters.
func withMonth(plain string) ([]string, bool) {
	month, days, year := monthInLetters(plain)
	if month == 0 || len(days) != 1 || year < firstYear || year > lastYear {
		return nil, false
	}
	return one(dateOf(year, month, days[0]))
}

// monthInLetters finds a month in letters with numbers beside it; 0 = words are something else.
func monthInLetters(plain string) (month int, days []int, year int) {
	fields := strings.FieldsFunc(plain, func(r rune) bool { return strings.ContainsRune("-/. ,،", r) })
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		if i+1 < len(fields) {
			if m := words.Month(f + " " + fields[i+1]); m > 0 && month == 0 {
				month = m
				i++
				continue
			}
		}
		for _, ordinal := range []string{"st", "nd", "rd", "th", "º"} {
			if d, ok := strings.CutSuffix(f, ordinal); ok && d != "" && strings.Trim(d, "0123456789") == "" {
				f = d
			}
		}
		x, err := strconv.Atoi(f)
		switch m := words.Month(f); {
		case err == nil && len(f) == 4 && year == 0:
			year = x
		case err == nil && len(f) <= 2:
			days = append(days, x)
		case m > 0 && month == 0:
			month = m
		case f != "de" && f != "del" && f != "of" && f != "the" && f != "من":
			return 0, nil, 0
		}
	}
	return month, days, year
}

// ofAnEra reads the years that are counted from an emperor or a republic.
func ofAnEra(plain string) (year int, monthAndDay [2]int, ok bool) {
	for era, before := range map[string]int{"民国": 1911, "民國": 1911, "令和": 2018, "平成": 1988, "昭和": 1925} {
		rest, is := strings.CutPrefix(plain, era)
		if !is {
			continue
		}
		rest = strings.NewReplacer("元年", "1-", "年", "-", "月", "-", "日", "", "/", "-", ".", "-", " ", "").Replace(rest)
		parts := strings.Split(rest, "-")
		if len(parts) != 3 {
			return 0, monthAndDay, true
		}
		y, err1 := strconv.Atoi(parts[0])
		m, err2 := strconv.Atoi(parts[1])
		d, err3 := strconv.Atoi(parts[2])
		if err1 != nil || err2 != nil || err3 != nil || y < 1 || y > 200 {
			return 0, monthAndDay, true
		}
		return before + y, [2]int{m, d}, true
	}
	return 0, monthAndDay, false
}

func dateOf(y, m, d int) (string, bool) {
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1 || m < 1 || m > 12 || d < 1 || date.Month() != time.Month(m) || date.Day() != d {
		return "", false
	}
	return date.Format(time.DateOnly), true
}

func one(date string, ok bool) ([]string, bool) {
	if !ok {
		return nil, false
	}
	return []string{date}, true
}

// parseQuantity reads a number within the question's range.
func (q *Question) parseQuantity(said string) (float64, bool) {
	if read := q.quantities(said); len(read) == 1 {
		return read[0], true
	}
	return 0, false
}

// quantities are the numbers within the question's range that words can be: "1,000" is a
// thousand to some and one to others.
func (q *Question) quantities(said string) []float64 {
	return slices.DeleteFunc(q.anyQuantities(said), func(x float64) bool { return q.Whole && x != math.Trunc(x) })
}

// anyQuantities are those with decimals as well, where none are wanted.
func (q *Question) anyQuantities(said string) []float64 {
	var within []float64
	plain := bare(said)
	if q.MinValue < 0 {
		plain = strings.TrimPrefix(plain, "+")
	}
	for _, x := range numbers(plain) {
		if (q.MinValue >= q.MaxValue || x >= q.MinValue && x <= q.MaxValue) && !slices.Contains(within, x) {
			within = append(within, x)
		}
	}
	return within
}

// currencies may stand before or behind a number.
const currencies = "$€£¥￥₹₽₩₺元円₪﷼"

// numbers are the numbers that bare words can be, with their decimals and their thousands.
func numbers(plain string) []float64 {
	plain = withoutUnit(strings.TrimSpace(strings.Trim(plain, currencies+" ")))
	negative := strings.HasPrefix(plain, "-")
	digits := strings.TrimPrefix(plain, "-")
	if digits == "" {
		return nil
	}
	if digits[0] < '0' || digits[0] > '9' {
		if x, ok := parseNumber(digits); ok && !negative && digits[0] != '+' {
			return []float64{x}
		}
		return nil
	}
	var read []float64
	for _, form := range forms(digits) {
		if x, err := strconv.ParseFloat(form, 64); err == nil && finite(x) {
			if negative && x != 0 {
				x = -x
			}
			read = append(read, x)
		}
	}
	return read
}

// forms are the ways to read digits with separators, written as Go writes numbers.
func forms(digits string) []string {
	marks := ""
	for _, r := range digits {
		switch {
		case r >= '0' && r <= '9':
		case strings.ContainsRune(".,'_ ٬٫", r):
			marks += string(r)
		default:
			return nil
		}
	}
	if marks == "" {
		return []string{digits}
	}
	last, _ := utf8.DecodeLastRuneInString(marks)
	first, _ := utf8.DecodeRuneInString(marks)
	kinds := 0
	for _, m := range ".,'_ ٬٫" {
		if strings.ContainsRune(marks, m) {
			kinds++
		}
	}
	whole := func() []string {
		if s, ok := grouped(digits, first); ok {
			return []string{s}
		}
		return nil
	}
	decimal := func() []string {
		at := strings.LastIndex(digits, string(last))
		before, after := digits[:at], digits[at+utf8.RuneLen(last):]
		if after == "" || strings.Trim(after, "0123456789") != "" {
			return nil
		}
		if kinds > 1 {
			s, ok := grouped(before, first)
			if !ok {
				return nil
			}
			before = s
		}
		if before == "" || strings.Trim(before, "0123456789") != "" {
			return nil
		}
		return []string{before + "." + after}
	}
	switch {
	case kinds > 2:
		return nil
	case kinds == 2: // the last of two kinds of marks is the decimal one
		if strings.Count(digits, string(last)) > 1 || strings.ContainsRune("'_ ٬", last) {
			return nil
		}
		return decimal()
	case strings.ContainsRune("'_ ٬", first), strings.Count(digits, string(first)) > 1:
		return whole()
	case first == '٫':
		return decimal()
	}
	before, after, _ := strings.Cut(digits, string(first))
	if len(after) == 3 && len(before) <= 3 && before != "" && before[0] != '0' {
		return slices.Concat(whole(), decimal())
	}
	return decimal()
}

// grouped takes the marks between thousands out of digits, if they stand where they do
// anywhere: three by three, or as in India.
func grouped(digits string, mark rune) (string, bool) {
	groups := strings.Split(digits, string(mark))
	for i, g := range groups {
		ok := len(g) == 3
		switch {
		case i == 0:
			ok = len(g) >= 1 && len(g) <= 3
		case i < len(groups)-1:
			ok = len(g) == 3 || len(g) == 2 && mark != '.'
		}
		if !ok || strings.Trim(g, "0123456789") != "" {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// tells reports whether words say more than what was read in them: two words of letters, or
// four Chinese characters, that do not belong to it.
func tells(said, read string) bool {
	n, han := 0, 0
	said = visible(said)
	if read != "" {
		said = strings.ReplaceAll(said, read, " ")
	}
	for field := range strings.FieldsSeq(said) {
		if strings.ContainsRune(field, '@') {
			continue
		}
		if strings.ContainsFunc(field, unicode.IsLetter) {
			n++
		}
		for _, r := range field {
			if unicode.Is(unicode.Han, r) {
				han++
			}
		}
	}
	return n > 1 || han > 3
}

// looksMeant reports whether words that are no number, date, address or telephone
// number were probably meant as one: short, with a digit or an "@". Other words are
// off-script, so that they reach staff.
func looksMeant(said string) bool {
	return utf8.RuneCountInString(said) <= 40 && strings.ContainsAny(bare(visible(said)), "0123456789@")
}
