package storagetest

import (
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

var tokenTests = group{
	"a request with a key is answered once, and again by another only if the first is dead": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		k := storage.KeptAnswer{Token: "t1", Key: "k1", Body: "b1", Began: now}
		begin := func(k storage.KeptAnswer, dead time.Time) (storage.KeptAnswer, bool) {
			t.Helper()
			found, begun, err := b.store.BeginAnswer(ctx, k, dead)
			check(t, err)
			return found, begun
		}
		if found, begun := begin(k, now.Add(-time.Minute)); !begun || found != k {
			t.Fatalf("the first is %+v, begun %v", found, begun)
		}
		second := k
		second.Began = now.Add(time.Second)
		if found, begun := begin(second, now.Add(-time.Minute)); begun || found != k {
			t.Errorf("while it is under way another is %+v, begun %v", found, begun)
		}
		other := second
		other.Body = "b2"
		if found, begun := begin(other, now.Add(time.Minute)); begun || found.Body != "b1" {
			t.Errorf("with another body it is %+v, begun %v", found, begun)
		}
		if found, begun := begin(second, now.Add(time.Microsecond)); !begun || !found.Began.Equal(now) {
			t.Errorf("what began before it died is not answered by another, but %+v", found)
		}
		k.Status, k.Answer = 201, "late"
		check(t, b.store.EndAnswer(ctx, k)) // by who was thought dead
		second.Status, second.Answer = 201, "sealed"
		check(t, b.store.EndAnswer(ctx, second))
		check(t, b.store.DropAnswer(ctx, second)) // what had an effect stays
		if found, begun := begin(storage.KeptAnswer{Token: "t1", Key: "k1", Body: "b1", Began: now.Add(time.Hour)}, now.Add(time.Hour)); begun || found != second {
			t.Errorf("afterwards it is %+v, begun %v", found, begun)
		}
		for i, of := range []storage.KeptAnswer{{Token: "t2", Key: "k1", Body: "b1", Began: now}, {Token: "t1", Key: "k2", Body: "b1", Began: now}} {
			if _, begun := begin(of, now); !begun {
				t.Errorf("%d: another token or key is the same", i)
			}
			check(t, b.store.DropAnswer(ctx, of))
			if _, begun := begin(of, now.Add(-time.Hour)); !begun {
				t.Errorf("%d: what was dropped is there", i)
			}
		}
		if _, begun := begin(storage.KeptAnswer{Token: "t1", Key: "k1", Body: "b9", Began: now.Add(storage.KeptFor + time.Hour)}, now); !begun {
			t.Error("it is kept for longer than a day")
		}
	},
	"what other systems were answered is forgotten, and goes after its day": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		kept := func(token, key string, began time.Time) storage.KeptAnswer {
			k := storage.KeptAnswer{Token: token, Key: key, Body: "b", Began: began}
			_, begun, err := b.store.BeginAnswer(ctx, k, began)
			if check(t, err); !begun {
				t.Fatalf("%s %s was there", token, key)
			}
			k.Status, k.Answer = 201, "sealed"
			check(t, b.store.EndAnswer(ctx, k))
			return k
		}
		again := func(k storage.KeptAnswer) storage.KeptAnswer {
			t.Helper()
			k.Status, k.Answer = 0, ""
			found, begun, err := b.store.BeginAnswer(ctx, k, k.Began)
			if check(t, err); begun {
				t.Errorf("%s %s is answered again", k.Token, k.Key)
			}
			return found
		}
		kept("busy", "old", now.Add(-storage.KeptFor-2*time.Hour))
		kept("gone", "old", now.Add(-storage.KeptFor-time.Hour))
		fresh := kept("gone", "new", now.Add(-storage.KeptFor+time.Hour))
		for _, want := range []int{1, 1, 0} {
			if n := must(b.store.PruneAnswers(ctx, now.Add(-storage.KeptFor), 1))(t); n != want {
				t.Errorf("%d went, want %d", n, want)
			}
		}
		same(t, "within its day", again(fresh), fresh)
		check(t, b.store.ForgetAnswers(ctx))
		fresh.Answer = ""
		same(t, "after an erasure", again(fresh), fresh)
	},
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
