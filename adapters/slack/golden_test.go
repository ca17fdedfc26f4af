package slack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

var update = flag.Bool("update", false, "write the golden files anew")

func rating() chat.Message {
	m := chat.Message{Title: "Haircut at Main Street", Text: "How was it? 1 is very poor, 5 is excellent.", Footer: "Question 1 of 2"}
	words := []string{"very poor", "poor", "fair", "good", "excellent"}
	var row []chat.Button
	for i, w := range words {
		n := strconv.Itoa(i + 1)
		row = append(row, chat.Button{Text: n, Data: "1pAAAAAAAAAAAAAAAAAAAAAA.0." + strconv.Itoa(i), Label: "Rate " + n + " of 5, " + w})
	}
	m.Rows = [][]chat.Button{row, {{Text: "Skip", Data: "1sAAAAAAAAAAAAAAAAAAAAAA.0"}}}
	return m
}

func card() chat.Message {
	return chat.Message{
		Title: "Open · 2 of 5 · Ann · Haircut (#142)", State: "open", Text: "Nobody has claimed it.",
		Facts:  []chat.Fact{{Label: "Site", Value: "Main Street"}, {Label: "Priority", Value: "2"}, {Label: "Answer by", Value: "17:41"}},
		Quotes: []chat.Quote{{Label: "What went wrong?", Text: "*Cold* water <!channel> & nobody\ncared"}},
		Footer: "Opened 17:11 UTC",
		Rows: [][]chat.Button{
			{{Text: "Claim", Data: "1a", Style: "primary"}, {Text: "Reply", Data: "1b"}, {Text: "Resolve", Data: "1c", Style: "danger"}},
			{{Text: "Open in the admin", URL: "https://example.com/cases/142"}},
		},
	}
}

func goldens() map[string]chat.Message {
	arabic := rating()
	arabic.Lang, arabic.Title, arabic.Text, arabic.Footer = "ar", "قص الشعر", "كيف كانت الخدمة؟ ١ سيئة جدا، ٥ ممتازة.", "السؤال ١ من ٢"
	arabic.Facts = []chat.Fact{{Label: "الموقع", Value: "Main Street 12"}}
	arabic.Expects, arabic.Hint = chat.ExpectsText, "اكتب هنا"
	return map[string]chat.Message{
		"rating": rating(),
		"condensed": {
			Title: "Haircut at Main Street", Text: "How was it?\nYou answered: 2 of 5",
			Rows: [][]chat.Button{{{Text: "Change", Data: "1cAAAAAAAAAAAAAAAAAAAAAA.0"}}},
		},
		"choices": {
			Text: "What went wrong? Choose all that apply.",
			Rows: [][]chat.Button{
				{{Text: "Price", Data: "1t.1.0", Selected: true, Label: "Price, chosen"}, {Text: "Waiting", Data: "1t.1.1"}, {Text: "Other", Data: "1t.1.2"}},
				{{Text: "Done", Data: "1d.1", Style: "primary"}, {Text: "Skip", Data: "1s.1"}},
			},
		},
		"text": {
			Text: "Please tell us what went wrong.", Expects: chat.ExpectsLong, Hint: "Type your answer <here> & now", Max: 1000, Lang: "en",
			Rows: [][]chat.Button{{{Text: "Skip", Data: "1s.2"}}},
		},
		"date":   {Text: "When was your visit?", Expects: chat.ExpectsDate, Lang: "es"},
		"card":   card(),
		"arabic": arabic,
		"form":   asking(replyForm()),
		"long":   {Title: strings.Repeat("t", 500), Text: strings.Repeat("word ", 2000), Quotes: []chat.Quote{{Text: strings.Repeat("q&", 3000)}}},
	}
}

// TestMessagesLookAsKept sends each message and compares what Slack received with
// its golden file; the server checks it against the limits of Block Kit.
func TestMessagesLookAsKept(t *testing.T) {
	for name, m := range goldens() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			to := w.ann().Direct()
			ref := w.mustSend(to, m, "")
			if again := w.mustSend(to, m, ref); again != ref {
				t.Errorf("an unchanged message moved to %s", again)
			}
			w.noRefusals()
			posted, updated := w.Requests("chat.postMessage")[0].Params, w.Requests("chat.update")[0].Params
			got := map[string]any{"text": posted["text"]}
			for _, part := range []string{"blocks", "attachments"} {
				var v any
				if err := json.Unmarshal([]byte(posted[part]), &v); err != nil {
					t.Fatal(err)
				}
				got[part] = v
				if posted[part] != updated[part] {
					t.Errorf("%s differ between posting and updating", part)
				}
			}
			if posted["text"] != updated["text"] {
				t.Error("the text differs between posting and updating")
			}
			compare(t, name, got)
		})
	}
}

func compare(t *testing.T, name string, got any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (run with -update after a wanted change): %s", path, diff)
	}
}
