package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
)

// newestFlow returns the newest version of a flow by its id. A shipped template that
// was never published is published now.
func (b *Bot) newestFlow(ctx context.Context, id string) (*snapshot.Flow, error) {
	src, err := b.store.FlowSource(ctx, id, 0)
	if errors.Is(err, storage.ErrNotFound) {
		src, err = b.publishTemplate(ctx, id)
	}
	if err != nil {
		return nil, fmt.Errorf("find flow %s: %w", id, err)
	}
	if f, err := b.snap.Now().Flow(src.Flow, src.Version); err == nil {
		return f, nil
	}
	if err := b.snap.LoadFlow(ctx, snapshot.FlowKey{ID: src.Flow, Version: src.Version}); err != nil {
		return nil, err
	}
	return b.snap.Now().Flow(src.Flow, src.Version)
}

func (b *Bot) publishTemplate(ctx context.Context, id string) (storage.FlowSource, error) {
	for _, f := range b.templates() {
		if f.ID != id {
			continue
		}
		source, err := b.format(f)
		if err != nil {
			return storage.FlowSource{}, fmt.Errorf("write template %s: %w", id, err)
		}
		if _, _, err := b.store.Publish(ctx, id, string(source), b.now().UTC()); err != nil {
			return storage.FlowSource{}, fmt.Errorf("publish template %s: %w", id, err)
		}
		return b.store.FlowSource(ctx, id, 0)
	}
	return storage.FlowSource{}, storage.ErrNotFound
}
