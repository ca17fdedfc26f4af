package app

import (
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// tellEvery is how often the log tells of what is refused again and again.
	tellEvery = time.Minute
	// clockSkew is how far this machine's clock may be off before the log says so.
	clockSkew = time.Minute
)

// inboundCalls is what calls of other systems are counted under: their names are no labels, for
// whoever calls chooses them.
const inboundCalls = "inbound"

// refusedHook is one kind of a refused call.
type refusedHook struct{ platform, reason string }

// hookWatch sees each call of a platform that is refused: whoever sent it reads why, and so
// must the operator, because a platform whose calls are refused soon gives up.
type hookWatch struct {
	clock func() time.Time
	log   *slog.Logger

	mu    sync.Mutex
	count map[refusedHook]int64
	last  map[refusedHook]time.Time
	told  map[refusedHook]time.Time
	since map[refusedHook]int64 // of count, when it was told
}

func newHookWatch(clock func() time.Time, log *slog.Logger) *hookWatch {
	return &hookWatch{
		clock: clock, log: log,
		count: map[refusedHook]int64{}, last: map[refusedHook]time.Time{}, told: map[refusedHook]time.Time{}, since: map[refusedHook]int64{},
	}
}

// watch is next, with what it refuses counted for the platform.
func (h *hookWatch) watch(platform string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		skew, dated := h.skew(r)
		var reason string
		do := "see docs/running.md, Webhooks"
		switch seen.status {
		case http.StatusUnauthorized:
			reason, do = "signature", "copy the signing secret or the webhook's secret again; if nobody changed it, somebody else is calling"
			switch {
			case dated && skew.Abs() > 5*time.Minute:
				reason, do = "clock", "set this machine's clock; if it is right, somebody repeats old calls"
			case platform == inboundCalls:
				do = "look at Settings, Webhooks in: the secret there and that of the system differ, or its clock is off by more than five minutes"
			case r.Header.Get("X-Slack-Signature") == "" && r.Header.Get("X-Telegram-Bot-Api-Secret-Token") == "":
				reason, do = "unsigned", "nothing, unless a proxy takes headers away: the call was none of the platform's"
			}
		case http.StatusBadRequest:
			reason = "malformed"
		case http.StatusNotFound:
			if platform != inboundCalls {
				return
			}
			reason, do = "unknown", "look at Settings, Webhooks in: no system of this name is heard; if none should be, somebody guesses"
		case http.StatusUnprocessableEntity:
			reason, do = "mistakes", "look at Settings, Webhooks in: the mapping stands there beside the last calls"
		case http.StatusTooManyRequests:
			reason, do = "too many", "nothing, unless it lasts: the system waits and calls again"
		case http.StatusRequestEntityTooLarge:
			reason = "too large"
		case http.StatusMethodNotAllowed:
			reason = "method"
		default:
			if dated && skew.Abs() > clockSkew && seen.status < http.StatusBadRequest && h.due(refusedHook{platform, "skew"}) {
				h.log.Warn("this machine's clock differs from the platform's", "platform", platform, "by", skew.Round(time.Second), "do", "set the clock: beyond five minutes every call is refused")
			}
			return
		}
		h.refused(refusedHook{platform, reason}, skew, dated, do)
	})
}

func (h *hookWatch) refused(what refusedHook, skew time.Duration, dated bool, do string) {
	h.mu.Lock()
	h.count[what]++
	h.last[what] = time.Now()
	h.mu.Unlock()
	if !h.due(what) {
		return
	}
	h.mu.Lock()
	n := h.count[what] - h.since[what]
	h.since[what] = h.count[what]
	h.mu.Unlock()
	about := []any{"platform", what.platform, "reason", what.reason, "times", n}
	if dated && skew.Abs() > clockSkew {
		about = append(about, "clock_differs_by", skew.Round(time.Second))
	}
	h.log.Warn("calls of a platform are refused", append(about, "do", do)...)
}

// due reports whether something may be told again.
func (h *hookWatch) due(what refusedHook) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at, ok := h.told[what]; ok && time.Since(at) < tellEvery {
		return false
	}
	h.told[what] = time.Now()
	return true
}

// lately reports whether a call was refused in the last minute for more than being no call
// of the platform's at all.
func (h *hookWatch) lately() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for what, at := range h.last {
		if what.reason != "unsigned" && what.reason != "unknown" && time.Since(at) < tellEvery {
			return true
		}
	}
	return false
}

// skew is how far our clock is ahead of the one that dated a call, where the platform dates
// its calls.
func (h *hookWatch) skew(r *http.Request) (time.Duration, bool) {
	seconds, err := strconv.ParseInt(r.Header.Get("X-Slack-Request-Timestamp"), 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return 0, false
	}
	return h.clock().Sub(time.Unix(seconds, 0)), true
}

// counts are the refused calls, for /metrics.
func (h *hookWatch) counts() map[refusedHook]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.count)
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// isHook reports whether a platform calls a path, rather than a person's browser.
func isHook(path string) bool { return !strings.HasSuffix(path, "/oauth") }
