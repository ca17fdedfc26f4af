package storagetest

import (
	"slices"
	"strconv"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

var underwayTests = group{
	"what a batch sends is one row, which goes with the last of it": func(t *testing.T, b *bench) {
		other, db := b.behind(t)
		count := func(what string, lists, queued, due int) {
			t.Helper()
			same(t, what, printed(t, db, "SELECT (SELECT count(*) FROM underway), (SELECT count(*) FROM queue)"),
				printed(t, db, "SELECT CAST("+strconv.Itoa(lists)+" AS bigint), CAST("+strconv.Itoa(queued)+" AS bigint)"))
			equal(t, what, must(b.store.Counts(t.Context()))(t).Due, due)
		}
		begin := func(people ...int) (all []storage.Delivery) {
			var turns []storage.Turn
			for _, i := range people {
				slot := "q:s" + strconv.Itoa(i) + ":0"
				turn := change("", storage.Change{Slots: []storage.SlotOp{want(slot, person(i), "x"), claim(slot, 1)}})
				turn.Done = func(r storage.Result) { all = append(all, r.Claimed...) }
				turns = append(turns, turn)
			}
			b.advance(t, turns...)
			return all
		}
		first := begin(1, 2, 3)
		count("three are sent", 1, 0, 3)
		second := begin(4, 5)
		count("two more are", 2, 0, 5)
		b.ops(t, settle(first[0], storage.Delivered, "r1"), settle(second[0], storage.Delivered, "r4"))
		count("one of each is settled", 2, 0, 3)
		retry := settle(first[1], storage.Retry, "")
		retry.Settle.At = b.clock.Now()
		b.ops(t, retry)
		count("one waits again", 2, 1, 3)
		// Somebody else settles what he finds, and what he has not begun himself.
		wantErrors(t, other.Advance(t.Context(), 0, []storage.Turn{change("", storage.Change{Slots: []storage.SlotOp{settle(first[2], storage.Delivered, "r3")}})}), nil)
		count("of the first list one waits again", 2, 1, 2) // he does not look whether it is sent as well
		b.ops(t, claim("q:s2:0", 1))
		count("the one that waited is sent", 2, 0, 2)
		wantErrors(t, other.Advance(t.Context(), 0, []storage.Turn{change("", storage.Change{Slots: []storage.SlotOp{claim("q:s2:0", 1), settle(first[1], storage.Delivered, "r2")}})}), nil)
		b.ops(t, settle(second[1], storage.Delivered, "r5"))
		count("all is settled", 0, 0, 0)
		b.agrees(t)
	},
	"what a late sender begins of a talk that a later one sends of is found by that one": func(t *testing.T, b *bench) {
		p := person(1)
		d := b.ops(t, want("q:s:0", p, "one"), claim("q:s:0", 3)).Claimed[0]
		b.ops(t, settle(d, storage.Delivered, "m1"))
		b.ops(t, want("q:s:0", p, "one, edited"), claim("q:s:0", 5))
		late := b.ops(t, want("q:s:1", p, "two"), claim("q:s:1", 3)).Claimed
		equal(t, "claimed late", len(late), 1)
		doubtful := func(epoch int64) []string {
			all := slots(must(b.store.Doubtful(t.Context(), 0, []storage.Served{{Platform: chat.Telegram, Account: "42", Epoch: epoch}}, 10))(t))
			slices.Sort(all)
			return all
		}
		same(t, "for the later one", doubtful(5), []string{"q:s:1"})
		same(t, "for the next", doubtful(6), []string{"q:s:0", "q:s:1"})
		b.agrees(t)
	},
	"what is being sent in a chat is in the way of what waits there, whoever looks": func(t *testing.T, b *bench) {
		p := person(1)
		d := b.ops(t, want("q:s:0", p, "one"), claim("q:s:0", 1)).Claimed[0]
		other := b.open(t, Options{Clock: b.clock.Now})
		wantErrors(t, other.Advance(t.Context(), 0, []storage.Turn{change("", storage.Change{Slots: []storage.SlotOp{
			want("q:s:1", p, "two"), want("n:x:hello", p, "a notice"), want("q:t:0", person(2), "another's"),
		}})}), nil)
		same(t, "heads", b.heads(t), []string{"q:t:0"})
		wantErrors(t, other.Advance(t.Context(), 0, []storage.Turn{change("", storage.Change{Slots: []storage.SlotOp{claim("q:s:1", 2), claim("n:x:hello", 2)}})}), nil)
		equal(t, "the state of what waits", b.slot(t, "n:x:hello").State, storage.Due)
		b.ops(t, settle(d, storage.Delivered, "m1"))
		same(t, "heads", b.heads(t), []string{"q:s:1", "q:t:0"})
		b.agrees(t)
	},
}
