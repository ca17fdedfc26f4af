package admin

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/access"
)

// fixture is a page with what it may have to show: once with nothing, once with plenty.
type fixture struct {
	template string
	of       string // "empty", "full"
	frame    frame
	page     any
}

// fixtures are every page of the admin.
var fixtures = []fixture{
	{"notice.html", "full", frame{Title: "There is no such page"}, notice{"Check the address."}},
	{"help.html", "empty", frame{Title: "Help"}, helpPage{}},
	{"help.html", "full", frame{Title: "Help"}, helpPage{Parts: []helpTopics{{"Running the program", []topic{{Name: "flows", Title: "Flow files", Lead: "A survey is one file."}}}}}},
	{"settings.html", "empty", frame{Title: "Settings"}, settingsPage{Query: "nothing"}},
	{"settings.html", "full", frame{Title: "Settings", Here: "/settings"}, settingsPage{[]settingsGroup{{"settings_here", []settingsCard{{At: "/outbox", Title: "Outbox", State: "Nothing is stuck.", Well: true}, {At: "/settings/telegram", Title: "Telegram", State: "@salon", Wrong: "Not served: @other"}}}}, "Last change: published rules, boss, today 16:31.", ""}},
	{"about.html", "full", frame{Title: "About", Back: &link{"/settings", "Settings"}}, aboutPage{Version: "1.2"}},
	{"sites.html", "empty", frame{Title: "Sites"}, sitesPage{}},
	{"sites.html", "full", frame{Title: "Sites", Flash: "Saved."}, sitesPage{Sites: []siteRow{
		{"main", "Main Street", "Europe/Berlin · English", "/settings/sites/main"}, {"harbour", "Harbour", "Asia/Tokyo · 日本語", ""},
	}}},
	{"site.html", "empty", frame{Title: "A new site"}, sitePage{At: "/settings/sites/new"}},
	{"site.html", "full", frame{Title: "Main Street"}, sitePage{At: "/settings/sites/main", form: form{Fields: []field{
		{Name: "name", Label: "Name", Hint: "As customers read it.", Value: "Main", Was: "Main Street", Fault: "Somebody changed it:", Theirs: "Mei’s", Conflict: true},
		{Name: "signs", Label: "How staff sign", Kind: "select", Options: []option{{"first", "first name"}, {"team", "the site"}}, Value: "team"},
	}}}},
	{"outbox.html", "empty", frame{Title: "Outbox"}, outboxPage{}},
	{"outbox.html", "full", frame{Title: "Outbox"}, outboxPage{
		Waiting: 3, Failed: 2, Parked: 1, Mend: true, Reasons: []stuckReason{{"the channel is archived", 2}},
		Messages: []stuckRow{{ID: "case:1:a", What: "The card of a case", Where: "Slack", Why: "the channel is archived", Since: "2026-03-02 09:00", SinceISO: "2026-03-02T09:00:00Z", Tries: 24}},
		Updates:  []stuckRow{{ID: "k", What: "Something that somebody sent", Where: "Telegram", Why: "it is not readable", Since: "2026-03-02 09:00", SinceISO: "2026-03-02T09:00:00Z"}},
	}},
	{"links.html", "empty", frame{Title: "Links"}, linksPage{}},
	{"links.html", "full", frame{Title: "Links", Here: "/asking/links"}, linksPage{[]linkRow{{"/asking/links/abc", "Counter", "Main Street · post_service_3", "begun: 12"}}}},
	{"link_new.html", "empty", frame{Title: "New link"}, newLinkPage{NoSite: true}},
	{"link_new.html", "full", frame{Title: "New link"}, newLinkPage{form: form{Fields: []field{
		{Name: "name", Label: "What you call it", Hint: "For yourselves.", Fault: "Give it a name."},
		{Name: "flow", Label: "Survey", Kind: "select", Options: []option{{"post_service_3", "After your visit"}}},
	}}}},
	{"link.html", "empty", frame{Title: "Counter"}, standingLinkPage{ID: "abc", Closed: true}},
	{"link.html", "full", frame{Title: "Counter", Back: &link{"/asking/links", "Links"}}, standingLinkPage{
		ID: "abc", Web: "https://care.example/s/abc", Telegram: "https://t.me/bella_bot?start=s_abc", Local: true,
		Code: &qrPicture{29, "M0 0h7v1h-7z"}, Facts: []fact{{"Survey", "post_service_3"}, {"Conversations", "begun: 12"}},
	}},
	{"card.html", "full", frame{Title: "Card"}, cardPage{
		At: "/asking/links/abc/card", Kind: "counter", Paper: "a4", Says: "Print at 100 %.",
		Sheets: [][]printedCard{{{Name: "Table 1", Business: "Main Street", Asks: []string{"您觉得怎么样？", "How was it?"}, Code: &qrPicture{29, "M0 0h7v1h-7z"}, Address: "care.example/s/abc", Here: "Telegram or browser"}, {Code: &qrPicture{29, "M0 0h7v1h-7z"}}}},
		Kinds:  []sheetChoice{{"counter", "a4", true}, {"tent", "a4", false}}, Papers: []sheetChoice{{"counter", "a4", true}, {"counter", "letter", false}},
	}},
	{"tokens.html", "empty", frame{Title: "Tokens"}, tokensPage{}},
	{"tokens.html", "full", frame{Title: "Tokens"}, tokensPage{Good: []tokenRow{{"1", "till", "read the surveys", "Main Street", "until 2026-12-01", "never used"}}, Over: []tokenRow{{"2", "old", "read the surveys", "everywhere", "ended 2026-01-01", "never used"}}}},
	{"token.html", "empty", frame{Title: "New token"}, tokenPage{Token: "act_x", Name: "till", Address: "care.example"}},
	{"token.html", "full", frame{Title: "New token"}, tokenPage{NoScope: "Choose.", Scopes: []placeBox{{"flows:read", "read the surveys", true}}, rolesForm: rolesForm{
		May: true, Fault: "Choose.", Places: []placeBox{{"main", "Main Street", true}}, form: form{Fields: []field{{Name: "name", Label: "Name", Fault: "Give it a name."}}},
	}}},
	{"flows.html", "empty", frame{Title: "Surveys"}, flowsPage{}},
	{"flows.html", "full", frame{Title: "Surveys"}, flowsPage{May: true, Rows: []flowRow{{At: "/surveys/a", Edit: "/surveys/a/edit", Title: "After your visit", State: "live", Tag: "live: version 5", Missing: "2 missing", Draft: "draft by Mei"}}, Ready: []flowRow{{At: "/surveys/b", Title: "One tap", Name: "b"}}}},
	{"flow_new.html", "empty", frame{Title: "New survey"}, newFlowPage{}},
	{"flow_new.html", "full", frame{Title: "New survey"}, newFlowPage{Made: "flow: b", From: "SurveyJS", Left: []string{"A rule was left out."}, Fault: "Give it a title.", Lines: []string{"Line 3: no"}, Source: "flow: a", Templates: []templateRow{{Name: "a", Title: "A", Bubble: "How was it?", Buttons: []string{"1", "2"}}}}},
	{"flow.html", "empty", frame{Title: "Visit"}, flowView{Flow: "visit"}},
	{"flow.html", "full", frame{Title: "Visit"}, flowView{Flow: "visit", Live: 2, May: true, State: "paused", StateIs: "Paused by Mei", Draft: "draft", Asked: []string{"How?"}, Versions: []versionView{{Version: 2, Live: true, Previous: 1, Note: "why", Who: "Mei"}, {Version: 1}}}},
	{"flow_print.html", "full", frame{Title: "Visit"}, printView{Questions: []printRow{{"How?", "always", []string{"1 bad"}}}}},
	{"flow_compare.html", "empty", frame{Title: "1 and 2"}, compareView{}},
	{"flow_compare.html", "full", frame{Title: "1 and 2"}, compareView{Changes: []changeView{{Text: "words", Was: "a", Now: "b"}}, Lines: []diffLine{{"-", "a"}, {"+", "b"}, {" ", "c"}}}},
	{"flow_publish.html", "empty", frame{Title: "Publish"}, publishView{Flow: "a", Next: 1, New: true}},
	{"flow_publish.html", "full", frame{Title: "Publish"}, publishView{Flow: "a", Next: 2, Fatal: 1, First: "before", Fault: "Errors", Findings: []finding{{Fatal: true, Text: "no", Question: "q"}}, Does: []effect{{Text: "It is used at once."}, {"Open links: 1", []link{{"/asking/links/a", "Counter"}, {"", "words"}}}}}},
	{"flow_file.html", "full", frame{Title: "File"}, fileView{Flow: "a", Source: "flow: a", Fault: "Mei changed it", Theirs: "flow: b", Findings: []finding{{Text: "look"}}}},
	{"flow_paths.html", "empty", frame{Title: "Ways"}, pathsView{}},
	{"flow_paths.html", "full", frame{Title: "Ways"}, pathsView{Always: []string{"1 How?"}, More: true, Rows: []pathRow{{[]string{"2 Why?"}, 2, 38, 1, 3, "P1"}, {nil, 1, 8, 4, 7, "none"}}}},
	{"flow_words.html", "empty", frame{Title: "Languages"}, wordsView{Flow: "a", First: "en"}},
	{"flow_words.html", "full", frame{Title: "Languages"}, wordsView{
		Flow: "a", First: "en", Live: true, To: "de", ToName: "Deutsch", Languages: []option{{"de", "Deutsch"}}, Done: 1, All: 2, Fault: "no table", Table: "where,en",
		Rows:    []wordsRow{{Path: "title", Name: "title/@de", Where: "title", ID: "w1", First: "Visit", Value: "Besuch", Fault: "Mei", Theirs: "X", Asks: true, Gaps: []string{"{date} is missing here."}}},
		Changes: []wordsRow{{Name: "title/@de", Where: "title", Value: "Besuch", Was: "x", ID: "c1"}},
	}},
	{"flow_edit.html", "empty", frame{Title: "Visit", Own: true}, flowEditor{Flow: "a", Title: "A"}},
	{"drop.html", "full", frame{Title: "Give this up for good?"}, dropPage{stuckRow{ID: "k", What: "A notice", Where: "Slack", Why: "gone"}}},
}

