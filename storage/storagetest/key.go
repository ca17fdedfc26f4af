package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

var keyTests = group{
	"the first record of the key stays": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		if _, err := b.store.KeyRecord(ctx); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("before: %v", err)
		}
		first := storage.KeyRecord{Proof: "one", Since: now}
		check(t, b.store.PutKeyRecord(ctx, first))
		check(t, b.store.PutKeyRecord(ctx, storage.KeyRecord{Proof: "two", Naming: "n", Since: now.Add(time.Hour)}))
		same(t, "record", must(b.store.KeyRecord(ctx))(t), first)
	},
	"a key is replaced with every seal, or not at all": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		for i := range 3 {
			check(t, b.store.PutInstallation(ctx, storage.Installation{Platform: chat.Slack, Account: fmt.Sprint("T", i), Sealed: "old", Installed: now}))
		}
		seal := func(i storage.Installation) (string, error) { return i.Sealed + " " + i.Account, nil }
		first, second := storage.KeyRecord{Proof: "one", Since: now}, storage.KeyRecord{Proof: "two", Naming: "n", Since: now.Add(time.Second)}
		sealed := func() (all string) {
			for _, i := range must(b.store.Installations(ctx, chat.Slack))(t) {
				all += i.Sealed + ";"
			}
			return all
		}
		if err := b.store.ReplaceKey(ctx, "one", second, seal); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("without a record: %v", err)
		}
		check(t, b.store.ReplaceKey(ctx, "", first, seal))
		for what, err := range map[string]error{
			"from none": b.store.ReplaceKey(ctx, "", second, seal), "from another": b.store.ReplaceKey(ctx, "other", second, seal),
		} {
			if !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused := errors.New("not this one")
		err := b.store.ReplaceKey(ctx, "one", second, func(i storage.Installation) (string, error) {
			if i.Account == "T2" {
				return "", refused
			}
			return "half", nil
		})
		if !errors.Is(err, refused) {
			t.Errorf("an error of sealing: %v", err)
		}
		same(t, "record", must(b.store.KeyRecord(ctx))(t), first)
		same(t, "sealed", sealed(), "old T0;old T1;old T2;")
		check(t, b.store.ReplaceKey(ctx, "one", second, seal))
		same(t, "record", must(b.store.KeyRecord(ctx))(t), second)
		same(t, "sealed", sealed(), "old T0 T0;old T1 T1;old T2 T2;")
	},
	"of many who replace one key, one does": func(t *testing.T, b *bench) {
		ctx := t.Context()
		check(t, b.store.PutKeyRecord(ctx, storage.KeyRecord{Proof: "one", Since: b.clock.Now()}))
		var did atomic.Int64
		check(t, concurrently(ctx, 8, func(ctx context.Context, i int) error {
			err := b.store.ReplaceKey(ctx, "one", storage.KeyRecord{Proof: fmt.Sprint("other ", i), Since: b.clock.Now()}, nil)
			if err == nil {
				did.Add(1)
			}
			if errors.Is(err, storage.ErrNotFound) {
				return nil
			}
			return err
		}))
		if did.Load() != 1 {
			t.Errorf("%d did", did.Load())
		}
	},
	"the traces of a key are the sessions that links opened": func(t *testing.T, b *bench) {
		ctx := t.Context()
		if opened, used, err := b.store.KeyTraces(ctx); err != nil || used || len(opened) > 0 {
			t.Fatalf("a new database: %v, %v, %v", opened, used, err)
		}
		check(t, b.store.PutSite(ctx, storage.Site{ID: "s", Created: b.clock.Now()}))
		if _, used, err := b.store.KeyTraces(ctx); err != nil || used {
			t.Errorf("a site is no trace: %v, %v", used, err)
		}
		invite := storage.Invitation{ID: "i", Created: b.clock.Now()}
		check(t, b.store.Advance(ctx, 0, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Invitation: &invite}, nil }}})[0])
		if opened, used, err := b.store.KeyTraces(ctx); err != nil || !used || len(opened) > 0 {
			t.Errorf("an invitation: %v, %v, %v", opened, used, err)
		}
		s := session("s1", person(1), b.clock.Now())
		s.Invitation = "i"
		check(t, b.store.Advance(ctx, 0, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Session: &s}, nil }}})[0])
		opened, used, err := b.store.KeyTraces(ctx)
		if err != nil || !used {
			t.Fatalf("a session: %v, %v", used, err)
		}
		same(t, "opened", opened, []storage.OpenedLink{{Session: "s1", Invitation: "i"}})
	},
}
