package telegramtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// What Telegram forgets, and when.
const (
	messageLife = 24 * time.Hour
	tapLife     = 150 * time.Second
	longestPoll = 50
)

// update is one that waits to be fetched or delivered.
type update struct {
	id      int32
	kind    string
	lane    string // one chat, or one person's taps: the webhook delivers one at a time
	expires time.Time
	body    json.RawMessage

	tries     int       // of the webhook
	notBefore time.Time // real time
	flying    bool

	again  bool // made by Repeat
	handed bool // to a poll
}

// queue is the updates that no bot confirmed.
type queue struct {
	next    int32
	pending []*update
	emitted []json.RawMessage // all ever made, as made
	expired int
	allowed map[string]bool // nil = all but those that must be asked for

	poller       int // counts polls; the newest owns the queue
	lastOffset   int64
	lastPoll     time.Time
	lastConflict time.Time
}

// emit queues one update. The lock must be held.
func (s *Server) emit(kind, lane string, life time.Duration, content object) int32 {
	if s.allowed != nil && !s.allowed[kind] {
		return 0
	}
	s.next++
	u := &update{id: s.next, kind: kind, lane: lane, expires: s.now().Add(life)}
	u.body = mustJSON(object{"update_id": u.id, kind: content})
	s.pending = append(s.pending, u)
	s.emitted = append(s.emitted, u.body)
	s.notify()
	s.pump()
	return u.id
}

// EmitRaw queues an update of any form; its update_id is set.
func (s *Server) EmitRaw(kind string, content any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	body := mustJSON(object{"update_id": s.next, kind: content})
	s.pending = append(s.pending, &update{id: s.next, kind: kind, lane: kind, expires: s.now().Add(messageLife), body: body})
	s.notify()
	s.pump()
}

// Repeat delivers the newest update once more, under its own id.
func (s *Server) Repeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.emitted) == 0 {
		return
	}
	body := s.emitted[len(s.emitted)-1]
	var head struct {
		ID int32 `json:"update_id"`
	}
	_ = json.Unmarshal(body, &head) // made by mustJSON
	s.pending = append(s.pending, &update{id: head.ID, lane: "repeat", again: true, expires: s.now().Add(messageLife), body: body})
	s.notify()
	s.pump()
}

// SkipTo makes next the id of the next update, as Telegram does after a quiet week.
func (s *Server) SkipTo(next int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next - 1
}

// Emitted returns every update that was made, in order.
func (s *Server) Emitted() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]json.RawMessage(nil), s.emitted...)
}

// Pending is how many updates wait to be fetched or delivered.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.purge()
	return len(s.pending)
}

// Expired is how many updates grew too old before a bot fetched them.
func (s *Server) Expired() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.purge()
	return s.expired
}

// WaitConfirmed waits until every update was confirmed or delivered.
func (s *Server) WaitConfirmed() {
	s.tb.Helper()
	s.await("all updates to be confirmed", func() bool { s.purge(); return len(s.pending) == 0 })
}

func (s *Server) purge() {
	now, kept := s.now(), s.pending[:0]
	for _, u := range s.pending {
		if now.Before(u.expires) || u.flying {
			kept = append(kept, u)
		} else {
			s.expired++
		}
	}
	clear(s.pending[len(kept):])
	s.pending = kept
}

// confirm forgets what a poll with this offset says was handled.
func (s *Server) confirm(offset int64) {
	switch {
	case offset < 0:
		if keep := int(-offset); keep < len(s.pending) {
			s.pending = s.pending[len(s.pending)-keep:]
		}
	case offset > 0:
		kept := s.pending[:0:0]
		for _, u := range s.pending {
			if int64(u.id) >= offset || u.again && !u.handed {
				kept = append(kept, u)
			}
		}
		s.pending = kept
	}
	s.notify()
}

func (s *Server) getUpdates(ctx context.Context, p params) (any, *refused) {
	offset, limit, timeout := p.int("offset"), p.int("limit"), p.int("timeout")
	if limit < 1 || limit > 100 {
		limit = 100
	}
	timeout = min(max(timeout, 0), longestPoll)
	s.mu.Lock()
	defer s.mu.Unlock()
	if bad := s.allow(p); bad != nil {
		return nil, bad
	}
	if offset == s.lastOffset {
		since := time.Since(s.lastPoll)
		if since < s.second/2 {
			limit = 1
		}
		if since < 3*s.second && timeout < 3 {
			timeout = 3
		}
	}
	s.poller++
	mine := s.poller
	s.notify()
	s.purge()
	if s.hook == "" {
		s.confirm(offset)
	}
	s.lastOffset, s.lastPoll = offset, time.Now()
	timer := time.NewTimer(time.Duration(timeout) * s.second)
	defer timer.Stop()
	over := timeout == 0
	for {
		if s.hook != "" {
			return nil, &refused{code: 409, text: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
		}
		if s.poller != mine {
			return nil, s.conflict(ctx)
		}
		s.purge()
		if out := s.head(int(limit)); len(out) > 0 || over || s.closed {
			return out, nil
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			over = true
		case <-ctx.Done():
		}
		s.mu.Lock()
		if ctx.Err() != nil {
			return nil, &refused{gone: true}
		}
	}
}

func (s *Server) head(limit int) []json.RawMessage {
	out := []json.RawMessage{}
	for _, u := range s.pending {
		if len(out) == limit {
			break
		}
		u.handed = true
		out = append(out, u.body)
	}
	return out
}

// conflict refuses the older of two pollers; a second refusal waits 3 s.
func (s *Server) conflict(ctx context.Context) *refused {
	if soon := time.Since(s.lastConflict) < 3*s.second; soon {
		wait := 3 * s.second
		s.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
		s.mu.Lock()
	}
	s.lastConflict = time.Now()
	return &refused{code: 409, text: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
}

// allow remembers allowed_updates: absent or unreadable keeps what was set before.
func (s *Server) allow(p params) *refused {
	text, ok := p["allowed_updates"]
	if !ok {
		s.note("getUpdates", 0, "allowed_updates is not given: an earlier program's list stays in force")
		return nil
	}
	var list []string
	if json.Unmarshal([]byte(text), &list) != nil || text == "null" {
		return nil
	}
	s.allowed = map[string]bool{}
	for _, kind := range list {
		s.allowed[kind] = true
	}
	if len(list) == 0 {
		s.allowed = nil
	}
	return nil
}

func (s *Server) note(method string, code int, text string) {
	s.refusals = append(s.refusals, Refusal{Method: method, Code: code, Description: text})
}

// object is a JSON object under construction.
type object = map[string]any

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("telegramtest: %v", err)) // only maps of plain values come here
	}
	return b
}

// params are a request's parameters as text; nested values are JSON.
type params map[string]string

func (p params) int(name string) int64 {
	n, _ := strconv.ParseInt(p[name], 10, 64)
	return n
}
