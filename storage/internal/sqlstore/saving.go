package sqlstore

import (
	"database/sql"
	"maps"
	"slices"
)

// savingQueries are the writes at the end of a batch.
type savingQueries struct {
	// A conversation's own come first: what leaves the queue leaves it before the same may join it.
	saveConversations, saveRest *joined
}

func newSavingQueries(t *texts, q *queries) savingQueries {
	return savingQueries{
		saveConversations: t.join(part{q.changeSessions, true}, part{q.addSessions, false}, part{q.putBlocks, false}, part{q.putTalks, false},
			part{q.changeTalks, true}, part{q.dropQueue, false}, part{q.endUnderway, false}, part{q.addUnderway, false},
			part{q.putChange, false}, part{q.putMark, false}, part{q.updateBucket, true}),
		saveRest: t.join(part{q.putIdentities, false}, part{q.putInvitations, false}, part{q.putCases, false}, part{q.emptyDays, false}, part{q.insertEvents, false},
			part{q.addOpened, false}, part{q.insertWords, false}, part{q.insertFeedback, false}, part{q.putDeliveries, false},
			part{q.putStates, false}, part{q.moveQueue, false}, part{q.addQueue, false}),
	}
}

// save writes every change: all that conversations change in one statement, and all the rest in another.
func (w *working) save(marks [][]any) error {
	q := w.s.q
	if err := w.checkSessions(); err != nil {
		return err
	}
	if slices.ContainsFunc(w.dirtyTalks, (*talk).sends) {
		if err := w.readUnderway(); err != nil {
			return err
		}
	}
	records, known, created := w.dirtyRecords()
	whole, states, talks, changed, queue := w.dirtySlots()
	begun, err := w.begun()
	if err != nil {
		return err
	}
	changes, err := w.changes(w.tables[sessionTable].dirty)
	if err != nil {
		return err
	}
	err = w.write(q.saveConversations, known, records[sessionTable], w.dirtyBlocks(), talks, changed, queue.gone, w.lists.ended, begun, changes, marks, w.numbers(created))
	if err != nil {
		return err
	}
	err = w.write(q.saveRest, records[identityTable], records[invitationTable], records[caseTable], emptiedDays(w.bucket, daysOfCases(records[caseTable])), w.events,
		w.openedRows(), w.words, w.feedback, whole, states, queue.move, queue.add)
	if err != nil {
		return err
	}
	if rows := records[invitationTable]; len(rows) > 0 {
		asked := map[cellMark]bool{}
		markAsks(rows, asked)
		if err := w.insert(q.putMarks, markRows(w.bucket, asked)); err != nil {
			return err
		}
	}
	return w.saveNames()
}

// dirtyRecords are the rows of the records to be written, by kind. Known sessions are there already: an upsert would
// lock each before it changes it. It counts the sessions that are new.
func (w *working) dirtyRecords() (rows [recordKinds][][]any, known [][]any, created int) {
	for i := range w.tables {
		t := &w.tables[i]
		slices.Sort(t.dirty)
		for _, id := range t.dirty {
			c, _ := t.shelf.get(id)
			if i == sessionTable && !c.created {
				known = append(known, c.row[1:])
				continue
			}
			rows[i] = append(rows[i], c.row)
		}
	}
	return rows, known, len(rows[sessionTable])
}

// numbers is what the bucket's row gets, with this many more sessions; nothing if it stays as it is.
func (w *working) numbers(created int) [][]any {
	if w.caseSeq == w.oldCaseSeq && w.marks == w.oldMarks && w.ord == w.oldOrd && created == 0 && w.answers == 0 {
		return nil
	}
	return [][]any{{w.caseSeq, w.marks, w.ord, int64(created), int64(w.answers)}}
}

// checkSessions finds out which of the sessions to be written the database does not have yet.
func (w *working) checkSessions() error {
	unknown := map[string]bool{}
	for _, id := range w.tables[sessionTable].dirty {
		if !w.cell(sessionTable, id).checked {
			unknown[id] = true
		}
	}
	ids := slices.Sorted(maps.Keys(unknown))
	err := w.find(w.s.q.sessionIDs, ids, func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		delete(unknown, id)
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		c := w.cell(sessionTable, id)
		c.checked, c.created = true, unknown[id]
	}
	return nil
}

// insert writes rows with the statements of l.
func (w *working) insert(l *list, rows [][]any) error {
	return l.each(&w.buffer, rows, func(text string, args []any) error {
		_, err := w.tx.ExecContext(w.ctx, text, args...)
		return err
	})
}

// changed reports whether there is anything to write.
func (w *working) changed() bool {
	for i := range w.tables {
		if len(w.tables[i].dirty) > 0 {
			return true
		}
	}
	return len(w.events)+len(w.words)+len(w.feedback)+len(w.touched)+len(w.touchedBlocks) > 0
}
