package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// How the outbox marks what may stand in a chat twice, and begins its reason for dropping
// what must not.
const (
	repeatMark = " (repeat)"
	doubtMark  = "in doubt"
)

// fast is a platform without limits.
var fast = chat.Limits{Chat: chat.Unlimited(), Group: chat.Unlimited(), Account: chat.Unlimited()}

// mortal is one process's way to the world: a store at one of whose calls the process
// dies, and its Sender. What a dead process does has no effect, and it hears of nothing.
type mortal struct {
	*storagetest.CrashingStore
	inner  storage.Store
	sender chat.Sender
	asked  bool // it dies once it has posted a question, before it hears that it has

	mu     sync.Mutex
	leases map[string]string // holders by lease
}

func newMortal(store storage.Store, sender chat.Sender, at int, when storagetest.When) *mortal {
	return &mortal{
		CrashingStore: storagetest.Crashing(store, at, when), inner: store, sender: sender, leases: map[string]string{},
	}
}

func (m *mortal) isDead() bool {
	select {
	case <-m.Dead():
		return true
	default:
		return false
	}
}

// Acquire of a dead process finds the lease taken, so that it comes to rest soon.
func (m *mortal) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (storage.Lease, bool, error) {
	m.mu.Lock()
	m.leases[name] = holder
	m.mu.Unlock()
	lease, ok, err := m.CrashingStore.Acquire(ctx, name, holder, ttl)
	if !m.isDead() {
		return lease, ok, err
	}
	_ = m.inner.Release(context.WithoutCancel(ctx), name, holder) // see lapse
	return storage.Lease{}, false, nil
}

// lapse lets the leases of a dead process lapse at once instead of after their time.
func (m *mortal) lapse(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, holder := range m.leases {
		if err := m.inner.Release(ctx, name, holder); err != nil {
			return err
		}
	}
	return nil
}

// Send is the Sender's, of the same process.
func (m *mortal) Send(ctx context.Context, to chat.Address, msg chat.Message, at chat.Ref) (chat.Ref, error) {
	died := &chat.Error{Kind: chat.InDoubt, Err: errors.New("the process died")}
	if m.isDead() {
		return "", died
	}
	ref, err := m.sender.Send(ctx, to, msg, at)
	if m.asked && err == nil && at == "" && len(msg.Rows) > 0 {
		m.Die()
	}
	if m.isDead() {
		return "", died
	}
	return ref, err
}

// Remove implements chat.Remover: what is taken away leaves its place, for tests to see.
func (m *mortal) Remove(ctx context.Context, to chat.Address, at chat.Ref) error {
	_, err := m.Send(ctx, to, chat.Message{Mark: chat.Gone, Inert: true}, at)
	return err
}