// someone may see everything.
var someone = Viewer{Login: "l1", Staff: "robin", Name: "Robin Park", Owner: true}

type fixedGate struct {
	v  Viewer
	ok bool
}

func (g fixedGate) Viewer(*http.Request) (Viewer, bool, error) { return g.v, g.ok, nil }

func gateOf(v Viewer) Gate { return fixedGate{v, v.Login != ""} }

// pageLanguages are those in which every page is looked at: Arabic has few words of its
// own and stands for all that are written from the right.
var pageLanguages = []string{"en", "zh-Hans", "ar"}

func TestEveryPageKeepsTheRulesOfPages(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range fixtures {
		seen[f.template] = true
		for _, lang := range pageLanguages {
			t.Run(f.template+" "+f.of+" "+lang, func(t *testing.T) {
				for _, fault := range faultsOf(render(t, f, lang)) {
					t.Error(fault)
				}
			})
		}
	}
	for _, p := range drawing().pages[fallback]().Templates() {
		if strings.HasSuffix(p.Name(), ".html") && p.Tree != nil && !seen[p.Name()] && strings.Contains(p.Tree.Root.String(), `template "top"`) {
			t.Errorf("%s has no fixture", p.Name())
		}
	}
}

// drawing is a site without a store: it can draw, and no more. A page that cannot be drawn
// is a fault.
var drawing = sync.OnceValue(func() *site { return newSite(Config{}) })

