package bot

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
)

// everything is a database with a way to read everything that it holds: its files, or its tables.
type everything struct {
	name string
	open opener
	dump func(t *testing.T) string
	// tables is what each table holds; nil where files are read.
	tables func(t *testing.T) map[string]string
}

func shelves(t *testing.T) []everything {
	path := sqlitetest.New(t, 2)
	dsn := postgresWith(t, 4)
	return []everything{
		{"sqlite", sqliteAt(path), func(t *testing.T) string { return bytesOf(t, filepath.Dir(path)) }, nil},
		{"postgres", postgresAt(dsn), func(t *testing.T) string {
			return strings.Join(slices.Collect(maps.Values(rowsOfAll(t, dsn))), "\n")
		}, func(t *testing.T) map[string]string { return rowsOfAll(t, dsn) }},
	}
}

func bytesOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		body, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(body)
	}
	return all.String()
}

func rowsOfAll(t *testing.T, dsn string) map[string]string {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tables []string
	texts := func(query string) (all []string) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return all
	}
	tables = texts("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
	if len(tables) < 20 {
		t.Fatalf("%d tables", len(tables))
	}
	all := map[string]string{}
	for _, table := range tables {
		all[table] = strings.Join(texts(`SELECT r::text FROM "`+table+`" r`), "\n")
	}
	return all
}

// untouched are the tables that are said to hold something of people, and hold none of these
// words. What is said there for seconds, or while an erasure is under way, is left out, and what figures are made of.
func untouched(tables map[string]string, words []string) (all []string) {
	seen := map[string]bool{"erasures": true, "forgotten": true, "folds": true, "changes": true}
	for _, c := range privacy.Columns() {
		if c.Fate == privacy.Nobody || c.Fate == privacy.Stays || seen[c.Table] { // what stays is nobody's
			continue
		}
		seen[c.Table] = true
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(tables[c.Table], w) }) {
			all = append(all, c.Table)
		}
	}
	return all
}

// canaries are words by which one person could be known again, wherever they go.
func canaries() []string {
	all := []string{"7093251880", "7093251881", "+4917199887766"}
	for i := range 27 {
		all = append(all, fmt.Sprintf("Canary%02dx", i))
	}
	return all
}

// beginsToSend has a message of the customer's newest survey be on its way to them.
func (w *world) beginsToSend(c customer) {
	w.t.Helper()
	s := w.session(c)
	slot := "q:" + s.ID + ":99"
	ops := []storage.SlotOp{
		{Want: &storage.Want{Slot: slot, Identity: s.Identity, Address: c.address, Kind: storage.QuestionD, Render: chat.Message{Text: "one more"}, Hash: "x"}},
		{Claim: &storage.Claim{Slot: slot, Epoch: 1}},
	}
	claimed := 0
	errs := w.store.Advance(w.t.Context(), s.Bucket, []storage.Turn{{
		Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Slots: ops}, nil },
		Done:  func(r storage.Result) { claimed = len(r.Claimed) },
	}})
	if errs[0] != nil || claimed != 1 {
		w.t.Fatalf("%d messages are on their way: %v", claimed, errs[0])
	}
}

