package storagetest

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/storage"
)

var leakTests = map[string]func(*testing.T, *bench){
	"a closed store leaves nothing running": func(t *testing.T, b *bench) {
		before := goleak.IgnoreCurrent()
		s := b.open(t, Options{Clock: b.clock.Now})
		ctx, cancel := context.WithCancel(t.Context())
		hints := s.Hints(ctx)
		check(t, concurrently(ctx, 8, func(ctx context.Context, i int) error {
			return s.Advance(ctx, 0, []storage.Turn{change("", storage.Change{})})[0]
		}))
		s.Hint(ctx)
		cancel()
		for range hints { //nolint:revive // it ends with its context
		}
		check(t, s.Close())
		goleak.VerifyNone(t, before)
	},
}
