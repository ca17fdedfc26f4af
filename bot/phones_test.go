package bot

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aftercare/aftercare/adapters/chat"
)

// phones is what people see: a platform's chats.
type phones struct {
	mu    sync.Mutex
	n     int
	chats map[chat.Address][]*shownMessage
}

type shownMessage struct {
	ref   chat.Ref
	first chat.Message // as it was posted
	now   chat.Message
}

func newPhones() *phones { return &phones{chats: map[chat.Address][]*shownMessage{}} }

func (p *phones) Send(_ context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.chats[to] {
		if s.ref == at {
			s.now = m
			return at, nil
		}
	}
	p.n++
	ref := chat.Ref(fmt.Sprint(p.n))
	p.chats[to] = append(p.chats[to], &shownMessage{ref, m, m})
	return ref, nil
}

// seen is the messages of a chat, newest first.
func (p *phones) seen(to chat.Address) []chat.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ms []chat.Message
	for i := len(p.chats[to]) - 1; i >= 0; i-- {
		ms = append(ms, p.chats[to][i].now)
	}
	return ms
}

func (p *phones) text(to chat.Address, ref chat.Ref) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.chats[to] {
		if s.ref == ref {
			return s.now.Title + s.now.Text
		}
	}
	return ""
}

func (p *phones) dump(to chat.Address) string {
	var b strings.Builder
	for _, m := range p.seen(to) {
		fmt.Fprintf(&b, "- %s %s %v\n", m.Title, m.Text, m.Rows)
	}
	return b.String()
}

// twice counts the messages that were posted in a chat that had the same already.
func (p *phones) twice() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, all := range p.chats {
		known := map[string]bool{}
		for _, s := range all {
			key := strings.TrimSuffix(s.first.Title, repeatMark) + "\n" + s.first.Text
			if known[key] {
				n++
			}
			known[key] = true
		}
	}
	return n
}

// unmarked is the titles of cards that were posted again without saying so. What has no title is no card.
func (p *phones) unmarked(to chat.Address) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var again []string
	known := map[string]bool{}
	for _, s := range p.chats[to] {
		if s.first.Title == "" {
			continue
		}
		if known[s.first.Title] && !strings.HasSuffix(s.first.Title, repeatMark) {
			again = append(again, s.first.Title)
		}
		known[s.first.Title] = true
	}
	return again
}
