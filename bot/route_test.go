package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// groupOf is a Telegram group by its number.
func groupOf(n string) chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-" + n}
}

// linkChat names a chat of staff and links a group to it, as its admin does.
func (w *world) linkChat(name string, at chat.Address, sites ...string) {
	w.t.Helper()
	ctx := context.Background()
	if err := w.store.PutStaffChat(ctx, storage.StaffChat{Name: name, Sites: sites, Created: w.now}); err != nil {
		w.t.Fatal(err)
	}
	link, err := w.bot.StaffChatLink(ctx, name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.inGroup(at, chat.Update{Kind: chat.Command, Command: "start", Text: link.Code})
}

// inGroup is something that an admin does in a group.
func (w *world) inGroup(at chat.Address, u chat.Update) []chat.Answer {
	w.t.Helper()
	u = w.update(telegramUser("8000", "Ada", "en"), u)
	u.From, u.Private = at, false
	return w.handle(u)
}

// route puts a routing into force.
func (w *world) route(r recovery.Routing) {
	w.t.Helper()
	if problems := r.Check(); len(problems) > 0 {
		w.t.Fatal(problems)
	}
	w.bot.snap.Change(func(n *snapshot.Snapshot) { n.Policy.Routing = r })
}

// cardsIn counts the case cards in each chat.
func (w *world) cardsIn(all ...chat.Address) []int {
	w.t.Helper()
	n := make([]int, len(all))
	for i, at := range all {
		for _, d := range w.transcript(at) {
			if strings.HasPrefix(d.Slot, "case:") && d.Render.Under == "" && d.Render.Mark == "" {
				n[i]++
			}
		}
	}
	return n
}

func (w *world) wantCards(what string, at []chat.Address, want ...int) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.cardsIn(at...)); diff != "" {
		w.t.Errorf("%s: cards in %v (-want +got):\n%s", what, at, diff)
	}
}

// tell plays a round of the teller.
func (w *world) tell() {
	w.t.Helper()
	teller := newTeller(w.bot)
	if err := teller.tell(context.Background()); err != nil {
		w.t.Error(err)
	}
	teller.rounds.Leave(context.Background())
}

func TestCardsHangInTheChatsOfTheCasesReceivers(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	w.linkChat("front", groupOf("1"), "main-street")
	w.linkChat("north", groupOf("2"), "nanjing")
	bob := w.member(1, "Bob", access.Agent)
	lead := w.member(2, "Lea", access.Lead)
	chats := []chat.Address{staffTG, groupOf("1"), groupOf("2"), bob.address, lead.address}
	low := func(name string, n int, r InviteRequest) {
		t.Helper()
		c := telegramUser(fmt.Sprint(n), name, "en")
		w.started(c, r)
		w.press(c, "1")
		w.command(c, "cancel", "")
	}
	at := func(site string, event map[string]string) InviteRequest {
		return InviteRequest{Flow: "one_tap_csat", Site: site, Event: event}
	}
	low("Ann", 1, at("main-street", nil))
	w.wantCards("without a route the site's chat hears", chats, 0, 1, 0, 0, 0)
	low("Ben", 2, at("nanjing", nil))
	w.wantCards("another site", chats, 0, 1, 1, 0, 0)
	low("Cem", 3, at("", nil))
	w.wantCards("without a site the chat of the settings", chats, 1, 1, 1, 0, 0)

	w.route(recovery.Routing{
		Receivers: map[recovery.Receiver]recovery.Audience{"both": {Chats: []string{"front", "north", "nowhere"}}},
		Routes: []recovery.Route{
			{Services: []string{"massage"}, To: []recovery.Receiver{"both", recovery.ToOwner}},
			{Sites: []string{"nanjing"}, To: []recovery.Receiver{recovery.ToLead, recovery.ToDefault}},
			{Sites: []string{"main-street"}, Priorities: []recovery.Priority{recovery.P1}, To: []recovery.Receiver{recovery.ToOwner}},
		},
	})
	low("Dan", 4, at("", map[string]string{voice.AttrService: "Massage", voice.AttrAgent: "Bob"}))
	w.wantCards("a receiver of two chats, and who served", chats, 1, 2, 2, 1, 0)
	low("Eve", 5, at("nanjing", nil))
	w.wantCards("the lead and the usual chat", chats, 1, 2, 3, 1, 1)
	low("Fay", 6, at("main-street", map[string]string{voice.AttrAgent: "Nobody"}))
	w.wantCards("a receiver that is nobody: the usual chat", chats, 1, 3, 3, 1, 1)
}

