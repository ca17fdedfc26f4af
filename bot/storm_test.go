package bot

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

var stormSize = flag.Int("storm", 200, "how many low answers a storm has, at a thousand a minute")

// shownAt is a message that a group was sent, and when.
type shownAt struct {
	at time.Time
	m  chat.Message
}

// groupLog is a platform that takes every message and remembers those to groups.
type groupLog struct {
	mu   sync.Mutex
	n    int
	all  int
	sent []shownAt
}

func (g *groupLog) Send(_ context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	time.Sleep(50 * time.Millisecond)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all++
	if to == staffTG {
		g.sent = append(g.sent, shownAt{time.Now(), m})
	}
	if at != "" {
		return at, nil
	}
	g.n++
	return chat.Ref(strconv.Itoa(g.n)), nil
}

// TestAStormOfAThousandLowAnswersAMinute is the promise of the storm's card, in virtual
// time on a real database: no more messages than Telegram allows in a group, no case
// lost, and every P1 on a card or counted on the storm's within ten seconds. A whole minute
// of it: go test ./bot -run AThousandLowAnswers -storm 1000.
func TestAStormOfAThousandLowAnswersAMinute(t *testing.T) {
	for _, c := range []struct {
		name  string
		n     int
		batch int // taps that come at once
		web   bool
	}{
		{"one after another", *stormSize, 1, true},
		{"in heaps", *stormSize, 100, true},
		{"while the same bot answers everybody", *stormSize / 2, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playStorm(t, c.n, c.batch, c.web) })
		})
	}
}

func playStorm(t *testing.T, n, batch int, web bool) {
	ctx, stop := context.WithCancel(context.Background())
	clock := func() time.Time { return time.Now().UTC() }
	store, err := onSQLite(t, 4)(clock)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		store.PutSite(ctx, storage.Site{ID: "main-street", Name: "Salon Anna", Created: clock()}),
		store.PutAccount(ctx, storage.Account{Platform: chat.Telegram, ID: "42", Name: "salon_bot", Seen: clock()}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	placeStaff(store, staffTG)
	b, err := New(ctx, Config{
		Traits: platforms(),
		Store:  store, Key: []byte("a secret key for tests only"), PublicURL: "https://care.example",
		Clock: clock, Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := &groupLog{}
	var parts sync.WaitGroup
	parts.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	parts.Go(func() {
		if err := b.ServeAccount(ctx, outbox.Account{Platform: chat.Telegram, ID: "42", Name: "salon_bot", Sender: log}); err != nil {
			t.Error(err)
		}
	})
	taps := stormTaps(t, b, n, web)
	time.Sleep(3 * time.Minute) // everybody has their question
	time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(100 * time.Second)))

	var urgent []time.Time                           // when each P1 opened
	gap := time.Minute * time.Duration(batch) / 1000 // a thousand a minute
	for heap := range slices.Chunk(taps, batch) {
		if _, err := b.Handle(ctx, heap); err != nil {
			t.Fatal(err)
		}
		for _, u := range heap {
			if strings.HasSuffix(u.Data, ".0.0") {
				urgent = append(urgent, time.Now())
			}
		}
		time.Sleep(gap)
	}
	time.Sleep(15 * time.Second)
	checkStorm(t, store, log, n, urgent)
	stop()
	parts.Wait()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// stormTaps starts n surveys and returns the low answers that are to come: every tenth
// the lowest one, a P1.
func stormTaps(t *testing.T, b *Bot, n int, web bool) []chat.Update {
	t.Helper()
	ctx := t.Context()
	var taps, starts []chat.Update
	for i := range n {
		inv, err := b.Invite(ctx, InviteRequest{Flow: "one_tap_csat", Site: "main-street"})
		if err != nil {
			t.Fatal(err)
		}
		u := chat.Update{
			From: chat.Address{Platform: chat.Telegram, Account: "42", Chat: strconv.Itoa(1000 + i)},
			User: chat.User{ID: strconv.Itoa(1000 + i), Name: "Ann"}, Private: true, At: time.Now(),
		}
		if web {
			v, err := b.Visitor(ctx, inv.Token, "")
			if err != nil {
				t.Fatal(err)
			}
			u.From, u.User = v.Address, v.User
		}
		start, tap := u, u
		start.Key, start.Kind, start.Command, start.Text = fmt.Sprint("start", i), chat.Command, "start", inv.Token
		tap.Key, tap.Kind = fmt.Sprint("tap", i), chat.Tap
		option := 1
		if i%10 == 0 {
			option = 0
		}
		tap.Data = render.Tapped{Verb: render.VerbPick, Session: opens(b, inv, storage.Person{Platform: u.From.Platform, Account: u.From.Account, User: u.User.ID}), Question: 0, Option: option}.Encode()
		starts, taps = append(starts, start), append(taps, tap)
	}
	for heap := range slices.Chunk(starts, 100) {
		if _, err := b.Handle(ctx, heap); err != nil {
			t.Fatal(err)
		}
	}
	return taps
}

func checkStorm(t *testing.T, store storage.Store, log *groupLog, n int, urgent []time.Time) {
	t.Helper()
	log.mu.Lock()
	defer log.mu.Unlock()
	// Telegram: 20 messages a minute in a group, edits among them.
	for i, first := range log.sent {
		within := 0
		for _, s := range log.sent[i:] {
			if s.at.Sub(first.at) < time.Minute {
				within++
			}
		}
		if within > 20 {
			t.Fatalf("%d messages within a minute", within)
		}
	}
	cases, err := store.Cases(t.Context(), storage.CaseFilter{Limit: 2 * n})
	if err != nil {
		t.Fatal(err)
	}
	waiting, p1 := 0, 0
	for _, k := range cases {
		if k.TellAt.IsZero() == (len(k.Cards) == 0) {
			t.Fatalf("%s: %d cards, to be told at %v", k.Name(), len(k.Cards), k.TellAt)
		}
		if !k.TellAt.IsZero() {
			waiting++
		}
		if k.Decision.Priority == recovery.P1 {
			p1++
		}
	}
	if len(cases) != n || p1 != len(urgent) {
		t.Fatalf("%d cases, %d of them P1; want %d and %d", len(cases), p1, n, len(urgent))
	}
	var slowest time.Duration
	for i, opened := range urgent {
		shown := time.Time{}
		for _, s := range log.sent {
			if !s.at.Before(opened) && countedP1(s.m) > i {
				shown = s.at
				break
			}
		}
		if shown.IsZero() {
			t.Fatalf("the %d. P1 is counted nowhere", i+1)
		}
		slowest = max(slowest, shown.Sub(opened))
	}
	t.Logf("%d messages of %d to the group, %d cases without a card of their own, a P1 was counted after %v at most", len(log.sent), log.all, waiting, slowest)
	if slowest > 10*time.Second {
		t.Errorf("a P1 was counted only after %v", slowest)
	}
	last := log.sent[len(log.sent)-1].m
	if !strings.HasPrefix(last.Title, strconv.Itoa(n)+" unsatisfied") {
		t.Errorf("the storm's card counts %+v in the end", last.Facts)
	}
}

// countedP1 is how many P1 a storm's card counts.
func countedP1(m chat.Message) int {
	if n, found := strings.CutSuffix(strings.SplitN(m.Text, ", ", 2)[0], " of P1"); found {
		count, _ := strconv.Atoi(n)
		return count
	}
	return 0
}
