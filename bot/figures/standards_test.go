package figures

import (
	"errors"
	"fmt"
	"math/rand/v2"
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
			c.Hear("c1")
			for i := range list {
				c.Add(&list[i])
			}
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

func TestWhatIsTooMuchAtOnceIsReadInHalves(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, most := range []time.Duration{time.Hour, 5 * time.Hour, 100 * time.Hour} {
		read, at := time.Duration(0), from
		err := divided(from, from.Add(49*time.Hour), time.Hour, func(a, b time.Time) (bool, error) {
			if b.Sub(a) > most {
				return true, nil
			}
			if !a.Equal(at) {
				t.Errorf("after %v it goes on with %v", at, a)
			}
			read, at = read+b.Sub(a), b
			return false, nil
		})
		if err != nil || read != 49*time.Hour {
			t.Errorf("%v were read: %v", read, err)
		}
	}
	if err := divided(from, from.Add(4*time.Hour), time.Hour, func(_, _ time.Time) (bool, error) { return true, nil }); !errors.Is(err, ErrTooMany) {
		t.Errorf("an hour that is too much: %v", err)
	}
}
