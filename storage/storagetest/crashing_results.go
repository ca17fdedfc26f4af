package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// KeepResult implements storage.Results.
func (c *CrashingStore) KeepResult(ctx context.Context, r storage.KeptResult) error {
	return c.call(func() error { return c.inner.KeepResult(ctx, r) })
}

// ReadResult implements storage.Results.
func (c *CrashingStore) ReadResult(ctx context.Context, kind, key string) (r storage.KeptResult, ok bool, err error) {
	err = c.call(func() error {
		r, ok, err = c.inner.ReadResult(ctx, kind, key)
		return err
	})
	return r, ok, err
}

// WantResult implements storage.Results.
func (c *CrashingStore) WantResult(ctx context.Context, kind, key string, at time.Time) error {
	return c.call(func() error { return c.inner.WantResult(ctx, kind, key, at) })
}

// ResultsWanted implements storage.Results.
func (c *CrashingStore) ResultsWanted(ctx context.Context, kind string) ([]storage.KeptResult, error) {
	return result(c, func() ([]storage.KeptResult, error) { return c.inner.ResultsWanted(ctx, kind) })
}

// DropResult implements storage.Results.
func (c *CrashingStore) DropResult(ctx context.Context, kind, key string) error {
	return c.call(func() error { return c.inner.DropResult(ctx, kind, key) })
}

// Given implements storage.Giving.
func (c *CrashingStore) Given(ctx context.Context, f storage.FigureFilter) ([]storage.GivenSession, bool, error) {
	return listing(c, func() ([]storage.GivenSession, bool, error) { return c.inner.Given(ctx, f) })
}

// GivenAfter implements storage.Giving.
func (c *CrashingStore) GivenAfter(ctx context.Context, b storage.Bucket, after storage.GivenPlace, f storage.FigureFilter) ([]storage.GivenSession, error) {
	return result(c, func() ([]storage.GivenSession, error) { return c.inner.GivenAfter(ctx, b, after, f) })
}

// Said implements storage.Saying.
func (c *CrashingStore) Said(ctx context.Context, f storage.SaidFilter) ([]storage.SaidWords, error) {
	return result(c, func() ([]storage.SaidWords, error) { return c.inner.Said(ctx, f) })
}
