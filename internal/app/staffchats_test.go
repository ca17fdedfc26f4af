package app

import (
	"path/filepath"
	"testing"

	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// again starts an instance on a database, and returns its chats of staff once it has stopped.
func again(t *testing.T, path string, s settings.Settings, look func(*App) bool) map[string]string {
	t.Helper()
	s.DatabaseURL, s.Listen, s.LogLevel, s.LogFormat = settings.Secret("sqlite:"+path), "127.0.0.1:0", "info", "text"
	s.SecretKey = someKey
	a := New(Config{Settings: s})
	defer func() {
		if err := a.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}()
	if err := a.Start(t.Context()); err != nil {
		t.Fatalf("it does not start: %v", err)
	}
	list, err := a.store.StaffChatList(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if look != nil && !look(a) {
		t.Errorf("the instance does not know of them: %+v", list)
	}
	all := map[string]string{}
	for _, c := range list {
		all[c.Name] = c.Setting + " " + c.Address.String()
	}
	return all
}

func TestTheChatsOfTheSettingsAreThoseOfTheLastStart(t *testing.T) {
	tg := telegramtest.New(t)
	path := filepath.Join(t.TempDir(), "a.db")
	s := settings.Settings{Token: settings.Secret(tg.Token), API: tg.URL, Mode: settings.Poll, StaffChat: "-100"}
	id, _ := telegram.AccountID(tg.Token)
	want := func(got map[string]string, name, row string) {
		t.Helper()
		if got[name] != row {
			t.Errorf("%s is %q, want %q; all are %v", name, got[name], row, got)
		}
	}
	want(again(t, path, s, nil), "env-telegram", "TELEGRAM_STAFF_CHAT telegram:"+id+":-100")
	s.StaffChat = "-200:7"
	want(again(t, path, s, nil), "env-telegram", "TELEGRAM_STAFF_CHAT telegram:"+id+":-200:7")
	s.StaffChat = ""
	if got := again(t, path, s, nil); len(got) != 0 {
		t.Errorf("without the setting there are still %v", got)
	}

	// A name that somebody uses already stays theirs.
	s.StaffChat = "-300"
	got := again(t, path, s, func(a *App) bool {
		return a.store.DropStaffChat(t.Context(), "env-telegram") == nil &&
			a.store.PutStaffChat(t.Context(), storage.StaffChat{Name: "env-telegram", Created: Now()}) == nil
	})
	want(got, "env-telegram", "TELEGRAM_STAFF_CHAT telegram:"+id+":-300")
	got = again(t, path, s, nil)
	want(got, "env-telegram", " ::")
	want(got, "env-telegram-2", "TELEGRAM_STAFF_CHAT telegram:"+id+":-300")
	if again := again(t, path, s, nil); len(again) != len(got) {
		t.Errorf("another start makes %v of %v", again, got)
	}
}
