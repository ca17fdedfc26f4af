package webchat

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// streamsPerLink is how many pages of one link hear of news at a time.
const streamsPerLink = 4

// audiences are those who read event streams in this process, by what they look at.
type audiences struct {
	site *site
	mu   sync.Mutex
	by   map[chat.Address]*audience
}

// audience is everybody who reads the streams of one address. However many they are, one
// question a second finds what is new for all.
type audience struct {
	seats []*seat // the oldest first
	state string  // "" = not known yet
	leave context.CancelFunc
}

// seat is one stream.
type seat struct {
	news chan struct{} // has a value when the state may be another
	full chan struct{} // closed when a newer stream took the seat
}

// join takes a seat at an address. If as many as may be are taken, the oldest is given up.
func (a *audiences) join(to chat.Address) (s *seat, leave func()) {
	s = &seat{news: make(chan struct{}, 1), full: make(chan struct{})}
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.by[to]
	if at == nil {
		ctx, cancel := context.WithCancel(context.Background())
		at = &audience{leave: cancel}
		a.by[to] = at
		go a.look(ctx, to, at)
	}
	if len(at.seats) >= streamsPerLink {
		close(at.seats[0].full)
		at.seats = slices.Delete(at.seats, 0, 1)
	}
	at.seats = append(at.seats, s)
	return s, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		at.seats = slices.DeleteFunc(at.seats, func(o *seat) bool { return o == s })
		if len(at.seats) == 0 {
			at.leave()
			if a.by[to] == at {
				delete(a.by, to)
			}
		}
	}
}

// state is what was last seen at an address, "" if nothing was.
func (a *audiences) state(to chat.Address) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at := a.by[to]; at != nil {
		return at.state
	}
	return ""
}

// look asks for the state of an address until ctx ends, and tells the audience of each new
// one.
func (a *audiences) look(ctx context.Context, to chat.Address, at *audience) {
	woken, stop := a.site.watch(to)
	defer stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-woken:
			if !open {
				woken = nil
			}
		case <-poll.C:
		}
		now, err := a.site.State(ctx, to)
		if err != nil && !failing && ctx.Err() == nil {
			a.site.Log.Warn("web chat: the page waits for the store", "err", err)
		}
		if failing = err != nil; failing {
			continue
		}
		a.mu.Lock()
		if at.state != now {
			at.state = now
			for _, s := range at.seats {
				select {
				case s.news <- struct{}{}:
				default:
				}
			}
		}
		a.mu.Unlock()
	}
}
