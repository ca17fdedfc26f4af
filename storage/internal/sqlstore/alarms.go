package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

const alarmColumns = "id, site, kind, day, made, ended, body"

// alarmQueries are about alarms that went off.
type alarmQueries struct{ putAlarm, alarm, alarmList, changeAlarm string }

func newAlarmQueries(t *texts) alarmQueries {
	return alarmQueries{
		putAlarm:    t.one("INSERT INTO alarms (" + alarmColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"),
		alarm:       t.one("SELECT " + alarmColumns + " FROM alarms WHERE id = ?"),
		alarmList:   t.one("SELECT " + alarmColumns + " FROM alarms WHERE " + t.dialect.Among("site") + " AND (day >= ? OR ended = '') ORDER BY day DESC, id LIMIT ?"),
		changeAlarm: t.one("UPDATE alarms SET ended = ?, body = ? WHERE id = ? AND ended = ? AND body = ?"),
	}
}

func scanAlarm(row scanner) (a storage.Alarm, body string, err error) {
	if err := row.Scan(&a.ID, &a.Site, &a.Kind, &a.Day, &a.Made, &a.Over, &body); err != nil {
		return a, body, err
	}
	a.Made = a.Made.UTC()
	if err := json.Unmarshal([]byte(body), &a.AlarmTerms); err != nil {
		return a, body, fmt.Errorf("decode alarm: %w", err)
	}
	return a, body, nil
}

func onlyAlarm(row scanner) (storage.Alarm, error) {
	a, _, err := scanAlarm(row)
	return a, err
}

// alarmBody is what the body of an alarm is, without what no database holds.
func alarmBody(t storage.AlarmTerms) (string, error) {
	t.Knows = storage.Clean(t.Knows)
	body, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode alarm: %w", err)
	}
	return string(body), nil
}

// PutAlarm implements storage.Alarms.
func (s *Store) PutAlarm(ctx context.Context, a storage.Alarm) error {
	body, err := alarmBody(a.AlarmTerms)
	if err != nil {
		return err
	}
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.putAlarm, storage.Clean(a.ID), storage.Clean(a.Site), string(a.Kind), storage.Clean(a.Day), micro(a.Made), storage.Clean(a.Over), body)
		return err
	})
	if err != nil {
		return fmt.Errorf("write an alarm: %w", err)
	}
	return nil
}

// Alarm implements storage.Alarms.
func (s *Store) Alarm(ctx context.Context, id string) (storage.Alarm, error) {
	return one(ctx, s, "an alarm", s.q.alarm, []any{storage.Clean(id)}, onlyAlarm)
}

// AlarmList implements storage.Alarms.
func (s *Store) AlarmList(ctx context.Context, sites []string, since string, limit int) ([]storage.Alarm, error) {
	return collect(ctx, s, "alarms", s.q.alarmList, []any{s.dialect.Keys(texted(sites)), storage.Clean(since), int64(limit)}, onlyAlarm)
}

// ChangeAlarm implements storage.Alarms: it writes if the row is still the one that it read, and else begins again.
func (s *Store) ChangeAlarm(ctx context.Context, id string, audit storage.Audit, change func(*storage.Alarm) error) (a storage.Alarm, err error) {
	for {
		var refused error
		err = s.transaction(ctx, func(tx *sql.Tx) error {
			var was string
			a, was, err = scanAlarm(tx.QueryRowContext(ctx, s.q.alarm, storage.Clean(id)))
			if errors.Is(err, sql.ErrNoRows) {
				return errChange{storage.ErrNotFound}
			}
			if err != nil {
				return err
			}
			over := a.Over
			if refused = change(&a); refused != nil {
				return nil
			}
			body, err := alarmBody(a.AlarmTerms)
			if err != nil {
				return err
			}
			done, err := tx.ExecContext(ctx, s.q.changeAlarm, storage.Clean(a.Over), body, storage.Clean(id), over, was)
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil || n == 0 {
				refused = errMoved
				return err
			}
			return s.writeAudit(ctx, tx, audit)
		})
		if err == nil && errors.Is(refused, errMoved) && ctx.Err() == nil {
			continue
		}
		if err == nil {
			err = refused
		}
		if err != nil {
			return storage.Alarm{}, fmt.Errorf("change an alarm: %w", err)
		}
		return a, nil
	}
}
