package outbox

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// of is a private chat of an account.
func of(account, n int) chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: fmt.Sprint(account), Chat: fmt.Sprint(n)}
}

func TestOneLookFindsWhatIsDueForAllAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const accounts, buckets = 200, 4
		m, r := newMemory(buckets), newRecorder()
		p, other := newProgram(t, m, r), newProgram(t, m, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		for i := range accounts {
			serving.Go(func() {
				if err := p.out.Serve(ctx, Account{Platform: chat.Telegram, ID: fmt.Sprint(i), Sender: r, Limits: fast}); err != nil {
					t.Error(err)
				}
			})
		}
		pass(time.Second)
		looks := func(d time.Duration) int {
			m.mu.Lock()
			before := m.polls
			m.mu.Unlock()
			pass(d)
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.polls - before
		}
		if n := looks(10 * time.Second); n > buckets*41 || n < buckets*39 {
			t.Errorf("%d looks into %d buckets in ten seconds, for %d accounts without work", n, buckets, accounts)
		}
		var ops []storage.SlotOp
		for i := range accounts {
			ops = append(ops, ask(fmt.Sprint("q:", i), of(i, 1), "x"))
		}
		began := time.Now()
		other.says(ops...)
		pass(time.Second)
		calls := r.all()
		for _, c := range calls {
			if took := c.began.Sub(began); took > pollEvery+20*time.Millisecond {
				t.Errorf("account %s sent after %v", c.to.Account, took)
			}
		}
		if len(calls) != accounts {
			t.Errorf("%d of %d accounts sent", len(calls), accounts)
		}
		cancel()
		serving.Wait()
		if n := looks(10 * time.Second); n > 0 {
			t.Errorf("%d looks when no account is served", n)
		}
		p.out.Close()
		other.out.Close()
	})
}

// An account that is busy looks often; the others are not looked for each time.
func TestABusyAccountLooksForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1)
		p := newProgram(t, m, newRecorder())
		busy := newDispatcher(p.out, Account{Platform: chat.Telegram, ID: "1"}, 1, func() bool { return true })
		quiet := newDispatcher(p.out, Account{Platform: chat.Telegram, ID: "2"}, 1, func() bool { return true })
		l := p.out.lookout
		l.by[keyOfAccount(busy.account)], l.by[keyOfAccount(quiet.account)] = busy, quiet
		l.ask(busy)
		if list := l.take(false); len(list) != 1 || list[0] != busy {
			t.Errorf("a look for %d accounts, when one asked", len(list))
		}
		if list := l.take(false); len(list) != 0 {
			t.Errorf("a look for %d accounts, when none asked", len(list))
		}
		if list := l.take(true); len(list) != 2 {
			t.Errorf("a regular look for %d of 2 accounts", len(list))
		}
		p.out.Close()
	})
}

func TestDoubtsOfManyAccountsAreSettledByOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1)
		p := newProgram(t, m, newRecorder())
		var senders []*dispatcher
		for i := range 3 {
			senders = append(senders, newDispatcher(p.out, Account{Platform: chat.Telegram, ID: fmt.Sprint(i)}, 2, func() bool { return true }))
			for n := range doubtBatch + 1 {
				slot := fmt.Sprint("q:", i, ":", n)
				m.rows[0][slot] = storage.Delivery{
					Slot: slot, Identity: slot, Address: of(i, n), Kind: storage.QuestionD, Ord: int64(n + 1),
					Hash: "x", Wanted: 1, State: storage.Sending, Epoch: 1, Attempts: 1,
				}
			}
		}
		if err := p.out.settleDoubts(t.Context(), senders...); err != nil {
			t.Fatal(err)
		}
		for slot, d := range m.rows[0] {
			if d.State != storage.Due {
				t.Errorf("%s is %s", slot, d.State)
			}
		}
		p.out.Close()
	})
}
