package storagetest

import (
	"errors"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

var alarmTests = group{
	"an alarm is kept once, changed by one at a time, and found while it is on": keptAlarms,
}

func keptAlarms(t *testing.T, b *bench) {
	ctx, now := t.Context(), b.clock.Now()
	if _, err := b.store.Alarm(ctx, "x"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	alarm := func(site string, kind storage.AlarmKind, day string) storage.Alarm {
		return storage.Alarm{
			ID: storage.AlarmID(site, kind, day), Site: site, Kind: kind, Day: day, Made: now,
			AlarmTerms: storage.AlarmTerms{
				By: "sum", Since: day, K: 9, N: 30, Manner: "plain", Low: 0.16, High: 0.48, Usual: 0.1, Sum: &storage.AlarmSum{Up: 6, Down: 1, At: 26, P0: 0.1, P1: 0.2, Apart: 556.6, After: 51.2},
				First: "2026-01-01", Begins: 1, Days: [][2]int{{1, 10}, {9, 30}},
			},
		}
	}
	old, on, other := alarm("a", storage.AlarmBetter, "2026-01-05"), alarm("a", storage.AlarmWorse, "2026-01-10"), alarm("b", storage.AlarmWorse, "2026-02-01")
	old.Over = "2026-01-08"
	newest := alarm("a", storage.AlarmWorse, "2026-02-10")
	for _, a := range []storage.Alarm{on, old, other, newest} {
		if err := b.store.PutAlarm(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	again := on
	again.K, again.Over = 12, "2026-01-11"
	if err := b.store.PutAlarm(ctx, again); err != nil {
		t.Fatal(err)
	}
	same(t, "put again, it is as it was", must(b.store.Alarm(ctx, on.ID))(t), on)
	same(t, "of one site", must(b.store.AlarmList(ctx, []string{"a"}, "2026-01-01", 9))(t), []storage.Alarm{newest, on, old})
	same(t, "since a day, and what is on", must(b.store.AlarmList(ctx, []string{"a", "b"}, "2026-02-05", 9))(t), []storage.Alarm{newest, other, on})
	same(t, "the newest", must(b.store.AlarmList(ctx, []string{"a", "b"}, "2026-01-01", 1))(t), []storage.Alarm{newest})
	if all := must(b.store.AlarmList(ctx, nil, "2026-01-01", 9))(t); len(all) != 0 {
		t.Errorf("of no site: %+v", all)
	}
	refused := errors.New("no")
	if _, err := b.store.ChangeAlarm(ctx, on.ID, storage.Audit{}, func(*storage.Alarm) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("a change that is refused: %v", err)
	}
	if _, err := b.store.ChangeAlarm(ctx, "x", storage.Audit{}, func(*storage.Alarm) error { return nil }); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a change of none: %v", err)
	}
	changed := must(b.store.ChangeAlarm(ctx, on.ID, storage.Audit{ID: "known", At: now, What: "alarm.know", Subject: on.ID}, func(a *storage.Alarm) error {
		a.Known, a.Knows, a.Over = now, "robin", "2026-02-01"
		return nil
	}))(t)
	on.Known, on.Knows, on.Over = now, "robin", "2026-02-01"
	same(t, "changed", changed, on)
	same(t, "as it is kept", must(b.store.Alarm(ctx, on.ID))(t), on)
	// Two change it at the same time: both changes are in it.
	done := make(chan error)
	for range 2 {
		go func() {
			_, err := b.store.ChangeAlarm(ctx, other.ID, storage.Audit{}, func(a *storage.Alarm) error {
				a.K++
				return nil
			})
			done <- err
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	if got := must(b.store.Alarm(ctx, other.ID))(t).K; got != other.K+2 {
		t.Errorf("two counted at the same time, and it is %d", got)
	}
}
