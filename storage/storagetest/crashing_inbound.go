package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PutInbound implements storage.Inbounds.
func (c *CrashingStore) PutInbound(ctx context.Context, x storage.InboundCall) error {
	return c.call(func() error { return c.inner.PutInbound(ctx, x) })
}

// Inbound implements storage.Inbounds.
func (c *CrashingStore) Inbound(ctx context.Context, source, message string) (storage.InboundCall, error) {
	return result(c, func() (storage.InboundCall, error) { return c.inner.Inbound(ctx, source, message) })
}

// InboundCalls implements storage.Inbounds.
func (c *CrashingStore) InboundCalls(ctx context.Context, source string, since time.Time, limit int) ([]storage.InboundCall, error) {
	return result(c, func() ([]storage.InboundCall, error) { return c.inner.InboundCalls(ctx, source, since, limit) })
}

// ForgetInbound implements storage.Inbounds.
func (c *CrashingStore) ForgetInbound(ctx context.Context) error {
	return c.call(func() error { return c.inner.ForgetInbound(ctx) })
}
