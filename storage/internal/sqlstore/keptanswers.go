package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const keptColumns = "token, key, body, began, status, answer"

// keptQueries are about answers to requests that carry keys.
type keptQueries struct {
	beginKept, keptAnswer, againKept, endKept, dropKept, lapseKept, forgetKept, pruneKept string
}

func newKeptQueries(t *texts) keptQueries {
	return keptQueries{
		beginKept:  t.one("INSERT INTO kept_answers (" + keptColumns + ") VALUES (?, ?, ?, ?, 0, '') ON CONFLICT (token, key) DO NOTHING"),
		keptAnswer: t.one("SELECT " + keptColumns + " FROM kept_answers WHERE token = ? AND key = ?"),
		againKept:  t.one("UPDATE kept_answers SET began = ? WHERE token = ? AND key = ? AND body = ? AND status = 0 AND began < ?"),
		endKept:    t.one("UPDATE kept_answers SET status = ?, answer = ? WHERE token = ? AND key = ? AND began = ? AND status = 0"),
		dropKept:   t.one("DELETE FROM kept_answers WHERE token = ? AND key = ? AND began = ? AND status = 0"),
		lapseKept:  t.one("DELETE FROM kept_answers WHERE token = ? AND key = ? AND began < ?"),
		forgetKept: t.one("UPDATE kept_answers SET answer = '' WHERE answer <> ''"),
		pruneKept: t.one("DELETE FROM kept_answers WHERE (token, key) IN" +
			" (SELECT k.token, k.key FROM kept_answers k WHERE k.began < ? ORDER BY k.began LIMIT ?)"),
	}
}

func scanKept(row scanner) (k storage.KeptAnswer, err error) {
	err = row.Scan(&k.Token, &k.Key, &k.Body, &k.Began, &k.Status, &k.Answer)
	k.Began = k.Began.UTC()
	return k, err
}

// BeginAnswer implements storage.KeptAnswers.
func (s *Store) BeginAnswer(ctx context.Context, k storage.KeptAnswer, dead time.Time) (found storage.KeptAnswer, begun bool, err error) {
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.q.lapseKept, k.Token, k.Key, micro(k.Began.Add(-storage.KeptFor))); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, s.q.beginKept, k.Token, k.Key, k.Body, micro(k.Began))
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if begun, found = n > 0, k; err != nil || begun {
			return err
		}
		found, err = scanKept(tx.QueryRowContext(ctx, s.q.keptAnswer, k.Token, k.Key))
		if errors.Is(err, sql.ErrNoRows) { // it was dropped a moment ago: the next try begins
			found = storage.KeptAnswer{}
			return nil
		}
		if err != nil || found.Status != 0 || found.Body != k.Body {
			return err
		}
		if done, err = tx.ExecContext(ctx, s.q.againKept, micro(k.Began), k.Token, k.Key, k.Body, micro(dead)); err != nil {
			return err
		}
		n, err = done.RowsAffected()
		begun = n > 0
		return err
	})
	if err != nil {
		return found, false, fmt.Errorf("begin to answer: %w", err)
	}
	return found, begun, nil
}

// EndAnswer implements storage.KeptAnswers.
func (s *Store) EndAnswer(ctx context.Context, k storage.KeptAnswer) error {
	_, err := s.wrote(ctx, "what was answered", s.q.endKept, int64(k.Status), k.Answer, k.Token, k.Key, micro(k.Began))
	return err
}

// DropAnswer implements storage.KeptAnswers.
func (s *Store) DropAnswer(ctx context.Context, k storage.KeptAnswer) error {
	_, err := s.wrote(ctx, "that nothing was done", s.q.dropKept, k.Token, k.Key, micro(k.Began))
	return err
}

// ForgetAnswers implements storage.KeptAnswers.
func (s *Store) ForgetAnswers(ctx context.Context) error {
	_, err := s.wrote(ctx, "that answers are forgotten", s.q.forgetKept)
	return err
}

// PruneAnswers implements storage.KeptAnswers.
func (s *Store) PruneAnswers(ctx context.Context, before time.Time, limit int) (n int, _ error) {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.q.pruneKept, micro(before), int64(limit))
		if err != nil {
			return err
		}
		went, err := done.RowsAffected()
		n = int(went)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove old answers: %w", err)
	}
	return n, nil
}
