// Package browsertest walks pages in a real browser: tabs that fail a test when a script fails
// or the page breaks its own policy, the looks and widths that people have, and the checks of
// accessibility of axe-core. Tests import it, nothing that ships does.
package browsertest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// PlainHost is a name for this machine that browsers trust less than localhost: over
// plain HTTP they tell it less about where a request comes from.
const PlainHost = "chat.example"

// PlainName is another one, which a server takes for its own without being told.
const PlainName = "aftercare-pages"

// Start starts a headless Chromium for the tests of one function. PlainHost and PlainName lead to
// 127.0.0.1, or to the address that is named.
func Start(t *testing.T, plain ...string) context.Context {
	t.Helper()
	plain = append(plain, "127.0.0.1")
	var path string
	// The shell has no window by its make, and takes less than half the processor time of a browser that hides its own.
	for _, name := range []string{"chromium-headless-shell", "headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium on the PATH: run `make deps`")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(time.Minute),
		// Nothing is drawn for a screen: no graphics card is played, and no process is kept for one.
		chromedp.DisableGPU, chromedp.Flag("in-process-gpu", true),
		chromedp.Flag("host-resolver-rules", "MAP "+PlainHost+" "+plain[0]+", MAP "+PlainName+" "+plain[0]))
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

// Tab is one page of the browser, in a context of its own (cookies, emulation).
type Tab struct {
	*testing.T
	Ctx context.Context
}

// Open opens a tab. It ends with the test.
func Open(t *testing.T, browser context.Context) Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, 12*time.Minute) // a hang ends the test, with its name
	t.Cleanup(cancel)
	opened := Tab{t, ctx}
	opened.watchConsole()
	opened.Media("prefers-reduced-motion", "reduce") // nothing that a picture could catch halfway
	return opened
}

// watchConsole fails the test if a script fails or the page's policy is broken.
func (t Tab) watchConsole() {
	messages := chromedp.Console(t.Ctx)
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

// Do carries out steps and fails the test if one of them fails.
func (t Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(t.Ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// Write puts words where the focus is: all but the last letter at once, as whoever pastes does, and that one by
// its key. Each key is drawn, and a sentence of them takes more processor time than the page that it is on.
func (t Tab) Write(words string) {
	t.Helper()
	_, size := utf8.DecodeLastRuneInString(words)
	if _, err := chromedp.Call(t.Ctx, input.InsertText, input.InsertTextParams{Text: words[:len(words)-size]}); err != nil {
		t.Fatal(err)
	}
	t.Do(chromedp.KeyEvent(words[len(words)-size:]))
}

// Eval returns the value of an expression in the page.
func Eval[V any](t Tab, expression string) V {
	t.Helper()
	v, err := chromedp.Run(t.Ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Until waits for an expression to become true. A page that gives way to another one in
// the middle of a look is looked at again.
func (t Tab) Until(expression string) {
	t.Helper()
	wait := chromedp.Poll[bool](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(90*time.Second))
	_, err := chromedp.Run(t.Ctx, wait)
	for range 20 {
		if err == nil || !strings.Contains(err.Error(), "Cannot find context") && !strings.Contains(err.Error(), "target navigated") {
			break
		}
		_, err = chromedp.Run(t.Ctx, wait)
	}
	if err != nil {
		t.Fatalf("waiting for %s: %v\n%s", expression, err, Eval[string](t, "document.body.innerText.slice(0, 2000)"))
	}
}

// UntilText waits for words on the page.
func (t Tab) UntilText(words string) {
	t.Helper()
	t.Until("document.body.innerText.includes(" + Quote(words) + ")")
}

// Media sets what the page's media queries see.
func (t Tab) Media(feature, value string) {
	t.Helper()
	features := []*emulation.MediaFeature{{Name: feature, Value: value}}
	if feature != "prefers-reduced-motion" {
		features = append(features, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	}
	_, err := chromedp.Call(t.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	if err != nil {
		t.Fatal(err)
	}
}

// Picture saves a screenshot below $SCREENSHOTS, for people to look at.
func (t Tab) Picture(name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(t.Ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil { //nolint:gosec // a folder that the developer names
		t.Fatal(err)
	}
}

// Quote writes words as a script has them.
func Quote(words string) string {
	b, _ := json.Marshal(words) // of a string: cannot fail
	return string(b)
}

// tooWide is by how many pixels the page is wider than what it is laid out for. A phone shows all of a
// page that became too wide: its window says then that it is as wide.
const tooWide = `document.scrollingElement.scrollWidth - document.documentElement.clientWidth`

// NoSidewaysScroll fails the test if the page is wider than what it is laid out for.
func (t Tab) NoSidewaysScroll(where string) {
	t.Helper()
	if over := Eval[int](t, tooWide); over > 0 {
		t.Errorf("%s: the page is %d px too wide", where, over)
	}
}
