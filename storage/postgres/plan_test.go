package postgres

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestEveryStatementUsesItsIndexBeforeThereAreStatistics looks at the plans that a new
// database keeps while it grows.
func TestEveryStatementUsesItsIndexBeforeThereAreStatistics(t *testing.T) {
	dsn := pgtest.Start(t)
	if _, err := Migrate(t.Context(), dsn, Options{}); err != nil {
		t.Fatal(err)
	}
	// As connect.go sets it; the plans are those that are made once for all parameters.
	db, err := sql.Open("postgres", dsn+"&enable_seqscan=off&plan_cache_mode=force_generic_plan&jit=off&max_parallel_workers_per_gather=0")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	bucketed := regexp.MustCompile(`FROM (seen|keyblocks|identities|invitations|sessions|answers|read_sessions|cases|case_events|words|deliveries|talks|queue|underway)\b`)
	inner := regexp.MustCompile(`\w\.(chat|id) = ([ds]\.\w+)`)
	placed := regexp.MustCompile(`Index Cond: \(\(bucket = [^\n]*\) AND \(\w+ = [^\n]*\)`)
	seen, many, asked, accounts, keyed, pages, stands, places := 0, 0, 0, 0, 0, 0, 0, 0
	for i, text := range sqlstore.Texts(dialect()) {
		n := strings.Count(text, "$")
		if strings.HasPrefix(text, "INSERT") || !bucketed.MatchString(text) || n > 32 {
			continue // an INSERT has no choice; larger sizes are the same again
		}
		seen++
		if _, err := db.Exec(fmt.Sprintf("PREPARE p%d AS %s", i, text)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		rows, err := db.Query(fmt.Sprintf("EXPLAIN EXECUTE p%d(%s)", i, strings.TrimSuffix(strings.Repeat("NULL,", n), ",")))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var plan []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, line)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		whole := strings.Join(plan, "\n")
		if strings.Contains(whole, "Seq Scan") || !strings.Contains(whole, "Index Cond") && !strings.Contains(text, "count(*)") {
			t.Errorf("%.200s\n%s", text, whole)
		}
		// The rows of one key are found by that key, whole; so are those of many.
		if m := regexp.MustCompile(`WHERE bucket = \$2 AND (\w+) = k.sought`).FindStringSubmatch(text); m != nil {
			many++
			if !strings.Contains(whole, "(bucket = $2) AND ("+m[1]+" = k.sought)") {
				t.Errorf("%.200s\n%s", text, whole)
			}
		}
		// What is asked about another table is asked by its key, for each row.
		for _, m := range inner.FindAllStringSubmatch(text, -1) {
			asked++
			if !regexp.MustCompile(`Index Cond: \(\(bucket = \$\d+\) AND \(` + m[1] + ` = ` + regexp.QuoteMeta(m[2]) + `\)`).MatchString(whole) {
				t.Errorf("%.200s\n%s", text, whole)
			}
		}
		// What is asked at many places, in whatever buckets, is found at each by its bucket and its key.
		if n := strings.Count(text, " = k.bucket AND "); n > 0 && strings.Contains(text, "= k.sought") {
			places++
			if by := placed.FindAllString(whole, -1); len(by) < n {
				t.Errorf("%d of %d tables are asked by bucket and key: %.300s\n%s", len(by), n, text, whole)
			}
		}
		// What is asked for many accounts is asked for each by itself, up to its limit.
		if strings.Contains(text, "AS k CROSS JOIN LATERAL") && strings.Contains(text, "k.account") {
			accounts++
			if !regexp.MustCompile(`Index Cond: \(\(bucket = \$\d+\) AND \(platform = \(unnest\(\$1\)\)\) AND \(account = \(unnest\(\$2\)\)\)( AND \(epoch < \(unnest\(\$3\)\)\)| AND \(ROW\(rank, ord, item\) > .*)?\)`).MatchString(whole) {
				t.Errorf("%.200s\n%s", text, whole)
			}
		}
		if m := regexp.MustCompile(`WHERE bucket = \$1 AND (id|slot|key|chat|session) = \$2`).FindStringSubmatch(text); m != nil {
			if !strings.Contains(whole, "(bucket = $1) AND ("+m[1]+" = $2)") {
				t.Errorf("%.200s\n%s", text, whole)
			}
		}
		// A customer's chats are found by their key, however many people a bucket has.
		if strings.Contains(text, "FROM identities WHERE bucket = $1 AND customer = $2") {
			keyed++
			if !strings.Contains(whole, "Index Scan using identities_customer") || !strings.Contains(whole, "(bucket = $1) AND (customer = $2)") {
				t.Errorf("%.200s\n%s", text, whole)
			}
		}
		if strings.Contains(text, "standing = $2") {
			stands++
			by := map[bool]string{true: "cases_mine", false: "cases_standing"}[strings.Contains(text, "holder = $3")]
			_, each, ok := strings.Cut(whole, "Nested Loop") // what each bucket is asked: above it, the few that they answer are put in order
			if !ok {
				each = whole
			}
			if !strings.Contains(each, by) || strings.Contains(each, "Sort") {
				t.Errorf("%.200s\n%s", text, whole)
			}
		}
		if by := caseIndex(text); by != "" {
			pages++
			if !strings.Contains(whole, by) {
				t.Errorf("%.200s\n%s", text, whole)
			}
		}
	}
	if stands != 16 {
		t.Errorf("%d statements make and count the list of cases", stands)
	}
	if pages != 6 {
		t.Errorf("%d statements read a page of cases", pages)
	}
	if places != 14 {
		t.Errorf("%d statements ask at many places", places)
	}
	if keyed != 3 {
		t.Errorf("%d statements look for the chats of a customer's key", keyed)
	}
	if many < 8 {
		t.Errorf("only %d statements look for many keys", many)
	}
	if accounts != 2 {
		t.Errorf("%d statements ask for many accounts", accounts)
	}
	if asked < 4 {
		t.Errorf("only %d questions are asked for each row", asked)
	}
	if seen < 30 {
		t.Fatalf("only %d statements were looked at", seen)
	}
	t.Attr("figure", fmt.Sprintf("%d statements, none reads a whole table", seen))
}

// caseIndex is the index that a statement for a page of cases is made for; "" for others.
func caseIndex(text string) string {
	switch {
	case !strings.Contains(text, "FROM cases") || !strings.Contains(text, "(opened_at, id) <"):
		return ""
	case strings.Contains(text, "holder ="):
		return "cases_holder"
	case strings.Contains(text, "state IN"):
		return "cases_active"
	}
	return "cases_opened"
}
