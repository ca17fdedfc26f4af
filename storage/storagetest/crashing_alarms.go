package storagetest

import (
	"context"

	"github.com/aftercare/aftercare/storage"
)

// PutAlarm implements storage.Alarms.
func (c *CrashingStore) PutAlarm(ctx context.Context, a storage.Alarm) error {
	return c.call(func() error { return c.inner.PutAlarm(ctx, a) })
}

// Alarm implements storage.Alarms.
func (c *CrashingStore) Alarm(ctx context.Context, id string) (storage.Alarm, error) {
	return result(c, func() (storage.Alarm, error) { return c.inner.Alarm(ctx, id) })
}

// AlarmList implements storage.Alarms.
func (c *CrashingStore) AlarmList(ctx context.Context, sites []string, since string, limit int) ([]storage.Alarm, error) {
	return result(c, func() ([]storage.Alarm, error) { return c.inner.AlarmList(ctx, sites, since, limit) })
}

// ChangeAlarm implements storage.Alarms.
func (c *CrashingStore) ChangeAlarm(ctx context.Context, id string, a storage.Audit, change func(*storage.Alarm) error) (storage.Alarm, error) {
	return result(c, func() (storage.Alarm, error) { return c.inner.ChangeAlarm(ctx, id, a, change) })
}
