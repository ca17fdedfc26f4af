package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	// markTimeout is how long a message waits for the mark before it.
	markTimeout = 3 * time.Second
	// marksRest is how long marks are put beside the messages after one failed.
	marksRest = 30 * time.Second
	// marksAside is how many marks may wait beside the messages; of more, the newest are
	// left out.
	marksAside = 64
	markTries  = 5
)

// marks are the signs that are put on messages. A chat's next message comes after the mark
// before it, as long as the platform takes marks; while it does not, marks are tried beside
// the messages, and nothing waits for them. Nothing hangs on a mark.
type marks struct {
	mu      sync.Mutex
	until   time.Time // by the monotonic clock: until then marks are put beside
	waiting int       // beside
}

// begin reports whether a mark is put before what follows it.
func (m *marks) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !time.Now().Before(m.until)
}

// rest puts marks beside for a while, and reports whether there is room for one more.
func (m *marks) rest(least time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until := time.Now().Add(max(least, marksRest)); until.After(m.until) {
		m.until = until
	}
	if m.waiting >= marksAside {
		return false
	}
	m.waiting++
	return true
}

func (m *marks) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting--
}

// react puts a mark on a message, where the platform has marks. What cannot be marked for
// good counts as marked, and so does what is tried again beside the messages.
func (d *dispatcher) react(ctx context.Context, to chat.Address, m chat.Message) error {
	reactor, able := d.account.Sender.(chat.Reactor)
	if !able || m.Replies == "" {
		return nil
	}
	var rest time.Duration
	if d.marks.begin() {
		short, cancel := context.WithTimeout(ctx, markTimeout)
		err := reactor.React(short, to, m.Replies, m.Mark)
		cancel()
		again, fatal := d.unmarked(to, err)
		if fatal || !again {
			return fatalOnly(err, fatal)
		}
		rest = chat.AsError(err).RetryAfter
	}
	if !d.marks.rest(rest) {
		d.log.Warn("too many messages wait for their mark; one goes without", "chat", to.Chat)
		return nil
	}
	d.tasks.Go(func() {
		defer d.marks.end()
		d.markBeside(reactor, to, m, rest)
	})
	return nil
}

// markBeside tries a mark until it is put, or has failed too often.
func (d *dispatcher) markBeside(reactor chat.Reactor, to chat.Address, m chat.Message, wait time.Duration) {
	for try := range markTries {
		timer := time.NewTimer(max(wait, marksRest<<try))
		select {
		case <-d.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		call, cancel := context.WithTimeout(d.ctx, sendTimeout)
		err := reactor.React(call, to, m.Replies, m.Mark)
		cancel()
		if again, _ := d.unmarked(to, err); !again {
			return
		}
		wait = chat.AsError(err).RetryAfter
	}
}

// unmarked says what follows from a try: whether it is worth another one, and whether it
// tells of more than the mark.
func (d *dispatcher) unmarked(to chat.Address, err error) (again, fatal bool) {
	if err == nil {
		return false, false
	}
	switch chat.AsError(err).Kind {
	case chat.Temporary, chat.RateLimited, chat.InDoubt:
		again = true
	case chat.Revoked, chat.MovedChat:
		fatal = true
	}
	d.log.Debug("a message was not marked", "chat", to.Chat, "err", err, "again", again)
	return again, fatal
}

func fatalOnly(err error, fatal bool) error {
	if fatal {
		return err
	}
	return nil
}
