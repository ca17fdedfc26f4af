package asking

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

const (
	// mostSayers is how many conversations are looked at for who said why, at most.
	mostSayers = 20_000
	// sayEvery is how often it is looked whether somebody is to be told, sayAgain how soon those are
	// looked at again who wait.
	sayEvery, sayAgain = 5 * time.Second, 10 * time.Minute
)

// SayingLasts is for how long those are waited for who are left in peace now.
const SayingLasts = 14 * 24 * time.Hour

// ErrTooMany means that too many said why for telling them from here.
var ErrTooMany = errors.New("too many customers said so")

// ErrSaid means that those who said why have been told, or are being told.
var ErrSaid = errors.New("it was decided before")

// Telling tells customers what was changed because of what they said.
type Telling struct{ By *Asking }

// NoWords is why somebody is not told in whose language nobody wrote what was changed.
const NoWords invitation.Reason = "no_words"

// Hearer is a customer who said why something was changed, by the newest conversation in which they did.
type Hearer struct {
	storage.Sayer
	Heard    bool // the message is there
	Language string
	Decision invitation.Decision // whether they may be told now: by the limits that leave customers in peace
}

// Waits reports whether somebody who may not be told now may be later.
func (h *Hearer) Waits(until time.Time) bool {
	if h.Decision.State == invitation.Scheduled || h.Decision.Reason == invitation.Pending {
		return true
	}
	return h.Decision.State == invitation.Suppressed && !h.Decision.From.IsZero() && h.Decision.From.Before(until)
}

// May reports whether somebody may be told now.
func (h *Hearer) May() bool { return !h.Heard && h.Decision.State == invitation.Sending }

