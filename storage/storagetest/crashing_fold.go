package storagetest

import (
	"context"

	"github.com/aftercare/aftercare/storage"
)

// Fold implements storage.ReadModel.
func (c *CrashingStore) Fold(ctx context.Context, b storage.Bucket, f storage.Folding, limit int) (storage.Folded, error) {
	return result(c, func() (storage.Folded, error) { return c.inner.Fold(ctx, b, f, limit) })
}

// FoldAll implements storage.ReadModel.
func (c *CrashingStore) FoldAll(ctx context.Context) (int, error) {
	return result(c, func() (int, error) { return c.inner.FoldAll(ctx) })
}

// Behind implements storage.ReadModel.
func (c *CrashingStore) Behind(ctx context.Context) (storage.Behind, error) {
	return result(c, func() (storage.Behind, error) { return c.inner.Behind(ctx) })
}

// Compare implements storage.ReadModel.
func (c *CrashingStore) Compare(ctx context.Context, b storage.Bucket, after string, limit int, f storage.Folding) (storage.Compared, error) {
	return result(c, func() (storage.Compared, error) { return c.inner.Compare(ctx, b, after, limit, f) })
}
