package page

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAnAddressIsText(t *testing.T) {
	var got *http.Request
	mux := http.NewServeMux()
	mux.HandleFunc("GET /of/{name}", func(_ http.ResponseWriter, r *http.Request) { got = r })
	for _, c := range []struct{ address, name, filter string }{
		{"/of/a?q=b", "a", "b"},
		{"/of/a%2Fb?q=%E2%80%AE%2B", "a/b", "\u202e+"},
		{"/of/a%00b?q=b", "a\uFFFDb", "b"},
		{"/of/%ff?q=b", "\uFFFD", "b"},
		{"/of/a?q=%00", "a", "\uFFFD"},
		{"/of/a?q=%ffx%00", "a", "\uFFFDx\uFFFD"},
		{"/of/a?q=b&%ff=c", "a", "b"},
		{"/of/a?q=b&q=%00", "a", "b"},
	} {
		got = nil
		Legible(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, c.address, nil))
		if got == nil {
			t.Errorf("%s: nobody was asked", c.address)
			continue
		}
		if name, filter := got.PathValue("name"), got.URL.Query().Get("q"); name != c.name || filter != c.filter {
			t.Errorf("%s: %q and %q, want %q and %q", c.address, name, filter, c.name, c.filter)
		}
	}
}

func TestAnAddressThatIsTextIsLeftAsItWasSent(t *testing.T) {
	for _, address := range []string{"/of/a%2Fb?q=b%20c&a=1&q=2", "/of/a?x;y=%zz&q=1", "/?"} {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		Legible(http.HandlerFunc(func(_ http.ResponseWriter, got *http.Request) {
			if got != r {
				t.Errorf("%s became %s", address, got.URL)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

func TestALogNamesAMethodOnce(t *testing.T) {
	mux, named := http.NewServeMux(), ""
	note := func(_ http.ResponseWriter, r *http.Request) { named = Asked(r) }
	mux.HandleFunc("GET /of/{name}", note)
	mux.HandleFunc("/", note)
	for address, want := range map[string]string{"/of/somebody": "GET /of/{name}", "/elsewhere": "GET /"} {
		if mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, address, nil)); named != want {
			t.Errorf("%s is named %q, want %q", address, named, want)
		}
	}
}
