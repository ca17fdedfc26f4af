package bot

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

var (
	crashes   = flag.Int("crashes", 20, "how many random crash schedules to play on each database")
	crashSeed = flag.Uint64("crashseed", 1, "the first seed of the crash schedules")
)

// crashPlayers is how many schedules are played at once, each on a database of its own.
const crashPlayers = 5

// TestCrashes lets the process die before or after calls of the store, several times in
// each schedule, while customers answer surveys. (To die before or after a Send is to
// die after the claim or before the settlement.) No answer, question or card may be
// lost; no answer and no case may be stored twice.
func TestCrashes(t *testing.T) {
	for name, open := range bothEngines(4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time is spent waiting
			var all, ending sync.WaitGroup
			totals := make([]crashTotals, crashPlayers)
			var stores []storage.Store
			for player := range crashPlayers {
				store, err := open(t)(nil)
				if err != nil {
					t.Fatal(err)
				}
				stores = append(stores, store)
				t.Cleanup(func() {
					if err := store.Close(); err != nil {
						t.Error(err)
					}
				})
				all.Go(func() {
					for i := player; i < *crashes; i += crashPlayers {
						if t.Failed() {
							return
						}
						w := newCrashWorld(t, store, *crashSeed+uint64(i), &totals[player], &ending)
						w.doubt = i == 0 // that a message is in doubt is not left to chance
						w.play()
					}
				})
			}
			all.Wait()
			ending.Wait()
			folded := 0
			for _, store := range stores {
				folded += crashFolded(t, store)
			}
			var sum crashTotals
			for _, n := range totals {
				sum.add(n)
			}
			t.Logf("%+v", sum)
			if folded < sum.Answers {
				t.Errorf("reports know %d answers, of %d", folded, sum.Answers)
			}
			if !t.Failed() && *crashes >= 20 && (sum.Deaths < *crashes || sum.Cards == 0 || sum.Doubtful == 0) {
				t.Errorf("the schedules did not crash enough: %+v", sum)
			}
		})
	}
}

// crashFolded folds what dead processes left and compares the rows of reports with those that are made from
// nothing. It says how many answers they tell of.
func crashFolded(t *testing.T, store storage.Store) (answers int) {
	t.Helper()
	b, err := New(t.Context(), Config{
		Traits: platforms(), Store: store, Key: []byte("a secret key for tests only"),
		Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
	})
	if err != nil {
		t.Fatal(err)
	}
	for bucket := range storage.Bucket(store.Buckets()) {
		for more := true; more; {
			did, err := store.Fold(t.Context(), bucket, Rows(b), 100)
			if err != nil {
				t.Fatal(err)
			}
			more = did.More
		}
		for after := ""; ; {
			c, err := store.Compare(t.Context(), bucket, after, 100, Rows(b))
			if err != nil || !c.Equal() || c.Waiting > 0 {
				t.Errorf("rows of reports are not those of the conversations: %+v, %v", c, err)
			}
			answers += c.Answers
			if after = c.Next; after == "" || err != nil {
				break
			}
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return answers
}

// crashTotals says how much the schedules tried.
type crashTotals struct{ Deaths, Updates, Repeated, Answers, Cards, Posts, Doubtful, Calls int }

func (n *crashTotals) add(m crashTotals) {
	n.Deaths += m.Deaths
	n.Updates += m.Updates
	n.Repeated += m.Repeated
	n.Answers += m.Answers
	n.Cards += m.Cards
	n.Posts += m.Posts
	n.Calls += m.Calls
	n.Doubtful += m.Doubtful
}

// crashWorld is one schedule: a platform that repeats what is not acknowledged,
// customers who answer what they see, and a process that dies and is started again.
type crashWorld struct {
	t      *testing.T
	seed   uint64
	store  storage.Store
	phones *phones
	total  *crashTotals
	doubt  bool // its first process dies between a question and its settlement; nobody answers until it came again

	mu     sync.Mutex
	random *rand.Rand
	life   *life
	deaths int             // still to come
	ending *sync.WaitGroup // processes that come to rest
}

// life is one process.
type life struct {
	*mortal
	bot  *Bot
	stop context.CancelFunc
	gone sync.WaitGroup
}

func newCrashWorld(t *testing.T, store storage.Store, seed uint64, total *crashTotals, ending *sync.WaitGroup) *crashWorld {
	return &crashWorld{
		t: t, seed: seed, store: store, total: total, phones: newPhones(), ending: ending,
		random: rand.New(rand.NewPCG(seed, 11)), deaths: 3,
	}
}

// account is the world's own, so that worlds on one database do not meet.
func (w *crashWorld) account() string { return fmt.Sprint(w.seed) }

// ownStaff is a store in which a world finds its own chat of staff alone.
type ownStaff struct {
	storage.Store
	at chat.Address
}

func (s ownStaff) StaffChatList(context.Context) ([]storage.StaffChat, error) {
	return inSettings(s.at), nil
}

func (w *crashWorld) staff() chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: w.account(), Chat: fmt.Sprintf("-%d", w.seed)}
}

