package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// replacing is a kind of rows that are written only as they were read.
type replacing[T any] struct {
	list    func(storage.Store, context.Context) ([]T, error)
	replace func(s storage.Store, ctx context.Context, was, now T) error
	first   T
	next    []T                  // of the same key, each another than the one before
	changes map[string]func(*T)  // each makes it another than it is
	drop    func(b *bench) error // takes it away; nil = nothing does
}

// inTurn replaces a row again and again, and never what is not as it was read.
func (r replacing[T]) inTurn(t *testing.T, b *bench) {
	ctx := t.Context()
	var none T
	stands := func(what string, want ...T) {
		t.Helper()
		same(t, what, must(r.list(b.store, ctx))(t), want)
	}
	refused := func(what string, was, now T) {
		t.Helper()
		revision := must(b.store.Revision(ctx))(t)
		if err := r.replace(b.store, ctx, was, now); !errors.Is(err, storage.ErrChanged) {
			t.Errorf("%s: %v", what, err)
		}
		same(t, what+" raises the revision by", must(b.store.Revision(ctx))(t)-revision, int64(0))
	}
	refused("one that is not there", r.first, r.first)
	stands("nothing")
	check(t, r.replace(b.store, ctx, none, r.first))
	check(t, r.replace(b.store, ctx, none, r.first)) // once more
	stands("new", r.first)
	refused("a new one where one is", none, r.next[0])
	for what, change := range r.changes {
		was := r.first
		change(&was)
		refused(what, was, r.next[0])
	}
	stands("after what was refused", r.first)
	before := r.first
	for _, next := range r.next {
		check(t, r.replace(b.store, ctx, before, next))
		check(t, r.replace(b.store, ctx, before, next))
		stands("replaced", next)
		refused("as it was before", before, r.first)
		before = next
	}
	if r.drop != nil {
		check(t, r.drop(b))
		left := must(r.list(b.store, ctx))(t)
		refused("one that went", before, r.first)
		stands("one that went", left...)
	}
}

// atOnce has many replace a row at once: one does.
func (r replacing[T]) atOnce(t *testing.T, b *bench) {
	ctx := t.Context()
	var was T
	for range 3 {
		errs := make(chan error)
		for _, now := range r.next {
			go func() { errs <- r.replace(b.store, ctx, was, now) }()
		}
		done := 0
		for range r.next {
			if err := <-errs; err == nil {
				done++
			} else if !errors.Is(err, storage.ErrChanged) {
				t.Error(err)
			}
		}
		same(t, "who did", done, 1)
		was = must(r.list(b.store, ctx))(t)[0]
		check(t, r.replace(b.store, ctx, was, r.first)) // so that each of them changes it again
		was = r.first
	}
}

// replacingStaff are members of staff.
func replacingStaff(now time.Time) replacing[storage.Staff] {
	bob := storage.Staff{ID: "bob", Name: "Bob", Roles: access.Grants{"main": access.Agent, access.EverySite: access.Viewer}, Created: now}
	named, moved, bare, promoted := bob, bob, bob, bob
	named.Name = "Robert"
	moved.Roles = access.Grants{"main": access.Agent}
	bare.Roles = access.Grants{}
	promoted.Roles = access.Grants{access.EverySite: access.Lead}
	return replacing[storage.Staff]{
		list: storage.Store.StaffList, replace: storage.Store.ReplaceStaff, first: bob, next: []storage.Staff{named, moved, bare, promoted},
		changes: map[string]func(*storage.Staff){
			"another name": func(s *storage.Staff) { s.Name = "x" }, "no roles": func(s *storage.Staff) { s.Roles = nil },
			"another role":   func(s *storage.Staff) { s.Roles = access.Grants{"main": access.Agent, access.EverySite: access.Lead} },
			"another site":   func(s *storage.Staff) { s.Roles = access.Grants{"side": access.Agent, access.EverySite: access.Viewer} },
			"another moment": func(s *storage.Staff) { s.Created = now.Add(time.Microsecond) },
			"gone":           func(s *storage.Staff) { s.Gone = now },
		},
		drop: func(b *bench) error { return b.store.DropStaff(context.Background(), "bob", now) },
	}
}

