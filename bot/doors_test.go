package bot

import (
	"context"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
)

// Every kind of update, in private and in a group, from a person, from a bot and from
// nobody, with each thing that it can carry, goes through the door that stands here, and
// every door is used.
func TestEveryUpdateHasItsDoor(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	ann := telegramUser("7", "Ann", "en")
	w.hire("bob", "Bob", access.Agent)
	card := w.button(staffTG, "Take")
	w.started(ann, haircut)
	tap := w.button(ann.address, "2")
	now := w.bot.snap.Now()
	next := render.NextData("")
	if _, ok := render.SiteOfNext(now, next); !ok {
		t.Fatal("the button of the next site is not known")
	}
	site := render.SiteData(w.session(ann).ID, "s1")
	if render.SessionOfSite(site) == "" {
		t.Fatal("the button of a site is not known")
	}
	const (
		onCard, wish, choice, round  = "a button or a form of a case's card", "a wish", "the choice of a site", "the next site of a round"
		talk, code, chatCode         = "a button of a conversation", "a code for staff", "a code for a chat"
		read, invitation, everything = "a chat that we only read", "an invitation", "words and commands"
		reply, seen                  = "a reply to a message of ours", "a code for staff that others read"
	)
	used := map[string]bool{}
	check := func(name string, u chat.Update, private bool, want string) {
		t.Helper()
		u = w.update(ann, u)
		u.Private = private
		if !private {
			u.From = staffTG
		}
		j, err := w.bot.job(t.Context(), 0, &u)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		used[j.door] = true
		if j.door != want {
			t.Errorf("%s (private %v) went through %q, want %q", name, private, j.door, want)
		}
		if j.work.Turn.Apply == nil {
			t.Errorf("%s (private %v) has no work", name, private)
		}
	}
	for _, tt := range []struct {
		name           string
		update         chat.Update
		alone, inGroup string
	}{
		{"a card's button", chat.Update{Kind: chat.Tap, Data: card, On: "1"}, onCard, onCard},
		{"a card's form", chat.Update{Kind: chat.Filled, Data: card}, onCard, onCard},
		{"a survey's button", chat.Update{Kind: chat.Tap, Data: tap}, talk, talk},
		{"a button of nothing", chat.Update{Kind: chat.Tap, Data: "?"}, talk, talk},
		{"a form of nothing", chat.Update{Kind: chat.Filled, Data: "?"}, everything, read},
		{"a site", chat.Update{Kind: chat.Tap, Data: site}, choice, choice},
		{"a round's next site", chat.Update{Kind: chat.Tap, Data: next}, round, round},
		{"a complaint", chat.Update{Kind: chat.Command, Command: "complain"}, wish, read},
		{"a code of staff", chat.Update{Kind: chat.Command, Command: "link", Text: "ABC"}, code, read},
		{"a code of staff that works", chat.Update{Kind: chat.Command, Command: "link", Text: w.code("bob")}, code, seen},
		{"a chat's code", chat.Update{Kind: chat.Command, Command: "here", Text: "ABC"}, chatCode, chatCode},
		{"a link", chat.Update{Kind: chat.Command, Command: "start", Text: "abc"}, invitation, chatCode},
		{"/start alone", chat.Update{Kind: chat.Command, Command: "start"}, everything, read},
		{"words", chat.Update{Kind: chat.Text, Text: "hello"}, everything, read},
		{"an edit", chat.Update{Kind: chat.Edited, On: "1", Text: "hello"}, everything, read},
		{"blocked", chat.Update{Kind: chat.Blocked}, everything, read},
		{"joined", chat.Update{Kind: chat.Joined}, everything, read},
		{"moved", chat.Update{Kind: chat.Moved}, everything, read},
		{"something else", chat.Update{Kind: chat.Other}, everything, read},
	} {
		check(tt.name, tt.update, true, tt.alone)
		check(tt.name, tt.update, false, tt.inGroup)
	}
	for _, k := range chat.Kinds() {
		for _, u := range []chat.Update{{Kind: k}, {Kind: k, Text: "x", Data: "x", Command: "x", On: "9"}} {
			for _, private := range []bool{true, false} {
				u := w.update(ann, u)
				u.Private = private
				j, err := w.bot.job(t.Context(), 0, &u)
				if err != nil || j.door == "" {
					t.Errorf("%s finds no door: %v", k, err)
				}
			}
		}
	}
	w.act(w.doing(recovery.Take{}, "bob", access.Agent))
	check("a reply to a card", chat.Update{Kind: chat.Text, Text: "Sorry!", ReplyTo: w.transcript(staffTG)[0].ShownRef, Ours: true}, false, reply)
	asks := chat.Update{Kind: chat.Command, Command: "invite", Text: "C-1"}
	check("a wish of nobody", asks, true, everything)
	StaffAsks{w.bot}.By(func(context.Context, AskNow) (AskedNow, error) { return AskedNow{}, nil })
	check("a customer's wish", asks, true, everything)
	w.command(ann, "link", w.code("bob"))
	for _, private := range []bool{true, false} {
		check("a wish of staff", asks, private, "a wish of staff to ask a customer")
	}
	for _, d := range doors() {
		if !used[d.name] {
			t.Errorf("no update goes through %q", d.name)
		}
	}
}
