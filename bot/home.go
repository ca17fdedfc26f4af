package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// How much a page shows.
const (
	homeSessions = 12
	homeCases    = 10
	casesRead    = 50 // at a time, until enough are found
)

// Home makes the page of a person, who may be unknown yet. Whoever is linked to a member
// of staff sees the open cases of their sites. It only reads, and may be one commit old.
func (b *Bot) Home(ctx context.Context, p storage.Person) (render.Home, error) {
	f := &frame{b: b, snap: b.snap.Now(), now: b.now().UTC()}
	bucket := b.bucketOf(p)
	var of *storage.Identity
	switch id, err := b.store.Identity(ctx, bucket, p.ID()); {
	case err == nil:
		of = &id
	case !errors.Is(err, storage.ErrNotFound):
		return render.Home{}, fmt.Errorf("read whose page it is: %w", err)
	}
	sessions, err := b.store.SessionsOf(ctx, bucket, p.ID(), homeSessions)
	if err != nil {
		return render.Home{}, fmt.Errorf("read the surveys of a page: %w", err)
	}
	h := render.HomeView{Person: f.talk(nil, of, nil, p.Platform)}
	for i := range sessions {
		s := &sessions[i]
		if _, err := f.snap.Flow(s.Flow, s.Version); err != nil {
			if err := b.snap.LoadFlow(ctx, snapshot.FlowKey{ID: s.Flow, Version: s.Version}); err != nil {
				return render.Home{}, err
			}
			f.snap = b.snap.Now()
		}
		flow, err := f.snap.Flow(s.Flow, s.Version)
		if err != nil {
			return render.Home{}, err
		}
		h.Surveys = append(h.Surveys, f.talk(s, of, flow, s.Address.Platform))
	}
	who, err := b.store.StaffOf(ctx, p)
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && p.ByLink():
		return h.Page(), nil
	case err != nil:
		return render.Home{}, fmt.Errorf("read whether it is a page of staff: %w", err)
	}
	h.Staff = true
	if h.Cases, err = openCasesOf(ctx, b.store, f.snap, who); err != nil {
		return render.Home{}, err
	}
	if who.RoleAt(access.EverySite).Can(access.SeeSettings) && strings.HasPrefix(LinksOf(b).PublicURL(), "http") {
		h.Admin = LinksOf(b).PublicURL() + "/"
	}
	return h.Page(), nil
}

// openCasesOf are as many open cases of somebody's sites as a page has room for: those that
// they hold, then others, the newest first.
func openCasesOf(ctx context.Context, store storage.Reader, snap *snapshot.Snapshot, who storage.Staff) (shown []render.HomeCase, _ error) {
	sites, any := sitesOf(who)
	if !any {
		return nil, nil
	}
	open := storage.CaseFilter{States: recovery.ActiveStates(), Sites: sites, Limit: casesRead}
	held := open
	held.Holder = who.ID
	for _, f := range []storage.CaseFilter{held, open} {
		for k, err := range storage.AllCases(ctx, store, f) {
			switch {
			case err != nil:
				return nil, fmt.Errorf("read the cases of a page: %w", err)
			case k.Decision.Watch || !who.RoleAt(k.Site).Can(access.SeeCases):
			case f.Holder == "" && k.Holder.ID == who.ID: // it is there already
			default:
				shown = append(shown, render.HomeCase{Case: &k, Site: snap.Site(k.Site)})
			}
			if len(shown) == homeCases {
				return shown, nil
			}
		}
	}
	return shown, nil
}

// sitesOf are the sites at which somebody may see cases, if there are any; nil = all but
// those at which they are nobody.
func sitesOf(who storage.Staff) (sites []string, any bool) {
	if who.RoleAt(access.EverySite).Can(access.SeeCases) {
		return nil, true
	}
	for id := range who.Roles {
		if who.RoleAt(id).Can(access.SeeCases) {
			sites = append(sites, id)
		}
	}
	slices.Sort(sites)
	return sites, len(sites) > 0
}
