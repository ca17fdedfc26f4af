package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseDayQueries keep what figures need of cases, a row for each day of opening and site.
type caseDayQueries struct {
	emptyDays         *list
	casesIn           *keyed // days and sites of the cases of conversations
	emptied, emptyAll string
	fillDay           string
	keptDays          *list
	opened, openedOn  string
}

func newCaseDayQueries(t *texts) caseDayQueries {
	return caseDayQueries{
		emptyDays: t.put("case_days", "bucket, site, day, seq, first_day, last_day, facts", "bucket", "site", "day"),
		casesIn:   t.keyed("site, opened_at", "cases", "session", " AND session > '' AND number > 0"),
		emptied:   t.one("SELECT site, day, seq FROM case_days WHERE bucket = ? AND facts = '' ORDER BY day, site LIMIT ?"),
		emptyAll:  t.one("UPDATE case_days SET seq = ?, first_day = '', last_day = '', facts = '' WHERE bucket = ?"),
		fillDay:   t.one("UPDATE case_days SET first_day = ?, last_day = ?, facts = ? WHERE bucket = ? AND site = ? AND day = ? AND facts = '' AND seq = ?"),
		keptDays: t.inBuckets(func(bucket string) string {
			from := "SELECT bucket, site, day, facts FROM case_days WHERE bucket = " + bucket + " AND " + t.dialect.Among("site")
			return from + " AND last_day >= ? AND first_day <= ? UNION ALL " + from + " AND facts = '' AND day >= ? AND day <= ?"
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

// caseBody is what figures need of the body of a case.
type caseBody struct {
	ID         string               `json:"id"`
	OpenedAt   time.Time            `json:"opened_at"`
	First      recovery.Marks       `json:"first"`
	Missed     []recovery.Clock     `json:"missed"`
	Reopens    int                  `json:"reopens"`
	Resolution *recovery.Resolution `json:"resolution"`
	EndedAt    time.Time            `json:"ended_at"`
	Outcome    recovery.Outcome     `json:"outcome"`
	Identity   string               `json:"Identity"`
	Site       string               `json:"Site"`
	Customer   string               `json:"Customer"`
}

// scanFigureCase is a row of opened.
func scanFigureCase(row scanner) (c storage.FigureCase, err error) {
	var raw sql.RawBytes
	if err := row.Scan(&raw, &c.Day, &c.Flow, &c.Service, &c.Staff, &c.Language, &c.Channel, &c.Level); err != nil {
		return c, err
	}
	var b caseBody
	if err := json.Unmarshal(raw, &b); err != nil {
		return c, fmt.Errorf("decode case: %w", err)
	}
	whole := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return micro(t)
	}
	c.ID, c.OpenedAt, c.Taken, c.Contacted, c.Resolved, c.EndedAt = b.ID, whole(b.OpenedAt), whole(b.First.Acknowledged), whole(b.First.Contacted), whole(b.First.Resolved), whole(b.EndedAt)
	c.Missed, c.Reopens, c.Asked, c.Settled, c.Recovered = b.Missed, b.Reopens, !b.Outcome.Asked.IsZero(), b.Outcome.Settled, b.Outcome.Recovered
	c.Identity, c.Site, c.Customer = b.Identity, b.Site, b.Customer
	if b.Resolution != nil {
		c.Cause = b.Resolution.Cause
	}
	if c.Customer != "" {
		c.Identity = ""
	}
	if len(c.Missed) == 0 {
		c.Missed = nil
	}
	if c.Day == "" {
		c.Day = c.OpenedAt.Format(time.DateOnly)
	}
	return c, nil
}

// A day begins with the number of its form, and each case with a separator of records; fields are divided by
// one of units.
const (
	factsForm = "1"
	aRecord   = "\x1e"
	aUnit     = "\x1f"
	factNames = 20 // fields of a case
)

var (
	escapeFact   = strings.NewReplacer(`\`, `\\`, aRecord, `\r`, aUnit, `\u`)
	unescapeFact = strings.NewReplacer(`\\`, `\`, `\r`, aRecord, `\u`, aUnit)
)

// factsOf are cases as a day keeps them, in the order of their ids.
func factsOf(list []storage.FigureCase) (first, last, text string) {
	slices.SortFunc(list, func(a, b storage.FigureCase) int { return cmp.Compare(a.ID, b.ID) })
	var all strings.Builder
	all.WriteString(factsForm)
	for i := range list {
		c := &list[i]
		if first == "" || c.Day < first {
			first = c.Day
		}
		last = max(last, c.Day)
		since := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return strconv.FormatInt(t.UnixMicro()-c.OpenedAt.UnixMicro(), 36)
		}
		missed := make([]string, len(c.Missed))
		for j, m := range c.Missed {
			missed[j] = string(m)
		}
		asked := ""
		if c.Asked {
			asked = "1"
		}
		for j, field := range [factNames]string{
			c.ID, c.Day, c.Flow, c.Service, c.Staff, c.Language, c.Channel, strconv.Itoa(c.Level), strconv.FormatInt(c.OpenedAt.UnixMicro(), 36),
			since(c.Taken), since(c.Contacted), since(c.Resolved), since(c.EndedAt), strings.Join(missed, ","), strconv.Itoa(c.Reopens), c.Cause,
			asked, string(c.Settled) + "," + string(c.Recovered), c.Identity, c.Customer,
		} {
			if j == 0 {
				all.WriteString(aRecord)
			} else {
				all.WriteString(aUnit)
			}
			all.WriteString(escapeFact.Replace(field))
		}
	}
	return first, last, all.String()
}

// errFacts says that a day is not of this program's form.
var errFacts = errors.New("a day of cases has another form")

// readFacts adds those of the cases that a day at a site keeps that a filter asks for.
func readFacts(list []storage.FigureCase, f *storage.FigureFilter, site, text string) ([]storage.FigureCase, error) {
	text, ok := strings.CutPrefix(text, factsForm)
	if !ok || text != "" && text[0] != aRecord[0] {
		return list, errFacts
	}
	for text != "" {
		record := text[1:]
		if end := strings.IndexByte(record, aRecord[0]); end >= 0 {
			record, text = record[:end], record[end:]
		} else {
			text = ""
		}
		var err error
		if list, err = readCase(list, f, site, record); err != nil {
			return list, err
		}
	}
	return list, nil
}

func readCase(list []storage.FigureCase, f *storage.FigureFilter, site, record string) ([]storage.FigureCase, error) {
	var fields [factNames]string
	escaped := strings.IndexByte(record, '\\') >= 0
	for n := range fields {
		end := strings.IndexByte(record, aUnit[0])
		if (end < 0) != (n == factNames-1) {
			return list, errFacts
		}
		if fields[n] = record; end >= 0 {
			fields[n], record = record[:end], record[end+1:]
		}
		if escaped {
			fields[n] = unescapeFact.Replace(fields[n])
		}
	}
	c := storage.FigureCase{
		ID: fields[0], Day: fields[1], Flow: fields[2], Service: fields[3], Staff: fields[4], Language: fields[5], Channel: fields[6],
		Cause: fields[15], Asked: fields[16] != "", Identity: fields[18], Customer: fields[19], Site: site,
	}
	if !fitsCase(f, &c) {
		return list, nil
	}
	var err error
	number := func(field string, base int) (n int64) {
		n, wrong := strconv.ParseInt(field, base, 64)
		err = cmp.Or(err, wrong)
		return n
	}
	opened := number(fields[8], 36)
	c.Level, c.Reopens, c.OpenedAt = int(number(fields[7], 10)), int(number(fields[14], 10)), time.UnixMicro(opened).UTC()
	at := func(since string) time.Time {
		if since == "" {
			return time.Time{}
		}
		return time.UnixMicro(opened + number(since, 36)).UTC()
	}
	c.Taken, c.Contacted, c.Resolved, c.EndedAt = at(fields[9]), at(fields[10]), at(fields[11]), at(fields[12])
	if err != nil {
		return list, fmt.Errorf("%w: %w", errFacts, err)
	}
	if fields[13] != "" {
		for clock := range strings.SplitSeq(fields[13], ",") {
			c.Missed = append(c.Missed, recovery.Clock(clock))
		}
	}
	settled, recovered, _ := strings.Cut(fields[17], ",")
	c.Settled, c.Recovered = recovery.Settled(settled), recovery.Recovered(recovered)
	return append(list, c), nil
}

// fitsCase reports whether a case is one of those that a filter asks for, but for its site.
func fitsCase(f *storage.FigureFilter, c *storage.FigureCase) bool {
	is := func(want, got string) bool { return want == "" || storage.Clean(want) == got }
	return f.From <= c.Day && c.Day <= f.To && is(f.Flow, c.Flow) && is(f.Service, c.Service) && is(f.Staff, c.Staff) && is(f.Language, c.Language) && is(f.Channel, c.Channel)
}

// FigureCases implements storage.Figuring. Days that are to be put together anew are read case by case meanwhile.
func (s *Store) FigureCases(ctx context.Context, f storage.FigureFilter) ([]storage.FigureCase, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	first, last := from.Add(-farthest).Format(time.DateOnly), to.Add(farthest).Format(time.DateOnly)
	on := [2]string{storage.Clean(f.From), storage.Clean(f.To)}
	all := make([][]keptDay, s.buckets)
	together := brief(&f)
	if together && len(f.Sites) > 0 {
		kept, err := s.keptDaysOf(ctx, nil, texted(f.Sites), on, [2]string{first, last})
		if err != nil {
			return nil, false, err
		}
		for i := range kept {
			all[kept[i].bucket] = append(all[kept[i].bucket], kept[i])
		}
	}
	return everywhere(s, f, func(b storage.Bucket, most int64) (list []storage.FigureCase, err error) {
		add := func(c *storage.FigureCase) {
			if fitsCase(&f, c) {
				list = append(list, *c)
			}
		}
		kept := all[b]
		if !together {
			if kept, err = s.keptDaysOf(ctx, &b, texted(f.Sites), on, [2]string{first, last}); err != nil {
				return nil, err
			}
		}
		stale, n := map[caseDay]bool{}, 0
		for i := range kept {
			n += strings.Count(kept[i].facts, aRecord)
		}
		list = make([]storage.FigureCase, 0, min(n, int(most)))
		for i := range kept {
			d := &kept[i]
			if d.facts == "" {
				stale[d.caseDay] = true
			} else if list, err = readFacts(list, &f, d.site, d.facts); err != nil {
				return nil, fmt.Errorf("read the cases of %s: %w", d.day, err)
			}
		}
		for _, days := range daysTogether(stale) {
			full, err := s.casesOpened(ctx, b, f.Sites, days, most, func(c *storage.FigureCase) {
				if stale[caseDayOf(c.Site, c.OpenedAt)] {
					add(c)
				}
			})
			if err != nil {
				return nil, err
			}
			if full { // it is not known how many of the others fit
				return make([]storage.FigureCase, most), nil
			}
		}
		return list, nil
	})
}

// mostTogether is how many stretches of days are read one by one: of more, what lies between them is read as well.
const mostTogether = 8

// daysTogether are the stretches of days, first and last, that days lie in.
func daysTogether(of map[caseDay]bool) (all [][2]string) {
	for _, d := range slices.SortedFunc(maps.Keys(of), caseDay.compare) {
		if n := len(all); n > 0 && nextDay(all[n-1][1]) >= d.day {
			all[n-1][1] = d.day
			continue
		}
		all = append(all, [2]string{d.day, d.day})
	}
	if n := len(all); n > mostTogether {
		return [][2]string{{all[0][0], all[n-1][1]}}
	}
	return all
}

func nextDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// casesOpened calls each with the cases of a bucket that opened on days, first and last, UTC. full: there are as
// many as the most, and perhaps more.
func (s *Store) casesOpened(ctx context.Context, b storage.Bucket, sites []string, days [2]string, most int64, each func(*storage.FigureCase)) (full bool, err error) {
	from, to, err := span(storage.FigureFilter{From: days[0], To: days[1]})
	if err != nil {
		return false, err
	}
	list, err := collect(ctx, s, "cases of figures", s.q.opened, []any{int64(b), micro(from), micro(to), s.dialect.Keys(texted(sites)), most}, scanFigureCase)
	for i := range list {
		each(&list[i])
	}
	return int64(len(list)) == most, err
}

// keptDay is a day with what it keeps; "" = it is to be put together anew.
type keptDay struct {
	caseDay
	bucket storage.Bucket
	facts  string
}

func scanKeptDay(row scanner) (d keptDay, err error) {
	return d, row.Scan(&d.bucket, &d.site, &d.day, &d.facts)
}

// keptDaysOf are the days at sites that cases were put together on which figures put on some days, and those that
// are to be put together anew and on which such cases may have opened: first and last, each. b: of one bucket.
func (s *Store) keptDaysOf(ctx context.Context, b *storage.Bucket, sites []string, on, opened [2]string) ([]keptDay, error) {
	at := s.dialect.Keys(sites)
	args := []any{at, on[0], on[1], at, opened[0], opened[1]}
	if b != nil {
		return ofBucket(ctx, s, "days of cases", s.q.keptDays, *b, args, scanKeptDay)
	}
	return ofBuckets(ctx, s, "days of cases", s.q.keptDays, args, scanKeptDay)
}

// seenDay is a day as it was before its cases were read.
type seenDay struct {
	caseDay
	seq int64
}

// CountCases implements storage.Cells. A day that is emptied again meanwhile has another number, and stays empty.
func (s *Store) CountCases(ctx context.Context, _ storage.Lease, limit int) (did storage.CountedCells, err error) {
	for b := range storage.Bucket(s.buckets) {
		days, err := collect(ctx, s, "days of cases", s.q.emptied, []any{int64(b), int64(limit) + 1}, func(row scanner) (d seenDay, err error) {
			return d, row.Scan(&d.site, &d.day, &d.seq)
		})
		if err != nil {
			return did, err
		}
		if len(days) > limit {
			days, did.More = days[:limit], true
		}
		slices.SortFunc(days, func(a, b seenDay) int { return a.compare(b.caseDay) }) // whoever locks several rows does so in one order
		rows := make([][]any, 0, len(days))
		for _, d := range days {
			first, last, text, err := s.factsNow(ctx, b, d.caseDay)
			if err != nil {
				return did, err
			}
			rows = append(rows, []any{first, last, text, int64(b), d.site, d.day, d.seq})
		}
		if len(rows) == 0 {
			continue
		}
		err = s.transaction(ctx, func(tx *sql.Tx) error {
			if err := s.outdated(ctx, tx, b); err != nil {
				return err
			}
			for _, row := range rows {
				if _, err := tx.ExecContext(ctx, s.q.fillDay, row...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return did, fmt.Errorf("put days of cases together: %w", err)
		}
		did.Counted += len(rows)
	}
	return did, nil
}

// factsNow is what a day keeps of the cases as they are.
func (s *Store) factsNow(ctx context.Context, b storage.Bucket, d caseDay) (first, last, text string, err error) {
	var list []storage.FigureCase
	if _, err = s.casesOpened(ctx, b, []string{d.site}, [2]string{d.day, d.day}, 1<<30, func(c *storage.FigureCase) { list = append(list, *c) }); err != nil {
		return "", "", "", err
	}
	if first, last, text = factsOf(list); first == "" { // all are tests
		first, last = d.day, d.day
	}
	return first, last, text, nil
}

// compareCases compares the days of cases that are not to be put together anew with what they would be now. What
// differs is looked at once more.
func (s *Store) compareCases(ctx context.Context, n *storage.ComparedCells) error {
	for b := range storage.Bucket(s.buckets) {
		missing := map[caseDay]bool{}
		opened, err := collect(ctx, s, "days of cases", s.q.openedOn, []any{int64(b)}, func(row scanner) (d caseDay, err error) {
			var at time.Time
			err = row.Scan(&d.site, &at)
			return caseDayOf(d.site, at), err
		})
		if err != nil {
			return err
		}
		for _, d := range opened {
			missing[d] = true
		}
		sites := map[string]bool{}
		for d := range missing {
			sites[d.site] = true
		}
		kept, err := s.keptFacts(ctx, b, slices.Sorted(maps.Keys(sites)), "0", "9")
		if err != nil {
			return err
		}
		for _, d := range slices.SortedFunc(maps.Keys(kept), caseDay.compare) {
			delete(missing, d)
			n.CaseDays++
			if kept[d] == "" {
				n.Waiting++
				continue
			}
			if err := s.compareCaseDay(ctx, b, d, kept[d], n); err != nil {
				return err
			}
		}
		for _, d := range slices.SortedFunc(maps.Keys(missing), caseDay.compare) {
			differsIn(n, d, "there are none")
		}
	}
	return nil
}

func (s *Store) compareCaseDay(ctx context.Context, b storage.Bucket, d caseDay, was string, n *storage.ComparedCells) error {
	for range 2 {
		_, _, now, err := s.factsNow(ctx, b, d)
		if err != nil || was == now {
			return err
		}
		again, err := s.keptFacts(ctx, b, []string{d.site}, d.day, d.day)
		if err != nil {
			return err
		}
		if was = again[d]; was == "" {
			n.Waiting++
			return nil
		}
	}
	differsIn(n, d, "they are not what the cases say")
	return nil
}

// keptFacts is what days at sites keep, first and last.
func (s *Store) keptFacts(ctx context.Context, b storage.Bucket, sites []string, first, last string) (map[caseDay]string, error) {
	list, err := s.keptDaysOf(ctx, &b, sites, [2]string{"0", "9"}, [2]string{first, last})
	kept := make(map[caseDay]string, len(list))
	for i := range list {
		if d := list[i].caseDay; first <= d.day && d.day <= last {
			kept[d] = list[i].facts
		}
	}
	return kept, err
}

func differsIn(n *storage.ComparedCells, d caseDay, what string) {
	n.Different++
	if n.First == "" {
		n.First = fmt.Sprintf("the facts of the cases of %s at %q: %s", d.day, d.site, what)
	}
}
