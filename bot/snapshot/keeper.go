package snapshot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Store is what a Keeper reads.
type Store interface {
	storage.Reference
	storage.Team
	storage.StaffChats
	Logins(ctx context.Context) ([]storage.Login, error)
	RetentionDays(ctx context.Context) (privacy.Retention, error)
}

// Config is what a Keeper needs from outside.
type Config struct {
	Store Store
	Log   *slog.Logger
	Parse func(source []byte) (survey.Flow, error)
	// Policy reads the recovery rules; nil = the shipped ones are in force.
	Policy func(source []byte) (recovery.Policy, error)
	Flows  map[FlowKey]*Flow // those that nobody published
	Traits map[chat.Platform]chat.Traits
}

// Keeper holds the snapshot in force, and replaces it. It is safe for concurrent use.
type Keeper struct {
	store  Store
	log    *slog.Logger
	parse  func([]byte) (survey.Flow, error)
	policy func([]byte) (recovery.Policy, error)

	now   atomic.Pointer[Snapshot]
	loads sync.Mutex // held while a new snapshot is made from the old one

	looks int // since everything was read; loads protects it
	taken chan struct{}
}

// LookEvery is how often a running process looks for a change.
const LookEvery = time.Second

// looksBeforeAll is how many looks may find the revision as it was before everything is
// read all the same: five minutes. Programs from before the revision was there write without
// raising it.
const looksBeforeAll = 300

// NewKeeper returns a Keeper that knows nothing yet but what it is given: Refresh reads
// the rest.
func NewKeeper(c Config) *Keeper {
	k := &Keeper{store: c.Store, log: c.Log, parse: c.Parse, policy: c.Policy, taken: make(chan struct{}, 1)}
	k.now.Store(&Snapshot{Flows: c.Flows, Traits: c.Traits})
	return k
}

// Fixed is a Keeper of one snapshot, for tests: it reads nothing.
func Fixed(s *Snapshot) *Keeper {
	k := &Keeper{}
	k.now.Store(s)
	return k
}

// Now is the snapshot in force.
func (k *Keeper) Now() *Snapshot { return k.now.Load() }

// Taken has a value after another revision came into force. One goroutine may wait for it.
func (k *Keeper) Taken() <-chan struct{} { return k.taken }

// RefreshChats takes the linked chats into the snapshot as they are now.
func (k *Keeper) RefreshChats(ctx context.Context) error {
	return k.change(func(n *Snapshot) (err error) {
		if n.Chats, err = k.store.StaffChatList(ctx); err != nil {
			return fmt.Errorf("read the chats of staff: %w", err)
		}
		return nil
	})
}

// RefreshTeam takes the staff into the snapshot as they are now.
func (k *Keeper) RefreshTeam(ctx context.Context) error {
	return k.change(func(n *Snapshot) (err error) {
		n.Team, err = k.readTeam(ctx)
		return err
	})
}

// Look reads the configuration again if the database has another revision than the
// snapshot. It is cheap enough to be called all the time: while nothing changes it reads
// one row.
func (k *Keeper) Look(ctx context.Context) error {
	n, err := k.store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("look for a change of the configuration: %w", err)
	}
	k.loads.Lock()
	k.looks++
	same := n == k.now.Load().Revision && k.looks < looksBeforeAll
	k.loads.Unlock()
	if same {
		return nil
	}
	return k.Refresh(ctx)
}

// Renew is Look for somebody who cannot do anything about a failure: it goes to the log.
func (k *Keeper) Renew(ctx context.Context) {
	if err := k.Look(ctx); err != nil && ctx.Err() == nil {
		k.log.Warn("cannot renew the configuration", "err", err)
	}
}

