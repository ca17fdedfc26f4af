package slack_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// TestWordsAreReadAsTheyWereWritten has what Slack makes of mentions and links.
func TestWordsAreReadAsTheyWereWritten(t *testing.T) {
	w, in := newWorld(t), newInbox()
	w.hooks(in.handle)
	ann := w.ann()
	as := map[string]string{
		"a &amp; b &lt;c&gt; &amp;lt;":             "a & b <c> &lt;",
		"ask <@U123|bob>, or <@U123>":              "ask @bob, or @U123",
		"see <#C123|staff> and <#C123>":            "see #staff and #C123",
		"<!channel> <!subteam^S1|@team>":           "@channel @team",
		"<https://example.com/?a=1&amp;b=2>":       "https://example.com/?a=1&b=2",
		"<http://example.com|example.com> is down": "example.com is down",
		"<https://example.com/x|our page>":         "our page (https://example.com/x)",
		"<mailto:a@example.com|a@example.com>":     "a@example.com",
		"<mailto:b@example.com>":                   "b@example.com",
		"<mailto:Ann@Example.com|Ann@example.com>": "Ann@example.com",
		"<mailto:c@example.com|write to us>":       "write to us (mailto:c@example.com)",
		"<tel:+442079460000|+44 20 7946 0000>":     "+44 20 7946 0000",
		"<tel:+442079460000|+44 (0)20 7946 0000>":  "+44 (0)20 7946 0000",
		"<tel:+442079460000>":                      "+442079460000",
		"<tel:+442079460000|our desk>":             "our desk (tel:+442079460000)",
		"&lt;!channel&gt; &lt;@U123&gt;":           "<!channel> <@U123>",
		"/skip this":                               "command skip: this",
		"1 &lt; 2 <>":                              "1 < 2 <>",
	}
	paths, err := filepath.Glob("../../bot/testdata/field/*/text.txt") // from the field: what came, and what was written
	if err != nil || len(paths) == 0 {
		t.Fatalf("no texts were found: %v", err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw, want, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
		as[raw] = want
	}
	for raw, want := range as {
		w.Emit(map[string]any{"type": "message", "channel": ann.Direct().ID, "channel_type": "im", "user": ann.ID, "text": raw, "ts": "1700000000.000100"})
		u := in.next(t)
		got := u.Text
		if u.Kind == chat.Command {
			got = "command " + u.Command + ": " + u.Text
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", raw, got, want)
		}
	}
}

func TestModalsSpeakTheirLanguage(t *testing.T) {
	for lang, want := range map[string][2]string{
		"en": {"Write an answer", "Your answer"}, "": {"Write an answer", "Your answer"}, "es-MX": {"Escribir respuesta", "Su respuesta"}, "ar": {"اكتب إجابتك", "إجابتك"},
		"zh": {"填写回答", "您的回答"}, "zh-Hant": {"填寫回答", "您的回答"}, "zh-TW": {"填寫回答", "您的回答"},
	} {
		w := newWorld(t)
		w.hooks(newInbox().handle)
		ann := w.ann()
		w.mustSend(ann.Direct(), chat.Message{Text: "Why?", Expects: chat.ExpectsText, Lang: lang}, "")
		ann.Tap(ann.Direct().FromApp()[0], want[0])
		if m := ann.WaitModal(); m.Title != want[1] || m.Multiline || m.MaxLength != 3000 {
			t.Errorf("%q: %+v", lang, m)
		}
		w.noRefusals()
	}
}

func TestLettersAreNotTornApart(t *testing.T) {
	for _, letter := range []string{"🇩🇪", "👨‍👩‍👧", "é", "👍🏽"} {
		for n := 70; n < 76; n++ {
			blocks, err := blocksOf(t, chat.Message{Text: "x", Rows: [][]chat.Button{{{Text: strings.Repeat("x", n) + strings.Repeat(letter, 9), Data: "d"}}}})
			if err != nil {
				t.Fatal(err)
			}
			got := blocks[1]["elements"].([]any)[0].(map[string]any)["text"].(map[string]any)["text"].(string)
			rest := strings.TrimSuffix(strings.TrimLeft(got, "x"), "…")
			if strings.ReplaceAll(rest, letter, "") != "" {
				t.Errorf("%d and %s became %q", n, letter, got)
			}
		}
	}
}
