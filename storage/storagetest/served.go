package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

func init() {
	inboxTests["services are read with what was asked and answered about them"] = func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		ended := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		one := b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		event := func(id string, change func(*storage.Event)) storage.Event {
			e := storage.Event{
				Source: "till", ID: id, State: storage.EventDone, Site: "a", Service: "Cut", Staff: "Bo", Started: ended.Add(-time.Hour), Ended: ended,
				Measures: map[string]float64{"wash": 4.5}, Customer: &storage.EventCustomer{ID: "c" + id, Name: "Anna"}, Attributes: map[string]any{"phone": "1"},
			}
			if change != nil {
				change(&e)
			}
			return e
		}
		events := []storage.Event{
			event("answered", nil), event("silent", nil), event("unasked", nil),
			event("nobody", func(e *storage.Event) { e.Customer = nil }),
			event("booked", func(e *storage.Event) { e.State = storage.EventBooked }),
			event("test", func(e *storage.Event) { e.Test = true }),
			event("elsewhere", func(e *storage.Event) { e.Site = "b" }),
			event("later", func(e *storage.Event) { e.Ended = ended.AddDate(0, 0, 9) }),
			event("colour", func(e *storage.Event) { e.Service = "Colour" }),
		}
		if _, err := b.store.PutEvents(ctx, events, now, false); err != nil {
			t.Fatal(err)
		}
		for id, session := range map[string]string{"answered": one.ID, "silent": newID()} {
			x := storage.Ask{ID: "ask" + id, Customer: "c" + id, Event: "till:" + id, Flow: "f", Site: "a", State: "sent", Made: now, Sent: now, Session: session, At: one.Bucket}
			err := b.store.ChangeAsks(ctx, storage.AskBucket(x.Customer, b.store.Buckets()), nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
				return []storage.AskChange{{Ask: x}}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		f := storage.ServedFilter{Sites: []string{"a"}, From: ended, To: ended.Add(time.Second), Service: "Cut", Staff: "Bo", Limit: 9}
		said := func(f storage.ServedFilter) (all []string) {
			list, more, err := b.store.Served(ctx, f)
			if err != nil || more {
				t.Fatal(more, err)
			}
			for _, e := range list {
				if e.Event.Customer != nil || e.Attributes != nil || e.Measures["wash"] != 4.5 || !e.Ended.Equal(ended) {
					t.Errorf("it is %+v", e)
				}
				all = append(all, fmt.Sprintf("%s of %s: %v %v %d", e.Name(), e.Customer, e.Asked, e.Answered, e.Level))
			}
			return all
		}
		same(t, "services", said(f), []string{
			"till:nobody of : false false 0", "till:answered of canswered: true true 2", "till:silent of csilent: true false 0", "till:unasked of cunasked: false false 0",
		})
		f.Channel = "nowhere"
		same(t, "with answers of another channel", said(f)[1], "till:answered of canswered: true false 0")
		f.Sites, f.Channel = []string{"b"}, ""
		same(t, "elsewhere", said(f), []string{"till:elsewhere of celsewhere: false false 0"})
		visits, err := b.store.Visits(ctx, []string{"canswered", "clater", "cbooked", "ctest", "cmoon"})
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range visits {
			for i := range list {
				list[i].Bucket = 0
			}
		}
		same(t, "visits", visits, map[string][]storage.Visit{"canswered": {{At: ended, Site: "a"}}, "clater": {{At: ended.AddDate(0, 0, 9), Site: "a"}}})
		told := storage.ServedFilter{Sites: []string{"a"}, From: ended.AddDate(0, 0, -1), To: ended.AddDate(0, 0, 1), Limit: 2}
		var names []string
		for bucket := range storage.Bucket(b.store.Buckets()) {
			for after := (storage.ServedPlace{}); ; {
				some, err := b.store.ServedAfter(ctx, bucket, after, told)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range some {
					if names = append(names, e.ID+" "+string(e.State)); e.Customer != "c"+e.ID || e.Event.Customer != nil || !(after.At.Before(e.At()) || after.At.Equal(e.At()) && after.Name < e.Name()) {
						t.Errorf("behind %v comes %+v", after, e)
					}
					after = e.Place()
				}
				if len(some) < told.Limit {
					break
				}
			}
		}
		slices.Sort(names)
		same(t, "of known customers, one after the other", names, []string{"answered done", "booked booked", "colour done", "silent done", "unasked done"})
		for _, told.Limit = range []int{1, 2, 9} { // all of them are of one moment
			names = nil
			for bucket, after := storage.Bucket(0), (storage.ServedPlace{}); ; {
				some, err := b.store.ServedOn(ctx, bucket, after, told)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range some {
					names = append(names, fmt.Sprintf("%s of %s: %v %v %d", e.Name(), e.Customer, e.Asked, e.Answered, e.Level))
					bucket, after = storage.EventBucket(e.Name(), b.store.Buckets()), e.Place()
				}
				if len(some) < told.Limit {
					break
				}
			}
			slices.Sort(names)
			same(t, "all of them, one after the other", names, []string{
				"till:answered of canswered: true true 2", "till:colour of ccolour: false false 0", "till:nobody of : false false 0",
				"till:silent of csilent: true false 0", "till:unasked of cunasked: false false 0",
			})
		}
		told.Sites = nil
		if some, err := b.store.ServedOn(ctx, 0, storage.ServedPlace{}, told); err != nil || len(some) > 0 {
			t.Errorf("one after the other of no site: %v, %v", some, err)
		}
		if some, err := b.store.ServedAfter(ctx, 0, storage.ServedPlace{}, told); err != nil || len(some) > 0 {
			t.Errorf("of no site: %v, %v", some, err)
		}
		f.Sites = nil
		same(t, "nowhere", len(said(f)), 0)
		f.Sites, f.Limit = []string{"a"}, 2
		if _, more, err := b.store.Served(ctx, f); err != nil || !more {
			t.Errorf("more than the limit: %v, %v", more, err)
		}
	}
	inboxTests["who was served is found key by key, and what they answered by name"] = func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		var events []storage.Event
		for i := range 9 {
			for n := range 3 {
				events = append(events, storage.Event{
					Source: "till", ID: fmt.Sprint(i, "-", n), State: storage.EventDone, Site: "a", Service: "Cut", Ended: now.AddDate(0, 0, -n), Customer: &storage.EventCustomer{ID: fmt.Sprint("k", i), Name: "Anna"},
				})
			}
		}
		events[0].Test, events[3].State, events[3].Booked = true, storage.EventBooked, now // of these two others remain
		events = append(events, storage.Event{Source: "till", ID: "nobody", State: storage.EventDone, Site: "a", Ended: now})
		if _, err := b.store.PutEvents(ctx, events, now, false); err != nil {
			t.Fatal(err)
		}
		found := map[string]int{}
		var place storage.ServedKey
		for pages := 0; ; pages++ {
			keys := must(b.store.ServedKeys(ctx, place.Bucket, place.Customer, 2))(t)
			for _, key := range keys {
				found[key.Customer]++
				visits := must(b.store.Visits(ctx, []string{key.Customer}))(t)[key.Customer]
				if !slices.ContainsFunc(visits, func(v storage.Visit) bool { return v.Bucket == key.Bucket }) {
					t.Errorf("no service of %s lies in bucket %d", key.Customer, key.Bucket)
				}
				if key.Bucket < place.Bucket || key.Bucket == place.Bucket && key.Customer == place.Customer {
					t.Errorf("behind %v stands %v", place, key)
				}
				place = key
			}
			if len(keys) < 2 {
				break
			}
			if pages > 20 {
				t.Fatal("the keys never end")
			}
		}
		if len(found) != 9 || found["k8"] > 3 {
			t.Errorf("found are %v", found)
		}
		names := must(b.store.CustomersOf(ctx, []string{"k1", "k2", "k99"}))(t)
		if len(names) != 2 || names["k1"].Name != "Anna" {
			t.Errorf("they are called %v", names)
		}
		named := b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		of := identity(person(1), named.ID, now)
		of.Customer = "k1"
		b.advance(t, change("keyed", storage.Change{Identity: &of}))
		alone := b.answered(t, 2, "b", "2026-03-02", 5, "")
		masked := b.answered(t, 3, "a", "2026-03-03", 6, "")
		masked.Mark = "123456"
		b.advance(t, change("masked", storage.Change{Session: &masked}))
		pulse := b.answeredAs(t, survey.Pulse, "pulse", 4, "a", "2026-03-03", 1, "of a colleague")
		said := must(b.store.NamedAnswers(ctx, []string{"k1", person(1).ID(), person(2).ID(), person(3).ID(), person(4).ID(), "k2"}))(t)
		first := storage.NamedAnswer{Session: named.ID, Bucket: named.Bucket, Day: "2026-03-01", Site: "a", Flow: "f", Level: 2}
		same(t, "by key", said, map[string][]storage.NamedAnswer{"k1": {first}})
		// Of a conversation the key is its own, else that which the account has by now, else there is none.
		kept := b.answered(t, 5, "a", "2026-03-04", 3, "")
		kept.Customer = "k5"
		other := identity(person(5), kept.ID, now)
		other.Customer = "k6"
		b.advance(t, change("kept", storage.Change{Identity: &other, Session: &kept}))
		by := must(b.store.NamedSessions(ctx, []string{named.ID, alone.ID, masked.ID, pulse.ID, kept.ID, newID()}))(t)
		same(t, "by conversation", by, map[string]storage.NamedSession{
			named.ID: {NamedAnswer: first, Customer: "k1", Identity: person(1).ID(), Person: person(1), Name: "Ada"},
			alone.ID: {
				NamedAnswer: storage.NamedAnswer{Session: alone.ID, Bucket: alone.Bucket, Day: "2026-03-02", Site: "b", Flow: "f", Level: 5}, Identity: person(2).ID(), Person: person(2), Name: "Ada",
			},
			kept.ID: {
				NamedAnswer: storage.NamedAnswer{Session: kept.ID, Bucket: kept.Bucket, Day: "2026-03-04", Site: "a", Flow: "f", Level: 3}, Customer: "k5", Identity: person(5).ID(), Person: person(5), Name: "Ada",
			},
		})
	}
	inboxTests["what mystery guests gave is read apart from what customers gave"] = func(t *testing.T, b *bench) {
		customer := b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		guest := b.answeredAs(t, survey.Mystery, "visit", 2, "a", "2026-03-01", 5, "a clean place")
		f := storage.FigureFilter{Sites: []string{"a"}, From: "2026-01-01", To: "2026-12-31", Limit: 9}
		list, more, err := b.store.Mystery(t.Context(), f)
		if err != nil || more || len(list) != 1 || list[0].ID != guest.ID || list[0].Level != 5 {
			t.Errorf("of mystery guests there is %+v, %v, %v", list, more, err)
		}
		judged, _, err := b.store.Judged(t.Context(), f)
		if err != nil || len(judged) != 1 || judged[0].ID != customer.ID {
			t.Errorf("of customers there is %+v, %v", judged, err)
		}
		for _, s := range []storage.Session{customer, guest} {
			complaint := storage.Feedback{ID: newID(), Kind: storage.Complaint, Site: "a", Session: s.ID, Identity: s.Identity, Text: "dust", At: b.clock.Now()}
			b.advance(t, change("complains:"+s.ID, storage.Change{Feedback: []storage.Feedback{complaint}}))
		}
		f.From, f.To = "2000-01-01", "2999-12-31"
		said, _, err := b.store.Received(t.Context(), f)
		equal(t, "complaints of customers", len(said), 1)
		check(t, err)
		words := must(b.store.Said(t.Context(), storage.SaidFilter{FigureFilter: f, Kind: storage.Complaint}))(t)
		if len(words) != 1 || words[0].Session != customer.ID {
			t.Errorf("words of customers are %+v", words)
		}
		written := storage.AnsweredFilter{Sites: f.Sites, From: f.From, To: f.To, Words: true, Limit: 9}
		equal(t, "written", len(must(b.store.Answered(t.Context(), written))(t)), 2)
		written.NoGuests = true
		if list := must(b.store.Answered(t.Context(), written))(t); len(list) != 1 || list[0].ID != customer.ID {
			t.Errorf("customers wrote %+v", list)
		}
	}
}
