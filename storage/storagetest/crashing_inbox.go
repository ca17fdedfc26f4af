package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Standing implements storage.Inbox.
func (c *CrashingStore) Standing(ctx context.Context, f storage.StandingFilter) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.Standing(ctx, f) })
}

// CountStanding implements storage.Inbox.
func (c *CrashingStore) CountStanding(ctx context.Context, f storage.StandingFilter, most int) (n int, more bool, err error) {
	err = c.call(func() (err error) { n, more, err = c.inner.CountStanding(ctx, f, most); return err })
	if err != nil {
		return 0, false, err
	}
	return n, more, nil
}

// CaseNumbered implements storage.Inbox.
func (c *CrashingStore) CaseNumbered(ctx context.Context, b storage.Bucket, number int) (storage.Case, error) {
	return result(c, func() (storage.Case, error) { return c.inner.CaseNumbered(ctx, b, number) })
}

// CasesNamed implements storage.Inbox.
func (c *CrashingStore) CasesNamed(ctx context.Context, b storage.Bucket, ids []string) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.CasesNamed(ctx, b, ids) })
}

// Openings implements storage.Inbox.
func (c *CrashingStore) Openings(ctx context.Context, cases []storage.Case) (map[string]storage.Opening, error) {
	return result(c, func() (map[string]storage.Opening, error) { return c.inner.Openings(ctx, cases) })
}

// PutPending implements storage.Writing.
func (c *CrashingStore) PutPending(ctx context.Context, p storage.PendingReply) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.PutPending(ctx, p) })
}

// TakeBackPending implements storage.Writing.
func (c *CrashingStore) TakeBackPending(ctx context.Context, b storage.Bucket, id string) (storage.PendingReply, error) {
	return result(c, func() (storage.PendingReply, error) { return c.inner.TakeBackPending(ctx, b, id) })
}

// PendingOf implements storage.Writing.
func (c *CrashingStore) PendingOf(ctx context.Context, b storage.Bucket, caseID string) ([]storage.PendingReply, error) {
	return result(c, func() ([]storage.PendingReply, error) { return c.inner.PendingOf(ctx, b, caseID) })
}

// PendingDue implements storage.Writing.
func (c *CrashingStore) PendingDue(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.PendingReply, error) {
	return result(c, func() ([]storage.PendingReply, error) { return c.inner.PendingDue(ctx, b, now, limit) })
}

// SendPending implements storage.Writing.
func (c *CrashingStore) SendPending(ctx context.Context, b storage.Bucket, id string) error {
	return c.call(func() error { return c.inner.SendPending(ctx, b, id) })
}

// EndPending implements storage.Writing.
func (c *CrashingStore) EndPending(ctx context.Context, b storage.Bucket, id, refused string) error {
	return c.call(func() error { return c.inner.EndPending(ctx, b, id, refused) })
}

// PutDraft implements storage.Writing.
func (c *CrashingStore) PutDraft(ctx context.Context, b storage.Bucket, d storage.Draft) error {
	return c.call(func() error { return c.inner.PutDraft(ctx, b, d) })
}

// Drafts implements storage.Writing.
func (c *CrashingStore) Drafts(ctx context.Context, b storage.Bucket, caseID string) ([]storage.Draft, error) {
	return result(c, func() ([]storage.Draft, error) { return c.inner.Drafts(ctx, b, caseID) })
}

// PutView implements storage.Writing.
func (c *CrashingStore) PutView(ctx context.Context, v storage.SavedView) error {
	return c.call(func() error { return c.inner.PutView(ctx, v) })
}

// Views implements storage.Writing.
func (c *CrashingStore) Views(ctx context.Context, person string) ([]storage.SavedView, error) {
	return result(c, func() ([]storage.SavedView, error) { return c.inner.Views(ctx, person) })
}

// CountHeld implements storage.Inbox.
func (c *CrashingStore) CountHeld(ctx context.Context) (map[string]int, error) {
	return result(c, func() (map[string]int, error) { return c.inner.CountHeld(ctx) })
}

// Answered implements storage.Answering.
func (c *CrashingStore) Answered(ctx context.Context, f storage.AnsweredFilter) ([]storage.AnsweredSession, error) {
	return result(c, func() ([]storage.AnsweredSession, error) { return c.inner.Answered(ctx, f) })
}

// Case implements storage.Inbox.
func (c *CrashingStore) Case(ctx context.Context, b storage.Bucket, id string) (storage.Case, error) {
	return result(c, func() (storage.Case, error) { return c.inner.Case(ctx, b, id) })
}
