package sqlstore

import (
	"database/sql"

	"github.com/aftercare/aftercare/storage"
)

// acting are the members of staff that a batch's turns act as. They are read in the batch's
// own transaction, and never kept for the next: rights end at once.
type acting struct {
	persons map[storage.Person]*storage.Staff // nil = no member of staff
	members map[string]*storage.Staff
}

// readActing finds out, in one question, who acts in turns that staff do; a customer's
// answer asks nothing.
func (w *working) readActing(loads []storage.Load) error {
	var persons, members [][]any
	for i := range loads {
		l := &loads[i]
		if p := cleanPerson(l.Staff); !p.IsZero() {
			if _, asked := w.acting.persons[p]; !asked {
				w.acting.persons = placed(w.acting.persons, p, nil)
				persons = append(persons, []any{string(p.Platform), p.Account, p.User})
			}
		}
		if id := storage.Clean(l.Member); id != "" {
			if _, asked := w.acting.members[id]; !asked {
				w.acting.members = placed(w.acting.members, id, nil)
				members = append(members, []any{id})
			}
		}
	}
	if err := w.whoActs(w.s.q.acting, persons); err != nil {
		return err
	}
	return w.whoActs(w.s.q.actingMember, members)
}

func (w *working) whoActs(l *list, asked [][]any) error {
	return l.each(&w.buffer, asked, func(text string, args []any) error {
		rows, err := w.tx.QueryContext(w.ctx, text, args...)
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			p, v, err := scanLinked(rows)
			if err != nil {
				return err
			}
			if p.IsZero() {
				w.acting.members[v.ID] = &v
			} else {
				w.acting.persons[p] = &v
			}
			return nil
		})
	})
}

// actor is who acts in a turn, nil if that is no member of staff.
func (w *working) actor(l storage.Load) *storage.Staff {
	who := w.acting.members[storage.Clean(l.Member)]
	if l.Member == "" {
		who = w.acting.persons[cleanPerson(l.Staff)]
	}
	if who == nil {
		return nil
	}
	v := *who
	return &v
}

func placed[K comparable, V any](m map[K]V, k K, v V) map[K]V {
	if m == nil {
		m = make(map[K]V)
	}
	m[k] = v
	return m
}

func cleanPerson(p storage.Person) storage.Person {
	p.Account, p.User = storage.Clean(p.Account), storage.Clean(p.User)
	return p
}
