package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor uses the web chat as a browser with script does.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
	nonces int
	name   string // begins every nonce
	// elsewhere makes it turn to another server, where there is one.
	elsewhere func()
}

func newVisitor(t *testing.T, base string) *visitor {
	return &visitor{t: t, base: base, client: &http.Client{Timeout: 20 * time.Second}, name: "v", elsewhere: func() {}}
}

func (v *visitor) get(path string) string {
	v.t.Helper()
	request, err := http.NewRequest(http.MethodGet, v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	v.known(request)
	page, err := body(v.client.Do(request))
	if err != nil {
		v.t.Fatalf("get %s: %v", path, err)
	}
	return page
}

// known makes a request one of this visitor's browser, on whichever server.
func (v *visitor) known(r *http.Request) {
	r.AddCookie(&http.Cookie{Name: "browser", Value: "browser-of-" + v.name})
}

// postForm sends a form as a browser that was there before does.
func postForm(address string, form url.Values) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.AddCookie(&http.Cookie{Name: "browser", Value: "browser-of-somebody"})
	return http.DefaultClient.Do(request)
}

// post sends a form once and returns the page that answers.
func (v *visitor) post(path, name, value string) string {
	v.t.Helper()
	page, err := v.send(path, v.form(name, value))
	if err != nil {
		v.t.Fatalf("post to %s: %v", path, err)
	}
	return page
}

// form is a form as its page would have it: with a nonce of its own.
func (v *visitor) form(name, value string) url.Values {
	v.nonces++
	return url.Values{"nonce": {fmt.Sprintf("%s-%d", v.name, v.nonces)}, name: {value}}
}

func (v *visitor) send(path string, form url.Values) (string, error) {
	request, err := http.NewRequest(http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Aftercare-Live", "1")
	v.known(request)
	return body(v.client.Do(request))
}

// body is the page of an answer that says yes.
func body(response *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return string(page), err
}

var buttonValue = regexp.MustCompile(`name="data" value="(1[ps][A-Za-z0-9_-]{22}\.[0-9]+(?:\.[0-9]+)?)"`)

// openButtons are the buttons of the open question, and its number; none where nothing
// can be tapped.
func openButtons(page string) (picks []string, skip string, question string) {
	for _, m := range buttonValue.FindAllStringSubmatch(page, -1) {
		_, rest, _ := strings.Cut(m[1], ".")
		q, _, _ := strings.Cut(rest, ".")
		if q != question {
			picks, skip, question = nil, "", q
		}
		if strings.HasPrefix(m[1], "1s") {
			skip = m[1]
		} else {
			picks = append(picks, m[1])
		}
	}
	return picks, skip, question
}

func pickFrom(t *testing.T, page string, option int) string {
	t.Helper()
	picks, _, _ := openButtons(page)
	if option >= len(picks) {
		t.Fatalf("there is no option %d in\n%s", option, page)
	}
	return picks[option]
}

func leftIn(t *testing.T, dir string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}
