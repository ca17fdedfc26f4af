package slack_test

import (
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/adapters/slack"
)

// TestWhatIsDrawnIsWhatIsSent: byte for byte.
func TestWhatIsDrawnIsWhatIsSent(t *testing.T) {
	w := newWorld(t)
	to := w.ann().Direct()
	for _, text := range append(chattest.Hostile(), "How was it?") {
		m := chat.Message{
			Text: "Q " + text, Title: "T", Lang: "en", Footer: text + ".", Facts: []chat.Fact{{Label: "Site", Value: "x" + text}},
			Rows: [][]chat.Button{{{Text: "1" + text, Data: "1a"}, {Text: "2", Data: "1b", Style: "primary", Selected: true}}},
		}
		d, err := slack.Draw(m)
		if err != nil {
			t.Fatal(err)
		}
		w.mustSend(to, m, "")
		all := w.Requests("chat.postMessage")
		for name, want := range d.Sent {
			if got := all[len(all)-1].Params[name]; got != want {
				t.Errorf("%q: sent is %s\n%s\ndrawn\n%s", text, name, got, want)
			}
		}
		if len(d.Rows) != 1 || d.Rows[0][1].Text != "✓ 2" {
			t.Errorf("drawn is %v", d.Rows)
		}
	}
}
