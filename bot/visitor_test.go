package bot

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// C7: who opens a link second never reads what the first said there; who only looks takes it
// from nobody.
func TestM6AWebLinkIsThatOfTheBrowserThatBegan(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := context.Background()
	inv := w.invite(haircut)
	opens := func(what, browser string, want error) Visitor {
		t.Helper()
		v, err := w.bot.Visitor(ctx, inv.Token, browser)
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		return v
	}
	for _, browser := range []string{"", "a preview", "mine", "theirs"} {
		if v := opens("before anything is said, "+browser, browser, nil); !v.Fresh {
			t.Errorf("%q: the link is not fresh", browser)
		}
	}
	for range 2 { // the answer to the first was lost
		if err := w.bot.ClaimLink(ctx, inv.Token, "mine"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.bot.ClaimLink(ctx, inv.Token, "theirs"); !errors.Is(err, ErrLinkElsewhere) {
		t.Errorf("a second one claims it: %v", err)
	}
	v := opens("the browser that began", "mine", nil)
	if v.Fresh {
		t.Error("it is still fresh")
	}
	c := customer{user: v.User, address: v.Address}
	w.command(c, "start", inv.Token)
	w.press(c, "2")
	opens("the browser that began, later", "mine", nil)
	opens("another", "theirs", ErrLinkElsewhere)
	opens("one without a cookie", "", ErrLinkElsewhere)
	if err := w.bot.ClaimLink(ctx, "nonsense", "mine"); !errors.Is(err, ErrUnknownLink) {
		t.Errorf("no link is claimed: %v", err)
	}
	// What an earlier release opened stays open to whoever has the link, until it is over.
	old := w.invite(haircut)
	v, err := w.bot.Visitor(ctx, old.Token, "")
	if err != nil {
		t.Fatal(err)
	}
	w.command(customer{user: v.User, address: v.Address}, "start", old.Token)
	if err := w.bot.ClaimLink(ctx, old.Token, "theirs"); err != nil {
		t.Errorf("claimed: %v", err)
	}
	if _, err := w.bot.Visitor(ctx, old.Token, "mine"); err != nil {
		t.Errorf("a link of an earlier release: %v", err)
	}
}

// Of many who begin by one link at once, one does.
func TestOfManyBrowsersOneHasTheLink(t *testing.T) {
	for name, open := range bothEngines(4) {
		t.Run(name, func(t *testing.T) {
			w := newWorldOn(t, open(t))
			inv := w.invite(haircut)
			bots := []*Bot{w.bot, w.botOn(w.instance())}
			errs := make([]error, 12)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { errs[i] = bots[i%2].ClaimLink(context.Background(), inv.Token, string(rune('a'+i))) })
			}
			all.Wait()
			have := 0
			for _, err := range errs {
				if err == nil {
					have++
				} else if !errors.Is(err, ErrLinkElsewhere) {
					t.Error(err)
				}
			}
			if have != 1 {
				t.Errorf("%d browsers have the link", have)
			}
			t.Attr("figure", "of 12 browsers that begin at once on two instances one has the link")
		})
	}
}

// elderly is a store whose links have ended for a while.
type elderly struct {
	storage.Store
	since time.Time
}

func (e elderly) Moment(context.Context, string) (time.Time, error) { return e.since, nil }

// M6: a link shows its conversation for 30 days after the end, and no longer.
func TestAWebLinkEndsAMonthAfterItsConversation(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := context.Background()
	w.bot = w.botOn(elderly{w.store, monday.Add(-time.Hour)})
	opens := func(what string, inv Invite, want error) {
		t.Helper()
		if _, err := w.bot.Visitor(ctx, inv.Token, ""); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	begun := func() (Invite, customer) {
		t.Helper()
		inv := w.invite(haircut)
		v, err := w.bot.Visitor(ctx, inv.Token, "")
		if err != nil {
			t.Fatal(err)
		}
		c := customer{user: v.User, address: v.Address}
		w.command(c, "start", inv.Token)
		return inv, c
	}
	live, _ := begun()
	content, happy := begun()
	w.press(happy, "5")
	w.command(happy, "cancel", "")
	sad, unhappy := begun()
	w.press(unhappy, "2")
	w.command(unhappy, "cancel", "")
	w.now = w.now.Add(LinkShows)
	opens("30 days after the end", content, nil)
	w.now = w.now.Add(2 * time.Hour)
	opens("a moment later", content, ErrLinkOver)
	opens("a survey that is not ended", live, nil)
	opens("while the case is open", sad, nil)

	w.act(w.doing(recovery.Take{}, "bob", access.Agent))
	w.act(w.doing(recovery.Resolve{Cause: "price", Actions: []recovery.Action{{Kind: recovery.Apology}}}, "bob", access.Agent))
	opens("once the case is resolved", sad, nil)
	for range 4 { // whether it is settled is asked, and the case is closed
		w.now = w.now.Add(20 * 24 * time.Hour)
		w.sweep()
	}
	if s := w.session(unhappy); !s.Status.Final() {
		w.expire(s) // nobody answered it
	}
	for range 2 {
		w.now = w.now.Add(LinkShows)
		w.sweep()
	}
	if k := w.onlyCase(); k.State.Active() {
		t.Fatalf("the case is %s", k.State)
	}
	opens("a month after the case was closed", sad, ErrLinkOver)

	// Those that were out when links began to end are counted from then.
	w.bot = w.botOn(elderly{w.store, w.now.Add(-LinkShows + time.Minute)})
	opens("before a month has passed since the upgrade", content, nil)
	w.now = w.now.Add(2 * time.Minute)
	opens("afterwards", content, ErrLinkOver)
	t.Attr("figure", "shown for 30 days after the conversation's end, its case included; links of an earlier release for 30 days from the upgrade")
}
