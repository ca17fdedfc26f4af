package telegram_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/adapters/telegram"
)

// TestWhatIsDrawnIsWhatIsSent: byte for byte.
func TestWhatIsDrawnIsWhatIsSent(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	for _, text := range append(chattest.Hostile(), "How was it?") {
		m := chat.Message{
			Text: "Q " + text, Title: "T", Lang: "en", Footer: text + ".", Facts: []chat.Fact{{Label: "Site", Value: "x" + text}},
			Rows: [][]chat.Button{{{Text: "1" + text, Data: "1a"}, {Text: "2", Data: "1b", Style: "primary", Selected: true}}},
		}
		d, err := telegram.Draw(m)
		if err != nil {
			t.Fatal(err)
		}
		w.mustSend(c, m, "")
		all := w.Requests("sendMessage")
		sent := maps.Clone(all[len(all)-1].Params)
		delete(sent, "chat_id")
		if !cmp.Equal(sent, d.Sent) {
			t.Errorf("%q: %s", text, cmp.Diff(sent, d.Sent))
		}
		shown := w.last(c)
		if shown.Text != strings.ReplaceAll(d.Text, "\t", " ") || len(shown.Buttons) != len(d.Rows) || shown.Buttons[0][1].Text != d.Rows[0][1].Text {
			t.Errorf("shown is %q %v, drawn %q %v", shown.Text, shown.Buttons, d.Text, d.Rows)
		}
	}
}