func (w *crashWorld) play() {
	defer func() { w.life.end(w.ending) }()
	w.life = w.rise()
	var all sync.WaitGroup
	for n := range 2 {
		c := &crashCustomer{world: w, id: fmt.Sprintf("%d%02d", w.seed, n), n: n, random: rand.New(rand.NewPCG(w.seed, uint64(100+n)))}
		all.Go(c.answer)
	}
	all.Wait()
	w.mu.Lock()
	w.total.Doubtful += w.phones.twice()
	w.total.Posts += w.phones.n
	w.total.Calls += w.life.Calls()
	w.mu.Unlock()
}

// rise starts a process that dies at a random call, a few times, and then one that
// does not.
func (w *crashWorld) rise() *life {
	for {
		at, when := 0, storagetest.When(w.random.IntN(2))
		if w.deaths > 0 {
			w.deaths--
			at = 1 + w.random.IntN(80)
		}
		doubt := w.doubt && w.life == nil
		if doubt {
			at = 0
		}
		l := &life{mortal: newMortal(ownStaff{w.store, w.staff()}, w.phones, at, when)}
		l.asked = doubt
		bot, err := New(w.t.Context(), Config{
			Traits: platforms(),
			Store:  l.mortal, Key: []byte("a secret key for tests only"),
			Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
		})
		if err != nil {
			if !l.isDead() {
				w.t.Errorf("seed %d: a process does not start: %v", w.seed, err)
			}
			w.total.Deaths++
			continue
		}
		bot.snap.Change(calm) // all schedules share one site
		l.bot = bot
		ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
		l.stop = cancel
		l.gone.Go(func() {
			if err := bot.Run(ctx); err != nil {
				w.t.Error(err)
			}
		})
		l.gone.Go(func() {
			err := bot.ServeAccount(ctx, outbox.Account{Platform: chat.Telegram, ID: w.account(), Sender: l.mortal, Limits: fast})
			if err != nil {
				w.t.Error(err)
			}
		})
		return l
	}
}

// calm puts rules into force by which every case gets a card of its own.
func calm(n *snapshot.Snapshot) {
	p := recovery.DefaultPolicy()
	p.Rules.Storm.Cases = 0
	n.Policy = snapshot.Policy{Policy: p, Version: 1}
}

// end stops a process. A dead one takes its time; nobody waits for it before the end.
func (l *life) end(ending *sync.WaitGroup) {
	l.stop()
	ending.Go(func() {
		l.gone.Wait()
		_ = l.bot.Close()
	})
}

// current is the process that runs, started again if it died.
func (w *crashWorld) current() *life {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life.isDead() {
		w.total.Deaths++
		w.life.end(w.ending)
		if err := w.life.lapse(w.t.Context()); err != nil {
			w.t.Error(err)
		}
		w.life = w.rise()
	}
	return w.life
}

// deliver repeats an update until it is acknowledged, and sometimes once more.
func (w *crashWorld) deliver(u chat.Update, again bool) {
	acknowledged := false
	for tries := 0; tries < 200; tries++ {
		l := w.current()
		_, err := l.bot.Handle(w.t.Context(), []chat.Update{u})
		w.count(func(n *crashTotals) { n.Updates++ })
		if l.isDead() || err != nil && errors.Is(err, storage.ErrUnavailable) {
			w.count(func(n *crashTotals) { n.Repeated++ })
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			w.t.Errorf("seed %d: %v", w.seed, err)
			return
		}
		if acknowledged || !again {
			return
		}
		acknowledged = true
	}
	w.t.Errorf("seed %d: an update was never acknowledged", w.seed)
}

func (w *crashWorld) count(f func(*crashTotals)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.total)
}
