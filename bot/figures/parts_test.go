package figures

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// givenStore is a store of conversations in several buckets, those of a customer in many of them.
type givenStore struct {
	storage.Store

	all   []storage.GivenSession
	reads *int // conversations that were read
}

const givenBuckets = 3

func (s givenStore) Buckets() int { return givenBuckets }

func (s givenStore) GivenAfter(_ context.Context, b storage.Bucket, after storage.GivenPlace, f storage.FigureFilter) (list []storage.GivenSession, _ error) {
	for i, one := range s.all {
		if i%givenBuckets == int(b) && one.ID > after.ID {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b storage.GivenSession) int { return cmp.Compare(a.ID, b.ID) })
	list = list[:min(len(list), f.Limit)]
	*s.reads += len(list)
	return list, nil
}

// TestFiguresAreTheSameInHoweverManyParts makes results with ever less room for customers: every number stays the same
// to its last digit as in one part, and as of answers that are read one by one.
func TestFiguresAreTheSameInHoweverManyParts(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 118))
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 1, 3, 12, 60, 900} {
		list, flows := givenByChance(r, n, max(1, n/3))
		reads := 0
		make := func(held int) GivenFigures {
			t.Helper()
			body, err := makeGiven(t.Context(), &Source{Store: givenStore{all: list, reads: &reads}, Flows: flows, Sites: []string{"main"}, Today: now.Truncate(24 * time.Hour), Now: now, Held: held}, ResultKey{})
			if err != nil {
				t.Fatal(err)
			}
			all, err := GivenIn(body)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		whole := make(0)
		if reads != n {
			t.Errorf("%d conversations that fit were read %d times", n, reads)
		}
		lately := Lately(whole.To)
		if got, want := jsonOf(t, whole.Expectation[""]), jsonOf(t, ExpectationOf(list, flows, lately)); got != want {
			t.Errorf("of %d: the expectation kept is\n%s\none by one\n%s", n, got, want)
		}
		if got, want := jsonOf(t, whole.Quality[""]), jsonOf(t, QualityOf(list, flows)); got != want {
			t.Errorf("of %d: the quality kept is\n%s\none by one\n%s", n, got, want)
		}
		for _, held := range []int{8, 40, 300} {
			if got, want := jsonOf(t, make(held)), jsonOf(t, whole); got != want {
				t.Errorf("of %d with room for %d records it is\n%s\nwant\n%s", n, held, got, want)
			}
		}
	}
}

// TestStandardsAreTheSameInHoweverManyParts does the same with services, some of nobody, and with cases.
func TestStandardsAreTheSameInHoweverManyParts(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 119))
	low := 45.0
	standards := []invitation.Standard{{Service: []string{"Haircut"}, Measure: "wash_min", Low: &low}, {Measure: "wash_min", High: &low}}
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 1, 4, 12, 80, 600} {
		reads := 0
		s := importedDay{at: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), reads: &reads, cases: n / 9}
		for i := range n {
			ended := now.AddDate(0, 0, -r.IntN(60))
			e := storage.ServedEvent{Event: storage.Event{
				Source: "till", ID: fmt.Sprint(i), Site: []string{"main", "harbour"}[r.IntN(2)], Service: []string{"Haircut", "Colour"}[r.IntN(2)], Ended: ended,
				Measures: map[string]float64{"wash_min": float64(40 + r.IntN(15))}, Promised: &storage.EventPromise{By: ended.Add(time.Duration(r.IntN(20)-10) * time.Minute)},
			}}
			if r.IntN(4) > 0 {
				e.Customer = fmt.Sprint("c", r.IntN(1+n/3))
			}
			if r.IntN(2) == 0 {
				e.Answered, e.Level = true, 1+r.IntN(7)
			}
			s.services = append(s.services, e)
		}
		slices.SortFunc(s.services, func(a, b storage.ServedEvent) int {
			return cmp.Or(cmp.Compare(storage.EventBucket(a.Name(), importBuckets), storage.EventBucket(b.Name(), importBuckets)), cmp.Compare(a.Name(), b.Name()))
		})
		make := func(held int) string {
			t.Helper()
			body, err := makeStandards(t.Context(), &Source{
				Store: s, Sites: []string{"main"}, Today: now.Truncate(24 * time.Hour), Now: now, Held: held,
				Standards: func(context.Context) ([]invitation.Standard, error) { return standards, nil },
			}, ResultKey{})
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		whole := make(0)
		once := reads
		for _, held := range []int{80, 250} {
			reads = 0
			if got := make(held); got != whole {
				t.Errorf("of %d services with room for %d records it is\n%s\nwant\n%s", n, held, got, whole)
			}
			if n == 600 && reads < 3*once {
				t.Errorf("%d services fit into %d records: %d reads", n, held, reads)
			}
		}
	}
}

// heldMost is a count that says how many records it held at most, and who was folded.
type heldMost struct {
	*whom
	now    map[uint64]bool
	most   int
	folded map[uint64]int
}

func (h *heldMost) add(who uint64) {
	if h.counted(who) {
		h.now[who] = true
		h.most = max(h.most, len(h.now))
	}
}

