package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "seed of the schedules of sieges; 0 = a new one")
	thinkFlag = flag.Duration("think", usualThought, "how long web customers think about an answer; 0 = as much load as the machine bears")
)

const (
	usual        = 16                     // web customers who answer at the same time
	usualThought = 500 * time.Millisecond // of theirs about an answer
	phones       = 6                      // the most customers on Telegram at the same time
	// leastLoad is how many updates are acknowledged, at least, before a siege may end.
	leastLoad = 150
	longLoad  = 300 // with -long
	// lowEvery is how often, at most, a web customer who is not satisfied begins: a group
	// takes fifteen cards a minute, however fast the customers are.
	lowEvery = 5 * time.Second
)

var longFlag = flag.Bool("long", false, "play with as many customers, rows and kills as a long run has")

// atLength is how much of something there is in a short run, and in a long one.
func atLength(short, long int) int {
	if *longFlag {
		return long
	}
	return short
}

// siegePlan is what a siege is made of.
type siegePlan struct {
	database   string
	api        string            // of Telegram, if there is something in between; "" = the fake itself
	env        map[string]string // added to the machine's
	public     string            // PUBLIC_URL; "" = that of the first instance
	pause      time.Duration     // of a web customer between two answers; 0 = as thinkFlag says
	inFlight   int               // web customers who answer at the same time; 0 = usual
	onTelegram int               // how many customers are on Telegram, not satisfied; 0 = 2
	lows       bool              // some web customers are not satisfied either, see lowEvery
	instances  int               // servers beside the first one, by their addresses
	first      func(*siege)      // done before anything touches the database; may be nil
}

// siege is servers under load while something goes wrong, and what their customers know.
// Web customers come until it ends, however many that are.
type siege struct {
	*machine
	random *rand.Rand
	tg     *telegramtest.Server
	staff  *telegramtest.Chat
	// curious asks on Telegram whether anybody is there.
	curious *telegramtest.User
	others  []*machine // further instances on the same database
	// viaBalancer is where web customers go, if not to the instances themselves.
	viaBalancer string
	inFlight    int           // web customers who answer at the same time
	waits       time.Duration // how long a web customer waits for an answer before they send the form again
	pause       time.Duration // of a web customer between two answers
	longer      time.Duration // how much longer than usual a conversation and the outbox may take
	least       int           // how many answers are a load

	mu        sync.Mutex
	customers []*customer     // all who began, and those on Telegram; guarded by mu while busy
	lows      bool            // see siegePlan
	lastLow   time.Time       // when the last web customer who is not satisfied began; guarded by mu
	invited   chan bot.Invite // to the web
	telegram  int             // the first so many of customers are on Telegram
	nextTG    atomic.Int64
	enough    context.Context // over when no new customers are to begin
	endOfLoad func()          // ends enough
	// notInvited is why customers could not be invited the last time that they could not.
	notInvited atomic.Pointer[error]
	warm       atomic.Int64 // browsers that had their first conversation
	acked      atomic.Int64 // updates
	lastAck    atomic.Int64 // nanoseconds since 1970
	failed     atomic.Int64 // requests that got no answer, and were sent again
	busy       sync.WaitGroup

	began, hitAt time.Time
	rate         float64 // updates acknowledged a second while customers came
	recoveries   []time.Duration
	repeats      int
}

// customer is one who was invited, and what was acknowledged.
type customer struct {
	invite  bot.Invite
	low     bool
	started bool
	session string
	given   map[int]string // by the question's number: the option, or the text
	person  *telegramtest.User
}

func newSiege(t *testing.T, plan siegePlan) *siege {
	t.Helper()
	return newSiegeOn(t, telegramtest.New(t), plan)
}

func newSiegeOn(t *testing.T, tg *telegramtest.Server, plan siegePlan) *siege {
	t.Helper()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat this schedule with -seed %d", seed)
	t.Attr("seed", strconv.FormatUint(seed, 10))
	s := &siege{
		random: rand.New(rand.NewPCG(seed, 0)), tg: tg, staff: tg.NewSupergroup("Staff"),
		telegram: cmp.Or(plan.onTelegram, 2), pause: cmp.Or(plan.pause, *thinkFlag), inFlight: cmp.Or(plan.inFlight, usual), least: 100,
		waits: 5 * time.Second,
		lows:  plan.lows, invited: make(chan bot.Invite),
	}
	env := map[string]string{
		"DATABASE_URL": plan.database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL,
		"TELEGRAM_STAFF_CHAT": s.staff.Address(), "LOG_LEVEL": "info",
	}
	if plan.api != "" {
		env["TELEGRAM_API"] = plan.api
	}
	for name, value := range plan.env {
		env[name] = value
	}
	s.machine = newMachine(t, env)
	s.env["PUBLIC_URL"] = cmp.Or(plan.public, "http://"+s.address)
	for range plan.instances {
		other := newMachine(t, env)
		other.env["PUBLIC_URL"] = s.env["PUBLIC_URL"]
		s.others = append(s.others, other)
	}
	if plan.first != nil {
		plan.first(s)
	}
	s.enough, s.endOfLoad = context.WithCancel(t.Context())
	s.makeDatabase()
	s.inviteToTelegram()
	return s
}

