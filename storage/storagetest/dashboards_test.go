package storagetest_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

const dashboards = "../../deploy/dashboards/"

// parsed reads a file of a dashboard.
func parsed(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dashboards, name))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(name, err)
	}
}

// metabase is the dashboard for Metabase.
type metabase struct {
	Name  string
	Cards []struct {
		Name, Description, Display, SQL string
		Settings                        map[string]any `json:"visualization_settings"`
		Col, Row                        int
		Width                           int `json:"size_x"`
		Height                          int `json:"size_y"`
	}
}

// questions are the queries of both files by their titles, as the tools send them.
func questions(t *testing.T) map[string]string {
	t.Helper()
	var grafana struct {
		Panels []struct {
			Title   string
			Targets []struct{ RawSQL string }
		}
		Templating struct {
			List []struct{ Name, Query string }
		}
	}
	var other metabase
	parsed(t, "grafana.json", &grafana)
	parsed(t, "metabase.json", &other)
	all := map[string]string{}
	// As Grafana writes them: a time with its zone, and what was chosen in quotes.
	filled := strings.NewReplacer("$__timeFilter(day)", "day BETWEEN '2026-01-01T05:06:07Z' AND '2099-12-31T05:06:07.123Z'", "$site", "'main','harbour'")
	for _, p := range grafana.Panels {
		for _, target := range p.Targets {
			all["Grafana: "+p.Title] = filled.Replace(target.RawSQL)
		}
	}
	for _, v := range grafana.Templating.List {
		all["Grafana: "+v.Name] = v.Query
	}
	for _, c := range other.Cards {
		all["Metabase: "+c.Name] = c.SQL
	}
	if len(all) != len(grafana.Panels)+len(grafana.Templating.List)+len(other.Cards) || len(grafana.Panels) < 10 || len(other.Cards) < 10 {
		t.Fatalf("only %d questions are asked", len(all))
	}
	return all
}

// some is a Postgres with conversations, invitations and cases of two sites, lately.
const some = `
INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level, flag,
	unsatisfied, has_case, test)
SELECT 0, 's' || n, 'post_service_3', 1, 'transactional', CASE WHEN n % 3 = 0 THEN 'harbour' ELSE 'main' END, 'haircut', 'bo', 'en', 'telegram',
	CAST(current_date - n % 60 AS text), 'completed', 2, 50, 1 + n % 7, 'satisfied', n % 7 < 3, n % 7 = 0, FALSE FROM generate_series(1, 300) AS n;
INSERT INTO answers (bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at, flow, version,
	site, service, staff, language, channel, day)
SELECT 0, 's' || n, 'overall', 1, TRUE, 'scale', 4, '', '', 75, 1 + n % 7, 'satisfied', FALSE, FALSE, FALSE, now(), 'post_service_3', 1, 'main', 'haircut', 'bo', 'en',
	'telegram', CAST(current_date - n % 60 AS text) FROM generate_series(1, 300) AS n;
INSERT INTO invitations (bucket, id, flow, version, site, customer, created_at, expires_at, body)
SELECT 0, 'i' || n, 'post_service_3', 1, 'main', '', now() - n % 60 * interval '1 day', NULL, '{"ClaimedAt":"2026-03-01T05:06:07Z"}' FROM generate_series(1, 300) AS n;
INSERT INTO cases (bucket, id, number, session, identity, customer, site, state, priority, opened_at, body)
SELECT 0, 'c' || n, n, 's' || n, 'i', '', 'main', CASE WHEN n % 2 = 0 THEN 'open' ELSE 'closed' END, 1, now() - n % 60 * interval '1 day', json_build_object(
	'resolution', json_build_object('cause', 'price'),
	'first', json_build_object('acknowledged', now(), 'contacted', now(), 'resolved', now()))::text FROM generate_series(1, 40) AS n;
`

