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
	"github.com/aftercare/aftercare/survey"
)

// snapshot is the configuration that turns read. It is never changed: a new one
// replaces it, and a turn that runs meanwhile goes on with the old one.
type snapshot struct {
	flows    map[flowKey]*flow
	sites    map[string]site
	accounts map[chat.Platform][]storage.Account
	moves    map[chat.Address]chat.Address
	staff    []chat.Address // who hears of cases until chats are linked and routes configured
	chats    []storage.StaffChat
	team     team
	policy   policy
}

// flowKey names one version of a flow.
type flowKey struct {
	ID      string
	Version int
}

// flow is a parsed version with what is computed once about it.
type flow struct {
	survey.Flow
	Index   map[string]int // question key → index
	Asked   int            // how many questions everybody is asked
	Seconds int            // about how long these take
	More    bool           // further questions may follow, depending on the answers
}

// How long people take for one question, in seconds (domain 3: estimates shown).
const (
	secondsPerTap  = 8
	secondsPerText = 30
)

func newFlow(f survey.Flow) *flow {
	n := &flow{Flow: f, Index: make(map[string]int, len(f.Questions))}
	for i, q := range f.Questions {
		n.Index[q.Key] = i
		way := q.Kind.Info().Way
		switch {
		case way == survey.Shown:
		case q.When != nil:
			n.More = true
		default:
			n.Asked++
			if way == survey.Tapped {
				n.Seconds += secondsPerTap
			} else {
				n.Seconds += secondsPerText
			}
		}
	}
	return n
}

// site is a branch with its time zone ready for use.
type site struct {
	storage.Site
	Zone *time.Location
}

// missing is the error of a turn that needs configuration which the snapshot lacks,
// because another program wrote it a moment ago. It is loaded and the turn run again.
type missing interface {
	error
	load(ctx context.Context, b *Bot) error
}

type missingFlow struct{ flowKey }

func (e *missingFlow) Error() string {
	return fmt.Sprintf("flow %s version %d is not loaded", e.ID, e.Version)
}

func (e *missingFlow) load(ctx context.Context, b *Bot) error { return b.loadFlow(ctx, e.flowKey) }

type missingSite struct{ id string }

func (e *missingSite) Error() string { return fmt.Sprintf("site %s is not loaded", e.id) }

// load reads all sites again. A site that does not exist is remembered as one without
// a name: surveys go on without it.
func (e *missingSite) load(ctx context.Context, b *Bot) error {
	if err := b.refresh(ctx); err != nil {
		return err
	}
	b.change(func(n *snapshot) {
		if _, ok := n.sites[e.id]; !ok {
			n.sites = maps.Clone(n.sites)
			n.sites[e.id] = site{Site: storage.Site{ID: e.id}, Zone: time.UTC}
		}
	})
	return nil
}

// flow returns a version, or a *missingFlow.
func (s *snapshot) flow(id string, version int) (*flow, error) {
	k := flowKey{id, version}
	if f, ok := s.flows[k]; ok {
		return f, nil
	}
	return nil, &missingFlow{k}
}

// site returns a branch, or one without a name whose zone is UTC.
func (s *snapshot) site(id string) site {
	if found, ok := s.sites[id]; ok {
		return found
	}
	return site{Zone: time.UTC}
}

// at returns where a chat is now: the end of its chain of moves.
func (s *snapshot) at(a chat.Address) chat.Address {
	for range len(s.moves) {
		to, ok := s.moves[a]
		if !ok {
			break
		}
		a = to
	}
	return a
}

