package admin

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// meeting is a store in which somebody else does something between what a page reads and what it writes.
type meeting struct {
	storage.Store
	then func() // once; nil = nothing
}

func (m *meeting) meets() {
	if f := m.then; f != nil {
		m.then = nil
		f()
	}
}

func (m *meeting) ReplaceStaff(ctx context.Context, was, now storage.Staff) error {
	m.meets()
	return m.Store.ReplaceStaff(ctx, was, now)
}

func (m *meeting) ReplaceSite(ctx context.Context, was, now storage.Site) error {
	m.meets()
	return m.Store.ReplaceSite(ctx, was, now)
}

func (m *meeting) ReplaceStandingLink(ctx context.Context, was, now storage.StandingLink) error {
	m.meets()
	return m.Store.ReplaceStandingLink(ctx, was, now)
}

func (m *meeting) ReplaceStaffChat(ctx context.Context, was, now storage.StaffChat) error {
	m.meets()
	return m.Store.ReplaceStaffChat(ctx, was, now)
}

// meets puts a store before the pages of the street in which others do something in between.
func (s *street) meets() *meeting {
	m := &meeting{Store: s.store}
	s.config.Store = m
	s.pages = New(s.config)
	return m
}

// storedStaff is a member of staff as they are stored.
func (s *street) storedStaff(id string) storage.Staff {
	s.t.Helper()
	team, err := s.store.StaffList(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range team {
		if x.ID == id {
			return x
		}
	}
	s.t.Fatalf("there is no %s", id)
	return storage.Staff{}
}

// becomes changes a member of staff, as another server does.
func (s *street) becomes(id string, change func(*storage.Staff)) {
	s.t.Helper()
	was := s.storedStaff(id)
	now := was
	change(&now)
	if err := s.store.ReplaceStaff(s.t.Context(), was, now); err != nil {
		s.t.Fatal(err)
	}
}

// Whoever gives somebody a role does not give back what another takes at the same moment.
func TestARoleThatAnotherTakesIsNotGivenBack(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.sites("main", "harbour")
	s.hire("bob", access.Grants{"main": access.Agent, "harbour": access.Agent}, false)
	m := s.meets()
	lead := url.Values{"role": {"lead"}, "site": {"main", "harbour"}}

	m.then = func() {
		s.becomes("bob", func(x *storage.Staff) { x.Roles = access.Grants{"main": access.Agent} })
	}
	w := b.do("POST", "/people/bob/roles", lead)
	if m.then != nil || w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Somebody else changed this while you wrote") {
		t.Errorf("at the same moment: %d\n%s", w.Code, w.Body)
	}
	if got := rolesText(s.storedStaff("bob").Roles); got != "agent at main" {
		t.Errorf("his roles are %s: what another took is given back", got)
	}
	was := regexp.MustCompile(`name="roles.was" value="([^"]*)"`).FindStringSubmatch(w.Body.String())
	if was == nil || html.UnescapeString(was[1]) != "agent at main" {
		t.Fatalf("the form was made of %q", was)
	}

	// Who has seen it may want it all the same.
	lead["roles.was"] = was[1:]
	if w := b.do("POST", "/people/bob/roles", lead); w.Code != http.StatusSeeOther {
		t.Errorf("once more: %d\n%s", w.Code, w.Body)
	}
	if got := rolesText(s.storedStaff("bob").Roles); got != "lead at harbour, lead at main" {
		t.Errorf("his roles are %s", got)
	}

	// A form that lay open says what it was made of.
	if w := b.do("POST", "/people/bob/roles", lead); w.Code != http.StatusSeeOther {
		t.Errorf("the same again: %d\n%s", w.Code, w.Body)
	}
	lead.Set("role", "agent")
	if w := b.do("POST", "/people/bob/roles", lead); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("of roles that are no more: %d\n%s", w.Code, w.Body)
	}
	if got := rolesText(s.storedStaff("bob").Roles); got != "lead at harbour, lead at main" {
		t.Errorf("his roles are %s", got)
	}
	untouched := url.Values{"role": {"viewer"}, "site": {"main"}, "roles.was": {"viewer at main"}}
	if w := b.do("POST", "/people/bob/roles", untouched); w.Code != http.StatusSeeOther {
		t.Errorf("a form that nobody touched: %d\n%s", w.Code, w.Body)
	}
	if got := rolesText(s.storedStaff("bob").Roles); got != "lead at harbour, lead at main" {
		t.Errorf("a form that nobody touched makes them %s", got)
	}
}

