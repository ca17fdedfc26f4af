package webchat

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestWhatIsDrawnIsWhatThePageShows: byte for byte, but for what names the conversation.
func TestWhatIsDrawnIsWhatThePageShows(t *testing.T) {
	bot := newFakeBot()
	site := &site{Config: bot.config(), assets: newAssets(""), words: newDictionary()}
	site.Clock = time.Now
	for name, m := range map[string]Item{"scale": {"q:s1:0", 2, 1, overall()}, "choices": {"q:s1:1", 2, 3, bot.reasons()}, "words": {"q:s1:2", 4, 1, why()}} {
		m.Message.Lang = "en"
		page := site.chatPage(site.frame("en", "", chatPath), Visitor{}, []Item{m}, unsent{})
		a := page.Asked
		a.ID, a.Mark, a.Slot, a.Nonce, a.Here = elementID(""), "0.0", "", "", ""
		var b bytes.Buffer
		if err := pages().ExecuteTemplate(&b, "asked", a); err != nil {
			t.Fatal(err)
		}
		d, err := Draw(m.Message)
		if err != nil {
			t.Fatal(err)
		}
		if d.Sent["html"] != b.String() {
			t.Errorf("%s: drawn is\n%s\nthe page shows\n%s", name, d.Sent["html"], &b)
		}
		for _, row := range d.Rows {
			for _, x := range row {
				if words, _, _ := strings.Cut(x.Text, " "); !strings.Contains(b.String(), words) {
					t.Errorf("%s: %q is not on the page", name, x.Text)
				}
			}
		}
	}
}
