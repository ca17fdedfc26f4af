package figures

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

func TestStandardsAreTheSameInAnyOrderOfServices(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 118))
	low, high := 45.0, 50.0
	standards := []invitation.Standard{{Service: []string{"Haircut"}, Measure: "wash_min", Low: &low}, {Measure: "wash_min", High: &high}}
	zone := func(string) *time.Location { return time.UTC }
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 1, 4, 12, 80, 600} {
		var list []storage.ServedEvent
		for i := range n {
			ended := now.AddDate(0, 0, -r.IntN(60))
			e := storage.ServedEvent{Event: storage.Event{
				Source: "till", ID: fmt.Sprint(i), Site: []string{"main", "harbour"}[r.IntN(2)], Service: []string{"Haircut", "Colour"}[r.IntN(2)], Ended: ended,
				Measures: map[string]float64{"wash_min": float64(40 + r.IntN(15))}, Promised: &storage.EventPromise{By: ended.Add(time.Duration(r.IntN(20)-10) * time.Minute)},
			}}
			if r.IntN(4) > 0 { // others are of nobody
				e.Customer = fmt.Sprint("c", r.IntN(1+n/3))
			}
			if r.IntN(2) == 0 {
				e.Answered, e.Level = true, 1+r.IntN(7)
			}
			list = append(list, e)
		}
		count := func() StandardFigures {
			c := NewStandardCount(standards, zone, "2026-01-20", "2026-03-09", now)
			for i := range list {
				c.Add(&list[i])
			}
			c.Hear("c1")
			c.Hear("c2")
			return c.Figures()
		}
		first := count()
		want := jsonOf(t, first)
		for range 5 {
			r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
			if got := jsonOf(t, count()); got != want {
				t.Fatalf("of %d services\n%s\nin another order\n%s", n, want, got)
			}
		}
		if first.Among("2026-01-20", "2026-03-09") > n || first.Among("2020-01-01", "2020-12-31") != 0 {
			t.Errorf("of %d services %d lie in all days", n, first.Among("2026-01-20", "2026-03-09"))
		}
		// The list and the share are of the same services.
		heard := map[string]bool{"c1": true, "c2": true}
		var within []storage.ServedEvent
		for i := range list {
			if DayOf(&list[i], zone) >= "2026-01-20" {
				within = append(within, list[i])
			}
		}
		if silent := Silent(within, first.All, heard, now); len(silent) != first.Silent.K {
			t.Errorf("of %d services %d failed in silence, %d are listed", n, first.Silent.K, len(silent))
		}
	}
}

// importedDay is a store in which a whole day was imported without times: all of its services are of one moment, and
// all of its cases of one day.
type importedDay struct {
	storage.Store

	at       time.Time
	services []storage.ServedEvent // by bucket and name
	cases    int
	reads    *int
}

const importBuckets = 4

func (s importedDay) Buckets() int { return importBuckets }

func (s importedDay) Sites(context.Context) ([]storage.Site, error) {
	return []storage.Site{{ID: "main"}}, nil
}

func (s importedDay) Served(_ context.Context, f storage.ServedFilter) ([]storage.ServedEvent, bool, error) {
	if *s.reads++; s.at.Before(f.From) || !s.at.Before(f.To) {
		return nil, false, nil
	}
	return s.services[:min(f.Limit, len(s.services))], len(s.services) > f.Limit, nil
}

func (s importedDay) ServedOn(_ context.Context, b storage.Bucket, after storage.ServedPlace, f storage.ServedFilter) (list []storage.ServedEvent, _ error) {
	*s.reads++
	for _, e := range s.services {
		if at := storage.EventBucket(e.Name(), importBuckets); len(list) < f.Limit && (at > b || at == b && e.Name() > after.Name) {
			list = append(list, e)
		}
	}
	return list, nil
}

