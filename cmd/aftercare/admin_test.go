package main

import (
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/internal/app"
)

var setupLink = regexp.MustCompile(`Open (http\S+)/setup/(\S{22}) to set up \(works once, until \d\d:\d\d; `)

// served runs `aftercare serve` in this process and returns what it prints, apart from what it
// logs. Both end with the test.
func served(t *testing.T, env map[string]string) (c *console, printed, logged *lockedBuffer) {
	t.Helper()
	c = newConsole(t, map[string]string{"SECRET_KEY": someKey, "LOG_LEVEL": "debug", "LISTEN": freeAddress(t)})
	for name, value := range env {
		c.env[name] = value
	}
	printed, logged = new(lockedBuffer), new(lockedBuffer)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan int, 1)
	go func() {
		done <- call(&terminal{ctx: ctx, stdin: strings.NewReader(""), stdout: printed, stderr: logged, env: c.env, dir: c.dir, clock: app.Now}, []string{"serve"})
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != 0 {
			t.Errorf("serve ended with %d:\n%s", code, logged)
		}
	})
	return c, printed, logged
}

// awaitWords waits until a buffer has what is looked for, and returns its groups.
func awaitWords(t *testing.T, in *lockedBuffer, re *regexp.Regexp) []string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if found := re.FindStringSubmatch(in.String()); found != nil {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never says %s:\n%s", re, in)
		}
	}
}

// TestTheLinkToSetUpIsPrintedAndNeverLogged is the one secret that the program says by itself:
// on standard output, while nobody can sign in, once, for an hour.
func TestTheLinkToSetUpIsPrintedAndNeverLogged(t *testing.T) {
	c, printed, logged := served(t, nil)
	found := awaitWords(t, printed, setupLink)
	if want := "http://localhost:" + c.env["LISTEN"][strings.LastIndex(c.env["LISTEN"], ":")+1:]; found[1] != want {
		t.Errorf("the link begins with %q, want %q", found[1], want)
	}
	other := setupLink.FindStringSubmatch(c.must("admin", "link"))
	if other == nil || other[2] == found[2] {
		t.Fatalf("another: %q", c.stdout.String())
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	to := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.env["LISTEN"])
	}}
	t.Cleanup(to.CloseIdleConnections)
	browser := &http.Client{Transport: to, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(at string) int {
		r, err := browser.Get(found[1] + at)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return r.StatusCode
	}
	if code := get("/setup/" + found[2]); code != 200 {
		t.Fatalf("the link: %d", code)
	}
	r, err := browser.PostForm(found[1]+"/setup/"+found[2], url.Values{"shown": {"Robin Park"}, "name": {""}, "password": {"two old bicycles"}})
	if err != nil || r.StatusCode != http.StatusSeeOther {
		t.Fatalf("set up: %v, %v", r, err)
	}
	_ = r.Body.Close()
	if code := get("/me"); code != 200 {
		t.Errorf("a page behind the door: %d", code)
	}
	// The one browser there is: where it is listed, and ended.
	list := c.must("admin", "sessions", "robin.park")
	row := regexp.MustCompile(`(?m)^([0-9a-f-]{36}) `).FindAllStringSubmatch(list, -1)
	if len(row) != 1 || !strings.Contains(list, "127.0.0.1") {
		t.Fatalf("robin is signed in at %q", list)
	}
	c.refuses(2, "give one of them", "admin", "sessions", "robin.park", "--end", row[0][1], "--end-all")
	c.refuses(1, "has no session", "admin", "sessions", "robin.park", "--end", "x")
	if code := get("/me"); code != 200 {
		t.Errorf("after nothing was ended: %d", code)
	}
	if out := c.must("admin", "sessions", "robin.park", "--end", row[0][1]); !strings.HasPrefix(out, "1 session of ") {
		t.Errorf("ended: %q", out)
	}
	if code := get("/me"); code == 200 {
		t.Error("a session that was ended opens a page")
	}
	if out := c.must("admin", "sessions", "robin.park", "--end-all"); !strings.HasPrefix(out, "0 sessions of ") {
		t.Errorf("ended of none: %q", out)
	}
	if code := get("/setup/" + other[2]); code != http.StatusGone {
		t.Errorf("the other link, once somebody can sign in: %d", code)
	}
	c.refuses(1, "somebody can sign in already", "admin", "link")
	for _, secret := range []string{found[2], other[2], "two old bicycles"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if n := len(setupLink.FindAllString(printed.String(), -1)); n != 1 {
		t.Errorf("%d links were printed at one start", n)
	}
}

func TestTheLinkToSetUpBeginsWhereThePagesAre(t *testing.T) {
	for public, want := range map[string]string{"https://care.example/feedback": "https://care.example/feedback", "": "http://localhost:8080"} {
		if got := app.PagesURL(public, ":8080"); got != want {
			t.Errorf("PUBLIC_URL %q: %q, want %q", public, got, want)
		}
	}
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example", "SECRET_KEY": someKey})
	if out := c.must("admin", "link"); !strings.HasPrefix(out, "Open https://care.example/setup/") {
		t.Errorf("it says %q", out)
	}
}

func TestAdminWithoutABrowser(t *testing.T) {
	c := newConsole(t, map[string]string{"SECRET_KEY": someKey})
	c.refuses(2, "cannot be a name to sign in with", "admin", "create", "robin park")
	c.refuses(1, "there is no member of staff", "admin", "create", "robin", "--staff", "robin")
	if out := c.must("admin", "create", "robin", "--display", "Robin Park"); !regexp.MustCompile(`robin can sign in, as an owner\. The password, which is shown only here: (\w{4}-){3}\w{4}`).MatchString(out) {
		t.Errorf("it says %q", out)
	}
	c.refuses(1, "somebody has the name", "admin", "create", "ROBIN")
	c.must("staff", "add", "amy", "--name", "Amy", "--everywhere")
	c.must("admin", "create", "amy.fox", "--staff", "amy")
	c.refuses(1, "can sign in already", "admin", "create", "amy2", "--staff", "amy")
	if out := c.must("admin", "list"); !strings.Contains(out, "Robin Park") || !strings.Contains(out, "amy.fox") || !strings.Contains(out, "never") {
		t.Errorf("the list: %q", out)
	}
	c.refuses(1, "nobody signs in as", "admin", "reset-password", "eve")
	if out := c.must("admin", "reset-password", "Robin"); !regexp.MustCompile(`http://localhost:\d+/reset/\S{22} \(works once`).MatchString(out) {
		t.Errorf("it says %q", out)
	}
	c.must("staff", "remove", "amy")
	if out := c.must("admin", "sessions", "robin"); out != "robin is signed in nowhere.\n" {
		t.Errorf("where robin is: %q", out)
	}
	c.refuses(1, "nobody signs in as", "admin", "sessions", "amy.fox")
	c.refuses(1, "last owner", "staff", "remove", "robin")
	if out := c.must("staff", "list"); !strings.Contains(out, "Robin Park") {
		t.Errorf("the last owner is gone: %q", out)
	}
}
