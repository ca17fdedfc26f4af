package asking

import (
	"context"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// failedAgain is an ask of which something failed for a reason that nobody knows: it is left alone for ever longer,
// and given up at last unless its offer is out, so that others have their turn.
func failedAgain(p invitation.Policy, x storage.Ask, at time.Time) storage.AskChange {
	x.Tries++
	switch {
	case x.Tell:
		untold(&x, at)
		return storage.AskChange{Ask: x}
	case pastOpen(&x): // it is out already: it is looked at ever more rarely
		x.Due = at.Add(lookAfter(x.Tries))
		return storage.AskChange{Ask: x}
	case x.Tries < mostTries:
		x.Due = at.Add(again << x.Tries)
		return storage.AskChange{Ask: x}
	}
	d := invitation.Decision{State: invitation.Unreachable, Reason: invitation.GaveUp, Rule: "tries"}
	apply(&x, d, at)
	x.Sent = time.Time{}
	return storage.AskChange{Ask: x, Decision: decisionOf(p, d, at)}
}

// postpone notes that something about an ask that is due failed for a reason that nobody knows.
func (a *Asking) postpone(ctx context.Context, p invitation.Policy, b storage.Bucket, id string, why error) error {
	a.fail(id, why)
	err := a.store.ChangeAsks(ctx, b, []string{id}, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		x, ok := now[id]
		if at := a.moment(); ok && !x.Due.IsZero() && !x.Due.After(at) {
			return []storage.AskChange{failedAgain(p, x, at)}, nil
		}
		return nil, nil
	})
	if err != nil {
		return fmt.Errorf("leave an ask alone for a while: %w", err)
	}
	return nil
}
