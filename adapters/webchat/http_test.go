package webchat

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

// ask sends one request to a chat over the fake bot.
func ask(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://chat.example"+path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func TestBadInputGetsPlainWordsAndChangesNothing(t *testing.T) {
	tap := form("nonce", "n1", "data", "1ps1.0.1")
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		says               string
	}{
		"unknown token":               {"GET", "/chat/nobody", "", nil, 404, "We cannot find this page"},
		"unknown token, posted to":    {"POST", "/chat/nobody", tap, nil, 404, "We cannot find this page"},
		"token with odd characters":   {"GET", "/chat/%3Cscript%3E", "", nil, 404, "We cannot find this page"},
		"token that is too long":      {"GET", "/chat/" + strings.Repeat("a", 129), "", nil, 404, "We cannot find this page"},
		"token with a path in it":     {"GET", "/chat/..%2froom", "", nil, 404, "We cannot find this page"},
		"no token":                    {"GET", "/chat/", "", nil, 404, "We cannot find this page"},
		"used link":                   {"GET", "/chat/used", "", nil, 410, "This link was already used"},
		"used link, posted to":        {"POST", "/chat/used", tap, nil, 410, "This link was already used"},
		"expired link":                {"GET", "/chat/expired", "", nil, 410, "This link has expired."},
		"expired link in Chinese":     {"GET", "/chat/expired", "", []string{"Accept-Language", "zh-CN,zh;q=0.9,en;q=0.5"}, 410, "链接已失效。"},
		"expired link in Spanish":     {"GET", "/chat/expired", "", []string{"Accept-Language", "fr;q=0.2, es-MX;q=0.7"}, 410, "Este enlace ha caducado."},
		"expired link in Arabic":      {"GET", "/chat/expired", "", []string{"Accept-Language", "ar"}, 410, `dir="rtl"`},
		"expired link, odd languages": {"GET", "/chat/expired", "", []string{"Accept-Language", ";;q=x,,*;q=,\x01"}, 410, "This link has expired."},
		"events of an unknown token":  {"GET", "/chat/nobody/events", "", nil, 404, "We cannot find this page"},
		"events of an expired link":   {"GET", "/chat/expired/events", "", nil, 410, "This link has expired."},
		"unknown static file":         {"GET", "/static/chat/live.js", "", nil, 404, ""},
		"another page":                {"GET", "/admin", "", nil, 404, "We cannot find this page"},
		"the store is away":           {"GET", "/chat/broken", "", nil, 503, "Your answers are kept"},
		"the store is away, posted":   {"POST", "/chat/broken", form("nonce", "n1", "text", "my <b>words</b>"), nil, 503, "my &lt;b&gt;words&lt;/b&gt;</textarea>"},
		"the store is away, tapped":   {"POST", "/chat/broken", tap, nil, 503, `name="data" value="1ps1.0.1"`},
		"the store is away, started":  {"POST", "/chat/broken", form("nonce", "n1", "start", "1"), nil, 503, `name="start" value="1"`},

		"no form":                   {"POST", chatPath, "", nil, 400, "We could not read that"},
		"garbage":                   {"POST", chatPath, "%zz&;;=\x00", nil, 400, "We could not read that"},
		"JSON":                      {"POST", chatPath, `{"text":`, []string{"Content-Type", "application/json"}, 400, "We could not read that"},
		"no content type":           {"POST", chatPath, tap, []string{"Content-Type", ""}, 400, "We could not read that"},
		"many parts":                {"POST", chatPath, tap, []string{"Content-Type", "multipart/form-data; boundary=x"}, 400, "We could not read that"},
		"no nonce":                  {"POST", chatPath, form("data", "1ps1.0.1"), nil, 400, "We could not read that"},
		"nonce with odd characters": {"POST", chatPath, form("nonce", "a:b", "data", "1ps1.0.1"), nil, 400, "We could not read that"},
		"nonce of 65 characters":    {"POST", chatPath, form("nonce", strings.Repeat("n", 65), "data", "x"), nil, 400, "We could not read that"},
		"nothing to do":             {"POST", chatPath, form("nonce", "n1"), nil, 400, "We could not read that"},
		"a tap and words":           {"POST", chatPath, form("nonce", "n1", "data", "x", "text", "y"), nil, 400, "We could not read that"},
		"two taps":                  {"POST", chatPath, form("nonce", "n1", "data", "x", "data", "y"), nil, 400, "We could not read that"},
		"an empty tap":              {"POST", chatPath, form("nonce", "n1", "data", ""), nil, 400, "We could not read that"},
		"another command":           {"POST", chatPath, form("nonce", "n1", "do", "link"), nil, 400, "We could not read that"},
		"choices of nothing":        {"POST", chatPath, form("nonce", "n1", "pick", "x", "text", "y"), nil, 400, "We could not read that"},
		"201 choices":               {"POST", chatPath, form("nonce", "n1", "data", "x", "several", "1") + strings.Repeat("&pick=x", 201), nil, 400, "We could not read that"},
		"a tap of 65 bytes":         {"POST", chatPath, form("nonce", "n1", "data", strings.Repeat("d", 65)), nil, 400, "We could not read that"},
		"a tap that is no UTF-8":    {"POST", chatPath, "nonce=n1&data=%ff%fe", nil, 400, "We could not read that"},
		"words in the address":      {"POST", chatPath + "?nonce=n1&data=1ps1.0.1", "", nil, 400, "We could not read that"},
		"empty words":               {"POST", chatPath, form("nonce", "n1", "text", " \r\n\t "), nil, 422, "Write something first."},
		"over a megabyte":           {"POST", chatPath, form("nonce", "n1", "text", strings.Repeat("x", 1<<20)), nil, 413, "That is too long"},
		"from another site":         {"POST", chatPath, tap, []string{"Sec-Fetch-Site", "cross-site"}, 403, "That came from another website"},
		"from another origin":       {"POST", chatPath, tap, []string{"Origin", "https://evil.example"}, 403, "That came from another website"},
		"another method":            {"DELETE", chatPath, "", nil, 405, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bot := newFakeBot()
			w := ask(New(bot.config()), c.method, c.path, c.body, c.header...)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			if !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("the page does not say %q:\n%s", c.says, w.Body)
			}
			if n := len(bot.handled()); n != 0 {
				t.Errorf("the bot got %d updates, want none", n)
			}
			wantSafe(t, w)
		})
	}
}