// Who changes something else of somebody at the same moment has their way, too.
func TestOfTwoWhoChangeSomebodyAtOnceBothHaveTheirWay(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.sites("main", "harbour")
	bob := s.hire("bob", access.Grants{"main": access.Agent}, false)
	m := s.meets()

	m.then = func() { s.becomes("bob", func(x *storage.Staff) { x.Name = "Robert" }) }
	if w := b.do("POST", "/people/bob/roles", url.Values{"role": {"viewer"}, "site": {"main"}}); w.Code != http.StatusSeeOther || m.then != nil {
		t.Errorf("another role: %d\n%s", w.Code, w.Body)
	}
	if got := s.storedStaff("bob"); got.Name != "Robert" || rolesText(got.Roles) != "viewer at main" {
		t.Errorf("he is %+v", got)
	}

	m.then = func() {
		s.becomes("bob", func(x *storage.Staff) { x.Roles = access.Grants{"harbour": access.Viewer} })
	}
	if w := bob.do("POST", "/me", url.Values{"shown": {"Rob"}, "language": {""}, "look": {""}}); w.Code != http.StatusSeeOther || m.then != nil {
		t.Errorf("another name: %d\n%s", w.Code, w.Body)
	}
	if got := s.storedStaff("bob"); got.Name != "Rob" || rolesText(got.Roles) != "viewer at harbour" {
		t.Errorf("he is %+v: what was taken from him is given back", got)
	}

	// Nobody who is removed comes back.
	m.then = func() {
		if err := s.store.DropStaff(t.Context(), "bob", s.now); err != nil {
			t.Error(err)
		}
	}
	if w := b.do("POST", "/people/bob/roles", url.Values{"role": {"agent"}, "site": {"main"}}); w.Code != http.StatusNotFound || m.then != nil {
		t.Errorf("a role of who is removed: %d\n%s", w.Code, w.Body)
	}
	if got := s.storedStaff("bob"); got.Gone.IsZero() || rolesText(got.Roles) != "viewer at harbour" {
		t.Errorf("he is %+v", got)
	}
}

