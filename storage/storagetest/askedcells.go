package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// link is an invitation and the bucket in which it is.
type link struct {
	in storage.Bucket
	id string
}

// asks makes an invitation in some bucket: of customers, of others, of nobody who counts.
func (h *foldHistory) asks() {
	i := storage.Invitation{
		ID: newID(), Site: []string{"main", "harbour"}[h.rand.IntN(2)], Flow: []string{"f", "g"}[h.rand.IntN(2)], Test: h.rand.IntN(9) == 0, Created: h.b.clock.Now(),
		Expires: h.b.clock.Now().Add(time.Hour), Customer: []string{"", "c", "c1", "c2"}[h.rand.IntN(4)],
		Facts: []recovery.Facts{
			{}, {Class: survey.Transactional}, {Class: survey.Relationship}, {Class: survey.Pulse}, {Class: survey.Transactional, Lost: true},
		}[h.rand.IntN(5)],
	}
	if h.rand.IntN(9) == 0 {
		i.Case = "k"
	}
	l := link{storage.Bucket(h.rand.IntN(h.b.store.Buckets())), i.ID}
	h.links = append(h.links, l)
	h.commit(l.in, storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
		n := i
		return storage.Change{Invitation: &n}, nil
	}})
}

// link takes one that nobody opened; none where there is none, or nobody was asked.
func (h *foldHistory) link() (l link) {
	if n := len(h.links); n > 0 && h.rand.IntN(4) > 0 {
		l, h.links = h.links[n-1], h.links[:n-1]
	}
	return l
}

// opened has somebody open it, unless it is gone.
func (h *foldHistory) opened(l link, p storage.Person, session string) {
	if l.id == "" {
		return
	}
	h.commit(l.in, storage.Turn{Load: storage.Load{Invitation: l.id}, Apply: func(in storage.Loaded) (storage.Change, error) {
		i := in.Invitation
		if i != nil {
			i.RedeemedBy, i.RedeemedAt, i.Session = p.ID(), in.Now, session
		}
		return storage.Change{Invitation: i}, nil
	}})
}

// sameAsked holds the sums of who was asked, by day, by month and of days that cut months, to the invitations as they
// are read one by one.
func sameAsked(t *testing.T, s storage.Store, sites []string) {
	t.Helper()
	type of struct{ site, month, flow, day string }
	for _, kind := range []storage.Of{storage.OfCustomers, storage.OfStaff, storage.OfLost, storage.OfAnybody} {
		for _, days := range [][2]string{{"2000-01-01", "2999-12-31"}, {"2026-03-01", "2026-03-31"}, {"2026-03-02", "2026-04-30"}, {"2026-02-28", "2026-03-03"}} {
			f := storage.FigureFilter{Sites: sites, From: days[0], To: days[1], Of: kind, Limit: 10_000}
			list, more, err := s.Asked(t.Context(), f)
			if err != nil || more {
				t.Fatal(more, err)
			}
			read := map[of]*[storage.Outcomes]int{}
			for _, a := range list {
				at := of{a.Site, a.Day[:7], a.Flow, a.Day}
				if read[at] == nil {
					read[at] = &[storage.Outcomes]int{}
				}
				read[at][storage.OutcomeOfAsk(a.Opened, a.Level)]++
			}
			whole, summed := map[of]*[storage.Outcomes]int{}, map[bool]map[of]*[storage.Outcomes]int{false: {}, true: {}}
			for at, outcomes := range read {
				at.day = ""
				addOutcomes(whole, at, *outcomes)
			}
			for _, byDay := range []bool{false, true} {
				for _, c := range must(s.AskedCells(t.Context(), f, byDay))(t) {
					addOutcomes(summed[byDay], of{c.Site, c.Month, c.Flow, c.Day}, c.Outcomes)
				}
			}
			same(t, fmt.Sprint("who of ", kind, " was asked by day from ", days), summed[true], read)
			same(t, fmt.Sprint("who of ", kind, " was asked by month from ", days), summed[false], whole)
			if kind != storage.OfAnybody && days[0] == "2000-01-01" {
				sameAskedMonths(t, s, f, list)
			}
		}
	}
}

