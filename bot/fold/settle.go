// Package fold keeps the read model, the rows that reports are counted from, some seconds behind
// the conversations: it says how rows are made of one (Maker) and folds what changed while the
// program runs (Folder). It decides nothing about anybody.
package fold

import (
	"time"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// Settle gives a conversation the day that reports count it under, and who served. Both stay,
// whatever becomes of the site's zone. It reports whether it did: a conversation that has a day,
// or has not begun, stays as it is.
func Settle(s *storage.Session, zone *time.Location) bool {
	if s.Day != "" || s.Started.IsZero() {
		return false
	}
	s.Day = day(s.Attributes[voice.AttrDate], s.Started, zone).Format(time.DateOnly)
	if s.Staff == "" {
		s.Staff = s.Attributes[voice.AttrAgent]
	}
	return true
}

// day is when the event was, if the invitation says it, else when the conversation began.
func day(event string, began time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	if t, err := time.Parse(time.DateOnly, event); err == nil {
		return t
	}
	if t, err := time.Parse(time.RFC3339, event); err == nil {
		return t.In(zone)
	}
	return began.In(zone)
}
