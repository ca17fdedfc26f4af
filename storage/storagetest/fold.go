package storagetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// folding makes rows by one flow, or none: the day of a conversation is that of its opening, in UTC.
type folding struct {
	settled *int
	flow    *survey.Flow
}

// Settle implements storage.Folding.
func (f folding) Settle(s *storage.Session) bool {
	if s.Day != "" {
		return false
	}
	s.Day = s.Started.Format(time.DateOnly)
	if f.settled != nil {
		*f.settled++
	}
	return true
}

// Rows implements storage.Folding.
func (f folding) Rows(_ context.Context, s *storage.Session) (report.Session, []report.Answer, error) {
	channel := s.Channel
	if channel == "" {
		channel = string(s.Address.Platform)
	}
	session, answers := report.Fold(f.flow, &report.Conversation{
		Session: s.Session, Earlier: s.Earlier, Site: s.Site, Service: s.Service, Staff: s.Staff, Channel: channel, Day: s.Day,
		Judgement: s.Judgement, Class: s.Facts.Class, Case: s.Case != "",
	})
	return session, answers, nil
}

// foldUp folds everything that changed, and ends every pass.
func foldUp(t *testing.T, s storage.Store, limit int) (did storage.Folded) {
	t.Helper()
	return foldUpBy(t, s, folding{}, limit)
}

func foldUpBy(t *testing.T, s storage.Store, how folding, limit int) (did storage.Folded) {
	t.Helper()
	for b := range storage.Bucket(s.Buckets()) {
		for more := true; more; {
			one := must(s.Fold(t.Context(), b, how, limit))(t)
			did.Conversations, did.Passed, did.Rows = did.Conversations+one.Conversations, did.Passed+one.Passed, did.Rows+one.Rows
			more = one.More
		}
	}
	behind := must(s.Behind(t.Context()))(t)
	if behind.Changes+behind.Passing+len(behind.In) != 0 || !behind.Since.IsZero() {
		t.Fatalf("everything is folded, and %+v is said to be behind", behind)
	}
	return did
}

// FoldedOne stores a person of whom every text is marked, with a case, words and an invitation,
// and folds it all. It returns the mark. Among the answers are the reason, mark+"because", and a
// telephone number, mark+"telephone".
func FoldedOne(t *testing.T, store storage.Store) (mark string) {
	t.Helper()
	b := &bench{store: store, clock: NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))}
	p := newSomeone(t, b, "ZOECANARY", 1)
	wantErrors(t, store.Advance(t.Context(), p.bucket, []storage.Turn{{Load: storage.Load{Session: p.session.ID}, Apply: func(l storage.Loaded) (storage.Change, error) {
		more := []survey.Answer{
			{Question: "because", Text: p.mark + "because", Revision: 1, At: b.clock.Now()},
			{Question: "phone", Text: p.mark + "telephone", Revision: 1, At: b.clock.Now()},
		}
		l.Session.Answers = append(l.Session.Answers, more...)
		return storage.Change{Session: l.Session, Answers: more}, nil
	}}}), nil)
	score := 25.0
	flow := &survey.Flow{ID: "f", Version: 1, Questions: []survey.Question{
		{Key: "overall", Kind: survey.ScaleQ, Primary: true, Scale: survey.Scale{Options: []survey.Option{{Value: 2, Score: &score, Flag: survey.Unsatisfied}}}},
		{Key: "why", Kind: survey.TextQ},
		{Key: "because", Kind: survey.TextQ},
		{Key: "reason", Kind: survey.ChoiceQ},
		{Key: "phone", Kind: survey.ContactQ},
	}}
	for b := range storage.Bucket(store.Buckets()) {
		_ = must(store.Fold(t.Context(), b, folding{flow: flow}, 100))(t)
	}
	return p.mark
}

// compared compares everything, page by page.
func compared(t *testing.T, s storage.Store) (all storage.Compared) {
	t.Helper()
	return comparedBy(t, s, folding{})
}

func comparedBy(t *testing.T, s storage.Store, how folding) (all storage.Compared) {
	t.Helper()
	for b := range storage.Bucket(s.Buckets()) {
		for after := ""; ; {
			one := must(s.Compare(t.Context(), b, after, 3, how))(t)
			all.Add(one)
			if after = one.Next; after == "" {
				break
			}
		}
	}
	return all
}

// wantFolded fails unless the rows are those of a fold from nothing.
func wantFolded(t *testing.T, s storage.Store, conversations, answers int) {
	t.Helper()
	got := compared(t, s)
	if !got.Equal() || got.Waiting > 0 || got.Unread > 0 || got.Conversations != conversations || got.Answers != answers {
		t.Fatalf("want %d conversations and %d answers, all folded; got %+v", conversations, answers, got)
	}
}

