package asking

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Answer is what is said of an event to whoever tells it: what will be asked, or why nothing is.
// Both are nil of one that nobody is asked about, whatever happens.
type Answer struct {
	Invitation *Offer    `json:"invitation,omitempty"`
	NotAsked   *NotAsked `json:"not_asked,omitempty"`
}

// Offer is an ask that was made, or will be.
type Offer struct {
	ID      string    `json:"id"`
	Trigger string    `json:"trigger,omitempty"`
	Flow    string    `json:"flow"`
	State   string    `json:"state"`
	Due     time.Time `json:"due,omitzero"`
	Words   string    `json:"words,omitempty"` // why it waits
}

// NotAsked is why somebody is not asked.
type NotAsked struct {
	Reason string    `json:"reason"`
	Rule   string    `json:"rule"`
	Words  string    `json:"words"`
	From   time.Time `json:"from,omitzero"` // when they may be asked again
}

// Told looks at events that were just told, as they are stored, and says of each what comes of
// it, by its name. What is said of one that is not due yet is a forecast: it is decided again.
func (a *Asking) Told(ctx context.Context, names []string) (map[string]Answer, error) {
	stored, err := a.store.EventsOf(ctx, names)
	if err != nil {
		return nil, err
	}
	p, err := a.Policy(ctx)
	if err != nil {
		return nil, err
	}
	events := make([]storage.StoredEvent, 0, len(stored))
	for _, e := range stored {
		events = append(events, e)
	}
	made, err := a.plan(ctx, p, events)
	if err != nil {
		return nil, err
	}
	return a.answers(ctx, p, stored, made)
}

// answers says what there is to say of events and what they made.
func (a *Asking) answers(ctx context.Context, p invitation.Policy, stored map[string]storage.StoredEvent, made map[string]Planned) (map[string]Answer, error) {
	out := map[string]Answer{}
	var waiting []storage.Ask
	var customers []string
	for name, e := range stored {
		m, ok := made[name]
		zone := a.site(e.Site).Zone
		switch {
		case !ok:
			out[name] = nobody(&e, zone)
		case m.Ask.State == string(invitation.Scheduled):
			waiting, customers = append(waiting, m.Ask), append(customers, m.Ask.Customer)
		case m.Why != nil:
			out[name] = notAsked(*m.Why, zone)
		default:
			answer, err := a.told(ctx, &m.Ask, zone)
			if err != nil {
				return nil, err
			}
			out[name] = answer
		}
	}
	if len(waiting) == 0 {
		return out, nil
	}
	k, err := a.gather(ctx, waiting, false)
	if err != nil {
		return nil, err
	}
	offers, err := a.store.Offers(ctx, unique(customers))
	if err != nil {
		return nil, err
	}
	flows := a.flows(ctx)
	for i := range waiting {
		x := &waiting[i]
		if _, ok := flows.of(x.Flow); !ok && flows.err != nil {
			return nil, flows.err
		}
		at := a.moment()
		if x.Due.After(at) {
			at = x.Due
		}
		d := a.decideOne(p, &k, flows, x, offers[x.Customer], at)
		zone := a.site(x.Site).Zone
		switch d.State {
		case invitation.Sending, invitation.HandedOut:
			out[x.Event] = Answer{Invitation: offerOf(x)}
		case invitation.Scheduled:
			o := offerOf(x)
			o.Due, o.Words = d.From, d.Words(zone)
			out[x.Event] = Answer{Invitation: o}
		default:
			out[x.Event] = notAsked(d, zone)
		}
	}
	return out, nil
}

func offerOf(x *storage.Ask) *Offer {
	return &Offer{ID: x.ID, Trigger: x.Trigger, Flow: x.Flow, State: x.State, Due: x.Due}
}

func notAsked(d invitation.Decision, zone *time.Location) Answer {
	return Answer{NotAsked: &NotAsked{Reason: string(d.Reason), Rule: d.Rule, Words: d.Words(zone), From: d.From}}
}

// nobody says why an event made no ask at all.
func nobody(e *storage.StoredEvent, zone *time.Location) Answer {
	d := invitation.Decision{State: invitation.Suppressed, Reason: invitation.NoTrigger, Rule: "triggers"}
	switch {
	case e.Customer == nil:
		d.Reason, d.Rule = invitation.NoIdentity, "event.customer"
	case e.State == storage.EventCancelled:
		d.Reason, d.Rule = invitation.EventCancelled, "event.state"
	case e.State == storage.EventReopened:
		d.Reason, d.Rule = invitation.EventReopened, "event.state"
	}
	return notAsked(d, zone)
}

