package fold

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Maker makes the rows of conversations. It implements storage.Folding and is safe for
// concurrent use.
type Maker struct {
	snap *snapshot.Keeper
	log  *slog.Logger
}

// NewMaker returns a Maker that knows the flows and sites of a keeper.
func NewMaker(snap *snapshot.Keeper, log *slog.Logger) *Maker { return &Maker{snap, log} }

// Settle implements storage.Folding.
func (m *Maker) Settle(s *storage.Session) bool { return Settle(s, m.snap.Now().Site(s.Site).Zone) }

// Rows implements storage.Folding.
func (m *Maker) Rows(ctx context.Context, s *storage.Session) (report.Session, []report.Answer, error) {
	flow, err := m.flow(ctx, s.Flow, s.Version)
	if err != nil {
		return report.Session{}, nil, err
	}
	c := report.Conversation{
		Session: s.Session, Earlier: s.Earlier, Site: s.Site, Service: s.Service, Staff: s.Staff,
		Channel: cmp.Or(s.Channel, string(s.Address.Platform)), Day: s.Day, Judgement: s.Judgement, Class: s.Facts.Class, Case: s.Case != "",
	}
	if flow != nil {
		c.Class = cmp.Or(c.Class, flow.Class)
		if c.Lang == "" && len(flow.Languages) > 0 {
			c.Lang = flow.Languages[0]
		}
	}
	c.Class = storage.CountedAs(c.Class, s.Flow, s.Facts)
	session, answers := report.Fold(flow, &c)
	return session, answers, nil
}

// flow is a version of a flow; nil where it is not to be had, or not to be read.
func (m *Maker) flow(ctx context.Context, id string, version int) (*survey.Flow, error) {
	f, err := m.snap.Now().Flow(id, version)
	if err != nil {
		if err = m.snap.LoadFlow(ctx, snapshot.FlowKey{ID: id, Version: version}); err == nil {
			f, err = m.snap.Now().Flow(id, version)
		}
	}
	switch {
	case err == nil:
		return &f.Flow, nil
	case ctx.Err() != nil || errors.Is(err, storage.ErrUnavailable):
		return nil, err
	}
	m.log.Warn("reports have no scores of a flow that cannot be read", "flow", id, "version", version, "err", err)
	return nil, nil //nolint:nilnil // as said above
}