func TestACaseWhoseRouteChangesKeepsItsCardsAndGetsTheNewOne(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	w.linkChat("front", groupOf("1"), "main-street")
	amy := w.member(1, "Amy", access.Agent)
	take := w.button(staffTG, "Take")
	w.onCard(amy, staffTG, take)
	for _, at := range []chat.Address{staffTG, groupOf("1")} {
		if card := w.transcript(at); card[len(card)-1].Render.State != "taken" {
			t.Errorf("the card in %s says %q", at, card[len(card)-1].Render.Title)
		}
	}
	w.settle(groupOf("1"))
	w.onCard(amy, groupOf("1"), w.button(groupOf("1"), "Release"))
	if card := w.transcript(staffTG)[0].Render; card.State != "open" {
		t.Errorf("the old card was not refreshed: %q", card.Title)
	}
	if k := w.onlyCase(); len(k.Cards) != 2 {
		t.Errorf("the cards hang in %v", k.Cards)
	}
}

func TestStaffActInTheirOwnChatUntilTheyLeave(t *testing.T) {
	w := newWorld(t)
	bob := w.member(1, "Bob", access.Agent)
	w.route(recovery.Routing{Routes: []recovery.Route{{To: []recovery.Receiver{recovery.ToOwner}}}})
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Event: map[string]string{voice.AttrAgent: "bob"}})
	w.press(ann, "1")
	w.command(ann, "cancel", "")
	w.settle(bob.address)
	w.wantCards("in Bob's own chat", []chat.Address{bob.address}, 1)
	says(t, w.tap(bob, w.button(bob.address, "Take")), "Taken · A-1", false)
	w.tap(bob, w.button(bob.address, "Resolve"))
	if rows := w.transcript(bob.address); !strings.HasPrefix(rows[len(rows)-1].Render.Footer, "What went wrong") {
		t.Errorf("no menu opened in the card: %q", rows[len(rows)-1].Render.Footer)
	}
	if _, err := w.bot.RemoveStaff(context.Background(), "bob"); err != nil {
		t.Fatal(err)
	}
	before := w.transcript(bob.address)
	w.say(ann, "And nobody apologised.")
	if diff := cmp.Diff(before, w.transcript(bob.address)); diff != "" {
		t.Errorf("who left still reads of customers:\n%s", diff)
	}
	w.wantCards("the case is nobody's secret", []chat.Address{room}, 1)
}

func TestAGroupIsLinkedByACodeOnce(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	if _, err := w.bot.StaffChatLink(ctx, "front"); err == nil {
		t.Error("a code was made for a chat that nobody named")
	}
	if err := w.store.PutStaffChat(ctx, storage.StaffChat{Name: "front", Created: w.now}); err != nil {
		t.Fatal(err)
	}
	link, err := w.bot.StaffChatLink(ctx, "front")
	if err != nil {
		t.Fatal(err)
	}
	if link.Telegram != "https://t.me/salon_bot?startgroup="+link.Code || len(link.Telegram) > 100 {
		t.Errorf("the link is %q", link.Telegram)
	}
	newest := func(at chat.Address) string {
		t.Helper()
		rows := w.transcript(at)
		if len(rows) == 0 {
			return ""
		}
		return rows[len(rows)-1].Render.Text
	}
	topic := groupOf("1")
	topic.Thread = "7"
	w.inGroup(topic, chat.Update{Kind: chat.Command, Command: "here", Text: "WRONG"})
	if !strings.Contains(newest(topic), "not known") {
		t.Errorf("a wrong code is answered by %q", newest(topic))
	}
	u := w.update(telegramUser("8000", "Ada", "en"), chat.Update{Kind: chat.Command, Command: "start", Text: strings.ToLower(link.Code)})
	u.From, u.Private = topic, false
	w.handle(u)
	w.handle(u) // delivered twice
	if !strings.Contains(newest(topic), "hears of unsatisfied customers from now on (front)") {
		t.Errorf("the group is told %q", newest(topic))
	}
	w.inGroup(groupOf("2"), chat.Update{Kind: chat.Command, Command: "start", Text: link.Code})
	if !strings.Contains(newest(groupOf("2")), "no longer works") {
		t.Errorf("another group is told %q", newest(groupOf("2")))
	}
	wantNoted(t, w, "chat.linked front by :  → "+chatText(topic))
	link, err = w.bot.StaffChatLink(ctx, "front")
	if err != nil {
		t.Fatal(err)
	}
	ada := telegramUser("8000", "Ada", "en")
	w.command(ada, "here", link.Code)
	if !strings.Contains(newest(ada.address), "in the group or channel") {
		t.Errorf("in a private chat it says %q", newest(ada.address))
	}
	w.now = w.now.Add(StaffCodeExpires)
	w.inGroup(groupOf("3"), chat.Update{Kind: chat.Command, Command: "here", Text: link.Code})
	if !strings.Contains(newest(groupOf("3")), "no longer works") {
		t.Errorf("an expired code is answered by %q", newest(groupOf("3")))
	}
	switch c, ok := w.bot.snap.Now().Linked(topic); {
	case !ok:
		t.Errorf("!ok: the topic is linked: %t, as %+v", ok, c)
	case c.Name != "front":
		t.Errorf(`c.Name != "front": the topic is linked: %t, as %+v`, ok, c)
	case c.Setting != "":
		t.Errorf(`c.Setting != "": the topic is linked: %t, as %+v`, ok, c)
	}
	if c, ok := w.bot.snap.Now().Linked(groupOf("3")); ok {
		t.Errorf("another group is linked as %+v", c)
	}
}

