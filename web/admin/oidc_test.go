package admin

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/oidc"
	"github.com/aftercare/aftercare/internal/oidc/oidctest"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	subject := field{Name: "subject", Label: "Their account at House", Hint: "What House calls them.", Value: "amy-7", Fault: "That is no subject."}
	fixtures = append(fixtures,
		fixture{"oidc.html", "empty", frame{Title: "Your account at House"}, outsidePage{Provider: "House", Start: "/me/oidc/link?start=x"}},
		fixture{"oidc.html", "full", frame{Title: "Your account at House"}, outsidePage{Provider: "House", Subject: "amy-7", Note: outsideNote{Text: "It is your only way in."}}},
		fixture{"oidc.html", "owner", frame{Title: "Your account at House"}, outsidePage{Provider: "House", Owner: true}},
		fixture{"signin.html", "empty", frame{Title: "Sign-in"}, signInPage{Back: "https://care.example/login/oidc/back", Local: true}},
		fixture{"signin.html", "full", frame{Title: "Sign-in"}, signInPage{
			Name: "House", Facts: []fact{{"Issuer", "https://id.example/realms/house"}}, Back: "https://care.example/login/oidc/back", Fine: "It answered.", Fault: "Failed.", People: 3,
		}},
		fixture{"login.html", "provider", frame{Title: "Sign in", Bare: true}, loginPage{
			form: form{[]field{{Name: "name", Label: "Name"}}}, Next: "/cases?state=open", With: "House", Note: outsideNote{"Nobody here has this account.", strings.Repeat("a-stranger-", 20)},
		}},
		fixture{"prove.html", "provider", frame{Title: "Is it you?", Bare: true}, provePage{Next: "/people", SignIn: "amy", With: "House", Note: outsideNote{Text: "Begin again."}}},
		fixture{"onetime.html", "provider", frame{Title: "Welcome", Bare: true}, linkPage{
			form: form{[]field{{Name: "name", Label: "Name"}}}, Kind: storage.JoinLink, Token: "x", At: "/join/x", With: "House", Note: outsideNote{Text: "Begin again."},
		}},
		fixture{"me.html", "provider", frame{Title: "My own"}, mePage{Password: passwordForm(tongues()["en"]), With: "House", Linked: true}},
		fixture{"person.html", "provider", frame{Title: "Amy"}, personPage{ID: "amy", Name: "Amy", Change: true, In: true, Outside: subject}},
	)
}

// outsiders is a street on which a house has an identity provider.
func outsiders(t *testing.T) (*street, *oidctest.Issuer) {
	t.Helper()
	s, house := newStreet(t), oidctest.New(t)
	house.At = func() time.Time { return s.now }
	house.Back = "http://care.example/care/login/oidc/back"
	s.config.Sealer = plainSealer{}
	s.config.Provider = oidc.New(oidc.Config{Issuer: house.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Name: "House", Clock: house.At})
	s.pages = New(s.config)
	return s, house
}

// staff adds a member of staff.
func (s *street) staff(id, name string) {
	s.t.Helper()
	if err := s.store.PutStaff(s.t.Context(), storage.Staff{ID: id, Name: name, Roles: access.Grants{"main": access.Agent}, Created: s.now}); err != nil {
		s.t.Fatal(err)
	}
}

// login is somebody's, by name.
func (s *street) login(name string) storage.Login {
	s.t.Helper()
	l, err := s.store.LoginNamed(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// leaves goes by a page to the provider, and returns with what the provider sends the browser back.
func (b *browser) leaves(house *oidctest.Issuer, at string) string {
	b.t.Helper()
	w := b.do("GET", at, nil)
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, house.URL+"/authorize?") {
		b.t.Fatalf("%s leads to %q: %d\n%s", at, to, w.Code, w.Body)
	}
	back, said := house.Visit(b.t, to)
	if back == nil {
		b.t.Fatalf("the provider says: %s", said)
	}
	return strings.TrimPrefix(back.RequestURI(), "/care")
}

// trips goes by a page to the provider and back.
func (b *browser) trips(house *oidctest.Issuer, at string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do("GET", b.leaves(house, at), nil)
}

// joined is a browser in which amy has joined with the provider, as amy-7.
func (s *street) joined(house *oidctest.Issuer) *browser {
	s.t.Helper()
	s.staff("amy", "Amy Fox")
	house.Person = "amy-7"
	b := s.browser()
	if w := b.trips(house, "/join/"+s.link(storage.JoinLink, "amy", time.Hour)+"/oidc"); w.Code != http.StatusSeeOther || !b.in() {
		s.t.Fatalf("joining: %d\n%s", w.Code, w.Body)
	}
	return b
}

// says fails unless a page has these words and this status.
func (s *street) says(what string, w *httptest.ResponseRecorder, status int, words string) {
	s.t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), words) {
		s.t.Errorf("%s: %d, want %d and %q\n%s", what, w.Code, status, words, w.Body)
	}
}

