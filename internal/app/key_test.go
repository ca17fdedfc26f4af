package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/internal/app/settings"
)

func TestTheKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db.key")
	keys := make([]string, 8)
	var together sync.WaitGroup
	for i := range keys {
		together.Go(func() {
			key, err := keptKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = string(key)
		})
	}
	together.Wait()
	for _, k := range keys {
		if k != keys[0] || len(k) != 64 {
			t.Errorf("keys differ or are short: %d and %d characters", len(k), len(keys[0]))
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v", info.Mode())
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); len(rest) > 0 {
		t.Errorf("left behind: %v", rest)
	}
}

func TestADamagedKeyIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db.key")
	if err := os.WriteFile(path, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := keptKey(path)
	if err == nil || !strings.Contains(err.Error(), "restore") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	if content, _ := os.ReadFile(path); string(content) != "hunter2\n" {
		t.Errorf("the file was changed to %q", content)
	}
}

func TestTheWebhookSecretFollowsFromKeyAndBot(t *testing.T) {
	allowed := regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	s := settings.Settings{Token: someToken}
	first := webhookSecret(s, []byte(someKey))
	if first != webhookSecret(s, []byte(someKey)) || !allowed.MatchString(first) {
		t.Errorf("%q is not stable, or Telegram refuses it", first)
	}
	other := settings.Settings{Token: "99:" + someToken}
	if webhookSecret(other, []byte(someKey)) == first || webhookSecret(s, []byte(someKey+"x")) == first {
		t.Error("another bot or another key has the same secret")
	}
	s.WebhookSecret = "mine"
	if webhookSecret(s, []byte(someKey)) != "mine" {
		t.Error("the given one is not used")
	}
}