// figure tells the harness that writes docs/reliability.md what was measured.
func (s *siege) figure(format string, args ...any) {
	s.t.Helper()
	if !s.t.Failed() {
		s.t.Attr("figure", fmt.Sprintf(format, args...))
	}
	s.t.Logf(format, args...)
}

// counted is what every siege measures: the zeros were checked by verify.
func (s *siege) counted() string {
	slices.Sort(s.recoveries)
	text := fmt.Sprintf("0 lost, 0 doubled of %d updates acknowledged at %.0f a second (%d in flight); %d sent again; %d repeated cards, each marked",
		s.acked.Load(), s.rate, s.inFlight, s.failed.Load(), s.repeats)
	if n := len(s.recoveries); n > 0 {
		text += fmt.Sprintf("; at work again after %.1f s (median), %.1f s (longest)", s.recoveries[n/2].Seconds(), s.recoveries[n-1].Seconds())
	}
	return text
}

// begin lets customers come and answer until end.
func (s *siege) begin() {
	s.t.Helper()
	s.t.Cleanup(s.busy.Wait) // they notice that the test is over
	s.busy.Go(s.inviteToTheWeb)
	for i, c := range s.customers[:s.telegram] {
		c.person = s.tg.NewUser(fmt.Sprintf("Customer %d", i), "en")
	}
	for i := range min(phones, s.telegram) {
		s.busy.Go(func() { s.answerOnTelegram(i) })
	}
	addresses := []string{s.address}
	for _, m := range s.others {
		addresses = append(addresses, m.address)
	}
	if s.viaBalancer != "" {
		addresses = []string{s.viaBalancer}
	}
	for i := range s.inFlight {
		s.busy.Go(func() { s.answerOnTheWeb("w"+strconv.Itoa(i), addresses, i) })
	}
	s.began = time.Now()
}

// hit notes that something was done to the servers which must be recovered from.
func (s *siege) hit() { s.hitAt = time.Now() }

// awaitRecovery waits until an update is acknowledged after the hit.
func (s *siege) awaitRecovery() {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if last := time.Unix(0, s.lastAck.Load()); last.After(s.hitAt) {
			s.recoveries = append(s.recoveries, last.Sub(s.hitAt))
			return
		}
	}
	s.t.Fatalf("nothing was acknowledged within %v after the servers were hit%s", patience, s.whyNobodyComes())
}

// end lets the customers finish and the outbox empty. The servers must be well.
func (s *siege) end() {
	s.t.Helper()
	for deadline := time.Now().Add(5 * patience); s.acked.Load() < int64(atLength(leastLoad, longLoad)); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%d updates were acknowledged within %v, that is no load%s", s.acked.Load(), 5*patience, s.whyNobodyComes())
		}
	}
	s.rate = float64(s.acked.Load()) / time.Since(s.began).Seconds()
	s.endOfLoad()
	s.busy.Wait()
	s.awaitEmptyOutbox()
}

// answerOnTheWeb is one browser after the other. A form that gets no answer is sent
// again, the very same, to another instance if there is one, until it is acknowledged.
func (s *siege) answerOnTheWeb(name string, addresses []string, first int) {
	v := newVisitor(s.t, "http://"+addresses[first%len(addresses)])
	v.name = name
	v.client.Timeout = s.waits
	v.client.Transport = &http.Transport{MaxIdleConnsPerHost: 1}
	defer v.client.CloseIdleConnections()
	v.elsewhere = func() {
		first++
		v.base = "http://" + addresses[first%len(addresses)]
	}
	for n := 0; ; n++ {
		if n == 1 {
			s.warm.Add(1)
		}
		select {
		case <-s.enough.Done():
			return
		case invite := <-s.invited:
			s.converse(v, s.comes(invite))
		}
	}
}

