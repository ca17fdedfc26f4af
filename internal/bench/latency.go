package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// recorder is a Sender that takes everything at once and notes when.
type recorder struct {
	mu   sync.Mutex
	ref  int
	seen map[string]time.Time     // questions by session and index; cards by the customer's name
	told map[string]chan struct{} // closed once seen
	sent int
}

// staffChat is where the cards of the benchmark's cases hang.
var staffChat = chat.Address{Platform: chat.Telegram, Account: account, Chat: "-100200300"}

var customer = regexp.MustCompile(`Customer \d+`)

// Send notes when a question was handed over.
func (r *recorder) Send(_ context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent++
	if to == staffChat {
		r.first(customer.FindString(fmt.Sprint(m.Title, m.Text, m.Facts)), now)
	} else if len(m.Rows) > 0 && len(m.Rows[0]) > 0 {
		if key, ok := questionOf(m.Rows[0][0].Data); ok {
			r.first(key, now)
		}
	}
	if at != "" {
		return at, nil
	}
	r.ref++
	return chat.Ref(strconv.Itoa(r.ref)), nil
}

func (r *recorder) first(key string, at time.Time) {
	if _, known := r.seen[key]; known {
		return
	}
	r.seen[key] = at
	if told := r.told[key]; told != nil {
		close(told)
	}
}

// appears is closed once something was handed over.
func (r *recorder) appears(key string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	told := r.told[key]
	if told == nil {
		told = make(chan struct{})
		if r.told[key] = told; !r.seen[key].IsZero() {
			close(told)
		}
	}
	return told
}

// questionOf is "session.question" of a button that picks an option.
func questionOf(data string) (string, bool) {
	rest, ok := strings.CutPrefix(data, "1p")
	if !ok {
		return "", false
	}
	parts := strings.SplitN(rest, ".", 3)
	return parts[0] + "." + parts[1], len(parts) == 3
}

func (r *recorder) when(key string) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.seen[key]
	return t, ok
}

// served is a world whose account has a sender.
type served struct {
	*world
	sender *recorder
	stop   func() error
}

func (w *world) serve(ctx context.Context) *served {
	ctx, cancel := context.WithCancel(ctx)
	s := &served{world: w, sender: &recorder{seen: map[string]time.Time{}, told: map[string]chan struct{}{}}}
	fast := chat.NoLimits()
	fast.Parallel = max(fast.Parallel, 2*w.InFlight) // of a platform that takes everything at once
	var parts sync.WaitGroup
	errs := make([]error, 2)
	parts.Go(func() {
		errs[0] = w.bot.ServeAccount(ctx, outbox.Account{
			Platform: chat.Telegram, ID: account, Name: "bench_bot", Sender: s.sender, Limits: fast,
			Intake: func(ctx context.Context) error { <-ctx.Done(); return nil },
		})
	})
	parts.Go(func() { errs[1] = w.bot.Run(ctx) })
	s.stop = func() error {
		cancel()
		parts.Wait()
		for _, err := range errs {
			if err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
		}
		return nil
	}
	return s
}

