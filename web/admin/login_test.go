package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	fields := []field{
		{Name: "name", Label: "Sign-in name", Value: "robin", Fill: "username"},
		{Name: "password", Label: "Password", Hint: "12 characters or more.", Kind: "password", Fault: "The name or the password is not right."},
	}
	fixtures = append(fixtures,
		fixture{"login.html", "empty", frame{Title: "Sign in", Bare: true}, loginPage{None: true, Next: "/"}},
		fixture{"login.html", "full", frame{Title: "Sign in", Bare: true}, loginPage{form: form{fields}, Plain: true, Next: "/cases?site=a&state=open"}},
		fixture{"prove.html", "full", frame{Title: "Is it you?", Bare: true}, provePage{form: form{fields[1:]}, Next: "/people", SignIn: "robin"}},
		fixture{"onetime.html", "empty", frame{Title: "A new password for robin", Bare: true}, linkPage{Kind: storage.ResetLink, At: "/reset/x", Who: "robin"}},
		fixture{"onetime.html", "full", frame{Title: "Who are you?", Bare: true}, linkPage{form: form{fields}, Kind: storage.SetupLink, At: "/setup/x", Made: "abcd-efgh", Plain: true}},
		fixture{"me.html", "empty", frame{Title: "My own"}, mePage{Password: passwordForm(tongues()["en"])}},
		fixture{"me.html", "full", frame{Title: "My own"}, mePage{form: form{fields[:1]}, SignIn: "robin", Password: passwordForm(tongues()["en"]), Sessions: []sessionRow{
			{"1", "Firefox · Linux", "192.0.2.7", true}, {"2", "Safari · iPhone", "192.0.2.8", false},
		}}},
	)
}

// street is the way to the door of an admin over a real database: browsers with their cookies.
type street struct {
	config Config
	t      *testing.T
	store  storage.Store
	pages  http.Handler
	now    time.Time
}

func newStreet(t *testing.T) *street {
	h := newHouse(t, Viewer{})
	s := &street{t: t, store: h.store, now: time.Date(2026, 3, 4, 18, 0, 0, 0, time.UTC)}
	quick := signin.NewHasher()
	quick.Memory = 64
	s.config = Config{Hasher: quick, Store: h.store, Bot: h.bot, Clock: func() time.Time { return s.now }, Prefix: "/care"}
	s.pages = New(s.config)
	return s
}

// accounts lets bots be connected.
func (s *street) accounts(a Accounts) {
	s.config.Accounts = a
	s.pages = New(s.config)
}

// browser is one on the street.
type browser struct {
	*street
	from   string // its address
	https  bool
	cookie *http.Cookie
	trip   *http.Cookie // its way to the identity provider
	last   *http.Cookie // who signed in last
	head   http.Header  // sent with each request
}

func (s *street) browser() *browser { return &browser{street: s, from: "192.0.2.7:4711"} }

