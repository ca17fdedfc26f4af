package allowance

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Whatever somebody brings, and whenever: in no minute are there more than twenty messages of
// theirs, and the count of what joined is whole.
func TestNoMinuteHasMoreThanTwenty(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		var s Spent
		var shown []time.Time
		episode := time.Time{}
		joined := 0
		for range 500 {
			now = now.Add(time.Duration(random.Int64N(int64([]time.Duration{time.Second, 7 * time.Second, 3 * time.Minute}[seed%3]))))
			over := s.Over(now)
			s = s.Bring(now, 1)
			switch {
			case over != (s.Joined > 0):
				t.Fatalf("seed %d: over is %v, and %d joined", seed, over, s.Joined)
			case !over:
				shown = append(shown, now)
			case !s.Since.Equal(episode): // what further ones join is a message as well
				shown, episode, joined = append(shown, now), s.Since, 1
			default:
				joined++
			}
			if over && s.Joined != joined {
				t.Fatalf("seed %d: %d joined, counted %d", seed, joined, s.Joined)
			}
		}
		for i := range shown {
			n := 0
			for _, at := range shown[i:] {
				if at.Sub(shown[i]) < time.Minute {
					n++
				}
			}
			if n > 21 {
				t.Fatalf("seed %d: %d messages in a minute", seed, n)
			}
		}
	}
}

func TestWhoIsCalmIsHeardOneByOneAgain(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	var s Spent
	for range 2 * Burst {
		s = s.Bring(now, 1)
	}
	if s.Joined != Burst {
		t.Errorf("%d of %d joined", s.Joined, 2*Burst)
	}
	if !s.Over(now.Add(Calm - time.Second)) {
		t.Error("the allowance is back too early")
	}
	if s = s.Bring(now.Add(Calm), 1); s.Joined != 0 {
		t.Errorf("%d joined after a calm minute", s.Joined)
	}
}
