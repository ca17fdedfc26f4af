package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const flowDraftRead = "flow, rev, base, same, source, change, person, at"

// buildingQueries are about what people are building.
type buildingQueries struct {
	lastDraftRev, putFlowDraft, pruneFlowDrafts       string
	flowDraft, flowDraftAt, flowDrafts, flowDraftRevs string
	flowVersions, putFlowNote, flowNotes              string
	putFlowState, dropFlowState, flowStates           string
	putPresence, agePresences, dropPresence           string
	presences                                         string
}

func newBuildingQueries(t *texts) buildingQueries {
	return buildingQueries{
		lastDraftRev:    t.one("SELECT coalesce(max(rev), 0) FROM flow_drafts WHERE flow = ?"),
		putFlowDraft:    t.one("INSERT INTO flow_drafts (" + flowDraftRead + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (flow, rev) DO NOTHING"),
		pruneFlowDrafts: t.one("DELETE FROM flow_drafts WHERE flow = ? AND rev <= ?"),
		flowDraft:       t.one("SELECT " + flowDraftRead + " FROM flow_drafts WHERE flow = ? ORDER BY rev DESC LIMIT 1"),
		flowDraftAt:     t.one("SELECT " + flowDraftRead + " FROM flow_drafts WHERE flow = ? AND rev = ?"),
		flowDrafts: t.one("SELECT d.flow, d.rev, d.base, d.same, d.source, d.change, d.person, d.at FROM flow_drafts d" +
			" JOIN (SELECT flow, max(rev) AS rev FROM flow_drafts GROUP BY flow) h ON h.flow = d.flow AND h.rev = d.rev" +
			" WHERE d.source <> '' AND d.flow NOT IN ('" + storage.RulesDraft + "', '" + storage.TriggersDraft + "') ORDER BY d.flow"),
		flowDraftRevs: t.one("SELECT flow, rev, base, same, '', change, person, at FROM flow_drafts WHERE flow = ? ORDER BY rev DESC"),
		flowVersions:  t.one("SELECT flow, version, source, published FROM flows WHERE flow = ? ORDER BY version DESC"),
		putFlowNote:   t.one("INSERT INTO flow_notes (flow, version, person, note) VALUES (?, ?, ?, ?) ON CONFLICT (flow, version) DO NOTHING"),
		flowNotes:     t.one("SELECT flow, version, person, note FROM flow_notes WHERE flow = ? ORDER BY version DESC"),
		putFlowState: t.one("INSERT INTO flow_states (flow, state, person, at) VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (flow) DO UPDATE SET state = excluded.state, person = excluded.person, at = excluded.at"),
		dropFlowState: t.one("DELETE FROM flow_states WHERE flow = ?"),
		flowStates:    t.one("SELECT flow, state, person, at FROM flow_states ORDER BY flow"),
		putPresence: t.one("INSERT INTO presences (draft, tab, person, part, seen) VALUES (?, ?, ?, ?, ?)" +
			" ON CONFLICT (draft, tab) DO UPDATE SET person = excluded.person, part = excluded.part, seen = excluded.seen"),
		agePresences: t.one("DELETE FROM presences WHERE draft = ? AND seen < ?"),
		dropPresence: t.one("DELETE FROM presences WHERE draft = ? AND tab = ?"),
		presences:    t.one("SELECT draft, tab, person, part, seen FROM presences WHERE draft = ? AND seen > ? ORDER BY person, tab"),
	}
}

func scanFlowDraft(row scanner) (d storage.FlowDraft, err error) {
	err = row.Scan(&d.Flow, &d.Rev, &d.Base, &d.Same, &d.Source, &d.Change, &d.Person, &d.At)
	d.At = d.At.UTC()
	return d, err
}

// PutFlowDraft implements storage.Building.
func (s *Store) PutFlowDraft(ctx context.Context, d storage.FlowDraft) (stored bool, err error) {
	flow := storage.Clean(d.Flow)
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		stored = false
		var last int64
		if err := tx.QueryRowContext(ctx, s.q.lastDraftRev, flow).Scan(&last); err != nil || last != int64(d.Rev)-1 {
			return err
		}
		r, err := tx.ExecContext(ctx, s.q.putFlowDraft, flow, int64(d.Rev), int64(d.Base), int64(d.Same), storage.Clean(d.Source),
			storage.Clean(d.Change), storage.Clean(d.Person), micro(d.At))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if stored = n > 0; err != nil || !stored {
			return err
		}
		_, err = tx.ExecContext(ctx, s.q.pruneFlowDrafts, flow, int64(d.Rev)-storage.KeptRevisions)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("write a draft of a flow: %w", err)
	}
	return stored, nil
}

