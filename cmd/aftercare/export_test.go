package main

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
)

func TestRowsAreWrittenAsTablesAndAsLines(t *testing.T) {
	columns := []string{"text", "value", "test", "revision", "day"}
	rows := func(row func([]any) error) error {
		for _, r := range [][]any{{"=1+1", 2.5, true, int64(1), nil}, {"a \"quote\", and\na line", nil, false, int64(2), "2026-03-01"}} {
			if err := row(r); err != nil {
				return err
			}
		}
		return nil
	}
	var table, lines strings.Builder
	if err := asCSV(&table, columns, rows); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(strings.NewReader(table.String())).ReadAll()
	if err != nil || len(got) != 3 || strings.Join(got[1], "|") != "'=1+1|2.5|true|1|" || got[2][0] != "a \"quote\", and\na line" {
		t.Errorf("the table is %q, %v", got, err)
	}
	if err := asJSONL(&lines, columns, rows); err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(lines.String()), "\n")
	var first struct {
		Text string
		Test bool
		Day  *string
	}
	if err := json.Unmarshal([]byte(all[0]), &first); len(all) != 2 || err != nil || first.Text != "=1+1" || !first.Test || first.Day != nil || !strings.HasPrefix(all[0], `{"text":`) {
		t.Errorf("the lines are %q, %v", all, err)
	}
}