func (s *siege) converse(v *visitor, c *customer) {
	path := "/chat/" + c.invite.Token
	page, ok := s.insist(v, path, v.form("start", "1"))
	c.started = true
	for ok {
		picks, skip, question := openButtons(page)
		number, _ := strconv.Atoi(question)
		var form url.Values
		switch {
		case len(picks) > 0:
			option := len(picks) - 1
			if c.low {
				option = 0
			}
			c.session, _, _ = strings.Cut(picks[option][2:], ".")
			c.given[number] = strconv.Itoa(option)
			form = v.form("data", picks[option])
		case skip != "" && c.low:
			c.given[number] = "It took too long, says " + c.invite.ID
			form = v.form("text", c.given[number])
		case skip != "":
			c.given[number] = "skip"
			form = v.form("data", skip)
		default:
			if c.session == "" {
				s.t.Errorf("a customer was asked nothing:\n%s", page)
			}
			return
		}
		time.Sleep(s.pause)
		page, ok = s.insist(v, path, form)
	}
}

// insist sends a form until it is acknowledged.
func (s *siege) insist(v *visitor, path string, form url.Values) (string, bool) {
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); {
		if s.t.Context().Err() != nil {
			return "", false // the test has failed elsewhere
		}
		page, err := v.send(path, form)
		if err == nil {
			s.acked.Add(1)
			s.lastAck.Store(time.Now().UnixNano())
			return page, true
		}
		s.failed.Add(1)
		v.elsewhere()
		// Nobody asks a server that is down without a pause: all of them together ask often enough to see when
		// it is at work again.
		time.Sleep(time.Duration(100+rand.IntN(200)) * time.Millisecond)
	}
	s.t.Errorf("no acknowledgement of %v in %v", form, 2*patience)
	return "", false
}

// answerOnTelegram is one person with Telegram after the other, who taps what is shown.
// The first ones always come to their end.
func (s *siege) answerOnTelegram(first int) {
	for i := first; i < s.telegram; i = int(s.nextTG.Add(1)) + phones - 1 {
		if i >= phones && s.enough.Err() != nil {
			return
		}
		if !s.converseOnTelegram(s.customers[i]) {
			s.t.Errorf("a conversation on Telegram does not end:\n%s", s.tg.Transcript())
			return
		}
	}
}

func (s *siege) converseOnTelegram(c *customer) bool {
	c.started = true
	c.person.Start(c.invite.Token)
	tapped := map[string]bool{}
	for deadline := time.Now().Add(3*patience + s.longer); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if s.t.Context().Err() != nil {
			return true // the test has failed elsewhere
		}
		for _, m := range c.person.Chat().FromBot() {
			// The thanks that are in doubt when the process dies are not said twice: the last
			// answer, shown as given, ends the conversation as well.
			last := strings.HasPrefix(m.Text, "May someone from our team contact you") && strings.Contains(m.Text, "You answered")
			if last || strings.Contains(m.Text, "Thank you for telling us") {
				return true
			}
			s.answerMessage(c, m, tapped)
		}
	}
	return false
}

func (s *siege) answerMessage(c *customer, m telegramtest.Message, tapped map[string]bool) {
	for _, row := range m.Buttons {
		for _, b := range row {
			session, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(b.Data, "1p"), "1s"), ".")
			question, _, _ := strings.Cut(rest, ".")
			number, err := strconv.Atoi(question)
			if err != nil || tapped[question] || strings.HasPrefix(b.Data, "1c") {
				continue
			}
			tapped[question] = true
			if strings.HasPrefix(b.Data, "1s") {
				c.given[number] = "It took too long, says " + c.invite.ID
				c.person.Send(c.given[number])
				return
			}
			c.session, c.given[number] = session, "0"
			c.person.Press(m.Chat, m.ID, b.Data)
			return
		}
	}
}

// awaitEmptyOutbox waits until everything was sent. A group takes fifteen cards a minute,
// so that many cards need their time.
func (s *siege) awaitEmptyOutbox() {
	s.t.Helper()
	store := openStore(s.t, s.machine)
	var last storage.Counts
	lows := 0
	for _, c := range s.customers {
		if c.started && c.low {
			lows++
		}
	}
	for deadline := time.Now().Add(5*patience + s.longer + time.Duration(lows)*10*time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		counts, err := store.Counts(s.t.Context())
		if err != nil {
			continue // it may still be waking up
		}
		if last = counts; last.Due == 0 {
			return
		}
	}
	s.t.Fatalf("the outbox does not empty: %+v", last)
}

// lockedRandom is a source of chance for several goroutines.
type lockedRandom struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newLocked(seed uint64) *lockedRandom {
	return &lockedRandom{random: rand.New(rand.NewPCG(seed, 1))}
}

func (l *lockedRandom) intN(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.random.IntN(n)
}
