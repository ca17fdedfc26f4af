package bot

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

// A site that was removed is offered to nobody, and nobody is invited there; whoever was in
// the middle of a survey about it finishes it, under its name.
func TestARemovedSiteIsOfferedToNobody(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	ann := telegramUser("7", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street"})
	sites, err := w.store.Sites(ctx)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(sites, func(s storage.Site) bool { return s.ID == "main-street" })
	sites[i].Gone = w.now
	if err := w.store.PutSite(ctx, sites[i]); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.snap.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if named := w.bot.snap.Now().NamedSites(); slices.Contains(named, "main-street") {
		t.Errorf("offered: %v", named)
	}
	if _, err := w.bot.Invite(ctx, InviteRequest{Flow: "one_tap_csat", Site: "main-street"}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("invited: %v", err)
	}
	w.press(ann, "1")
	if k := w.onlyCase(); k.Site != "main-street" {
		t.Errorf("the case is at %q", k.Site)
	}
	if name := w.bot.snap.Now().Site("main-street").Name; name != sites[i].Name {
		t.Errorf("it is called %q", name)
	}
}
