package bot

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
	out    *outbound
	store  *process
	sender *recorder
	moves  map[chat.Address]chat.Address
	n      int
}

func newProgram(t testing.TB, m *memory, r *recorder) *program {
	p := &program{t: t, store: &process{memory: m}, sender: r, moves: map[chat.Address]chat.Address{}}
	p.out = makeOutbound(p.store, memoryNow, quietLog(), hooks{
		changed: func(chat.Address) {},
		hinted:  func() {},
		moved: func(_ context.Context, from, to chat.Address) error {
			p.moves[from] = to
			return nil
		},
	})
	return p
}

// serve serves the account until the returned function is called.
func (p *program) serve(limits Limits) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.out.serve(ctx, Account{Platform: chat.Telegram, ID: "1", Sender: p.sender, Limits: limits}); err != nil {
			p.t.Error(err)
		}
	}()
	time.Sleep(10 * time.Millisecond)
	return func() {
		cancel()
		<-done
		p.out.close()
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
func scene(t *testing.T, limits Limits, f func(t *testing.T, p *program)) {
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

var fast = Limits{Chat: Unlimited(), Group: Unlimited(), Account: Unlimited()}

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
	scene(t, Limits{}, func(t *testing.T, p *program) {
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
		time.Sleep(time.Second)
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
	scene(t, Limits{}, func(t *testing.T, p *program) {
		p.says(ask("q:1", private(7), "how?"))
		time.Sleep(time.Second)
		before := len(p.store.sizes)
		p.says(ask("q:1", private(7), "how? fine"), ask("q:2", private(7), "why?"))
		time.Sleep(time.Second)
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
		time.Sleep(10 * time.Second)
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
		p.says(want("case:1", group(5), storage.CardD, "v1"))
		p.says(want("case:1", group(5), storage.CardD, "v2")) // while v1 is in flight
		p.says(want("case:1", group(5), storage.CardD, "v3"))
		time.Sleep(time.Second)
		var got []string
		for _, c := range p.sender.all() {
			got = append(got, c.text)
		}
		if d := cmp.Diff([]string{"v1", "v3"}, got); d != "" {
			t.Error(d)
		}
		if d := p.store.row(t, 0, "case:1"); d.State != storage.Sent || d.Shown != 3 || d.ShownSum != "v3" {
			t.Errorf("the row is %+v", d)
		}
	})
}

func TestARenderThatIsShownAlreadyIsNotSent(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.says(want("case:1", group(5), storage.CardD, "v1"))
		p.says(want("case:1", group(5), storage.CardD, "v2"))
		p.says(want("case:1", group(5), storage.CardD, "v1")) // back, while v1 is in flight
		time.Sleep(time.Second)
		p.says(want("case:1", group(5), storage.CardD, "v1"))
		time.Sleep(time.Second)
		if p.sender.n != 1 {
			t.Errorf("%d sends", p.sender.n)
		}
		if d := p.store.row(t, 0, "case:1"); d.State != storage.Sent {
			t.Errorf("the row is %s", d.State)
		}
	})
}

func TestARepostLeavesTheOldMessageAndComesBelow(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.says(ask("q:1", private(1), "how?"))
		time.Sleep(time.Second)
		again := ask("q:1", private(1), "how?")
		again.Want.Repost, again.Want.Leave, again.Want.LeaveHash = true, &chat.Message{Text: "see below"}, "below"
		p.says(tell("n:1", private(1), "hello"), again)
		time.Sleep(2 * time.Second)
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
		scene(t, Limits{}, func(t *testing.T, p *program) {
			for i := range 30 {
				p.says(tell(fmt.Sprint("n:", i), private(1), fmt.Sprint(i)))
			}
			time.Sleep(time.Minute)
			if n := len(p.sender.texts(private(1))); n != 30 {
				t.Fatalf("%d of 30 messages arrived within a minute", n)
			}
			if n := count(p.sender.all(), 10*time.Second); n > 15 {
				t.Errorf("%d messages within 10 s", n)
			}
		})
	})
	t.Run("a group", func(t *testing.T) {
		scene(t, Limits{}, func(t *testing.T, p *program) {
			for i := range 60 {
				op := want(fmt.Sprint("case:", i), group(1), storage.CardD, fmt.Sprint(i))
				op.Want.Identity = fmt.Sprint(i)
				p.says(op)
			}
			time.Sleep(4 * time.Minute)
			if n := len(p.sender.texts(group(1))); n != 60 {
				t.Fatalf("%d of 60 cards arrived within four minutes", n)
			}
			if n := count(p.sender.all(), time.Minute); n > 20 {
				t.Errorf("%d cards within a minute", n)
			}
		})
	})
	t.Run("the account", func(t *testing.T) {
		scene(t, Limits{}, func(t *testing.T, p *program) {
			other := newProgram(t, p.store.memory, nil) // as a command beside this one
			var ops []storage.SlotOp
			for i := range 900 {
				ops = append(ops, ask(fmt.Sprint("q:", i), private(i+1), "x"))
			}
			other.says(ops...)
			other.out.close()
			time.Sleep(time.Minute)
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
	scene(t, Limits{}, func(t *testing.T, p *program) {
		other := newProgram(t, p.store.memory, nil)
		var ops []storage.SlotOp
		for i := range 3000 {
			ops = append(ops, ask(fmt.Sprint("q:", i), private(i+1), "x"))
		}
		other.says(ops...)
		other.out.close()
		time.Sleep(20 * time.Second)
		tapped := time.Now()
		p.says(ask("q:live", private(99999), "next?"))
		time.Sleep(10 * time.Second)
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
		other.out.close()
		if p.store.hints == 0 {
			t.Error("the other process gave no hint")
		}
		time.Sleep(time.Second)
		calls := p.sender.all()
		if len(calls) != 1 || calls[0].began.Sub(began) > pollEvery+20*time.Millisecond {
			t.Errorf("calls: %+v", calls)
		}
	})
}

func TestAHintWakesThePollAtOnce(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		other := newProgram(t, p.store.memory, nil)
		time.Sleep(60 * time.Millisecond)
		began := time.Now()
		other.says(ask("q:1", private(1), "x"))
		other.out.close()
		p.out.hinted()
		time.Sleep(time.Second)
		if calls := p.sender.all(); len(calls) != 1 || calls[0].began.Sub(began) > 20*time.Millisecond {
			t.Errorf("calls: %+v", calls)
		}
	})
}

func TestWhatBecomesOfAFailedSend(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  storage.DeliveryKind
		err   error
		seen  bool
		fails int
		state storage.DeliveryState
		calls int
		posts int
		note  string // in Delivery.Error
	}{
		{name: "temporary, twice", kind: storage.NoticeD, err: fail(chat.Temporary), fails: 2, state: storage.Sent, calls: 3, posts: 1},
		{name: "temporary for ever", kind: storage.QuestionD, err: fail(chat.Temporary), fails: 1000, state: storage.Failed, calls: maxAttempts, note: "gave up after 24 tries"},
		{name: "rate limited for ever does not give up", kind: storage.QuestionD, err: &chat.Error{Kind: chat.RateLimited, RetryAfter: 10 * time.Second}, fails: 100, state: storage.Sent, calls: 101, posts: 1},
		{name: "unreachable", kind: storage.QuestionD, err: fail(chat.Unreachable), fails: 1000, state: storage.Failed, calls: 1, note: "unreachable: scripted"},
		{name: "rejected", kind: storage.QuestionD, err: fail(chat.Rejected), fails: 1000, state: storage.Failed, calls: 1, note: "rejected: scripted"},
		{name: "a question in doubt is sent again", kind: storage.QuestionD, err: fail(chat.InDoubt), seen: true, fails: 1, state: storage.Sent, calls: 2, posts: 2},
		{name: "a card in doubt is sent again", kind: storage.CardD, err: fail(chat.InDoubt), seen: true, fails: 1, state: storage.Sent, calls: 2, posts: 2},
		{name: "a notice in doubt is dropped", kind: storage.NoticeD, err: fail(chat.InDoubt), fails: 1, state: storage.Sent, calls: 1, note: "in doubt"},
		{name: "thanks in doubt are dropped", kind: storage.ThanksD, err: fail(chat.InDoubt), fails: 1, state: storage.Sent, calls: 1, note: "in doubt"},
		{name: "an unknown error is a doubt", kind: storage.NoticeD, err: errCancelled, fails: 1, state: storage.Sent, calls: 1, note: "in doubt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, fast, func(t *testing.T, p *program) {
				p.sender.script = first(c.fails, c.err, c.seen)
				p.says(want("s", private(1), c.kind, "x"))
				time.Sleep(time.Minute)
				if c.fails > 2 {
					time.Sleep(5 * time.Hour)
				}
				d := p.store.row(t, 0, "s")
				if d.State != c.state || p.sender.n != c.calls || len(p.sender.posts) != c.posts {
					t.Errorf("state %s after %d calls and %d posts, want %s, %d, %d", d.State, p.sender.n, len(p.sender.posts), c.state, c.calls, c.posts)
				}
				if !strings.Contains(d.Error, c.note) || c.note == "" && d.Error != "" {
					t.Errorf("the reason is %q, want %q", d.Error, c.note)
				}
			})
		})
	}
}

