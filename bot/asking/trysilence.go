package asking

import (
	"context"
	"strings"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// silences says of which services of one customer a case would have opened because nothing was
// heard. What was decided of one by the same trigger, at the same moment, would be again.
func (t *trying) silences(ctx context.Context, events []storage.StoredEvent) error {
	was, err := t.a.watching(ctx, t.p, events...)
	if err != nil {
		return err
	}
	for i := range events {
		c := t.a.watched(t.p, t.k.tiers, &events[i], events[i].Received)
		if c == nil {
			continue
		}
		x := c.Ask
		r := t.by[x.Trigger]
		r.Matched++
		d := invitation.Decision{State: invitation.State(x.State), Reason: invitation.Reason(x.Reason)}
		before := ""
		for _, w := range was {
			if w.ID != x.ID {
				continue
			}
			before = strings.TrimSuffix(w.State+" "+w.Reason, " ")
			if w.First.Equal(x.First) && w.Due.IsZero() {
				d = invitation.Decision{State: invitation.State(w.State), Reason: invitation.Reason(w.Reason)}
			}
		}
		if d.State == invitation.Scheduled {
			if x.Due.After(t.a.moment()) {
				continue // nobody knows yet
			}
			if d, err = (listener{t.a}).heard(ctx, t.p, &listening{t.k, t.offers}, &x, x.Due); err != nil {
				return err
			}
		}
		if d.State == invitation.Opened {
			r.WouldOpen++
			t.out.WouldOpen++
		} else {
			r.NotAsked[string(d.Reason)]++
		}
		would := strings.TrimSuffix(string(d.State)+" "+string(d.Reason), " ")
		if would == before || strings.HasPrefix(before, string(invitation.Scheduled)) {
			continue
		}
		if len(t.out.Differences) >= mostDifferences {
			t.out.More++
			continue
		}
		t.out.Differences = append(t.out.Differences, TriedEvent{
			Event: events[i].Name(), Customer: x.Customer, Was: before, Would: would, Reason: string(d.Reason), Words: d.Words(t.a.site(x.Site).Zone),
		})
	}
	return nil
}
