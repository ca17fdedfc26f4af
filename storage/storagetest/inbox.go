package storagetest

import (
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

var inboxTests = group{
	"cases stand in the order of their next clocks": func(t *testing.T, b *bench) {
		now := b.clock.Now()
		because := map[recovery.Priority][]recovery.Reason{recovery.P1: {recovery.PrimaryL1, recovery.ComplaintMade}, recovery.P2: {recovery.CriticalAnswer}}
		put := func(due time.Duration, s recovery.State, site, holder string, p recovery.Priority) storage.Case {
			c := storage.Case{Site: site, Case: recovery.Case{
				State: s, Decision: recovery.Decision{Opens: true, Priority: p, Reasons: because[p]}, Due: recovery.Clocks{Resolve: now.Add(due)},
			}}
			if due == 0 {
				c.Due = recovery.Clocks{}
			}
			if holder != "" {
				c.Holder = recovery.Staffer{ID: holder}
			}
			return b.putCase(t, c)
		}
		never := put(0, recovery.Open, "a", "", recovery.P3)
		later := put(time.Hour, recovery.Open, "b", "", recovery.P2)
		late := put(-time.Hour, recovery.Open, "a", "", recovery.P1)
		mine := put(time.Minute, recovery.Taken, "a", "me", recovery.P2)
		mei := put(2*time.Minute, recovery.Taken, "b", "mei", recovery.P1)
		over := put(time.Minute, recovery.Closed, "a", "me", recovery.P1)
		asleep := mine
		asleep.Case.Holder, asleep.Snoozed = recovery.Staffer{ID: "me"}, now.Add(time.Hour)
		sleeper := b.putCase(t, asleep)
		watch := b.putCase(t, storage.Case{Site: "a", Case: recovery.Case{State: recovery.Open, Decision: recovery.Decision{Watch: true}}})
		for _, c := range []struct {
			name   string
			filter storage.StandingFilter
			want   []string
		}{
			{"free", storage.StandingFilter{Standing: recovery.Free}, []string{late.ID, later.ID, never.ID}},
			{"free at a", storage.StandingFilter{Standing: recovery.Free, Sites: []string{"a"}}, []string{late.ID, never.ID}},
			{"at no site", storage.StandingFilter{Standing: recovery.Free, Sites: []string{}}, nil},
			{"because of a complaint", storage.StandingFilter{Standing: recovery.Free, Reason: "complaint"}, []string{late.ID}},
			{"because of an answer", storage.StandingFilter{Standing: recovery.Free, Reason: "critical"}, []string{later.ID}},
			{"for another reason", storage.StandingFilter{Standing: recovery.Free, Reason: "nps"}, nil},
			{"mine, because of an answer", storage.StandingFilter{Standing: recovery.Held, Holder: "me", Sites: []string{"a"}, Reason: "critical"}, []string{mine.ID}},
			{"urgent", storage.StandingFilter{Standing: recovery.Free, Priority: recovery.P1}, []string{late.ID}},
			{"behind the first", storage.StandingFilter{Standing: recovery.Free, After: late.Place()}, []string{later.ID, never.ID}},
			{"behind the last", storage.StandingFilter{Standing: recovery.Free, After: never.Place()}, nil},
			{"mine", storage.StandingFilter{Standing: recovery.Held, Holder: "me"}, []string{mine.ID}},
			{"mine elsewhere", storage.StandingFilter{Standing: recovery.Held, Holder: "me", Sites: []string{"b"}}, nil},
			{"others'", storage.StandingFilter{Standing: recovery.Held, Without: "me"}, []string{mei.ID}},
			{"anybody's", storage.StandingFilter{Standing: recovery.Held}, []string{mine.ID, mei.ID}},
			{"asleep", storage.StandingFilter{Standing: recovery.Asleep}, []string{sleeper.ID}},
			{"watched", storage.StandingFilter{Standing: recovery.OnWatch}, []string{watch.ID}},
			{"over", storage.StandingFilter{Standing: recovery.Over}, nil},
		} {
			f := c.filter
			f.Limit = 9
			same(t, c.name, ids(must(b.store.Standing(t.Context(), f))(t)), c.want)
			if f.After.ID != "" {
				continue
			}
			n, more, err := b.store.CountStanding(t.Context(), f, 9)
			if err != nil || more || n != len(c.want) {
				t.Errorf("%s: counted %d, more: %v, %v", c.name, n, more, err)
			}
			if len(c.want) > 1 {
				f.Limit = 1
				same(t, c.name+", one", ids(must(b.store.Standing(t.Context(), f))(t)), c.want[:1])
				n, more, err = b.store.CountStanding(t.Context(), f, 1)
				if err != nil || !more || n != 1 {
					t.Errorf("%s: up to one: %d, more: %v, %v", c.name, n, more, err)
				}
			}
		}
		mine.State = recovery.Resolved
		b.advance(t, change("", storage.Change{Case: &mine}))
		same(t, "mine, resolved", ids(must(b.store.Standing(t.Context(), storage.StandingFilter{Standing: recovery.Held, Holder: "me", Limit: 9}))(t)), []string(nil))
		mine.Wrote = now
		b.advance(t, change("", storage.Change{Case: &mine}))
		same(t, "resolved, but its customer wrote", ids(must(b.store.Standing(t.Context(), storage.StandingFilter{Standing: recovery.Held, Holder: "me", Limit: 9}))(t)), []string{mine.ID})
		same(t, "who wrote stands before what falls due", ids(must(b.store.Standing(t.Context(), storage.StandingFilter{Standing: recovery.Held, Limit: 9}))(t)), []string{mine.ID, mei.ID})
		found := must(b.store.CaseNumbered(t.Context(), 0, over.Number))(t)
		equal(t, "by its number", found.ID, over.ID)
		equal(t, "by its id", must(b.store.Case(t.Context(), 0, over.ID))(t).Number, over.Number)
		if _, err := b.store.Case(t.Context(), 0, "none"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an id that nothing has: %v", err)
		}
		named := must(b.store.CasesNamed(t.Context(), 0, []string{over.ID, "none", over.ID}))(t)
		if len(named) != 1 || named[0].Number != over.Number || len(must(b.store.CasesNamed(t.Context(), 0, nil))(t)) > 0 {
			t.Errorf("by its id, among others: %+v", named)
		}
		if _, err := b.store.CaseNumbered(t.Context(), 0, over.Number+1000); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a number that nothing has: %v", err)
		}
	},
	"cases are found with what they began with": func(t *testing.T, b *bench) {
		began := b.begin(t, person(1))
		of := person(1).ID()
		known := b.putCase(t, storage.Case{Identity: of, Case: recovery.Case{State: recovery.Open, Session: began}})
		gone := b.putCase(t, storage.Case{Identity: "nobody", Case: recovery.Case{State: recovery.Open, Session: "none"}})
		there := storage.Bucket(b.store.Buckets() - 1)
		i, s := identity(person(2), newID(), b.clock.Now()), session(newID(), person(2), b.clock.Now())
		far := storage.Case{Bucket: there, Identity: i.ID, Case: recovery.Case{ID: newID(), State: recovery.Open, Session: s.ID}, Site: "main"}
		far.OpenedAt = b.clock.Now()
		if err := b.store.Advance(t.Context(), there, []storage.Turn{{Apply: func(in storage.Loaded) (storage.Change, error) {
			i.Bucket, s.Bucket, far.Number = there, there, in.NextCase
			return storage.Change{Identity: &i, Session: &s, Case: &far}, nil
		}}})[0]; err != nil {
			t.Fatal(err)
		}
		all := must(b.store.Openings(t.Context(), []storage.Case{known, gone, far, known}))(t)
		if got := all[far.ID]; got.Session == nil || got.Session.ID != s.ID || got.Session.Bucket != there || got.Identity == nil || got.Identity.ID != i.ID {
			t.Errorf("in the last bucket it began with %+v", got)
		}
		if got := all[known.ID]; got.Session == nil || got.Session.ID != began || got.Identity == nil || got.Identity.ID != of {
			t.Errorf("it began with %+v", got)
		}
		if got := all[gone.ID]; got.Session != nil || got.Identity != nil {
			t.Errorf("what is gone began with %+v", got)
		}
		equal(t, "of nothing", len(must(b.store.Openings(t.Context(), nil))(t)), 0)
	},
	"words that wait are sent once, or taken back": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		c := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open}})
		p := storage.PendingReply{ID: newID(), Case: c.ID, Person: "me", Text: "so sorry", Due: now.Add(5 * time.Second)}
		equal(t, "fresh", must(b.store.PutPending(ctx, p))(t), true)
		again := p
		again.Text = "something else"
		equal(t, "fresh again", must(b.store.PutPending(ctx, again))(t), false)
		same(t, "of the case", must(b.store.PendingOf(ctx, 0, c.ID))(t), []storage.PendingReply{p})
		same(t, "of another", must(b.store.PendingOf(ctx, 0, "other"))(t), []storage.PendingReply(nil))
		same(t, "before it is time", must(b.store.PendingDue(ctx, 0, now, 9))(t), []storage.PendingReply(nil))
		same(t, "when it is time", must(b.store.PendingDue(ctx, 0, p.Due, 9))(t), []storage.PendingReply{p})
		same(t, "taken back", must(b.store.TakeBackPending(ctx, 0, p.ID))(t), p)
		if err := b.store.SendPending(ctx, 0, p.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("what was taken back is sent: %v", err)
		}
		must(b.store.PutPending(ctx, p))(t)
		if err := b.store.SendPending(ctx, 0, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.TakeBackPending(ctx, 0, p.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("what is being sent was taken back: %v", err)
		}
		p.Sending = true
		same(t, "still due after a crash", must(b.store.PendingDue(ctx, 0, p.Due, 9))(t), []storage.PendingReply{p})
		if err := b.store.EndPending(ctx, 0, p.ID, "already_closed"); err != nil {
			t.Fatal(err)
		}
		same(t, "refused, and due no more", must(b.store.PendingDue(ctx, 0, p.Due, 9))(t), []storage.PendingReply(nil))
		p.Sending, p.Refused = false, "already_closed"
		same(t, "refused, and kept", must(b.store.PendingOf(ctx, 0, c.ID))(t), []storage.PendingReply{p})
		same(t, "taken back after that", must(b.store.TakeBackPending(ctx, 0, p.ID))(t), p)
		must(b.store.PutPending(ctx, p))(t)
		if err := b.store.EndPending(ctx, 0, p.ID, ""); err != nil {
			t.Fatal(err)
		}
		same(t, "sent", must(b.store.PendingOf(ctx, 0, c.ID))(t), []storage.PendingReply(nil))
	},
	"words in progress are kept by person and box": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		d := storage.Draft{Case: "c", Person: "me", Box: "note", Text: "between us", At: now}
		e := storage.Draft{Case: "c", Person: "me", Box: "reply", Text: "dear\x00 Anna", At: now}
		for _, put := range []storage.Draft{d, e, {Case: "c2", Person: "me", Box: "reply", Text: "x", At: now}} {
			if err := b.store.PutDraft(ctx, 0, put); err != nil {
				t.Fatal(err)
			}
		}
		e.Text = "dear Anna"
		same(t, "of the case", must(b.store.Drafts(ctx, 0, "c"))(t), []storage.Draft{d, e})
		e.Text = "dear Anna, sorry"
		if err := b.store.PutDraft(ctx, 0, e); err != nil {
			t.Fatal(err)
		}
		d.Text = ""
		if err := b.store.PutDraft(ctx, 0, d); err != nil {
			t.Fatal(err)
		}
		same(t, "afterwards", must(b.store.Drafts(ctx, 0, "c"))(t), []storage.Draft{e})
	},
	"views are saved under their names": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		one, two := storage.SavedView{Person: "me", Name: "P1", Query: "priority=1", Created: now}, storage.SavedView{Person: "me", Name: "Harbour", Query: "site=h", Created: now.Add(1000)}
		for _, put := range []storage.SavedView{two, one, {Person: "mei", Name: "P1", Query: "x=1", Created: now}} {
			if err := b.store.PutView(ctx, put); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "mine", must(b.store.Views(ctx, "me"))(t), []storage.SavedView{one, two})
		one.Query = ""
		if err := b.store.PutView(ctx, one); err != nil {
			t.Fatal(err)
		}
		same(t, "without one", must(b.store.Views(ctx, "me"))(t), []storage.SavedView{two})
	},
}

