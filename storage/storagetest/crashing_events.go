package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PutEvents implements storage.Events.
func (c *CrashingStore) PutEvents(ctx context.Context, all []storage.Event, at time.Time, partial bool) ([]storage.EventOutcome, error) {
	return result(c, func() ([]storage.EventOutcome, error) { return c.inner.PutEvents(ctx, all, at, partial) })
}

// Event implements storage.Events.
func (c *CrashingStore) Event(ctx context.Context, source, id string) (storage.StoredEvent, error) {
	return result(c, func() (storage.StoredEvent, error) { return c.inner.Event(ctx, source, id) })
}

// ChangeEvent implements storage.Events.
func (c *CrashingStore) ChangeEvent(ctx context.Context, source, id string, at time.Time, change func(*storage.Event) (*storage.Event, error)) (storage.StoredEvent, error) {
	return result(c, func() (storage.StoredEvent, error) { return c.inner.ChangeEvent(ctx, source, id, at, change) })
}
