package outbox

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestABudgetThatIsSetAsideInVainCostsNothing(t *testing.T) {
	now := time.Now()
	b := newBudget(chat.Rate{PerSecond: 1, Burst: 2})
	b.hold()
	b.hold()
	if at := b.at(now); at.Sub(now) < 900*time.Millisecond {
		t.Errorf("a third can be set aside after %v, though both are", at.Sub(now))
	}
	b.free(2)
	if at := b.at(now); !at.Equal(now) {
		t.Errorf("after both were freed one must wait %v", at.Sub(now))
	}
	if !b.full(now) {
		t.Error("the budget is not what it was")
	}
}

func TestABudgetRefillsAtItsRateUpToItsBurst(t *testing.T) {
	now := time.Now()
	b := newBudget(chat.Rate{PerSecond: 2, Burst: 3})
	use := func() time.Duration {
		at := b.at(now)
		b.hold()
		b.use(at)
		wait := at.Sub(now)
		now = at
		return wait.Round(time.Millisecond)
	}
	for i, want := range []time.Duration{0, 0, 0, 500 * time.Millisecond, 500 * time.Millisecond} {
		if got := use(); got != want {
			t.Errorf("use %d waited %v, want %v", i+1, got, want)
		}
	}
	now = now.Add(time.Hour)
	for i := range 3 {
		if got := use(); got != 0 {
			t.Errorf("use %d after a long rest waited %v", i+1, got)
		}
	}
	if got := use(); got == 0 {
		t.Error("a long rest filled the budget over its burst")
	}
}

func TestABudgetThatMustPauseAllowsNothingBefore(t *testing.T) {
	now := time.Now()
	for _, r := range []chat.Rate{{PerSecond: 100, Burst: 5}, chat.Unlimited()} {
		b := newBudget(r)
		b.pause(now.Add(10 * time.Second))
		b.pause(now.Add(2 * time.Second)) // a shorter one does not end the longer
		if at := b.at(now); at.Sub(now) != 10*time.Second {
			t.Errorf("%+v: allowed after %v", r, at.Sub(now))
		}
	}
}

func TestGroupsHaveALimitOfTheirOwn(t *testing.T) {
	l := chat.Limits{Chat: chat.Rate{PerSecond: 7, Burst: 7}}.Or(paced).Or(chat.NoLimits())
	if got := l.Of(private(12)); got.PerSecond != 7 {
		t.Errorf("a private chat has %+v", got)
	}
	if got := l.Of(group(12)); got != paced.Group {
		t.Errorf("a group has %+v", got)
	}
	if l.Parallel == 0 || l.Account == (chat.Rate{}) {
		t.Errorf("defaults are missing: %+v", l)
	}
}
