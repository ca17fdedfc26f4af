package sqlstore

import (
	"cmp"
	"database/sql"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// caseDayQueries keep what figures need of cases, a row for each day of opening and site.
type caseDayQueries struct {
	emptyDays         *list
	casesIn           *keyed // days and sites of the cases of conversations
	emptied, emptyAll string
	fillDay           string
	keptDays          *list // each by itself
	keptCases         *list // as they are read the fastest: see siteDays
	opened, openedOn  string
}

func newCaseDayQueries(t *texts) caseDayQueries {
	return caseDayQueries{
		emptyDays: t.put("case_days", "bucket, site, day, seq, first_day, last_day, facts", "bucket", "site", "day"),
		// Without the sign SQLite looks through all numbers of a bucket for each conversation.
		casesIn:  t.keyed("site, opened_at", "cases", "session", " AND session > '' AND +number > 0"),
		emptied:  t.one("SELECT site, day, seq FROM case_days WHERE bucket = ? AND facts = '' ORDER BY day, site LIMIT ?"),
		emptyAll: t.one("UPDATE case_days SET seq = ?, first_day = '', last_day = '', facts = '' WHERE bucket = ?"),
		fillDay:  t.one("UPDATE case_days SET first_day = ?, last_day = ?, facts = ? WHERE bucket = ? AND site = ? AND day = ? AND facts = '' AND seq = ?"),
		keptDays: t.inBuckets(func(bucket string) string {
			from := "SELECT bucket, site, day, facts FROM case_days WHERE bucket = " + bucket + " AND " + t.dialect.Among("site")
			return from + " AND last_day >= ? AND first_day <= ? UNION ALL " + from + " AND facts = '' AND day >= ? AND day <= ?"
		}),
		keptCases: t.inBuckets(func(bucket string) string {
			from := " FROM case_days WHERE bucket = " + bucket + " AND " + t.dialect.Among("site")
			kept := "SELECT bucket, site, day, facts" + from + " AND last_day >= ? AND first_day <= ?"
			if t.dialect.Together {
				// By month: a text of a whole bucket is copied again and again as it grows, each time to fresh memory.
				kept = "SELECT min(bucket), '', '', string_agg(site || '" + aUnit + "' || facts, '" + dayEnd + "')" + from +
					" AND last_day >= ? AND first_day <= ? AND facts > '' GROUP BY substr(last_day, 1, 7)"
			}
			return kept + " UNION ALL SELECT bucket, site, day, facts" + from + " AND facts = '' AND day >= ? AND day <= ?"
		}),
		opened: t.one("SELECT c.body, coalesce(s.day, ''), coalesce(s.flow, ''), coalesce(s.service, ''), coalesce(s.staff, '')," +
			" coalesce(s.language, ''), coalesce(s.channel, ''), coalesce(s.level, 0)" +
			" FROM cases c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session" +
			" WHERE c.bucket = ? AND c.number > 0 AND c.opened_at >= ? AND c.opened_at < ? AND " + t.dialect.Among("c.site") +
			" AND NOT coalesce(s.test, FALSE) LIMIT ?"),
		openedOn: t.one("SELECT site, opened_at FROM cases WHERE bucket = ? AND number > 0"),
	}
}

// caseDay is a day on which cases opened, UTC, at a site.
type caseDay struct{ site, day string }

func caseDayOf(site string, opened time.Time) caseDay {
	return caseDay{site, opened.UTC().Format(time.DateOnly)}
}

func (d caseDay) compare(o caseDay) int {
	return cmp.Or(cmp.Compare(d.day, o.day), cmp.Compare(d.site, o.site))
}

// emptiedDays are the rows that empty days, each once and in their order. The number, which none had before,
// tells them from the rows that somebody puts together just now.
func emptiedDays(b storage.Bucket, of []caseDay) [][]any {
	of = slices.Clone(of)
	slices.SortFunc(of, caseDay.compare)
	of = slices.Compact(of)
	rows := make([][]any, len(of))
	for i, d := range of {
		rows[i] = []any{int64(b), d.site, d.day, aNumber(), "", "", ""}
	}
	return rows
}

// daysOfCases are the days of rows of cases.
func daysOfCases(rows [][]any) (of []caseDay) {
	for _, row := range rows {
		of = append(of, caseDayOf(row[5].(string), row[9].(time.Time)))
	}
	return of
}

// caseDays takes days as casesIn finds them.
func caseDays(into *[]caseDay) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var site string
		var opened time.Time
		err := rows.Scan(&site, &opened)
		*into = append(*into, caseDayOf(site, opened))
		return err
	}
}
