package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// KeyChange says that a database gets another key.
type KeyChange struct {
	Settings settings.Settings
	Store    storage.Store
	Clock    func() time.Time
	// NewFile holds the new key, or will; "" = the one beside the SQLite file is replaced.
	NewFile string
	// Lost says that the old key is lost for good: what only it could read is given up.
	Lost bool
}

// KeyChanged is what became of it.
type KeyChanged struct {
	File    string // that holds the new key
	Already bool   // it had become the database's before
	Sealed  int    // tokens that were sealed anew
	GivenUp int    // tokens that nobody can read any more
}

// ChangeKey gives the database another SECRET_KEY: all at once, whenever the process dies.
// The new key is on the disk before the database knows it; links, codes and ids go by the
// naming key, which stays.
func ChangeKey(ctx context.Context, c KeyChange) (KeyChanged, error) {
	f, err := findKey(ctx, c.Settings, c.Store)
	if err != nil {
		return KeyChanged{}, err
	}
	if c.NewFile != "" {
		if done, err := c.already(f); done.Already || err != nil {
			return done, err
		}
	}
	if err := f.refuse(c.Settings); err != nil && !c.Lost {
		return KeyChanged{}, err
	}
	if c.Settings.SecretKey != "" && c.NewFile == "" {
		return KeyChanged{}, errors.New("SECRET_KEY is given, so say where the new one is: --new-key-file FILE, which is made if it is not there")
	}
	if !c.Lost && f.state == KeyUnproved && f.used {
		return KeyChanged{}, errors.New("nothing shows yet whether SECRET_KEY is the one of this database, so it is not replaced: open a link that is out, or let a workspace install the app, and try again")
	}
	if c.Lost && f.state == KeyOK {
		return KeyChanged{}, errors.New("the key is not lost: it is the one of this database. Replace it with `aftercare key rotate`")
	}
	from := f.record
	var old Keys
	if !c.Lost {
		if old, err = OpenKeys(ctx, c.Settings, c.Store, c.Clock); err != nil {
			return KeyChanged{}, err
		}
		if from, err = c.Store.KeyRecord(ctx); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return KeyChanged{}, err
		}
	}
	next, kept, err := c.newKey()
	if err != nil {
		return KeyChanged{}, err
	}
	var half []string
	if kept != "" {
		if half, err = unfinished(c.Settings, kept); err != nil {
			return KeyChanged{}, err
		}
	}
	done, err := c.replace(ctx, from, old, next)
	if err != nil {
		if kept != "" {
			_ = os.Remove(kept) // it did not become anybody's key
		}
		if errors.Is(err, storage.ErrNotFound) {
			err = errors.New("somebody else replaced the key meanwhile; nothing was changed by this")
		}
		return KeyChanged{}, err
	}
	done.File = c.NewFile
	if kept != "" {
		done.File = c.Settings.SQLitePath() + ".key"
		err = foundKey{keyFile: keyFile{kept, next}}.follow(c.Settings)
		for _, path := range half {
			_ = os.Remove(path) // what stays is nobody's key
		}
	}
	return done, err
}

// unfinished are the files of changes whose process died, but for this one's. Once this
// change is made they are nobody's: a change that is still under way began with the key that
// was replaced, and is refused.
func unfinished(s settings.Settings, but string) ([]string, error) {
	path := s.SQLitePath() + ".key."
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("look for keys that did not take their place: %w", err)
	}
	var found []string
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), filepath.Base(path))
		if _, err := hex.DecodeString(name); ours && err == nil && len(name) == proofLetters && e.Name() != filepath.Base(but) {
			found = append(found, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return found, nil
}

// already is what is found when the change was made before, and its process did not live to say so.
func (c KeyChange) already(f foundKey) (KeyChanged, error) {
	content, err := os.ReadFile(c.NewFile)
	if errors.Is(err, fs.ErrNotExist) {
		return KeyChanged{}, nil
	}
	if err != nil {
		return KeyChanged{}, fmt.Errorf("read the new key: %w", err)
	}
	return KeyChanged{File: c.NewFile, Already: proof(bytes.TrimSpace(content)) == f.record.Proof}, nil
}

// proofLetters is how much of its proof names the file of a key that is to take its place.
const proofLetters = 12

// newKey is the new key, on the disk. kept is the file that is to take the place of the old
// one's, "" if the operator keeps it.
func (c KeyChange) newKey() (key []byte, kept string, err error) {
	made := hex.EncodeToString(randomBytes(32))
	path := c.NewFile
	if path == "" {
		path = c.Settings.SQLitePath() + ".key." + proof([]byte(made))[:proofLetters]
		kept = path
	}
	if err := keepKey(path, made); err != nil {
		return nil, "", fmt.Errorf("keep the new key: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, "", fmt.Errorf("keep the new key: %w", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("read the new key: %w", err)
	}
	text := strings.TrimSpace(string(content))
	if len(text) < settings.MinKey {
		return nil, "", fmt.Errorf("the key in %s has %d characters and needs at least %d. Make one with `openssl rand -hex 32`", path, len(text), settings.MinKey)
	}
	if text == string(c.Settings.SecretKey) {
		return nil, "", fmt.Errorf("%s holds the key that is to be replaced", path)
	}
	return []byte(text), kept, nil
}

// replace changes the database.
func (c KeyChange) replace(ctx context.Context, from storage.KeyRecord, old Keys, next []byte) (done KeyChanged, err error) {
	after, err := newSealer(next)
	if err != nil {
		return done, err
	}
	to := storage.KeyRecord{Proof: proof(next), Since: c.Clock()}
	if c.Lost {
		err = c.Store.ReplaceKey(ctx, from.Proof, to, func(i storage.Installation) (string, error) {
			done.GivenUp++
			return i.Sealed, nil
		})
		return done, err
	}
	before, err := newSealer(old.Secret)
	if err != nil {
		return done, err
	}
	to.Naming = after.seal(namingPlace, string(old.Naming))
	err = c.Store.ReplaceKey(ctx, from.Proof, to, func(i storage.Installation) (string, error) {
		token, err := before.open(place(i.Platform, i.Account), i.Sealed)
		if err != nil { // it could not be read before either
			done.GivenUp++
			return i.Sealed, nil
		}
		done.Sealed++
		return after.seal(place(i.Platform, i.Account), token), nil
	})
	return done, err
}
