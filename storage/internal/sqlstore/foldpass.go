package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// passOn folds the conversations that the pass comes to next.
func (s *Store) passOn(ctx context.Context, b storage.Bucket, how storage.Folding, limit int) (storage.Folded, error) {
	var did storage.Folded
	settles, again, ended := false, false, false
	step := func(tx *sql.Tx) error {
		did, again, ended = storage.Folded{}, false, false
		w := newWorking(ctx, s, tx, b)
		if settles {
			if err := w.lock(); err != nil {
				return err
			}
		}
		f := &folding{s: s, ctx: ctx, tx: tx, bucket: b, how: how}
		if err := s.outdated(ctx, tx, b); err != nil {
			return err
		}
		if err := f.lock(); err != nil || f.pass == nil {
			return err
		}
		if ended = *f.pass == ending; ended {
			return nil
		}
		var err error
		again, err = f.page(w, limit, settles)
		did, ended = f.did, f.ended
		return err
	}
	err := s.transaction(ctx, step)
	if err == nil && again {
		settles = true
		err = s.transaction(ctx, step)
	}
	if err == nil && ended {
		err = s.endPass(ctx, b)
	}
	return did, err
}

// page is one page of the pass. It has conversations of an earlier release completed only where
// settles says that the bucket is locked; else it does nothing, and says so.
func (f *folding) page(w *working, limit int, settles bool) (again bool, err error) {
	q := f.s.q
	p, err := readPage(f.ctx, f.tx, q, f.bucket, *f.pass, limit)
	if err != nil {
		return false, err
	}
	wanted := newFoldedRows(f.bucket)
	var settled [][]any
	for _, c := range p.conversations {
		v, err := decodeSession(f.bucket, c.body)
		if err != nil {
			if err := f.fold(c.id, c.body, wanted, p.there); err != nil {
				return false, err
			}
			continue
		}
		if f.how.Settle(v) {
			if !settles {
				return true, nil
			}
			cell, err := sessionCell(f.bucket, *v, w.now)
			if err != nil {
				return false, err
			}
			settled = append(settled, cell.row)
		}
		if err := f.foldOne(v, wanted); err != nil {
			return false, err
		}
	}
	if err := w.insert(q.putSessions, settled); err != nil {
		return false, err
	}
	if err := f.write(p.there, wanted); err != nil {
		return false, err
	}
	f.did.Passed, f.did.More = len(p.conversations), p.next != ""
	next := p.next
	if next == "" {
		next, f.ended = ending, true
	}
	if err := f.exec(q.setPass, next, f.passed+int64(len(p.conversations)), int64(f.bucket)); err != nil {
		return false, err
	}
	return false, f.putAskMarks()
}

// ending is where a pass stands that came to the last conversation: no conversation is called so.
const ending = " ending"

// endPass ends the pass of a bucket that came to its last conversation. Behind the last of all passes each day of
// invitations is counted once more: a conversation of nobody does not say which invitation led to it, and the passes
// may have changed what it says. Of those that end at once, whichever said so last finds all others ending; one that is
// cut off comes here again.
func (s *Store) endPass(ctx context.Context, b storage.Bucket) error {
	type pass struct {
		of     storage.Bucket
		at     *string
		passed int64
	}
	all, err := collect(ctx, s, "passes", s.q.folds, nil, func(row scanner) (p pass, err error) { return p, row.Scan(&p.of, &p.at, &p.passed) })
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(p pass) bool { return p.of != b && p.at != nil && *p.at != ending }) {
		if err := s.remarkAsks(ctx, b); err != nil {
			return err
		}
	}
	return s.transaction(ctx, func(tx *sql.Tx) error {
		f := &folding{s: s, ctx: ctx, tx: tx, bucket: b}
		if err := s.outdated(ctx, tx, b); err != nil {
			return err
		}
		if err := f.lock(); err != nil || f.pass == nil || *f.pass != ending { // it began anew, or another process was here
			return err
		}
		return f.exec(s.q.setPass, nil, f.passed, int64(b))
	})
}

// mostMarks bounds the marks that a transaction writes: whoever answers on one of these days waits for it.
const mostMarks = 500

