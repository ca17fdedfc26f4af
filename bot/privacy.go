package bot

import (
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
)

// asksPrivacy tells what is kept and for how long. With "copy" or "erase" behind it, it tells
// staff by an entry on the watch list what the customer asks for: an admin carries it out.
func asksPrivacy(u *chat.Update, t *turn) error {
	v := t.person()
	switch word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(u.Text)), " "); word {
	case "copy", "erase":
		return t.wish(u, wish{kind: storage.Enquiry, words: v.Say("privacy_asks_" + word)})
	}
	kept := v.Say("privacy_for_good")
	for _, c := range []privacy.Class{privacy.Conversations, privacy.Words} {
		if days, ok := t.snap.Kept.Days(c); ok {
			kept = v.Say("privacy_days_"+string(c), "n", strconv.Itoa(days))
		}
	}
	t.notice(voice.Paragraphs(v.Say("privacy"), kept, v.Say("privacy_ask")), false)
	return nil
}
