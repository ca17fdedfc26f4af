package recovery

import (
	"slices"
	"time"
)

// Digest gathers the P3 of a site into one message. Without it every case is told at
// once (domain 3.2).
type Digest struct {
	At []Minute `json:"at,omitempty"` // times of day at the site; empty = no digest
}

// Mute is a time in which staff are not told: either until a moment, or every week. A
// P1 is told all the same.
type Mute struct {
	From  time.Time `json:"from,omitzero"` // zero = already
	Until time.Time `json:"until,omitzero"`
	Week  Week      `json:"week,omitzero"` // in the site's zone
}

func (w Week) empty() bool { return Hours{Week: w}.Always() }

// covers returns when the mute that holds at t ends; false = none does.
func (m Mute) covers(t time.Time, zone *time.Location) (time.Time, bool) {
	if m.Week.empty() {
		return m.Until, !t.Before(m.From) && t.Before(m.Until)
	}
	h := Hours{Zone: zone, Week: m.Week}
	for _, s := range h.on(h.workday(t)) {
		if !t.Before(s.from) && t.Before(s.to) {
			return s.to.UTC(), true
		}
	}
	return time.Time{}, false
}

// Telling is when staff hear of a case.
type Telling struct {
	At     time.Time
	Digest bool // in the digest of that moment, not on a card of its own
}

// Tell says when staff hear of a case of this priority that opens at t. A P1 is told at
// once, always. Another one waits for the end of the mutes it falls into, and a P3 for
// the next digest if the site has one; a digest that would fall into a mute waits too.
func (r Rules) Tell(p Priority, t time.Time) Telling {
	out := Telling{At: t}
	if p == P1 {
		return out
	}
	if p == P3 && len(r.Digest.At) > 0 {
		out = Telling{At: r.Digest.next(t, r.Hours.zone()), Digest: true}
	}
	out.At = r.unmuted(out.At)
	return out
}

// unmuted is the first moment from t on that no mute covers. Mutes that leave none,
// which Check refuses, mute nothing.
func (r Rules) unmuted(t time.Time) time.Time {
	out := t
	for range 1000 {
		moved := false
		for _, m := range r.Mutes {
			if end, ok := m.covers(out, r.Hours.zone()); ok {
				out, moved = end, true
			}
		}
		if !moved {
			return out
		}
	}
	return t
}

// alwaysMuted reports whether the weekly mutes leave no time at all.
func (r Rules) alwaysMuted() bool {
	var weekly []Mute
	for _, m := range r.Mutes {
		if !m.Week.empty() {
			weekly = append(weekly, m)
		}
	}
	at := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	covered := slices.ContainsFunc(weekly, func(m Mute) bool {
		_, ok := m.covers(at, time.UTC)
		return ok
	})
	return covered && Rules{Mutes: weekly}.unmuted(at).Equal(at)
}

// next is the first digest after t.
func (d Digest) next(t time.Time, zone *time.Location) time.Time {
	date := dateOf(t, zone)
	for {
		var first time.Time
		for _, m := range d.At {
			if x := at(date, m.duration(), zone); x.After(t) && (first.IsZero() || x.Before(first)) {
				first = x
			}
		}
		if !first.IsZero() {
			return first.UTC()
		}
		date = date.next()
	}
}
