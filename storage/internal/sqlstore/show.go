package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// shownTalk is a talk for people, whatever the format of its body is.
type shownTalk struct {
	Identity string      `json:"identity"`
	Address  string      `json:"address"`
	Started  time.Time   `json:"started"`
	Messages []shownSlot `json:"messages"`
}

type shownSlot struct {
	Slot      string          `json:"slot"`
	Kind      string          `json:"kind"`
	State     string          `json:"state"`
	Wanted    int             `json:"wanted"`
	Shown     int             `json:"shown"`
	Reference string          `json:"reference,omitempty"`
	Attempts  int             `json:"attempts,omitempty"`
	Error     string          `json:"error,omitempty"`
	Epoch     int64           `json:"epoch,omitempty"`
	Created   time.Time       `json:"created"`
	Due       time.Time       `json:"due"`
	Message   json.RawMessage `json:"message"`
}

func shownCell(c *deliveryCell) shownSlot {
	return shownSlot{
		Slot: c.Slot, Kind: string(c.Kind), State: string(c.State), Wanted: c.Wanted, Shown: c.Shown, Reference: string(c.ShownRef),
		Attempts: c.Attempts, Error: c.Error, Epoch: c.Epoch, Created: c.Created, Due: c.Due, Message: c.render,
	}
}

// Show implements storage.Shower.
func (s *Store) Show(ctx context.Context, id string) ([]storage.Record, error) {
	id = storage.Clean(id)
	var all []storage.Record
	for b := range storage.Bucket(s.buckets) {
		add := func(table, format string, v any) error {
			body, err := json.Marshal(v)
			if err != nil {
				return fmt.Errorf("show a record of %s: %w", table, err)
			}
			all = append(all, storage.Record{Table: table, Bucket: b, Format: format, Body: body})
			return nil
		}
		key := []any{int64(b), id}
		for _, k := range []struct {
			table string
			of    *keyed
		}{
			{"identities", s.q.identities}, {"invitations", s.q.invitations}, {"sessions", s.q.sessions}, {"cases", s.q.cases},
		} {
			bodies, err := collect(ctx, s, "a record", k.of.one, key, func(row scanner) (body json.RawMessage, err error) {
				var id, link string
				return body, row.Scan(&id, &link, (*[]byte)(&body))
			})
			if err != nil {
				return nil, err
			}
			for _, body := range bodies {
				if err := add(k.table, "json", body); err != nil {
					return nil, err
				}
			}
		}
		talks, err := collect(ctx, s, "a record", s.q.talks.one, key, scanTalk)
		if err != nil {
			return nil, err
		}
		for _, t := range talks {
			v := shownTalk{Identity: t.identity, Address: t.at.String(), Started: t.started}
			for _, c := range t.slots {
				v.Messages = append(v.Messages, shownCell(c))
			}
			if err := add("talks", string(t.format), v); err != nil {
				return nil, err
			}
		}
		rows, err := collect(ctx, s, "a record", s.q.slots.one, key, scanDelivery)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if err := add("deliveries", "json", shownCell(&rows[i])); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
