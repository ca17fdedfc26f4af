package webchat

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// plainHost is a name for this machine that browsers trust less than localhost: over
// plain HTTP they tell it less about where a request comes from.
const plainHost = "chat.example"

// startBrowser starts a headless Chromium for the tests of one function.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium on the PATH: run `make deps`")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("host-resolver-rules", "MAP "+plainHost+" 127.0.0.1"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// tab is one page of the browser, in a context of its own (cookies, emulation).
type tab struct {
	*testing.T
	ctx context.Context
}

func openTab(t *testing.T, browser context.Context) tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute) // a hang ends the test, with its name
	t.Cleanup(cancel)
	opened := tab{t, ctx}
	opened.watchConsole()
	opened.media("prefers-reduced-motion", "reduce") // nothing that a picture could catch halfway
	return opened
}

// watchConsole fails the test if a script fails or the page's policy is broken.
func (t tab) watchConsole() {
	messages := chromedp.Console(t.ctx)
	var mu sync.Mutex
	var bad []string
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Source == "security" || m.Source == "violation" {
				mu.Lock()
				bad = append(bad, m.String())
				mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range bad {
			t.Errorf("console: %s", m)
		}
	})
}

func (t tab) do(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(t.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// eval returns the value of an expression in the page.
func eval[V any](t tab, expression string) V {
	t.Helper()
	v, err := chromedp.Run(t.ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true. A page that gives way to another one in
// the middle of a look is looked at again.
func (t tab) until(expression string) {
	t.Helper()
	wait := chromedp.Poll[bool](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(90*time.Second))
	_, err := chromedp.Run(t.ctx, wait)
	for range 20 {
		if err == nil || !strings.Contains(err.Error(), "Cannot find context") {
			break
		}
		_, err = chromedp.Run(t.ctx, wait)
	}
	if err != nil {
		t.Fatalf("waiting for %s: %v\n%s", expression, err, eval[string](t, "document.body.innerText.slice(0, 2000)"))
	}
}

// untilText waits for words on the page.
func (t tab) untilText(words string) {
	t.Helper()
	t.until("document.body.innerText.includes(" + quote(words) + ")")
}

// media sets what the page's media queries see.
func (t tab) media(feature, value string) {
	t.Helper()
	features := []*emulation.MediaFeature{{Name: feature, Value: value}}
	if feature != "prefers-reduced-motion" {
		features = append(features, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	}
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	if err != nil {
		t.Fatal(err)
	}
}

// picture saves a screenshot below $SCREENSHOTS, for people to look at.
func (t tab) picture(name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(t.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
