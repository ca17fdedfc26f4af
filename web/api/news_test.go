package api

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/storage"
)

// endpoint makes one that is told of some news.
func (c *till) endpoint(id string, news []storage.News, sites ...string) {
	c.t.Helper()
	h := storage.Hook{ID: id, Name: id, Made: c.now, HookTerms: storage.HookTerms{News: news, Sites: sites}}
	if err := c.store.PutInstallation(c.t.Context(), h.Installation("sealed")); err != nil {
		c.t.Fatal(err)
	}
	if err := c.bot.Configuration().Refresh(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// told are the bodies that wait for an endpoint, by what they are about.
func (c *till) told(endpoint, about string) (bodies []string) {
	c.t.Helper()
	for b := range c.store.Buckets() {
		list, err := c.store.Transcript(c.t.Context(), storage.Bucket(b), chat.Address{Platform: chat.Hook, Account: endpoint, Chat: about})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, d := range list {
			if d.Wanted > 1 {
				c.t.Errorf("the same is told %d times", d.Wanted)
			}
			bodies = append(bodies, d.Render.Text)
		}
	}
	return bodies
}

// TestOffersErasuresAndSurveysAreNews: endpoints are told once of each, as openapi.yaml describes
// it; those of another site are not; and what tells of an offer goes with its customer.
func TestOffersErasuresAndSurveysAreNews(t *testing.T) {
	c := newTill(t)
	ctx := t.Context()
	c.now = c.now.Add(time.Second) // after the first version of haircut
	c.endpoint("crm", storage.AllNews())
	c.endpoint("harbour", storage.AllNews(), "harbour")
	if _, _, err := c.store.PublishTriggers(ctx, "triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\ncontact: {quiet: none}\n", c.now); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Minute)
	look := func() {
		t.Helper()
		for range 4 {
			if err := c.asking.Look(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	tell := func(id, customer string) storage.Ask {
		t.Helper()
		e := storage.Event{
			Source: "till", ID: id, State: storage.EventDone, Site: "main", Service: "cut", Ended: c.now, Customer: &storage.EventCustomer{ID: customer},
		}
		if _, err := c.store.PutEvents(ctx, []storage.Event{e}, c.now, false); err != nil {
			t.Fatal(err)
		}
		look()
		all, err := c.store.AsksAfter(ctx, customer, e.Name())
		if err != nil || len(all) != 1 {
			t.Fatalf("%d asks, %v", len(all), err)
		}
		return all[0]
	}
	as := func(kind storage.News, bodies []string, says ...string) {
		t.Helper()
		if len(bodies) != 1 {
			t.Fatalf("%s: %d bodies: %v", kind, len(bodies), bodies)
		}
		if err := newsSchema(t, string(kind)).Validate(jsonOf(t, bodies[0])); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, bodies[0])
		}
		for _, s := range says {
			if !strings.Contains(bodies[0], s) {
				t.Errorf("%s does not say %s: %s", kind, s, bodies[0])
			}
		}
	}
	first, second := tell("1", "C-881"), tell("2", "C-881")
	as(storage.InvitationSent, c.told("crm", first.ID), `"state":"handed_out"`, `"event":{"source":"till","id":"1"}`, `"customer":{"id":"C-881"}`, `"by":"web"`)
	as(storage.InvitationNot, c.told("crm", second.ID), `"reason":"same_visit"`, `"trigger":"visit"`)
	if got := c.told("harbour", first.ID); got != nil {
		t.Errorf("an endpoint of another site is told %v", got)
	}
	if first.Tell || second.Tell || first.Due.IsZero() || !second.Due.IsZero() {
		t.Errorf("afterwards they wait for %v and %v", first.Due, second.Due)
	}

	if _, _, err := c.store.Publish(ctx, "haircut", "id: haircut\ntitle: {en: Two}\n", c.now); err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = c.bot.Run(running) }()
	for late := time.Now().Add(30 * time.Second); len(c.told("crm", "haircut")) == 0 && time.Now().Before(late); {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	<-done
	as(storage.FlowPublished, c.told("crm", "haircut"), `"flow":"haircut","version":2`) // not the first, which is older than the endpoint

	people, err := bot.FindPeople(ctx, c.bot, "C-881")
	if err != nil || len(people) != 1 {
		t.Fatalf("%d people, %v", len(people), err)
	}
	receipt, err := bot.Privacy(c.bot).Erase(ctx, people[0], personal.Options{Quiet: true, Why: storage.ErasedOnRequest, Mark: true})
	if err != nil {
		t.Fatal(err)
	}
	as(storage.CustomerErased, c.told("crm", receipt.ID), `"customer":{"id":"C-881"}`)
	if got := append(c.told("crm", first.ID), c.told("crm", second.ID)...); len(got) != 0 {
		t.Errorf("what told of the offers of whoever was erased is still there: %v", got)
	}
}
