package snapshot

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Missing is the error of a turn that needs configuration which the snapshot lacks,
// because another program wrote it a moment ago. It is loaded and the turn run again.
type Missing interface {
	error
	Load(ctx context.Context, k *Keeper) error
}

type missingFlow struct{ FlowKey }

func (e *missingFlow) Error() string {
	return fmt.Sprintf("flow %s version %d is not loaded", e.ID, e.Version)
}

func (e *missingFlow) Load(ctx context.Context, k *Keeper) error { return k.LoadFlow(ctx, e.FlowKey) }

// MissingSite is the Missing of a site.
type MissingSite struct{ ID string }

// Error says which site it is.
func (e *MissingSite) Error() string { return fmt.Sprintf("site %s is not loaded", e.ID) }

// Load reads all sites again. A site that does not exist is remembered as one without
// a name: surveys go on without it.
func (e *MissingSite) Load(ctx context.Context, k *Keeper) error {
	if err := k.Refresh(ctx); err != nil {
		return err
	}
	k.Change(func(n *Snapshot) {
		if _, ok := n.Sites[e.ID]; !ok {
			n.Sites = maps.Clone(n.Sites)
			n.Sites[e.ID] = Site{Site: storage.Site{ID: e.ID}, Zone: time.UTC}
		}
	})
	return nil
}
