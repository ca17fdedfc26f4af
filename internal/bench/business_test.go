package main

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBothEnginesAreFilledWithTheSame: as many rows of each kind, days that are added up, and pages that find them.
func TestBothEnginesAreFilledWithTheSame(t *testing.T) {
	b, err := newBench(options{Answers: 1, InFlight: 1, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	const answers = 100 * questions
	var found [2]map[string]int
	for i, on := range []engine{onPostgres{b}, onSQLite{b}} {
		o, err := b.newOffice(t.Context(), on, "filled_office", answers, 20, 5)
		if err != nil {
			t.Fatalf("%s: %v", on, err)
		}
		if ready, err := o.store.AskedReady(t.Context()); err != nil || !ready {
			t.Errorf("%s: days of invitations are not added up: %v", on, err)
		}
		counts, err := o.store.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found[i] = map[string]int{"sessions": counts.Sessions, "answers": counts.Answers, "cases": counts.Cases}
		for _, at := range []string{"/reports/silence", "/reports/standards", "/reports/level", "/asking", "/asking/links", "/cases"} {
			c, err := o.cost(t.Context(), at+"?from=2020-01-01&to=2099-01-01")
			if err != nil || c.Status != http.StatusOK || c.Not != "" {
				t.Errorf("%s, %s: %d, %q, %v", on, at, c.Status, c.Not, err)
			}
			found[i][at+", bytes"] = c.First
		}
		if err := o.leave(); err != nil {
			t.Error(err)
		}
	}
	if found[0]["sessions"] < answers/questions || found[0]["cases"] < 20 {
		t.Errorf("there are %v", found[0])
	}
	for name, n := range found[0] {
		if diff := n - found[1][name]; diff > n/20 || -diff > n/20 { // pages say how long ago something was
			t.Errorf("%s: %d and %d", name, n, found[1][name])
		}
	}
	if diff := cmp.Diff(found[0]["answers"], found[1]["answers"]); diff != "" {
		t.Error(diff)
	}
}

// TestWhatIsRefusedIsNotFast: a page that was refused is not the slowest, and is said to be refused.
func TestWhatIsRefusedIsNotFast(t *testing.T) {
	fast, slow := pageCost{At: "/reports/words", Status: 200, Median: 1, Not: refused}, pageCost{At: "/reports/level", Status: 200, Median: 9}
	rows := append(rowsOf(onSQLite{}, []pageCost{{At: "/cases", Status: 200, Median: 2}, fast, slow}, 10, 1), rowsOfLong(onSQLite{}, []pageCost{fast, slow}, 10)...)
	refusals := 0
	for _, r := range rows {
		if r.Value == 1 && r.Target == atMost(0) {
			refusals++
		}
	}
	if refusals != 2 {
		t.Errorf("%d of two rows say that a page was refused: %+v", refusals, rows)
	}
	if said := fast.said(); said != " **refused: too much to read**" || slow.said() != "" {
		t.Errorf("%q, %q", said, slow.said())
	}
}