func TestOfTwoWhoInviteTheSameNameAtOnceEachHasTheirs(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.sites("main", "harbour")
	m := s.meets()
	m.then = func() {
		x := storage.Staff{ID: "amy-fox", Name: "Amy Fox", Roles: access.Grants{"harbour": access.Viewer}, Created: s.now}
		if err := s.store.ReplaceStaff(t.Context(), storage.Staff{}, x); err != nil {
			t.Error(err)
		}
	}
	if w := b.do("POST", "/people/new", url.Values{"name": {"Amy Fox"}, "role": {"agent"}, "site": {"main"}}); w.Code != 200 || m.then != nil {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	if one, two := s.storedStaff("amy-fox"), s.storedStaff("amy-fox-2"); rolesText(one.Roles) != "viewer at harbour" || rolesText(two.Roles) != "agent at main" {
		t.Errorf("they are %+v and %+v", one, two)
	}
}

// siteIs is a site as it is stored; change makes it another, as another server does.
func (s *street) siteIs(id string, change func(*storage.Site)) (now storage.Site) {
	s.t.Helper()
	all, err := s.store.Sites(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range all {
		if x.ID == id {
			now = x
		}
	}
	if change != nil {
		was := now
		change(&now)
		if err := s.store.ReplaceSite(s.t.Context(), was, now); err != nil {
			s.t.Fatal(err)
		}
	}
	return now
}

func TestOfTwoWhoChangeASiteAtOnceNobodyIsUndone(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	m := s.meets()
	made := url.Values{"name": {"Main"}, "id": {"main"}, "zone": {"UTC"}, "language": {"en"}, "signs": {"team"}}

	m.then = func() {
		s.siteIs("main", func(x *storage.Site) { *x = storage.Site{ID: "main", Name: "Other", Zone: "UTC", Created: s.now} })
	}
	w := b.do("POST", "/settings/sites/new", made)
	if w.Code != http.StatusUnprocessableEntity || m.then != nil || !strings.Contains(w.Body.String(), "id-fault") {
		t.Errorf("a site that another made: %d\n%s", w.Code, w.Body)
	}
	if got := s.siteIs("main", nil); got.Name != "Other" {
		t.Errorf("it is %+v", got)
	}

	m.then = func() { s.siteIs("main", func(x *storage.Site) { x.Zone = "Europe/Berlin" }) }
	named := url.Values{"name": {"Main Street"}, "name.was": {"Other"}, "zone": {"UTC"}, "zone.was": {"UTC"}}
	if w := b.do("POST", "/settings/sites/main", named); w.Code != http.StatusSeeOther || m.then != nil {
		t.Errorf("another name: %d\n%s", w.Code, w.Body)
	}
	if got := s.siteIs("main", nil); got.Name != "Main Street" || got.Zone != "Europe/Berlin" {
		t.Errorf("it is %+v", got)
	}

	m.then = func() { s.siteIs("main", func(x *storage.Site) { x.Name = "Theirs" }) }
	named = url.Values{"name": {"Ours"}, "name.was": {"Main Street"}}
	w = b.do("POST", "/settings/sites/main", named)
	if w.Code != http.StatusUnprocessableEntity || m.then != nil || !strings.Contains(w.Body.String(), "Theirs") {
		t.Errorf("the same field: %d\n%s", w.Code, w.Body)
	}
	if got := s.siteIs("main", nil); got.Name != "Theirs" {
		t.Errorf("it is %+v", got)
	}

	m.then = func() { s.siteIs("main", func(x *storage.Site) { x.Zone = "Asia/Tokyo" }) }
	place := url.Values{"name": {"First"}, "name.was": {"Theirs"}, "zone": {"Europe/Berlin"}, "zone.was": {"Europe/Berlin"}, "language": {"en"}}
	if w := b.do("POST", "/setup/place", place); w.Code != http.StatusSeeOther || m.then != nil {
		t.Errorf("on the first evening: %d\n%s", w.Code, w.Body)
	}
	if got := s.siteIs("main", nil); got.Name != "First" || got.Zone != "Asia/Tokyo" {
		t.Errorf("it is %+v", got)
	}

	m.then = func() { s.siteIs("main", func(x *storage.Site) { x.Gone = s.now }) }
	if w := b.do("POST", "/settings/sites/main", url.Values{"name": {"Back"}}); w.Code != http.StatusNotFound || m.then != nil {
		t.Errorf("one that another removes: %d\n%s", w.Code, w.Body)
	}
	if got := s.siteIs("main", nil); got.Name != "First" || got.Gone.IsZero() {
		t.Errorf("it is %+v", got)
	}
}

func TestClosingALinkUndoesNothingThatAnotherDoesAtOnce(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.sites("main", "harbour")
	l := storage.StandingLink{ID: "counter", Name: "Counter", Flow: "one_tap_csat", Site: "main", Event: map[string]string{}, Created: s.now}
	if err := s.store.ReplaceStandingLink(t.Context(), storage.StandingLink{}, l); err != nil {
		t.Fatal(err)
	}
	m := s.meets()
	m.then = func() {
		moved := l
		moved.Site = "harbour"
		if err := s.store.ReplaceStandingLink(t.Context(), l, moved); err != nil {
			t.Error(err)
		}
	}
	if w := b.do("POST", "/asking/links/counter/close", nil); w.Code != http.StatusSeeOther || m.then != nil {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	if got, err := s.store.StandingLink(t.Context(), "counter"); err != nil || got.Site != "harbour" || got.Closed.IsZero() {
		t.Errorf("it is %+v: %v", got, err)
	}
}

func TestAChatOfStaffThatAnotherAddsAtOnceStaysTheirs(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.accounts(&bots{})
	m := s.meets()
	adds := func(name string) func() {
		return func() {
			c := storage.StaffChat{Name: name, Sites: []string{"main"}, Created: s.now}
			if err := s.store.ReplaceStaffChat(t.Context(), storage.StaffChat{}, c); err != nil {
				t.Error(err)
			}
		}
	}
	m.then = adds("desk")
	w := b.do("POST", "/settings/chats", url.Values{"name": {"desk"}, "site": {""}})
	if w.Code != http.StatusUnprocessableEntity || m.then != nil || !strings.Contains(w.Body.String(), "name-fault") {
		t.Errorf("a name that another took: %d\n%s", w.Code, w.Body)
	}
	m.then = adds(firstGroup)
	if w := b.do("POST", "/settings/telegram/group", nil); w.Code != 200 || m.then != nil {
		t.Errorf("the first chat: %d\n%s", w.Code, w.Body)
	}
	chats, err := s.store.StaffChatList(t.Context())
	if err != nil || len(chats) != 2 {
		t.Fatalf("%+v, %v", chats, err)
	}
	for _, c := range chats {
		if len(c.Sites) != 1 {
			t.Errorf("%s hears of %q: what another said of it is undone", c.Name, c.Sites)
		}
	}
}

// there is a store in which somebody else has always stored the same already.
type there struct{ storage.Store }

func (there) ReplaceStaff(context.Context, storage.Staff, storage.Staff) error {
	return fmt.Errorf("replace: %w", storage.ErrThere)
}

// met is a store in which somebody else always was quicker.
type met struct{ storage.Store }

func (met) ReplaceStaff(context.Context, storage.Staff, storage.Staff) error {
	return fmt.Errorf("replace: %w", storage.ErrChanged)
}

// Whoever meets somebody else is told so, and what to do, and not that the database is away.
func TestWhoMeetsAnotherIsToldSoInTheirLanguage(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.sites("main")
	for _, c := range []struct {
		store    storage.Store
		language string
		want     []string
	}{
		{there{s.store}, "en", []string{"Somebody else changed this at the same moment", "do it again only if something is missing"}},
		{there{s.store}, "zh-Hans", []string{"有人在同一时刻修改了这一项", "确有缺少时再操作一次"}},
		{met{s.store}, "en", []string{"Somebody else changed this at the same moment", "Nothing of what you did was stored"}},
		{met{s.store}, "zh-Hans", []string{"有人在同一时刻修改了这一项", "您的操作没有保存"}},
	} {
		s.config.Store = c.store
		s.pages = New(s.config)
		b.do("POST", "/me", url.Values{"shown": {"Robin Park"}, "language": {c.language}, "look": {""}})
		w := b.do("POST", "/people/new", url.Values{"name": {"Amy"}, "role": {"agent"}, "site": {"main"}})
		for _, want := range c.want {
			if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%T in %s: %d, no %q in\n%s", c.store, c.language, w.Code, want, w.Body)
			}
		}
	}
	if e := page.AsError(perhapsDone(fmt.Errorf("act: %w", storage.ErrThere))); e.Title != "" {
		t.Errorf("of an act it is said that %s", e.Title)
	}
}
