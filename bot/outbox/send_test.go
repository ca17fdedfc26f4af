package outbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

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
				pass(time.Minute)
				if c.fails > 2 {
					pass(5 * time.Hour)
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
		op := want("card:1", group(1), storage.CardD, "x")
		op.Want.Render.Title = "Card A-1"
		p.says(op)
		pass(time.Minute)
		// The copy that grows stays the one that is told apart.
		op = want("card:1", group(1), storage.CardD, "y")
		op.Want.Render.Title = "Card A-1"
		p.says(op)
		pass(time.Minute)
		var titles []string
		for _, c := range p.sender.all() {
			titles = append(titles, c.title)
		}
		if d := cmp.Diff([]string{"Card A-1", "Card A-1 (repeat)", "Card A-1 (repeat)", "Card A-1 (repeat)"}, titles); d != "" {
			t.Error(d)
		}
	})
}

func TestAnEditInDoubtIsRepeatedWhateverItIs(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		p.says(tell("n:1", private(1), "a"))
		pass(time.Second)
		p.sender.script = first(2, fail(chat.InDoubt), false)
		p.says(tell("n:1", private(1), "b"))
		pass(time.Minute)
		if got := p.sender.screen[private(1)]["1"]; got != "b" || len(p.sender.posts) != 1 {
			t.Errorf("the chat shows %q after %d posts", got, len(p.sender.posts))
		}
	})
}

// Where the platform lets edits wait, the next question does not wait behind the answered
// one, and the edit comes when it may.
func TestWhatFollowsAnEditThatMustWaitGoesOn(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		chatOf := private(1)
		var told, edited time.Time
		p.sender.script = func(_ int, _ chat.Address, m chat.Message, at chat.Ref) (error, bool) {
			switch {
			case at != "" && told.IsZero():
				told = time.Now()
				return &chat.Error{Kind: chat.RateLimited, RetryAfter: 20 * time.Second, Edits: true}, false
			case at != "":
				edited = time.Now()
			}
			return nil, true
		}
		p.says(ask("q:s:0", chatOf, "one"))
		pass(time.Second)
		p.says(ask("q:s:0", chatOf, "one, answered"), ask("q:s:1", chatOf, "two"))
		pass(2 * time.Second)
		if told.IsZero() || !edited.IsZero() {
			t.Fatalf("the edit was told to wait: %v; it was done: %v", !told.IsZero(), !edited.IsZero())
		}
		if !slices.Contains(p.sender.texts(chatOf), "two") {
			t.Errorf("the next question waits behind the edit: %v", p.sender.texts(chatOf))
		}
		pass(time.Minute)
		if edited.Sub(told) < 20*time.Second {
			t.Errorf("the edit was done %v after it was told to wait 20 s", edited.Sub(told))
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
		pass(time.Second)
		p.says(ask("q:slow", slow, "y"))
		committed := map[chat.Address]time.Time{}
		for c := 2; c < 50; c++ {
			committed[private(c)] = time.Now()
			p.says(ask(fmt.Sprint("q:", c), private(c), "x"))
		}
		pass(time.Minute)
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

// Whether a limit is the account's is for the adapter to say: it knows its platform.
func TestTheAccountWaitsWhenItIsToldTo(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		var told time.Time
		p.sender.script = func(i int, _ chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
			if i > 1 {
				return nil, true
			}
			told = time.Now()
			return &chat.Error{Kind: chat.RateLimited, RetryAfter: 5 * time.Second, Account: true}, false
		}
		p.says(ask("q:1", private(1), "x"))
		pass(time.Second)
		p.says(ask("q:other", private(100), "x"))
		pass(time.Minute)
		calls := p.sender.all()
		for _, c := range calls[1:] {
			if c.began.Sub(told) < 5*time.Second {
				t.Errorf("chat %s was written to %v after the account was told to wait", c.to.Chat, c.began.Sub(told))
			}
		}
		if len(calls) != 3 {
			t.Errorf("%d calls", len(calls))
		}
	})
}

