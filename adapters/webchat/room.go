package webchat

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
)

// Room is a room at /room/{id} that anyone may read.
type Room struct {
	ID string
	// User is who everybody is that presses a button in it: a member of staff who does not
	// exist, for the demo. Without an ID the room is only read.
	User chat.User
}

func (r Room) address() chat.Address {
	return chat.Address{Platform: chat.Web, Account: "room", Chat: r.ID}
}

// message is a chat.Message laid out as a card.
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
	Actions   [][]action
	Here      string
}

// cards lays messages out for a room.
func (s *site) cards(items []Item, f frame) []message {
	items = slices.Clone(items) // the caller's stay as they are
	at := make(map[chat.Ref]chat.Message, len(items))
	for i := range items {
		items[i].Message = cleanMessage(items[i].Message)
		at[chat.Ref(items[i].Slot)] = items[i].Message
	}
	out := make([]message, len(items))
	for i, it := range items {
		m := message{
			Message: it.Message, ID: elementID(it.Slot), Slot: it.Slot, Mark: fmt.Sprintf("%d.%d", it.Ord, it.Version),
			Lang: it.Message.Lang, Here: f.Here,
		}
		m.Rows = buttons(it.Message.Rows)
		question, answer := splitAnswer(it.Message.Text)
		m.Question, m.Answer = paragraphs(question), answer
		if word := s.words[s.words.choose(m.Lang)].States[it.Message.State]; !strings.Contains(it.Message.Title, word) {
			m.StateWord = word
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

// roomPage shows cards, and what can be done about them.
type roomPage struct {
	frame
	Cards []message
}

// action is a button of a card. One with a form has its fields behind it; Open says that
// they are to be filled in again.
type action struct {
	chat.Button
	Slot, Nonce, Here string
	Open              bool
	Inputs            []formInput
}

// fieldPrefix begins the names of what was filled in.
const fieldPrefix = "f."

func (s *site) showRoom(w http.ResponseWriter, r *http.Request) {
	if room, ok := s.room(w, r); ok {
		s.renderRoom(w, r, room, s.takeSaid(w, r), pressed{})
	}
}

// renderRoom answers with a page of cards. The form that was pressed again is open, with the
// words that were in it.
func (s *site) renderRoom(w http.ResponseWriter, r *http.Request, room Room, said said, again pressed) {
	part, err := s.readPart(r.Context(), r, room.address())
	if err != nil {
		s.away(w, r, "read transcript", err, nil)
		return
	}
	lang := s.words.choose(acceptable(r.Header.Get("Accept-Language"))...)
	p := roomPage{frame: s.frame(lang, s.words[lang].Room, s.here(r))}
	p.CSS = s.assets.URL("room.css")
	p.State, p.Earlier, p.Past = part.State, part.Earlier, part.Past
	said.Text = chat.Clean(said.Text)
	p.Status, p.Alert = said.split()
	p.Cards = s.cards(part.Items, p.frame)
	if room.User.ID != "" {
		nonce := newNonce()
		for i := range p.Cards {
			p.Cards[i].Actions = actions(&p.Cards[i], nonce, again)
		}
	}
	s.render(w, r, http.StatusOK, "room.html", p)
}

// actions are the buttons of a card, each with what it needs to be sent.
func actions(m *message, nonce string, again pressed) [][]action {
	var rows [][]action
	for _, row := range m.Rows {
		var line []action
		for _, b := range row {
			a := action{Button: b, Slot: m.Slot, Nonce: nonce, Here: m.Here}
			a.Open = b.Form != nil && again.Data == b.Data && again.On == m.Slot
			if b.Form != nil {
				form := *b.Form
				form.Title, form.Submit, form.Note = chat.CleanLine(form.Title), chat.CleanLine(form.Submit), chat.Clean(form.Note)
				a.Form = &form
				for _, f := range form.Fields {
					f.Label, f.Hint = chat.CleanLine(f.Label), chat.CleanLine(f.Hint)
					if a.Open {
						f.Value = again.Fields[f.Name]
					}
					a.Inputs = append(a.Inputs, inputFor(f, elementID(m.Slot+b.Data+f.Name)))
				}
			}
			line = append(line, a)
		}
		rows = append(rows, line)
	}
	return rows
}

// pressed is a button of a room's card as it was sent, with its form's fields.
type pressed struct {
	Nonce, Data, On string
	Fields          map[string]string
}

// readPressed reads a form of a room. Its errors are those of readPost.
func readPressed(w http.ResponseWriter, r *http.Request) (pressed, error) {
	if err := page.ReadForm(w, r, maxBody); err != nil {
		return pressed{}, err
	}
	return pressedFrom(r.PostForm)
}

func pressedFrom(f url.Values) (pressed, error) {
	p := pressed{Nonce: f.Get("nonce"), Data: f.Get("data"), On: f.Get("on")}
	for name, values := range f {
		if len(values) != 1 || !utf8.ValidString(name) {
			return pressed{}, errGarbled
		}
		if field, ok := strings.CutPrefix(name, fieldPrefix); ok {
			if p.Fields == nil {
				p.Fields = map[string]string{}
			}
			p.Fields[field] = strings.ReplaceAll(strings.ToValidUTF8(values[0], "\uFFFD"), "\r\n", "\n")
		}
	}
	bad := p.Data == "" || len(p.Data) > maxData || !utf8.ValidString(p.Data) || len(p.On) > maxSlot || !utf8.ValidString(p.On)
	if bad || !safe(p.Nonce, maxNonce) {
		return pressed{}, errGarbled
	}
	return p, nil
}

// update is what the form says. As in a chat, its key holds the nonce and a hash of what
// was sent with it.
func (p pressed) update(room Room, now time.Time) chat.Update {
	h := sha256.New()
	h.Write([]byte(p.Data))
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		h.Write([]byte("\x00" + name + "\x00" + p.Fields[name]))
	}
	u := chat.Update{
		Key: "web:room:" + room.ID + ":" + p.Nonce + "." + hex.EncodeToString(h.Sum(nil)[:8]), Kind: chat.Tap,
		From: room.address(), User: room.User, Data: p.Data, On: chat.Ref(p.On), At: now.UTC().Truncate(time.Microsecond),
	}
	if p.Fields != nil {
		u.Kind, u.Fields = chat.Filled, p.Fields
	}
	return u
}

func (s *site) postRoom(w http.ResponseWriter, r *http.Request) {
	room, ok := s.room(w, r)
	if !ok {
		return
	}
	if room.User.ID == "" {
		s.notice(w, r, noticeForeign)
		return
	}
	p, err := readPressed(w, r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	answers, err := s.Handle(r.Context(), []chat.Update{p.update(room, s.Clock())})
	if err != nil {
		s.away(w, r, "handle update", err, nil)
		return
	}
	var said said
	for _, a := range answers {
		if a.Update == 0 && a.Text != "" {
			said.Text, said.Alert = a.Text, a.Alert
		}
	}
	if again := said.Alert && p.Fields != nil; r.Header.Get(liveHeader) != "" || again {
		if !again {
			p = pressed{}
		}
		s.renderRoom(w, r, room, said, p)
		return
	}
	s.leaveSaid(w, r, said)
	http.Redirect(w, r, s.here(r), http.StatusSeeOther) //nolint:gosec // a path of this server, with what was asked for escaped
}
