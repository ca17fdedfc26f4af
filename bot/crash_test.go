package bot

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

var (
	crashes   = flag.Int("crashes", 40, "how many random crash schedules to play on each database")
	crashSeed = flag.Uint64("crashseed", 1, "the first seed of the crash schedules")
)

// crashPlayers is how many schedules are played at once, each on a database of its own.
const crashPlayers = 10

// TestCrashes lets the process die before or after calls of the store, several times in
// each schedule, while customers answer surveys. (To die before or after a Send is to
// die after the claim or before the settlement.) No answer, question or card may be
// lost; no answer and no case may be stored twice.
func TestCrashes(t *testing.T) {
	for name, open := range bothEngines(4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time is spent waiting
			var all, ending sync.WaitGroup
			totals := make([]crashTotals, crashPlayers)
			var stores []storage.Store
			for player := range crashPlayers {
				store, err := open(t)(nil)
				if err != nil {
					t.Fatal(err)
				}
				stores = append(stores, store)
				t.Cleanup(func() {
					if err := store.Close(); err != nil {
						t.Error(err)
					}
				})
				all.Go(func() {
					for i := player; i < *crashes; i += crashPlayers {
						if t.Failed() {
							return
						}
						w := newCrashWorld(t, store, *crashSeed+uint64(i), &totals[player], &ending)
						w.doubt = i == 0 // that a message is in doubt is not left to chance
						w.play()
					}
				})
			}
			all.Wait()
			ending.Wait()
			folded := 0
			for _, store := range stores {
				folded += crashFolded(t, store)
			}
			var sum crashTotals
			for _, n := range totals {
				sum.add(n)
			}
			t.Logf("%+v", sum)
			if folded < sum.Answers {
				t.Errorf("reports know %d answers, of %d", folded, sum.Answers)
			}
			if !t.Failed() && *crashes >= 40 && (sum.Deaths < *crashes || sum.Cards == 0 || sum.Doubtful == 0) {
				t.Errorf("the schedules did not crash enough: %+v", sum)
			}
		})
	}
}

// crashFolded folds what dead processes left and compares the rows of reports with those that are made from
// nothing. It says how many answers they tell of.
func crashFolded(t *testing.T, store storage.Store) (answers int) {
	t.Helper()
	b, err := New(t.Context(), Config{
		Traits: platforms(), Store: store, Key: []byte("a secret key for tests only"),
		Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
	})
	if err != nil {
		t.Fatal(err)
	}
	for bucket := range storage.Bucket(store.Buckets()) {
		for more := true; more; {
			did, err := store.Fold(t.Context(), bucket, Rows(b), 100)
			if err != nil {
				t.Fatal(err)
			}
			more = did.More
		}
		for after := ""; ; {
			c, err := store.Compare(t.Context(), bucket, after, 100, Rows(b))
			if err != nil || !c.Equal() || c.Waiting > 0 {
				t.Errorf("rows of reports are not those of the conversations: %+v, %v", c, err)
			}
			answers += c.Answers
			if after = c.Next; after == "" || err != nil {
				break
			}
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return answers
}

// crashTotals says how much the schedules tried.
type crashTotals struct{ Deaths, Updates, Repeated, Answers, Cards, Posts, Doubtful, Calls int }

func (n *crashTotals) add(m crashTotals) {
	n.Deaths += m.Deaths
	n.Updates += m.Updates
	n.Repeated += m.Repeated
	n.Answers += m.Answers
	n.Cards += m.Cards
	n.Posts += m.Posts
	n.Calls += m.Calls
	n.Doubtful += m.Doubtful
}

// crashWorld is one schedule: a platform that repeats what is not acknowledged,
// customers who answer what they see, and a process that dies and is started again.
type crashWorld struct {
	t      *testing.T
	seed   uint64
	store  storage.Store
	phones *phones
	total  *crashTotals
	doubt  bool // its first process dies between a question and its settlement; nobody answers until it came again

	mu     sync.Mutex
	random *rand.Rand
	life   *life
	deaths int             // still to come
	ending *sync.WaitGroup // processes that come to rest
}

// life is one process.
type life struct {
	*mortal
	bot  *Bot
	stop context.CancelFunc
	gone sync.WaitGroup
}

func newCrashWorld(t *testing.T, store storage.Store, seed uint64, total *crashTotals, ending *sync.WaitGroup) *crashWorld {
	return &crashWorld{
		t: t, seed: seed, store: store, total: total, phones: newPhones(), ending: ending,
		random: rand.New(rand.NewPCG(seed, 11)), deaths: 3,
	}
}

// account is the world's own, so that worlds on one database do not meet.
func (w *crashWorld) account() string { return fmt.Sprint(w.seed) }

// ownStaff is a store in which a world finds its own chat of staff alone.
type ownStaff struct {
	storage.Store
	at chat.Address
}

func (s ownStaff) StaffChatList(context.Context) ([]storage.StaffChat, error) {
	return inSettings(s.at), nil
}

func (w *crashWorld) staff() chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: w.account(), Chat: fmt.Sprintf("-%d", w.seed)}
}