// TestEveryQuestionOfTheDashboardsIsAnswered asks them as the user whom the guide makes, who sees what the
// guide grants and nothing else.
func TestEveryQuestionOfTheDashboardsIsAnswered(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "dashboards.md"))
	if err != nil {
		t.Fatal(err)
	}
	role := regexp.MustCompile("(?s)```sql\n(CREATE ROLE.*?)```").FindStringSubmatch(string(guide))
	if role == nil {
		t.Fatal("the guide makes no user")
	}
	dsn := pgtest.Start(t)
	if _, err := postgres.Migrate(t.Context(), dsn, postgres.Options{Buckets: 1}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil) // the user goes with it: those of a server are of all its databases
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, text := range []string{some, role[1], "SET LOCAL ROLE figures"} {
		if _, err := tx.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
	}
	for title, text := range questions(t) {
		n, empty := 0, 0
		rows, err := tx.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", title, err, text)
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
				t.Fatal(title, err)
			}
			if n++; values[len(values)-1] == nil {
				empty++
			}
		}
		if err := rows.Err(); err != nil || n == 0 || n == empty {
			t.Errorf("%s: %d rows, of which %d say nothing, %v", title, n, empty, err)
		}
	}
	for _, no := range []string{"SELECT text FROM v_words", "SELECT customer FROM v_customers", "SELECT body FROM sessions"} {
		if _, err := tx.ExecContext(t.Context(), "SAVEPOINT a"); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), no); err == nil {
			t.Errorf("the user of the dashboards may %s", no)
		}
		if _, err := tx.ExecContext(t.Context(), "ROLLBACK TO a"); err != nil {
			t.Fatal(err)
		}
	}
}

// others is what is not of customers, at the same sites and on the same days: a pulse of staff, mystery visits, what is
// asked after a case, customers who stay away, and tests of a survey that customers have.
const others = `
INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level, flag,
	unsatisfied, has_case, test)
SELECT 0, class || n, flow, 1, class, 'main', 'haircut', 'bo', 'en', 'telegram', CAST(current_date - n AS text), 'completed', 2, 0, 1, 'unsatisfied', TRUE, FALSE, test
FROM generate_series(1, 12) AS n, (VALUES ('pulse', 'team', FALSE), ('mystery', 'visit', FALSE), ('recovery', 'after_case', FALSE), ('lost', 'lost_customer', FALSE),
	('transactional', 'post_service_3', TRUE)) AS of(class, flow, test);
INSERT INTO answers (bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at, flow, version,
	site, service, staff, language, channel, day)
SELECT 0, session, 'overall', 1, TRUE, 'scale', 1, '', '', 0, 1, 'unsatisfied', FALSE, FALSE, test, now(), flow, 1, site, service, staff, 'en', 'telegram', day
FROM read_sessions WHERE test OR class NOT IN ('transactional', 'relationship');
INSERT INTO invitations (bucket, id, flow, version, site, customer, created_at, expires_at, body)
SELECT 0, 'i' || session, flow, 1, 'main', '', now(), NULL, json_build_object('ClaimedAt', '2026-03-01T05:06:07Z', 'Test', test, 'Facts', json_build_object('class', class))::text
FROM read_sessions WHERE test OR class NOT IN ('transactional', 'relationship');
`

// asked are the answers to all questions of both files.
func asked(t *testing.T, tx *sql.Tx) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for title, text := range questions(t) {
		rows, err := tx.QueryContext(t.Context(), "SELECT CAST(q AS text) FROM ("+text+") AS q")
		if err != nil {
			t.Fatalf("%s: %v\n%s", title, err, text)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(title, err)
			}
			all[title] = append(all[title], row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(title, err)
		}
		_ = rows.Close()
	}
	return all
}

