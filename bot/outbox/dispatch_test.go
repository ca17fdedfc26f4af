package outbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// program is one process with one account, in virtual time.
type program struct {
	t      testing.TB
	out    *Outbox
	store  *process
	sender *recorder
	moves  map[chat.Address]chat.Address
	after  map[string]func(Conclusion) (storage.Change, error) // by slot
	n      int
}

func newProgram(t testing.TB, m *memory, r *recorder) *program {
	p := &program{
		t: t, store: &process{memory: m}, sender: r, moves: map[chat.Address]chat.Address{},
		after: map[string]func(Conclusion) (storage.Change, error){},
	}
	p.out = New(p.store, p, Options{Clock: memoryNow})
	return p
}

// The program is its own Core. Its moves are kept, and from the end of nothing but what
// after is for something follows.
func (p *program) Wrote(chat.Address) {}

func (p *program) Loads(d storage.Delivery) (storage.Load, bool) {
	_, follows := p.after[d.Slot]
	return storage.Load{}, follows
}

func (p *program) After(_ storage.Loaded, d storage.Delivery, end Conclusion) (storage.Change, error) {
	return p.after[d.Slot](end)
}

func (p *program) Moved(_ context.Context, from, to chat.Address) error {
	p.moves[from] = to
	return nil
}

func (p *program) Deaf(context.Context, storage.Delivery, string) error { return nil }

// serve serves the account until the returned function is called.
func (p *program) serve(limits chat.Limits) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.out.Serve(ctx, Account{Platform: chat.Telegram, ID: "1", Sender: p.sender, Limits: limits}); err != nil {
			p.t.Error(err)
		}
	}()
	pass(10 * time.Millisecond)
	return func() {
		cancel()
		<-done
		p.out.Close()
	}
}

func private(n int) chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: "1", Chat: fmt.Sprint(n)}
}

func group(n int) chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: "1", Chat: fmt.Sprint(-n)}
}

func want(slot string, to chat.Address, k storage.DeliveryKind, text string) storage.SlotOp {
	return storage.SlotOp{Want: &storage.Want{
		Slot: slot, Identity: "who:" + to.Chat, Address: to, Kind: k, Render: chat.Message{Text: text}, Hash: text,
	}}
}

func ranked(op storage.SlotOp, r storage.Rank) storage.SlotOp {
	op.Want.Rank = r
	return op
}

func ask(slot string, to chat.Address, text string) storage.SlotOp {
	return want(slot, to, storage.QuestionD, text)
}

func tell(slot string, to chat.Address, text string) storage.SlotOp {
	return want(slot, to, storage.NoticeD, text)
}

// says commits one turn with these operations.
func (p *program) says(ops ...storage.SlotOp) {
	p.t.Helper()
	p.n++
	turn := storage.Turn{Key: fmt.Sprint(&p.n, p.n), Apply: func(storage.Loaded) (storage.Change, error) {
		return storage.Change{Slots: ops}, nil
	}}
	if err := p.out.commit(context.Background(), 0, turn); err != nil {
		p.t.Error(err)
	}
}

// scene runs f with a program that serves an account, and checks that no chat ever
// had two sends in flight.
func scene(t *testing.T, limits chat.Limits, f func(t *testing.T, p *program)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t, newMemory(1), newRecorder())
		stop := p.serve(limits)
		f(t, p)
		stop()
		if len(p.sender.twice) > 0 {
			t.Errorf("two sends in flight at once in %v", p.sender.twice)
		}
	})
}

// grouped are chats of several people.
func grouped(a chat.Address) bool { return strings.HasPrefix(a.Chat, "-") }

// fast is a platform without limits, paced is one that has them.
var (
	fast  = chat.Limits{IsGroup: grouped}
	paced = chat.Limits{
		Chat:    chat.Rate{PerSecond: 1, Burst: 5},
		Group:   chat.Rate{PerSecond: 15.0 / 60, Burst: 5},
		Account: chat.Rate{PerSecond: 29.5, Burst: 5},
		IsGroup: grouped,
	}
)

func fail(k chat.ErrorKind) error { return &chat.Error{Kind: k, Err: fmt.Errorf("scripted")} }

// first fails the first n calls.
func first(n int, err error, seen bool) func(int, chat.Address, chat.Message, chat.Ref) (error, bool) {
	return func(i int, _ chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
		if i <= n {
			return err, seen
		}
		return nil, true
	}
}

