package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

var errOwn = errors.New("this turn does not want to")

func answer(question string, value float64, revision int, at time.Time) survey.Answer {
	return survey.Answer{Question: question, Value: &value, Revision: revision, At: at}
}

// answering is a turn that adds one answer to the person's session, whatever is there.
func answering(key string, p storage.Person, question string) storage.Turn {
	return storage.Turn{
		Key: key, Load: storage.Load{Person: p},
		Apply: func(in storage.Loaded) (storage.Change, error) {
			if in.Session == nil {
				return storage.Change{}, errors.New("no session")
			}
			a := answer(question, float64(len(in.Session.Answers)), 1, in.Now)
			in.Session.Answers = append(in.Session.Answers, a)
			in.Session.Last = in.Now
			return storage.Change{Session: in.Session, Answers: []survey.Answer{a}}, nil
		},
	}
}

var advanceTests = map[string]func(*testing.T, *bench){
	"a turn whose key was seen is skipped": func(t *testing.T, b *bench) {
		id := b.begin(t, person(1))
		turn := answering("k1", person(1), "q1")
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{turn}), nil)
		done := 0
		turn.Done = func(storage.Result) { done++ }
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{turn}), storage.ErrSeen)
		if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != 1 {
			t.Fatalf("%d answers, want 1", len(got))
		}
		if done != 0 {
			t.Fatal("Done was called for a turn that was skipped")
		}
	},
	"of two turns with one new key in a batch the second is skipped": func(t *testing.T, b *bench) {
		id := b.begin(t, person(1))
		turn := answering("k1", person(1), "q1")
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{turn, turn}), nil, storage.ErrSeen)
		if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != 1 {
			t.Fatalf("%d answers, want 1", len(got))
		}
	},
	"a key whose first turn failed is taken by the second": func(t *testing.T, b *bench) {
		b.begin(t, person(1))
		bad := storage.Turn{Key: "k1", Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, errOwn }}
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{bad, answering("k1", person(1), "q1")}), errOwn, nil)
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{bad}), storage.ErrSeen)
	},
	"a very long key is a key like any other": func(t *testing.T, b *bench) {
		b.begin(t, person(1))
		key := fmt.Sprintf("%01000000d", 7)
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{answering(key, person(1), "q1")}), nil)
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{answering(key, person(1), "q1")}), storage.ErrSeen)
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{answering(key+"8", person(1), "q2")}), nil)
	},
	"turns run in order and see the turns before them": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		var turns []storage.Turn
		var done []int
		for i := range 150 {
			turn := answering(fmt.Sprintf("k%d", i), p, fmt.Sprintf("q%03d", i))
			turn.Done = func(storage.Result) { done = append(done, i) }
			turns = append(turns, turn)
		}
		b.advance(t, turns...)
		answers := must(b.store.Answers(t.Context(), 0, id))(t)
		if len(answers) != 150 {
			t.Fatalf("%d answers, want 150", len(answers))
		}
		for i, a := range answers {
			if *a.Value != float64(i) || a.Question != fmt.Sprintf("q%03d", i) {
				t.Fatalf("answer %d is %s = %v: the turns did not see each other in order", i, a.Question, *a.Value)
			}
		}
		if !slices.IsSorted(done) || len(done) != 150 {
			t.Fatalf("Done was not called in order, once a turn: %v", done)
		}
		s := must(b.store.Session(t.Context(), 0, id))(t)
		if len(s.Answers) != 150 {
			t.Fatalf("the session has %d answers, want 150", len(s.Answers))
		}
	},
	"a turn that fails is dropped alone, with its key and all it did": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		spoil := storage.Turn{
			Key: "k2", Load: storage.Load{Person: p, Slots: []string{"q:" + id + ":0"}},
			Apply: func(in storage.Loaded) (storage.Change, error) {
				// What it was given is its own: spoiling it must not show anywhere.
				in.Session.Answers[0].Question = "spoiled"
				*in.Session.Answers[0].Value = 99
				in.Session.Status = survey.Declined
				in.Identity.Name = "spoiled"
				d := in.Slots["q:"+id+":0"]
				d.Render.Rows[0][0].Text = "spoiled"
				return storage.Change{Session: in.Session, Identity: in.Identity}, errOwn
			},
		}
		op := want("q:"+id+":0", p, "How was it?")
		op.Want.Render.Rows = [][]chat.Button{{{Text: "Good"}}}
		first := answering("k1", p, "q1")
		apply := first.Apply
		first.Apply = func(in storage.Loaded) (storage.Change, error) {
			c, err := apply(in)
			c.Slots = []storage.SlotOp{op}
			return c, err
		}
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{first, spoil, answering("k3", p, "q3")}), nil, errOwn, nil)
		s := must(b.store.Session(t.Context(), 0, id))(t)
		if len(s.Answers) != 2 || s.Answers[0].Question != "q1" || *s.Answers[0].Value != 0 || s.Status != survey.Active {
			t.Fatalf("the failed turn left something behind: %+v", s.Session)
		}
		if d := b.slot(t, "q:"+id+":0"); d == nil || d.Render.Rows[0][0].Text != "Good" {
			t.Fatalf("the failed turn changed a delivery: %+v", d)
		}
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{answering("k2", p, "q2")}), nil)
	},
	"a panic is the turn's own error": func(t *testing.T, b *bench) {
		p := person(1)
		b.begin(t, p)
		boom := storage.Turn{Key: "k1", Load: storage.Load{Person: p}, Apply: func(in storage.Loaded) (storage.Change, error) {
			var s *storage.Session
			return storage.Change{}, errors.New(string(s.Status))
		}}
		errs := b.store.Advance(t.Context(), 0, []storage.Turn{boom, answering("k2", p, "q1")})
		if errs[0] == nil || errors.Is(errs[0], storage.ErrUnavailable) || errors.Is(errs[0], storage.ErrSeen) {
			t.Fatalf("the panic's error is %v", errs[0])
		}
		wantErrors(t, errs[1:], nil)
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{answering("k1", p, "q2")}), nil)
	},
	"what the database refuses is dropped alone": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		twice := answering("k2", p, "q1") // the same revision of the same question again
		ran := 0
		apply := twice.Apply
		twice.Apply = func(in storage.Loaded) (storage.Change, error) { ran++; return apply(in) }
		errs := b.store.Advance(t.Context(), 0, []storage.Turn{answering("k1", p, "q1"), twice, answering("k3", p, "q3")})
		wantErrors(t, errs, nil, storage.ErrRefused, nil)
		if ran == 0 {
			t.Fatal("the refused turn never ran")
		}
		if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != 2 {
			t.Fatalf("%d answers, want 2", len(got))
		}
	},
	"an answer without a session is the turn's own error": func(t *testing.T, b *bench) {
		bad := change("k1", storage.Change{Answers: []survey.Answer{answer("q1", 1, 1, b.clock.Now())}})
		errs := b.store.Advance(t.Context(), 0, []storage.Turn{bad})
		if errs[0] == nil || errors.Is(errs[0], storage.ErrUnavailable) {
			t.Fatalf("error is %v", errs[0])
		}
	},
	"a turn loads what it names": func(t *testing.T, b *bench) {
		p, now := person(1), b.clock.Now()
		first := b.begin(t, p)
		second := b.begin(t, p)
		inv := storage.Invitation{ID: "inv", Flow: "f", Version: 2, Site: "main", Attributes: map[string]string{"agent_name": "Bo"}, Created: now, Expires: now.Add(time.Hour)}
		c := storage.Case{Case: recovery.Case{ID: newID(), Number: 1, Session: first, State: recovery.Open, OpenedAt: now}, Identity: p.ID()}
		s := session(first, p, now)
		s.Case = c.ID
		b.advance(t, change("x", storage.Change{Invitation: &inv, Case: &c, Session: &s}))
		cases := []struct {
			load                storage.Load
			session, caseID, by string
		}{
			{storage.Load{}, "", "", ""},
			{storage.Load{Person: p}, second, "", p.ID()},
			{storage.Load{Person: p, Session: first}, first, c.ID, p.ID()},
			{storage.Load{Session: first}, first, c.ID, ""},
			{storage.Load{Person: p, Case: c.ID}, second, c.ID, p.ID()},
			{storage.Load{Person: person(9)}, "", "", ""},
			{storage.Load{Session: "nobody knows it"}, "", "", ""},
		}
		var turns []storage.Turn
		for i, want := range cases {
			want.load.Invitation = "inv"
			turns = append(turns, storage.Turn{Load: want.load, Apply: func(in storage.Loaded) (storage.Change, error) {
				var session, caseID, by string
				if in.Session != nil {
					session = in.Session.ID
				}
				if in.Case != nil {
					caseID = in.Case.ID
				}
				if in.Identity != nil {
					by = in.Identity.ID
				}
				if session != want.session || caseID != want.caseID || by != want.by {
					t.Errorf("load %d: session %q, case %q, identity %q; want %q, %q, %q", i, session, caseID, by, want.session, want.caseID, want.by)
				}
				if in.Invitation == nil || in.Invitation.Attributes["agent_name"] != "Bo" {
					t.Errorf("load %d: invitation %+v", i, in.Invitation)
				}
				if in.NextCase != 2 || !in.Now.Equal(now) || in.Now.Location() != time.UTC {
					t.Errorf("load %d: next case %d at %v", i, in.NextCase, in.Now)
				}
				return storage.Change{}, nil
			}})
		}
		b.advance(t, turns...)
	},
	"a later turn of the batch finds what an earlier one made": func(t *testing.T, b *bench) {
		p, now, id, caseID := person(1), b.clock.Now(), newID(), newID()
		i, s := identity(p, id, now), session(id, p, now)
		seen := false
		b.advance(t,
			change("k1", storage.Change{Identity: &i, Session: &s, Slots: []storage.SlotOp{want("q:"+id+":0", p, "first")}}),
			storage.Turn{Key: "k2", Load: storage.Load{Person: p, Slots: []string{"q:" + id + ":0"}}, Apply: func(in storage.Loaded) (storage.Change, error) {
				if d, ok := in.Slots["q:"+id+":0"]; !ok || d.Wanted != 1 || in.Session == nil || in.Session.ID != id {
					return storage.Change{}, fmt.Errorf("it sees %+v and %+v", in.Session, in.Slots)
				}
				in.Session.Case = caseID
				c := storage.Case{Case: recovery.Case{ID: caseID, Number: in.NextCase, Session: id, State: recovery.Open, OpenedAt: now}, Identity: p.ID()}
				return storage.Change{Session: in.Session, Case: &c}, nil
			}},
			storage.Turn{Key: "k3", Load: storage.Load{Person: p}, Apply: func(in storage.Loaded) (storage.Change, error) {
				seen = in.Case != nil && in.Case.ID == caseID && in.NextCase == 2
				return storage.Change{}, nil
			}},
		)
		if !seen {
			t.Fatal("the third turn did not see the second one's case")
		}
	},
	"a new case must have the next number": func(t *testing.T, b *bench) {
		c := storage.Case{Case: recovery.Case{ID: newID(), Number: 7, State: recovery.Open, OpenedAt: b.clock.Now()}}
		errs := b.store.Advance(t.Context(), 0, []storage.Turn{change("k", storage.Change{Case: &c})})
		if errs[0] == nil || errors.Is(errs[0], storage.ErrUnavailable) {
			t.Fatalf("error is %v", errs[0])
		}
		c.Number = 1
		b.advance(t, change("k", storage.Change{Case: &c}))
		c.State = recovery.Taken
		b.advance(t, change("k2", storage.Change{Case: &c}))
		got := must(b.store.Cases(t.Context(), storage.CaseFilter{Limit: 10}))(t)
		if len(got) != 1 || got[0].State != recovery.Taken || got[0].Number != 1 {
			t.Fatalf("cases: %+v", got)
		}
	},
	"concurrent turns on one session lose nothing": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		check(t, concurrently(t.Context(), 8, func(ctx context.Context, i int) error {
			for j := range 10 {
				turn := answering(fmt.Sprintf("k%d-%d", i, j), p, fmt.Sprintf("q%d-%d", i, j))
				if err := errors.Join(b.store.Advance(ctx, 0, []storage.Turn{turn})...); err != nil {
					return err
				}
			}
			return nil
		}))
		values := map[float64]bool{}
		for _, a := range must(b.store.Answers(t.Context(), 0, id))(t) {
			values[*a.Value] = true
		}
		if len(values) != 80 {
			t.Fatalf("%d different values, want 80: turns did not see each other", len(values))
		}
	},
	"nothing is stored of a batch that changes nothing but its keys": func(t *testing.T, b *bench) {
		b.advance(t, change("k1", storage.Change{}), change("", storage.Change{}))
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{change("k1", storage.Change{}), change("k2", storage.Change{})}), storage.ErrSeen, nil)
		same(t, "counts", must(b.store.Counts(t.Context()))(t), storage.Counts{})
	},
	"no turns, no work": func(t *testing.T, b *bench) {
		if got := b.store.Advance(t.Context(), 0, nil); len(got) != 0 {
			t.Fatalf("%d errors", len(got))
		}
	},
	"a bucket that does not exist is an error": func(t *testing.T, b *bench) {
		errs := b.store.Advance(t.Context(), storage.Bucket(b.store.Buckets()), []storage.Turn{change("k", storage.Change{})})
		if errs[0] == nil {
			t.Fatal("no error")
		}
	},
}
