package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// The customers of the demo's past over a longer time: how often they come, what they pay, what they expected, and
// why they come at all. All of it has numbers of its own: what the rest of the past says stays as it is.

// loyaltySurvey asks customers of the demo why they come; expectedSurvey, how it compared with what they expected.
const (
	loyaltySurvey  = "six_measures"
	expectedSurvey = "ladder7_expect"
)

// demoPrices are what services of the demo cost, from and to, in pounds.
var demoPrices = map[string][2]int{
	"cut and colour": {70, 130}, "haircut": {28, 48}, "blow-dry": {20, 35},
	"screen repair": {80, 190}, "battery change": {45, 80}, "data rescue": {120, 320},
}

// patron is a customer of the demo's past, and how their first answer was: a mark from 1 to 5, 0 = none.
type patron struct {
	site, key, name string
	first           time.Time
	mark            int
	marks           []int // all of them
	asked           bool  // for more than a service
}

// price is what a service cost.
func price(r *rand.Rand, service string) *storage.EventAmount {
	of := demoPrices[service]
	return &storage.EventAmount{Value: strconv.Itoa(of[0] + r.IntN(max(1, of[1]-of[0]))), Currency: "GBP"}
}

// knows remembers a customer by the first of their services.
func (s *services) knows(e storage.Event, mark int) {
	p := s.patrons[e.Customer.ID]
	if p == nil {
		p = &patron{site: e.Site, key: e.Customer.ID, name: e.Customer.FirstName, first: e.Ended}
		s.patrons[p.key] = p
	}
	if p.mark == 0 {
		p.mark = mark
	}
	if mark > 0 {
		p.marks = append(p.marks, mark)
	}
}

// pleased is a customer of a site who was pleased with each of two services at least; nil where there is none left.
func (s *services) pleased(site string) *patron {
	for _, key := range slices.Sorted(maps.Keys(s.patrons)) {
		if p := s.patrons[key]; p.site == site && !p.asked && len(p.marks) > 1 && slices.Min(p.marks) > 3 {
			return p
		}
	}
	return nil
}

// regulars tells of the other visits of customers, as the lists of the till have them: many came before, and who was
// let down comes less often afterwards.
func (s *services) regulars(ctx context.Context, now time.Time) error {
	r := rand.New(rand.NewPCG(pastSeed, 2))
	var events []storage.Event
	for _, key := range slices.Sorted(maps.Keys(s.patrons)) {
		p := s.patrons[key]
		v := demoVisits[slices.IndexFunc(demoVisits, func(v visits) bool { return v.site == p.site })]
		usual := one(r, v.does)
		came := func(at time.Time) {
			what := usual
			if r.Float64() < 0.3 {
				what = one(r, v.does)
			}
			events = append(events, storage.Event{
				Source: "till", ID: fmt.Sprintf("R-%s-%d", key, at.Unix()), State: storage.EventDone, Site: v.site, Service: what, Staff: one(r, v.whos), Ended: at,
				Amount: price(r, what), Customer: &storage.EventCustomer{ID: key, FirstName: p.name},
			})
		}
		days := func(from, to int) time.Duration { return time.Duration(24*(from+r.IntN(to-from))) * time.Hour }
		for at := p.first.Add(-days(20, 60)); r.Float64() < 0.55 && at.After(now.AddDate(0, 0, -300)); at = at.Add(-days(20, 60)) {
			came(at)
		}
		again := 0.62
		if p.mark == 1 || p.mark == 2 {
			again = 0.25
		}
		for at := p.first.Add(days(14, 55)); r.Float64() < again && at.Before(now.AddDate(0, 0, -9)); at = at.Add(days(14, 55)) {
			came(at)
		}
	}
	for some := range slices.Chunk(events, 500) {
		if _, err := s.store.PutEvents(ctx, some, now, false); err != nil {
			return err
		}
	}
	return s.classes(ctx, now)
}

// classes gives customers the classes by value that the shops' own lists have: what they were a year ago, and how they
// changed since.
func (s *services) classes(ctx context.Context, now time.Time) error {
	r := rand.New(rand.NewPCG(pastSeed, 5))
	was := func(key string, days int, tier recovery.Tier) error {
		_, err := s.store.SetTier(ctx, storage.TierChange{Customer: key, At: now.AddDate(0, 0, -days), Tier: tier, Told: "till"})
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(s.patrons)) {
		at := r.Float64()
		first, then := recovery.Normal, recovery.Tier("")
		switch {
		case at < 0.12:
			first = recovery.MVC
		case at < 0.24:
			first, then = recovery.MGC, []recovery.Tier{"", "", recovery.MVC}[r.IntN(3)]
		case at < 0.32:
			then = recovery.MGC
		case at < 0.36:
			first = recovery.BZ
		case at < 0.5:
			continue // of whom they say nothing
		}
		if err := was(key, 390, first); err != nil {
			return err
		}
		if days := 20 + r.IntN(220); then != "" {
			if err := was(key, days, then); err != nil {
				return err
			}
		}
	}
	return was(demoVisits[0].prefix+"-900", 200, recovery.MVC) // who waits today
}

