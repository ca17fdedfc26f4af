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

// ErrNotAsked means that a flow is paused or retired: nobody is asked by it.
var ErrNotAsked = errors.New("this survey is not asked at present; whoever publishes surveys can let it be asked again")

// asked makes sure that a flow is neither paused nor retired. What is under way ends as it began.
func asked(ctx context.Context, store storage.Building, flow string) error {
	states, err := store.FlowStates(ctx)
	if err != nil {
		return fmt.Errorf("find out whether %s is asked: %w", flow, err)
	}
	for _, s := range states {
		if s.Flow == flow {
			return fmt.Errorf("%s is %s: %w", flow, s.State, ErrNotAsked)
		}
	}
	return nil
}
