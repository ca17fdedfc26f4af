package figures

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// invitedStore is a store whose sums are made of a list of invitations.
type invitedStore struct {
	Store

	list    []storage.AskedCustomer
	ready   bool
	pending []string // surveys of which nothing is added up yet
	crowded bool     // there are more of other kinds than are read
	others  int      // of other kinds, of a survey of their own, which Asked reads unless it is told of which surveys
	read    int      // rows that Asked read, at most in one call
}

func (s *invitedStore) fitting(f *storage.FigureFilter) (list []storage.AskedCustomer) {
	for _, a := range s.list {
		if slices.Contains(f.Sites, a.Site) && f.From <= a.Day && a.Day <= f.To && (f.Flow == "" || f.Flow == a.Flow) {
			list = append(list, a)
		}
	}
	return list
}

func (s *invitedStore) Asked(_ context.Context, f storage.FigureFilter) ([]storage.AskedCustomer, bool, error) {
	list := s.fitting(&f)
	n := len(list)
	if f.Flow == "" && f.Flows == nil {
		n += s.others
	}
	if s.read = max(s.read, min(n, f.Limit)); n > f.Limit {
		return list, true, nil
	}
	return list, s.crowded || len(list) > f.Limit, nil
}

func (s *invitedStore) AskedReady(context.Context) (bool, error) { return s.ready, nil }

func (s *invitedStore) AskedPending(context.Context) ([]string, error) {
	return slices.Clone(s.pending), nil
}

func (s *invitedStore) AskedCells(_ context.Context, f storage.FigureFilter, byDay bool) (cells []storage.AskedCell, _ error) {
	for _, a := range s.fitting(&f) {
		if slices.Contains(s.pending, a.Flow) { // nothing of it is added up
			continue
		}
		c := storage.AskedCell{Site: a.Site, Month: a.Day[:7], Flow: a.Flow, Class: "customers"}
		if byDay {
			c.Day = a.Day
		}
		c.Outcomes[storage.OutcomeOfAsk(a.Opened, a.Level)]++
		cells = append(cells, c)
	}
	return cells, nil
}

func (s *invitedStore) AskedMonths(_ context.Context, f storage.FigureFilter) (months []storage.AskedMonth, _ error) {
	had := map[storage.AskedMonth]map[string]*[storage.Outcomes]int64{}
	for _, a := range s.list {
		key := storage.AskedMonth{Site: a.Site, Month: a.Day[:7], Flow: a.Flow, Class: "customers"}
		if !slices.Contains(f.Sites, a.Site) || key.Month < f.From[:7] || key.Month > f.To[:7] {
			continue
		}
		if had[key] == nil {
			had[key] = map[string]*[storage.Outcomes]int64{}
		}
		if had[key][a.Customer] == nil {
			had[key][a.Customer] = &[storage.Outcomes]int64{}
		}
		had[key][a.Customer][storage.OutcomeOfAsk(a.Opened, a.Level)]++
	}
	for m, customers := range had {
		for _, outcomes := range customers {
			n, said := 0, 0
			for i, k := range outcomes {
				if n += int(k); i > storage.Unsaid {
					said += int(k)
				}
				m.Outcomes[i] += k
			}
			m.Customers, m.Most, m.Spoken = m.Customers+1, max(m.Most, n), max(m.Spoken, said)
			if said > 0 {
				m.Answerers++
			}
			m.Pairs.Add(outcomes)
		}
		months = append(months, m)
	}
	return months, nil
}