func (b *browser) do(method, at string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	scheme := "http"
	if b.https {
		scheme = "https"
	}
	r := httptest.NewRequest(method, scheme+"://care.example/care"+at, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.from
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range b.head {
		r.Header[name] = values
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	if b.trip != nil {
		r.AddCookie(b.trip)
	}
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		keeps := &b.cookie
		switch {
		case strings.HasSuffix(c.Name, "-oidc"):
			keeps = &b.trip
		case strings.HasSuffix(c.Name, "_last"):
			keeps = &b.last
		}
		if *keeps = c; c.MaxAge < 0 {
			*keeps = nil
		}
	}
	return w
}

// link stores a one-time link and returns its token.
func (s *street) link(kind storage.LinkKind, who string, life time.Duration) string {
	s.t.Helper()
	token := signin.NewToken()
	err := s.store.PutOneTimeLink(s.t.Context(), storage.OneTimeLink{
		Hash: signin.HashToken(token), Kind: kind, Who: who, Made: s.now, Expires: s.now.Add(life),
	}, storage.Audit{})
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

const password = "two old bicycles"

// owner makes the first login, named robin, and returns the browser in which that was done.
func (s *street) owner() *browser {
	s.t.Helper()
	b := s.browser()
	w := b.do("POST", "/setup/"+s.link(storage.SetupLink, "", time.Hour), url.Values{"shown": {"Robin Park"}, "name": {"robin"}, "password": {password}})
	if w.Code != http.StatusSeeOther || b.cookie == nil {
		s.t.Fatalf("set up: %d %s", w.Code, w.Body)
	}
	return b
}

func (b *browser) signIn(name, password string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do("POST", "/login", url.Values{"name": {name}, "password": {password}})
}

// in reports whether the browser is signed in.
func (b *browser) in() bool { return b.do("GET", "/prove", nil).Code == 200 }

func TestTheFirstEveningBeginsWithOneNameAndOneClick(t *testing.T) {
	s := newStreet(t)
	b, token := s.browser(), s.link(storage.SetupLink, "", time.Hour)
	for range 3 { // robots look first
		if w := s.browser().do("GET", "/setup/"+token, nil); w.Code != 200 {
			t.Fatalf("a robot: %d", w.Code)
		}
		if w := s.browser().do("HEAD", "/setup/"+token, nil); w.Code != 200 {
			t.Fatalf("a robot's HEAD: %d", w.Code)
		}
	}
	page := b.do("GET", "/setup/"+token, nil).Body.String()
	made := regexp.MustCompile(`name="made" value="([^"]+)"`).FindStringSubmatch(page)
	if made == nil || !strings.Contains(page, `value="`+made[1]+`" autocomplete="new-password"`) {
		t.Fatalf("no password is offered:\n%s", page)
	}
	w := b.do("POST", "/setup/"+token, url.Values{"shown": {"Robin Park"}, "name": {""}, "password": {made[1]}, "made": {made[1]}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/care/setup/place" || !b.in() {
		t.Fatalf("%d to %q, in: %v\n%s", w.Code, w.Header().Get("Location"), b.in(), w.Body)
	}
	all, err := s.store.Logins(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "robin.park" || !all[0].Owner || all[0].Staff != "robin-park" {
		t.Fatalf("%+v, %v", all, err)
	}
	other := s.browser()
	if w := other.signIn("Robin.Park", made[1]); w.Code != http.StatusSeeOther || !other.in() {
		t.Errorf("the password does not sign in: %d", w.Code)
	}
	audits, err := s.store.Audits(t.Context(), storage.AuditFilter{Limit: 9})
	if err != nil || len(audits) != 1 || audits[0].What != "login.make" || audits[0].Who != "robin.park" {
		t.Errorf("it is written down as %+v, %v", audits, err)
	}
}

func TestALinkIsSpentOnceAndOnlyForWhatItIs(t *testing.T) {
	s := newStreet(t)
	first, second, late := s.link(storage.SetupLink, "", time.Hour), s.link(storage.SetupLink, "", time.Hour), s.link(storage.SetupLink, "", time.Minute)
	s.now = s.now.Add(2 * time.Minute)
	form := url.Values{"shown": {"Robin"}, "name": {"robin"}, "password": {password}}
	gone := func(what, at string) {
		t.Helper()
		for _, method := range []string{"GET", "POST"} {
			b := s.browser()
			if w := b.do(method, at, form); w.Code != http.StatusGone || b.cookie != nil {
				t.Errorf("%s, %s: %d", what, method, w.Code)
			}
		}
	}
	gone("too late", "/setup/"+late)
	gone("unknown", "/setup/x")
	gone("of another kind", "/join/"+first)
	for fault, bad := range map[string]url.Values{
		"no name":        {"shown": {""}, "name": {"robin"}, "password": {password}},
		"a bad name":     {"shown": {"Robin"}, "name": {"a b"}, "password": {password}},
		"too short":      {"shown": {"Robin"}, "name": {"robin"}, "password": {"short"}},
		"tried first":    {"shown": {"Robin"}, "name": {"robin"}, "password": {"password1234"}},
		"its own name":   {"shown": {"Robin"}, "name": {"robinpark"}, "password": {"robinpark123"}},
		"nothing at all": {},
	} {
		w := s.browser().do("POST", "/setup/"+first, bad)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "aria-invalid") || !strings.Contains(w.Body.String(), `value="`+bad.Get("name")+`"`) {
			t.Errorf("%s: %d\n%s", fault, w.Code, w.Body)
		}
	}
	if w := s.browser().do("POST", "/setup/"+first, form); w.Code != http.StatusSeeOther {
		t.Fatalf("after faults: %d", w.Code)
	}
	gone("spent", "/setup/"+first)
	form.Set("name", "eve")
	b := s.browser()
	if w := b.do("POST", "/setup/"+second, form); w.Code != http.StatusGone || b.cookie != nil {
		t.Errorf("another link to set up, once somebody can sign in: %d", w.Code)
	}
}

// What is said to a wrong password and to an unknown name is the same, byte for byte.
// That both cost one hash is the hasher's own test.
func TestNobodyLearnsWhichNamesThereAre(t *testing.T) {
	s := newStreet(t)
	s.owner()
	said := func(name string) string {
		b := s.browser()
		b.from = "198.51.100." + fmt.Sprint(len(name)) + ":1"
		w := b.signIn(name, "not the password")
		if w.Code != http.StatusUnprocessableEntity || b.cookie != nil {
			t.Errorf("%q: %d", name, w.Code)
		}
		return strings.ReplaceAll(w.Body.String(), `"`+name+`"`, `""`)
	}
	known := said("robin")
	for _, unknown := range []string{"eve", "robin2", "ROBIN.", "a b"} {
		if got := said(unknown); got != known {
			t.Errorf("to %q it is said:\n%s\nto one who is there:\n%s", unknown, got, known)
		}
	}
}

func TestASessionIsNewAtEachSignIn(t *testing.T) {
	s := newStreet(t)
	first := s.owner()
	planted := &http.Cookie{Name: cookiePlain, Value: "planted-by-somebody"}
	b := s.browser()
	b.cookie = planted
	if b.in() {
		t.Fatal("a token that nobody gave signs in")
	}
	b.cookie = planted
	if w := b.signIn("robin", password); w.Code != http.StatusSeeOther || b.cookie.Value == planted.Value || !b.in() {
		t.Fatalf("%d, cookie %q", w.Code, b.cookie.Value)
	}
	old := *b.cookie
	b.signIn("robin", password)
	if again := (&browser{street: s, from: b.from, cookie: &old}); again.in() {
		t.Error("the session from before signing in again goes on")
	}
	if !b.in() || !first.in() {
		t.Error("another browser was signed out")
	}
	taken := *b.cookie
	if w := b.do("POST", "/logout", nil); w.Code != http.StatusSeeOther || b.cookie != nil {
		t.Errorf("out: %d", w.Code)
	}
	if again := (&browser{street: s, from: b.from, cookie: &taken}); again.in() {
		t.Error("a session that ended goes on")
	}
}

func TestTheCookieIsAsTightAsTheConnectionAllows(t *testing.T) {
	s := newStreet(t)
	s.owner()
	for _, https := range []bool{false, true} {
		b := s.browser()
		b.https = https
		b.signIn("robin", password)
		c := b.cookie
		name := map[bool]string{false: "aftercare", true: "__Host-aftercare"}[https]
		if c == nil || c.Name != name || c.Secure != https || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !b.in() {
			t.Errorf("https %v: %+v", https, c)
		}
		b.https = !https
		if b.in() {
			t.Errorf("https %v: the cookie counts on the other kind of connection", https)
		}
	}
}

func TestSigningInLeadsToOurOwnPagesOnly(t *testing.T) {
	s := newStreet(t)
	s.owner()
	for next, want := range map[string]string{
		"/cases?site=a&state=open": "/care/cases?site=a&state=open", "/prove?next=%2Fme": "/care/prove?next=%2Fme", "": "/care/", "/": "/care/",
		"https://evil.example/": "/care/", "//evil.example/": "/care/", `/\evil.example`: "/care/", `\\evil.example`: "/care/", "/\t/evil.example": "/care/",
		"/%0d%0aSet-Cookie:x": "/care/%0d%0aSet-Cookie:x", "javascript:alert(1)": "/care/", "evil": "/care/", "/login?next=/x": "/care/", "/logout": "/care/",
		"http:/evil": "/care/", "///evil.example": "/care/", "/\n/evil": "/care/",
	} {
		b := s.browser()
		w := b.do("POST", "/login", url.Values{"name": {"robin"}, "password": {password}, "next": {next}})
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%q: %d to %q, want %q", next, w.Code, got, want)
		}
		if got := b.do("GET", "/login?next="+url.QueryEscape(next), nil).Header().Get("Location"); got != want {
			t.Errorf("%q, signed in already: to %q, want %q", next, got, want)
		}
	}
}

func TestWaitsGrowByNameAndPlaceAndNeverByNameAlone(t *testing.T) {
	s := newStreet(t)
	s.owner()
	b := s.browser()
	for i := range freeTries {
		if w := b.signIn("robin", "wrong wrong wrong"); w.Code != http.StatusUnprocessableEntity && i < freeTries-1 {
			t.Fatalf("try %d: %d", i+1, w.Code)
		}
	}
	w := b.signIn("Robin", password) // also the right one, however the name is written
	if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "Wait 10 s") {
		t.Fatalf("after %d tries: %d\n%s", freeTries, w.Code, w.Body)
	}
	unknown := s.browser()
	for range freeTries {
		unknown.signIn("nobody", "wrong wrong wrong")
	}
	if got := unknown.signIn("nobody", "x").Code; got != http.StatusTooManyRequests {
		t.Errorf("a name that is not there does not wait: %d", got)
	}
	elsewhere := s.browser()
	elsewhere.from = "198.51.100.1:1"
	if w := elsewhere.signIn("robin", password); w.Code != http.StatusSeeOther {
		t.Errorf("from elsewhere: %d: who knows the name locks its owner out", w.Code)
	}
	s.now = s.now.Add(10 * time.Second)
	if w := b.signIn("robin", "wrong wrong wrong"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("after the wait: %d", w.Code)
	}
	if w := b.signIn("robin", password); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "Wait 20 s") {
		t.Errorf("the next wait: %d\n%s", w.Code, w.Body)
	}
	s.now = s.now.Add(20 * time.Second)
	if w := b.signIn("robin", password); w.Code != http.StatusSeeOther {
		t.Errorf("the right one after it: %d", w.Code)
	}
	many := s.browser()
	many.from = "203.0.113.5:1"
	refused := 0
	for i := range freeTriesPlace + 5 {
		if many.signIn(fmt.Sprint("name", i), "x").Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d of many names from one place were refused, want 5", refused)
	}
}