func TestASlackChannelIsLinkedByACommand(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	if err := w.store.PutStaffChat(ctx, storage.StaffChat{Name: "ops", Created: w.now}); err != nil {
		t.Fatal(err)
	}
	link, err := w.bot.StaffChatLink(ctx, "ops")
	if err != nil {
		t.Fatal(err)
	}
	channel := chat.Address{Platform: chat.Slack, Account: "T1", Chat: "C7"}
	direct := chat.Address{Platform: chat.Slack, Account: "T1", Chat: "D7"}
	send := func(in chat.Address, private bool) []chat.Answer {
		u := w.update(customer{user: chat.User{ID: "U7", Name: "Ada"}, address: direct}, chat.Update{
			Kind: chat.Command, Command: "here", Text: link.Code, Ephemeral: true, In: in, InPrivate: private,
		})
		return w.handle(u)
	}
	says(t, send(direct, true), "not here", true)
	says(t, send(channel, false), "from now on (ops)", false)
	if rows := w.transcript(channel); len(rows) != 1 {
		t.Errorf("the channel shows %d messages", len(rows))
	}
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.wantCards("the linked channel hears", []chat.Address{channel, room}, 1, 0)
}

func TestAChatThatIsGoneHandsItsCasesToTheOthers(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	w.linkChat("front", groupOf("1"), "main-street")
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.settle(groupOf("1"))
	chats := []chat.Address{staffTG, groupOf("1")}
	w.wantCards("before", chats, 0, 1)

	w.inGroup(groupOf("1"), chat.Update{Kind: chat.Blocked})
	for range 3 { // another process, and one that begins anew, say it once
		w.tell()
	}
	w.wantCards("its open case moves to the chat of the settings", chats, 1, 1)
	var told []string
	for _, d := range w.transcript(staffTG) {
		if strings.HasPrefix(d.Slot, "gone:") {
			told = append(told, d.Render.Text)
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], "“front” takes no messages") {
		t.Errorf("the operator is told %q", told)
	}
	ben := telegramUser("2", "Ben", "en")
	w.started(ben, haircut)
	w.press(ben, "2")
	w.wantCards("a new case", chats, 2, 1)

	w.inGroup(groupOf("1"), chat.Update{Kind: chat.Joined})
	w.tell()
	w.wantCards("it is back, and has the card that it missed", chats, 2, 2)
	cem := telegramUser("3", "Cem", "en")
	w.started(cem, haircut)
	w.press(cem, "2")
	w.wantCards("back again", chats, 2, 3)
}

func TestACardThatAChatDoesNotTakeIsShownElsewhere(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	w.route(recovery.Routing{Routes: []recovery.Route{{To: []recovery.Receiver{recovery.ToOwner}}}})
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Event: map[string]string{voice.AttrAgent: "Bob"}})
	w.press(ann, "1")
	chats := []chat.Address{staffTG, bob.address}
	w.wantCards("before", chats, 0, 1)
	rows := w.transcript(bob.address)
	at := slices.IndexFunc(rows, func(d storage.Delivery) bool { return strings.HasPrefix(d.Slot, "case:") })
	for range 2 {
		if err := w.bot.unheard(context.Background(), rows[at], "blocked"); err != nil {
			t.Fatal(err)
		}
	}
	w.wantCards("after Bob blocked the bot", chats, 1, 1)
	if err := w.bot.unheard(context.Background(), storage.Delivery{Slot: "n:x", Address: ann.address}, "blocked"); err != nil {
		t.Errorf("a customer who blocks the bot: %v", err)
	}
}

func TestALinkedGroupThatMovesKeepsItsName(t *testing.T) {
	w := newWorld(t)
	w.linkChat("front", groupOf("1"), "main-street")
	w.handle(chat.Update{Key: "tg:moved", Kind: chat.Moved, From: groupOf("1"), MovedTo: groupOf("1001"), At: w.now})
	w.now = w.now.Add(time.Second)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.wantCards("in the new group", []chat.Address{groupOf("1"), groupOf("1001"), room}, 0, 1, 0)
	w.inGroup(groupOf("1001"), chat.Update{Kind: chat.Blocked})
	if c, ok := w.bot.snap.Now().Linked(groupOf("1")); !ok || c.Gone.IsZero() {
		t.Errorf("that the new group removed the bot is not noticed: %+v", c)
	}
}
