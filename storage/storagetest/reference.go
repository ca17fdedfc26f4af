package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// began is when the tests did: every database is younger, also the one that others are copied from.
var began = time.Now()

var referenceTests = map[string]func(*testing.T, *bench){
	"a flow's versions count from one, and an unchanged source is no new version": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		for i, c := range []struct {
			source  string
			version int
			created bool
		}{{"one", 1, true}, {"one", 1, false}, {"two", 2, true}, {"one", 3, true}} {
			version, created, err := b.store.Publish(ctx, "f", c.source, now.Add(time.Duration(i)*time.Second))
			if err != nil || version != c.version || created != c.created {
				t.Fatalf("publish %d: version %d, created %v, %v", i, version, created, err)
			}
		}
		_, _, err := b.store.Publish(ctx, "e", "other", now)
		check(t, err)
		newest := storage.FlowSource{Flow: "f", Version: 3, Source: "one", Published: now.Add(3 * time.Second)}
		same(t, "newest", must(b.store.FlowSource(ctx, "f", 0))(t), newest)
		same(t, "second", must(b.store.FlowSource(ctx, "f", 2))(t), storage.FlowSource{Flow: "f", Version: 2, Source: "two", Published: now.Add(2 * time.Second)})
		same(t, "all", must(b.store.FlowSources(ctx))(t), []storage.FlowSource{{Flow: "e", Version: 1, Source: "other", Published: now}, newest})
	},
	"twenty publishers at once make twenty versions": func(t *testing.T, b *bench) {
		other := b.open(t, Options{Clock: b.clock.Now})
		var mu sync.Mutex
		seen := map[int]string{}
		check(t, concurrently(t.Context(), 20, func(ctx context.Context, i int) error {
			store := b.store
			if i%2 == 1 {
				store = other
			}
			source := fmt.Sprint("source ", i)
			version, created, err := store.Publish(ctx, "f", source, b.clock.Now())
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if !created || seen[version] != "" {
				return fmt.Errorf("version %d: created %v, twice %q", version, created, seen[version])
			}
			seen[version] = source
			return nil
		}))
		for v := 1; v <= 20; v++ {
			if got := must(b.store.FlowSource(t.Context(), "f", v))(t); got.Source != seen[v] || seen[v] == "" {
				t.Fatalf("version %d: %q, want %q", v, got.Source, seen[v])
			}
		}
	},
	"twenty publishers of one source make one version": func(t *testing.T, b *bench) {
		check(t, concurrently(t.Context(), 20, func(ctx context.Context, _ int) error {
			version, _, err := b.store.Publish(ctx, "f", "the same", b.clock.Now())
			if err == nil && version != 1 {
				err = fmt.Errorf("version %d", version)
			}
			return err
		}))
	},
	"sites, customers and accounts are put and read": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		first := storage.Site{ID: "b", Name: "Main Street", Zone: "Europe/Berlin", Language: "de", Created: now}
		check(t, b.store.PutSite(ctx, first))
		check(t, b.store.PutSite(ctx, storage.Site{ID: "a", Name: "A", Created: now}))
		first.Name, first.Signs = "Main Street 2", storage.ByTeam
		again := first
		again.Created = now.Add(time.Hour)
		check(t, b.store.PutSite(ctx, again))
		a1 := storage.Site{ID: "a", Name: "A", Created: now, Gone: now.Add(time.Minute)}
		check(t, b.store.PutSite(ctx, a1))
		same(t, "sites", must(b.store.Sites(ctx))(t), []storage.Site{a1, first})
		same(t, "present sites", storage.Present(must(b.store.Sites(ctx))(t)), []storage.Site{first})
		a1.Gone = time.Time{}
		check(t, b.store.PutSite(ctx, a1))
		same(t, "sites", must(b.store.Sites(ctx))(t), []storage.Site{a1, first})

		c := storage.Customer{ID: "c1", Name: "Ada", Tier: recovery.MVC, Created: now}
		check(t, b.store.PutCustomer(ctx, storage.Customer{ID: "c1", Created: now}))
		check(t, b.store.PutCustomer(ctx, c))
		same(t, "customer", must(b.store.Customer(ctx, "c1"))(t), c)

		a := storage.Account{Platform: chat.Telegram, ID: "42", Name: "shop_bot", Seen: now}
		check(t, b.store.PutAccount(ctx, a))
		a.Name, a.Seen = "new_bot", now.Add(time.Second)
		check(t, b.store.PutAccount(ctx, a))
		same(t, "accounts", must(b.store.Accounts(ctx))(t), []storage.Account{a})
	},
	"what goes on at a site is counted, and what is over is not": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		same(t, "at first", must(b.store.AtSite(ctx, "main"))(t), storage.SiteUse{})
		for _, at := range []string{"main", "main", "east"} {
			for _, state := range []recovery.State{recovery.Open, recovery.Agreed, recovery.Resolved, recovery.Closed} {
				b.putCase(t, storage.Case{Case: recovery.Case{State: state}, Site: at})
			}
			for _, s := range []storage.Session{
				{Site: at, Session: survey.Session{ID: newID(), Status: survey.Active, Expires: now.Add(time.Hour)}},
				{Site: at, Session: survey.Session{ID: newID(), Status: survey.Completed, Ended: now}},
			} {
				b.advance(t, change("", storage.Change{Session: &s}))
			}
			for _, i := range []storage.Invitation{
				{ID: newID(), Site: at, Expires: now.Add(time.Hour), Customer: `"ClaimedBy":""`},
				{ID: newID(), Site: at, Expires: now.Add(time.Hour), RedeemedBy: "i", Customer: `"ClaimedBy":""`},
				{ID: newID(), Site: at, Expires: now.Add(-time.Hour)},
			} {
				b.advance(t, change("", storage.Change{Invitation: &i}))
			}
		}
		same(t, "at main", must(b.store.AtSite(ctx, "main"))(t), storage.SiteUse{Cases: 4, Surveys: 2, Invitations: 2})
		same(t, "at east", must(b.store.AtSite(ctx, "east"))(t), storage.SiteUse{Cases: 2, Surveys: 1, Invitations: 1})
		same(t, "elsewhere", must(b.store.AtSite(ctx, "west"))(t), storage.SiteUse{})
	},
	"installations are put, replaced, listed by platform and dropped": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		one := storage.Installation{
			Platform: chat.Slack, Account: "T2", Name: "Example", Sealed: "v1.abc", Scopes: "chat:write,im:write", Installer: "U1", Installed: now,
		}
		other := storage.Installation{Platform: chat.Slack, Account: "T1", Name: "Other", Sealed: "v1.def", Installed: now.Add(time.Second)}
		elsewhere := storage.Installation{Platform: "elsewhere", Account: "T2", Installed: now}
		for _, i := range []storage.Installation{one, other, elsewhere} {
			check(t, b.store.PutInstallation(ctx, i))
		}
		one.Name, one.Sealed, one.Scopes, one.Installer, one.Installed = "New name", "v1.ghi", "chat:write", "U2", now.Add(time.Minute)
		check(t, b.store.PutInstallation(ctx, one))
		same(t, "installations", must(b.store.Installations(ctx, chat.Slack))(t), []storage.Installation{other, one})
		check(t, b.store.DropInstallation(ctx, chat.Slack, "T2"))
		check(t, b.store.DropInstallation(ctx, chat.Slack, "T2"))
		same(t, "after one went", must(b.store.Installations(ctx, chat.Slack))(t), []storage.Installation{other})
		same(t, "of the other platform", must(b.store.Installations(ctx, "elsewhere"))(t), []storage.Installation{elsewhere})
	},
	"an installation is replaced only as it was read": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		none, one := storage.Installation{}, storage.Installation{
			Platform: chat.Slack, Account: "T1", Name: "One", Sealed: "v1.abc", Scopes: "a", Installer: "U1", Installed: now,
		}
		check(t, b.store.PutInstallation(ctx, storage.Installation{Platform: "elsewhere", Account: "T1", Installed: now}))
		stands := func(what string, want ...storage.Installation) {
			t.Helper()
			same(t, what, must(b.store.Installations(ctx, chat.Slack))(t), want)
		}
		refused := func(what string, was, now storage.Installation) {
			t.Helper()
			if err := b.store.ReplaceInstallation(ctx, was, now); !errors.Is(err, storage.ErrChanged) {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("one that is not there", one, one)
		check(t, b.store.ReplaceInstallation(ctx, none, one))
		check(t, b.store.ReplaceInstallation(ctx, none, one)) // once more
		stands("new", one)
		check(t, b.store.ApproveInstallation(ctx, chat.Slack, "T1", now))
		one.Approved = now
		other := one
		other.Name, other.Sealed, other.Scopes, other.Installer, other.Installed = "Two", "v1.def", "b", "U2", now.Add(time.Second)
		refused("a new one where one is", none, other)
		for what, change := range map[string]func(*storage.Installation){
			"another name": func(i *storage.Installation) { i.Name = "x" }, "another seal": func(i *storage.Installation) { i.Sealed = "x" },
			"other scopes": func(i *storage.Installation) { i.Scopes = "x" }, "another installer": func(i *storage.Installation) { i.Installer = "x" },
			"another moment": func(i *storage.Installation) { i.Installed = now.Add(time.Microsecond) },
		} {
			was := one
			change(&was)
			refused(what, was, other)
		}
		stands("after what was refused", one)
		other.Approved = time.Time{} // it says nothing of that
		check(t, b.store.ReplaceInstallation(ctx, one, other))
		check(t, b.store.ReplaceInstallation(ctx, one, other))
		other.Approved = now
		stands("replaced", other)
		refused("as it was before", one, storage.Installation{Platform: chat.Slack, Account: "T1", Name: "Three", Installed: now})
		check(t, b.store.DropInstallation(ctx, chat.Slack, "T1"))
		refused("one that is gone", other, one)
		stands("one that is gone")
	},
	"of many who replace an installation at once one does": func(t *testing.T, b *bench) {
		ctx, was := t.Context(), storage.Installation{}
		for round := range 4 {
			errs := make(chan error)
			const many = 5
			for i := range many {
				next := storage.Installation{Platform: chat.Slack, Account: "T1", Sealed: fmt.Sprint(round, "-", i), Installed: b.clock.Now()}
				go func() { errs <- b.store.ReplaceInstallation(ctx, was, next) }()
			}
			done := 0
			for range many {
				if err := <-errs; err == nil {
					done++
				} else if !errors.Is(err, storage.ErrChanged) {
					t.Error(err)
				}
			}
			same(t, "who did", done, 1)
			was = must(b.store.Installations(ctx, chat.Slack))(t)[0]
		}
	},
	"an installation waits until it is approved, and stays approved": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		one := storage.Installation{Platform: chat.Slack, Account: "T1", Sealed: "v1.abc", Installed: now}
		check(t, b.store.PutInstallation(ctx, one))
		listed := func() storage.Installation { return must(b.store.Installations(ctx, chat.Slack))(t)[0] }
		same(t, "it waits", listed().Waits(), true)
		if err := b.store.ApproveInstallation(ctx, chat.Slack, "T2", now); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("one that is not there is approved: %v", err)
		}
		check(t, b.store.ApproveInstallation(ctx, chat.Slack, "T1", now.Add(time.Second)))
		check(t, b.store.ApproveInstallation(ctx, chat.Slack, "T1", now.Add(time.Minute)))
		same(t, "since when", listed().Approved, now.Add(time.Second))
		check(t, b.store.PutInstallation(ctx, one))
		same(t, "installed once more", listed().Approved, now.Add(time.Second))
		check(t, b.store.DropInstallation(ctx, chat.Slack, "T1"))
		check(t, b.store.PutInstallation(ctx, one))
		same(t, "installed after it was removed", listed().Waits(), true)
		one.Account, one.Approved = "T3", now
		check(t, b.store.PutInstallation(ctx, one))
		same(t, "approved with its link", must(b.store.Installations(ctx, chat.Slack))(t)[1].Approved, now)
	},
	"a link installs one workspace, and a state comes once": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		put := func(hash, account string) {
			check(t, b.store.PutInstallLink(ctx, storage.InstallLink{Hash: hash, Platform: chat.Slack, Account: account, Expires: now.Add(time.Minute)}))
		}
		use := func(name, hash, account string, at time.Time, ok bool) {
			t.Helper()
			err := b.store.UseInstallLink(ctx, hash, account, at)
			if ok && err != nil || !ok && !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		put("any", "")
		put("t1", "T1")
		use("nobody's", "x", "T1", now, false)
		use("too late", "any", "T1", now.Add(time.Minute), false)
		use("in time", "any", "T1", now, true)
		use("the same workspace again", "any", "T1", now, true)
		use("another", "any", "T2", now, false)
		use("for another", "t1", "T2", now, false)
		use("for this one", "t1", "T1", now, true)
		first := func(state string, at time.Time) bool {
			return must(b.store.UseInstallState(ctx, state, at.Add(time.Minute), at))(t)
		}
		same(t, "states", []bool{first("a", now), first("a", now), first("b", now), first("a", now.Add(30*time.Second))}, []bool{true, false, true, false})
		same(t, "one that is too old anyway", first("a", now.Add(time.Hour)), true)
	},
	"it is known since when links end": func(t *testing.T, b *bench) {
		if at := must(b.store.Moment(t.Context(), storage.LinksEnd))(t); at.Before(began.Add(-time.Minute)) || time.Until(at) > time.Minute {
			t.Errorf("links end since %s", at)
		}
		if _, err := b.store.Moment(t.Context(), "nothing"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("what never began: %v", err)
		}
	},
	"moves are remembered": func(t *testing.T, b *bench) {
		ctx := t.Context()
		check(t, b.store.PutMove(ctx, address(1), address(2)))
		check(t, b.store.PutMove(ctx, address(1), address(3)))
		check(t, b.store.PutMove(ctx, address(4), address(5)))
		same(t, "moves", must(b.store.Moves(ctx))(t), map[chat.Address]chat.Address{address(1): address(3), address(4): address(5)})
	},
	"a lease has one holder, and each takeover a new epoch": func(t *testing.T, b *bench) {
		ctx := t.Context()
		acquire := func(name, holder string, ttl time.Duration) (int64, bool) {
			l, ok, err := b.store.Acquire(ctx, name, holder, ttl)
			check(t, err)
			if ok && (l.Name != name || l.Holder != holder) {
				t.Fatalf("%+v", l)
			}
			return l.Epoch, ok
		}
		first, ok := acquire("l", "a", time.Hour)
		if !ok {
			t.Fatal("a free lease was refused")
		}
		if _, ok := acquire("l", "b", time.Hour); ok {
			t.Fatal("two holders")
		}
		if again, ok := acquire("l", "a", time.Hour); !ok || again != first {
			t.Fatalf("renewal: %v, epoch %d after %d", ok, again, first)
		}
		check(t, b.store.Release(ctx, "l", "b")) // not its own
		if _, ok := acquire("l", "b", time.Hour); ok {
			t.Fatal("released by somebody else")
		}
		check(t, b.store.Release(ctx, "l", "a"))
		second, ok := acquire("l", "b", time.Hour)
		if !ok || second <= first {
			t.Fatalf("after a release: %v, epoch %d after %d", ok, second, first)
		}
		check(t, b.store.Release(ctx, "l", "b"))
		if third, ok := acquire("l", "b", time.Hour); !ok || third <= second {
			t.Fatalf("the same holder after a release: %v, epoch %d after %d", ok, third, second)
		}
		if _, ok := acquire("other", "a", time.Hour); !ok {
			t.Fatal("another name was refused")
		}
	},
	"a lease lapses by the database's own time": func(t *testing.T, b *bench) {
		ctx := t.Context()
		l, ok, err := b.store.Acquire(ctx, "l", "a", 50*time.Millisecond)
		check(t, err)
		if !ok {
			t.Fatal("refused")
		}
		// The injected clock stands still: it must not matter.
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			next, ok, err := b.store.Acquire(ctx, "l", "b", time.Hour)
			check(t, err)
			if ok {
				if next.Epoch <= l.Epoch {
					t.Fatalf("epoch %d after %d", next.Epoch, l.Epoch)
				}
				return
			}
			if time.Now().After(end) {
				t.Fatal("it never lapsed")
			}
		}
	},
	"of many that want a lease one gets it": func(t *testing.T, b *bench) {
		other := b.open(t, Options{})
		var mu sync.Mutex
		got := 0
		check(t, concurrently(t.Context(), 16, func(ctx context.Context, i int) error {
			store := b.store
			if i%2 == 1 {
				store = other
			}
			_, ok, err := store.Acquire(ctx, "l", fmt.Sprint("holder ", i), time.Hour)
			mu.Lock()
			defer mu.Unlock()
			if ok {
				got++
			}
			return err
		}))
		if got != 1 {
			t.Fatalf("%d holders", got)
		}
	},
}
