package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PutStandingLink implements storage.StandingLinks.
func (c *CrashingStore) PutStandingLink(ctx context.Context, l storage.StandingLink) error {
	return c.call(func() error { return c.inner.PutStandingLink(ctx, l) })
}

// ReplaceStandingLink implements storage.StandingLinks.
func (c *CrashingStore) ReplaceStandingLink(ctx context.Context, was, now storage.StandingLink) error {
	return c.call(func() error { return c.inner.ReplaceStandingLink(ctx, was, now) })
}

// StandingLink implements storage.StandingLinks.
func (c *CrashingStore) StandingLink(ctx context.Context, id string) (storage.StandingLink, error) {
	return result(c, func() (storage.StandingLink, error) { return c.inner.StandingLink(ctx, id) })
}

// StandingLinkList implements storage.StandingLinks.
func (c *CrashingStore) StandingLinkList(ctx context.Context) ([]storage.StandingLink, error) {
	return result(c, func() ([]storage.StandingLink, error) { return c.inner.StandingLinkList(ctx) })
}

// StandingLinkOpened implements storage.StandingLinks.
func (c *CrashingStore) StandingLinkOpened(ctx context.Context, id string, at time.Time) error {
	return c.call(func() error { return c.inner.StandingLinkOpened(ctx, id, at) })
}
