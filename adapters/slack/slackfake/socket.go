package slackfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// wire is Socket Mode: its connections and the envelopes that wait.
type wire struct {
	links   []*socketLink
	turn    int
	tickets map[string]bool
	waiting map[string]chan []byte // by envelope_id
	opened  int
}

type socketLink struct {
	connection *websocket.Conn
	write      sync.Mutex
	closed     chan struct{}
	closing    bool
}

func (l *socketLink) send(v any) error {
	l.write.Lock()
	defer l.write.Unlock()
	_ = l.connection.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return l.connection.WriteJSON(v)
}

// pick takes the connections in turn. The lock must be held.
func (w *wire) pick() *socketLink {
	for range w.links {
		w.turn++
		if l := w.links[w.turn%len(w.links)]; !l.closing {
			return l
		}
	}
	return nil
}

// openConnection is apps.connections.open. The lock is held.
func (s *Server) openConnection(c call) (object, *refused) {
	switch {
	case c.token == "":
		return nil, refuse("not_authed", "")
	case c.token != s.AppToken || s.noApp:
		return nil, refuse("invalid_auth", "")
	case s.noSocket:
		return nil, refuse("socket_mode_not_enabled", "")
	}
	if s.wire.tickets == nil {
		s.wire.tickets = map[string]bool{}
	}
	ticket := s.id("ticket")
	s.wire.tickets[ticket] = true
	return object{"url": strings.Replace(s.http.URL, "http", "ws", 1) + "/link?ticket=" + ticket + "&app_id=A0APP"}, nil
}

func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	ok := s.wire.tickets[ticket] && len(s.wire.links) < 10
	delete(s.wire.tickets, ticket)
	s.mu.Unlock()
	if !ok {
		http.Error(w, "the ticket is used up", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	connection, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	l := &socketLink{connection: connection, closed: make(chan struct{})}
	if l.send(object{"type": "hello", "num_connections": 1, "debug_info": object{"host": "applink"}, "connection_info": object{"app_id": "A0APP"}}) != nil {
		return
	}
	s.mu.Lock()
	s.wire.links = append(s.wire.links, l)
	s.wire.opened++
	s.notify()
	s.mu.Unlock()
	s.work.Go(func() { s.ping(l) })
	s.read(l)
	close(l.closed)
	_ = connection.Close()
	s.mu.Lock()
	s.wire.links = slices.DeleteFunc(s.wire.links, func(other *socketLink) bool { return other == l })
	s.notify()
	s.mu.Unlock()
}

func (s *Server) ping(l *socketLink) {
	for {
		_ = l.connection.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(time.Second))
		select {
		case <-l.closed:
			return
		case <-s.ctx.Done():
			_ = l.connection.Close()
			return
		case <-time.After(5 * time.Second):
		}
	}
}

// read takes acknowledgements until the connection ends.
func (s *Server) read(l *socketLink) {
	for {
		_, raw, err := l.connection.ReadMessage()
		if err != nil {
			return
		}
		var ack struct {
			Envelope string          `json:"envelope_id"`
			Payload  json.RawMessage `json:"payload"`
		}
		bad := strict(string(raw), &ack)
		s.mu.Lock()
		waits, known := s.wire.waiting[ack.Envelope]
		switch {
		case bad != nil || ack.Envelope == "" || len(raw) >= 20<<10:
			s.refusals = append(s.refusals, Refusal{"ack", "junk", fmt.Sprintf("%.200s", raw)})
		case known:
			delete(s.wire.waiting, ack.Envelope)
			waits <- ack.Payload
		}
		s.notify()
		s.mu.Unlock()
	}
}

// bySocket sends an envelope and waits for its acknowledgement. One that comes
// later than the limit is ignored, as Slack does.
func (s *Server) bySocket(d *Delivery, l *socketLink, try int, limit time.Duration) bool {
	s.mu.Lock()
	if s.wire.waiting == nil {
		s.wire.waiting = map[string]chan []byte{}
	}
	envelope := s.id("envelope-")
	waits := make(chan []byte, 1)
	s.wire.waiting[envelope] = waits
	s.mu.Unlock()
	err := l.send(object{
		"type": d.Kind, "envelope_id": envelope, "payload": json.RawMessage(d.Payload), "accepts_response_payload": d.Kind != "events_api",
		"retry_attempt": try, "retry_reason": map[bool]string{true: "timeout"}[try > 0],
	})
	defer func() {
		s.mu.Lock()
		delete(s.wire.waiting, envelope)
		s.mu.Unlock()
	}()
	if err != nil {
		return false
	}
	select {
	case payload := <-waits:
		s.mu.Lock()
		defer s.mu.Unlock()
		d.acked, d.response = true, payload
		s.notify()
		return true
	case <-time.After(limit):
	case <-l.closed:
	case <-s.ctx.Done():
	}
	return false
}

// Disconnect tells all connections to go, as Slack does every few hours (warning,
// refresh_requested) or when Socket Mode is switched off (link_disabled).
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	links := slices.Clone(s.wire.links)
	for _, l := range links {
		l.closing = true
	}
	s.mu.Unlock()
	for _, l := range links {
		_ = l.send(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink"}})
	}
}

// Send sends any frame to all connections.
func (s *Server) Send(frame map[string]any) {
	s.mu.Lock()
	links := slices.Clone(s.wire.links)
	s.mu.Unlock()
	for _, l := range links {
		_ = l.send(frame)
	}
}

func (s *Server) hangUp() {
	s.mu.Lock()
	links := slices.Clone(s.wire.links)
	s.mu.Unlock()
	for _, l := range links {
		_ = l.connection.Close()
	}
}

// WaitConnections waits until n connections were made in all.
func (s *Server) WaitConnections(n int) {
	s.tb.Helper()
	s.Wait(fmt.Sprintf("connection %d", n), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.wire.opened >= n && len(s.wire.links) > 0
	})
}
