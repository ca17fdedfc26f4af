package sqlstore

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
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
