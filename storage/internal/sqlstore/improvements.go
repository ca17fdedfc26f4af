package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const improvementColumns = "id, site, day, made, gone, body"

// improvementQueries are about what was changed because of what customers said.
type improvementQueries struct {
	putImprovement, improvement, improvementList, changeImprovement string
	namedReason, sayers                                             string
	toldIn                                                          *keyed
}

func newImprovementQueries(t *texts) improvementQueries {
	customers := " AND s.class IN ('" + strings.Join(storage.CustomerClasses, "', '") + "')"
	days := " WHERE s.bucket = ? AND " + t.dialect.Among("s.site") + " AND s.day >= ? AND s.day <= ? AND s.answered > 0 AND NOT s.test AND s.level > 0" + customers
	return improvementQueries{
		putImprovement:    t.one("INSERT INTO improvements (" + improvementColumns + ") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"),
		improvement:       t.one("SELECT " + improvementColumns + " FROM improvements WHERE id = ?"),
		improvementList:   t.one("SELECT " + improvementColumns + " FROM improvements WHERE gone IS NULL ORDER BY day DESC, id DESC"),
		changeImprovement: t.one("UPDATE improvements SET site = ?, day = ?, gone = ?, body = ? WHERE id = ? AND body = ?"),
		namedReason: t.one("SELECT s.session, a.choices" + sessionsOf(t, false) + " JOIN answers a ON a.bucket = s.bucket AND a.session = s.session AND a.question = ?" + days +
			" AND s.flow = ? AND a.newest AND NOT a.dropped AND NOT a.skipped AND a.choices <> '' LIMIT ?"),
		sayers: t.one("SELECT s.session, s.day, s.flow, s.class, s.site, s.service, s.language, (SELECT x.identity FROM sessions x" +
			" WHERE x.bucket = ? AND x.id = s.session AND x.started_at < ?" + perRow + ")" + sessionsOf(t, false) + days + " AND (s.flow = ? OR '' = ?) AND s.level <= ? LIMIT ?"),
		toldIn: t.keyed("slot, state, created", "deliveries", "slot", ""),
	}
}

func scanImprovement(row scanner) (i storage.Improvement, body string, err error) {
	var gone sql.NullTime
	if err := row.Scan(&i.ID, &i.Site, &i.Day, &i.Made, &gone, &body); err != nil {
		return i, body, err
	}
	i.Made, i.Gone = i.Made.UTC(), momentOf(gone)
	return i, body, decode("improvement", []byte(body), &i.ImprovementTerms)
}

func onlyImprovement(row scanner) (storage.Improvement, error) {
	i, _, err := scanImprovement(row)
	return i, err
}

// improvementBody is what the body of an improvement is, without what no database holds.
func improvementBody(t storage.ImprovementTerms) (string, error) {
	for _, text := range []*string{&t.Reason, &t.Of.Flow, &t.Of.Question, &t.Of.Choice, &t.Change, &t.Owner, &t.By} {
		*text = storage.Clean(*text)
	}
	if t.Said != nil {
		said := *t.Said
		said.By, said.Words = storage.Clean(said.By), map[string]string{}
		for lang, words := range t.Said.Words {
			said.Words[storage.Clean(lang)] = storage.Clean(words)
		}
		t.Said = &said
	}
	body, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode improvement: %w", err)
	}
	return string(body), nil
}

// PutImprovement implements storage.Improvements.
func (s *Store) PutImprovement(ctx context.Context, i storage.Improvement, a storage.Audit) error {
	body, err := improvementBody(i.ImprovementTerms)
	if err != nil {
		return err
	}
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		made, err := tx.ExecContext(ctx, s.q.putImprovement, storage.Clean(i.ID), storage.Clean(i.Site), storage.Clean(i.Day), micro(i.Made), orNull(i.Gone), body)
		if err != nil {
			return err
		}
		if n, err := made.RowsAffected(); err != nil || n == 0 { // it is there already: nothing was changed
			return err
		}
		return s.writeAudit(ctx, tx, a)
	})
	if err != nil {
		return fmt.Errorf("write an improvement: %w", err)
	}
	return nil
}

// Improvement implements storage.Improvements.
func (s *Store) Improvement(ctx context.Context, id string) (storage.Improvement, error) {
	return one(ctx, s, "an improvement", s.q.improvement, []any{storage.Clean(id)}, onlyImprovement)
}

// ImprovementList implements storage.Improvements.
func (s *Store) ImprovementList(ctx context.Context) ([]storage.Improvement, error) {
	return readable(ctx, s, "improvements", s.q.improvementList, nil, onlyImprovement)
}

// errMoved says that somebody else changed a row meanwhile.
var errMoved = errors.New("it was changed meanwhile")