func TestACardThatMayHaveBeenShownIsMarkedAsARepeat(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		errs := []error{fail(chat.InDoubt), &chat.Error{Kind: chat.RateLimited, RetryAfter: time.Second}}
		p.sender.script = func(n int, _ chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
			if n <= len(errs) {
				return errs[n-1], false
			}
			return nil, true
		}
		op := want("case:1", group(1), storage.CardD, "x")
		op.Want.Render.Title = "Case A-1"
		p.says(op)
		time.Sleep(time.Minute)
		var titles []string
		for _, c := range p.sender.all() {
			titles = append(titles, c.title)
		}
		if d := cmp.Diff([]string{"Case A-1", "Case A-1 (repeat)", "Case A-1 (repeat)"}, titles); d != "" {
			t.Error(d)
		}
	})
}

func TestAnEditInDoubtIsRepeatedWhateverItIs(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.says(tell("n:1", private(1), "a"))
		time.Sleep(time.Second)
		p.sender.script = first(2, fail(chat.InDoubt), false)
		p.says(tell("n:1", private(1), "b"))
		time.Sleep(time.Minute)
		if got := p.sender.screen[private(1)]["1"]; got != "b" || len(p.sender.posts) != 1 {
			t.Errorf("the chat shows %q after %d posts", got, len(p.sender.posts))
		}
	})
}

