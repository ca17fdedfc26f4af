package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage"
)

var inboundTests = group{
	"calls of other systems are known for days and their bodies kept for hours": inboundCalls,
}

func inboundCalls(t *testing.T, b *bench) {
	ctx, now := t.Context(), b.clock.Now()
	put := func(source, message string, at time.Time, result string) storage.InboundCall {
		t.Helper()
		c := storage.InboundCall{Source: source, Message: message, At: at, Status: 200, Result: result, Body: "1.sealed " + message}
		if err := b.store.PutInbound(ctx, c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	bare := func(c storage.InboundCall) storage.InboundCall {
		c.Body = ""
		return c
	}
	put("shop", "gone", now.AddDate(0, 0, -storage.InboundDays).Add(-2*time.Minute), "stored")
	old := put("shop", "old", now.Add(-storage.InboundHours*time.Hour-2*time.Minute), "stored")
	other := put("till", "1", now.Add(-time.Hour), "stored")
	put("shop", "1", now.Add(-time.Hour), "refused")
	first := put("shop", "1", now.Add(-time.Minute), "stored") // once more, after the mapping was mended
	same := func(what string, got, want []storage.InboundCall) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
	}
	same("the newest first", must(b.store.InboundCalls(ctx, "shop", now.AddDate(0, 0, -9), 10))(t), []storage.InboundCall{first, bare(old)})
	same("since an hour", must(b.store.InboundCalls(ctx, "shop", now.Add(-time.Hour), 10))(t), []storage.InboundCall{first})
	same("another's", must(b.store.InboundCalls(ctx, "till", now.Add(-time.Hour), 10))(t), []storage.InboundCall{other})
	if got := must(b.store.Inbound(ctx, "shop", "1"))(t); got != bare(first) {
		t.Errorf("a known call is %+v", got)
	}
	for _, message := range []string{"gone", "never"} {
		if _, err := b.store.Inbound(ctx, "shop", message); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the call %s: %v", message, err)
		}
	}
	for i := range storage.InboundKept {
		put("shop", fmt.Sprintf("n%02d", i), now.Add(time.Duration(i)*time.Second), "stored")
	}
	all := must(b.store.InboundCalls(ctx, "shop", now.AddDate(0, 0, -9), 100))(t)
	kept := 0
	for _, c := range all {
		if c.Body != "" {
			kept++
		}
	}
	if len(all) != storage.InboundKept+2 || kept != storage.InboundKept || all[storage.InboundKept].Body != "" {
		t.Errorf("%d calls are known and %d bodies kept, want %d and %d", len(all), kept, storage.InboundKept+2, storage.InboundKept)
	}
	for range 2 { // also when there is nothing left
		if err := b.store.ForgetInbound(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, source := range []string{"shop", "till"} {
		for _, c := range must(b.store.InboundCalls(ctx, source, now.AddDate(0, 0, -9), 100))(t) {
			if c.Body != "" {
				t.Errorf("the body of %s %s is still there", source, c.Message)
			}
		}
	}
}
