package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
)

// A link shows whom it is from and its first question before anybody said a word, in the words
// that are stored once somebody does, and stores nothing.
func TestALinkIsLookedAtBeforeItBegins(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := context.Background()
	inv := w.invite(haircut)
	links := LinksOf(w.bot)
	shown, err := links.Preview(ctx, inv.Token)
	if err != nil || len(shown) != 2 {
		t.Fatalf("%d messages, %v", len(shown), err)
	}
	v, err := w.bot.Visitor(ctx, inv.Token, "mine")
	if err != nil || !v.Fresh || !v.Unopened || !strings.HasPrefix(v.About, "Haircut") {
		t.Fatalf("%+v, %v", v, err)
	}
	if got := w.transcript(v.Address); len(got) != 0 {
		t.Errorf("looking stored %d messages", len(got))
	}
	if err := w.bot.ClaimLink(ctx, inv.Token, "mine"); err != nil {
		t.Fatal(err)
	}
	if v, err := w.bot.Visitor(ctx, inv.Token, "mine"); err != nil || v.Fresh || !v.Unopened {
		t.Errorf("claimed, and not begun: %+v, %v", v, err)
	}
	c := customer{user: v.User, address: v.Address}
	w.command(c, "start", inv.Token)
	stored := w.transcript(v.Address)
	if len(stored) != len(shown) {
		t.Fatalf("%d messages are stored, %d were shown", len(stored), len(shown))
	}
	for i, d := range stored {
		if d.Slot != shown[i].Slot || sumOf(d.Render) != sumOf(shown[i].Render) {
			t.Errorf("%s was shown as\n%+v\nand is stored as\n%+v", d.Slot, shown[i].Render, d.Render)
		}
	}
	if v, err := w.bot.Visitor(ctx, inv.Token, "mine"); err != nil || v.Unopened {
		t.Errorf("begun: %+v, %v", v, err)
	}
}

// begun is a conversation of the browser that holds "mine".
func begun(t *testing.T) (w *world, token string, v Visitor) {
	t.Helper()
	w = newWorldOf(t, 8)
	inv := w.invite(haircut)
	v, err := w.bot.Visitor(context.Background(), inv.Token, "mine")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.bot.ClaimLink(context.Background(), inv.Token, "mine"); err != nil {
		t.Fatal(err)
	}
	w.command(customer{user: v.User, address: v.Address}, "start", inv.Token)
	return w, inv.Token, v
}