// Refresh reads the newest flows, sites, accounts, moved chats, staff and recovery rules
// again. Versions that are loaded already are immutable and stay.
func (k *Keeper) Refresh(ctx context.Context) error {
	k.loads.Lock()
	defer k.loads.Unlock()
	// The number comes first: what is read after it is at least as new.
	revision, err := k.store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("read the revision of the configuration: %w", err)
	}
	sources, err := k.store.FlowSources(ctx)
	if err != nil {
		return fmt.Errorf("read flows: %w", err)
	}
	sites, err := k.store.Sites(ctx)
	if err != nil {
		return fmt.Errorf("read sites: %w", err)
	}
	accounts, err := k.store.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	moves, err := k.store.Moves(ctx)
	if err != nil {
		return fmt.Errorf("read moved chats: %w", err)
	}
	people, err := k.readTeam(ctx)
	if err != nil {
		return err
	}
	kept, err := k.store.RetentionDays(ctx)
	if err != nil {
		return fmt.Errorf("read for how long data is kept: %w", err)
	}
	chats, err := k.store.StaffChatList(ctx)
	if err != nil {
		return fmt.Errorf("read the chats of staff: %w", err)
	}
	hooks, err := k.readHooks(ctx)
	if err != nil {
		return err
	}
	old := k.now.Load()
	rules, err := k.readPolicy(ctx, old.Policy)
	if err != nil {
		return err
	}
	n := &Snapshot{
		Revision: revision,
		Flows:    maps.Clone(old.Flows),
		Sites:    make(map[string]Site, len(sites)),
		accounts: make(map[chat.Platform][]storage.Account),
		Moves:    moves,
		Chats:    chats,
		Kept:     kept,
		Team:     people,
		Policy:   rules,
		Hooks:    hooks,
		Traits:   old.Traits,
	}
	if n.Flows == nil {
		n.Flows = make(map[FlowKey]*Flow, len(sources))
	}
	for _, src := range sources {
		key := FlowKey{src.Flow, src.Version}
		if _, ok := n.Flows[key]; ok {
			continue
		}
		f, err := k.parsed(src)
		if err != nil {
			// Another program wrote a flow that this one cannot read: its sessions wait,
			// all others go on.
			k.log.Error("a published flow cannot be read", "flow", src.Flow, "version", src.Version, "err", err)
			n.Lacks = append(n.Lacks, fmt.Sprintf("flow %s version %d", src.Flow, src.Version))
			continue
		}
		n.Flows[key] = f
	}
	for _, s := range sites {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil {
			k.log.Warn("a site's time zone is unknown; UTC is used", "site", s.ID, "zone", s.Zone)
			zone = time.UTC
		}
		s.Name = chat.CleanLine(s.Name)
		n.Sites[s.ID] = Site{Site: s, Zone: zone}
	}
	for _, a := range accounts {
		n.accounts[a.Platform] = append(n.accounts[a.Platform], a)
	}
	if rules.bad > rules.Version {
		n.Lacks = append(n.Lacks, fmt.Sprintf("recovery rules version %d", rules.bad))
	}
	k.now.Store(n)
	k.looks = 0
	if n.Revision != old.Revision {
		select {
		case k.taken <- struct{}{}:
		default: // one is there that nobody has heard yet
		}
	}
	return nil
}

// parsed reads one stored version.
func (k *Keeper) parsed(src storage.FlowSource) (*Flow, error) {
	f, err := k.parse([]byte(src.Source))
	if err != nil {
		return nil, fmt.Errorf("parse flow %s version %d: %w", src.Flow, src.Version, err)
	}
	f.ID, f.Version = src.Flow, src.Version
	return NewFlow(f), nil
}

// LoadFlow adds one version to the snapshot.
func (k *Keeper) LoadFlow(ctx context.Context, key FlowKey) error {
	src, err := k.store.FlowSource(ctx, key.ID, key.Version)
	if err != nil {
		return fmt.Errorf("read flow %s version %d: %w", key.ID, key.Version, err)
	}
	f, err := k.parsed(src)
	if err != nil {
		return err
	}
	k.Change(func(n *Snapshot) {
		n.Flows = maps.Clone(n.Flows)
		n.Flows[FlowKey{src.Flow, src.Version}] = f
	})
	return nil
}

// Change replaces the snapshot by a changed copy. The maps in the copy are the old
// ones: f clones those that it changes.
func (k *Keeper) Change(f func(*Snapshot)) {
	_ = k.change(func(n *Snapshot) error { f(n); return nil })
}

// change is Change, unless f fails. What f reads is the newest when it comes into force: read outside, it might be put
// in the place of what somebody else read later, with a revision that says that it is as new.
func (k *Keeper) change(f func(*Snapshot) error) error {
	k.loads.Lock()
	defer k.loads.Unlock()
	n := *k.now.Load()
	if err := f(&n); err != nil {
		return err
	}
	k.now.Store(&n)
	return nil
}

// readPolicy reads the newest recovery rules. While they cannot be read, because a newer
// program wrote them, those of before stay in force.
func (k *Keeper) readPolicy(ctx context.Context, old Policy) (Policy, error) {
	if k.policy == nil {
		return old, nil
	}
	src, err := k.store.Rules(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return old, nil
	}
	if err != nil {
		return old, fmt.Errorf("read the recovery rules: %w", err)
	}
	if src.Version == old.Version || src.Version == old.bad {
		return old, nil
	}
	p, err := k.policy([]byte(src.Source))
	if err != nil {
		k.log.Error("the published recovery rules cannot be read; those of before stay in force", "version", src.Version, "err", err)
		old.bad = src.Version
		return old, nil
	}
	return Policy{Policy: p, Version: src.Version}, nil
}
