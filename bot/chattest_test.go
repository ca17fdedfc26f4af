package bot

import (
	"errors"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// A chat may be linked by another instance, a moment before somebody tests it.
func TestAChatIsTestedAsSoonAsItIsLinked(t *testing.T) {
	w := newWorld(t)
	tests, desk := ChatTests{w.bot}, chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-777"}
	if _, err := tests.Send(t.Context(), "desk", "Ann"); !errors.Is(err, ErrNoStaffChat) {
		t.Errorf("a chat that nobody linked: %v", err)
	}
	w.customers = append(w.customers, desk)
	if _, err := w.store.PlaceStaffChat(t.Context(), storage.StaffChat{Name: "desk", Address: desk, Setting: "x", Created: w.now}); err != nil {
		t.Fatal(err)
	}
	key, err := tests.Send(t.Context(), "desk", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	w.settle(desk)
	if d, err := tests.Look(t.Context(), key); err != nil || d.State != storage.Sent {
		t.Errorf("the test: %+v, %v", d, err)
	}
}
