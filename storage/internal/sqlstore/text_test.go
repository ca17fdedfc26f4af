package sqlstore

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRowsAreSplitIntoKnownSizes(t *testing.T) {
	ts := &texts{dialect: Dialect{Bind: sqlx.QUESTION}}
	l := ts.rows("t", []string{"a", "b"}, "").sized
	for n, want := range map[int][]int{0: nil, 1: {1}, 3: {2, 1}, 63: {32, 16, 8, 4, 2, 1}, 64: {64}, 100: {64, 32, 4}, 130: {64, 64, 2}} {
		var got []int
		next := 0
		err := l.chunks(n, func(text string, from, to int) error {
			if from != next || strings.Count(text, "?") != 2*(to-from) {
				t.Errorf("%d rows: %d to %d after %d with %q", n, from, to, next, text)
			}
			next = to
			got = append(got, to-from)
			return nil
		})
		if err != nil || next != n {
			t.Errorf("%d rows: ended at %d, %v", n, next, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d rows (-want +got):\n%s", n, diff)
		}
	}
	stop := errors.New("stop")
	if err := l.chunks(9, func(string, int, int) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error was lost: %v", err)
	}
}

func TestStatementsStayAsNarrowAsTheDialectWants(t *testing.T) {
	ts := &texts{dialect: Dialect{Bind: sqlx.QUESTION, MostParameters: 10}}
	l := ts.rows("t", []string{"a", "b", "c"}, "").sized
	total := 0
	if err := l.chunks(9, func(text string, from, to int) error {
		total += to - from
		if n := strings.Count(text, "?"); n > 10 || n != 3*(to-from) {
			t.Errorf("%d parameters for %d rows", n, to-from)
		}
		return nil
	}); err != nil || total != 9 {
		t.Fatalf("%d rows, %v", total, err)
	}
}

func TestASelectIsRepeatedForEveryKey(t *testing.T) {
	ts := &texts{dialect: Dialect{Bind: sqlx.DOLLAR}}
	l := ts.each("SELECT x FROM t WHERE bucket = ? AND id = ?")
	if got, want := l[len(l)-2], "SELECT x FROM t WHERE bucket = $1 AND id = $2 UNION ALL SELECT x FROM t WHERE bucket = $3 AND id = $4"; got != want {
		t.Errorf("two keys: %s", got)
	}
	if err := l.chunks(200, func(text string, from, to int) error {
		if strings.Count(text, "$") != 2*(to-from) || strings.Count(text, "UNION ALL") != to-from-1 {
			t.Errorf("%d keys in %s", to-from, text)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestNULIsDroppedFromJSONAndNothingElse(t *testing.T) {
	for in, want := range map[string]string{
		"\x00": `""`, "a\x00b": `"ab"`, `\u0000`: `"\\u0000"`, "\\\x00": `"\\"`, `\\u0000`: `"\\\\u0000"`, "\x00\x00\"": `"\""`, "": `""`, "\xff": `"\ufffd"`,
	} {
		got, _, err := encode(in)
		if err != nil || string(got) != want {
			t.Errorf("encode(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
}

// bucketed are the tables that a conversation owns.
var bucketed = regexp.MustCompile(`\b(FROM|INTO|UPDATE|JOIN) (buckets|seen|identities|invitations|sessions|answers|cases|case_events|words|deliveries|parked|cases_opened|feedback)\b`)

// TestEveryStatementObeysTheRules is sql rules S1 and S6, as far as words go.
func TestEveryStatementObeysTheRules(t *testing.T) {
	oneBucket := regexp.MustCompile(`bucket = (\?|[a-z]\.bucket)`) // or by the bucket of a table before it
	forbidden := regexp.MustCompile(`(?i)\b(now\(\)|current_timestamp|random\(|merge |trigger|pg_advisory|nextval|offset |any\(|unnest|lateral|temp )`)
	// How many keys are looked up is each engine's own; its tests look at the plans.
	each := func(columns, table, key, where string) string {
		return "SELECT " + columns + " FROM " + table + " WHERE bucket = ? AND " + key + " IN (?)" + where
	}
	first := func(columns, table, _, key, where, order, _ string) string {
		return "SELECT " + columns + " FROM " + table + " s WHERE bucket = ? AND " + key + " IN (?)" + where + " ORDER BY " + order + " LIMIT ?"
	}
	among := func(column string) string { return column + " IN (?)" }
	day := func(column string) string { return "DAY(" + column + ")" }
	across := func(tables []Source) string {
		return "SELECT " + tables[0].Columns + " FROM " + tables[0].Table + " WHERE " + tables[0].Bucket + " = ? AND " + tables[0].Key + " IN (?)" + tables[0].Where
	}
	// Admin reads may look at all buckets.
	overAll := map[string]bool{
		"SELECT count(*) FROM buckets": true, "SELECT sum(sessions), sum(answers), sum(cases) FROM buckets": true,
		"SELECT count(*) FROM parked": true,
	}
	for _, text := range newQueries(Dialect{Bind: sqlx.QUESTION, Now: "CLOCK", Day: day, Each: each, First: first, Among: among, Across: across}).all {
		if f := forbidden.FindString(strings.ReplaceAll(text, perRow, "")); f != "" { // perRow skips nothing
			t.Errorf("%q is not used: %.120s", f, text)
		}
		if strings.Contains(text, "DO UPDATE SET") && strings.Contains(text[strings.Index(text, "DO UPDATE SET"):], "CLOCK") {
			t.Errorf("an update asks the clock: %.120s", text)
		}
		if !bucketed.MatchString(text) || overAll[text] {
			continue
		}
		switch {
		case strings.HasPrefix(text, "INSERT"):
			if !strings.Contains(text, "(bucket, ") {
				t.Errorf("a row without its bucket: %.120s", text)
			}
			if strings.Contains(text, "ON CONFLICT") && !strings.Contains(text, "ON CONFLICT (bucket") {
				t.Errorf("a conflict without the bucket: %.120s", text)
			}
		case strings.HasPrefix(text, "SELECT") && strings.Contains(text, "FROM parked"):
		default:
			// Each table that is named is restricted to the bucket.
			if n := len(bucketed.FindAllString(text, -1)); len(oneBucket.FindAllString(text, -1)) < n {
				t.Errorf("%d tables, fewer buckets: %.200s", n, text)
			}
		}
	}
}
