package page

import (
	"compress/gzip"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPrefixHasASlashBeforeItAndNoneBehind(t *testing.T) {
	for path, want := range map[string]string{"": "", "/": "", "care": "/care", "/care/": "/care", "a/b/": "/a/b"} {
		if got := Prefix(path); got != want {
			t.Errorf("Prefix(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestAPrefixIsTakenOffWhereItIsThere(t *testing.T) {
	says := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
	for _, c := range []struct{ prefix, path, want string }{
		{"/care", "/care/chat/x", "/chat/x"},
		{"/care", "/chat/x", "/chat/x"},   // the proxy took it off
		{"/care", "/careful", "/careful"}, // another word
		{"/care", "/care", "/care"},
		{"", "/care/x", "/care/x"},
	} {
		w := httptest.NewRecorder()
		StripPrefix(c.prefix, says).ServeHTTP(w, httptest.NewRequest("GET", c.path, nil))
		if got := w.Body.String(); got != c.want {
			t.Errorf("%q under %q is %q, want %q", c.path, c.prefix, got, c.want)
		}
	}
}

func TestHeadersAreSetUnlessTheHandlerKnowsBetter(t *testing.T) {
	h := Headers{Policy: "default-src 'none'", Frames: "DENY", Referrer: "no-referrer"}
	w := httptest.NewRecorder()
	h.On(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public")
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "public",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAssetsAreFoundByANameThatHoldsTheirHash(t *testing.T) {
	files := func(css string) fstest.MapFS {
		return fstest.MapFS{"static/a.css": {Data: []byte(css)}, "static/b.js": {Data: []byte("1")}}
	}
	a := NewAssets(files("body{}"), "static", "/care/static/x/")
	mux := http.NewServeMux()
	mux.Handle("GET /care/static/x/{file}", a)
	ask := func(path, accepts string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", accepts)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	url := a.URL("a.css")
	if !strings.HasPrefix(url, "/care/static/x/a.") || !strings.HasSuffix(url, ".css") || len(url) != len("/care/static/x/a.123456789012.css") {
		t.Errorf("the address is %q", url)
	}
	if again := NewAssets(files("body{color:red}"), "static", "/care/static/x/").URL("a.css"); again == url {
		t.Error("another file has the same address")
	}
	plain := ask(url, "br")
	if plain.Code != 200 || plain.Body.String() != "body{}" || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("plain: %d %q %v", plain.Code, plain.Body, plain.Header())
	}
	if got := plain.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("it may be kept: %q", got)
	}
	packed := ask(url, "gzip, br")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("packed: %v", packed.Header())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || string(body) != "body{}" {
		t.Errorf("unpacked: %q, %v", body, err)
	}
	if got := ask(a.URL("b.js"), "").Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("a script is %q", got)
	}
	if w := ask("/care/static/x/a.css", ""); w.Code != 404 {
		t.Errorf("without its hash: %d", w.Code)
	}
	if got := a.URL("nothing.css"); got != "" {
		t.Errorf("a file that is not there has the address %q", got)
	}
}

func TestAPageThatFailsSendsNoHalfPage(t *testing.T) {
	pages := template.Must(template.New("ok").Parse("<p>{{.}}</p>"))
	template.Must(pages.New("broken").Parse("<p>half {{.Nothing}}</p>"))

	w := httptest.NewRecorder()
	if err := Render(w, httptest.NewRequest("GET", "/", nil), pages, 404, "ok", "<hi>", nil); err != nil {
		t.Fatal(err)
	}
	if w.Code != 404 || w.Body.String() != "<p>&lt;hi&gt;</p>" || w.Header().Get("Content-Length") != "17" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	w = httptest.NewRecorder()
	if err := Render(w, httptest.NewRequest("HEAD", "/", nil), pages, 200, "ok", "<hi>", nil); err != nil || w.Body.Len() != 0 {
		t.Errorf("HEAD: %v, body %q", err, w.Body)
	}
	w = httptest.NewRecorder()
	err := Render(w, httptest.NewRequest("GET", "/", nil), pages, 200, "broken", "x", nil)
	if err == nil || !strings.Contains(err.Error(), "render page broken") {
		t.Errorf("the error is %v", err)
	}
	if w.Code != 500 || strings.Contains(w.Body.String(), "half") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	if len(Codes()) != len(statuses) {
		t.Errorf("%d codes and %d statuses", len(Codes()), len(statuses))
	}
	for _, c := range Codes() {
		if s := c.Status(); s < 400 || s > 599 {
			t.Errorf("%s has the status %d", c, s)
		}
	}
}

func TestAnyErrorCanBeToldAsOne(t *testing.T) {
	invalid := &Error{Code: Invalid, Field: "name", Text: "Write a name."}
	if got := AsError(fmt.Errorf("save the site: %w", invalid)); got != invalid {
		t.Errorf("the error inside is %v", got)
	}
	if got := invalid.Error(); got != "invalid: name: Write a name." {
		t.Errorf("it reads %q", got)
	}
	why := errors.New("no database")
	other := AsError(why)
	if other.Code != Failed || other.Text != "" || !errors.Is(other, why) {
		t.Errorf("any other error is %+v", other)
	}
	if got := other.Error(); got != "failed: no database" {
		t.Errorf("it reads %q", got)
	}
}

func TestAFormIsReadUpToALimit(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		want       Code
	}{
		"a form":         {"application/x-www-form-urlencoded; charset=utf-8", "a=1", ""},
		"too large":      {"application/x-www-form-urlencoded", "a=" + strings.Repeat("1", 20), TooLarge},
		"no form":        {"application/x-www-form-urlencoded", "%zz", Garbled},
		"another kind":   {"text/plain", "a=1", Garbled},
		"no kind at all": {"", "a=1", Garbled},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		err := ReadForm(httptest.NewRecorder(), r, 20)
		var got Code
		if err != nil {
			got = AsError(err).Code
		}
		if got != c.want {
			t.Errorf("%s: code %q, want %q", name, got, c.want)
		}
		if c.want == "" && r.PostForm.Get("a") != "1" {
			t.Errorf("%s: read %v", name, r.PostForm)
		}
	}
}

func TestWordsBetweenTagsAreMadeInertAndNothingElse(t *testing.T) {
	loud := strings.ToUpper
	for html, want := range map[string]string{
		`<p title="a">b<i>c</i> &lt;d`:                            `<p title="a">B<i>C</i> &LT;D`,
		`<textarea name="x">as it is</textarea>and`:               `<textarea name="x">as it is</textarea>AND`,
		"<textarea>\n</textarea>x<script>let a = 1 > 2</script>y": "<textarea>\n</textarea>X<script>let a = 1 > 2</script>Y",
		`words alone`: `WORDS ALONE`, ``: ``, `<b`: `<b`, `<textarea`: `<textarea`,
	} {
		if got := string(Inert([]byte(html), loud)); got != want {
			t.Errorf("%q is %q, want %q", html, got, want)
		}
	}
}
