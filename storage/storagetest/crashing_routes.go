package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// PutStaffChat implements storage.StaffChats.
func (c *CrashingStore) PutStaffChat(ctx context.Context, s storage.StaffChat) error {
	return c.call(func() error { return c.inner.PutStaffChat(ctx, s) })
}

// StaffChatList implements storage.StaffChats.
func (c *CrashingStore) StaffChatList(ctx context.Context) ([]storage.StaffChat, error) {
	return result(c, func() ([]storage.StaffChat, error) { return c.inner.StaffChatList(ctx) })
}

// DropStaffChat implements storage.StaffChats.
func (c *CrashingStore) DropStaffChat(ctx context.Context, name string) error {
	return c.call(func() error { return c.inner.DropStaffChat(ctx, name) })
}

// PutChatCode implements storage.StaffChats.
func (c *CrashingStore) PutChatCode(ctx context.Context, code storage.ChatCode) error {
	return c.call(func() error { return c.inner.PutChatCode(ctx, code) })
}

// LinkStaffChat implements storage.StaffChats.
func (c *CrashingStore) LinkStaffChat(ctx context.Context, hash string, to chat.Address, now time.Time) (string, error) {
	return result(c, func() (string, error) { return c.inner.LinkStaffChat(ctx, hash, to, now) })
}

// MarkStaffChat implements storage.StaffChats.
func (c *CrashingStore) MarkStaffChat(ctx context.Context, name string, gone time.Time, why string) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.MarkStaffChat(ctx, name, gone, why) })
}

// SettleStaffChat implements storage.StaffChats.
func (c *CrashingStore) SettleStaffChat(ctx context.Context, name string) error {
	return c.call(func() error { return c.inner.SettleStaffChat(ctx, name) })
}

// Tallies implements storage.Told.
func (c *CrashingStore) Tallies(ctx context.Context, b storage.Bucket, since time.Time) ([]recovery.Tally, error) {
	return result(c, func() ([]recovery.Tally, error) { return c.inner.Tallies(ctx, b, since) })
}

// UntoldCounts implements storage.Told.
func (c *CrashingStore) UntoldCounts(ctx context.Context, b storage.Bucket, now time.Time) ([]storage.Untold, error) {
	return result(c, func() ([]storage.Untold, error) { return c.inner.UntoldCounts(ctx, b, now) })
}

// UntoldCases implements storage.Told.
func (c *CrashingStore) UntoldCases(ctx context.Context, b storage.Bucket, site string, now time.Time, limit int) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.UntoldCases(ctx, b, site, now, limit) })
}

// FeedbackList implements storage.Told.
func (c *CrashingStore) FeedbackList(ctx context.Context, limit int) ([]storage.Feedback, error) {
	return result(c, func() ([]storage.Feedback, error) { return c.inner.FeedbackList(ctx, limit) })
}

// UntoldFeedback implements storage.Told.
func (c *CrashingStore) UntoldFeedback(ctx context.Context, b storage.Bucket, limit int) ([]storage.Feedback, error) {
	return result(c, func() ([]storage.Feedback, error) { return c.inner.UntoldFeedback(ctx, b, limit) })
}

// SettleFeedback implements storage.Told.
func (c *CrashingStore) SettleFeedback(ctx context.Context, b storage.Bucket, ids []string, at time.Time) error {
	return c.call(func() error { return c.inner.SettleFeedback(ctx, b, ids, at) })
}
