package sqlstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// figureQueries read what reports are counted from.
type figureQueries struct {
	judged         string
	questionScores string
	figureCases    string
	asked          string
	levelsOf       *keyed
	received       string
}

// farthest is how far the day of an event may be from the moment of its case, at most.
const farthest = 400 * 24 * time.Hour

func newFigureQueries(t *texts) figureQueries {
	customers := "s.class IN ('" + strings.Join(storage.CustomerClasses, "', '") + "')"
	fits := " AND (s.flow = ? OR '' = ?) AND (s.service = ? OR '' = ?) AND (s.staff = ? OR '' = ?) AND (s.language = ? OR '' = ?) AND (s.channel = ? OR '' = ?)"
	of := " FROM read_sessions s"
	where := " WHERE s.bucket = ? AND s.site = ? AND s.day >= ? AND s.day <= ? AND s.answered > 0 AND NOT s.test AND s.level > 0 AND " + customers + fits
	whose := "coalesce((SELECT CASE WHEN x.customer > '' THEN 'p:' || x.customer WHEN x.identity > '' THEN 'p:' || x.identity END" +
		" FROM sessions x WHERE x.bucket = ? AND x.id = s.session" + perRow + "), 's:' || s.session) AS whose"
	return figureQueries{
		judged: t.one("SELECT s.session, s.day, s.flow, s.site, s.service, s.staff, s.language, s.channel, s.level, s.unsatisfied, s.has_case," +
			" " + whose + of + where + " LIMIT ?"),
		questionScores: t.one("SELECT a.flow, a.question, " + whose + ", count(*), sum(a.score)" + of +
			" JOIN answers a ON a.bucket = s.bucket AND a.session = s.session" + where +
			" AND a.newest AND NOT a.dropped AND NOT a.skipped AND a.score IS NOT NULL GROUP BY 1, 2, 3"),
		figureCases: t.one("SELECT c.body, coalesce(s.day, ''), coalesce(s.flow, ''), coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.language, '')," +
			" coalesce(s.channel, ''), coalesce(s.level, 0) FROM cases c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session" +
			" WHERE c.bucket = ? AND c.number > 0 AND c.opened_at >= ? AND c.opened_at < ? AND c.site = ? AND NOT coalesce(s.test, FALSE)"),
		asked:    t.one("SELECT body, bucket FROM invitations WHERE bucket = ? AND site = ? AND created_at >= ? AND created_at < ?"),
		levelsOf: t.keyed("session, level", "read_sessions", "session", " AND answered > 0 AND level > 0"),
		received: t.one("SELECT f.kind, f.at, f.site, f.customer, f.identity, f.id FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session" +
			" WHERE f.bucket = ? AND f.id > '' AND f.at >= ? AND f.at < ? AND f.site = ? AND NOT coalesce(s.test, FALSE)" + fits + " LIMIT ?"),
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

// everywhere reads what each site has in each bucket, up to the limit and one more.
func everywhere[T any](s *Store, f storage.FigureFilter, read func(b storage.Bucket, site string, left int) ([]T, error)) (list []T, more bool, err error) {
	for b := range storage.Bucket(s.buckets) {
		for _, site := range f.Sites {
			some, err := read(b, site, f.Limit+1-len(list))
			if err != nil {
				return nil, false, err
			}
			if list = append(list, some...); len(list) > f.Limit {
				return list[:f.Limit], true, nil
			}
		}
	}
	return list, false, nil
}

// Judged implements storage.Figuring.
func (s *Store) Judged(ctx context.Context, f storage.FigureFilter) ([]storage.JudgedSession, bool, error) {
	return everywhere(s, f, func(b storage.Bucket, site string, left int) ([]storage.JudgedSession, error) {
		args := append([]any{int64(b), int64(b), storage.Clean(site), storage.Clean(f.From), storage.Clean(f.To)}, conditions(f)...)
		return collect(ctx, s, "figures", s.q.judged, append(args, int64(left)), func(row scanner) (j storage.JudgedSession, err error) {
			return j, row.Scan(&j.ID, &j.Day, &j.Flow, &j.Site, &j.Service, &j.Staff, &j.Language, &j.Channel, &j.Level, &j.Unsatisfied, &j.Case, &j.Customer)
		})
	})
}

// given is what a customer gave a question.
type given struct {
	flow, question, customer string
	n, sum                   float64
}

// QuestionScores implements storage.Figuring. A customer may have answered at several sites, and in
// chats of several buckets: what they gave is put together before it is added up.
func (s *Store) QuestionScores(ctx context.Context, f storage.FigureFilter) ([]storage.QuestionScore, error) {
	f.Limit = 1 << 30
	all, _, err := everywhere(s, f, func(b storage.Bucket, site string, _ int) ([]given, error) {
		args := append([]any{int64(b), int64(b), storage.Clean(site), storage.Clean(f.From), storage.Clean(f.To)}, conditions(f)...)
		return collect(ctx, s, "scores", s.q.questionScores, args, func(row scanner) (g given, err error) {
			return g, row.Scan(&g.flow, &g.question, &g.customer, &g.n, &g.sum)
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b given) int {
		return cmp.Or(strings.Compare(a.flow, b.flow), strings.Compare(a.question, b.question), strings.Compare(a.customer, b.customer))
	})
	var list []storage.QuestionScore
	for i := 0; i < len(all); {
		g := all[i]
		for i++; i < len(all) && all[i].flow == g.flow && all[i].question == g.question && all[i].customer == g.customer; i++ {
			g.n, g.sum = g.n+all[i].n, g.sum+all[i].sum
		}
		if n := len(list); n == 0 || list[n-1].Flow != g.flow || list[n-1].Question != g.question {
			list = append(list, storage.QuestionScore{Flow: g.flow, Question: g.question})
		}
		list[len(list)-1].Scores.Add(g.n, g.sum)
	}
	return list, nil
}

// FigureCases implements storage.Figuring.
func (s *Store) FigureCases(ctx context.Context, f storage.FigureFilter) ([]storage.FigureCase, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	return everywhere(s, f, func(b storage.Bucket, site string, _ int) ([]storage.FigureCase, error) {
		args := []any{int64(b), micro(from.Add(-farthest)), micro(to.Add(farthest)), storage.Clean(site)}
		list, err := collect(ctx, s, "cases of figures", s.q.figureCases, args, func(row scanner) (c *storage.FigureCase, err error) {
			c = &storage.FigureCase{}
			var body []byte
			var language, channel string
			if err := row.Scan(&body, &c.Day, &c.Flow, &c.Service, &c.Staff, &language, &channel, &c.Level); err != nil {
				return nil, err
			}
			is := func(want, got string) bool { return want == "" || want == got }
			if !is(f.Flow, c.Flow) || !is(f.Service, c.Service) || !is(f.Staff, c.Staff) || !is(f.Language, language) || !is(f.Channel, channel) {
				return nil, nil
			}
			k, err := decodeCase(b, body)
			if err != nil {
				return nil, err
			}
			c.Case = *k
			if c.Day == "" {
				c.Day = k.OpenedAt.UTC().Format(time.DateOnly)
			}
			if c.Day < f.From || c.Day > f.To {
				return nil, nil
			}
			return c, nil
		})
		var kept []storage.FigureCase
		for _, c := range list {
			if c != nil {
				kept = append(kept, *c)
			}
		}
		return kept, err
	})
}

// askedBody is what figures need of an invitation.
type askedBody struct {
	ID, Flow, Case, Customer, Channel, Language, Session string
	Attributes                                           map[string]string
	ClaimedAt, Created                                   time.Time
	Test                                                 bool
}

// Asked implements storage.Figuring.
func (s *Store) Asked(ctx context.Context, f storage.FigureFilter) ([]storage.AskedCustomer, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	is := func(want, got string) bool { return want == "" || want == got }
	return everywhere(s, f, func(b storage.Bucket, site string, _ int) ([]storage.AskedCustomer, error) {
		args := []any{int64(b), storage.Clean(site), micro(from), micro(to)}
		all, err := collect(ctx, s, "invitations of figures", s.q.asked, args, scanBody(func(_ storage.Bucket, body []byte) (*askedBody, error) {
			var i askedBody
			if err := json.Unmarshal(body, &i); err != nil {
				return nil, fmt.Errorf("decode invitation: %w", err)
			}
			return &i, nil
		}))
		if err != nil {
			return nil, err
		}
		var list []storage.AskedCustomer
		opened := map[string]int{}
		for _, i := range all {
			if i.Test || i.Case != "" || !is(f.Flow, i.Flow) || !is(f.Service, i.Attributes["service_name"]) || !is(f.Staff, i.Attributes["agent_name"]) ||
				!is(f.Language, i.Language) || !is(f.Channel, i.Channel) {
				continue
			}
			if i.Session != "" {
				opened[i.Session] = len(list)
			}
			list = append(list, storage.AskedCustomer{
				Day: i.Created.UTC().Format(time.DateOnly), Site: site, Flow: i.Flow, Opened: !i.ClaimedAt.IsZero(), Customer: customer(i.Customer, "", i.ID),
			})
		}
		type level struct {
			session string
			n       int
		}
		for some := range slices.Chunk(slices.Collect(maps.Keys(opened)), 1000) {
			found, err := collect(ctx, s, "levels of invitations", s.q.levelsOf.many, []any{s.dialect.Keys(some), int64(b)}, func(row scanner) (l level, err error) {
				return l, row.Scan(&l.session, &l.n)
			})
			if err != nil {
				return nil, err
			}
			for _, l := range found {
				a := &list[opened[l.session]]
				a.Answered, a.Level = true, l.n
			}
		}
		return list, nil
	})
}

// Received implements storage.Figuring.
func (s *Store) Received(ctx context.Context, f storage.FigureFilter) ([]storage.ReceivedWords, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	return everywhere(s, f, func(b storage.Bucket, site string, left int) ([]storage.ReceivedWords, error) {
		args := append([]any{int64(b), micro(from), micro(to), storage.Clean(site)}, conditions(f)...)
		return collect(ctx, s, "words of figures", s.q.received, append(args, int64(left)), func(row scanner) (r storage.ReceivedWords, err error) {
			var of, identity, id string
			err = row.Scan(&r.Kind, &r.At, &r.Site, &of, &identity, &id)
			r.Customer = customer(of, identity, id)
			return r, err
		})
	})
}
