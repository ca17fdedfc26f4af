package slack

import (
	"sync"
	"time"
)

// edits keeps chat.update within what Slack allows a workspace in a minute. It does
// not wait: an edit that comes too early is told its own time, and is let through
// then, so that many that wait neither crowd nor overtake each other.
type edits struct {
	perMinute int // 0 = no pacing

	mu   sync.Mutex
	free map[string]time.Time // by workspace: when the next edit may go
	told map[string]time.Time // by message: when its edit was told to come
}

const (
	toldSize = 10_000          // beyond it, times that passed are forgotten
	toldLate = 5 * time.Minute // how long after its time an edit may still come
)

// wait is how long the edit of a message must wait; 0 lets it through. Of the
// minute's number a fifth may go at once, and the rest follow evenly: so no minute
// ever has more of them.
func (e *edits) wait(team, message string, now time.Time) time.Duration {
	if e.perMinute <= 0 {
		return 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.free == nil {
		e.free, e.told = map[string]time.Time{}, map[string]time.Time{}
	}
	key := team + "/" + message
	if at, ok := e.told[key]; ok && now.Before(at.Add(toldLate)) {
		if now.Before(at) {
			return at.Sub(now)
		}
		delete(e.told, key)
		return 0
	}
	burst := max(e.perMinute/5, 1)
	interval := time.Minute / time.Duration(max(e.perMinute-burst, 1))
	free := e.free[team]
	if earliest := now.Add(-time.Duration(burst-1) * interval); free.Before(earliest) {
		free = earliest
	}
	e.free[team] = free.Add(interval)
	if !now.Before(free) {
		return 0
	}
	if len(e.told) >= toldSize {
		for k, at := range e.told {
			if now.After(at) {
				delete(e.told, k)
			}
		}
	}
	e.told[key] = free
	return free.Sub(now)
}