func TestWhoJoinedWithTheProviderSignsInWithIt(t *testing.T) {
	s, house := outsiders(t)
	s.owner()
	s.staff("amy", "Amy Fox")
	token := s.link(storage.JoinLink, "amy", time.Hour)
	if page := s.browser().do("GET", "/join/"+token, nil).Body.String(); !strings.Contains(page, "Join with House") {
		t.Errorf("the link offers no provider:\n%s", page)
	}
	for range 3 { // robots that follow what stands there spend nothing
		s.browser().do("GET", "/join/"+token+"/oidc", nil)
	}
	house.Person = "amy-7"
	house.Lie = func(c map[string]any) {
		c["email"], c["email_verified"], c["preferred_username"] = "robin@care.example", true, "robin"
	}
	b := s.browser()
	if w := b.trips(house, "/join/"+token+"/oidc"); w.Header().Get("Location") != "/care/" || !b.in() {
		t.Fatalf("joining: %d to %q\n%s", w.Code, w.Header().Get("Location"), w.Body)
	}
	l := s.login("amy")
	if l.Staff != "amy" || l.Shown != "Amy Fox" || l.Password != "" || l.Owner || l.Outside != house.URL+" amy-7" {
		t.Errorf("%+v", l)
	}
	if a, err := s.store.Audits(t.Context(), storage.AuditFilter{What: "login.make", Who: "amy", Limit: 9}); err != nil || len(a) != 1 {
		t.Errorf("it is written down as %+v, %v", a, err)
	}
	if w := s.browser().do("GET", "/join/"+token, nil); w.Code != http.StatusGone {
		t.Errorf("the link still works: %d", w.Code)
	}
	if w := s.browser().signIn("amy", ""); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a password by none: %d", w.Code)
	}

	b.do("POST", "/logout", nil)
	if b.in() {
		t.Error("in after signing out")
	}
	if w := b.trips(house, "/login/oidc?next=/cases?state=open"); w.Header().Get("Location") != "/care/cases?state=open" || !b.in() {
		t.Errorf("signing in again: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if err := s.store.DropStaff(t.Context(), "amy", s.now); err != nil || b.in() {
		t.Errorf("who left is still in: %v, %v", b.in(), err)
	}
	s.says("who left", s.browser().trips(house, "/login/oidc"), http.StatusForbidden, "Nobody here has this account of House")
}

// Nothing but issuer and subject lets anybody in: not an e-mail, not a name, not an owner's account.
func TestWhomNobodyLinkedTheProviderLetsNowhere(t *testing.T) {
	s, house := outsiders(t)
	s.owner()
	house.Person = "stranger-9"
	house.Lie = func(c map[string]any) {
		c["email"], c["preferred_username"], c["name"] = "robin@care.example", "robin", "Robin Park"
	}
	b := s.browser()
	w := b.trips(house, "/login/oidc")
	s.says("a stranger", w, http.StatusForbidden, "Nobody here has this account of House")
	if !strings.Contains(w.Body.String(), "stranger-9") || strings.Contains(w.Body.String(), "robin@") || b.cookie != nil {
		t.Errorf("a stranger is told:\n%s", w.Body)
	}
	all, err := s.store.Logins(t.Context())
	if err != nil || len(all) != 1 {
		t.Errorf("logins: %+v, %v", all, err)
	}
	if _, err := s.store.ChangeLogin(t.Context(), storage.LoginChange{ID: s.login("robin").ID, Now: s.now, Change: func(l *storage.Login) error { l.Outside = house.URL + " robin-1"; return nil }}); err != nil {
		t.Fatal(err)
	}
	house.Person = "robin-1"
	s.says("an owner", b.trips(house, "/login/oidc"), http.StatusForbidden, "An owner signs in by password or passkey, never with House")
	if b.in() {
		t.Error("an owner is in")
	}
	house.Person = ""
	s.says("whom the provider refuses", b.trips(house, "/login/oidc"), http.StatusUnprocessableEntity, "did not let you in")
	if page := b.do("GET", "/login", nil).Body.String(); strings.Contains(page, "foreign words") {
		t.Error("the provider's words are repeated")
	}
}

