package webchat

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// fakeBot is a scripted bot: a scale, a multiple choice, words, thanks.
type fakeBot struct {
	mu       sync.Mutex
	lang     string
	title    string
	visitors map[string]error // by token; nil = a visitor
	items    map[chat.Address][]Item
	seen     map[string]bool
	updates  []chat.Update // those that were not seen before
	chosen   map[string]bool
	watchers map[chat.Address][]chan struct{}
	away     error        // what Handle and Transcript fail with
	answer   *chat.Answer // to whatever comes next
	gate     chan struct{}
	asked    int  // for the state
	begins   bool // the conversation is to begin: nothing is stored before something is said
	claims   int  // how often the link was claimed
}

var customer = chat.Address{Platform: chat.Web, Chat: "inv1"}

const goodToken = "AAECAwQFBgcICQoLDA0ODxAR"

func newFakeBot() *fakeBot {
	return &fakeBot{
		lang: "en", title: "After your visit to Salon Anna",
		visitors: map[string]error{goodToken: nil, "used": fmt.Errorf("visitor: %w", ErrUsed), "expired": fmt.Errorf("visitor: %w", ErrExpired), "broken": errors.New("database is gone")},
		items:    map[chat.Address][]Item{}, seen: map[string]bool{}, chosen: map[string]bool{},
		watchers: map[chat.Address][]chan struct{}{},
	}
}

func (b *fakeBot) config() Config {
	return Config{Handle: b.handle, Visitor: b.visitor, Preview: b.preview, Claim: b.claim, Transcript: b.transcript, State: b.state, Watch: b.watch}
}

func (b *fakeBot) serve(t *testing.T) *httptest.Server {
	t.Helper()
	b.begins = true
	return serveConfig(t, b.config())
}

func (b *fakeBot) preview(context.Context, string) ([]Item, error) {
	return []Item{{"i:s1", 1, 1, b.intro()}, {"q:s1:0", 2, 1, b.spoken(overall())}}, nil
}

func (b *fakeBot) claim(context.Context, string, string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims++
	return nil
}

// spoken is a message in the bot's language.
func (b *fakeBot) spoken(m chat.Message) chat.Message {
	m.Lang = b.lang
	return m
}

func serveConfig(t *testing.T, c Config) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(New(c))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (b *fakeBot) visitor(_ context.Context, token, _ string) (Visitor, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err, known := b.visitors[token]
	if !known {
		return Visitor{}, fmt.Errorf("visitor: %w", ErrUnknown)
	}
	if err != nil {
		return Visitor{}, err
	}
	return Visitor{
		Address: customer, User: chat.User{ID: "inv1", Language: b.lang}, Language: b.lang, Title: b.title, About: "Haircut · March 4",
		Unopened: b.begins && len(b.items[customer]) == 0,
	}, nil
}

func (b *fakeBot) transcript(_ context.Context, to chat.Address, before int64, limit int) ([]Item, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away != nil {
		return nil, b.away
	}
	return pageOf(b.items[to], before, limit), nil
}

func pageOf(items []Item, before int64, limit int) []Item {
	var page []Item
	for _, it := range items {
		if before == 0 || it.Ord < before {
			page = append(page, it)
		}
	}
	return page[max(0, len(page)-limit):]
}

func (b *fakeBot) state(_ context.Context, to chat.Address) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	return digest(b.items[to]), b.away
}

// digest names what a transcript shows.
func digest(items []Item) string {
	versions := 0
	for _, it := range items {
		versions += it.Version
	}
	return fmt.Sprintf("%d.%d", len(items), versions)
}

func (b *fakeBot) watch(to chat.Address) (<-chan struct{}, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := make(chan struct{}, 1)
	b.watchers[to] = append(b.watchers[to], c)
	return c, func() {}
}

// put shows a message in a slot: a new one at the end, or an edit in place.
func (b *fakeBot) put(to chat.Address, slot string, m chat.Message) {
	for i, it := range b.items[to] {
		if it.Slot == slot {
			b.items[to][i].Message = m
			b.items[to][i].Version++
			b.wake(to)
			return
		}
	}
	b.items[to] = append(b.items[to], Item{slot, int64(len(b.items[to]) + 1), 1, m})
	b.wake(to)
}

func (b *fakeBot) wake(to chat.Address) {
	for _, c := range b.watchers[to] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// post puts a message from outside of any update.
func (b *fakeBot) post(to chat.Address, slot string, m chat.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(to, slot, m)
}

func (b *fakeBot) handled() []chat.Update {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]chat.Update(nil), b.updates...)
}

