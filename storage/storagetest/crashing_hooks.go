package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PutHookTry implements storage.HookTries.
func (c *CrashingStore) PutHookTry(ctx context.Context, t storage.HookTry) error {
	return c.call(func() error { return c.inner.PutHookTry(ctx, t) })
}

// HookTries implements storage.HookTries.
func (c *CrashingStore) HookTries(ctx context.Context, endpoint, before string, limit int) ([]storage.HookTry, error) {
	return result(c, func() ([]storage.HookTry, error) { return c.inner.HookTries(ctx, endpoint, before, limit) })
}

// HookFailing implements storage.HookTries.
func (c *CrashingStore) HookFailing(ctx context.Context, endpoint string) (time.Time, error) {
	return result(c, func() (time.Time, error) { return c.inner.HookFailing(ctx, endpoint) })
}

// HookNewest implements storage.HookTries.
func (c *CrashingStore) HookNewest(ctx context.Context, endpoint string, since time.Time, failed bool, limit int) ([]storage.HookTry, error) {
	return result(c, func() ([]storage.HookTry, error) { return c.inner.HookNewest(ctx, endpoint, since, failed, limit) })
}
