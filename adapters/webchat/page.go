package webchat

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// frame is what every page has around its content.
type frame struct {
	Lang, Dir, Title string
	Words            words
	CSS, JS, Icon    string
	Here             string // path of the page
	State            string // names what the transcript shows; the event stream's ids
	Earlier          int64  // where the page before this one ends; 0 = there is none
	Past             bool   // newer messages are on other pages
	Status, Alert    string // said at once: politely, or because it needs attention
}

// chatPage is a customer's conversation.
type chatPage struct {
	frame
	Nonce    string
	Messages []message
	Box      box
}

// noticePage says why there is no conversation. If Retry is set it sends what could
// not be saved once more.
type noticePage struct {
	frame
	Text  string
	Retry *posted
}

// message is a chat.Message laid out for a page.
type message struct {
	chat.Message
	ID        string // of the element
	Slot      string
	Mark      string // changes when the message does
	Lang, Dir string
	StateWord string   // "" where the title says it
	Question  []string // paragraphs of Text, without what was answered
	Answer    string   // set off below it
	Reply     *reply
	Who       string          // of the reader's own words
	Card      bool            // what the customer wrote comes first
	Rows      [][]chat.Button // shadows the message's
	Actions   [][]action      // the same in a room
	Field     *field          // for an answer that is picked
	Nonce     string
	Here      string
}

type reply struct{ ID, Excerpt string }

func (s *site) frame(lang, title, here string) frame {
	w := s.words[lang]
	if title = chat.CleanLine(title); title == "" {
		title = w.Title
	}
	return frame{
		Lang: lang, Dir: direction(lang), Title: title, Words: w, Here: here,
		CSS: s.assets.URL("chat.css"), JS: s.assets.URL("live.js"), Icon: s.assets.URL("icon.svg"),
	}
}

func (s *site) showChat(w http.ResponseWriter, r *http.Request) {
	v, ok := s.visitor(w, r, nil)
	if !ok {
		return
	}
	said := s.takeSaid(w, r)
	s.renderChat(w, r, v, http.StatusOK, said)
}

// pageLanguage is that of the texts around a visitor's messages.
func (s *site) pageLanguage(r *http.Request, v Visitor) string {
	return s.words.choose(append([]string{v.Language}, acceptable(r.Header.Get("Accept-Language"))...)...)
}

// renderChat answers with a page of the conversation.
func (s *site) renderChat(w http.ResponseWriter, r *http.Request, v Visitor, status int, said said) {
	part, err := s.readPart(r.Context(), r, v.Address)
	if err != nil {
		s.away(w, r, "read transcript", err, nil)
		return
	}
	p := chatPage{frame: s.frame(s.pageLanguage(r, v), v.Title, s.here(r)), Nonce: newNonce()}
	p.State, p.Earlier, p.Past = part.State, part.Earlier, part.Past
	said.Text = chat.Clean(said.Text)
	p.Status, p.Alert = said.split()
	p.Messages = s.layOut(part.Items, p.frame, p.Nonce)
	p.Box = boxFor(part.Items)
	s.render(w, r, status, "chat.html", p)
	s.seen(r, v, part.Items)
}

// seen reports what the page has shown, to the browser whose conversation it is.
func (s *site) seen(r *http.Request, v Visitor, items []Item) {
	if s.Seen == nil || v.Fresh || r.Method == http.MethodHead || len(items) == 0 {
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

func (s *site) notice(w http.ResponseWriter, r *http.Request, n notice) {
	s.noticeAgain(w, r, n, nil)
}

func (s *site) noticeAgain(w http.ResponseWriter, r *http.Request, n notice, retry *posted) {
	lang := s.words.choose(acceptable(r.Header.Get("Accept-Language"))...)
	words := s.words[lang].Notices[n]
	p := noticePage{frame: s.frame(lang, words.Title, s.here(r)), Text: words.Text, Retry: retry}
	s.render(w, r, noticeCodes[n].Status(), "notice.html", p)
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
	if id := r.PathValue("id"); id != "" {
		return s.Prefix + "/room/" + url.PathEscape(id)
	}
	return ""
}

func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	if err := page.Render(w, r, pages, status, name, data); err != nil {
		s.Log.Error("web chat: a page cannot be shown", "err", err)
	}
}

// layOut cleans and prepares messages for a page: of a chat, where forms carry the nonce, or of a
// room, where there is none.
func (s *site) layOut(items []Item, f frame, nonce string) []message {
	items = slices.Clone(items) // the caller's stay as they are
	at := make(map[chat.Ref]chat.Message, len(items))
	for i := range items {
		items[i].Message = cleanMessage(items[i].Message)
		at[chat.Ref(items[i].Slot)] = items[i].Message
	}
	out := make([]message, len(items))
	asking := waiting(items)
	for i, it := range items {
		m := message{
			Message: it.Message, ID: elementID(it.Slot), Slot: it.Slot, Mark: fmt.Sprintf("%d.%d", it.Ord, it.Version),
			Lang: it.Message.Lang, Rows: buttons(it.Message.Rows), Nonce: nonce, Here: f.Here, Card: nonce == "",
		}
		question, answer := splitAnswer(it.Message.Text)
		m.Question, m.Answer = paragraphs(question), answer
		if word := s.words[s.words.choose(m.Lang)].States[it.Message.State]; !strings.Contains(it.Message.Title, word) {
			m.StateWord = word
		}
		if i == asking && nonce != "" {
			m.Field = fieldFor(it.Message, s.words[s.words.choose(m.Lang)])
		}
		if it.Message.Mine {
			m.Who = f.Words.You
		}
		if m.Lang == "" {
			m.Lang, m.Dir = f.Lang, "auto"
		} else {
			m.Dir = direction(m.Lang)
		}
		below := cmp.Or(it.Message.Replies, chat.Ref(it.Message.Under)) // here a slot is a reference
		if to, ok := at[below]; ok && below != "" {
			m.Reply = &reply{elementID(string(below)), excerpt(to)}
		}
		out[i] = m
	}
	return out
}

// splitAnswer finds the lines that stand in place of an answered question's buttons:
// they begin with a mark, in every language. It decides looks only.
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
