package telegram

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestOnlyTheLongestPiecesAreCut(t *testing.T) {
	m := chat.Message{
		Title: "Title", Text: "Short.", Footer: "Footer",
		Facts:  []chat.Fact{{Label: "Site", Value: "Main"}},
		Quotes: []chat.Quote{{Label: "Why", Text: strings.Repeat("a", 9000)}, {Text: strings.Repeat("😀", 3000)}},
	}
	l, err := arrange(m, textLimit)
	if err != nil {
		t.Fatal(err)
	}
	text := l.plain()
	if n := l.units(); n > textLimit || n < textLimit-4 {
		t.Errorf("%d units", n)
	}
	for _, whole := range []string{"Title\nShort.\n\nSite: Main\n\nWhy:\n> a", "a…\n\n> 😀", "😀…\n\nFooter"} {
		if !strings.Contains(text, whole) {
			t.Errorf("%q is missing", whole)
		}
	}
	var many []chat.Fact
	for range 3000 {
		many = append(many, chat.Fact{Label: "Label", Value: "Value"})
	}
	if l, err = arrange(chat.Message{Title: "T", Facts: many}, textLimit); err != nil || l.units() > textLimit || !strings.HasPrefix(l.plain(), "T\n\nLabel: ") {
		t.Errorf("%v, %d units", err, l.units())
	}
	if l, err = arrange(chat.Message{Quotes: []chat.Quote{{Label: strings.Repeat("l", 9000), Text: "words"}}}, textLimit); err != nil || l.units() > textLimit {
		t.Errorf("a label of 9,000: %v, %d units", err, l.units())
	}
}

// Whatever a message holds, what is sent fits, is valid, and its markup is ours.
func FuzzArrange(f *testing.F) {
	f.Add("title", "text", "label", "value", "quote", "footer", 5)
	f.Add("<b>", "</b>&lt;", "a\x00", "\u202E", strings.Repeat("😀", 50), "&amp;", 200)
	f.Fuzz(func(t *testing.T, title, text, label, value, quote, footer string, times int) {
		quote = strings.Repeat(quote, min(max(times, 0), 5000/(len(quote)+1)))
		l, err := arrange(chat.Message{Title: title, Text: text, Facts: []chat.Fact{{Label: label, Value: value}}, Quotes: []chat.Quote{{Label: label, Text: quote}}, Footer: footer}, textLimit)
		if err != nil {
			return
		}
		if n := l.units(); n > textLimit {
			t.Errorf("%d units", n)
		}
		html := l.html()
		if !utf8.ValidString(html) || strings.ContainsAny(html, "\x00\u202e") {
			t.Errorf("unclean: %q", html)
		}
		for _, tag := range []string{"<b>", "</b>", "<i>", "</i>", "<blockquote>", "<blockquote expandable>", "</blockquote>"} {
			html = strings.ReplaceAll(html, tag, "")
		}
		if strings.ContainsAny(html, "<>") {
			t.Errorf("foreign markup: %q", html)
		}
	})
}
