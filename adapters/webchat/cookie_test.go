package webchat

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// claimed is a link of which the bot remembers the browser that began.
type claimed struct {
	*fakeBot
	by string
}

func (c *claimed) config() Config {
	conf := c.fakeBot.config()
	conf.Visitor = func(ctx context.Context, token, browser string) (Visitor, error) {
		v, err := c.visitor(ctx, token, browser)
		if err == nil && c.by != "" && c.by != browser {
			return Visitor{}, fmt.Errorf("visitor: %w", ErrElsewhere)
		}
		v.Fresh = c.by == ""
		return v, err
	}
	conf.Claim = func(_ context.Context, _, browser string) error {
		if c.by != "" && c.by != browser {
			return fmt.Errorf("claim: %w", ErrElsewhere)
		}
		c.by = browser
		return nil
	}
	return conf
}

// The link alone opens a conversation until somebody says something there; from then on it
// takes what that browser holds as well.
func TestAConversationIsReadWhereItBegan(t *testing.T) {
	bot := &claimed{fakeBot: newFakeBot()}
	config := bot.config()
	config.Secure = true
	h := New(config)
	first := ask(h, "GET", chatPath, "")
	cookies := first.Result().Cookies()
	if len(cookies) != 1 || first.Code != http.StatusOK {
		t.Fatalf("status %d, cookies %v", first.Code, cookies)
	}
	c := cookies[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != chatPath || len(c.Value) < 20 || c.MaxAge < 1 {
		t.Errorf("the cookie is %v", c)
	}
	mine := c.Name + "=" + c.Value
	for range 2 { // looking claims nothing: a program that draws a preview did
		if w := ask(h, "GET", chatPath, "", "Cookie", c.Name+"=preview"); w.Code != http.StatusOK || bot.by != "" {
			t.Errorf("a preview: status %d, the link is %q's", w.Code, bot.by)
		}
	}
	w := ask(h, "POST", chatPath, form("nonce", "n1", "start", "1"))
	if w.Code != http.StatusForbidden || len(bot.handled()) != 0 || len(w.Result().Cookies()) != 1 || !strings.Contains(w.Body.String(), `name="start"`) {
		t.Errorf("a browser that is not known yet: status %d, %d updates, %v\n%s", w.Code, len(bot.handled()), w.Result().Cookies(), w.Body)
	}
	if w := ask(h, "POST", chatPath, form("nonce", "n1", "start", "1"), "Cookie", mine); w.Code != http.StatusSeeOther || len(bot.handled()) != 1 {
		t.Errorf("the one that began: status %d, %d updates", w.Code, len(bot.handled()))
	}
	bot.put(customer, "q:1", chat.Message{Text: "Were you satisfied, Ann?", Lang: "en"})
	if w := ask(h, "GET", chatPath, "", "Cookie", mine); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "satisfied, Ann") {
		t.Errorf("it does not come back: status %d", w.Code)
	}
	for _, cookie := range []string{"", c.Name + "=theirs", c.Name + "=%22", c.Name + "="} {
		for _, method := range []string{"GET", "POST"} {
			for _, path := range []string{chatPath, chatPath + "/events"} {
				if method == "POST" && path != chatPath {
					continue
				}
				w := ask(h, method, path, form("nonce", "n2", "text", "hello"), "Cookie", cookie)
				if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "Ann") || len(bot.handled()) != 1 {
					t.Errorf("%s %s with %q: status %d, %d updates", method, path, cookie, w.Code, len(bot.handled()))
				}
				if method == "GET" && path == chatPath && !strings.Contains(w.Body.String(), "in another browser") {
					t.Errorf("the page says:\n%s", w.Body)
				}
			}
		}
	}
	t.Attr("figure", "a second browser reads nothing of a conversation and says nothing in it; looking at a link claims nothing")
}

func TestAConversationThatEndedLongAgoSaysSoWithoutItsWords(t *testing.T) {
	bot := newFakeBot()
	bot.put(customer, "q:1", chat.Message{Text: "Were you satisfied, Ann?", Lang: "en"})
	bot.visitors[goodToken] = fmt.Errorf("visitor: %w", ErrOver)
	for _, lang := range []string{"en", "de", "es", "ar", "zh"} {
		w := ask(New(bot.config()), "GET", chatPath, "", "Accept-Language", lang)
		if w.Code != http.StatusGone || strings.Contains(w.Body.String(), "Ann") || !strings.Contains(w.Body.String(), "<h1>") {
			t.Errorf("%s: status %d\n%s", lang, w.Code, w.Body)
		}
	}
}
