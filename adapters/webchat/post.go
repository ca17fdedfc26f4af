package webchat

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
)

const (
	maxBody  = 1 << 20 // bytes
	maxNonce = 64      // characters
	maxData  = 64      // bytes, as on every platform
	maxSlot  = 512     // bytes
	maxPicks = 200     // choices of one question
)

// liveHeader marks what the script sends: it gets the new page at once instead of a
// redirect to it.
const liveHeader = "Aftercare-Live"

// posted is one form as it was sent: exactly one of Start, Do, Data and Text.
type posted struct {
	Nonce string
	Start bool
	Do    string // of the menu
	Data  string
	Picks []string // of several of several: the data of those that are chosen, where Several
	// Several says that Data ends a choice of several, of which Picks are all.
	Several bool
	On      string // slot of the message whose button was tapped; no more to be trusted than Data
	Text    string
	wrote   bool // the form was the one with the box, even if that was empty
}

// errGarbled refuses what is no form of these pages.
var errGarbled = &page.Error{Code: page.Garbled}

// readPost reads a form of the page. Its errors are those of page.ReadForm.
func readPost(w http.ResponseWriter, r *http.Request) (posted, error) {
	if err := page.ReadForm(w, r, maxBody); err != nil {
		return posted{}, err
	}
	return fromForm(r.PostForm)
}

// menuDoes are the commands of the page's menu.
var menuDoes = []string{"later", "language", "stop"}

func fromForm(f url.Values) (posted, error) {
	p := posted{
		Nonce: f.Get("nonce"), Start: f.Has("start"), Do: f.Get("do"), Data: f.Get("data"), On: f.Get("on"), wrote: f.Has("text"),
		Several: f.Has("several"), Picks: f["pick"],
	}
	for name, values := range f {
		if len(values) != 1 && name != "pick" || len(values) > maxPicks {
			return posted{}, errGarbled
		}
	}
	kinds := 0
	for _, is := range []bool{p.Start, f.Has("do"), f.Has("data"), p.wrote} {
		if is {
			kinds++
		}
	}
	bad := f.Has("data") && (p.Data == "" || len(p.Data) > maxData || !utf8.ValidString(p.Data)) ||
		len(p.On) > maxSlot || !utf8.ValidString(p.On) ||
		f.Has("do") && !slices.Contains(menuDoes, p.Do) ||
		len(p.Picks) > 0 && !p.Several || p.Several && p.Data == ""
	for _, pick := range p.Picks {
		bad = bad || len(pick) > maxData || !utf8.ValidString(pick)
	}
	if kinds != 1 || bad || !safe(p.Nonce, maxNonce) {
		return posted{}, errGarbled
	}
	text := strings.ReplaceAll(f.Get("text"), "\r\n", "\n")
	p.Text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	return p, nil
}

var command = regexp.MustCompile(`^/([a-z_]{1,32})(?:\s+|$)`)

// update is what the form says, for the one who sent it. The key holds the form's nonce
// and a hash of what was sent with it: the same tap twice is one tap, while another
// button of a page that a browser kept, or words corrected before they were sent
// again, are another.
func (p posted) update(v Visitor, token string, now time.Time) chat.Update {
	sum := sha256.Sum256([]byte(p.Do + p.Data + "\x00" + p.Text))
	u := chat.Update{
		Key:  "web:" + v.Address.Chat + ":" + p.Nonce + "." + hex.EncodeToString(sum[:4]),
		From: v.Address, Private: true, User: v.User, At: now.UTC().Truncate(time.Microsecond),
	}
	switch {
	case p.Start:
		u.Kind, u.Command, u.Text = chat.Command, "start", token
	case p.Do != "":
		u.Kind, u.Command = chat.Command, p.Do
	case p.Data != "":
		u.Kind, u.Data, u.On = chat.Tap, p.Data, chat.Ref(p.On)
	default:
		u.Kind, u.Text = chat.Text, p.Text
		if m := command.FindStringSubmatch(p.Text); m != nil {
			u.Kind, u.Command, u.Text = chat.Command, m[1], strings.TrimSpace(p.Text[len(m[0]):])
			if u.Command == "start" {
				u.Text = token
			}
		}
	}
	return u
}

