package webchat

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// The fragments that a message becomes, for people to read in testdata.
func TestFragments(t *testing.T) {
	bot := newFakeBot()
	bot.chosen["1ts1.1.1"] = true
	why := chat.Message{Text: whyAsk, Lang: "en", Expects: chat.ExpectsLong, Hint: "Type your answer here.", Rows: [][]chat.Button{{{Text: "Skip", Data: "1ss1.2"}}}}
	for name, c := range map[string]struct {
		template string
		items    []Item
	}{
		"scale":    {"message", []Item{{"q:s1:0", 1, 1, overall()}}},
		"choices":  {"message", []Item{{"q:s1:1", 2, 3, bot.reasons()}}},
		"answered": {"message", []Item{{"q:s1:0", 1, 2, chat.Message{Lang: "zh-Hans", Text: "总体来说,您满意吗?\n\n✓ 您的回答:2 不满意", Rows: [][]chat.Button{{{Text: "修改", Data: "1cs1.0"}}}}}}},
		"arabic":   {"message", []Item{{"n:s1:x", 3, 1, chat.Message{Lang: "ar", Text: "شكرًا لك!"}}}},
		"reply":    {"message", []Item{{"q:s1:2", 4, 1, why}, {"n:s1:y", 5, 1, chat.Message{Text: "Bob (Salon Anna): may I call you?", Replies: "q:s1:2", Rows: [][]chat.Button{{{Text: "Open", URL: "https://example.com/?a=1&b=2", Label: "Open our help page"}, {Text: "Run", URL: "javascript:alert(1)"}}}}}}},
		"hostile":  {"message", []Item{{hostile[0], 1, 1, chat.Message{Lang: `en" onload="x`, Title: hostile[1], Text: hostile[0], Footer: hostile[2], Facts: []chat.Fact{{Label: hostile[3], Value: hostile[4]}}, Quotes: []chat.Quote{{Label: hostile[5], Text: hostile[6]}}, Rows: [][]chat.Button{{{Text: hostile[2], Label: hostile[1], Data: `"><b>`, Style: `x" onclick="y`}}}}}}},
		"card":     {"card", []Item{{"case:1", 1, 2, card(2, "I waited forty minutes.")}}},
	} {
		t.Run(name, func(t *testing.T) {
			site := &site{Config: bot.config(), assets: newAssets(""), words: newDictionary()}
			var b bytes.Buffer
			nonce := "NONCE"
			if c.template == "card" {
				nonce = ""
			}
			for _, m := range site.layOut(c.items, site.frame("en", "", chatPath), nonce) {
				if err := pages.ExecuteTemplate(&b, c.template, m); err != nil {
					t.Fatal(err)
				}
			}
			file := "testdata/" + name + ".html"
			if *update {
				if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("%s (-want +got; -update rewrites it):\n%s", file, diff)
			}
		})
	}
}

func TestNoWordsBecomeMarkup(t *testing.T) {
	count := func(words string) map[string]int {
		bot := newFakeBot()
		bot.title = words
		bot.answer = &chat.Answer{Text: words}
		bot.items[customer] = []Item{{words, 1, 1, chat.Message{
			Text: words, Title: words, Footer: words, Hint: words, Lang: words, State: words, Expects: chat.ExpectsLong,
			Facts: []chat.Fact{{Label: words, Value: words}}, Quotes: []chat.Quote{{Label: words, Text: words}},
			Rows: [][]chat.Button{{{Text: words, Label: words, Data: "x", Style: words}}},
		}}}
		bot.items[staffRoom] = bot.items[customer]
		h := New(bot.config())
		page := ask(h, "POST", chatPath, form("nonce", "n", "text", words), liveHeader, "1").Body.String() +
			ask(h, "GET", "/room/staff", "").Body.String()
		bot.away = errors.New("away")
		page += ask(h, "POST", chatPath, form("nonce", "n", "text", words)).Body.String()
		tags := map[string]int{}
		for _, part := range strings.Split(page, "<")[1:] {
			tags[strings.FieldsFunc(part+" ", func(r rune) bool { return r == ' ' || r == '>' || r == '\n' })[0]]++
		}
		return tags
	}
	want := count("plain words")
	for _, words := range hostile {
		if diff := cmp.Diff(want, count(words)); diff != "" {
			t.Errorf("%.60q changes the tags of the page (-want +got):\n%s", words, diff)
		}
	}
}

func TestBoxFitsWhatIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		items []Item
		want  box
	}{
		"nothing asked": {[]Item{{Message: overall()}}, box{Rows: 1}},
		"long words":    {[]Item{{Message: chat.Message{Expects: chat.ExpectsLong, Hint: "Type here"}}, {Message: chat.Message{Text: "notice"}}}, box{Rows: 3, Hint: "Type here"}},
		"a phone":       {[]Item{{Message: chat.Message{Expects: chat.ExpectsLong}}, {Message: chat.Message{Expects: chat.ExpectsPhone, Hint: "+44"}}}, box{Rows: 1, Hint: "+44", Mode: "tel", Complete: "tel"}},
		"a date":        {[]Item{{Message: chat.Message{Expects: chat.ExpectsDate, Hint: "2026-03-31"}}}, box{Rows: 1}},
	} {
		if diff := cmp.Diff(c.want, boxFor(c.items)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestL16TheWebCleansAsEveryPlatformDoes(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\n":                     "plain\ttext\n",
		"dos\r\nand\rmac":                   "dos\nand\nmac",
		"nul\x00esc\x1b[0m\u009bbel":        "nulesc[0mbel",
		"\u202Egpj.exe\u202C":               "gpj.exe",
		"\u2066open":                        "open",
		"\u2067a\u2068b\u2069":              "ab",
		"e" + strings.Repeat("\u0301", 493): "e" + strings.Repeat("\u0301", 16),
		"end\u2069 alone":                   "end alone",
		"bad \xff":                          "bad \uFFFD",
		"👩‍👩‍👧 e\u0301 \u200Fmark":          "👩‍👩‍👧 e\u0301 \u200Fmark",
	} {
		if got := cleanMessage(chat.Message{Text: in}).Text; got != want {
			t.Errorf("%q shows as %q, want %q", in, got, want)
		}
	}
}

func TestLayingOutLeavesTheTranscriptAlone(t *testing.T) {
	m := chat.Message{Text: "a\x00", Facts: []chat.Fact{{Value: "b\x00"}}, Quotes: []chat.Quote{{Text: "c\x00"}}, Rows: [][]chat.Button{{{Text: "d\x00", Data: "x"}}}}
	items := []Item{{Slot: "n:1", Message: m}}
	s := &site{assets: newAssets(""), words: newDictionary()}
	s.layOut(items, s.frame("en", "", ""), "N")
	if got := items[0].Message; got.Text+got.Facts[0].Value+got.Quotes[0].Text+got.Rows[0][0].Text != "a\x00b\x00c\x00d\x00" {
		t.Errorf("the transcript was changed: %+v", got)
	}
}

func TestAFileOfAnotherPlatformIsNamed(t *testing.T) {
	m := cleanMessage(chat.Message{Text: "From Ann", Files: []chat.File{{Kind: "voice", ID: "x"}, {Kind: "document", ID: "y", Name: "bill.pdf"}}})
	want := "From Ann\n\n🎤\n\n📎 bill.pdf"
	if m.Text != want {
		t.Errorf("m.Text is %v, want %v", m.Text, want)
	}
	if m.Files != nil {
		t.Errorf("files are left: %+v", m)
	}
}
