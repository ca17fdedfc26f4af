package admin

import (
	"net/http/httptest"
	"testing"
)

// A page is in a language that is there whole, whatever a browser asks for.
func TestABrowserChoosesAmongWholeLanguages(t *testing.T) {
	s := newSite(Config{})
	for wish, want := range map[string][2]string{ // the pages', and that of the customers of a new place
		"": {"en", "en"}, "ar": {"en", "ar"}, "ar, zh-CN;q=0.9, en;q=0.8": {"zh-Hans", "ar"}, "es-MX, en;q=0.5, zh;q=0.1": {"en", "es"}, "zh": {"zh-Hans", "zh-Hans"}, "tlh, *": {"en", "en"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", wish)
		if got := [2]string{s.words(r, Viewer{}).lang, customersLanguage(r, Viewer{})}; got != want {
			t.Errorf("a browser that asks for %q: %v, want %v", wish, got, want)
		}
	}
}
