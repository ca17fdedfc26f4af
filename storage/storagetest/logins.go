package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// enrolled makes an owner or another login with a member of staff of the same name.
func (b *bench) enrolled(t *testing.T, name string, owner bool) storage.Login {
	t.Helper()
	now := b.clock.Now()
	l := storage.Login{
		ID: newID(), Staff: name, Name: name, Shown: "N" + name, Password: "hash of " + name, Owner: owner, Recovery: []string{}, Created: now,
	}
	check(t, b.store.Enrol(t.Context(), storage.Enrolment{
		Login: l, Staff: &storage.Staff{ID: name, Name: "N" + name, Roles: access.Grants{"main": access.Agent}, Created: now}, Now: now,
	}))
	return l
}

// session begins one of a login.
func (b *bench) webSession(t *testing.T, login, hash string) storage.WebSession {
	t.Helper()
	now := b.clock.Now()
	w := storage.WebSession{ID: newID(), Hash: hash, Login: login, Created: now, Seen: now, Device: "Firefox", Address: "192.0.2.1"}
	check(t, b.store.PutWebSession(t.Context(), w, ""))
	return w
}

// wants fails unless err is want.
func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

var loginTests = group{
	"a login is what it was made, and is found by its name however it is typed": func(t *testing.T, b *bench) {
		ctx := t.Context()
		robin := b.enrolled(t, "Robin", true)
		for _, typed := range []string{"Robin", "robin", " ROBIN ", "Ｒobin"} {
			same(t, typed, must(b.store.LoginNamed(ctx, typed))(t), robin)
		}
		for _, other := range []string{"", "robi", "robin park", "robin%"} {
			_, err := b.store.LoginNamed(ctx, other)
			wants(t, other, err, storage.ErrNotFound)
		}
		keys := []storage.Passkey{{ID: "a", Key: "b", Name: "Firefox", Count: 7, Made: b.clock.Now(), Used: b.clock.Now()}}
		changed := must(b.store.ChangeLogin(ctx, storage.LoginChange{ID: robin.ID, Now: b.clock.Now(), Change: func(l *storage.Login) error { l.Passkeys = keys; return nil }}))(t)
		same(t, "passkeys", must(b.store.LoginNamed(ctx, "robin"))(t), changed)
		same(t, "passkeys", changed.Passkeys, keys)
		_ = must(b.store.ChangeLogin(ctx, storage.LoginChange{ID: robin.ID, Now: b.clock.Now(), Change: func(l *storage.Login) error { l.Passkeys = nil; return nil }}))(t)
		amy := b.enrolled(t, "amy", false)
		same(t, "all", must(b.store.Logins(ctx))(t), []storage.Login{amy, robin})
		staff := must(b.store.StaffList(ctx))(t)
		same(t, "staff", []string{staff[0].Name, staff[1].Name}, []string{"NRobin", "Namy"})
		now := b.clock.Now()
		wants(t, "a name that is taken", b.store.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: newID(), Name: "ROBIN", Created: now}, Now: now}), storage.ErrTaken)
		wants(t, "staff who have one", b.store.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: newID(), Name: "rob", Staff: "Robin", Created: now}, Now: now}), storage.ErrTaken)
		wants(t, "nobody's", b.store.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: newID(), Name: "rob", Staff: "rob", Created: now}, Now: now}), storage.ErrNotFound)
		wants(t, "no name", b.store.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: newID(), Name: "a b", Created: now}, Now: now}), storage.ErrRefused)
		wants(t, "a second first", b.store.Enrol(ctx, storage.Enrolment{First: true, Login: storage.Login{ID: newID(), Name: "rob", Created: now}, Now: now}), storage.ErrNotFound)
	},
	"an account of the identity provider enters one login, by issuer and subject to the letter, until it is taken away": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		robin, amy := b.enrolled(t, "robin", false), b.enrolled(t, "amy", false)
		key := storage.OutsideKey("https://id.example", "Sub-1 x")
		set := func(l storage.Login, key string) error {
			_, err := b.store.ChangeLogin(ctx, storage.LoginChange{ID: l.ID, Now: now, Change: func(l *storage.Login) error { l.Outside = key; return nil }})
			return err
		}
		wants(t, "linked", set(robin, key), nil)
		wants(t, "the same again", set(robin, key), nil)
		robin.Outside = key
		same(t, "found", must(b.store.LoginOutside(ctx, key))(t), robin)
		same(t, "its subject there", robin.SubjectAt("https://id.example"), "Sub-1 x")
		same(t, "elsewhere", robin.SubjectAt("https://id.example/"), "")
		for _, other := range []string{"", " ", "https://id.example sub-1 x", "https://id.example Sub-1", "https://id.example Sub-1 x ", "https://other.example Sub-1 x", "https://id.example Sub-1 %"} {
			_, err := b.store.LoginOutside(ctx, other)
			wants(t, other, err, storage.ErrNotFound)
		}
		wants(t, "another's", set(amy, key), storage.ErrOutsideTaken)
		wants(t, "of who joins", b.store.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: newID(), Name: "bob", Outside: key, Created: now}, Now: now}), storage.ErrOutsideTaken)
		if l := must(b.store.LoginNamed(ctx, "amy"))(t); l.Outside != "" {
			t.Errorf("what was refused is kept: %+v", l)
		}
		check(t, b.store.PutStaff(ctx, storage.Staff{ID: "bob", Created: now}))
		joins := storage.Login{ID: newID(), Name: "bob", Staff: "bob", Shown: "Bob", Outside: storage.OutsideKey("https://id.example", "2"), Recovery: []string{}, Created: now}
		check(t, b.store.Enrol(ctx, storage.Enrolment{Login: joins, Now: now}))
		same(t, "who joined by it", must(b.store.LoginOutside(ctx, joins.Outside))(t), joins)
		wants(t, "taken away", set(robin, ""), nil)
		wants(t, "and given to another", set(amy, key), nil)
		check(t, b.store.DropStaff(ctx, "bob", now))
		_, err := b.store.LoginOutside(ctx, joins.Outside)
		wants(t, "of who left", err, storage.ErrNotFound)
	},
	"a link makes one login, once, in time, for whom it is": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		put := func(hash string, kind storage.LinkKind, who string) {
			check(t, b.store.PutOneTimeLink(ctx, storage.OneTimeLink{Hash: hash, Kind: kind, Who: who, Made: now, Expires: now.Add(time.Hour)}, storage.Audit{}))
		}
		for _, id := range []string{"amy", "bob"} {
			check(t, b.store.PutStaff(ctx, storage.Staff{ID: id, Created: now}))
		}
		put("s", storage.SetupLink, "")
		put("a1", storage.JoinLink, "amy")
		put("a2", storage.JoinLink, "amy") // in place of the first
		use := func(what, link string, kind storage.LinkKind, staff string, at time.Time, want error) storage.Enrolment {
			e := storage.Enrolment{Link: link, Kind: kind, Login: storage.Login{ID: newID(), Name: "n" + link + staff, Staff: staff, Created: now}, Now: at}
			wants(t, what, b.store.Enrol(ctx, e), want)
			return e
		}
		use("unknown", "x", storage.JoinLink, "amy", now, storage.ErrNotFound)
		use("replaced", "a1", storage.JoinLink, "amy", now, storage.ErrNotFound)
		use("of another kind", "a2", storage.SetupLink, "", now, storage.ErrNotFound)
		use("for another", "a2", storage.JoinLink, "bob", now, storage.ErrNotFound)
		use("too late", "a2", storage.JoinLink, "amy", now.Add(time.Hour), storage.ErrNotFound)
		if l := must(b.store.OneTimeLink(ctx, "a2", now))(t); l.Who != "amy" || l.Kind != storage.JoinLink {
			t.Errorf("looked at: %+v", l)
		}
		e := use("good", "a2", storage.JoinLink, "amy", now, nil)
		wants(t, "the same again", b.store.Enrol(ctx, e), nil)
		use("spent", "a2", storage.JoinLink, "amy", now, storage.ErrNotFound)
		_, err := b.store.OneTimeLink(ctx, "a2", now)
		wants(t, "a look at a spent one", err, storage.ErrNotFound)
		same(t, "what is left", must(b.store.OneTimeLinks(ctx, now))(t), []storage.OneTimeLink{{Hash: "s", Kind: storage.SetupLink, Made: now, Expires: now.Add(time.Hour)}})
		same(t, "logins", len(must(b.store.Logins(ctx))(t)), 1)
	},
	"of many who spend one setup link at once, and of many links, one makes the first login": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		other := b.open(t, Options{Clock: b.clock.Now})
		for i := range 3 {
			check(t, b.store.PutOneTimeLink(ctx, storage.OneTimeLink{Hash: fmt.Sprint("s", i), Kind: storage.SetupLink, Made: now, Expires: now.Add(time.Hour)}, storage.Audit{}))
		}
		_ = concurrently(ctx, 12, func(ctx context.Context, i int) error {
			name := fmt.Sprint("n", i)
			store := []storage.Store{b.store, other}[i%2]
			err := store.Enrol(ctx, storage.Enrolment{
				Link: fmt.Sprint("s", i%3), Kind: storage.SetupLink, First: true, Now: now,
				Login: storage.Login{ID: newID(), Name: name, Staff: name, Owner: true, Password: "p", Created: now}, Staff: &storage.Staff{ID: name, Created: now},
			})
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				t.Error(err)
			}
			return err
		})
		same(t, "logins", len(must(b.store.Logins(ctx))(t)), 1)
		same(t, "staff", len(must(b.store.StaffList(ctx))(t)), 1)
	},
	"the last owner stays, whoever asks and however": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		one := b.enrolled(t, "one", true)
		b.enrolled(t, "bob", false)
		ways := map[string]func(l storage.Login) error{
			"removed":      func(l storage.Login) error { return b.store.DropLogin(ctx, l.ID, storage.Audit{}) },
			"leaves staff": func(l storage.Login) error { return b.store.DropStaff(ctx, l.Staff, now) },
			"demoted": func(l storage.Login) error {
				_, err := b.store.ChangeLogin(ctx, storage.LoginChange{ID: l.ID, Change: func(l *storage.Login) error { l.Owner = false; return nil }})
				return err
			},
			"without a password": func(l storage.Login) error {
				_, err := b.store.ChangeLogin(ctx, storage.LoginChange{ID: l.ID, Change: func(l *storage.Login) error { l.Password = ""; return nil }})
				return err
			},
		}
		for what, way := range ways {
			wants(t, "the last one "+what, way(one), storage.ErrLastOwner)
			same(t, "after "+what, must(b.store.LoginNamed(ctx, "one"))(t), one)
		}
		i := 0
		for what, way := range ways {
			i++
			another := b.enrolled(t, fmt.Sprint("o", i), true)
			wants(t, "one of two "+what, way(another), nil)
		}
	},
	"of two owners who demote each other at once, one stays": func(t *testing.T, b *bench) {
		ctx := t.Context()
		other := b.open(t, Options{Clock: b.clock.Now})
		var before string
		for round := range 5 {
			a, c := b.enrolled(t, fmt.Sprint("a", round), true), b.enrolled(t, fmt.Sprint("c", round), true)
			if before != "" {
				check(t, b.store.DropLogin(ctx, before, storage.Audit{}))
			}
			_ = concurrently(ctx, 2, func(ctx context.Context, i int) error {
				store, l := []storage.Store{b.store, other}[i], []storage.Login{a, c}[i]
				_, err := store.ChangeLogin(ctx, storage.LoginChange{ID: l.ID, Change: func(l *storage.Login) error { l.Owner = false; return nil }})
				if err != nil && !errors.Is(err, storage.ErrLastOwner) {
					t.Error(err)
				}
				return err
			})
			owners := 0
			for _, l := range must(b.store.Logins(ctx))(t) {
				if l.Owner {
					owners++
					before = l.ID
				}
			}
			same(t, "owners", owners, 1)
		}
	},
	"a session ends by time, by name, and with its person": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		robin, amy := b.enrolled(t, "robin", true), b.enrolled(t, "amy", false)
		w := b.webSession(t, robin.ID, "h1")
		in := must(b.store.SignedIn(ctx, "h1", now))(t)
		same(t, "who", []any{in.Session, in.Login, in.Staff.ID, in.Staff.Roles}, []any{w, robin, "robin", access.Grants{"main": access.Agent}})
		gone := func(what, hash string, at time.Time) {
			t.Helper()
			_, err := b.store.SignedIn(ctx, hash, at)
			wants(t, what, err, storage.ErrNotFound)
		}
		gone("an unknown one", "x", now)
		gone("no hash", "", now)
		gone("not used for long", "h1", now.Add(storage.SessionIdle))
		used := w
		for used.Seen.Sub(w.Created) < storage.SessionLife {
			used.Seen = used.Seen.Add(storage.SessionIdle / 2)
			check(t, b.store.MarkWebSession(ctx, used))
		}
		gone("used, but old", "h1", used.Seen)
		b.webSession(t, amy.ID, "a1")
		a2 := b.webSession(t, amy.ID, "a2")
		same(t, "of one", len(must(b.store.WebSessions(ctx, amy.ID, now))(t)), 2)
		wants(t, "another's", b.store.EndWebSession(ctx, robin.ID, a2.ID), storage.ErrNotFound)
		check(t, b.store.EndWebSession(ctx, amy.ID, a2.ID))
		gone("ended", "a2", now)
		next := storage.WebSession{ID: newID(), Hash: "a3", Login: amy.ID, Created: now, Seen: now, Fresh: now}
		check(t, b.store.PutWebSession(ctx, next, "a1"))
		gone("replaced", "a1", now)
		same(t, "the next", must(b.store.SignedIn(ctx, "a3", now))(t).Session, next)
		check(t, b.store.PutStaff(ctx, storage.Staff{ID: "amy", Roles: access.Grants{"main": access.Lead}, Created: now}))
		same(t, "rights are those of now", must(b.store.SignedIn(ctx, "a3", now))(t).Staff.Roles, access.Grants{"main": access.Lead})
		check(t, b.store.DropStaff(ctx, "amy", now))
		gone("whose person left", "a3", now)
		check(t, b.store.PutStaff(ctx, storage.Staff{ID: "amy", Created: now}))
		gone("whose person is back", "a3", now)
	},
	"a change of a login ends the other sessions and begins one, or changes nothing": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		robin := b.enrolled(t, "robin", true)
		b.enrolled(t, "amy", false)
		keep := b.webSession(t, robin.ID, "keep")
		b.webSession(t, robin.ID, "other")
		check(t, b.store.PutOneTimeLink(ctx, storage.OneTimeLink{Hash: "r", Kind: storage.ResetLink, Who: robin.ID, Made: now, Expires: now.Add(time.Hour)}, storage.Audit{}))
		own := errors.New("own")
		_, err := b.store.ChangeLogin(ctx, storage.LoginChange{ID: robin.ID, Link: "r", Ends: true, Now: now, Change: func(l *storage.Login) error { l.Name = "x"; return own }})
		wants(t, "an error of the change", err, own)
		_, err = b.store.ChangeLogin(ctx, storage.LoginChange{ID: robin.ID, Ends: true, Now: now, Change: func(l *storage.Login) error { l.Name = "AMY"; return nil }})
		wants(t, "another's name", err, storage.ErrTaken)
		same(t, "sessions", len(must(b.store.WebSessions(ctx, robin.ID, now))(t)), 2)
		begins := storage.WebSession{ID: newID(), Hash: "new", Login: robin.ID, Created: now, Seen: now}
		change := storage.LoginChange{
			ID: robin.ID, Link: "r", Ends: true, Keep: keep.ID, Session: &begins, Now: now, Audit: storage.Audit{ID: newID(), At: now, Who: "robin", What: "login.password"},
			Change: func(l *storage.Login) error {
				l.Password, l.Recovery, l.Step, l.Look, l.Seen = "p2", []string{"c1", "c2"}, 7, "dark", now
				return nil
			},
		}
		want := robin
		want.Password, want.Recovery, want.Step, want.Look, want.Seen = "p2", []string{"c1", "c2"}, 7, "dark", now
		same(t, "changed", must(b.store.ChangeLogin(ctx, change))(t), want)
		same(t, "stored", must(b.store.LoginNamed(ctx, "robin"))(t), want)
		same(t, "sessions now", len(must(b.store.WebSessions(ctx, robin.ID, now))(t)), 2)
		_, err = b.store.SignedIn(ctx, "other", now)
		wants(t, "another session", err, storage.ErrNotFound)
		change.Audit.ID = newID()
		_, err = b.store.ChangeLogin(ctx, change)
		wants(t, "a link that was spent", err, storage.ErrNotFound)
		same(t, "what was written of it", len(must(b.store.Audits(ctx, storage.AuditFilter{Limit: 9}))(t)), 1)
	},
	"tries wait longer each time, count for each key apart, and are forgotten": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		name, place := storage.Try{Key: "n", Free: 3}, storage.Try{Key: "p", Free: 8}
		var waits []time.Duration
		at := now
		for range 8 {
			until := must(b.store.Try(ctx, []storage.Try{name, place}, at))(t)
			waits = append(waits, max(0, until.Sub(at)))
			if until.After(at) {
				at = until
			}
		}
		const s = time.Second
		same(t, "waits", waits, []time.Duration{0, 0, 0, 10 * s, 0, 20 * s, 0, 40 * s})
		same(t, "another name from there", must(b.store.Try(ctx, []storage.Try{{Key: "m", Free: 3}, place}, at))(t), time.Time{})
		check(t, b.store.Forgive(ctx, "n"))
		same(t, "forgiven", must(b.store.Try(ctx, []storage.Try{name}, at))(t), time.Time{})
		for range 20 {
			at = at.Add(storage.WaitAfter(99, 0))
			_ = must(b.store.Try(ctx, []storage.Try{name}, at))(t)
		}
		same(t, "at most", must(b.store.Try(ctx, []storage.Try{name}, at))(t), at.Add(15*time.Minute))
		at = at.Add(storage.TryMemory + time.Second)
		for range 3 {
			same(t, "an hour later", must(b.store.Try(ctx, []storage.Try{name}, at))(t), time.Time{})
		}
	},
	"of many tries at once, no more pass than are free": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		other := b.open(t, Options{Clock: b.clock.Now})
		passed := make(chan bool, 16)
		_ = concurrently(ctx, 16, func(ctx context.Context, i int) error {
			until, err := []storage.Store{b.store, other}[i%2].Try(ctx, []storage.Try{{Key: "b", Free: 3}, {Key: "a", Free: 99}}, now)
			passed <- err == nil && until.IsZero()
			return err
		})
		n := 0
		for range 16 {
			if <-passed {
				n++
			}
		}
		same(t, "passed", n, 3)
	},
	"what was changed is listed, newest first, by whom, what and to what": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		var all []storage.Audit
		for i := range 6 {
			a := storage.Audit{
				ID: newID(), At: now, Who: []string{"robin", "amy"}[i%2], Role: "owner", From: "page", What: []string{"staff.add", "staff.remove", "x"}[i%3],
				Subject: fmt.Sprint("s", i), Before: "b", After: "a",
			}
			check(t, b.store.PutAudit(ctx, a))
			check(t, b.store.PutAudit(ctx, a)) // the same again
			all = append([]storage.Audit{a}, all...)
		}
		same(t, "all", must(b.store.Audits(ctx, storage.AuditFilter{Limit: 9}))(t), all)
		same(t, "a page", must(b.store.Audits(ctx, storage.AuditFilter{Before: all[1].ID, Limit: 2}))(t), all[2:4])
		same(t, "by one", must(b.store.Audits(ctx, storage.AuditFilter{Who: "amy", Limit: 9}))(t), []storage.Audit{all[0], all[2], all[4]})
		same(t, "of a kind", must(b.store.Audits(ctx, storage.AuditFilter{What: "x", Limit: 9}))(t), []storage.Audit{all[0], all[3]})
		same(t, "of one thing", must(b.store.Audits(ctx, storage.AuditFilter{Subject: "s2", Limit: 9}))(t), []storage.Audit{all[3]})
	},
}
