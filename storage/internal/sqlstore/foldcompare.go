package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Compare implements storage.ReadModel.
func (s *Store) Compare(ctx context.Context, b storage.Bucket, after string, limit int, how storage.Folding) (storage.Compared, error) {
	var n storage.Compared
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		n = storage.Compared{}
		waiting := map[string]bool{}
		notes, err := rowsOf(ctx, tx, scanText, s.q.changed, int64(b))
		if err != nil {
			return err
		}
		for _, note := range notes {
			ids, err := listed(note)
			if err != nil {
				return err
			}
			for _, id := range ids {
				waiting[id] = true
			}
		}
		p, err := readPage(ctx, tx, s.q, b, after, limit)
		if err != nil {
			return err
		}
		f := &folding{s: s, ctx: ctx, bucket: b, how: how}
		wanted := newFoldedRows(b)
		for _, c := range p.conversations {
			if waiting[c.id] {
				continue
			}
			if err := f.fold(c.id, c.body, wanted, p.there); err != nil {
				return err
			}
			n.Conversations++
		}
		for id := range waiting {
			p.there.forget(id)
		}
		n.Waiting = len(p.conversations) - n.Conversations
		n.Answers, n.Unread, n.Next = wanted.count(), f.did.Unread, p.next
		d := unlike(p.there, wanted)
		n.Missing, n.Extra, n.Different, n.First = d.missing, d.extra, d.different, d.first
		return nil
	})
	if err != nil {
		return storage.Compared{}, fmt.Errorf("compare what reports read in bucket %d: %w", b, err)
	}
	return n, nil
}

// difference is what is to be done so that rows are as wanted.
type difference struct {
	strange                   []string // sessions of which rows are to go; all that are wanted are written again
	newSessions, newAnswers   [][]any  // to be added
	sessions, answers         [][]any  // to be changed
	missing, extra, different int      // rows
	first                     string
}

// unlike compares what is there with what is wanted. Row 0 of each is the bucket, which is one.
func unlike(there, wanted *foldedRows) (d difference) {
	say := func(id, format string, args ...any) {
		if d.first == "" {
			d.first = "session " + id + ": " + fmt.Sprintf(format, args...)
		}
	}
	strange := map[string]bool{}
	ids := slices.Sorted(maps.Keys(wanted.sessions))
	for _, id := range ids {
		row, old := wanted.sessions[id], there.sessions[id]
		switch {
		case old == nil:
			d.missing++
			say(id, "its row is missing")
		case !equalRows(row, old):
			d.different++
			say(id, "%s differs", columns(foldedSessionColumns)[firstUnlike(row, old)])
		}
	}
	for id := range there.sessions {
		if wanted.sessions[id] == nil {
			d.extra++
			say(id, "there is no such conversation")
			strange[id] = true
		}
	}
	for id, rows := range there.answers {
		for key := range rows {
			if wanted.answers[id][key] == nil {
				d.extra++
				say(id, "it has no revision %d of %s", key.revision, key.question)
				strange[id] = true
			}
		}
	}
	d.strange = slices.Sorted(maps.Keys(strange))
	for _, id := range ids {
		row, old := wanted.sessions[id], there.sessions[id]
		switch {
		case old == nil || strange[id]: // it goes with the strange ones
			d.newSessions = append(d.newSessions, row)
		case !equalRows(row, old):
			d.sessions = append(d.sessions, row)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(wanted.answers)) {
		rows := wanted.answers[id]
		for _, key := range slices.SortedFunc(maps.Keys(rows), revisionOf.compare) {
			row, old := rows[key], there.answers[id][key]
			switch {
			case old == nil:
				d.missing++
				say(id, "revision %d of %s is missing", key.revision, key.question)
			case !equalRows(row, old):
				d.different++
				say(id, "%s of revision %d of %s differs", columns(foldedAnswerColumns)[firstUnlike(row, old)], key.revision, key.question)
			case !strange[id]:
				continue
			}
			if old == nil || strange[id] {
				d.newAnswers = append(d.newAnswers, row)
			} else {
				d.answers = append(d.answers, row)
			}
		}
	}
	return d
}

func (k revisionOf) compare(o revisionOf) int {
	if k.question != o.question {
		if k.question < o.question {
			return -1
		}
		return 1
	}
	return int(k.revision - o.revision)
}

func equalRows(a, b []any) bool { return firstUnlike(a, b) < 0 }

// firstUnlike is the column behind the bucket in which rows differ, or -1.
func firstUnlike(a, b []any) int {
	for i := 1; i < len(a); i++ {
		if t, ok := a[i].(time.Time); ok {
			if o, ok := b[i].(time.Time); ok && t.Equal(o) {
				continue
			}
			return i
		}
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}
