package bot

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// world is a bot on a real database with a clock of its own. What is to be sent is
// settled by hand, so that every step shows what the chats show.
type world struct {
	t      testing.TB
	open   opener
	store  storage.Store
	bot    *Bot
	now    time.Time
	tokens int
	// customers are the chats of customers whom staff write to.
	customers []chat.Address
	traits    map[chat.Platform]chat.Traits
	// parse reads flow files as another program would; nil = as this one does.
	parse func([]byte) (survey.Flow, error)
	// blocked chats take no messages.
	blocked map[chat.Address]bool
	n       int                     // updates and messages so far
	shown   map[string]chat.Message // by slot, what was reported last
	link    string                  // of somebody in the web chat
	passed  func()                  // is told of each step of time that passes; nil = nobody
}

var (
	room    = chat.Address{Platform: chat.Web, Account: "room", Chat: "staff"}
	staffTG = chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}
)

// monday is when every story begins.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, 1)
}

// newWorldOf is a world whose database has n buckets.
func newWorldOf(t testing.TB, n int) *world {
	t.Helper()
	return newWorldOn(t, onSQLite(t, n))
}

// platforms are the traits of those that ship.
func platforms() map[chat.Platform]chat.Traits {
	return map[chat.Platform]chat.Traits{
		chat.Telegram: telegram.Traits(), chat.Slack: slack.Traits(), chat.Web: webchat.Traits(),
	}
}

// opener opens a database once more, as another program does.
type opener func(clock func() time.Time) (storage.Store, error)

func onSQLite(t testing.TB, buckets int) opener {
	return sqliteAt(sqlitetest.New(t, buckets))
}

func sqliteAt(path string) opener {
	return func(clock func() time.Time) (storage.Store, error) {
		return sqlite.Open(context.Background(), path, sqlite.Options{Clock: clock, Unchecked: true})
	}
}

func onPostgres(t testing.TB, buckets int) opener {
	return postgresAt(postgresWith(t, buckets))
}

func postgresAt(dsn string) opener {
	return func(clock func() time.Time) (storage.Store, error) {
		return postgres.Open(context.Background(), dsn, postgres.Options{Clock: clock, Wrap: pgtest.Kept(dsn), Unchecked: true})
	}
}

// postgresWith is the address of a new database that is up to date.
func postgresWith(t testing.TB, buckets int) string {
	t.Helper()
	return pgtest.From(t, fmt.Sprint("buckets_", buckets), func(dsn string) error {
		_, err := postgres.Migrate(context.Background(), dsn, postgres.Options{Buckets: buckets})
		return err
	})
}

// bothEngines open a database with so many buckets on each engine.
func bothEngines(buckets int) map[string]func(*testing.T) opener {
	return map[string]func(*testing.T) opener{
		"sqlite":   func(t *testing.T) opener { return onSQLite(t, buckets) },
		"postgres": func(t *testing.T) opener { return onPostgres(t, buckets) },
	}
}

// instance is a store on the world's database.
func (w *world) instance() storage.Store {
	w.t.Helper()
	store, err := w.open(func() time.Time { return w.now })
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := store.Close(); err != nil {
			w.t.Error(err)
		}
	})
	if listenedTo(w.t.Name()) {
		return overhearing{store, w.t.Name()}
	}
	return store
}