// What a browser comes back with counts once, in that browser, in time, and leads to our own pages.
func TestTheWayBackFromTheProviderCountsOnceAndHere(t *testing.T) {
	s, house := outsiders(t)
	s.owner()
	first := s.joined(house)

	planted := &http.Cookie{Name: cookiePlain, Value: "planted-by-somebody"}
	b := s.browser()
	b.cookie = planted
	at := b.leaves(house, "/login/oidc")
	trip := *b.trip
	if !trip.HttpOnly || trip.SameSite != http.SameSiteLaxMode || trip.MaxAge != 600 || trip.Path != "/" {
		t.Errorf("the browser keeps %+v", trip)
	}
	asked := house.Asked("/token")
	s.says("in another browser", s.browser().do("GET", at, nil), http.StatusUnprocessableEntity, "Begin again")
	s.says("with another state", b.do("GET", strings.Replace(at, "state=", "state=x", 1), nil), http.StatusUnprocessableEntity, "Begin again")
	if b.trip == nil || house.Asked("/token") != asked {
		t.Error("what another website led here for ended the way of who signs in, or asked the provider")
	}
	if w := b.do("GET", at, nil); w.Code != http.StatusSeeOther || !b.in() || b.cookie.Value == planted.Value || b.trip != nil {
		t.Fatalf("signing in: %d, cookies %v, %v", w.Code, b.cookie, b.trip)
	}
	asked = house.Asked("/token")
	again := s.browser()
	again.trip = &trip
	s.says("the same again", again.do("GET", at, nil), http.StatusUnprocessableEntity, "Begin again")
	if house.Asked("/token") != asked || again.in() {
		t.Error("the same again was asked of the provider")
	}
	if !first.in() {
		t.Error("another browser was signed out")
	}
	if w := b.do("GET", at, nil); w.Header().Get("Location") != "/care/" {
		t.Errorf("who goes back in their browser is led to %q: %d", w.Header().Get("Location"), w.Code)
	}

	late := s.browser()
	at = late.leaves(house, "/login/oidc")
	s.now = s.now.Add(oidc.TripLife)
	s.says("too late", late.do("GET", at, nil), http.StatusUnprocessableEntity, "Begin again")

	mixed := s.browser()
	at = mixed.leaves(house, "/login/oidc")
	s.says("of another provider", mixed.do("GET", strings.Replace(at, url.QueryEscape(house.URL), "https%3A%2F%2Fevil.example", 1), nil), http.StatusUnprocessableEntity, "does not prove who you are")

	for next, want := range map[string]string{
		"/cases?state=open": "/care/cases?state=open", "https://evil.example/": "/care/", "//evil.example": "/care/", `/\evil.example`: "/care/",
		"/login/oidc": "/care/", "/logout": "/care/", "/" + strings.Repeat("x", 2000): "/care/",
	} {
		b := s.browser()
		if got := b.trips(house, "/login/oidc?next="+url.QueryEscape(next)).Header().Get("Location"); got != want {
			t.Errorf("%.40q leads to %q, want %q", next, got, want)
		}
	}
}