func render(t *testing.T, f fixture, lang string) string {
	t.Helper()
	w := httptest.NewRecorder()
	v := someone
	v.Language = lang
	s := drawing()
	if err := s.show(w, httptest.NewRequest("GET", "/", nil), v, 200, f.template, f.frame, f.page); err != nil {
		t.Fatal(err)
	}
	if w.Code != 200 {
		t.Fatalf("%s cannot be drawn: %s", f.template, w.Body)
	}
	return w.Body.String()
}

var (
	inlineStyle  = regexp.MustCompile(`(?i)\sstyle\s*=|<style`)
	inlineScript = regexp.MustCompile(`(?i)<script(?:[^>]*\ssrc=)?[^>]*>[^<]|<[^>]*\son[a-z]+\s*=|javascript:`)
	absolute     = regexp.MustCompile(`(?i)(?:href|src|action)="(?:https?:)?//`)
	id           = regexp.MustCompile(`\sid="([^"]*)"`)
	labelFor     = regexp.MustCompile(`<label[^>]*\sfor="([^"]*)"`)
	refers       = regexp.MustCompile(`\s(?:aria-labelledby|aria-describedby)="([^"]*)"`)
	control      = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	heading      = regexp.MustCompile(`<h1[\s>]`)
	document     = regexp.MustCompile(`(?s)<article class="sheet prose".*?</article>|<code.*?</code>`) // other people's keys
	rawKey       = regexp.MustCompile(`>\s*[a-z]+_[a-z_]+\s*<`)
)

