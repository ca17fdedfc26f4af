package bot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// logged makes the bot write its log into a buffer.
func (w *world) logged() *bytes.Buffer {
	var log bytes.Buffer
	w.bot.log = slog.New(slog.NewTextHandler(&log, nil))
	return &log
}

// M4: a code that others may have read is nobody's any more, whatever it stood in.
func TestM4ACodeThatOthersReadIsSpentAtOnce(t *testing.T) {
	forms := map[string]func(code string) chat.Update{
		"the command": func(code string) chat.Update { return chat.Update{Kind: chat.Command, Command: "link", Text: code} },
		"the command in small letters": func(code string) chat.Update {
			return chat.Update{Kind: chat.Command, Command: "link", Text: strings.ToLower(code[:8]) + " " + code[8:]}
		},
		"another command": func(code string) chat.Update { return chat.Update{Kind: chat.Command, Command: "here", Text: code} },
		"words": func(code string) chat.Update {
			return chat.Update{Kind: chat.Text, Text: "Bob, yours is " + code + "!"}
		},
		"an edit": func(code string) chat.Update { return chat.Update{Kind: chat.Edited, On: "5", Text: "/link " + code} },
		"the link": func(code string) chat.Update {
			return chat.Update{Kind: chat.Command, Command: "start", Text: codeStart + code}
		},
		"a reply to a card": func(code string) chat.Update {
			return chat.Update{Kind: chat.Text, Text: code, ReplyTo: "m1", Ours: true}
		},
		"the command as a reply": func(code string) chat.Update {
			return chat.Update{Kind: chat.Command, Command: "link", Text: code, ReplyTo: "m1", Ours: true}
		},
	}
	places := map[string]chat.Address{
		"the staff's group": staffTG, "a topic of it": {Platform: chat.Telegram, Account: "42", Chat: "-100", Thread: "9"},
		"another group": {Platform: chat.Telegram, Account: "42", Chat: "-777"}, "a thread on Slack": staffSlack,
	}
	for what, form := range forms {
		for where, at := range places {
			t.Run(what+" in "+where, func(t *testing.T) {
				w, _ := lowTap(t, staffTG, staffSlack)
				w.hire("bob", "Bob", access.Agent)
				log := w.logged()
				bob, eve := telegramUser("7", "Bob", "de"), telegramUser("8", "Eve", "en")
				if at.Platform == chat.Slack {
					bob = slackUser("U7", "Bob", "de")
				}
				code := w.code("bob")
				u := w.update(bob, form(code))
				u.From, u.Private, u.Own = at, false, "o9"
				w.handle(u)
				w.settle(at)
				if said := w.newestText(at); !strings.Contains(said, "the code works no more") {
					t.Errorf("it is not said: %q", said)
				}
				n := len(w.transcript(at))
				w.handle(u) // a redelivery
				if got := len(w.transcript(at)); got != n {
					t.Errorf("it is said %d times", got-n+1)
				}
				w.command(eve, "link", code)
				if said := w.newestText(eve.address); !strings.HasPrefix(said, "This code does not work") || w.role(eve, "") != access.Outsider {
					t.Errorf("whoever reads it is %q: %q", w.role(eve, ""), said)
				}
				if line := log.String(); !strings.Contains(line, "staff=bob") || strings.Contains(strings.ToUpper(line), code) {
					t.Errorf("the log says:\n%s", line)
				}
			})
		}
	}
	t.Attr("figure", fmt.Sprintf("%d ways to write a code in %d places that others read: spent each time", len(forms), len(places)))
}

// What only looks like a code is words as before.
func TestWhatOnlyLooksLikeACodeIsLeftAlone(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	n := len(w.transcript(staffTG))
	u := w.update(telegramUser("8", "Eve", "en"), chat.Update{Kind: chat.Text, Text: "ABCDEFGHIJKLMNOP is no code"})
	u.From, u.Private = staffTG, false
	w.handle(u)
	if got := len(w.transcript(staffTG)); got != n {
		t.Errorf("%d messages were said", got-n)
	}
}