func (w *crashWorld) play() {
	defer func() { w.life.end(w.ending) }()
	w.life = w.rise()
	var all sync.WaitGroup
	for n := range 2 {
		c := &crashCustomer{world: w, id: fmt.Sprintf("%d%02d", w.seed, n), n: n, random: rand.New(rand.NewPCG(w.seed, uint64(100+n)))}
		all.Go(c.answer)
	}
	all.Wait()
	w.mu.Lock()
	w.total.Doubtful += w.phones.twice()
	w.total.Posts += w.phones.n
	w.total.Calls += w.life.Calls()
	w.mu.Unlock()
}

// rise starts a process that dies at a random call, a few times, and then one that
// does not.
func (w *crashWorld) rise() *life {
	for {
		at, when := 0, storagetest.When(w.random.IntN(2))
		if w.deaths > 0 {
			w.deaths--
			at = 1 + w.random.IntN(80)
		}
		doubt := w.doubt && w.life == nil
		if doubt {
			at = 0
		}
		l := &life{mortal: newMortal(ownStaff{w.store, w.staff()}, w.phones, at, when)}
		l.asked = doubt
		bot, err := New(w.t.Context(), Config{
			Traits: platforms(),
			Store:  l.mortal, Key: []byte("a secret key for tests only"),
			Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
		})
		if err != nil {
			if !l.isDead() {
				w.t.Errorf("seed %d: a process does not start: %v", w.seed, err)
			}
			w.total.Deaths++
			continue
		}
		bot.snap.Change(calm) // all schedules share one site
		l.bot = bot
		ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
		l.stop = cancel
		l.gone.Go(func() {
			if err := bot.Run(ctx); err != nil {
				w.t.Error(err)
			}
		})
		l.gone.Go(func() {
			err := bot.ServeAccount(ctx, outbox.Account{Platform: chat.Telegram, ID: w.account(), Sender: l.mortal, Limits: fast})
			if err != nil {
				w.t.Error(err)
			}
		})
		return l
	}
}

// calm puts rules into force by which every case gets a card of its own.
func calm(n *snapshot.Snapshot) {
	p := recovery.DefaultPolicy()
	p.Rules.Storm.Cases = 0
	n.Policy = snapshot.Policy{Policy: p, Version: 1}
}

// end stops a process. A dead one takes its time; nobody waits for it before the end.
func (l *life) end(ending *sync.WaitGroup) {
	l.stop()
	ending.Go(func() {
		l.gone.Wait()
		_ = l.bot.Close()
	})
}

// current is the process that runs, started again if it died.
func (w *crashWorld) current() *life {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life.isDead() {
		w.total.Deaths++
		w.life.end(w.ending)
		if err := w.life.lapse(w.t.Context()); err != nil {
			w.t.Error(err)
		}
		w.life = w.rise()
	}
	return w.life
}

