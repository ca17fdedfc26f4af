package webchat

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// errGaveWay ends the opening of a stream in favour of a newer one.
var errGaveWay = errors.New("newer streams of the same link are being opened")

// door is where the streams of one link wait for the store: whoever opens a thousand at once
// has as many waiting there as may have a seat, not a thousand. The newest may stay, as in
// an audience.
type door struct {
	mu sync.Mutex
	by map[string][]*context.CancelCauseFunc // by token; the oldest first
}

// enter lets a stream of a link be opened. The context ends with errGaveWay when it has to
// make room; opened says that it has its seat, or is over, and may be called again.
func (d *door) enter(ctx context.Context, token string) (_ context.Context, opened func()) {
	ctx, end := context.WithCancelCause(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.by == nil {
		d.by = map[string][]*context.CancelCauseFunc{}
	}
	at := append(d.by[token], &end)
	if len(at) > streamsPerLink {
		(*at[0])(errGaveWay)
		at = slices.Delete(at, 0, 1)
	}
	d.by[token] = at
	return ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		rest := slices.DeleteFunc(d.by[token], func(o *context.CancelCauseFunc) bool { return o == &end })
		if d.by[token] = rest; len(rest) == 0 {
			delete(d.by, token)
		}
	}
}
