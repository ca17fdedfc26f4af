package webchat

import (
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
)

//go:embed pages
var pageFiles embed.FS

// pages are parsed when the first one is shown: most commands show none.
var pages = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(pageFiles, "pages/*.html")) })

// frame is what every page has around its content.
type frame struct {
	Lang, Dir, Title string
	Words            words
	Tokens, CSS      string
	JS, Icon         string
	Here             string // path of the page
	Business, Mark   string // who asks, and their sign; "" = not known
	State            string // names what the transcript shows; the event stream's ids
	Earlier          int64  // where the page before this one ends; 0 = there is none
	Past             bool   // newer messages are on other pages
	Status, Alert    string // said at once: politely, or because it needs attention
}

func (s *site) frame(lang, title, here string) frame {
	w := s.words[lang]
	if title = chat.CleanLine(title); title == "" {
		title = w.Title
	}
	return frame{
		Lang: lang, Dir: direction(lang), Title: title, Words: w, Here: here,
		Tokens: s.assets.URL("tokens.css"), CSS: s.assets.URL("chat.css"), JS: s.assets.URL("live.js"), Icon: s.assets.URL("icon.svg"),
	}
}

// initial is the sign of a name: its first letter.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

func (s *site) showChat(w http.ResponseWriter, r *http.Request) {
	v, ok := s.visitor(w, r, nil)
	if !ok {
		return
	}
	said := s.takeSaid(w, r)
	s.renderChat(w, r, v, http.StatusOK, said, unsent{})
}

// pageLanguage is that of the texts around a visitor's messages.
func (s *site) pageLanguage(r *http.Request, v Visitor) string {
	return s.words.choose(slices.Concat([]string{v.Language}, acceptable(r.Header.Get("Accept-Language")), []string{v.Else})...)
}

// read returns what is to be seen of a conversation: what is stored or, before it begins, what
// it begins with.
func (s *site) read(r *http.Request, v Visitor) (part, error) {
	p, err := s.readPart(r.Context(), r, v.Address)
	if err == nil && v.Unopened && len(p.Items) == 0 && s.Preview != nil {
		p.Items, err = s.Preview(r.Context(), r.PathValue("token"))
	}
	return p, err
}

// renderChat answers with a page of the conversation, with what was sent and not taken.
func (s *site) renderChat(w http.ResponseWriter, r *http.Request, v Visitor, status int, said said, left unsent) {
	part, err := s.read(r, v)
	if err != nil {
		s.away(w, r, "read transcript", err, nil)
		return
	}
	f := s.frame(s.pageLanguage(r, v), v.Title, s.here(r))
	f.Business = f.Title
	f.Mark = initial(f.Title)
	f.State, f.Earlier, f.Past = part.State, part.Earlier, part.Past
	said.Text = chat.Clean(said.Text)
	f.Status, f.Alert = said.split()
	s.render(w, r, status, "chat.html", s.chatPage(f, v, part.Items, left))
	s.seen(r, v, part.Items)
}

// seen reports what the page has shown, to the browser whose conversation it is.
func (s *site) seen(r *http.Request, v Visitor, items []Item) {
	if s.Seen == nil || v.Fresh || v.Unopened || r.Method == http.MethodHead || len(items) == 0 {
		return
	}
	slots := make([]string, len(items))
	for i := range items {
		slots[i] = items[i].Slot
	}
	if err := s.Seen(r.Context(), v.Address, slots); err != nil && r.Context().Err() == nil {
		s.Log.Warn("web chat: that a page was seen could not be noted; it is at the next look", "err", err)
	}
}

// refuse answers what was sent and cannot be read.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if page.AsError(err).Code == page.TooLarge {
		s.notice(w, r, noticeBig)
		return
	}
	s.notice(w, r, noticeGarbled)
}

// here is the path of the conversation that a request is about, "" if it names none.
func (s *site) here(r *http.Request) string {
	if t := r.PathValue("token"); t != "" {
		return s.Prefix + "/chat/" + url.PathEscape(t)
	}
	return ""
}

func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	if err := page.Render(w, r, pages(), status, name, data, nil); err != nil {
		s.Log.Error("web chat: a page cannot be shown", "err", err)
	}
}

// splitAnswer finds the lines that stood in place of an answered question's buttons in what an
// earlier release stored: they begin with a mark, in every language. It decides looks only.
func splitAnswer(text string) (question, answer string) {
	at := -1
	for _, mark := range []string{"\n✓ ", "\n– "} {
		if i := strings.Index(text, mark); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return text, ""
	}
	return strings.TrimRight(text[:at], "\n"), text[at+1:]
}

// paragraphs splits at blank lines.
func paragraphs(text string) []string {
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// buttons leaves out links that are none to a web page: a browser might run them.
func buttons(rows [][]chat.Button) [][]chat.Button {
	var out [][]chat.Button
	for _, row := range rows {
		var kept []chat.Button
		for _, b := range row {
			if b.URL == "" || webLink(b.URL) {
				kept = append(kept, b)
			}
		}
		if kept != nil {
			out = append(out, kept)
		}
	}
	return out
}

func webLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// elementID names a slot within a page without telling what it holds.
func elementID(slot string) string {
	sum := sha256.Sum256([]byte(slot))
	return "m" + hex.EncodeToString(sum[:6])
}

// excerpt is the beginning of a message, at most 80 characters.
func excerpt(m chat.Message) string {
	question, _ := splitAnswer(m.Text)
	if m.Title != "" {
		question = m.Title
	}
	text := []rune(question)
	if len(text) > 80 {
		return string(text[:79]) + "…"
	}
	return string(text)
}

// newNonce is 128 random bits.
func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