// While the provider does not answer, its door says so and the password works; nothing is asked of it before
// somebody goes there.
func TestWithoutTheProviderPasswordsWork(t *testing.T) {
	s, house := outsiders(t)
	s.owner()
	house.Fails = "down"
	b := s.browser()
	if page := b.do("GET", "/login?next=/cases", nil).Body.String(); !strings.Contains(page, `href="/care/login/oidc?next=%2fcases"`) {
		t.Errorf("the page offers no provider:\n%s", page)
	}
	if n := house.Asked("/.well-known/openid-configuration"); n != 0 {
		t.Errorf("the provider was asked %d times before anybody went there", n)
	}
	w := b.do("GET", "/login/oidc?next=/cases", nil)
	s.says("the provider's door", w, http.StatusServiceUnavailable, "House does not answer as it should")
	if !strings.Contains(w.Body.String(), `name="password"`) || !strings.Contains(w.Body.String(), `name="next" value="/cases"`) {
		t.Errorf("there is no password to say:\n%s", w.Body)
	}
	if w := b.signIn("robin", password); w.Code != http.StatusSeeOther || !b.in() {
		t.Errorf("by password: %d", w.Code)
	}
	settings := b.do("GET", "/settings/sign-in", nil).Body.String()
	for _, want := range []string{"The provider did not answer.", "It said: 503.", "http://care.example/care/login/oidc/back", house.URL, "Sign in with House"} {
		if !strings.Contains(settings, want) {
			t.Errorf("the settings do not say %q:\n%s", want, settings)
		}
	}
	if strings.Contains(settings, oidctest.Secret) {
		t.Error("the settings show the secret")
	}
	if w := b.do("POST", "/settings/sign-in", nil); w.Code != http.StatusBadGateway || !strings.Contains(w.Body.String(), "did not answer") {
		t.Errorf("asked while it is down: %d", w.Code)
	}
	house.Fails = ""
	if w := b.do("POST", "/settings/sign-in", nil); w.Code != http.StatusSeeOther {
		t.Errorf("asked when it is well: %d\n%s", w.Code, w.Body)
	}
	if settings = b.do("GET", "/settings/sign-in?done=signin_answers", nil).Body.String(); strings.Contains(settings, "did not answer") || !strings.Contains(settings, "It answers, and shows its keys.") {
		t.Errorf("what is well again:\n%s", settings)
	}
}

