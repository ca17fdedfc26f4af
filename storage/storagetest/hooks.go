package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage"
)

var hookTests = group{
	"what became of telling endpoints is kept for a while": hookTries,
}

func hookTries(t *testing.T, b *bench) {
	ctx, now := t.Context(), b.clock.Now()
	if at := must(b.store.HookFailing(ctx, "crm"))(t); !at.IsZero() {
		t.Errorf("an endpoint that nothing was sent to fails since %v", at)
	}
	n := 0
	put := func(endpoint, message string, at time.Time, slot, failed string) storage.HookTry {
		t.Helper()
		n++
		try := storage.HookTry{
			ID: fmt.Sprintf("%04d", n), Endpoint: endpoint, At: at, Message: message, News: storage.CaseOpened, Bucket: 3, Slot: slot,
			Status: 500, Took: 12 * time.Millisecond, Answer: "nope 你好", Error: failed, Replay: n%2 == 0,
		}
		if err := b.store.PutHookTry(ctx, try); err != nil {
			t.Fatal(err)
		}
		return try
	}
	old := put("crm", "m0", now.AddDate(0, 0, -storage.HookTryDays).Add(-4*time.Hour), "s0", "it answered 500")
	other := put("till", "m1", now, "s1", "it answered 500")
	first := put("crm", "m1", now.Add(-3*time.Hour), "s1", "it answered 500")
	second := put("crm", "m2", now.Add(-2*time.Hour), "s2", "it answered 500")
	if at := must(b.store.HookFailing(ctx, "crm"))(t); !at.Equal(first.At) {
		t.Errorf("it fails since %v, want %v: %v is older than tries are kept", at, first.At, old.At)
	}
	taken := put("crm", "m1", now.Add(-time.Hour), "s1", "")
	if at := must(b.store.HookFailing(ctx, "crm"))(t); !at.IsZero() {
		t.Errorf("it took the newest and fails since %v", at)
	}
	ping := put("crm", "m3", now, "", "no answer")
	if at := must(b.store.HookFailing(ctx, "crm"))(t); !at.Equal(ping.At) {
		t.Errorf("it fails since %v, want %v", at, ping.At)
	}
	for _, c := range []struct {
		what string
		got  []storage.HookTry
		want []storage.HookTry
	}{
		{"the log", must(b.store.HookTries(ctx, "crm", "", 10))(t), []storage.HookTry{ping, taken, second, first}},
		{"its next page", must(b.store.HookTries(ctx, "crm", taken.ID, 1))(t), []storage.HookTry{second}},
		{"another's", must(b.store.HookTries(ctx, "till", "", 10))(t), []storage.HookTry{other}},
		{"the newest of each message", must(b.store.HookNewest(ctx, "crm", now.Add(-5*time.Hour), false, 10))(t), []storage.HookTry{second, taken}},
		{"of what was not taken", must(b.store.HookNewest(ctx, "crm", now.Add(-5*time.Hour), true, 10))(t), []storage.HookTry{second}},
		{"since an hour", must(b.store.HookNewest(ctx, "crm", now.Add(-time.Hour), false, 10))(t), []storage.HookTry{taken}},
		{"at most one", must(b.store.HookNewest(ctx, "crm", now.Add(-5*time.Hour), false, 1))(t), []storage.HookTry{second}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s:\n%s", c.what, diff)
		}
	}
}
