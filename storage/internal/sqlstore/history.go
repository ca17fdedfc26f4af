package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

const (
	caseEventRead    = "id, case_id, at, kind, person, detail, note" // without the bucket
	caseEventColumns = "bucket, " + caseEventRead
	wordsColumns     = "bucket, id, session, case_id, inbound, text, files, at"
)

// historyQueries are about what is only ever added.
type historyQueries struct {
	insertEvents, insertWords *list
	caseEvents                string
}

func newHistoryQueries(t *texts) historyQueries {
	return historyQueries{
		insertEvents: t.insert("case_events", caseEventColumns, "ON CONFLICT (bucket, id) DO NOTHING"),
		insertWords:  t.insert("words", wordsColumns, "ON CONFLICT (bucket, id) DO NOTHING"),
		caseEvents:   t.one("SELECT " + caseEventRead + " FROM case_events WHERE bucket = ? AND case_id = ? ORDER BY at, id"),
	}
}

// listText is a list as JSON; an empty one is the empty text.
func listText[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	body, _, err := encode(list)
	return string(body), err
}

func eventRow(b storage.Bucket, e storage.CaseEvent) []any {
	return []any{
		int64(b), storage.Clean(e.ID), storage.Clean(e.Case), micro(e.At), storage.Clean(e.Kind), storage.Clean(e.By), storage.Clean(e.Detail), storage.Clean(e.Note),
	}
}

func wordsRow(b storage.Bucket, w storage.Words) ([]any, error) {
	files, err := listText(w.Files)
	if err != nil {
		return nil, fmt.Errorf("encode words: %w", err)
	}
	return []any{
		int64(b), storage.Clean(w.ID), storage.Clean(w.Session), storage.Clean(w.Case), w.Inbound, storage.Clean(w.Text), files, micro(w.At),
	}, nil
}

// Answers implements storage.Reader.
func (s *Store) Answers(ctx context.Context, b storage.Bucket, session string) ([]survey.Answer, error) {
	v, err := s.Session(ctx, b, session)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return v.Revisions(), err
}

// CaseEvents implements storage.Reader.
func (s *Store) CaseEvents(ctx context.Context, b storage.Bucket, caseID string) ([]storage.CaseEvent, error) {
	return collect(ctx, s, "case events", s.q.caseEvents, []any{int64(b), storage.Clean(caseID)}, scanEvent)
}

func scanEvent(row scanner) (e storage.CaseEvent, err error) {
	err = row.Scan(&e.ID, &e.Case, &e.At, &e.Kind, &e.By, &e.Detail, &e.Note)
	e.At = e.At.UTC()
	return e, err
}

func scanWords(row scanner) (w storage.Words, err error) {
	var bucket int64
	var files string
	if err := row.Scan(&bucket, &w.ID, &w.Session, &w.Case, &w.Inbound, &w.Text, &files, &w.At); err != nil {
		return w, err
	}
	w.At = w.At.UTC()
	if files != "" {
		if err := json.Unmarshal([]byte(files), &w.Files); err != nil {
			return w, fmt.Errorf("decode words: %w", err)
		}
	}
	return w, nil
}

func scanText(row scanner) (text string, err error) {
	err = row.Scan(&text)
	return text, err
}
