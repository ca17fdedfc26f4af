package admin

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

func (h *house) site(id string) storage.Site {
	h.t.Helper()
	all, err := h.store.Sites(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, x := range all {
		if x.ID == id {
			return x
		}
	}
	return storage.Site{}
}

func TestASiteIsAddedAndChangedFromThePage(t *testing.T) {
	h := newHouse(t, someone)
	fields := url.Values{"name": {"Main Street"}, "id": {"main"}, "zone": {"Europe/Berlin"}, "language": {"zh-Hans"}, "signs": {"team"}}
	h.post("/settings/sites/new", fields, 303)
	got := h.site("main")
	if got.Name != "Main Street" || got.Zone != "Europe/Berlin" || got.Language != "zh-Hans" || got.Signs != storage.ByTeam || got.Created.IsZero() {
		t.Errorf("it is stored as %+v", got)
	}
	h.post("/settings/sites/main", url.Values{"name": {" Main  "}, "name.was": {"Main Street"}}, 303)
	if got := h.site("main"); got.Name != "Main" || got.Zone != "Europe/Berlin" || got.Signs != storage.ByTeam {
		t.Errorf("after a change of its name: %+v", got)
	}
	if body := h.get("/settings/sites?done=site", 200); !strings.Contains(body, "Europe/Berlin · Simplified Chinese") || !strings.Contains(body, "The site is saved.") {
		t.Errorf("the list says\n%s", body)
	}
}

func TestASiteThatCannotBeIsSaidAtItsFieldsAndKeepsEveryWord(t *testing.T) {
	h := newHouse(t, someone)
	h.post("/settings/sites/new", url.Values{"name": {"A"}, "id": {"a"}, "zone": {"UTC"}, "language": {"en"}, "signs": {"first"}}, 303)
	good := url.Values{"name": {"Harbour & Söhne"}, "id": {"harbour"}, "zone": {"Asia/Tokyo"}, "language": {"en"}, "signs": {"first"}}
	for name, c := range map[string]struct{ value, want string }{
		"name":     {"", "Say what customers call this place"},
		"id":       {"Main Street", "Use small letters"},
		"zone":     {"Europe/Nowhere", "There is no such time zone"},
		"language": {"not a language!", "Choose a language."},
		"signs":    {"boss", "Choose how staff sign."},
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set(name, c.value)
		body := h.post("/settings/sites/new", form, 422).Body.String()
		for _, want := range []string{c.want, `href="#` + name + `"`, `id="` + name + `-fault"`, "Nothing was saved"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s = %q: the page lacks %q", name, c.value, want)
			}
		}
		if name != "name" && !strings.Contains(body, "Harbour &amp; Söhne") {
			t.Errorf("%s = %q: the name that was written is gone", name, c.value)
		}
	}
	for _, id := range []string{"a", "new", "../x", strings.Repeat("x", 65)} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set("id", id)
		h.post("/settings/sites/new", form, 422)
	}
	if got := h.site("harbour"); got.ID != "" {
		t.Errorf("it is stored all the same: %+v", got)
	}
	h.get("/settings/sites/nowhere", 404)
	h.post("/settings/sites/nowhere", good, 404)
}

func TestTwoWhoChangeOneSite(t *testing.T) {
	h := newHouse(t, someone)
	h.post("/settings/sites/new", url.Values{"name": {"A"}, "id": {"a"}, "zone": {"UTC"}, "language": {"en"}, "signs": {"first"}}, 303)
	mei := url.Values{"name": {"Mei’s"}, "name.was": {"A"}, "zone": {"UTC"}, "zone.was": {"UTC"}}
	robin := url.Values{"name": {"A"}, "name.was": {"A"}, "zone": {"Asia/Tokyo"}, "zone.was": {"UTC"}}
	h.post("/settings/sites/a", mei, 303)
	h.post("/settings/sites/a", robin, 303) // another field: both have their way
	if got := h.site("a"); got.Name != "Mei’s" || got.Zone != "Asia/Tokyo" {
		t.Errorf("after two changes of different fields: %+v", got)
	}
	robin = url.Values{"name": {"Robin’s"}, "name.was": {"A"}}
	body := h.post("/settings/sites/a", robin, 422).Body.String()
	if !strings.Contains(body, "Somebody else changed this") || !strings.Contains(body, `<p class="conflict" id="name-fault"><b>! Somebody else changed this while you wrote.`) || !strings.Contains(body, `<q dir="auto">Mei’s</q>`) || !strings.Contains(body, `value="Robin’s"`) {
		t.Errorf("the loser is told\n%s", body)
	}
	if got := h.site("a"); got.Name != "Mei’s" {
		t.Errorf("it was overwritten: %+v", got)
	}
	if strings.Contains(body, `aria-invalid`) || !strings.Contains(body, `aria-describedby="name-fault`) {
		t.Errorf("it counts as a mistake, or the field does not lead to what it says\n%s", body)
	}
	h.post("/settings/sites/a", url.Values{"name": {"Robin’s"}, "name.was": {"Mei’s"}}, 303) // as the page has it now
	if got := h.site("a"); got.Name != "Robin’s" {
		t.Errorf("saved again: %+v", got)
	}
}

// A field that somebody else emptied says so in its box, and is no mistake.
func TestAFieldThatSomebodyElseEmptied(t *testing.T) {
	x := field{Name: "name", Label: "Name", Value: "Robin’s", Was: "A"}
	x.merge("", "They wrote:")
	for lang, want := range map[string]string{"en": "nothing", "zh-Hans": "（空）"} {
		page := render(t, fixture{"site.html", "full", frame{Title: "A"}, sitePage{At: "/settings/sites/a", form: form{Fields: []field{x}}}}, lang)
		if !strings.Contains(page, `<p class="conflict" id="name-fault"><b>! They wrote:</b> `+want+`</p>`) || strings.Contains(page, "aria-invalid") {
			t.Errorf("%s: the field says\n%s", lang, page)
		}
	}
}

func TestAnAdminOfOneSiteChangesThatAlone(t *testing.T) {
	h := newHouse(t, someone)
	for _, id := range []string{"a", "b"} {
		h.post("/settings/sites/new", url.Values{"name": {"Site " + id}, "id": {id}, "zone": {"UTC"}, "language": {"en"}, "signs": {"first"}}, 303)
	}
	*h.as = Viewer{Login: "l", Grants: access.Grants{"a": access.Admin}}
	if body := h.get("/settings/sites", 200); !strings.Contains(body, "Site a") || strings.Contains(body, "Site b") {
		t.Error("the list is not that of their sites")
	}
	if body := h.get("/settings", 200); strings.Contains(body, "Site b") || strings.Contains(body, "/outbox") {
		t.Error("the index shows what they may not see")
	}
	h.post("/settings/sites/a", url.Values{"name": {"Ours"}, "name.was": {"Site a"}}, 303)
	h.get("/settings/sites/b", 404)
	h.post("/settings/sites/b", url.Values{"name": {"Ours"}, "name.was": {"Site b"}}, 404)
	h.get("/settings/sites/new", 403)
	h.post("/settings/sites/new", url.Values{"name": {"C"}, "id": {"c"}}, 403)
	if h.site("b").Name != "Site b" || h.site("c").ID != "" {
		t.Error("they changed another site")
	}
}
