package admin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func init() {
	fields := []field{
		{Name: "name", Label: "What is your place called?", Hint: "As customers read it."},
		{Name: "hours", Label: "Hours", Kind: "select", Options: []option{{"weekdays", "Monday to Friday"}, {"always", "Always open"}}, Value: "always"},
	}
	fixtures = append(fixtures,
		fixture{"setup_place.html", "empty", frame{Title: "Where do you work?", Bare: true, Meta: "Step 2 of 5"}, placePage{form{fields[:1]}, setupStep(2)}},
		fixture{"setup_place.html", "full", frame{Title: "Where do you work?", Bare: true, Meta: "Step 2 of 5"}, placePage{form{fields}, setupStep(2)}},
		fixture{"setup_chats.html", "full", frame{Title: "Where do your customers answer?", Bare: true, Wide: true}, chatsPage{Bar: setupStep(3), Reach: "reach_here", At: "localhost:8080"}},
		fixture{"setup_chats.html", "connected", frame{Title: "Where do your customers answer?", Bare: true, Wide: true}, chatsPage{
			Bar: setupStep(3), Reach: "reach_named", At: "care.example", Connects: true, Telegram: "bella_bot", Slack: "Bella",
			Address: &addressForm{form{[]field{{Name: "address", Label: "Address", Value: "https://care.example", Fault: "Nothing answers."}}}, "https://care.example", false, true},
		}},
		fixture{"setup_survey.html", "empty", frame{Title: "What do you ask first?", Bare: true}, surveyPage{Bar: setupStep(4)}},
		fixture{"setup_survey.html", "full", frame{Title: "What do you ask first?", Bare: true, Wide: true}, surveyPage{setupStep(4), []surveyCard{
			{"one_tap_csat", "One tap", "How satisfied were you?", []string{"1", "2"}, false}, {"post_service_3", "Three questions", "Overall?", nil, true},
		}, "Bella", "en", "ltr"}},
		fixture{"setup_try.html", "empty", frame{Title: "Try it", Bare: true, Wide: true}, tryPage{Bar: setupStep(5), Chat: "/chat/x", Here: "/setup/try?chat=x"}},
		fixture{"setup_try.html", "full", frame{Title: "Try it", Bare: true, Wide: true}, tryPage{
			Bar: setupStep(5), Chat: "/chat/x", Here: "/setup/try?chat=x", Answered: 1, Case: &caseRow{Number: "A-1", Priority: "P1", Level: 2, Feeling: "dissatisfied", Words: "I waited."},
		}},
	)
}

func TestTheFirstEveningWithoutAnyScript(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	if at := b.do("GET", "/setup/survey", nil).Header().Get("Location"); at != "/care/setup/place" {
		t.Errorf("a survey before there is a place leads to %q", at)
	}
	page := b.do("GET", "/setup/place", nil).Body.String()
	if !strings.Contains(page, `name="hours"`) {
		t.Fatalf("hours are not asked for:\n%s", page)
	}
	for what, bad := range map[string]url.Values{
		"no name": {"name": {""}, "zone": {"Europe/Berlin"}, "language": {"en"}, "hours": {"always"}}, "no zone": {"name": {"Bella"}, "zone": {"Nowhere/City"}, "language": {"en"}, "hours": {"always"}},
		"a language of ours": {"name": {"Bella"}, "zone": {"UTC"}, "language": {"xx"}, "hours": {"always"}}, "hours": {"name": {"Bella"}, "zone": {"UTC"}, "language": {"en"}, "hours": {"never"}},
	} {
		if w := b.do("POST", "/setup/place", bad); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="`+bad.Get("name")+`"`) {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	w := b.do("POST", "/setup/place", url.Values{"name": {"Bella Hair & Beauty"}, "zone": {"Europe/Berlin"}, "language": {"en"}, "hours": {"weekdays"}})
	if w.Header().Get("Location") != "/care/setup/chats" {
		t.Fatalf("%d to %q\n%s", w.Code, w.Header().Get("Location"), w.Body)
	}
	sites, err := s.store.Sites(t.Context())
	if err != nil || len(sites) != 1 || sites[0].ID != "bella-hair-beauty" || sites[0].Zone != "Europe/Berlin" {
		t.Fatalf("%+v, %v", sites, err)
	}
	rules, err := s.store.Rules(t.Context(), 0)
	if err != nil || !strings.Contains(rules.Source, `fri: ["09:00-18:00"]`) || strings.Contains(rules.Source, "sat") {
		t.Errorf("the hours are %q, %v", rules.Source, err)
	}
	if again := b.do("GET", "/setup/place", nil).Body.String(); !strings.Contains(again, "Bella Hair &amp; Beauty") || strings.Contains(again, `name="hours"`) {
		t.Errorf("coming back:\n%s", again)
	}
	b.do("POST", "/setup/place", url.Values{"name": {"Bella"}, "zone": {"UTC"}, "language": {"es"}})
	if sites, _ = s.store.Sites(t.Context()); len(sites) != 1 || sites[0].Name != "Bella" {
		t.Errorf("coming back makes another: %+v", sites)
	}
	for _, at := range []string{"/setup/chats", "/setup/survey"} {
		if w := b.do("GET", at, nil); w.Code != 200 {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
	if shown := b.do("GET", "/setup/survey", nil).Body.String(); !strings.Contains(shown, `lang="es" dir="ltr"><span class="bubble">¿Qué grado de satisfacción le dejó nuestro servicio?`) {
		t.Errorf("the surveys are not shown as customers read them:\n%s", shown)
	}
	if w := b.do("POST", "/setup/survey", url.Values{"flow": {"../secret"}}); w.Code != http.StatusBadRequest {
		t.Errorf("a survey that is not offered: %d", w.Code)
	}
	w = b.do("POST", "/setup/survey", url.Values{"flow": {"one_tap_csat"}})
	at := strings.TrimPrefix(w.Header().Get("Location"), "/care")
	if !regexp.MustCompile(`^/setup/try\?chat=\S{10,}$`).MatchString(at) {
		t.Fatalf("%d to %q\n%s", w.Code, at, w.Body)
	}
	try := b.do("GET", at, nil)
	if try.Code != 200 || !strings.Contains(try.Body.String(), `src="/care/chat/`) || !strings.Contains(try.Header().Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("%d %s\n%s", try.Code, try.Header(), try.Body)
	}
	if got := b.do("GET", "/setup/try?chat=nothing", nil).Header().Get("Location"); got != "/care/setup/survey" {
		t.Errorf("a link that is none leads to %q", got)
	}
}

func TestFromWhereAnAddressIsReached(t *testing.T) {
	for host, want := range map[string]string{
		"localhost:8080": "reach_here", "127.0.0.1:8080": "reach_here", "[::1]:8080": "reach_here", "aftercare.localhost": "reach_here",
		"192.168.1.5:8080": "reach_network", "10.1.2.3": "reach_network", "[fd00::1]:80": "reach_network", "server:8080": "reach_network", "nas.local": "reach_network",
		"care.example": "reach_named", "203.0.113.7": "reach_named",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		if got := reach(r); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}
