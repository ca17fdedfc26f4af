package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

var (
	stopFlag = flag.Duration("stop", 6*time.Second, "how long an instance of the fleet stands still")
	oldFlag  = flag.String("old", "", "an older binary that a rolling restart begins with, relative to this package")
)

// fleet is several instances on one database, behind a balancer.
type fleet struct {
	*siege
	machines []*machine
	running  []*instance
	balancer *balancer
	taken    []time.Duration // until another instance sent for the account
}

// balancer passes requests on to the instances that take part, as a load balancer does.
type balancer struct {
	*httptest.Server
	mu     sync.Mutex
	to     []string       // addresses that take part
	flying map[string]int // requests that were passed on and have no answer yet, by address
	waits  time.Duration  // for an answer
	next   int
}

func newBalancer(t *testing.T) *balancer {
	b := &balancer{flying: map[string]int{}, waits: 10 * time.Second}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *balancer) put(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.to = append(b.to, address)
}

func (b *balancer) take(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.to[:0:0]
	for _, a := range b.to {
		if a != address {
			kept = append(kept, a)
		}
	}
	b.to = kept
}

// pick chooses who answers a request, "" if nobody takes part. The caller says when the
// answer is there.
func (b *balancer) pick() (address string, answered func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.to) == 0 {
		return "", func() {}
	}
	b.next++
	address = b.to[b.next%len(b.to)]
	b.flying[address]++
	return address, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.flying[address]--
	}
}

// drain takes an instance out and waits until it has answered what was passed on to it.
func (b *balancer) drain(t *testing.T, address string) {
	t.Helper()
	b.take(address)
	eventually(t, "the answers of an instance that was taken out", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.flying[address] == 0
	})
}

// ServeHTTP implements http.Handler.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	address, answered := b.pick()
	defer answered()
	if err != nil || address == "" {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	on, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+address+r.URL.String(), bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	on.Header = r.Header.Clone()
	on.Host = r.Host
	client := http.Client{
		Timeout: b.waits, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(on)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	for name, values := range response.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(response.StatusCode)
	if _, err := io.Copy(w, response.Body); err != nil {
		panic(http.ErrAbortHandler) // half an answer is none
	}
}

// newFleet starts n instances on one Postgres. Customers and Telegram's webhook come by
// way of the balancer.
func newFleet(t *testing.T, n int, mode string, first func(*fleet)) *fleet {
	t.Helper()
	b := newBalancer(t)
	tg := telegramtest.New(t)
	f := &fleet{balancer: b, running: make([]*instance, n)}
	f.siege = newSiegeOn(t, tg, siegePlan{
		database: migrated(t), onTelegram: 4, instances: n - 1, pause: leisure(),
		env: map[string]string{"TELEGRAM_MODE": mode}, public: b.URL,
		first: func(s *siege) {
			f.siege = s
			f.machines = append([]*machine{f.machine}, f.others...)
			first(f)
		},
	})
	return f
}

func (f *fleet) start(i int) {
	f.t.Helper()
	f.running[i] = f.machines[i].serve()
	f.balancer.put(f.machines[i].address)
}

// holder is the instance that sends for the account, by what it tells; -1 = nobody.
func (f *fleet) holder() int {
	for i, m := range f.machines {
		if f.running[i] == nil {
			continue
		}
		client := http.Client{Timeout: 300 * time.Millisecond}
		response, err := client.Get("http://" + m.address + "/metrics")
		if err != nil {
			continue
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err == nil && strings.Contains(string(text), `aftercare_account_leased{account="7000000001",platform="telegram"} 1`) {
			return i
		}
	}
	return -1
}

// awaitHolder waits until another instance than this one sends for the account. What it reads costs
// each of them some milliseconds, so that it does not look all the time.
func (f *fleet) awaitHolder(other int) int {
	f.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if i := f.holder(); i >= 0 && i != other {
			return i
		}
	}
	f.t.Fatalf("no instance takes the account over")
	return -1
}

// shownTwice is how many messages customers see twice.
func (f *fleet) shownTwice() int {
	n := 0
	for _, c := range f.customers[:f.telegram] {
		seen := map[string]bool{}
		for _, m := range c.person.Chat().FromBot() {
			question, _, _ := strings.Cut(m.Text, "\n")
			if seen[question] {
				n++
			}
			seen[question] = true
		}
	}
	return n
}

// Of three instances one is killed again and again, and the one that sends is stopped
// and goes on later, when another has long taken over.
func TestAFleetOfThreeLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{settings.Webhook, settings.Poll} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			kills := max(*killsFlag/5, 2)
			f := newFleet(t, 3, mode, func(f *fleet) {
				for i := range f.machines {
					f.start(i)
				}
			})
			f.begin()
			for range kills {
				time.Sleep(time.Duration(200+f.random.IntN(800)) * time.Millisecond)
				f.killHolder()
			}
			f.standStill()
			f.end()
			for _, p := range f.running {
				p.stop()
			}
			f.verify()
			twice := f.shownTwice()
			// One message is in flight to each customer on Telegram at most.
			if most := (kills + 1) * f.telegram; twice > most {
				t.Errorf("%d messages are shown twice, at most %d were in flight", twice, most)
			}
			f.neverTwoPollers(mode, kills+1)
			f.mustRecover()
			longest := time.Duration(0)
			for _, took := range f.taken {
				longest = max(longest, took)
			}
			f.figure("three instances, %d × kill -9 of the one that sends, one stopped for %v: %s; %d messages shown twice; takeover %.1f s at the longest",
				kills, *stopFlag, f.counted(), twice, longest.Seconds())
		})
	}
}

