package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Config is what a Bot needs from outside.
type Config struct {
	Store     storage.Store
	Key       []byte               // SECRET_KEY: makes the ids of invitations from their tokens
	PublicURL string               // no trailing slash; may have a path; "" = what the pages found
	Clock     func() time.Time     // nil = time.Now
	Log       *slog.Logger         // nil = discard
	Templates func() []survey.Flow // shipped flows, published on first use by name; nil = none
	// Traits are those of every platform on which somebody may be, whoever serves it.
	Traits map[chat.Platform]chat.Traits

	// Parse and Format read and write flow files (package flowfile).
	Parse  func(source []byte) (survey.Flow, error)
	Format func(survey.Flow) ([]byte, error)
	// Policy reads the file of recovery rules (package rulefile); nil = the shipped rules.
	Policy func(source []byte) (recovery.Policy, error)
}

// Bot holds conversations. Its methods are safe for concurrent use.
type Bot struct {
	store     storage.Store
	key       secret
	publicURL string
	now       func() time.Time
	random    func([]byte) // fills it with secret random bytes
	log       *slog.Logger
	templates func() []survey.Flow
	format    func(survey.Flow) ([]byte, error)

	texts    *voice.Texts
	behind   map[chat.Platform]*voice.Texts // the same where commands are words behind another
	watch    *watchers
	viewed   views
	openings openings
	snap     *snapshot.Keeper
	totals   totals
	paces    sync.Map // of standing links: *rate.Limiter by id
	out      *outbox.Outbox
	asker    atomic.Pointer[Asker] // of customers, when staff want it; nil = nobody asks
}

// New loads the configuration snapshot (flows, sites, accounts, moved chats) and
// returns a Bot that is ready to handle updates.
func New(ctx context.Context, c Config) (*Bot, error) {
	if c.Store == nil || c.Parse == nil || c.Format == nil {
		return nil, errors.New("a bot needs a store and a way to read and write flow files")
	}
	if len(c.Traits) == 0 {
		return nil, errors.New("a bot needs to know what its platforms can do")
	}
	if len(c.Key) == 0 {
		return nil, errors.New("a bot needs a secret key")
	}
	said, err := voice.Load()
	if err != nil {
		return nil, fmt.Errorf("load the interface texts: %w", err)
	}
	b := &Bot{
		store: c.Store, key: c.Key, publicURL: strings.TrimRight(c.PublicURL, "/"),
		now: c.Clock, log: c.Log, templates: c.Templates, format: c.Format,
		texts: said, behind: make(map[chat.Platform]*voice.Texts), watch: newWatchers(),
		random: func(p []byte) { rand.Read(p) }, // never fails: it ends the program instead
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.templates == nil {
		b.templates = func() []survey.Flow { return nil }
	}
	for platform, can := range c.Traits {
		switch {
		case can.Lays:
			b.behind[platform] = said.OnPage()
		case can.Slash != "":
			b.behind[platform] = said.Behind(can.Slash)
		}
	}
	b.snap = snapshot.NewKeeper(snapshot.Config{
		Store: b.store, Log: b.log, Parse: c.Parse, Policy: c.Policy, Flows: render.FeedbackFlows(said), Traits: c.Traits,
	})
	if err := b.refresh(ctx); err != nil {
		return nil, fmt.Errorf("load the configuration: %w", err)
	}
	b.out = outbox.New(b.store, aftermath{b}, outbox.Options{Clock: b.now, Log: b.log})
	return b, nil
}

// Configuration is what keeps the configuration of this process.
func (b *Bot) Configuration() *snapshot.Keeper { return b.snap }

// ServeAccount makes this process a candidate for the account's lease and, while it
// holds it, sends the account's deliveries and runs its Intake, until ctx ends. See
// outbox.Outbox.Serve. Limits that it leaves out are the platform's.
func (b *Bot) ServeAccount(ctx context.Context, a outbox.Account) error {
	a.Limits = a.Limits.Or(b.snap.Now().Traits[a.Platform].Limits)
	if looker, ok := a.Sender.(chat.Looker); ok {
		l, own := newLostChats(chatKeeper{b}, a.Platform, a.ID, looker), a.Beside
		a.Beside = func(ctx context.Context) {
			var all sync.WaitGroup
			if own != nil {
				all.Go(func() { own(ctx) })
			}
			all.Go(func() { every(ctx, lostEvery, l.look) })
			all.Wait()
		}
	}
	return b.out.Serve(ctx, a)
}

// Health tells how the database and the accounts of this process are, the accounts in the
// order of their names.
func (b *Bot) Health() outbox.Health { return b.out.Health() }

// Close refuses further turns, waits until the queued ones are committed, and tells
// other processes of what was left to send. It may be called more than once. The
// store stays open.
func (b *Bot) Close() error {
	b.out.Close()
	return nil
}

// refresh reads the configuration again, and how many cases opened lately.
func (b *Bot) refresh(ctx context.Context) error {
	if err := b.snap.Refresh(ctx); err != nil {
		return err
	}
	return b.observe(ctx)
}

// bucketOf is the bucket that a person's conversation lives in.
func (b *Bot) bucketOf(p storage.Person) storage.Bucket {
	return storage.BucketOf(p.Hash16(), b.store.Buckets())
}

// Menus returns the commands that customers are offered in private chats, by language
// of the interface: first, under the language "", for everybody else.
func (b *Bot) Menus() []voice.Menu {
	menus := []voice.Menu{{Commands: b.texts.Of("").Menu()}}
	for _, tag := range voice.Languages {
		menus = append(menus, voice.Menu{Language: tag, Commands: b.texts.Of(tag).Menu()})
	}
	return menus
}
