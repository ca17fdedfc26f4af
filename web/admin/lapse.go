package admin

import (
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// A length of time stands in a file as 90m or 7d. In a form it is a number with a menu of its unit: a field
// of the kind "lapse", whose value is still what the file has.

// lapseUnits are the units of lengths of time, the longest first.
var lapseUnits = []struct {
	unit string
	of   time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}}

// lapseOf is a length of time as a file has it; "" = none is written. What is no number stays as it is: it is
// found wrong where it stands.
func lapseOf(n, unit string) string {
	if n = strings.TrimSpace(n); n == "" {
		return ""
	}
	if span, err := spanOf(n + unit); err == nil {
		return span.String()
	}
	return n + unit
}

// inUnits is a length of time in the longest unit of which it is a whole number.
func inUnits(x recovery.Span) (n int, unit string) {
	for _, u := range lapseUnits {
		if d := time.Duration(x); d != 0 && d%u.of == 0 {
			return int(d / u.of), u.unit
		}
	}
	return int(time.Duration(x) / time.Minute), "m"
}

// Count is the number of a length of time, as it stands in the form.
func (x field) Count() string {
	if x.Value == "" {
		return ""
	}
	span, err := spanOf(x.Value)
	if err != nil {
		return strings.TrimRight(x.Value, "mhd")
	}
	n, _ := inUnits(span)
	return strconv.Itoa(n)
}

// Unit is the unit of a length of time, as its menu has it: "m", "h" or "d".
func (x field) Unit() string {
	usual := "d"
	if x.Usually != "" {
		usual = x.Usually
	}
	if x.Value == "" {
		return usual
	}
	span, err := spanOf(x.Value)
	if err != nil {
		for _, u := range lapseUnits {
			if strings.HasSuffix(x.Value, u.unit) {
				return u.unit
			}
		}
		return usual
	}
	if span == 0 {
		return usual
	}
	_, unit := inUnits(span)
	return unit
}

// Units are those of the menu, the shortest first.
func (field) Units() []string { return []string{"m", "h", "d"} }
