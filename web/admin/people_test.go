package admin

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	roles := rolesForm{form: form{Fields: []field{{Name: "role", Label: "What they may do", Kind: "select", Options: []option{{"agent", "Agent"}, {"lead", "Lead"}}, Value: "agent", Fault: "Choose one."}}}, May: true, Places: []placeBox{{"main", "Main Street", true}, {"harbour", "Harbour", false}}, Fault: "Choose at least one place."}
	secret := secretLink{URL: "care.example/join/abc", Until: "tomorrow", QR: qrPicture{2, "M0 0h1v1h-1z"}}
	code := secretLink{"Amy Fox", "https://t.me/bella_bot?start=l-ABCDEFGH", "ABCDEFGH", "tomorrow", qrPicture{2, "M0 0h1v1h-1z"}}
	row := personRow{"amy", "Amy Fox", "Agent: Main Street", "Telegram", "last signed in today", "holds 2 cases", true, "no second factor", true, false}
	fixtures = append(fixtures,
		fixture{"people.html", "empty", frame{Title: "People", Here: "/people"}, peoplePage{}},
		fixture{"people.html", "full", frame{Title: "People", Here: "/people"}, peoplePage{[]personRow{row}, []personRow{row}}},
		fixture{"invite.html", "empty", frame{Title: "Invite"}, invitePage{rolesForm: roles}},
		fixture{"invite.html", "full", frame{Title: "Amy is invited"}, invitePage{Link: secret, Name: "Amy"}},
		fixture{"person.html", "empty", frame{Title: "Amy Fox"}, personPage{ID: "amy", Name: "Amy Fox"}},
		fixture{"person.html", "full", frame{Title: "Amy Fox"}, personPage{
			rolesForm: roles, ID: "amy", Name: "Amy Fox", About: row, Change: true, In: true, Waits: true, MayOwner: true, Held: []string{"A-1", "A-2"}, HeldCount: 2, Link: secret, LinkKind: "join", Problem: "This is the last owner.",
		}},
		fixture{"person.html", "code", frame{Title: "Amy Fox"}, personPage{ID: "amy", Name: "Amy Fox", Change: true, Chat: code}},
		fixture{"mychat.html", "empty", frame{Title: "My chats"}, myChatPage{}},
		fixture{"mychat.html", "full", frame{Title: "My chats"}, myChatPage{true, "Telegram", code}},
		fixture{"audit.html", "empty", frame{Title: "What was changed"}, auditPageView{}},
		fixture{"audit.html", "full", frame{Title: "What was changed"}, auditPageView{Rows: []auditRow{{"2026-03-04", "robin", "owner", "page", "Changed the role", "amy", "agent at main", "lead at main"}}, Older: "/audit?before=x", Found: true, Filters: []field{{Name: "who", Label: "By"}}}},
	)
}

