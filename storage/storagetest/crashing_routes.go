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

// ReplaceStaffChat implements storage.StaffChats.
func (c *CrashingStore) ReplaceStaffChat(ctx context.Context, was, now storage.StaffChat) error {
	return c.call(func() error { return c.inner.ReplaceStaffChat(ctx, was, now) })
}

// PlaceStaffChat implements storage.StaffChats.
func (c *CrashingStore) PlaceStaffChat(ctx context.Context, s storage.StaffChat) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.PlaceStaffChat(ctx, s) })
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

// StaffChatAnnounced implements storage.StaffChats.
func (c *CrashingStore) StaffChatAnnounced(ctx context.Context, name string, gone time.Time) error {
	return c.call(func() error { return c.inner.StaffChatAnnounced(ctx, name, gone) })
}

// CasesOpened implements storage.Announcements.
func (c *CrashingStore) CasesOpened(ctx context.Context, b storage.Bucket, since time.Time) ([]recovery.CasesOpened, error) {
	return result(c, func() ([]recovery.CasesOpened, error) { return c.inner.CasesOpened(ctx, b, since) })
}

// UnannouncedCounts implements storage.Announcements.
func (c *CrashingStore) UnannouncedCounts(ctx context.Context, b storage.Bucket, now time.Time) ([]storage.Unannounced, error) {
	return result(c, func() ([]storage.Unannounced, error) { return c.inner.UnannouncedCounts(ctx, b, now) })
}

// UnannouncedCases implements storage.Announcements.
func (c *CrashingStore) UnannouncedCases(ctx context.Context, b storage.Bucket, site string, now time.Time, limit int) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.UnannouncedCases(ctx, b, site, now, limit) })
}

// FeedbackList implements storage.Announcements.
func (c *CrashingStore) FeedbackList(ctx context.Context, limit int) ([]storage.Feedback, error) {
	return result(c, func() ([]storage.Feedback, error) { return c.inner.FeedbackList(ctx, limit) })
}

// UnannouncedFeedback implements storage.Announcements.
func (c *CrashingStore) UnannouncedFeedback(ctx context.Context, b storage.Bucket, limit int) ([]storage.Feedback, error) {
	return result(c, func() ([]storage.Feedback, error) { return c.inner.UnannouncedFeedback(ctx, b, limit) })
}

// FeedbackAnnounced implements storage.Announcements.
func (c *CrashingStore) FeedbackAnnounced(ctx context.Context, b storage.Bucket, ids []string, at time.Time) error {
	return c.call(func() error { return c.inner.FeedbackAnnounced(ctx, b, ids, at) })
}
