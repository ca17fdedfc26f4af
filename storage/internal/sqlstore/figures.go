package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// figureQueries read what reports are counted from.
type figureQueries struct {
	answeredFrom *list
	judged       byClass[*list]
	scored       byClass[*list] // judged, with the scores of the questions
	asked        *list
	askedOf      *list // of some surveys
	levelsAt     *across
	experimented string
	answeredOf   *keyed // levels by conversation, also of those that have none
	received     *list
	pulseWords   string
}

// What a class of surveys is to figures: those of customers are one.
const (
	ofCustomers = "customers"
	ofStaff     = string(storage.OfStaff)
	ofMystery   = string(storage.OfGuests)
)

func classOf(of storage.Of) string { return cmp.Or(string(of), ofCustomers) }

// asClass says of a column what its class is to figures.
func asClass(column string) string {
	return "CASE WHEN " + column + " IN ('" + strings.Join(storage.CustomerClasses, "', '") + "') THEN '" + ofCustomers + "' ELSE " + column + " END"
}

// farthest is how far the day of an event may be from the moment of its case, at most.
const farthest = 400 * 24 * time.Hour

// fitsSession says of a conversation s that it has what a filter asks for, as conditions gives it.
const fitsSession = " AND (s.flow = ? OR '' = ?) AND (s.service = ? OR '' = ?) AND (s.staff = ? OR '' = ?) AND (s.language = ? OR '' = ?) AND (s.channel = ? OR '' = ?)"

// notOfOwn says of a conversation s, which may be none, that it is not of one's own staff or of mystery guests.
const notOfOwn = " AND coalesce(s.class, '') NOT IN ('" + ofStaff + "', '" + ofMystery + "')"

// whoseSession is the customer of a conversation s. Its parameter is the bucket.
var whoseSession = whoseIn("?")

func whoseIn(bucket string) string {
	return "coalesce((SELECT CASE WHEN x.customer > '' THEN 'p:' || x.customer WHEN x.identity > '' THEN 'p:' || x.identity END" +
		" FROM sessions x WHERE x.bucket = " + bucket + " AND x.id = s.session" + perRow + "), 's:' || s.session)"
}

// daysOf are the answered conversations s of a bucket, sites and days: see inDays.
func daysOf(t *texts) string { return daysIn(t, "?") }

func daysIn(t *texts, bucket string) string {
	return " WHERE s.bucket = " + bucket + " AND " + t.dialect.Among("s.site") + " AND s.day >= ? AND s.day <= ? AND s.answered > 0"
}

// isOther says of a conversation s that it is not a customer's: they are few, and have an index of their own.
var isOther = " AND s.class NOT IN ('" + strings.Join(storage.CustomerClasses, "', '") + "')"

// ofClass says of a conversation s that its class is one to figures: a parameter, as classOf has it.
func ofClass(others bool) string {
	if others {
		return isOther + " AND s.class = ?"
	}
	return " AND " + asClass("s.class") + " = ?"
}

// sessionsOf is the table of conversations s, to be found by their days; others: those that are none of customers.
func sessionsOf(t *texts, others bool) string {
	if others {
		return " FROM read_sessions s" + t.by("read_sessions_others")
	}
	return " FROM read_sessions s" + t.by("read_sessions_day")
}

// judgedIn are those of them that have a level and are of a class, and fit. others: it is none of customers.
func judgedIn(t *texts, bucket string, others bool) string { return daysIn(t, bucket) + judged(others) }

func judged(others bool) string {
	return " AND NOT s.test AND s.level > 0" + ofClass(others) + fitsSession
}

// byClass are two statements that say the same: one for conversations of customers, and one that finds others by
// their index.
type byClass[T any] struct{ customers, others T }

func (c byClass[T]) of(o storage.Of) T {
	if o == storage.OfCustomers || o == storage.OfAnybody {
		return c.customers
	}
	return c.others
}

