package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const standingLinkRead = "id, name, flow, site, language, event, created, closed, opened, last"

// standingLinkQueries are about the addresses that are printed.
type standingLinkQueries struct {
	printedLink                                     kept
	standingLink, standingLinks, openedStandingLink string
}

func newStandingLinkQueries(t *texts) standingLinkQueries {
	return standingLinkQueries{
		printedLink: t.kept("INSERT INTO standing_links ("+standingLinkRead+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, NULL)", "id",
			"name = excluded.name, flow = excluded.flow, site = excluded.site, language = excluded.language,"+
				" event = excluded.event, closed = excluded.closed", "SELECT "+standingLinkRead+" FROM standing_links"),
		standingLink:       t.one("SELECT " + standingLinkRead + " FROM standing_links WHERE id = ?"),
		standingLinks:      t.one("SELECT " + standingLinkRead + " FROM standing_links ORDER BY created DESC, id"),
		openedStandingLink: t.one("UPDATE standing_links SET opened = opened + 1, last = ? WHERE id = ?"),
	}
}

func scanStandingLink(row scanner) (l storage.StandingLink, err error) {
	var event string
	var closed, last sql.NullTime
	if err := row.Scan(&l.ID, &l.Name, &l.Flow, &l.Site, &l.Language, &event, &l.Created, &closed, &l.Opened, &last); err != nil {
		return l, err
	}
	l.Created = l.Created.UTC()
	if closed.Valid {
		l.Closed = closed.Time.UTC()
	}
	if last.Valid {
		l.Last = last.Time.UTC()
	}
	return l, json.Unmarshal([]byte(event), &l.Event)
}

// standingLinkValues are those of a row but for what is counted.
func standingLinkValues(l storage.StandingLink) []any {
	event := make(map[string]string, len(l.Event))
	for k, v := range l.Event {
		event[storage.Clean(k)] = storage.Clean(v)
	}
	return []any{
		storage.Clean(l.ID), storage.Clean(l.Name), storage.Clean(l.Flow), storage.Clean(l.Site), storage.Clean(l.Language), asText(event),
		micro(l.Created), orNull(l.Closed),
	}
}

// PutStandingLink implements storage.StandingLinks.
func (s *Store) PutStandingLink(ctx context.Context, l storage.StandingLink) error {
	_, err := s.wrote(ctx, "a standing link", s.q.printedLink.put, standingLinkValues(l)...)
	return err
}

// ReplaceStandingLink implements storage.StandingLinks.
func (s *Store) ReplaceStandingLink(ctx context.Context, was, now storage.StandingLink) error {
	return replacing[storage.StandingLink]{
		kept: s.q.printedLink, what: "a standing link", scan: scanStandingLink, values: standingLinkValues, same: standingLinkValues,
	}.replace(ctx, func(ctx context.Context, f func(*sql.Tx) (bool, error)) error {
		return s.transaction(ctx, func(tx *sql.Tx) error { _, err := f(tx); return err }) // they are no configuration
	}, was, now)
}

// StandingLink implements storage.StandingLinks.
func (s *Store) StandingLink(ctx context.Context, id string) (l storage.StandingLink, err error) {
	gone := false
	err = s.reading(ctx, func(db *sql.DB) (err error) {
		l, err = scanStandingLink(db.QueryRowContext(ctx, s.q.standingLink, storage.Clean(id)))
		if gone = errors.Is(err, sql.ErrNoRows); gone {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return storage.StandingLink{}, fmt.Errorf("read a standing link: %w", err)
	case gone:
		return storage.StandingLink{}, storage.ErrNotFound
	}
	return l, nil
}

// StandingLinkList implements storage.StandingLinks.
func (s *Store) StandingLinkList(ctx context.Context) ([]storage.StandingLink, error) {
	return collect(ctx, s, "the standing links", s.q.standingLinks, nil, scanStandingLink)
}

// StandingLinkOpened implements storage.StandingLinks.
func (s *Store) StandingLinkOpened(ctx context.Context, id string, at time.Time) error {
	_, err := s.wrote(ctx, "that a standing link was opened", s.q.openedStandingLink, micro(at), storage.Clean(id))
	return err
}
