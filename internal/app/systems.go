package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/webhook"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/invitation/inbound"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
	"github.com/aftercare/aftercare/web/api"
)

// Systems are other systems that call us in their own form: pages and commands make and end them
// by it, and it lets their calls in. A server follows within some seconds.
type Systems struct {
	store storage.Store
	door  *api.Door
	seal  sealer
	clock func() time.Time

	mu    sync.Mutex
	known map[string]heard // by name; nil = nothing was read yet
	read  time.Time
}

// heard is how a system is heard, ready to be used.
type heard struct {
	source  inbound.Source
	secrets []inbound.Secret
}

// knownFor is for how long what was read of systems is used.
const knownFor = 3 * time.Second

func newSystems(store storage.Store, b *bot.Bot, seal sealer, clock func() time.Time) *Systems {
	return &Systems{store: store, door: api.NewDoor(api.Config{Store: store, Bot: b, Clock: clock}), seal: seal, clock: clock}
}

// NewSystems returns the desk for a database whose key the settings have.
func NewSystems(ctx context.Context, s settings.Settings, store storage.Store, b *bot.Bot, clock func() time.Time) (*Systems, error) {
	keys, err := OpenKeys(ctx, s, store, clock)
	if err != nil {
		return nil, err
	}
	seal, err := newSealer(keys.Secret)
	return newSystems(store, b, seal, clock), err
}

// System implements api.Systems.
func (s *Systems) System(ctx context.Context, name string) (inbound.Source, []inbound.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := s.clock().Sub(s.read); s.known == nil || age > knownFor || age < 0 {
		kept, err := s.store.Installations(ctx, chat.Inbound)
		if err != nil {
			return inbound.Source{}, nil, err
		}
		s.known, s.read = map[string]heard{}, s.clock()
		for _, i := range kept {
			x, err := storage.InboundOf(i)
			if err != nil || x.Off {
				continue
			}
			h := heard{}
			if h.source, err = inbound.Parse([]byte(x.File)); err != nil {
				continue // an older program wrote it: the page says so
			}
			if h.secrets, err = s.secrets(i); err == nil {
				s.known[x.Name] = h
			}
		}
	}
	h, ok := s.known[name]
	if !ok {
		return inbound.Source{}, nil, fmt.Errorf("system %s: %w", name, storage.ErrNotFound)
	}
	return h.source, h.secrets, nil
}

// changed has what is known read anew.
func (s *Systems) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = nil
}

// Seal implements api.Systems.
func (s *Systems) Seal(name string, c api.Sent) string {
	text, _ := json.Marshal(c) // words always can be
	return s.seal.seal("call:"+name, string(text))
}

func (s *Systems) secrets(i storage.Installation) (all []inbound.Secret, err error) {
	text, err := s.seal.open(place(chat.Inbound, i.Account), i.Sealed)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, errors.New("the secrets of a system cannot be read")
	}
	return all, nil
}

func (s *Systems) sealed(name string, secrets []inbound.Secret) string {
	text, _ := json.Marshal(secrets) // words and moments always can be
	return s.seal.seal(place(chat.Inbound, name), string(text))
}

// put keeps a system in the place of what was read of it. storage.ErrChanged.
func (s *Systems) put(ctx context.Context, was storage.Installation, x storage.InboundSource, sealed string) error {
	if err := s.store.ReplaceInstallation(ctx, was, x.Installation(sealed)); err != nil {
		return fmt.Errorf("keep how a system is heard: %w", err)
	}
	s.changed()
	return nil
}