func newFigureQueries(t *texts) figureQueries {
	fits := fitsSession
	days := daysOf(t)
	judged := func(others, scored bool) *list {
		return t.inBuckets(func(bucket string) string {
			text := "SELECT s.session, s.day, s.flow, s.site, s.service, s.staff, s.language, s.channel, s.level, s.unsatisfied, s.has_case, " + whoseIn(bucket)
			if scored { // no question is called by a name with a blank or a comma
				text += ", coalesce((SELECT string_agg(a.question || ' ' || a.score, ',') FROM answers a WHERE a.bucket = " + bucket + " AND a.session = s.session" +
					" AND a.newest AND NOT a.dropped AND NOT a.skipped AND a.score IS NOT NULL), '')"
			}
			return text + sessionsOf(t, others) + judgedIn(t, bucket, others) + " LIMIT ?"
		})
	}
	return figureQueries{
		answeredFrom: t.inBuckets(func(bucket string) string {
			return "SELECT count(*) FROM (SELECT 1 AS one" + sessionsOf(t, false) + daysIn(t, bucket) + " LIMIT ?) AS part"
		}),
		judged:  byClass[*list]{judged(false, false), judged(true, false)},
		scored:  byClass[*list]{judged(false, true), judged(true, true)},
		asked:   t.inBuckets(func(bucket string) string { return invited(t, bucket) + " LIMIT ?" }),
		askedOf: t.inBuckets(func(bucket string) string { return invited(t, bucket) + " AND " + t.dialect.Among("flow") + " LIMIT ?" }),
		experimented: t.one("SELECT experiment, arm, sent, customer, state, body FROM asks WHERE bucket = ? AND experiment > '' AND " + t.dialect.Among("site") +
			" AND sent >= ? AND NOT test LIMIT ?"),
		answeredOf: t.keyed("session, level", "read_sessions", "session", " AND answered > 0"),
		levelsAt:   t.across(Source{Columns: "bucket, session, level", Table: "read_sessions", Bucket: "bucket", Key: "session", Where: " AND answered > 0 AND level > 0"}),
		received: t.inBuckets(func(bucket string) string {
			return "SELECT f.kind, f.at, f.site, f.customer, f.identity, f.id FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session" +
				" WHERE f.bucket = " + bucket + " AND f.id > '' AND f.at >= ? AND f.at < ? AND " + t.dialect.Among("f.site") + " AND NOT coalesce(s.test, FALSE)" + notOfOwn + fits + " LIMIT ?"
		}),
		pulseWords: t.one("SELECT s.day, s.site, a.text" + sessionsOf(t, true) + " JOIN answers a ON a.bucket = s.bucket AND a.session = s.session" + days +
			" AND NOT s.test" + isOther + " AND s.class = '" + ofStaff + "' AND a.kind = 'text' AND a.text > '' AND a.newest AND NOT a.dropped AND NOT a.skipped LIMIT ?"),
	}
}

// invited are the invitations of a bucket at some sites that were made between two moments.
func invited(t *texts, bucket string) string {
	return "SELECT bucket, site, body FROM invitations WHERE bucket = " + bucket + " AND " + t.dialect.Among("site") + " AND created_at >= ? AND created_at < ?"
}

// conditions are the parameters of what a filter says of a conversation.
func conditions(f storage.FigureFilter) []any {
	args := make([]any, 0, 10)
	for _, v := range []string{f.Flow, f.Service, f.Staff, f.Language, f.Channel} {
		args = append(args, storage.Clean(v), storage.Clean(v))
	}
	return args
}

// customer is whose answers belong together: who has no record as a customer is the chat account,
// as it stands in the column of the customer in some tables.
func customer(customer, identity, session string) string {
	switch {
	case customer != "":
		return "p:" + customer
	case identity != "":
		return "p:" + identity
	}
	return "s:" + session
}

// span are the moments between which the days of a filter lie, UTC.
func span(f storage.FigureFilter) (from, to time.Time, err error) {
	if from, err = time.Parse(time.DateOnly, f.From); err == nil {
		to, err = time.Parse(time.DateOnly, f.To)
	}
	if err != nil {
		return from, to, fmt.Errorf("read figures: %w", err)
	}
	return from, to.AddDate(0, 0, 1), nil
}

// abreast is how many buckets are read at a time.
const abreast = 4

