package telegramtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault is a way to fail. Exactly one of its ways is set; Delay goes with each.
type Fault struct {
	Method string // "" = all but getUpdates
	Chat   int64  // 0 = all
	Times  int    // how often; 0 = once, −1 = until ClearFaults
	Acts   bool   // the request is carried out; only its answer fails

	Code        int    // an error of the Bot API with Description and RetryAfter
	Description string // "" = a usual one
	RetryAfter  int    // seconds
	HeaderOnly  bool   // RetryAfter stands in the header alone
	HTML        int    // a page of a proxy, with this status
	Reset       bool   // the connection is cut
	Hang        bool   // no answer until the bot gives up
	Truncated   bool   // the answer ends in its middle
	Delay       time.Duration
}

type faults struct {
	scripted []*Fault
	decide   func(Request) *Fault
}

// Inject makes the next requests that fit fail.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.scripted = append(s.scripted, &f)
}

// Storm lets decide choose a fault for every request, nil for none. It is called
// from many goroutines at once.
func (s *Server) Storm(decide func(Request) *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decide = decide
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripted, s.decide = nil, nil
}

func (s *Server) fault(r Request) *Fault {
	s.mu.Lock()
	decide := s.decide
	for _, f := range s.scripted {
		if f.Times != 0 && f.fits(r) {
			if f.Times > 0 {
				f.Times--
			}
			found := *f
			s.mu.Unlock()
			return &found
		}
	}
	s.mu.Unlock()
	if decide != nil {
		return decide(r)
	}
	return nil
}

func (f *Fault) fits(r Request) bool {
	if f.Method == "" && r.Method == "getUpdates" || f.Method != "" && f.Method != r.Method {
		return false
	}
	return f.Chat == 0 || strconv.FormatInt(f.Chat, 10) == r.Chat
}

func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f Fault, method string, p params) {
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
		}
	}
	var result any
	var bad *refused
	if f.Acts || f.onlySlow() || f.Truncated {
		result, bad = s.perform(r.Context(), method, p)
	}
	switch {
	case f.Reset:
		cutOff(w)
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		cutOff(w)
	case f.HTML != 0:
		w.Header().Set("Content-Type", "text/html")
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		w.WriteHeader(f.HTML)
		_, _ = w.Write([]byte("<html><head><title>" + http.StatusText(f.HTML) + "</title></head><body><center><h1>nginx</h1></center></body></html>"))
	case f.Truncated:
		truncate(w, mustJSON(object{"ok": bad == nil, "result": result}))
	case f.Code != 0:
		s.refuseAsScripted(w, f)
	default:
		answer(w, result, bad)
	}
}

func (f *Fault) onlySlow() bool {
	return f.Code == 0 && f.HTML == 0 && !f.Reset && !f.Hang && !f.Truncated
}

func (s *Server) refuseAsScripted(w http.ResponseWriter, f Fault) {
	text := f.Description
	if text == "" {
		text = map[int]string{
			400: "Bad Request: something", 401: "Unauthorized", 403: "Forbidden: bot was blocked by the user", 404: "Not Found",
			429: "Too Many Requests: retry after " + strconv.Itoa(f.RetryAfter), 500: "Internal Server Error: restart",
		}[f.Code]
	}
	bad := &refused{code: f.Code, text: text, retryAfter: f.RetryAfter}
	if f.HeaderOnly {
		bad.retryAfter, bad.text = 0, "Too Many Requests"
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	answer(w, nil, bad)
}

// cutOff ends the connection without an answer.
func cutOff(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = connection.Close()
}

// truncate promises a whole body and sends its half.
func truncate(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}

// Limits are Telegram's, as far as they are told. A zero value is no limit.
type Limits struct {
	PerChat   float64 // requests a second to one private chat
	Burst     int     // requests at once to one chat before that counts; 0 = 1
	PerGroup  int     // requests a minute to one group
	PerSecond int     // requests a second to all chats
}

type limits struct {
	on    Limits
	spent map[string][]time.Time // by chat id; "" = all
}

// Limit switches rate limits on.
func (s *Server) Limit(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on, s.spent = l, map[string][]time.Time{}
}

// rule allows count requests within a window.
type rule struct {
	key    string // a chat id; "" = all
	count  int    // 0 = no limit
	window time.Duration
}

// tooMany refuses a request that comes too early. Those refused cost nothing.
func (s *Server) tooMany(method string, p params) *refused {
	id := p["chat_id"]
	if id == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	rules := []rule{{"", s.on.PerSecond, time.Second}}
	if strings.HasPrefix(id, "-") {
		rules = append(rules, rule{id, s.on.PerGroup, time.Minute})
	} else if s.on.PerChat > 0 {
		burst := max(s.on.Burst, 1)
		rules = append(rules, rule{id, burst, time.Duration(float64(burst) / s.on.PerChat * float64(time.Second))})
	}
	for _, rule := range rules {
		if rule.count == 0 {
			continue
		}
		spent := s.spent[rule.key]
		for len(spent) > 0 && now.Sub(spent[0]) >= rule.window {
			spent = spent[1:]
		}
		s.spent[rule.key] = spent
		if len(spent) >= rule.count {
			wait := rule.window - now.Sub(spent[0])
			seconds := int((wait + time.Second - 1) / time.Second)
			s.note(method, 429, "too many requests to chat "+id)
			return &refused{code: 429, text: "Too Many Requests: retry after " + strconv.Itoa(seconds), retryAfter: seconds}
		}
	}
	for _, rule := range rules {
		if rule.count != 0 {
			s.spent[rule.key] = append(s.spent[rule.key], now)
		}
	}
	return nil
}
