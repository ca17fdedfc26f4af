package webchat

import (
	"context"
	"strings"
	"testing"
)

// Before anything began, a browser of none of our languages sees the pages of a standing link in the site's.
func TestABrowserOfNoneOfOurLanguagesSeesTheSites(t *testing.T) {
	s := newStandings("")
	c := s.config()
	describe := c.Standing
	c.Standing = func(ctx context.Context, id string) (Standing, error) {
		l, err := describe(ctx, id)
		l.Else = "es"
		return l, err
	}
	server := New(c)
	for browser, lang := range map[string]string{"fr": "es", "fr-FR, tlh;q=0.5": "es", "": "es", "fr, zh-CN;q=0.5": "zh-Hans", "en-GB": "en"} {
		for _, page := range []string{"GET /s/counter", "GET /s/closed", "GET /s/crowded", "POST /s/crowded"} {
			method, at, _ := strings.Cut(page, " ")
			text := ask(server, method, at, "", "Accept-Language", browser, "Sec-Fetch-Site", "same-origin").Body.String()
			if !strings.Contains(text, `<html lang="`+lang+`"`) {
				t.Errorf("a browser of %q asks %s and gets, not in %s:\n%s", browser, page, lang, text)
			}
		}
	}
}
