package bot

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// invented is a world whose customers and staff are on a platform that nobody has. What is
// to be shown goes through its adapter, and is written down.
type invented struct {
	*world
	birds *pigeon
	out   strings.Builder
	ann   customer
	lofts map[chat.Address]string // by address, what the transcript calls them
}

// loft is where staff hear of cases, room is a page where they do as well.
var loft = chat.Address{Platform: pigeons, Account: "1", Chat: "loft"}

func newInvented(t *testing.T) *invented {
	w := newWorld(t)
	w.traits = maps.Clone(w.traits)
	w.traits[pigeons] = pigeonTraits()
	w.bot = w.newBot()
	account := storage.Account{Platform: pigeons, ID: "1", Name: "coo", Seen: w.now}
	if err := w.store.PutAccount(context.Background(), account); err != nil {
		t.Fatal(err)
	}
	setStaff(w.bot, loft, room)
	p := &invented{world: w, birds: newPigeon(t), ann: bird("7", "Ann")}
	p.lofts = map[chat.Address]string{p.ann.address: "customer", loft: "loft", room: "page"}
	return p
}

func bird(id, name string) customer {
	return customer{
		user:    chat.User{ID: id, Name: name, Language: "en"},
		address: chat.Address{Platform: pigeons, Account: "1", Chat: id},
	}
}

// happens does something and shows what follows from it everywhere.
func (p *invented) happens(line string, f func() []chat.Answer) {
	p.t.Helper()
	fmt.Fprintf(&p.out, "\n> %s\n", line)
	for _, a := range f() {
		fmt.Fprintf(&p.out, "answer: %s\n", a.Text)
	}
	for range 3 { // some follows from what was shown
		for _, to := range []chat.Address{p.ann.address, loft, room} {
			p.deliver(to)
		}
	}
	p.now = p.now.Add(10e9)
}

// acts hands an update in, without playing the sender.
func (p *invented) acts(c customer, at chat.Address, u chat.Update) []chat.Answer {
	p.t.Helper()
	u = p.update(c, u)
	u.From, u.Private = at, at == c.address
	answers, err := p.bot.Handle(context.Background(), []chat.Update{u})
	if err != nil {
		p.t.Fatal(err)
	}
	return answers
}

// deliver plays the outbox: what is due goes through the adapter. On a page it stands.
func (p *invented) deliver(to chat.Address) {
	p.t.Helper()
	ctx := context.Background()
	for _, d := range p.transcript(to) {
		page := p.traits[to.Platform].Stored
		if old, told := p.shown[d.Slot]; told && sumOf(old) == d.Hash || d.State != storage.Due && !page {
			continue
		}
		p.shown[d.Slot] = d.Render
		m, where := d.Render, p.lofts[to]
		if m.Under != "" && !page {
			parent, err := p.store.Delivery(ctx, d.Bucket, m.Under)
			if err != nil || parent.ShownRef == "" {
				p.t.Fatalf("%s hangs below nothing: %v", d.Slot, err)
			}
			m.Under, m.Replies = "", parent.ShownRef
			where += ", below"
		}
		if m.Mark != "" && m.Mark != chat.Gone {
			p.t.Errorf("a mark where there are none: %s", d.Slot)
		}
		if m.Mark == chat.Gone { // birds bring nothing back
			fmt.Fprintf(&p.out, "%s: %s is gone\n", where, slotName(d.Slot))
		} else {
			fmt.Fprintf(&p.out, "%s: %s\n%s", where, slotName(d.Slot), drawn(m))
		}
		if page {
			continue
		}
		ref, err := d.ShownRef, error(nil)
		if m.Mark == "" {
			ref, err = p.birds.Send(ctx, d.Address, m, d.ShownRef)
		}
		if err != nil {
			p.t.Fatalf("%s: %v", d.Slot, err)
		}
		ops := []storage.SlotOp{
			{Claim: &storage.Claim{Slot: d.Slot, Epoch: 1}},
			{Settle: &storage.Settle{Slot: d.Slot, Epoch: 1, Version: d.Wanted, Hash: d.Hash, Ref: ref, Outcome: storage.Delivered}},
		}
		if _, reply := replyOf(d); reply {
			p.conclude(d, ops, storage.Delivered)
			continue
		}
		turn := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Slots: ops}, nil }}
		if err := p.store.Advance(ctx, d.Bucket, []storage.Turn{turn})[0]; err != nil {
			p.t.Fatal(err)
		}
	}
}

