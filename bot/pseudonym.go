package bot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// eventRevealed is a line of a case's history that the machine does not write: somebody
// was told who a pseudonym is.
const eventRevealed = "revealed"

// pseudonymous reports whether staff know the customer of this session by a pseudonym.
func (t *turn) pseudonymous() bool {
	return t.flow != nil && t.flow.Naming == survey.Pseudonymous
}

// customerName is what staff call the customer: the name in the chat, or the pseudonym.
func (t *turn) customerName(v *Voice) string {
	if t.pseudonymous() {
		return v.Say("card_pseudonym", "mark", t.b.pseudonym(t.session.Identity))
	}
	name := ""
	if t.identity != nil {
		name = Cut(strings.TrimSpace(t.identity.Name), LongestName)
	}
	if name == "" {
		return v.Say("card_anonymous")
	}
	return name
}

// pseudonym is the mark of an identity, "K7": always the same, and nobody who lacks the
// key can tell whose it is.
func (b *Bot) pseudonym(identity string) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ" // without those that look like digits
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte("pseudonym\x00" + identity))
	n := binary.BigEndian.Uint64(mac.Sum(nil))
	return string(letters[n%uint64(len(letters))]) + strconv.FormatUint(n/uint64(len(letters))%9999+1, 10)
}

// reveal tells a lead, and nobody else, who a pseudonym is. It is written down.
func (t *turn) reveal(v *Voice, by recovery.Actor) {
	about := t.ofCase()
	id := about.identity
	switch {
	case !about.pseudonymous():
		t.answer(v.Say("refused_unknown_act"), true)
		return
	case !by.Role.Leads():
		t.jot(eventAttempted, by.ID, string(reveal), "")
		t.answer(v.Say("refused_reveal"), true)
		return
	}
	t.jot(eventRevealed, by.ID, id.ID, "")
	who := []string{Cut(id.Name, LongestName)}
	if id.Username != "" {
		who = append(who, "@"+id.Username)
	}
	if id.Person.Platform != chat.Web {
		who = append(who, string(id.Person.Platform)+" "+id.Person.User)
	}
	t.answer(v.Say("revealed", "pseudonym", about.customerName(v), "who", Join(", ", who...)), true)
}

// jot writes down in the case's history what the machine does not know of.
func (t *turn) jot(kind, by, detail, words string) {
	t.out.Events = append(t.out.Events, storage.CaseEvent{
		ID: newID(), Case: t.kase.ID, At: t.now, Kind: kind, By: by, Detail: strings.TrimSpace(detail), Note: words,
	})
	t.told = len(t.out.Events)
}
