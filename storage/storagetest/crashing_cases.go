package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// CasesDue implements storage.Reader.
func (c *CrashingStore) CasesDue(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.CasesDue(ctx, b, now, limit) })
}

// CasesBefore implements storage.Reader.
func (c *CrashingStore) CasesBefore(ctx context.Context, b storage.Bucket, rules, limit int) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.CasesBefore(ctx, b, rules, limit) })
}

// CasesHeld implements storage.Reader.
func (c *CrashingStore) CasesHeld(ctx context.Context, b storage.Bucket, staff string, limit int) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.CasesHeld(ctx, b, staff, limit) })
}

// CasesUnposted implements storage.Reader.
func (c *CrashingStore) CasesUnposted(ctx context.Context, b storage.Bucket, limit int) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.CasesUnposted(ctx, b, limit) })
}

// Past implements storage.Reader.
func (c *CrashingStore) Past(ctx context.Context, b storage.Bucket, since time.Time, after string, limit int) ([]storage.PastSession, error) {
	return result(c, func() ([]storage.PastSession, error) { return c.inner.Past(ctx, b, since, after, limit) })
}

// PublishRules implements storage.Reference.
func (c *CrashingStore) PublishRules(ctx context.Context, source string, at time.Time) (version int, created bool, err error) {
	err = c.call(func() (err error) { version, created, err = c.inner.PublishRules(ctx, source, at); return err })
	if err != nil {
		return 0, false, err
	}
	return version, created, nil
}

// Rules implements storage.Reference.
func (c *CrashingStore) Rules(ctx context.Context, version int) (storage.RulesSource, error) {
	return result(c, func() (storage.RulesSource, error) { return c.inner.Rules(ctx, version) })
}
