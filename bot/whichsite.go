package bot

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// The verbs of the buttons of feedback. Their letters are in the chats of customers:
// never reuse one.
const (
	siteV verb = 'w' // which site feedback is about
	wishV verb = 'f' // begins feedback
)

// mostSites is how many sites are offered as buttons. With more of them nobody is asked.
const mostSites = 24

// askSite asks which site the feedback is about, in one tap. Its case is open already:
// who does not answer is heard all the same.
func (t *turn) askSite() {
	sites := t.snap.NamedSites()
	if len(sites) == 0 || len(sites) > mostSites {
		return
	}
	v := t.person()
	m := chat.Message{Text: v.Say("which_site"), Lang: v.Lang}
	for _, id := range sites {
		m.Rows = append(m.Rows, []chat.Button{{Text: t.snap.Sites[id].Name, Data: siteData(t.session.ID, id)}})
	}
	t.want(storage.Want{Slot: named(t.session.ID, "site"), Kind: storage.QuestionD, Render: m})
}

// siteData is a button's data: a session, and a site whose id may be longer than a button
// carries.
func siteData(session, site string) string {
	id, err := uuid.Parse(session)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(site))
	return string([]byte{dataVersion, byte(siteV)}) + base64.RawURLEncoding.EncodeToString(id[:]) + "." + hex.EncodeToString(sum[:8])
}

// sessionOfSite is the session that such a button is about; "" for all other data.
func sessionOfSite(data string) string {
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

// siteTapped notes which site feedback is about; its case goes to that site's staff.
func (t *turn) siteTapped(u *chat.Update) error {
	t.tapped = true
	if t.identity == nil || t.session == nil || t.session.Identity != t.identity.ID {
		t.session = nil
		t.answer(t.reader(u).Say("not_yours"), true)
		return nil
	}
	for _, id := range t.snap.NamedSites() {
		if siteData(t.session.ID, id) != u.Data {
			continue
		}
		t.session.Site, t.out.Session = id, t.session
		if t.desk != nil {
			t.desk.kase.Site, t.out.Case = id, t.desk.kase
		}
		if err := t.configure(); err != nil {
			return err
		}
		v := t.person()
		thanks := v.Say("site_noted", "site", t.snap.Sites[id].Name)
		t.want(storage.Want{
			Slot: named(t.session.ID, "site"), Kind: storage.QuestionD, OnlyIfKnown: true, Render: chat.Message{Text: thanks, Lang: v.Lang},
		})
		t.answer(thanks, false)
		return nil
	}
	t.answer(t.person().Say("unknown_button"), true)
	return nil
}

// wishData is the data of a button that begins feedback.
func wishData(k storage.FeedbackKind) string {
	return string([]byte{dataVersion, byte(wishV), '.'}) + string(k)
}

func decodeWish(data string) (storage.FeedbackKind, bool) {
	for _, k := range voice.FeedbackCommands {
		if wishData(k) == data {
			return k, true
		}
	}
	return "", false
}

// wishRows are the buttons of feedback, one a row.
func wishRows(v *voice.Voice) [][]chat.Button {
	var rows [][]chat.Button
	for _, command := range []string{"complain", "suggest", "ask"} {
		rows = append(rows, []chat.Button{{Text: v.Say("wish_" + command), Data: wishData(voice.FeedbackCommands[command])}})
	}
	return rows
}
