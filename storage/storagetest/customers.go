package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// said stores a conversation of somebody, and folds it.
func (b *bench) said(t *testing.T, of storage.Identity, s storage.Session) {
	t.Helper()
	value, bucket := 4.0, s.Bucket
	of.Session, s.Identity = s.ID, of.ID
	s.Flow, s.Status, s.Lang, s.Facts.Class, s.Judgement.Level = "f", survey.Completed, "en", survey.Transactional, 4
	s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: b.clock.Now()}}
	turn := change("said:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers})
	if err := errors.Join(b.store.Advance(t.Context(), bucket, []storage.Turn{turn})...); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		more = must(b.store.Fold(t.Context(), bucket, folding{flow: gaveFlow()}, 100))(t).More
	}
}

// customerLines are the rows of customers that are handed out, by customer and site.
func customerLines(t *testing.T, s storage.Store, f storage.ExportFilter) map[string]string {
	t.Helper()
	rows := map[string]string{}
	check(t, s.Export(t.Context(), storage.ExportCustomers, f, func(v []any) error {
		key := fmt.Sprintf("%v at %q", v[0], v[2])
		if _, twice := rows[key]; twice {
			t.Errorf("%s has two rows", key)
		}
		rows[key] = fmt.Sprint(v[1], v[3:])
		return nil
	}))
	return rows
}