// askedAtRandom are invitations of customers of whom each is alike, each at one site, in one month, of one survey.
func askedAtRandom(r *rand.Rand, n int) *invitedStore {
	s := &invitedStore{ready: true}
	for i := 0; len(s.list) < n; i++ {
		opens, mood, month := r.IntN(4), 1+r.IntN(7), time.Date(2026, time.Month(1+r.IntN(4)), 1, 0, 0, 0, 0, time.UTC)
		site, flow := fmt.Sprint("s", r.IntN(2)), fmt.Sprint("f", r.IntN(2))
		for range 1 + r.IntN(4) {
			a := storage.AskedCustomer{Customer: fmt.Sprintf("p:c%05d", i), Site: site, Flow: flow, Day: month.AddDate(0, 0, r.IntN(28)).Format(time.DateOnly)}
			if a.Opened = r.IntN(4) <= opens; a.Opened && r.IntN(3) > 0 {
				a.Answered, a.Level = true, min(7, max(1, mood+r.IntN(3)-1))
			}
			s.list = append(s.list, a)
		}
	}
	return s
}

func gatherAsked(t *testing.T, s *invitedStore, f storage.FigureFilter, exact int) *Asked {
	t.Helper()
	f.Exact = exact
	a, err := GatherAsked(t.Context(), s, f)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestWhoWasAskedIsTheSameReadOneByOneAndAddedUp: counts are equal and, of who was asked in whole months at one site
// and with one survey only, intervals as well; of stretches that cut months counts are.
func TestWhoWasAskedIsTheSameReadOneByOneAndAddedUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 113))
	shares := map[string]func(*Asked) report.Clustered{"answered": (*Asked).Answered, "opened": (*Asked).Opened, "unsatisfied": (*Asked).Unsatisfied}
	for range 40 {
		s := askedAtRandom(r, 100+r.IntN(900))
		f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: "2026-01-01", To: "2026-04-30"}
		if r.IntN(2) == 0 {
			f.Sites, f.Flow = []string{"s1"}, "f0"
		}
		cut := r.IntN(3) == 0
		if cut {
			f.From, f.To = "2026-01-09", "2026-03-17"
		}
		one, sum := gatherAsked(t, s, f, Most), gatherAsked(t, s, f, 1)
		if one.Summed() || !sum.Summed() || one.N() != sum.N() || one.Outcomes() != sum.Outcomes() {
			t.Fatal("which is which?", one.N(), sum.N())
		}
		same := func(what string, one, sum *Asked, near bool) {
			t.Helper()
			for name, of := range shares {
				a, b := of(one), of(sum)
				if a.K != b.K || a.N != b.N || b.Customers > a.Customers || near && (!near9(a.Effect, b.Effect) || a.Manner == b.Manner && !near9(a.Low(), b.Low())) {
					t.Errorf("%s, %s: read one by one %+v, added up %+v", what, name, a, b)
				}
			}
		}
		same("all", one, sum, !cut)
		for _, by := range []By{Site, Flow, Day, Week, Month} {
			over := Spaces(f.From, f.To, by)
			ones, err1 := one.Parts(t.Context(), by, over)
			sums, err2 := sum.Parts(t.Context(), by, over)
			if err1 != nil || err2 != nil || len(ones) != len(sums) || len(ones) == 0 {
				t.Fatalf("by %s there are %d and %d parts, %v %v", by, len(ones), len(sums), err1, err2)
			}
			for key, part := range ones {
				same(string(by)+" "+key, part, sums[key], !cut && by != Day && by != Week)
			}
		}
		from := Spaces(f.From, f.To, Month)
		table, err := Read(t.Context(), s, withExact(f, 1), Answered, Month)
		if err != nil || table.Unit != Days || table.Total.N != one.N() || len(table.Parts) != len(from) {
			t.Errorf("the table is %+v, %v", table, err)
		}
	}
}

func withExact(f storage.FigureFilter, exact int) storage.FigureFilter {
	f.Exact = exact
	return f
}