// replacingSites are sites.
func replacingSites(now time.Time) replacing[storage.Site] {
	main := storage.Site{ID: "main", Name: "Main", Zone: "UTC", Language: "en", Signs: storage.ByTeam, Created: now}
	named, moved, spoken, gone := main, main, main, main
	named.Name = "Main Street"
	moved.Zone = "Europe/Berlin"
	spoken.Language, spoken.Signs = "es", storage.ByFirstName
	gone.Gone = now.Add(time.Hour)
	return replacing[storage.Site]{
		list: storage.Store.Sites, replace: storage.Store.ReplaceSite, first: main, next: []storage.Site{named, moved, spoken, gone},
		changes: map[string]func(*storage.Site){
			"another name": func(s *storage.Site) { s.Name = "x" }, "another zone": func(s *storage.Site) { s.Zone = "x" },
			"another language": func(s *storage.Site) { s.Language = "x" }, "another signature": func(s *storage.Site) { s.Signs = "x" },
			"another moment": func(s *storage.Site) { s.Created = now.Add(time.Microsecond) },
			"gone":           func(s *storage.Site) { s.Gone = now },
		},
	}
}

// replacingLinks are standing links.
func replacingLinks(now time.Time) replacing[storage.StandingLink] {
	counter := storage.StandingLink{
		ID: "counter", Name: "Counter", Flow: "ladder", Site: "main", Language: "en", Event: map[string]string{"service": "haircut"}, Created: now,
	}
	named, moved, closed := counter, counter, counter
	named.Name, named.Event = "Door", map[string]string{}
	moved.Flow, moved.Site, moved.Language = "restaurant", "side", ""
	closed.Closed = now.Add(time.Hour)
	return replacing[storage.StandingLink]{
		list: storage.Store.StandingLinkList, replace: storage.Store.ReplaceStandingLink,
		first: counter, next: []storage.StandingLink{named, moved, closed},
		changes: map[string]func(*storage.StandingLink){
			"another name": func(l *storage.StandingLink) { l.Name = "x" }, "another flow": func(l *storage.StandingLink) { l.Flow = "x" },
			"another site": func(l *storage.StandingLink) { l.Site = "x" }, "another language": func(l *storage.StandingLink) { l.Language = "x" },
			"another service": func(l *storage.StandingLink) { l.Event = nil },
			"another moment":  func(l *storage.StandingLink) { l.Created = now.Add(time.Microsecond) },
			"closed":          func(l *storage.StandingLink) { l.Closed = now },
		},
	}
}

// replacingStaffChats are chats of staff.
func replacingStaffChats(now time.Time) replacing[storage.StaffChat] {
	desk := storage.StaffChat{Name: "desk", Sites: []string{"main"}, Created: now, Announced: true}
	more, all, side := desk, desk, desk
	more.Sites, all.Sites, side.Sites = []string{"main", "side"}, nil, []string{"side"}
	return replacing[storage.StaffChat]{
		list: storage.Store.StaffChatList, replace: storage.Store.ReplaceStaffChat, first: desk, next: []storage.StaffChat{more, all, side},
		changes: map[string]func(*storage.StaffChat){
			"another site": func(c *storage.StaffChat) { c.Sites = []string{"x"} }, "every site": func(c *storage.StaffChat) { c.Sites = nil },
			"a setting":      func(c *storage.StaffChat) { c.Setting = "x" },
			"another moment": func(c *storage.StaffChat) { c.Created = now.Add(time.Microsecond) },
		},
		drop: func(b *bench) error { return b.store.DropStaffChat(context.Background(), "desk") },
	}
}

