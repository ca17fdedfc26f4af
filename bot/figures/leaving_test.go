package figures

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// shelves are services that lie in several buckets, and no answers.
type shelves struct {
	storage.Giving
	storage.Serving
	visits map[string][]storage.Visit
	asked  int // how often it was asked for visits
	listed int // how often for keys
}

func (s *shelves) ServedKeys(_ context.Context, b storage.Bucket, after string, limit int) (keys []storage.ServedKey, _ error) {
	s.listed++
	for key, visits := range s.visits {
		seen := map[storage.Bucket]bool{}
		for _, v := range visits {
			if !seen[v.Bucket] && (v.Bucket > b || v.Bucket == b && key > after) {
				keys, seen[v.Bucket] = append(keys, storage.ServedKey{Bucket: v.Bucket, Customer: key}), true
			}
		}
	}
	slices.SortFunc(keys, func(x, y storage.ServedKey) int {
		return cmp.Or(cmp.Compare(x.Bucket, y.Bucket), cmp.Compare(x.Customer, y.Customer))
	})
	return keys[:min(limit, len(keys))], nil
}

func (s *shelves) Visits(_ context.Context, customers []string) (map[string][]storage.Visit, error) {
	s.asked++
	all := map[string][]storage.Visit{}
	for _, key := range customers {
		all[key] = s.visits[key]
	}
	return all, nil
}

func (s *shelves) NamedAnswers(context.Context, []string) (map[string][]storage.NamedAnswer, error) {
	return map[string][]storage.NamedAnswer{}, nil
}

// Services of a customer lie in several buckets, and they are listed once, whatever a page holds and however many
// customers are looked at for one.
func TestWhoIsLostIsListedOnceAcrossBuckets(t *testing.T) {
	today := firstDay.AddDate(0, 0, 300)
	s := &shelves{visits: map[string][]storage.Visit{}}
	var want []string
	for i := range 1300 {
		key := fmt.Sprintf("k%04d", i)
		last := 200 // long ago
		if i%3 == 0 {
			last = 290
		} else {
			want = append(want, key)
		}
		for n, day := range []int{150, last} {
			s.visits[key] = append(s.visits[key], storage.Visit{At: firstDay.AddDate(0, 0, day), Site: "main", Bucket: storage.Bucket((i + 3*n) % 4)})
		}
	}
	for _, c := range []struct{ limit, patience int }{{50, 0}, {50, 400}, {7, 1}, {5000, 0}} {
		l := &Leavers{Store: s, Sites: []string{"main"}, Today: today, Usual: map[string]float64{"main": 30}, Within: 365, Patience: c.patience}
		var got []string
		for after := ""; ; {
			list, next, err := l.Lost(t.Context(), after, c.limit)
			if err != nil || len(list) > c.limit {
				t.Fatalf("%d in a list of %d, %v", len(list), c.limit, err)
			}
			for _, x := range list {
				got = append(got, x.Customer)
			}
			if next == "" || next == after {
				break
			}
			after = next
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("by %d, looking at %d: %d are listed, want %d", c.limit, c.patience, len(got), len(want))
		}
	}
	l := &Leavers{Store: s, Sites: []string{"main"}, Today: today, Usual: map[string]float64{"main": 30}, Within: 365, Patience: 500}
	s.asked, s.listed = 0, 0
	if list, next, err := l.Lost(t.Context(), "", 5000); err != nil || next == "" || len(list) == 0 || s.asked+s.listed > 2 {
		t.Errorf("a page that finds few looks %d times, %d, %q, %v", s.asked+s.listed, len(list), next, err)
	}
}

// Who became lost is so since the day after three usual intervals, and stands in a list of so many days from then on.
func TestSinceWhenSomebodyIsLost(t *testing.T) {
	for _, back := range []int{89, 90, 91, 97, 98} {
		s := &shelves{visits: map[string][]storage.Visit{"k": {{At: firstDay.AddDate(0, 0, 300-back), Site: "main"}}}}
		l := &Leavers{Store: s, Sites: []string{"main"}, Today: firstDay.AddDate(0, 0, 300), Usual: map[string]float64{"main": 30}, Within: 7}
		list, _, err := l.Lost(t.Context(), "", 9)
		if err != nil {
			t.Fatal(err)
		}
		lost := len(list) == 1
		if should := back > 90 && back <= 97; lost != should {
			t.Errorf("%d days after the latest visit: %v, want %v", back, list, should)
		}
		if since := firstDay.AddDate(0, 0, 300-back+91).Format(time.DateOnly); lost && list[0].Since != since {
			t.Errorf("%d days after the latest visit lost since %s, want %s", back, list[0].Since, since)
		}
	}
	elsewhere := &shelves{visits: map[string][]storage.Visit{"k": {{At: firstDay, Site: "harbour"}}}}
	for sites, usual := range map[string]float64{"main": 30, "harbour": 0} {
		l := &Leavers{Store: elsewhere, Sites: []string{sites}, Today: firstDay.AddDate(0, 0, 300), Within: 365}
		if usual > 0 {
			l.Usual = map[string]float64{sites: usual}
		}
		if list, _, err := l.Lost(t.Context(), "", 9); err != nil || len(list) > 0 {
			t.Errorf("of %s listed are %v, %v", sites, list, err)
		}
	}
}
