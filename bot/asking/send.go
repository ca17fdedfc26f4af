package asking

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// lookFor is how long it is waited for a platform that is asked who somebody is. Within half of it look-ups are begun:
// a round waits for platforms for half as long again, however slow they are.
const lookFor = 3 * time.Second

// sending makes offers.
type sending struct{ of *Asking }

// seek makes the offers of a round, by bucket, whose customers are to be looked for first, beginning with one bucket or
// another. Those that there is no time for wait for a later round, as they are.
func (s sending) seek(ctx context.Context, p invitation.Policy, first int, sought ...[]storage.Ask) error {
	a := s.of
	begin, end := context.WithTimeout(ctx, a.lookFor/2)
	defer end()
	for i := range sought {
		b := (first + i) % len(sought)
		if a.held() {
			return nil
		}
		err := a.apartly(ctx, p, storage.Bucket(b), sought[b], func(some []storage.Ask) error {
			_, err := s.send(ctx, p, storage.Bucket(b), some, begin.Done())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// send makes offers that were decided on. Those whose customer is to be looked for on a platform it leaves alone and
// returns. Called with what says that time is up, it looks for them, and begins with no other from then on.
func (s sending) send(ctx context.Context, p invitation.Policy, b storage.Bucket, asks []storage.Ask, up <-chan struct{}) (sought []storage.Ask, _ error) {
	a := s.of
	if len(asks) == 0 {
		return nil, nil
	}
	k, err := a.gather(ctx, asks, false)
	if err != nil {
		return nil, err
	}
	if up == nil {
		asks, sought = s.apart(&k, asks)
	}
	flows, before := a.flows(ctx), map[string]bool{}
	for i := range asks {
		f, _ := flows.of(asks[i].Flow)
		if before[asks[i].Flow] = f.Before; flows.err != nil {
			return nil, flows.err
		}
	}
	results := make([]sent, len(asks))
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	begun := 0
	for ; begun < len(asks); begun++ {
		slots <- struct{}{}
		if up != nil && (over(up) || a.held()) {
			break
		}
		x, r := asks[begun], &results[begun]
		all.Go(func() {
			defer func() { <-slots }()
			if r.late = up != nil && a.moment().Sub(x.Began) >= decidedFor; !r.late {
				*r = a.offer(ctx, p, &k, before[x.Flow], x)
			}
		})
	}
	all.Wait()
	asks = asks[:begun]
	if ctx.Err() != nil {
		return nil, ctx.Err() // what was not sent is sent next time
	}
	return sought, s.settle(ctx, p, b, asks, results)
}

// over reports whether time is up.
func over(up <-chan struct{}) bool {
	select {
	case <-up:
		return true
	default:
		return false
	}
}

// settle stores what became of offers.
func (s sending) settle(ctx context.Context, p invitation.Policy, b storage.Bucket, asks []storage.Ask, results []sent) error {
	a := s.of
	if len(asks) == 0 {
		return nil
	}
	var ids []string
	for i := range asks {
		r := &results[i]
		if errors.Is(r.err, storage.ErrUnavailable) {
			return r.err
		}
		if r.err != nil {
			a.fail(asks[i].ID, r.err)
		}
		ids = append(ids, asks[i].ID)
	}
	err := a.store.ChangeAsks(ctx, b, ids, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		var out []storage.AskChange
		at := a.moment()
		for i, id := range ids {
			x, ok := now[id]
			if !ok || x.State != string(invitation.Sending) || !x.Began.Equal(asks[i].Began) {
				continue
			}
			c := results[i].settle(p, x, at)
			herald(a.bot, &c.Ask, at)
			out = append(out, c)
		}
		return out, nil
	})
	if err != nil {
		return fmt.Errorf("say who was asked: %w", err)
	}
	return nil
}

// apart are the asks that can be made at once, and those whose customer is to be looked for first.
func (s sending) apart(k *known, asks []storage.Ask) (ready, sought []storage.Ask) {
	a := s.of
	for _, x := range asks {
		if x.By == string(invitation.Slack) && a.find != nil && k.account(&x) == nil {
			sought = append(sought, x)
		} else {
			ready = append(ready, x)
		}
	}
	return ready, sought
}

// account is the account on the platform of an ask that its customer was seen in last; nil = none is known.
func (k *known) account(x *storage.Ask) (best *storage.Identity) {
	for i, id := range k.accounts[x.Customer] {
		if string(id.Person.Platform) == x.By && id.Blocked.IsZero() && (best == nil || id.Seen.After(best.Seen)) {
			best = &k.accounts[x.Customer][i]
		}
	}
	return best
}

// person is who is asked by name, on the platform of an ask.
func (a *Asking) person(ctx context.Context, k *known, x *storage.Ask, e *storage.Event) (Found, error) {
	by := invitation.Way(x.By)
	if best := k.account(x); best != nil {
		return Found{To: best.Person, Address: best.Address, Name: best.Name, Spoken: best.Spoken}, nil
	}
	if e.Customer == nil {
		return Found{}, ErrNobody
	}
	call, end := context.WithTimeout(ctx, a.lookFor)
	defer end()
	for _, way := range e.Customer.Reach {
		switch {
		case way.To == "":
		case by == invitation.Telegram && way.Kind == "telegram":
			id, err := a.offers.Known(ctx, chat.Platform(by), way.To)
			if errors.Is(err, storage.ErrNotFound) {
				continue
			}
			return Found{To: id.Person, Address: id.Address, Name: id.Name, Spoken: id.Spoken}, err
		case by == invitation.Slack && a.find != nil && (way.Kind == "slack_user" || way.Kind == "slack_email"):
			found, err := a.find(call, way)
			if errors.Is(err, ErrNobody) {
				continue
			}
			return found, err
		}
	}
	return Found{}, ErrNobody
}
