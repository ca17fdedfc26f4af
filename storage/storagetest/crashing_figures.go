package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// listed is a list that may be cut short.
type listed[T any] struct {
	list []T
	more bool
}

func listing[T any](c *CrashingStore, f func() ([]T, bool, error)) ([]T, bool, error) {
	l, err := result(c, func() (l listed[T], err error) {
		l.list, l.more, err = f()
		return l, err
	})
	return l.list, l.more, err
}

// Judged implements storage.Figuring.
func (c *CrashingStore) Judged(ctx context.Context, f storage.FigureFilter) ([]storage.JudgedSession, bool, error) {
	return listing(c, func() ([]storage.JudgedSession, bool, error) { return c.inner.Judged(ctx, f) })
}

// FigureCases implements storage.Figuring.
func (c *CrashingStore) FigureCases(ctx context.Context, f storage.FigureFilter) ([]storage.FigureCase, bool, error) {
	return listing(c, func() ([]storage.FigureCase, bool, error) { return c.inner.FigureCases(ctx, f) })
}

// Asked implements storage.Figuring.
func (c *CrashingStore) Asked(ctx context.Context, f storage.FigureFilter) ([]storage.AskedCustomer, bool, error) {
	return listing(c, func() ([]storage.AskedCustomer, bool, error) { return c.inner.Asked(ctx, f) })
}

// Experimented implements storage.Figuring.
func (c *CrashingStore) Experimented(ctx context.Context, f storage.FigureFilter, since time.Time) ([]storage.ExperimentAsk, bool, error) {
	return listing(c, func() ([]storage.ExperimentAsk, bool, error) { return c.inner.Experimented(ctx, f, since) })
}

// Received implements storage.Figuring.
func (c *CrashingStore) Received(ctx context.Context, f storage.FigureFilter) ([]storage.ReceivedWords, bool, error) {
	return listing(c, func() ([]storage.ReceivedWords, bool, error) { return c.inner.Received(ctx, f) })
}

// PulseWords implements storage.Figuring.
func (c *CrashingStore) PulseWords(ctx context.Context, f storage.FigureFilter) ([]storage.PulseWords, bool, error) {
	return listing(c, func() ([]storage.PulseWords, bool, error) { return c.inner.PulseWords(ctx, f) })
}

// Served implements storage.Serving.
func (c *CrashingStore) Served(ctx context.Context, f storage.ServedFilter) ([]storage.ServedEvent, bool, error) {
	return listing(c, func() ([]storage.ServedEvent, bool, error) { return c.inner.Served(ctx, f) })
}

// ServedAfter implements storage.Serving.
func (c *CrashingStore) ServedAfter(ctx context.Context, b storage.Bucket, after storage.ServedPlace, f storage.ServedFilter) ([]storage.ServedEvent, error) {
	return result(c, func() ([]storage.ServedEvent, error) { return c.inner.ServedAfter(ctx, b, after, f) })
}

// SetTier implements storage.Tiers.
func (c *CrashingStore) SetTier(ctx context.Context, to storage.TierChange) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.SetTier(ctx, to) })
}

// TiersOf implements storage.Tiers.
func (c *CrashingStore) TiersOf(ctx context.Context, customer string) ([]storage.TierChange, error) {
	return result(c, func() ([]storage.TierChange, error) { return c.inner.TiersOf(ctx, customer) })
}

// TiersAfter implements storage.Tiers.
func (c *CrashingStore) TiersAfter(ctx context.Context, after storage.TierChange, limit int) ([]storage.TierChange, error) {
	return result(c, func() ([]storage.TierChange, error) { return c.inner.TiersAfter(ctx, after, limit) })
}

// TiersAmong implements storage.Tiers.
func (c *CrashingStore) TiersAmong(ctx context.Context, customers []string) ([]storage.TierChange, error) {
	return result(c, func() ([]storage.TierChange, error) { return c.inner.TiersAmong(ctx, customers) })
}

// TiersNow implements storage.Tiers.
func (c *CrashingStore) TiersNow(ctx context.Context, customers []string) (map[string]recovery.Tier, error) {
	return result(c, func() (map[string]recovery.Tier, error) { return c.inner.TiersNow(ctx, customers) })
}

// Visits implements storage.Serving.
func (c *CrashingStore) Visits(ctx context.Context, customers []string) (map[string][]storage.Visit, error) {
	return result(c, func() (map[string][]storage.Visit, error) { return c.inner.Visits(ctx, customers) })
}

// ServedOn implements storage.Serving.
func (c *CrashingStore) ServedOn(ctx context.Context, b storage.Bucket, after storage.ServedPlace, f storage.ServedFilter) ([]storage.ServedEvent, error) {
	return result(c, func() ([]storage.ServedEvent, error) { return c.inner.ServedOn(ctx, b, after, f) })
}

// ServedKeys implements storage.Serving.
func (c *CrashingStore) ServedKeys(ctx context.Context, b storage.Bucket, after string, limit int) ([]storage.ServedKey, error) {
	return result(c, func() ([]storage.ServedKey, error) { return c.inner.ServedKeys(ctx, b, after, limit) })
}

// NamedAnswers implements storage.Serving.
func (c *CrashingStore) NamedAnswers(ctx context.Context, customers []string) (map[string][]storage.NamedAnswer, error) {
	return result(c, func() (map[string][]storage.NamedAnswer, error) { return c.inner.NamedAnswers(ctx, customers) })
}

// NamedSessions implements storage.Serving.
func (c *CrashingStore) NamedSessions(ctx context.Context, sessions []string) (map[string]storage.NamedSession, error) {
	return result(c, func() (map[string]storage.NamedSession, error) { return c.inner.NamedSessions(ctx, sessions) })
}

// CustomersOf implements storage.Serving.
func (c *CrashingStore) CustomersOf(ctx context.Context, keys []string) (map[string]storage.Customer, error) {
	return result(c, func() (map[string]storage.Customer, error) { return c.inner.CustomersOf(ctx, keys) })
}

// Mystery implements storage.Serving.
func (c *CrashingStore) Mystery(ctx context.Context, f storage.FigureFilter) ([]storage.GivenSession, bool, error) {
	return listing(c, func() ([]storage.GivenSession, bool, error) { return c.inner.Mystery(ctx, f) })
}

// Export implements storage.Exporting.
func (c *CrashingStore) Export(ctx context.Context, what storage.Exported, f storage.ExportFilter, row func([]any) error) error {
	return c.call(func() error { return c.inner.Export(ctx, what, f, row) })
}
