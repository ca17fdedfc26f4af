package outbox

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

var (
	schedules = flag.Int("schedules", 50, "how many random schedules to play")
	seedFrom  = flag.Uint64("seed", 1, "the first seed")
)

// TestRandomSchedules plays wants, failures of the platform and of the database, and
// crashes in random order, and checks the outbox's promise: in order per
// conversation in each chat, never lost, possibly shown twice. What ranks differently of one
// conversation may change places, what has the same rank never does.
func TestRandomSchedules(t *testing.T) {
	for seed := *seedFrom; seed < *seedFrom+uint64(*schedules); seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playSchedule(t, seed) })
		})
	}
}

const scheduleChats = 5

// schedule is one random run.
type schedule struct {
	t      *testing.T
	random *rand.Rand
	mu     sync.Mutex // guards random where processes use it
	memory *memory
	sender *recorder
	alive  []*program
	stops  []func()

	slots   map[string]*slotPlan
	order   map[chat.Address][]string // slots by chat, in the order wanted
	barred  map[chat.Address]bar
	early   []string
	hostile bool
}

// bar is a chat that was told to wait, and the epoch of who was told: nobody else knows.
type bar struct {
	until time.Time
	epoch int64
}

// slotPlan is what a schedule knows of one slot.
type slotPlan struct {
	rank    storage.Rank
	to      chat.Address
	kind    storage.DeliveryKind
	final   string
	renders int
	doubts  int // tries of which nobody knows whether they were shown
}

func playSchedule(t *testing.T, seed uint64) {
	s := &schedule{
		t: t, random: rand.New(rand.NewPCG(seed, 7)), memory: newMemory(1 + int(seed%3)), sender: newRecorder(),
		slots: map[string]*slotPlan{}, order: map[chat.Address][]string{}, barred: map[chat.Address]bar{},
		hostile: true,
	}
	s.memory.cost = time.Duration(1+s.random.IntN(20)) * time.Millisecond
	s.sender.cost = time.Duration(1+s.random.IntN(200)) * time.Millisecond
	s.sender.script = s.fate
	s.begin()
	for range 60 {
		s.act()
	}
	s.mu.Lock()
	s.hostile = false
	s.mu.Unlock()
	for began := time.Now(); s.unsettled() && time.Since(began) < time.Hour; {
		pass(5 * time.Second)
	}
	for _, stop := range s.stops {
		stop()
	}
	s.check()
}

func (s *schedule) unsettled() bool {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	for _, rows := range s.memory.rows {
		for _, d := range rows {
			if d.Unsettled() {
				return true
			}
		}
	}
	return false
}

func (s *schedule) roll(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// begin starts a process.
func (s *schedule) begin() {
	p := newProgram(s.t, s.memory, s.sender)
	p.store.fail = func(string) string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.hostile {
			return ""
		}
		return []string{"before", "after", "twice", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""}[s.random.IntN(20)]
	}
	limits := fast
	if s.roll(2) == 0 {
		limits = paced
	}
	s.alive = append(s.alive, p)
	s.stops = append(s.stops, p.serve(limits))
}

func (s *schedule) act() {
	switch s.roll(12) {
	case 0: // a crash: what is in flight is seen, or not, and nobody hears of it
		p := s.alive[len(s.alive)-1]
		p.store.die()
		s.mu.Lock()
		for _, plan := range s.slots {
			plan.doubts++
		}
		s.mu.Unlock()
		if s.roll(2) == 0 {
			s.stops[len(s.stops)-1]()
			s.stops = s.stops[:len(s.stops)-1]
		}
		s.begin()
	case 1, 2, 3:
		pass(time.Duration(s.roll(3000)) * time.Millisecond)
	default:
		pass(time.Duration(s.roll(60)) * time.Millisecond)
		s.speak()
	}
}

// speak commits a turn that wants one to three things in a chat.
func (s *schedule) speak() {
	p := s.alive[len(s.alive)-1]
	to := private(1 + s.roll(scheduleChats))
	bucket := storage.Bucket(len(to.Chat+fmt.Sprint(to)) % s.memory.buckets)
	var ops []storage.SlotOp
	for range 1 + s.roll(3) {
		ops = append(ops, s.want(to))
	}
	key := fmt.Sprint("turn:", s.roll(1<<62))
	turn := storage.Turn{Key: key, Apply: func(storage.Loaded) (storage.Change, error) {
		return storage.Change{Slots: ops}, nil
	}}
	// The platform repeats what was not acknowledged.
	for range 100 {
		err := p.out.commit(s.t.Context(), bucket, turn)
		if err == nil || strings.Contains(err.Error(), storage.ErrSeen.Error()) {
			return
		}
		pass(50 * time.Millisecond)
	}
	s.t.Error("the database is away for good")
}

