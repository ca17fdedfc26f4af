package bot

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// dataVersion begins the data of every button, so that a later format can tell the
// buttons of this one apart.
const dataVersion = '1'

// verb is what a button does.
type verb byte

// The verbs. Their letters are in the chats of customers: never reuse one.
const (
	pickV     verb = 'p'
	toggleV   verb = 't'
	doneV     verb = 'd'
	skipV     verb = 's'
	changeV   verb = 'c'
	backV     verb = 'b'
	startV    verb = 'o'
	laterV    verb = 'l'
	notNowV   verb = 'n'
	languageV verb = 'g'
	surveysV  verb = 'v'
)

// tapped is the meaning of a button's data. Session is set except for languageV and
// surveysV,
// Question for the verbs about a question, Option for pickV and toggleV.
type tapped struct {
	Verb     verb
	Session  string
	Question int
	Option   int
	Language string
	On       bool // of surveysV: whether the person gets surveys
}

// maxIndex bounds the indexes that data may carry; no flow comes near it.
const maxIndex = 9999

// maxTag is the longest language tag that a button carries.
const maxTag = 35

// encode writes the data of a button:
//
//	1<verb><session uuid as 22 characters base64url>.<question>[.<option>]
//	1<verb><session>             for start, later and not now
//	1g.<language tag>
//	1v.on, 1v.off                whether the person gets surveys
//
// The longest is 34 bytes (38 for a language): well below Telegram's 64.
func (t tapped) encode() string {
	b := make([]byte, 0, 40)
	b = append(b, dataVersion, byte(t.Verb))
	if t.Verb == languageV {
		return string(append(append(b, '.'), t.Language...))
	}
	if t.Verb == surveysV {
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
	case startV, laterV, notNowV:
		return string(b)
	case pickV, toggleV:
		b = strconv.AppendInt(append(b, '.'), int64(t.Question), 10)
		b = strconv.AppendInt(append(b, '.'), int64(t.Option), 10)
	default:
		b = strconv.AppendInt(append(b, '.'), int64(t.Question), 10)
	}
	return string(b)
}

// decode reads a button's data. Whoever sends it is not trusted: anything that
// encode would not have written is refused.
func decode(data string) (tapped, bool) {
	if len(data) < 3 || len(data) > 64 || data[0] != dataVersion {
		return tapped{}, false
	}
	t := tapped{Verb: verb(data[1])}
	rest := data[2:]
	if t.Verb == languageV {
		t.Language = strings.TrimPrefix(rest, ".")
		ok := rest[0] == '.' && isTag(t.Language)
		return t, ok
	}
	if t.Verb == surveysV {
		t.On = rest == ".on"
		return t, t.On || rest == ".off"
	}
	const idLen = 22
	if len(rest) < idLen {
		return tapped{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest[:idLen])
	if err != nil {
		return tapped{}, false
	}
	t.Session = uuid.UUID(raw).String()
	parts := strings.Split(rest[idLen:], ".")
	if parts[0] != "" {
		return tapped{}, false
	}
	want := 0
	switch t.Verb {
	case startV, laterV, notNowV:
	case doneV, skipV, changeV, backV:
		want = 1
	case pickV, toggleV:
		want = 2
	default:
		return tapped{}, false
	}
	if len(parts)-1 != want {
		return tapped{}, false
	}
	for i, into := range []*int{&t.Question, &t.Option}[:want] {
		n, ok := index(parts[i+1])
		if !ok {
			return tapped{}, false
		}
		*into = n
	}
	return t, true
}

// index reads a small number that is written in the one canonical way.
func index(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxIndex || strconv.Itoa(n) != s {
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