// TestDashboardsCountCustomersAlone asks every question before and after others than customers were asked.
func TestDashboardsCountCustomersAlone(t *testing.T) {
	dsn := pgtest.Start(t)
	if _, err := postgres.Migrate(t.Context(), dsn, postgres.Options{Buckets: 1}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	does := func(text string) {
		t.Helper()
		if _, err := tx.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
	}
	does(some)
	before := asked(t, tx)
	does(others)
	for title, after := range asked(t, tx) {
		if !slices.Equal(after, before[title]) {
			t.Errorf("%s: with others %q, without %q", title, after, before[title])
		}
	}
	// A case that has been open for a year is open. One of ten cases has a time, which is that case's and no figure.
	does(`DELETE FROM cases; INSERT INTO cases (bucket, id, number, session, identity, customer, site, state, priority, opened_at, body)
		SELECT 0, 'c' || n, n, '', 'i', '', 'main', 'open', 1, now() - interval '370 days', '{}' FROM generate_series(1, 3) AS n;
		INSERT INTO cases (bucket, id, number, session, identity, customer, site, state, priority, opened_at, body)
		SELECT 0, 'c' || n, n, '', 'i', '', 'harbour', 'closed', 1, now() - interval '1 day',
			CASE WHEN n = 13 THEN json_build_object('first', json_build_object('acknowledged', now(), 'contacted', now(), 'resolved', now()))::text ELSE '{}' END
		FROM generate_series(4, 13) AS n`)
	for title, rows := range asked(t, tx) {
		if strings.HasSuffix(title, "Cases that are open") && !slices.Equal(rows, []string{"(3)"}) {
			t.Errorf("%s: %q", title, rows)
		}
		if strings.Contains(title, "How soon staff act") && !slices.Equal(rows, []string{"(harbour,10,,,)"}) {
			t.Errorf("%s: %q", title, rows)
		}
	}
}

// TestTheScriptPutsTheDashboardIntoMetabase runs it against what stands in for Metabase.
func TestTheScriptPutsTheDashboardIntoMetabase(t *testing.T) {
	for _, tool := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v: run `make deps`", err)
		}
	}
	var want metabase
	parsed(t, "metabase.json", &want)
	type sent struct {
		Name, Description, Display string
		Query                      struct {
			Type     string
			Database int
			Native   struct{ Query string }
		} `json:"dataset_query"`
		Cards []struct {
			ID     int
			Card   int `json:"card_id"`
			Width  int `json:"size_x"`
			Height int `json:"size_y"`
			Col    int
			Row    int
		} `json:"dashcards"`
	}
	var calls []string
	var bodies []sent
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b sent
		if err := json.NewDecoder(r.Body).Decode(&b); err != nil || r.Header.Get("X-Api-Key") != "mb_key" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		calls, bodies = append(calls, r.Method+" "+r.URL.Path), append(bodies, b)
		_ = json.NewEncoder(w).Encode(map[string]any{"id": len(calls)})
	}))
	defer fake.Close()
	script := exec.CommandContext(t.Context(), dashboards+"metabase.sh")
	script.Env = append(os.Environ(), "METABASE_URL="+fake.URL+"/", "METABASE_API_KEY=mb_key", "METABASE_DATABASE=7")
	says, err := script.CombinedOutput()
	if err != nil || strings.TrimSpace(string(says)) != fake.URL+"/dashboard/1" {
		t.Fatalf("%v: %s", err, says)
	}
	n := len(want.Cards)
	if len(calls) != n+2 || calls[0] != "POST /api/dashboard" || calls[n+1] != "PUT /api/dashboard/1" || bodies[0].Name != want.Name || len(bodies[n+1].Cards) != n {
		t.Fatalf("it called %q", calls)
	}
	for i, c := range want.Cards {
		b, at := bodies[i+1], bodies[n+1].Cards[i]
		if calls[i+1] != "POST /api/card" || b.Name != c.Name || b.Description != c.Description || b.Display != c.Display || b.Query.Type != "native" || b.Query.Database != 7 || b.Query.Native.Query != c.SQL {
			t.Errorf("the card of %q is %+v", c.Name, b)
		}
		if at.ID >= 0 || at.Card != i+2 || at.Col != c.Col || at.Row != c.Row || at.Width != c.Width || at.Height != c.Height || at.Col+at.Width > 24 {
			t.Errorf("%q lies at %+v", c.Name, at)
		}
	}
	lost := exec.CommandContext(t.Context(), dashboards+"metabase.sh")
	lost.Env = append(os.Environ(), "METABASE_URL="+fake.URL, "METABASE_API_KEY=wrong", "METABASE_DATABASE=7")
	if out, err := lost.CombinedOutput(); err == nil {
		t.Errorf("with a wrong key it says %s", out)
	}
}
