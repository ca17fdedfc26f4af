package storagetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

var readTests = map[string]func(*testing.T, *bench){
	"records come back as they went in, to the microsecond": func(t *testing.T, b *bench) {
		p, now := person(1), b.clock.Now()
		at := func(n int) time.Time { return now.Add(time.Duration(n) * 1234567 * time.Microsecond) }
		value, composite, gap := 2.0, 33.25, -1.0
		id, caseID := newID(), newID()
		i := storage.Identity{
			ID: p.ID(), Person: p, Address: address(1), Name: "Ada", Username: "ada", Language: "zh-Hans", Spoken: "en",
			Customer: "c1", Session: id, Stopped: at(1), Blocked: at(2), Created: at(3), Seen: at(4),
		}
		a := survey.Answer{
			Question: "overall", Value: &value, Choices: []string{"price", "other"}, Text: "too slow",
			Files: []survey.File{{Kind: "photo", ID: "f1", Name: "a.jpg", Size: 12}}, Skipped: true, Revision: 2, At: at(5), Dropped: true,
		}
		s := storage.Session{
			Session: survey.Session{
				ID: id, Flow: "post_service_3", Version: 3, Status: survey.Active, Lang: "en", Order: []int{2, 0, 1}, Open: 1, Editing: true,
				Toggled: []int{1}, Retried: true, Paused: true, Answers: []survey.Answer{a}, Attributes: map[string]string{"item": "shoes"},
				Test: true, Started: at(6), Last: at(7), Ended: at(8), Expires: at(9),
			},
			Identity: p.ID(), Address: address(1), Invitation: "inv", Site: "main", Service: "repair", Customer: "c1", Case: caseID,
			Facts: recovery.Facts{Class: survey.Transactional, Tier: recovery.MVC, Earlier: 2, Late: true},
			Judgement: survey.Judgement{
				Composite: &composite, Coverage: 0.5, Level: 2, Flag: survey.Unsatisfied, Gap: &gap, GapState: survey.GapUnsatisfied,
				Dimensions: map[string]float64{"reliability": 12.5}, Unsatisfied: true, Primary: survey.Primary{Key: "overall", Answered: true},
				Critical: []string{"overall"},
			},
		}
		inv := storage.Invitation{
			ID: "inv", Flow: "f", Version: 1, Site: "main", Customer: "c1", Channel: "web", Language: "es", Attributes: map[string]string{"a": "b"},
			Facts: recovery.Facts{Late: true}, RedeemedBy: p.ID(), RedeemedAt: at(10), Session: id, Case: "earlier", Created: at(11), Expires: at(12), Test: true,
		}
		c := storage.Case{
			Case: recovery.Case{
				ID: caseID, Number: 1, Session: id, State: recovery.Open,
				Decision: recovery.Decision{Opens: true, Priority: recovery.P1, Reasons: []recovery.Reason{recovery.PrimaryL1}, Raised: []recovery.Raise{recovery.RaiseTier}},
				Changed:  true, OpenedAt: at(13), Due: recovery.DueFrom(recovery.P1, at(13)),
			},
			Identity: p.ID(), Site: "main", Customer: "c1",
		}
		events := []storage.CaseEvent{
			{ID: newID(), Case: caseID, At: at(14), Kind: "opened", Detail: "P1 primary_L1", Note: "first"},
			{ID: newID(), Case: caseID, At: at(14), Kind: "words", By: "customer", Note: "second"},
			{ID: newID(), Case: caseID, At: at(13), Kind: "earlier", By: "x", Note: "before both"},
		}
		words := storage.Words{ID: newID(), Session: id, Case: caseID, Inbound: true, Text: "hello?", Files: a.Files, At: at(15)}
		b.advance(t, change("k", storage.Change{
			Identity: &i, Session: &s, Invitation: &inv, Case: &c, Answers: []survey.Answer{a}, Events: events, Words: []storage.Words{words},
		}))
		ctx := t.Context()
		same(t, "identity", must(b.store.Identity(ctx, 0, p.ID()))(t), i)
		same(t, "session", must(b.store.Session(ctx, 0, id))(t), s)
		same(t, "invitation", must(b.store.Invitation(ctx, 0, "inv"))(t), inv)
		same(t, "answers", must(b.store.Answers(ctx, 0, id))(t), []survey.Answer{a})
		same(t, "cases", must(b.store.Cases(ctx, storage.CaseFilter{Limit: 9}))(t), []storage.Case{c})
		same(t, "events", must(b.store.CaseEvents(ctx, 0, caseID))(t), []storage.CaseEvent{events[2], events[0], events[1]})
		same(t, "counts", must(b.store.Counts(ctx))(t), storage.Counts{Sessions: 1, Answers: 1, Cases: 1})
	},
	"nothing that is not there is found": func(t *testing.T, b *bench) {
		_, err1 := b.store.Identity(t.Context(), 0, "x")
		_, err2 := b.store.Session(t.Context(), 0, "x")
		_, err3 := b.store.Invitation(t.Context(), 0, "x")
		_, err4 := b.store.Customer(t.Context(), "x")
		_, err5 := b.store.FlowSource(t.Context(), "x", 0)
		_, err6 := b.store.FlowSource(t.Context(), "x", 3)
		for i, err := range []error{err1, err2, err3, err4, err5, err6} {
			if !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if got := must(b.store.Answers(t.Context(), 0, "x"))(t); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if got := must(b.store.CaseEvents(t.Context(), 0, "x"))(t); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	},
	"what is no text, and no number of a version, is asked for and not found": func(t *testing.T, b *bench) {
		ctx := t.Context()
		for _, name := range []string{"\xff", "a\x00b", "\xed\xa0\x80"} {
			_, err1 := b.store.Event(ctx, name, name)
			_, err2 := b.store.FlowSource(ctx, name, 1)
			_, err3 := b.store.Customer(ctx, name)
			_, err4 := b.store.Invitation(ctx, 0, name)
			for i, err := range []error{err1, err2, err3, err4} {
				if !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%d of %q: %v", i, name, err)
				}
			}
			asks := must(b.store.Asks(ctx, storage.AskFilter{Sites: []string{name}, State: name, Reason: name, Trigger: name, Limit: 9}))(t)
			audits := must(b.store.Audits(ctx, storage.AuditFilter{Who: name, What: name, Subject: name, Before: name, Limit: 9}))(t)
			answered := must(b.store.Answered(ctx, storage.AnsweredFilter{
				Sites: []string{name}, Flow: name, Service: name, Staff: name, Language: name, Channel: name, From: name, To: name,
				Before: storage.AnsweredPlace{Day: name, Session: name}, Limit: 9,
			}))(t)
			if len(asks)+len(audits)+len(answered) > 0 {
				t.Errorf("of %q: %v, %v, %v", name, asks, audits, answered)
			}
			for _, what := range []storage.Exported{storage.ExportAnswers, storage.ExportInvitations, storage.ExportCustomers} {
				f := storage.ExportFilter{Sites: []string{name}, Flow: name, Since: name, Until: name, Customers: []string{name}}
				if err := b.store.Export(ctx, what, f, func([]any) error { return errors.New("a row") }); err != nil {
					t.Errorf("%s of %q: %v", what, name, err)
				}
			}
		}
		for _, version := range []int{-1, math.MaxInt32 + 1, math.MaxInt64} {
			_, err1 := b.store.FlowSource(ctx, "x", version)
			_, err2 := b.store.Rules(ctx, version)
			_, err3 := b.store.Triggers(ctx, version)
			for i, err := range []error{err1, err2, err3} {
				if !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%d of version %d: %v", i, version, err)
				}
			}
		}
	},
	"a person's sessions come newest first, with their newest answers": func(t *testing.T, b *bench) {
		p, other := person(1), person(2)
		var want []storage.Session
		for i := range 4 {
			s := session(newID(), p, b.clock.Now())
			s.Answers = []survey.Answer{answer("q", float64(i), 1, b.clock.Now())}
			b.advance(t, change("", storage.Change{Session: &s, Answers: s.Answers}))
			want = append([]storage.Session{s}, want...)
			b.clock.Add(time.Minute)
		}
		stranger := session(newID(), other, b.clock.Now())
		b.advance(t, change("", storage.Change{Session: &stranger}))
		same(t, "all", must(b.store.SessionsOf(t.Context(), 0, p.ID(), 9))(t), want)
		same(t, "the newest three", must(b.store.SessionsOf(t.Context(), 0, p.ID(), 3))(t), want[:3])
		same(t, "nobody's", must(b.store.SessionsOf(t.Context(), 0, person(3).ID(), 9))(t), []storage.Session(nil))
	},
	"a delivery is read by its slot": func(t *testing.T, b *bench) {
		p := person(1)
		b.begin(t, p)
		b.ops(t, want("q:x:0", p, "first"))
		got := must(b.store.Delivery(t.Context(), 0, "q:x:0"))(t)
		same(t, "it", got, *b.slot(t, "q:x:0"))
		equal(t, "got.Render.Text", got.Render.Text, "first")
		equal(t, "got.State", got.State, storage.Due)
		if _, err := b.store.Delivery(t.Context(), 0, "q:x:1"); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("%v", err)
		}
	},
	"revisions of an answer are all kept, oldest first": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		for i := range 4 {
			s := session(id, p, b.clock.Now())
			b.advance(t, change(fmt.Sprint(i), storage.Change{Session: &s, Answers: []survey.Answer{answer("q", float64(i), i+1, b.clock.Now())}}))
			if i%2 == 0 {
				b.clock.Add(time.Microsecond)
			}
		}
		for i, a := range must(b.store.Answers(t.Context(), 0, id))(t) {
			if a.Revision != i+1 || *a.Value != float64(i) {
				t.Fatalf("answer %d: %+v", i, a)
			}
		}
	},
	"the newest cases of all buckets": func(t *testing.T, b *bench) {
		n := b.store.Buckets()
		for i := range 3 * n {
			c := storage.Case{Case: recovery.Case{ID: newID(), State: recovery.Open, Number: i/n + 1, OpenedAt: b.clock.Now().Add(time.Duration(i) * time.Second)}}
			wantErrors(t, b.store.Advance(t.Context(), storage.Bucket(i%n), []storage.Turn{change("k"+c.ID, storage.Change{Case: &c})}), nil)
		}
		got := must(b.store.Cases(t.Context(), storage.CaseFilter{Limit: 2 * n}))(t)
		if len(got) != 2*n {
			t.Fatalf("%d cases", len(got))
		}
		for i, c := range got {
			j := 3*n - 1 - i
			if c.Number != j/n+1 || int(c.Bucket) != j%n || c.Case.Bucket != j%n {
				t.Fatalf("case %d: number %d in bucket %d", i, c.Number, c.Bucket)
			}
		}
	},
	"earlier unsatisfied sessions of a customer are counted over all buckets": func(t *testing.T, b *bench) {
		now := b.clock.Now()
		put := func(bucket storage.Bucket, customer string, at time.Time, unsatisfied, test bool) {
			s := session(newID(), person(1), at)
			s.Customer, s.Judgement.Unsatisfied, s.Test = customer, unsatisfied, test
			wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{change("", storage.Change{Session: &s})}), nil)
		}
		last := storage.Bucket(b.store.Buckets() - 1)
		put(0, "c1", now.Add(-time.Hour), true, false)
		put(last, "c1", now.Add(-2*time.Hour), true, false)
		put(last, "c1", now.Add(-3*time.Hour), true, false)
		put(0, "c1", now, true, false)                    // not before now
		put(0, "c1", now.Add(-time.Minute), false, false) // satisfied
		put(0, "c1", now.Add(-time.Minute), true, true)   // only a test
		put(0, "c2", now.Add(-time.Minute), true, false)  // somebody else
		put(0, "", now.Add(-time.Minute), true, false)    // known by the identity only
		for _, c := range []struct {
			customer string
			since    time.Duration
			want     int
		}{{"c1", 24 * time.Hour, 3}, {"c1", 2 * time.Hour, 2}, {"c2", time.Hour, 1}, {"c3", time.Hour, 0}, {"", time.Hour, 0}, {person(1).ID(), time.Hour, 1}} {
			if got := must(b.store.Earlier(t.Context(), c.customer, now.Add(-c.since), now))(t); got != c.want {
				t.Errorf("%q since %v: %d, want %d", c.customer, c.since, got, c.want)
			}
		}
	},
	"sessions expire, oldest first, until they have ended": func(t *testing.T, b *bench) {
		now := b.clock.Now()
		var ids []string
		for i := range 5 {
			s := session(newID(), person(i), now)
			s.Expires = now.Add(time.Duration(i) * time.Minute)
			if i == 1 {
				s.Status, s.Ended = survey.Completed, now
			}
			ids = append(ids, s.ID)
			b.advance(t, change("", storage.Change{Session: &s}))
		}
		var got []string
		for _, s := range must(b.store.Expiring(t.Context(), 0, now.Add(3*time.Minute), 9))(t) {
			got = append(got, s.ID)
		}
		same(t, "expiring", got, []string{ids[0], ids[2], ids[3]})
		first := must(b.store.Expiring(t.Context(), 0, now.Add(3*time.Minute), 1))(t)
		equal(t, "len(first)", len(first), 1)
		equal(t, "first[0].ID", first[0].ID, ids[0])
	},
	"counts are of what is stored": func(t *testing.T, b *bench) {
		p := person(1)
		b.begin(t, p)
		b.begin(t, p)
		for i := range 3 {
			b.advance(t, answering(fmt.Sprint(i), p, fmt.Sprint(i)))
		}
		b.ops(t, want("q:a:0", p, "x"), want("q:a:1", p, "x"), want("n:a:1", p, "x"), claim("q:a:0", 1)) // what a survey shows counts once
		check(t, b.store.Park(t.Context(), storage.Parked{Key: "k", Person: p, At: b.clock.Now()}))
		same(t, "counts", must(b.store.Counts(t.Context()))(t), storage.Counts{Sessions: 2, Answers: 3, Due: 2, Parked: 1})
		same(t, "backlog", must(b.store.Backlog(t.Context()))(t), []storage.Backlog{{Platform: p.Platform, Account: p.Account, Waiting: 2}})
	},
	"a parked update counts as seen": func(t *testing.T, b *bench) {
		p := person(1)
		bucket := storage.BucketOf(p.Hash16(), b.store.Buckets())
		var all []storage.Parked
		for i := range 3 {
			u := storage.Parked{Key: fmt.Sprint("tg:", i), Person: p, Payload: `{"text":"x"}`, Error: "it panicked", At: b.clock.Now().Add(time.Duration(i) * time.Second)}
			check(t, b.store.Park(t.Context(), u))
			check(t, b.store.Park(t.Context(), u))
			all = append([]storage.Parked{u}, all...)
		}
		same(t, "parked", must(b.store.ParkedUpdates(t.Context(), 2))(t), all[:2])
		wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{change("tg:1", storage.Change{})}), storage.ErrSeen)
		wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{change("tg:9", storage.Change{})}), nil)
		check(t, b.store.Park(t.Context(), storage.Parked{Key: "tg:9", Person: p, At: b.clock.Now()}))
		same(t, "one that was handled is not parked", len(must(b.store.ParkedUpdates(t.Context(), 9))(t)), 3)
	},
	"a case comes with the session that opened it": func(t *testing.T, b *bench) {
		p := person(1)
		first, second := session(newID(), p, b.clock.Now()), session(newID(), p, b.clock.Now())
		c := storage.Case{Case: recovery.Case{ID: newID(), Number: 1, Session: first.ID, State: recovery.Open, OpenedAt: b.clock.Now()}, Identity: p.ID()}
		first.Case, second.Case = c.ID, c.ID
		i := storage.Identity{ID: p.ID(), Person: p, Name: "Ann", Session: second.ID}
		b.advance(t, change("1", storage.Change{Identity: &i, Session: &first, Case: &c}), change("2", storage.Change{Session: &second}))
		for name, want := range map[string]struct {
			load                   storage.Load
			session, origin, owner string
		}{
			"by itself":          {storage.Load{Case: c.ID}, "", first.ID, p.ID()},
			"by its own session": {storage.Load{Person: p, Session: first.ID}, first.ID, "", ""},
			"by another session": {storage.Load{Person: p}, second.ID, first.ID, p.ID()},
			"of nobody":          {storage.Load{Case: newID()}, "", "", ""},
		} {
			b.advance(t, storage.Turn{Load: want.load, Apply: func(l storage.Loaded) (storage.Change, error) {
				var session, origin, owner string
				if l.Session != nil {
					session = l.Session.ID
				}
				if l.Origin != nil {
					origin = l.Origin.ID
				}
				if l.Owner != nil {
					owner = l.Owner.ID
				}
				same(t, name, []string{session, origin, owner}, []string{want.session, want.origin, want.owner})
				return storage.Change{}, nil
			}})
		}
	},
	"what says that somebody was told outlives other messages": func(t *testing.T, b *bench) {
		told := []string{"n:" + person(1).ID() + ":improved-i1", "report:main:worse-2026-03-01:web::staff", "hook:toy:published-2:crm", "hook:main:better-2026-03-01:crm"}
		for _, name := range append([]string{"n:nobody:1"}, told...) {
			op := want(name, person(1), "x")
			op.Want.Address = chat.Address{Platform: chat.Web, Chat: "x"}
			b.ops(t, op)
		}
		old := b.clock.Now()
		b.clock.Add(storage.ToldFor - time.Hour)
		for range 2 {
			days := storage.Retention{Deliveries: old.Add(time.Second), Told: b.clock.Now().Add(-storage.ToldFor)}
			for must(b.store.Prune(t.Context(), 0, days, 2))(t) > 0 {
			}
			late := b.clock.Now().After(old.Add(storage.ToldFor))
			for _, name := range told {
				if there := b.slot(t, name) != nil; there == late {
					t.Errorf("%s is there: %v, late: %v", name, there, late)
				}
			}
			if b.slot(t, "n:nobody:1") != nil {
				t.Error("another message stays")
			}
			b.clock.Add(2 * time.Hour)
		}
	},
	"pruning takes old keys and settled deliveries, step by step": func(t *testing.T, b *bench) {
		p := person(1)
		live := b.begin(t, p)
		ended := session(newID(), p, b.clock.Now())
		ended.Status, ended.Ended = survey.Completed, b.clock.Now()
		open := storage.Case{Case: recovery.Case{ID: newID(), Number: 1, State: recovery.Open, OpenedAt: b.clock.Now()}}
		b.advance(t, change("1", storage.Change{Session: &ended, Case: &open}))
		kept := []string{"q:" + live + ":0", "case:" + open.ID + ":web::staff"}
		gone := []string{"q:" + ended.ID + ":0", "t:" + ended.ID, "n:nobody:1"}
		for i, state := range recovery.States()[1:] {
			c := storage.Case{Case: recovery.Case{ID: newID(), Number: i + 2, State: state, OpenedAt: b.clock.Now()}}
			b.advance(t, change("case "+string(state), storage.Change{Case: &c}))
			if card := "case:" + c.ID + ":web::staff"; slices.Contains(recovery.Resting(), state) {
				gone = append(gone, card)
			} else {
				kept = append(kept, card)
			}
		}
		for _, name := range append(append([]string{}, kept...), gone...) {
			op := want(name, p, "x")
			op.Want.Address = chat.Address{Platform: chat.Web, Chat: "x"}
			b.ops(t, op)
		}
		b.ops(t, want("n:"+ended.ID+":waits", p, "x"))
		old := b.clock.Now()
		b.clock.Add(time.Hour)
		b.advance(t, change("young", storage.Change{}))
		before := storage.Retention{Keys: old.Add(time.Second), Deliveries: old.Add(time.Second)}
		for range 50 {
			n := must(b.store.Prune(t.Context(), 0, before, 2))(t)
			if n > 4 {
				t.Fatalf("%d rows in one step of 2 of each kind", n)
			}
			if n == 0 {
				break
			}
		}
		for _, name := range append(kept, "n:"+ended.ID+":waits") {
			if b.slot(t, name) == nil {
				t.Errorf("%s is gone", name)
			}
		}
		for _, name := range gone {
			if b.slot(t, name) != nil {
				t.Errorf("%s is still there", name)
			}
		}
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{change("young", storage.Change{}), change("1", storage.Change{})}), storage.ErrSeen, nil)
		if n := must(b.store.Prune(t.Context(), 0, storage.Retention{}, 100))(t); n != 0 {
			t.Fatalf("%d rows without any retention", n)
		}
	},
}