// account returns the account of a platform that was seen last.
func (s *snapshot) account(p chat.Platform) (storage.Account, bool) {
	var last storage.Account
	for _, a := range s.accounts[p] {
		if last.ID == "" || a.Seen.After(last.Seen) {
			last = a
		}
	}
	return last, last.ID != ""
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
	rules, err := b.readPolicy(ctx, old.policy)
	if err != nil {
		return err
	}
	n := &snapshot{
		flows:    maps.Clone(old.flows),
		sites:    make(map[string]site, len(sites)),
		accounts: make(map[chat.Platform][]storage.Account),
		moves:    moves,
		staff:    old.staff,
		chats:    chats,
		team:     people,
		policy:   rules,
	}
	if n.flows == nil {
		n.flows = make(map[flowKey]*flow, len(sources))
	}
	for _, src := range sources {
		k := flowKey{src.Flow, src.Version}
		if _, ok := n.flows[k]; ok {
			continue
		}
		f, err := b.parsed(src)
		if err != nil {
			// Another program wrote a flow that this one cannot read: its sessions wait,
			// all others go on.
			b.log.Error("a published flow cannot be read", "flow", src.Flow, "version", src.Version, "err", err)
			continue
		}
		n.flows[k] = f
	}
	for _, s := range sites {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil {
			b.log.Warn("a site's time zone is unknown; UTC is used", "site", s.ID, "zone", s.Zone)
			zone = time.UTC
		}
		n.sites[s.ID] = site{Site: s, Zone: zone}
	}
	for _, a := range accounts {
		n.accounts[a.Platform] = append(n.accounts[a.Platform], a)
	}
	b.snap.Store(n)
	return b.observe(ctx)
}

// SetStaff replaces who hears of cases. Which workspace a Slack channel belongs to is
// known only when Slack answers.
func (b *Bot) SetStaff(staff []chat.Address) {
	b.change(func(n *snapshot) { n.staff = slices.Clone(staff) })
}

// parsed reads one stored version.
func (b *Bot) parsed(src storage.FlowSource) (*flow, error) {
	f, err := b.parse([]byte(src.Source))
	if err != nil {
		return nil, fmt.Errorf("parse flow %s version %d: %w", src.Flow, src.Version, err)
	}
	f.ID, f.Version = src.Flow, src.Version
	return newFlow(f), nil
}

// loadFlow adds one version to the snapshot.
func (b *Bot) loadFlow(ctx context.Context, k flowKey) error {
	src, err := b.store.FlowSource(ctx, k.ID, k.Version)
	if err != nil {
		return fmt.Errorf("read flow %s version %d: %w", k.ID, k.Version, err)
	}
	f, err := b.parsed(src)
	if err != nil {
		return err
	}
	b.change(func(n *snapshot) {
		n.flows = maps.Clone(n.flows)
		n.flows[flowKey{src.Flow, src.Version}] = f
	})
	return nil
}

// change replaces the snapshot by a changed copy. The maps in the copy are the old
// ones: f clones those that it changes.
func (b *Bot) change(f func(*snapshot)) {
	b.loads.Lock()
	defer b.loads.Unlock()
	n := *b.snap.Load()
	f(&n)
	b.snap.Store(&n)
}

// newestFlow returns the newest version of a flow by its id. A shipped template that
// was never published is published now.
func (b *Bot) newestFlow(ctx context.Context, id string) (*flow, error) {
	src, err := b.store.FlowSource(ctx, id, 0)
	if errors.Is(err, storage.ErrNotFound) {
		src, err = b.publishTemplate(ctx, id)
	}
	if err != nil {
		return nil, fmt.Errorf("find flow %s: %w", id, err)
	}
	if f, err := b.snap.Load().flow(src.Flow, src.Version); err == nil {
		return f, nil
	}
	if err := b.loadFlow(ctx, flowKey{src.Flow, src.Version}); err != nil {
		return nil, err
	}
	return b.snap.Load().flow(src.Flow, src.Version)
}

func (b *Bot) publishTemplate(ctx context.Context, id string) (storage.FlowSource, error) {
	for _, f := range b.templates() {
		if f.ID != id {
			continue
		}
		source, err := b.format(f)
		if err != nil {
			return storage.FlowSource{}, fmt.Errorf("write template %s: %w", id, err)
		}
		if _, _, err := b.store.Publish(ctx, id, string(source), b.now().UTC()); err != nil {
			return storage.FlowSource{}, fmt.Errorf("publish template %s: %w", id, err)
		}
		return b.store.FlowSource(ctx, id, 0)
	}
	return storage.FlowSource{}, storage.ErrNotFound
}
