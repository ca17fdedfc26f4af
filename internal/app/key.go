package app

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// keptKey reads the key kept in path. If there is none it makes one: whole or not at
// all, and the first of several processes wins.
func keptKey(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path); err != nil {
			return nil, fmt.Errorf("keep the secret key: %w", err)
		}
		content, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	key := strings.TrimSpace(string(content))
	if len(key) < settings.MinKey {
		return nil, fmt.Errorf("the secret key in %s is too short: restore the file from your backup. Without the old key the links that are out are unknown", path)
	}
	return []byte(key), nil
}

func makeKey(path string) error { return keepKey(path, hex.EncodeToString(randomBytes(32))) }

// keepKey puts a key into path, unless there is one already.
func keepKey(path, key string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(key + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link never replaces the key that another process made meanwhile.
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return sqlite.GiveToOwner(path)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}

// webhookSecret is the secret that Telegram sends with every call: the one given, or
// one that follows from the key and the bot, so that all instances expect the same.
func webhookSecret(s settings.Settings, key []byte) string {
	if s.WebhookSecret != "" {
		return string(s.WebhookSecret)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("telegram webhook " + s.TelegramBot()))
	return hex.EncodeToString(mac.Sum(nil))
}