// history is a person's life with every kind of thing that can be kept of somebody: in
// Telegram, Slack and a browser.
func (w *world) history() customer {
	w.t.Helper()
	ctx := context.Background()
	if _, _, err := w.store.Publish(ctx, "masked", masked, w.now); err != nil {
		w.t.Fatal(err)
	}
	setStaff(w.bot, staffTG, staffSlack, room)
	zoe := telegramUser("7093251880", "Canary00x", "en")
	zoe.user.Username = "Canary01x"
	w.customers = []chat.Address{zoe.address}
	bob, lee := w.member(1, "Bob", access.Agent), w.member(2, "Lee", access.Lead)
	event := map[string]string{"first_name": "Canary02x", "ticket": "Canary03x", "service_name": "haircut"}
	w.started(zoe, InviteRequest{Flow: "post_service_3", Site: "main-street", Customer: "Canary04x", Event: event})
	if _, err := w.store.SetTier(w.t.Context(), storage.TierChange{Customer: "Canary04x", At: w.now, Tier: recovery.MVC, Told: storage.TierByCommand}); err != nil {
		w.t.Fatal(err)
	}
	w.press(zoe, "1")
	w.writes(zoe, "Canary05x beside the question", "")
	w.settleAll()
	w.gave(zoe, "Canary06x", "Canary07x")
	w.handle(w.update(zoe, chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: "document", ID: "f", Name: "Canary08x.pdf"}}}))
	own := w.writes(zoe, "Canary09x hello", "")
	w.editIn(zoe, zoe.address, own, "", "Canary10x hello again")
	w.onCard(bob, staffTG, w.newestCard(staffTG, recovery.ActTake, zoe))
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Dear Canary11x, we are sorry")
	k := w.caseOf(zoe)
	note := func(act recovery.Act) {
		if _, err := w.bot.Act(ctx, Doing{Bucket: k.Bucket, Case: k.ID, Act: act, By: "lee"}); err != nil {
			w.t.Fatal(err)
		}
		w.settleAll()
	}
	note(recovery.Note{Text: "Canary12x is angry"})
	note(recovery.Assign{To: recovery.Actor{Staffer: recovery.Staffer{ID: "lee", Name: "Lee"}, Role: access.Lead}})
	note(recovery.Agree{Plan: "call Canary13x", Due: w.now.Add(48 * time.Hour)})
	note(recovery.Resolve{Cause: "empathy", Actions: []recovery.Action{{Kind: recovery.Apology}}, Note: "Canary14x"})
	w.now = w.now.Add(time.Hour)
	w.command(zoe, "complain", "Canary15x was rude")
	w.command(zoe, "suggest", "Canary16x should open earlier")
	w.command(zoe, "ask", "When does Canary17x open?")
	w.settleAll()
	// A pseudonym that is revealed, with a telephone number.
	w.now = w.now.Add(time.Hour)
	w.started(zoe, InviteRequest{Flow: "masked", Site: "main-street", Customer: "Canary04x"})
	w.press(zoe, "1")
	w.writes(zoe, "+4917199887766", "")
	w.settleAll()
	masked := w.caseOf(zoe)
	w.onCard(lee, staffTG, render.Pressed{Hash: zoe.person().Hash16(), Case: masked.ID, Act: render.Reveal}.Encode())
	events, err := w.store.CaseEvents(ctx, masked.Bucket, masked.ID)
	if err != nil || !slices.ContainsFunc(events, func(e storage.CaseEvent) bool { return e.Kind == eventRevealed }) {
		w.t.Fatalf("nobody was told who it is: %+v, %v", events, err)
	}
	// Slack, where keys of updates name the person, and a link in a browser.
	inSlack := slackUser("UCanary18x", "Canary19x", "en")
	w.customers = append(w.customers, inSlack.address)
	r := w.request(inSlack)
	r.Customer = "Canary04x"
	w.invite(r)
	w.settleAll()
	tap := w.update(inSlack, chat.Update{Kind: chat.Tap, Data: w.button(inSlack.address, "2")})
	tap.Key = "sl:T1:tap:" + inSlack.address.Chat + ":1.2:" + inSlack.user.ID + ":a"
	w.handle(tap)
	w.settleAll()
	made := w.invite(InviteRequest{Flow: "one_tap_csat", Site: "nanjing", Customer: "Canary04x", Event: map[string]string{"first_name": "Canary20x"}})
	v, err := w.bot.Visitor(ctx, made.Token, "")
	if err != nil {
		w.t.Fatal(err)
	}
	web := customer{user: v.User, address: v.Address}
	w.handle(w.update(web, chat.Update{Kind: chat.Command, Command: "start", Text: made.Token}))
	w.say(web, "1")
	w.say(web, "Canary21x on the web")
	// One that is never opened, and an update that nobody could handle.
	w.invite(InviteRequest{Flow: "one_tap_csat", Site: "nanjing", Customer: "Canary04x", Event: map[string]string{"ticket": "7093251881"}})
	parked := w.update(zoe, chat.Update{Kind: chat.Text, Text: "Canary07x"})
	payload, err := json.Marshal(parked)
	if err != nil {
		w.t.Fatal(err)
	}
	// What another system told of them, and what staff are about to write and have not sent.
	told := storage.Event{
		Source: "till", ID: "Canary22x", State: storage.EventCancelled, Site: "nanjing", Booked: w.now, Reason: "Canary23x was ill",
		Customer:   &storage.EventCustomer{ID: "Canary04x", Name: "Canary24x", Reach: []storage.EventReach{{Kind: "slack_email", To: "Canary25x@example.com"}}},
		Attributes: map[string]any{"note": "Canary26x"},
	}
	if _, err := w.store.PutEvents(ctx, []storage.Event{told}, w.now, false); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.PutInbound(ctx, storage.InboundCall{Source: "till", Message: "msg_1", At: w.now, Status: 200, Result: "stored", Body: "Canary24x"}); err != nil {
		w.t.Fatal(err) // it is sealed in earnest
	}
	answered := storage.KeptAnswer{Token: "till", Key: "key", Body: "body", Began: w.now, Status: 201, Answer: "Canary24x"} // so is this
	if _, _, err := w.store.BeginAnswer(ctx, answered, w.now); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.EndAnswer(ctx, answered); err != nil {
		w.t.Fatal(err)
	}
	ask := storage.Ask{
		ID: storage.AskID(told.Name(), "visit"), Bucket: storage.AskBucket("Canary04x", w.store.Buckets()), Customer: "Canary04x", Event: told.Name(), Trigger: "visit",
		Flow: "one_tap_csat", Class: "transactional", Site: "nanjing", State: "cancelled", Made: w.now, First: w.now, With: map[string]string{"note": "Canary26x"},
		Experiment: "Canary26x/50/after/1h/1d", Arm: "other",
	}
	why := &storage.AskDecision{Ask: ask.ID, Seq: 1, At: w.now, State: "cancelled", Rule: "cancelled", Evidence: map[string]string{"event": "Canary22x"}}
	err = w.store.ChangeAsks(ctx, ask.Bucket, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
		return []storage.AskChange{{Ask: ask, Decision: why}}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.PutDraft(ctx, k.Bucket, storage.Draft{Case: k.ID, Person: "bob", Box: "reply", Text: "Dear Canary11x", At: w.now}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.store.PutPending(ctx, storage.PendingReply{Bucket: k.Bucket, ID: newID(), Case: k.ID, Person: "bob", Text: "Dear Canary11x", Due: w.now.Add(time.Hour)}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Park(ctx, storage.Parked{Key: parked.Key, Person: zoe.person(), Payload: string(payload), Error: "x", At: w.now}); err != nil {
		w.t.Fatal(err)
	}
	// Reports know of them.
	for b := range storage.Bucket(w.store.Buckets()) {
		if _, err := w.store.Fold(ctx, b, Rows(w.bot), 1000); err != nil {
			w.t.Fatal(err)
		}
	}
	return zoe
}

// newestCard is the button of an act on the newest card of a customer's.
func (w *world) newestCard(_ chat.Address, act recovery.ActKind, c customer) string {
	w.t.Helper()
	return render.Pressed{Hash: c.person().Hash16(), Case: w.caseOf(c).ID, Act: act}.Encode()
}

// caseOf is the newest case of a customer.
func (w *world) caseOf(c customer) storage.Case {
	w.t.Helper()
	s := w.session(c)
	for _, k := range w.cases() {
		if k.Identity == s.Identity {
			return k
		}
	}
	w.t.Fatal("there is no case")
	return storage.Case{}
}

// figuresOf counts answers by all that figures are made by.
func figuresOf(t *testing.T, store storage.Store) map[string]int {
	t.Helper()
	zones := map[string]string{"main-street": "Europe/Berlin", "nanjing": "Asia/Shanghai"}
	n := map[string]int{}
	for b := range storage.Bucket(store.Buckets()) {
		list, err := store.Past(context.Background(), b, monday.AddDate(-1, 0, 0), "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			zone, err := time.LoadLocation(zones[s.Site])
			if err != nil {
				t.Fatal(err)
			}
			of := fmt.Sprint(s.Site, s.Service, s.Flow, s.Version, s.Started.In(zone).Format(time.DateOnly))
			answers, err := store.Answers(context.Background(), b, s.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range answers {
				value := ""
				if a.Value != nil {
					value = fmt.Sprint(*a.Value)
				}
				n[fmt.Sprintln(of, a.Question, a.Revision, value, a.Choices, a.Skipped, a.Dropped)]++
			}
			opened := "none"
			if s.Case != nil {
				opened = fmt.Sprint(s.Case.Decision.Priority, s.Case.Decision.Reasons)
			}
			j, _ := json.Marshal(s.Judgement)
			n[fmt.Sprintln(of, string(j), opened)]++
		}
	}
	return n
}
