package webchat

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// enough ends a stream whose seat was given to a newer one. The page does not connect again
// until somebody looks at it; whoever knows no such event waits for an hour.
const enough = "retry: 3600000\nevent: enough\ndata:\n\n"

func (s *site) chatEvents(w http.ResponseWriter, r *http.Request) {
	ctx, opened := s.door.enter(r.Context(), r.PathValue("token"))
	defer opened()
	if v, ok := s.visitor(w, r.WithContext(ctx), nil); ok {
		s.stream(w, r.WithContext(ctx), v.Address, opened)
	}
}

// sendAway answers a stream that gave way to newer ones before it began.
func sendAway(w http.ResponseWriter) {
	ofStream(w.Header())
	_, _ = io.WriteString(w, enough) // who is sent away may be gone
}

func ofStream(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	h.Set("Connection", "close") // a reader who has lost the seat holds nothing of the server any more
}

// stream sends an event whenever the transcript at an address is no longer the one that
// the reader has. The event's id names the new one; the reader fetches the page. It calls
// opened when it gives way to newer ones by its seat alone.
func (s *site) stream(w http.ResponseWriter, r *http.Request, to chat.Address, opened func()) {
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()

	seat, leave := s.audiences.join(to)
	defer leave()
	now, err := s.State(ctx, to)
	if err != nil {
		s.away(w, r, "read the state of a transcript", err, nil)
		return
	}
	opened()
	ofStream(w.Header())
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
	breathe := time.NewTicker(breatheEvery)
	defer breathe.Stop()
	for {
		if now != "" && now != has {
			if !send("id: %s\ndata: %s\n\n", now, now) {
				return
			}
			has = now
		}
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errGaveWay) {
				send(enough) // the store had just answered
			}
			return
		case <-seat.full:
			send(enough)
			return
		case <-breathe.C:
			if !send(":\n\n") {
				return
			}
			continue
		case <-seat.news:
		}
		now = s.audiences.state(to)
	}
}

func (s *site) watch(to chat.Address) (<-chan struct{}, func()) {
	if s.Watch == nil {
		return nil, func() {}
	}
	return s.Watch(to)
}