// ChangeImprovement implements storage.Improvements: it writes if the body is still the one that it read, and else
// begins again.
func (s *Store) ChangeImprovement(ctx context.Context, id string, a storage.Audit, change func(*storage.Improvement) error) (i storage.Improvement, err error) {
	for {
		var refused error
		err = s.transaction(ctx, func(tx *sql.Tx) error {
			var was string
			i, was, err = scanImprovement(tx.QueryRowContext(ctx, s.q.improvement, storage.Clean(id)))
			if errors.Is(err, sql.ErrNoRows) {
				return errChange{storage.ErrNotFound}
			}
			if err != nil {
				return err
			}
			if refused = change(&i); refused != nil {
				return nil
			}
			body, err := improvementBody(i.ImprovementTerms)
			if err != nil {
				return err
			}
			done, err := tx.ExecContext(ctx, s.q.changeImprovement, storage.Clean(i.Site), storage.Clean(i.Day), orNull(i.Gone), body, storage.Clean(id), was)
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil || n == 0 {
				refused = errMoved
				return err
			}
			return s.writeAudit(ctx, tx, a)
		})
		if err == nil && errors.Is(refused, errMoved) && ctx.Err() == nil {
			continue
		}
		if err == nil {
			err = refused
		}
		if err != nil {
			return storage.Improvement{}, fmt.Errorf("change an improvement: %w", err)
		}
		return i, nil
	}
}

// Named implements storage.Improvements.
func (s *Store) Named(ctx context.Context, f storage.FigureFilter, of storage.Naming) ([]string, bool, error) {
	type given struct {
		session string
		names   bool
	}
	list, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]given, error) {
		args := slices.Concat([]any{storage.Clean(of.Question)}, s.inDays(b, f), []any{storage.Clean(of.Flow), most})
		return collect(ctx, s, "who named a reason", s.q.namedReason, args, func(row scanner) (g given, err error) {
			var choices string
			if err := row.Scan(&g.session, &choices); err != nil {
				return g, err
			}
			var all []string
			if err := json.Unmarshal([]byte(choices), &all); err != nil {
				return g, fmt.Errorf("decode choices: %w", err)
			}
			g.names = slices.Contains(all, of.Choice)
			return g, nil
		})
	})
	var ids []string
	for _, g := range list {
		if g.names {
			ids = append(ids, g.session)
		}
	}
	return ids, more, err
}

// mostLevel is the best level of those who name a reason, worstOf of who is unsatisfied.
const mostLevel, unsatisfiedLevel = 7, 3

// Sayers implements storage.Improvements.
func (s *Store) Sayers(ctx context.Context, f storage.FigureFilter, i *storage.Improvement, before time.Time) ([]storage.Sayer, bool, error) {
	level := int64(mostLevel)
	if i.Of.Any() {
		level = unsatisfiedLevel
	}
	flow := storage.Clean(i.Of.Flow)
	var rows atomic.Int64 // that were read: some are nobody's any more
	list, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]storage.Sayer, error) {
		args := slices.Concat([]any{int64(b), micro(before)}, s.inDays(b, f), []any{flow, flow, level, most})
		list, err := collect(ctx, s, "who said why", s.q.sayers, args, func(row scanner) (v storage.Sayer, err error) {
			var whose sql.NullString
			err = row.Scan(&v.Session, &v.Day, &v.Flow, &v.Class, &v.Site, &v.Service, &v.Language, &whose)
			v.Bucket, v.Identity.ID = b, whose.String
			return v, err
		})
		if err != nil {
			return nil, err
		}
		rows.Add(int64(len(list)))
		return s.whoSaid(ctx, b, i, list)
	})
	return list, more || rows.Load() > int64(f.Limit), err
}

// whoSaid puts in whose conversations of a bucket are, and what became of telling them. What is nobody's any more
// is left out, and of whom nobody can read who they are.
func (s *Store) whoSaid(ctx context.Context, b storage.Bucket, i *storage.Improvement, list []storage.Sayer) ([]storage.Sayer, error) {
	whose, slots := map[string]storage.Identity{}, map[string]string{} // slots: whose they are
	for j := range list {
		if id := list[j].Identity.ID; id != "" {
			whose[id] = storage.Identity{}
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(whose)), 1000) {
		_, err := collect(ctx, s, "whose conversations are", s.q.identities.many, []any{s.dialect.Keys(ids), int64(b)}, func(row scanner) (none struct{}, err error) {
			var id, link string
			var body sql.RawBytes
			if err := row.Scan(&id, &link, &body); err != nil {
				return none, err
			}
			of, err := decodeIdentity(b, body)
			if errors.Is(err, storage.ErrUnreadable) {
				return none, nil
			}
			if err == nil {
				whose[id] = *of
			}
			return none, err
		})
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			slots[storage.Slot{Kind: storage.NoticeSlot, Owner: id, Part: i.SaidPart()}.String()] = id
		}
	}
	told, when := map[string]storage.DeliveryState{}, map[string]time.Time{}
	for names := range slices.Chunk(slices.Sorted(maps.Keys(slots)), 1000) {
		_, err := collect(ctx, s, "who was told", s.q.toldIn.many, []any{s.dialect.Keys(names), int64(b)}, func(row scanner) (none struct{}, err error) {
			var slot string
			var state storage.DeliveryState
			var at time.Time
			err = row.Scan(&slot, &state, &at)
			told[slots[slot]], when[slots[slot]] = state, at.UTC()
			return none, err
		})
		if err != nil {
			return nil, err
		}
	}
	known := list[:0]
	for _, v := range list {
		if v.Identity = whose[v.Identity.ID]; v.Identity.ID != "" {
			v.State, v.Told = told[v.Identity.ID], when[v.Identity.ID]
			known = append(known, v)
		}
	}
	return known, nil
}
