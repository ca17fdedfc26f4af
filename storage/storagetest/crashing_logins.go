package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Logins implements storage.Logins.
func (c *CrashingStore) Logins(ctx context.Context) ([]storage.Login, error) {
	return result(c, func() ([]storage.Login, error) { return c.inner.Logins(ctx) })
}

// LoginOutside implements storage.Logins.
func (c *CrashingStore) LoginOutside(ctx context.Context, outside string) (storage.Login, error) {
	return result(c, func() (storage.Login, error) { return c.inner.LoginOutside(ctx, outside) })
}

// LoginNamed implements storage.Logins.
func (c *CrashingStore) LoginNamed(ctx context.Context, name string) (storage.Login, error) {
	return result(c, func() (storage.Login, error) { return c.inner.LoginNamed(ctx, name) })
}

// Enrol implements storage.Logins.
func (c *CrashingStore) Enrol(ctx context.Context, e storage.Enrolment) error {
	return c.call(func() error { return c.inner.Enrol(ctx, e) })
}

// ChangeLogin implements storage.Logins.
func (c *CrashingStore) ChangeLogin(ctx context.Context, change storage.LoginChange) (storage.Login, error) {
	return result(c, func() (storage.Login, error) { return c.inner.ChangeLogin(ctx, change) })
}

// DropLogin implements storage.Logins.
func (c *CrashingStore) DropLogin(ctx context.Context, id string, a storage.Audit) error {
	return c.call(func() error { return c.inner.DropLogin(ctx, id, a) })
}

// PutOneTimeLink implements storage.Logins.
func (c *CrashingStore) PutOneTimeLink(ctx context.Context, l storage.OneTimeLink, a storage.Audit) error {
	return c.call(func() error { return c.inner.PutOneTimeLink(ctx, l, a) })
}

// OneTimeLink implements storage.Logins.
func (c *CrashingStore) OneTimeLink(ctx context.Context, hash string, now time.Time) (storage.OneTimeLink, error) {
	return result(c, func() (storage.OneTimeLink, error) { return c.inner.OneTimeLink(ctx, hash, now) })
}

// OneTimeLinks implements storage.Logins.
func (c *CrashingStore) OneTimeLinks(ctx context.Context, now time.Time) ([]storage.OneTimeLink, error) {
	return result(c, func() ([]storage.OneTimeLink, error) { return c.inner.OneTimeLinks(ctx, now) })
}

// PutWebSession implements storage.Logins.
func (c *CrashingStore) PutWebSession(ctx context.Context, s storage.WebSession, instead string) error {
	return c.call(func() error { return c.inner.PutWebSession(ctx, s, instead) })
}

// SignedIn implements storage.Logins.
func (c *CrashingStore) SignedIn(ctx context.Context, hash string, now time.Time) (storage.SignedIn, error) {
	return result(c, func() (storage.SignedIn, error) { return c.inner.SignedIn(ctx, hash, now) })
}

// MarkWebSession implements storage.Logins.
func (c *CrashingStore) MarkWebSession(ctx context.Context, s storage.WebSession) error {
	return c.call(func() error { return c.inner.MarkWebSession(ctx, s) })
}

// WebSessions implements storage.Logins.
func (c *CrashingStore) WebSessions(ctx context.Context, login string, now time.Time) ([]storage.WebSession, error) {
	return result(c, func() ([]storage.WebSession, error) { return c.inner.WebSessions(ctx, login, now) })
}

// EndWebSession implements storage.Logins.
func (c *CrashingStore) EndWebSession(ctx context.Context, login, id string) error {
	return c.call(func() error { return c.inner.EndWebSession(ctx, login, id) })
}

// Try implements storage.Logins.
func (c *CrashingStore) Try(ctx context.Context, of []storage.Try, now time.Time) (time.Time, error) {
	return result(c, func() (time.Time, error) { return c.inner.Try(ctx, of, now) })
}

// Forgive implements storage.Logins.
func (c *CrashingStore) Forgive(ctx context.Context, key string) error {
	return c.call(func() error { return c.inner.Forgive(ctx, key) })
}

// PutAudit implements storage.Logins.
func (c *CrashingStore) PutAudit(ctx context.Context, a storage.Audit) error {
	return c.call(func() error { return c.inner.PutAudit(ctx, a) })
}

// Audits implements storage.Logins.
func (c *CrashingStore) Audits(ctx context.Context, f storage.AuditFilter) ([]storage.Audit, error) {
	return result(c, func() ([]storage.Audit, error) { return c.inner.Audits(ctx, f) })
}
