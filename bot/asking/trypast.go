package asking

import (
	"context"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// cases are those that were open at some time since a moment, by the accounts that opened them, the
// newest first. One that opened long before and is open still is found at its customer.
func (t *trying) cases(ctx context.Context, since time.Time) (map[string][]openFor, error) {
	by := map[string][]openFor{}
	for c, err := range storage.AllCases(ctx, t.a.store, storage.CaseFilter{Limit: 500}) {
		if err != nil {
			return nil, fmt.Errorf("read the cases: %w", err)
		}
		if c.OpenedAt.Before(since.AddDate(0, 0, -casesBefore)) {
			break
		}
		by[c.Identity] = append(by[c.Identity], openOf(&c))
	}
	return by, nil
}

// given are the offers of a customer that a file of triggers has no say in: those of before it, and
// those that staff made by hand. What became of all others is kept aside.
func (t *trying) given(offers []storage.Ask, since time.Time) (given []storage.Ask) {
	t.truth = map[string]storage.Ask{}
	for _, x := range offers {
		if x.Sent.Before(since) || x.Asker != "" {
			given = append(given, x)
		} else {
			t.truth[x.ID] = x
		}
	}
	return given
}

// asOf are the offers that had been made at a moment, as they stood then.
func asOf(offers []storage.Ask, at time.Time) (out []storage.Ask) {
	for _, x := range offers {
		switch {
		case x.Sent.After(at):
			continue
		case x.Ended.After(at):
			x.Ended, x.State = time.Time{}, string(invitation.Sent)
		}
		out = append(out, x)
	}
	return out
}

// becomes is an offer as it would be in the end: as the one that was made, if it was.
func (t *trying) becomes(x storage.Ask) storage.Ask {
	was, ok := t.truth[x.ID]
	if !ok {
		return x
	}
	later := x.Sent.Sub(was.Sent)
	x.State = was.State
	if !was.Until.IsZero() {
		x.Until = was.Until.Add(later)
	}
	if !was.Ended.IsZero() {
		x.Ended = was.Ended.Add(later)
	}
	return x
}

// calledOff reports whether a service was cancelled after it had been told as done.
func calledOff(e *storage.StoredEvent) bool {
	return e.State == storage.EventCancelled && !e.Ended.IsZero() && e.Changed.After(e.Received)
}