func init() {
	inboxTests["customers are handed out site by site, and who is nobody's customer is not"] = func(t *testing.T, b *bench) {
		ctx, now, last := t.Context(), b.clock.Now(), storage.Bucket(b.store.Buckets()-1)
		talk := func(p storage.Person, customer, site, day, mark string, test bool) {
			s, of, bucket := session(newID(), p, now), identity(p, "", now), storage.BucketOf(p.Hash16(), b.store.Buckets())
			s.Bucket, of.Bucket, of.Customer, s.Customer, s.Site, s.Day, s.Mark, s.Test = bucket, bucket, customer, customer, site, day, mark, test
			if customer == "ann" && p.Platform == chat.Slack {
				of.Stopped = now
			}
			b.said(t, of, s)
		}
		slack := storage.Person{Platform: chat.Slack, Account: "T1", User: "U1"}
		for id, at := range map[string]int{"ann": -9, "cold": -3, "sly": -2, "try": -2} {
			check(t, b.store.PutCustomer(ctx, storage.Customer{ID: id, Name: "Name", Created: now.AddDate(0, 0, at)}))
		}
		_ = must(b.store.SetTier(ctx, storage.TierChange{Customer: "ann", At: now.AddDate(0, 0, -5), Tier: recovery.MGC}))(t)
		_ = must(b.store.SetTier(ctx, storage.TierChange{Customer: "ann", At: now.AddDate(0, 0, -4), Tier: recovery.MVC}))(t)
		talk(person(1), "ann", "a", "2026-03-01", "", false) // two chats, and one of them says stop
		talk(person(1), "ann", "b", "2026-03-03", "", false)
		talk(slack, "ann", "a", "2026-03-02", "", false)
		talk(person(2), "", "a", "2026-03-02", "", false)                                                                         // without a key
		talk(person(2), "", "b", "2026-03-02", "123456", false)                                                                   // the same, under a pseudonym
		talk(person(3), "sly", "a", "2026-03-02", "654321", false)                                                                // nothing but under a pseudonym
		talk(person(4), "try", "a", "2026-03-02", "", true)                                                                       // nothing but a test
		talk(storage.Person{Platform: chat.Web, User: "x"}, "", "a", "2026-03-02", "", false)                                     // a browser
		b.answeredAs(t, survey.Pulse, "pulse", 5, "a", "2026-03-01", 1, "")                                                       // a colleague
		check(t, errors.Join(b.store.Advance(ctx, last, []storage.Turn{change("", storage.Change{Invitation: &storage.Invitation{ // who was only asked
			ID: "i", Bucket: last, Flow: "f", Version: 1, Site: "b", Customer: "bo", Created: now.AddDate(0, 0, -1), Expires: now.AddDate(0, 0, 9),
		}})})...))
		served := func(id, customer, basis, kind string, days int, test bool) storage.Event {
			return storage.Event{Source: "till", ID: id, State: storage.EventDone, Site: "b", Ended: now.AddDate(0, 0, days), Test: test, Customer: &storage.EventCustomer{
				ID: customer, Kind: kind, Consent: &storage.EventConsent{Basis: basis},
			}}
		}
		_ = must(b.store.PutEvents(ctx, []storage.Event{
			served("1", "bo", "consent", "", -3, false), served("2", "bo", "contract", "", -8, false), served("3", "mei", "contract", "internal", -1, false), served("4", "zed", "contract", "", -1, true),
		}, now, false))(t)

		want := map[string]string{
			`ann at "a"`:               "true [2026-02-23 slack telegram <nil> 2026-03-02 MVC 2026-02-28 stopped 2026-03-04 ]",
			`ann at "b"`:               "true [2026-02-23 slack telegram <nil> 2026-03-03 MVC 2026-02-28 stopped 2026-03-04 ]",
			`bo at "b"`:                "true [2026-02-24  2026-03-03 <nil>  <nil> link <nil> consent]",
			`cold at ""`:               "true [2026-03-01  <nil> <nil>  <nil> link <nil> ]",
			`sly at ""`:                "true [2026-03-02 telegram <nil> <nil>  <nil> reachable <nil> ]",
			person(2).ID() + ` at "a"`: "false [2026-03-02 telegram <nil> 2026-03-02  <nil> reachable <nil> ]",
		}
		same(t, "customers", customerLines(t, b.store, storage.ExportFilter{}), want)
		at := map[string]string{`ann at "b"`: want[`ann at "b"`], `bo at "b"`: want[`bo at "b"`]}
		same(t, "customers of b", customerLines(t, b.store, storage.ExportFilter{Sites: []string{"b"}, Flow: "a condition that nobody has"}), at)
		delete(at, `ann at "b"`)
		same(t, "customers of b since a day", customerLines(t, b.store, storage.ExportFilter{Sites: []string{"b"}, Since: "2026-02-24", Until: "2026-02-24"}), at)

		erase(t, b.store, storage.Anchor{Customers: []string{"ann"}})
		for key := range customerLines(t, b.store, storage.ExportFilter{}) {
			if want[key] == "" || key[:3] == "ann" {
				t.Errorf("after somebody was erased there is %s", key)
			}
		}
	}
	inboxTests["who blocked the bot is reached no more, and who is asked is known by it"] = func(t *testing.T, b *bench) {
		now := b.clock.Now()
		of := identity(person(1), "", now)
		of.Customer, of.Blocked = "ann", now
		s := session(newID(), person(1), now)
		s.Customer, s.Site, s.Day = "ann", "a", "2026-03-04"
		b.said(t, of, s)
		ask := storage.Ask{
			ID: "1", Bucket: storage.AskBucket("ann", b.store.Buckets()), Customer: "ann", Flow: "f", Class: "transactional", Site: "a", State: "sent",
			Made: now.Add(-48 * time.Hour), Sent: now.Add(-24 * time.Hour),
		}
		pulse := ask
		pulse.ID, pulse.Class, pulse.Sent = "2", "pulse", now
		check(t, b.store.ChangeAsks(t.Context(), ask.Bucket, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
			return []storage.AskChange{{Ask: ask}, {Ask: pulse}}, nil
		}))
		same(t, "customers", customerLines(t, b.store, storage.ExportFilter{}), map[string]string{
			`ann at "a"`: "true [2026-03-02 telegram 2026-03-03 2026-03-04  <nil> blocked <nil> ]",
		})
	}
}
