package bot

import (
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// storedIn is everything in a database that must not depend on what went wrong, a line
// each: neither ids nor times.
func storedIn(t *testing.T, path string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var lines []string
	for _, q := range []string{
		"SELECT 'session', flow, status, composite, level, unsatisfied, test, case_id > '', identity FROM sessions",
		"SELECT 'answer', s.flow, json_remove(a.value, '$.at') FROM sessions s, json_each(s.body, '$.answers') a",
		"SELECT 'earlier', s.flow, json_remove(a.value, '$.at') FROM sessions s, json_each(s.body, '$.Earlier') a",
		"SELECT 'case', number, state, priority, holder, json_extract(body, '$.reopens'), json_extract(body, '$.outcome.settled'), tell_at IS NULL, unposted FROM cases",
		"SELECT 'event', e.kind, e.person, e.detail, e.note, count(*) FROM case_events e GROUP BY 2, 3, 4, 5",
		"SELECT 'words', inbound, text, files, case_id > '' FROM words",
		"SELECT 'feedback', kind, text, announced IS NULL, case_id > '' FROM feedback",
		"SELECT 'parked', error FROM parked",
		"SELECT 'staff', person, staff FROM staff_links",
		"SELECT 'delivery', d.chat, d.kind, json_extract(d.render, '$.title'), json_extract(d.render, '$.text'), json_extract(d.render, '$.state'), json_extract(d.render, '$.quotes'), row_number() OVER (PARTITION BY d.chat ORDER BY ord) FROM deliveries d",
		"SELECT 'counted', sessions, answers, cases FROM buckets",
	} {
		rows, err := db.Query(q)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, uncertain(strings.TrimSpace(fmt.Sprintln(values...))))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

// uncertain takes out of a text what differs between two runs of the same: ids, times, how far
// away a deadline was when it was drawn, and which of the questions comes first that are shuffled by the session's.
func uncertain(s string) string {
	return byChance.ReplaceAllString(s, "…")
}

var byChance = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|20\d\d-[-0-9:T.]+Z` +
	`|\(\d+ (?:min|h|d)\)|late by \d+ (?:min|h|d)` +
	`|How fair or unfair was (the outcome|the way it was handled \(time, effort\))\?|How fairly or unfairly were you treated\?|How satisfied or dissatisfied were you with (how quickly we|the staff who) served you\?`)