// inEach does something in every bucket, in some at a time.
func (s *Store) inEach(do func(storage.Bucket) error) error {
	errs := make([]error, s.buckets)
	free := make(chan struct{}, abreast)
	var all sync.WaitGroup
	for b := range storage.Bucket(s.buckets) {
		free <- struct{}{}
		all.Go(func() {
			errs[b] = do(b)
			<-free
		})
	}
	all.Wait()
	return cmp.Or(errs...)
}

// everywhere reads what each bucket has, up to the limit and one more: one question a bucket, whatever
// sites there are.
func everywhere[T any](s *Store, f storage.FigureFilter, read func(b storage.Bucket, most int64) ([]T, error)) (list []T, more bool, err error) {
	if len(f.Sites) == 0 {
		return nil, false, nil
	}
	lists := make([][]T, s.buckets)
	err = s.inEach(func(b storage.Bucket) (err error) {
		lists[b], err = read(b, int64(f.Limit)+1)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if list = slices.Concat(lists...); len(list) > f.Limit {
		return list[:f.Limit], true, nil
	}
	return list, false, nil
}

// inDays are the parameters of a bucket, of sites and of days.
func (s *Store) inDays(b storage.Bucket, f storage.FigureFilter) []any {
	return []any{int64(b), s.dialect.Keys(texted(f.Sites)), storage.Clean(f.From), storage.Clean(f.To)}
}

// crowded reports whether more conversations than the limit fit a filter. Their sums say so long before they were read,
// whatever the filter says; what is not added up yet an index alone says, but of some of those days it cannot tell.
func (s *Store) crowded(ctx context.Context, f storage.FigureFilter) (bool, error) {
	if f.Of != storage.OfCustomers {
		return false, nil
	}
	cells, err := s.Cells(ctx, f, storage.CellsWhole)
	if err != nil {
		return false, err
	}
	n := 0
	for i := range cells {
		for _, k := range cells[i].Levels {
			n += k
		}
	}
	if n > f.Limit || f.Flow+f.Service+f.Staff+f.Language+f.Channel != "" {
		return n > f.Limit, nil
	}
	n, err = s.answeredOn(ctx, f, f.Limit)
	return n > f.Limit, err
}

// answeredOn is how many conversations were answered on the days and at the sites of a filter, at least as many as
// most and one more where there are more.
func (s *Store) answeredOn(ctx context.Context, f storage.FigureFilter, most int) (n int, err error) {
	if len(f.Sites) == 0 {
		return 0, nil
	}
	counts, err := ofBuckets(ctx, s, "how many answered", s.q.answeredFrom, append(s.inDays(0, f)[1:], int64(most)+1), func(row scanner) (n int, err error) { return n, row.Scan(&n) })
	for _, some := range counts {
		n += some
	}
	return n, err
}

// atOnce is how much is read of all buckets by one statement. Of more, buckets are read abreast.
const (
	conversationsAtOnce = 5_000
	daysAtOnce          = 100
)

// brief reports whether a filter is of few days.
func brief(f *storage.FigureFilter) bool {
	from, to, err := span(*f)
	return err == nil && to.Sub(from) <= daysAtOnce*24*time.Hour
}

// everyBucket reads what each bucket has, up to the limit and one more: by one statement, or abreast.
func everyBucket[T any](ctx context.Context, s *Store, what string, f storage.FigureFilter, together bool, l *list, args []any, scan func(scanner) (T, error)) ([]T, bool, error) {
	return readEvery(s, f, together, func(buckets [][]any, most int64) ([]T, error) {
		return ofThese(ctx, s, what, l, buckets, append(slices.Clip(args), most), scan)
	})
}

// readEvery has read see all buckets at once, or one at a time and several abreast, each as parameters of a statement.
func readEvery[T any](s *Store, f storage.FigureFilter, together bool, read func(buckets [][]any, most int64) ([]T, error)) ([]T, bool, error) {
	if !together {
		return everywhere(s, f, func(b storage.Bucket, most int64) ([]T, error) { return read([][]any{{int64(b)}}, most) })
	}
	if len(f.Sites) == 0 {
		return nil, false, nil
	}
	list, err := read(s.eachBucket(), int64(f.Limit)+1)
	if err == nil && len(list) > f.Limit {
		return list[:f.Limit], true, nil
	}
	return list, false, err
}

// Judged implements storage.Figuring.
func (s *Store) Judged(ctx context.Context, f storage.FigureFilter) ([]storage.JudgedSession, bool, error) {
	n := 0
	if f.Of == storage.OfCustomers {
		whole := f.Flow+f.Service+f.Staff+f.Language+f.Channel == ""
		most := min(f.Limit, conversationsAtOnce)
		var err error
		if n, err = s.answeredOn(ctx, f, most); err != nil || whole && n > f.Limit {
			return nil, err == nil, err
		}
		if whole && n > most {
			if many, err := s.crowded(ctx, f); err != nil || many {
				return nil, many, err
			}
		}
	}
	of := s.q.judged.of(f.Of)
	if f.Scores {
		of = s.q.scored.of(f.Of)
	}
	args := slices.Concat(s.inDays(0, f)[1:], []any{classOf(f.Of)}, conditions(f))
	list, more, err := everyBucket(ctx, s, "figures", f, n <= conversationsAtOnce, of, args, func(row scanner) (j storage.JudgedSession, err error) {
		into := []any{&j.ID, &j.Day, &j.Flow, &j.Site, &j.Service, &j.Staff, &j.Language, &j.Channel, &j.Level, &j.Unsatisfied, &j.Case, &j.Customer}
		if !f.Scores {
			return j, row.Scan(into...)
		}
		var scores string
		if err := row.Scan(append(into, &scores)...); err != nil {
			return j, err
		}
		j.Scores, err = scoresOf(scores)
		return j, err
	})
	slices.SortFunc(list, func(a, b storage.JudgedSession) int { return strings.Compare(a.Customer, b.Customer) })
	return list, more, err
}

// scoresOf reads the scores of a conversation, as one query puts them together: "overall 75,speed 50".
func scoresOf(text string) ([]storage.GivenScore, error) {
	if text == "" {
		return nil, nil
	}
	all := make([]storage.GivenScore, 0, strings.Count(text, ",")+1)
	for one := range strings.SplitSeq(text, ",") {
		question, score, _ := strings.Cut(one, " ")
		n, err := strconv.ParseFloat(score, 64)
		if err != nil {
			return nil, fmt.Errorf("read the score of a question: %w", err)
		}
		all = append(all, storage.GivenScore{Question: question, Score: n})
	}
	return all, nil
}

// eachLevel reads by one of these queries the levels of conversations of a bucket.
func (s *Store) eachLevel(ctx context.Context, by *keyed, b storage.Bucket, of map[string]int, put func(i, level int)) error {
	type level struct {
		session string
		n       int
	}
	for some := range slices.Chunk(slices.Collect(maps.Keys(of)), 1000) {
		found, err := collect(ctx, s, "levels of invitations", by.many, []any{s.dialect.Keys(some), int64(b)}, func(row scanner) (l level, err error) {
			return l, row.Scan(&l.session, &l.n)
		})
		if err != nil {
			return err
		}
		for _, l := range found {
			put(of[l.session], l.n)
		}
	}
	return nil
}

// Received implements storage.Figuring.
func (s *Store) Received(ctx context.Context, f storage.FigureFilter) ([]storage.ReceivedWords, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	args := slices.Concat([]any{micro(from), micro(to), s.dialect.Keys(texted(f.Sites))}, conditions(f))
	return everyBucket(ctx, s, "words of figures", f, brief(&f), s.q.received, args, func(row scanner) (r storage.ReceivedWords, err error) {
		var of, identity, id string
		err = row.Scan(&r.Kind, &r.At, &r.Site, &of, &identity, &id)
		r.Customer = customer(of, identity, id)
		return r, err
	})
}

// PulseWords implements storage.Figuring.
func (s *Store) PulseWords(ctx context.Context, f storage.FigureFilter) ([]storage.PulseWords, bool, error) {
	return everywhere(s, f, func(b storage.Bucket, most int64) ([]storage.PulseWords, error) {
		return collect(ctx, s, "words of staff", s.q.pulseWords, append(s.inDays(b, f), most), func(row scanner) (w storage.PulseWords, err error) {
			return w, row.Scan(&w.Day, &w.Site, &w.Text)
		})
	})
}
