package admin

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

func init() {
	fixtures = append(fixtures,
		fixture{"kept.html", "full", frame{Title: "What you wrote", Bare: true}, keptPage{
			At: "/cases/A-17/note", From: "/cases/A-17", Texts: []keptText{{"text", "Your text 1", "She will come on Tuesday."}}, Rest: []keptText{{"id", "", "1"}},
		}},
		fixture{"kept.html", "empty", frame{Title: "What you wrote", Bare: true}, keptPage{At: "/cases/A-17/note", From: "/", Texts: []keptText{{"text", "Your text 1", "Yes."}}}},
	)
}

// tab is a browser that keeps all its cookies.
type tab struct {
	t    *testing.T
	base string
	http *http.Client
}

// tab is a browser before the pages of a street.
func (s *street) tab() *tab {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(s.pages)
	s.t.Cleanup(server.Close)
	return &tab{s.t, server.URL + "/care", &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// post sends a form as the page at from does, and returns the status and the page.
func (b *tab) post(at, from string, form url.Values) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+at, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Referer", b.base+from)
	w, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer w.Body.Close()
	page, err := io.ReadAll(w.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return w.StatusCode, string(page)
}

var hiddenKept = regexp.MustCompile(`name="kept" value="([^"]*)"`)

// TestWordsOutliveTheSession: a note, a reply and a text of a survey that are sent after the session ended are shown
// again to who wrote them once they are signed in, as they were, to be sent.
func TestWordsOutliveTheSession(t *testing.T) {
	s := newStreet(t)
	s.config.Sealer = plainSealer{}
	s.pages = New(s.config)
	s.owner()
	for at, one := range map[string]struct {
		form  url.Values
		shown []string
	}{
		"/cases/A-17/note":     {url.Values{"id": {"f1"}, "text": {"She will come on <Tuesday>.\nAgain."}}, []string{"She will come on <Tuesday>.\nAgain."}},
		"/cases/A-17/reply":    {url.Values{"id": {"f2"}, "text": {"谢谢"}}, []string{"谢谢"}},
		"/surveys/mine/edit":   {url.Values{"rev": {"3"}, "act": {"save"}, "q.ask": {"How was it, {first_name}?"}, "q.ask.was": {"How?"}, "title": {"Old"}, "title.was": {"Old"}}, []string{"How was it, {first_name}?"}},
		"/settings/rules/file": {url.Values{"source": {"rules:\n  follow_up: 24h\n"}}, []string{"rules:\n  follow_up: 24h\n"}},
		"/improvements/new":    {url.Values{"change": {"chairs"}}, []string{"chairs"}},
		"/cases/bulk": {
			url.Values{"case": {"A-1", "A-2", "B-3", "B-4", "B-5", "B-6", "B-7", "B-8", "B-9", "B-10", "B-11", "B-12"}, "do": {"nothing"}, "once": {"K7QXNOFAKEYOFOURS"}, "more": {"They moved away."}},
			[]string{"They moved away."},
		},
		"/asking/triggers/file": {url.Values{"source": {"triggers: []\n# mine"}}, []string{"triggers: []\n# mine"}},
	} {
		b := s.tab()
		if code, page := b.post("/login", "/login", url.Values{"name": {"robin"}, "password": {password}}); code != http.StatusSeeOther {
			t.Fatalf("signing in: %d %s", code, page)
		}
		s.now = s.now.Add(storage.SessionLife + time.Hour)
		code, page := b.post(at, strings.TrimSuffix(at, "/note"), one.form)
		kept := hiddenKept.FindStringSubmatch(page)
		if code != http.StatusUnauthorized || kept == nil || !strings.Contains(page, "You were signed out while you wrote") {
			t.Fatalf("%s without a session: %d %s", at, code, page)
		}
		sealed := html.UnescapeString(kept[1])
		code, page = b.post("/login", "/login", url.Values{"name": {"robin"}, "password": {"wrong password"}, "kept": {sealed}})
		if again := hiddenKept.FindStringSubmatch(page); code != http.StatusUnprocessableEntity || again == nil || again[1] != kept[1] {
			t.Errorf("%s: a wrong password loses the words: %d", at, code)
		}
		code, page = b.post("/login", "/login", url.Values{"name": {"robin"}, "password": {password}, "kept": {sealed}})
		if code != http.StatusOK || !strings.Contains(page, `action="/care`+at+`"`) {
			t.Fatalf("%s once signed in: %d %s", at, code, page)
		}
		text := html.UnescapeString(page)
		for _, want := range one.shown {
			if !strings.Contains(text, ">\n"+want+"</textarea>") {
				t.Errorf("%s is shown without %q:\n%s", at, want, page)
			}
		}
		for name, values := range one.form {
			if !strings.Contains(page, `name="`+name+`"`) || !strings.Contains(text, values[0]) {
				t.Errorf("%s: %s is lost", at, name)
			}
		}
		if n := strings.Count(page, "<textarea"); n != len(one.shown) {
			t.Errorf("%s shows %d texts: %s", at, n, page)
		}
		s.now = s.now.Add(2 * keptFor)
		if code, _ := b.post("/login", "/login", url.Values{"name": {"robin"}, "password": {password}, "kept": {sealed}}); code != http.StatusSeeOther {
			t.Errorf("%s: words are shown much later: %d", at, code)
		}
	}
}

// TestWordsAreShownToNobodyElse: who signs in as another sees nothing of them; and of forms that hold a secret, of
// scripts, and of a browser in which nobody signed in nothing is kept.
func TestWordsAreShownToNobodyElse(t *testing.T) {
	s := newStreet(t)
	s.config.Sealer = plainSealer{}
	s.pages = New(s.config)
	s.owner()
	if s.keptBy("robin", "another") {
		t.Error("another is shown what somebody wrote")
	}
	b := s.tab()
	if code, page := b.post("/cases/A-17/note", "/", url.Values{"text": {"a secret of the house"}}); code != http.StatusSeeOther || strings.Contains(page, "kept") {
		t.Errorf("in a browser in which nobody signed in: %d %s", code, page)
	}
	b.post("/login", "/login", url.Values{"name": {"robin"}, "password": {password}})
	s.now = s.now.Add(storage.SessionLife + time.Hour)
	for _, at := range []string{
		"/me/password", "/people/new", "/settings/telegram", "/settings/slack", "/settings/webhooks/new", "/settings/systems/new", "/settings/tokens/new",
		"/customers/c-1/erase", "/settings/data/retention",
	} {
		if code, page := b.post(at, "/", url.Values{"text": {"two old bicycles"}}); strings.Contains(page, "kept") || code == http.StatusUnauthorized {
			t.Errorf("of %s something is kept: %d %s", at, code, page)
		}
	}
}

// keptBy reports whether what one wrote is shown to another.
func (s *street) keptBy(one, another string) bool {
	sealed := plainSealer{}.Seal(keptPlace(one), `{"At":"/cases/A-17/note","Form":{"text":["hello"]},"Until":9999999999}`)
	r := httptest.NewRequest(http.MethodPost, "/login", nil)
	r.PostForm = url.Values{"kept": {sealed}}
	_, ok := (doorPages{newSite(s.config)}).keptFrom(r, another)
	_, own := (doorPages{newSite(s.config)}).keptFrom(r, one)
	return ok || !own
}

// TestWhereNothingWasWrittenNothingIsShown: a button without words that is pressed after the session ended does
// nothing, and leads back to the page on which one sees what it does; what is too long is not lost without a word.
func TestWhereNothingWasWrittenNothingIsShown(t *testing.T) {
	s := newStreet(t)
	s.config.Sealer = plainSealer{}
	s.pages = New(s.config)
	s.owner()
	b := s.tab()
	b.post("/login", "/login", url.Values{"name": {"robin"}, "password": {password}})
	s.now = s.now.Add(storage.SessionLife + time.Hour)
	for at, form := range map[string]url.Values{
		"/cases/A-17/take":         {"id": {"f1"}},
		"/cases/bulk":              {"case": {"A-17", "B-3"}, "do": {"take"}, "once": {"K7QXNOFAKEYOFOURS"}, "more": {" "}},
		"/asking/triggers/mine":    {"do": {"remove"}},
		"/surveys/mine/publish":    {"rev": {"3"}, "note": {""}},
		"/surveys/mine/edit":       {"rev": {"3"}, "title": {"As it was"}, "title.was": {"As it was"}},
		"/settings/reporting/days": {"days": {"30"}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+at, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Referer", b.base+"/cases/A-17?open=1")
		w, err := b.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Body.Close()
		if to := w.Header.Get("Location"); w.StatusCode != http.StatusSeeOther || to != "/care/login?next=%2Fcases%2FA-17%3Fopen%3D1" {
			t.Errorf("%s: %d to %q", at, w.StatusCode, to)
		}
	}
	code, page := b.post("/surveys/mine/file", "/surveys/mine", url.Values{"source": {strings.Repeat("a line of it\n", maxForm/10)}})
	if code != http.StatusUnauthorized || !strings.Contains(page, "too long to be kept") || !strings.Contains(page, `name="next" value="/surveys/mine"`) {
		t.Errorf("a long survey is lost without a word: %d\n%s", code, page)
	}
}
