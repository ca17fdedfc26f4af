package sqlstore

import (
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// joined are lists that are written by one statement, where the dialect has one for all rows of a list. A
// statement by itself costs a journey to the database and back, and wakes both sides; an answer
// changes eight tables. The parts see the database as it was before all of them, and are made in no order:
// no two may touch one row.
type joined struct {
	parts []part
	text  string // "" = the parts are written one after the other
}

// part is one list of a joined statement.
type part struct {
	list *list
	all  bool // each row must be there already: the number of those that were is counted
}

// fewParts go by themselves: the parts of a joined statement that have no rows cost more than another
// journey does.
const fewParts = 2

// join puts lists together.
func (t *texts) join(parts ...part) *joined {
	j := &joined{parts: parts}
	if t.dialect.Rows == nil {
		return j
	}
	with, counts := make([]string, len(parts)), "0"
	for i, p := range parts {
		name := "w" + strconv.Itoa(i)
		with[i] = name + " AS (" + p.list.raw
		if p.all {
			with[i] += " RETURNING 1"
			counts += " + (SELECT count(*) FROM " + name + ")"
		}
		with[i] += ")"
	}
	text := sqlx.Rebind(t.dialect.Bind, "WITH "+strings.Join(with, ", ")+" SELECT "+counts)
	t.all, t.boot = append(t.all, text), append(t.boot, text)
	j.text = text
	return j
}

// write writes the rows of each part. It is errLost if one that must be there is not.
func (w *working) write(j *joined, rows ...[][]any) error {
	some, must := 0, 0
	for i, p := range j.parts {
		if len(rows[i]) > 0 {
			some++
		}
		if p.all {
			must += len(rows[i])
		}
	}
	if j.text == "" || some <= fewParts {
		return w.writeEach(j, rows)
	}
	var args []any
	all, from := w.buffer[:0], 0
	var ends []int
	for i, p := range j.parts {
		for c, name := range p.list.columns {
			var err error
			if all, err = p.list.column(all, name, rows[i], c); err != nil {
				return err
			}
			ends = append(ends, len(all))
		}
	}
	w.buffer = all
	for _, p := range j.parts {
		for range p.list.columns {
			to := ends[0]
			args, from, ends = append(args, all[from:to:to]), to, ends[1:]
		}
		if p.list.within {
			args = append(args, int64(w.bucket))
		}
	}
	there := 0
	if err := w.tx.QueryRowContext(w.ctx, j.text, args...).Scan(&there); err != nil {
		return err
	}
	if there != must {
		return errLost
	}
	return nil
}

func (w *working) writeEach(j *joined, rows [][][]any) error {
	for i, p := range j.parts {
		if !p.list.within {
			if err := w.insert(p.list, rows[i]); err != nil {
				return err
			}
			continue
		}
		n, err := w.alter(p.list, rows[i])
		if err != nil {
			return err
		}
		if p.all && n != len(rows[i]) {
			return errLost
		}
	}
	return nil
}