// told says what was decided about an ask that is made, or over.
func (a *Asking) told(ctx context.Context, x *storage.Ask, zone *time.Location) (Answer, error) {
	switch invitation.State(x.State) {
	case invitation.Suppressed, invitation.Unreachable, invitation.Cancelled:
	default:
		return Answer{Invitation: offerOf(x)}, nil
	}
	all, err := a.store.AskDecisions(ctx, x.Bucket, []string{x.ID})
	if err != nil {
		return Answer{}, err
	}
	d := invitation.Decision{State: invitation.State(x.State), Reason: invitation.Reason(x.Reason)}
	if len(all) > 0 {
		d = Decision(all[len(all)-1])
	}
	return notAsked(d, zone), nil
}

// Decision is what was decided, as package invitation has it.
func Decision(d storage.AskDecision) invitation.Decision {
	out := invitation.Decision{State: invitation.State(d.State), Reason: invitation.Reason(d.Reason), Rule: d.Rule, Evidence: d.Evidence}
	if at, err := time.Parse(time.RFC3339, d.Evidence["until"]); err == nil {
		out.From = at
	}
	var limit recovery.Span
	last, err := time.Parse(time.RFC3339, d.Evidence["last"])
	if out.From.IsZero() && err == nil && limit.UnmarshalText([]byte(d.Evidence["limit"])) == nil {
		out.From = last.Add(time.Duration(limit))
	}
	return out
}

// OfEvent is everything that was decided about an event, and what is said of it now.
func (a *Asking) OfEvent(ctx context.Context, e storage.StoredEvent) (Answer, []storage.AskFile, error) {
	if e.Customer == nil {
		return nobody(&e, a.site(e.Site).Zone), nil, nil
	}
	asks, err := a.store.AsksAfter(ctx, e.Customer.ID, e.Name())
	if err != nil {
		return Answer{}, nil, err
	}
	p, err := a.Policy(ctx)
	if err != nil {
		return Answer{}, nil, err
	}
	watches, err := a.watching(ctx, p, e)
	if err != nil {
		return Answer{}, nil, err
	}
	files, err := a.files(ctx, append(slices.Clip(asks), watches...))
	if err != nil {
		return Answer{}, nil, err
	}
	made := map[string]Planned{}
	for _, x := range asks {
		made[e.Name()] = Planned{Ask: x}
	}
	out, err := a.answers(ctx, p, map[string]storage.StoredEvent{e.Name(): e}, made)
	return out[e.Name()], files, err
}

// files are asks with everything that was decided about them.
func (a *Asking) files(ctx context.Context, asks []storage.Ask) ([]storage.AskFile, error) {
	ids := map[storage.Bucket][]string{}
	for i := range asks {
		ids[asks[i].Bucket] = append(ids[asks[i].Bucket], asks[i].ID)
	}
	decided := map[string][]storage.AskDecision{}
	for b, some := range ids { // one bucket, if they are of one customer
		all, err := a.store.AskDecisions(ctx, b, some)
		if err != nil {
			return nil, err
		}
		for _, d := range all {
			decided[d.Ask] = append(decided[d.Ask], d)
		}
	}
	var out []storage.AskFile
	for i := range asks {
		out = append(out, storage.FileOf(asks[i], decided[asks[i].ID]))
	}
	return out, nil
}

// OfCustomer is what a customer was asked lately, and was not, the newest first.
// Of those only what was asked at these sites; nil = at all, and at none.
func (a *Asking) OfCustomer(ctx context.Context, customer string, sites []string, limit int) ([]storage.AskFile, error) {
	read := limit
	if sites != nil {
		read = mostOfCustomer
	}
	asks, err := a.store.AsksOf(ctx, customer, read)
	if err != nil {
		return nil, err
	}
	if sites != nil {
		asks = slices.DeleteFunc(asks, func(x storage.Ask) bool { return !slices.Contains(sites, x.Site) })
	}
	return a.files(ctx, asks[:min(len(asks), limit)])
}

// mostOfCustomer of a customer's asks are looked through for those of some sites.
const mostOfCustomer = 1000

// Zone is the time zone of a site.
func (a *Asking) Zone(site string) *time.Location { return a.site(site).Zone }