// A code moves a conversation once, within ten minutes, at the fifth wrong guess never more; and
// it is stored as a hash.
func TestACodeMovesAConversation(t *testing.T) {
	ctx := context.Background()
	t.Run("the right code", func(t *testing.T) {
		w, token, _ := begun(t)
		links := LinksOf(w.bot)
		if _, _, err := links.Code(ctx, token, "theirs"); !errors.Is(err, ErrLinkElsewhere) {
			t.Errorf("another browser makes a code: %v", err)
		}
		first, _, err := links.Code(ctx, token, "mine")
		if err != nil {
			t.Fatal(err)
		}
		code, life, err := links.Code(ctx, token, "mine")
		if err != nil || len(code) != 6 || life != MoveCodeLife {
			t.Fatalf("%q for %v, %v", code, life, err)
		}
		inv, err := links.invitation(ctx, token)
		if err != nil || inv.Move == nil || strings.Contains(inv.Move.Code, code) {
			t.Fatalf("%+v, %v", inv.Move, err)
		}
		if first != code {
			if err := links.Move(ctx, token, "theirs", first); !errors.Is(err, ErrWrongCode) {
				t.Errorf("an earlier code: %v", err)
			}
		}
		if err := links.Move(ctx, token, "", code); !errors.Is(err, ErrLinkElsewhere) {
			t.Errorf("a browser without a secret: %v", err)
		}
		for range 2 { // the answer to the first was lost
			if err := links.Move(ctx, token, "theirs", code); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.bot.Visitor(ctx, token, "theirs"); err != nil {
			t.Errorf("the browser that moved it: %v", err)
		}
		if _, err := w.bot.Visitor(ctx, token, "mine"); !errors.Is(err, ErrLinkElsewhere) {
			t.Errorf("the browser that it was moved from: %v", err)
		}
		if err := links.Move(ctx, token, "third", code); !errors.Is(err, ErrNoCode) {
			t.Errorf("a code that is spent: %v", err)
		}
	})
	t.Run("five wrong ones", func(t *testing.T) {
		w, token, _ := begun(t)
		links := LinksOf(w.bot)
		code, _, err := links.Code(ctx, token, "mine")
		if err != nil {
			t.Fatal(err)
		}
		for i := range moveTries {
			want := ErrWrongCode
			if i == moveTries-1 {
				want = ErrNoCode
			}
			if err := links.Move(ctx, token, "theirs", "x"+code); !errors.Is(err, want) {
				t.Errorf("try %d: %v", i+1, err)
			}
		}
		if err := links.Move(ctx, token, "theirs", code); !errors.Is(err, ErrNoCode) {
			t.Errorf("the right one after five: %v", err)
		}
	})
	t.Run("too late", func(t *testing.T) {
		w, token, _ := begun(t)
		links := LinksOf(w.bot)
		code, life, err := links.Code(ctx, token, "mine")
		if err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(life)
		if err := links.Move(ctx, token, "theirs", code); !errors.Is(err, ErrNoCode) {
			t.Errorf("after its time: %v", err)
		}
	})
	t.Attr("figure", "a code moves a conversation to another browser once, within ten minutes; five wrong ones end it")
}

// Whoever stands before somebody else's link is heard by the team, has a conversation with it at
// the same address, and sees nothing of the first; the first sees nothing of theirs.
func TestWhoAsksForALinkIsHeard(t *testing.T) {
	w, token, first := begun(t)
	ctx := context.Background()
	links := LinksOf(w.bot)
	before := len(w.transcript(first.Address))
	if err := links.Ask(ctx, token, "mine", "hello", "n0"); !errors.Is(err, ErrLinkElsewhere) {
		t.Errorf("the one whose it is asks: %v", err)
	}
	for range 2 { // the answer to the first was lost
		if err := links.Ask(ctx, token, "theirs", "I am Ben, ben@example.com", "n1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := links.Ask(ctx, token, "third", "me too", "n2"); !errors.Is(err, ErrLinkUsed) {
		t.Errorf("a second one asks: %v", err)
	}
	v, err := w.bot.Visitor(ctx, token, "theirs")
	if err != nil || !v.Asking || v.Unopened || v.Address == first.Address {
		t.Fatalf("%+v, %v", v, err)
	}
	said := ""
	for _, d := range w.transcript(v.Address) {
		said += d.Render.Text + " "
		if d.Render.Layout != nil {
			said += d.Render.Layout.Answer + " "
		}
	}
	if !strings.Contains(said, "I am Ben") || strings.Contains(said, "Haircut today") {
		t.Errorf("they see %q", said)
	}
	if after := len(w.transcript(first.Address)); after != before {
		t.Errorf("the first one's chat has %d messages, had %d", after, before)
	}
	k := w.caseOf(customer{user: v.User, address: v.Address})
	if !k.Decision.Watch || k.Site != haircut.Site || len(k.Decision.Reasons) != 1 || k.Decision.Reasons[0] != recovery.LinkAsked {
		t.Errorf("the team reads %+v", k.Decision)
	}
	// Found again in the first browser, it moves as ever.
	code, _, err := links.Code(ctx, token, "mine")
	if err != nil {
		t.Fatal(err)
	}
	if err := links.Move(ctx, token, "theirs", code); err != nil {
		t.Fatal(err)
	}
	if v, err := w.bot.Visitor(ctx, token, "theirs"); err != nil || v.Address != first.Address {
		t.Errorf("moved: %+v, %v", v, err)
	}
	w.now = w.now.Add(time.Hour)
}

func TestAnExpiredLinkStillReachesTheTeam(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := context.Background()
	inv := w.invite(haircut)
	w.now = w.now.Add(DefaultInviteExpires)
	if v, err := w.bot.Visitor(ctx, inv.Token, "mine"); !errors.Is(err, ErrLinkExpired) || v.Title == "" || v.Address != (chat.Address{}) {
		t.Fatalf("%+v, %v", v, err)
	}
	if err := LinksOf(w.bot).Ask(ctx, inv.Token, "mine", "It was cold, all the same.", "n1"); err != nil {
		t.Fatal(err)
	}
	if v, err := w.bot.Visitor(ctx, inv.Token, "mine"); err != nil || !v.Asking {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestDigitsAreEvenlyRandom(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		d := digits(moveDigits, func(p []byte) {
			for k := range p {
				p[k] = byte(i * (k + 3) * 37)
			}
		})
		if len(d) != moveDigits || strings.Trim(d, "0123456789") != "" {
			t.Fatalf("%q", d)
		}
		seen[d] = true
	}
	if len(seen) < 100 {
		t.Errorf("%d codes of 200 differ", len(seen))
	}
	tries := 0
	if d := digits(2, func(p []byte) { // the first is above the last whole multiple
		for k := range p {
			p[k] = 0xff * byte(1-min(tries, 1))
		}
		tries++
	}); d != "00" || tries != 2 {
		t.Errorf("%q after %d tries", d, tries)
	}
}
