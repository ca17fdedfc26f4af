package bot

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

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
				if strings.TrimLeft(b.Text, "☐☑◉○ ") == text || strings.HasPrefix(b.Text, text+" · ") {
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