// remarkAsks marks every day of invitations that was counted, or is marked, in any bucket once more, in the marks of
// one.
func (s *Store) remarkAsks(ctx context.Context, b storage.Bucket) error {
	marks := map[cellMark]bool{}
	for in := range storage.Bucket(s.buckets) {
		for _, text := range []string{s.q.markedAskDays, s.q.askedCellDays} {
			found, err := s.marksBy(ctx, text, int64(in))
			if err != nil {
				return err
			}
			for _, m := range found {
				if len(m.day) == len("a2026-03") { // what the days of a month add up to
					m.day += "-01"
				}
				marks[m] = true
			}
		}
	}
	for rows := range slices.Chunk(markRows(b, marks), mostMarks) {
		err := s.transaction(ctx, func(tx *sql.Tx) error {
			if err := s.outdated(ctx, tx, b); err != nil {
				return err
			}
			f := &folding{s: s, ctx: ctx, tx: tx, bucket: b}
			return f.insert(s.q.putMarks, rows)
		})
		if err != nil {
			return fmt.Errorf("mark days of invitations: %w", err)
		}
	}
	return nil
}

// pageOf is conversations by id, with all rows from the first to the last of them.
type pageOf struct {
	conversations []stored
	there         *foldedRows
	next          string // "" = these were the last
}

type stored struct {
	id   string
	body []byte
}

func readPage(ctx context.Context, db querier, q *queries, b storage.Bucket, after string, limit int) (p pageOf, err error) {
	p.conversations, err = rowsOf(ctx, db, func(row scanner) (c stored, err error) {
		err = row.Scan(&c.id, &c.body)
		return c, err
	}, q.page, int64(b), after, int64(limit))
	if err != nil {
		return p, err
	}
	p.there = newFoldedRows(b)
	args := []any{int64(b), after}
	sessions, answers := q.sessionsBehind, q.answersBehind
	if len(p.conversations) == limit {
		p.next = p.conversations[limit-1].id
		args = append(args, p.next)
		sessions, answers = q.sessionsBetween, q.answersBetween
	}
	for _, k := range []struct {
		text string
		add  func(*sql.Rows) error
	}{{sessions, p.there.session}, {answers, p.there.answer}} {
		rows, err := db.QueryContext(ctx, k.text, args...)
		if err != nil {
			return p, err
		}
		if err := each(rows, k.add); err != nil {
			return p, err
		}
	}
	return p, nil
}

// FoldAll implements storage.ReadModel.
func (s *Store) FoldAll(ctx context.Context) (int, error) {
	for b := range storage.Bucket(s.buckets) {
		asks, err := s.daysAsked(ctx, b) // those that come meanwhile mark their days themselves
		if err != nil {
			return 0, err
		}
		marks := map[cellMark]bool{}
		for _, m := range asks {
			marks[m] = true
		}
		err = s.transaction(ctx, func(tx *sql.Tx) error {
			if err := s.outdated(ctx, tx, b); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, s.q.beginPass, int64(b)); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, s.q.emptyAll, aNumber(), int64(b)); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, s.q.markAll, aNumber(), int64(b)); err != nil { // even days that no conversation is of
				return err
			}
			f := &folding{s: s, ctx: ctx, tx: tx, bucket: b}
			return f.insert(s.q.putMarks, markRows(b, marks))
		})
		if err != nil {
			return 0, fmt.Errorf("begin to fold all of bucket %d: %w", b, err)
		}
	}
	c, err := s.Counts(ctx)
	return c.Sessions, err
}

// Behind implements storage.ReadModel.
func (s *Store) Behind(ctx context.Context) (storage.Behind, error) {
	var b storage.Behind
	err := s.reading(ctx, func(db *sql.DB) error {
		b = storage.Behind{}
		in := map[storage.Bucket]bool{}
		ask := func(text string, scan func(*sql.Rows) error) error {
			rows, err := db.QueryContext(ctx, text)
			if err != nil {
				return err
			}
			return each(rows, scan)
		}
		if err := ask(s.q.folds, func(rows *sql.Rows) error {
			var of storage.Bucket
			var pass *string
			var passed int
			err := rows.Scan(&of, &pass, &passed)
			b.Passed += passed
			if pass != nil {
				b.Passing++
				in[of] = true
			}
			return err
		}); err != nil {
			return err
		}
		if err := ask(s.q.changedBuckets, func(rows *sql.Rows) error {
			var of storage.Bucket
			var n int
			err := rows.Scan(&of, &n)
			b.Changes += n
			in[of] = true
			return err
		}); err != nil {
			return err
		}
		if b.Changes > 0 {
			if err := ask(s.q.oldestChange, func(rows *sql.Rows) error { return rows.Scan(&b.Since) }); err != nil {
				return err
			}
			b.Since = b.Since.UTC()
		}
		for of := range in {
			b.In = append(b.In, of)
		}
		slices.Sort(b.In)
		var sessions, cases int
		return db.QueryRowContext(ctx, s.q.sumBuckets).Scan(&sessions, &b.Answers, &cases)
	})
	if err != nil {
		return storage.Behind{}, fmt.Errorf("see how far reports are behind: %w", err)
	}
	return b, nil
}
