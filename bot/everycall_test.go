package bot

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

var everyCall = flag.Int("everycall", 6, "how many troubles to play in each core flow, evenly spread; 0 = one at every call")

// trouble is what befalls one call of a run.
type trouble struct {
	send bool // a call of the Sender; else of the store
	at   int  // which one, counted from 1; 0 = nothing happens
	when storagetest.When
}

func (x trouble) String() string {
	what := "store"
	if x.send {
		what = "sender"
	}
	return fmt.Sprintf("%s call %d %s", what, x.at, []string{"dies before", "dies after", "fails before", "fails after"}[x.when])
}

// doubtful reports whether nobody can know afterwards what chats show.
func (x trouble) doubtful() bool {
	return x.at > 0 && (x.when == storagetest.BeforeCall || x.when == storagetest.AfterCall || x.send && x.when == storagetest.FailAfter)
}

// Each core flow is played once undisturbed, which counts its calls of the store and of
// the Sender. Then one call after the other fails, before it has an effect and after, or
// is the last of its process. What is stored in the end, and what chats show, is what it
// was without.
func TestEveryCallOfTheCoreFlowsFailsInTurn(t *testing.T) {
	var calls, sends, played, doubled atomic.Int64
	flows := coreFlows()
	t.Run("flows", func(t *testing.T) {
		for i, f := range flows {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				want := playFlow(t, f, trouble{})
				if t.Failed() {
					return
				}
				calls.Add(int64(want.calls))
				sends.Add(int64(want.sends))
				for _, x := range troubles(want, uint64(i)) {
					got := playFlow(t, f, x)
					if !got.struck {
						t.Errorf("%v: it never came to that", x)
					}
					if diff := cmp.Diff(want.stored, got.stored); diff != "" {
						t.Errorf("%v: what is stored differs (-undisturbed +disturbed):\n%s", x, diff)
					}
					played.Add(1)
					doubled.Add(int64(got.copies))
					if t.Failed() {
						return // the rest would say the same
					}
				}
			})
		}
	})
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d core flows with %d calls of the database and %d of the platform; %d runs, in each of which one call fails, or the process dies at it: 0 lost, 0 stored twice; %d messages shown twice, each where nobody could know that it was shown",
			len(flows), calls.Load(), sends.Load(), played.Load(), doubled.Load()))
	}
}

// troubles are those that can befall a run: all, or as many as the flag says.
func troubles(want result, seed uint64) []trouble {
	var all []trouble
	for when := range storagetest.FailAfter + 1 {
		for at := range want.calls {
			all = append(all, trouble{at: at + 1, when: when})
		}
		for at := range want.sends {
			all = append(all, trouble{send: true, at: at + 1, when: when})
		}
	}
	n := *everyCall
	if n <= 0 || n >= len(all) {
		return all
	}
	random := rand.New(rand.NewPCG(seed, 9))
	chosen := make([]trouble, n)
	for i := range chosen { // one of each stretch
		from, to := i*len(all)/n, (i+1)*len(all)/n
		chosen[i] = all[from+random.IntN(to-from)]
	}
	return chosen
}

// result is what a run left behind.
type result struct {
	calls, sends int // of its first process, and of all
	copies       int // messages that stand in a chat a second time
	struck       bool
	stored       []string
}

// playFlow plays a flow in a time of its own.
func playFlow(t *testing.T, f coreFlow, x trouble) (out result) {
	t.Helper()
	path := sqlitetest.New(t, 1)
	synctest.Test(t, func(t *testing.T) {
		r := &flowRun{t: t, name: fmt.Sprintf("%s, %v", f.name, x), trouble: x, phones: newPhones(), people: []chat.Address{staffTG}}
		r.skip(time.Until(monday))
		store, err := sqliteAt(path)(r.now)
		if err != nil {
			t.Fatal(err)
		}
		r.store = store
		placeStaff(store, staffTG)
		defer func() { // in the bubble's own time, whatever failed
			if r.life != nil {
				r.life.end(&r.ending)
			}
			r.ending.Wait()
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		site := storage.Site{ID: "main-street", Name: "Salon Anna", Zone: "Europe/Berlin", Language: "en", Created: r.now()}
		account := storage.Account{Platform: chat.Telegram, ID: "42", Name: "salon_bot", Seen: r.now()}
		if err := errors.Join(store.PutSite(t.Context(), site), store.PutAccount(t.Context(), account)); err != nil {
			t.Fatal(err)
		}
		r.life = r.rise()
		first := r.life
		f.play(r)
		out.calls, out.sends = first.Calls(), r.sent()
		r.pass(time.Second) // what was put off is made up for
		r.life.end(&r.ending)
		r.life = nil
		r.ending.Wait()
		out.struck = r.struck || x.at == 0 || !x.send && first.Calls() >= x.at
		out.copies = r.checkChats()
	})
	out.stored = storedIn(t, path)
	return out
}

// flowRun is one run of a flow: a platform that repeats what is not acknowledged, and
// processes of which one is disturbed.
type flowRun struct {
	t       *testing.T
	name    string
	store   storage.Store
	phones  *phones
	skipped atomic.Int64 // nanoseconds that the clock was put forward
	people  []chat.Address
	n       int
	life    *life
	ending  sync.WaitGroup

	trouble trouble
	used    bool // a process was given the trouble with the store
	mu      sync.Mutex
	sends   int  // guarded by mu
	struck  bool // guarded by mu
	blocked map[chat.Address]bool
}

func (r *flowRun) now() time.Time { return time.Now().Add(time.Duration(r.skipped.Load())) }

func (r *flowRun) skip(d time.Duration) { r.skipped.Add(int64(d)) }

func (r *flowRun) sent() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sends
}

