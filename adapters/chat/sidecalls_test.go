package chat

import (
	"testing"
	"time"
)

func TestOneConflictIsNoRival(t *testing.T) {
	var s SideCalls
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	s.NoteRival(Telegram, "42", now)
	if got := s.Rivals(now); len(got) != 0 {
		t.Errorf("after one conflict, as when an instance takes over: %v", got)
	}
	s.NoteRival(Telegram, "42", now.Add(30*time.Second))
	if got := s.Rivals(now.Add(40 * time.Second)); len(got) != 1 || got[0] != Telegram {
		t.Errorf("after two within a minute: %v", got)
	}
	if got := s.Rivals(now.Add(2 * time.Minute)); len(got) != 0 {
		t.Errorf("a while after the last: %v", got)
	}
	s.NoteRival(Telegram, "42", now.Add(time.Hour))
	if got := s.Rivals(now.Add(time.Hour)); len(got) != 0 {
		t.Errorf("after one much later: %v", got)
	}
}
