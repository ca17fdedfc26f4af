package snapshot

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// slow is a store whose next answer about staff and their chats is long under way.
type slow struct {
	storage.Store
	begun, goOn chan struct{} // nil = it answers at once
}

func (s *slow) wait() {
	if begun := s.begun; begun != nil {
		s.begun = nil
		close(begun)
		<-s.goOn
	}
}

func (s *slow) StaffChatList(ctx context.Context) ([]storage.StaffChat, error) {
	all, err := s.Store.StaffChatList(ctx)
	s.wait()
	return all, err
}

func (s *slow) Logins(ctx context.Context) ([]storage.Login, error) { // the last that is read of a team
	all, err := s.Store.Logins(ctx)
	s.wait()
	return all, err
}

// TestWhatWasReadBeforeAChangeIsNotInForceAfterIt: whoever reads a part anew while others take a change into force does
// not put what there was before in its place. The revision would say that the snapshot is as new as the database.
func TestWhatWasReadBeforeAChangeIsNotInForceAfterIt(t *testing.T) {
	for name, c := range map[string]struct {
		part   func(*Keeper, context.Context) error
		change func(context.Context, storage.Store) error
		has    func(*Snapshot) int
	}{
		"chats": {
			(*Keeper).RefreshChats,
			func(ctx context.Context, s storage.Store) error {
				return s.PutStaffChat(ctx, storage.StaffChat{Name: "front"})
			},
			func(n *Snapshot) int { return len(n.Chats) },
		},
		"team": {
			(*Keeper).RefreshTeam,
			func(ctx context.Context, s storage.Store) error {
				return s.PutStaff(ctx, storage.Staff{ID: "mei", Name: "Mei", Created: time.Unix(1e9, 0).UTC()})
			},
			func(n *Snapshot) int { return len(n.Team.Members) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			store, err := sqlite.Open(ctx, sqlitetest.New(t, 1), sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			from := &slow{Store: store}
			k := NewKeeper(Config{Store: from, Log: slog.New(slog.DiscardHandler), Parse: flowfile.Parse})
			if err := k.Refresh(ctx); err != nil {
				t.Fatal(err)
			}
			begun, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error)
			from.begun, from.goOn = begun, goOn
			go func() { done <- c.part(k, ctx) }()
			<-begun
			if err := c.change(ctx, store); err != nil {
				t.Fatal(err)
			}
			if k.loads.TryLock() { // nothing keeps others from taking the change into force meanwhile
				k.loads.Unlock()
				if err := k.Look(ctx); err != nil {
					t.Fatal(err)
				}
			}
			close(goOn)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if err := k.Look(ctx); err != nil {
				t.Fatal(err)
			}
			if n := c.has(k.Now()); n != 1 {
				t.Errorf("there is one, and %d in force", n)
			}
		})
	}
}
