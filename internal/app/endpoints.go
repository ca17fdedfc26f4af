package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/webhook"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
	"github.com/aftercare/aftercare/web/api"
)

// Endpoints is the desk for endpoints of other systems: pages and commands make, test and end them
// by it. A server follows within some seconds.
type Endpoints struct {
	store storage.Store
	bot   *bot.Bot
	seal  sealer
	clock func() time.Time
}

// NewEndpoints returns the desk for a database whose key the settings have.
func NewEndpoints(ctx context.Context, s settings.Settings, store storage.Store, b *bot.Bot, clock func() time.Time) (*Endpoints, error) {
	keys, err := OpenKeys(ctx, s, store, clock)
	if err != nil {
		return nil, err
	}
	seal, err := newSealer(keys.Secret)
	return &Endpoints{store: store, bot: b, seal: seal, clock: clock}, err
}

// endpoints is the desk of a server.
func (a *App) endpoints() *Endpoints {
	return &Endpoints{store: a.store, bot: a.bot, seal: a.connections.seal, clock: a.Clock}
}

// apiEndpoints is the desk as the API knows it: no token allows addresses of private networks.
type apiEndpoints struct{ *Endpoints }

// Add implements api.Endpoints.
func (e apiEndpoints) Add(ctx context.Context, h storage.Hook, url string) (id, secret string, err error) {
	if id, secret, err = e.Endpoints.Add(ctx, h, url, false); errors.Is(err, admin.ErrAddress) {
		err = fmt.Errorf("%w: %w", api.ErrAddress, err)
	}
	return id, secret, err
}

// Rotate implements api.Endpoints.
func (e apiEndpoints) Rotate(ctx context.Context, id string, since time.Time) (string, error) {
	return e.rotate(ctx, id, since)
}

// List implements api.Endpoints.
func (e apiEndpoints) List(ctx context.Context) ([]api.Endpoint, error) {
	all, err := e.Endpoints.List(ctx)
	out := make([]api.Endpoint, len(all))
	for i, x := range all {
		out[i] = api.Endpoint{Hook: x.Hook, URL: x.URL, Private: x.Private}
	}
	return out, err
}

// ErrEndpoint is what is wrong with an endpoint as somebody wrote it, in words for them.
var ErrEndpoint = errors.New("the endpoint is not made")

// badAddress is an address that is not called, as pages know it.
type badAddress struct{ error }

func (badAddress) Is(target error) bool { return target == admin.ErrAddress }

// mostName is the most characters of an endpoint's name.
const mostName = 80

// Add keeps an endpoint, and returns its id and its secret, which is shown only now. Errors that
// are ErrEndpoint say what to write otherwise.
func (e *Endpoints) Add(ctx context.Context, h storage.Hook, url string, private bool) (id, secret string, err error) {
	h.Name = strings.TrimSpace(h.Name)
	if h.Name == "" || len([]rune(h.Name)) > mostName || strings.ContainsFunc(h.Name, unicode.IsControl) {
		return "", "", fmt.Errorf("%w: give it a name of at most %d letters", ErrEndpoint, mostName)
	}
	if len(h.News) == 0 {
		return "", "", fmt.Errorf("%w: say at least one thing that it is told", ErrEndpoint)
	}
	if err := webhook.CheckURL(url, private); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrEndpoint, badAddress{err})
	}
	secret = webhook.NewSecret()
	h.ID, h.Made = cmp.Or(h.ID, uuid.Must(uuid.NewV7()).String()), e.clock()
	target := webhook.Target{URL: url, Private: private, Secrets: []webhook.Secret{{Value: secret}}}
	return h.ID, secret, storage.Repeated(func() error {
		was, err := installed(ctx, e.store, chat.Hook, h.ID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		return e.put(ctx, was, h, e.sealed(h.ID, target))
	})
}

func (e *Endpoints) sealed(id string, t webhook.Target) string {
	return e.seal.seal(place(chat.Hook, id), t.Encode())
}

// put keeps an endpoint in the place of what was read of it. storage.ErrChanged.
func (e *Endpoints) put(ctx context.Context, was storage.Installation, h storage.Hook, sealed string) error {
	if err := e.store.ReplaceInstallation(ctx, was, h.Installation(sealed)); err != nil {
		return fmt.Errorf("keep an endpoint: %w", err)
	}
	return nil
}

// Endpoint is an endpoint and where it is.
type Endpoint = admin.Endpoint

// List returns every endpoint that was not removed, the newest first.
func (e *Endpoints) List(ctx context.Context) ([]Endpoint, error) {
	kept, err := e.store.Installations(ctx, chat.Hook)
	if err != nil {
		return nil, err
	}
	var all []Endpoint
	for i := len(kept) - 1; i >= 0; i-- {
		h, err := storage.HookOf(kept[i])
		if err != nil {
			return nil, err
		}
		if h.Off == storage.HookRemoved {
			continue
		}
		one := Endpoint{Hook: h}
		if t, err := e.target(kept[i]); err == nil {
			one.URL, one.Private = t.URL, t.Private
		}
		all = append(all, one)
	}
	return all, nil
}

