package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

const (
	answeredSessionRead = "session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level, flag, unsatisfied, has_case, test"
	answeredRead        = "session, question, kind, value, choices, text, score, level, flag"
)

// answeredQueries make the list of answers.
type answeredQueries struct {
	answeredSessions *list
	answersOf        *across
	besideOf         *across
}

func newAnsweredQueries(t *texts) answeredQueries {
	return answeredQueries{
		// answered > 0 names the index. Words are asked for each conversation that fits otherwise.
		answeredSessions: t.inBuckets(func(bucket string) string {
			return t.dialect.First("bucket, "+answeredSessionRead, "read_sessions", "session", "site", " AND day >= ? AND day <= ? AND answered > 0 AND class <> 'pulse'"+
				" AND (day, session) < (?, ?) AND (flow = ? OR '' = ?) AND (service = ? OR '' = ?) AND (staff = ? OR '' = ?) AND (language = ? OR '' = ?)"+
				" AND (channel = ? OR '' = ?) AND (0 = ? OR level > 0 AND "+asClass("class")+" = ?)"+
				" AND (level >= ? OR 0 = ?) AND (level BETWEEN 1 AND ? OR 0 = ?) AND (NOT test OR 1 = ?) AND (0 = ? OR class <> '"+ofMystery+"')"+
				" AND (0 = ? OR EXISTS (SELECT 1 FROM answers a WHERE a.bucket = "+bucket+" AND a.session = s.session AND a.newest AND NOT a.dropped"+
				" AND a.kind = 'text' AND a.text > ''"+perRow+") OR EXISTS (SELECT 1 FROM words w WHERE w.bucket = "+bucket+" AND w.session = s.session"+
				" AND w.inbound AND w.text > ''"+perRow+"))", "day DESC, session DESC", bucket)
		}),
		besideOf: t.across(Source{Columns: "session, text, at", Table: "words", Bucket: "bucket", Key: "session", Where: " AND inbound AND text > ''"}),
		answersOf: t.across(Source{
			Columns: answeredRead, Table: "answers", Bucket: "bucket", Key: "session",
			Where: " AND newest AND NOT dropped AND NOT skipped AND kind <> 'contact'",
		}),
	}
}

// beyond is later than any day and any id.
const beyond = "\uffff"

// Answered implements storage.Answering: it merges what each bucket has, with the newest of each site.
func (s *Store) Answered(ctx context.Context, f storage.AnsweredFilter) ([]storage.AnsweredSession, error) {
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	before := f.Before
	if before.Day == "" {
		before = storage.AnsweredPlace{Day: beyond, Session: beyond}
	}
	if len(f.Sites) == 0 {
		return nil, nil
	}
	flow, service, staff, lang, channel := storage.Clean(f.Flow), storage.Clean(f.Service), storage.Clean(f.Staff), storage.Clean(f.Language), storage.Clean(f.Channel)
	args := []any{
		s.dialect.Keys(texted(f.Sites)), storage.Clean(f.From), storage.Clean(f.To), storage.Clean(before.Day), storage.Clean(before.Session),
		flow, flow, service, service, staff, staff, lang, lang, channel, channel, flag(f.Judged), classOf(f.Of), int64(f.Worst), int64(f.Worst), int64(f.Best), int64(f.Best), flag(f.Test), flag(f.NoGuests), flag(f.Words), int64(f.Limit),
	}
	all, err := ofBuckets(ctx, s, "answered conversations", s.q.answeredSessions, args, func(row scanner) (v storage.AnsweredSession, err error) {
		var composite sql.NullFloat64
		err = row.Scan(&v.Bucket, &v.ID, &v.Flow, &v.Version, &v.Class, &v.Site, &v.Service, &v.Staff, &v.Language, &v.Channel, &v.Day, &v.Status,
			&v.Session.Answered, &composite, &v.Level, &v.Flag, &v.Unsatisfied, &v.Case, &v.Test)
		if composite.Valid {
			v.Composite = &composite.Float64
		}
		return v, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b storage.AnsweredSession) int { return a.Place().Compare(b.Place()) })
	all = all[:min(f.Limit, len(all))]
	return all, s.answersOf(ctx, all)
}

// answersOf puts in the answers of conversations, and what was written beside them: a question each.
func (s *Store) answersOf(ctx context.Context, list []storage.AnsweredSession) error {
	if len(list) == 0 {
		return nil
	}
	places, at := make([]Place, len(list)), map[string]int{}
	for i := range list {
		places[i] = Place{list[i].Bucket, list[i].ID}
		at[list[i].ID] = i
	}
	type beside struct {
		session, text string
		at            time.Time
	}
	var said []beside
	err := s.reading(ctx, func(db *sql.DB) error {
		said = nil
		for i := range list {
			list[i].Answers = nil
		}
		err := readAcross(ctx, db, s.dialect, s.q.answersOf, places, func(row scanner) error {
			a, err := scanAnswer(row)
			i := at[a.Session]
			list[i].Answers = append(list[i].Answers, a)
			return err
		})
		if err != nil {
			return err
		}
		return readAcross(ctx, db, s.dialect, s.q.besideOf, places, func(row scanner) error {
			var w beside
			err := row.Scan(&w.session, &w.text, &w.at)
			said = append(said, w)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	slices.SortStableFunc(said, func(a, b beside) int { return a.at.Compare(b.at) })
	for _, w := range said {
		i := at[w.session]
		list[i].Beside = append(list[i].Beside, w.text)
	}
	return nil
}

// scanAnswer reads an answer that counts.
func scanAnswer(row scanner) (a report.Answer, err error) {
	var value, score sql.NullFloat64
	var choices string
	if err := row.Scan(&a.Session, &a.Question, &a.Kind, &value, &choices, &a.Text, &score, &a.Level, &a.Flag); err != nil {
		return a, err
	}
	if value.Valid {
		a.Value = &value.Float64
	}
	if score.Valid {
		a.Score = &score.Float64
	}
	if choices != "" {
		if err := json.Unmarshal([]byte(choices), &a.Choices); err != nil {
			return a, fmt.Errorf("decode choices: %w", err)
		}
	}
	return a, nil
}