// rise starts a process.
func (r *flowRun) rise() *life {
	for {
		at := 0
		if !r.used && !r.trouble.send {
			at, r.used = r.trouble.at, true
		}
		hand := &flowSender{run: r}
		l := &life{mortal: newMortal(r.store, hand, at, r.trouble.when)}
		hand.process = l.mortal
		b, err := New(r.t.Context(), Config{
			Traits: platforms(),
			Store:  l.mortal, Key: []byte("a secret key for tests only"), Clock: r.now,
			Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format, Policy: rulefile.Parse,
		})
		if err != nil {
			if !errors.Is(err, storage.ErrUnavailable) {
				r.t.Fatalf("%s: a process does not start: %v", r.name, err)
			}
			continue // its supervisor starts it again
		}
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
		l.bot, l.stop = b, cancel
		l.gone.Go(func() {
			if err := b.Run(ctx); err != nil {
				r.t.Error(err)
			}
		})
		l.gone.Go(func() {
			if err := b.ServeAccount(ctx, outbox.Account{Platform: chat.Telegram, ID: "42", Sender: l.mortal, Limits: fast}); err != nil {
				r.t.Error(err)
			}
		})
		return l
	}
}

// current is the process that runs, started again if it died.
func (r *flowRun) current() *life {
	if r.life.isDead() {
		r.life.end(&r.ending)
		if err := r.life.lapse(r.t.Context()); err != nil {
			r.t.Error(err)
		}
		r.life = r.rise()
	}
	return r.life
}

// flowSender is the platform of one process, which may fail.
type flowSender struct {
	run     *flowRun
	process *mortal
}

// Send implements chat.Sender.
func (s *flowSender) Send(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	r := s.run
	r.mu.Lock()
	r.sends++
	mine := r.trouble.send && r.sends == r.trouble.at
	r.struck = r.struck || mine
	blocked := r.blocked[to]
	r.mu.Unlock()
	if blocked {
		return "", &chat.Error{Kind: chat.Unreachable, Err: errors.New("blocked by the user")}
	}
	lost := &chat.Error{Kind: chat.InDoubt, Err: errors.New("the answer was lost")}
	if mine && r.trouble.when == storagetest.FailBefore {
		return "", &chat.Error{Kind: chat.Temporary, Err: errors.New("no connection")}
	}
	if mine && r.trouble.when == storagetest.BeforeCall {
		s.process.Die()
		return "", lost
	}
	ref, err := r.phones.Send(ctx, to, m, at)
	if mine && r.trouble.when == storagetest.AfterCall {
		s.process.Die()
	}
	if mine {
		return "", lost
	}
	return ref, err
}

// persist does something by a process that lives, again until it is done, and waits
// until everything that follows from it is said.
func (r *flowRun) persist(what string, f func(l *life) error) {
	r.t.Helper()
	for range 60 {
		l := r.current()
		err := f(l)
		if err == nil && !l.isDead() {
			r.settle()
			return
		}
		if err != nil && !errors.Is(err, storage.ErrUnavailable) {
			r.t.Fatalf("%s: %s: %v", r.name, what, err)
		}
		time.Sleep(time.Second)
	}
	r.t.Fatalf("%s: %s was never acknowledged", r.name, what)
}

