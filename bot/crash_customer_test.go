package bot

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

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
	u.User = chat.User{ID: c.id, Name: "Ann " + c.id, Language: "en"} // by the name their cards differ
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