// deliver repeats an update until it is acknowledged, and sometimes once more.
func (w *crashWorld) deliver(u chat.Update, again bool) {
	acknowledged := false
	for tries := 0; tries < 200; tries++ {
		l := w.current()
		_, err := l.bot.Handle(w.t.Context(), []chat.Update{u})
		w.count(func(n *crashTotals) { n.Updates++ })
		if l.isDead() || err != nil && errors.Is(err, storage.ErrUnavailable) {
			w.count(func(n *crashTotals) { n.Repeated++ })
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			w.t.Errorf("seed %d: %v", w.seed, err)
			return
		}
		if acknowledged || !again {
			return
		}
		acknowledged = true
	}
	w.t.Errorf("seed %d: an update was never acknowledged", w.seed)
}

func (w *crashWorld) count(f func(*crashTotals)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.total)
}

// crashCustomer answers one survey.
type crashCustomer struct {
	world   *crashWorld
	id      string
	n       int
	random  *rand.Rand
	updates int
	session string
	given   map[int]string // by question index: what was tapped or written
	first   int            // index of the option of the first question
}

func (c *crashCustomer) address() chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: c.world.account(), Chat: c.id}
}

func (c *crashCustomer) person() storage.Person {
	return storage.Person{Platform: chat.Telegram, Account: c.world.account(), User: c.id}
}

func (c *crashCustomer) send(u chat.Update) {
	c.updates++
	u.Key = fmt.Sprintf("tg:%s:%s:%d", c.world.account(), c.id, c.updates)
	u.From, u.Private, u.At = c.address(), true, time.Now()
	u.User = chat.User{ID: c.id, Name: "Ann", Language: "en"}
	c.world.deliver(u, c.random.IntN(4) == 0)
}

// patience bounds how long a customer waits for the next question: many times what a
// takeover needs.
const patience = 2 * time.Minute

