package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// ApproveInstallation implements storage.Reference.
func (c *CrashingStore) ApproveInstallation(ctx context.Context, p chat.Platform, account string, at time.Time) error {
	return c.call(func() error { return c.inner.ApproveInstallation(ctx, p, account, at) })
}

// PutInstallLink implements storage.Installing.
func (c *CrashingStore) PutInstallLink(ctx context.Context, l storage.InstallLink) error {
	return c.call(func() error { return c.inner.PutInstallLink(ctx, l) })
}

// UseInstallLink implements storage.Installing.
func (c *CrashingStore) UseInstallLink(ctx context.Context, hash, account string, now time.Time) error {
	return c.call(func() error { return c.inner.UseInstallLink(ctx, hash, account, now) })
}

// UseInstallState implements storage.Installing.
func (c *CrashingStore) UseInstallState(ctx context.Context, state string, expires, now time.Time) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.UseInstallState(ctx, state, expires, now) })
}

// Moment implements storage.Reader.
func (c *CrashingStore) Moment(ctx context.Context, name string) (time.Time, error) {
	return result(c, func() (time.Time, error) { return c.inner.Moment(ctx, name) })
}