// TestAnyNumberOfInvitationsIsCountedUnlessSumsDoNotKnowTheFilter: above the limit only sums say anything, and before
// they are made, and of who served, nothing does.
func TestAnyNumberOfInvitationsIsCountedUnlessSumsDoNotKnowTheFilter(t *testing.T) {
	s := askedAtRandom(rand.New(rand.NewPCG(2, 113)), 500)
	f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: "2026-01-01", To: "2026-04-30", Limit: 100}
	if a, err := GatherAsked(t.Context(), s, f); err != nil || !a.Summed() || a.N() != len(s.list) {
		t.Errorf("of more than the limit: %v", err)
	}
	of := f
	of.Staff = "Bo"
	if _, err := GatherAsked(t.Context(), s, of); !errors.Is(err, ErrTooMany) {
		t.Errorf("of who served: %v", err)
	}
	s.ready = false
	if _, err := GatherAsked(t.Context(), s, f); !errors.Is(err, ErrTooMany) {
		t.Errorf("before they are added up: %v", err)
	}
	f.Limit = 0
	if a, err := GatherAsked(t.Context(), s, f); err != nil || a.Summed() || len(a.List()) != len(s.list) {
		t.Errorf("of few: %v", err)
	}
}

// TestFewInvitationsAmongManyOthersAreCounted: a store reads the invitations of all kinds, and says that there are more
// than it read where these are few.
func TestFewInvitationsAmongManyOthersAreCounted(t *testing.T) {
	s := askedAtRandom(rand.New(rand.NewPCG(3, 113)), 100)
	s.crowded = true
	f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: "2026-01-01", To: "2026-04-30"}
	for _, flow := range []string{"", "f0"} {
		f.Flow = flow
		if a, err := GatherAsked(t.Context(), s, f); err != nil || !a.Summed() || a.N() != len(s.fitting(&f)) || a.N() == 0 {
			t.Errorf("of the survey %q: %v", flow, err)
		}
	}
	of := f
	of.Service = "Wash"
	if _, err := GatherAsked(t.Context(), s, of); !errors.Is(err, ErrTooMany) {
		t.Errorf("of a service, which sums do not know: %v", err)
	}
	s.ready = false
	if _, err := GatherAsked(t.Context(), s, f); !errors.Is(err, ErrTooMany) {
		t.Errorf("before they are added up: %v", err)
	}
}

// TestFirstInvitationsCountAtOnce: those of a survey that sums do not know yet are read, in however large a house.
func TestFirstInvitationsCountAtOnce(t *testing.T) {
	s := askedAtRandom(rand.New(rand.NewPCG(5, 113)), 2*fewAsked)
	s.others, s.pending = 1_000_000, []string{"f1"}
	f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: "2026-01-01", To: "2026-04-30", Exact: Most}
	if a, err := GatherAsked(t.Context(), s, f); err != nil || a.Summed() || len(a.List()) != len(s.list) {
		t.Errorf("%v, %d of %d", err, len(a.List()), len(s.list))
	}
	for i := range s.list {
		s.list[i].Flow = "f1"
	}
	if a, err := GatherAsked(t.Context(), s, f); err != nil || len(a.List()) != len(s.list) {
		t.Errorf("where there is nothing else: %v, %d of %d", err, len(a.List()), len(s.list))
	}
}

// TestOfFewAmongManyOthersOnlyTheseAreRead: who stays away is asked by a survey of their own, and the invitations of
// customers are not read for that, however many there are. Where there are none of these, nothing more is read.
func TestOfFewAmongManyOthersOnlyTheseAreRead(t *testing.T) {
	for _, few := range []int{0, fewAsked - 50} {
		s := askedAtRandom(rand.New(rand.NewPCG(4, 113)), few)
		s.others = 1_000_000
		f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: "2026-01-01", To: "2026-04-30", Of: storage.OfLost, Exact: Most}
		a, err := GatherAsked(t.Context(), s, f)
		if err != nil || a.Summed() || len(a.List()) != len(s.list) {
			t.Errorf("of %d: %v, added up %v", few, err, a != nil && a.Summed())
		}
		if s.read > fewAsked {
			t.Errorf("for %d of them %d invitations were read at once", few, s.read)
		}
	}
}
