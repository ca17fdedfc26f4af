package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

var routeTests = map[string]func(*testing.T, *bench){
	"chats of staff are named, linked, marked and removed": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		group := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100", Thread: "7"}
		front := storage.StaffChat{Name: "front", Sites: []string{"main"}, Created: now}
		all := storage.StaffChat{Name: "all", Created: now}
		check(t, b.store.PutStaffChat(ctx, front))
		check(t, b.store.PutStaffChat(ctx, all))
		if err := b.store.PutChatCode(ctx, storage.ChatCode{Hash: "x", Name: "nobody", Expires: now}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a code for no name: %v", err)
		}
		put := func(hash, name string) {
			t.Helper()
			check(t, b.store.PutChatCode(ctx, storage.ChatCode{Hash: hash, Name: name, Expires: now.Add(time.Minute)}))
		}
		link := func(what, hash string, to chat.Address, at time.Time, want string) {
			t.Helper()
			got, err := b.store.LinkStaffChat(ctx, hash, to, at)
			if got != want || (want == "") != errors.Is(err, storage.ErrNotFound) || want != "" && err != nil {
				t.Errorf("%s: linked as %q, %v; want %q", what, got, err, want)
			}
		}
		put("1", "front")
		put("2", "front") // in place of the first
		other := group
		other.Chat = "-200"
		link("a code that was replaced", "1", group, now, "")
		link("a code nobody made", "y", group, now, "")
		link("too late", "2", group, now.Add(time.Minute), "")
		link("in time", "2", group, now, "front")
		link("the same chat again", "2", group, now, "front")
		link("another chat", "2", other, now, "")

		front.Address, front.Linked, front.Announced, all.Announced = group, now, true, true
		same(t, "chats", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{all, front})
		news := must(b.store.MarkStaffChat(ctx, "front", now.Add(time.Second), "kicked"))(t)
		again := must(b.store.MarkStaffChat(ctx, "front", now.Add(time.Hour), "again"))(t)
		if !news || again {
			t.Errorf("gone is news %v, and again %v", news, again)
		}
		check(t, b.store.StaffChatAnnounced(ctx, "front", now)) // not since then
		front.Gone, front.Why, front.Announced = now.Add(time.Second), "kicked", false
		same(t, "one that is gone since a second later", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{all, front})
		check(t, b.store.StaffChatAnnounced(ctx, "front", front.Gone))
		front.Gone, front.Why, front.Announced = now.Add(time.Second), "kicked", true
		front.Sites = []string{"main", "east"}
		check(t, b.store.PutStaffChat(ctx, front)) // what it is linked to stays
		same(t, "one that is gone", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{all, front})
		if news := must(b.store.MarkStaffChat(ctx, "front", time.Time{}, ""))(t); !news {
			t.Error("that a chat is back is no news")
		}
		front.Gone, front.Why, front.Announced = time.Time{}, "", false
		same(t, "back again", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{all, front})
		check(t, b.store.StaffChatAnnounced(ctx, "front", now.Add(time.Second))) // too late
		same(t, "back again, and not announced", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{all, front})
		check(t, b.store.StaffChatAnnounced(ctx, "front", time.Time{}))
		front.Announced = true
		same(t, "back again, and announced", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{all, front})

		check(t, b.store.DropStaffChat(ctx, "front"))
		same(t, "after one went", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{all})
		link("a code of a name that is gone", "2", group, now, "")
		if err := b.store.DropStaffChat(ctx, "front"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a name is removed twice: %v", err)
		}
	},
	"a chat of a setting has the setting's address": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		group := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100", Thread: "7"}
		set := storage.StaffChat{Name: "env-telegram", Setting: "TELEGRAM_STAFF_CHAT", Address: group, Created: now}
		place := func(what string, c storage.StaffChat, want bool) {
			t.Helper()
			if news := must(b.store.PlaceStaffChat(ctx, c))(t); news != want {
				t.Errorf("%s is news: %t", what, news)
			}
		}
		place("the first address", set, true)
		later := set
		later.Created = now.Add(time.Hour)
		place("the same address", later, false)
		set.Linked, set.Announced = now, true
		same(t, "placed", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{set})
		_ = must(b.store.MarkStaffChat(ctx, set.Name, now, "kicked"))(t)
		set.Gone, set.Why, set.Announced = now, "kicked", false
		place("the same address of one that is gone", later, false)
		same(t, "gone", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{set})
		later.Address.Thread = ""
		place("another address", later, true)
		set.Address, set.Linked, set.Gone, set.Why, set.Announced = later.Address, later.Created, time.Time{}, "", true
		same(t, "moved", must(b.store.StaffChatList(ctx))(t), []storage.StaffChat{set})

		check(t, b.store.PutStaffChat(ctx, storage.StaffChat{Name: "mine", Created: now}))
		mine := later
		mine.Name = "mine"
		place("a name that somebody links with a code", mine, false)
	},
	"of many chats that send one code at once, one is linked": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		other := b.open(t, Options{Clock: b.clock.Now})
		check(t, b.store.PutStaffChat(ctx, storage.StaffChat{Name: "front", Created: now}))
		check(t, b.store.PutChatCode(ctx, storage.ChatCode{Hash: "h", Name: "front", Expires: now.Add(time.Minute)}))
		var linked atomic.Int32
		check(t, concurrently(ctx, 12, func(ctx context.Context, i int) error {
			store := b.store
			if i%2 == 1 {
				store = other
			}
			name, err := store.LinkStaffChat(ctx, "h", chat.Address{Platform: chat.Telegram, Account: "42", Chat: fmt.Sprint(-i)}, now)
			switch {
			case err == nil && name == "front":
				linked.Add(1)
			case !errors.Is(err, storage.ErrNotFound):
				return fmt.Errorf("%q, %w", name, err)
			}
			return nil
		}))
		if linked.Load() != 1 {
			t.Errorf("%d were told that they are linked", linked.Load())
		}
	},
	"cases are counted as they open, and found while they have no card": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		var ids []string
		open := func(site string, p recovery.Priority, tell time.Time) {
			t.Helper()
			turn := storage.Turn{Apply: func(l storage.Loaded) (storage.Change, error) {
				c := storage.Case{
					Case: recovery.Case{
						ID: newID(), Number: l.NextCase, State: recovery.Open, Decision: recovery.Decision{Priority: p}, OpenedAt: b.clock.Now(),
					},
					Site: site, TellAt: tell,
				}
				ids = append(ids, c.ID)
				return storage.Change{Case: &c}, nil
			}}
			check(t, b.store.Advance(ctx, 0, []storage.Turn{turn})[0])
		}
		open("main", recovery.P3, now)
		open("main", recovery.P1, now)
		open("main", recovery.P2, time.Time{})        // has its card
		open("main", recovery.P2, now.Add(time.Hour)) // later
		b.clock.Add(time.Minute)
		open("east", recovery.P2, now)
		open("east", recovery.None, time.Time{}) // on the watch list
		minute := now.Truncate(time.Minute)
		same(t, "cases opened", must(b.store.CasesOpened(ctx, 0, minute))(t), []recovery.CasesOpened{
			{Site: "main", Minute: minute, P1: 1, P2: 2, P3: 1}, {Site: "east", Minute: minute.Add(time.Minute), P2: 1},
		})
		same(t, "newer cases opened", must(b.store.CasesOpened(ctx, 0, minute.Add(time.Minute)))(t), []recovery.CasesOpened{
			{Site: "east", Minute: minute.Add(time.Minute), P2: 1},
		})
		counts := must(b.store.UnannouncedCounts(ctx, 0, b.clock.Now()))(t)
		if len(counts) != 3 {
			t.Errorf("the counts are %+v", counts)
		}
		cases := must(b.store.UnannouncedCases(ctx, 0, "main", b.clock.Now(), 10))(t)
		if len(cases) != 2 || cases[0].ID != ids[1] || cases[1].ID != ids[0] {
			t.Errorf("the most urgent are not first: %+v", cases)
		}
		announced := cases[0]
		announced.TellAt = time.Time{}
		check(t, b.store.Advance(ctx, 0, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Case: &announced}, nil
		}}})[0])
		if cases = must(b.store.UnannouncedCases(ctx, 0, "main", b.clock.Now(), 10))(t); len(cases) != 1 || cases[0].ID != ids[0] {
			t.Errorf("after one was announced: %+v", cases)
		}
		_ = must(b.store.Prune(ctx, 0, storage.Retention{CasesOpened: minute.Add(time.Minute)}, 10))(t)
		same(t, "after pruning", must(b.store.CasesOpened(ctx, 0, minute))(t), []recovery.CasesOpened{
			{Site: "east", Minute: minute.Add(time.Minute), P2: 1},
		})
	},
	"feedback is kept, and found until staff have heard of it": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		one := storage.Feedback{
			ID: newID(), Kind: storage.Praise, Session: "s", Identity: "i", Customer: "c", Site: "main", Owner: "bob", Case: "k",
			Text: "Great\x00!", At: now,
		}
		two := storage.Feedback{ID: newID(), Kind: storage.Suggestion, Text: "Open earlier", At: now.Add(time.Second), Announced: now}
		turn := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Feedback: []storage.Feedback{one, two}}, nil
		}}
		check(t, b.store.Advance(ctx, 0, []storage.Turn{turn})[0])
		check(t, b.store.Advance(ctx, 0, []storage.Turn{turn})[0]) // again
		one.Text = storage.Clean(one.Text)
		same(t, "feedback", must(b.store.FeedbackList(ctx, 10))(t), []storage.Feedback{two, one})
		same(t, "the newest", must(b.store.FeedbackList(ctx, 1))(t), []storage.Feedback{two})
		same(t, "unannounced", must(b.store.UnannouncedFeedback(ctx, 0, 10))(t), []storage.Feedback{one})
		check(t, b.store.FeedbackAnnounced(ctx, 0, []string{one.ID}, now))
		check(t, b.store.FeedbackAnnounced(ctx, 0, []string{one.ID}, now))
		if list := must(b.store.UnannouncedFeedback(ctx, 0, 10))(t); len(list) > 0 {
			t.Errorf("after staff heard of it: %+v", list)
		}
	},
}
