package storagetest

import (
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

var tokenTests = group{
	"a token is found by its hash, marked and ended once": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		till := storage.Token{
			ID: "t1", Name: "till", Hash: "h1", Scopes: []string{"events:write", "flows:read"}, Sites: []string{"main"}, By: "robin",
			Made: now, Expires: now.Add(time.Hour),
		}
		everywhere := storage.Token{ID: "t2", Name: "all", Hash: "h2", Scopes: []string{"flows:read"}, Sites: []string{}, Made: now}
		for _, x := range []storage.Token{till, everywhere} {
			a := storage.Audit{ID: "made " + x.ID, At: now, Who: "robin", What: "token.make", Subject: x.ID}
			if err := b.store.PutToken(ctx, x, a); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.store.TokenOf(ctx, "h3"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("one that is not there: %v", err)
		}
		same(t, "by its hash", must(b.store.TokenOf(ctx, "h1"))(t), till)
		same(t, "all", must(b.store.TokenList(ctx))(t), []storage.Token{everywhere, till})
		later := now.Add(time.Minute)
		if err := b.store.MarkToken(ctx, "t1", later); err != nil {
			t.Fatal(err)
		}
		end := func() error {
			return b.store.EndToken(ctx, "t1", later, storage.Audit{ID: "ended", At: later, What: "token.end", Subject: "t1"})
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := end(); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("ended twice: %v", err)
		}
		till.Used, till.Ended = later, later
		same(t, "used and ended", must(b.store.TokenOf(ctx, "h1"))(t), till)
		if till.Good(later) || !everywhere.Good(later) {
			t.Error("the one that ended is good, or the other is not")
		}
		all := must(b.store.Audits(ctx, storage.AuditFilter{Subject: "t1", Limit: 9}))(t)
		if len(all) != 2 {
			t.Errorf("%d entries tell of the token, want 2", len(all))
		}
	},
}