// killHolder kills the instance that sends, and starts it again once another does.
func (f *fleet) killHolder() {
	f.t.Helper()
	i := f.awaitHolder(-1)
	f.balancer.take(f.machines[i].address)
	f.running[i].kill()
	f.running[i] = nil
	f.hit()
	f.awaitRecovery()
	f.awaitHolder(i)
	f.taken = append(f.taken, time.Since(f.hitAt))
	f.start(i)
}

// standStill stops the instance that sends as a sleeping machine does, for longer than
// its lease, and lets it go on.
func (f *fleet) standStill() {
	f.t.Helper()
	i := f.awaitHolder(-1)
	began := time.Now()
	if err := f.running[i].cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		f.t.Fatal(err)
	}
	f.hit()
	f.awaitHolder(i)
	f.taken = append(f.taken, time.Since(began))
	time.Sleep(time.Until(began.Add(*stopFlag)))
	if err := f.running[i].cmd.Process.Signal(syscall.SIGCONT); err != nil {
		f.t.Fatal(err)
	}
	f.hit()
	f.awaitRecovery()
	time.Sleep(2 * time.Second) // long enough for a late sender to do harm
}

// neverTwoPollers checks that Telegram never saw a second poller beyond the polls that
// hung when their process died or stood still.
func (f *fleet) neverTwoPollers(mode string, disturbed int) {
	f.t.Helper()
	if mode == settings.Webhook && len(f.tg.Requests("getUpdates")) > 0 {
		f.t.Error("somebody polled in webhook mode")
	}
	conflicts := 0
	for _, p := range f.running {
		conflicts += strings.Count(p.log.String(), "another program polls Telegram")
	}
	if conflicts > disturbed {
		f.t.Errorf("%d times there were two pollers, with %d disturbances", conflicts, disturbed)
	}
}

// Every instance is replaced in its turn while customers answer: no request fails, no
// message is lost, and none is shown twice. Older instances, where there are any, run on a
// database of their own time which is then migrated under them: those that wrote by other
// rules are refused from then on, and what they refuse is sent again.
func TestARollingRestartLosesNothing(t *testing.T) {
	t.Parallel()
	old := *oldFlag
	if old != "" {
		var err error
		if old, err = filepath.Abs(old); err != nil {
			t.Fatal(err)
		}
	}
	f := newFleet(t, 3, settings.Webhook, func(f *fleet) {
		for i, m := range f.machines {
			m.program = old
			f.start(i)
		}
	})
	f.viaBalancer = f.balancer.Listener.Addr().String()
	f.waits, f.balancer.waits = patience, patience // a machine that is busy fails nobody
	f.begin()
	for range *roundsFlag {
		for i, m := range f.machines {
			time.Sleep(500 * time.Millisecond)
			f.balancer.drain(t, m.address)
			f.running[i].stop()
			m.program = ""
			f.hit()
			f.start(i)
			f.awaitRecovery()
		}
	}
	f.end()
	for _, p := range f.running {
		p.stop()
	}
	f.verify()
	failed := "0 requests failed"
	if n := f.failed.Load(); n > 0 {
		if failed = fmt.Sprintf("%d requests failed", n); !f.outgrown() {
			t.Error(failed)
		}
	}
	if n := f.shownTwice(); n > 0 {
		t.Errorf("%d messages are shown twice", n)
	}
	from := "this one"
	if *oldFlag != "" {
		from = "an older one"
	}
	f.figure("three instances replaced %d × each, from %s: %s; %s, 0 messages shown twice", *roundsFlag, from, f.counted(), failed)
}

// outgrown reports whether an older instance was refused by the database, and said so.
func (f *fleet) outgrown() bool {
	for _, m := range f.machines {
		for _, log := range m.logs {
			text := log.String()
			if strings.Contains(text, storage.ErrOutdated.Error()) || strings.Contains(text, `column \"case_seq\" does not exist`) {
				return *oldFlag != ""
			}
		}
	}
	return false
}
