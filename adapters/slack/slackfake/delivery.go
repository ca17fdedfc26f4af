package slackfake

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// deliveries are what the app is to hear of.
type deliveries struct {
	lanes     map[string]chan *Delivery // by person; each keeps its order
	newest    *Delivery
	triggers  map[string]string // which person a trigger is of; each works once
	endpoints Endpoints
	wire      wire
}

// Endpoints are the app's addresses for signed HTTP.
type Endpoints struct{ Events, Interactive, Command string }

// SetEndpoints switches to delivery by signed HTTP.
func (s *Server) SetEndpoints(e Endpoints) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints = e
	s.notify()
}

// Delivery is one thing that the app is told, with all its attempts.
type Delivery struct {
	Kind    string // events_api, interactive, slash_commands
	Payload []byte

	server   *Server
	attempts int
	acked    bool
	given    bool // Slack gave up
	response []byte
	status   int // of HTTP, of the last attempt
}

// emitEvent tells of an event. The lock must be held.
func (s *Server) emitEvent(lane string, event object) *Delivery {
	return s.emit(lane, "events_api", object{
		"type": "event_callback", "token": "verification", "team_id": s.Team, "api_app_id": "A0APP", "event_id": s.id("Ev"),
		"event_time": time.Now().Unix(), "event": event, "is_ext_shared_channel": false,
		"authorizations": []object{{"enterprise_id": nil, "team_id": s.Team, "user_id": s.BotUser, "is_bot": true, "is_enterprise_install": false}},
	})
}

// emit puts a delivery into its lane. The lock must be held.
func (s *Server) emit(lane, kind string, payload object) *Delivery {
	raw, err := json.Marshal(payload)
	if err != nil {
		s.tb.Fatalf("slackfake: %v", err)
	}
	if t, ok := payload["trigger_id"].(string); ok {
		if s.triggers == nil {
			s.triggers = map[string]string{}
		}
		s.triggers[t] = lane
	}
	d := &Delivery{Kind: kind, Payload: raw, server: s}
	if lane != "bot" {
		s.newest = d
	}
	s.enqueue(lane, d)
	s.notify()
	return d
}

func (s *Server) enqueue(lane string, d *Delivery) {
	if s.closed {
		return
	}
	if s.lanes == nil {
		s.lanes = map[string]chan *Delivery{}
	}
	queue, ok := s.lanes[lane]
	if !ok {
		queue = make(chan *Delivery, 10_000)
		s.lanes[lane] = queue
		s.work.Go(func() {
			for {
				select {
				case <-s.ctx.Done():
					return
				case d := <-queue:
					s.deliver(d)
				}
			}
		})
	}
	queue <- d
}

// Repeat delivers the newest thing that a person did once more.
func (s *Server) Repeat() *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := &Delivery{Kind: s.newest.Kind, Payload: s.newest.Payload, server: s}
	s.enqueue("again", again)
	return again
}

const retries = 3

// deliver tries as Slack does: at once, and after a while up to three times more.
func (s *Server) deliver(d *Delivery) {
	for try := 0; try <= retries; try++ {
		s.mu.Lock()
		second, patience := s.second, s.patience
		s.mu.Unlock()
		if try > 1 && !s.sleep(10*second) {
			return
		}
		if s.attempt(d, try, patience) {
			return
		}
	}
	s.mu.Lock()
	d.given = true
	s.notify()
	s.mu.Unlock()
}

func (s *Server) sleep(d time.Duration) bool {
	select {
	case <-s.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// attempt is one delivery over whatever transport the app has. It waits for one.
func (s *Server) attempt(d *Delivery, try int, limit time.Duration) bool {
	for s.ctx.Err() == nil {
		s.mu.Lock()
		address, changed := s.endpoint(d.Kind), s.changed
		link := s.wire.pick()
		if address != "" || link != nil {
			d.attempts++
		}
		s.mu.Unlock()
		switch {
		case address != "":
			return s.byHTTP(d, address, try, limit)
		case link != nil:
			return s.bySocket(d, link, try, limit)
		}
		select {
		case <-s.ctx.Done():
		case <-changed:
		}
	}
	return false
}

func (s *Server) endpoint(kind string) string {
	switch kind {
	case "interactive":
		return s.endpoints.Interactive
	case "slash_commands":
		return s.endpoints.Command
	}
	return s.endpoints.Events
}

// Sign signs a body as Slack does.
func Sign(secret string, at time.Time, body []byte) (stamp, signature string) {
	stamp = strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, "v0:"+stamp+":"+string(body))
	return stamp, "v0=" + hex.EncodeToString(mac.Sum(nil))
}

func (s *Server) byHTTP(d *Delivery, address string, try int, limit time.Duration) bool {
	body := form(d.Kind, d.Payload)
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if d.Kind == "events_api" {
		r.Header.Set("Content-Type", "application/json")
	}
	stamp, signature := Sign(s.SigningSecret, time.Now(), []byte(body))
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", signature)
	if try > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(try))
		r.Header.Set("X-Slack-Retry-Reason", "http_error")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	response, _ := io.ReadAll(answer.Body)
	ok := answer.StatusCode/100 == 2
	s.mu.Lock()
	defer s.mu.Unlock()
	d.status = answer.StatusCode
	if ok {
		d.acked, d.response = true, bytes.TrimSpace(response)
	}
	s.notify()
	return ok
}

// WaitAcked waits until the delivery was acknowledged.
func (d *Delivery) WaitAcked() {
	d.server.tb.Helper()
	d.server.Wait("an acknowledgement of "+d.Kind, func() bool {
		d.server.mu.Lock()
		defer d.server.mu.Unlock()
		return d.acked
	})
}

// Attempts is how often it was delivered so far.
func (d *Delivery) Attempts() int {
	d.server.mu.Lock()
	defer d.server.mu.Unlock()
	return d.attempts
}

// Response waits for the acknowledgement and returns the words that it showed.
func (d *Delivery) Response() string {
	d.server.tb.Helper()
	d.WaitAcked()
	d.server.mu.Lock()
	defer d.server.mu.Unlock()
	var shown struct{ Text string }
	_ = json.Unmarshal(d.response, &shown)
	return unescape(shown.Text)
}