func TestARowForAnIdleChatIsSentWithoutAnotherTransaction(t *testing.T) {
	scene(t, paced, func(t *testing.T, p *program) {
		before := len(p.store.sizes)
		p.says(ask("q:1", private(7), "how?"))
		if n := len(p.store.sizes) - before; n != 1 {
			t.Fatalf("%d transactions before the send", n)
		}
		if d := p.store.row(t, 0, "q:1"); d.State != storage.Sending {
			t.Fatalf("the row is %s after the commit", d.State)
		}
		synctest.Wait()
		if p.sender.n != 1 {
			t.Fatal("it was not sent at once")
		}
		pass(time.Second)
		if n := len(p.store.sizes) - before; n != 2 {
			t.Errorf("%d transactions for one message; one stores it and one settles it", n)
		}
		d := p.store.row(t, 0, "q:1")
		if d.State != storage.Sent || d.ShownRef != "1" || d.Attempts != 0 {
			t.Errorf("settled as %+v", d)
		}
	})
}

func TestAnAnsweredQuestionAndTheNextOneTakeOneClaim(t *testing.T) {
	scene(t, paced, func(t *testing.T, p *program) {
		p.says(ask("q:1", private(7), "how?"))
		pass(time.Second)
		before := len(p.store.sizes)
		p.says(ask("q:1", private(7), "how? fine"), ask("q:2", private(7), "why?"))
		pass(time.Second)
		if n := len(p.store.sizes) - before; n > 3 {
			t.Errorf("%d transactions", n)
		}
		if d := cmp.Diff([]string{"how?", "why?"}, p.sender.texts(private(7))); d != "" {
			t.Error(d)
		}
		if got := p.sender.screen[private(7)]["1"]; got != "how? fine" {
			t.Errorf("the first question shows %q", got)
		}
	})
}

func TestRowsOfAChatAreSentInOrderAndOtherChatsDoNotWait(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.sender.cost = 300 * time.Millisecond
		for i := range 6 {
			for c := 1; c <= 3; c++ {
				p.says(tell(fmt.Sprint("n:", c, ":", i), private(c), fmt.Sprint(i)))
			}
		}
		pass(10 * time.Second)
		for c := 1; c <= 3; c++ {
			if d := cmp.Diff([]string{"0", "1", "2", "3", "4", "5"}, p.sender.texts(private(c))); d != "" {
				t.Errorf("chat %d: %s", c, d)
			}
		}
		if p.sender.most != 3 {
			t.Errorf("at most %d sends were in flight; three chats do not wait for each other", p.sender.most)
		}
		last := p.sender.calls[len(p.sender.calls)-1].ended.Sub(p.sender.calls[0].began)
		if last > 6*320*time.Millisecond {
			t.Errorf("six messages in each of three chats took %v", last)
		}
	})
}

func TestANewerRenderReplacesTheOneThatWaits(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.says(want("card:1", group(5), storage.CardD, "v1"))
		p.says(want("card:1", group(5), storage.CardD, "v2")) // while v1 is in flight
		p.says(want("card:1", group(5), storage.CardD, "v3"))
		pass(time.Second)
		var got []string
		for _, c := range p.sender.all() {
			got = append(got, c.text)
		}
		if d := cmp.Diff([]string{"v1", "v3"}, got); d != "" {
			t.Error(d)
		}
		if d := p.store.row(t, 0, "card:1"); d.State != storage.Sent || d.Shown != 3 || d.ShownSum != "v3" {
			t.Errorf("the row is %+v", d)
		}
	})
}

func TestARenderThatIsShownAlreadyIsNotSent(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.says(want("card:1", group(5), storage.CardD, "v1"))
		p.says(want("card:1", group(5), storage.CardD, "v2"))
		p.says(want("card:1", group(5), storage.CardD, "v1")) // back, while v1 is in flight
		pass(time.Second)
		p.says(want("card:1", group(5), storage.CardD, "v1"))
		pass(time.Second)
		if p.sender.n != 1 {
			t.Errorf("%d sends", p.sender.n)
		}
		if d := p.store.row(t, 0, "card:1"); d.State != storage.Sent {
			t.Errorf("the row is %s", d.State)
		}
	})
}

func TestARepostLeavesTheOldMessageAndComesBelow(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.says(ask("q:1", private(1), "how?"))
		pass(time.Second)
		again := ask("q:1", private(1), "how?")
		again.Want.Repost, again.Want.Leave, again.Want.LeaveHash = true, &chat.Message{Text: "see below"}, "below"
		p.says(tell("n:1", private(1), "hello"), again)
		pass(2 * time.Second)
		if d := cmp.Diff([]string{"how?", "hello", "how?"}, p.sender.texts(private(1))); d != "" {
			t.Error(d)
		}
		if got := p.sender.screen[private(1)]["1"]; got != "see below" {
			t.Errorf("the old message shows %q", got)
		}
	})
}

