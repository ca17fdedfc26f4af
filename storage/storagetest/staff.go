package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

var staffTests = map[string]func(*testing.T, *bench){
	"a card and a relayed message are found by what the chat shows, whichever bucket they are in": func(t *testing.T, b *bench) {
		staff := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}
		kinds := []storage.DeliveryKind{storage.CardD, storage.RelayD, storage.QuestionD, storage.NoticeD}
		put := func(i int) (slot string, ref chat.Ref) {
			bucket := storage.Bucket(i % b.store.Buckets())
			slot, ref = fmt.Sprint("relay:", newID()), chat.Ref(fmt.Sprint(1000+i))
			w := want(slot, person(i), "words")
			w.Want.Address, w.Want.Kind = staff, kinds[i%len(kinds)]
			shown := storage.Delivery{Slot: slot, Epoch: 1, Wanted: 1}
			turn := change("", storage.Change{Slots: []storage.SlotOp{w, claim(slot, 1), settle(shown, storage.Delivered, ref)}})
			wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{turn}), nil)
			return slot, ref
		}
		for i := range 4 * len(kinds) {
			slot, ref := put(i)
			got, err := b.store.Shown(t.Context(), staff, ref)
			if kind := kinds[i%len(kinds)]; kind == storage.CardD || kind == storage.RelayD {
				check(t, err)
				same(t, "the slot and the bucket", []any{got.Slot, got.Bucket, got.Render.Text}, []any{slot, storage.Bucket(i % b.store.Buckets()), "words"})
			} else if !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("a %s is found: %v", kind, err)
			}
			for _, in := range []chat.Address{{Platform: chat.Telegram, Account: "43", Chat: "-100"}, {Platform: chat.Telegram, Account: "42", Chat: "-101"}} {
				if _, err := b.store.Shown(t.Context(), in, ref); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%s is found in %s: %v", ref, in, err)
				}
			}
		}
		if _, err := b.store.Shown(t.Context(), staff, ""); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a message without a reference is found: %v", err)
		}
	},
	"staff are put, changed, removed and put back": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		bob := storage.Staff{ID: "bob", Name: "Bob", Roles: access.Grants{"main": access.Agent, access.EverySite: access.Viewer}, Created: now}
		amy := storage.Staff{ID: "amy", Name: "Amy", Roles: access.Grants{access.EverySite: access.Lead}, Created: now}
		check(t, b.store.PutStaff(ctx, bob))
		check(t, b.store.PutStaff(ctx, amy))
		again := bob
		again.Name, again.Roles, again.Created = "Robert", access.Grants{"main": access.Lead}, now.Add(time.Hour)
		check(t, b.store.PutStaff(ctx, again))
		again.Created = now
		same(t, "staff", must(b.store.StaffList(ctx))(t), []storage.Staff{amy, again})
		check(t, b.store.PutStaffCode(ctx, storage.StaffCode{Hash: "h", Staff: "bob", Expires: now.Add(time.Hour)}))
		_ = must(b.store.LinkStaff(ctx, "h", person(1), now))(t)
		check(t, b.store.PutStaffCode(ctx, storage.StaffCode{Hash: "h2", Staff: "bob", Expires: now.Add(time.Hour)}))

		check(t, b.store.DropStaff(ctx, "bob", now.Add(time.Minute)))
		gone := again
		gone.Gone = now.Add(time.Minute)
		same(t, "after one went", must(b.store.StaffList(ctx))(t), []storage.Staff{amy, gone})
		same(t, "links", must(b.store.StaffLinks(ctx))(t), map[storage.Person]string{})
		if _, err := b.store.LinkStaff(ctx, "h2", person(1), now); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a code of somebody who is gone: %v", err)
		}
		if err := b.store.PutStaffCode(ctx, storage.StaffCode{Hash: "h3", Staff: "bob", Expires: now}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a code for somebody who is gone: %v", err)
		}
		if err := b.store.DropStaff(ctx, "nobody", now); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("nobody is removed: %v", err)
		}
		check(t, b.store.PutStaff(ctx, again))
		same(t, "back again", must(b.store.StaffList(ctx))(t), []storage.Staff{amy, again})
		same(t, "without links", must(b.store.StaffLinks(ctx))(t), map[storage.Person]string{})
	},
	"a staff code links one person, once, in time": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		for _, id := range []string{"amy", "bob"} {
			check(t, b.store.PutStaff(ctx, storage.Staff{ID: id, Created: now}))
		}
		put := func(hash, staff string) {
			t.Helper()
			check(t, b.store.PutStaffCode(ctx, storage.StaffCode{Hash: hash, Staff: staff, Expires: now.Add(time.Minute)}))
		}
		link := func(name, hash string, n int, at time.Time, want string) {
			t.Helper()
			got, err := b.store.LinkStaff(ctx, hash, person(n), at)
			if got != want || (want == "") != errors.Is(err, storage.ErrNotFound) || want != "" && err != nil {
				t.Errorf("%s: linked to %q, %v; want %q", name, got, err, want)
			}
		}
		put("1", "amy")
		put("2", "amy") // in place of the first
		put("3", "bob")
		link("a code that was replaced", "1", 1, now, "")
		link("a code nobody made", "x", 1, now, "")
		link("too late", "2", 1, now.Add(time.Minute), "")
		link("in time", "2", 1, now, "amy")
		link("the same person again", "2", 1, now, "amy")
		link("somebody else", "2", 2, now, "")
		link("another's code, by the same person", "3", 1, now, "bob")
		same(t, "links", must(b.store.StaffLinks(ctx))(t), map[storage.Person]string{person(1): "bob"})
	},
	"a code that others saw is nobody's any more": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		check(t, b.store.PutStaff(ctx, storage.Staff{ID: "bob", Created: now}))
		put := func(hash string) {
			check(t, b.store.PutStaffCode(ctx, storage.StaffCode{Hash: hash, Staff: "bob", Expires: now.Add(time.Minute)}))
		}
		spent := func(name, hash, seen string, at time.Time, want string) {
			t.Helper()
			if got, err := b.store.SpendStaffCode(ctx, hash, seen, at); got != want || (want == "") != errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: it was %q's, %v; want %q", name, got, err, want)
			}
		}
		put("1")
		spent("one that nobody made", "x", "here", now, "")
		spent("one that lapsed", "1", "here", now.Add(time.Minute), "")
		spent("one that works", "1", "here", now, "bob")
		spent("the same, once more reported", "1", "here", now, "bob")
		spent("the same elsewhere", "1", "there", now, "")
		if _, err := b.store.LinkStaff(ctx, "1", person(1), now); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a spent code links: %v", err)
		}
		put("2")
		_ = must(b.store.LinkStaff(ctx, "2", person(1), now))(t)
		spent("one that was used", "2", "here", now, "")
	},
	"a turn acts with the rights of its own transaction": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		other := b.open(t, Options{Clock: b.clock.Now})
		link := func(id string, n int) {
			t.Helper()
			check(t, b.store.PutStaff(ctx, storage.Staff{ID: id, Name: "N" + id, Roles: access.Grants{"main": access.Agent}, Created: now}))
			check(t, b.store.PutStaffCode(ctx, storage.StaffCode{Hash: id, Staff: id, Expires: now.Add(time.Minute)}))
			_ = must(b.store.LinkStaff(ctx, id, person(n), now))(t)
		}
		link("amy", 1)
		link("bob", 2)
		who := func(loads ...storage.Load) []string {
			t.Helper()
			seen := make([]string, len(loads))
			var turns []storage.Turn
			for i, l := range loads {
				turns = append(turns, storage.Turn{Load: l, Apply: func(in storage.Loaded) (storage.Change, error) {
					if seen[i] = "nobody"; in.Staff != nil {
						seen[i] = fmt.Sprint(in.Staff.ID, " ", in.Staff.Name, " ", in.Staff.RoleAt("main"))
					}
					return storage.Change{}, nil
				}})
			}
			for _, err := range other.Advance(ctx, 0, turns) {
				check(t, err)
			}
			return seen
		}
		loads := []storage.Load{
			{Staff: person(1)},
			{Staff: person(2)},
			{Staff: person(3)},
			{Staff: person(1)},
			{Person: person(1)},
			{Member: "bob"},
			{Member: "nobody"},
			{Staff: person(1), Member: "bob"},
		}
		const amy, bob = "amy Namy agent", "bob Nbob agent"
		same(t, "who acts", who(loads...), []string{amy, bob, "nobody", amy, "nobody", bob, "nobody", bob})
		same(t, "who is linked", must(other.StaffOf(ctx, person(2)))(t).ID, "bob")
		check(t, b.store.PutStaff(ctx, storage.Staff{ID: "amy", Name: "Amy", Roles: access.Grants{"main": access.Viewer}, Created: now}))
		check(t, b.store.DropStaff(ctx, "bob", now))
		const viewer = "amy Amy viewer"
		same(t, "once rights ended", who(loads...), []string{viewer, "nobody", "nobody", viewer, "nobody", "nobody", "nobody", "nobody"})
		if _, err := other.StaffOf(ctx, person(2)); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("who is gone is linked: %v", err)
		}
	},
	"rights do not end between an act and its commit": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		other := b.open(t, Options{Clock: b.clock.Now})
		check(t, b.store.PutStaff(ctx, storage.Staff{ID: "bob", Roles: access.Grants{"main": access.Agent}, Created: now}))
		dropped, acted := make(chan error, 1), false
		errs := b.store.Advance(ctx, 0, []storage.Turn{{Key: "act", Load: storage.Load{Member: "bob"}, Apply: func(in storage.Loaded) (storage.Change, error) {
			if acted = in.Staff != nil; acted {
				go func() { dropped <- other.DropStaff(ctx, "bob", now) }()
			}
			select {
			case err := <-dropped:
				return storage.Change{}, errors.Join(errors.New("the rights ended while the act was under way"), err)
			case <-time.After(100 * time.Millisecond): // long enough to be first, were nothing in its way
				return storage.Change{}, nil
			}
		}}})
		wantErrors(t, errs, nil)
		if !acted {
			t.Fatal("nobody acted")
		}
		check(t, <-dropped)
	},
	"of many who send one staff code at once, one is linked": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		other := b.open(t, Options{Clock: b.clock.Now})
		check(t, b.store.PutStaff(ctx, storage.Staff{ID: "bob", Created: now}))
		check(t, b.store.PutStaffCode(ctx, storage.StaffCode{Hash: "h", Staff: "bob", Expires: now.Add(time.Minute)}))
		var linked atomic.Int32
		check(t, concurrently(ctx, 12, func(ctx context.Context, i int) error {
			store := b.store
			if i%2 == 1 {
				store = other
			}
			staff, err := store.LinkStaff(ctx, "h", person(i), now)
			switch {
			case err == nil && staff == "bob":
				linked.Add(1)
			case !errors.Is(err, storage.ErrNotFound):
				return fmt.Errorf("%q, %w", staff, err)
			}
			return nil
		}))
		if links := must(b.store.StaffLinks(ctx))(t); linked.Load() != 1 || len(links) != 1 {
			t.Errorf("%d were told that they are linked, %d are", linked.Load(), len(links))
		}
	},
}
