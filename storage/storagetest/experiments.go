package storagetest

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// experimented checks that asks of experiments are read with what became of them: session has the level 2.
func (b *bench) experimented(t *testing.T, session string, at storage.Bucket) {
	t.Helper()
	const key = "x/50/after/1h/1d"
	now := b.clock.Now()
	for n, set := range []func(*storage.Ask){
		func(a *storage.Ask) { a.Session, a.At, a.Arm = session, at, "other" },
		func(a *storage.Ask) { a.Session = newID() },                       // nobody has answered
		func(a *storage.Ask) { a.Session, a.State = newID(), "completed" }, // and here the answers are kept no longer
		func(a *storage.Ask) { a.Experiment, a.Arm = "", "" },
		func(a *storage.Ask) { a.Test = true },
		func(a *storage.Ask) { a.Sent = time.Time{} },
		func(a *storage.Ask) { a.Site = "elsewhere" },
		func(a *storage.Ask) { a.Sent = now.AddDate(-1, 0, 0) },
	} {
		a := askOf(b, 700+n, now)
		a.Site, a.State, a.Due, a.Sent, a.Experiment, a.Arm = "a", "sent", time.Time{}, now.Add(time.Duration(n)*time.Second), key, "usual"
		set(&a)
		putAsk(t, b, a, nil)
		if n == 0 {
			again := must(b.store.AsksOf(t.Context(), a.Customer, 1))(t)[0]
			if again.Experiment != key || again.Arm != "other" {
				t.Errorf("the ask is kept as %+v", again)
			}
		}
	}
	f := storage.FigureFilter{Sites: []string{"a", "b"}, Limit: 9}
	list, more, err := b.store.Experimented(t.Context(), f, now.AddDate(0, 0, -30))
	if err != nil || more {
		t.Fatal(more, err)
	}
	same(t, "asked in an experiment", list, []storage.ExperimentAsk{
		{Experiment: key, Arm: "other", Sent: now, Customer: "C-700", Answered: true, Level: 2},
		{Experiment: key, Arm: "usual", Sent: now.Add(time.Second), Customer: "C-701"},
		{Experiment: key, Arm: "usual", Sent: now.Add(2 * time.Second), Customer: "C-702", Answered: true},
	})
	f.Limit = 1
	if _, more, err := b.store.Experimented(t.Context(), f, now.AddDate(0, 0, -30)); err != nil || !more {
		t.Errorf("more than the limit: %v, %v", more, err)
	}
	f.Sites, f.Limit = nil, 9
	if list, _, err := b.store.Experimented(t.Context(), f, now.AddDate(0, 0, -30)); err != nil || len(list) != 0 {
		t.Errorf("of no site: %v, %v", list, err)
	}
}