func (s *schedule) want(to chat.Address) storage.SlotOp {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.order[to]
	slot := ""
	if len(known) > 0 && s.random.IntN(2) == 0 {
		slot = known[s.random.IntN(len(known))]
	}
	if plan := s.slots[slot]; plan != nil && (plan.kind == storage.QuestionD || plan.kind == storage.CardD) {
		plan.renders++
		plan.final = fmt.Sprintf("%s v%d", slot, plan.renders)
		return ranked(want(slot, to, plan.kind, plan.final), plan.rank)
	}
	slot = fmt.Sprintf("s:%s:%d", to.Chat, len(known))
	kinds := []storage.DeliveryKind{storage.QuestionD, storage.CardD, storage.NoticeD, storage.ThanksD}
	plan := &slotPlan{to: to, kind: kinds[s.random.IntN(len(kinds))], renders: 1, final: slot + " v1"}
	s.slots[slot] = plan
	if s.random.IntN(2) == 0 {
		plan.rank = storage.Ranks()[s.random.IntN(len(storage.Ranks()))]
	}
	s.order[to] = append(known, slot)
	return ranked(want(slot, to, plan.kind, plan.final), plan.rank)
}

// fate is what happens to a send.
func (s *schedule) fate(_ int, to chat.Address, m chat.Message, _ chat.Ref) (error, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.memory.mu.Lock()
	epoch := s.memory.leases["account:telegram:1"].Epoch
	s.memory.mu.Unlock()
	if b := s.barred[to]; b.epoch == epoch && now.Before(b.until) {
		s.early = append(s.early, fmt.Sprintf("%s to %s, %v early", m.Text, to.Chat, b.until.Sub(now)))
	}
	if !s.hostile {
		return nil, true
	}
	switch r := s.random.IntN(100); {
	case r < 12:
		return fail(chat.Temporary), false
	case r < 24:
		wait := time.Duration(1+s.random.IntN(30)) * time.Second
		s.barred[to] = bar{until: now.Add(s.sender.cost + wait), epoch: epoch}
		return &chat.Error{Kind: chat.RateLimited, RetryAfter: wait}, false
	case r < 34:
		slot, _, _ := strings.Cut(m.Text, " ")
		s.slots[slot].doubts++
		return fail(chat.InDoubt), s.random.IntN(2) == 0
	}
	return nil, true
}

func (s *schedule) check() {
	posts := map[string]int{}
	firsts := map[chat.Address][]string{}
	// A process that could not renew its lease in time leaves doubts like one that died.
	lost := 0
	for _, p := range s.alive {
		lost += p.store.lapses()
	}
	last := map[string]string{} // the newest text of each slot, whichever message shows it
	for _, c := range s.sender.calls {
		slot, _, _ := strings.Cut(c.text, " ")
		if c.ref == "" {
			continue
		}
		last[slot] = c.text
		if c.at == "" {
			if posts[slot]++; posts[slot] == 1 {
				firsts[c.to] = append(firsts[c.to], slot)
			}
		}
	}
	for slot, plan := range s.slots {
		var row storage.Delivery
		for b := range s.memory.buckets {
			if d, ok := s.memory.rows[b][slot]; ok {
				row = d
			}
		}
		if row.State != storage.Sent {
			s.t.Errorf("%s (%s) ended as %s: %+v", slot, plan.kind, row.State, row)
		}
		if repeatable(plan.kind) && last[slot] != plan.final {
			s.t.Errorf("%s shows %q, wanted %q", slot, last[slot], plan.final)
		}
		if !repeatable(plan.kind) && posts[slot] > 1 {
			s.t.Errorf("%s, a %s, was shown %d times", slot, plan.kind, posts[slot])
		}
		if !repeatable(plan.kind) && posts[slot] == 0 && plan.doubts == 0 && lost == 0 {
			s.t.Errorf("%s, a %s that never was in doubt, was not shown", slot, plan.kind)
		}
		if posts[slot] > 1+plan.doubts+lost {
			s.t.Errorf("%s was shown %d times after %d doubts", slot, posts[slot], plan.doubts)
		}
	}
	for to, wanted := range s.order {
		for _, rank := range append(storage.Ranks(), 0) {
			other := func(slot string) bool { return posts[slot] == 0 || s.slots[slot].rank != rank }
			shown := slices.DeleteFunc(slices.Clone(firsts[to]), other)
			if kept := slices.DeleteFunc(slices.Clone(wanted), other); !slices.Equal(kept, shown) {
				s.t.Errorf("chat %s, rank %d: shown in the order %v, wanted %v", to.Chat, rank, shown, kept)
			}
		}
	}
	if len(s.early) > 0 {
		s.t.Errorf("sent before their time: %v", s.early)
	}
	if len(s.sender.twice) > 0 && len(s.alive) == 1 {
		s.t.Errorf("two sends in flight at once in %v", s.sender.twice)
	}
	if !s.memory.once && len(s.alive) == 1 {
		s.t.Error("two transactions of one bucket were in flight at once")
	}
}