// updates are what the form says, after the start of a conversation that has not begun. Of a
// choice of several each one that is another than the page knew is a tap of its own.
func (p posted) updates(v Visitor, token string, now time.Time, items []Item) []chat.Update {
	own := p.update(v, token, now)
	var all []chat.Update
	if v.Unopened && own.Command != "start" {
		all = append(all, posted{Nonce: p.Nonce, Start: true}.update(v, token, now))
	}
	if p.Several {
		// What is taken out goes first: a choice that goes with no other would take away what came
		// before it.
		toggles := p.toggles(items)
		slices.SortStableFunc(toggles, func(a, b chat.Button) int {
			switch {
			case a.Selected == b.Selected:
				return 0
			case a.Selected:
				return -1
			}
			return 1
		})
		for _, b := range toggles {
			if slices.Contains(p.Picks, b.Data) != b.Selected {
				all = append(all, posted{Nonce: p.Nonce, Data: b.Data, On: p.On}.update(v, token, now))
			}
		}
	}
	return append(all, own)
}

// toggles are the choices of the message that the form is about.
func (p posted) toggles(items []Item) []chat.Button {
	var all []chat.Button
	for i := range items {
		if l := items[i].Message.Layout; items[i].Slot != p.On || l == nil || l.Most == 0 {
			continue
		}
		for _, row := range items[i].Message.Rows {
			for _, b := range row {
				if b.Aside == "" && b.Style != "primary" && b.Data != "" {
					all = append(all, b)
				}
			}
		}
	}
	return all
}

// wrong says what keeps a form from being taken, of what is to be seen by the one who sent it; it
// stays on the page as it is.
func (s *site) wrong(p posted, w words, items []Item) unsent {
	open := openItem(items)
	switch {
	case p.wrote:
		field := open >= 0 && items[open].Message.Expects != chat.ExpectsNothing
		u := unsent{Text: p.Text, InBox: p.On == "" || !field, Answer: p.On != "" && field}
		most := 0
		if field {
			most = items[open].Message.Max
		}
		if u.Wrong = s.lacks(p.Text, most, w); p.Text == "" {
			u.Wrong = w.Empty
		}
		return u
	case p.Several && open >= 0 && items[open].Slot == p.On:
		u := unsent{Picks: p.Picks, Answer: true}
		if most := items[open].Message.Layout; most != nil && len(p.Picks) > most.Most {
			u.Wrong = s.words.say(w.TooMany, "n", strconv.Itoa(most.Most))
		}
		alone := ""
		for _, b := range p.toggles(items) {
			if b.Alone && slices.Contains(p.Picks, b.Data) {
				alone = b.Text
			}
		}
		switch layout := items[open].Message.Layout; {
		case len(p.Picks) == 0:
			u.Wrong = w.NonePicked
		case alone != "" && len(p.Picks) > 1:
			u.Wrong = s.words.say(w.Alone, "label", alone)
		case alone == "" && layout != nil && len(p.Picks) < layout.Least:
			u.Wrong = s.words.say(w.TooFew, "n", strconv.Itoa(layout.Least))
		}
		return u
	}
	return unsent{}
}

func (s *site) postChat(w http.ResponseWriter, r *http.Request) {
	p, err := readPost(w, r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	v, ok := s.visitor(w, r, &p)
	if !ok {
		return
	}
	var part part
	if p.wrote || p.Several {
		if part, err = s.read(r, v); err != nil {
			s.away(w, r, "read transcript", err, &p)
			return
		}
	}
	if left := s.wrong(p, s.words[s.pageLanguage(r, v)], part.Items); left.Wrong != "" {
		s.renderChat(w, r, v, http.StatusUnprocessableEntity, said{}, left)
		return
	}
	updates := p.updates(v, r.PathValue("token"), s.Clock(), part.Items)
	answers, err := s.Handle(r.Context(), updates)
	if err != nil {
		s.away(w, r, "handle update", err, &p)
		return
	}
	var said said
	for _, a := range answers {
		if a.Text != "" && (a.Update == len(updates)-1 || a.Alert) {
			said.Text, said.Alert = a.Text, a.Alert
		}
	}
	v.Fresh = false
	if r.Header.Get(liveHeader) != "" {
		s.renderChat(w, r, v, http.StatusOK, said, unsent{})
		return
	}
	s.leaveSaid(w, r, said)
	http.Redirect(w, r, s.here(r)+"#now", http.StatusSeeOther) //nolint:gosec // a path of this server, with what was asked for escaped
}