// hire makes somebody who can sign in, and returns their browser.
func (s *street) hire(id string, roles access.Grants, owner bool) *browser {
	s.t.Helper()
	if err := s.store.PutStaff(s.t.Context(), storage.Staff{ID: id, Name: strings.ToUpper(id), Roles: roles, Created: s.now}); err != nil {
		s.t.Fatal(err)
	}
	b := s.browser()
	w := b.do("POST", "/join/"+s.link(storage.JoinLink, id, time.Hour), url.Values{"name": {id}, "password": {password}})
	if w.Code != http.StatusSeeOther {
		s.t.Fatalf("%s joins: %d\n%s", id, w.Code, w.Body)
	}
	if owner {
		_, err := s.store.ChangeLogin(s.t.Context(), storage.LoginChange{ID: idOf(s.t, s.store, id), Change: func(l *storage.Login) error { l.Owner = true; return nil }})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return b
}

func (s *street) sites(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		if err := s.store.PutSite(s.t.Context(), storage.Site{ID: id, Name: strings.ToUpper(id), Created: s.now}); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestSomebodyIsInvitedJoinsAndIsRemoved(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.sites("main", "harbour")
	if w := b.do("POST", "/people/new", url.Values{"name": {"Amy Fox"}, "role": {"agent"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="Amy Fox"`) {
		t.Errorf("without a place: %d\n%s", w.Code, w.Body)
	}
	w := b.do("POST", "/people/new", url.Values{"name": {"Amy Fox"}, "role": {"agent"}, "site": {"main", "nowhere"}})
	link := regexp.MustCompile(`/care(/join/[\w-]{22})<`).FindStringSubmatch(w.Body.String())
	if w.Code != 200 || link == nil || !strings.Contains(w.Body.String(), `class="qr"`) {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	if list := b.do("GET", "/people", nil).Body.String(); !strings.Contains(list, "Amy Fox") || strings.Contains(list, link[1]) {
		t.Errorf("the list:\n%s", list)
	}
	amy := s.browser()
	if w := amy.do("POST", link[1], url.Values{"name": {"amy"}, "password": {password}}); w.Code != http.StatusSeeOther {
		t.Fatalf("she joins: %d\n%s", w.Code, w.Body)
	}
	if w := amy.do("GET", "/people", nil); w.Code != http.StatusForbidden {
		t.Errorf("an agent sees the people: %d", w.Code)
	}
	if w := b.do("POST", "/people/amy-fox/roles", url.Values{"role": {"lead"}, "site": {"main", "harbour"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("another role: %d\n%s", w.Code, w.Body)
	}
	if w := amy.do("GET", "/people", nil); w.Code != 200 {
		t.Errorf("a lead, at once: %d", w.Code)
	}
	if w := b.do("POST", "/people/amy-fox/remove", nil); w.Code != http.StatusSeeOther || amy.in() {
		t.Errorf("removed: %d, in: %v", w.Code, amy.in())
	}
	if w := s.browser().signIn("amy", password); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("who is removed signs in: %d", w.Code)
	}
	if w := b.do("POST", "/people/robin/remove", nil); w.Code != http.StatusUnprocessableEntity || !b.in() {
		t.Errorf("the last owner is removed: %d", w.Code)
	}
	page := b.do("GET", "/audit", nil).Body.String()
	for _, want := range []string{"Removed", "Changed the role", "agent at main", "lead at harbour", "robin"} {
		if !strings.Contains(page, want) {
			t.Errorf("what was changed does not tell of %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, strings.TrimPrefix(link[1], "/join/")) {
		t.Error("what was changed has the link")
	}
}

// Who may do what to whom: nobody gives what they may not, or changes who is more.
func TestNobodyGivesOrTakesMoreThanTheyMay(t *testing.T) {
	s := newStreet(t)
	s.owner()
	s.sites("main", "harbour")
	admin := s.hire("ada", access.Grants{access.EverySite: access.Admin}, false)
	lead := s.hire("lea", access.Grants{"main": access.Lead}, false)
	s.hire("amy", access.Grants{"main": access.Agent}, false)
	s.hire("hans", access.Grants{"harbour": access.Agent}, false)
	s.hire("both", access.Grants{"main": access.Agent, "harbour": access.Agent}, false)
	second := s.hire("olga", access.Grants{access.EverySite: access.Admin}, true)
	s.now = s.now.Add(time.Second)
	for _, c := range []struct {
		who  string
		b    *browser
		at   string
		form url.Values
		want int
	}{
		{"a lead invites an agent at her site", lead, "/people/new", url.Values{"name": {"New One"}, "role": {"agent"}, "site": {"main"}}, 200},
		{"a lead invites a lead", lead, "/people/new", url.Values{"name": {"New Two"}, "role": {"lead"}, "site": {"main"}}, 422},
		{"a lead invites elsewhere", lead, "/people/new", url.Values{"name": {"New Three"}, "role": {"agent"}, "site": {"harbour"}}, 422},
		{"a lead invites everywhere", lead, "/people/new", url.Values{"name": {"New Four"}, "role": {"agent"}, "everywhere": {"yes"}}, 422},
		{"a lead changes an agent elsewhere", lead, "/people/hans/roles", url.Values{"role": {"viewer"}, "site": {"main"}}, 403},
		{"a lead changes an agent of two sites", lead, "/people/both/roles", url.Values{"role": {"viewer"}, "site": {"main"}}, 403},
		{"a lead makes a link for an admin", lead, "/people/ada/link", nil, 403},
		{"a lead makes herself an admin", lead, "/people/lea/roles", url.Values{"role": {"admin"}}, 403},
		{"a lead changes her agent", lead, "/people/amy/roles", url.Values{"role": {"viewer"}, "site": {"main"}}, 303},
		{"a lead makes her agent an admin", lead, "/people/amy/roles", url.Values{"role": {"admin"}}, 422},
		{"a lead names an owner", lead, "/people/amy/owner", url.Values{"owner": {"yes"}}, 403},
		{"an admin names an owner", admin, "/people/amy/owner", url.Values{"owner": {"yes"}}, 403},
		{"an admin makes a link for an owner", admin, "/people/robin/link", nil, 403},
		{"an admin removes an owner", admin, "/people/robin/remove", nil, 403},
		{"an admin changes an owner", admin, "/people/robin/roles", url.Values{"role": {"viewer"}, "everywhere": {"yes"}}, 403},
		{"an admin makes an admin", admin, "/people/hans/roles", url.Values{"role": {"admin"}}, 303},
		{"an owner takes the other's mark", second, "/people/robin/owner", url.Values{"owner": {"no"}}, 303},
		{"the last owner takes her own", second, "/people/olga/owner", url.Values{"owner": {"no"}}, 422},
		{"somebody who is not there", admin, "/people/nobody/remove", nil, 404},
	} {
		if w := c.b.do("POST", c.at, c.form); w.Code != c.want {
			t.Errorf("%s: %d, want %d\n%.600s", c.who, w.Code, c.want, w.Body)
		}
	}
	s.now = s.now.Add(time.Hour)
	if w := admin.do("POST", "/people/amy/remove", nil); !strings.Contains(w.Header().Get("Location"), "/prove") {
		t.Errorf("an hour after signing in somebody is removed without a proof: %d", w.Code)
	}
	if team, err := s.store.StaffList(t.Context()); err != nil || len(team) != 8 {
		t.Errorf("%d in the team, want 8: %v", len(team), err)
	}
}

func TestAnInvitationIsWithdrawnAndAChatLinkedByACode(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	w := b.do("POST", "/people/new", url.Values{"name": {"Amy"}, "role": {"viewer"}, "everywhere": {"yes"}})
	link := regexp.MustCompile(`/care(/join/[\w-]{22})<`).FindStringSubmatch(w.Body.String())
	if link == nil {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	b.do("GET", "/people/amy", nil) // which offers it
	if w := b.do("POST", "/people/amy/withdraw", nil); w.Code != http.StatusSeeOther {
		t.Errorf("withdrawn: %d", w.Code)
	}
	if w := s.browser().do("GET", link[1], nil); w.Code != http.StatusGone {
		t.Errorf("a link that was withdrawn: %d", w.Code)
	}
	if w := b.do("GET", "/me/chat", nil); w.Code != 200 || !strings.Contains(w.Body.String(), `action="/care/me/chat"`) {
		t.Errorf("one’s own chats: %d\n%s", w.Code, w.Body)
	}
	if w := b.do("POST", "/me/chat", nil); w.Code != 200 || !regexp.MustCompile(`/link [A-Z2-7]{16}<`).MatchString(w.Body.String()) {
		t.Errorf("a code of one’s own: %d\n%s", w.Code, w.Body)
	}
	if w := b.do("POST", "/people/amy/chat", nil); w.Code != 200 || !regexp.MustCompile(`/link [A-Z2-7]{16}<`).MatchString(w.Body.String()) {
		t.Errorf("a code: %d\n%s", w.Code, w.Body)
	}
}
