package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

// firstField is the first field of a message's first section.
func firstField(t *testing.T, blocks []map[string]any) (kind, text string) {
	t.Helper()
	raw, err := json.Marshal(blocks[0]["fields"])
	if err != nil {
		t.Fatal(err)
	}
	var fields []struct{ Type, Text string }
	if err := json.Unmarshal(raw, &fields); err != nil || len(fields) == 0 {
		t.Fatalf("no fields in %s: %v", raw, err)
	}
	return fields[0].Type, fields[0].Text
}

// The moment is Slack's to show, in each reader's own zone; what is read out, and what
// stands where Slack cannot show it, is the site's.
func TestAMomentIsShownInEachReadersOwnZone(t *testing.T) {
	at := time.Date(2026, 11, 21, 17, 41, 9, 0, time.FixedZone("", 3600))
	w := newWorld(t)
	staff := w.NewChannel("staff")
	m := chat.Message{Title: "A case", Facts: []chat.Fact{{Label: "Take by", Value: "5:41 pm (Europe/Berlin)", At: at}, {Label: "Site", Value: "Main Street"}}}
	w.mustSend(staff, m, "")
	shown := staff.FromApp()[0]
	want := fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|5:41 pm (Europe/Berlin)>", at.Unix())
	if !strings.Contains(shown.Text, "Take by: "+want) || !strings.Contains(shown.Text, "Site: Main Street") {
		t.Errorf("shown is %q, want %s", shown.Text, want)
	}
	if !strings.Contains(shown.Notice, "Take by: 5:41 pm (Europe/Berlin).") || strings.Contains(shown.Notice, "<!date") {
		t.Errorf("read out is %q", shown.Notice)
	}
	m.Lang = "ar"
	w.mustSend(staff, m, "")
	if shown := staff.FromApp()[1]; !strings.Contains(shown.Text, "Take by: \u2068"+want+"\u2069") {
		t.Errorf("in Arabic shown is %q", shown.Text)
	}
	w.noRefusals()
}

// A moment is the only fact in markup: its words must neither end it nor mention anybody.
func TestTheWordsOfAMomentAreInert(t *testing.T) {
	at := time.Unix(1795282904, 0)
	for _, words := range []string{"<!channel>", "a|b>c", "<@U1|x>", "1^2^3", "line\nbreak <https://evil.example/|x>", "*b* & _i_", strings.Repeat("<&>", 3000), strings.Repeat("é", 5000)} {
		blocks, err := blocksOf(t, chat.Message{Facts: []chat.Fact{{Label: words, Value: words, At: at}}})
		if err != nil {
			t.Errorf("%.20q: %v", words, err)
			continue
		}
		kind, text := firstField(t, blocks)
		form := strings.Index(text, "<!date^1795282904^{date_short_pretty} {time}|")
		if kind != "mrkdwn" || form < 0 || strings.Count(text, "<") != 1 || strings.Count(text, ">") != 1 || strings.Count(text[form:], "|") != 1 || strings.Count(text[form:], "^") != 2 || strings.ContainsRune(text, '\n') {
			t.Errorf("%.20q is shown as %s %.200q", words, kind, text)
		}
		if n := utf8.RuneCountInString(text); n > 2000 {
			t.Errorf("%.20q has %d characters", words, n)
		}
	}
	blocks, err := blocksOf(t, chat.Message{Facts: []chat.Fact{{Value: "5:41 pm", At: at}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, text := firstField(t, blocks); !strings.HasPrefix(text, "<!date^") {
		t.Errorf("without a label it is %q", text)
	}
}
