package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// hire makes a member of staff with this role everywhere.
func (w *world) hire(id, name string, role access.Role) {
	w.t.Helper()
	s := storage.Staff{ID: id, Name: name, Roles: access.Grants{access.EverySite: role}, Created: w.now}
	if err := w.store.PutStaff(context.Background(), s); err != nil {
		w.t.Fatal(err)
	}
}

// code makes a code for a member of staff.
func (w *world) code(id string) string {
	w.t.Helper()
	code, _, err := w.bot.StaffCode(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// role is what a person in a chat may do at a site.
func (w *world) role(c customer, site string) access.Role {
	return w.bot.snap.Now().Team.Actor(c.person(), site).Role
}

func (w *world) newestText(to chat.Address) string {
	w.t.Helper()
	rows := w.transcript(to)
	if len(rows) == 0 {
		w.t.Fatal("nothing was said")
	}
	return rows[len(rows)-1].Render.Text
}

func TestACodeLinksAChatToAMemberOfStaff(t *testing.T) {
	w := newWorld(t)
	w.hire("bob", "Bob", access.Agent)
	bob, eve := telegramUser("7", "Bobby", "en"), telegramUser("8", "Eve", "en")
	first := w.code("bob")
	code := w.code("bob")

	w.command(eve, "link", first)
	if said := w.newestText(eve.address); !strings.HasPrefix(said, "This code does not work") || w.role(eve, "") != access.Outsider {
		t.Errorf("with a code that was replaced, %q: %q", w.role(eve, ""), said)
	}
	u := w.update(bob, chat.Update{Kind: chat.Text, Text: "/link " + strings.ToLower(code[:8]) + " " + code[8:]})
	w.handle(u)
	if said := w.newestText(bob.address); !strings.Contains(said, "linked as Bob") || w.role(bob, "main-street") != access.Agent {
		t.Errorf("with the code: %q, role %q", said, w.role(bob, "main-street"))
	}
	n := len(w.transcript(bob.address))
	w.handle(u) // a redelivery
	if got := len(w.transcript(bob.address)); got != n {
		t.Errorf("the redelivery says something again: %d messages, then %d", n, got)
	}
	w.command(eve, "link", code)
	if w.role(eve, "") != access.Outsider {
		t.Error("a code works twice")
	}
	tapped := strings.TrimPrefix(LinksOf(w.bot).StaffCodeLink(w.code("bob")), "https://t.me/salon_bot?start=")
	sue := telegramUser("9", "Sue", "en")
	w.command(sue, "start", tapped)
	if said := w.newestText(sue.address); !strings.Contains(said, "linked as Bob") || w.role(sue, "main-street") != access.Agent {
		t.Errorf("by the link %q: %q, role %q", tapped, said, w.role(sue, "main-street"))
	}
	if other := w.newBot(); other.snap.Now().Team.Actor(bob.person(), "").ID != "bob" {
		t.Error("another program does not know the link")
	}
	wantNoted(t, w, "staff.linked bob by bob:  → telegram", "staff.linked bob by bob:  → telegram")
	if _, _, err := w.bot.StaffCode(context.Background(), "nobody"); !errors.Is(err, ErrNoStaff) {
		t.Errorf("a code for nobody: %v", err)
	}
}

// wantNoted is what the list of changes has from chats, the oldest first.
func wantNoted(t *testing.T, w *world, want ...string) {
	t.Helper()
	list, err := w.store.Audits(t.Context(), storage.AuditFilter{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		if a.From == "chat" {
			got = append(got, a.What+" "+a.Subject+" by "+a.Who+": "+a.Before+" → "+a.After)
		}
	}
	if slices.Reverse(got); !slices.Equal(got, want) {
		t.Errorf("noted:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestACodeForStaffLapses(t *testing.T) {
	w := newWorld(t)
	w.hire("bob", "Bob", access.Agent)
	bob := telegramUser("7", "Bob", "en")
	code := w.code("bob")
	w.now = w.now.Add(StaffCodeExpires)
	w.command(bob, "link", code)
	if said := w.newestText(bob.address); !strings.HasPrefix(said, "This code does not work") || w.role(bob, "") != access.Outsider {
		t.Errorf("%q: %q", w.role(bob, ""), said)
	}
}

func TestOnSlackACodeIsAnsweredWhereItWasSent(t *testing.T) {
	w := newWorld(t)
	w.hire("bob", "Bob", access.Agent)
	bob := slackUser("U7", "Bob", "en")
	said := w.slash(bob, "link", w.code("bob"))
	switch {
	case len(said) != 1:
		t.Errorf("len(said) != 1: %+v", said)
	case !strings.Contains(said[0].Text, "linked as Bob"):
		t.Errorf(`!strings.Contains(said[0].Text, "linked as Bob"): %+v`, said)
	case w.role(bob, "") != access.Agent:
		t.Errorf(`w.role(bob, "") != access.Agent: %+v`, said)
	}
}

func TestARoleIsThatOfTheSite(t *testing.T) {
	s := storage.Staff{Roles: access.Grants{"main": access.Lead, access.EverySite: access.Viewer}}
	one := storage.Staff{Roles: access.Grants{"main": access.Agent}}
	gone := storage.Staff{Roles: s.Roles, Gone: monday}
	for _, c := range []struct {
		staff storage.Staff
		site  string
		want  access.Role
	}{{s, "main", access.Lead}, {s, "other", access.Viewer}, {one, "main", access.Agent}, {one, "other", access.Outsider}, {gone, "main", access.Outsider}} {
		if got := c.staff.RoleAt(c.site); got != c.want {
			t.Errorf("%+v at %q: %q, want %q", c.staff.Roles, c.site, got, c.want)
		}
	}
}

func TestWhatSomebodyHeldReturnsToTheQueueWhenTheyLeave(t *testing.T) {
	w := newWorld(t)
	w.hire("b", "Bob", access.Agent)
	bob := telegramUser("7", "Bob", "en")
	w.command(bob, "link", w.code("b"))
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.acted(w.onlyCase(), recovery.Take{})
	w.now = w.now.Add(time.Minute)
	for _, want := range []int{1, 0} {
		if n, err := w.bot.RemoveStaff(context.Background(), "b"); err != nil || n != want {
			t.Fatalf("%d cases returned, %v; want %d", n, err, want)
		}
		if k := w.onlyCase(); k.State != recovery.Open || k.Holder.ID != "" {
			t.Errorf("the case is %s, held by %q", k.State, k.Holder.ID)
		}
	}
	if card := w.transcript(room)[0].Render; card.State != "open" {
		t.Errorf("the card says %q", card.Title)
	}
	if w.role(bob, "") != access.Outsider {
		t.Error("who left may still act")
	}
	if _, err := w.bot.RemoveStaff(context.Background(), "nobody"); !errors.Is(err, ErrNoStaff) {
		t.Errorf("nobody is removed: %v", err)
	}
}
