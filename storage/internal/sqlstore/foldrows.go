package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

const (
	foldedAnswerColumns = "bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at," +
		" flow, version, site, service, staff, language, channel, day"
	foldedSessionColumns = "bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level, flag," +
		" unsatisfied, has_case, test"
)

// foldedRows are rows of the read model in one bucket, as the database takes them.
type foldedRows struct {
	sessions map[string][]any
	answers  map[string]map[revisionOf][]any // by session
	bucket   storage.Bucket
}

// revisionOf names an answer's row within its session.
type revisionOf struct {
	question string
	revision int64
}

func newFoldedRows(b storage.Bucket) *foldedRows {
	return &foldedRows{sessions: map[string][]any{}, answers: map[string]map[revisionOf][]any{}, bucket: b}
}

// session takes a row as it was read.
func (r *foldedRows) session(rows *sql.Rows) error {
	s, err := scanFoldedSession(rows)
	if err == nil {
		r.sessions[s.ID] = foldedSessionRow(r.bucket, &s)
	}
	return err
}

// answer takes a row as it was read.
func (r *foldedRows) answer(rows *sql.Rows) error {
	a, err := scanFoldedAnswer(rows)
	if err != nil {
		return err
	}
	return r.put(&a)
}

func (r *foldedRows) put(a *report.Answer) error {
	row, err := foldedAnswerRow(r.bucket, a)
	if err != nil {
		return err
	}
	id, key := row[1].(string), revisionOf{row[2].(string), row[3].(int64)}
	if r.answers[id] == nil {
		r.answers[id] = map[revisionOf][]any{}
	}
	r.answers[id][key] = row
	return nil
}

// add takes the rows that a conversation is to have.
func (r *foldedRows) add(s report.Session, answers []report.Answer) error {
	row := foldedSessionRow(r.bucket, &s)
	r.sessions[row[1].(string)] = row
	for i := range answers {
		if err := r.put(&answers[i]); err != nil {
			return err
		}
	}
	return nil
}

// keep takes the rows of a conversation over as they are there.
func (r *foldedRows) keep(id string, there *foldedRows) {
	if row, ok := there.sessions[id]; ok {
		r.sessions[id] = row
	}
	if rows, ok := there.answers[id]; ok {
		r.answers[id] = rows
	}
}

func (r *foldedRows) forget(id string) {
	delete(r.sessions, id)
	delete(r.answers, id)
}

func (r *foldedRows) count() (n int) {
	for _, rows := range r.answers {
		n += len(rows)
	}
	return n
}

// scanFoldedAnswer is a row of answers.
func scanFoldedAnswer(row scanner) (a report.Answer, err error) {
	var bucket int64
	var choices string
	var at time.Time
	err = row.Scan(&bucket, &a.Session, &a.Question, &a.Revision, &a.Newest, &a.Kind, &a.Value, &choices, &a.Text, &a.Score, &a.Level, &a.Flag,
		&a.Skipped, &a.Dropped, &a.Test, &at, &a.Flow, &a.Version, &a.Site, &a.Service, &a.Staff, &a.Language, &a.Channel, &a.Day)
	if err != nil {
		return a, err
	}
	a.AtMicro = at.UnixMicro()
	if choices != "" {
		err = json.Unmarshal([]byte(choices), &a.Choices)
	}
	return a, err
}

func foldedAnswerRow(b storage.Bucket, a *report.Answer) ([]any, error) {
	choices, err := listText(a.Choices)
	if err != nil {
		return nil, fmt.Errorf("encode choices: %w", err)
	}
	return []any{
		int64(b), storage.Clean(a.Session), storage.Clean(a.Question), int64(a.Revision), a.Newest, a.Kind, real8(a.Value), choices, storage.Clean(a.Text),
		real8(a.Score), int64(a.Level), a.Flag, a.Skipped, a.Dropped, a.Test, timeOf(a.AtMicro), storage.Clean(a.Flow), int64(a.Version),
		storage.Clean(a.Site), storage.Clean(a.Service), storage.Clean(a.Staff), storage.Clean(a.Language), storage.Clean(a.Channel), a.Day,
	}, nil
}

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// real8 is a number for a column that may be NULL.
func real8(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// scanFoldedSession is a row of read_sessions.
func scanFoldedSession(row scanner) (s report.Session, err error) {
	var bucket int64
	err = row.Scan(&bucket, &s.ID, &s.Flow, &s.Version, &s.Class, &s.Site, &s.Service, &s.Staff, &s.Language, &s.Channel, &s.Day, &s.Status, &s.Answered,
		&s.Composite, &s.Level, &s.Flag, &s.Unsatisfied, &s.Case, &s.Test)
	return s, err
}

func foldedSessionRow(b storage.Bucket, s *report.Session) []any {
	return []any{
		int64(b), storage.Clean(s.ID), storage.Clean(s.Flow), int64(s.Version), s.Class, storage.Clean(s.Site), storage.Clean(s.Service), storage.Clean(s.Staff),
		storage.Clean(s.Language), storage.Clean(s.Channel), s.Day, s.Status, int64(s.Answered), real8(s.Composite), int64(s.Level), s.Flag, s.Unsatisfied,
		s.Case, s.Test,
	}
}
