package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// How much a page shows.
const (
	homeSessions = 12
	homeCases    = 10
	casesSeen    = 1000 // of which the open ones at the person's sites are shown
)

// Home makes the page of a person, who may be unknown yet. Whoever is linked to a member
// of staff sees the open cases of their sites. It only reads, and may be one commit old.
func (b *Bot) Home(ctx context.Context, p storage.Person) (Home, error) {
	f := &frame{b: b, snap: b.snap.Load(), now: b.now().UTC()}
	bucket := b.bucketOf(p)
	var of *storage.Identity
	switch id, err := b.store.Identity(ctx, bucket, p.ID()); {
	case err == nil:
		of = &id
	case !errors.Is(err, storage.ErrNotFound):
		return Home{}, fmt.Errorf("read whose page it is: %w", err)
	}
	sessions, err := b.store.SessionsOf(ctx, bucket, p.ID(), homeSessions)
	if err != nil {
		return Home{}, fmt.Errorf("read the surveys of a page: %w", err)
	}
	h := HomeView{Person: f.talk(nil, of, nil, p.Platform)}
	for i := range sessions {
		s := &sessions[i]
		if _, err := f.snap.Flow(s.Flow, s.Version); err != nil {
			if err := b.loadFlow(ctx, FlowKey{s.Flow, s.Version}); err != nil {
				return Home{}, err
			}
			f.snap = b.snap.Load()
		}
		flow, err := f.snap.Flow(s.Flow, s.Version)
		if err != nil {
			return Home{}, err
		}
		h.Surveys = append(h.Surveys, f.talk(s, of, flow, s.Address.Platform))
	}
	who, ok := f.snap.Team.Member(p)
	if !ok {
		return h.Page(), nil
	}
	h.Staff = true
	if h.Cases, err = b.homeCases(ctx, f.snap, who); err != nil {
		return Home{}, err
	}
	if who.RoleAt(storage.EverySite) == recovery.Admin && strings.HasPrefix(b.publicURL, "http") {
		h.Admin = b.publicURL + "/"
	}
	return h.Page(), nil
}

// homeCases are the newest open cases of somebody's sites, those that they hold first.
func (b *Bot) homeCases(ctx context.Context, snap *Snapshot, who storage.Staff) ([]HomeCase, error) {
	cases, err := b.store.Cases(ctx, casesSeen)
	if err != nil {
		return nil, fmt.Errorf("read the cases of a page: %w", err)
	}
	cases = slices.DeleteFunc(cases, func(k storage.Case) bool {
		return !k.State.Active() || k.Decision.Watch || who.RoleAt(k.Site) == recovery.Outsider
	})
	others := func(k storage.Case) int {
		if k.Holder.ID == who.ID {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(cases, func(a, b storage.Case) int { return others(a) - others(b) })
	cases = cases[:min(len(cases), homeCases)]
	shown := make([]HomeCase, len(cases))
	for i := range cases {
		shown[i] = HomeCase{Case: &cases[i], Site: snap.Site(cases[i].Site)}
	}
	return shown, nil
}