func TestANewPasswordEndsEverySession(t *testing.T) {
	s := newStreet(t)
	first := s.owner()
	l, err := s.store.LoginNamed(t.Context(), "robin")
	if err != nil {
		t.Fatal(err)
	}
	token := s.link(storage.ResetLink, l.ID, time.Hour)
	if w := s.browser().do("GET", "/reset/"+token, nil); w.Code != 200 || !first.in() {
		t.Fatalf("a look: %d", w.Code)
	}
	b := s.browser()
	if w := b.do("POST", "/reset/"+token, url.Values{"password": {"three new bicycles"}}); w.Code != http.StatusSeeOther || !b.in() {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	if first.in() {
		t.Error("a browser from before is still signed in")
	}
	if w := s.browser().signIn("robin", password); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("the old password: %d", w.Code)
	}
	if w := s.browser().signIn("robin", "three new bicycles"); w.Code != http.StatusSeeOther {
		t.Errorf("the new one: %d", w.Code)
	}
}

func TestSomebodyJoinsAsWhoTheyAre(t *testing.T) {
	s := newStreet(t)
	s.owner()
	if err := s.store.PutStaff(t.Context(), storage.Staff{ID: "amy", Name: "Amy Fox", Roles: access.Grants{"main": access.Agent}, Created: s.now}); err != nil {
		t.Fatal(err)
	}
	token := s.link(storage.JoinLink, "amy", time.Hour)
	b := s.browser()
	page := b.do("GET", "/join/"+token, nil).Body.String()
	if !strings.Contains(page, "Amy Fox") {
		t.Errorf("the page does not say for whom it is:\n%s", page)
	}
	// What a form does not ask for is not set by it.
	w := b.do("POST", "/join/"+token, url.Values{"name": {"amy"}, "password": {password}, "owner": {"true"}, "staff": {"robin"}, "shown": {"Robin Park"}})
	if w.Code != http.StatusSeeOther || !b.in() {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	l, err := s.store.LoginNamed(t.Context(), "amy")
	if err != nil || l.Owner || l.Staff != "amy" || l.Shown != "Amy Fox" {
		t.Errorf("%+v, %v", l, err)
	}
	if err := s.store.DropStaff(t.Context(), "amy", s.now); err != nil || b.in() {
		t.Errorf("who left is still in: %v, %v", b.in(), err)
	}
}

func TestASessionLastsAsLongAsItIsUsedAndNotForGood(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	s.now = s.now.Add(storage.SessionIdle - time.Minute)
	if !b.in() {
		t.Fatal("out before its time")
	}
	s.now = s.now.Add(storage.SessionIdle - time.Minute)
	if !b.in() {
		t.Fatal("being used does not prolong it")
	}
	s.now = s.now.Add(storage.SessionIdle + time.Minute)
	if b.in() {
		t.Error("in after two weeks of nothing")
	}
}

func TestWhatHurtsAsksForThePasswordAgain(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	proved := func() bool {
		v, ok, err := Sessions{s.store, func() time.Time { return s.now }}.Viewer(func() *http.Request {
			r := httptest.NewRequest("GET", "/", nil)
			r.AddCookie(b.cookie)
			return r
		}())
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		w := httptest.NewRecorder()
		site := newSite(Config{Store: s.store, Clock: func() time.Time { return s.now }})
		is := site.proved(w, httptest.NewRequest("POST", "/people/amy/remove", nil), v, "/people/amy")
		if !is && w.Header().Get("Location") != "/prove?next=%2Fpeople%2Famy" {
			t.Errorf("leads to %q", w.Header().Get("Location"))
		}
		return is
	}
	if !proved() {
		t.Error("asked right after signing in")
	}
	s.now = s.now.Add(11 * time.Minute)
	if proved() {
		t.Error("an old proof counts")
	}
	if w := b.do("GET", "/prove?next=/people/amy", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `name="password"`) {
		t.Errorf("the page that asks: %d", w.Code)
	}
	if w := b.do("POST", "/prove", url.Values{"password": {"wrong wrong wrong"}, "next": {"/people/amy"}}); w.Code != http.StatusUnprocessableEntity || proved() {
		t.Errorf("a wrong password: %d", w.Code)
	}
	if w := b.do("POST", "/prove", url.Values{"password": {password}, "next": {"/people/amy"}}); w.Header().Get("Location") != "/care/people/amy" || !proved() {
		t.Errorf("the right one: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestAnotherWebsiteSignsNobodyInOrOut(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	for _, at := range []string{"/login", "/logout", "/prove", "/setup/x"} {
		r := httptest.NewRequest("POST", "http://care.example/care"+at, strings.NewReader("name=robin&password="+url.QueryEscape(password)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.AddCookie(b.cookie)
		w := httptest.NewRecorder()
		s.pages.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
	if !b.in() {
		t.Error("signed out by another website")
	}
}

func TestWhatIsOnesOwnIsChangedByOneselfAlone(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	other := s.browser()
	other.signIn("robin", password)
	w := b.do("POST", "/me", url.Values{"shown": {"Robin P."}, "language": {"zh-Hans"}, "look": {"dark"}, "owner": {"false"}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	page := b.do("GET", "/me", nil).Body.String()
	for _, want := range []string{`lang="zh-Hans"`, `class="dark"`, "Robin P.", "Firefox · Linux"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s:\n%s", want, page)
		}
	}
	team, err := s.store.StaffList(t.Context())
	if err != nil || team[0].Name != "Robin P." || team[0].Roles[access.EverySite] != access.Admin {
		t.Errorf("on cards: %+v, %v", team, err)
	}
	for _, bad := range []url.Values{{"shown": {""}}, {"language": {"xx"}}, {"look": {"<b>"}}} {
		if w := b.do("POST", "/me", bad); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, w.Code)
		}
	}
	if w := b.do("POST", "/me/password", url.Values{"password": {"short"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", w.Code)
	}
	if w := b.do("POST", "/me/password", url.Values{"password": {"three new bicycles"}}); w.Code != http.StatusSeeOther || !b.in() || other.in() {
		t.Errorf("a new password: %d, here in: %v, elsewhere in: %v", w.Code, b.in(), other.in())
	}
	other.signIn("robin", "three new bicycles")
	s.now = s.now.Add(time.Hour)
	if w := b.do("POST", "/me/password", url.Values{"password": {"four new bicycles"}}); !strings.Contains(w.Header().Get("Location"), "/prove") {
		t.Errorf("an hour later a password is changed without the old one: %d to %q", w.Code, w.Header().Get("Location"))
	}
	list, err := s.store.WebSessions(t.Context(), idOf(t, s.store, "robin"), s.now)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if w := b.do("POST", "/me/sessions", url.Values{}); w.Code != http.StatusSeeOther || other.in() || !b.in() {
		t.Errorf("all others end: %d, elsewhere in: %v", w.Code, other.in())
	}
}

func idOf(t *testing.T, store storage.Store, name string) string {
	t.Helper()
	l, err := store.LoginNamed(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return l.ID
}