func (b *fakeBot) handle(_ context.Context, updates []chat.Update) ([]chat.Answer, error) {
	b.mu.Lock()
	gate := b.gate
	b.mu.Unlock()
	if gate != nil {
		<-gate
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away != nil {
		return nil, b.away
	}
	var answers []chat.Answer
	for i, u := range updates {
		if b.seen[u.Key] {
			continue
		}
		b.seen[u.Key] = true
		b.updates = append(b.updates, u)
		if b.answer != nil && u.Command != "start" {
			a := *b.answer
			a.Update = i
			answers = append(answers, a)
			continue
		}
		b.step(u)
	}
	return answers, nil
}

var satisfaction = []string{"very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"}

const (
	overallAsk = "Overall, how satisfied are you with your haircut?"
	reasonAsk  = "What was the main problem? (up to 3)"
	whyAsk     = "We are sorry. What went wrong, and what would put it right?"
)

func (b *fakeBot) step(u chat.Update) {
	say := func(slot string, m chat.Message) { b.put(u.From, slot, b.spoken(m)) }
	change := func(question, answer, data string) chat.Message {
		m := laid(question, chat.Layout{Part: chat.PartQuestion, Answer: answer})
		m.Rows = [][]chat.Button{{{Text: "Edit", Label: "Edit: " + answer, Data: data, Aside: chat.AsideChange}}}
		return m
	}
	switch {
	case u.Command == "start":
		say("i:s1", b.intro())
		say("q:s1:0", overall())
	case strings.HasPrefix(u.Data, "1ps1.0."):
		n := int(u.Data[len(u.Data)-1] - '0')
		say("q:s1:0", change(overallAsk, fmt.Sprintf("%d – %s", n+1, satisfaction[n]), "1cs1.0"))
		say("q:s1:1", b.reasons())
	case u.Data == "1cs1.0":
		m := overall()
		m.Layout.Changing, m.Layout.Answer = true, "4 – satisfied"
		m.Rows[0][3].Selected, m.Rows = true, m.Rows[:1]
		say("q:s1:0", m)
		say("q:s1:1", laid(reasonAsk, chat.Layout{Part: chat.PartQuestion}))
	case strings.HasPrefix(u.Data, "1ts1.1."):
		b.chosen[u.Data] = !b.chosen[u.Data]
		say("q:s1:1", b.reasons())
	case u.Data == "1ds1.1":
		say("q:s1:1", change(reasonAsk, "Too slow", "1cs1.1"))
		say("q:s1:2", why())
	case u.Kind == chat.Text && len(b.items[u.From]) > 0 && b.items[u.From][max(0, openItem(b.items[u.From]))].Message.Expects != "":
		say("q:s1:2", change(whyAsk, u.Text, "1cs1.2"))
		say("t:s1", laid("Thank you for telling us. The team will contact you within 4 hours.", chat.Layout{Part: chat.PartThanks}))
	case u.Kind == chat.Text:
		m := laid(u.Text, chat.Layout{Part: chat.PartOwn, At: u.At, Told: true})
		m.Mine = true
		b.put(u.From, "own:"+u.Key, m)
	}
}

// laid is a message of the one survey that there is.
func laid(text string, l chat.Layout) chat.Message {
	l.Of = "s1"
	return chat.Message{Text: text, Layout: &l}
}

func (b *fakeBot) intro() chat.Message {
	return b.spoken(laid("Hi Ann. Salon Anna would like to know how it went.", chat.Layout{Part: chat.PartIntro, Hint: "3 questions, under a minute."}))
}

func overall() chat.Message {
	var row []chat.Button
	for i, words := range satisfaction {
		row = append(row, chat.Button{
			Text: fmt.Sprint(i + 1), Words: words, Data: fmt.Sprintf("1ps1.0.%d", i), Label: fmt.Sprintf("%d %s, %d of 5", i+1, words, i+1),
		})
	}
	m := laid(overallAsk, chat.Layout{Part: chat.PartQuestion, Step: 1, Steps: 3})
	m.Rows = [][]chat.Button{row, {{Text: "Later", Data: "1ls1", Aside: chat.AsideLater}, {Text: "Not now", Data: "1ns1", Aside: chat.AsideNotNow}}}
	return m
}

func (b *fakeBot) reasons() chat.Message {
	m := laid(reasonAsk, chat.Layout{Part: chat.PartQuestion, Hint: "Choose up to 3, then Done.", Most: 3, Step: 2, Steps: 3})
	for i, words := range []string{"Not done right", "Too slow", "Staff skill or attitude", "Price"} {
		data := fmt.Sprintf("1ts1.1.%d", i)
		m.Rows = append(m.Rows, []chat.Button{{Text: words, Data: data, Selected: b.chosen[data]}})
	}
	m.Rows = append(m.Rows, []chat.Button{{Text: "Done", Data: "1ds1.1", Style: "primary"}},
		[]chat.Button{{Text: "Skip", Data: "1ss1.1", Aside: chat.AsideSkip}, {Text: "Back", Data: "1bs1.1", Aside: chat.AsideBack}})
	return m
}

func why() chat.Message {
	m := laid(whyAsk, chat.Layout{Part: chat.PartQuestion, Step: 3, Steps: 3})
	m.Expects, m.Hint, m.Max = chat.ExpectsLong, "Type your answer here.", 4000
	m.Rows = [][]chat.Button{{{Text: "Skip", Data: "1ss1.2", Aside: chat.AsideSkip}}}
	return m
}
