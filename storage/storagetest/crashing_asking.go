package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PublishTriggers implements storage.Asking.
func (c *CrashingStore) PublishTriggers(ctx context.Context, source string, at time.Time) (version int, created bool, err error) {
	err = c.call(func() (err error) {
		version, created, err = c.inner.PublishTriggers(ctx, source, at)
		return err
	})
	return version, created, err
}

// Triggers implements storage.Asking.
func (c *CrashingStore) Triggers(ctx context.Context, version int) (storage.RulesSource, error) {
	return result(c, func() (storage.RulesSource, error) { return c.inner.Triggers(ctx, version) })
}

// ToPlan implements storage.Asking.
func (c *CrashingStore) ToPlan(ctx context.Context, b storage.Bucket, limit int) ([]storage.StoredEvent, error) {
	return result(c, func() ([]storage.StoredEvent, error) { return c.inner.ToPlan(ctx, b, limit) })
}

// Planned implements storage.Asking.
func (c *CrashingStore) Planned(ctx context.Context, events []storage.StoredEvent) error {
	return c.call(func() error { return c.inner.Planned(ctx, events) })
}

// ToldSince implements storage.Asking.
func (c *CrashingStore) ToldSince(ctx context.Context, b storage.Bucket, since time.Time, after string, limit int) ([]storage.StoredEvent, error) {
	return result(c, func() ([]storage.StoredEvent, error) { return c.inner.ToldSince(ctx, b, since, after, limit) })
}

// EventsOf implements storage.Asking.
func (c *CrashingStore) EventsOf(ctx context.Context, names []string) (map[string]storage.StoredEvent, error) {
	return result(c, func() (map[string]storage.StoredEvent, error) { return c.inner.EventsOf(ctx, names) })
}

// AsksDue implements storage.Asking.
func (c *CrashingStore) AsksDue(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.Ask, error) {
	return result(c, func() ([]storage.Ask, error) { return c.inner.AsksDue(ctx, b, now, limit) })
}

// AsksSending implements storage.Asking.
func (c *CrashingStore) AsksSending(ctx context.Context, b storage.Bucket, now time.Time, behind storage.AskPlace, limit int) ([]storage.Ask, error) {
	return result(c, func() ([]storage.Ask, error) { return c.inner.AsksSending(ctx, b, now, behind, limit) })
}

// AsksAfter implements storage.Asking.
func (c *CrashingStore) AsksAfter(ctx context.Context, customer, event string) ([]storage.Ask, error) {
	return result(c, func() ([]storage.Ask, error) { return c.inner.AsksAfter(ctx, customer, event) })
}

// AsksOf implements storage.Asking.
func (c *CrashingStore) AsksOf(ctx context.Context, customer string, limit int) ([]storage.Ask, error) {
	return result(c, func() ([]storage.Ask, error) { return c.inner.AsksOf(ctx, customer, limit) })
}

// AsksNamed implements storage.Asking.
func (c *CrashingStore) AsksNamed(ctx context.Context, b storage.Bucket, ids []string) ([]storage.Ask, error) {
	return result(c, func() ([]storage.Ask, error) { return c.inner.AsksNamed(ctx, b, ids) })
}

// AskDecisions implements storage.Asking.
func (c *CrashingStore) AskDecisions(ctx context.Context, b storage.Bucket, asks []string) ([]storage.AskDecision, error) {
	return result(c, func() ([]storage.AskDecision, error) { return c.inner.AskDecisions(ctx, b, asks) })
}

// ChangeAsks implements storage.Asking.
func (c *CrashingStore) ChangeAsks(ctx context.Context, b storage.Bucket, asks, customers []string,
	change func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error),
) error {
	return c.call(func() error { return c.inner.ChangeAsks(ctx, b, asks, customers, change) })
}

// Offers implements storage.Asking.
func (c *CrashingStore) Offers(ctx context.Context, customers []string) (map[string][]storage.Ask, error) {
	return result(c, func() (map[string][]storage.Ask, error) { return c.inner.Offers(ctx, customers) })
}

// CustomerAccounts implements storage.Asking.
func (c *CrashingStore) CustomerAccounts(ctx context.Context, customers []string) (map[string][]storage.Identity, error) {
	return result(c, func() (map[string][]storage.Identity, error) { return c.inner.CustomerAccounts(ctx, customers) })
}

// Asks implements storage.Asking.
func (c *CrashingStore) Asks(ctx context.Context, f storage.AskFilter) ([]storage.Ask, error) {
	return result(c, func() ([]storage.Ask, error) { return c.inner.Asks(ctx, f) })
}

// CountAsks implements storage.Asking.
func (c *CrashingStore) CountAsks(ctx context.Context, since time.Time) ([]storage.AskCount, error) {
	return result(c, func() ([]storage.AskCount, error) { return c.inner.CountAsks(ctx, since) })
}
