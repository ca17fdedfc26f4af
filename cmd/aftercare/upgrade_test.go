package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A migration that is killed at any moment, and begun again, ends in the schema that one
// makes which nobody disturbs.
func TestAMigrationThatIsKilledResumes(t *testing.T) {
	t.Parallel()
	for _, db := range emptyDatabases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			clean := newMachine(t, map[string]string{"DATABASE_URL": db.url(t)})
			began := time.Now()
			clean.must("migrate")
			took := time.Since(began)

			m := newMachine(t, map[string]string{"DATABASE_URL": db.url(t)})
			const kills = 6
			partly := 0
			for kill := range kills * *roundsFlag {
				p := m.start("migrate")
				// Later each time, from the first moment to the last. Whoever was killed with the
				// lock keeps it for a while, so that most are killed while they wait.
				wait := took * time.Duration(kill%kills+1) / kills
				if kill > 0 && kill%kills == 0 {
					wait += 10 * time.Second
				}
				select {
				case <-p.done:
				case <-time.After(wait):
					p.kill()
				}
				if n := len(schema(t, m.env["DATABASE_URL"])); n > 0 && n < len(schema(t, clean.env["DATABASE_URL"])) {
					partly++
				}
			}
			m.must("migrate")
			m.must("site", "list")
			if diff := cmp.Diff(schema(t, clean.env["DATABASE_URL"]), schema(t, m.env["DATABASE_URL"])); diff != "" {
				t.Errorf("the schema of a clean migration, and this one's:\n%s", diff)
			}
			if !t.Failed() {
				t.Attr("figure", fmt.Sprintf("%d × killed, %d of them with the schema there in part; it is whole afterwards", kills**roundsFlag, partly))
			}
		})
	}
}

// schema is a database's columns and indexes, a line each; none while there is nothing.
func schema(t *testing.T, database string) []string {
	t.Helper()
	query := "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns WHERE table_schema = current_schema()" +
		" UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"
	if strings.HasPrefix(database, "sqlite:") {
		query = "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY name"
	}
	return strings.FieldsFunc(columns(t, database, query), func(r rune) bool { return r == '\n' })
}
