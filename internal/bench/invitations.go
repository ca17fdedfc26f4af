package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// invitations asks every customer of a sheet in Telegram, by the real program, which is killed with -9
// when it is half through. Telegram takes 30 a second, and refuses what comes too soon.
func invitations(ctx context.Context, b *bench) (rows []row, err error) {
	c := &campaign{bench: b, gate: gate{seen: map[string]int{}}}
	if c.program, _, err = b.build(ctx); err != nil {
		return nil, err
	}
	test := new(harness)
	defer test.end()
	c.telegram = telegramtest.New(test)
	c.telegram.Storm(c.gate.decide)
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	paused, err := c.send(ctx)
	if err != nil {
		return nil, err
	}
	talks, err := c.conversations(ctx)
	if err != nil {
		return nil, err
	}
	g := &c.gate
	again := 0
	for _, n := range g.seen {
		if n > 1 {
			again++
		}
	}
	name := fmt.Sprintf("%d invitations at Telegram's limit, killed with -9 in the middle", b.Invited)
	return []row{
		{
			Name: name + ": of the limit used while it sends", Unit: "%", Target: atLeast(98), Value: g.used(),
			Parts: map[string]float64{
				"minutes": g.times[len(g.times)-1].Sub(g.times[0]).Minutes(), "s without a message at the kill": paused.Seconds(),
				"messages that stand twice because the process died while they were sent": float64(again),
			},
		},
		{Name: name + ": messages that Telegram refused as too many", Target: atMost(0), Value: float64(g.refused)},
		{Name: name + ": customers who were asked more than once, or not at all", Target: atMost(0), Value: float64(abs(talks-b.Invited) + b.Invited - len(g.seen))},
	}, nil
}

func abs(n int) int { return max(n, -n) }

// gate lets through what Telegram would, and counts it.
type gate struct {
	mu      sync.Mutex
	times   []time.Time    // of what was let through
	breaks  []int          // where in times another process begins
	seen    map[string]int // messages of each chat
	refused int
	room    float64
	at      time.Time
}

func (g *gate) decide(r telegramtest.Request) *telegramtest.Fault {
	if r.Chat == "" {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.room = min(burst, g.room+perSecond*now.Sub(g.at).Seconds())
	if g.at = now; g.room < 1 {
		g.refused++
		return &telegramtest.Fault{Code: http.StatusTooManyRequests, RetryAfter: 1}
	}
	g.room--
	g.times = append(g.times, now)
	if r.Method == "sendMessage" {
		g.seen[r.Chat]++
	}
	return nil
}

// asked is how many chats have a message.
func (g *gate) asked() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.seen)
}

// another notes that another process sends from now on.
func (g *gate) another() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.breaks = append(g.breaks, len(g.times))
}

// used is how much of the limit was used by the processes while each of them sent, in per cent.
func (g *gate) used() float64 {
	sent, took, from := 0, time.Duration(0), 0
	for _, to := range append(g.breaks, len(g.times)) {
		if to-from > 1 {
			sent, took = sent+to-from-1, took+g.times[to-1].Sub(g.times[from])
		}
		from = to
	}
	return 100 * float64(sent) / took.Seconds() / perSecond
}

// campaign is a sheet of customers, each of whom once wrote to the bot.
type campaign struct {
	*bench
	gate
	program  program
	telegram *telegramtest.Server
	file     string
	env      []string
	address  string
}

func (c *campaign) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.program.binary, args...)
	cmd.Dir, cmd.Env = c.program.dir, c.env
	return cmd
}