func (e *Endpoints) target(i storage.Installation) (webhook.Target, error) {
	text, err := e.seal.open(place(chat.Hook, i.Account), i.Sealed)
	if err != nil {
		return webhook.Target{}, err
	}
	return webhook.Decode(text)
}

// find returns an endpoint that was not removed. storage.ErrNotFound.
func (e *Endpoints) find(ctx context.Context, id string) (storage.Hook, storage.Installation, error) {
	i, err := installed(ctx, e.store, chat.Hook, id)
	if err != nil {
		return storage.Hook{}, storage.Installation{}, fmt.Errorf("endpoint %s: %w", id, err)
	}
	h, err := storage.HookOf(i)
	if err == nil && h.Off == storage.HookRemoved {
		err = fmt.Errorf("endpoint %s: %w", id, storage.ErrNotFound)
	}
	return h, i, err
}

// Test sends test.ping, once, and returns what became of it. It stands in the log.
func (e *Endpoints) Test(ctx context.Context, id string) (storage.HookTry, error) {
	_, i, err := e.find(ctx, id)
	if err != nil {
		return storage.HookTry{}, err
	}
	target, err := e.target(i)
	if err != nil {
		return storage.HookTry{}, err
	}
	client := webhook.New(webhook.Config{Target: target, Clock: e.clock})
	defer client.Close()
	ping := bot.PingNews(e.clock())
	t := hookTry(id, ping, client.Call(ctx, ping.Title, ping.Text, false))
	return t, e.store.PutHookTry(ctx, t)
}

// Rotate gives an endpoint another secret and returns it. What is sent is signed with the one of
// before as well for a day.
func (e *Endpoints) Rotate(ctx context.Context, id string) (string, error) {
	return e.rotate(ctx, id, time.Time{})
}

// rotate rotates a secret unless that was done since a moment; zero = always.
func (e *Endpoints) rotate(ctx context.Context, id string, since time.Time) (secret string, err error) {
	err = storage.Repeated(func() error {
		h, i, err := e.find(ctx, id)
		if err != nil {
			return err
		}
		t, err := e.target(i)
		if err != nil {
			return err
		}
		if !since.IsZero() && len(t.Secrets) > 1 && !t.Secrets[1].Until.Add(-webhook.Rotation).Before(since) {
			secret = t.Secrets[0].Value
			return nil
		}
		secret = webhook.NewSecret()
		return e.put(ctx, i, h, e.sealed(id, t.Rotated(secret, e.clock())))
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Switch switches an endpoint on, or off by hand. What happens while it is off it is never told.
func (e *Endpoints) Switch(ctx context.Context, id string, on bool) error {
	if on {
		return e.turn(ctx, id, "")
	}
	return e.turn(ctx, id, storage.HookByHand)
}

// Remove forgets an endpoint.
func (e *Endpoints) Remove(ctx context.Context, id string) error {
	return e.turn(ctx, id, storage.HookRemoved)
}

func (e *Endpoints) turn(ctx context.Context, id string, off storage.HookOff) error {
	return e.Change(ctx, id, func(h *storage.Hook) error {
		if h.Off, h.OffAt = off, e.clock(); off == "" {
			h.OffAt = time.Time{}
		}
		return nil
	})
}

// Change changes what an endpoint is called, is told, and whether it is on. change is called again where somebody
// else changed it meanwhile; its error changes nothing. storage.ErrNotFound, storage.ErrChanged.
func (e *Endpoints) Change(ctx context.Context, id string, change func(*storage.Hook) error) error {
	return storage.Repeated(func() error {
		h, i, err := e.find(ctx, id)
		if err != nil {
			return err
		}
		if err := change(&h); err != nil {
			return err
		}
		return e.put(ctx, i, h, i.Sealed)
	})
}

// Log returns tries of an endpoint before the one of this id ("" = of all), the newest first.
func (e *Endpoints) Log(ctx context.Context, id, before string, limit int) ([]storage.HookTry, error) {
	if _, _, err := e.find(ctx, id); err != nil {
		return nil, err
	}
	return e.store.HookTries(ctx, id, before, limit)
}

// mostReplayed is the most messages that one replay sends.
const mostReplayed = 10_000

// Replay has messages sent once more: one by its id or, with "", those since a moment, or of these
// only what was not taken. It returns how many.
func (e *Endpoints) Replay(ctx context.Context, id, message string, since time.Time, failed bool) (int, error) {
	if _, _, err := e.find(ctx, id); err != nil {
		return 0, err
	}
	tries, err := e.store.HookNewest(ctx, id, since, failed, mostReplayed)
	if err != nil {
		return 0, err
	}
	if message != "" {
		var one []storage.HookTry
		for _, t := range tries {
			if t.Message == message {
				one = append(one, t)
			}
		}
		if tries = one; len(one) == 0 {
			return 0, fmt.Errorf("message %s: %w", message, storage.ErrNotFound)
		}
	}
	return bot.Hooks{Bot: e.bot}.Replay(ctx, tries)
}
