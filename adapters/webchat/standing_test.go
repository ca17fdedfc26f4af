package webchat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// standings are links that anybody may open, and how often each began something.
type standings struct {
	*fakeBot
	began map[string]int
	asked []string // the languages of the last browser that began
}

func newStandings(lang string) *standings {
	b := newFakeBot()
	b.lang = lang
	return &standings{fakeBot: b, began: map[string]int{}}
}

func (s *standings) config() Config {
	c := s.fakeBot.config()
	s.begins = true
	failure := map[string]error{"unknown": ErrUnknown, "closed": fmt.Errorf("described: %w", ErrExpired), "down": errors.New("no database")}
	c.Standing = func(_ context.Context, id string) (Standing, error) {
		return Standing{Title: "Salon Anna & Söhne", Language: s.lang, Telegram: "https://t.me/salon_bot?start=s_" + id}, failure[id]
	}
	c.Begin = func(_ context.Context, id string, languages []string) (string, error) {
		s.asked = languages
		if id == "crowded" {
			return "", ErrCrowded
		}
		if failure[id] == nil {
			s.began[id]++
		}
		return strings.TrimPrefix(chatPath, "/chat/"), failure[id]
	}
	return c
}

func TestAStandingLinkBeginsNothingUntilItsButtonIsPressed(t *testing.T) {
	s := newStandings("en")
	server := serveConfig(t, s.config())
	ask := func(method, at, site string, want int) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		r.Header.Set("Accept-Language", "zh-CN;q=0.8, en")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != want {
			t.Fatalf("%s %s: %d, want %d\n%s", method, at, res.StatusCode, want, body)
		}
		return res.Header.Get("Location") + string(body)
	}
	for range 3 { // programs that draw previews look too
		page := ask("GET", "/s/counter", "", 200)
		for _, want := range []string{"How was it?", "Tell Salon Anna &amp; Söhne in about a minute.", `method="post" action="/s/counter"`, "https://t.me/salon_bot?start=s_counter"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q:\n%s", want, page)
			}
		}
	}
	if s.began["counter"] != 0 {
		t.Error("looking began a conversation")
	}
	if to := ask("POST", "/s/counter", "same-origin", 303); !strings.HasPrefix(to, chatPath) {
		t.Errorf("it leads to %s", to)
	}
	if got := strings.Join(s.asked, " "); got != "en zh-CN" {
		t.Errorf("it begins in a language of %q", got)
	}
	ask("POST", "/s/counter", "cross-site", 403)
	if s.began["counter"] != 1 {
		t.Errorf("%d conversations began", s.began["counter"])
	}
	for at, want := range map[string]struct {
		status int
		words  string
	}{
		"unknown": {404, "This address leads nowhere"}, "closed": {410, "This address leads nowhere"}, "down": {503, ""}, "crowded": {200, "How was it?"},
	} {
		if page := ask("GET", "/s/"+at, "", want.status); !strings.Contains(page, want.words) {
			t.Errorf("%s says\n%s", at, page)
		}
	}
	if page := ask("POST", "/s/crowded", "same-origin", 503); !strings.Contains(page, "Wait a minute, then open it again.") {
		t.Errorf("a crowd is told\n%s", page)
	}
}
