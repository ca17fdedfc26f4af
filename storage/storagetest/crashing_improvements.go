package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PutImprovement implements storage.Improvements.
func (c *CrashingStore) PutImprovement(ctx context.Context, i storage.Improvement, a storage.Audit) error {
	return c.call(func() error { return c.inner.PutImprovement(ctx, i, a) })
}

// Improvement implements storage.Improvements.
func (c *CrashingStore) Improvement(ctx context.Context, id string) (storage.Improvement, error) {
	return result(c, func() (storage.Improvement, error) { return c.inner.Improvement(ctx, id) })
}

// ImprovementList implements storage.Improvements.
func (c *CrashingStore) ImprovementList(ctx context.Context) ([]storage.Improvement, error) {
	return result(c, func() ([]storage.Improvement, error) { return c.inner.ImprovementList(ctx) })
}

// ChangeImprovement implements storage.Improvements.
func (c *CrashingStore) ChangeImprovement(ctx context.Context, id string, a storage.Audit, change func(*storage.Improvement) error) (storage.Improvement, error) {
	return result(c, func() (storage.Improvement, error) { return c.inner.ChangeImprovement(ctx, id, a, change) })
}

// Named implements storage.Improvements.
func (c *CrashingStore) Named(ctx context.Context, f storage.FigureFilter, of storage.Naming) ([]string, bool, error) {
	return listing(c, func() ([]string, bool, error) { return c.inner.Named(ctx, f, of) })
}

// Sayers implements storage.Improvements.
func (c *CrashingStore) Sayers(ctx context.Context, f storage.FigureFilter, i *storage.Improvement, before time.Time) ([]storage.Sayer, bool, error) {
	return listing(c, func() ([]storage.Sayer, bool, error) { return c.inner.Sayers(ctx, f, i, before) })
}
