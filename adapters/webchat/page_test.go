package webchat

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// What conversations become, for people to read in testdata: their lines and what is asked.
func TestFragments(t *testing.T) {
	bot := newFakeBot()
	bot.chosen["1ts1.1.1"] = true
	answered := laid("总体来说,您满意吗?", chat.Layout{Part: chat.PartQuestion, Answer: "2 – 不满意"})
	answered.Lang, answered.Rows = "zh-Hans", [][]chat.Button{{{Text: "修改", Data: "1cs1.0", Aside: chat.AsideChange}}}
	for name, c := range map[string][]Item{
		"scale":    {{"i:s1", 1, 1, bot.intro()}, {"q:s1:0", 2, 1, overall()}},
		"choices":  {{"q:s1:1", 2, 3, bot.reasons()}},
		"answered": {{"q:s1:0", 1, 2, answered}},
		"earlier":  {{"q:s1:0", 1, 2, chat.Message{Lang: "en", Text: "Satisfied?\n\n✓ You answered: 2", Rows: [][]chat.Button{{{Text: "Change", Data: "1cs1.0"}}}}}},
		"arabic":   {{"n:s1:x", 3, 1, chat.Message{Lang: "ar", Text: "شكرًا لك!"}}},
		"reply": {{"q:s1:2", 4, 1, why()}, {"n:s1:y", 5, 1, chat.Message{
			Text: "may I call you?", Title: "Bob (Salon Anna)", Replies: "q:s1:2", Layout: &chat.Layout{Part: chat.PartReply, Who: "Bob"},
		}}},
		"links":   {{"n:s1:y", 5, 1, chat.Message{Text: "Our page tells more.", Rows: [][]chat.Button{{{Text: "Open", URL: "https://example.com/?a=1&b=2", Label: "Open our help page"}, {Text: "Run", URL: "javascript:alert(1)"}}}}}},
		"hostile": {{hostile[0], 1, 1, chat.Message{Lang: `en" onload="x`, Title: hostile[1], Text: hostile[0], Footer: hostile[2], Facts: []chat.Fact{{Label: hostile[3], Value: hostile[4]}}, Quotes: []chat.Quote{{Label: hostile[5], Text: hostile[6]}}, Rows: [][]chat.Button{{{Text: hostile[2], Label: hostile[1], Data: `"><b>`, Style: `x" onclick="y`}}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			site := &site{Config: bot.config(), assets: newAssets(""), words: newDictionary()}
			site.Clock = time.Now
			var b bytes.Buffer
			page := site.chatPage(site.frame("en", "", chatPath), Visitor{}, c, unsent{})
			show := func(template string, data any) {
				if err := pages().ExecuteTemplate(&b, template, data); err != nil {
					t.Fatal(err)
				}
			}
			for _, l := range page.Lines {
				show("line", l)
			}
			if page.Asked != nil {
				show("asked", page.Asked)
			}
			golden(t, name, strings.ReplaceAll(b.String(), page.Nonce, "NONCE"))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name + ".html"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", file, diff)
	}
}

func TestNoWordsBecomeMarkup(t *testing.T) {
	count := func(words string) map[string]int {
		bot := newFakeBot()
		bot.title = words
		bot.answer = &chat.Answer{Text: words}
		bot.items[customer] = []Item{{words, 1, 1, chat.Message{
			Text: words, Title: words, Footer: words, Hint: words, Lang: words, State: words, Expects: chat.ExpectsLong,
			Layout: &chat.Layout{Part: chat.PartQuestion, Of: words, Hint: words, Low: words, High: words, Answer: words, Changing: true},
			Facts:  []chat.Fact{{Label: words, Value: words}}, Quotes: []chat.Quote{{Label: words, Text: words}},
			Rows: [][]chat.Button{{{Text: words, Label: words, Words: words, Data: "x", Style: words}, {Text: words, Data: "y", Aside: chat.AsideSkip}}},
		}}, {words + "2", 2, 1, chat.Message{Text: words, Title: words, Layout: &chat.Layout{Part: chat.PartReply, Who: words}}}}
		h := New(bot.config())
		page := ask(h, "POST", chatPath, form("nonce", "n", "text", words), liveHeader, "1").Body.String()
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

// A question that is answered in words has a field, and no box is beside it.
func TestFieldsFitWhatIsAsked(t *testing.T) {
	s := &site{assets: newAssets(""), words: newDictionary()}
	s.Clock = time.Now
	for name, c := range map[string]struct {
		items []Item
		want  *field
	}{
		"nothing asked": {[]Item{{Message: chat.Message{Text: "Hello"}}}, nil},
		"a scale":       {[]Item{{Message: overall()}}, nil},
		"long words":    {[]Item{{Message: chat.Message{Expects: chat.ExpectsLong, Hint: "Type here"}}, {Message: chat.Message{Text: "notice"}}}, &field{Rows: 4, Counted: true, Hint: "Type here", Most: 4000, Send: "Send"}},
		"few words":     {[]Item{{Message: chat.Message{Expects: chat.ExpectsText, Max: 100}}}, &field{Rows: 2, Counted: true, Most: 100, Send: "Send"}},
		"a phone":       {[]Item{{Message: chat.Message{Expects: chat.ExpectsLong}}, {Message: chat.Message{Expects: chat.ExpectsPhone}}}, &field{Type: "tel", Mode: "tel", Complete: "tel", Short: true, LTR: true, Hint: "+44 20 7946 0000", Most: 4000, Send: "Send"}},
		"a date":        {[]Item{{Message: chat.Message{Expects: chat.ExpectsDate, Hint: "2026-03-31"}}}, &field{Type: "date", Picked: true, Max: "9999-12-31", Short: true, Hint: "2026-03-31", Most: 4000, Send: "Send"}},
	} {
		page := s.chatPage(s.frame("en", "", ""), Visitor{}, c.items, unsent{})
		var got *field
		if page.Asked != nil {
			got = page.Asked.Field
		}
		if diff := cmp.Diff(c.want, got); diff != "" || page.Boxed != (got == nil || got.Picked) {
			t.Errorf("%s: the box is there %v (-want +got):\n%s", name, page.Boxed, diff)
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
	m.Layout = &chat.Layout{Part: chat.PartQuestion, Answer: "e\x00"}
	items := []Item{{Slot: "n:1", Message: m}}
	s := &site{assets: newAssets(""), words: newDictionary()}
	s.Clock = time.Now
	s.chatPage(s.frame("en", "", ""), Visitor{}, items, unsent{})
	if got := items[0].Message; got.Text+got.Facts[0].Value+got.Quotes[0].Text+got.Rows[0][0].Text+got.Layout.Answer != "a\x00b\x00c\x00d\x00e\x00" {
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

// Whoever writes before they answer still reads who asks.
func TestTheGreetingStandsAboveWordsThatCameFirst(t *testing.T) {
	t.Parallel()
	bot := newFakeBot()
	bot.put(customer, "i:s1", bot.intro())
	bot.put(customer, "q:s1:0", bot.spoken(overall()))
	own := laid("Is there parking?", chat.Layout{Part: chat.PartOwn, At: time.Date(2026, 3, 4, 15, 52, 0, 0, time.UTC)})
	own.Mine = true
	bot.put(customer, "own:1", own)
	page := ask(New(bot.config()), "GET", chatPath, "", "Cookie", browserCookie+"=mine").Body.String()
	greeting, words, question := strings.Index(page, "would like to know how it went"), strings.Index(page, "Is there parking?"), strings.Index(page, overallAsk)
	if greeting < 0 || words < greeting || question < words {
		t.Errorf("the greeting stands at %d, the words at %d, the question at %d", greeting, words, question)
	}
}