func TestAChatThatMustWaitWaitsAndOthersDoNot(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		slow := private(1)
		var told time.Time
		p.sender.script = func(_ int, to chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
			if to == slow && told.IsZero() {
				told = time.Now()
				return &chat.Error{Kind: chat.RateLimited, RetryAfter: 20 * time.Second}, false
			}
			return nil, true
		}
		p.says(ask("q:1", slow, "x"))
		time.Sleep(time.Second)
		p.says(ask("q:slow", slow, "y"))
		committed := map[chat.Address]time.Time{}
		for c := 2; c < 50; c++ {
			committed[private(c)] = time.Now()
			p.says(ask(fmt.Sprint("q:", c), private(c), "x"))
		}
		time.Sleep(time.Minute)
		for _, c := range p.sender.all() {
			if c.to == slow && c.err == nil && c.began.Sub(told) < 20*time.Second {
				t.Errorf("%q was sent %v after the chat was told to wait 20 s", c.text, c.began.Sub(told))
			}
			if at, ok := committed[c.to]; ok && c.began.Sub(at) > 100*time.Millisecond {
				t.Errorf("chat %s waited %v", c.to.Chat, c.began.Sub(at))
			}
		}
		if d := cmp.Diff([]string{"x", "y"}, p.sender.texts(slow)); d != "" {
			t.Error(d)
		}
	})
}

