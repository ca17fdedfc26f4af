package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// poller counts how many intakes of an account run at once.
type poller struct {
	mu    sync.Mutex
	now   int
	most  int
	began int
}

func (p *poller) poll(ctx context.Context) error {
	p.mu.Lock()
	p.began++
	p.now++
	p.most = max(p.most, p.now)
	p.mu.Unlock()
	<-ctx.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now--
	return ctx.Err()
}

func (p *poller) running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// run serves an account with an intake until the returned function is called.
func (p *program) run(in *poller) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a := Account{Platform: chat.Telegram, ID: "1", Sender: p.sender, Limits: fast, Intake: in.poll}
		if err := p.out.Serve(ctx, a); err != nil {
			p.t.Error(err)
		}
	}()
	return func() {
		cancel()
		<-done
		p.out.Close()
	}
}

func TestALostLeaseStopsItsHolderOneSecondEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, in := newProgram(t, newMemory(1), newRecorder()), &poller{}
		stop := p.run(in)
		pass(10*time.Second + 500*time.Millisecond)
		if in.running() != 1 || !p.out.Health().Accounts[0].Holds {
			t.Fatalf("the account is not served: %d run, %+v", in.running(), p.out.Health().Accounts)
		}
		p.store.mu.Lock()
		p.store.fail = func(call string) string {
			if call == "acquire" {
				return "before"
			}
			return ""
		}
		p.store.mu.Unlock()
		ends := p.store.leases["account:telegram:1"].until
		for in.running() > 0 {
			pass(10 * time.Millisecond)
		}
		if early := time.Until(ends); early < 900*time.Millisecond || early > 1100*time.Millisecond {
			t.Errorf("the intake stopped %v before the lease ended", early)
		}
		before := p.sender.n
		p.says(ask("q:1", private(1), "x"))
		pass(time.Minute)
		if p.sender.n != before {
			t.Error("something was sent without the lease")
		}
		p.store.mu.Lock()
		p.store.fail = nil
		p.store.mu.Unlock()
		pass(5 * time.Second)
		if p.sender.n != before+1 || in.running() != 1 {
			t.Error("the account is not served again")
		}
		stop()
		if in.most != 1 {
			t.Errorf("%d pollers at once", in.most)
		}
	})
}

func TestNothingIsSentByAHolderWhoseLeaseLapsedUnnoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t, newMemory(1), newRecorder())
		var valid atomic.Bool
		valid.Store(true)
		d := newDispatcher(p.out, Account{Platform: chat.Telegram, ID: "1", Sender: p.sender, Limits: fast}, 1, valid.Load)
		s := &served{}
		s.account = d.account
		p.out.register(s, d)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); d.run(ctx) }()
		pass(10 * time.Millisecond)
		p.store.cost = 100 * time.Millisecond
		var all sync.WaitGroup
		all.Go(func() { p.says(ask("q:1", private(1), "x")) })
		pass(150 * time.Millisecond) // claimed by now, or about to be
		valid.Store(false)
		all.Wait()
		pass(10 * time.Second)
		if d := p.store.row(t, 0, "q:1"); p.sender.n == 0 && d.State != storage.Due {
			t.Errorf("it was not sent, but it is %s", d.State)
		}
		n := p.sender.n
		p.says(ask("q:2", private(2), "x"))
		pass(time.Second)
		if p.sender.n != n {
			t.Error("it was sent without a lease")
		}
		cancel()
		d.close()
		<-done
		d.finish(t.Context())
		p.out.Close()
	})
}

func TestAnotherProcessTakesOverAndTwoNeverServeAtOnce(t *testing.T) {
	for _, graceful := range []bool{true, false} {
		t.Run(fmt.Sprint("graceful: ", graceful), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, r, in := newMemory(2), newRecorder(), &poller{}
				a, b := newProgram(t, m, r), newProgram(t, m, r)
				stopA := a.run(in)
				pass(time.Second)
				stopB := b.run(in)
				pass(5500 * time.Millisecond)
				if !a.out.Health().Accounts[0].Holds || b.out.Health().Accounts[0].Holds || in.began != 1 {
					t.Fatalf("the first process does not serve alone: %+v, %+v, begun %d times", a.out.Health().Accounts, b.out.Health().Accounts, in.began)
				}
				began := time.Now()
				if graceful {
					stopA()
				} else {
					a.store.die()
				}
				for !b.out.Health().Accounts[0].Holds {
					pass(10 * time.Millisecond)
				}
				took, limit := time.Since(began), 6*time.Second
				if graceful {
					limit = 2 * time.Second
				}
				if took > limit {
					t.Errorf("the takeover took %v", took)
				}
				pass(10 * time.Second)
				if in.most != 1 || in.began != 2 || in.running() != 1 {
					t.Errorf("pollers: %d at most, %d in all, %d now", in.most, in.began, in.running())
				}
				if !graceful {
					stopA()
				}
				stopB()
			})
		})
	}
}

