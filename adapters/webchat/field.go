package webchat

import (
	"strconv"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

// defaultMaxText is how many characters a message may have where nobody says otherwise.
const defaultMaxText = 4000

func (s *site) maxText() int {
	if s.MaxText > 0 {
		return s.MaxText
	}
	return defaultMaxText
}

// box is the place to write in, there unless the open question has a field of its own: two
// would be a trap.
type box struct {
	Hint  string
	Text  string // what was sent and not taken
	Wrong string // why not
}

// field is the input of a question that is answered in words.
type field struct {
	Type     string // of the element; "" = some lines of text
	Max      string // its max attribute: of dates
	Mode     string
	Complete string
	Picked   bool // the browser has something to pick it from: words are taken beside it
	Short    bool // it is as wide as a number
	LTR      bool
	Rows     int
	Hint     string // while it is empty
	Most     int    // characters
	Counted  bool
	Text     string
	Send     string
}

// inputs is how the page asks for what is expected; what is not here is some lines of text.
var inputs = map[chat.Expects]field{
	chat.ExpectsText:  {Rows: 2, Counted: true},
	chat.ExpectsLong:  {Rows: 4, Counted: true},
	chat.ExpectsPhone: {Type: "tel", Mode: "tel", Complete: "tel", Short: true, LTR: true},
	chat.ExpectsDate:  {Type: "date", Picked: true, Max: "9999-12-31", Short: true}, // without Max, years of six digits fit in
}

func fieldFor(m chat.Message, w words, most int) *field {
	f, ok := inputs[m.Expects]
	if !ok {
		f = inputs[chat.ExpectsText]
	}
	f.Send, f.Most = w.Send, most
	if m.Max > 0 {
		f.Most = min(m.Max, most)
	}
	if hint := chat.CleanLine(m.Hint); m.Layout == nil || m.Layout.Hint != m.Hint {
		f.Hint = hint
	}
	if m.Expects == chat.ExpectsPhone {
		f.Hint = "+44 20 7946 0000"
	}
	return &f
}

// lacks says what is wrong with words that are too long, "" if nothing is. Nothing is cut.
func (s *site) lacks(text string, most int, w words) string {
	said := w.TooLong
	if most <= 0 || most >= s.maxText() {
		most, said = s.maxText(), w.TooLongBox
	}
	if over := utf8.RuneCountInString(text) - most; over > 0 {
		return s.words.say(said, "n", strconv.Itoa(over))
	}
	return ""
}
