package webchat

import (
	"bytes"
	"html/template"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
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

// A survey that is not written in its customer's language greets in it all the same: the greeting is marked as what it
// is, runs its own way, and no line of it is in two languages.
func TestTheGreetingIsInOneLanguageWhateverTheQuestionIsIn(t *testing.T) {
	site := &site{Config: newFakeBot().config(), assets: newAssets(""), words: newDictionary()}
	site.Clock = time.Now
	for _, greets := range []string{"en", "zh-Hans", "es", "ar"} {
		for _, asks := range []string{"en", "zh-Hans", "es", "ar"} {
			hello, question := laid("GREETING", chat.Layout{Part: chat.PartIntro, Hint: "LENGTH"}), overall()
			hello.Lang, question.Lang = greets, asks
			page := site.chatPage(site.frame(greets, "", chatPath), Visitor{}, []Item{{"i:s1", 1, 1, hello}, {"q:s1:0", 2, 1, question}}, unsent{})
			var b bytes.Buffer
			if err := pages().ExecuteTemplate(&b, "asked", page.Asked); err != nil {
				t.Fatal(err)
			}
			how := template.HTMLEscapeString(site.words[greets].HowShort)
			want := `<p class="hello" lang="` + greets + `" dir="` + direction(greets) + `"><b>GREETING</b><small>LENGTH <a href="` + chatPath + `/how">` + how + `</a></small></p>`
			if !strings.Contains(b.String(), want) || !strings.Contains(b.String(), `lang="`+asks+`" dir="`+direction(asks)+`" aria-labelledby="q"`) {
				t.Errorf("greeted in %s and asked in %s, without %s:\n%s", greets, asks, want, b.String())
			}
		}
	}
}

// A greeting in a language that the chat has no words of keeps the words of the page, marked as theirs.
func TestWordsOfThePageInAnotherGreetingAreMarked(t *testing.T) {
	site := &site{Config: newFakeBot().config(), assets: newAssets(""), words: newDictionary()}
	site.Clock = time.Now
	for _, greets := range []string{"fr", "he", "pt-BR"} {
		for _, reads := range []string{"en", "zh-Hans", "es", "ar"} {
			hello, question := laid("GREETING", chat.Layout{Part: chat.PartIntro, Hint: "LENGTH"}), overall()
			hello.Lang, question.Lang = greets, greets
			page := site.chatPage(site.frame(reads, "", chatPath), Visitor{}, []Item{{"i:s1", 1, 1, hello}, {"q:s1:0", 2, 1, question}}, unsent{})
			var b bytes.Buffer
			if err := pages().ExecuteTemplate(&b, "asked", page.Asked); err != nil {
				t.Fatal(err)
			}
			want := `<small>LENGTH <a href="` + chatPath + `/how" lang="` + reads + `" dir="` + direction(reads) + `">` + template.HTMLEscapeString(site.words[reads].HowShort) + `</a></small>`
			if !strings.Contains(b.String(), want) {
				t.Errorf("greeted in %s on a page in %s, without %s:\n%s", greets, reads, want, b.String())
			}
		}
	}
}
