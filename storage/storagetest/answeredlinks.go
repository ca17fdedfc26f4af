package storagetest

import (
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

func init() {
	inboxTests["an invitation is answered wherever its link was opened"] = func(t *testing.T, b *bench) {
		n, last := 1, storage.Bucket(b.store.Buckets()-1)
		for storage.BucketOf(person(n).Hash16(), b.store.Buckets()) != last {
			n++
		}
		b.gave(t, last, n, "", "a", 5)
		f := storage.FigureFilter{Sites: []string{"a"}, From: "2000-01-01", To: "2100-01-01", Limit: 9}
		list, _, err := b.store.Judged(t.Context(), f)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		now, sessions := b.clock.Now(), map[string]string{"opened": list[0].ID}
		for id, by := range map[string]string{"open": "", "opened": person(n).ID()} {
			i := storage.Invitation{ID: id, Site: "a", Flow: "f", RedeemedBy: by, Created: now}
			if id != "open" {
				i.RedeemedAt, i.Session = now, sessions[id]
			}
			if err := errors.Join(b.store.Advance(t.Context(), 0, []storage.Turn{change(id, storage.Change{Invitation: &i})})...); err != nil {
				t.Fatal(err)
			}
		}
		asked, _, err := b.store.Asked(t.Context(), f)
		if err != nil || len(asked) != 2 {
			t.Fatal(asked, err)
		}
		for _, a := range asked {
			if opened := a.Customer != "s:open"; a.Opened != opened || a.Answered != opened || opened && a.Level != list[0].Level {
				t.Errorf("it says %+v", a)
			}
		}
	}
}

func init() {
	inboxTests["who answered a link stays one who answered when erased or old"] = func(t *testing.T, b *bench) {
		ctx, n := t.Context(), storage.Bucket(b.store.Buckets())
		f := storage.FigureFilter{Sites: []string{"a"}, From: "2000-01-01", To: "2100-01-01", Limit: 99}
		var people []storage.Person
		for i := range 8 { // links lie before, behind and in the bucket of who opened them
			people = append(people, person(i+1))
			b.openedLink(t, people[i], storage.Bucket(i)%n, i%4)
		}
		type stand struct{ Opened, Answered, Level, Rows int }
		count := func() (figures, view stand) {
			asked, more, err := b.store.Asked(ctx, f)
			if err != nil || more {
				t.Fatal(more, err)
			}
			for _, a := range asked {
				figures.Rows, figures.Level = figures.Rows+1, figures.Level+a.Level
				if a.Opened {
					figures.Opened++
				}
				if a.Answered {
					figures.Answered++
				}
			}
			columns := storage.ExportInvitations.Columns()
			check(t, b.store.Export(ctx, storage.ExportInvitations, storage.ExportFilter{Since: f.From, Until: f.To}, func(values []any) error {
				view.Rows++
				for i, c := range columns {
					if values[i] == true && c == "redeemed" {
						view.Opened++
					}
					if values[i] == true && c == "has_answer" {
						view.Answered++
					}
				}
				return nil
			}))
			return figures, view
		}
		figures, view := count()
		want := stand{8, 6, 2 * (1 + 2 + 3), 8} // of four one opened it and said nothing
		same(t, "figures", figures, want)
		want.Level = 0
		same(t, "view", view, want)
		same1 := func(when string) {
			t.Helper()
			nowFigures, nowView := count()
			same(t, "figures "+when, nowFigures, figures)
			same(t, "view "+when, nowView, view)
		}
		for _, p := range people[:4] {
			erase(t, b.store, storage.Anchor{Identities: []storage.Person{p}})
		}
		same1("with four erased")
		gone := 0
		for in := range n {
			for {
				some := must(b.store.Retain(ctx, in, privacy.Conversations, b.clock.Now().Add(24*time.Hour), 2, anonymous()))(t)
				same1("while conversations become nobody's")
				if gone += some; some == 0 {
					break
				}
			}
		}
		equal(t, "conversations that became nobody's", gone, 4)
		for _, p := range people {
			d := must(b.store.Dossier(ctx, storage.Anchor{Identities: []storage.Person{p}}))(t)
			equal(t, "conversations and links that are somebody's", len(d.Conversations)+len(d.Invitations), 0)
		}
		b.foldAll(t)
		same1("folded again")
	}
}

func init() {
	inboxTests["only who fits counts to the limit of who was asked"] = func(t *testing.T, b *bench) {
		n := b.store.Buckets()
		put := func(in storage.Bucket, flow string) {
			i := storage.Invitation{ID: newID(), Site: "a", Flow: flow, Created: b.clock.Now()}
			wantErrors(t, b.store.Advance(t.Context(), in, []storage.Turn{change(i.ID, storage.Change{Invitation: &i})}), nil)
		}
		for in := range storage.Bucket(n) {
			for range 3 {
				put(in, "g")
			}
		}
		put(0, "f")
		day := b.clock.Now().Format(time.DateOnly)
		for _, from := range []string{day, "2000-01-01"} { // of all buckets at once, and abreast
			look := func(flow string, limit, want int, more bool) {
				t.Helper()
				list, over, err := b.store.Asked(t.Context(), storage.FigureFilter{Sites: []string{"a"}, From: from, To: day, Flow: flow, Limit: limit})
				if err != nil || over != more || len(list) != want {
					t.Errorf("from %s, %q up to %d: %d, more %v, %v; want %d, %v", from, flow, limit, len(list), over, err, want, more)
				}
			}
			look("f", 1, 1, false) // however many others there are
			look("g", 3*n, 3*n, false)
			look("g", 3*n+1, 3*n, false)
			for limit, more := range map[int]bool{4: false, 3: true} { // of another class one bucket has more than can be looked through
				f := storage.FigureFilter{Sites: []string{"a"}, From: from, To: day, Of: storage.OfLost, Limit: limit}
				if list, over, err := b.store.Asked(t.Context(), f); err != nil || over != more || len(list) != 0 {
					t.Errorf("from %s, of nobody's class up to %d: %d, more %v, %v; want none, %v", from, limit, len(list), over, err, more)
				}
			}
			if n > 1 {
				look("g", 3*n-1, 3*n-1, true)
			}
		}
	}
}

func init() {
	inboxTests["who answers a link after they were looked for, and before they are erased, answered it"] = func(t *testing.T, b *bench) {
		ctx, n := t.Context(), storage.Bucket(b.store.Buckets())
		for i := range 8 { // links lie before, behind and in the bucket of who opened them
			p := person(i + 1)
			session := b.openedLink(t, p, storage.Bucket(i)%n, 0)
			found := must(b.store.Dossier(ctx, storage.Anchor{Identities: []storage.Person{p}}))(t)
			wantErrors(t, b.store.Advance(ctx, session.Bucket, []storage.Turn{{Load: storage.Load{Session: session.ID}, Apply: func(l storage.Loaded) (storage.Change, error) {
				value := 3.0
				s := *l.Session
				s.Status, s.Judgement.Level = survey.Completed, 3
				s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: b.clock.Now()}}
				return storage.Change{Session: &s, Answers: s.Answers}, nil
			}}}), nil)
			eraseFound(t, b.store, found)
		}
		b.foldAll(t)
		asked, more, err := b.store.Asked(ctx, storage.FigureFilter{Sites: []string{"a"}, From: "2000-01-01", To: "2100-01-01", Limit: 99})
		if err != nil || more || len(asked) != 8 {
			t.Fatal(asked, more, err)
		}
		for _, a := range asked {
			equal(t, "what is left of a link", a, storage.AskedCustomer{Day: a.Day, Site: "a", Flow: "f", Opened: true, Answered: true, Level: 3, Customer: a.Customer})
		}
	}
	inboxTests["a conversation that names a link which led somebody else elsewhere takes nothing of it with it"] = func(t *testing.T, b *bench) {
		ctx, n := t.Context(), storage.Bucket(b.store.Buckets())
		for i := range 8 {
			named, p := person(2*i+1), person(2*i+2)
			in := storage.BucketOf(named.Hash16(), int(n)) // a link of a page stands where its conversation there does
			apart := b.openedLink(t, p, in, 5)
			link := must(b.store.Invitation(ctx, in, apart.Invitation))(t)
			s := session(newID(), named, b.clock.Now())
			of := identity(named, "", b.clock.Now())
			of.Bucket, s.Bucket, s.Invitation, s.Site, s.Day, s.Flow, s.Ended = in, in, link.ID, "a", "2026-03-01", "f", b.clock.Now()
			s.Status, s.Facts.Class, s.Judgement.Level = survey.Completed, survey.Transactional, 2
			value := 2.0
			s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: b.clock.Now()}}
			wantErrors(t, b.store.Advance(ctx, in, []storage.Turn{change("named:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers})}), nil)
			if i%2 > 0 { // both are erased, as one person
				erase(t, b.store, storage.Anchor{Identities: []storage.Person{named, p}})
				continue
			}
			erase(t, b.store, storage.Anchor{Identities: []storage.Person{named}})
			same(t, "the link", must(b.store.Invitation(ctx, in, link.ID))(t), link)
			equal(t, "level of who opened it", must(b.store.Session(ctx, apart.Bucket, apart.ID))(t).Judgement.Level, 5)
		}
		b.foldAll(t)
		asked, more, err := b.store.Asked(ctx, storage.FigureFilter{Sites: []string{"a"}, From: "2000-01-01", To: "2100-01-01", Limit: 99})
		if err != nil || more || len(asked) != 8 {
			t.Fatal(asked, more, err)
		}
		for _, a := range asked {
			equal(t, "level of what was answered to a link", a.Level, 5)
		}
	}
	inboxTests["what asks about a case is no invitation of figures, erased or not"] = func(t *testing.T, b *bench) {
		p, now := person(1), b.clock.Now()
		in := storage.BucketOf(p.Hash16(), b.store.Buckets())
		id := identity(p, "", now)
		id.Bucket = in
		about := storage.Invitation{
			ID: newID(), Bucket: in, Site: "a", Flow: "f", Case: newID(), RedeemedBy: p.ID(), RedeemedAt: now, Session: newID(), Created: now, Expires: now.Add(time.Hour),
			Facts: recovery.Facts{Class: survey.Transactional},
		}
		s := session(about.Session, p, now)
		s.Bucket, s.Invitation, s.Site, s.Day, s.Flow, s.Ended, s.Status = in, about.ID, "a", "2026-03-01", "f", now, survey.Expired
		wantErrors(t, b.store.Advance(t.Context(), in, []storage.Turn{change("about", storage.Change{Identity: &id, Session: &s, Invitation: &about})}), nil)
		asked := func() int {
			list, more, err := b.store.Asked(t.Context(), storage.FigureFilter{Sites: []string{"a"}, From: "2000-01-01", To: "2100-01-01", Of: storage.OfAnybody, Limit: 99})
			if err != nil || more {
				t.Fatal(more, err)
			}
			return len(list)
		}
		equal(t, "asked", asked(), 0)
		n := erase(t, b.store, storage.Anchor{Identities: []storage.Person{p}})
		equal(t, "invitations erased", n.Invitations, 1)
		equal(t, "asked, once erased", asked(), 0)
	}
}

// openedLink stores an invitation in a bucket, and the conversation of who opened it, which has ended; with a level or,
// of level 0, without an answer.
func (b *bench) openedLink(t *testing.T, p storage.Person, in storage.Bucket, level int) storage.Session {
	t.Helper()
	now, at, value := b.clock.Now(), storage.BucketOf(p.Hash16(), b.store.Buckets()), float64(level)
	s, of := session(newID(), p, now), identity(p, "", now)
	i := storage.Invitation{
		ID: newID(), Bucket: in, Site: "a", Flow: "f", RedeemedBy: p.ID(), RedeemedAt: now, Session: s.ID, Created: now, Expires: now.Add(time.Hour),
		Facts: recovery.Facts{Class: survey.Transactional},
	}
	of.Bucket, s.Bucket, s.Invitation, s.Site, s.Day, s.Flow, s.Ended = at, at, i.ID, "a", "2026-03-01", "f", now
	s.Status, s.Facts.Class = survey.Expired, survey.Transactional
	if level > 0 {
		s.Status, s.Judgement.Level = survey.Completed, level
		s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: now}}
	}
	if err := errors.Join(append(
		b.store.Advance(t.Context(), in, []storage.Turn{change("link:"+i.ID, storage.Change{Invitation: &i})}),
		b.store.Advance(t.Context(), at, []storage.Turn{change("opened:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers})})...)...); err != nil {
		t.Fatal(err)
	}
	b.foldAll(t)
	return s
}
