package storagetest

import (
	"context"

	"github.com/aftercare/aftercare/storage"
)

// KeyRecord implements storage.Keys.
func (c *CrashingStore) KeyRecord(ctx context.Context) (storage.KeyRecord, error) {
	return result(c, func() (storage.KeyRecord, error) { return c.inner.KeyRecord(ctx) })
}

// PutKeyRecord implements storage.Keys.
func (c *CrashingStore) PutKeyRecord(ctx context.Context, r storage.KeyRecord) error {
	return c.call(func() error { return c.inner.PutKeyRecord(ctx, r) })
}

// ReplaceKey implements storage.Keys.
func (c *CrashingStore) ReplaceKey(ctx context.Context, from string, to storage.KeyRecord, seal func(storage.Installation) (string, error)) error {
	return c.call(func() error { return c.inner.ReplaceKey(ctx, from, to, seal) })
}

// KeyTraces implements storage.Keys.
func (c *CrashingStore) KeyTraces(ctx context.Context) (opened []storage.OpenedLink, used bool, err error) {
	err = c.call(func() (err error) {
		opened, used, err = c.inner.KeyTraces(ctx)
		return err
	})
	return opened, used, err
}
