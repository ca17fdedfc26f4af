package invitation_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
)

func visits(days ...int) (all []time.Time) {
	for _, d := range days {
		all = append(all, noon.Add(time.Duration(d)*day))
	}
	return all
}

// A usual interval is known from the third visit on, is the middle one, and two services of one
// visit are one.
func TestTheUsualIntervalIsTheMiddleOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		days []int
		want time.Duration
	}{
		{nil, 0}, {[]int{0}, 0}, {[]int{0, 7}, 0}, {[]int{0, 7, 14}, 7 * day}, {[]int{0, 7, 14, 114}, 7 * day}, {[]int{0, 0, 0, 7}, 0}, {[]int{0, 30, 37, 44}, 7 * day},
	} {
		got, ok := invitation.Usually(visits(c.days...))
		if got != c.want || ok != (c.want > 0) {
			t.Errorf("%v: %s, %t", c.days, got, ok)
		}
	}
}

// Whoever stays away for three of their usual intervals is lost, and found once they come again.
func TestWhoStaysAwayIsLostOnce(t *testing.T) {
	t.Parallel()
	trigger := invitation.Trigger{Name: "gone", On: invitation.OnLost, Intervals: 3, Stale: recovery.Span(30 * day)}
	weekly := visits(0, 7, 14)
	key := ""
	for d := range 120 {
		m, ok := trigger.Falls(weekly, time.Time{}, noon.Add(time.Duration(d)*day))
		if want := d >= 35 && d <= 65; ok != want {
			t.Errorf("on day %d: %t", d, ok)
		}
		if ok && key != "" && m.Key != key {
			t.Errorf("on day %d it is another loss: %s", d, m.Key)
		}
		if ok {
			key = m.Key
		}
	}
	back := append(weekly, visits(60, 67, 74)...)
	if _, ok := trigger.Falls(back, time.Time{}, noon.Add(75*day)); ok {
		t.Error("lost although they came again")
	}
	if m, ok := trigger.Falls(back, time.Time{}, noon.Add(100*day)); !ok || m.Key == key {
		t.Errorf("lost again: %s, %t", m.Key, ok)
	}
}

// TestTimeAsksNobodyTooOften looks every hour of two years at a customer who comes as it happens:
// nobody is asked twice for one loss, or twice in the time that lies between two questions, and
// whoever was not served often enough not at all.
func TestTimeAsksNobodyTooOften(t *testing.T) {
	t.Parallel()
	total := map[invitation.On]int{}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		again := invitation.Trigger{On: invitation.OnTime, Every: recovery.Span(time.Duration(20+r.IntN(80)) * day), AtLeast: 1 + r.IntN(4), Within: recovery.Span(time.Duration(30+r.IntN(90)) * day)}
		lost := invitation.Trigger{On: invitation.OnLost, Intervals: 2 + r.IntN(3), Stale: recovery.Span(10 * day)}
		var served []time.Time
		var asked time.Time
		seen := map[string]bool{}
		next := noon
		for now := noon; now.Before(noon.Add(700 * day)); now = now.Add(7 * time.Hour) {
			if !now.Before(next) {
				served = append(served, next)
				next = now.Add(time.Duration(1+r.IntN(20)) * day)
				if r.IntN(8) == 0 {
					next = next.Add(100 * day)
				}
			}
			if m, ok := again.Falls(served, asked, now); ok && !seen[m.Key] {
				seen[m.Key] = true
				if r.IntN(2) == 0 { // else the policy leaves them in peace
					within := 0
					for _, s := range served {
						if now.Sub(s) <= time.Duration(again.Within) {
							within++
						}
					}
					if !asked.IsZero() && now.Sub(asked) < time.Duration(again.Every) || within < again.AtLeast {
						t.Fatalf("asked %s after another, served %d times", now.Sub(asked), within)
					}
					asked = now
					total[invitation.OnTime]++
				}
			}
			if m, ok := lost.Falls(served, time.Time{}, now); ok && !seen[m.Key] {
				seen[m.Key] = true
				total[invitation.OnLost]++
				usual, known := invitation.Usually(served)
				if away := now.Sub(served[len(served)-1]); !known || away < time.Duration(lost.Intervals)*usual {
					t.Fatalf("lost after %s, with %s between visits", away, usual)
				}
			}
		}
	}
	if total[invitation.OnTime] < 50 || total[invitation.OnLost] < 20 {
		t.Errorf("the test shows little: %v", total)
	}
}

// A trigger that has hours asks at no other, also where the clocks change, and says why somebody
// waits; who would wait for too long is not asked.
func TestATriggerAsksAtItsHours(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p, visit, f := asking()
	visit.On, visit.Every = invitation.OnTime, recovery.Span(90*day)
	visit.Between = recovery.Week{time.Sunday: {{From: 9 * 60, To: 10 * 60}}, time.Tuesday: {{From: 14 * 60, To: 17 * 60}}}
	f.Site.Zone = berlin
	for now, want := range map[string]string{
		"2026-03-10T13:00:00Z": "",                     // Tuesday, 14:00 in Berlin
		"2026-03-10T15:59:59Z": "",                     // the last second of it
		"2026-03-10T12:59:00Z": "2026-03-10T13:00:00Z", // a minute before
		"2026-03-28T12:00:00Z": "2026-03-29T07:00:00Z", // Sunday at nine, after the clocks went forward
		"2026-10-24T12:00:00Z": "2026-10-25T08:00:00Z", // and after they went back
		"2026-03-10T16:00:00Z": "too long",             // the next hour is on Sunday, after five days
	} {
		f.Now, _ = time.Parse(time.RFC3339, now)
		f.Due = f.Now
		d := p.Decide(visit, f)
		switch {
		case want == "" && d.State != invitation.Sending:
			t.Errorf("%s: %+v", now, d)
		case want == "too long" && d.Reason != invitation.HeldTooLong:
			t.Errorf("%s: %+v", now, d)
		case want != "" && want != "too long" && (d.State != invitation.Scheduled || d.Reason != invitation.OutsideHours || d.From.UTC().Format(time.RFC3339) != want || d.Rule != "triggers.visit.between"):
			t.Errorf("%s: %+v, want to wait until %s", now, d, want)
		}
		if d.Reason == invitation.OutsideHours && d.Words(berlin) == "" {
			t.Error("it does not say why")
		}
	}
}
