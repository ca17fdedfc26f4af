package outbox

import (
	"math"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Limits is how fast one account may send. Edits count like messages. A zero field
// takes the platform's default from DefaultLimits.
type Limits struct {
	Chat     Rate                    // each one-to-one chat
	Group    Rate                    // each group or channel
	Account  Rate                    // all chats together
	Parallel int                     // most sends in flight
	IsGroup  func(chat.Address) bool // which chats are groups
}

// Rate is a token bucket: PerSecond on average, Burst at once. Unlimited is +Inf.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Unlimited is no limit at all.
func Unlimited() Rate { return Rate{PerSecond: math.Inf(1), Burst: 1} }

// DefaultLimits returns what a platform documents, a little below it where it counts
// hard. Telegram: about one message a second in a chat with short bursts, 20 a minute
// in a group (5 at once and 15 a minute never exceed that in any minute), 30 a second
// in all (core.telegram.org/bots/faq). Slack: about one a second and channel, and several
// hundred a minute in a workspace, of which we take 300: 4.95 a second and 2 at once never
// exceed that in any minute (docs.slack.dev, rate limits of chat.postMessage).
func DefaultLimits(p chat.Platform) Limits {
	switch p {
	case chat.Telegram:
		return Limits{
			Chat:     Rate{PerSecond: 1, Burst: 5},
			Group:    Rate{PerSecond: 15.0 / 60, Burst: 5},
			Account:  Rate{PerSecond: 29.5, Burst: 5},
			Parallel: 64,
			IsGroup:  func(a chat.Address) bool { return strings.HasPrefix(a.Chat, "-") },
		}
	case chat.Slack:
		return Limits{
			Chat:     Rate{PerSecond: 1, Burst: 3},
			Group:    Rate{PerSecond: 1, Burst: 3},
			Account:  Rate{PerSecond: 4.95, Burst: 2},
			Parallel: 32,
			IsGroup:  func(a chat.Address) bool { return !strings.HasPrefix(a.Chat, "D") },
		}
	}
	return Limits{
		Chat: Unlimited(), Group: Unlimited(), Account: Unlimited(), Parallel: 64,
		IsGroup: func(chat.Address) bool { return false },
	}
}

// or fills zero fields from defaults.
func (l Limits) or(d Limits) Limits {
	if l.Chat == (Rate{}) {
		l.Chat = d.Chat
	}
	if l.Group == (Rate{}) {
		l.Group = d.Group
	}
	if l.Account == (Rate{}) {
		l.Account = d.Account
	}
	if l.Parallel <= 0 {
		l.Parallel = d.Parallel
	}
	if l.IsGroup == nil {
		l.IsGroup = d.IsGroup
	}
	return l
}

// of returns the rate of one chat.
func (l Limits) of(a chat.Address) Rate {
	if l.IsGroup(a) {
		return l.Group
	}
	return l.Chat
}

// budget is a rate limit of which parts can be set aside before they are used: a row
// is claimed only when it can be sent at once, and a claim that comes to nothing costs
// nothing. It has no lock; its owner has.
type budget struct {
	limiter *rate.Limiter
	held    int       // set aside
	until   time.Time // nothing before: the platform asked us to wait
}

func newBudget(r Rate) budget {
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
