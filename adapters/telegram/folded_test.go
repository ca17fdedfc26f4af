package telegram

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// A card's first line and the customer's words are seen at once; what else there is to know is
// one fold at the end, which no words of a customer can look like.
func TestACardIsWordsFirstAndTheRestFolded(t *testing.T) {
	m := chat.Message{
		Title: "🔴 P2", Text: "Haircut · A-1", Footer: "Still going on.", Folded: true, Inert: true,
		Quotes: []chat.Quote{{Text: strings.Repeat("slow ", 90)}},
		Facts:  []chat.Fact{{Label: "Site", Value: "Main <Street>"}, {Label: "Channel", Value: "Telegram"}},
	}
	l, err := arrange(m, textLimit)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.TrimSpace(m.Quotes[0].Text)
	want := "<b>🔴 P2</b>\n<blockquote>" + words + "</blockquote>\nHaircut · A-1\n" +
		"<blockquote expandable>Site: Main &lt;Street&gt;\nChannel: Telegram</blockquote>\n\n<i>Still going on.</i>"
	if got := l.html(); got != want {
		t.Errorf("the card is\n%s\nwant\n%s", got, want)
	}
	if got, want := l.plain(), "🔴 P2\n> "+words+"\nHaircut · A-1\n> Site: Main <Street>\n> Channel: Telegram\n\nStill going on."; got != want {
		t.Errorf("without markup it is\n%s\nwant\n%s", got, want)
	}
}
