package main

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

var (
	killsFlag = flag.Int("kills", 15, "how often the server is killed on each database")
	seedFlag  = flag.Uint64("seed", 0, "seed of the schedule; 0 = a new one")
)

const (
	inFlight   = 16  // web customers who answer at the same time
	lowOneIn   = 100 // one in so many web customers is not satisfied
	onTelegram = 6   // customers on Telegram, all of them not satisfied
)

// The real process is killed with -9 again and again under load. Everything that it
// acknowledged is there afterwards, once; every unsatisfied customer has one card.
func TestKilledAgainAndAgainItLosesAndDoublesNothing(t *testing.T) {
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			seed := *seedFlag
			if seed == 0 {
				seed = rand.Uint64()
			}
			t.Logf("repeat this schedule with -seed %d", seed)
			s := newSiege(t, db.url(t), rand.New(rand.NewPCG(seed, 0)))
			s.run(*killsFlag)
			s.verify()
		})
	}
}

// siege is one server that is killed under load, and what its customers know.
type siege struct {
	*machine
	random *rand.Rand
	tg     *telegramtest.Server
	staff  *telegramtest.Chat

	customers []*customer
	next      atomic.Int64
	enough    atomic.Bool  // no new customers begin
	acked     atomic.Int64 // updates
	failed    atomic.Int64 // requests that got no answer, and were sent again
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

func newSiege(t *testing.T, database string, random *rand.Rand) *siege {
	tg := telegramtest.New(t)
	s := &siege{random: random, tg: tg, staff: tg.NewSupergroup("Staff")}
	s.machine = newMachine(t, map[string]string{
		"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL,
		"TELEGRAM_STAFF_CHAT": s.staff.Address(), "LOG_LEVEL": "info",
	})
	s.env["PUBLIC_URL"] = "http://" + s.address
	s.inviteAll(*killsFlag*250 + 500)
	return s
}

// inviteAll makes the invitations in the test's own process, before the server runs.
func (s *siege) inviteAll(n int) {
	s.t.Helper()
	settings := settings{
		DatabaseURL: secret(s.env["DATABASE_URL"]), SecretKey: someKey, PublicURL: s.env["PUBLIC_URL"],
	}
	ctx := s.t.Context()
	store, err := settings.openStore(ctx, now, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	b, err := settings.newBot(ctx, store, nil, now, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	s.customers = make([]*customer, n)
	errs := make([]error, n)
	var all sync.WaitGroup
	slots := make(chan struct{}, 100)
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			c := &customer{given: map[int]string{}, low: i < onTelegram || i%lowOneIn == 0}
			c.invite, errs[i] = b.Invite(ctx, bot.InviteRequest{Flow: "post_service_3", Event: map[string]string{"service_name": "haircut"}, Expires: time.Hour})
			s.customers[i] = c
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// run kills the server the given number of times while customers answer, then lets
// the customers finish and the outbox empty.
func (s *siege) run(kills int) {
	s.t.Helper()
	var busy sync.WaitGroup
	for i, c := range s.customers[:onTelegram] {
		c.person = s.tg.NewUser(fmt.Sprintf("Customer %d", i), "en")
		busy.Go(func() { s.answerOnTelegram(c) })
	}
	s.next.Store(onTelegram)
	for i := range inFlight {
		busy.Go(func() { s.answerOnTheWeb("w" + strconv.Itoa(i)) })
	}

	began := time.Now()
	server := s.serve()
	for kill := range kills {
		life := time.Duration(100+s.random.IntN(600)) * time.Millisecond
		if kill%5 == 4 {
			// Long enough for the lease of the one before to lapse: this one sends.
			life += 5 * time.Second
		}
		time.Sleep(life)
		server.kill()
		server = s.serve()
	}
	s.enough.Store(true)
	busy.Wait()
	took := time.Since(began)
	s.awaitEmptyOutbox()
	server.stop()
	s.t.Logf("%d kills: %d updates acknowledged, %.0f a second, dying included; %d requests got no answer and were sent again",
		kills, s.acked.Load(), float64(s.acked.Load())/took.Seconds(), s.failed.Load())
}

// answerOnTheWeb is one browser after the other. A form that gets no answer is sent
// again, the very same, until it is acknowledged.
func (s *siege) answerOnTheWeb(name string) {
	v := newVisitor(s.t, "http://"+s.address)
	v.name = name
	v.client.Timeout = 5 * time.Second
	v.client.Transport = &http.Transport{MaxIdleConnsPerHost: 1}
	for !s.enough.Load() {
		i := int(s.next.Add(1)) - 1
		if i >= len(s.customers) {
			return
		}
		s.converse(v, s.customers[i])
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
			return
		}
		page, ok = s.insist(v, path, form)
	}
}

// insist sends a form until it is acknowledged.
func (s *siege) insist(v *visitor, path string, form url.Values) (string, bool) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		page, err := v.send(path, form)
		if err == nil {
			s.acked.Add(1)
			return page, true
		}
		s.failed.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Errorf("no acknowledgement of %v in %v", form, patience)
	return "", false
}

// answerOnTelegram is one person with Telegram, who taps what is shown.
func (s *siege) answerOnTelegram(c *customer) {
	c.started = true
	c.person.Start(c.invite.Token)
	tapped := map[string]bool{}
	for deadline := time.Now().Add(3 * patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, m := range c.person.Chat().FromBot() {
			// The thanks that are in doubt when the process dies are not said twice: the last
			// answer, shown as given, ends the conversation as well.
			last := strings.HasPrefix(m.Text, "May a colleague contact you") && strings.Contains(m.Text, "You answered")
			if last || strings.Contains(m.Text, "Thank you for telling us") {
				return
			}
			s.answerMessage(c, m, tapped)
		}
	}
	s.t.Errorf("a conversation on Telegram does not end:\n%s", s.tg.Transcript())
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

func (s *siege) awaitEmptyOutbox() {
	s.t.Helper()
	store := openStore(s.t, s.machine)
	var last storage.Counts
	for deadline := time.Now().Add(5 * patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		counts, err := store.Counts(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if last = counts; last.Due == 0 {
			return
		}
	}
	s.t.Fatalf("the outbox does not empty: %+v", last)
}

// verify compares what the customers know with what is stored and what staff see.
func (s *siege) verify() {
	s.t.Helper()
	ctx := s.t.Context()
	store := openStore(s.t, s.machine)
	lows, answers := 0, 0
	for _, c := range s.customers {
		if !c.started {
			continue
		}
		if c.low {
			lows++
		}
		answers += len(c.given)
		s.verifyAnswers(ctx, store, c)
	}
	counts, err := store.Counts(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	if counts.Answers != answers {
		s.t.Errorf("%d answers are stored, %d were given", counts.Answers, answers)
	}
	if counts.Cases != lows {
		s.t.Errorf("%d cases are stored, %d customers were not satisfied", counts.Cases, lows)
	}
	if counts.Failed != 0 || counts.Parked != 0 {
		s.t.Errorf("given up or parked: %+v", counts)
	}
	s.verifyCards(lows)
	if answers < 100 || lows < onTelegram {
		s.t.Errorf("that was no load: %d answers, %d cards", answers, lows)
	}
}

func (s *siege) verifyAnswers(ctx context.Context, store storage.Store, c *customer) {
	s.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(c.session)
	if err != nil {
		s.t.Fatalf("session %q: %v", c.session, err)
	}
	session, err := uuid.FromBytes(raw)
	if err != nil {
		s.t.Fatalf("session %q: %v", c.session, err)
	}
	who := storage.Person{Platform: chat.Web, User: c.invite.ID}
	if c.person != nil {
		who = storage.Person{Platform: chat.Telegram, Account: strconv.FormatInt(s.tg.BotID, 10), User: strconv.FormatInt(c.person.ID, 10)}
	}
	bucket := storage.BucketOf(who.Hash16(), store.Buckets())
	stored, err := store.Session(ctx, bucket, session.String())
	if err != nil {
		s.t.Errorf("a session that was answered is not there: %v", err)
		return
	}
	if !stored.Status.Final() {
		s.t.Errorf("session %s is %s, although its last answer was acknowledged", session, stored.Status)
	}
	revisions, err := store.Answers(ctx, bucket, session.String())
	if err != nil {
		s.t.Fatal(err)
	}
	if len(revisions) != len(c.given) {
		s.t.Errorf("session %s has %d answers stored, %d were given", session, len(revisions), len(c.given))
	}
	for _, a := range revisions {
		if a.Revision != 1 {
			s.t.Errorf("session %s: %s was answered once and is stored as revision %d", session, a.Question, a.Revision)
		}
	}
	for number, given := range c.given {
		a, ok := stored.Answer(questionKeys[number])
		switch {
		case !ok:
			s.t.Errorf("session %s: the answer %q to %s is lost", session, given, questionKeys[number])
		case given == "skip" && !a.Skipped, strings.Contains(given, " ") && a.Text != given, a.Value != nil && strconv.Itoa(int(*a.Value)-1) != given:
			s.t.Errorf("session %s: %s holds %+v, the answer was %q", session, a.Question, a, given)
		}
	}
}

// questionKeys are the questions of post_service_3 by their numbers in button data.
var questionKeys = []string{"overall", "speed", "people", "why_bad", "why_good", "contact_ok"}

// verifyCards looks at the staff chat: one card for each who was not satisfied, with
// that customer's words; any further one is marked as a repeat.
func (s *siege) verifyCards(lows int) {
	s.t.Helper()
	cards, repeats := map[string]int{}, 0
	for _, m := range s.staff.FromBot() {
		_, id, ok := strings.Cut(m.Text, "It took too long, says ")
		switch {
		case strings.Contains(m.Text, "(repeat)"):
			repeats++
		case ok:
			cards[id[:min(32, len(id))]]++
		}
	}
	for _, c := range s.customers {
		if n := cards[c.invite.ID]; c.started && c.low && n == 0 {
			if !s.repeated(c.invite.ID) {
				s.t.Errorf("the card of customer %s is lost", c.invite.ID)
			}
		} else if n > 1 {
			s.t.Errorf("customer %s has %d cards that are not marked as repeats", c.invite.ID, n)
		}
	}
	s.t.Logf("%d cards for %d unsatisfied customers, %d more marked as repeats", len(cards), lows, repeats)
}

func (s *siege) repeated(id string) bool {
	for _, m := range s.staff.FromBot() {
		if strings.Contains(m.Text, "(repeat)") && strings.Contains(m.Text, id) {
			return true
		}
	}
	return false
}
