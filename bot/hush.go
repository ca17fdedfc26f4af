package bot

import (
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// hush reports whether the case gets no card of its own now: it hangs on the card of a
// storm, waits for a digest or for the end of a mute, or has dropped to the watch list
// before anybody heard of it. A case that has cards, or that somebody works on, keeps
// them.
func (t *turn) hush() bool {
	k := t.kase
	until := time.Time{}
	switch {
	case len(k.Cards) > 0 || t.telling || k.State != recovery.Open:
	case k.Watched() && k.Changed:
		t.tellAt(time.Time{})
		return true
	default:
		until = t.quietUntil()
	}
	t.tellAt(until)
	return !until.IsZero()
}

// quietUntil is when staff may be told of the case: on the card of a storm at once. Zero =
// now, on a card of its own.
func (t *turn) quietUntil() time.Time {
	k := t.kase
	if t.stormed() {
		return k.OpenedAt
	}
	if k.Decision.Priority == recovery.P1 {
		return time.Time{}
	}
	if !k.TellAt.IsZero() {
		return k.TellAt // the teller's business
	}
	if tell := t.rules().Tell(k.Decision.Priority, k.OpenedAt); tell.At.After(t.now) {
		return tell.At
	}
	return time.Time{}
}

// stormed reports whether a storm's card counts the case.
func (t *turn) stormed() bool {
	k := t.kase
	storms := t.b.weather.storms(k.Site, t.rules().Storm)
	_, ok := recovery.Gathered(storms, k.Site, k.OpenedAt)
	return ok
}

func (t *turn) tellAt(at time.Time) {
	if !t.kase.TellAt.Equal(at) {
		t.kase.TellAt, t.out.Case = at, t.kase
	}
}