// latency measures the time from a tap to the next question in the Sender's hands, at a
// steady load, against that of a commit of one row under the same load.
func latency(ctx context.Context, b *bench) ([]row, error) {
	store, err := b.openPostgres(ctx, "latency")
	if err != nil {
		return nil, err
	}
	w, err := b.newWorld(ctx, store)
	if err != nil {
		return nil, err
	}
	defer w.close()
	s := w.serve(ctx)
	limit, err := b.newCommits(ctx)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	defer limit.close()

	var tap50, tap99, busy50, busy99, card50, card99, one50, one99 []float64
	for range b.Rounds + 1 {
		one, err := limit.round(ctx, b)
		if err != nil {
			return nil, errors.Join(err, s.stop())
		}
		tap, err := s.round(ctx)
		if err != nil {
			return nil, errors.Join(err, s.stop())
		}
		ended := s.keep(ctx)
		busy, err := s.round(ctx)
		if err := firstError(err, ended()); err != nil {
			return nil, errors.Join(err, s.stop())
		}
		card, err := s.lowRound(ctx)
		if err != nil {
			return nil, errors.Join(err, s.stop())
		}
		tap50, tap99 = append(tap50, percentile(tap, 50)), append(tap99, percentile(tap, 99))
		busy50, busy99 = append(busy50, percentile(busy, 50)), append(busy99, percentile(busy, 99))
		card50, card99 = append(card50, percentile(card, 50)), append(card99, percentile(card, 99))
		one50, one99 = append(one50, percentile(one, 50)), append(one99, percentile(one, 99))
	}
	if err := s.stop(); err != nil {
		return nil, err
	}
	var rows []row
	for _, r := range []struct {
		name             string
		p50, p99         []float64
		against50, ref99 []float64
	}{
		{fmt.Sprintf("tap → next question handed over, %d/s, Postgres", b.Rate), tap50, tap99, one50, one99},
		{fmt.Sprintf("the same while all rows of reports are made anew and what is old is removed, %d/s, Postgres", b.Rate), busy50, busy99, one50, one99},
		{fmt.Sprintf("low tap → staff card handed over, %d/s, Postgres", b.Rate), card50, card99, one50, one99},
	} {
		p50, p99, one50, one99 := r.p50[1:], r.p99[1:], r.against50[1:], r.ref99[1:]
		rows = append(rows, row{
			Name: r.name + ": p50 against a one-row commit", Unit: "×", Target: atMost(6), Stretch: 3,
			Value: median(ratios(p50, one50)), Parts: map[string]float64{"ours ms": median(p50), "commit ms": median(one50)},
		}, row{
			Name: r.name + ": p99 against a one-row commit", Unit: "×", Target: atMost(8), Stretch: 3,
			Value: median(ratios(p99, one99)), Parts: map[string]float64{"ours ms": median(p99), "commit ms": median(one99)},
		})
	}
	return rows, nil
}

// keep makes all rows of reports anew, again and again, and removes keys and messages that are older than a
// minute, until it is ended.
func (w *world) keep(ctx context.Context) (ended func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for {
			if err := w.keepOnce(ctx); ctx.Err() != nil {
				done <- nil
				return
			} else if err != nil {
				done <- err
				return
			}
		}
	}()
	return func() error {
		cancel()
		return <-done
	}
}

func (w *world) keepOnce(ctx context.Context) error {
	if _, err := w.store.FoldAll(ctx); err != nil {
		return err
	}
	old := time.Now().Add(-time.Minute)
	for b := range storage.Bucket(w.store.Buckets()) {
		for more := true; more; {
			did, err := w.store.Fold(ctx, b, bot.Rows(w.bot), 200)
			if err != nil {
				return err
			}
			if _, err := w.store.Prune(ctx, b, storage.Retention{Keys: old, Deliveries: old}, 500); err != nil {
				return err
			}
			more = did.More
		}
	}
	return nil
}

// round answers at the rate and returns how long each next question took to appear, in
// milliseconds. The load is open: a slow answer does not hold back the next one.
func (s *served) round(ctx context.Context) ([]float64, error) {
	n := int(s.Period.Seconds() * float64(s.Rate))
	conversations, err := s.converse(ctx, (n+questions-2)/(questions-1))
	if err != nil {
		return nil, err
	}
	if err := s.quiet(ctx); err != nil {
		return nil, err
	}
	tapped := make([]time.Time, n)
	errs := make([]error, n)
	s.pace(n, func(i int) {
		// All are asked the first question, then all the second. Nobody taps what they have not
		// been shown, however slow the machine.
		c, question := conversations[i%len(conversations)], i/len(conversations)
		if errs[i] = s.shown(c, question); errs[i] == nil {
			tapped[i] = time.Now()
			_, errs[i] = s.bot.Handle(ctx, []chat.Update{c.answer(question)})
		}
	})
	if err := firstError(errs...); err != nil {
		return nil, err
	}
	if err := s.settled(ctx); err != nil {
		return nil, err
	}
	took := make([]float64, n)
	for i := range took {
		c := conversations[i%len(conversations)]
		shown, ok := s.sender.when(c.session + "." + strconv.Itoa(i/len(conversations)+1))
		if !ok {
			return nil, fmt.Errorf("question %d was not handed over after its predecessor was answered", i/len(conversations)+1)
		}
		took[i] = milliseconds(shown.Sub(tapped[i]))
	}
	return took, nil
}

// shown waits until a customer has been shown a question.
func (s *served) shown(c *conversation, question int) error {
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, ok := s.sender.when(c.session + "." + strconv.Itoa(question)); ok {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("question %d was not handed over within a minute", question)
		}
	}
}

