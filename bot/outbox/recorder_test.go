package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// shown is one call of a recorder.
type shown struct {
	began time.Time
	ended time.Time
	to    chat.Address
	text  string
	title string
	at    chat.Ref
	ref   chat.Ref
	err   error
}

// recorder is a Sender that keeps what it was asked to show and fails as it is told.
type recorder struct {
	cost time.Duration
	// script decides the n-th call's fate (from 1): its error, and whether the message
	// is seen in spite of it.
	script func(n int, to chat.Address, m chat.Message, at chat.Ref) (err error, seen bool)

	mu     sync.Mutex
	calls  []shown
	n      int
	flight map[chat.Address]int
	most   int            // sends in flight at once
	twice  []chat.Address // chats that had two sends in flight
	screen map[chat.Address]map[chat.Ref]string
	posts  []shown      // what became visible as a new message, in order
	probed func() error // what the platform says of the credentials; nil = fine
}

// Probe implements chat.Prober.
func (r *recorder) Probe(context.Context, string) error {
	if r.probed == nil {
		return nil
	}
	return r.probed()
}

func newRecorder() *recorder {
	return &recorder{
		cost: 50 * time.Millisecond, flight: map[chat.Address]int{}, screen: map[chat.Address]map[chat.Ref]string{},
	}
}

var (
	errCancelled = errors.New("cancelled")
	errHang      = errors.New("no answer for ten minutes") // of a script: the call hangs
)

func (r *recorder) Send(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	r.mu.Lock()
	r.n++
	call := shown{began: time.Now(), to: to, text: m.Text, title: m.Title, at: at}
	n := r.n
	if r.flight[to]++; r.flight[to] > 1 {
		r.twice = append(r.twice, to)
	}
	sum := 0
	for _, f := range r.flight {
		sum += f
	}
	r.most = max(r.most, sum)
	script := r.script
	r.mu.Unlock()

	var err error
	seen := true
	if script != nil {
		if err, seen = script(n, to, m, at); err == nil {
			seen = true
		}
	}
	cost := r.cost
	if errors.Is(err, errHang) {
		cost = 10 * time.Minute
	}
	select {
	case <-time.After(cost):
	case <-ctx.Done():
		err = &chat.Error{Kind: chat.InDoubt, Err: errCancelled}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	r.flight[to]--
	call.ended, call.err = time.Now(), err
	if seen {
		call.ref = at
		if at == "" {
			call.ref = chat.Ref(fmt.Sprint(n))
			r.posts = append(r.posts, call)
		}
		if r.screen[to] == nil {
			r.screen[to] = map[chat.Ref]string{}
		}
		r.screen[to][call.ref] = m.Text
	}
	r.calls = append(r.calls, call)
	if err != nil {
		return "", err
	}
	return call.ref, nil
}

func (r *recorder) all() []shown {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// texts is what became visible as new messages in a chat, in order.
func (r *recorder) texts(to chat.Address) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ts []string
	for _, p := range r.posts {
		if p.to == to {
			ts = append(ts, p.text)
		}
	}
	return ts
}
