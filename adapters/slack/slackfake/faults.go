package slackfake

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault is a way to fail. Exactly one of its ways is set; Delay goes with each.
type Fault struct {
	Method  string // "" = chat.postMessage and chat.update
	Channel string // "" = all
	Times   int    // how often; 0 = once, −1 = until ClearFaults
	Acts    bool   // the request is carried out; only its answer fails

	Error      string // a refusal's code, with status 200
	RetryAfter int    // seconds: 429
	Status     int    // a page of a proxy, with this status
	Body       string // an answer that is none, with status 200
	Reset      bool   // the connection is cut
	Hang       bool   // no answer until the app gives up
	Delay      time.Duration
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

func (s *Server) fault(c call) *Fault {
	s.mu.Lock()
	decide := s.decide
	for _, f := range s.scripted {
		fits := f.Method == c.method || f.Method == "" && (c.method == "chat.postMessage" || c.method == "chat.update")
		if f.Times != 0 && fits && (f.Channel == "" || f.Channel == c.str("channel")) {
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
		return decide(Request{Method: c.method, Params: c.form})
	}
	return nil
}

func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f Fault, c call) {
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
		}
	}
	slow := f.Error == "" && f.RetryAfter == 0 && f.Status == 0 && f.Body == "" && !f.Reset && !f.Hang
	var result object
	var bad *refused
	if f.Acts || slow {
		result, bad = s.perform(c)
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
	case f.RetryAfter > 0:
		tooMany(w, time.Duration(f.RetryAfter)*time.Second)
	case f.Status != 0:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte("<html><title>" + http.StatusText(f.Status) + "</title></html>"))
	case f.Body != "":
		_, _ = w.Write([]byte(f.Body))
	case f.Error != "":
		answer(w, nil, refuse(f.Error, "scripted"))
	default:
		answer(w, result, bad)
	}
}

// cutOff ends the connection without an answer.
func cutOff(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = connection.Close()
}

func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(`{"ok":false,"error":"ratelimited"}`))
}

// Limits are Slack's, as far as they are told. A zero value is no limit.
type Limits struct {
	PerChannel float64        // chat.postMessage a second and channel
	Burst      int            // at once to one channel before that counts; 0 = 1
	PerMinute  map[string]int // requests of a method a minute
	Minute     time.Duration  // how long that minute lasts; 0 = a minute
}

type limits struct {
	on    Limits
	spent map[string][]time.Time
}

// Limit switches rate limits on.
func (s *Server) Limit(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on, s.spent = l, map[string][]time.Time{}
}

// tooMany is how long a request that comes too early must wait; 0 = it may pass.
func (s *Server) tooMany(c call) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	type rule struct {
		key    string
		count  int
		window time.Duration
	}
	var rules []rule
	if n := s.on.PerMinute[c.method]; n > 0 {
		rules = append(rules, rule{c.method, n, cmp.Or(s.on.Minute, time.Minute)})
	}
	if s.on.PerChannel > 0 && strings.HasPrefix(c.method, "chat.post") {
		burst := max(s.on.Burst, 1)
		rules = append(rules, rule{"channel " + c.str("channel"), burst, time.Duration(float64(burst) / s.on.PerChannel * float64(time.Second))})
	}
	now := time.Now()
	for _, r := range rules {
		spent := s.spent[r.key]
		for len(spent) > 0 && now.Sub(spent[0]) >= r.window {
			spent = spent[1:]
		}
		s.spent[r.key] = spent
		if len(spent) >= r.count {
			s.refusals = append(s.refusals, Refusal{c.method, "ratelimited", r.key})
			return r.window - now.Sub(spent[0])
		}
	}
	for _, r := range rules {
		s.spent[r.key] = append(s.spent[r.key], now)
	}
	return 0
}
