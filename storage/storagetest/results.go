package storagetest

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

var resultTests = group{
	"a result is kept with its moment, and known to be wanted before it is made": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		read := func(kind, key, body string, at time.Time) {
			t.Helper()
			r, ok, err := b.store.ReadResult(ctx, kind, key)
			if err != nil || ok != (body != "") || ok && (r.Kind != kind || r.Key != key || string(r.Body) != body || !r.MadeAt.Equal(at)) {
				t.Errorf("%s %q is %+v, %v, %v; want %q", kind, key, r, ok, err, body)
			}
		}
		do := func(errs ...error) {
			t.Helper()
			wantErrors(t, errs, make([]error, len(errs))...)
		}
		read("drivers", "f/a", "", now)
		do(b.store.WantResult(ctx, "drivers", "f/a", now.Add(-time.Hour)), b.store.WantResult(ctx, "drivers", "f/a", now))
		read("drivers", "f/a", "", now) // it is wanted and not made
		first := storage.KeptResult{Kind: "drivers", Key: "f/", MadeAt: now.Add(-time.Hour), Body: []byte(`{"n":1}`)}
		other := storage.KeptResult{Kind: "return", Key: "f/a", MadeAt: now, Body: []byte(`{"n":3}`)}
		do(b.store.KeepResult(ctx, first), b.store.KeepResult(ctx, other), b.store.WantResult(ctx, "drivers", "f/", now))
		read("drivers", "f/", `{"n":1}`, first.MadeAt) // to want what there is takes nothing away
		first.MadeAt, first.Body = now, []byte(`{"n":2}`)
		do(b.store.KeepResult(ctx, first))
		read("drivers", "f/", `{"n":2}`, now)
		read("return", "f/a", `{"n":3}`, now)
		same(t, "what is wanted", must(b.store.ResultsWanted(ctx, "drivers"))(t), []storage.KeptResult{{Kind: "drivers", Key: "f/", MadeAt: now, WantedAt: now}, {Kind: "drivers", Key: "f/a", WantedAt: now}})
		do(b.store.DropResult(ctx, "drivers", "f/"), b.store.DropResult(ctx, "drivers", "never"))
		read("drivers", "f/", "", now)
		same(t, "what is left", must(b.store.ResultsWanted(ctx, "drivers"))(t), []storage.KeptResult{{Kind: "drivers", Key: "f/a", WantedAt: now}})
	},
}
