package admin

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// What somebody of staff wrote is not lost where their session ended while they wrote: it stands on the page of
// signing in, sealed to the person who signed in last in this browser, and is shown to that person, and to no other,
// once they are in. Nothing is done with it until they send it. The server keeps nothing of it.

// keptFor is how long such words wait for their writer to sign in.
const keptFor = time.Hour

// mostKept is how many texts are shown; the others go with them unseen.
const mostKept = 12

// wordyPlaces begin the addresses whose forms hold words and no secret.
var wordyPlaces = []string{
	"/cases/", "/surveys/", "/improvements/", "/asking/", "/settings/rules", "/settings/hours", "/settings/routes", "/settings/snippets", "/settings/texts",
	"/settings/reporting", "/settings/sites",
}

// keptWords are a form that was sent without a session.
type keptWords struct {
	At    string     // the address, with its query and without the prefix
	From  string     // the page that it stood on
	Form  url.Values // what was in it
	Until int64      // seconds since 1970
}

// lastCookie names the cookie that says, sealed, who signed in last in a browser.
func lastCookie(r *http.Request) string { return cookieName(r) + "_last" }

func keptPlace(login string) string { return "kept:" + login }

// remembers has a browser know who signed in last there. It lets nobody in.
func (s doorPages) remembers(w http.ResponseWriter, r *http.Request, login string) {
	if s.Sealer == nil {
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is TLS; on loopback there is none
		Name: lastCookie(r), Value: s.Sealer.Seal("last", login), Path: "/", MaxAge: int(2 * storage.SessionLife / time.Second),
		Secure: r.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// keepWords is a form that was sent without a session, sealed to who signed in last in its browser; "" = nothing
// is kept.
func (s doorPages) keepWords(w http.ResponseWriter, r *http.Request) string {
	at := r.URL.Path
	if r.Method != http.MethodPost || s.Sealer == nil || !slices.ContainsFunc(wordyPlaces, func(place string) bool { return strings.HasPrefix(at, place) }) {
		return ""
	}
	c, err := r.Cookie(lastCookie(r))
	if err != nil || r.Header.Get("Sec-Fetch-Mode") == "cors" { // of a script, which keeps them itself
		return ""
	}
	login, err := s.Sealer.Open("last", c.Value)
	if err != nil || page.ReadForm(w, r, maxForm) != nil {
		return ""
	}
	k := keptWords{At: r.URL.RequestURI(), From: "/", Form: r.PostForm, Until: s.Clock().Add(keptFor).Unix()}
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
		k.From = nextPage(strings.TrimPrefix(from.RequestURI(), s.Prefix))
	}
	value, err := json.Marshal(k)
	if err != nil {
		return ""
	}
	return s.Sealer.Seal(keptPlace(login), string(value))
}

// askAgain is the page of signing in for somebody whose session ended while they wrote.
func (s doorPages) askAgain(w http.ResponseWriter, r *http.Request, kept string) error {
	r.PostForm = url.Values{"kept": {kept}}
	return s.showLogin(w, r, http.StatusUnauthorized, "/", s.loginForm(s.words(r, Viewer{})), outsideNote{})
}

// keptFrom are the words that came with signing in, if they are of who signed in.
func (s doorPages) keptFrom(r *http.Request, login string) (k keptWords, ok bool) {
	sealed := r.PostForm.Get("kept")
	if sealed == "" || s.Sealer == nil {
		return k, false
	}
	value, err := s.Sealer.Open(keptPlace(login), sealed)
	if err != nil || json.Unmarshal([]byte(value), &k) != nil {
		return k, false
	}
	return k, s.Clock().Unix() < k.Until
}

// keptPage shows a form that was not sent, to be sent.
type keptPage struct {
	At, From string
	Texts    []keptText // what was written
	Rest     []keptText // what else was in the form
}

type keptText struct{ Name, Label, Value string }

// showKept shows what somebody wrote before they signed in again. Nothing was done with it.
func (s doorPages) showKept(w http.ResponseWriter, r *http.Request, v Viewer, k keptWords) error {
	words := s.words(r, v)
	p := keptPage{At: k.At, From: k.From}
	for _, name := range slices.Sorted(maps.Keys(k.Form)) {
		for _, value := range k.Form[name] {
			one := keptText{Name: name, Value: value}
			if was, known := k.Form[name+".was"]; len(p.Texts) == mostKept || !written(name, value) || known && slices.Contains(was, lines(value)) {
				p.Rest = append(p.Rest, one)
				continue
			}
			one.Label = words.t("kept_label", strconv.Itoa(len(p.Texts)+1))
			p.Texts = append(p.Texts, one)
		}
	}
	return s.show(w, r, v, http.StatusOK, "kept.html", frame{Title: words.t("kept_title"), Bare: true}, p)
}

// Names of fields for words, and what values look like that nobody wrote: names of things, numbers, moments and what a
// button does.
var (
	wordFields = []string{"text", "note", "reason", "plan", "more", "words", "why", "change"}
	ofThings   = regexp.MustCompile(`^[a-z0-9_.:|+/-]*$`)
)

// written reports whether somebody wrote a value.
func written(name, value string) bool {
	if value = strings.TrimSpace(value); value == "" || strings.HasSuffix(name, ".was") || name == "id" || name == "act" || name == "do" {
		return false
	}
	return slices.Contains(wordFields, name) || !ofThings.MatchString(value)
}
