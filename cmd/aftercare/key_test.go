package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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
	write(t, path, "hunter2\n")
	_, err := keptKey(path)
	if err == nil || !strings.Contains(err.Error(), "restore") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	if content, _ := os.ReadFile(path); string(content) != "hunter2\n" {
		t.Errorf("the file was changed to %q", content)
	}
}

func TestTheWebhookSecretFollowsFromKeyAndBot(t *testing.T) {
	s := settings{Token: someToken}
	first := s.webhookSecret([]byte(someKey))
	if first != s.webhookSecret([]byte(someKey)) || !webhookForm.MatchString(first) {
		t.Errorf("%q is not stable, or Telegram refuses it", first)
	}
	other := settings{Token: "99:" + someToken}
	if other.webhookSecret([]byte(someKey)) == first || s.webhookSecret([]byte(someKey+"x")) == first {
		t.Error("another bot or another key has the same secret")
	}
	s.WebhookSecret = "mine"
	if s.webhookSecret([]byte(someKey)) != "mine" {
		t.Error("the given one is not used")
	}
}
