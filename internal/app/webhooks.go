package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/webhook"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// failsFor is for how long nothing was taken of an endpoint before it is switched off.
const failsFor = 3 * 24 * time.Hour

// removedFor is how long a removed endpoint is kept, so that what waited for it is settled.
const removedFor = time.Hour

// hookEndpoints are the endpoints of other systems, as accounts of a platform.
type hookEndpoints struct{ *host }

func newHooks(h *host) (platform, error) { return &hookEndpoints{h}, nil }

func (e *hookEndpoints) name() chat.Platform { return chat.Hook }

func (e *hookEndpoints) state() string { return "on" }

func (e *hookEndpoints) given() []Installation { return nil }

func (e *hookEndpoints) keeps() error { return nil }

func (e *hookEndpoints) whose(context.Context, settings.Secret) (storage.Account, error) {
	return storage.Account{}, errors.New("an endpoint has no token that says whose it is")
}

// open makes what serves an endpoint. One that is switched off takes what still waits for it, and
// nothing of that is sent: its log says so.
func (e *hookEndpoints) open(i Installation) link {
	target, err := webhook.Decode(string(i.Token))
	client := webhook.New(webhook.Config{Target: target, Clock: e.clock, Gone: func(ctx context.Context) {
		e.switchOff(ctx, i.Account, storage.HookGone)
	}, Tried: func(ctx context.Context, m chat.Message, t webhook.Try) { e.tried(ctx, i.Account, m, t) }})
	return link{
		connect: func(context.Context) (storage.Account, error) {
			return storage.Account{Platform: chat.Hook, ID: i.Account, Name: i.Name}, err
		},
		sender: &hookSender{e, i.Account, client}, close: client.Close, nameless: true,
	}
}

func (e *hookEndpoints) patience(Installation) patience {
	return patience{first: time.Minute, most: time.Minute, says: "an endpoint of another system cannot be told anything", refused: "make it anew under Settings, Webhooks"}
}

func (e *hookEndpoints) hooks(*http.ServeMux) {}

func (e *hookEndpoints) close() {}

// run forgets endpoints that were removed a while ago.
func (e *hookEndpoints) run(ctx context.Context) {
	tick := time.NewTicker(removedFor / 4)
	defer tick.Stop()
	for {
		if err := e.forget(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("cannot forget endpoints that were removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (e *hookEndpoints) forget(ctx context.Context) error {
	all, err := e.store.Installations(ctx, chat.Hook)
	if err != nil {
		return err
	}
	for _, i := range all {
		h, err := storage.HookOf(i)
		if err == nil && h.Off == storage.HookRemoved && e.clock().Sub(h.OffAt) > removedFor {
			if err := e.store.DropInstallation(ctx, chat.Hook, i.Account); err != nil {
				return err
			}
		}
	}
	return nil
}

// hook is an endpoint as it is kept now.
func (e *hookEndpoints) hook(ctx context.Context, id string) (h storage.Hook, i storage.Installation, ok bool) {
	i, err := installed(ctx, e.store, chat.Hook, id)
	if err != nil {
		return h, i, false
	}
	h, err = storage.HookOf(i)
	return h, i, err == nil
}

func (e *hookEndpoints) switchOff(ctx context.Context, id string, why storage.HookOff) {
	off := false
	err := storage.Repeated(func() error {
		h, was, ok := e.hook(ctx, id)
		if off = ok && h.Off == ""; !off {
			return nil
		}
		h.Off, h.OffAt = why, e.clock()
		return e.store.ReplaceInstallation(ctx, was, h.Installation(was.Sealed))
	})
	if err != nil {
		e.log.Error("cannot switch an endpoint off", "endpoint", id, "err", err)
	}
	if err != nil || !off {
		return
	}
	e.log.Warn("an endpoint of another system is switched off", "endpoint", id, "why", why, "do", "look at Settings, Webhooks")
}

// tried keeps what became of a call, and switches an endpoint off that has taken nothing for days.
func (e *hookEndpoints) tried(ctx context.Context, id string, m chat.Message, t webhook.Try) {
	if err := e.store.PutHookTry(ctx, hookTry(id, m, t)); err != nil {
		e.log.Warn("cannot keep what became of telling an endpoint", "endpoint", id, "err", err)
		return
	}
	if t.OK() {
		return
	}
	since, err := e.store.HookFailing(ctx, id)
	if err == nil && !since.IsZero() && e.clock().Sub(since) >= failsFor {
		e.switchOff(ctx, id, storage.HookFailing)
	}
}

// hookTry is a call as it is kept.
func hookTry(endpoint string, m chat.Message, t webhook.Try) storage.HookTry {
	var said struct {
		Type storage.News `json:"type"`
	}
	_ = json.Unmarshal([]byte(m.Text), &said) // bodies are ours
	bucket, slot := bot.NewsPlace(m)
	return storage.HookTry{
		ID: uuid.Must(uuid.NewV7()).String(), Endpoint: endpoint, At: t.At, Message: m.Title, News: said.Type, Bucket: bucket, Slot: slot,
		Status: t.Status, Took: t.Took, Answer: t.Answer, Error: t.Error, Replay: t.Replay,
	}
}

// hookSender calls an endpoint unless it is switched off: then what waited is settled without a call, and
// stands in the log, from which it can be sent once more.
type hookSender struct {
	*hookEndpoints
	id     string
	client *webhook.Client
}

// Send implements chat.Sender.
func (s *hookSender) Send(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	on := slices.ContainsFunc(s.bot.Configuration().Now().Hooks, func(h storage.Hook) bool { return h.ID == s.id })
	if !on {
		if h, _, ok := s.hook(ctx, s.id); !ok || h.Off != "" {
			s.tried(ctx, s.id, m, webhook.Try{At: s.clock(), Error: "it is switched off"})
			return chat.Ref(m.Title), nil
		}
	}
	return s.client.Send(ctx, to, m, at)
}
