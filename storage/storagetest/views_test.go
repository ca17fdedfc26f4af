package storagetest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey"
)

// views are those that people build on. What is not here holds nothing of people.
var views = map[string]string{
	"v_answers": "session question revision newest kind value choices score level flag skipped dropped test flow version site service staff language channel day",
	"v_sessions": "session flow version class site service staff language channel day status answered composite level flag unsatisfied has_case" +
		" test",
	"v_cases": "site day state priority flow service staff language channel level flag test cause settled recovered reopens minutes_to_acknowledge" +
		" minutes_to_contact minutes_to_resolve class acknowledged contacted resolved asked missed minutes_to_end day_opened",
	"v_invitations": "flow version site service staff channel language day redeemed test class has_answer",
	"v_feedback":    "kind site flow class service staff language channel level day test",
	"v_customers":   "customer own_key site known_since accounts last_asked last_answered tier tier_since state stopped consent",
	"v_words":       "kind question text flow site service staff language channel day test class",
}

// reading is a migrated database on which a store may be opened, and the view of an analyst.
type reading struct {
	db   *sql.DB
	open func() storage.Store
}

func readings(t *testing.T) map[string]reading {
	t.Helper()
	path, dsn := filepath.Join(t.TempDir(), "a.db"), pgtest.Start(t)
	of := func(driver, at string, open func() (storage.Store, error)) reading {
		db, err := sql.Open(driver, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return reading{db, func() storage.Store {
			s, err := open()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}}
	}
	return map[string]reading{
		"sqlite":   of("sqlite", path, func() (storage.Store, error) { return sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true}) }),
		"postgres": of("postgres", dsn, func() (storage.Store, error) { return postgres.Open(t.Context(), dsn, postgres.Options{Migrate: true}) }),
	}
}

func rowsOf(t *testing.T, db *sql.DB, text string) (names []string, lines []string) {
	t.Helper()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	if names, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var line []string
		for _, v := range values {
			v.String = strings.TrimSuffix(v.String, "T00:00:00Z") // a day, as Postgres has it
			switch v.String {
			case "1":
				v.String = "true" // SQLite's
			case "0":
				v.String = "false"
			}
			line = append(line, v.String)
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names, lines
}

// Somebody of whom every text is marked answers, complains and is invited. The views show the
// words in v_words, the organisation's own key in v_customers, and nothing else that tells who it was.
func TestViewsTellNothingOfWhoItWas(t *testing.T) {
	shown := map[string]map[string][]string{}
	for engine, r := range readings(t) {
		mark := storagetest.FoldedOne(t, r.open())
		shown[engine] = map[string][]string{}
		for view, want := range views {
			names, lines := rowsOf(t, r.db, "SELECT * FROM "+view)
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s: %s has %q, want %q", engine, view, got, want)
			}
			if len(lines) == 0 {
				t.Errorf("%s: %s is empty: it shows nothing", engine, view)
			}
			for i := range lines {
				line := strings.ReplaceAll(lines[i], mark+"session", "the session") // its name, which is nobody's
				if view == "v_customers" {
					line = strings.ReplaceAll(line, mark+"-key", "the key") // which is what it is for
				}
				if strings.Contains(line, mark) && view != "v_words" {
					t.Errorf("%s: %s tells of the person: %s", engine, view, line)
				}
				for _, tells := range []string{"name", "key", "chat", "user", "photo", "telephone", "05:06"} {
					if strings.Contains(line, mark+tells) || tells == "05:06" && strings.Contains(line, tells) {
						t.Errorf("%s: %s tells the %s: %s", engine, view, tells, line)
					}
				}
			}
			slices.Sort(lines)
			shown[engine][view] = lines
		}
		if words := strings.Join(shown[engine]["v_words"], "\n"); !strings.Contains(words, mark+"because") || !strings.Contains(words, mark+"word") ||
			!strings.Contains(words, mark+"praise") || strings.Contains(words, mark+"reply") {
			t.Errorf("%s: the words are\n%s", engine, words)
		}
		for view := range views {
			if _, err := r.db.Exec("DELETE FROM " + view); err == nil {
				t.Errorf("%s: %s can be written", engine, view)
			}
		}
	}
	session := regexp.MustCompile(`\|\d+\.\d+$`)
	for view := range views {
		same := func(l []string) []string {
			for i := range l {
				l[i] = session.ReplaceAllString(l[i], "")
			}
			return l
		}
		if diff := cmp.Diff(same(shown["sqlite"][view]), same(shown["postgres"][view])); diff != "" {
			t.Errorf("%s (-sqlite +postgres):\n%s", view, diff)
		}
	}
}

// Whoever answered an invitation opened it, also where only the answer is known. Of a pulse an answer tells nothing.
func TestWhoAnsweredOpenedTheInvitation(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	pulse := recovery.Facts{Class: survey.Pulse}
	for engine, r := range readings(t) {
		s := r.open()
		for flow, i := range map[string]storage.Invitation{
			"answered": {Level: 3}, "conversation": {Session: "s1"}, "none": {Session: "s2"}, "opened": {RedeemedAt: now},
			"pulse": {Level: 3, Facts: pulse}, "pulse opened": {RedeemedAt: now, Facts: pulse}, "pulse conversation": {Session: "s1", Facts: pulse},
		} {
			i.ID, i.Flow, i.Site, i.Created = flow, flow, "a", now
			for _, err := range s.Advance(t.Context(), 0, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Invitation: &i}, nil }}}) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := r.db.Exec("INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered," +
			" composite, level, flag, unsatisfied, has_case, test) VALUES (0, 's1', 'f', 1, 'transactional', 'a', '', '', 'en', 'web', '2026-03-04', 'completed', 1," +
			" 50, 3, '', FALSE, FALSE, FALSE)"); err != nil {
			t.Fatal(err)
		}
		_, got := rowsOf(t, r.db, "SELECT flow, redeemed, has_answer FROM v_invitations ORDER BY flow")
		want := []string{
			"answered|true|true", "conversation|true|true", "none|false|false", "opened|true|false", "pulse|false|", "pulse conversation|false|", "pulse opened|true|",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", engine, diff)
		}
	}
}

// The questions that the guide asks are put as they stand there.
func TestTheQuestionsOfTheGuideAreAnswered(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "data.md"))
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile("(?s)```sql\n((?:SELECT|WITH).*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(asked) < 3 {
		t.Fatalf("the guide asks %d questions", len(asked))
	}
	for view, columns := range views {
		for _, name := range append(strings.Fields(columns), view) {
			if !strings.Contains(string(guide), "`"+name+"`") {
				t.Errorf("the guide says nothing of %s of %s", name, view)
			}
		}
	}
	answers := map[string][]string{}
	for engine, r := range readings(t) {
		storagetest.FoldedOne(t, r.open())
		for _, q := range asked {
			_, lines := rowsOf(t, r.db, q[1])
			if len(lines) == 0 {
				t.Errorf("%s: nothing comes of\n%s", engine, q[1])
			}
			answers[engine] = append(answers[engine], lines...)
		}
	}
	if diff := cmp.Diff(answers["sqlite"], answers["postgres"]); diff != "" {
		t.Errorf("(-sqlite +postgres):\n%s", diff)
	}
}