// TestACaseOnAnInventedPlatform plays a case from the first question to the verdict on a
// platform of which the bot knows nothing but the traits.
//
//	go test ./bot -run TestACaseOnAnInventedPlatform -update
func TestACaseOnAnInventedPlatform(t *testing.T) {
	p := newInvented(t)
	p.hire("bob", "Bob", access.Agent)
	bob := bird("8", "Bob")
	p.acts(bob, bob.address, chat.Update{Kind: chat.Command, Command: "link", Text: p.code("bob")})
	tap := func(c customer, at chat.Address, text string) func() []chat.Answer {
		return func() []chat.Answer {
			d := p.buttonOf(at, text)
			return p.acts(c, at, chat.Update{Kind: chat.Tap, Data: d.data, On: d.on})
		}
	}
	says := func(c customer, at chat.Address, to chat.Ref, text string) func() []chat.Answer {
		return func() []chat.Answer {
			own := chat.Ref(fmt.Sprint("own", p.n))
			return p.acts(c, at, chat.Update{Kind: chat.Text, Text: text, ReplyTo: to, Ours: to != "", Own: own})
		}
	}
	p.happens("Ann is invited", func() []chat.Answer {
		p.invite(InviteRequest{
			Flow: "one_tap_csat", Site: "main-street", Event: map[string]string{"service_name": "Haircut"},
			To: p.ann.person(), Address: p.ann.address, Name: "Ann",
		})
		return nil
	})
	p.happens("Ann taps 2", tap(p.ann, p.ann.address, "2"))
	p.happens("Ann says help", says(p.ann, p.ann.address, "", "help"))
	p.happens("Ann says skip", says(p.ann, p.ann.address, "", "skip"))
	p.happens("Bob taps Take", tap(bob, loft, "Take"))
	p.happens("Bob taps Reply", tap(bob, loft, "Reply"))
	p.happens("Bob replies: We are sorry. Come again?", func() []chat.Answer {
		return says(bob, loft, p.newest(loft, askSlot).ShownRef, "We are sorry. Come again?")()
	})
	p.happens("Ann replies: Gladly.", func() []chat.Answer {
		return says(p.ann, p.ann.address, p.newest(p.ann.address, replySlot).ShownRef, "Gladly.")()
	})
	const kept = "testdata/invented/case.txt"
	if *update {
		if err := os.WriteFile(kept, []byte(p.out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(p.out.String(), "\n")); diff != "" {
		t.Errorf("the case went another way (-want +got):\n%s", diff)
	}
}

// shownButton is a button and the message that it is on.
type shownButton struct {
	data string
	on   chat.Ref
}

// buttonOf finds the newest button with this text in a chat.
func (p *invented) buttonOf(at chat.Address, text string) shownButton {
	p.t.Helper()
	var found shownButton
	for _, d := range p.transcript(at) {
		for _, b := range slices.Concat(d.Render.Rows...) {
			if b.Text == text || strings.HasPrefix(b.Text, text+" · ") {
				found = shownButton{b.Data, d.ShownRef}
			}
		}
	}
	if found.data == "" {
		p.t.Fatalf("there is no button %q", text)
	}
	return found
}

// What a platform is not said to do is not asked of it.
func TestTracesOfOtherPlatformsAreNotInAnInventedOne(t *testing.T) {
	kept, err := os.ReadFile("testdata/invented/case.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(kept), "\n") {
		if strings.Contains(line, "/skip") || strings.Contains(line, "/feedback") {
			t.Errorf("a command of another platform: %s", line)
		}
	}
	if !strings.Contains(string(kept), "Channel: Pigeon") || !strings.Contains(string(kept), "/coo stop") {
		t.Errorf("the platform's own name or command is missing:\n%s", kept)
	}
}