func TestAStopSendsWhatIsDueAndReleasesTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t, newMemory(1), newRecorder())
		stop := p.serve(fast)
		for i := range 20 {
			p.says(ask(fmt.Sprint("q:", i), private(1), fmt.Sprint(i)))
		}
		began := time.Now()
		stop()
		if n := len(p.sender.posts); n != 20 {
			t.Errorf("%d of 20 messages were sent before the stop", n)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the stop took %v", took)
		}
		if time.Now().Before(p.store.leases["account:telegram:1"].until) {
			t.Error("the lease was not released")
		}
	})
}

func TestAStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t, newMemory(1), newRecorder())
		p.sender.cost = time.Hour
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		release := make(chan struct{})
		go func() {
			defer close(done)
			p.out.Serve(ctx, Account{
				Platform: chat.Telegram, ID: "1", Sender: p.sender, Limits: fast,
				Intake: func(ctx context.Context) error {
					<-ctx.Done()
					<-release // slow to stop
					return nil
				},
			})
		}()
		pass(100 * time.Millisecond)
		p.says(ask("q:1", private(1), "x"))
		began := time.Now()
		cancel()
		pass(intakeGrace + drainGrace + flightGrace)
		close(release)
		<-done
		if took := time.Since(began); took > intakeGrace+drainGrace+flightGrace+time.Second {
			t.Errorf("the stop took %v", took)
		}
		p.out.Close()
	})
}

func TestAnIntakeThatEndsIsStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t, newMemory(1), newRecorder())
		n := 0
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.out.Serve(ctx, Account{
				Platform: chat.Telegram, ID: "1", Sender: p.sender,
				Intake: func(ctx context.Context) error {
					if n++; n < 3 {
						return errors.New("scripted")
					}
					<-ctx.Done()
					return nil
				},
			})
		}()
		pass(time.Minute)
		if n != 3 {
			t.Errorf("it was started %d times", n)
		}
		if h := p.out.Health().Accounts[0]; h.Error != "scripted" {
			t.Errorf("the operator sees %q", h.Error)
		}
		if err := p.out.Serve(ctx, Account{Platform: chat.Telegram, ID: "1"}); err == nil {
			t.Error("one account was served twice by one process")
		}
		cancel()
		<-done
		p.out.Close()
	})
}

func TestWhatASenderLeftInDoubtIsSettledByTheNext(t *testing.T) {
	for _, c := range []struct {
		kind  storage.DeliveryKind
		posts []string
		title string
	}{
		{storage.QuestionD, []string{"x", "x"}, ""},
		{storage.CardD, []string{"x", "x"}, " (repeat)"},
		{storage.NoticeD, []string{"x"}, ""},
		{storage.ThanksD, []string{"x"}, ""},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, r := newMemory(1), newRecorder()
				a := newProgram(t, m, r)
				stopA := a.serve(fast)
				a.says(want("s", private(1), c.kind, "x"), tell("n", private(1), "after"))
				a.store.die() // while x is in flight
				pass(time.Second)
				b := newProgram(t, m, r)
				stopB := b.serve(fast)
				pass(time.Minute)
				if d := cmp.Diff(append(c.posts, "after"), r.texts(private(1))); d != "" {
					t.Error(d)
				}
				if last := r.posts[len(c.posts)-1]; last.title != c.title {
					t.Errorf("the title is %q", last.title)
				}
				stopA()
				stopB()
			})
		})
	}
}

func TestARowThatALateHolderClaimsIsFoundToo(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		d := p.store
		d.memory.mu.Lock()
		row := storage.Delivery{
			Slot: "q:1", Identity: "who", Address: private(1), Kind: storage.QuestionD, Ord: 1,
			Render: chat.Message{Text: "x"}, Hash: "x", Wanted: 1, State: storage.Sending, Epoch: 0, Attempts: 1,
		}
		d.rows[0]["q:1"] = row
		d.memory.mu.Unlock()
		pass(2 * doubtEvery)
		if got := p.sender.texts(private(1)); len(got) != 1 {
			t.Errorf("shown: %v", got)
		}
	})
}
