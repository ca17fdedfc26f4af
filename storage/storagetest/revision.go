package storagetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// then is when these writes are made.
var then = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// configuring are the writes of the configuration, by the name of the method: each must
// raise the revision.
var configuring = map[string]configuringWrite{
	"Publish": {write: func(ctx context.Context, s storage.Store) error {
		_, _, err := s.Publish(ctx, "f", "source", then)
		return err
	}},
	"PublishRules": {write: func(ctx context.Context, s storage.Store) error {
		_, _, err := s.PublishRules(ctx, "source", then)
		return err
	}},
	"PutSite": {write: func(ctx context.Context, s storage.Store) error {
		return s.PutSite(ctx, storage.Site{ID: "main", Created: then})
	}},
	"ReplaceSite": {write: func(ctx context.Context, s storage.Store) error {
		return s.ReplaceSite(ctx, storage.Site{}, storage.Site{ID: "side", Created: then})
	}},
	"PutAccount": {write: func(ctx context.Context, s storage.Store) error {
		return s.PutAccount(ctx, storage.Account{Platform: chat.Telegram, ID: "42", Seen: then})
	}},
	"PutInstallation": {write: func(ctx context.Context, s storage.Store) error {
		return s.PutInstallation(ctx, storage.Installation{Platform: chat.Slack, Account: "T1", Installed: then})
	}},
	"ReplaceInstallation": {write: func(ctx context.Context, s storage.Store) error {
		return s.ReplaceInstallation(ctx, storage.Installation{}, storage.Installation{Platform: chat.Slack, Account: "T1", Installed: then})
	}},
	"ApproveInstallation": {first: putWorkspace, write: func(ctx context.Context, s storage.Store) error {
		return s.ApproveInstallation(ctx, chat.Slack, "T1", then)
	}},
	"DropInstallation": {write: func(ctx context.Context, s storage.Store) error {
		return s.DropInstallation(ctx, chat.Slack, "T1")
	}},
	"PutMove": {write: func(ctx context.Context, s storage.Store) error {
		return s.PutMove(ctx, address(1), address(2))
	}},

	"PutStaff": {write: putBob},
	"ReplaceStaff": {write: func(ctx context.Context, s storage.Store) error {
		return s.ReplaceStaff(ctx, storage.Staff{}, storage.Staff{ID: "cleo", Created: then})
	}},
	"PutStaffCode": {first: putBob, write: putBobsCode},
	"LinkStaff": {first: putBobsCode, write: func(ctx context.Context, s storage.Store) error {
		_, err := s.LinkStaff(ctx, "hash", storage.Person{Platform: chat.Telegram, Account: "42", User: "7"}, then)
		return err
	}},
	"SpendStaffCode": {first: putBobsCode, write: func(ctx context.Context, s storage.Store) error {
		_, err := s.SpendStaffCode(ctx, "hash", "here", then)
		return err
	}},
	"DropStaff": {first: putBob, write: func(ctx context.Context, s storage.Store) error {
		return s.DropStaff(ctx, "bob", then)
	}},

	"PutStaffChat": {write: putDesk},
	"ReplaceStaffChat": {write: func(ctx context.Context, s storage.Store) error {
		return s.ReplaceStaffChat(ctx, storage.StaffChat{}, storage.StaffChat{Name: "till", Created: then})
	}},
	"PutChatCode":   {first: putDesk, write: putDesksCode},
	"LinkStaffChat": {first: putDesksCode, write: linkDesk},
	"MarkStaffChat": {first: linkedDesk, write: func(ctx context.Context, s storage.Store) error {
		_, err := s.MarkStaffChat(ctx, "desk", then, "why")
		return err
	}},
	"PlaceStaffChat": {write: func(ctx context.Context, s storage.Store) error {
		_, err := s.PlaceStaffChat(ctx, storage.StaffChat{Name: "env", Setting: "CHAT", Address: address(8), Created: then})
		return err
	}},
	"StaffChatAnnounced": {first: deskIsThere, write: func(ctx context.Context, s storage.Store) error {
		return s.StaffChatAnnounced(ctx, "desk", time.Time{})
	}},
	"DropStaffChat": {first: putDesk, write: func(ctx context.Context, s storage.Store) error {
		return s.DropStaffChat(ctx, "desk")
	}},

	// Who can see cases on the pages.
	"Enrol": {write: enrol("amy")},
	"ChangeLogin": {first: enrol("ben"), write: func(ctx context.Context, s storage.Store) error {
		_, err := s.ChangeLogin(ctx, storage.LoginChange{ID: "ben", Now: then, Change: func(l *storage.Login) error {
			l.Owner = true
			return nil
		}})
		return err
	}},
	"DropLogin": {first: enrol("cleo"), write: func(ctx context.Context, s storage.Store) error {
		return s.DropLogin(ctx, "cleo", storage.Audit{})
	}},
}

func enrol(name string) func(context.Context, storage.Store) error {
	return func(ctx context.Context, s storage.Store) error {
		return s.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: name, Name: name, Created: then}, Now: then})
	}
}

// configuringWrite is one of them, and what has to be there before it.
type configuringWrite struct {
	first, write func(context.Context, storage.Store) error
}

