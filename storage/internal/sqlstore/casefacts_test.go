package sqlstore

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// TestCasesComeBackFromTheirDay: whatever a key, a name or a cause is made of.
func TestCasesComeBackFromTheirDay(t *testing.T) {
	opened := time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC)
	var want []storage.FigureCase
	for _, odd := range []string{"", "plain", `back\slash`, `\r\u\\`, "\x1e", "a\x1fb", "两\x1e\x1f\\", "1"} {
		want = append(want, storage.FigureCase{
			ID: "id " + odd, Day: "2026-03-01", Site: "main", Flow: odd, Service: odd, Staff: odd, Language: odd, Channel: odd, Level: 2, Customer: odd, Identity: odd,
			OpenedAt: opened, Taken: opened.Add(time.Microsecond), Contacted: opened.Add(-time.Hour), Resolved: opened, Reopens: 3, Cause: odd, Asked: true,
			Missed: []recovery.Clock{recovery.ClockContact, recovery.ClockResolve}, Settled: recovery.SettledPartly, Recovered: recovery.RecoveredNot,
		}, storage.FigureCase{ID: "none of " + odd, Day: "2026-02-01", Site: "main", OpenedAt: opened, EndedAt: opened.AddDate(0, 1, 0)})
	}
	first, last, text := factsOf(slices.Clone(want))
	if first != "2026-02-01" || last != "2026-03-01" {
		t.Errorf("they are on days from %s to %s", first, last)
	}
	byID := func(a, b storage.FigureCase) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(want, byID)
	for from, of := range map[string][]storage.FigureCase{
		"2026-01-01": want,
		"2026-02-02": slices.DeleteFunc(slices.Clone(want), func(c storage.FigureCase) bool { return c.Day < "2026-03-01" }),
		"2026-03-02": nil,
	} {
		got, err := readFacts(nil, &storage.FigureFilter{From: from, To: "2026-12-31"}, "main", text, math.MaxInt)
		if diff := cmp.Diff(of, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("from %s: %v (-want +got):\n%s", from, err, diff)
		}
	}
	for _, wrong := range []string{"2", "1x", text[1:], text + "\x1f", text + "\x1ea\x1fb"} {
		if _, err := readFacts(nil, &storage.FigureFilter{From: "2026-01-01", To: "2026-12-31"}, "main", wrong, math.MaxInt); !errors.Is(err, errFacts) {
			t.Errorf("%q is read, %v", wrong, err)
		}
	}
}

// TestFewCasesOfManyTakeLittleRoom: as many as a filter takes, and no more than anybody asked for.
func TestFewCasesOfManyTakeLittleRoom(t *testing.T) {
	const days, each = 20, 500
	buckets := func() []bucketCases {
		all := make([]bucketCases, 2)
		for b := range all {
			for day := range days {
				var cases []storage.FigureCase
				for i := range each {
					service := "often"
					if i == 0 {
						service = "seldom"
					}
					cases = append(cases, storage.FigureCase{ID: fmt.Sprint(b, day, i), Day: fmt.Sprintf("2026-03-%02d", day+1), Site: "main", Service: service})
				}
				_, _, text := factsOf(cases)
				all[b].kept = append(all[b].kept, keptDay{caseDay: caseDay{site: "main", day: cases[0].Day}, facts: text})
			}
		}
		return all
	}
	for _, c := range []struct {
		filter     storage.FigureFilter
		want, room int // room: for so many cases at any time
		more       bool
	}{
		{storage.FigureFilter{Service: "seldom", Limit: 1_000_000}, 2 * days, 500, false},
		{storage.FigureFilter{Service: "seldom", Limit: 10}, 10, 100, true},
		{storage.FigureFilter{Limit: 10}, 10, 22, true},
		{storage.FigureFilter{Limit: 1_000_000}, 2 * days * each, 2 * days * each, false},
	} {
		all := buckets()
		c.filter.From, c.filter.To = "2026-03-01", "2026-03-31"
		list := placeCases(all, &c.filter)
		room := cap(list)
		for b := range all {
			if err := all[b].read(&c.filter, c.filter.Limit+1); err != nil {
				t.Fatal(err)
			}
			if cap(list) == 0 {
				room += cap(all[b].list)
			}
		}
		list, more := joinCases(list, all, c.filter.Limit)
		seen := map[string]bool{}
		for i := range list {
			seen[list[i].ID] = true
		}
		if len(list) != c.want || len(seen) != c.want || more != c.more || room > c.room {
			t.Errorf("%+v: %d cases, more %v, room for %d; want %d, %v, room for %d", c.filter, len(list), more, room, c.want, c.more, c.room)
		}
	}
	all := buckets() // one day of them
	f := storage.FigureFilter{From: "2026-03-01", To: "2026-03-01", Limit: 1_000_000}
	list := placeCases(all, &f)
	for b := range all {
		if err := all[b].read(&f, f.Limit+1); err != nil {
			t.Fatal(err)
		}
	}
	if list, _ = joinCases(list, all, f.Limit); len(list) != 2*each || cap(list) > 2*len(list) {
		t.Errorf("%d cases keep room for %d", len(list), cap(list))
	}
}

// FuzzCasesOfADay: whatever is read of a day is kept again as the same cases, and what cannot be read is an error.
func FuzzCasesOfADay(f *testing.F) {
	opened := time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC)
	_, _, text := factsOf([]storage.FigureCase{
		{ID: "a", Day: "2026-03-01", Flow: `back\slash`, OpenedAt: opened, Taken: opened, Missed: []recovery.Clock{recovery.ClockContact}, Customer: "两\x1e\x1f"},
		{ID: "b", Day: "2026-03-02", OpenedAt: opened, EndedAt: opened.Add(-time.Hour), Settled: recovery.SettledPartly, Level: 7, Reopens: 12},
	})
	for _, seed := range []string{text, factsForm, "", "2", text + aRecord, text + dayEnd + text} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		any := storage.FigureFilter{From: "", To: "\xff"}
		read, err := readFacts(nil, &any, "main", text, math.MaxInt)
		if err != nil {
			return
		}
		_, _, again := factsOf(read)
		kept, err := readFacts(nil, &any, "main", again, math.MaxInt)
		if diff := cmp.Diff(read, kept, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%q is kept as %q: %v\n%s", text, again, err, diff)
		}
	})
}

// TestDaysAreTakenApartAgain: those that a database put together, whatever they keep, and one that stands alone.
func TestDaysAreTakenApartAgain(t *testing.T) {
	_, _, busy := factsOf([]storage.FigureCase{{ID: "a", Customer: "\x1e\x1e1"}, {ID: "b", Customer: "1"}})
	want := []string{"main " + busy, "pier " + factsForm, "main " + factsForm, "pier " + busy}
	together := make([]string, len(want))
	for i, day := range want {
		together[i] = strings.Replace(day, " ", aUnit, 1)
	}
	var got []string
	for _, of := range []keptDay{{facts: strings.Join(together, dayEnd)}, {caseDay: caseDay{"main", "2026-03-01"}, facts: busy}} {
		for site, facts := range siteDays(&of) {
			got = append(got, site+" "+facts)
		}
	}
	if diff := cmp.Diff(append(want, "main "+busy), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