// lowEvery is how many taps of a low round go to one that is low. All cards go to one
// chat, one after the other: more of them would measure how long they queue there.
const lowEvery = 40

// lowRound gives first answers at the rate, one in lowEvery of them low, and returns how long
// the cards of those took to appear in the staff's chat, in milliseconds.
func (s *served) lowRound(ctx context.Context) ([]float64, error) {
	n := int(s.Period.Seconds() * float64(s.Rate))
	// Many cases at once at one site are a storm, and share a card.
	sites := make([]string, n)
	for i := 0; i < n; i += lowEvery {
		sites[i] = fmt.Sprint("site-", s.next.Add(1))
		if err := s.store.PutSite(ctx, storage.Site{ID: sites[i], Name: sites[i], Created: time.Now().UTC()}); err != nil {
			return nil, err
		}
	}
	conversations, err := s.converseAt(ctx, n, func(i int) string { return sites[i] })
	if err != nil {
		return nil, err
	}
	if err := s.quiet(ctx); err != nil {
		return nil, err
	}
	tapped := make([]time.Time, n)
	errs := make([]error, n)
	s.pace(n, func(i int) {
		tap := conversations[i].answer(0)
		if i%lowEvery == 0 {
			tap = conversations[i].complain()
		}
		tapped[i] = time.Now()
		_, errs[i] = s.bot.Handle(ctx, []chat.Update{tap})
	})
	if err := firstError(errs...); err != nil {
		return nil, err
	}
	if err := s.settled(ctx); err != nil {
		return nil, err
	}
	var took []float64
	for i := 0; i < n; i += lowEvery {
		shown, ok := s.sender.when(conversations[i].user.Name)
		if !ok {
			return nil, fmt.Errorf("the card of %s was not handed over", conversations[i].user.Name)
		}
		took = append(took, milliseconds(shown.Sub(tapped[i])))
	}
	return took, nil
}

// pace calls f(0) … f(n-1) at the rate, each in a goroutine of its own.
func (b *bench) pace(n int, f func(int)) { paced(n, b.Rate, f) }

// paced is the same at so many a second.
func paced(n, rate int, f func(int)) {
	var running sync.WaitGroup
	began := time.Now()
	for i := range n {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		running.Go(func() { f(i) })
	}
	running.Wait()
}

// quiet waits until nothing is left to do of what was: what follows is measured alone.
func (s *served) quiet(ctx context.Context) error {
	if err := s.settled(ctx); err != nil {
		return err
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		behind, err := s.store.Behind(ctx)
		if err != nil || len(behind.In) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("rows of %d changes are not made after a minute", behind.Changes)
		}
	}
}

// settled waits until nothing waits in the outbox.
func (s *served) settled(ctx context.Context) error {
	for deadline := time.Now().Add(time.Minute); ; {
		counts, err := s.store.Counts(ctx)
		if err != nil {
			return err
		}
		if counts.Failed > 0 {
			return fmt.Errorf("%d deliveries were given up", counts.Failed)
		}
		if counts.Due == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d deliveries still wait after a minute", counts.Due)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// commits inserts one row a transaction from this process.
type commits struct {
	db     *sql.DB
	insert *sql.Stmt
	next   int64
}

func (b *bench) newCommits(ctx context.Context) (*commits, error) {
	url, err := b.database("commits")
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", url)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	if _, err := db.ExecContext(ctx, "CREATE TABLE probe (id bigint PRIMARY KEY, body text NOT NULL)"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	insert, err := db.PrepareContext(ctx, "INSERT INTO probe (id, body) VALUES ($1, $2)")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &commits{db: db, insert: insert}, nil
}

func (c *commits) close() error { return c.db.Close() }

func (c *commits) round(ctx context.Context, b *bench) ([]float64, error) {
	n := int(b.Period.Seconds() * float64(b.Rate))
	took := make([]float64, n)
	errs := make([]error, n)
	first := c.next
	c.next += int64(n)
	b.pace(n, func(i int) {
		began := time.Now()
		_, errs[i] = c.insert.ExecContext(ctx, first+int64(i), "an answer of about sixty characters, as a row of ours has it")
		took[i] = milliseconds(time.Since(began))
	})
	return took, firstError(errs...)
}