// notConfiguring are the methods that raise no revision, and why.
var notConfiguring = map[string]string{
	"PutCustomer": "customers are no configuration, and one comes with every invitation",
	"Revision":    "reads", "FlowSource": "reads", "FlowSources": "reads", "Rules": "reads", "Sites": "reads", "AtSite": "reads", "Customer": "reads",
	"Accounts": "reads", "Installations": "reads", "Moves": "reads", "StaffList": "reads", "StaffLinks": "reads", "StaffOf": "reads", "StaffChatList": "reads",
	"Logins": "reads", "LoginNamed": "reads", "LoginOutside": "reads", "OneTimeLink": "reads", "OneTimeLinks": "reads", "SignedIn": "reads", "WebSessions": "reads", "Audits": "reads",
	"PutOneTimeLink": "a link is no login yet", "PutWebSession": "a session is no login", "MarkWebSession": "a session is no login",
	"EndWebSession": "a session is no login", "Try": "counts tries", "Forgive": "counts tries", "PutAudit": "says what was done",
}

func putWorkspace(ctx context.Context, s storage.Store) error {
	return s.PutInstallation(ctx, storage.Installation{Platform: chat.Slack, Account: "T1", Installed: then})
}

func putBob(ctx context.Context, s storage.Store) error {
	return s.PutStaff(ctx, storage.Staff{ID: "bob", Roles: access.Grants{access.EverySite: access.Agent}, Created: then})
}

func putBobsCode(ctx context.Context, s storage.Store) error {
	if err := putBob(ctx, s); err != nil {
		return err
	}
	return s.PutStaffCode(ctx, storage.StaffCode{Hash: "hash", Staff: "bob", Expires: then.Add(time.Hour)})
}

func putDesk(ctx context.Context, s storage.Store) error {
	return s.PutStaffChat(ctx, storage.StaffChat{Name: "desk", Created: then})
}

func deskIsThere(ctx context.Context, s storage.Store) error {
	if err := putDesk(ctx, s); err != nil {
		return err
	}
	_, err := s.MarkStaffChat(ctx, "desk", time.Time{}, "")
	return err
}

func putDesksCode(ctx context.Context, s storage.Store) error {
	if err := putDesk(ctx, s); err != nil {
		return err
	}
	return s.PutChatCode(ctx, storage.ChatCode{Hash: "chat hash", Name: "desk", Expires: then.Add(time.Hour)})
}

func linkDesk(ctx context.Context, s storage.Store) error {
	_, err := s.LinkStaffChat(ctx, "chat hash", address(9), then)
	return err
}

func linkedDesk(ctx context.Context, s storage.Store) error {
	if err := putDesksCode(ctx, s); err != nil {
		return err
	}
	return linkDesk(ctx, s)
}

var revisionTests = group{
	"every write of the configuration raises the revision": func(t *testing.T, b *bench) {
		ctx := t.Context()
		seen := 0
		for _, part := range []reflect.Type{reflect.TypeFor[storage.Reference](), reflect.TypeFor[storage.Team](), reflect.TypeFor[storage.StaffChats](), reflect.TypeFor[storage.Logins]()} {
			for i := range part.NumMethod() {
				name := part.Method(i).Name
				write, known := configuring[name]
				if why := notConfiguring[name]; known == (why != "") {
					t.Errorf("%s of storage.%s stands in %t of the lists of what raises the revision and what does not: it must be in one", name, part.Name(), known)
					continue
				}
				if !known {
					continue
				}
				seen++
				if write.first != nil {
					check(t, write.first(ctx, b.store))
				}
				before := must(b.store.Revision(ctx))(t)
				check(t, write.write(ctx, b.store))
				if after := must(b.store.Revision(ctx))(t); after <= before {
					t.Errorf("%s leaves the revision at %d; before it, it was %d", name, after, before)
				}
			}
		}
		if seen != len(configuring) {
			t.Errorf("%d of %d writes are methods of the contract", seen, len(configuring))
		}
	},
	"what changes nothing, and what is no configuration, leaves the revision": func(t *testing.T, b *bench) {
		ctx := t.Context()
		check(t, linkedDesk(ctx, b.store))
		for _, name := range []string{"Publish", "PublishRules", "MarkStaffChat", "PlaceStaffChat"} {
			check(t, configuring[name].write(ctx, b.store))
		}
		before := must(b.store.Revision(ctx))(t)
		check(t, configuring["Publish"].write(ctx, b.store))
		check(t, configuring["PublishRules"].write(ctx, b.store))
		check(t, configuring["PlaceStaffChat"].write(ctx, b.store))
		if _, err := b.store.MarkStaffChat(ctx, "desk", then, "why"); err != nil {
			t.Fatal(err)
		}
		check(t, b.store.StaffChatAnnounced(ctx, "desk", then.Add(time.Second))) // it is gone since then
		check(t, b.store.PutCustomer(ctx, storage.Customer{ID: "c", Created: then}))
		if after := must(b.store.Revision(ctx))(t); after != before {
			t.Errorf("the revision went from %d to %d", before, after)
		}
	},
	"of many who write at once, each raises the revision once": func(t *testing.T, b *bench) {
		ctx := t.Context()
		before := must(b.store.Revision(ctx))(t)
		const writers, each = 8, 5
		errs := make(chan error, writers)
		for w := range writers {
			go func() {
				var err error
				for i := 0; i < each && err == nil; i++ {
					err = b.store.PutSite(ctx, storage.Site{ID: string(rune('a' + w)), Created: then})
				}
				errs <- err
			}()
		}
		for range writers {
			check(t, <-errs)
		}
		if after := must(b.store.Revision(ctx))(t); after != before+writers*each {
			t.Errorf("after %d writes the revision went from %d to %d", writers*each, before, after)
		}
	},
}
