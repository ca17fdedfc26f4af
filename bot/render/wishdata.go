package render

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/google/uuid"
)

// The verbs of the buttons of feedback. Their letters are in the chats of customers:
// never reuse one.
const (
	siteV Verb = 'w' // which site feedback is about
	wishV Verb = 'f' // begins feedback
	meanV Verb = 'h' // makes what somebody wrote a complaint
)

// SiteData is a button's data: a session, and a site whose id may be longer than a button
// carries.
func SiteData(session, site string) string {
	id, err := uuid.Parse(session)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(site))
	return string([]byte{dataVersion, byte(siteV)}) + base64.RawURLEncoding.EncodeToString(id[:]) + "." + hex.EncodeToString(sum[:8])
}

// SessionOfSite is the session that such a button is about; "" for all other data.
func SessionOfSite(data string) string {
	const idLen, sumLen = 22, 16
	if len(data) != 2+idLen+1+sumLen || data[0] != dataVersion || data[1] != byte(siteV) || data[2+idLen] != '.' {
		return ""
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(data[2 : 2+idLen])
	if err != nil {
		return ""
	}
	return uuid.UUID(raw).String()
}

// WishData is the data of a button that begins feedback.
func WishData(k storage.FeedbackKind) string {
	return string([]byte{dataVersion, byte(wishV), '.'}) + string(k)
}

func DecodeWish(data string) (storage.FeedbackKind, bool) {
	for _, k := range voice.FeedbackCommands {
		if WishData(k) == data {
			return k, true
		}
	}
	return "", false
}

// MeantData is the data of a button that makes a complaint of what was written in a session.
func MeantData(session string) string {
	id, err := uuid.Parse(session)
	if err != nil {
		return ""
	}
	return string([]byte{dataVersion, byte(meanV)}) + base64.RawURLEncoding.EncodeToString(id[:])
}

// SessionOfMeant is the session that such a button is about; "" for all other data.
func SessionOfMeant(data string) string {
	if len(data) < 2 || data[0] != dataVersion || data[1] != byte(meanV) {
		return ""
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(data[2:])
	if err != nil || len(raw) != 16 {
		return ""
	}
	return uuid.UUID(raw).String()
}

// WishRows are the buttons of feedback, one a row.
func WishRows(v *voice.Voice) [][]chat.Button {
	var rows [][]chat.Button
	for _, command := range []string{"complain", "suggest", "ask"} {
		rows = append(rows, []chat.Button{{Text: v.Say("wish_" + command), Data: WishData(voice.FeedbackCommands[command])}})
	}
	return rows
}

// nextV begins the data of the button that shows the next case of a site. Its letter is
// in the chats of staff: never reuse it.
const nextV Verb = 'm'

// NextData is that button's data. Ids of sites may be longer than a button carries.
func NextData(site string) string {
	sum := sha256.Sum256([]byte(site))
	return string([]byte{dataVersion, byte(nextV)}) + hex.EncodeToString(sum[:8])
}

// SiteOfNext finds the site of such a button.
func SiteOfNext(s *snapshot.Snapshot, data string) (string, bool) {
	if len(data) < 2 || data[0] != dataVersion || data[1] != byte(nextV) {
		return "", false
	}
	for _, id := range append(slices.Sorted(maps.Keys(s.Sites)), "") {
		if NextData(id) == data {
			return id, true
		}
	}
	return "", false
}