// Whoever takes somebody's place is seen: the log has it, and the chats that were theirs.
func TestEveryLinkIsLoggedAndToldToTheOtherChats(t *testing.T) {
	w := newWorld(t)
	at := storage.Staff{ID: "bob", Name: "Bob", Roles: access.Grants{"nanjing": access.Agent}, Created: w.now}
	if err := w.store.PutStaff(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	log := w.logged()
	bob, onSlack, eve := telegramUser("7", "Bob", "en"), slackUser("U7", "Bob", "en"), telegramUser("8", "Mallory", "en")
	var codes []string
	told := func(of customer) int {
		n := 0
		for _, d := range w.transcript(of.address) {
			if strings.Contains(d.Render.Text, "又有一个聊天关联为Bob") {
				n++
			}
		}
		return n
	}
	home := customer{address: chat.Address{Platform: chat.Slack, Account: "T1", Chat: "U7"}}
	for i, c := range []customer{bob, onSlack, eve} {
		code := w.code("bob")
		codes = append(codes, code)
		if c.address.Platform == chat.Slack {
			w.slash(c, "link", code)
		} else {
			w.command(c, "link", code)
		}
		if got, want := told(bob)+told(home), []int{0, 1, 3}[i]; got != want {
			t.Errorf("after %d links the other chats were told %d times, want %d", i+1, got, want)
		}
	}
	if said := w.newestText(bob.address); !strings.Contains(said, "Mallory") || !strings.Contains(said, "Telegram") {
		t.Errorf("Bob is told: %q", said)
	}
	if n := strings.Count(log.String(), "a chat was linked"); n != 3 || strings.Count(log.String(), "staff=bob") != 3 || strings.Count(log.String(), "platform=slack") != 1 {
		t.Errorf("%d lines in the log:\n%s", n, log)
	}
	for _, code := range codes {
		if strings.Contains(log.String(), code) {
			t.Errorf("the log holds a code:\n%s", log)
		}
	}
	t.Attr("figure", "3 links: 3 lines of the log without the code, told to each chat that was theirs before")
}

// Whoever has a link has the chat behind it: that makes nobody staff, not even where an
// earlier release had linked it.
func TestAWebLinkGivesNoRights(t *testing.T) {
	w, _ := lowTap(t, staffTG, room)
	w.hire("bob", "Bob", access.Lead)
	inv := w.invite(haircut)
	visitor, err := w.bot.Visitor(t.Context(), inv.Token, "")
	if err != nil {
		t.Fatal(err)
	}
	web := customer{user: visitor.User, address: visitor.Address}
	code := w.code("bob")
	w.command(web, "start", inv.Token)
	w.command(web, "link", code)
	if said := w.newestText(web.address); !strings.Contains(said, "Send the code to me in Telegram or Slack") {
		t.Errorf("the visitor is told: %q", said)
	}
	// As an earlier release did it.
	if _, err := w.store.LinkStaff(t.Context(), w.bot.key.code("staff", code), web.person(), w.now); err != nil {
		t.Fatal(err)
	}
	b := w.newBot()
	if _, linked := b.snap.Now().Team.Member(web.person()); linked {
		t.Error("the snapshot takes the visitor for staff")
	}
	if home := b.snap.Now().Team.Homes["bob"]; len(home) != 0 {
		t.Errorf("cards go to the link: %v", home)
	}
	w.bot = b
	setStaff(b, staffTG, room)
	says(t, w.onCard(web, room, w.button(room, "Take")), "Only staff of this site", true)
	if k := w.onlyCase(); k.Holder.ID != "" {
		t.Errorf("%q has the case", k.Holder.ID)
	}
	page, err := b.Home(context.Background(), web.person())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(page.Sections), "A-1") {
		t.Errorf("the page shows cases: %+v", page.Sections)
	}
	for _, lang := range voice.Languages {
		if words := b.texts.Of(lang).Say("link_web"); words == "" {
			t.Errorf("no words in %s", lang)
		}
	}
	t.Attr("figure", "0 rights over a web link, also where an earlier release had given some")
}

// TestNoInvitationIsTakenForACode: tokens of invitations are random, and begin with whatever they begin with.
func TestNoInvitationIsTakenForACode(t *testing.T) {
	for text, code := range map[string]bool{"l-ABCDEFGHIJKLMNOP": true, "l-hJ3cQmN0pRstUVwx_yz123": false, "l-ABCDEFGHIJKLMNOPQRSTUV": false, "ABCDEFGHIJKLMNOP": false} {
		if _, ok := ownCode(&chat.Update{Kind: chat.Command, Command: "start", Text: text}); ok != code {
			t.Errorf("/start %s is a code: %v", text, ok)
		}
	}
}
