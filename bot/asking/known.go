package asking

import (
	"context"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/storage"
)

// Known is what a file of triggers may name here.
func Known(ctx context.Context, store storage.Store, b *bot.Bot) (k triggerfile.Known, err error) {
	if k.Flows, err = (bot.Offers{Bot: b}).Classes(ctx); err != nil {
		return k, err
	}
	sites, err := store.Sites(ctx)
	if err != nil {
		return k, err
	}
	k.Sites = []string{}
	for _, s := range storage.Present(sites) {
		k.Sites = append(k.Sites, s.ID)
	}
	return k, nil
}