// Hearers are the customers who said why something was changed, in the days before it, each once.
// words are what is to be told, by language; nil = whatever language.
func (a Telling) Hearers(ctx context.Context, i *storage.Improvement, words map[string]string) ([]Hearer, error) {
	all, err := a.whoSaid(ctx, i)
	if err != nil {
		return nil, err
	}
	some := make([]*Hearer, len(all))
	for j := range all {
		some[j] = &all[j]
	}
	for part := range slices.Chunk(some, batch) {
		if err := a.judge(ctx, i, part, words); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// whoSaid are the customers who said why something was changed, each once. Nothing is decided about them.
func (a Telling) whoSaid(ctx context.Context, i *storage.Improvement) ([]Hearer, error) {
	day, err := time.Parse(time.DateOnly, i.Day)
	if err != nil {
		return nil, err
	}
	f := storage.FigureFilter{
		From: day.AddDate(0, 0, -storage.SayingDays).Format(time.DateOnly), To: day.AddDate(0, 0, -1).Format(time.DateOnly), Flow: i.Of.Flow, Limit: mostSayers,
	}
	if f.Sites = []string{i.Site}; i.Site == "" {
		f.Sites = a.By.bot.Configuration().Now().EverySite()
	}
	before := a.By.moment()
	if i.Said != nil {
		before = i.Said.At
	}
	list, more, err := a.By.store.Sayers(ctx, f, i, before)
	if err == nil && more {
		err = ErrTooMany
	}
	if err != nil {
		return nil, err
	}
	if !i.Of.Any() {
		ids, _, err := a.By.store.Named(ctx, f, i.Of)
		if err != nil {
			return nil, err
		}
		slices.Sort(ids)
		list = slices.DeleteFunc(list, func(s storage.Sayer) bool {
			_, ok := slices.BinarySearch(ids, s.Session)
			return !ok
		})
	}
	return once(list), nil
}

// whose is the customer who said something, by their key or by their chat account.
func whose(s *storage.Sayer) string { return cmp.Or(s.Identity.Customer, s.Identity.ID) }

func (h *Hearer) whose() string { return whose(&h.Sayer) }

// once has each customer by the newest of their conversations: whoever looks again finds the same one.
func once(list []storage.Sayer) (all []Hearer) {
	slices.SortFunc(list, func(x, y storage.Sayer) int {
		return cmp.Or(cmp.Compare(whose(&x), whose(&y)), cmp.Compare(y.Day, x.Day), cmp.Compare(y.Session, x.Session))
	})
	for i := range list {
		if i == 0 || whose(&list[i]) != whose(&list[i-1]) {
			all = append(all, Hearer{Sayer: list[i]})
		}
		h := &all[len(all)-1]
		if list[i].State != "" && !h.Heard {
			h.Heard, h.State, h.Told = true, list[i].State, list[i].Told
		}
	}
	return all
}

// judge decides about some of them, as if they were asked by hand: it is a message that nobody waits for.
func (a Telling) judge(ctx context.Context, i *storage.Improvement, some []*Hearer, words map[string]string) error {
	p, err := a.By.Policy(ctx)
	if err != nil {
		return err
	}
	at := a.By.moment()
	asks, customers := make([]storage.Ask, len(some)), make([]string, len(some))
	for j := range some {
		s := some[j]
		customers[j] = cmp.Or(s.Identity.Customer, s.Identity.ID)
		asks[j] = storage.Ask{
			ID: i.SaidPart() + " " + customers[j], Customer: customers[j], Flow: s.Flow, Class: s.Class, Site: s.Site, Service: s.Service, Made: at, First: at,
			Asker: i.SaidPart(), To: &s.Identity,
		}
	}
	offers, err := a.By.store.Offers(ctx, customers)
	if err != nil {
		return err
	}
	for j := range asks { // the newest offer knows the event that tells of them
		for _, o := range offers[customers[j]] {
			if asks[j].Like = cmp.Or(o.Event, o.Like); asks[j].Like != "" {
				break
			}
		}
	}
	k, err := a.By.gather(ctx, asks, true)
	if err != nil {
		return err
	}
	t := invitation.ByHand("")
	for j := range some {
		s := some[j]
		t.By = []invitation.Way{invitation.Way(s.Identity.Person.Platform)}
		flow := invitation.Flow{ID: s.Flow, Class: classOf(&asks[j])}
		facts := a.By.facts(&k, &asks[j], flow, offers[customers[j]], at)
		way := invitation.Reach{Way: t.By[0]} // they are told where they said it, or not at all
		if !s.Identity.Blocked.IsZero() {
			way.Problem = invitation.Blocked
		}
		facts.Reach = []invitation.Reach{way}
		facts.Customer.Stopped = facts.Customer.Stopped || !s.Identity.Stopped.IsZero()
		s.Decision = p.Decide(t, facts)
		s.Language = bot.Improved{Bot: a.By.bot}.Language(&s.Sayer)
		if s.Decision.State == invitation.HandedOut { // nobody hands out a message
			s.Decision = invitation.Decision{State: invitation.Unreachable, Reason: invitation.NoIdentity}
		}
		if s.Decision.State == invitation.Sending && words != nil && words[s.Language] == "" {
			s.Decision = invitation.Decision{State: invitation.Suppressed, Reason: NoWords}
		}
	}
	return nil
}

// Say has those who said why something was changed be told, each once. Nobody else does: it takes a person's decision.
func (a Telling) Say(ctx context.Context, id, by string, words map[string]string, audit storage.Audit) error {
	for lang := range words {
		if !slices.Contains(voice.Languages, lang) || words[lang] == "" {
			return bot.ErrNoWords
		}
	}
	if len(words) == 0 {
		return bot.ErrNoWords
	}
	_, err := a.By.store.ChangeImprovement(ctx, id, audit, func(i *storage.Improvement) error {
		switch {
		case i.Note || !i.Gone.IsZero():
			return storage.ErrNotFound
		case i.Said != nil:
			return ErrSaid
		}
		at := a.By.moment()
		i.Said = &storage.Telling{At: at, By: by, Words: words, Until: at.Add(SayingLasts)}
		return nil
	})
	return err
}

// saying tells those who are to be told what their words changed.
func (a Telling) saying(ctx context.Context) error {
	now := a.By.moment()
	if now.Sub(a.By.said) < sayEvery {
		return nil
	}
	a.By.said = now
	all, err := a.By.store.ImprovementList(ctx)
	if all, err = those(a.By, "a change of which customers are to be told", all, err); err != nil {
		return err
	}
	open := map[string]bool{}
	for j := range all {
		i := &all[j]
		if i.Said == nil || !i.Said.Ended.IsZero() {
			continue
		}
		if open[i.ID] = true; a.By.rests(i.SaidPart()) || now.Before(a.By.sayAt[i.ID]) {
			continue
		}
		err := a.sayOne(ctx, i)
		if fatal(ctx, err) {
			return err
		}
		if err != nil {
			a.By.fail(i.SaidPart(), err)
		}
	}
	maps.DeleteFunc(a.By.sayAt, func(id string, _ time.Time) bool { return !open[id] })
	maps.DeleteFunc(a.By.sayFrom, func(id, _ string) bool { return !open[id] })
	return nil
}

// sayOne tells a batch of those who said why of one change. What was told follows from the messages that are there: a
// crash in between has nobody told twice, and nobody forgotten.
func (a Telling) sayOne(ctx context.Context, i *storage.Improvement) error {
	all, err := a.whoSaid(ctx, i)
	crowded := errors.Is(err, ErrTooMany)
	if crowded {
		if a.By.moment().Before(i.Said.Until) {
			a.By.fail(i.SaidPart(), err)
			return nil
		}
		all, err = nil, nil // nobody is told any more
	}
	if err != nil {
		return err
	}
	due, judged, err := a.next(ctx, i, all)
	if err != nil {
		return err
	}
	if err := a.tellAll(ctx, i, due); err != nil {
		return err
	}
	told, waiting, not := 0, 0, map[string]int{}
	for j := range all {
		switch h := &all[j]; {
		case h.Heard:
			told++
		case !judged[h]:
			waiting++ // of a later batch
		case h.May():
			waiting++ // of the next batch
		case h.Waits(i.Said.Until) && a.By.moment().Before(i.Said.Until):
			waiting++
		default:
			not[string(h.Decision.Reason)]++
		}
	}
	if crowded {
		told = i.Said.Told
	}
	if len(due) < batch { // whoever waits does so for an hour of the day, or longer
		a.By.sayAt[i.ID] = a.By.moment().Add(sayAgain)
	}
	if waiting > 0 && told == i.Said.Told {
		return nil
	}
	_, err = a.By.store.ChangeImprovement(ctx, i.ID, storage.Audit{}, func(x *storage.Improvement) error {
		if x.Said == nil {
			return storage.ErrNotFound
		}
		if x.Said.Told = told; waiting == 0 {
			x.Said.Ended, x.Said.Not = a.By.moment(), not
		}
		return nil
	})
	return err
}

// next are those who are told now, a batch at most, and those about whom it was decided: no more than it takes. It goes
// on behind whoever it decided about last.
func (a Telling) next(ctx context.Context, i *storage.Improvement, all []Hearer) (due []*Hearer, judged map[*Hearer]bool, _ error) {
	from, judged := 0, map[*Hearer]bool{}
	var open []*Hearer
	for j := range all {
		if h := &all[j]; !h.Heard {
			if open = append(open, h); h.whose() <= a.By.sayFrom[i.ID] {
				from = len(open)
			}
		}
	}
	for some := range slices.Chunk(slices.Concat(open[from:], open[:from]), batch) {
		err := apart(ctx, some, func(some []*Hearer) error { return a.judge(ctx, i, some, i.Said.Words) }, func(h **Hearer, err error) error {
			a.failed(i, *h, err)
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		for _, h := range some {
			judged[h] = true
			if !h.May() {
				continue
			}
			if due = append(due, h); len(due) == batch {
				a.By.sayFrom[i.ID] = h.whose()
				return due, judged, nil
			}
		}
	}
	return due, judged, nil
}

// failed notes that one of them could not be decided about, or told, for a reason that nobody knows. It is tried again
// for as long as others wait.
func (a Telling) failed(i *storage.Improvement, h *Hearer, err error) {
	h.Decision = invitation.Decision{State: invitation.Unreachable, Reason: invitation.GaveUp}
	a.By.fail(i.SaidPart()+" "+h.whose(), err)
}

// tellAll tells some, side by side.
func (a Telling) tellAll(ctx context.Context, i *storage.Improvement, due []*Hearer) error {
	errs := make([]error, len(due))
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for j, h := range due {
		free <- struct{}{}
		all.Go(func() {
			errs[j] = bot.Improved{Bot: a.By.bot, Part: i.SaidPart(), Words: i.Said.Words}.Tell(ctx, &h.Sayer)
			<-free
		})
	}
	all.Wait()
	for j, err := range errs {
		h := due[j]
		switch {
		case err == nil:
			h.Heard = true
		case errors.Is(err, bot.ErrStopped):
			h.Decision = invitation.Decision{State: invitation.Suppressed, Reason: invitation.Stopped}
		case errors.Is(err, bot.ErrBlocked):
			h.Decision = invitation.Decision{State: invitation.Unreachable, Reason: invitation.Blocked}
		case errors.Is(err, bot.ErrNoWords):
			h.Decision = invitation.Decision{State: invitation.Suppressed, Reason: NoWords}
		case fatal(ctx, err):
			return err // they are told in the next round
		default:
			a.failed(i, h, err)
		}
	}
	return nil
}
