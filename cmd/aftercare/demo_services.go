package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// The services of the demo's past, as the till of the salon and the workshop's list would tell of them: how
// long a customer waited, and whether the repair was ready when it was promised.

// demoTrigger is the trigger by which customers of the past were asked.
const demoTrigger = "after-visit"

// later is the experiment of that trigger, as demoTriggers has it.
var later = invitation.Compared{Name: "later", Base: 65, Usual: "1h", Other: "2h"}

// services tells of what took place. It has numbers of its own: the answers of the past stay as they are.
type services struct {
	store  storage.Store
	offers bot.Offers
	rand   *rand.Rand
	prices *rand.Rand
	draw   invitation.Draw
	n      int

	patrons map[string]*patron // by key
}

func newServices(store storage.Store, b *bot.Bot) *services {
	offers := bot.Offers{Bot: b}
	return &services{
		store: store, offers: offers, draw: invitation.DrawBy(offers.Lots()), rand: rand.New(rand.NewPCG(pastSeed, 1)), prices: rand.New(rand.NewPCG(pastSeed, 4)), patrons: map[string]*patron{},
	}
}

// service is one that took place, and the link by which its customer is asked.
type service struct {
	event storage.Event
	token string
}

// ask makes the link by which a customer is asked about a service.
func (s *services) ask(ctx context.Context, at time.Time, req bot.InviteRequest) (service, error) {
	s.n++
	e := storage.Event{
		Source: "till", ID: fmt.Sprintf("R-%d", 1000+s.n), State: storage.EventDone, Site: req.Site, Service: req.Event["service_name"], Staff: req.Event["agent_name"], Ended: at,
		Customer: &storage.EventCustomer{ID: req.Customer, FirstName: req.Event["first_name"]},
	}
	x := storage.Ask{
		ID: storage.AskID(e.Name(), demoTrigger), Customer: req.Customer, Event: e.Name(), Trigger: demoTrigger, Flow: req.Flow, Class: "transactional", Site: req.Site,
		State: string(invitation.Sent), Made: at, Sent: at, Due: at, First: at, Began: at, Day: at.Format(time.DateOnly), Service: e.Service, By: string(invitation.Web), Language: req.Language,
	}
	switch req.Flow { // which are about no service
	case storage.LostSurvey:
		x.Event, x.Class, x.Trigger = "", "relationship", "stays-away"
	case loyaltySurvey:
		x.Event, x.Class, x.Trigger = "", "relationship", "twice-a-year"
	default:
		arm := s.draw(later.Key(), x.Customer)
		if x.Experiment, x.Arm = later.Key(), string(arm); arm == invitation.OtherArm {
			e.Ended = at.Add(-time.Hour) // who is asked at the same moment was served an hour before the others
		}
	}
	invite, err := s.offers.Make(ctx, req, x.ID, at)
	if err != nil {
		return service{}, err
	}
	x.Offer, x.Until = invite.ID, invite.Expires
	x.At, _, x.Session = s.offers.Where(req.To, x.ID, at)
	b := storage.AskBucket(x.Customer, s.store.Buckets())
	err = s.store.ChangeAsks(ctx, b, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
		return []storage.AskChange{{Ask: x}}, nil
	})
	return service{e, invite.Token}, err
}

// tell stores how a service went for who gave it a mark, 0 = nobody knows: who waited long, or got it later than
// promised, is unhappy more often.
func (s *services) tell(ctx context.Context, e storage.Event, mark int) error {
	long := 0.18
	if mark == 1 || mark == 2 {
		long = 0.6
	}
	waited := time.Duration(s.rand.IntN(15)) * time.Minute
	if s.rand.Float64() < long {
		waited = time.Duration(16+s.rand.IntN(30)) * time.Minute
	}
	e.Started = e.Ended.Add(-time.Duration(25+s.rand.IntN(60)) * time.Minute)
	e.Booked = e.Started.Add(-waited)
	e.Measures = map[string]float64{"wait_min": waited.Minutes()}
	if e.Site == "quickfix" {
		by := e.Ended.Add(time.Duration(s.rand.IntN(120)) * time.Minute)
		if s.rand.Float64() < long {
			by = e.Ended.Add(-time.Duration(10+s.rand.IntN(200)) * time.Minute)
		}
		e.Promised = &storage.EventPromise{By: by}
	}
	e.Amount = price(s.prices, e.Service)
	s.knows(e, mark)
	_, err := s.store.PutEvents(ctx, []storage.Event{e}, e.Ended, false)
	return err
}

// demoReasons are why they do, as often as they say so.
var demoReasons = []string{"Price too high", "Service not good enough", "Price too high", "Found something better elsewhere", "Service not good enough", "Price too high", "Felt forgotten", "Moved or inconvenient"}

// away asks customers who stay away, one every second day. Most say why; some come again.
func (p *past) away(now time.Time) {
	for i := range 40 {
		v := demoVisits[i%len(demoVisits)]
		who := fmt.Sprintf("%s-%d", v.prefix, 2000+i)
		came := func(at time.Time) func(context.Context) error {
			return func(ctx context.Context) error {
				e := storage.Event{
					Source: "till", ID: fmt.Sprintf("R-%s-%d", who, at.Unix()), State: storage.EventDone, Site: v.site, Service: v.does[0], Staff: v.whos[0], Ended: at,
					Customer: &storage.EventCustomer{ID: who, FirstName: v.names[i%len(v.names)]},
				}
				_, err := p.store.PutEvents(ctx, []storage.Event{e}, p.now(), false)
				return err
			}
		}
		asked := now.Truncate(24*time.Hour).AddDate(0, 0, 2*i-pastDays+8).Add(11 * time.Hour)
		p.at(asked, came(asked.AddDate(0, 0, -70-i)))
		p.at(asked, func(ctx context.Context) error {
			made, err := p.serve.ask(ctx, asked, bot.InviteRequest{
				Flow: storage.LostSurvey, Site: v.site, Channel: string(chat.Web), Language: "en", Expires: 72 * time.Hour, Customer: who,
				Event: map[string]string{"first_name": v.names[i%len(v.names)]},
			})
			if err == nil && i%5 < 4 {
				p.at(asked.Add(3*time.Hour), func(ctx context.Context) error {
					p.reason = demoReasons[i%len(demoReasons)]
					c, err := p.answer(ctx, v, made.token, 2+i%4, "")
					if err == nil && c.ID != "" {
						p.recover(v, made.token, c, v.causes[0])
					}
					return err
				})
			}
			return err
		})
		if i%4 == 1 {
			p.at(asked.AddDate(0, 0, 6+i), came(asked.AddDate(0, 0, 6+i)))
		}
	}
}
