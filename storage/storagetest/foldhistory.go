package storagetest

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// FoldHistories plays so many random histories of answers, corrections, erasures, folds and passes
// on two stores of one database, whose connections break and whose processes die at any moment. In
// the end the read model is what a fold from nothing makes, and holds every answer that was
// acknowledged once.
func FoldHistories(t *testing.T, e Engine, seed uint64, n int) {
	t.Helper()
	answers, broken := histories(t, seed, n, 60, func(t *testing.T, seed uint64) (history, *foldHistory) {
		h := newFoldHistory(t, e, seed)
		return h, h
	})
	t.Attr("figure", fmt.Sprintf("%d histories of %d answers with %d failures, crashes and lost answers of the database: each equal to a fold from nothing", n, answers, broken))
}

// history is one of many that are played at random.
type history interface {
	step()
	end()
	done() int // of what it is about
}

// histories plays n of them, each of so many steps, and reports how much was done and how often
// something broke meanwhile. Each is a test of its own, at whose end its stores are closed.
func histories(t *testing.T, seed uint64, n, steps int, begin func(t *testing.T, seed uint64) (history, *foldHistory)) (done, broken int) {
	t.Helper()
	for i := range uint64(n) {
		t.Run(fmt.Sprint("seed ", seed+i), func(t *testing.T) {
			h, on := begin(t, seed+i)
			for range steps {
				h.step()
			}
			h.end()
			done, broken = done+h.done(), broken+on.broken
		})
		if t.Failed() {
			t.FailNow()
		}
	}
	if broken == 0 {
		t.Error("nothing broke: the histories show nothing")
	}
	return done, broken
}

type foldHistory struct {
	t      *testing.T
	b      *bench // whose store is sound
	rand   *rand.Rand
	cutter *Cutter
	shaky  storage.Store // on connections that break
	db     *sql.DB

	links  []link // of invitations that nobody opened
	people [5]int // how often each began anew
	live   [5]bool
	keys   int
	acked  int
	broken int
}

func newFoldHistory(t *testing.T, e Engine, seed uint64) *foldHistory {
	b := newBench(t, e)
	h := &foldHistory{t: t, b: b, rand: rand.New(rand.NewPCG(seed, 42)), cutter: &Cutter{}}
	h.shaky = b.open(t, Options{Clock: b.clock.Now, Wrap: h.cutter.Wrap})
	b.store, h.db = b.behind(t)
	return h
}

func (h *foldHistory) done() int { return h.acked }

// trouble has the next call on the shaky store break at some point, or not.
func (h *foldHistory) trouble() storage.Store {
	h.cutter.Plan(nil)
	switch h.rand.IntN(5) {
	case 0:
		at, cut := []Point{Statement, Commit}[h.rand.IntN(2)], []Cut{Before, After}[h.rand.IntN(2)]
		left := 1 + h.rand.IntN(8)
		if at == Commit {
			left = 1
		}
		h.cutter.Plan(func(p Point) Cut { // and whatever is tried again breaks as well
			if p != at {
				return Pass
			}
			if left--; left <= 0 {
				return cut
			}
			return Pass
		})
	case 1:
		return Crashing(h.shaky, 1, []When{BeforeCall, AfterCall, FailBefore, FailAfter}[h.rand.IntN(4)])
	}
	return h.shaky
}

// tried notes whether something broke.
func (h *foldHistory) tried(err error) {
	if err != nil {
		if !errors.Is(err, storage.ErrUnavailable) {
			h.t.Errorf("it fails with %v", err)
		}
		h.broken++
	}
}

func (h *foldHistory) person(i int) (storage.Person, storage.Bucket) {
	p := person(100*i + h.people[i])
	return p, storage.BucketOf(p.Hash16(), h.b.store.Buckets())
}

// commit puts a turn until it is acknowledged, as platforms do.
func (h *foldHistory) commit(b storage.Bucket, turn storage.Turn) {
	h.keys++
	turn.Key = fmt.Sprint("history:", h.keys)
	err := h.trouble().Advance(h.t.Context(), b, []storage.Turn{turn})[0]
	if err == nil {
		return
	}
	h.tried(err)
	h.cutter.Plan(nil)
	if err := h.b.store.Advance(h.t.Context(), b, []storage.Turn{turn})[0]; err != nil && !errors.Is(err, storage.ErrSeen) {
		h.t.Errorf("a sound store says %v", err)
	}
}

