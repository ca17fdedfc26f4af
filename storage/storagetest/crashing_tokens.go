package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PutToken implements storage.Tokens.
func (c *CrashingStore) PutToken(ctx context.Context, t storage.Token, a storage.Audit) error {
	return c.call(func() error { return c.inner.PutToken(ctx, t, a) })
}

// TokenOf implements storage.Tokens.
func (c *CrashingStore) TokenOf(ctx context.Context, hash string) (storage.Token, error) {
	return result(c, func() (storage.Token, error) { return c.inner.TokenOf(ctx, hash) })
}

// TokenList implements storage.Tokens.
func (c *CrashingStore) TokenList(ctx context.Context) ([]storage.Token, error) {
	return result(c, func() ([]storage.Token, error) { return c.inner.TokenList(ctx) })
}

// EndToken implements storage.Tokens.
func (c *CrashingStore) EndToken(ctx context.Context, id string, at time.Time, a storage.Audit) error {
	return c.call(func() error { return c.inner.EndToken(ctx, id, at, a) })
}

// MarkToken implements storage.Tokens.
func (c *CrashingStore) MarkToken(ctx context.Context, id string, at time.Time) error {
	return c.call(func() error { return c.inner.MarkToken(ctx, id, at) })
}

// BeginAnswer implements storage.KeptAnswers.
func (c *CrashingStore) BeginAnswer(ctx context.Context, k storage.KeptAnswer, dead time.Time) (found storage.KeptAnswer, begun bool, err error) {
	err = c.call(func() (err error) { found, begun, err = c.inner.BeginAnswer(ctx, k, dead); return err })
	return found, begun, err
}

// EndAnswer implements storage.KeptAnswers.
func (c *CrashingStore) EndAnswer(ctx context.Context, k storage.KeptAnswer) error {
	return c.call(func() error { return c.inner.EndAnswer(ctx, k) })
}

// ForgetAnswers implements storage.KeptAnswers.
func (c *CrashingStore) ForgetAnswers(ctx context.Context) error {
	return c.call(func() error { return c.inner.ForgetAnswers(ctx) })
}

// PruneAnswers implements storage.KeptAnswers.
func (c *CrashingStore) PruneAnswers(ctx context.Context, before time.Time, limit int) (int, error) {
	return result(c, func() (int, error) { return c.inner.PruneAnswers(ctx, before, limit) })
}

// DropAnswer implements storage.KeptAnswers.
func (c *CrashingStore) DropAnswer(ctx context.Context, k storage.KeptAnswer) error {
	return c.call(func() error { return c.inner.DropAnswer(ctx, k) })
}
