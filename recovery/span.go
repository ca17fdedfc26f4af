package recovery

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time as admins write it: "15m", "4h", "1h30m", "5d". A day is a
// day on which the site is open, see Hours.Due; it is kept as 24 hours, so "24h" and
// "1d" are the same.
type Span time.Duration

// day is what a Span counts as one business day.
const day = 24 * time.Hour

var errSpan = errors.New(`a length of time is written like "15m", "4h", "1h30m" or "5d"`)

// String writes the span in its largest units.
func (s Span) String() string {
	d := time.Duration(s)
	if d == 0 {
		return "0m"
	}
	sign := ""
	if d < 0 {
		return "-" + (-s).String()
	}
	if days := d / day; days > 0 {
		sign, d = strconv.FormatInt(int64(days), 10)+"d", d%day
		if d == 0 {
			return sign
		}
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return sign + text
}

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A span is never negative.
func (s *Span) UnmarshalText(text []byte) error {
	rest := strings.TrimSpace(string(text))
	if rest == "" {
		return errSpan
	}
	var total time.Duration
	if before, after, ok := strings.Cut(rest, "d"); ok {
		days, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return fmt.Errorf("%q: %w", text, errSpan)
		}
		total, rest = time.Duration(days)*day, after
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 || total+d < total {
			return fmt.Errorf("%q: %w", text, errSpan)
		}
		total += d
	}
	*s = Span(total)
	return nil
}
