package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is how long something lasts, as people write it: 90m, 72h, and also 90d and 2w.
type span time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *span) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	for unit, one := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		number, ok := strings.CutSuffix(written, unit)
		if n, err := strconv.ParseInt(number, 10, 32); ok && err == nil {
			*s = span(time.Duration(n) * one)
			return nil
		}
	}
	d, err := time.ParseDuration(written)
	if err != nil {
		return fmt.Errorf("%q is no length of time: write it as 90m, 72h, 30d or 2w", written)
	}
	*s = span(d)
	return nil
}
