package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// slots names the slots of deliveries.
func slots(list []storage.Delivery) []string {
	names := make([]string, 0, len(list))
	for _, d := range list {
		names = append(names, d.Slot)
	}
	return names
}

// served are accounts on Telegram.
func served(ids ...string) []storage.Served {
	var all []storage.Served
	for _, id := range ids {
		all = append(all, storage.Served{Platform: chat.Telegram, Account: id})
	}
	return all
}

func (b *bench) heads(t *testing.T) []string {
	t.Helper()
	return slots(must(b.store.Heads(t.Context(), 0, served("42"), b.clock.Now(), 100))(t))
}

var slotTests = map[string]func(*testing.T, *bench){
	"a look ends however long the backlog of a chat is, and one of the next finds what is behind it": func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		// 15,000 wait in one chat, and behind them one in each of two.
		const backlog = 15_000
		series := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", backlog+2)
		chat := fmt.Sprintf("CASE WHEN i > %d THEN 'chat' || i ELSE 'crowd' END", backlog)
		// Their moments are those of a delivery that is stored as all are.
		b.ops(t, want("n:model:1", person(1), "one"))
		exec(t, db, "INSERT INTO deliveries (bucket, slot, owner, identity, platform, account, chat, thread, kind, ord, rank, render, hash, wanted, shown, shown_ref, shown_sum,"+
			" base, repeated, state, due, attempts, epoch, error, created) "+series+"SELECT m.bucket, 'n:x:' || i, '', 'i' || i, m.platform, m.account, "+chat+", m.thread, m.kind, m.ord + i,"+
			" m.rank, m.render, m.hash, 1, 0, '', '', 0, FALSE, 'due', m.due, 0, 0, '', m.created FROM n, deliveries m WHERE m.slot = 'n:model:1'")
		exec(t, db, "INSERT INTO queue (bucket, platform, account, rank, ord, item, talk, identity, chat, thread, posts, due, epoch) "+series+
			"SELECT m.bucket, m.platform, m.account, m.rank, m.ord + i, 'n:x:' || i, FALSE, 'i' || i, "+chat+", m.thread, TRUE, m.due, NULL FROM n, queue m WHERE m.item = 'n:model:1'")
		found, looks := map[string]bool{}, 0
		for ; len(found) < 4 && looks < 9; looks++ {
			for _, name := range slots(must(s.Heads(t.Context(), 0, served("42"), b.clock.Now(), 100))(t)) {
				found[name] = true
			}
		}
		same(t, "heads", found, map[string]bool{"n:model:1": true, "n:x:1": true, fmt.Sprint("n:x:", backlog+1): true, fmt.Sprint("n:x:", backlog+2): true})
		if looks < 2 || looks > 4 {
			t.Errorf("it took %d looks", looks)
		}
		// The next round begins anew, and finds them once more.
		for again := 0; ; again++ {
			list := slots(must(s.Heads(t.Context(), 0, served("42"), b.clock.Now(), 100))(t))
			same(t, "the first heads", list[:2], []string{"n:model:1", "n:x:1"})
			if len(list) == 4 {
				break
			}
			if again > 4 {
				t.Fatal("what is behind is found once only")
			}
		}
	},
	"a delivery lives from wanted to shown to edited": func(t *testing.T, b *bench) {
		p, now := person(1), b.clock.Now()
		r := b.ops(t, want("q:s:0", p, "one"))
		equal(t, "len(r.Changed)", len(r.Changed), 1)
		equal(t, "len(r.Claimed)", len(r.Claimed), 0)
		d := b.slot(t, "q:s:0")
		same(t, "the new delivery", *d, storage.Delivery{
			Slot: "q:s:0", Identity: p.ID(), Address: address(1), Kind: storage.QuestionD, Ord: now.UnixMicro(), Rank: storage.Plain,
			Render: chat.Message{Text: "one"}, Hash: "hash of one", Wanted: 1, State: storage.Due, Due: now, Created: now,
		})
		same(t, "the result", r.Changed[0], *d)
		same(t, "heads", b.heads(t), []string{"q:s:0"})

		b.clock.Add(time.Second)
		r = b.ops(t, claim("q:s:0", 3))
		equal(t, "len(r.Claimed)", len(r.Claimed), 1)
		equal(t, "r.Claimed[0].Attempts", r.Claimed[0].Attempts, 1)
		equal(t, "r.Claimed[0].Epoch", r.Claimed[0].Epoch, 3)
		if !r.Claimed[0].Tried.Equal(b.clock.Now()) {
			t.Fatalf("r.Claimed[0].Tried is %v, want %v", r.Claimed[0].Tried, b.clock.Now())
		}
		same(t, "heads", b.heads(t), []string{})
		same(t, "the stored row", *b.slot(t, "q:s:0"), r.Claimed[0])

		b.ops(t, settle(r.Claimed[0], storage.Delivered, "m1"))
		d = b.slot(t, "q:s:0")
		equal(t, "d.State", d.State, storage.Sent)
		equal(t, "d.Shown", d.Shown, 1)
		equal(t, "d.ShownRef", d.ShownRef, "m1")
		equal(t, "d.ShownSum", d.ShownSum, "hash of one")
		equal(t, "d.Attempts", d.Attempts, 0)
		b.ops(t, want("q:s:0", p, "two"))
		d = b.slot(t, "q:s:0")
		equal(t, "d.State", d.State, storage.Due)
		equal(t, "d.Wanted", d.Wanted, 2)
		equal(t, "d.ShownRef", d.ShownRef, "m1")
		equal(t, "d.Ord", d.Ord, now.UnixMicro())
	},
	"what was posted in doubt stays known as repeated until it is posted anew": func(t *testing.T, b *bench) {
		b.ops(t, want("q:s:0", person(1), "one"))
		first := b.ops(t, claim("q:s:0", 1)).Claimed[0]
		again := settle(first, storage.Retry, "")
		again.Settle.Doubt, again.Settle.At = true, b.clock.Now()
		b.ops(t, again)
		second := b.ops(t, claim("q:s:0", 1)).Claimed[0]
		b.ops(t, settle(second, storage.Delivered, "m2"))
		b.ops(t, want("q:s:0", person(1), "two"))
		if d := b.slot(t, "q:s:0"); first.Repeated || !second.Repeated || !d.Repeated || d.ShownRef != "m2" {
			t.Fatalf("%+v\n%+v\n%+v", first, second, d)
		}
		anew := want("q:s:0", person(1), "three")
		anew.Want.Repost = true
		b.ops(t, anew)
		if d := b.slot(t, "q:s:0"); d.Repeated {
			t.Fatalf("%+v", d)
		}
	},
	"an unchanged render writes nothing": func(t *testing.T, b *bench) {
		b.ops(t, want("q:s:0", person(1), "one"))
		if r := b.ops(t, want("q:s:0", person(1), "one")); len(r.Changed) != 0 {
			t.Fatalf("%+v", r.Changed)
		}
	},
	"the commit that creates a delivery can claim it": func(t *testing.T, b *bench) {
		r := b.ops(t, want("q:s:0", person(1), "one"), claim("q:s:0", 3))
		equal(t, "len(r.Claimed)", len(r.Claimed), 1)
		equal(t, "len(r.Changed)", len(r.Changed), 1)
		equal(t, "r.Changed[0].State", r.Changed[0].State, storage.Sending)
	},
	"a claim is refused while something earlier waits in the conversation": func(t *testing.T, b *bench) {
		b.ops(t, want("q:s:0", person(1), "one"))
		r := b.ops(t, want("q:s:1", person(1), "two"), claim("q:s:1", 3))
		if len(r.Claimed) != 0 {
			t.Fatalf("claimed out of turn: %+v", r.Claimed)
		}
		// Another person's chat is not held up, and both at once, in order, are fine.
		r = b.ops(t, want("q:t:0", person(2), "one"), claim("q:t:0", 3), claim("q:s:0", 3), claim("q:s:1", 3))
		same(t, "claimed", slots(r.Claimed), []string{"q:t:0", "q:s:0", "q:s:1"})
	},
	"the lowest of each rank is at a chat's head": func(t *testing.T, b *bench) {
		to := address(9)
		ranked := func(slot string, p storage.Person, r storage.Rank) storage.SlotOp {
			op := want(slot, p, "x")
			op.Want.Address, op.Want.Rank = to, r
			return op
		}
		for i := range 40 {
			b.ops(t, ranked(fmt.Sprintf("aside:a%d:x", i), person(1), storage.Spare), ranked(fmt.Sprintf("relay:b%d:x", i), person(2), 0))
		}
		b.ops(t, ranked("case:c:1", person(3), storage.Urgent))
		same(t, "heads", b.heads(t), []string{"case:c:1", "relay:b0:x", "aside:a0:x"})
		b.ops(t, claim("case:c:1", 1))
		same(t, "heads", b.heads(t), []string{"relay:b0:x", "aside:a0:x"})
	},
	"what ranks before goes ahead of its own conversation, and is waited for": func(t *testing.T, b *bench) {
		p := person(1)
		ranked := func(slot string, r storage.Rank) storage.SlotOp {
			op := want(slot, p, "x")
			op.Want.Rank = r
			return op
		}
		b.ops(t, ranked("relay:a:1", 0), ranked("case:a:1", storage.Urgent), ranked("relay:a:2", 0))
		same(t, "heads", b.heads(t), []string{"case:a:1", "relay:a:1"})
		r := b.ops(t, claim("relay:a:2", 1), claim("case:a:1", 1))
		same(t, "claimed", slots(r.Claimed), []string{"case:a:1"})
		later := settle(r.Claimed[0], storage.Retry, "")
		later.Settle.At = b.clock.Now().Add(time.Minute)
		b.ops(t, later, claim("relay:a:1", 1))
		same(t, "what was there before goes", slots(must(b.store.Doubtful(t.Context(), 0, []storage.Served{{Platform: chat.Telegram, Account: "42", Epoch: 2}}, 9))(t)), []string{"relay:a:1"})
		b.ops(t, settle(*b.slot(t, "relay:a:1"), storage.Delivered, "m1"))
		same(t, "what came after waits", b.heads(t), []string{})
	},
	"a rank is kept, and gets better while it waits": func(t *testing.T, b *bench) {
		ranked := func(text string, r storage.Rank) storage.Rank {
			op := want("case:a:1", person(1), text)
			op.Want.Rank = r
			b.ops(t, op)
			return b.slot(t, "case:a:1").Rank
		}
		equal(t, "first", ranked("a", storage.Medium), storage.Medium)
		equal(t, "more urgent", ranked("b", storage.Prompt), storage.Prompt)
		equal(t, "less urgent", ranked("c", storage.Spare), storage.Prompt)
		r := b.ops(t, claim("case:a:1", 1))
		b.ops(t, settle(r.Claimed[0], storage.Delivered, "m1"))
		if edit := ranked("d", storage.Urgent); edit <= storage.Urgent || edit >= storage.High {
			t.Errorf("an edit has rank %d", edit)
		}
	},
	"an edit that waits holds up nothing that follows it": func(t *testing.T, b *bench) {
		p := person(1)
		r := b.ops(t, want("q:s:0", p, "one"), claim("q:s:0", 3))
		b.ops(t, settle(r.Claimed[0], storage.Delivered, "m1"))
		b.ops(t, want("q:s:0", p, "one, answered"), want("q:s:1", p, "two"))
		same(t, "heads", slots(must(b.store.Heads(t.Context(), 0, served("42"), b.clock.Now(), 9))(t)), []string{"q:s:0", "q:s:1"})
		r = b.ops(t, claim("q:s:1", 3))
		same(t, "claimed", slots(r.Claimed), []string{"q:s:1"})
	},
	"each turn of a batch hears of its own deliveries": func(t *testing.T, b *bench) {
		results := make([]storage.Result, 120)
		var turns []storage.Turn
		for i := range results {
			name := fmt.Sprintf("q:s%03d:0", i)
			turn := change("", storage.Change{Slots: []storage.SlotOp{want(name, person(i), "hello"), claim(name, 1)}})
			turn.Done = func(r storage.Result) { results[i] = r }
			turns = append(turns, turn)
		}
		b.advance(t, turns...)
		last := int64(0)
		for i, r := range results {
			if len(r.Claimed) != 1 || r.Claimed[0].Slot != fmt.Sprintf("q:s%03d:0", i) || r.Claimed[0].Ord <= last {
				t.Fatalf("turn %d: %+v after %d", i, r.Claimed, last)
			}
			last = r.Claimed[0].Ord
			if r.Change.Slots == nil {
				t.Fatal("the result does not hold the change")
			}
		}
	},
	"the order never goes back, though the clock does": func(t *testing.T, b *bench) {
		b.ops(t, want("q:s:0", person(1), "one"))
		b.clock.Add(-24 * time.Hour)
		b.ops(t, want("q:s:1", person(1), "two"))
		first, second := b.slot(t, "q:s:0"), b.slot(t, "q:s:1")
		if second.Ord <= first.Ord {
			t.Fatalf("%d after %d", second.Ord, first.Ord)
		}
	},
	"heads are the lowest of each chat, if due": func(t *testing.T, b *bench) {
		retry := settle(b.ops(t, want("q:a:0", person(1), "x"), claim("q:a:0", 1)).Claimed[0], storage.Retry, "")
		retry.Settle.At = b.clock.Now().Add(time.Minute)
		b.ops(t, retry, want("q:a:1", person(1), "x")) // its first waits for a minute
		b.ops(t, want("q:b:0", person(2), "x"), claim("q:b:0", 1), want("q:b:1", person(2), "x"))
		b.ops(t, want("q:c:0", person(3), "x"), want("q:c:1", person(3), "x"))
		other := want("q:d:0", person(4), "x")
		other.Want.Address.Account = "43"
		thread := want("q:e:0", person(3), "x")
		thread.Want.Address.Thread = "7"
		b.ops(t, other, thread)
		same(t, "heads", b.heads(t), []string{"q:c:0", "q:e:0"})
		b.clock.Add(time.Minute)
		same(t, "heads a minute later", b.heads(t), []string{"q:a:0", "q:c:0", "q:e:0"})
		same(t, "heads, limited", slots(must(b.store.Heads(t.Context(), 0, served("42"), b.clock.Now(), 2))(t)), []string{"q:a:0", "q:c:0"})
		same(t, "another account's", slots(must(b.store.Heads(t.Context(), 0, served("43"), b.clock.Now(), 9))(t)), []string{"q:d:0"})
	},
	"heads are found for many accounts at once, so many of each": func(t *testing.T, b *bench) {
		var all []string
		for i := range 150 { // more than one statement takes
			all = append(all, fmt.Sprint(i))
			for n := range 3 {
				op := want(fmt.Sprintf("q:%d:%d", i, n), person(1000*i+n), "x")
				op.Want.Address.Account = fmt.Sprint(i)
				if i%10 == 0 {
					b.ops(t, op)
				}
			}
		}
		elsewhere := want("q:slack:0", person(1), "x")
		elsewhere.Want.Address.Platform, elsewhere.Want.Address.Account = chat.Slack, "10"
		b.ops(t, elsewhere)
		found := must(b.store.Heads(t.Context(), 0, served(all...), b.clock.Now(), 2))(t)
		var wanted []string
		for i := 0; i < 150; i += 10 {
			wanted = append(wanted, fmt.Sprintf("q:%d:0", i), fmt.Sprintf("q:%d:1", i))
		}
		got := slots(found)
		slices.Sort(got)
		slices.Sort(wanted)
		same(t, "two of each account that has some", got, wanted)
		same(t, "heads of no account", slots(must(b.store.Heads(t.Context(), 0, nil, b.clock.Now(), 2))(t)), []string{})
	},
	"what earlier senders of many accounts left is found at once, each by its own epoch": func(t *testing.T, b *bench) {
		for i, account := range []string{"1", "2", "3"} {
			op := want("q:"+account+":0", person(i), "x")
			op.Want.Address.Account = account
			b.ops(t, op, claim("q:"+account+":0", int64(i)))
		}
		of := served("1", "2", "3")
		of[0].Epoch, of[1].Epoch, of[2].Epoch = 1, 1, 3
		got := slots(must(b.store.Doubtful(t.Context(), 0, of, 10))(t))
		slices.Sort(got)
		same(t, "in doubt", got, []string{"q:1:0", "q:3:0"})
	},
	"what an earlier sender left is in doubt, and its late word is not heard": func(t *testing.T, b *bench) {
		d := b.ops(t, want("q:s:0", person(1), "x"), claim("q:s:0", 1)).Claimed[0]
		doubtful := func(epoch int64) []string {
			return slots(must(b.store.Doubtful(t.Context(), 0, []storage.Served{{Platform: chat.Telegram, Account: "42", Epoch: epoch}}, 10))(t))
		}
		same(t, "for its own sender", doubtful(1), []string{})
		same(t, "for the next one", doubtful(2), []string{"q:s:0"})
		retry := settle(d, storage.Retry, "")
		retry.Settle.At = b.clock.Now()
		b.ops(t, retry)
		b.ops(t, claim("q:s:0", 2))
		b.ops(t, settle(d, storage.Delivered, "late"))
		got := b.slot(t, "q:s:0")
		equal(t, "got.State", got.State, storage.Sending)
		equal(t, "got.Epoch", got.Epoch, 2)
		equal(t, "got.ShownRef", got.ShownRef, "")
		b.ops(t, settle(*b.slot(t, "q:s:0"), storage.Delivered, "m1"))
		if r := b.ops(t, want("q:s:0", person(1), "y"), claim("q:s:0", 1)); len(r.Claimed) != 0 {
			t.Fatalf("the earlier sender claimed: %+v", r.Claimed)
		}
	},
	"a repost leaves the old message behind": func(t *testing.T, b *bench) {
		d := b.ops(t, want("q:s:0", person(1), "x"), claim("q:s:0", 1)).Claimed[0]
		b.ops(t, settle(d, storage.Delivered, "m1"))
		op := want("q:s:0", person(1), "x")
		op.Want.Repost, op.Want.Leave, op.Want.LeaveHash = true, &chat.Message{Text: "see below"}, "l"
		r := b.ops(t, op)
		if len(r.Changed) != 2 {
			t.Fatalf("%+v", r.Changed)
		}
		to := address(1)
		got := must(b.store.Transcript(t.Context(), 0, to))(t)
		equal(t, "len(got)", len(got), 2)
		equal(t, "got[0].Render.Text", got[0].Render.Text, "see below")
		equal(t, "got[0].ShownRef", got[0].ShownRef, "m1")
		equal(t, "got[1].Slot", got[1].Slot, "q:s:0")
		equal(t, "got[1].ShownRef", got[1].ShownRef, "")
	},
	"giving up is visible": func(t *testing.T, b *bench) {
		for i := range 3 {
			name := fmt.Sprintf("q:s%d:0", i)
			op := settle(b.ops(t, want(name, person(i), "x"), claim(name, 1)).Claimed[0], storage.GaveUp, "")
			op.Settle.Error = "blocked by the person"
			b.clock.Add(time.Second)
			b.ops(t, op)
		}
		got := must(b.store.Failed(t.Context(), 2))(t)
		equal(t, "len(got)", len(got), 2)
		equal(t, "got[0].Slot", got[0].Slot, "q:s2:0")
		equal(t, "got[0].Error", got[0].Error, "blocked by the person")
		c := must(b.store.Counts(t.Context()))(t)
		equal(t, "c.Failed", c.Failed, 3)
		equal(t, "c.Due", c.Due, 0)
	},
	"a chat that moved is written to at its new address": func(t *testing.T, b *bench) {
		d := b.ops(t, want("q:s:0", person(1), "x"), claim("q:s:0", 1)).Claimed[0]
		op := settle(d, storage.Retry, "")
		op.Settle.To, op.Settle.At = address(2), b.clock.Now()
		b.ops(t, op)
		same(t, "old", slots(must(b.store.Transcript(t.Context(), 0, address(1)))(t)), []string{})
		same(t, "new", slots(must(b.store.Transcript(t.Context(), 0, address(2)))(t)), []string{"q:s:0"})
		r := b.ops(t, claim("q:s:0", 1))
		equal(t, "len(r.Claimed)", len(r.Claimed), 1)
		equal(t, "r.Claimed[0].Address", r.Claimed[0].Address, address(2))
	},
	"the web's transcript is what is stored, in order": func(t *testing.T, b *bench) {
		to := chat.Address{Platform: chat.Web, Chat: "room"}
		var names []string
		for i := range 20 {
			op := want(fmt.Sprintf("q:s:%d", 19-i), person(i%3), fmt.Sprint(i))
			op.Want.Address = to
			b.ops(t, op)
			names = append(names, op.Want.Slot)
		}
		got := must(b.store.Transcript(t.Context(), 0, to))(t)
		same(t, "order", slots(got), names)
		for i, d := range got {
			equal(t, "d.State", d.State, storage.Sent)
			equal(t, "d.Shown", d.Shown, d.Wanted)
			equal(t, "d.Render.Text", d.Render.Text, fmt.Sprint(i))
		}
		same(t, "another room", must(b.store.Transcript(t.Context(), 0, chat.Address{Platform: chat.Web, Chat: "room", Account: "x"}))(t), []storage.Delivery{})
	},
	"a page of the web's transcript is the newest, or what comes before it": func(t *testing.T, b *bench) {
		to := chat.Address{Platform: chat.Web, Chat: "room"}
		for i := range 10 {
			op := want(fmt.Sprintf("q:s:%d", i), person(i%3), fmt.Sprint(i))
			op.Want.Address = to
			b.ops(t, op)
		}
		page := must(b.store.TranscriptPage(t.Context(), 0, to, 0, 4))(t)
		same(t, "the newest", slots(page), []string{"q:s:6", "q:s:7", "q:s:8", "q:s:9"})
		equal(t, "its words", page[0].Render.Text, "6")
		page = must(b.store.TranscriptPage(t.Context(), 0, to, page[0].Ord, 4))(t)
		same(t, "before it", slots(page), []string{"q:s:2", "q:s:3", "q:s:4", "q:s:5"})
		page = must(b.store.TranscriptPage(t.Context(), 0, to, page[0].Ord, 4))(t)
		same(t, "the first", slots(page), []string{"q:s:0", "q:s:1"})
		to.Account = "x"
		same(t, "another room", must(b.store.TranscriptPage(t.Context(), 0, to, 0, 4))(t), []storage.Delivery{})
	},
	"the state of a transcript changes with everything that it shows": func(t *testing.T, b *bench) {
		to := chat.Address{Platform: chat.Web, Chat: "room"}
		seen := map[storage.TranscriptState]string{}
		look := func(after string) {
			t.Helper()
			now := must(b.store.TranscriptState(t.Context(), 0, to))(t)
			if was, ok := seen[now]; ok {
				t.Errorf("%s looks like %s: %+v", after, was, now)
			}
			seen[now] = after
		}
		put := func(slot, text string, repost bool) {
			op := want(slot, person(1), text)
			op.Want.Address, op.Want.Repost = to, repost
			b.ops(t, op)
		}
		look("nothing")
		put("q:s:0", "a", false)
		look("a first message")
		put("q:s:1", "b", false)
		look("a second")
		put("q:s:0", "c", false)
		look("an edit of the first")
		put("q:s:1", "d", false)
		look("an edit of the second")
		put("q:s:0", "e", true)
		look("the first posted anew")
		before := must(b.store.TranscriptState(t.Context(), 0, to))(t)
		put("q:s:0", "e", false)
		equal(t, "the state after nothing changed", must(b.store.TranscriptState(t.Context(), 0, to))(t), before)
	},
	"a slot operation without a slot is the turn's own error": func(t *testing.T, b *bench) {
		errs := b.store.Advance(t.Context(), 0, []storage.Turn{change("k", storage.Change{Slots: []storage.SlotOp{{}}})})
		if errs[0] == nil {
			t.Fatal("no error")
		}
	},
}
