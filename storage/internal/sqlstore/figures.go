package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// figureQueries read what reports are counted from.
type figureQueries struct {
	answeredFrom string
	judged       byClass
	scored       byClass // judged, with the scores of the questions
	asked        string
	levelsOf     *keyed
	experimented string
	answeredOf   *keyed // levelsOf, also of those that have none
	received     string
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

// belongs reports whether an invitation is one of those that a filter asks for. Those of the first releases have no
// class; they were customers'.
func belongs(i *askedBody, of storage.Of) bool {
	class := string(storage.CountedAs(i.Facts.Class, i.Flow, i.Facts))
	switch of {
	case storage.OfAnybody:
		return true
	case storage.OfCustomers:
		return class == "" || slices.Contains(storage.CustomerClasses, class)
	}
	return class == string(of)
}

// farthest is how far the day of an event may be from the moment of its case, at most.
const farthest = 400 * 24 * time.Hour

// fitsSession says of a conversation s that it has what a filter asks for, as conditions gives it.
const fitsSession = " AND (s.flow = ? OR '' = ?) AND (s.service = ? OR '' = ?) AND (s.staff = ? OR '' = ?) AND (s.language = ? OR '' = ?) AND (s.channel = ? OR '' = ?)"

// notOfOwn says of a conversation s, which may be none, that it is not of one's own staff or of mystery guests.
const notOfOwn = " AND coalesce(s.class, '') NOT IN ('" + ofStaff + "', '" + ofMystery + "')"

// whoseSession is the customer of a conversation s. Its parameter is the bucket.
const whoseSession = "coalesce((SELECT CASE WHEN x.customer > '' THEN 'p:' || x.customer WHEN x.identity > '' THEN 'p:' || x.identity END" +
	" FROM sessions x WHERE x.bucket = ? AND x.id = s.session" + perRow + "), 's:' || s.session)"

// daysOf are the answered conversations s of a bucket, sites and days: see inDays.
func daysOf(t *texts) string {
	return " WHERE s.bucket = ? AND " + t.dialect.Among("s.site") + " AND s.day >= ? AND s.day <= ? AND s.answered > 0"
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

// judgedWhere are those of them that have a level and are of a class, and fit. others: it is none of customers.
func judgedWhere(t *texts, others bool) string {
	return daysOf(t) + " AND NOT s.test AND s.level > 0" + ofClass(others) + fitsSession
}

// byClass are two statements that say the same: one for conversations of customers, and one that finds others by
// their index.
type byClass struct{ customers, others string }

func (c byClass) of(o storage.Of) string {
	if o == storage.OfCustomers || o == storage.OfAnybody {
		return c.customers
	}
	return c.others
}

func newFigureQueries(t *texts) figureQueries {
	fits, of := fitsSession, " FROM read_sessions s"
	days, where, other, whose := daysOf(t), judgedWhere(t, false), judgedWhere(t, true), whoseSession
	// No question is called by a name with a blank or a comma.
	scores := "coalesce((SELECT string_agg(a.question || ' ' || a.score, ',') FROM answers a WHERE a.bucket = ? AND a.session = s.session" +
		" AND a.newest AND NOT a.dropped AND NOT a.skipped AND a.score IS NOT NULL), '')"
	judged := "SELECT s.session, s.day, s.flow, s.site, s.service, s.staff, s.language, s.channel, s.level, s.unsatisfied, s.has_case, " + whose
	return figureQueries{
		answeredFrom: t.one("SELECT count(*) FROM (SELECT 1 AS one" + of + days + " LIMIT ?) AS part"),
		judged:       byClass{t.one(judged + of + where + " LIMIT ?"), t.one(judged + of + other + " LIMIT ?")},
		scored:       byClass{t.one(judged + ", " + scores + of + where + " LIMIT ?"), t.one(judged + ", " + scores + of + other + " LIMIT ?")},
		asked:        t.one("SELECT site, body FROM invitations WHERE bucket = ? AND " + t.dialect.Among("site") + " AND created_at >= ? AND created_at < ? LIMIT ?"),
		experimented: t.one("SELECT experiment, arm, sent, customer, state, body FROM asks WHERE bucket = ? AND experiment > '' AND " + t.dialect.Among("site") +
			" AND sent >= ? AND NOT test LIMIT ?"),
		answeredOf: t.keyed("session, level", "read_sessions", "session", " AND answered > 0"),
		levelsOf:   t.keyed("session, level", "read_sessions", "session", " AND answered > 0 AND level > 0"),
		received: t.one("SELECT f.kind, f.at, f.site, f.customer, f.identity, f.id FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session" +
			" WHERE f.bucket = ? AND f.id > '' AND f.at >= ? AND f.at < ? AND " + t.dialect.Among("f.site") + " AND NOT coalesce(s.test, FALSE)" + notOfOwn + fits + " LIMIT ?"),
		pulseWords: t.one("SELECT s.day, s.site, a.text" + of + " JOIN answers a ON a.bucket = s.bucket AND a.session = s.session" + days +
			" AND NOT s.test" + isOther + " AND s.class = '" + ofStaff + "' AND a.kind = 'text' AND a.text > '' AND a.newest AND NOT a.dropped AND NOT a.skipped LIMIT ?"),
	}
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

// everywhere reads what each bucket has, up to the limit and one more: one question a bucket, whatever
// sites there are.
func everywhere[T any](s *Store, f storage.FigureFilter, read func(b storage.Bucket, most int64) ([]T, error)) (list []T, more bool, err error) {
	if len(f.Sites) == 0 {
		return nil, false, nil
	}
	lists, errs := make([][]T, s.buckets), make([]error, s.buckets)
	free := make(chan struct{}, abreast)
	var all sync.WaitGroup
	for b := range storage.Bucket(s.buckets) {
		free <- struct{}{}
		all.Go(func() {
			lists[b], errs[b] = read(b, int64(f.Limit)+1)
			<-free
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, false, err
		}
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

// crowded reports whether more conversations than the limit were answered on those days. An index
// alone says so, long before they were read; of some of them it cannot tell.
func (s *Store) crowded(ctx context.Context, f storage.FigureFilter) (bool, error) {
	if f.Of != storage.OfCustomers || f.Flow+f.Service+f.Staff+f.Language+f.Channel != "" {
		return false, nil
	}
	counts, _, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]int, error) {
		return collect(ctx, s, "how many answered", s.q.answeredFrom, append(s.inDays(b, f), most), func(row scanner) (n int, err error) { return n, row.Scan(&n) })
	})
	n := 0
	for _, some := range counts {
		n += some
	}
	return n > f.Limit, err
}

// Judged implements storage.Figuring.
func (s *Store) Judged(ctx context.Context, f storage.FigureFilter) ([]storage.JudgedSession, bool, error) {
	if many, err := s.crowded(ctx, f); many || err != nil {
		return nil, many, err
	}
	text := s.q.judged.of(f.Of)
	if f.Scores {
		text = s.q.scored.of(f.Of)
	}
	list, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]storage.JudgedSession, error) {
		args := []any{int64(b)}
		if f.Scores {
			args = append(args, int64(b))
		}
		args = slices.Concat(args, s.inDays(b, f), []any{classOf(f.Of)}, conditions(f), []any{most})
		return collect(ctx, s, "figures", text, args, func(row scanner) (j storage.JudgedSession, err error) {
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

// askedBody is what figures need of an invitation.
type askedBody struct {
	ID, Flow, Case, Customer, Channel, Language, Session, ClaimedBy string

	Attributes         map[string]string
	Facts              recovery.Facts
	ClaimedAt, Created time.Time
	Test               bool
	site               string
}

// Asked implements storage.Figuring.
func (s *Store) Asked(ctx context.Context, f storage.FigureFilter) ([]storage.AskedCustomer, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	is := func(want, got string) bool { return want == "" || want == got }
	var over atomic.Bool
	all, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]askedHere, error) {
		args := []any{int64(b), s.dialect.Keys(texted(f.Sites)), micro(from), micro(to), most}
		all, err := collect(ctx, s, "invitations of figures", s.q.asked, args, func(row scanner) (i askedBody, err error) {
			var body sql.RawBytes
			if err := row.Scan(&i.site, &body); err != nil {
				return i, err
			}
			if err := json.Unmarshal(body, &i); err != nil {
				return i, fmt.Errorf("decode invitation: %w", err)
			}
			return i, nil
		})
		if err != nil {
			return nil, err
		}
		if int64(len(all)) == most {
			over.Store(true)
		}
		var list []askedHere
		for j := range all {
			i := &all[j]
			if i.Test || i.Case != "" || !belongs(i, f.Of) || !is(f.Flow, i.Flow) || !is(f.Service, i.Attributes["service_name"]) || !is(f.Staff, i.Attributes["agent_name"]) ||
				!is(f.Language, i.Language) || !is(f.Channel, i.Channel) {
				continue
			}
			list = append(list, askedHere{storage.AskedCustomer{
				Day: i.Created.UTC().Format(time.DateOnly), Site: i.site, Flow: i.Flow, Opened: !i.ClaimedAt.IsZero(), Customer: customer(i.Customer, "", i.ID),
			}, i.Session, i.ClaimedBy})
		}
		return list, nil
	})
	if err != nil {
		return nil, false, err
	}
	list := make([]storage.AskedCustomer, len(all))
	for i := range all {
		list[i] = all[i].AskedCustomer
	}
	return list, more || over.Load(), s.levelsOf(ctx, list, all)
}

// askedHere is an invitation with the conversation that it led to, and with who opened it.
type askedHere struct {
	storage.AskedCustomer
	session, by string
}

// levelsOf puts in the levels of the conversations that invitations led to. These stand with whoever opened the link;
// of who was erased it is not known where.
func (s *Store) levelsOf(ctx context.Context, list []storage.AskedCustomer, all []askedHere) error {
	at := make([]map[string]int, s.buckets)
	for b := range at {
		at[b] = map[string]int{}
	}
	for i := range all {
		if all[i].session == "" {
			continue
		}
		if hash, ok := storage.IdentityHash(all[i].by); ok {
			at[storage.BucketOf(hash, s.buckets)][all[i].session] = i
			continue
		}
		for b := range at {
			at[b][all[i].session] = i
		}
	}
	for b, opened := range at {
		err := s.eachLevel(ctx, s.q.levelsOf, storage.Bucket(b), opened, func(i, level int) { list[i].Answered, list[i].Level = true, level })
		if err != nil {
			return err
		}
	}
	return nil
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
	return everywhere(s, f, func(b storage.Bucket, most int64) ([]storage.ReceivedWords, error) {
		args := slices.Concat([]any{int64(b), micro(from), micro(to), s.dialect.Keys(texted(f.Sites))}, conditions(f), []any{most})
		return collect(ctx, s, "words of figures", s.q.received, args, func(row scanner) (r storage.ReceivedWords, err error) {
			var of, identity, id string
			err = row.Scan(&r.Kind, &r.At, &r.Site, &of, &identity, &id)
			r.Customer = customer(of, identity, id)
			return r, err
		})
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