func (h *foldHistory) step() {
	h.b.clock.Add(time.Duration(h.rand.IntN(7200)) * time.Second)
	i := h.rand.IntN(len(h.people))
	p, b := h.person(i)
	ctx := h.t.Context()
	if h.rand.IntN(4) == 0 {
		h.count()
	}
	if h.live[i] && h.rand.IntN(4) == 0 {
		h.kase(p, b)
	}
	if h.rand.IntN(3) == 0 {
		h.asks()
	}
	switch kind := h.rand.IntN(21); {
	case !h.live[i] || kind == 0:
		h.live[i] = true
		id, led, first := newID(), h.link(), h.rand.IntN(2) == 0
		if first { // a link may be opened before its conversation is there, and after
			h.opened(led, p, id)
		}
		h.commit(b, storage.Turn{Apply: func(in storage.Loaded) (storage.Change, error) {
			who, s := identity(p, id, in.Now), session(id, p, in.Now)
			s.Site, s.Lang, s.Staff, s.Facts.Class, s.Flow = []string{"main", "harbour"}[i%2], "en", "Bo", survey.Transactional, "f"
			if i < 3 {
				s.Customer = "c" // one customer in several chats
			}
			s.Invitation = led.id
			return storage.Change{Identity: &who, Session: &s}, nil
		}})
		if !first {
			h.opened(led, p, id)
		}
	case kind < 10:
		gone := false
		h.commit(b, storage.Turn{Load: storage.Load{Person: p}, Apply: func(in storage.Loaded) (storage.Change, error) {
			s := in.Session
			if gone = s == nil; gone { // it ended long ago, and is nobody's
				return storage.Change{}, nil
			}
			value := float64(1 + h.rand.IntN(5))
			a := survey.Answer{Question: fmt.Sprint("q", h.rand.IntN(4)), Value: &value, Text: "words", Revision: 1, At: in.Now}
			if a.Question == "q3" {
				a.Value, a.Choices = nil, [][]string{{"price"}, {"waiting", "other"}, {"other"}, nil}[int(value)%4]
			}
			s.Judgement.Level = 1 + h.rand.IntN(7)
			s.Answers = append([]survey.Answer(nil), s.Answers...)
			for j := range s.Answers {
				if s.Answers[j].Question == a.Question {
					a.Revision = s.Answers[j].Revision + 1
					s.Answers[j] = a
				}
			}
			if a.Revision == 1 {
				s.Answers = append(s.Answers, a)
			}
			if len(s.Answers) == 4 {
				s.Status, s.Ended = survey.Completed, in.Now
			}
			return storage.Change{Session: s, Answers: []survey.Answer{a}}, nil
		}})
		if !gone {
			h.acked++
		}
	case kind < 15:
		_, err := h.trouble().Fold(ctx, b, historyFolding(), 1+h.rand.IntN(3))
		h.tried(err)
	case kind < 16:
		_, err := h.trouble().FoldAll(ctx)
		h.tried(err)
	case kind < 17:
		_, err := h.trouble().Retain(ctx, b, privacy.Words, h.b.clock.Now().Add(-time.Hour), 2, anonymous())
		h.tried(err)
	case kind < 18:
		_, err := h.trouble().Retain(ctx, b, privacy.Conversations, h.b.clock.Now().Add(-24*time.Hour), 2, anonymous())
		h.tried(err)
	case kind < 19:
		_, err := h.trouble().Retain(ctx, storage.Bucket(h.rand.IntN(h.b.store.Buckets())), privacy.Invitations, h.b.clock.Now().Add(-12*time.Hour), 2, anonymous())
		h.tried(err)
	case kind < 20:
		h.erase(i)
	default: // the process dies, and another one opens the database
		h.cutter.Plan(nil)
		h.shaky = h.b.open(h.t, Options{Clock: h.b.clock.Now, Wrap: h.cutter.Wrap})
		h.broken++
	}
}

// kase has the conversation of somebody open a case, or changes the one that it has.
func (h *foldHistory) kase(p storage.Person, b storage.Bucket) {
	n, cause := h.rand.IntN(4), fmt.Sprint("cause ", h.rand.IntN(3))
	h.commit(b, storage.Turn{Load: storage.Load{Person: p}, Apply: func(in storage.Loaded) (storage.Change, error) {
		k, s := in.Case, in.Session
		if s == nil {
			return storage.Change{}, nil
		}
		if k == nil {
			k = &storage.Case{Case: recovery.Case{ID: newID(), Number: in.NextCase, State: recovery.Open, OpenedAt: in.Now}, Site: s.Site, Customer: s.Customer, Identity: s.Identity}
			if n > 0 { // else it is of no conversation
				k.Session, s.Case = s.ID, k.ID
			}
		}
		k.Reopens, k.First.Contacted, k.Resolution = n, in.Now, &recovery.Resolution{Cause: cause, Actions: []recovery.Action{{}}}
		return storage.Change{Case: k, Session: s}, nil
	}})
}

// erase begins on the shaky store and is gone on with on the sound one.
func (h *foldHistory) erase(i int) {
	p, b := h.person(i)
	e := storage.Erasure{ID: fmt.Sprint("e", h.keys), Begun: h.b.clock.Now(), Of: storage.Anchor{Identities: []storage.Person{p}}}
	_, err := h.trouble().EraseIn(h.t.Context(), b, e, anonymous())
	h.tried(err)
	h.cutter.Plan(nil)
	erase(h.t, h.b.store, e.Of)
	_ = must(h.shaky.Forget(h.t.Context()))(h.t)
	h.people[i], h.live[i] = h.people[i]+1, false
}

// end compares.
func (h *foldHistory) end() {
	t, s := h.t, h.b.store
	t.Helper()
	h.cutter.Plan(nil)
	how := historyFolding()
	foldUpBy(t, s, how, 100)
	got := comparedBy(t, s, how)
	if !got.Equal() || got.Waiting+got.Unread > 0 || got.Answers != h.acked {
		t.Errorf("%d answers were acknowledged; %+v", h.acked, got)
	}
	h.counted() // by what was marked alone
	before := readModel(t, h.db)
	exec(t, h.db, "DELETE FROM answers")
	exec(t, h.db, "DELETE FROM read_sessions")
	exec(t, h.db, "UPDATE case_days SET first_day = '', last_day = '', facts = 'spoilt' WHERE facts > '' AND site = 'main'")
	_ = must(s.FoldAll(t.Context()))(t)
	l, _ := counting(t, s, "history")
	countUp(t, s, l) // while the rows are not there yet
	foldUpBy(t, s, how, 3)
	same(t, "folded from nothing", readModel(t, h.db), before)
	h.counted()
}