// List returns every system, by name.
func (s *Systems) List(ctx context.Context) ([]storage.InboundSource, error) {
	kept, err := s.store.Installations(ctx, chat.Inbound)
	if err != nil {
		return nil, err
	}
	var all []storage.InboundSource
	for _, i := range kept {
		x, err := storage.InboundOf(i)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

func (s *Systems) find(ctx context.Context, name string) (storage.InboundSource, storage.Installation, error) {
	i, err := installed(ctx, s.store, chat.Inbound, name)
	if err != nil {
		return storage.InboundSource{}, storage.Installation{}, fmt.Errorf("system %s: %w", name, err)
	}
	x, err := storage.InboundOf(i)
	return x, i, err
}

// secretOf is a secret that fits how a system signs: the one that it gives, or one of ours.
func secretOf(file, given string) (string, error) {
	source, err := inbound.Parse([]byte(file))
	if err != nil {
		return "", err
	}
	if given == "" {
		return webhook.NewSecret(), nil
	}
	if source.Sign.Scheme == inbound.Standard {
		if _, err := inbound.StandardKey(given); err != nil {
			return "", fmt.Errorf("%w: %w", admin.ErrSystemSecret, err)
		}
	}
	if len(given) < leastSecret || len(given) > mostSecret {
		return "", fmt.Errorf("%w: it has %d to %d letters", admin.ErrSystemSecret, leastSecret, mostSecret)
	}
	return given, nil
}

// What a secret of another system may be.
const (
	leastSecret = 12
	mostSecret  = 500
)

// Add hears a system, and returns its secret. Errors: admin.ErrSystemName, admin.ErrSystemSecret,
// those of inbound.Parse.
func (s *Systems) Add(ctx context.Context, x storage.InboundSource, given string) (string, error) {
	if !api.IsSystemName(x.Name) {
		return "", fmt.Errorf("%w: at most 40 of a–z, 0–9, _ and -", admin.ErrSystemName)
	}
	if x.Name == "new" { // its page is the form
		return "", fmt.Errorf("%w: not %q", admin.ErrSystemName, x.Name)
	}
	taken := fmt.Errorf("%w: there is one of this name", admin.ErrSystemName)
	if _, _, err := s.find(ctx, x.Name); !errors.Is(err, storage.ErrNotFound) {
		if err == nil {
			err = taken
		}
		return "", err
	}
	secret, err := secretOf(x.File, given)
	if err != nil {
		return "", err
	}
	x.Made = s.clock()
	err = s.put(ctx, storage.Installation{}, x, s.sealed(x.Name, []inbound.Secret{{Value: secret}}))
	if errors.Is(err, storage.ErrChanged) {
		err = taken
	}
	return secret, err
}

// Save gives a system another mapping. Errors: storage.ErrNotFound, those of inbound.Parse.
func (s *Systems) Save(ctx context.Context, name, file string) error {
	if _, err := inbound.Parse([]byte(file)); err != nil {
		return err
	}
	return s.turn(ctx, name, func(x *storage.InboundSource) { x.File = file })
}

// Switch lets calls of a system in, or not.
func (s *Systems) Switch(ctx context.Context, name string, on bool) error {
	return s.turn(ctx, name, func(x *storage.InboundSource) { x.Off = !on })
}

func (s *Systems) turn(ctx context.Context, name string, f func(*storage.InboundSource)) error {
	return storage.Repeated(func() error {
		x, i, err := s.find(ctx, name)
		if err != nil {
			return err
		}
		f(&x)
		return s.put(ctx, i, x, i.Sealed)
	})
}

// Rotate gives a system another secret and returns it; the one of before is good for a day more.
func (s *Systems) Rotate(ctx context.Context, name, given string) (secret string, err error) {
	err = storage.Repeated(func() error {
		x, i, err := s.find(ctx, name)
		if err != nil {
			return err
		}
		if secret, err = secretOf(x.File, given); err != nil {
			return err
		}
		secrets := []inbound.Secret{{Value: secret}}
		if was, err := s.secrets(i); err == nil && len(was) > 0 {
			secrets = append(secrets, inbound.Secret{Value: was[0].Value, Until: s.clock().Add(webhook.Rotation)})
		}
		return s.put(ctx, i, x, s.sealed(name, secrets))
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Remove hears a system no more.
func (s *Systems) Remove(ctx context.Context, name string) error {
	if _, _, err := s.find(ctx, name); err != nil {
		return err
	}
	defer s.changed()
	return s.store.DropInstallation(ctx, chat.Inbound, name)
}

// Calls returns the newest calls of a system, with what each whose body is kept would become by
// a mapping; "" = by its own.
func (s *Systems) Calls(ctx context.Context, name, file string) ([]admin.SystemCall, error) {
	x, _, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if file == "" {
		file = x.File
	}
	source, err := inbound.Parse([]byte(file))
	if err != nil {
		return nil, err
	}
	now := s.clock()
	kept, err := s.store.InboundCalls(ctx, name, now.Add(-storage.InboundHours*time.Hour), 2*storage.InboundKept)
	if err != nil {
		return nil, err
	}
	var all []admin.SystemCall
	for _, k := range kept {
		c := admin.SystemCall{InboundCall: k}
		if k.Body != "" {
			text, err := s.seal.open("call:"+name, k.Body)
			if err == nil {
				err = json.Unmarshal([]byte(text), &c.Call)
			}
			if err != nil {
				c.Unread = true
			} else if c.Would, c.Becomes, err = s.door.Would(ctx, name, source, c.Call); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
	}
	return all, nil
}
