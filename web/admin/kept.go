package admin

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// What somebody of staff wrote is not lost where their session ended while they wrote: it stands on the page of
// signing in, sealed to the person who signed in last in this browser, and is shown to that person, and to no other,
// once they are in. Nothing is done with it until they send it. The server keeps nothing of it.

// keptFor is how long such words wait for their writer to sign in.
const keptFor = time.Hour

// mostKept is how many texts are shown, the longest of them; the others go with them unseen.
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

// signInFirst leads somebody who has no session to signing in, with what they wrote where it is kept, and to the page
// on which they were.
func (s doorPages) signInFirst(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	at := s.Prefix + "/login"
	login, may := mayKeep(r, s.Sealer)
	switch {
	case may:
		k := keptWords{At: r.URL.RequestURI(), From: "/", Until: s.Clock().Add(keptFor).Unix()}
		if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
			k.From = nextPage(strings.TrimPrefix(from.RequestURI(), s.Prefix))
		}
		err := page.ReadForm(w, r, maxForm)
		if refused, no := errors.AsType[*page.Error](err); no && refused.Code == page.TooLarge {
			r.PostForm = url.Values{}
			return s.showLogin(w, r, http.StatusUnauthorized, k.From, s.loginForm(s.words(r, Viewer{})), outsideNote{Text: s.words(r, Viewer{}).t("kept_too_long")})
		}
		if k.Form = r.PostForm; err == nil && k.wrote() {
			value, err := json.Marshal(k)
			if err != nil {
				return err
			}
			r.PostForm = url.Values{"kept": {s.Sealer.Seal(keptPlace(login), string(value))}}
			return s.showLogin(w, r, http.StatusUnauthorized, "/", s.loginForm(s.words(r, Viewer{})), outsideNote{})
		}
		at += "?next=" + queryEscape(k.From) // nothing was written: they do it again where they see what it does
	case r.Method == http.MethodGet && r.URL.Path != "/":
		at += "?next=" + queryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, at, http.StatusSeeOther) //nolint:gosec // to our own page
	return nil
}

// mayKeep is for whom what a form holds is kept, where it is: for who signed in last in the browser.
func mayKeep(r *http.Request, sealer Sealer) (login string, may bool) {
	if r.Method != http.MethodPost || sealer == nil || !slices.ContainsFunc(wordyPlaces, func(place string) bool { return strings.HasPrefix(r.URL.Path, place) }) {
		return "", false
	}
	c, err := r.Cookie(lastCookie(r))
	if err != nil || r.Header.Get("Sec-Fetch-Mode") == "cors" { // of a script, which keeps them itself
		return "", false
	}
	login, err = sealer.Open("last", c.Value)
	return login, err == nil
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
	shown := k.texts()
	for _, name := range slices.Sorted(maps.Keys(k.Form)) {
		for i, value := range k.Form[name] {
			one := keptText{Name: name, Value: value}
			if !slices.Contains(shown, spot{name, i}) {
				p.Rest = append(p.Rest, one)
				continue
			}
			one.Label = words.t("kept_label", strconv.Itoa(len(p.Texts)+1))
			p.Texts = append(p.Texts, one)
		}
	}
	return s.show(w, r, v, http.StatusOK, "kept.html", frame{Title: words.t("kept_title"), Bare: true}, p)
}

// spot is where a value stands in a form: which of those of a name it is.
type spot struct {
	name string
	i    int
}

// wrote reports whether somebody wrote anything of it.
func (k keptWords) wrote() bool { return len(k.texts()) > 0 }

// texts are the places of what somebody wrote, the longest mostKept of them.
func (k keptWords) texts() (all []spot) {
	for _, name := range slices.Sorted(maps.Keys(k.Form)) {
		was, known := k.Form[name+".was"]
		for i, value := range k.Form[name] {
			if written(name, value) && !(known && slices.Contains(was, lines(value))) {
				all = append(all, spot{name, i})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b spot) int { return len(k.Form[b.name][b.i]) - len(k.Form[a.name][a.i]) })
	return all[:min(len(all), mostKept)]
}

// Names of fields for words, and of those that nobody writes in.
var (
	wordFields  = []string{"text", "note", "reason", "plan", "more", "words", "why", "change"}
	thingFields = []string{"id", "act", "do", "case", "once", "rev", "revision", "sealed", "start"}
)

// written reports whether somebody wrote a value. Where the name does not say so it is what people write: several
// words, or letters that names of things do not have here.
func written(name, value string) bool {
	if value = strings.TrimSpace(value); value == "" || strings.HasSuffix(name, ".was") || slices.Contains(thingFields, name) {
		return false
	}
	return slices.Contains(wordFields, name) || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || r > unicode.MaxASCII })
}
