package allowance

import (
	"fmt"
	"testing"
	"time"
)

// Whatever is said, and in whichever order, nobody is told the same sentence twice within ten
// minutes, and everybody is told it again after that.
func TestNobodyIsToldTheSameTwiceInTenMinutes(t *testing.T) {
	start := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for kinds := 1; kinds <= remembered; kinds++ {
		var told Told
		last := map[string]time.Time{}
		for i := range 5000 {
			now := start.Add(time.Duration(i) * 7 * time.Second)
			name := fmt.Sprint((i*i + i/3) % kinds)
			next, say := told.Tell(name, now)
			told = next
			if due := last[name].IsZero() || now.Sub(last[name]) >= Pause; say != due {
				t.Fatalf("%d kinds, at %v: %q is told: %t, last at %v", kinds, now, name, say, last[name])
			}
			if say {
				last[name] = now
			}
		}
	}
}
