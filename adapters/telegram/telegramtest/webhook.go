package telegramtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type webhookState struct {
	hook        string // "" = none
	secret      string
	connections int
	inFlight    int
	busy        map[string]bool // lanes with a delivery under way
	lastError   string
	lastErrorAt time.Time
	goneSince   time.Time // of answers with 410
	deliveries  int
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

func (s *Server) setWebhook(p params) (any, *refused) {
	at, err := url.Parse(p["url"])
	if err != nil || at.Host == "" {
		return nil, badRequest("bad webhook: invalid webhook URL specified")
	}
	local := net.ParseIP(at.Hostname()).IsLoopback() || at.Hostname() == "localhost"
	if at.Scheme != "https" && !local {
		return nil, badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if port := at.Port(); !local && !slices.Contains([]string{"", "443", "80", "88", "8443"}, port) {
		return nil, badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	}
	if len(p["secret_token"]) > 256 {
		return nil, badRequest("secret token is too long")
	}
	if !secretForm.MatchString(p["secret_token"]) {
		return nil, badRequest("secret token contains unallowed characters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if bad := s.allow(p); bad != nil {
		return nil, bad
	}
	if p["drop_pending_updates"] == "true" {
		s.pending = nil
	}
	s.hook, s.secret, s.connections = p["url"], p["secret_token"], 40
	if n := int(p.int("max_connections")); n >= 1 && n <= 100 {
		s.connections = n
	}
	s.lastError, s.lastErrorAt, s.goneSince = "", time.Time{}, time.Time{}
	s.busy = map[string]bool{}
	s.notify()
	s.pump()
	return true, nil
}

func (s *Server) deleteWebhook(p params) (any, *refused) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook, s.secret = "", ""
	if p["drop_pending_updates"] == "true" {
		s.pending = nil
	}
	s.notify()
	return true, nil
}

func (s *Server) getWebhookInfo(params) (any, *refused) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.purge()
	info := object{"url": s.hook, "has_custom_certificate": false, "pending_update_count": len(s.pending)}
	if s.hook != "" {
		info["max_connections"] = s.connections
	}
	if s.lastError != "" {
		info["last_error_message"], info["last_error_date"] = s.lastError, s.lastErrorAt.Unix()
	}
	if s.allowed != nil {
		list := []string{}
		for kind := range s.allowed {
			list = append(list, kind)
		}
		slices.Sort(list)
		info["allowed_updates"] = list
	}
	return info, nil
}

// Deliveries is how many requests were made to the webhook.
func (s *Server) Deliveries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deliveries
}

// pump starts what deliveries may start. The lock must be held.
func (s *Server) pump() {
	if s.hook == "" || s.closed {
		return
	}
	s.purge()
	seen := map[string]bool{}
	for _, u := range s.pending {
		if seen[u.lane] || s.busy[u.lane] {
			continue // what is ahead in its lane goes first
		}
		seen[u.lane] = true
		if wait := time.Until(u.notBefore); wait > 0 {
			s.later(wait)
			continue
		}
		if s.inFlight >= s.connections {
			return
		}
		s.inFlight++
		s.busy[u.lane], u.flying = true, true
		s.deliveries++
		target, secret := s.hook, s.secret
		s.work.Go(func() { s.deliver(u, target, secret) })
	}
}

func (s *Server) later(wait time.Duration) {
	s.work.Go(func() {
		select {
		case <-time.After(wait):
			s.mu.Lock()
			s.pump()
			s.mu.Unlock()
		case <-s.ctx.Done():
		}
	})
}

// deliver makes one request and settles what came of it.
func (s *Server) deliver(u *update, target, secret string) {
	status, wait, body, err := s.post(u, target, secret)
	s.mu.Lock()
	s.inFlight--
	delete(s.busy, u.lane)
	u.flying = false
	if err == nil && status/100 == 2 {
		s.pending = slices.DeleteFunc(s.pending, func(p *update) bool { return p == u })
		s.goneSince = time.Time{}
	} else {
		s.failed(u, status, wait, err)
	}
	s.notify()
	s.pump()
	s.mu.Unlock()
	if err == nil && status/100 == 2 {
		s.obey(body)
	}
}

func (s *Server) failed(u *update, status int, wait time.Duration, err error) {
	s.lastErrorAt = s.now()
	s.lastError = fmt.Sprintf("Wrong response from the webhook: %d %s", status, http.StatusText(status))
	if err != nil {
		s.lastError = "Connection refused"
	}
	if status == http.StatusGone {
		if s.goneSince.IsZero() {
			s.goneSince = s.now()
		}
		if s.now().Sub(s.goneSince) >= 23*time.Hour {
			s.hook = ""
		}
	} else {
		s.goneSince = time.Time{}
	}
	if wait == 0 && u.tries > 0 { // the first repetition follows at once
		wait = min(s.second<<min(u.tries, 10), 60*s.second)
	}
	u.tries++
	u.notBefore = time.Now().Add(wait)
}

func (s *Server) post(u *update, target, secret string) (status int, wait time.Duration, body []byte, err error) {
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, target, bytes.NewReader(u.body))
	if err != nil {
		return 0, 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if secret != "" {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	client := http.Client{Timeout: 60 * time.Second}
	answer, err := client.Do(r)
	if err != nil {
		return 0, 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if n, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil && n > 0 {
		wait = time.Duration(min(n, 3600)) * s.unit()
	}
	return answer.StatusCode, wait, body, err
}

func (s *Server) unit() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.second
}

// obey makes the one call that the answer to a delivery may carry.
func (s *Server) obey(body []byte) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return
	}
	p := fromJSON(fields)
	method := p["method"]
	delete(p, "method")
	if method == "" || strings.HasPrefix(method, "get") || method == "setWebhook" || method == "deleteWebhook" {
		return
	}
	s.record(method, p)
	_, _ = s.perform(nil, method, p) // its result is told to nobody
}

func fromJSON(fields map[string]json.RawMessage) params {
	p := params{}
	for name, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			p[name] = text
		} else {
			p[name] = string(raw)
		}
	}
	return p
}

// SetWebhook sets a webhook as another program of the same bot would; no kinds are
// all kinds.
func (s *Server) SetWebhook(target, secret string, kinds ...string) {
	s.tb.Helper()
	p := params{"url": target, "secret_token": secret}
	if len(kinds) > 0 {
		p["allowed_updates"] = string(mustJSON(kinds))
	}
	if _, bad := s.setWebhook(p); bad != nil {
		s.tb.Fatalf("telegramtest: set the webhook: %s", bad.text)
	}
}

// WebhookError is the last failed delivery in Telegram's words; "" = none.
func (s *Server) WebhookError() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastError
}