func TestAPlatformStormDelaysOnlyTheChatsThatItHits(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		const stormy, all, each = 20, 60, 20
		random := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		barred := map[chat.Address]time.Time{}
		quiet := false
		p.sender.script = func(_ int, to chat.Address, m chat.Message, _ chat.Ref) (error, bool) {
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			if now.Before(barred[to]) {
				t.Errorf("%q was sent to chat %s %v before its time", m.Text, to.Chat, barred[to].Sub(now))
			}
			if n, _ := strconv.Atoi(to.Chat); n > stormy || quiet {
				return nil, true
			}
			switch r := random.IntN(100); {
			case r < 30:
				wait := time.Duration(1+random.IntN(30)) * time.Second
				barred[to] = now.Add(p.sender.cost + wait)
				return &chat.Error{Kind: chat.RateLimited, RetryAfter: wait}, false
			case r < 50:
				return fail(chat.Temporary), false
			case r < 60:
				return fail(chat.InDoubt), r < 55
			case r < 65:
				return errHang, false
			}
			return nil, true
		}
		wanted := map[string]time.Time{}
		for i := range each {
			for c := 1; c <= all; c++ {
				slot := fmt.Sprint("q:", c, ":", i)
				wanted[slot] = time.Now()
				p.says(ask(slot, private(c), slot))
			}
			pass(2 * time.Second)
		}
		mu.Lock()
		quiet = true
		mu.Unlock()
		pass(2 * time.Hour)
		delivered := map[string]bool{}
		for _, c := range p.sender.all() {
			if c.ref != "" {
				delivered[c.text] = true
			}
			if n, _ := strconv.Atoi(c.to.Chat); n > stormy && c.began.Sub(wanted[c.text]) > 300*time.Millisecond {
				t.Errorf("%s, of a chat that the storm did not hit, waited %v", c.text, c.began.Sub(wanted[c.text]))
			}
		}
		if len(delivered) != all*each {
			t.Errorf("%d of %d messages were delivered", len(delivered), all*each)
		}
		for c := 1; c <= all; c++ {
			last := -1
			for _, text := range p.sender.texts(private(c)) {
				i, _ := strconv.Atoi(text[strings.LastIndex(text, ":")+1:])
				if i < last {
					t.Errorf("chat %d: %s came after number %d", c, text, last)
				}
				last = i
			}
		}
	})
}

func TestABlockedPrivateChatIsRemembered(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		who := storage.Person{Platform: chat.Telegram, Account: "1", User: "7"}
		p.store.ids[who.ID()] = storage.Identity{ID: who.ID(), Person: who, Address: private(7)}
		p.sender.script = first(1000, fail(chat.Unreachable), false)
		mine, card := ask("q:1", private(7), "x"), want("card:1", group(1), storage.CardD, "x")
		mine.Want.Identity, card.Want.Identity = who.ID(), who.ID()
		p.says(card)
		pass(time.Second)
		if !p.store.ids[who.ID()].Blocked.IsZero() {
			t.Error("a staff chat that is gone says nothing of the customer")
		}
		p.says(mine)
		pass(time.Second)
		if p.store.ids[who.ID()].Blocked.IsZero() {
			t.Error("the identity is not marked as blocked")
		}
	})
}

func TestAChatThatMovedIsWrittenToAtItsNewAddress(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		old, new := group(1), group(1001)
		p.says(want("card:1", old, storage.CardD, "a"))
		pass(time.Second)
		p.sender.script = func(_ int, to chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
			if to == old {
				return &chat.Error{Kind: chat.MovedChat, To: new}, false
			}
			return nil, true
		}
		began := time.Now()
		p.says(want("card:1", old, storage.CardD, "b"))
		pass(time.Minute)
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
		var works atomic.Bool
		asked := 0
		p.sender.probed = func() error {
			asked++
			if works.Load() {
				return nil
			}
			return fail(chat.Revoked)
		}
		p.sender.script = func(int, chat.Address, chat.Message, chat.Ref) (error, bool) {
			if works.Load() {
				return nil, true
			}
			return fail(chat.Revoked), false
		}
		p.says(ask("q:1", private(1), "x"))
		pass(time.Second)
		p.says(ask("q:2", private(2), "x"))
		pass(time.Hour)
		if p.sender.n != 1 || asked < 60 {
			t.Errorf("%d sends and %d questions with credentials that are refused", p.sender.n, asked)
		}
		for _, s := range []string{"q:1", "q:2"} {
			if d := p.store.row(t, 0, s); d.State != storage.Due {
				t.Errorf("%s is %s", s, d.State)
			}
		}
		h := p.out.Health()
		if h.Healthy() || !h.Accounts[0].Revoked || h.Accounts[0].Error == "" {
			t.Errorf("the operator sees %+v", h)
		}
		works.Store(true) // the workspace installed the app anew
		pass(time.Minute)
		for _, s := range []string{"q:1", "q:2"} {
			if d := p.store.row(t, 0, s); d.State != storage.Sent {
				t.Errorf("%s is %s although the credentials are taken again", s, d.State)
			}
		}
		if h := p.out.Health(); !h.Healthy() {
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
		pass(time.Minute)
		if d := p.store.row(t, 0, "q:1"); d.State != storage.Sent || p.sender.n != 2 {
			t.Errorf("%s after %d sends", d.State, p.sender.n)
		}
	})
}