// wantSafe checks the headers that every response has.
func wantSafe(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-store", "X-Frame-Options": "SAMEORIGIN",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// There is a token in the address, and nobody is told of it.
	if got := w.Header().Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy: %q", got)
	}
}

func TestWhatIsPostedBecomesOneUpdate(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		body string
		want chat.Update
	}{
		"start":            {form("nonce", "n1", "start", "1"), chat.Update{Kind: chat.Command, Command: "start", Text: goodToken}},
		"tap":              {form("nonce", "n1", "data", "1ps1.0.1"), chat.Update{Kind: chat.Tap, Data: "1ps1.0.1"}},
		"tap of 64 bytes":  {form("nonce", strings.Repeat("n", 64), "data", strings.Repeat("d", 64)), chat.Update{Kind: chat.Tap, Data: strings.Repeat("d", 64)}},
		"words":            {form("nonce", "n1", "text", " two\r\nlines \n"), chat.Update{Kind: chat.Text, Text: "two\nlines"}},
		"4,000 letters":    {form("nonce", "n1", "text", strings.Repeat("字", 4000)), chat.Update{Kind: chat.Text, Text: strings.Repeat("字", 4000)}},
		"the menu":         {form("nonce", "n1", "do", "stop"), chat.Update{Kind: chat.Command, Command: "stop"}},
		"broken UTF-8":     {"nonce=n1&text=a%ffb", chat.Update{Kind: chat.Text, Text: "a\uFFFDb"}},
		"command":          {form("nonce", "n1", "text", "/skip"), chat.Update{Kind: chat.Command, Command: "skip"}},
		"command and more": {form("nonce", "n1", "text", "/language zh-Hans "), chat.Update{Kind: chat.Command, Command: "language", Text: "zh-Hans"}},
		"typed start":      {form("nonce", "n1", "text", "/start"), chat.Update{Kind: chat.Command, Command: "start", Text: goodToken}},
		"a slash in words": {form("nonce", "n1", "text", "/5 stars"), chat.Update{Kind: chat.Text, Text: "/5 stars"}},
		"a path":           {form("nonce", "n1", "text", "/home/ann"), chat.Update{Kind: chat.Text, Text: "/home/ann"}},
	} {
		t.Run(name, func(t *testing.T) {
			bot := newFakeBot()
			cfg := bot.config()
			cfg.Clock = func() time.Time { return now }
			w := ask(New(cfg), "POST", chatPath, c.body)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != chatPath+"#now" {
				t.Fatalf("status %d to %q, want 303 back to the chat", w.Code, w.Header().Get("Location"))
			}
			updates := bot.handled()
			if len(updates) != 1 {
				t.Fatalf("the bot got %d updates, want 1", len(updates))
			}
			got := updates[0]
			if !regexp.MustCompile(`^web:inv1:n+1?\.[0-9a-f]{8}$`).MatchString(got.Key) {
				t.Errorf("key %q", got.Key)
			}
			want := c.want
			want.Key, want.From, want.Private = got.Key, customer, true
			want.User, want.At = chat.User{ID: "inv1", Language: "en"}, time.Date(2026, 3, 4, 4, 6, 7, 123456000, time.UTC)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("update (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSameTapTwiceIsOneTap(t *testing.T) {
	bot := newFakeBot()
	h := New(bot.config())
	for _, body := range []string{
		form("nonce", "n1", "data", "1ps1.0.1"), form("nonce", "n1", "data", "1ps1.0.1"), // a double tap
		form("nonce", "n1", "data", "1ps1.0.4"), // another button of the same page, which a browser kept
		form("nonce", "n2", "data", "1ps1.0.1"), // the same button of a newer page
	} {
		ask(h, "POST", chatPath, body)
	}
	var got []string
	for _, u := range bot.handled() {
		got = append(got, u.Data)
	}
	if diff := cmp.Diff([]string{"1ps1.0.1", "1ps1.0.4", "1ps1.0.1"}, got); diff != "" {
		t.Errorf("taps (-want +got):\n%s", diff)
	}
}

func TestLookingChangesNothing(t *testing.T) {
	bot := newFakeBot()
	h := New(bot.config())
	for _, method := range []string{"GET", "HEAD"} {
		w := ask(h, method, chatPath, "")
		if w.Code != 200 {
			t.Errorf("%s: status %d", method, w.Code)
		}
		if method == "HEAD" && w.Body.Len() != 0 {
			t.Error("HEAD has a body")
		}
		wantSafe(t, w)
	}
	if n := len(bot.handled()); n != 0 {
		t.Errorf("the bot got %d updates from looking, want none", n)
	}
}

func TestTheStoreAwayWhilePosting(t *testing.T) {
	bot := newFakeBot()
	var log strings.Builder
	c := bot.config()
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	h := New(c)
	bot.away = errors.New("connection refused")
	first := ask(h, "POST", chatPath, form("nonce", "n1", "text", "it was <cold>"))
	if first.Code != 503 || first.Header().Get("Retry-After") == "" {
		t.Fatalf("status %d, Retry-After %q", first.Code, first.Header().Get("Retry-After"))
	}
	page := first.Body.String()
	for _, want := range []string{"That was not saved yet", `value="n1"`, "it was &lt;cold&gt;</textarea>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if l := log.String(); !strings.Contains(l, "connection refused") || strings.Contains(l, "cold") || strings.Contains(l, goodToken) {
		t.Errorf("the log should have the failure, no words and no token: %s", l)
	}
	bot.away = nil
	ask(h, "POST", chatPath, form("nonce", "n1", "text", "it was <cold>"))
	ask(h, "POST", chatPath, form("nonce", "n1", "text", "it was <cold>"))
	if n := len(bot.handled()); n != 1 {
		t.Errorf("after the store was back the words were stored %d times, want once", n)
	}
}

func TestAnAnswerSurvivesTheRedirectOnce(t *testing.T) {
	bot := newFakeBot()
	bot.answer = &chat.Answer{Text: `This <survey> has ended; "really", é.`, Alert: true}
	h := New(bot.config())
	w := ask(h, "POST", chatPath, form("nonce", "n1", "data", "old"))
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || cookies[0].Path != chatPath {
		t.Fatalf("cookies %v", cookies)
	}
	w = ask(h, "GET", chatPath, "", "Cookie", cookies[0].Name+"="+cookies[0].Value)
	if !strings.Contains(w.Body.String(), `role="alert">This &lt;survey&gt; has ended; &#34;really&#34;, é.</p>`) {
		t.Errorf("the page does not say it:\n%s", w.Body)
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the cookie is not removed: %v", c)
	}
	// Words that another site of the same domain put there, and those of another page, are not shown.
	foreign := base64.RawURLEncoding.EncodeToString([]byte("aPay at evil.example"))
	_, signature, _ := strings.Cut(cookies[0].Value, ".")
	for _, broken := range []string{"%%%", "YQ", "a", foreign, foreign + "." + signature} {
		if w := ask(h, "GET", chatPath, "", "Cookie", saidCookie+"="+broken); w.Code != 200 || !strings.Contains(w.Body.String(), `role="alert"></p>`) {
			t.Errorf("a broken cookie %q gives status %d", broken, w.Code)
		}
	}
}

// Where browsers reach the pages by https no cookie goes another way, whatever the proxy says.
func TestL12CookiesAreSecureWherePublicURLIs(t *testing.T) {
	for _, secure := range []bool{true, false} {
		bot := newFakeBot()
		bot.answer = &chat.Answer{Text: "Saved."}
		c := bot.config()
		c.Secure = secure
		cookies := ask(New(c), "POST", chatPath, form("nonce", "n1", "data", "x")).Result().Cookies()
		if len(cookies) != 1 || cookies[0].Secure != secure {
			t.Errorf("secure %v: %v", secure, cookies)
		}
	}
}

func TestTheScriptGetsThePageAtOnce(t *testing.T) {
	bot := newFakeBot()
	h := New(bot.config())
	w := ask(h, "POST", chatPath, form("nonce", "n1", "start", "1"), liveHeader, "1")
	if w.Code != 200 || !strings.Contains(w.Body.String(), overallAsk) {
		t.Errorf("status %d:\n%s", w.Code, w.Body)
	}
}

func TestPrefix(t *testing.T) {
	for _, prefix := range []string{"/care", "care/", "/a/b"} {
		bot := newFakeBot()
		c := bot.config()
		c.Prefix = prefix
		h := New(c)
		clean := "/" + strings.Trim(prefix, "/")
		for _, path := range []string{chatPath, clean + chatPath} { // a proxy may take it off
			w := ask(h, "GET", path, "")
			if w.Code != 200 {
				t.Fatalf("%s: status %d", path, w.Code)
			}
			for _, link := range regexp.MustCompile(`(?:href|src|action|data-events)="([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
				if !strings.HasPrefix(link[1], clean+"/") && link[1] != "#now" {
					t.Errorf("%s: link %q leaves the prefix", path, link[1])
				}
			}
		}
		if w := ask(h, "POST", clean+chatPath, form("nonce", "n", "start", "1")); w.Header().Get("Location") != clean+chatPath+"#now" {
			t.Errorf("redirected to %q", w.Header().Get("Location"))
		}
	}
}

func TestStaticFiles(t *testing.T) {
	h := New(newFakeBot().config())
	page := ask(h, "GET", chatPath, "").Body.String()
	links := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(links) != 4 {
		t.Fatalf("the page uses %d files, want colours, style, script and icon", len(links))
	}
	for _, l := range links {
		w := ask(h, "GET", l[1], "")
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, %v", l[1], w.Code, w.Header())
		}
		if z := ask(h, "GET", l[1], "", "Accept-Encoding", "gzip"); z.Header().Get("Content-Encoding") != "gzip" || z.Body.Len() >= w.Body.Len() {
			t.Errorf("%s is not sent packed, but as %q in %d of %d bytes", l[1], z.Header().Get("Content-Encoding"), z.Body.Len(), w.Body.Len())
		}
	}
	for _, inline := range []string{"<style", "style=", "<script>", "onclick", "onload", "http://", "https://"} {
		if strings.Contains(page, inline) {
			t.Errorf("the page has %q", inline)
		}
	}
}

// A page must come soon over a slow line: at most 40 KB with a long conversation, and
// at most 5 KB of script on the wire.
func TestPageWeight(t *testing.T) {
	bot := newFakeBot()
	bot.step(chat.Update{From: customer, Command: "start"})
	for i := range 12 {
		bot.put(customer, fmt.Sprint("q:s1:", 100+i), chat.Message{Lang: "en", Text: overallAsk + "\n\n✓ You answered: 2, dissatisfied", Rows: [][]chat.Button{{{Text: "Change", Data: strings.Repeat("c", 64), Label: "Change your answer"}}}})
		bot.put(customer, fmt.Sprint("n:s1:", 100+i), overall())
	}
	h := New(bot.config())
	page := ask(h, "GET", chatPath, "").Body.String()
	total := len(page)
	for _, l := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		n := ask(h, "GET", l[1], "", "Accept-Encoding", "gzip").Body.Len()
		total += n
		if strings.HasSuffix(l[1], ".js") && n > 5<<10 {
			t.Errorf("the script is %d bytes", n)
		}
	}
	if total > 40_000 {
		t.Errorf("the page weighs %d bytes with everything it needs, want at most 40,000", total)
	}
}

func TestWordsAreThereInEveryLanguage(t *testing.T) {
	d := newDictionary()
	bases, en, braced := map[string]bool{}, reflect.ValueOf(d["en"]), regexp.MustCompile(`\{[a-z]+\}`)
	for tag, w := range d {
		base, _, _ := strings.Cut(tag, "-")
		if bases[base] {
			t.Errorf("two languages for %s: a wish for it is not decided", base)
		}
		bases[base] = true
		v := reflect.ValueOf(w)
		for i := range v.NumField() {
			switch f := v.Field(i); f.Kind() {
			case reflect.String:
				if strings.TrimSpace(f.String()) == "" {
					t.Errorf("%s has no %s", tag, v.Type().Field(i).Name)
				}
				if want, got := braced.FindAllString(v.Type().Field(i).Name+en.Field(i).String(), -1), braced.FindAllString(f.String(), -1); !slices.Equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))) {
					t.Errorf("%s of %s fills %v, want %v", v.Type().Field(i).Name, tag, got, want)
				}
			case reflect.Slice:
				if f.Len() == 0 || f.Len() != en.Field(i).Len() {
					t.Errorf("%s has %d of %s, want %d", tag, f.Len(), v.Type().Field(i).Name, en.Field(i).Len())
				}
			default:
			}
		}
		for _, n := range []notice{noticeUnknown, noticeUsed, noticeOver, noticeElsewhere, noticeCookie, noticeExpired, noticeOff, noticeAway, noticeDown, noticeGarbled, noticeBig, noticeForeign} {
			if w.Notices[n].Title == "" || w.Notices[n].Text == "" {
				t.Errorf("%s has no notice %s", tag, n)
			}
			if noticeCodes[n].Status() == 0 {
				t.Errorf("the notice %s has no code", n)
			}
		}
	}
	for _, tag := range []string{"en", "zh-Hans", "es", "ar"} {
		if _, ok := d[tag]; !ok {
			t.Errorf("no words in %s", tag)
		}
	}
}

func TestChooseLanguage(t *testing.T) {
	d := newDictionary()
	for _, c := range []struct{ visitor, header, want string }{
		{"", "", "en"},
		{"zh-Hans", "en", "zh-Hans"},
		{"zh", "", "zh-Hans"},
		{"zh_CN", "", "zh-Hans"},
		{"fr", "es-ES,en;q=0.1", "es"},
		{"", "en;q=0.1, ar;q=0.9", "ar"},
		{"", "ar;q=0, es;q=0.5", "es"},
		{"", "*", "en"},
		{"de", "nl", "en"},
		{"EN-gb", "ar", "en"},
	} {
		if got := d.choose(append([]string{c.visitor}, acceptable(c.header)...)...); got != c.want {
			t.Errorf("visitor %q, header %q: %s, want %s", c.visitor, c.header, got, c.want)
		}
	}
}

func TestDirection(t *testing.T) {
	for tag, want := range map[string]string{"en": "ltr", "ar": "rtl", "ar-EG": "rtl", "he": "rtl", "fa_IR": "rtl", "az-Arab": "rtl", "ar-Latn": "ltr", "ur-Latn-PK": "ltr", "zh-Hans": "ltr", "": "ltr"} {
		if got := direction(tag); got != want {
			t.Errorf("direction of %q is %s, want %s", tag, got, want)
		}
	}
}

func TestNoncesDiffer(t *testing.T) {
	if a, b := newNonce(), newNonce(); a == b || !safe(a, maxNonce) {
		t.Errorf("nonces %q and %q", a, b)
	}
}