var replacingTests = group{
	"a chat of staff is replaced only as it was read": func(t *testing.T, b *bench) {
		replacingStaffChats(b.clock.Now()).inTurn(t, b)
	},
	"of many who replace a chat of staff at once one does": func(t *testing.T, b *bench) {
		replacingStaffChats(b.clock.Now()).atOnce(t, b)
	},
	"a chat of staff that is linked meanwhile is replaced, and stays linked": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		was := replacingStaffChats(now).first
		check(t, b.store.ReplaceStaffChat(ctx, storage.StaffChat{}, was))
		check(t, b.store.PutChatCode(ctx, storage.ChatCode{Hash: "h", Name: "desk", Expires: now.Add(time.Hour)}))
		_ = must(b.store.LinkStaffChat(ctx, "h", address(1), now))(t)
		linked := was
		linked.Sites = nil
		check(t, b.store.ReplaceStaffChat(ctx, was, linked))
		linked.Address, linked.Linked = address(1), now
		same(t, "what stands", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{linked})
	},
	"a standing link is replaced only as it was read": func(t *testing.T, b *bench) {
		replacingLinks(b.clock.Now()).inTurn(t, b)
	},
	"of many who replace a standing link at once one does": func(t *testing.T, b *bench) {
		replacingLinks(b.clock.Now()).atOnce(t, b)
	},
	"a standing link that is counted meanwhile is replaced, and stays counted": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		was := replacingLinks(now).first
		check(t, b.store.ReplaceStandingLink(ctx, storage.StandingLink{}, was))
		check(t, b.store.StandingLinkOpened(ctx, was.ID, now))
		closed := was
		closed.Closed = now
		check(t, b.store.ReplaceStandingLink(ctx, was, closed))
		closed.Opened, closed.Last = 1, now
		same(t, "what stands", must(b.store.StandingLink(ctx, was.ID))(t), closed)
	},
	"a site is replaced only as it was read": func(t *testing.T, b *bench) {
		replacingSites(b.clock.Now()).inTurn(t, b)
	},
	"of many who replace a site at once one does": func(t *testing.T, b *bench) {
		replacingSites(b.clock.Now()).atOnce(t, b)
	},
	"a member of staff is replaced only as they were read": func(t *testing.T, b *bench) {
		replacingStaff(b.clock.Now()).inTurn(t, b)
	},
	"of many who replace a member of staff at once one does": func(t *testing.T, b *bench) {
		replacingStaff(b.clock.Now()).atOnce(t, b)
	},
	"who is gone comes back only as they were read": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		bob := storage.Staff{ID: "bob", Name: "Bob", Roles: access.Grants{"main": access.Agent}, Created: now}
		check(t, b.store.ReplaceStaff(ctx, storage.Staff{}, bob))
		check(t, b.store.DropStaff(ctx, "bob", now))
		gone := must(b.store.StaffList(ctx))(t)[0]
		back := gone
		back.Roles = access.Grants{"side": access.Viewer}
		check(t, b.store.ReplaceStaff(ctx, gone, back))
		if err := b.store.ReplaceStaff(ctx, gone, bob); !errors.Is(err, storage.ErrChanged) {
			t.Errorf("who is back already: %v", err)
		}
		back.Gone = time.Time{}
		same(t, "who is back", must(b.store.StaffList(ctx))(t), []storage.Staff{back})
	},
	"who was enrolled without roles is replaced too": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		amy := storage.Staff{ID: "amy", Name: "Amy", Created: now}
		login := storage.Login{ID: newID(), Name: "amy", Staff: "amy", Created: now}
		check(t, b.store.Enrol(ctx, storage.Enrolment{Login: login, Staff: &amy, Now: now}))
		next := amy
		next.Roles = access.Grants{"main": access.Agent}
		check(t, b.store.ReplaceStaff(ctx, must(b.store.StaffList(ctx))(t)[0], next))
		same(t, "what stands", must(b.store.StaffList(ctx))(t), []storage.Staff{next})
	},
}
