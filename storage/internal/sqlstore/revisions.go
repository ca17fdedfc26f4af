package sqlstore

import (
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// revised is the session of a change as it is to be stored, with every revision that its answers
// ever had; nil = none is to be. An error is the turn's own unless it comes from the database.
func (w *working) revised(l storage.Load, c storage.Change) (*storage.Session, error) {
	if c.Session == nil && len(c.Answers) == 0 {
		return nil, nil //nolint:nilnil // as said above
	}
	id := storage.Clean(w.sessionOf(l))
	if c.Session != nil {
		id = storage.Clean(c.Session.ID)
	}
	if id == "" {
		return nil, errOwn{errors.New("an answer without a session")}
	}
	if c.Session == nil || len(c.Answers)+len(c.Session.Answers) > 0 { // else it begins
		if err := w.fetch(sessionTable, id); err != nil {
			return nil, err
		}
	}
	old, err := w.session(id)
	if err != nil {
		return nil, err
	}
	if old == nil {
		old = &storage.Session{}
	}
	next := c.Session
	switch {
	case next != nil:
		v := *next
		next = &v
	case old.ID == "":
		return nil, errOwn{fmt.Errorf("an answer without a session: there is no %s", id)}
	default:
		next = old.Clone()
	}
	known := len(old.Earlier) + len(old.Answers)
	all := make([]survey.Answer, 0, known+len(c.Answers))
	all = append(append(all, old.Earlier...), old.Answers...)
	for i := range c.Answers {
		if holds(all, &c.Answers[i]) {
			// It is a mistake of whoever made it, and neither of the two must vanish.
			return nil, errOwn{fmt.Errorf("%w: the answer has that revision already", storage.ErrRefused)}
		}
		all = append(all, c.Answers[i])
	}
	if c.Session == nil {
		next.Answers = append(next.Answers, c.Answers...)
	}
	next.Earlier = nil
	for i := range all {
		if !holds(next.Answers, &all[i]) && !holds(next.Earlier, &all[i]) {
			next.Earlier = append(next.Earlier, all[i])
		}
	}
	return next, nil
}

// holds reports whether a list has this revision.
func holds(list []survey.Answer, a *survey.Answer) bool {
	for i := range list {
		if list[i].Revision == a.Revision && list[i].Question == a.Question {
			return true
		}
	}
	return false
}
