package admin

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/signin"
)

// TestATokenIsMadeShownOnceAndEnded is the way of somebody who connects a till.
func TestATokenIsMadeShownOnceAndEnded(t *testing.T) {
	owner := someone
	owner.Proved, owner.SignIn = time.Now(), "robin"
	h := newHouse(t, owner)
	h.withSite("main", "Main Street")
	if body := h.get("/settings/tokens", 200); !strings.Contains(body, "No token yet") {
		t.Error("an empty list does not say so")
	}
	form := url.Values{"name": {"till"}, "scope": {"flows:read"}, "site": {"main"}, "days": {"90"}}
	w := h.post("/settings/tokens/new", form, 200)
	value := regexp.MustCompile(`act_[\w-]{49}`).FindString(w.Body.String())
	hash, ok := signin.HashAPIToken(value)
	if !ok || !strings.HasPrefix(w.Header().Get("Cache-Control"), "no-store") {
		t.Fatalf("shown is %q, %v", value, w.Header())
	}
	x, err := h.store.TokenOf(t.Context(), hash)
	if err != nil || x.Name != "till" || len(x.Sites) != 1 || x.By != "robin" || x.Expires.Sub(x.Made) < 89*24*time.Hour {
		t.Fatalf("stored is %+v, %v", x, err)
	}
	body := h.get("/settings/tokens", 200)
	if strings.Contains(body, value) || !strings.Contains(body, "read the surveys") || !strings.Contains(body, "Main Street") {
		t.Errorf("the list is\n%s", body)
	}
	h.post("/settings/tokens/"+x.ID+"/end", url.Values{}, 303)
	h.post("/settings/tokens/"+x.ID+"/end", url.Values{}, 404)
	if body := h.get("/settings/tokens", 200); !strings.Contains(body, "Work no more") {
		t.Error("the list does not say that it ended")
	}
	for name, bad := range map[string]string{"name": "", "scope": "all", "site": "elsewhere", "days": "7"} {
		f := url.Values{}
		for k, v := range form {
			f[k] = v
		}
		f.Set(name, bad)
		h.post("/settings/tokens/new", f, 422)
	}
	if all, err := h.store.TokenList(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("stored all the same: %v, %v", all, err)
	}
	*h.as = Viewer{Login: "l", Grants: access.Grants{access.EverySite: access.Lead}}
	h.ask(httptest.NewRequest("GET", "/settings/tokens", nil), 403)
}
