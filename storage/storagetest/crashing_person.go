package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
)

// IdentitiesOf implements storage.Persons.
func (c *CrashingStore) IdentitiesOf(ctx context.Context, q storage.IdentityQuery, limit int) ([]storage.Identity, error) {
	return result(c, func() ([]storage.Identity, error) { return c.inner.IdentitiesOf(ctx, q, limit) })
}

// CustomersNamed implements storage.Persons.
func (c *CrashingStore) CustomersNamed(ctx context.Context, typed string, limit int) ([]storage.Customer, error) {
	return result(c, func() ([]storage.Customer, error) { return c.inner.CustomersNamed(ctx, typed, limit) })
}

// Dossier implements storage.Persons.
func (c *CrashingStore) Dossier(ctx context.Context, of storage.Anchor) (storage.Dossier, error) {
	return result(c, func() (storage.Dossier, error) { return c.inner.Dossier(ctx, of) })
}

// BeginErasure implements storage.Persons.
func (c *CrashingStore) BeginErasure(ctx context.Context, e storage.Erasure, marks []storage.Forgotten) error {
	return c.call(func() error { return c.inner.BeginErasure(ctx, e, marks) })
}

// Erasures implements storage.Persons.
func (c *CrashingStore) Erasures(ctx context.Context) ([]storage.Erasure, error) {
	return result(c, func() ([]storage.Erasure, error) { return c.inner.Erasures(ctx) })
}

// EraseIn implements storage.Persons.
func (c *CrashingStore) EraseIn(ctx context.Context, b storage.Bucket, e storage.Erasure, as storage.Anonymous) (storage.Erased, error) {
	return result(c, func() (storage.Erased, error) { return c.inner.EraseIn(ctx, b, e, as) })
}

// EndErasure implements storage.Persons.
func (c *CrashingStore) EndErasure(ctx context.Context, e storage.Erasure) error {
	return c.call(func() error { return c.inner.EndErasure(ctx, e) })
}

// Forgotten implements storage.Persons.
func (c *CrashingStore) Forgotten(ctx context.Context, hashes []string) ([]storage.Forgotten, error) {
	return result(c, func() ([]storage.Forgotten, error) { return c.inner.Forgotten(ctx, hashes) })
}

// ErasedSince implements storage.Persons.
func (c *CrashingStore) ErasedSince(ctx context.Context, day time.Time) ([]string, error) {
	return result(c, func() ([]string, error) { return c.inner.ErasedSince(ctx, day) })
}

// Recall implements storage.Persons.
func (c *CrashingStore) Recall(ctx context.Context, hashes []string) (int, error) {
	return result(c, func() (int, error) { return c.inner.Recall(ctx, hashes) })
}

// Forget implements storage.Persons.
func (c *CrashingStore) Forget(ctx context.Context) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.Forget(ctx) })
}

// Scrub implements storage.Persons.
func (c *CrashingStore) Scrub(ctx context.Context, how storage.Scrubbing) (storage.Scrubbed, error) {
	return result(c, func() (storage.Scrubbed, error) { return c.inner.Scrub(ctx, how) })
}

// RetentionDays implements storage.Persons.
func (c *CrashingStore) RetentionDays(ctx context.Context) (privacy.Retention, error) {
	return result(c, func() (privacy.Retention, error) { return c.inner.RetentionDays(ctx) })
}

// SetRetentionDays implements storage.Persons.
func (c *CrashingStore) SetRetentionDays(ctx context.Context, class privacy.Class, days int) error {
	return c.call(func() error { return c.inner.SetRetentionDays(ctx, class, days) })
}

// Retain implements storage.Persons.
func (c *CrashingStore) Retain(ctx context.Context, b storage.Bucket, class privacy.Class, before time.Time, limit int, as storage.Anonymous) (int, error) {
	return result(c, func() (int, error) { return c.inner.Retain(ctx, b, class, before, limit, as) })
}

// Retainable implements storage.Persons.
func (c *CrashingStore) Retainable(ctx context.Context, b storage.Bucket, class privacy.Class, before time.Time) (int, error) {
	return result(c, func() (int, error) { return c.inner.Retainable(ctx, b, class, before) })
}

// Idle implements storage.Persons.
func (c *CrashingStore) Idle(ctx context.Context, b storage.Bucket, before time.Time, after string, limit int) ([]storage.Anchor, error) {
	return result(c, func() ([]storage.Anchor, error) { return c.inner.Idle(ctx, b, before, after, limit) })
}