// faultsOf says which rules of pages a page breaks.
func faultsOf(html string) (out []string) {
	ours := document.ReplaceAllString(html, "")
	for _, platform := range []string{`button" href="https://t.me/`, `button primary" href="https://t.me/`, `button" href="https://api.slack.com/apps?`, `button primary" href="https://api.slack.com/apps?`} {
		html = strings.ReplaceAll(html, `<a class="`+platform, "<a>") // addresses elsewhere to which a page leads: where bots are made and are
	}
	for what, re := range map[string]*regexp.Regexp{
		"a style of its own": inlineStyle, "a script in the page": inlineScript, "an absolute address": absolute,
	} {
		if m := re.FindString(html); m != "" {
			out = append(out, what+": "+strings.TrimSpace(m))
		}
	}
	if m := rawKey.FindString(ours); m != "" {
		out = append(out, "a key without words: "+m)
	}
	if n := len(heading.FindAllString(html, -1)); n != 1 {
		out = append(out, "the page has not one heading of the first rank")
	}
	ids := map[string]int{}
	for _, m := range id.FindAllStringSubmatch(html, -1) {
		ids[m[1]]++
	}
	for name, n := range ids {
		if n > 1 {
			out = append(out, "the id "+name+" stands twice")
		}
	}
	labelled := map[string]bool{}
	for _, m := range labelFor.FindAllStringSubmatch(html, -1) {
		labelled[m[1]] = true
	}
	for _, m := range refers.FindAllStringSubmatch(html, -1) {
		for name := range strings.FieldsSeq(m[1]) {
			if ids[name] == 0 {
				out = append(out, "nothing has the id "+name)
			}
		}
	}
	for _, c := range control.FindAllString(html, -1) {
		if strings.Contains(c, `type="hidden"`) || strings.Contains(c, "aria-label=") {
			continue
		}
		m := id.FindStringSubmatch(c)
		if (m == nil || !labelled[m[1]]) && !insideLabel(html, c) {
			out = append(out, "no label for "+c)
		}
	}
	slices.Sort(out)
	return out
}

// insideLabel reports whether a control stands within its label.
func insideLabel(html, control string) bool {
	before := html[:strings.Index(html, control)]
	return strings.LastIndex(before, "<label") > strings.LastIndex(before, "</label>")
}

func TestThePagesRulesNoticeABreach(t *testing.T) {
	for bad, want := range map[string]string{
		`<h1>x</h1><p style="color:red">`:                  "a style of its own",
		`<h1>x</h1><script>alert(1)</script>`:              "a script in the page",
		`<h1>x</h1><a onclick="x()">`:                      "a script in the page",
		`<h1>x</h1><a href="//elsewhere.example/">`:        "an absolute address",
		`<h1>x</h1><p id="a"><p id="a">`:                   "the id a stands twice",
		`<h1>x</h1><input name="a">`:                       "no label for",
		`<h1>x</h1><input name="a" id="a"><label for="b">`: "no label for",
		`<h1>x</h1><section aria-labelledby="g1">`:         "nothing has the id g1",
		`<p>no heading</p>`:                                "heading",
		`<h1>not_found_text</h1>`:                          "a key without words",
	} {
		found := faultsOf(bad)
		if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("%s: found %v, want %q", bad, found, want)
		}
	}
	if found := faultsOf(`<h1>x</h1><label for="a">A</label><input id="a"><label>B <input name="b"></label><script type="module" src="/x.js"></script>`); len(found) > 0 {
		t.Errorf("a good page: %v", found)
	}
}

// whole are the languages that have every word; the others fall back to English.
var whole = []string{"en", "zh-Hans"}