// answered stores and folds a conversation of a person.
func (b *bench) answered(t *testing.T, i int, site, day string, value float64, words string) storage.Session {
	t.Helper()
	return b.answeredAs(t, survey.Transactional, "f", i, site, day, value, words)
}

// answeredAs is answered, in a survey of a class.
func (b *bench) answeredAs(t *testing.T, class survey.Class, flow string, i int, site, day string, value float64, words string) storage.Session {
	t.Helper()
	p := person(i)
	s := session(newID(), p, b.clock.Now())
	s.Site, s.Day, s.Staff, s.Flow, s.Status, s.Lang = site, day, "Bo", flow, survey.Completed, "en"
	s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: b.clock.Now()}, {Question: "phone", Text: "555", Revision: 1, At: b.clock.Now()}}
	if words != "" {
		s.Answers = append(s.Answers, survey.Answer{Question: "why", Text: words, Revision: 1, At: b.clock.Now()})
	}
	s.Judgement.Level, s.Facts.Class = int(value), class
	of := identity(p, s.ID, b.clock.Now())
	b.advance(t, change("answered:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers}))
	asked := &survey.Flow{ID: flow, Version: 1, Questions: []survey.Question{
		{Key: "overall", Kind: survey.ScaleQ, Primary: true}, {Key: "why", Kind: survey.TextQ}, {Key: "phone", Kind: survey.ContactQ},
	}}
	for more := true; more; {
		more = must(b.store.Fold(t.Context(), 0, folding{flow: asked}, 100))(t).More
	}
	return s
}

func init() {
	inboxTests["what was answered is listed, the newest day first"] = func(t *testing.T, b *bench) {
		old := b.answered(t, 1, "a", "2026-03-01", 2, "it was late").ID
		b.answered(t, 2, "b", "2026-03-02", 5, "")
		best := b.answered(t, 3, "a", "2026-03-03", 7, "").ID
		b.answeredAs(t, survey.Pulse, "pulse", 9, "a", "2026-03-03", 1, "of a colleague") // is not listed
		second := b.answered(t, 4, "a", "2026-03-03", 3, "so so").ID
		for _, c := range []struct {
			name string
			f    storage.AnsweredFilter
			want []string
		}{
			{"at a", storage.AnsweredFilter{Sites: []string{"a"}}, []string{second, best, old}},
			{"nowhere", storage.AnsweredFilter{}, nil},
			{"up to a day", storage.AnsweredFilter{Sites: []string{"a"}, To: "2026-03-02"}, []string{old}},
			{"from a day", storage.AnsweredFilter{Sites: []string{"a"}, From: "2026-03-02"}, []string{second, best}},
			{"bad ones", storage.AnsweredFilter{Sites: []string{"a"}, Best: 3}, []string{second, old}},
			{"good ones", storage.AnsweredFilter{Sites: []string{"a"}, Worst: 4}, []string{best}},
			{"with words", storage.AnsweredFilter{Sites: []string{"a"}, Words: true}, []string{second, old}},
			{"of a flow", storage.AnsweredFilter{Sites: []string{"a"}, Flow: "f", Staff: "Bo", Language: "en"}, []string{second, best, old}},
			{"of another", storage.AnsweredFilter{Sites: []string{"a"}, Flow: "g"}, nil},
			{"judged, by a channel", storage.AnsweredFilter{Sites: []string{"a"}, Judged: true, Channel: "telegram"}, []string{second, best, old}},
			{"of another service", storage.AnsweredFilter{Sites: []string{"a"}, Service: "x"}, nil},
			{"by another channel", storage.AnsweredFilter{Sites: []string{"a"}, Channel: "web"}, nil},
			{"of nobody", storage.AnsweredFilter{Sites: []string{"a"}, Staff: "Al"}, nil},
			{"behind one", storage.AnsweredFilter{Sites: []string{"a"}, Before: storage.AnsweredPlace{Day: "2026-03-03", Session: second}}, []string{best, old}},
		} {
			f := c.f
			f.Limit = 9
			if f.To == "" {
				f.To = "2026-12-31"
			}
			got := must(b.store.Answered(t.Context(), f))(t)
			var found []string
			for _, s := range got {
				found = append(found, s.ID)
				for _, a := range s.Answers {
					if a.Question == "phone" || a.Text == "555" {
						t.Errorf("%s: it tells how to reach somebody", c.name)
					}
				}
			}
			same(t, c.name, found, c.want)
		}
		one := must(b.store.Answered(t.Context(), storage.AnsweredFilter{Sites: []string{"a"}, To: "2026-03-02", Limit: 1}))(t)[0]
		if len(one.Answers) != 2 || one.Answers[0].Question != "overall" || *one.Answers[0].Value != 2 || one.Answers[1].Text != "it was late" || one.Staff != "Bo" {
			t.Errorf("it says %+v", one)
		}
	}
}