func newWorldOn(t testing.TB, open opener) *world {
	t.Helper()
	w := &world{t: t, now: monday, shown: make(map[string]chat.Message), open: open, traits: platforms()}
	ctx := context.Background()
	store := w.instance()
	w.store = store
	for _, s := range []storage.Site{
		{ID: "main-street", Name: "Salon Anna", Zone: "Europe/Berlin", Language: "en", Created: w.now},
		{ID: "nanjing", Name: "南京路店", Zone: "Asia/Shanghai", Language: "zh-Hans", Created: w.now},
	} {
		if err := store.PutSite(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	account := storage.Account{Platform: chat.Telegram, ID: "42", Name: "salon_bot", Seen: w.now}
	if err := store.PutAccount(ctx, account); err != nil {
		t.Fatal(err)
	}
	placeStaff(store, room)
	w.bot = w.newBot()
	return w
}

// newBot is another program on the same database.
func (w *world) newBot() *Bot {
	w.t.Helper()
	return w.botOn(w.store)
}

func (w *world) botOn(store storage.Store) *Bot {
	w.t.Helper()
	b, err := New(context.Background(), Config{
		Traits: w.traits,
		Store:  store, Key: []byte("a secret key for tests only"), PublicURL: "https://care.example/",
		Clock:     func() time.Time { return w.now },
		Templates: flowfile.Templates, Format: flowfile.Format, Policy: rulefile.Parse,
		Parse: func(source []byte) (survey.Flow, error) {
			if w.parse != nil {
				return w.parse(source)
			}
			return flowfile.Parse(source)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	b.random = func(p []byte) {
		w.tokens++
		for i := range p {
			p[i] = byte(w.tokens + i)
		}
		p[len(p)-1] ^= byte(w.tokens >> 8) // long tests invite more than 256 times
		p[len(p)-2] ^= byte(w.tokens >> 16)
	}
	w.t.Cleanup(func() {
		if err := b.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return b
}

// customer is somebody who chats.
type customer struct {
	user    chat.User
	address chat.Address
}

func telegramUser(id, name, lang string) customer {
	return customer{
		user:    chat.User{ID: id, Name: name, Username: strings.ToLower(name), Language: lang},
		address: chat.Address{Platform: chat.Telegram, Account: "42", Chat: id},
	}
}

func (c customer) person() storage.Person {
	return storage.Person{Platform: c.address.Platform, Account: c.address.Account, User: c.user.ID}
}

// update fills in what every update of c has.
func (w *world) update(c customer, u chat.Update) chat.Update {
	w.n++
	u.Key = fmt.Sprintf("%s:42:%d", c.address.Platform, w.n)
	u.From, u.User, u.Private, u.At = c.address, c.user, true, w.now
	return u
}

// handle hands updates to the bot, settles what is to be sent, and returns the answers.
func (w *world) handle(us ...chat.Update) []chat.Answer {
	w.t.Helper()
	answers, err := w.bot.Handle(context.Background(), us)
	if err != nil {
		w.t.Fatalf("Handle: %v", err)
	}
	for _, a := range answers {
		overhear(w.t.Name(), a.Text)
	}
	for _, u := range us {
		w.settle(u.From)
	}
	return answers
}

func (w *world) say(c customer, text string) []chat.Answer {
	w.t.Helper()
	return w.handle(w.update(c, chat.Update{Kind: chat.Text, Text: text}))
}

func (w *world) command(c customer, name, args string) []chat.Answer {
	w.t.Helper()
	return w.handle(w.update(c, chat.Update{Kind: chat.Command, Command: name, Text: args}))
}

func (w *world) tap(c customer, data string) []chat.Answer {
	w.t.Helper()
	return w.handle(w.update(c, chat.Update{Kind: chat.Tap, Data: data}))
}

// settle plays the sender: everything due at an address counts as shown.
func (w *world) settle(to chat.Address) {
	w.t.Helper()
	ctx := context.Background()
	for bucket := range w.store.Buckets() {
		for range 100 {
			rows, err := w.store.Transcript(ctx, storage.Bucket(bucket), to)
			if err != nil {
				w.t.Fatal(err)
			}
			var ops []storage.SlotOp
			var replies []func()
			for _, d := range rows {
				if _, ok := storage.ParseSlot(d.Slot); !ok {
					w.t.Errorf("%q is no slot", d.Slot)
				}
				if d.State != storage.Due {
					continue
				}
				ref := d.ShownRef
				if ref == "" {
					w.n++
					ref = chat.Ref(fmt.Sprint("m", w.n))
				}
				settle := storage.Settle{Slot: d.Slot, Epoch: 1, Version: d.Wanted, Hash: d.Hash, Ref: ref, Outcome: storage.Delivered}
				if w.blocked[to] {
					settle.Outcome, settle.Ref = storage.GaveUp, ""
				}
				both := []storage.SlotOp{{Claim: &storage.Claim{Slot: d.Slot, Epoch: 1}}, {Settle: &settle}}
				if _, reply := replyOf(d); reply {
					replies = append(replies, func() { w.conclude(d, both, settle.Outcome) })
					continue
				}
				ops = append(ops, both...)
			}
			if len(ops)+len(replies) == 0 {
				break
			}
			turn := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Slots: ops}, nil }}
			if err := w.store.Advance(ctx, storage.Bucket(bucket), []storage.Turn{turn})[0]; err != nil {
				w.t.Fatal(err)
			}
			if len(replies) == 0 {
				break // nothing follows from what was settled
			}
			for _, conclude := range replies {
				conclude()
			}
		}
	}
}

// transcript is what a chat shows now.
func (w *world) transcript(to chat.Address) []storage.Delivery {
	w.t.Helper()
	var all []storage.Delivery
	for bucket := range w.store.Buckets() {
		rows, err := w.store.Transcript(context.Background(), storage.Bucket(bucket), to)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, rows...)
	}
	return all
}

// button finds the newest button in a chat with this text or label.
func (w *world) button(to chat.Address, text string) string {
	w.t.Helper()
	found := ""
	rows := w.transcript(to)
	// A card comes before what hangs below it: menus open in the card.
	slices.SortStableFunc(rows, func(a, b storage.Delivery) int {
		below := func(d storage.Delivery) int {
			return map[bool]int{true: 0, false: 1}[strings.HasPrefix(d.Slot, "relay:")]
		}
		return below(a) - below(b)
	})
	for _, d := range rows {
		for _, row := range d.Render.Rows {
			for _, b := range slices.Concat(row, menusOf(row)) {
				if strings.TrimLeft(b.Text, "☐☑◉○ ") == text || b.Text == text || b.Label == text || strings.HasPrefix(b.Text, text+" · ") {
					found = b.Data
				}
			}
		}
	}
	if found == "" {
		w.t.Fatalf("there is no button %q", text)
	}
	return found
}

// menusOf are the entries of the menus among buttons.
func menusOf(row []chat.Button) (entries []chat.Button) {
	for _, b := range row {
		for _, e := range b.Menu {
			entries = append(entries, chat.Button{Text: e.Text, Data: e.Data})
		}
	}
	return entries
}

// press taps the newest button with this text.
func (w *world) press(c customer, text string) []chat.Answer {
	w.t.Helper()
	return w.tap(c, w.button(c.address, text))
}

// invite makes an invitation and returns its token.
func (w *world) invite(r InviteRequest) Invite {
	w.t.Helper()
	inv, err := w.bot.Invite(context.Background(), r)
	if err != nil {
		w.t.Fatalf("Invite: %v", err)
	}
	return inv
}

// started is a conversation whose first question is open.
func (w *world) started(c customer, r InviteRequest) Invite {
	w.t.Helper()
	inv := w.invite(r)
	w.command(c, "start", inv.Token)
	return inv
}

// session returns the customer's current session.
func (w *world) session(c customer) storage.Session {
	w.t.Helper()
	ctx := context.Background()
	p := c.person()
	id, err := w.store.Identity(ctx, w.bot.bucketOf(p), p.ID())
	if err != nil {
		w.t.Fatalf("read the identity: %v", err)
	}
	s, err := w.store.Session(ctx, id.Bucket, id.Session)
	if err != nil {
		w.t.Fatalf("read the session: %v", err)
	}
	return s
}

// expire plays the sweeper for one session.
func (w *world) expire(s storage.Session) {
	w.t.Helper()
	ctx := context.Background()
	turn, err := w.bot.sessionTurn(ctx, s, "expire", func(t *turn) error { return service{t}.lapse() })
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.bot.perform(ctx, s.Bucket, turn); err != nil {
		w.t.Fatal(err)
	}
	w.settle(s.Address)
}
