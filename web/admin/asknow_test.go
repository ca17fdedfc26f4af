package admin

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	f := frame{Title: "Ask somebody now", Here: "/asking", Back: &link{"/asking", "Asking"}}
	fields := form{Fields: []field{
		{Name: "flow", Label: "Survey", Kind: "select", Options: []option{{"post_service_3", "After your visit"}}},
		{Name: "site", Label: "Site", Kind: "select", Options: []option{{"main", "Main Street"}}},
	}}
	why := &field{Name: "why", Label: "Ask them all the same, because"}
	fixtures = append(fixtures,
		fixture{"asknow.html", "empty", f, askNowPage{}},
		fixture{"asknow.html", "found", f, askNowPage{Query: "an", Found: []customerRow{{"C-1", "Anna Weber", "C-1 · 2 conversations"}, {"C-2", "Andrea", "C-2"}}}},
		fixture{"asknow.html", "form", f, askNowPage{Who: "C-1", Name: "Anna", New: true, Once: "x", form: fields}},
		fixture{"asknow.html", "not", f, askNowPage{Who: "C-1", Name: "Anna", form: fields, because: why, Result: &askResult{What: "not asked", Why: "was asked yesterday", Insists: true}}},
		fixture{"asknow.html", "link", f, askNowPage{Who: "C-1", Name: "Anna", form: fields, Result: &askResult{Asked: true, What: "No bot reaches them.", Link: "https://care.example/chat/x"}}},
		fixture{"asknow.html", "nowhere", f, askNowPage{Who: "C-1", Name: "Anna", NoSite: true}},
	)
}

var onceShown = regexp.MustCompile(`name="once" value="([^"]+)"`)

// A lead asks a customer from the pages: once, however often the button is pressed; who was asked
// lately is left in peace with the reason, and is asked all the same for one; whose site it is
// not gets nothing to choose.
func TestSomebodyIsAskedByHand(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	c := Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now, PublicURL: "https://care.example"}
	b := &visit{w: w, h: New(c)}
	if page := body(b.get("/asking")); !strings.Contains(page, `href="/asking/now"`) {
		t.Errorf("asking leads nowhere:\n%s", page)
	}
	page := body(b.get("/asking/now?q=C-77"))
	once := onceShown.FindStringSubmatch(page)
	if !strings.Contains(page, "Nobody is known as C-77 here") || once == nil {
		t.Fatalf("somebody new:\n%s", page)
	}
	form := url.Values{"who": {"C-77"}, "flow": {"one_tap_csat"}, "site": {"main"}, "do": {"ask"}, "once": {once[1]}}
	for range 2 {
		if page = body(b.post("/asking/now", form)); !strings.Contains(page, "No bot reaches them") || !strings.Contains(page, "https://care.example/") && !strings.Contains(page, "/chat/") {
			t.Fatalf("asked:\n%s", page)
		}
	}
	asks, err := w.store.AsksOf(ctx, "C-77", 5)
	if err != nil || len(asks) != 1 || asks[0].State != "handed_out" || asks[0].Asker != "boss" {
		t.Fatalf("asked: %+v, %v", asks, err)
	}
	form.Set("once", "another")
	if page = body(b.post("/asking/now", form)); !strings.Contains(page, "has not answered yet what they were asked") || strings.Contains(page, "Ask all the same") {
		t.Errorf("while it is open:\n%s", page)
	}
	w.clock.add(40 * 24 * time.Hour) // it is over, and was long ago
	form.Set("once", "later")
	if page = body(b.post("/asking/now", form)); !strings.Contains(page, "No bot reaches them") {
		t.Errorf("later:\n%s", page)
	}
	asks, err = w.store.AsksOf(ctx, "C-77", 5)
	if err != nil || len(asks) < 2 {
		t.Fatalf("%+v, %v", asks, err)
	}
	ended := asks[0]
	ended.State, ended.Ended, ended.Due = "expired", w.clock.Now(), time.Time{}
	err = w.store.ChangeAsks(ctx, ended.Bucket, []string{ended.ID}, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
		return []storage.AskChange{{Ask: ended}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.add(24 * time.Hour)
	form.Set("once", "soon")
	page = body(b.post("/asking/now", form))
	if !strings.Contains(page, "was asked yesterday; such surveys are 7 days apart. They may be asked from") || !strings.Contains(page, "Ask all the same") {
		t.Errorf("a day later:\n%s", page)
	}
	form.Set("do", "insist")
	form.Set("once", "insists")
	if got := b.post("/asking/now", form); got.Code != 422 || !strings.Contains(body(got), "Say in a few words why") {
		t.Errorf("without a reason: %d", got.Code)
	}
	form.Set("why", "They wrote that they want to tell us more.")
	if page = body(b.post("/asking/now", form)); !strings.Contains(page, "No bot reaches them") {
		t.Errorf("with a reason:\n%s", page)
	}
	if page := body(b.get("/audit")); !strings.Contains(page, "Asked a customer by hand") || strings.Contains(page, "C-77") {
		t.Errorf("what is written down:\n%s", page)
	}
	form.Set("site", "elsewhere")
	if got := b.post("/asking/now", form); got.Code != 422 {
		t.Errorf("at another site: %d", got.Code)
	}
}