func TestPacingKeepsThePlatformsLimits(t *testing.T) {
	count := func(calls []shown, window time.Duration) int {
		most := 0
		for i, a := range calls {
			n := 0
			for _, b := range calls[i:] {
				if b.began.Sub(a.began) < window {
					n++
				}
			}
			most = max(most, n)
		}
		return most
	}
	t.Run("a private chat", func(t *testing.T) {
		scene(t, paced, func(t *testing.T, p *program) {
			for i := range 30 {
				p.says(tell(fmt.Sprint("n:", i), private(1), fmt.Sprint(i)))
			}
			pass(time.Minute)
			if n := len(p.sender.texts(private(1))); n != 30 {
				t.Fatalf("%d of 30 messages arrived within a minute", n)
			}
			if n := count(p.sender.all(), 10*time.Second); n > 15 {
				t.Errorf("%d messages within 10 s", n)
			}
		})
	})
	t.Run("a group", func(t *testing.T) {
		scene(t, paced, func(t *testing.T, p *program) {
			for i := range 60 {
				op := want(fmt.Sprint("card:", i), group(1), storage.CardD, fmt.Sprint(i))
				op.Want.Identity = fmt.Sprint(i)
				p.says(op)
			}
			pass(4 * time.Minute)
			if n := len(p.sender.texts(group(1))); n != 60 {
				t.Fatalf("%d of 60 cards arrived within four minutes", n)
			}
			if n := count(p.sender.all(), time.Minute); n > 20 {
				t.Errorf("%d cards within a minute", n)
			}
		})
	})
	t.Run("the account", func(t *testing.T) {
		scene(t, paced, func(t *testing.T, p *program) {
			other := newProgram(t, p.store.memory, nil) // as a command beside this one
			var ops []storage.SlotOp
			for i := range 900 {
				ops = append(ops, ask(fmt.Sprint("q:", i), private(i+1), "x"))
			}
			other.says(ops...)
			other.out.Close()
			pass(time.Minute)
			calls := p.sender.all()
			if len(calls) != 900 {
				t.Fatalf("%d of 900 messages were sent within a minute", len(calls))
			}
			if n := count(calls, time.Second); n > 35 {
				t.Errorf("%d messages within a second", n)
			}
			took := calls[899].began.Sub(calls[0].began)
			if limit := 900.0 / 30 / 0.96; took.Seconds() > limit {
				t.Errorf("a broadcast of 900 took %v", took)
			}
		})
	})
}

func TestACustomerWhoTapsDoesNotQueueBehindABroadcast(t *testing.T) {
	scene(t, paced, func(t *testing.T, p *program) {
		other := newProgram(t, p.store.memory, nil)
		var ops []storage.SlotOp
		for i := range 3000 {
			ops = append(ops, ask(fmt.Sprint("q:", i), private(i+1), "x"))
		}
		other.says(ops...)
		other.out.Close()
		pass(20 * time.Second)
		tapped := time.Now()
		p.says(ask("q:live", private(99999), "next?"))
		pass(10 * time.Second)
		for _, c := range p.sender.all() {
			if c.text == "next?" {
				if waited := c.began.Sub(tapped); waited > time.Second {
					t.Errorf("the next question waited %v", waited)
				}
				return
			}
		}
		t.Error("the next question was not sent")
	})
}

func TestRowsOfOtherProcessesAreFoundByThePoll(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		other := newProgram(t, p.store.memory, nil)
		began := time.Now()
		other.says(ask("q:1", private(1), "x"))
		other.out.Close()
		synctest.Wait()
		if p.store.hints == 0 {
			t.Error("the other process gave no hint")
		}
		pass(time.Second)
		if calls := p.sender.all(); len(calls) != 1 || calls[0].began.Sub(began) > pollEvery+20*time.Millisecond {
			t.Errorf("calls: %+v", calls)
		}
	})
}

func TestAHintWakesThePollAtOnce(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		other := newProgram(t, p.store.memory, nil)
		pass(60 * time.Millisecond)
		began := time.Now()
		other.says(ask("q:1", private(1), "x"))
		other.out.Close()
		p.out.Look()
		pass(time.Second)
		if calls := p.sender.all(); len(calls) != 1 || calls[0].began.Sub(began) > 20*time.Millisecond {
			t.Errorf("calls: %+v", calls)
		}
	})
}
