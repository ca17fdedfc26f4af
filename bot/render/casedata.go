package render

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// caseV begins the data of a button on a case's card. Its letter is in the chats of
// staff: never reuse it.
const caseV Verb = 'k'

// Pressed is the meaning of a button on a card. Hash is the respondent's, so that the
// button leads to the case's bucket whatever the number of buckets is.
type Pressed struct {
	Hash uint16
	Case string
	// Act is what it is about. With Menu it only shows what can be chosen next.
	Act    recovery.ActKind
	Menu   bool
	Choice string // a cause, a reason, a person's mark, a date or a span of time
	Mask   int    // actions chosen so far, one bit each in the order of recovery.ActionKinds
}

// The letters of acts in data; capitals open a menu, NoMenu closes it.
var caseLetters = map[recovery.ActKind]byte{
	recovery.ActTake: 't', recovery.ActRelease: 'l', recovery.ActResolve: 'r', recovery.ActNoAction: 'n',
	recovery.ActReopen: 'o', recovery.ActContact: 'c', recovery.ActNote: 'e', recovery.ActAssign: 'a', recovery.ActAgree: 'g',
	recovery.ActSnooze: 's', MoreActs: 'm', ResolveCost: 'w', Reveal: 'v', ShowCase: 'p', Details: 'd', OpenNote: 'h', AnswerNote: 'u',
}

// Acts are what buttons of cards are about, sorted.
func Acts() []recovery.ActKind { return slices.Sorted(maps.Keys(caseLetters)) }

// What buttons do that is no act of the case machine.
const (
	MoreActs    recovery.ActKind = "more"         // shows the acts that the card has no room for
	ResolveCost recovery.ActKind = "resolve_cost" // Resolve, once it is said what it cost
	ShowCase    recovery.ActKind = "show"         // posts the card of a case that has none
	Reveal      recovery.ActKind = "reveal"       // tells the one who asks who a pseudonym is
	Details     recovery.ActKind = "details"      // tells the one who asks all that the card has no room for
	OpenNote    recovery.ActKind = "open_note"    // makes a case of a note, whose session the button names in the place of one
	AnswerNote  recovery.ActKind = "answer_note"  // the same, and asks for the words of an answer
)

// NoMenu is the act of the button that leads back from a menu to the card.
const NoMenu recovery.ActKind = ""

const noMenuLetter = 'b'

// LongestChoice is the longest key of a cause that fits into data.
const LongestChoice = 28

// Encode writes the data of a card's button:
//
//	1k<hash16 and case uuid as 24 characters base64url><act>[.<choice>.<mask>]
//
// The longest is 60 bytes: below Telegram's 64.
func (p Pressed) Encode() string {
	id, err := uuid.Parse(p.Case)
	if err != nil {
		return ""
	}
	letter := byte(noMenuLetter)
	if p.Act != NoMenu {
		letter = caseLetters[p.Act]
	}
	if p.Menu {
		letter -= 'a' - 'A'
	}
	b := append(make([]byte, 0, 64), dataVersion, byte(caseV))
	b = base64.RawURLEncoding.AppendEncode(b, append(binary.BigEndian.AppendUint16(nil, p.Hash), id[:]...))
	b = append(b, letter)
	if p.Choice != "" {
		b = append(append(append(b, '.'), p.Choice...), '.')
		b = strconv.AppendInt(b, int64(p.Mask), 10)
	}
	return string(b)
}

// DecodePressed reads the data of a card's button. Anything that encode would not have
// written is refused.
func DecodePressed(data string) (Pressed, bool) {
	const idLen = 24
	if len(data) < 2+idLen+1 || len(data) > 64 || data[0] != dataVersion || data[1] != byte(caseV) {
		return Pressed{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(data[2 : 2+idLen])
	if err != nil {
		return Pressed{}, false
	}
	p := Pressed{Hash: binary.BigEndian.Uint16(raw), Case: uuid.UUID(raw[2:]).String()}
	letter, rest := data[2+idLen], data[2+idLen+1:]
	if 'A' <= letter && letter <= 'Z' {
		p.Menu, letter = true, letter+'a'-'A'
	}
	known := letter == noMenuLetter && !p.Menu
	for act, l := range caseLetters {
		if l == letter {
			p.Act, known = act, true
		}
	}
	if !known {
		return Pressed{}, false
	}
	if rest == "" {
		return p, true
	}
	parts := strings.Split(rest, ".")
	if len(parts) != 3 || parts[0] != "" || len(parts[1]) > LongestChoice || !voice.IsName(parts[1]) {
		return Pressed{}, false
	}
	mask, ok := index(parts[2])
	p.Choice, p.Mask = parts[1], mask
	return p, ok && mask < 1<<len(recovery.ActionKinds())
}
