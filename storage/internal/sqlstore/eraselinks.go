package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// opening is an invitation, and the conversation that names it.
type opening struct{ invitation, session string }

// learnt takes over what the erasure has learnt of its links since it began.
func (s *Store) learnt(ctx context.Context, tx *sql.Tx, e *storage.Erasure) error {
	bodies, err := rowsOf(ctx, tx, scanText, s.q.erasure, e.ID)
	if err != nil || len(bodies) == 0 {
		return err
	}
	var now storage.Erasure
	if err := json.Unmarshal([]byte(bodies[0]), &now); err != nil {
		return fmt.Errorf("decode an erasure: %w", err)
	}
	e.Invitations = now.Invitations
	return nil
}

// part keeps with the erasure what was answered to links until now, as the conversations that the bucket has go, and
// leaves links for later whose conversation lies elsewhere where that is asked for.
func (f *search) part(tx *sql.Tx, e storage.Erasure) error {
	links, changed := slices.Clone(e.Invitations), false
	for i := range f.d.Conversations {
		v := &f.d.Conversations[i].Session
		if v.Invitation == "" {
			continue
		}
		link := storage.Link{Bucket: v.Bucket, ID: v.Invitation, Session: v.ID, Level: v.AnsweredLevel()}
		f.levels[opening{link.ID, link.Session}] = link.Level
		at := slices.IndexFunc(links, func(l storage.Link) bool { return l.ID == link.ID && l.Session == link.Session })
		switch {
		case at < 0: // it was made since then
			links, changed = append(links, link), true
		case links[at].Level != link.Level:
			links[at].Level, changed = link.Level, true
		}
	}
	if e.Parting {
		f.d.Invitations = slices.DeleteFunc(f.d.Invitations, func(i storage.Invitation) bool {
			return i.Session != "" && f.s.openedIn(i.RedeemedBy, i.Bucket) != i.Bucket
		})
	}
	if !changed {
		return nil
	}
	e.Invitations = links
	body, _, err := encode(e)
	if err != nil {
		return fmt.Errorf("encode an erasure: %w", err)
	}
	_, err = tx.ExecContext(f.ctx, f.s.q.setErasure, string(body), e.ID)
	return err
}