// prepare has all customers known to the bot, and stores the services after which they are asked.
func (c *campaign) prepare(ctx context.Context) (err error) {
	if c.address, err = pgtest.Address(); err != nil {
		return err
	}
	c.file = filepath.Join(c.dir, "invitations.db")
	c.env = append(os.Environ(), "DATABASE_URL=sqlite:"+c.file, "LISTEN="+c.address, "PUBLIC_URL=http://"+c.address, "LOG_LEVEL=warn",
		"TELEGRAM_TOKEN="+c.telegram.Token, "TELEGRAM_API="+c.telegram.URL, "TELEGRAM_MODE=poll")
	limits := filepath.Join(c.dir, "limits.yaml")
	if err := os.WriteFile(limits, []byte("contact: {quiet: none}\n"), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{{"migrate"}, {"site", "add", "main", "--name", "Main Street"}, {"triggers", "apply", limits}} {
		if out, err := c.command(ctx, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	var sheet strings.Builder
	sheet.WriteString("Kundennr;Ende;Telegram\n")
	ended := time.Now().UTC().Add(-20 * time.Hour).Format("2006-01-02 15:04")
	people := make([]storage.Person, c.Invited)
	for i := range people {
		u := c.telegram.NewUser("Anna", "en")
		u.Allow()
		people[i] = storage.Person{Platform: chat.Telegram, Account: strconv.FormatInt(c.telegram.BotID, 10), User: strconv.FormatInt(u.ID, 10)}
		fmt.Fprintf(&sheet, "C-%d;%s;%d\n", i, ended, u.ID)
	}
	if err := c.meet(ctx, people); err != nil {
		return err
	}
	path := filepath.Join(c.dir, "invitations.csv")
	if err := os.WriteFile(path, []byte(sheet.String()), 0o600); err != nil {
		return err
	}
	args := []string{"import", path, "--site", "main", "--consent", "contract", "--ask", "one_tap_csat", "--yes"}
	if out, err := c.command(ctx, args...).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("New: "+strconv.Itoa(c.Invited)+".")) {
		return fmt.Errorf("import: %w\n%s", err, out)
	}
	return nil
}

// meet stores the chat accounts of people who wrote to the bot.
func (c *campaign) meet(ctx context.Context, people []storage.Person) (err error) {
	store, err := sqlite.Open(ctx, c.file, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	account := storage.Account{Platform: chat.Telegram, ID: people[0].Account, Name: c.telegram.Username, Seen: time.Now().UTC()}
	if err := store.PutAccount(ctx, account); err != nil {
		return err
	}
	by := map[storage.Bucket][]storage.Turn{}
	for _, p := range people {
		bucket := storage.BucketOf(p.Hash16(), store.Buckets())
		id := storage.Identity{
			ID: p.ID(), Bucket: bucket, Person: p, Name: "Anna", Created: account.Seen, Seen: account.Seen,
			Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User},
		}
		by[bucket] = append(by[bucket], storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
			known := id
			return storage.Change{Identity: &known}, nil
		}})
	}
	for bucket, turns := range by {
		if err := firstError(store.Advance(ctx, bucket, turns)...); err != nil {
			return err
		}
	}
	return nil
}

// send serves until everybody is asked, and is killed with -9 when half of them are. It tells for how
// long nothing was sent because of that.
func (c *campaign) send(ctx context.Context) (paused time.Duration, err error) {
	limit := time.Duration(float64(c.Invited)/perSecond*2)*time.Second + 2*time.Minute
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	until := func(n int) error {
		for c.asked() < n {
			select {
			case <-ctx.Done():
				return fmt.Errorf("%d of %d customers were asked: %w", c.asked(), c.Invited, ctx.Err())
			case <-time.After(20 * time.Millisecond):
			}
		}
		return nil
	}
	for _, n := range []int{c.Invited / 2, c.Invited} {
		var log bytes.Buffer
		cmd := c.command(ctx, "serve")
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		err := until(n)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if err != nil {
			return 0, fmt.Errorf("%w\n%s", err, log.String())
		}
		c.another()
	}
	at := c.breaks[0]
	return c.times[at].Sub(c.times[at-1]), nil
}

// conversations is how many there are in the database.
func (c *campaign) conversations(ctx context.Context) (n int, err error) {
	store, err := sqlite.Open(ctx, c.file, sqlite.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	counts, err := store.Counts(ctx)
	return counts.Sessions, err
}

// harness lets the Telegram of tests run outside of one.
type harness struct {
	testing.TB
	ends []func()
}

// Helper implements testing.TB.
func (*harness) Helper() {}

// Cleanup implements testing.TB.
func (h *harness) Cleanup(f func()) { h.ends = append(h.ends, f) }

func (h *harness) end() {
	for _, f := range h.ends {
		f()
	}
}