// readModel is what figures are counted from: rows without the names of conversations.
func readModel(t *testing.T, db *sql.DB) (rows []string) {
	t.Helper()
	for _, text := range []string{
		"SELECT 'a', question, revision, newest, kind, coalesce(value, -1), choices, flag, skipped, dropped, test, flow, version, site, service, staff, language, channel, day FROM answers",
		"SELECT 's', status, answered, coalesce(composite, -1), level, flag, unsatisfied, has_case, test, flow, version, class, site, service, staff, language, channel, day, '' FROM read_sessions",
	} {
		rows = append(rows, printed(t, db, text)...)
	}
	slices.Sort(rows)
	return rows
}

// printed is what a query finds, a line for each row.
func printed(t *testing.T, db *sql.DB, text string) (rows []string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), text)
	check(t, err)
	defer found.Close()
	columns, err := found.Columns()
	check(t, err)
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		check(t, found.Scan(into...))
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = string(b)
			}
		}
		rows = append(rows, fmt.Sprint(values...))
	}
	check(t, found.Err())
	return rows
}

// correcting is a turn that gives the person's first answer another revision.
func correcting(key string, p storage.Person, value float64) storage.Turn {
	return storage.Turn{
		Key: key, Load: storage.Load{Person: p},
		Apply: func(in storage.Loaded) (storage.Change, error) {
			a := answer(in.Session.Answers[0].Question, value, in.Session.Answers[0].Revision+1, in.Now)
			in.Session.Answers[0] = a
			return storage.Change{Session: in.Session, Answers: []survey.Answer{a}}, nil
		},
	}
}

func count(t *testing.T, db *sql.DB, text string) (n int) {
	t.Helper()
	check(t, db.QueryRowContext(t.Context(), text).Scan(&n))
	return n
}