// asks lets some customers be asked about more than one service: what they expected of it, and why they come.
func (p *past) asks(now time.Time) {
	r := rand.New(rand.NewPCG(pastSeed, 3))
	midnight := now.Truncate(24 * time.Hour)
	const people = 110
	for i := range people {
		v, flow, day := demoVisits[i%2], loyaltySurvey, 30+55*i/people
		if i%5 == 1 || i%5 == 3 {
			v, flow, day = demoVisits[1], expectedSurvey, 2+88*i/people
		}
		at := midnight.AddDate(0, 0, day-pastDays-4).Add(17*time.Hour + time.Duration(r.IntN(120))*time.Minute)
		n := 1000 + (7*i)%120
		key, name := fmt.Sprintf("%s-%d", v.prefix, n), v.names[n%len(v.names)]
		p.at(at, func(ctx context.Context) error {
			says, what := thinks(r, v), one(r, v.does)
			if flow == expectedSurvey {
				says = expected(r)
			} else if fond := p.serve.pleased(v.site); fond != nil && i%2 == 0 {
				key, name, fond.asked = fond.key, fond.name, true
				says[0] = 5 + i/2%2
			}
			made, err := p.serve.ask(ctx, at, bot.InviteRequest{
				Flow: flow, Site: v.site, Channel: string(chat.Web), Language: "en", Expires: 72 * time.Hour, Customer: key,
				Event: map[string]string{"first_name": name, "service_name": what, "date": at.Format(time.DateOnly)},
			})
			if err != nil {
				return err
			}
			if flow == expectedSurvey { // which is about a service
				if err := p.serve.tell(ctx, made.event, 0); err != nil {
					return err
				}
			}
			p.at(at.Add(40*time.Minute), func(ctx context.Context) error { return p.fills(ctx, v, made.token, says) })
			return nil
		})
	}
}

// thinks are the answers to the survey of loyalty, by the places of their buttons.
func thinks(r *rand.Rand, v visits) []int {
	mood := r.Float64()
	why := []int{0, 0, 0, 1, 1, 2, 4}[r.IntN(7)] // value, convenience, price, habit
	if v.prefix == "Q" {
		why = []int{0, 1, 2, 2, 4, 5, 5}[r.IntN(7)] // a repair shop has fewer rivals
	}
	at := func(most int, mean float64) int {
		return min(max(int(mean*float64(most)+r.NormFloat64()*0.8+0.5), 0), most)
	}
	overall := at(6, 0.5+0.45*mood)
	if why > 3 {
		overall = at(6, 0.2+0.6*mood)
	}
	return []int{overall, why, at(4, 0.4+0.5*mood), at(4, 0.3+0.6*mood), at(4, 0.2+0.6*mood), at(4, 0.2+0.5*mood), at(4, 0.4+0.6*mood), r.IntN(6)}
}

// expected are the answers to the survey of expectations: the level, how it compared, and for who was let down where
// the expectation came from and whether the promise was kept.
func expected(r *rand.Rand) []int {
	gap := []int{0, 1, 1, 2, 2, 2, 3, 3, 4}[r.IntN(9)]
	return []int{min(gap+2+r.IntN(2), 6), gap, []int{2, 2, 2, 0, 1}[r.IntN(5)], r.IntN(3)}
}

// fills answers a survey by the places of the buttons, question by question, and skips what has none; a case that
// opens is seen to.
func (p *past) fills(ctx context.Context, v visits, token string, places []int) error {
	if err := p.bot.ClaimLink(ctx, token, token); err != nil {
		return err
	}
	at, say, err := p.talk(ctx, token)
	if err != nil {
		return err
	}
	for range 12 { // more than the surveys have questions
		open, err := p.open(ctx, at)
		if err != nil {
			return err
		}
		if open == nil {
			break
		}
		buttons := answers(open)
		switch {
		case open.Expects != chat.ExpectsNothing || len(buttons) == 0 || len(places) == 0:
			err = say(chat.Update{Kind: chat.Command, Command: "skip"})
		case slices.ContainsFunc(buttons, func(b chat.Button) bool { return b.Text == "Done" }):
			if err = say(chat.Update{Kind: chat.Text, Text: buttons[places[0]].Text}); err == nil {
				err = p.finish(ctx, at, say)
			}
			places = places[1:]
		default:
			err = say(chat.Update{Kind: chat.Tap, Data: buttons[min(places[0], len(buttons)-1)].Data})
			places = places[1:]
		}
		if err != nil {
			return err
		}
	}
	c, err := p.opened(ctx, v.site, token)
	if err == nil && c.ID != "" {
		p.recover(v, token, c, v.causes[0])
	}
	return err
}
