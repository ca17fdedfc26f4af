package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

var buildingTests = group{
	"of two who store a revision one is first": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		if _, err := b.store.FlowDraft(ctx, "visit"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("one that is not there: %v", err)
		}
		d := storage.FlowDraft{Flow: "visit", Rev: 1, Base: 4, Same: 1, Source: "flow: visit\n", Change: "new", Person: "mei", At: now}
		if !must(b.store.PutFlowDraft(ctx, d))(t) {
			t.Error("the first one is not stored")
		}
		var first atomic.Int32
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				next := d
				next.Rev, next.Same, next.Person = 2, 2, fmt.Sprint("p", i)
				stored, err := b.store.PutFlowDraft(ctx, next)
				if err != nil {
					t.Error(err)
				}
				if stored {
					first.Add(1)
				}
			})
		}
		all.Wait()
		if n := first.Load(); n != 1 {
			t.Errorf("%d of 4 were first", n)
		}
		for _, rev := range []int{1, 2, 4} {
			gap := d
			gap.Rev = rev
			if must(b.store.PutFlowDraft(ctx, gap))(t) {
				t.Errorf("revision %d is stored behind 2", rev)
			}
		}
		same(t, "an old one", must(b.store.FlowDraftAt(ctx, "visit", 1))(t), d)
		if _, err := b.store.FlowDraftAt(ctx, "visit", 3); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("one that is not there: %v", err)
		}
		if newest := must(b.store.FlowDraft(ctx, "visit"))(t); newest.Rev != 2 {
			t.Errorf("the newest is %+v", newest)
		}
	},
	"a draft that is over is in no list, and its revisions are": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		other := storage.FlowDraft{Flow: "a", Rev: 1, Same: 1, Source: "flow: a\n", Person: "mei", At: now}
		must(b.store.PutFlowDraft(ctx, other))(t)
		for rev := 1; rev <= storage.KeptRevisions+3; rev++ {
			d := storage.FlowDraft{Flow: "b", Rev: rev, Same: rev, Source: "flow: b\n", Change: "title", Person: "mei", At: now.Add(time.Duration(rev) * time.Second)}
			must(b.store.PutFlowDraft(ctx, d))(t)
		}
		if n := len(must(b.store.FlowDrafts(ctx))(t)); n != 2 {
			t.Errorf("%d drafts", n)
		}
		must(b.store.PutFlowDraft(ctx, storage.FlowDraft{Flow: "b", Rev: storage.KeptRevisions + 4, Same: storage.KeptRevisions + 4, Change: "over", At: now}))(t)
		same(t, "drafts", must(b.store.FlowDrafts(ctx))(t), []storage.FlowDraft{other})
		revs := must(b.store.FlowDraftRevs(ctx, "b"))(t)
		if len(revs) != storage.KeptRevisions || revs[0].Change != "over" || revs[1].Source != "" || revs[len(revs)-1].Rev != 5 {
			t.Errorf("%d revisions, %+v to %+v", len(revs), revs[0], revs[len(revs)-1])
		}
	},
	"who is at a draft is true for as long as it is said": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		at := func(tab, person string, seen time.Time) storage.Presence {
			return storage.Presence{Draft: "visit", Tab: tab, Person: person, Part: "questions/=a", Seen: seen}
		}
		put := func(p storage.Presence) {
			if err := b.store.PutPresence(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		put(at("2", "tom", now))
		put(at("1", "mei", now))
		other := at("3", "ada", now)
		other.Draft = storage.RulesDraft
		put(other)
		same(t, "who is there", must(b.store.Presences(ctx, "visit", now.Add(-time.Second)))(t), []storage.Presence{at("1", "mei", now), at("2", "tom", now)})
		later := now.Add(storage.PresenceLasts + time.Second)
		moved := at("1", "mei", later)
		moved.Part = "after"
		put(moved)
		same(t, "who said so anew", must(b.store.Presences(ctx, "visit", time.Time{}))(t), []storage.Presence{moved})
		if err := b.store.DropPresence(ctx, "visit", "1"); err != nil {
			t.Fatal(err)
		}
		if list := must(b.store.Presences(ctx, "visit", time.Time{}))(t); len(list) > 0 {
			t.Errorf("after they left: %+v", list)
		}
		must(b.store.PutFlowDraft(ctx, storage.FlowDraft{Flow: storage.RulesDraft, Rev: 1, Same: 1, Source: "rules:\n", At: now}))(t)
		must(b.store.PutFlowDraft(ctx, storage.FlowDraft{Flow: storage.TriggersDraft, Rev: 1, Same: 1, Source: "triggers: []\n", At: now}))(t)
		if list := must(b.store.FlowDrafts(ctx))(t); len(list) > 0 {
			t.Errorf("the drafts of the rules and the triggers are among those of flows: %+v", list)
		}
	},
	"what is said of a version is kept as it was said first": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		for i, source := range []string{"one", "two"} {
			version, _, err := b.store.Publish(ctx, "visit", source, now.Add(time.Duration(i)*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			for _, note := range []string{"why", "another"} {
				if err := b.store.PutFlowNote(ctx, storage.FlowNote{Flow: "visit", Version: version, Person: "mei", Note: note + source}); err != nil {
					t.Fatal(err)
				}
			}
		}
		same(t, "notes", must(b.store.FlowNotes(ctx, "visit"))(t), []storage.FlowNote{
			{Flow: "visit", Version: 2, Person: "mei", Note: "whytwo"}, {Flow: "visit", Version: 1, Person: "mei", Note: "whyone"},
		})
		same(t, "versions", must(b.store.FlowVersions(ctx, "visit"))(t), []storage.FlowSource{
			{Flow: "visit", Version: 2, Source: "two", Published: now.Add(time.Hour)}, {Flow: "visit", Version: 1, Source: "one", Published: now},
		})
		st := storage.FlowState{Flow: "visit", State: storage.FlowPaused, Person: "mei", At: now}
		if err := b.store.PutFlowState(ctx, st); err != nil {
			t.Fatal(err)
		}
		st.State = storage.FlowRetired
		if err := b.store.PutFlowState(ctx, st); err != nil {
			t.Fatal(err)
		}
		same(t, "states", must(b.store.FlowStates(ctx))(t), []storage.FlowState{st})
		if err := b.store.PutFlowState(ctx, storage.FlowState{Flow: "visit"}); err != nil {
			t.Fatal(err)
		}
		if n := len(must(b.store.FlowStates(ctx))(t)); n != 0 {
			t.Errorf("%d states when it is asked again", n)
		}
	},
}
