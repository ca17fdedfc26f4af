package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// Keys are the operator's key, SECRET_KEY, and the key by which links, codes and ids are
// named: the same one, until SECRET_KEY is replaced (decision 0012).
type Keys struct {
	Secret []byte // seals tokens, signs what does not last
	Naming []byte
	known  bool // the database has its proof
}

// KeyState is what is found of the key of a database.
type KeyState string

// The states.
const (
	KeyOK       KeyState = "ok"       // it is the database's
	KeyWrong    KeyState = "wrong"    // it is another one
	KeyLost     KeyState = "lost"     // there is none, and the database had one
	KeyUnproved KeyState = "unproved" // nothing shows yet whether it is the database's
)

// ErrWrongKey and ErrLostKey refuse to go on with another key than the database's, or none.
var (
	ErrWrongKey = errors.New("SECRET_KEY is not the one of this database")
	ErrLostKey  = errors.New("the SECRET_KEY of this database is not there")
)

// proof tells a key from others, and nothing follows from it.
func proof(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("aftercare check of the secret key"))
	return hex.EncodeToString(mac.Sum(nil))
}

// namingPlace is what a naming key is sealed for.
const namingPlace = "naming key"

// keyFile is a key that is kept in a file; path is "" for a key that is given.
type keyFile struct {
	path string
	key  []byte
}

