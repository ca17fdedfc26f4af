package figures

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey"
)

func TestResultsAreMadeAtOnceAndAgainWhenTheyAreOld(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	store, err := sqlite.Open(ctx, sqlitetest.New(t, 1), sqlite.Options{Clock: clock, Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	flows := map[string]*survey.Flow{"after": {ID: "after"}, "other": {ID: "other"}}
	from := func() Source {
		return Source{Store: store, Flows: maps.Clone(flows), Sites: []string{"", "main"}, Today: now.Truncate(24 * time.Hour)}
	}
	var made []string
	var broken error
	of := func(kind string) func(context.Context, *Source, ResultKey) ([]byte, error) {
		return func(_ context.Context, _ *Source, of ResultKey) ([]byte, error) {
			made = append(made, kind+" "+of.String())
			return []byte(`"` + kind + `"`), broken
		}
	}
	makers := []Maker{{Kind: "whole", Make: of("whole")}, {Kind: "each", Whole: true, Make: of("each")}}
	keeping := NewKeeping(store, from, makers, clock, slog.New(slog.DiscardHandler))
	rival := NewKeeping(store, from, makers, clock, slog.New(slog.DiscardHandler))
	round := func(what string, k *Keeping, want ...string) {
		t.Helper()
		made = nil
		if err := k.Round(ctx); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		slices.Sort(made)
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	wantErr := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	first := now
	round("the first round", keeping, "each /", "whole /")
	round("another process while one does it", rival)
	round("the next round", keeping)
	now = now.Add(ResultAge - time.Second)
	wantErr(store.WantResult(ctx, "each", "/main", now), store.WantResult(ctx, "each", "/gone", now), store.WantResult(ctx, "each", "after/", now), store.WantResult(ctx, "whole", "other/main", now))
	round("what somebody asks for and can be made", keeping, "each /main", "whole other/main")
	r, ok, err := store.ReadResult(ctx, "each", "/main")
	if err != nil || !ok || string(r.Body) != `"each"` || !r.MadeAt.Equal(now) {
		t.Errorf("kept: %+v, %v, %v", r, ok, err)
	}
	now = now.Add(time.Second)
	delete(flows, "other")
	broken = errors.New("cannot")
	round("an hour later, but it cannot be made", keeping, "each /", "whole /")
	broken = nil
	round("at once after that", keeping)
	now = now.Add(keepAgain)
	round("a minute later", keeping, "each /", "whole /")
	wanted, err := store.ResultsWanted(ctx, "each")
	if err != nil {
		t.Fatal(err)
	}
	want := []storage.KeptResult{{Kind: "each", Key: "/", MadeAt: now, WantedAt: first}, {Kind: "each", Key: "/main", MadeAt: r.MadeAt, WantedAt: r.MadeAt}}
	if diff := cmp.Diff(want, wanted); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	now = r.WantedAt.Add(keepUnread - time.Second)
	round("while somebody may read it again", keeping, "each /", "each /main", "whole /")
	now = r.WantedAt.Add(keepUnread)
	round("when nobody has read it for two weeks", keeping)
	if _, ok, err := store.ReadResult(ctx, "each", "/main"); ok || err != nil {
		t.Errorf("what nobody reads is kept: %v", err)
	}
	if _, ok, err := store.ReadResult(ctx, "each", "/"); !ok || err != nil {
		t.Errorf("the figure of all is gone: %v", err)
	}
}

func TestAResultIsOfTheLastTwelveMonths(t *testing.T) {
	from := Source{Sites: []string{"", "a"}, Today: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	f := from.Filter(ResultKeyOf(ResultKey{"after", "a"}.String()))
	if f.From != "2025-03-03" || f.To != "2026-03-02" || f.Flow != "after" || !slices.Equal(f.Sites, []string{"a"}) {
		t.Errorf("of a survey and a site: %+v", f)
	}
	if f := from.Filter(ResultKey{}); f.Flow != "" || len(f.Sites) != 2 {
		t.Errorf("of all: %+v", f)
	}
}
