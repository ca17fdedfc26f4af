package sqlstore

import (
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// lockBoth is lock for what removes conversations, or words of them: the rows that were folded
// from them go as well, and nobody folds meanwhile. Who wants both locks takes the bucket's
// first.
func (w *working) lockBoth() error {
	if err := w.lock(); err != nil {
		return err
	}
	return w.tx.QueryRowContext(w.ctx, w.s.q.lockFold, int64(w.bucket)).Scan(&w.fold.mark, &w.fold.pass, &w.fold.passed)
}

// refold gives the rows of conversations that become nobody's their new names, and takes out
// what tells of the person, so that figures lack nothing until they are folded again; and it
// has notes of changes forget the old names.
func (w *working) refold(of []storage.Conversation, renamed map[string]string, as storage.Anonymous) error {
	q, b := w.s.q, int64(w.bucket)
	old := make([]string, 0, len(of))
	var sessions, answers [][]any
	for _, c := range of {
		id, anew := c.Session.ID, renamed[c.Session.ID]
		old, w.noted = append(old, id), append(w.noted, anew)
		rows, err := rowsOf(w.ctx, w.tx, scanFoldedSession, q.foldedSessions.one, b, id)
		if err != nil {
			return err
		}
		for _, r := range rows {
			r.ID = anew
			sessions = append(sessions, foldedSessionRow(w.bucket, &r))
		}
		revisions, err := rowsOf(w.ctx, w.tx, scanFoldedAnswer, q.foldedAnswers.one, b, id)
		if err != nil {
			return err
		}
		for _, a := range revisions {
			row, err := foldedAnswerRow(w.bucket, anonymousRow(a, anew, c.Session.Site, as))
			if err != nil {
				return err
			}
			answers = append(answers, row)
		}
		for _, text := range []string{q.dropAnswers, q.dropFoldedSession} {
			if err := w.exec(text, b, id); err != nil {
				return err
			}
		}
		if w.fold.pass != nil && *w.fold.pass == id { // it is a name as well: the pass begins anew
			if err := w.exec(q.setPass, "", int64(0), b); err != nil {
				return err
			}
		}
	}
	if err := w.insert(q.putFoldedSessions, sessions); err != nil {
		return err
	}
	if err := w.insert(q.putAnswers, answers); err != nil {
		return err
	}
	marks, anew := map[cellMark]bool{}, map[string][]any{} // whose they were is no more known
	for _, row := range sessions {
		anew[row[1].(string)] = row
	}
	markedBy(anew, marks)
	if err := w.insert(q.putMarks, markRows(w.bucket, marks)); err != nil {
		return err
	}
	if err := w.markedAsk(nil, of); err != nil { // those in other buckets, too
		return err
	}
	var emptied []caseDay // of cases that stay with a conversation whose rows have another name now
	if err := w.find(w.s.q.casesIn, old, caseDays(&emptied)); err != nil {
		return err
	}
	if err := w.insert(w.s.q.emptyDays, emptiedDays(w.bucket, emptied)); err != nil {
		return err
	}
	return w.forgetNotes(old)
}

func anonymousRow(a report.Answer, id, site string, as storage.Anonymous) *report.Answer {
	a.Session, a.Text = id, ""
	if as.Day != nil {
		a.AtMicro = as.Day(site, timeOf(a.AtMicro)).UnixMicro()
	}
	return &a
}

// forgetNotes takes sessions out of the notes of changes.
func (w *working) forgetNotes(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	q, b := w.s.q, int64(w.bucket)
	type line struct {
		seq  int64
		list string
	}
	notes, err := rowsOf(w.ctx, w.tx, func(row scanner) (l line, err error) {
		err = row.Scan(&l.seq, &l.list)
		return l, err
	}, q.changes, b, int64(0), int64(1<<30))
	if err != nil {
		return err
	}
	for _, n := range notes {
		named, err := listed(n.list)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(named), func(id string) bool { return slices.Contains(ids, id) })
		if len(left) == len(named) {
			continue
		}
		if len(left) == 0 {
			if err := w.exec(q.dropChange, b, n.seq); err != nil {
				return err
			}
			continue
		}
		list, err := listText(left)
		if err != nil {
			return err
		}
		if err := w.exec(q.amend, list, b, n.seq); err != nil {
			return err
		}
	}
	return nil
}