func TestEveryTextIsWholeInEveryLanguage(t *testing.T) {
	hole := regexp.MustCompile(`\{\d+\}`)
	holes := func(text string) []string {
		found := hole.FindAllString(text, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for lang, w := range tongues() {
		for key, text := range w.by {
			english, ok := tongues()[fallback].by[key]
			if !ok {
				t.Errorf("%s has %s, and %s has not", lang, key, fallback)
				continue
			}
			if got, want := holes(text), holes(english); !slices.Equal(got, want) {
				t.Errorf("%s %s has %v, want %v", lang, key, got, want)
			}
		}
		if !slices.Contains(whole, lang) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(tongues()[fallback].by)) {
			if w.by[key] == "" {
				t.Errorf("%s has no %s", lang, key)
			}
		}
	}
}

// TestEachRoleAtEachRoute asks every address that needs a session with every role: who may
// not is refused before the handler runs, and who has not signed in is led to the door.
func TestEachRoleAtEachRoute(t *testing.T) {
	for _, to := range routes {
		method, at, _ := strings.Cut(to.pattern, " ")
		at = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(at, "x")
		if at == "" || method == "" {
			t.Fatalf("%q names no method: %q, %q", to.pattern, method, at)
		}
		ask := func(v Viewer) (status int, ran bool) {
			probe := to
			probe.page = func(*site, http.ResponseWriter, *http.Request, Viewer) error { ran = true; return nil }
			w := httptest.NewRecorder()
			s := *drawing()
			s.Gate = gateOf(v)
			s.behindTheGate(probe)(w, httptest.NewRequest(method, at, nil))
			return w.Code, ran
		}
		if code, ran := ask(Viewer{}); ran || code != http.StatusSeeOther {
			t.Errorf("%s, nobody: %d, ran: %v", to.pattern, code, ran)
		}
		for _, role := range access.Roles() {
			code, ran := ask(Viewer{Login: "l", Grants: access.Grants{"main": role}})
			if may := to.deed == "" || role.Can(to.deed); ran != may || (!may && code != http.StatusForbidden) {
				t.Errorf("%s, %q: %d, ran: %v, want %v", to.pattern, role, code, ran, may)
			}
		}
		if _, ran := ask(Viewer{Login: "l", Owner: true}); !ran {
			t.Errorf("%s: an owner may not", to.pattern)
		}
	}
}

func TestWhoHasNotSignedInComesBackToWhatTheyAskedFor(t *testing.T) {
	ask := func(method, at string) string {
		w := httptest.NewRecorder()
		New(Config{Gate: gateOf(Viewer{}), Prefix: "/care"}).ServeHTTP(w, httptest.NewRequest(method, at, nil))
		return w.Header().Get("Location")
	}
	for _, c := range []struct{ method, at, want string }{
		{"GET", "/care/cases?site=a&state=open", "/care/login?next=%2Fcases%3Fsite%3Da%26state%3Dopen"},
		{"GET", "/", "/care/login"},
		{"POST", "/cases/A-1/reply", "/care/login"},
	} {
		if got := ask(c.method, c.at); got != c.want {
			t.Errorf("%s %s leads to %q, want %q", c.method, c.at, got, c.want)
		}
	}
}

func TestAFlashIsNamedByTheAddressAndNeverWordedByIt(t *testing.T) {
	w := httptest.NewRecorder()
	s := drawing()
	err := s.show(w, httptest.NewRequest("GET", "/?done=%3Cb%3Eyou%20won", nil), someone, 200, "notice.html", frame{Title: "x"}, notice{"y"})
	if err != nil || strings.Contains(w.Body.String(), "won") {
		t.Errorf("%v: %s", err, w.Body)
	}
}

func TestCookiesAreForEncryptedConnectionsAloneWherePublicURLIs(t *testing.T) {
	for _, c := range []struct {
		public, host string
		want         bool
	}{
		{"https://care.example/care", "care.example", true},
		{"https://care.example", "CARE.example", true},
		{"https://care.example", "localhost:8080", false},
		{"http://care.example", "care.example", false},
		{"", "care.example", false},
	} {
		s := *drawing()
		s.PublicURL = c.public
		r := httptest.NewRequest("GET", "/login", nil)
		r.Host = c.host
		var secure bool
		s.encrypted(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { secure = r.TLS != nil })).ServeHTTP(httptest.NewRecorder(), r)
		if secure != c.want {
			t.Errorf("PUBLIC_URL %q, asked for %s: encrypted is %v", c.public, c.host, secure)
		}
	}
}