func TestOnesOwnAccountIsLinkedAndUnlinked(t *testing.T) {
	s, house := outsiders(t)
	s.owner()
	s.joined(house)
	s.staff("bob", "Bob Ray")
	b := s.browser()
	if w := b.do("POST", "/join/"+s.link(storage.JoinLink, "bob", time.Hour), url.Values{"name": {"bob"}, "password": {password}}); w.Code != http.StatusSeeOther {
		t.Fatalf("bob: %d", w.Code)
	}
	start := func() string {
		t.Helper()
		page := b.do("GET", "/me/oidc", nil).Body.String()
		m := regexp.MustCompile(`href="/care(/me/oidc/link\?start=[^"]+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("nothing leads to the provider:\n%s", page)
		}
		return strings.ReplaceAll(m[1], "&amp;", "&")
	}
	if page := b.do("GET", "/me", nil).Body.String(); !strings.Contains(page, "Off: you sign in without it.") {
		t.Errorf("my own page:\n%s", page)
	}

	// Another website that leads the browser there, or another session's link, goes nowhere.
	for _, at := range []string{"/me/oidc/link", "/me/oidc/link?start=x"} {
		if w := b.do("GET", at, nil); w.Header().Get("Location") != "/care/me/oidc" {
			t.Errorf("%s leads to %q", at, w.Header().Get("Location"))
		}
	}
	stolen := start()
	other := s.browser()
	other.signIn("bob", password)
	if w := other.do("GET", stolen, nil); w.Header().Get("Location") != "/care/me/oidc" {
		t.Errorf("the link of another session leads to %q", w.Header().Get("Location"))
	}

	house.Person = "amy-7"
	s.says("somebody else's", b.trips(house, start()), http.StatusConflict, "Somebody else here has this account of House")
	house.Person = "bob-3"
	at := b.leaves(house, start())
	moved := *b
	moved.cookie = other.cookie
	s.says("in another session", moved.do("GET", at, nil), http.StatusUnprocessableEntity, "Begin again")
	if w := b.trips(house, start()); w.Header().Get("Location") != "/care/me/oidc?done=oidc_linked" || s.login("bob").Outside != house.URL+" bob-3" {
		t.Fatalf("linking: %d to %q, %+v", w.Code, w.Header().Get("Location"), s.login("bob"))
	}
	if page := b.do("GET", "/me/oidc", nil).Body.String(); !strings.Contains(page, "bob-3") {
		t.Errorf("the page does not say which account:\n%s", page)
	}
	away := s.browser()
	if away.trips(house, "/login/oidc"); !away.in() {
		t.Error("the linked account does not sign in")
	}
	if away.signIn("bob", password); !away.in() {
		t.Error("the password does not sign in any more")
	}

	s.now = s.now.Add(11 * time.Minute)
	if w := b.do("POST", "/me/oidc/unlink", nil); !strings.Contains(w.Header().Get("Location"), "/prove") || s.login("bob").Outside == "" {
		t.Errorf("unlinked without a proof: to %q", w.Header().Get("Location"))
	}
	b.do("POST", "/prove", url.Values{"password": {password}, "next": {"/me/oidc"}})
	if w := b.do("POST", "/me/oidc/unlink", nil); w.Header().Get("Location") != "/care/me/oidc?done=oidc_unlinked" || s.login("bob").Outside != "" {
		t.Errorf("unlinking: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if away.in() || !b.in() {
		t.Errorf("a session that may have begun by it goes on: %v; this one: %v", away.in(), b.in())
	}
	said, err := s.store.Audits(t.Context(), storage.AuditFilter{Who: "bob", Limit: 9})
	if err != nil || len(said) < 2 || said[0].What != "login.outside_unlink" || said[1].What != "login.outside_link" || said[1].After != "bob-3" {
		t.Errorf("it is written down as %+v, %v", said, err)
	}
}

// Who has no other way in keeps this one, until a link gave them a password; that link takes the account away,
// as somebody else may hold it.
func TestTheLastWayInStays(t *testing.T) {
	s, house := outsiders(t)
	owner := s.owner()
	b := s.joined(house)
	s.says("one's own", b.do("POST", "/me/oidc/unlink", nil), http.StatusUnprocessableEntity, "It is your only way in")
	s.says("somebody's", owner.do("POST", "/people/amy/oidc", url.Values{"subject": {""}}), http.StatusUnprocessableEntity, "It is their only way in")
	if s.login("amy").Outside == "" {
		t.Fatal("it is gone")
	}
	s.says("naming an owner", owner.do("POST", "/people/amy/owner", url.Values{"owner": {"yes"}}), http.StatusUnprocessableEntity, "They have no password")
	if w := b.do("POST", "/me/password", url.Values{"password": {"three new bicycles"}}); w.Code != http.StatusSeeOther {
		t.Errorf("choosing a password: %d\n%s", w.Code, w.Body)
	}
	if w := b.do("POST", "/me/oidc/unlink", nil); w.Code != http.StatusSeeOther || s.login("amy").Outside != "" {
		t.Errorf("with a password: %d", w.Code)
	}
	owner.do("POST", "/people/amy/oidc", url.Values{"subject": {"amy-7"}})
	if w := s.browser().do("POST", "/reset/"+s.link(storage.ResetLink, s.login("amy").ID, time.Hour), url.Values{"password": {"four new bicycles"}}); w.Code != http.StatusSeeOther || s.login("amy").Outside != "" {
		t.Errorf("a link for another password leaves the account: %d, %+v", w.Code, s.login("amy"))
	}
}

func TestWhoManagesPeopleLinksTheirAccounts(t *testing.T) {
	s, house := outsiders(t)
	owner := s.owner()
	s.staff("bob", "Bob Ray")
	b := s.browser()
	b.do("POST", "/join/"+s.link(storage.JoinLink, "bob", time.Hour), url.Values{"name": {"bob"}, "password": {password}})
	if page := owner.do("GET", "/people/bob", nil).Body.String(); !strings.Contains(page, "Their account at House") {
		t.Errorf("the page of somebody offers nothing:\n%s", page)
	}
	if page := owner.do("GET", "/people/robin", nil).Body.String(); strings.Contains(page, "Their account at House") {
		t.Error("an owner's page offers it")
	}
	for _, bad := range []string{"bob@care.example", "böb", strings.Repeat("x", 256)} {
		s.says(bad, owner.do("POST", "/people/bob/oidc", url.Values{"subject": {bad}}), http.StatusUnprocessableEntity, "That is no subject")
	}
	if w := owner.do("POST", "/people/bob/oidc", url.Values{"subject": {" bob-3 "}}); w.Code != http.StatusSeeOther || s.login("bob").Outside != house.URL+" bob-3" || b.in() {
		t.Errorf("linking: %d, %+v; still in: %v", w.Code, s.login("bob"), b.in())
	}
	house.Person = "bob-3"
	if b.trips(house, "/login/oidc"); !b.in() {
		t.Fatal("the account does not sign in")
	}
	if w := owner.do("POST", "/people/bob/oidc", url.Values{"subject": {""}}); w.Code != http.StatusSeeOther || b.in() {
		t.Errorf("taking it away: %d; still in: %v", w.Code, b.in())
	}
	if w := owner.do("POST", "/people/robin/oidc", url.Values{"subject": {"robin-1"}}); w.Code != http.StatusNotFound || s.login("robin").Outside != "" {
		t.Errorf("an owner is linked: %d", w.Code)
	}
	said, err := s.store.Audits(t.Context(), storage.AuditFilter{What: "login.outside_set", Limit: 9})
	if err != nil || len(said) != 2 || said[0].Before != "bob-3" || said[1].After != "bob-3" || said[1].Who != "robin" {
		t.Errorf("it is written down as %+v, %v", said, err)
	}
	// Whoever becomes an owner keeps no account that somebody else runs.
	owner.do("POST", "/people/bob/oidc", url.Values{"subject": {"bob-3"}})
	if w := owner.do("POST", "/people/bob/owner", url.Values{"owner": {"yes"}}); w.Code != http.StatusSeeOther || s.login("bob").Outside != "" {
		t.Errorf("an owner keeps it: %d, %+v", w.Code, s.login("bob"))
	}
}

// What hurts asks who joined with the provider to sign in there anew; a session there is no proof.
func TestAProofWithTheProviderIsMadeAnew(t *testing.T) {
	s, house := outsiders(t)
	s.owner()
	b := s.joined(house)
	proved := func() bool {
		t.Helper()
		return b.do("GET", "/me/oidc", nil).Code == http.StatusOK
	}
	if !proved() {
		t.Error("who signed in there just now is asked again")
	}
	house.SignedIn = s.now.Add(-time.Hour)
	b.do("POST", "/logout", nil)
	if b.trips(house, "/login/oidc"); !b.in() || proved() {
		t.Errorf("by a session of an hour ago: in %v, proved %v", b.in(), proved())
	}
	page := b.do("GET", "/prove?next=/me/oidc", nil).Body.String()
	if !strings.Contains(page, `href="/care/prove/oidc?next=%2fme%2foidc"`) || strings.Contains(page, `type="password"`) {
		t.Errorf("who has no password is asked for one:\n%s", page)
	}
	house.Lie = func(c map[string]any) { c["auth_time"] = s.now.Add(-time.Hour).Unix() }
	s.says("a session there", b.trips(house, "/prove/oidc?next=/me/oidc"), http.StatusUnprocessableEntity, "You did not sign in anew at House")
	house.Lie = func(c map[string]any) { delete(c, "auth_time") }
	s.says("no time", b.trips(house, "/prove/oidc?next=/me/oidc"), http.StatusUnprocessableEntity, "does not say when you signed in there")
	house.Lie, house.Person = nil, "bob-3"
	s.says("another account", b.trips(house, "/prove/oidc?next=/me/oidc"), http.StatusForbidden, "another account than yours")
	if proved() {
		t.Error("proved by what proves nothing")
	}
	house.Person = "amy-7"
	if w := b.trips(house, "/prove/oidc?next=/me/oidc"); w.Header().Get("Location") != "/care/me/oidc" || !proved() {
		t.Errorf("proved anew: %d to %q", w.Code, w.Header().Get("Location"))
	}
	s.now = s.now.Add(11 * time.Minute)
	if proved() {
		t.Error("an old proof counts")
	}
}

// TestOnlyAButtonOfOursLeadsToTheProvider goes to each address that leaves for the provider as another website leads
// browsers there, and from a page of ours that was opened by another name: nothing begins but our own page is shown.
func TestOnlyAButtonOfOursLeadsToTheProvider(t *testing.T) {
	s, house := outsiders(t)
	s.config.PublicURL = "http://care.example/care"
	s.pages = New(s.config)
	s.owner()
	amy := s.joined(house)
	s.staff("bob", "Bob Ray")
	join := "/join/" + s.link(storage.JoinLink, "bob", time.Hour)
	for at, to := range map[string]string{
		"/login/oidc?next=/cases": "/login?next=%2Fcases", join + "/oidc": join, "/prove/oidc?next=/people": "/prove?next=%2Fpeople",
	} {
		who := s.browser()
		if strings.HasPrefix(at, "/prove") {
			who = amy
		}
		for what, head := range map[string]http.Header{
			"another website":                 {"Sec-Fetch-Site": {"cross-site"}},
			"another site of the house":       {"Sec-Fetch-Site": {"same-site"}},
			"another website, by its address": {"Referer": {"https://evil.example/"}},
			"our page by another name":        {"Sec-Fetch-Site": {"same-origin"}, "Referer": {"http://10.0.0.5:8080/care/login"}},
			"our page at another port":        {"Referer": {"http://care.example:8080/care/login"}},
		} {
			who.head, who.trip = head, nil
			if w := who.do("GET", at, nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "http://care.example/care"+to || who.trip != nil {
				t.Errorf("%s, from %s: %d to %q, trip %v", at, what, w.Code, w.Header().Get("Location"), who.trip)
			}
		}
		for what, head := range map[string]http.Header{
			"our page":         {"Sec-Fetch-Site": {"same-origin"}, "Referer": {"http://care.example/care/login"}},
			"an address typed": {"Sec-Fetch-Site": {"none"}},
			"an old browser":   {},
		} {
			who.head = head
			if w := who.do("GET", at, nil); !strings.HasPrefix(w.Header().Get("Location"), house.URL) || who.trip == nil {
				t.Errorf("%s, from %s: %d to %q", at, what, w.Code, w.Header().Get("Location"))
			}
		}
	}
	bob := s.browser()
	bob.do("POST", join, url.Values{"name": {"bob"}, "password": {password}})
	page := bob.do("GET", "/me/oidc", nil).Body.String()
	link := html.UnescapeString(regexp.MustCompile(`/me/oidc/link\?start=[^"]*`).FindString(page))
	bob.head = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	if w := bob.do("GET", link, nil); w.Header().Get("Location") != "http://care.example/care/me/oidc" || bob.trip != nil {
		t.Errorf("linking, from another website: %d to %q", w.Code, w.Header().Get("Location"))
	}
	bob.head = nil
	if w := bob.do("GET", link, nil); !strings.HasPrefix(w.Header().Get("Location"), house.URL) {
		t.Errorf("linking: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

// TestEveryWayInIsRemembered: whichever way somebody came in, what is written there afterwards is sealed to them.
func TestEveryWayInIsRemembered(t *testing.T) {
	s, house := outsiders(t)
	s.owner()
	s.staff("bob", "Bob Ray")
	b := s.back(t)
	is := func(way, name string) {
		t.Helper()
		if b.last == nil {
			t.Errorf("%s: nobody is remembered", way)
			return
		}
		if who, err := (plainSealer{}).Open("last", b.last.Value); err != nil || who != s.login(name).ID {
			t.Errorf("%s: %q is remembered, %v", way, who, err)
		}
	}
	is("by password", "robin")
	b.do("POST", "/join/"+s.link(storage.JoinLink, "bob", time.Hour), url.Values{"name": {"bob"}, "password": {password}})
	is("joining", "bob")
	b.do("POST", "/reset/"+s.link(storage.ResetLink, s.login("robin").ID, time.Hour), url.Values{"name": {"robin"}, "password": {password}})
	is("by a link for a new password", "robin")
	s.staff("amy", "Amy Fox")
	house.Person = "amy-7"
	b.trips(house, "/join/"+s.link(storage.JoinLink, "amy", time.Hour)+"/oidc")
	is("joining with the provider", "amy")
	b.signIn("robin", password)
	b.do("POST", "/logout", nil)
	b.trips(house, "/login/oidc")
	is("with the provider", "amy")
}

// back is a browser in which the owner signed in by password.
func (s *street) back(t *testing.T) *browser {
	t.Helper()
	b := s.browser()
	if w := b.signIn("robin", password); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	return b
}

// TestWhoJoinedChoosesAPassword: also where the provider never says when somebody signed in there, who joined with it
// can choose the password that proves them from then on; for ten minutes, and once.
func TestWhoJoinedChoosesAPassword(t *testing.T) {
	for what, lie := range map[string]func(map[string]any){"dated": nil, "undated": func(c map[string]any) { delete(c, "auth_time") }} {
		s, house := outsiders(t)
		s.owner()
		house.Lie = lie
		b := s.joined(house)
		chooses := func(words string) string {
			return b.do("POST", "/me/password", url.Values{"password": {words}}).Header().Get("Location")
		}
		if to := chooses("three green bicycles"); to != "/care/me?done=saved_password" {
			t.Fatalf("%s: the first password leads to %q", what, to)
		}
		if what == "undated" {
			if to := chooses("four green bicycles"); !strings.HasPrefix(to, "/care/prove") {
				t.Errorf("the second password asks for no proof: %q", to)
			}
		}
		if w := b.do("POST", "/prove", url.Values{"password": {"three green bicycles"}, "next": {"/me/oidc"}}); w.Header().Get("Location") != "/care/me/oidc" || b.do("GET", "/me/oidc", nil).Code != 200 {
			t.Errorf("%s: the password proves nobody: %d", what, w.Code)
		}
	}
	s, house := outsiders(t)
	s.owner()
	house.Lie = func(c map[string]any) { delete(c, "auth_time") }
	b := s.joined(house)
	s.now = s.now.Add(freshFor)
	if to := b.do("POST", "/me/password", url.Values{"password": {"three green bicycles"}}).Header().Get("Location"); !strings.HasPrefix(to, "/care/prove") {
		t.Errorf("ten minutes later it asks for no proof: %q", to)
	}
}

// TestEachChangeOfAnAccountIsWrittenDown walks every way by which somebody's account of the provider comes and goes:
// the list of changes names it.
func TestEachChangeOfAnAccountIsWrittenDown(t *testing.T) {
	s, house := outsiders(t)
	owner := s.owner()
	names := func(what, before, after string) {
		t.Helper()
		said, err := s.store.Audits(t.Context(), storage.AuditFilter{What: what, Limit: 1})
		if err != nil || len(said) != 1 || !strings.Contains(said[0].Before, before) || !strings.Contains(said[0].After, after) {
			t.Errorf("%s is written down as %+v, %v", what, said, err)
		}
	}
	b := s.joined(house)
	names("login.make", "", "agent at main, by the identity provider as amy-7")
	b.do("POST", "/reset/"+s.link(storage.ResetLink, s.login("amy").ID, time.Hour), url.Values{"name": {"amy"}, "password": {password}})
	if s.login("amy").Outside != "" {
		t.Fatal("the account stays")
	}
	names("login.reset", "by the identity provider as amy-7", "")
	owner.do("POST", "/people/amy/oidc", url.Values{"subject": {"amy-8"}})
	names("login.outside_set", "", "amy-8")
	owner.do("POST", "/people/amy/owner", url.Values{"owner": {"yes"}})
	names("login.owner", "by the identity provider as amy-8", "true")
	owner.do("POST", "/people/amy/owner", url.Values{"owner": {"no"}})
	names("login.owner", "true", "false")
}

// TestSavingWhatStandsThereChangesNothing: nobody is signed out, and nothing is written down.
func TestSavingWhatStandsThereChangesNothing(t *testing.T) {
	s, house := outsiders(t)
	owner := s.owner()
	b := s.joined(house)
	if w := owner.do("POST", "/people/amy/oidc", url.Values{"subject": {" amy-7 "}}); w.Code != http.StatusSeeOther || !b.in() {
		t.Errorf("what stands there: %d; still in: %v", w.Code, b.in())
	}
	if said, err := s.store.Audits(t.Context(), storage.AuditFilter{What: "login.outside_set", Limit: 9}); err != nil || len(said) != 0 {
		t.Errorf("it is written down as %+v, %v", said, err)
	}
}
