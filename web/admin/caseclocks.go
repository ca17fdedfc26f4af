package admin

import (
	"strings"

	"github.com/aftercare/aftercare/recovery"
)

// caseClock is a promise of a case that still runs.
type caseClock struct {
	when
	Label string
	Share int      // how much of it is used, in per cent
	Ticks []int    // where on it somebody hears, in per cent
	Says  []string // who hears when, in words
}

// clocksIn are the promises that run, with who hears at which of their marks.
func (l look) clocksIn(p *casePage, in caseSource) {
	hours := in.Rules.Hours
	if in.Case.Decision.Priority == recovery.P1 && in.Rules.OnCall != "" {
		hours = recovery.Hours{}
	}
	for _, promise := range in.Case.Promises() {
		c := caseClock{when: l.w.until(l.now, promise.Due, in.Zone), Label: l.w.t("clock_" + string(promise.Clock))}
		whole, used := hours.Between(promise.Since, promise.Due), hours.Between(promise.Since, l.now)
		if whole > 0 {
			c.Share = min(100, max(0, int(100*used/whole)))
		}
		if !l.now.Before(promise.Due) {
			c.Share = 100
		}
		for _, h := range in.Next {
			if h.Clock != promise.Clock || h.Percent == 0 {
				continue
			}
			if h.Percent <= 100 {
				c.Ticks = append(c.Ticks, h.Percent)
			}
			if len(h.Chats) > 0 {
				c.Says = append(c.Says, l.w.t("hears_at", h.Percent, strings.Join(h.Chats, l.w.t("comma"))))
			}
		}
		if in.Case.State.Active() && c.Class != "late" && !hours.Open(l.now) && promise.Clock != recovery.ClockPlan && promise.Clock != recovery.ClockSnooze {
			c.Says = append(c.Says, l.w.t("runs_again", l.w.moment(l.now, hours.Next(l.now), in.Zone)))
		}
		p.Clocks = append(p.Clocks, c)
	}
	if next, ok := in.Case.NextPromise(); ok {
		near := caseClock{when: l.w.until(l.now, next.Due, in.Zone), Label: l.w.t("clock_" + string(next.Clock))}
		p.Near = &near
	}
}
