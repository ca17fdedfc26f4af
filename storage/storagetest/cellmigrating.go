package storagetest

import (
	"fmt"
	"slices"
	"testing"
)

// MarkedBeforeChoices is the test that a day whose mark an older program counts just now keeps that what was chosen on
// it was never counted: that program takes the mark away by the number that it saw.
func MarkedBeforeChoices(t *testing.T, o Older) {
	t.Helper()
	_ = must(o.Migrate(t.Context(), "00106", nil))(t)
	seen := map[string]int{"2026-03-01": 0, "2026-03-02": -7, "2026-03-03": 1, "2026-03-04": 9}
	for day, seq := range seen {
		o.exec(t, fmt.Sprintf("INSERT INTO cell_marks (bucket, day, site, flow, seq) VALUES (0, '%s', 's', 'f', %d)", day, seq))
	}
	days := []string{"2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"}
	for _, day := range days {
		o.exec(t, fmt.Sprintf("INSERT INTO cells (bucket, dim, site, day, flow, service, staff, language, channel, l1, l2, l3, l4, l5, l6, l7)"+
			" VALUES (0, '', 's', '%s', 'f', '', '', '', '', 1, 0, 0, 0, 0, 0, 0)", day))
	}
	_ = must(o.Migrate(t.Context(), "00107", nil))(t)
	for day, seq := range seen {
		o.exec(t, fmt.Sprintf("DELETE FROM cell_marks WHERE bucket = 0 AND day = '%s' AND seq = %d", day, seq))
	}
	rows := must(o.DB.QueryContext(t.Context(), "SELECT day, seq FROM cell_marks WHERE unchosen ORDER BY day"))(t)
	defer rows.Close()
	var left []string
	for rows.Next() {
		var day string
		var seq int
		check(t, rows.Scan(&day, &seq))
		left = append(left, day)
		if was, marked := seen[day]; (seq <= 0) != (marked && was <= 0) {
			t.Errorf("%s was marked %d and is marked %d: whether it was ever counted is lost", day, was, seq)
		}
	}
	check(t, rows.Err())
	if !slices.Equal(left, days) {
		t.Errorf("what was chosen is known to be uncounted of %v, want %v", left, days)
	}
}
