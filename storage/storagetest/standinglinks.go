package storagetest

import (
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

var standingLinkTests = group{
	"a standing link is kept, changed and counted": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		if _, err := b.store.StandingLink(ctx, "x"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("one that is not there: %v", err)
		}
		older := storage.StandingLink{
			ID: "counter", Name: "Counter", Flow: "one_tap_csat", Site: "main", Language: "zh-Hans",
			Event: map[string]string{"service_name": "haircut"}, Created: now,
		}
		newer := storage.StandingLink{ID: "menu", Name: "Menu", Flow: "restaurant", Event: map[string]string{}, Created: now.Add(time.Second)}
		for _, l := range []storage.StandingLink{older, newer} {
			if err := b.store.PutStandingLink(ctx, l); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "one", must(b.store.StandingLink(ctx, "counter"))(t), older)
		same(t, "all", must(b.store.StandingLinkList(ctx))(t), []storage.StandingLink{newer, older})
		for i := range 3 {
			if err := b.store.StandingLinkOpened(ctx, "counter", now.Add(time.Duration(i)*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.store.StandingLinkOpened(ctx, "nobody", now); err != nil {
			t.Errorf("one that is not there is counted with %v", err)
		}
		older.Name, older.Closed = "Counter, closed", now.Add(time.Hour)
		if err := b.store.PutStandingLink(ctx, older); err != nil {
			t.Fatal(err)
		}
		older.Opened, older.Last = 3, now.Add(2*time.Minute)
		same(t, "counted and changed", must(b.store.StandingLink(ctx, "counter"))(t), older)
	},
}