func (h *heldMost) held() int { return len(h.now) }

func (h *heldMost) drop() { h.now = map[uint64]bool{} }

func (h *heldMost) fold() {
	for who := range h.now {
		h.folded[who]++
	}
	h.drop()
}

// TestNoMoreCustomersAreHeldThanThereIsRoomFor reads rows of many customers in ever less room: no more are held than
// the room and what one row brings, each is folded once, and the rows are not read much oftener than they must.
func TestNoMoreCustomersAreHeldThanThereIsRoomFor(t *testing.T) {
	for _, x := range []struct{ customers, room int }{{0, 10}, {10, 10}, {11, 10}, {5000, 1000}, {5000, 100}, {40, 3}} {
		h := &heldMost{whom: newWhom(), now: map[uint64]bool{}, folded: map[uint64]int{}}
		reads := 0
		err := inParts(h.whom, x.room, func(full func() bool) error {
			reads++
			for i := range 3 * x.customers {
				if h.add(h.named(fmt.Sprint(i % x.customers))); full() {
					return nil
				}
			}
			return nil
		}, h)
		// Where the room is for few, parts are of none or of two oftener.
		if err != nil || h.most > x.room+1 || len(h.folded) != x.customers || x.room >= 100 && reads > 2*x.customers/x.room+12 {
			t.Errorf("of %d customers in room for %d at most %d were held, %d folded, in %d reads: %v", x.customers, x.room, h.most, len(h.folded), reads, err)
		}
		for who, times := range h.folded {
			if times != 1 {
				t.Fatalf("%d was folded %d times", who, times)
			}
		}
	}
	bad := errors.New("bad")
	h := &heldMost{whom: newWhom()}
	if err := inParts(h.whom, 1, func(func() bool) error { return bad }, h); !errors.Is(err, bad) {
		t.Errorf("a read that fails: %v", err)
	}
}

// TestAResultHoldsNoMoreRecordsThanItsRoom looks after every row how many records the counts of results hold.
func TestAResultHoldsNoMoreRecordsThanItsRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 120))
	list, flows := givenByChance(r, 900, 300)
	for _, room := range []int{8, 50, 200} {
		w := newWhom()
		e, q := newExpectationCount(w, flows, ""), newQualityCount(w, flows)
		most, folded := 0, 0
		err := inParts(w, room, func(full func() bool) error {
			for i := range list {
				e.add(&list[i])
				q.add(&list[i])
				records := 0
				for _, of := range e.by {
					records += len(of.by)
				}
				for _, of := range q.by {
					records += len(of.by)
				}
				if most = max(most, records); full() {
					return nil
				}
			}
			folded++
			return nil
		}, e, q)
		if err != nil || most > room+2 || folded < 500/room || e.held()+q.held() != 0 {
			t.Errorf("in room for %d at most %d records were held, in %d parts: %v", room, most, folded, err)
		}
	}
}

func TestASumOfProductsIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 121))
	var w wide
	want := new(big.Int)
	for i := range 5000 {
		a, b := int64(r.Uint64()), int64(r.Uint64())
		if i%7 == 0 {
			a, b = math.MinInt64, math.MinInt64+int64(i%2)
		}
		w.add(a, b)
		want.Add(want, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
		if w.whole().Cmp(want) != 0 {
			t.Fatalf("after %d products it is %v, want %v", i+1, w.whole(), want)
		}
	}
	w = wide{}
	w.add(-3, fixedUnit/2)
	if got := w.float(fixedBits); got != -1.5 {
		t.Errorf("minus one and a half is %v", got)
	}
}

// TestExactSumsSayWhatTheMethodsSay holds a mean and how far questions belong together, of exact sums, against the
// methods of report, of the values themselves.
func TestExactSumsSayWhatTheMethodsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 122))
	var exact means
	var sums report.ClusteredSums
	var rows [][]float64
	var all belonging
	for range 300 {
		m, y := uint32(1+r.IntN(5)), float64(r.IntN(900)-400)/2
		exact.add(given{m, fixedOf(y)})
		sums.Add(float64(m), y)
		base := r.IntN(5)
		row := []float64{float64(25 * base), 100 * float64(base+r.IntN(3)) / 6, float64(25 * r.IntN(5))}
		rows = append(rows, row)
		all.add(row)
	}
	got, want := exact.mean(), sums.Mean()
	if got.N != want.N || got.Customers != want.Customers {
		t.Errorf("%+v, want %+v", got, want)
	}
	about(t, "the mean", got.Mean, want.Mean)
	about(t, "its low end", got.Within.Low, want.Within.Low)
	alpha, within := all.alpha()
	wanted, wantedIn := report.Alpha(rows)
	about(t, "alpha", alpha, wanted)
	about(t, "its low end", within.Low, wantedIn.Low)
	about(t, "its high end", within.High, wantedIn.High)
	var same belonging
	for range 40 {
		same.add([]float64{50, 50})
	}
	if alpha, _ := same.alpha(); !math.IsNaN(alpha) {
		t.Errorf("of answers that are all the same alpha is %v", alpha)
	}
}
