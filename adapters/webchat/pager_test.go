package webchat

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

const pageLimit = 200_000 // bytes

var (
	earlierLink = regexp.MustCompile(`href="([^"]*\?before=\d+)"`)
	shownItem   = regexp.MustCompile(`<(?:li class="(?:own|them-turn)"|section class="ask") id="(?:now" data-of=")?([^"]+)"`)
)

// Whoever reads without script finds every message by going back page after page, each once
// and none heavier than a page may be.
func TestAConversationIsReadInPages(t *testing.T) {
	for name, words := range map[string]string{
		"short": "ok", "long": strings.Repeat("It was late. ", 300), "markup": strings.Repeat(`<&>"'`, 800), "emoji": strings.Repeat("😀", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			b := newFakeBot()
			for i := range 1000 {
				m := chat.Message{Text: fmt.Sprintf("%d %s", i, words), Mine: true}
				if i%10 == 0 {
					m = chat.Message{Text: m.Text}
				}
				b.post(customer, fmt.Sprintf("own:%d", i), m)
			}
			h := New(b.config())
			seen := map[string]bool{}
			path, pages := chatPath, 0
			for path != "" {
				got := ask(h, "GET", path, "")
				body := got.Body.String()
				if got.Code != 200 || len(body) > pageLimit {
					t.Fatalf("%s: status %d, %d bytes", path, got.Code, len(body))
				}
				all := shownItem.FindAllStringSubmatch(body, -1)
				if len(all) == 0 || len(all) > perPage {
					t.Fatalf("%s shows %d messages", path, len(all))
				}
				for _, m := range all {
					if seen[m[1]] {
						t.Fatalf("%s shows a message twice", path)
					}
					seen[m[1]] = true
				}
				if past := path != chatPath; past != strings.Contains(body, "Back to the newest messages") || past == strings.Contains(body, "<script") {
					t.Errorf("%s: an earlier page (%t) leads back, %t, and does not change by itself, %t", path, past,
						strings.Contains(body, "Back to the newest messages"), strings.Contains(body, "<script"))
				}
				path = ""
				if m := earlierLink.FindStringSubmatch(body); m != nil {
					path = m[1]
				}
				pages++
			}
			if len(seen) != 1000 {
				t.Errorf("%d of 1000 messages were found on %d pages", len(seen), pages)
			}
		})
	}
}

func TestWhatIsSentFromAnEarlierPageLeadsToTheNewest(t *testing.T) {
	b := newFakeBot()
	for i := range 150 {
		b.post(customer, fmt.Sprintf("own:%d", i), chat.Message{Text: "word", Mine: true})
	}
	got := ask(New(b.config()), "POST", chatPath+"?before=20", form("nonce", "n1", "text", "hello"))
	if got.Code != 303 || got.Header().Get("Location") != chatPath+"#now" {
		t.Errorf("%d %s", got.Code, got.Header().Get("Location"))
	}
}
