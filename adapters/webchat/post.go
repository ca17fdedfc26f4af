package webchat

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
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
)

// liveHeader marks what the script sends: it gets the new page at once instead of a
// redirect to it.
const liveHeader = "Aftercare-Live"

// posted is one form as it was sent: exactly one of Start, Data and Text.
type posted struct {
	Nonce string
	Start bool
	Data  string
	On    string // slot of the message whose button was tapped; no more to be trusted than Data
	Text  string
	wrote bool // the form was the one with the box, even if that was empty
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

func fromForm(f url.Values) (posted, error) {
	p := posted{Nonce: f.Get("nonce"), Start: f.Has("start"), Data: f.Get("data"), On: f.Get("on"), wrote: f.Has("text")}
	for _, values := range f {
		if len(values) != 1 {
			return posted{}, errGarbled
		}
	}
	kinds := 0
	for _, is := range []bool{p.Start, f.Has("data"), p.wrote} {
		if is {
			kinds++
		}
	}
	badData := f.Has("data") && (p.Data == "" || len(p.Data) > maxData || !utf8.ValidString(p.Data))
	badSlot := len(p.On) > maxSlot || !utf8.ValidString(p.On)
	if kinds != 1 || badData || badSlot || !safe(p.Nonce, maxNonce) {
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
	sum := sha256.Sum256([]byte(p.Data + "\x00" + p.Text))
	u := chat.Update{
		Key:  "web:" + v.Address.Chat + ":" + p.Nonce + "." + hex.EncodeToString(sum[:4]),
		From: v.Address, Private: true, User: v.User, At: now.UTC().Truncate(time.Microsecond),
	}
	switch {
	case p.Start:
		u.Kind, u.Command, u.Text = chat.Command, "start", token
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
	if p.wrote && p.Text == "" {
		empty := s.words[s.pageLanguage(r, v)].Empty
		s.renderChat(w, r, v, http.StatusBadRequest, said{empty, true})
		return
	}
	answers, err := s.Handle(r.Context(), []chat.Update{p.update(v, r.PathValue("token"), s.Clock())})
	if err != nil {
		s.away(w, r, "handle update", err, &p)
		return
	}
	var said said
	for _, a := range answers {
		if a.Update == 0 && a.Text != "" {
			said.Text, said.Alert = a.Text, a.Alert
		}
	}
	if r.Header.Get(liveHeader) != "" {
		s.renderChat(w, r, v, http.StatusOK, said)
		return
	}
	s.leaveSaid(w, r, said)
	http.Redirect(w, r, s.here(r)+"#end", http.StatusSeeOther) //nolint:gosec // a path of this server, with what was asked for escaped
}
