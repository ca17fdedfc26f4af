package storagetest

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// PutFlowDraft implements storage.Building.
func (c *CrashingStore) PutFlowDraft(ctx context.Context, d storage.FlowDraft) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.PutFlowDraft(ctx, d) })
}

// FlowDraft implements storage.Building.
func (c *CrashingStore) FlowDraft(ctx context.Context, flow string) (storage.FlowDraft, error) {
	return result(c, func() (storage.FlowDraft, error) { return c.inner.FlowDraft(ctx, flow) })
}

// FlowDraftAt implements storage.Building.
func (c *CrashingStore) FlowDraftAt(ctx context.Context, flow string, rev int) (storage.FlowDraft, error) {
	return result(c, func() (storage.FlowDraft, error) { return c.inner.FlowDraftAt(ctx, flow, rev) })
}

// FlowDrafts implements storage.Building.
func (c *CrashingStore) FlowDrafts(ctx context.Context) ([]storage.FlowDraft, error) {
	return result(c, func() ([]storage.FlowDraft, error) { return c.inner.FlowDrafts(ctx) })
}

// FlowDraftRevs implements storage.Building.
func (c *CrashingStore) FlowDraftRevs(ctx context.Context, flow string) ([]storage.FlowDraft, error) {
	return result(c, func() ([]storage.FlowDraft, error) { return c.inner.FlowDraftRevs(ctx, flow) })
}

// FlowVersions implements storage.Building.
func (c *CrashingStore) FlowVersions(ctx context.Context, flow string) ([]storage.FlowSource, error) {
	return result(c, func() ([]storage.FlowSource, error) { return c.inner.FlowVersions(ctx, flow) })
}

// PutFlowNote implements storage.Building.
func (c *CrashingStore) PutFlowNote(ctx context.Context, n storage.FlowNote) error {
	return c.call(func() error { return c.inner.PutFlowNote(ctx, n) })
}

// FlowNotes implements storage.Building.
func (c *CrashingStore) FlowNotes(ctx context.Context, flow string) ([]storage.FlowNote, error) {
	return result(c, func() ([]storage.FlowNote, error) { return c.inner.FlowNotes(ctx, flow) })
}

// PutFlowState implements storage.Building.
func (c *CrashingStore) PutFlowState(ctx context.Context, st storage.FlowState) error {
	return c.call(func() error { return c.inner.PutFlowState(ctx, st) })
}

// FlowStates implements storage.Building.
func (c *CrashingStore) FlowStates(ctx context.Context) ([]storage.FlowState, error) {
	return result(c, func() ([]storage.FlowState, error) { return c.inner.FlowStates(ctx) })
}

// PutPresence implements storage.Building.
func (c *CrashingStore) PutPresence(ctx context.Context, p storage.Presence) error {
	_, err := result(c, func() (struct{}, error) { return struct{}{}, c.inner.PutPresence(ctx, p) })
	return err
}

// DropPresence implements storage.Building.
func (c *CrashingStore) DropPresence(ctx context.Context, draft, tab string) error {
	_, err := result(c, func() (struct{}, error) { return struct{}{}, c.inner.DropPresence(ctx, draft, tab) })
	return err
}

// Presences implements storage.Building.
func (c *CrashingStore) Presences(ctx context.Context, draft string, since time.Time) ([]storage.Presence, error) {
	return result(c, func() ([]storage.Presence, error) { return c.inner.Presences(ctx, draft, since) })
}
