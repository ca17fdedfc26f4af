package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const tokenColumns = "id, name, hash, scopes, sites, maker, made, expires, ended, used"

// tokenQueries are about what other systems use the API with.
type tokenQueries struct {
	putToken, tokenOf, tokenList, endToken, markToken string
}

func newTokenQueries(t *texts) tokenQueries {
	return tokenQueries{
		putToken:  t.one("INSERT INTO tokens (" + tokenColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL) ON CONFLICT (id) DO NOTHING"),
		tokenOf:   t.one("SELECT " + tokenColumns + " FROM tokens WHERE hash = ?"),
		tokenList: t.one("SELECT " + tokenColumns + " FROM tokens ORDER BY id DESC"),
		endToken:  t.one("UPDATE tokens SET ended = ? WHERE id = ? AND ended IS NULL"),
		markToken: t.one("UPDATE tokens SET used = ? WHERE id = ?"),
	}
}

func scanToken(row scanner) (t storage.Token, err error) {
	var scopes, sites string
	var expires, ended, used sql.NullTime
	if err := row.Scan(&t.ID, &t.Name, &t.Hash, &scopes, &sites, &t.By, &t.Made, &expires, &ended, &used); err != nil {
		return t, err
	}
	t.Made, t.Expires, t.Ended, t.Used = t.Made.UTC(), momentOf(expires), momentOf(ended), momentOf(used)
	if err := json.Unmarshal([]byte(scopes), &t.Scopes); err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(sites), &t.Sites)
}

// momentOf is a time that may be none.
func momentOf(t sql.NullTime) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

// jsonList is a list of words as a column keeps it.
func jsonList(words []string) string {
	clean := make([]string, len(words))
	for i, w := range words {
		clean[i] = storage.Clean(w)
	}
	text, _ := json.Marshal(clean) // strings always can be
	return string(text)
}

// PutToken implements storage.Tokens.
func (s *Store) PutToken(ctx context.Context, t storage.Token, a storage.Audit) error {
	return s.aboutLogins(ctx, "write a token", func(tx *sql.Tx) (bool, error) {
		_, err := tx.ExecContext(ctx, s.q.putToken, t.ID, storage.Clean(t.Name), t.Hash, jsonList(t.Scopes), jsonList(t.Sites),
			storage.Clean(t.By), micro(t.Made), orNull(t.Expires))
		if err != nil {
			return false, err
		}
		return false, s.writeAudit(ctx, tx, a)
	})
}

// TokenOf implements storage.Tokens.
func (s *Store) TokenOf(ctx context.Context, hash string) (storage.Token, error) {
	return one(ctx, s, "token", s.q.tokenOf, []any{hash}, scanToken)
}

// TokenList implements storage.Tokens.
func (s *Store) TokenList(ctx context.Context) ([]storage.Token, error) {
	return collect(ctx, s, "tokens", s.q.tokenList, nil, scanToken)
}

// EndToken implements storage.Tokens.
func (s *Store) EndToken(ctx context.Context, id string, at time.Time, a storage.Audit) error {
	return s.aboutLogins(ctx, "end a token", func(tx *sql.Tx) (bool, error) {
		done, err := tx.ExecContext(ctx, s.q.endToken, micro(at), storage.Clean(id))
		if err != nil {
			return false, err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return false, cmp.Or(err, error(errChange{storage.ErrNotFound}))
		}
		return false, s.writeAudit(ctx, tx, a)
	})
}

// MarkToken implements storage.Tokens.
func (s *Store) MarkToken(ctx context.Context, id string, at time.Time) error {
	_, err := s.wrote(ctx, "that a token was used", s.q.markToken, micro(at), storage.Clean(id))
	return err
}