func TestTheAccountWaitsWhenSeveralChatsAreToldTo(t *testing.T) {
	for _, whole := range []bool{true, false} {
		t.Run(fmt.Sprint("said so: ", whole), func(t *testing.T) {
			scene(t, fast, func(t *testing.T, p *program) {
				n := limitChats
				if whole {
					n = 1
				}
				var told time.Time
				p.sender.script = func(i int, _ chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
					if i <= n {
						told = time.Now()
						return &chat.Error{Kind: chat.RateLimited, RetryAfter: 5 * time.Second, Account: whole}, false
					}
					return nil, true
				}
				for c := range n {
					p.says(ask(fmt.Sprint("q:", c), private(c+1), "x"))
				}
				time.Sleep(time.Second)
				p.says(ask("q:other", private(100), "x"))
				time.Sleep(time.Minute)
				calls := p.sender.all()
				for _, c := range calls[n:] {
					if c.began.Sub(told) < 5*time.Second {
						t.Errorf("chat %s was written to %v after the account was told to wait", c.to.Chat, c.began.Sub(told))
					}
				}
				if len(calls) != 2*n+1 {
					t.Errorf("%d calls", len(calls))
				}
			})
		})
	}
}

func TestABlockedPrivateChatIsRemembered(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		who := storage.Person{Platform: chat.Telegram, Account: "1", User: "7"}
		p.store.ids[who.ID()] = storage.Identity{ID: who.ID(), Person: who, Address: private(7)}
		p.sender.script = first(1000, fail(chat.Unreachable), false)
		mine, card := ask("q:1", private(7), "x"), want("case:1", group(1), storage.CardD, "x")
		mine.Want.Identity, card.Want.Identity = who.ID(), who.ID()
		p.says(card)
		time.Sleep(time.Second)
		if !p.store.ids[who.ID()].Blocked.IsZero() {
			t.Error("a staff chat that is gone says nothing of the customer")
		}
		p.says(mine)
		time.Sleep(time.Second)
		if p.store.ids[who.ID()].Blocked.IsZero() {
			t.Error("the identity is not marked as blocked")
		}
	})
}

func TestAChatThatMovedIsWrittenToAtItsNewAddress(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		old, new := group(1), group(1001)
		p.says(want("case:1", old, storage.CardD, "a"))
		time.Sleep(time.Second)
		p.sender.script = func(_ int, to chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
			if to == old {
				return &chat.Error{Kind: chat.MovedChat, To: new}, false
			}
			return nil, true
		}
		began := time.Now()
		p.says(want("case:1", old, storage.CardD, "b"))
		time.Sleep(time.Minute)
		if d := cmp.Diff([]string{"b"}, p.sender.texts(new)); d != "" {
			t.Error(d)
		}
		if p.moves[old] != new {
			t.Error("the move was not remembered")
		}
		if took := p.sender.calls[2].began.Sub(began); took > time.Second {
			t.Errorf("the retry came after %v; it is due at once", took)
		}
	})
}

func TestRevokedCredentialsStopTheAccountAndLoseNothing(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.sender.script = first(1000, fail(chat.Revoked), false)
		p.says(ask("q:1", private(1), "x"))
		time.Sleep(time.Second)
		p.says(ask("q:2", private(2), "x"))
		time.Sleep(time.Hour)
		if p.sender.n != 1 {
			t.Errorf("%d sends with credentials that are refused", p.sender.n)
		}
		for _, s := range []string{"q:1", "q:2"} {
			if d := p.store.row(t, 0, s); d.State != storage.Due {
				t.Errorf("%s is %s", s, d.State)
			}
		}
		h := p.out.health()
		if h.Healthy() || !h.Accounts[0].Revoked || h.Accounts[0].Error == "" {
			t.Errorf("the operator sees %+v", h)
		}
	})
}

func TestASenderThatPanicsIsADoubt(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.sender.script = func(n int, _ chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
			if n == 1 {
				p.sender.flight = map[chat.Address]int{}
				panic("boom")
			}
			return nil, true
		}
		p.says(ask("q:1", private(1), "x"))
		time.Sleep(time.Minute)
		if d := p.store.row(t, 0, "q:1"); d.State != storage.Sent || p.sender.n != 2 {
			t.Errorf("%s after %d sends", d.State, p.sender.n)
		}
	})
}
