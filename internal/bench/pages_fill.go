package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Of an installation with many cases.
const (
	twoYears    = 2 * 365 * 24 * time.Hour // over which its answers and cases came
	officeSites = 10
)

// fillCases makes cases of the past two years, the newest of them open, as real ones are stored:
// each is a copy of one that a customer opened. It returns the newest.
func (o *office) fillCases(ctx context.Context, like complaint, n, open int) (last storage.Case, err error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	const atOnce = 500
	buckets := o.store.Buckets()
	turns := make([][]storage.Turn, buckets)
	for i := range n {
		b, t := like.turn(i, n, open, buckets, now, &last)
		turns[b] = append(turns[b], t)
		if len(turns[b]) == atOnce || i == n-1 {
			for b := range turns {
				if err := firstError(o.store.Advance(ctx, storage.Bucket(b), turns[b])...); err != nil {
					return last, err
				}
				turns[b] = nil
			}
		}
	}
	return last, nil
}

func siteOf(i int) string { return "site-" + strconv.Itoa(i%officeSites) }

// foldAll makes the rows of reports of what waits for it.
func (w *world) foldAll(ctx context.Context) error {
	for b := range storage.Bucket(w.store.Buckets()) {
		for more := true; more; {
			did, err := w.store.Fold(ctx, b, bot.Rows(w.bot), 500)
			if err != nil {
				return err
			}
			more = did.More
		}
	}
	return nil
}

// complaint is what one unhappy customer left behind.
type complaint struct {
	identity storage.Identity
	session  storage.Session
	kase     storage.Case
}

// pattern has a customer complain, and reads what that stored.
func (o *office) pattern(ctx context.Context) (p complaint, err error) {
	for i := range officeSites {
		site := storage.Site{ID: siteOf(i), Name: "Branch " + strconv.Itoa(i), Zone: "Europe/Berlin", Language: "en", Created: time.Now().UTC()}
		if err := o.store.PutSite(ctx, site); err != nil {
			return p, err
		}
	}
	if _, _, err := o.store.PublishTriggers(ctx, "standards:\n  - {measure: wait_min, at_most: 10}\n", time.Now().UTC()); err != nil {
		return p, err
	}
	made, err := o.converseAt(ctx, 1, func(int) string { return siteOf(0) })
	if err != nil {
		return p, err
	}
	taps := []chat.Update{made[0].complain()}
	for q := 1; q < questions; q++ {
		taps = append(taps, made[0].answer(q))
	}
	for _, tap := range taps {
		if _, err := o.bot.Handle(ctx, []chat.Update{tap}); err != nil {
			return p, err
		}
	}
	cases, err := o.store.Cases(ctx, storage.CaseFilter{Limit: 1})
	if err != nil {
		return p, err
	}
	if len(cases) == 0 {
		return p, fmt.Errorf("a customer complained, and there is no case")
	}
	p.kase = cases[0]
	if p.session, err = o.store.Session(ctx, p.kase.Bucket, p.kase.Session); err != nil {
		return p, err
	}
	p.identity, err = o.store.Identity(ctx, p.kase.Bucket, p.kase.Identity)
	return p, err
}

// turn is case i of n: another customer's, at another time and site. The newest of them are open.
func (p complaint) turn(i, n, open, buckets int, now time.Time, last *storage.Case) (storage.Bucket, storage.Turn) {
	person := storage.Person{Platform: chat.Telegram, Account: account, User: strconv.Itoa(8_000_000_000 + i)}
	bucket := storage.BucketOf(person.Hash16(), buckets)
	at := now.Add(-twoYears / time.Duration(n) * time.Duration(n-i))
	if i >= n-open {
		at = now.Add(-time.Duration(n-i) * time.Minute) // what is open came in the last week
	}
	id, s, k := p.identity, p.session, p.kase
	id.ID, id.Bucket, id.Person, id.Name = person.ID(), bucket, person, "Customer "+person.User
	id.Address = chat.Address{Platform: chat.Telegram, Account: account, Chat: person.User}
	s.ID, s.Bucket, s.Identity, s.Address, s.Site, s.Invitation = idAt(at), bucket, id.ID, id.Address, siteOf(i), ""
	s.Started, s.Ended, s.Day, s.Customer = at, at.Add(time.Minute), at.Format(time.DateOnly), ""
	k.ID, k.Bucket, k.Session, k.Identity, k.Site, k.Customer = idAt(at), bucket, s.ID, id.ID, s.Site, ""
	k.Case.Bucket, k.OpenedAt, k.Updated, k.Next, k.TellAt, k.Cards, k.Unposted = int(bucket), at, at, time.Time{}, time.Time{}, nil, false
	by := at.Sub(p.kase.OpenedAt)
	k.Since, k.Due = recovery.Clocks{}, recovery.Clocks{Acknowledge: k.Due.Acknowledge.Add(by), Contact: k.Due.Contact.Add(by), Resolve: k.Due.Resolve.Add(by)}
	id.Session, id.Case, s.Case = s.ID, k.ID, k.ID
	switch {
	case i < n-open:
		k.State, k.Ended, k.EndedAt = recovery.Resolved, recovery.Staffer{ID: lead, Name: "Robin Park"}, at.Add(time.Hour)
		k.Resolution = &recovery.Resolution{Cause: "responsiveness", Actions: []recovery.Action{{Kind: recovery.Apology}}}
		id.Case = ""
	case i%5 == 0:
		k.State, k.Holder, k.HeldAt, k.Moved, k.Wrote = recovery.Contacted, recovery.Staffer{ID: lead, Name: "Robin Park"}, at, at, at.Add(time.Hour)
	case i%5 == 1:
		k.State, k.Holder, k.HeldAt, k.Moved = recovery.Taken, recovery.Staffer{ID: "mei", Name: "Mei Chen"}, at, at
	}
	words := storage.Words{ID: idAt(at), Session: s.ID, Case: k.ID, Inbound: true, Text: fmt.Sprintf("I waited %d minutes, and nobody told me why.", 20+i%40), At: at}
	return bucket, storage.Turn{Apply: func(l storage.Loaded) (storage.Change, error) {
		k.Number = l.NextCase
		*last = k
		opened := storage.CaseEvent{ID: idAt(at), Case: k.ID, At: at, Kind: string(recovery.EventOpened)}
		return storage.Change{Identity: &id, Session: &s, Answers: s.Answers, Case: &k, Events: []storage.CaseEvent{opened}, Words: []storage.Words{words}}, nil
	}}
}

// idAt is an id that begins with its time, as those of the program do.
func idAt(at time.Time) string {
	id := uuid.Must(uuid.NewRandom())
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	return id.String()
}