func (c *crashCustomer) answer() {
	w := c.world
	c.given, c.first = map[int]string{}, -1
	c.send(chat.Update{Kind: chat.Command, Command: "start", Text: c.invite()})
	for waited := time.Now(); ; {
		if w.t.Failed() {
			return
		}
		w.current()
		if held := w.doubt && w.phones.twice() == 0; !held && c.act() {
			waited = time.Now()
			continue
		}
		if c.finished() {
			break
		}
		if time.Since(waited) > patience {
			w.t.Errorf("seed %d, customer %s: the next question never came; the chat shows\n%s", w.seed, c.id, w.phones.dump(c.address()))
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	c.check()
}

// invite makes a link; the command is repeated until it worked.
func (c *crashCustomer) invite() string {
	for {
		l := c.world.current()
		i, err := l.bot.Invite(c.world.t.Context(), InviteRequest{Flow: "post_service_3", Event: map[string]string{"service_name": "Haircut"}})
		if err == nil && !l.isDead() {
			return i.Token
		}
		if !l.isDead() {
			c.world.t.Errorf("seed %d: invite: %v", c.world.seed, err)
			return ""
		}
	}
}

// act answers a question that is to be seen and was not answered yet.
func (c *crashCustomer) act() bool {
	for _, m := range c.world.phones.seen(c.address()) {
		var options []render.Tapped
		var skip *render.Tapped
		done := false
		for _, row := range m.Rows {
			for _, b := range row {
				t, ok := render.Decode(b.Data)
				if _, answered := c.given[t.Question]; !ok || answered {
					continue
				}
				switch t.Verb {
				case render.VerbPick, render.VerbToggle:
					options = append(options, t)
				case render.VerbSkip:
					skip = &t
				case render.VerbDone:
					done = true
				}
			}
		}
		switch {
		case len(options) > 0:
			t := options[c.random.IntN(len(options))]
			if c.first < 0 { // every other customer is unsatisfied
				t = options[c.n%2*(len(options)-1)]
				c.first = t.Option
			}
			c.session = t.Session
			c.given[t.Question] = fmt.Sprint("option ", t.Option)
			c.send(chat.Update{Kind: chat.Tap, Data: t.Encode()})
			if done {
				c.send(chat.Update{Kind: chat.Tap, Data: render.Tapped{Verb: render.VerbDone, Session: t.Session, Question: t.Question}.Encode()})
			}
			return true
		case skip != nil && m.Expects != chat.ExpectsNothing:
			c.given[skip.Question] = "It took far too long."
			if m.Expects == chat.ExpectsPhone {
				c.given[skip.Question] = "+442079460000"
			}
			c.send(chat.Update{Kind: chat.Text, Text: c.given[skip.Question]})
			return true
		}
	}
	return false
}

func (c *crashCustomer) load() (storage.Session, []survey.Answer, bool) {
	w, ctx := c.world, c.world.t.Context()
	if c.session == "" {
		return storage.Session{}, nil, false
	}
	b := storage.BucketOf(c.person().Hash16(), w.store.Buckets())
	s, err := w.store.Session(ctx, b, c.session)
	if err != nil {
		w.t.Errorf("seed %d: read the session: %v", w.seed, err)
		return s, nil, false
	}
	all, err := w.store.Answers(ctx, b, c.session)
	if err != nil {
		w.t.Errorf("seed %d: read the answers: %v", w.seed, err)
	}
	return s, all, true
}

// finished reports whether the session ended and, if it must, staff see the card.
func (c *crashCustomer) finished() bool {
	s, _, ok := c.load()
	if !ok || !s.Status.Final() {
		return false
	}
	return s.Case == "" || c.card(s) != ""
}

// card is the text of the newest card of the session's case, once it is up to date.
func (c *crashCustomer) card(s storage.Session) string {
	w := c.world
	slot := "case:" + s.Case + ":" + w.staff().String()
	b := storage.BucketOf(c.person().Hash16(), w.store.Buckets())
	rows, err := w.store.Transcript(w.t.Context(), b, w.staff())
	if err != nil {
		w.t.Errorf("seed %d: %v", w.seed, err)
	}
	for _, r := range rows {
		if r.Slot == slot && r.State == storage.Sent {
			return w.phones.text(w.staff(), r.ShownRef)
		}
	}
	return ""
}

func (c *crashCustomer) check() {
	w := c.world
	s, all, _ := c.load()
	if s.Status != survey.Completed {
		w.t.Errorf("seed %d, customer %s: the session ended as %s", w.seed, c.id, s.Status)
	}
	revisions := map[string]int{}
	for _, a := range all {
		revisions[a.Question]++
	}
	if len(revisions) != len(c.given) {
		w.t.Errorf("seed %d, customer %s: answers to %d questions, but %d were answered", w.seed, c.id, len(revisions), len(c.given))
	}
	for q, n := range revisions {
		if n != 1 {
			w.t.Errorf("seed %d, customer %s: the answer to %s was stored %d times", w.seed, c.id, q, n)
		}
	}
	if c.first == 0 && s.Case == "" {
		w.t.Errorf("seed %d, customer %s: an unsatisfied answer opened no case", w.seed, c.id)
	}
	cases, err := w.store.Cases(w.t.Context(), storage.CaseFilter{Limit: 10_000})
	if err != nil {
		w.t.Error(err)
	}
	n := 0
	for _, k := range cases {
		if k.Session == s.ID {
			n++
		}
	}
	if want := min(len(s.Case), 1); n != want {
		w.t.Errorf("seed %d, customer %s: %d cases", w.seed, c.id, n)
	}
	if again := w.phones.unmarked(w.staff()); len(again) > 0 {
		w.t.Errorf("seed %d: cards shown again without a mark: %q", w.seed, again)
	}
	w.count(func(t *crashTotals) {
		t.Answers += len(all)
		t.Cards += n
	})
}

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

// unmarked is the titles of cards that were posted again without saying so.
func (p *phones) unmarked(to chat.Address) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var again []string
	known := map[string]bool{}
	for _, s := range p.chats[to] {
		if known[s.first.Title] && !strings.HasSuffix(s.first.Title, repeatMark) {
			again = append(again, s.first.Title)
		}
		known[s.first.Title] = true
	}
	return again
}