// settle waits until the outbox is empty.
func (r *flowRun) settle() {
	r.t.Helper()
	for range 1000 {
		synctest.Wait()
		l := r.current()
		counts, err := r.store.Counts(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if counts.Due == 0 && !l.isDead() {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	r.t.Fatalf("%s: the outbox does not empty", r.name)
}

// pass puts the clock forward and lets the sweeper do what is due since.
func (r *flowRun) pass(d time.Duration) {
	r.t.Helper()
	r.skip(d)
	for range 2 {
		time.Sleep(4 * time.Second)
		r.settle()
	}
}

// update delivers what somebody did. where is the chat, zero = their own.
func (r *flowRun) update(c customer, where chat.Address, u chat.Update) {
	r.t.Helper()
	r.n++
	u.Key, u.User, u.At = fmt.Sprintf("telegram:42:%d", r.n), c.user, r.now()
	u.From, u.Private = where, false
	if where.IsZero() {
		u.From, u.Private = c.address, true
	}
	if !slices.Contains(r.people, u.From) {
		r.people = append(r.people, u.From)
	}
	r.persist(fmt.Sprintf("update %d", r.n), func(l *life) error {
		_, err := l.bot.Handle(r.t.Context(), []chat.Update{u})
		return err
	})
}

func (r *flowRun) command(c customer, name, args string) {
	r.t.Helper()
	r.update(c, chat.Address{}, chat.Update{Kind: chat.Command, Command: name, Text: args})
}

func (r *flowRun) say(c customer, text string) {
	r.t.Helper()
	r.update(c, chat.Address{}, chat.Update{Kind: chat.Text, Text: text, Own: chat.Ref(fmt.Sprint("o", r.n))})
}

// press taps the newest button with this text in a chat, zero = the person's own.
func (r *flowRun) press(c customer, where chat.Address, text string) {
	r.t.Helper()
	in := where
	if in.IsZero() {
		in = c.address
	}
	for _, m := range r.phones.seen(in) {
		for _, row := range m.Rows {
			for _, b := range row {
				if strings.TrimLeft(b.Text, "☐☑◉○ ") == text {
					r.update(c, where, chat.Update{Kind: chat.Tap, Data: b.Data, On: "1"})
					return
				}
			}
		}
	}
	r.t.Fatalf("%s: there is no button %q in\n%s", r.name, text, r.phones.dump(in))
}

// reply answers the newest message of a staff chat that quotes these words.
func (r *flowRun) reply(c customer, where chat.Address, quoted, text string) {
	r.t.Helper()
	r.phones.mu.Lock()
	var to chat.Ref
	for _, s := range r.phones.chats[where] {
		if slices.ContainsFunc(s.now.Quotes, func(q chat.Quote) bool { return q.Text == quoted }) {
			to = s.ref
		}
	}
	r.phones.mu.Unlock()
	if to == "" {
		r.t.Fatalf("%s: nothing quotes %q in\n%s", r.name, quoted, r.phones.dump(where))
	}
	r.update(c, where, chat.Update{Kind: chat.Text, Text: text, ReplyTo: to, Ours: true, Own: chat.Ref(fmt.Sprint("o", r.n))})
}

// invited makes an invitation and starts it.
func (r *flowRun) invited(c customer, q InviteRequest) {
	r.t.Helper()
	token := ""
	r.persist("an invitation", func(l *life) error {
		i, err := l.bot.Invite(r.t.Context(), q)
		token = i.Token
		return err
	})
	r.command(c, "start", token)
}

// member hires and links somebody.
func (r *flowRun) member(id, name string, role access.Role) customer {
	r.t.Helper()
	s := storage.Staff{ID: strings.ToLower(name), Name: name, Roles: access.Grants{access.EverySite: role}, Created: r.now()}
	if err := r.store.PutStaff(r.t.Context(), s); err != nil {
		r.t.Fatal(err)
	}
	code := ""
	r.persist("a code", func(l *life) (err error) {
		code, _, err = l.bot.StaffCode(r.t.Context(), s.ID)
		return err
	})
	c := telegramUser(id, name, "en")
	r.command(c, "link", code)
	return c
}

// block lets a chat take no messages.
func (r *flowRun) block(c customer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.blocked == nil {
		r.blocked = map[chat.Address]bool{}
	}
	r.blocked[c.address] = true
}

// checkChats compares what chats show with what is stored of them, and returns how many
// messages stand there a second time.
func (r *flowRun) checkChats() (copies int) {
	for _, to := range r.people {
		rows, err := r.store.Transcript(context.Background(), 0, to)
		if err != nil {
			r.t.Fatal(err)
		}
		shown := map[chat.Ref]storage.Delivery{}
		for _, d := range rows {
			switch {
			case d.ShownRef != "":
				shown[d.ShownRef] = d
			case d.Render.Mark != "" && d.State == storage.Sent: // this platform has none
			case d.State == storage.Failed && r.blocked[to]:
			case r.trouble.doubtful() && (d.Kind == storage.NoticeD || d.Kind == storage.ThanksD) && strings.HasPrefix(d.Error, doubtMark): // as promised
			default:
				r.t.Errorf("%s: %s was never shown in %s: %s %q", r.name, d.Slot, to, d.State, d.Error)
			}
		}
		cards, marks, ord := 0, 0, int64(0)
		for _, s := range r.phones.chats[to] {
			marked := strings.HasSuffix(s.first.Title, repeatMark)
			if marked {
				marks++
			}
			if d, known := shown[s.ref]; known {
				now := s.now
				now.Title = strings.TrimSuffix(now.Title, repeatMark)
				now.Under, now.Replies = d.Render.Under, d.Render.Replies // the sender has put one for the other
				if diff := cmp.Diff(d.Render, now); diff != "" || d.Shown != d.Wanted {
					r.t.Errorf("%s: %s shows version %d of %d (-is to show +shows):\n%s", r.name, to, d.Shown, d.Wanted, diff)
				}
				if d.Ord < ord {
					r.t.Errorf("%s: %s shows %s too late", r.name, to, d.Slot)
				}
				ord = d.Ord
				delete(shown, s.ref)
				if marked && !r.trouble.doubtful() {
					r.t.Errorf("%s: %q is marked without reason", r.name, s.first.Title)
				}
				continue
			}
			copies++ // its other copy is the one that is known
			if len(s.first.Facts) > 0 {
				cards++
			}
		}
		for ref, d := range shown {
			r.t.Errorf("%s: %s is said to be shown in %s as %s, which is not there", r.name, d.Slot, to, ref)
		}
		if marks < cards {
			r.t.Errorf("%s: of %d cards that are shown again only %d are marked", r.name, cards, marks)
		}
	}
	if copies > 0 && !r.trouble.doubtful() {
		r.t.Errorf("%s: %d messages are shown twice, and nothing was in doubt", r.name, copies)
	}
	return copies
}

// storedIn is everything in a database that must not depend on what went wrong, a line
// each: neither ids nor times.
func storedIn(t *testing.T, path string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var lines []string
	for _, q := range []string{
		"SELECT 'session', flow, status, composite, level, unsatisfied, test, case_id > '', identity FROM sessions",
		"SELECT 'answer', s.flow, json_remove(a.value, '$.at') FROM sessions s, json_each(s.body, '$.answers') a",
		"SELECT 'earlier', s.flow, json_remove(a.value, '$.at') FROM sessions s, json_each(s.body, '$.Earlier') a",
		"SELECT 'case', number, state, priority, holder, json_extract(body, '$.reopens'), json_extract(body, '$.outcome.settled'), tell_at IS NULL, unposted FROM cases",
		"SELECT 'event', e.kind, e.person, e.detail, e.note, count(*) FROM case_events e GROUP BY 2, 3, 4, 5",
		"SELECT 'words', inbound, text, files, case_id > '' FROM words",
		"SELECT 'feedback', kind, text, announced IS NULL, case_id > '' FROM feedback",
		"SELECT 'parked', error FROM parked",
		"SELECT 'staff', person, staff FROM staff_links",
		"SELECT 'delivery', d.chat, d.kind, json_extract(d.render, '$.title'), json_extract(d.render, '$.text'), json_extract(d.render, '$.state'), json_extract(d.render, '$.quotes'), row_number() OVER (PARTITION BY d.chat ORDER BY ord) FROM deliveries d",
		"SELECT 'counted', sessions, answers, cases FROM buckets",
	} {
		rows, err := db.Query(q)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, uncertain(strings.TrimSpace(fmt.Sprintln(values...))))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

// uncertain takes out of a text what differs between two runs of the same: ids, times, how far
// away a deadline was when it was drawn, and which of the questions comes first that are shuffled by the session's.
func uncertain(s string) string {
	return byChance.ReplaceAllString(s, "…")
}

var byChance = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|20\d\d-[-0-9:T.]+Z` +
	`|\(\d+ (?:min|h|d)\)|late by \d+ (?:min|h|d)` +
	`|How fair or unfair was (the outcome|the way it was handled \(time, effort\))\?|How fairly or unfairly were you treated\?|How satisfied or dissatisfied were you with (how quickly we|the staff who) served you\?`)