var foldTests = group{
	"every revision stays in the conversation, and is a row": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		p := person(1)
		id := b.begin(t, p)
		b.advance(t, answering("k1", p, "q1"), answering("k2", p, "q2"))
		b.clock.Add(time.Second)
		b.advance(t, correcting("k3", p, 5), correcting("k4", p, 6))
		revisions := must(s.Answers(t.Context(), 0, id))(t)
		equal(t, "revisions", len(revisions), 4)
		equal(t, "those that were replaced", len(must(s.Session(t.Context(), 0, id))(t).Earlier), 2)
		did := foldUp(t, s, 100)
		equal(t, "conversations", did.Conversations, 1)
		equal(t, "rows", did.Rows, 5)
		wantFolded(t, s, 1, 4)
		equal(t, "newest", count(t, db, "SELECT count(*) FROM answers WHERE newest AND revision IN (1, 3)"), 2)
		again := foldUp(t, s, 100)
		equal(t, "rows of a second time", again.Rows, 0)
	},
	"a revision that is there already is refused, and nothing is lost": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		b.advance(t, answering("k1", p, "q1"))
		twice := answering("k2", p, "q1")
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{twice, answering("k3", p, "q2")}), storage.ErrRefused, nil)
		equal(t, "answers", len(must(b.store.Answers(t.Context(), 0, id))(t)), 2)
	},
	"an answer alone is stored in the session that was loaded": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		b.advance(t, storage.Turn{Load: storage.Load{Person: p}, Apply: func(in storage.Loaded) (storage.Change, error) {
			return storage.Change{Answers: []survey.Answer{answer("q1", 3, 1, in.Now)}}, nil
		}})
		equal(t, "answers", len(must(b.store.Answers(t.Context(), 0, id))(t)), 1)
		none := change("", storage.Change{Answers: []survey.Answer{answer("q1", 3, 1, b.clock.Now())}})
		if err := b.store.Advance(t.Context(), 0, []storage.Turn{none})[0]; err == nil {
			t.Error("an answer without a session is stored")
		}
	},
	"what changes is folded in parts, the oldest first, and the lag is that of the oldest": func(t *testing.T, b *bench) {
		s, _ := b.behind(t)
		for i := range 7 {
			p := person(i)
			b.begin(t, p)
			b.advance(t, answering(fmt.Sprint("k", i), p, "q1"))
			b.clock.Add(time.Second)
		}
		behind := must(s.Behind(t.Context()))(t)
		equal(t, "lag", behind.Lag(b.clock.Now()), 7*time.Second)
		equal(t, "notes", behind.Changes, 14)
		equal(t, "answers", behind.Answers, 7)
		did := must(s.Fold(t.Context(), 0, folding{}, 3))(t)
		equal(t, "conversations", did.Conversations, 3)
		equal(t, "more", did.More, true)
		equal(t, "lag", must(s.Behind(t.Context()))(t).Lag(b.clock.Now()), 5*time.Second) // the third one has a second note
		half := compared(t, s)
		equal(t, "waiting", half.Waiting, 5)
		equal(t, "equal so far", half.Equal(), true)
		foldUp(t, s, 3)
		wantFolded(t, s, 7, 7)
		equal(t, "lag", must(s.Behind(t.Context()))(t).Lag(b.clock.Now()), 0)
	},
	"answers and folds of several instances at once miss nothing": func(t *testing.T, b *bench) {
		other := b.open(t, Options{Clock: b.clock.Now})
		const people, each = 6, 12
		for i := range people {
			b.begin(t, person(i))
		}
		stores := []storage.Store{b.store, other}
		done := make(chan struct{})
		folded := make(chan error, len(stores))
		for _, s := range stores {
			go func() {
				for {
					_, err := s.Fold(context.WithoutCancel(t.Context()), 0, folding{}, 2)
					select {
					case <-done:
						folded <- err
						return
					default:
						if err != nil && !errors.Is(err, storage.ErrUnavailable) { // the file may be busy
							folded <- err
							return
						}
					}
				}
			}()
		}
		err := concurrently(t.Context(), people, func(ctx context.Context, i int) error {
			for j := 0; j < each; {
				turn := answering(fmt.Sprintf("k%d.%d", i, j), person(i), fmt.Sprint("q", j))
				if j%3 == 2 {
					turn = correcting(fmt.Sprintf("k%d.%d", i, j), person(i), float64(j))
				}
				switch err := stores[(i+j)%2].Advance(ctx, 0, []storage.Turn{turn})[0]; {
				case err == nil:
					j++
				case !errors.Is(err, storage.ErrUnavailable):
					return err
				}
			}
			return nil
		})
		close(done)
		for range stores {
			err = errors.Join(err, <-folded)
		}
		check(t, err)
		foldUp(t, b.store, 100)
		wantFolded(t, b.store, people, people*each)
	},
	"a pass makes everything anew, completes what is old, and removes what is strange": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		for i := range 5 {
			b.begin(t, person(i))
			b.advance(t, answering(fmt.Sprint("k", i), person(i), "q1"))
		}
		foldUp(t, s, 100)
		before := readModel(t, db)
		id := must(s.SessionsOf(t.Context(), 0, person(2).ID(), 1))(t)[0].ID
		exec(t, db, "UPDATE answers SET value = 9 WHERE session = '"+id+"'")
		exec(t, db, "DELETE FROM read_sessions WHERE session > '"+id+"'")
		exec(t, db, "UPDATE answers SET session = 'zzz' WHERE session = (SELECT max(session) FROM answers)")
		exec(t, db, "UPDATE answers SET session = '!' WHERE session = (SELECT min(session) FROM answers)")
		wrong := compared(t, s)
		if wrong.Different != 1 || wrong.Extra != 2 || wrong.Missing != 4 || wrong.Equal() || !strings.HasPrefix(wrong.First, "session ") {
			t.Fatalf("%+v", wrong)
		}
		equal(t, "conversations", must(s.FoldAll(t.Context()))(t), 5)
		equal(t, "passing", must(s.Behind(t.Context()))(t).Passing, s.Buckets())
		settled := 0
		did := must(s.Fold(t.Context(), 0, folding{settled: &settled}, 2))(t)
		equal(t, "passed", did.Passed, 2)
		if settled < 2 {
			t.Errorf("%d were completed", settled)
		}
		equal(t, "so far", must(s.Behind(t.Context()))(t).Passed, 2)
		foldUp(t, s, 2)
		wantFolded(t, s, 5, 5)
		same(t, "rows", readModel(t, db), before)
		for i := range 5 {
			equal(t, "day", must(s.SessionsOf(t.Context(), 0, person(i).ID(), 1))(t)[0].Day, "2026-03-04")
		}
		// What the pass wrote is what turns see, also those whose memory is older.
		b.advance(t, storage.Turn{Load: storage.Load{Person: person(1)}, Apply: func(in storage.Loaded) (storage.Change, error) {
			equal(t, "day in a turn", in.Session.Day, "2026-03-04")
			return storage.Change{}, nil
		}})
	},
	"a conversation that cannot be read keeps its rows and stops no other": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		first := b.begin(t, person(1))
		b.advance(t, answering("k1", person(1), "q1"))
		foldUp(t, s, 100)
		b.begin(t, person(2))
		b.advance(t, answering("k2", person(2), "q1"), answering("k3", person(1), "q2"))
		exec(t, db, "UPDATE sessions SET body = '{' WHERE id = '"+first+"'")
		did := must(s.Fold(t.Context(), 0, folding{}, 100))(t)
		equal(t, "unread", did.Unread, 1)
		equal(t, "rows", count(t, db, "SELECT count(*) FROM answers"), 2)
		_ = must(s.FoldAll(t.Context()))(t)
		foldUp(t, s, 100)
		equal(t, "rows after a pass", count(t, db, "SELECT count(*) FROM answers"), 2)
		got := compared(t, s)
		equal(t, "unread", got.Unread, 1)
		equal(t, "equal", got.Equal(), true)
	},
	"figures stay as they are when a person is erased, at once and after a pass": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		zoe, _ := newSomeone(t, b, "ZOE", 1), newSomeone(t, b, "ANN", numberAfter(b, "ANN", "ZOE"))
		foldUp(t, s, 100)
		before := readModel(t, db)
		// One more change of theirs is not folded yet when they go.
		wantErrors(t, s.Advance(t.Context(), zoe.bucket, []storage.Turn{{Load: storage.Load{Session: zoe.session.ID}, Apply: func(l storage.Loaded) (storage.Change, error) {
			l.Session.Said = append(l.Session.Said, "more")
			return storage.Change{Session: l.Session}, nil
		}}}), nil)
		erase(t, s, storage.Anchor{Customers: []string{zoe.key}})
		same(t, "figures at once", readModel(t, db), before)
		for _, text := range []string{
			"SELECT count(*) FROM answers WHERE session = '%s'", "SELECT count(*) FROM read_sessions WHERE session = '%s'",
			"SELECT count(*) FROM changes WHERE sessions LIKE '%%%s%%'",
		} {
			equal(t, text, count(t, db, fmt.Sprintf(text, zoe.session.ID)), 0)
		}
		equal(t, "their words", count(t, db, "SELECT count(*) FROM answers WHERE text LIKE '%ZOE%'"), 0)
		foldUp(t, s, 100)
		same(t, "figures", readModel(t, db), before)
		equal(t, "equal", compared(t, s).Equal(), true)
		exec(t, db, "DELETE FROM answers")
		_ = must(s.FoldAll(t.Context()))(t)
		foldUp(t, s, 100)
		same(t, "figures made anew", readModel(t, db), before)
	},
	"words that are too old go from the conversation, all its revisions, and the rows": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		p := person(1)
		id := b.begin(t, p)
		for i, words := range []string{"CANARY one", "CANARY two"} {
			b.advance(t, storage.Turn{Load: storage.Load{Person: p}, Apply: func(in storage.Loaded) (storage.Change, error) {
				a := survey.Answer{Question: "why", Text: words, Files: []survey.File{{Kind: "photo", ID: words}}, Revision: i + 1, At: in.Now}
				in.Session.Answers, in.Session.Status, in.Session.Ended = []survey.Answer{a}, survey.Completed, in.Now
				return storage.Change{Session: in.Session, Answers: []survey.Answer{a}}, nil
			}})
		}
		foldUp(t, s, 100)
		equal(t, "rows with words", count(t, db, "SELECT count(*) FROM answers WHERE text LIKE 'CANARY%'"), 2)
		equal(t, "conversations", must(s.Retain(t.Context(), 0, privacy.Words, b.clock.Now().Add(time.Hour), 10, anonymous()))(t), 1)
		equal(t, "rows with words", count(t, db, "SELECT count(*) FROM answers WHERE text LIKE 'CANARY%'"), 0)
		equal(t, "bodies with words", count(t, db, "SELECT count(*) FROM sessions WHERE body LIKE '%CANARY%'"), 0)
		foldUp(t, s, 100)
		wantFolded(t, s, 1, 2)
		equal(t, "revisions", len(must(s.Answers(t.Context(), 0, id))(t)), 2)
	},
	"a program whose rules hold no more folds nothing": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.begin(t, person(1))
		exec(t, db, "UPDATE buckets SET protocol = protocol + 1")
		if _, err := s.Fold(t.Context(), 0, folding{}, 10); !errors.Is(err, storage.ErrOutdated) {
			t.Errorf("fold: %v", err)
		}
		if _, err := s.FoldAll(t.Context()); !errors.Is(err, storage.ErrOutdated) {
			t.Errorf("fold all: %v", err)
		}
		equal(t, "rows", count(t, db, "SELECT count(*) FROM read_sessions"), 0)
	},
}
