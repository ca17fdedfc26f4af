package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// keyed is a new database without a key, and its settings.
func keyed(t *testing.T) (settings.Settings, storage.Store) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return settings.Settings{DatabaseURL: settings.Secret("sqlite:" + path)}, store
}

// Tokens that are stored are sealed anew with the key, and nobody who has the old one reads
// them any more.
func TestTokensAreSealedAnewWithANewKey(t *testing.T) {
	s, store := keyed(t)
	old, err := OpenKeys(t.Context(), s, store, Now)
	if err != nil {
		t.Fatal(err)
	}
	seal, err := newSealer(old.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		at := fmt.Sprint("T", i)
		if err := store.PutInstallation(t.Context(), storage.Installation{Platform: chat.Slack, Account: at, Sealed: seal.seal(place(chat.Slack, at), "xoxb-"+at), Installed: Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.PutInstallation(t.Context(), storage.Installation{Platform: chat.Slack, Account: "T9", Sealed: "1.AAAA", Installed: Now()}); err != nil {
		t.Fatal(err)
	}
	for turn := range 3 {
		done, err := ChangeKey(t.Context(), KeyChange{Settings: s, Store: store, Clock: Now})
		if err != nil || done.Sealed != 3 || done.GivenUp != 1 {
			t.Fatalf("turn %d: %+v, %v", turn, done, err)
		}
	}
	keys, err := OpenKeys(t.Context(), s, store, Now)
	if err != nil {
		t.Fatal(err)
	}
	if string(keys.Secret) == string(old.Secret) || string(keys.Naming) != string(old.Naming) {
		t.Errorf("the key that seals must be another one: %t, and the key that names the same: %t",
			string(keys.Secret) != string(old.Secret), string(keys.Naming) == string(old.Naming))
	}
	now, err := newSealer(keys.Secret)
	if err != nil {
		t.Fatal(err)
	}
	all, err := store.Installations(t.Context(), chat.Slack)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d installations, %v", len(all), err)
	}
	for _, i := range all[:3] {
		if token, err := now.open(place(i.Platform, i.Account), i.Sealed); err != nil || token != "xoxb-"+i.Account {
			t.Errorf("%s: %q, %v", i.Account, token, err)
		}
		if _, err := seal.open(place(i.Platform, i.Account), i.Sealed); err == nil {
			t.Errorf("the old key still reads the token of %s", i.Account)
		}
	}
	// The key that names is in the database for whoever has the new key, and for nobody else.
	record, err := store.KeyRecord(t.Context())
	if err != nil || strings.Contains(record.Naming, string(old.Naming)) {
		t.Errorf("the record: %+v, %v", record, err)
	}
	if info, err := os.Stat(s.SQLitePath() + ".key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info.Mode(), err)
	}
}

// What was sealed with a key proves it, also where no link was opened.
func TestATokenThatCanBeReadProvesTheKey(t *testing.T) {
	s, store := keyed(t)
	s.SecretKey = settings.Secret(strings.Repeat("k", 32))
	seal, err := newSealer([]byte(s.SecretKey))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutInstallation(t.Context(), storage.Installation{Platform: chat.Slack, Account: "T1", Sealed: seal.seal("slack:T1", "xoxb"), Installed: Now()}); err != nil {
		t.Fatal(err)
	}
	other := s
	other.SecretKey = settings.Secret(strings.Repeat("o", 32))
	if _, err := OpenKeys(t.Context(), other, store, Now); err != nil {
		t.Errorf("nothing was noted yet: %v", err)
	}
	if _, err := store.KeyRecord(t.Context()); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a key that nothing proved was noted: %v", err)
	}
	if _, err := OpenKeys(t.Context(), s, store, Now); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(t.Context(), other, store, Now); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	for want, of := range map[KeyState]settings.Settings{KeyOK: s, KeyWrong: other, KeyLost: {DatabaseURL: s.DatabaseURL}} {
		if got, err := StateOfKey(t.Context(), of, store); err != nil || got != want {
			t.Errorf("the state is %q, want %q: %v", got, want, err)
		}
	}
}
