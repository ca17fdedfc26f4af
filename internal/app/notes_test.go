package app

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// A chat of staff that is gone, and calls that are refused, make nobody unready; whoever asks
// reads of them, and reads no name.
func TestReadinessNamesWhatNeedsSomebody(t *testing.T) {
	r := start(t, settings.Settings{})
	if code, body := fetch(t, r.base+"/readyz"); code != 200 || body != "ok\n" {
		t.Errorf("when all is well: %d %q", code, body)
	}
	at := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}
	err := r.store.PutStaffChat(t.Context(), storage.StaffChat{Name: "night-shift", Created: Now()})
	if err != nil {
		t.Fatal(err)
	}
	code := storage.ChatCode{Hash: "h", Name: "night-shift", Expires: Now().Add(time.Hour)}
	if err := r.store.PutChatCode(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.LinkStaffChat(t.Context(), "h", at, Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.MarkStaffChat(t.Context(), "night-shift", Now(), "kicked"); err != nil {
		t.Fatal(err)
	}
	r.hooks.refused(refusedHook{"slack", "signature"}, 0, false, "")
	status, body := fetch(t, r.base+"/readyz")
	if status != 200 || !strings.HasPrefix(body, "ok\n") || strings.Contains(body, "night") {
		t.Errorf("%d %q", status, body)
	}
	for _, says := range []string{"chats of staff that cannot be written to: 1\n", "calls of a platform are refused\n"} {
		if !strings.Contains(body, says) {
			t.Errorf("no %q in %q", says, body)
		}
	}
}
