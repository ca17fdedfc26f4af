package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	// leaseTTL is how long the database grants an account's lease.
	leaseTTL = 4 * time.Second
	// leaseRenew is how often it is renewed, and how often others try to get it.
	leaseRenew = time.Second
	// leaseMargin is how long before the lease ends its holder stops by itself, counted
	// from before it asked, by its own monotonic clock.
	leaseMargin = time.Second

	// intakeGrace bounds how long a stop waits for the intake, drainGrace for rows that
	// are due, flightGrace for what is in flight.
	intakeGrace = 10 * time.Second
	drainGrace  = 5 * time.Second
	flightGrace = 5 * time.Second
)

// errLeaseLost ends what depends on an account's lease.
var errLeaseLost = errors.New("the lease was lost")

// Account is one of our accounts on a platform, as this process can serve it.
type Account struct {
	Platform chat.Platform
	ID       string // the bot's id on Telegram, the workspace on Slack
	Name     string // for people
	Sender   chat.Sender
	Limits   chat.Limits // zero fields are no limits
	// Intake receives updates that only one process may receive (a poller), until its
	// context ends. It must return soon after that. nil = updates come another way.
	Intake func(context.Context) error
	// Beside is what else the one process does that sends and receives for the account, until
	// its context ends. It must return soon after that. nil = nothing.
	Beside func(context.Context)
}

// Health is what this process knows of its database and its accounts.
type Health struct {
	// Stalled says that the database took none of the newest changes, whether or not it
	// answers: its disk may be full.
	Stalled  bool
	Accounts []AccountHealth
}

// AccountHealth is the state of one account in this process.
type AccountHealth struct {
	Platform chat.Platform
	ID, Name string
	Holds    bool      // this process has the account's lease: it sends and polls
	Epoch    int64     // of the lease that it holds or held last
	Since    time.Time // when that lease was taken; zero = never
	Revoked  bool      // the platform refuses the credentials; nothing is sent
	Waiting  int       // chats with deliveries that wait in this process
	Sending  int       // chats with a delivery in flight
	Error    string    // the newest error, "" = none; no secret, no customer's words
	ErrorAt  time.Time
}

// Healthy reports whether neither the database nor an account needs an operator.
func (h Health) Healthy() bool {
	return !h.Stalled && !slices.ContainsFunc(h.Accounts, func(a AccountHealth) bool { return a.Revoked })
}

// served is an account that Serve was called for.
type served struct {
	account Account

	mu     sync.Mutex
	sender *dispatcher // the newest
	holds  bool
	since  time.Time
	last   failure
	// refused is when the platform last refused the credentials of the intake, by the
	// monotonic clock.
	refused time.Time
}

// refusedFor is how long a refusal of the intake counts: it is tried again every half
// minute at most, so that one which works again has not been refused for a minute.
const refusedFor = time.Minute

func (s *served) fail(at time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = failure{text: err.Error(), at: at}
}

func (s *served) refuse(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = at
}

// Serve makes this process a candidate for the account's lease and, while it holds it,
// sends the account's deliveries and runs its Intake. It takes over when another holder's
// lease lapses or is released. When ctx ends it stops the intake, sends what is due until
// a deadline, and releases the lease. It returns an error only if the account is served
// already.
func (o *Outbox) Serve(ctx context.Context, a Account) error {
	key := keyOfAccount(a)
	s := &served{account: a}
	o.mu.Lock()
	if o.accounts[key] != nil {
		o.mu.Unlock()
		return fmt.Errorf("account %s:%s is served already", a.Platform, a.ID)
	}
	o.accounts[key] = s
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		delete(o.accounts, key)
		o.mu.Unlock()
	}()

	name := fmt.Sprintf("account:%s:%s", a.Platform, a.ID)
	retry := time.NewTicker(leaseRenew)
	defer retry.Stop()
	k := &keeper{leases: o.store, name: name, holder: uuid.NewString()}
	for ctx.Err() == nil {
		ok, err := k.take(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.fail(o.now(), err)
			o.log.Warn("cannot ask for the lease", "lease", name, "err", err)
		case ok:
			o.hold(ctx, s, k)
			// Under another name: whoever lost the lease comes back with a new epoch.
			k = &keeper{leases: o.store, name: name, holder: uuid.NewString()}
		}
		select {
		case <-ctx.Done():
		case <-retry.C:
		}
	}
	return nil
}

