package snapshot

import (
	"context"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// readHooks reads the endpoints that are told what happens. One that a newer program wrote in a
// way that this one cannot read is told nothing by it.
func (k *Keeper) readHooks(ctx context.Context) ([]storage.Hook, error) {
	kept, err := k.store.Installations(ctx, chat.Hook)
	if err != nil {
		return nil, fmt.Errorf("read the endpoints of other systems: %w", err)
	}
	var all []storage.Hook
	for _, i := range kept {
		h, err := storage.HookOf(i)
		if err != nil {
			k.log.Error("an endpoint cannot be read and is told nothing", "endpoint", i.Account, "err", err)
			continue
		}
		if h.Off == "" {
			all = append(all, h)
		}
	}
	return all, nil
}

// Told are the endpoints that are told of such news of a site.
func (s *Snapshot) Told(n storage.News, site string) []storage.Hook {
	if len(s.Hooks) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Hooks), func(h storage.Hook) bool { return !h.Wants(n, site) })
}
