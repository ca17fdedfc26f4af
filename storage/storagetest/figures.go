package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// gave stores a conversation of somebody who gave a value, in a bucket; with a key as a customer or none.
func (b *bench) gave(t *testing.T, bucket storage.Bucket, i int, customer, site string, value float64) {
	t.Helper()
	p, now := person(i), b.clock.Now()
	s, of := session(newID(), p, now), identity(p, "", now)
	s.Bucket, of.Bucket, of.Session, of.Customer, s.Customer = bucket, bucket, s.ID, customer, customer
	s.Site, s.Day, s.Flow, s.Status, s.Lang, s.Facts.Class, s.Judgement.Level = site, "2026-03-01", "f", survey.Completed, "en", survey.Transactional, 4
	s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: now}}
	if err := errors.Join(b.store.Advance(t.Context(), bucket, []storage.Turn{change("gave:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers})})...); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		more = must(b.store.Fold(t.Context(), bucket, folding{flow: gaveFlow()}, 100))(t).More
	}
}

// gaveFlow is the survey that gave answers.
func gaveFlow() *survey.Flow {
	scale := survey.Scale{}
	for i := range 5 {
		score := float64(25 * i)
		scale.Options = append(scale.Options, survey.Option{Value: float64(i + 1), Score: &score})
	}
	return &survey.Flow{ID: "f", Version: 1, Questions: []survey.Question{{Key: "overall", Kind: survey.ScaleQ, Scale: scale, Primary: true}}}
}

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
			look("f", 4, 1, false) // however many others there are in all buckets
			look("f", 3, 1, true)  // one bucket has more than can be looked through
			look("g", 3*n, 3*n, n == 1)
			look("g", 3*n+1, 3*n, false)
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

// foldAll folds what waits in every bucket.
func (b *bench) foldAll(t *testing.T) {
	t.Helper()
	for in := range storage.Bucket(b.store.Buckets()) {
		for more := true; more; {
			more = must(b.store.Fold(t.Context(), in, folding{flow: gaveFlow()}, 100))(t).More
		}
	}
}

func init() {
	inboxTests["what a customer gave at several sites and in several chats counts as one customer's"] = func(t *testing.T, b *bench) {
		ctx, last := t.Context(), storage.Bucket(b.store.Buckets()-1)
		b.gave(t, 0, 1, "", "a", 2) // a chat that is nobody's
		b.gave(t, 0, 1, "", "b", 4)
		b.gave(t, 0, 2, "c1", "a", 1) // a customer with two chats, in two buckets if there are two
		b.gave(t, last, 3, "c1", "b", 5)
		b.gave(t, last, 4, "", "b", 3)
		f := storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-01-01", To: "2026-12-31", Limit: 9}
		list, more, err := b.store.Judged(ctx, f)
		if err != nil || more {
			t.Fatal(more, err)
		}
		var customers []string
		for _, j := range list {
			customers = append(customers, j.Customer)
		}
		want := []string{"p:" + person(1).ID(), "p:" + person(1).ID(), "p:" + person(4).ID(), "p:c1", "p:c1"}
		slices.Sort(want)
		same(t, "customers", customers, want)
		given, more, err := b.store.Given(ctx, f)
		if err != nil || more {
			t.Fatal(more, err)
		}
		customers = nil
		for _, g := range given {
			customers = append(customers, g.Customer)
			if a := g.Answer("overall"); len(g.Answers) != 1 || a == nil || a.Value == nil || *a.Score != 25*(*a.Value-1) || !a.At.Equal(b.clock.Now()) || a.Kind != "scale" {
				t.Errorf("given: %+v", g)
			}
		}
		same(t, "customers of what was given", customers, want)
		one := f
		one.Limit = 1
		behind := 0
		for in := range storage.Bucket(b.store.Buckets()) {
			for after := ""; ; behind++ {
				next := must(b.store.GivenAfter(ctx, in, after, one))(t)
				if len(next) == 0 {
					break
				}
				if len(next) != 1 || next[0].ID <= after {
					t.Fatalf("behind %q comes %+v", after, next)
				}
				after = next[0].ID
			}
		}
		equal(t, "conversations one by one", behind, len(want))
		if list[0].Scores != nil {
			t.Errorf("scores that nobody asked for: %+v", list[0])
		}
		f.Scores = true
		list, _, err = b.store.Judged(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		scores := map[string][]float64{}
		for _, j := range list {
			for _, x := range j.Scores {
				scores[j.Customer+" "+x.Question] = append(scores[j.Customer+" "+x.Question], x.Score)
			}
		}
		for _, of := range scores {
			slices.Sort(of)
		}
		// 1 … 5 are 0, 25 … 100 of 100.
		same(t, "scores", scores, map[string][]float64{"p:" + person(1).ID() + " overall": {25, 75}, "p:" + person(4).ID() + " overall": {50}, "p:c1 overall": {0, 100}})
		f.Sites = nil
		if list, more, err := b.store.Judged(ctx, f); len(list) > 0 || more || err != nil {
			t.Errorf("nowhere: %d, %v, %v", len(list), more, err)
		}
	}
	inboxTests["figures are made of what was judged, asked and wanted said"] = func(t *testing.T, b *bench) {
		ctx := t.Context()
		one := b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		two := b.answered(t, 2, "b", "2026-03-02", 5, "")
		three := b.answered(t, 3, "a", "2026-03-03", 7, "")
		for _, c := range []struct {
			name string
			f    storage.FigureFilter
			want []string
		}{
			{"at a", storage.FigureFilter{Sites: []string{"a"}}, []string{one.ID, three.ID}},
			{"everywhere", storage.FigureFilter{Sites: []string{"a", "b"}}, []string{one.ID, two.ID, three.ID}},
			{"nowhere", storage.FigureFilter{}, nil},
			{"up to a day", storage.FigureFilter{Sites: []string{"a", "b"}, To: "2026-03-02"}, []string{one.ID, two.ID}},
			{"from a day", storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-03-02"}, []string{two.ID, three.ID}},
			{"of a flow and a person", storage.FigureFilter{Sites: []string{"a"}, Flow: "f", Staff: "Bo", Language: "en"}, []string{one.ID, three.ID}},
			{"of another flow", storage.FigureFilter{Sites: []string{"a"}, Flow: "g"}, nil},
			{"of another service", storage.FigureFilter{Sites: []string{"a"}, Service: "x"}, nil},
			{"by another channel", storage.FigureFilter{Sites: []string{"a"}, Channel: "web"}, nil},
		} {
			f := c.f
			f.Limit = 9
			if f.To == "" {
				f.To = "2026-12-31"
			}
			list, more, err := b.store.Judged(ctx, f)
			if err != nil || more {
				t.Fatalf("%s: %v, more %v", c.name, err, more)
			}
			var found []string
			for _, j := range list {
				found = append(found, j.ID)
			}
			slices.Sort(found)
			slices.Sort(c.want)
			same(t, c.name, found, c.want)
		}
		all := storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-01-01", To: "2026-12-31", Limit: 2}
		for _, flow := range []string{"", "f"} {
			all.Flow = flow
			if _, more, err := b.store.Judged(ctx, all); err != nil || !more {
				t.Errorf("more than the limit of %q: %v, %v", flow, more, err)
			}
		}
		all.Limit, all.Flow = 9, ""
		list, _, err := b.store.Judged(ctx, all)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range list {
			if j.ID == one.ID && (j.Level != 2 || j.Day != "2026-03-01" || j.Customer != "p:"+one.Identity || j.Staff != "Bo") {
				t.Errorf("it says %+v", j)
			}
		}
		now := b.clock.Now()
		c := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open, Session: one.ID, OpenedAt: now}, Site: "a"})
		b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open, OpenedAt: now}, Site: "elsewhere"})
		lone := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open, OpenedAt: now}, Site: "b"})
		wide := all
		wide.From, wide.To = now.AddDate(-1, 0, 0).UTC().Format(time.DateOnly), now.AddDate(1, 0, 0).UTC().Format(time.DateOnly)
		cases, more, err := b.store.FigureCases(ctx, wide)
		if err != nil || more {
			t.Fatal(more, err)
		}
		days := map[string]string{}
		for _, k := range cases {
			days[k.ID] = k.Day + " " + k.Flow
		}
		want := map[string]string{lone.ID: lone.OpenedAt.UTC().Format(time.DateOnly) + " "}
		if one.Day >= wide.From && one.Day <= wide.To {
			want[c.ID] = "2026-03-01 f"
		}
		same(t, "cases", days, want)
		wide.Flow = "f"
		if cases, _, err := b.store.FigureCases(ctx, wide); err != nil || len(cases) != len(want)-1 {
			t.Errorf("of a flow: %d, %v", len(cases), err)
		}
		wide.Flow = ""

		made := func(id, session string, invite storage.Invitation) {
			invite.ID, invite.Site, invite.Flow, invite.Session, invite.Created = id, "a", "f", session, now
			if session != "" {
				invite.RedeemedAt = now
			}
			b.advance(t, change("asked:"+id, storage.Change{Invitation: &invite}))
		}
		made("i1", one.ID, storage.Invitation{})
		made("i2", "", storage.Invitation{Customer: "c7"})
		made("i3", "", storage.Invitation{Test: true})
		made("i4", "", storage.Invitation{Case: c.ID})
		asked, more, err := b.store.Asked(ctx, wide)
		if err != nil || more {
			t.Fatal(more, err)
		}
		slices.SortFunc(asked, func(x, y storage.AskedCustomer) int { return y.Level - x.Level })
		today := now.UTC().Format(time.DateOnly)
		same(t, "asked", asked, []storage.AskedCustomer{
			{Day: today, Site: "a", Flow: "f", Opened: true, Answered: true, Level: 2, Customer: "s:i1"}, {Day: today, Site: "a", Flow: "f", Customer: "p:c7"},
		})

		b.experimented(t, one.ID, one.Bucket)
		of := map[storage.Of]recovery.Facts{
			storage.OfStaff: {Class: survey.Pulse}, storage.OfGuests: {Class: survey.Mystery}, storage.OfLost: {Class: survey.Relationship, Lost: true},
		}
		for kind, facts := range of {
			made("i5"+string(kind), "", storage.Invitation{Customer: "of " + string(kind), Facts: facts})
		}
		for kind := range of {
			f := wide
			f.Of = kind
			only, more, err := b.store.Asked(ctx, f)
			if err != nil || more || len(only) != 1 || only[0].Customer != "p:of "+string(kind) {
				t.Errorf("asked of %s: %+v, %v, %v", kind, only, more, err)
			}
		}
		for kind, want := range map[storage.Of]int{storage.OfCustomers: 2, storage.OfAnybody: 5} {
			f := wide
			f.Of = kind
			if asked, _, err := b.store.Asked(ctx, f); err != nil || len(asked) != want {
				t.Errorf("asked of %q are %d, not %d, %v", kind, len(asked), want, err)
			}
		}

		b.advance(t, change("said", storage.Change{Feedback: []storage.Feedback{
			{ID: newID(), Kind: storage.Complaint, Site: "a", Session: one.ID, Identity: one.Identity, Text: "late", At: now},
			{ID: newID(), Kind: storage.Praise, Site: "elsewhere", Text: "fine", At: now},
		}}))
		said, more, err := b.store.Received(ctx, wide)
		if err != nil || more || len(said) != 1 || said[0].Kind != storage.Complaint || said[0].Customer != "p:"+one.Identity {
			t.Errorf("received: %+v, %v, %v", said, more, err)
		}
		b.clock.Add(time.Minute)
		elder := now
		now = b.clock.Now()
		b.advance(t, change("said more", storage.Change{Feedback: []storage.Feedback{{ID: newID(), Kind: storage.Complaint, Site: "b", Text: "again", At: now}}}))
		words := storage.SaidFilter{FigureFilter: wide, Kind: storage.Complaint}
		words.Limit = 1
		newest := must(b.store.Said(ctx, words))(t)
		if len(newest) != 1 || newest[0].Text != "again" || newest[0].Session != "" || !newest[0].At.Equal(now) || newest[0].Level != 0 {
			t.Fatalf("the newest words: %+v", newest)
		}
		words.Before = newest[0].Place()
		if next := must(b.store.Said(ctx, words))(t); len(next) != 1 || next[0].Text != "late" || next[0].Session != one.ID || next[0].Level != 2 || next[0].Staff != "Bo" || !next[0].At.Equal(elder) {
			t.Errorf("the next words: %+v", next)
		}
		words.Before, words.Limit = storage.Place{}, 9
		for level, want := range map[int]int{0: 2, 2: 1, 3: 0} {
			words.Worst, words.Best = level, level
			equal(t, "words of a level", len(must(b.store.Said(ctx, words))(t)), want)
		}
		words.Worst, words.Best, words.Kind = 0, 0, storage.Praise
		equal(t, "words of elsewhere", len(must(b.store.Said(ctx, words))(t)), 0)
		for filter, want := range map[*storage.FigureFilter]int{{Flow: "f"}: 1, {Flow: "another"}: 0, {Staff: "Bo", Language: "en"}: 1, {Staff: "Eve"}: 0} {
			f := wide
			f.Flow, f.Staff, f.Language = filter.Flow, filter.Staff, filter.Language
			if said, _, err := b.store.Received(ctx, f); err != nil || len(said) != want {
				t.Errorf("received under %+v: %+v, %v", filter, said, err)
			}
		}
	}
	inboxTests["a pulse of one's own staff is apart from what customers say"] = func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		of := b.answeredAs(t, survey.Pulse, "pulse", 5, "a", "2026-03-01", 1, "more hands")
		b.answeredAs(t, survey.Pulse, "pulse", 6, "b", "2026-03-02", 7, "")
		f := storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-03-01", To: "2026-03-31", Limit: 9, Of: storage.OfStaff, Scores: true}
		list, more, err := b.store.Judged(ctx, f)
		if err != nil || more || len(list) != 2 {
			t.Fatalf("a pulse: %+v, %v, %v", list, more, err)
		}
		for _, j := range list {
			if j.Flow != "pulse" || j.Site == "a" && (j.Level != 1 || j.Customer != "p:"+of.Identity) {
				t.Errorf("it says %+v", j)
			}
		}
		words, more, err := b.store.PulseWords(ctx, f)
		if err != nil || more {
			t.Fatal(more, err)
		}
		same(t, "words of staff", words, []storage.PulseWords{{Day: "2026-03-01", Site: "a", Text: "more hands"}})
		f.Of = storage.OfCustomers
		if list, _, err := b.store.Judged(ctx, f); err != nil || len(list) != 1 || list[0].Flow != "f" {
			t.Errorf("of customers: %+v, %v", list, err)
		}
		f.Sites, f.To = []string{"b"}, "2026-03-01"
		if words, _, err := b.store.PulseWords(ctx, f); err != nil || len(words) > 0 {
			t.Errorf("elsewhere they wrote %+v, %v", words, err)
		}
	}
	inboxTests["rows are handed out with yes and no, numbers and days as they are meant"] = func(t *testing.T, b *bench) {
		one := b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		rows := map[storage.Exported][]map[string]any{}
		for _, what := range storage.ExportedKinds() {
			err := b.store.Export(t.Context(), what, storage.ExportFilter{}, func(values []any) error {
				row := map[string]any{}
				for i, c := range what.Columns() {
					row[c] = values[i]
				}
				rows[what] = append(rows[what], row)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if s := rows[storage.ExportSessions]; len(s) != 1 || s[0]["session"] != one.ID || s[0]["day"] != "2026-03-01" || s[0]["level"] != int64(2) || s[0]["test"] != false || s[0]["composite"] != nil {
			t.Errorf("sessions: %v", s)
		}
		if a := rows[storage.ExportAnswers]; len(a) != 2 || a[0]["newest"] != true || a[0]["value"] != 2.0 && a[1]["value"] != 2.0 {
			t.Errorf("answers: %v", a)
		}
		if w := rows[storage.ExportWords]; len(w) != 1 || w[0]["text"] != "it was late" {
			t.Errorf("words: %v", w)
		}
		b.answeredAs(t, survey.Pulse, "pulse", 5, "a", "2026-03-01", 1, "the boss shouts") // one colleague's row, which nobody gets
		other := b.answered(t, 3, "b", "2026-03-04", 2, "it was loud")
		for _, c := range []struct {
			f    storage.ExportFilter
			want []string
		}{
			{storage.ExportFilter{}, []string{one.ID, other.ID}},
			{storage.ExportFilter{Sites: []string{"a"}}, []string{one.ID}},
			{storage.ExportFilter{Sites: []string{}}, nil},
			{storage.ExportFilter{Sites: []string{"a", "b"}, Since: "2026-03-02"}, []string{other.ID}},
			{storage.ExportFilter{Until: "2026-03-01"}, []string{one.ID}},
			{storage.ExportFilter{Since: "2026-03-01", Until: "2026-03-04", Flow: "f"}, []string{one.ID, other.ID}},
			{storage.ExportFilter{Flow: "another"}, nil},
		} {
			for _, what := range storage.ExportedKinds() {
				var got, texts []string
				err := b.store.Export(t.Context(), what, c.f, func(values []any) error {
					if i := slices.Index(what.Columns(), "text"); i >= 0 {
						texts = append(texts, values[i].(string))
					}
					if i := slices.Index(what.Columns(), "session"); i >= 0 && !slices.Contains(got, values[i].(string)) {
						got = append(got, values[i].(string))
					}
					return nil
				})
				slices.Sort(got)
				if what == storage.ExportWords && slices.Contains(texts, "the boss shouts") {
					t.Error("what a colleague wrote in a pulse is handed out")
				}
				want := slices.Sorted(slices.Values(c.want))
				if err != nil || slices.Contains(what.Columns(), "session") && !slices.Equal(got, want) {
					t.Errorf("%s under %+v: of %q, want %q, %v", what, c.f, got, want, err)
				}
			}
		}
		if err := b.store.Export(t.Context(), "sessions; DROP TABLE answers", storage.ExportFilter{}, nil); err == nil {
			t.Error("anything is handed out")
		}
		if err := b.store.Export(t.Context(), storage.ExportAnswers, storage.ExportFilter{}, func([]any) error { return context.Canceled }); err == nil {
			t.Error("who cannot take it is not heard")
		}
	}
}