// hold serves an account from the moment its lease was taken until it is lost or ctx
// ends.
func (o *Outbox) hold(ctx context.Context, s *served, k *keeper) {
	log := o.log.With("platform", s.account.Platform, "account", s.account.ID, "epoch", k.lease.Epoch)
	held, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	var keeping sync.WaitGroup
	keeping.Go(func() { k.keep(held, lose) })

	d := newDispatcher(o, s.account, k.lease.Epoch, k.valid)
	o.register(s, d)
	log.Info("serving the account")

	work, stop := context.WithCancel(held)
	sending := make(chan struct{})
	go func() { defer close(sending); d.run(work) }()
	intake, stopIntake := context.WithCancel(held)
	receiving := make(chan struct{})
	go func() { defer close(receiving); o.receive(intake, s, log) }()
	var beside sync.WaitGroup
	if s.account.Beside != nil {
		beside.Go(func() { s.account.Beside(intake) })
	}

	select {
	case <-ctx.Done():
		step := stepper{log: log}
		step.do("stop the intake", intakeGrace, func(ctx context.Context) bool {
			stopIntake()
			return closed(ctx, receiving)
		})
		step.do("send what is due", drainGrace, d.emptied)
	case <-held.Done():
		s.fail(o.now(), context.Cause(held))
		log.Error("stopped serving the account", "err", context.Cause(held))
	}
	stopIntake()
	stop()
	d.close()
	grace, cancel := context.WithTimeout(context.Background(), min(flightGrace, time.Until(k.ends())))
	if !d.finish(grace) {
		log.Warn("some sends were cut off: their deliveries are in doubt")
	}
	cancel()
	o.unregister(s, d)
	<-sending
	<-receiving // never two pollers
	beside.Wait()
	lose(nil)
	keeping.Wait()
	k.release(log)
}

// receive runs the intake, again after a pause when it ends by itself.
func (o *Outbox) receive(ctx context.Context, s *served, log *slog.Logger) {
	if s.account.Intake == nil {
		return
	}
	for failed := 1; ; failed++ {
		began := time.Now()
		err := s.account.Intake(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > maxPause {
			failed = 1
		}
		if err == nil {
			err = errors.New("it ended by itself")
		}
		s.fail(o.now(), err)
		if chat.AsError(err).Kind == chat.Revoked {
			s.refuse(time.Now())
		}
		log.Error("the intake ended", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(pauseAfter(failed, 0), 30*time.Second)):
		}
	}
}

func (o *Outbox) register(s *served, d *dispatcher) {
	s.mu.Lock()
	s.sender, s.holds, s.since = d, true, o.now()
	s.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.senders[keyOfAccount(s.account)] = d
}

func (o *Outbox) unregister(s *served, d *dispatcher) {
	s.mu.Lock()
	s.holds = false
	s.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if key := keyOfAccount(s.account); o.senders[key] == d {
		delete(o.senders, key)
	}
}

// Health tells how the database and the accounts of this process are, the accounts in the
// order of their names.
func (o *Outbox) Health() Health {
	o.mu.RLock()
	all := make([]*served, 0, len(o.accounts))
	for _, s := range o.accounts {
		all = append(all, s)
	}
	o.mu.RUnlock()
	h := Health{Stalled: o.committer.stalled()}
	for _, s := range all {
		h.Accounts = append(h.Accounts, s.health())
	}
	slices.SortFunc(h.Accounts, func(a, b AccountHealth) int {
		return strings.Compare(string(a.Platform)+"\x00"+a.ID, string(b.Platform)+"\x00"+b.ID)
	})
	return h
}

func (s *served) health() AccountHealth {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := AccountHealth{
		Platform: s.account.Platform, ID: s.account.ID, Name: s.account.Name,
		Holds: s.holds, Since: s.since, Error: s.last.text, ErrorAt: s.last.at,
		Revoked: !s.refused.IsZero() && time.Since(s.refused) < refusedFor,
	}
	if d := s.sender; d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		h.Epoch, h.Revoked = d.epoch, h.Revoked || d.revoked
		h.Waiting, h.Sending = d.ready.Len()+d.later.Len(), d.flying
		if d.last.at.After(h.ErrorAt) {
			h.Error, h.ErrorAt = d.last.text, d.last.at
		}
	}
	return h
}

// stepper runs the steps of a stop: each has a name and a bound and is logged.
type stepper struct{ log *slog.Logger }

func (s stepper) do(name string, bound time.Duration, f func(context.Context) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	began := time.Now()
	if f(ctx) {
		s.log.Info("stopping: "+name, "took", time.Since(began).Round(time.Millisecond))
		return
	}
	s.log.Warn("stopping: "+name+" took too long; going on", "bound", bound)
}

// closed waits until c is closed and reports whether that was before ctx ended.
func closed(ctx context.Context, c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	}
}