func (s importedDay) FigureCases(_ context.Context, f storage.FigureFilter) ([]storage.FigureCase, bool, error) {
	if *s.reads++; s.at.Format(time.DateOnly) < f.From || s.at.Format(time.DateOnly) > f.To {
		return nil, false, nil
	}
	list := make([]storage.FigureCase, min(s.cases, f.Limit))
	for i := range list {
		list[i].Customer = fmt.Sprint("c", i)
	}
	return list, s.cases > f.Limit, nil
}

// TestADayWithoutTimesIsNeverTooMuch makes a result of more services of one moment, and more cases of one day, than are
// read at once.
func TestADayWithoutTimesIsNeverTooMuch(t *testing.T) {
	reads := 0
	s := importedDay{at: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), reads: &reads}
	of := func() StandardFigures {
		t.Helper()
		now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
		body, err := makeStandards(t.Context(), &Source{Store: s, Sites: []string{"main"}, Today: now.Truncate(24 * time.Hour), Now: now}, ResultKey{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := StandardsIn(body, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := of(); len(f.All) > 0 || reads > 2*importBuckets {
		t.Errorf("of nothing it is %+v after %d reads", f, reads)
	}
	const n = 2*servedBatch + 7
	for i := range n {
		s.services = append(s.services, storage.ServedEvent{Customer: fmt.Sprint("c", i), Event: storage.Event{
			Source: "till", ID: fmt.Sprintf("%06d", i), Site: "main", Ended: s.at, Promised: &storage.EventPromise{By: s.at.Add(-time.Minute)},
		}})
	}
	slices.SortFunc(s.services, func(a, b storage.ServedEvent) int {
		return cmp.Or(cmp.Compare(storage.EventBucket(a.Name(), importBuckets), storage.EventBucket(b.Name(), importBuckets)), cmp.Compare(a.Name(), b.Name()))
	})
	if f := of(); f.Days["2026-03-01"] != n || f.All[0].N != n || f.Silent.K != n {
		t.Errorf("of %d services of one moment %v are counted, %d in silence", n, f.Days, f.Silent.K)
	}
	s.cases = Most + 1
	if f := of(); f.Silent.K != 0 || f.Silent.N != n {
		t.Errorf("with a case of each %d of %d failed in silence", f.Silent.K, f.Silent.N)
	}
}

// TestServicesOfTheDaysChosenAloneAreTooMany chooses a day at sites of several zones: those of the days beside it are
// not counted against the limit, whatever the clocks of a zone do at midnight.
func TestServicesOfTheDaysChosenAloneAreTooMany(t *testing.T) {
	const limit = 48
	for _, one := range []struct{ zone, from, to string }{
		{"UTC", "2026-03-05", "2026-03-05"},
		{"Asia/Tokyo", "2026-03-05", "2026-03-06"},
		{"America/Los_Angeles", "2026-03-08", "2026-03-08"},
		{"Europe/Berlin", "2025-10-26", "2025-10-26"},
		{"Atlantic/Azores", "2025-10-26", "2025-10-26"},
		{"America/Havana", "2025-11-02", "2025-11-02"},
		{"Asia/Beirut", "2025-03-30", "2025-03-30"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04"},
		{"Pacific/Apia", "2011-12-29", "2011-12-31"},
		{"Pacific/Kiritimati", "2026-03-05", "2026-03-05"},
	} {
		zone, err := time.LoadLocation(one.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := func(string) *time.Location { return zone }
		day, _ := time.Parse(time.DateOnly, one.from)
		var s everyHalfHour
		want := 0
		for from := day.AddDate(0, 0, -3); from.Before(day.AddDate(0, 0, 5)); from = from.Add(30 * time.Minute) {
			e := storage.ServedEvent{Event: storage.Event{Source: "till", ID: fmt.Sprint(len(s.all)), Site: "main", Ended: from}}
			if got := DayOf(&e, at); one.from <= got && got <= one.to {
				want++
			}
			s.all = append(s.all, e)
		}
		f := storage.FigureFilter{Sites: []string{"main"}, From: one.from, To: one.to, Limit: want}
		list, more, err := Served(t.Context(), s, f, at)
		if err != nil || more || len(list) != want || want < limit-2 {
			t.Errorf("in %s %d of %d lie on %s to %s: %v, %v", one.zone, len(list), want, one.from, one.to, more, err)
		}
		f.Limit--
		if _, more, err := Served(t.Context(), s, f, at); err != nil || !more {
			t.Errorf("in %s one more than the limit: %v, %v", one.zone, more, err)
		}
	}
	// Of two zones each has its own day, and they share the limit.
	zone := func(site string) *time.Location {
		if site == "main" {
			return time.UTC
		}
		return time.FixedZone("east", 9*3600)
	}
	var s everyHalfHour
	for i := range 200 {
		for _, site := range []string{"main", "harbour"} {
			s.all = append(s.all, storage.ServedEvent{Event: storage.Event{Source: "till", ID: fmt.Sprint(site, i), Site: site, Ended: firstDay.Add(time.Duration(i) * 30 * time.Minute)}})
		}
	}
	day := firstDay.AddDate(0, 0, 2).Format(time.DateOnly)
	f := storage.FigureFilter{Sites: []string{"main", "harbour"}, From: day, To: day, Limit: 2 * limit}
	if list, more, err := Served(t.Context(), s, f, zone); err != nil || more || len(list) != 2*limit {
		t.Errorf("of two zones there are %d: %v, %v", len(list), more, err)
	}
	f.Limit--
	if _, more, err := Served(t.Context(), s, f, zone); err != nil || !more {
		t.Errorf("one more than the limit in two zones: %v, %v", more, err)
	}
}

// everyHalfHour is a store of services.
type everyHalfHour struct {
	storage.Serving

	all []storage.ServedEvent
}

func (s everyHalfHour) Served(_ context.Context, f storage.ServedFilter) (list []storage.ServedEvent, more bool, _ error) {
	for _, e := range s.all {
		if slices.Contains(f.Sites, e.Site) && !e.At().Before(f.From) && e.At().Before(f.To) {
			list = append(list, e)
		}
	}
	return list[:min(len(list), f.Limit)], len(list) > f.Limit, nil
}

// TestWhatBrokeOtherStandardsIsNoFailureOfThoseInForce reads a result after standards were added, removed or replaced.
func TestWhatBrokeOtherStandardsIsNoFailureOfThoseInForce(t *testing.T) {
	low, high := 45.0, 50.0
	one, other := invitation.Standard{Measure: "wash_min", Low: &low}, invitation.Standard{Measure: "wash_min", High: &high}
	c := NewStandardCount([]invitation.Standard{one, other}, func(string) *time.Location { return time.UTC }, "2026-03-01", "2026-03-09", firstDay.AddDate(9, 0, 0))
	for i := range 40 {
		c.Add(&storage.ServedEvent{Customer: fmt.Sprint("c", i), Event: storage.Event{
			Source: "till", ID: fmt.Sprint(i), Ended: time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC), Measures: map[string]float64{"wash_min": 30},
		}})
	}
	body := []byte(jsonOf(t, c.Figures()))
	for _, x := range []struct {
		now     []invitation.Standard
		told    int
		changed bool
	}{{[]invitation.Standard{other, one}, 2, false}, {[]invitation.Standard{other}, 1, true}, {nil, 0, true}, {[]invitation.Standard{one, other, {Measure: "talk", Low: &low}}, 2, true}} {
		f, err := StandardsIn(body, x.now)
		if err != nil || len(f.All) != x.told || f.Changed != x.changed || (f.Silent.N == 0) != x.changed || f.Silent.Rated() == x.changed {
			t.Errorf("of %d standards it is %+v: %v", len(x.now), f, err)
		}
	}
}