func addOutcomes[K comparable](to map[K]*[storage.Outcomes]int, at K, outcomes [storage.Outcomes]int) {
	if to[at] == nil {
		to[at] = &[storage.Outcomes]int{}
	}
	for i, n := range outcomes {
		to[at][i] += n
	}
}

// sameAskedMonths holds what is known of the customers of months to their invitations.
func sameAskedMonths(t *testing.T, s storage.Store, f storage.FigureFilter, list []storage.AskedCustomer) {
	t.Helper()
	had := map[[3]string]map[string]*[storage.Outcomes]int64{}
	for _, a := range list {
		at := [3]string{a.Site, a.Day[:7], a.Flow}
		if had[at] == nil {
			had[at] = map[string]*[storage.Outcomes]int64{}
		}
		if had[at][a.Customer] == nil {
			had[at][a.Customer] = &[storage.Outcomes]int64{}
		}
		had[at][a.Customer][storage.OutcomeOfAsk(a.Opened, a.Level)]++
	}
	want := map[[3]string]storage.AskedMonth{}
	for at, customers := range had {
		m := storage.AskedMonth{Site: at[0], Month: at[1], Flow: at[2]}
		for _, of := range customers {
			n, said := int64(0), int64(0)
			for outcome, k := range of {
				m.Outcomes[outcome] += k
				if n += k; outcome > storage.Unsaid {
					said += k
				}
			}
			m.Customers, m.Most, m.Spoken = m.Customers+1, max(m.Most, int(n)), max(m.Spoken, int(said))
			if said > 0 {
				m.Answerers++
			}
			m.Pairs.Add(of)
		}
		want[at] = m
	}
	got := map[[3]string]storage.AskedMonth{}
	for _, m := range must(s.AskedMonths(t.Context(), f))(t) {
		m.Class = ""
		got[[3]string{m.Site, m.Month, m.Flow}] = m
	}
	same(t, fmt.Sprint("months of who of ", f.Of, " was asked"), got, want)
}

