package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"
)

// A round of typing: letters, a pause in which what was written is saved, and letters on while the
// answer is put into the page.
const (
	lettersBefore = 12
	lettersDuring = 24
	letterEvery   = 40 * time.Millisecond
	savedAfter    = 850 * time.Millisecond
)

// watchKeys notes of each key how long it took until its letter was painted, as the browser measures
// it: in steps of 8 ms, and nothing below 16. It counts what is put into the page meanwhile.
const watchKeys = `(() => {
	window.keys = []; window.put = 0; window.shown = () => document.querySelector("#chat .bubble").textContent.includes(document.activeElement.value)
	new PerformanceObserver(list => { for (const e of list.getEntries()) if (e.name === "keydown" || e.name === "input" || e.name === "keypress") window.keys.push(e.duration) }).observe({ type: "event", durationThreshold: 16 })
	new MutationObserver(all => { for (const m of all) for (const n of m.addedNodes) if (n.nodeType === 1) { window.put += 1 + n.getElementsByTagName("*").length; } }).observe(document.querySelector("main"), { childList: true, subtree: true })
})()`

// typing measures, in a browser, how long a key takes until it is painted while somebody words a
// question of a survey and what they wrote before is saved and shown.
func (o *office) typing(ctx context.Context, flow string) (rows []row, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(o.cookie)
		o.pages.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	browser, quit, err := chromium(ctx)
	if err != nil {
		return nil, err
	}
	defer quit()
	var worst, usual, put []float64
	for round := range o.Rounds + 1 { // the first finds nothing prepared
		tab, done := chromedp.NewContext(browser)
		keys, nodes, err := wording(tab, fmt.Sprintf("http://%s/surveys/%s/edit?q=questions/=q0", listener.Addr(), flow), round)
		done()
		if err != nil {
			return nil, fmt.Errorf("type in a browser: %w", err)
		}
		if round > 0 {
			worst, usual, put = append(worst, percentile(keys, 100)), append(usual, median(keys)), append(put, nodes)
		}
	}
	return []row{{
		Name: fmt.Sprintf("in a browser, the slowest key until it is painted, in a survey of %d questions that is saved meanwhile", hugeFlow),
		Unit: "ms", Target: atMost(mostInput), Value: median(worst),
		Parts: map[string]float64{"usual ms": median(usual), "keys": lettersBefore + lettersDuring, "elements put in": median(put)},
	}}, nil
}

// chromium starts the browser that is installed.
func chromium(ctx context.Context) (browser context.Context, quit func(), err error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if found, err := exec.LookPath(name); err == nil {
			path = cmp.Or(path, found)
		}
	}
	if path == "" {
		return nil, nil, errors.New("no Chromium is installed: what a browser takes is not measured")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, end := chromedp.NewExecAllocator(ctx, options...)
	browser, cancel := chromedp.NewContext(allocated)
	return browser, func() { cancel(); end() }, chromedp.Do(browser)
}

// wording types into the words of the open question and tells how long each key took, and how many
// elements were put into the page.
func wording(tab context.Context, at string, round int) (keys []float64, put float64, err error) {
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	field := chromedp.CSS(`[name="questions/=q0/ask/@en"]`)
	err = chromedp.Do(tab, chromedp.EmulateViewport(1280, 844), chromedp.Navigate(at), chromedp.Evaluate[chromedp.Void](watchKeys), chromedp.Focus(field))
	letters := func(n int) {
		for i := range n {
			if err == nil {
				err = chromedp.Do(tab, chromedp.KeyEvent(string(rune('a'+(round+i)%26))))
			}
			time.Sleep(letterEvery)
		}
	}
	letters(lettersBefore)
	time.Sleep(savedAfter)
	letters(lettersDuring)
	if err != nil {
		return nil, 0, err
	}
	shown := chromedp.Poll[bool](`window.shown() && document.getElementById("saving").dataset.open === "0"`, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(time.Minute))
	if _, err := chromedp.Run(tab, shown); err != nil {
		return nil, 0, fmt.Errorf("wait until it is shown: %w", err)
	}
	if keys, err = chromedp.Run(tab, chromedp.Evaluate[[]float64](`window.keys.length > 0 ? window.keys : [16]`)); err != nil {
		return nil, 0, err
	}
	put, err = chromedp.Run(tab, chromedp.Evaluate[float64](`window.put`))
	return keys, put, err
}
