package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/bot/voice"
)

// pigeons is a platform that nobody has: other than those that ship in what it can do.
const pigeons chat.Platform = "pigeon"

// pigeonTraits: lofts have threads but neither forms nor marks, birds carry no files, and
// what is a command elsewhere is a word behind "/coo". Members of staff have perches, which
// updates call by the loft that they are in.
func pigeonTraits() chat.Traits {
	return chat.Traits{
		Threads: true, Slash: "/coo",
		Limits:   chat.Limits{Chat: chat.Rate{PerSecond: 100, Burst: 10}},
		Personal: func(a chat.Address) bool { return strings.HasPrefix(a.Chat, "perch ") },
		Private: func(account, user string) chat.Address {
			return chat.Address{Platform: pigeons, Account: account, Chat: "perch " + user}
		},
	}
}

// pigeon is the platform's adapter, and one person in front of it.
type pigeon struct {
	in      chan *chat.Update
	stopped chan struct{} // when the test ends

	mu      sync.Mutex
	n       int
	letters []letter
	last    chat.Update
	fails   chattest.Failure
	wait    map[string]chan chat.Answer // by update
}

// letter is a message that hangs in a chat.
type letter struct {
	to  chat.Address
	ref chat.Ref
	m   chat.Message
}

func newPigeon(t testing.TB) *pigeon {
	p := &pigeon{in: make(chan *chat.Update, 1000), stopped: make(chan struct{}), wait: map[string]chan chat.Answer{}}
	t.Cleanup(func() { close(p.stopped) })
	return p
}

func (p *pigeon) Sender() chat.Sender { return p }
func (p *pigeon) Address() chat.Address {
	return chat.Address{Platform: pigeons, Account: "1", Chat: "7"}
}

func (p *pigeon) Send(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	if err := ctx.Err(); err != nil {
		return "", &chat.Error{Kind: chat.Temporary, Err: err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	failed := p.fails
	p.fails = ""
	switch failed {
	case chattest.BlockedByPerson:
		return "", &chat.Error{Kind: chat.Unreachable, Err: errors.New("the loft is shut")}
	case chattest.TooFast:
		return "", &chat.Error{Kind: chat.RateLimited, RetryAfter: chattest.Wait, Err: errors.New("the birds are tired")}
	case chattest.AccessRevoked:
		return "", &chat.Error{Kind: chat.Revoked, Err: errors.New("the ring was taken off")}
	}
	if strings.TrimSpace(penned(m)) == "" {
		return "", &chat.Error{Kind: chat.Rejected, Err: errors.New("an empty letter")}
	}
	for i, l := range p.letters {
		if at != "" && l.ref == at {
			p.letters[i].m = m
			return at, nil
		}
	}
	p.n++
	ref := chat.Ref("l" + strconv.Itoa(p.n))
	p.letters = append(p.letters, letter{to, ref, m})
	return ref, nil
}

// penned are the words of a letter, without what cannot be written on paper.
func penned(m chat.Message) string {
	parts := []string{m.Title, m.Text}
	for _, f := range m.Facts {
		parts = append(parts, f.Label+": "+f.Value)
	}
	for _, q := range m.Quotes {
		parts = append(parts, q.Label, q.Text)
	}
	return onPaper(voice.Join("\n", append(parts, m.Footer)...))
}

func onPaper(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

func (p *pigeon) Shown() []chattest.Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []chattest.Shown
	for _, l := range p.letters {
		s := chattest.Shown{Ref: l.ref, Text: penned(l.m)}
		for _, row := range l.m.Rows {
			for _, b := range row {
				s.Buttons = append(s.Buttons, onPaper(b.Text))
			}
		}
		all = append(all, s)
	}
	return all
}

// Serve acknowledges nothing that was not stored: it brings the same letter again.
func (p *pigeon) Serve(ctx context.Context, h chat.Handler) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case u := <-p.in:
			answers, err := h(ctx, []chat.Update{*u})
			for err != nil && ctx.Err() == nil {
				answers, err = h(ctx, []chat.Update{*u})
			}
			p.answered(u.Key, answers)
		}
	}
}

func (p *pigeon) answered(key string, answers []chat.Answer) {
	p.mu.Lock()
	waiting := p.wait[key]
	delete(p.wait, key)
	p.mu.Unlock()
	if waiting == nil {
		return
	}
	var seen chat.Answer
	if len(answers) > 0 {
		seen = answers[0]
	}
	waiting <- seen
}

// brings hands an update in, and returns what its sender sees at once.
func (p *pigeon) brings(u chat.Update) <-chan chat.Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	u.Key, u.From, u.Private = "pigeon:1:"+strconv.Itoa(p.n), p.Address(), true
	u.User, u.At = chat.User{ID: "7", Name: "Ann", Language: "en"}, time.Now().UTC()
	p.last = u
	answer := make(chan chat.Answer, 1)
	p.wait[u.Key] = answer
	p.in <- &u
	return answer
}

func (p *pigeon) Say(text string) {
	u := chat.Update{Kind: chat.Text, Text: strings.ToValidUTF8(text, "")}
	if name, is := strings.CutPrefix(text, "/"); is {
		u.Kind = chat.Command
		u.Command, u.Text, _ = strings.Cut(name, " ")
	}
	p.brings(u)
}

func (p *pigeon) Tap(ref chat.Ref) func() chat.Answer {
	data := ""
	p.mu.Lock()
	for _, l := range p.letters {
		if l.ref == ref {
			data = l.m.Rows[0][0].Data
		}
	}
	p.mu.Unlock()
	answer := p.brings(chat.Update{Kind: chat.Tap, Data: data, On: ref})
	return func() chat.Answer {
		select {
		case a := <-answer:
			return a
		case <-p.stopped:
			return chat.Answer{}
		}
	}
}

func (p *pigeon) Repeat() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := p.last
	p.in <- &again
	return true
}

func (p *pigeon) Vanish(ref chat.Ref) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, l := range p.letters {
		if l.ref == ref {
			p.letters = append(p.letters[:i:i], p.letters[i+1:]...)
			break
		}
	}
	return true
}

func (p *pigeon) Fail(f chattest.Failure) bool {
	switch f {
	case chattest.BlockedByPerson, chattest.TooFast, chattest.AccessRevoked:
	default:
		return false // birds arrive
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = f
	return true
}

func (p *pigeon) Field(chat.Ref) string        { return "" }
func (p *pigeon) Enter(_ chat.Ref, say string) { p.Say(say) }
func (p *pigeon) Traits() chattest.Traits      { return chattest.Traits{} }

func TestTheInventedPlatformConforms(t *testing.T) {
	chattest.Run(t, func(t *testing.T) chattest.Adapter { return newPigeon(t) })
}
