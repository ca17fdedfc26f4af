package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// readChats takes the linked chats into the snapshot as they are now.
func (b *Bot) readChats(ctx context.Context) error {
	chats, err := b.store.StaffChatList(ctx)
	if err != nil {
		return fmt.Errorf("read the chats of staff: %w", err)
	}
	b.change(func(n *Snapshot) { n.Chats = chats })
	return nil
}

// Missing is the error of a turn that needs configuration which the snapshot lacks,
// because another program wrote it a moment ago. It is loaded and the turn run again.
type Missing interface {
	error
	Load(ctx context.Context, b *Bot) error
}

type missingFlow struct{ FlowKey }

func (e *missingFlow) Error() string {
	return fmt.Sprintf("flow %s version %d is not loaded", e.ID, e.Version)
}

func (e *missingFlow) Load(ctx context.Context, b *Bot) error { return b.loadFlow(ctx, e.FlowKey) }

type MissingSite struct{ id string }

func (e *MissingSite) Error() string { return fmt.Sprintf("site %s is not loaded", e.id) }

// Load reads all sites again. A site that does not exist is remembered as one without
// a name: surveys go on without it.
func (e *MissingSite) Load(ctx context.Context, b *Bot) error {
	if err := b.refresh(ctx); err != nil {
		return err
	}
	b.change(func(n *Snapshot) {
		if _, ok := n.Sites[e.id]; !ok {
			n.Sites = maps.Clone(n.Sites)
			n.Sites[e.id] = Site{Site: storage.Site{ID: e.id}, Zone: time.UTC}
		}
	})
	return nil
}

// refresh reads the newest flows, sites, accounts, moved chats, staff and recovery rules
// again. Versions that are loaded already are immutable and stay.
func (b *Bot) refresh(ctx context.Context) error {
	b.loads.Lock()
	defer b.loads.Unlock()
	sources, err := b.store.FlowSources(ctx)
	if err != nil {
		return fmt.Errorf("read flows: %w", err)
	}
	sites, err := b.store.Sites(ctx)
	if err != nil {
		return fmt.Errorf("read sites: %w", err)
	}
	accounts, err := b.store.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	moves, err := b.store.Moves(ctx)
	if err != nil {
		return fmt.Errorf("read moved chats: %w", err)
	}
	people, err := b.readTeam(ctx)
	if err != nil {
		return err
	}
	chats, err := b.store.StaffChatList(ctx)
	if err != nil {
		return fmt.Errorf("read the chats of staff: %w", err)
	}
	old := b.snap.Load()
	rules, err := b.readPolicy(ctx, old.Policy)
	if err != nil {
		return err
	}
	n := &Snapshot{
		Flows:    maps.Clone(old.Flows),
		Sites:    make(map[string]Site, len(sites)),
		accounts: make(map[chat.Platform][]storage.Account),
		Moves:    moves,
		Staff:    old.Staff,
		Chats:    chats,
		Team:     people,
		Policy:   rules,
		Traits:   old.Traits,
	}
	if n.Flows == nil {
		n.Flows = make(map[FlowKey]*Flow, len(sources))
	}
	for _, src := range sources {
		k := FlowKey{src.Flow, src.Version}
		if _, ok := n.Flows[k]; ok {
			continue
		}
		f, err := b.parsed(src)
		if err != nil {
			// Another program wrote a flow that this one cannot read: its sessions wait,
			// all others go on.
			b.log.Error("a published flow cannot be read", "flow", src.Flow, "version", src.Version, "err", err)
			continue
		}
		n.Flows[k] = f
	}
	for _, s := range sites {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil {
			b.log.Warn("a site's time zone is unknown; UTC is used", "site", s.ID, "zone", s.Zone)
			zone = time.UTC
		}
		n.Sites[s.ID] = Site{Site: s, Zone: zone}
	}
	for _, a := range accounts {
		n.accounts[a.Platform] = append(n.accounts[a.Platform], a)
	}
	b.snap.Store(n)
	return b.observe(ctx)
}

// parsed reads one stored version.
func (b *Bot) parsed(src storage.FlowSource) (*Flow, error) {
	f, err := b.parse([]byte(src.Source))
	if err != nil {
		return nil, fmt.Errorf("parse flow %s version %d: %w", src.Flow, src.Version, err)
	}
	f.ID, f.Version = src.Flow, src.Version
	return NewFlow(f), nil
}

// loadFlow adds one version to the snapshot.
func (b *Bot) loadFlow(ctx context.Context, k FlowKey) error {
	src, err := b.store.FlowSource(ctx, k.ID, k.Version)
	if err != nil {
		return fmt.Errorf("read flow %s version %d: %w", k.ID, k.Version, err)
	}
	f, err := b.parsed(src)
	if err != nil {
		return err
	}
	b.change(func(n *Snapshot) {
		n.Flows = maps.Clone(n.Flows)
		n.Flows[FlowKey{src.Flow, src.Version}] = f
	})
	return nil
}

// change replaces the snapshot by a changed copy. The maps in the copy are the old
// ones: f clones those that it changes.
func (b *Bot) change(f func(*Snapshot)) {
	b.loads.Lock()
	defer b.loads.Unlock()
	n := *b.snap.Load()
	f(&n)
	b.snap.Store(&n)
}

// SetStaff replaces who hears of cases. Which workspace a Slack channel belongs to is
// known only when Slack answers.
func (b *Bot) SetStaff(staff []chat.Address) {
	b.change(func(n *Snapshot) { n.Staff = slices.Clone(staff) })
}

// readPolicy reads the newest recovery rules. While they cannot be read, because a newer
// program wrote them, those of before stay in force.
func (b *Bot) readPolicy(ctx context.Context, old Policy) (Policy, error) {
	if b.policy == nil {
		return old, nil
	}
	src, err := b.store.Rules(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return old, nil
	}
	if err != nil {
		return old, fmt.Errorf("read the recovery rules: %w", err)
	}
	if src.Version == old.Version || src.Version == old.bad {
		return old, nil
	}
	p, err := b.policy([]byte(src.Source))
	if err != nil {
		b.log.Error("the published recovery rules cannot be read; those of before stay in force", "version", src.Version, "err", err)
		old.bad = src.Version
		return old, nil
	}
	return Policy{Policy: p, Version: src.Version}, nil
}