// keptKeys are the keys that there may be: the one given, or the one kept beside the SQLite
// file and those that were to follow it when a process died.
func keptKeys(s settings.Settings) ([]keyFile, error) {
	if s.SecretKey != "" {
		return []keyFile{{"", []byte(s.SecretKey)}}, nil
	}
	path := s.SQLitePath() + ".key"
	paths := []string{path}
	// A name may hold what is special to a pattern: the directory is read instead.
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for the secret key: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+".") {
			paths = append(paths, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	var found []keyFile
	for _, p := range paths {
		content, err := os.ReadFile(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the secret key: %w", err)
		}
		key := strings.TrimSpace(string(content))
		if len(key) < settings.MinKey {
			if p != path {
				continue // half of one that was to follow
			}
			return nil, fmt.Errorf("the secret key in %s is too short: restore the file from your backup. Without the old key the links that are out are unknown", p)
		}
		found = append(found, keyFile{p, []byte(key)})
	}
	return found, nil
}

// found is the key as it is, and what the database says of it.
type foundKey struct {
	keyFile
	state  KeyState
	record storage.KeyRecord // of the database; empty unless it has one
	used   bool              // something was ever named by a key
}

// findKey looks for the key and changes nothing.
func findKey(ctx context.Context, s settings.Settings, store storage.Store) (foundKey, error) {
	kept, err := keptKeys(s)
	if err != nil {
		return foundKey{}, err
	}
	record, err := store.KeyRecord(ctx)
	if err == nil {
		f := foundKey{record: record, used: true, state: KeyWrong}
		for _, k := range kept {
			if hmac.Equal([]byte(proof(k.key)), []byte(record.Proof)) {
				f.keyFile, f.state = k, KeyOK
				return f, nil
			}
		}
		if len(kept) == 0 {
			f.state = KeyLost
		}
		return f, nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return foundKey{}, err
	}
	opened, used, err := store.KeyTraces(ctx)
	if err != nil {
		return foundKey{}, err
	}
	f := foundKey{used: used, state: KeyUnproved}
	if len(kept) == 0 {
		if used {
			f.state = KeyLost
		}
		return f, nil
	}
	f.keyFile = kept[0]
	proved, err := proves(ctx, f.key, store, opened)
	if err == nil && proved {
		f.state = KeyOK
	}
	return f, err
}

// proves reports whether what is stored shows that the key is the database's: a link that
// was opened, or a token that can be read.
func proves(ctx context.Context, key []byte, store storage.Store, opened []storage.OpenedLink) (bool, error) {
	for _, o := range opened {
		if bot.Opened(key, o.Invitation, o.Session) {
			return true, nil
		}
	}
	seal, err := newSealer(key)
	if err != nil {
		return false, err
	}
	for _, p := range []chat.Platform{chat.Slack, chat.Hook, chat.Inbound} {
		installed, err := store.Installations(ctx, p)
		if err != nil {
			return false, fmt.Errorf("read the installations: %w", err)
		}
		for _, i := range installed {
			if _, err := seal.open(place(i.Platform, i.Account), i.Sealed); err == nil {
				return true, nil
			}
		}
	}
	return false, nil
}

// StateOfKey compares the key with the database's, and changes nothing.
func StateOfKey(ctx context.Context, s settings.Settings, store storage.Store) (KeyState, error) {
	f, err := findKey(ctx, s, store)
	return f.state, err
}

// refuse is why nobody goes on with the key that was found, in words for the operator.
func (f foundKey) refuse(s settings.Settings) error {
	where := "Set SECRET_KEY to the one it was made with"
	if s.SecretKey == "" {
		where = fmt.Sprintf("Bring %s.key back from a backup (%s), or set SECRET_KEY", s.SQLitePath(), "secret.key")
	}
	since := ""
	if !f.record.Since.IsZero() {
		since = fmt.Sprintf(" (its own since %s)", f.record.Since.Format(time.RFC3339))
	}
	const lostForGood = ". If it is lost for good: `aftercare key new`"
	switch f.state {
	case KeyWrong:
		return fmt.Errorf("%w%s. %s%s", ErrWrongKey, since, where, lostForGood)
	case KeyLost:
		return fmt.Errorf("%w%s. %s%s", ErrLostKey, since, where, lostForGood)
	}
	return nil
}

// CheckKey refuses a key that is not the database's, or that is lost. It changes nothing.
func CheckKey(ctx context.Context, s settings.Settings, store storage.Store) error {
	f, err := findKey(ctx, s, store)
	if err != nil {
		return err
	}
	return f.refuse(s)
}

// OpenKeyed is OpenStore for whoever goes on with the database's key: another one is refused, and
// so is a lost one.
func OpenKeyed(ctx context.Context, s settings.Settings, clock func() time.Time, log *slog.Logger) (storage.Store, error) {
	store, err := OpenStore(ctx, s, clock, log)
	if err != nil {
		return nil, err
	}
	if err := CheckKey(ctx, s, store); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// OpenKeys returns the keys of a database. The key of a new one is made where none is given. A
// key is noted in the database once something has proved it, or while there is nothing that
// another key was used for; from then on no other one is taken.
func OpenKeys(ctx context.Context, s settings.Settings, store storage.Store, clock func() time.Time) (Keys, error) {
	f, err := findKey(ctx, s, store)
	if err != nil {
		return Keys{}, err
	}
	if err := f.refuse(s); err != nil {
		return Keys{}, err
	}
	if f.key == nil {
		if f.key, err = keptKey(s.SQLitePath() + ".key"); err != nil {
			return Keys{}, err
		}
	}
	if f.record.Proof == "" && (f.state == KeyOK || !f.used) {
		if err := store.PutKeyRecord(ctx, storage.KeyRecord{Proof: proof(f.key), Since: clock()}); err != nil {
			return Keys{}, err
		}
		// Of several that begin at once with keys of their own, the first is heard.
		return OpenKeys(ctx, s, store, clock)
	}
	if err := f.follow(s); err != nil {
		return Keys{}, err
	}
	return f.keys()
}

// ReadKeys returns the keys of a database and changes nothing. They are empty while there is no
// key, and nothing that one was used for.
func ReadKeys(ctx context.Context, s settings.Settings, store storage.Store) (Keys, error) {
	f, err := findKey(ctx, s, store)
	if err == nil {
		err = f.refuse(s)
	}
	if err != nil {
		return Keys{}, err
	}
	return f.keys()
}

func (f foundKey) keys() (Keys, error) {
	k := Keys{Secret: f.key, Naming: f.key, known: f.record.Proof != ""}
	if f.record.Naming == "" {
		return k, nil
	}
	seal, err := newSealer(f.key)
	if err != nil {
		return Keys{}, err
	}
	naming, err := seal.open(namingPlace, f.record.Naming)
	if err != nil {
		return Keys{}, fmt.Errorf("the key by which links are named cannot be read; restore a backup: %w", err)
	}
	k.Naming = []byte(naming)
	return k, nil
}

// follow puts a key in its place that a process was to put there when it died.
func (f foundKey) follow(s settings.Settings) error {
	path := s.SQLitePath() + ".key"
	if f.path == "" || f.path == path {
		return nil
	}
	err := os.Rename(f.path, path)
	if errors.Is(err, fs.ErrNotExist) { // another one did
		return nil
	}
	if err != nil {
		return fmt.Errorf("put the new secret key in its place: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// keyPause is how often a server asks whether its key is still the database's.
const keyPause = 5 * time.Second

// ErrKeyReplaced ends a server whose key was replaced while it ran.
var ErrKeyReplaced = errors.New("SECRET_KEY was replaced while this server ran. Start it again with the new one; links that are out stay good")

// awaitReplacedKey notes the key once something has proved it, and returns ErrKeyReplaced
// once another one has taken its place; nil when ctx ends.
func awaitReplacedKey(ctx context.Context, s settings.Settings, store storage.Store, k Keys, clock func() time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(keyPause):
		}
		limited, cancel := context.WithTimeout(ctx, keyPause)
		if !k.known {
			if again, err := OpenKeys(limited, s, store, clock); err == nil {
				k.known = again.known
			}
		}
		record, err := store.KeyRecord(limited)
		cancel()
		if err == nil && record.Proof != proof(k.Secret) {
			return ErrKeyReplaced
		}
	}
}
