package outbox

import (
	"math"
	"time"

	"golang.org/x/time/rate"

	"github.com/aftercare/aftercare/adapters/chat"
)

// budget is a rate limit of which parts can be set aside before they are used: a row
// is claimed only when it can be sent at once, and a claim that comes to nothing costs
// nothing. It has no lock; its owner has.
type budget struct {
	limiter *rate.Limiter
	held    int       // set aside
	until   time.Time // nothing before: the platform asked us to wait
}

func newBudget(r chat.Rate) budget {
	limit := rate.Limit(r.PerSecond)
	if math.IsInf(r.PerSecond, 1) {
		limit = rate.Inf
	}
	return budget{limiter: rate.NewLimiter(limit, max(r.Burst, 1))}
}

// at returns when one more can be set aside: now, or later.
func (b *budget) at(now time.Time) time.Time {
	if now.Before(b.until) {
		now = b.until
	}
	limit := b.limiter.Limit()
	if limit == rate.Inf {
		return now
	}
	missing := float64(b.held+1) - b.limiter.TokensAt(now)
	if missing <= 1e-9 {
		return now
	}
	return now.Add(time.Duration(math.Ceil(missing / float64(limit) * float64(time.Second))))
}

// hold sets one aside.
func (b *budget) hold() { b.held++ }

// free gives n back that were set aside.
func (b *budget) free(n int) { b.held -= n }

// use spends one that was set aside.
func (b *budget) use(now time.Time) {
	b.held--
	b.limiter.ReserveN(now, 1)
}

// pause allows nothing before t.
func (b *budget) pause(t time.Time) {
	if t.After(b.until) {
		b.until = t
	}
}

// full reports whether nothing was sent lately, so that a new budget would be the same.
func (b *budget) full(now time.Time) bool {
	return b.held == 0 && !now.Before(b.until) &&
		(b.limiter.Limit() == rate.Inf || b.limiter.TokensAt(now) >= float64(b.limiter.Burst()))
}
