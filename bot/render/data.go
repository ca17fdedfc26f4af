package render

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey"
	"github.com/google/uuid"
)

// dataVersion begins the data of every button, so that a later format can tell the
// buttons of this one apart.
const dataVersion = '1'

// Verb is what a button does.
type Verb byte

// The verbs. Their letters are in the chats of customers: never reuse one.
const (
	VerbPick     Verb = 'p'
	VerbToggle   Verb = 't'
	VerbDone     Verb = 'd'
	VerbSkip     Verb = 's'
	VerbChange   Verb = 'c'
	VerbBack     Verb = 'b'
	VerbKeep     Verb = 'a' // the answer as it is
	VerbStart    Verb = 'o'
	VerbLater    Verb = 'l'
	VerbNotNow   Verb = 'n'
	VerbLanguage Verb = 'g'
	VerbSurveys  Verb = 'v'
	VerbMean     Verb = 'm'
	VerbLeave    Verb = 'k' // Option 0: who does not know; 1: who would rather not say
)

// Tapped is the meaning of a button's data. Session is set except for VerbLanguage and
// VerbSurveys,
// Question for the verbs about a question, Option for VerbPick, VerbToggle, VerbMean and
// VerbLeave.
type Tapped struct {
	Verb     Verb
	Session  string
	Question int
	Option   int
	Language string
	On       bool // of VerbSurveys: whether the person gets surveys
}

// MaxIndex bounds the indexes that data may carry; no flow comes near it.
const MaxIndex = 9999

// maxTag is the longest language tag that a button carries.
const maxTag = 35

// Encode writes the data of a button:
//
//	1<verb><session uuid as 22 characters base64url>.<question>[.<option>]
//	1<verb><session>             for start, later and not now
//	1g.<language tag>
//	1v.on, 1v.off                whether the person gets surveys
//
// The longest is 34 bytes (38 for a language): well below Telegram's 64.
func (t Tapped) Encode() string {
	b := make([]byte, 0, 40)
	b = append(b, dataVersion, byte(t.Verb))
	if t.Verb == VerbLanguage {
		return string(append(append(b, '.'), t.Language...))
	}
	if t.Verb == VerbSurveys {
		if t.On {
			return string(b) + ".on"
		}
		return string(b) + ".off"
	}
	id, err := uuid.Parse(t.Session)
	if err != nil {
		return ""
	}
	b = base64.RawURLEncoding.AppendEncode(b, id[:])
	switch t.Verb {
	case VerbStart, VerbLater, VerbNotNow:
		return string(b)
	case VerbPick, VerbToggle, VerbMean, VerbLeave:
		b = strconv.AppendInt(append(b, '.'), int64(t.Question), 10)
		b = strconv.AppendInt(append(b, '.'), int64(t.Option), 10)
	default:
		b = strconv.AppendInt(append(b, '.'), int64(t.Question), 10)
	}
	return string(b)
}

// Decode reads a button's data. Whoever sends it is not trusted: anything that
// encode would not have written is refused.
func Decode(data string) (Tapped, bool) {
	if len(data) < 3 || len(data) > 64 || data[0] != dataVersion {
		return Tapped{}, false
	}
	t := Tapped{Verb: Verb(data[1])}
	rest := data[2:]
	if t.Verb == VerbLanguage {
		t.Language = strings.TrimPrefix(rest, ".")
		ok := rest[0] == '.' && isTag(t.Language)
		return t, ok
	}
	if t.Verb == VerbSurveys {
		t.On = rest == ".on"
		return t, t.On || rest == ".off"
	}
	const idLen = 22
	if len(rest) < idLen {
		return Tapped{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest[:idLen])
	if err != nil {
		return Tapped{}, false
	}
	t.Session = uuid.UUID(raw).String()
	parts := strings.Split(rest[idLen:], ".")
	if parts[0] != "" {
		return Tapped{}, false
	}
	want := 0
	switch t.Verb {
	case VerbStart, VerbLater, VerbNotNow:
	case VerbDone, VerbSkip, VerbChange, VerbKeep, VerbBack:
		want = 1
	case VerbPick, VerbToggle, VerbMean, VerbLeave:
		want = 2
	default:
		return Tapped{}, false
	}
	if len(parts)-1 != want {
		return Tapped{}, false
	}
	for i, into := range []*int{&t.Question, &t.Option}[:want] {
		n, ok := index(parts[i+1])
		if !ok {
			return Tapped{}, false
		}
		*into = n
	}
	return t, true
}

// index reads a small number that is written in the one canonical way.
func index(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > MaxIndex || strconv.Itoa(n) != s {
		return 0, false
	}
	return n, true
}

// isTag reports whether s looks like a BCP 47 tag.
func isTag(s string) bool {
	if len(s) < 2 || len(s) > maxTag {
		return false
	}
	for _, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return s[0] != '-' && s[len(s)-1] != '-'
}

// AboutQuestion reports whether the button hangs on a question.
func (t Tapped) AboutQuestion() bool {
	switch t.Verb {
	case VerbPick, VerbToggle, VerbMean, VerbLeave, VerbDone, VerbSkip, VerbChange, VerbKeep, VerbBack:
		return true
	}
	return false
}

// leaves are the reasons of VerbLeave, by its option.
var leaves = []survey.Left{survey.LeftDontKnow, survey.LeftPreferNot}

// Input is what a button says to the session.
func (t Tapped) Input() survey.Input {
	switch t.Verb {
	case VerbPick:
		return survey.Pick{Question: t.Question, Option: t.Option}
	case VerbToggle:
		return survey.Toggle{Question: t.Question, Option: t.Option}
	case VerbMean:
		return survey.Mean{Question: t.Question, Reading: t.Option}
	case VerbLeave:
		return survey.Leave{Question: t.Question, Why: leaves[min(t.Option, len(leaves)-1)]}
	case VerbDone:
		return survey.Done{Question: t.Question}
	case VerbSkip:
		return survey.Skip{Question: t.Question}
	case VerbChange:
		return survey.Change{Question: t.Question}
	case VerbKeep:
		return survey.Keep{Question: t.Question}
	case VerbBack:
		return survey.Back{}
	case VerbLater:
		return survey.Pause{}
	case VerbNotNow:
		return survey.Decline{}
	}
	return survey.Open{}
}
