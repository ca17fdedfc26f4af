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
	ask := v.Say("privacy_ask", "copy", firstOf(v.Plain["privacy_say_copy"]), "erase", firstOf(v.Plain["privacy_say_erase"]))
	if t.session != nil {
		if err := t.configure(); err != nil {
			return err
		}
	}
	if (remarks{t}).hearing().Staff {
		ask = voice.Join("\n", ask, v.Say("privacy_seen"))
	}
	t.notice(voice.Paragraphs(v.Say("privacy"), kept, ask), false)
	return nil
}

// longestPrivacy is how long words are that may be nothing but a wish about one's data.
const longestPrivacy = 100

// privacyWish is what a message that says nothing else asks for: "copy", "erase" or nothing.
func privacyWish(texts *voice.Texts, said string) string {
	if len(said) > longestPrivacy {
		return ""
	}
	for _, what := range []string{"copy", "erase"} {
		if texts.Matches("privacy_say_"+what, said) {
			return what
		}
	}
	return ""
}

// firstOf is the first of several ways to say something.
func firstOf(ways string) string {
	first, _, _ := strings.Cut(ways, "|")
	return first
}