// aDraft reads one revision.
func (s *Store) aDraft(ctx context.Context, text string, args ...any) (d storage.FlowDraft, err error) {
	gone := false
	err = s.reading(ctx, func(db *sql.DB) (err error) {
		d, err = scanFlowDraft(db.QueryRowContext(ctx, text, args...))
		if gone = errors.Is(err, sql.ErrNoRows); gone {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return storage.FlowDraft{}, fmt.Errorf("read a draft of a flow: %w", err)
	case gone:
		return storage.FlowDraft{}, storage.ErrNotFound
	}
	return d, nil
}

// FlowDraft implements storage.Building.
func (s *Store) FlowDraft(ctx context.Context, flow string) (storage.FlowDraft, error) {
	return s.aDraft(ctx, s.q.flowDraft, storage.Clean(flow))
}

// FlowDraftAt implements storage.Building.
func (s *Store) FlowDraftAt(ctx context.Context, flow string, rev int) (storage.FlowDraft, error) {
	return s.aDraft(ctx, s.q.flowDraftAt, storage.Clean(flow), int64(rev))
}

// FlowDrafts implements storage.Building.
func (s *Store) FlowDrafts(ctx context.Context) ([]storage.FlowDraft, error) {
	return collect(ctx, s, "the drafts of flows", s.q.flowDrafts, nil, scanFlowDraft)
}

// FlowDraftRevs implements storage.Building.
func (s *Store) FlowDraftRevs(ctx context.Context, flow string) ([]storage.FlowDraft, error) {
	return collect(ctx, s, "the revisions of a draft", s.q.flowDraftRevs, []any{storage.Clean(flow)}, scanFlowDraft)
}

// FlowVersions implements storage.Building.
func (s *Store) FlowVersions(ctx context.Context, flow string) ([]storage.FlowSource, error) {
	return collect(ctx, s, "the versions of a flow", s.q.flowVersions, []any{storage.Clean(flow)}, func(row scanner) (storage.FlowSource, error) {
		return scanFlow(row)
	})
}

// PutFlowNote implements storage.Building.
func (s *Store) PutFlowNote(ctx context.Context, n storage.FlowNote) error {
	_, err := s.wrote(ctx, "what somebody says of a version", s.q.putFlowNote, storage.Clean(n.Flow), int64(n.Version), storage.Clean(n.Person), storage.Clean(n.Note))
	return err
}

// FlowNotes implements storage.Building.
func (s *Store) FlowNotes(ctx context.Context, flow string) ([]storage.FlowNote, error) {
	return collect(ctx, s, "what is said of versions", s.q.flowNotes, []any{storage.Clean(flow)}, func(row scanner) (n storage.FlowNote, err error) {
		return n, row.Scan(&n.Flow, &n.Version, &n.Person, &n.Note)
	})
}

// PutFlowState implements storage.Building.
func (s *Store) PutFlowState(ctx context.Context, st storage.FlowState) (err error) {
	if st.State == "" {
		_, err = s.wrote(ctx, "the state of a flow", s.q.dropFlowState, storage.Clean(st.Flow))
	} else {
		_, err = s.wrote(ctx, "the state of a flow", s.q.putFlowState, storage.Clean(st.Flow), storage.Clean(st.State), storage.Clean(st.Person), micro(st.At))
	}
	return err
}

// FlowStates implements storage.Building.
func (s *Store) FlowStates(ctx context.Context) ([]storage.FlowState, error) {
	return collect(ctx, s, "the states of flows", s.q.flowStates, nil, func(row scanner) (st storage.FlowState, err error) {
		err = row.Scan(&st.Flow, &st.State, &st.Person, &st.At)
		st.At = st.At.UTC()
		return st, err
	})
}

// PutPresence implements storage.Building.
func (s *Store) PutPresence(ctx context.Context, p storage.Presence) error {
	of := storage.Clean(p.Draft)
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.q.agePresences, of, micro(p.Seen.Add(-storage.PresenceLasts))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.q.putPresence, of, storage.Clean(p.Tab), storage.Clean(p.Person), storage.Clean(p.Part), micro(p.Seen))
		return err
	})
	if err != nil {
		return fmt.Errorf("write who is at a draft: %w", err)
	}
	return nil
}

// DropPresence implements storage.Building.
func (s *Store) DropPresence(ctx context.Context, draft, tab string) error {
	_, err := s.wrote(ctx, "that somebody left a draft", s.q.dropPresence, storage.Clean(draft), storage.Clean(tab))
	return err
}

// Presences implements storage.Building.
func (s *Store) Presences(ctx context.Context, draft string, since time.Time) ([]storage.Presence, error) {
	return collect(ctx, s, "who is at a draft", s.q.presences, []any{storage.Clean(draft), micro(since)}, func(row scanner) (p storage.Presence, err error) {
		err = row.Scan(&p.Draft, &p.Tab, &p.Person, &p.Part, &p.Seen)
		p.Seen = p.Seen.UTC()
		return p, err
	})
}
