package sqlstore

import (
	"errors"
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
		got, err := readFacts(nil, &storage.FigureFilter{From: from, To: "2026-12-31"}, "main", text)
		if diff := cmp.Diff(of, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("from %s: %v (-want +got):\n%s", from, err, diff)
		}
	}
	for _, wrong := range []string{"2", "1x", text[1:], text + "\x1f", text + "\x1ea\x1fb"} {
		if _, err := readFacts(nil, &storage.FigureFilter{From: "2026-01-01", To: "2026-12-31"}, "main", wrong); !errors.Is(err, errFacts) {
			t.Errorf("%q is read, %v", wrong, err)
		}
	}
}
