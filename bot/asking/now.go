package asking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// Wish is that somebody of staff wants a customer to be asked now.
type Wish struct {
	Once       string         // what tells it from all other wishes: said twice, it is one
	Customer   string         // the organisation's key, or the id of a chat account that has none
	Person     storage.Person // the chat account, where no key is known
	Flow, Site string
	Language   string // "" = the customer's
	By         string // who of staff
	Against    string // why they are asked although they were lately; "" = the limits hold
}

// ErrNoFlow means that there is no such survey.
var ErrNoFlow = errors.New("there is no such survey")

// Now asks a customer, by the same policy as triggers do, and says what became of it and by what
// decision. Who waits is asked when their time has come, as whoever else waits.
func (a *Asking) Now(ctx context.Context, w Wish) (storage.Ask, invitation.Decision, error) {
	p, err := a.Policy(ctx)
	if err != nil {
		return storage.Ask{}, invitation.Decision{}, err
	}
	flows := a.flows(ctx)
	flow, ok := flows.of(w.Flow)
	if err := flows.err; err != nil || !ok {
		return storage.Ask{}, invitation.Decision{}, orNoFlow(err)
	}
	at := a.moment()
	x := storage.Ask{
		ID: storage.AskID("by hand "+w.Once, w.Customer), Bucket: storage.AskBucket(w.Customer, a.store.Buckets()), Customer: w.Customer,
		Flow: w.Flow, Class: string(flow.Class), Site: w.Site, Language: w.Language, State: string(invitation.Scheduled),
		Made: at, First: at, Due: at, Asker: w.By, Against: w.Against,
	}
	if w.Person != (storage.Person{}) {
		x.To = &storage.Identity{Person: w.Person}
	}
	if x.Like, err = newestOf(ctx, a.store, w.Customer); err != nil {
		return x, invitation.Decision{}, err
	}
	err = a.store.ChangeAsks(ctx, x.Bucket, []string{x.ID}, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		if was, ok := now[x.ID]; ok {
			x = was
			return nil, nil
		}
		return []storage.AskChange{{Ask: x}}, nil
	})
	if err != nil {
		return x, invitation.Decision{}, fmt.Errorf("ask a customer: %w", err)
	}
	if s := invitation.State(x.State); s == invitation.Scheduled || s == invitation.Sending {
		sought := make([][]storage.Ask, a.store.Buckets())
		if sought[x.Bucket], err = a.attend(ctx, p, x.Bucket, []storage.Ask{x}); err == nil {
			err = (sending{a}).seek(ctx, p, 0, sought...)
		}
		if err != nil {
			return x, invitation.Decision{}, err
		}
	}
	return a.decided(ctx, x.Bucket, x.ID)
}

func orNoFlow(err error) error {
	if err != nil {
		return err
	}
	return ErrNoFlow
}

// decided is an ask as it stands, and what was decided about it last.
func (a *Asking) decided(ctx context.Context, b storage.Bucket, id string) (x storage.Ask, d invitation.Decision, _ error) {
	err := a.store.ChangeAsks(ctx, b, []string{id}, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		x = now[id]
		return nil, nil
	})
	if err != nil {
		return x, d, fmt.Errorf("read an ask: %w", err)
	}
	all, err := a.store.AskDecisions(ctx, b, []string{id})
	if err != nil || len(all) == 0 {
		return x, d, err
	}
	return x, Decision(all[len(all)-1]), nil
}

// newestOf is the name of the event that tells the newest of a customer: their language, their
// night, and on what basis they may be asked. "" = none does.
func newestOf(ctx context.Context, store storage.Store, customer string) (string, error) {
	d, err := store.Dossier(ctx, storage.Anchor{Customers: []string{customer}})
	if err != nil {
		return "", err
	}
	name, newest := "", time.Time{}
	for i := range d.Events {
		if e := &d.Events[i]; e.Customer != nil && e.Changed.After(newest) {
			name, newest = e.Name(), e.Changed
		}
	}
	return name, nil
}

// ForStaff is Now for a wish that staff write in a chat: it is a bot.Asker.
func (a *Asking) ForStaff(ctx context.Context, w bot.AskNow) (bot.AskedNow, error) {
	x, d, err := a.Now(ctx, Wish{Once: w.Once, Customer: w.Customer, Person: w.Person, Flow: w.Flow, Site: w.Site, By: w.By})
	if err != nil {
		return bot.AskedNow{}, err
	}
	out := bot.AskedNow{State: x.State, Reason: x.Reason, By: x.By, From: d.From}
	if x.By == string(invitation.Web) {
		if out.Link, _ = a.offers.Links(x.ID); out.Link == "" {
			_, out.Link = a.offers.Links(x.ID)
		}
	}
	return out, nil
}
