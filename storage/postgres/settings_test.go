package postgres

import (
	"testing"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestEveryConnectionPlansAsTheTestsDo: the tests of plans and of pages touched set the same by hand.
func TestEveryConnectionPlansAsTheTestsDo(t *testing.T) {
	a, err := parse(pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	db := a.pool(Options{}.withDefaults(), 1)
	defer db.Close()
	for name, want := range map[string]string{
		"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan", "jit": "off", "max_parallel_workers_per_gather": "0",
	} {
		var got string
		if err := db.QueryRowContext(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, not %q: %v", name, got, want, err)
		}
	}
}