func init() {
	foldTests["sums of who was asked are exact wherever a link was opened, of who has the lease alone, and mended"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.store = s
		ctx, n, sites := t.Context(), storage.Bucket(s.Buckets()), []string{"a"}
		l, _ := counting(t, s, "one")
		right := func(when string) {
			t.Helper()
			countUp(t, s, l)
			if got := must(s.CompareCells(ctx))(t); got.Different+got.Waiting > 0 {
				t.Errorf("%s: %+v", when, got)
			}
			sameAsked(t, s, sites)
		}
		var people []storage.Person
		for i := range 8 { // links lie before, behind and in the bucket of who opened them
			people = append(people, person(i+1))
			b.openedLink(t, people[i], storage.Bucket(i)%n, i%4)
		}
		for i := range 3 {
			invitation := storage.Invitation{ID: newID(), Site: "a", Flow: "f", Customer: "c", Created: b.clock.Now(), Expires: b.clock.Now().Add(time.Hour)}
			check(t, errors.Join(s.Advance(ctx, storage.Bucket(i)%n, []storage.Turn{change("asked:"+invitation.ID, storage.Change{Invitation: &invitation})})...))
		}
		f := storage.FigureFilter{Sites: sites, From: "2000-01-01", To: "2999-12-31"}
		if got := must(s.AskedCells(ctx, f, false))(t); len(got) > 0 {
			t.Errorf("counted before it was counted: %+v", got)
		}
		if got := must(s.CompareCells(ctx))(t); got.Waiting == 0 || got.Different > 0 {
			t.Errorf("what is marked waits: %+v", got)
		}
		exec(t, db, "UPDATE leases SET expires = 0 WHERE name = 'cells'")
		other, ok := counting(t, s, "two")
		if !ok {
			t.Fatal("the lease was over")
		}
		if did := must(s.CountAsked(ctx, l, 9))(t); !did.Lost || did.Counted > 0 {
			t.Errorf("the lease is another's: %+v", did)
		}
		l = other
		right("counted")
		got := must(s.AskedCells(ctx, f, false))(t)
		if len(got) != 1 || got[0].Outcomes != [storage.Outcomes]int{3, 2, 2, 2, 2} || got[0].Class != "customers" {
			t.Errorf("sums are %+v", got)
		}
		months := must(s.AskedMonths(ctx, f))(t)
		if len(months) != 1 || months[0].Customers != 9 || months[0].Most != 3 || months[0].Answerers != 6 || months[0].Spoken != 1 || months[0].Pairs[0] != 9 {
			t.Errorf("months are %+v", months)
		}
		for in := range n {
			for must(s.Retain(ctx, in, privacy.Invitations, b.clock.Now().Add(24*time.Hour), 1, anonymous()))(t) > 0 {
				right("while links that nobody opened go")
			}
		}
		// One that is cut off behind the conversation leaves its link as it was, and nobody knows what was answered.
		cut := storage.Erasure{ID: "cut", Begun: b.clock.Now(), Of: storage.Anchor{Identities: people[3:4]}}
		_ = must(s.EraseIn(ctx, storage.BucketOf(people[3].Hash16(), s.Buckets()), cut, anonymous()))(t)
		right("an erasure is cut off")
		// A customer who was asked twice leaves two that are nobody's: once erased, and once the conversation is.
		for i, customer := range []string{"c", "c", "d", "d"} {
			now := b.clock.Now()
			one := storage.Invitation{
				ID: newID(), Site: "a", Flow: "of " + customer, Customer: customer, Created: now, Expires: now.Add(time.Hour), RedeemedAt: now,
				RedeemedBy: person(99).ID(), Session: fmt.Sprint("gone ", i),
			}
			check(t, errors.Join(s.Advance(ctx, n-1, []storage.Turn{change("of "+one.ID, storage.Change{Invitation: &one})})...))
		}
		right("asked by another survey")
		erase(t, s, storage.Anchor{Identities: people[:2], Customers: []string{"c"}})
		right("erased")
		for in := range n {
			for must(s.Retain(ctx, in, privacy.Conversations, b.clock.Now().Add(24*time.Hour), 2, anonymous()))(t) > 0 {
				right("while conversations become nobody's")
			}
		}
		for _, m := range must(s.AskedMonths(ctx, f))(t) {
			if m.Flow != "f" && (m.Customers != 2 || m.Most != 1) {
				t.Errorf("they were of one customer, and are nobody's: %+v", m)
			}
		}
		// What is spoilt is seen, and mended by a fold of everything.
		for what, spoil := range map[string]string{
			"a day": "UPDATE asked_cells SET l1 = l1 + 1 WHERE length(day) = 10", "a month": "UPDATE asked_months SET most = 7",
			"what days add up to": "UPDATE asked_cells SET unsaid = unsaid + 1 WHERE day LIKE 'm%'", "all days": "DELETE FROM asked_cells", "all months": "DELETE FROM asked_months",
			"a day on which nobody was asked": "INSERT INTO asked_cells (bucket, site, day, flow, class, unopened, unsaid, l1, l2, l3, l4, l5, l6, l7)" +
				" SELECT bucket, site, '2001-02-03', flow, class, 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM asked_cells WHERE length(day) = 10",
		} {
			exec(t, db, spoil)
			if got := must(s.CompareCells(ctx))(t); got.Different == 0 || got.First == "" || got.AskedDays == 0 || got.AskedMonths == 0 {
				t.Errorf("%s is spoilt: %+v", what, got)
			}
			_ = must(s.FoldAll(ctx))(t)
			foldUpBy(t, s, folding{flow: gaveFlow()}, 3)
			right(what + " is mended")
		}
		// So are sums that were made while the rows of conversations were not there.
		exec(t, db, "DELETE FROM read_sessions")
		_ = must(s.FoldAll(ctx))(t)
		countUp(t, s, l)
		foldUpBy(t, s, folding{flow: gaveFlow()}, 3)
		right("folded from nothing")
		f.Flow = "f"
		if got := must(s.AskedCells(ctx, f, false))(t); len(got) != 1 || got[0].Outcomes != [storage.Outcomes]int{0, 3, 2, 2, 1} {
			t.Errorf("sums are %+v", got)
		}
	}
	foldTests["a day of invitations is counted first before sums are used"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.store = s
		l, _ := counting(t, s, "one")
		b.openedLink(t, person(1), 0, 2)
		exec(t, db, "UPDATE cell_marks SET seq = 0 WHERE length(day) = 11")
		ready := func(want bool) {
			t.Helper()
			equal(t, "invitations are counted once", must(s.AskedReady(t.Context()))(t), want)
			equal(t, "a survey is to be counted", len(must(s.AskedPending(t.Context()))(t)) > 0, !want)
			equal(t, "conversations are", must(s.CellsReady(t.Context()))(t), true)
		}
		ready(false)
		b.openedLink(t, person(2), 0, 2)
		ready(false)
		_ = must(s.CountAsked(t.Context(), l, 9))(t)
		ready(false) // its month is not
		countUp(t, s, l)
		ready(true)
		equal(t, "marks", count(t, db, "SELECT count(*) FROM cell_marks"), 0)
	}
	foldTests["days of invitations are found month by month, and counted anew once the last pass is over"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.store = s
		ctx, n := t.Context(), storage.Bucket(s.Buckets())
		l, _ := counting(t, s, "one")
		b.openedLink(t, person(1), 0, 2)
		made := b.clock.Now()
		days := map[string]bool{"a " + made.UTC().Format(time.DateOnly): true}
		for i, on := range []string{"2024-02-29T23:59:59.999999Z", "2024-03-01T00:00:00Z", "2024-03-31T12:00:00Z", "2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z"} {
			for _, site := range []string{"a", "z"} {
				at := must(time.Parse(time.RFC3339Nano, on))(t)
				invitation := storage.Invitation{ID: newID(), Site: site, Flow: "f", Customer: "c", Created: at, Expires: made.Add(time.Hour)}
				check(t, errors.Join(s.Advance(ctx, storage.Bucket(i)%n, []storage.Turn{change("asked:"+invitation.ID, storage.Change{Invitation: &invitation})})...))
				days[site+" "+on[:10]] = true
			}
		}
		exec(t, db, "DELETE FROM cell_marks")
		if got := must(s.CompareCells(ctx))(t); got.AskedDays != len(days) || got.AskedMonths != 9 {
			t.Errorf("%d days of invitations are there, of 9 months: %+v", len(days), got)
		}
		foldUpBy(t, s, folding{flow: gaveFlow()}, 3)
		_ = must(s.FoldAll(ctx))(t)
		marks := func() int {
			return count(t, db, "SELECT count(*) FROM (SELECT DISTINCT day, site, flow FROM cell_marks WHERE length(day) = 11) AS d")
		}
		equal(t, "days that are marked to begin with", marks(), len(days))
		countUp(t, s, l)
		for in := range n {
			equal(t, "days that are marked while passes are under way", marks(), 0)
			for must(s.Fold(ctx, in, folding{flow: gaveFlow()}, 3))(t).More {
				equal(t, "days that are marked while a pass is under way", marks(), 0)
			}
		}
		equal(t, "passes", must(s.Behind(ctx))(t).Passing, 0)
		again := map[string]bool{} // with the first of each month, for what days add up to
		for day := range days {
			again[day], again[day[:len(day)-2]+"01"] = true, true
		}
		equal(t, "days that are marked behind the last one", marks(), len(again))
		countUp(t, s, l)
		if got := must(s.CompareCells(ctx))(t); got.Different+got.Waiting > 0 || got.AskedDays != len(days) {
			t.Errorf("in the end: %+v", got)
		}
	}
}
