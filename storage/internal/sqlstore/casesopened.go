package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseBody is what figures need of the body of a case.
type caseBody struct {
	ID         string               `json:"id"`
	OpenedAt   time.Time            `json:"opened_at"`
	First      recovery.Marks       `json:"first"`
	Missed     []recovery.Clock     `json:"missed"`
	Reopens    int                  `json:"reopens"`
	Resolution *recovery.Resolution `json:"resolution"`
	EndedAt    time.Time            `json:"ended_at"`
	Outcome    recovery.Outcome     `json:"outcome"`
	Identity   string               `json:"Identity"`
	Site       string               `json:"Site"`
	Customer   string               `json:"Customer"`
}

// scanFigureCase is a row of opened.
func scanFigureCase(row scanner) (c storage.FigureCase, err error) {
	var raw sql.RawBytes
	if err := row.Scan(&raw, &c.Day, &c.Flow, &c.Service, &c.Staff, &c.Language, &c.Channel, &c.Level); err != nil {
		return c, err
	}
	var b caseBody
	if err := json.Unmarshal(raw, &b); err != nil {
		return c, fmt.Errorf("decode case: %w", err)
	}
	whole := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return micro(t)
	}
	c.ID, c.OpenedAt, c.Taken, c.Contacted, c.Resolved, c.EndedAt = b.ID, whole(b.OpenedAt), whole(b.First.Acknowledged), whole(b.First.Contacted), whole(b.First.Resolved), whole(b.EndedAt)
	c.Missed, c.Reopens, c.Asked, c.Settled, c.Recovered = b.Missed, b.Reopens, !b.Outcome.Asked.IsZero(), b.Outcome.Settled, b.Outcome.Recovered
	c.Identity, c.Site, c.Customer = b.Identity, b.Site, b.Customer
	if b.Resolution != nil {
		c.Cause = b.Resolution.Cause
	}
	if c.Customer != "" {
		c.Identity = ""
	}
	if len(c.Missed) == 0 {
		c.Missed = nil
	}
	if c.Day == "" {
		c.Day = c.OpenedAt.Format(time.DateOnly)
	}
	return c, nil
}

// casesOpened calls each with the cases of a bucket that opened on days, first and last, UTC. full: there are as
// many as the most, and perhaps more.
func (s *Store) casesOpened(ctx context.Context, b storage.Bucket, sites []string, days [2]string, most int64, each func(*storage.FigureCase)) (full bool, err error) {
	from, to, err := span(storage.FigureFilter{From: days[0], To: days[1]})
	if err != nil {
		return false, err
	}
	list, err := collect(ctx, s, "cases of figures", s.q.opened, []any{int64(b), micro(from), micro(to), s.dialect.Keys(texted(sites)), most}, scanFigureCase)
	for i := range list {
		each(&list[i])
	}
	return int64(len(list)) == most, err
}
