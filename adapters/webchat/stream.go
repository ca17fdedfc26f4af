package webchat

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	pollEvery    = time.Second      // finds what other processes committed
	breatheEvery = 15 * time.Second // a comment, so that proxies keep the stream open
	streamLife   = 10 * time.Minute // then the browser connects again, and its token is looked at again
	writeTimeout = 30 * time.Second // for one event to a reader that stopped reading
)

func (s *site) chatEvents(w http.ResponseWriter, r *http.Request) {
	if v, ok := s.visitor(w, r, nil); ok {
		s.stream(w, r, v.Address)
	}
}

func (s *site) roomEvents(w http.ResponseWriter, r *http.Request) {
	if room, ok := s.room(w, r); ok {
		s.stream(w, r, room.address())
	}
}

// stream sends an event whenever the transcript at an address is no longer the one that
// the reader has. The event's id names the new one; the reader fetches the page.
func (s *site) stream(w http.ResponseWriter, r *http.Request, to chat.Address) {
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()

	woken, stop := s.watch(to)
	defer stop()
	items, err := s.Transcript(ctx, to)
	if err != nil {
		s.away(w, r, "read transcript", err, nil)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	send := func(format string, args ...any) bool {
		// A writer without deadlines or buffers is a test's; it needs neither.
		_ = out.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := fmt.Fprintf(w, format, args...); err != nil {
			return false
		}
		_ = out.Flush()
		return true
	}

	has := r.Header.Get("Last-Event-ID")
	if has == "" {
		has = r.URL.Query().Get("have")
	}
	if !send("retry: 2000\n\n") {
		return
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	breathe := time.NewTicker(breatheEvery)
	defer breathe.Stop()
	failing := false
	for {
		if now := digest(items); err == nil && now != has {
			if !send("id: %s\ndata: %s\n\n", now, now) {
				return
			}
			has = now
		}
		select {
		case <-ctx.Done():
			return
		case <-breathe.C:
			if !send(":\n\n") {
				return
			}
			continue
		case _, open := <-woken:
			if !open {
				woken = nil
			}
		case <-poll.C:
		}
		items, err = s.Transcript(ctx, to)
		if err != nil && !failing && ctx.Err() == nil {
			s.Log.Warn("web chat: the page waits for the store", "err", err)
		}
		failing = err != nil
	}
}

func (s *site) watch(to chat.Address) (<-chan struct{}, func()) {
	if s.Watch == nil {
		return nil, func() {}
	}
	return s.Watch(to)
}
