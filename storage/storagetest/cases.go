package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// putCase stores a case under the next number.
func (b *bench) putCase(t *testing.T, c storage.Case) storage.Case {
	t.Helper()
	c.ID, c.OpenedAt = newID(), b.clock.Now()
	b.advance(t, storage.Turn{Apply: func(in storage.Loaded) (storage.Change, error) {
		c.Number = in.NextCase
		return storage.Change{Case: &c}, nil
	}})
	return c
}

func ids(cases []storage.Case) []string {
	var all []string
	for _, c := range cases {
		all = append(all, c.ID)
	}
	return all
}

var caseTests = map[string]func(*testing.T, *bench){
	"cases fall due in their order, and those that rest never": func(t *testing.T, b *bench) {
		now := b.clock.Now()
		at := func(d time.Duration, s recovery.State) storage.Case {
			return storage.Case{Case: recovery.Case{State: s}, Next: now.Add(d)}
		}
		late := b.putCase(t, at(-time.Minute, recovery.Open))
		first := b.putCase(t, at(-time.Hour, recovery.Resolved))
		just := b.putCase(t, at(0, recovery.Taken))
		b.putCase(t, at(time.Microsecond, recovery.Open))
		b.putCase(t, at(-time.Hour, recovery.Closed))
		b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open}})
		same(t, "due", ids(must(b.store.CasesDue(t.Context(), 0, now, 9))(t)), []string{first.ID, late.ID, just.ID})
		same(t, "limited", ids(must(b.store.CasesDue(t.Context(), 0, now, 2))(t)), []string{first.ID, late.ID})
		got := must(b.store.CasesDue(t.Context(), 0, now, 1))(t)[0]
		if !got.Next.Equal(first.Next) {
			t.Errorf("next is %v, want %v", got.Next, first.Next)
		}
		first.Next = time.Time{}
		b.advance(t, change("", storage.Change{Case: &first}))
		same(t, "after one was done", ids(must(b.store.CasesDue(t.Context(), 0, now, 9))(t)), []string{late.ID, just.ID})
	},
	"cases of older rules are found until they are brought up to date": func(t *testing.T, b *bench) {
		old := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open}})
		b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Dismissed}})
		newer := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Resolved}, Rules: 3})
		same(t, "before 1", ids(must(b.store.CasesBefore(t.Context(), 0, 1, 9))(t)), []string{old.ID})
		same(t, "before 4", ids(must(b.store.CasesBefore(t.Context(), 0, 4, 9))(t)), []string{old.ID, newer.ID})
		same(t, "limited", ids(must(b.store.CasesBefore(t.Context(), 0, 4, 1))(t)), []string{old.ID})
		old.Rules = 4
		b.advance(t, change("", storage.Change{Case: &old}))
		same(t, "after one", ids(must(b.store.CasesBefore(t.Context(), 0, 4, 9))(t)), []string{newer.ID})
		same(t, "before 0", must(b.store.CasesBefore(t.Context(), 0, 0, 9))(t), []storage.Case(nil))
	},
	"what a member of staff has is found, and what they closed is not": func(t *testing.T, b *bench) {
		held := func(id string, s recovery.State) storage.Case {
			return b.putCase(t, storage.Case{Case: recovery.Case{State: s, Holder: recovery.Staffer{ID: id, Name: id}}})
		}
		want := []string{held("bob", recovery.Taken).ID, held("bob", recovery.Agreed).ID}
		held("bob", recovery.Resolved)
		b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Resolved, Holder: recovery.Staffer{ID: "bob"}, Wrote: b.clock.Now()}})
		held("eve", recovery.Taken)
		same(t, "how many each has", must(b.store.CountHeld(t.Context()))(t), map[string]int{"bob": 2, "eve": 1})
		b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open}})
		slices.Sort(want)
		same(t, "bob's", ids(must(b.store.CasesHeld(t.Context(), 0, "bob", 9))(t)), want)
		same(t, "limited", ids(must(b.store.CasesHeld(t.Context(), 0, "bob", 1))(t)), want[:1])
		same(t, "nobody's", must(b.store.CasesHeld(t.Context(), 0, "", 9))(t), []storage.Case(nil))
	},
	"cases without a card are found, oldest first, until they have one or rest": func(t *testing.T, b *bench) {
		unposted := func(s recovery.State) storage.Case {
			b.clock.Add(time.Second)
			return b.putCase(t, storage.Case{Case: recovery.Case{State: s}, Unposted: true})
		}
		one, two := unposted(recovery.Open), unposted(recovery.Resolved)
		unposted(recovery.Closed)
		b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open}})
		same(t, "unposted", ids(must(b.store.CasesUnposted(t.Context(), 0, 9))(t)), []string{one.ID, two.ID})
		same(t, "limited", ids(must(b.store.CasesUnposted(t.Context(), 0, 1))(t)), []string{one.ID})
		one.Unposted = false
		b.advance(t, change("", storage.Change{Case: &one}))
		same(t, "after one", ids(must(b.store.CasesUnposted(t.Context(), 0, 9))(t)), []string{two.ID})
	},
	"cases are found by their state, their site and their holder": func(t *testing.T, b *bench) {
		put := func(s recovery.State, site, holder string) string {
			b.clock.Add(time.Second)
			return b.putCase(t, storage.Case{Case: recovery.Case{State: s, Holder: recovery.Staffer{ID: holder}}, Site: site}).ID
		}
		open := put(recovery.Open, "a", "")
		bobs := put(recovery.Taken, "b", "bob")
		eves := put(recovery.Agreed, "a", "eve")
		resolved := put(recovery.Resolved, "a", "bob")
		shut := put(recovery.Closed, "b", "bob")
		none := put(recovery.Contacted, "", "bob")
		for _, c := range []struct {
			name   string
			filter storage.CaseFilter
			want   []string
		}{
			{"all", storage.CaseFilter{}, []string{none, shut, resolved, eves, bobs, open}},
			{"active", storage.CaseFilter{States: recovery.ActiveStates()}, []string{none, eves, bobs, open}},
			{"one state", storage.CaseFilter{States: []recovery.State{recovery.Taken}}, []string{bobs}},
			{"an active state and another", storage.CaseFilter{States: []recovery.State{recovery.Open, recovery.Closed}}, []string{shut, open}},
			{"a site", storage.CaseFilter{Sites: []string{"a"}}, []string{resolved, eves, open}},
			{"two sites", storage.CaseFilter{Sites: []string{"b", ""}}, []string{none, shut, bobs}},
			{"active at a site", storage.CaseFilter{States: recovery.ActiveStates(), Sites: []string{"a"}}, []string{eves, open}},
			{"bob's", storage.CaseFilter{Holder: "bob"}, []string{none, bobs}},
			{"bob's at a site", storage.CaseFilter{Holder: "bob", Sites: []string{"b"}}, []string{bobs}},
			{"bob's in a state", storage.CaseFilter{Holder: "bob", States: []recovery.State{recovery.Contacted, recovery.Closed}}, []string{none}},
			{"nobody's", storage.CaseFilter{Holder: "ann"}, nil},
			{"a site that is none", storage.CaseFilter{Sites: []string{"c\x00", "'"}}, nil},
		} {
			c.filter.Limit = 9
			got, err := b.store.Cases(t.Context(), c.filter)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			same(t, c.name, ids(got), c.want)
		}
	},
	"of a case that opens the database is asked nothing": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		statements := 0
		cutter.Plan(func(at Point) Cut {
			if at == Statement {
				statements++
			}
			return Pass
		})
		count := func(key string, c *storage.Case, words string) int {
			statements = 0
			cut.advance(t, storage.Turn{Key: key, Load: storage.Load{Session: id}, Apply: func(in storage.Loaded) (storage.Change, error) {
				ch := storage.Change{Session: in.Session}
				if c != nil {
					c.Number = max(c.Number, in.NextCase)
					ch.Case, ch.Slots = c, []storage.SlotOp{want("case:"+c.ID+":"+words, p, words)}
				}
				return ch, nil
			}})
			return statements
		}
		count("k0", nil, "") // the session is read
		plain := count("k1", nil, "")
		c := storage.Case{Case: recovery.Case{ID: newID(), Session: id, State: recovery.Open, Decision: recovery.Decision{Priority: recovery.P1}, OpenedAt: b.clock.Now()}, Identity: p.ID()}
		// The case, the day of figures that it empties, the count of those that opened, the card, its place in
		// the queue, and the next number. Joined, the last is one statement with the conversation's own two, and
		// the others are one more.
		more := 6
		if b.joins {
			more = 0
		}
		if opening := count("k2", &c, "one"); opening != plain+more {
			t.Errorf("a case that opens takes %d statements, one answer %d", opening, plain)
		}
		c.State = recovery.Taken
		// The case, its day, the card, its place, and the next place in the order; before these, whether there is
		// a card.
		if b.joins {
			more = 1
		}
		if later := count("k3", &c, "two"); later != plain+more {
			t.Errorf("a card more takes %d statements, one answer %d", later, plain)
		}
	},
	"cases are read page by page, also those that opened at once": func(t *testing.T, b *bench) {
		var want []storage.Case
		for i := range 11 {
			if i%4 == 0 {
				b.clock.Add(time.Second)
			}
			c := storage.Case{Case: recovery.Case{ID: newID(), State: recovery.Open, OpenedAt: b.clock.Now()}}
			if i%3 == 0 {
				c.State = recovery.Closed
			}
			c.Bucket = storage.Bucket(i % b.store.Buckets())
			check(t, b.store.Advance(t.Context(), c.Bucket, []storage.Turn{{Apply: func(in storage.Loaded) (storage.Change, error) {
				c.Number = in.NextCase
				return storage.Change{Case: &c}, nil
			}}})[0])
			want = append(want, c)
		}
		slices.SortFunc(want, func(a, b storage.Case) int { return a.Cursor().Compare(b.Cursor()) })
		for _, states := range [][]recovery.State{nil, {recovery.Open}} {
			some := slices.DeleteFunc(slices.Clone(want), func(c storage.Case) bool { return states != nil && !slices.Contains(states, c.State) })
			for limit := 1; limit <= len(some)+1; limit++ {
				var got []string
				for c, err := range storage.AllCases(t.Context(), b.store, storage.CaseFilter{States: states, Limit: limit}) {
					check(t, err)
					got = append(got, c.ID)
				}
				same(t, fmt.Sprint(states, " by ", limit), got, ids(some))
			}
		}
		for c, err := range storage.AllCases(t.Context(), b.store, storage.CaseFilter{}) {
			t.Errorf("a page of no cases has %v, %v", c.ID, err)
		}
	},
	"past sessions are read page by page with the cases that they opened": func(t *testing.T, b *bench) {
		start := b.clock.Now()
		old := b.begin(t, person(0))
		b.clock.Add(time.Hour)
		since := b.clock.Now()
		want := map[string]string{} // session to case
		for i := range 7 {
			if i%3 == 2 { // two at a time
				b.clock.Add(time.Minute)
			}
			p := person(i + 1)
			s := session(newID(), p, b.clock.Now())
			if i%2 == 0 {
				k := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open, Session: s.ID}})
				s.Case = k.ID
				want[s.ID] = k.ID
			} else {
				want[s.ID] = ""
			}
			b.advance(t, change("", storage.Change{Session: &s}))
		}
		// A follow-up belongs to a case that it did not open.
		of := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Resolved, Session: old}})
		follow := session(newID(), person(0), b.clock.Now())
		follow.Case = of.ID
		want[follow.ID] = ""
		b.advance(t, change("", storage.Change{Session: &follow}))
		got, from, after := map[string]string{}, since, ""
		for {
			page := must(b.store.Past(t.Context(), 0, from, after, 3))(t)
			for _, p := range page {
				if d := p.Started.Compare(from); d < 0 || d == 0 && p.ID <= after {
					t.Fatalf("%s of %v follows %s of %v", p.ID, p.Started, after, from)
				}
				from, after = p.Started, p.ID
				got[p.ID] = ""
				if p.Case != nil {
					got[p.ID] = p.Case.ID
				}
			}
			if len(page) < 3 {
				break
			}
		}
		same(t, "past", got, want)
		if all := must(b.store.Past(t.Context(), 0, start, "", 99))(t); len(all) != len(want)+1 {
			t.Errorf("%d sessions since the beginning", len(all))
		}
	},
	"rules count their versions from one, and an unchanged file is no new version": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		if _, err := b.store.Rules(ctx, 0); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("before the first: %v", err)
		}
		for i, c := range []struct {
			source  string
			version int
			created bool
		}{{"one", 1, true}, {"one", 1, false}, {"two", 2, true}} {
			version, created, err := b.store.PublishRules(ctx, c.source, now.Add(time.Duration(i)*time.Second))
			if err != nil || version != c.version || created != c.created {
				t.Fatalf("publish %d: version %d, created %v, %v", i, version, created, err)
			}
		}
		same(t, "newest", must(b.store.Rules(ctx, 0))(t), storage.RulesSource{Version: 2, Source: "two", Published: now.Add(2 * time.Second)})
		same(t, "first", must(b.store.Rules(ctx, 1))(t), storage.RulesSource{Version: 1, Source: "one", Published: now})
		if _, err := b.store.Rules(ctx, 3); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("one that is not there: %v", err)
		}
		if flows := must(b.store.FlowSources(ctx))(t); len(flows) != 0 {
			t.Fatalf("rules are no flows: %+v", flows)
		}
	},
	"publishers of rules at once make versions without gaps": func(t *testing.T, b *bench) {
		var mu sync.Mutex
		seen := map[int]bool{}
		check(t, concurrently(t.Context(), 10, func(ctx context.Context, i int) error {
			version, created, err := b.store.PublishRules(ctx, fmt.Sprint(i), b.clock.Now())
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if !created || seen[version] || version > 10 {
				return fmt.Errorf("version %d, created %v", version, created)
			}
			seen[version] = true
			return nil
		}))
	},
}
