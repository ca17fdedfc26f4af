package browsertest

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Look is a way in which people have their screens.
type Look struct {
	Name    string
	media   []*emulation.MediaFeature
	enlarge int // of the text, in per cent; 0 = as it is
}

// Looks are those in which every page is walked.
func Looks() []Look {
	return []Look{
		{Name: "light", media: features("prefers-color-scheme", "light")},
		{Name: "dark", media: features("prefers-color-scheme", "dark")},
		{Name: "more-contrast", media: features("prefers-contrast", "more")},
		{Name: "forced-colours", media: features("forced-colors", "active")},
		{Name: "large-text", media: features("prefers-color-scheme", "light"), enlarge: 200},
	}
}

// Widths are those of a small phone, a phone and a desk, in CSS pixels.
func Widths() []int64 { return []int64{320, 390, 1280} }

func features(feature, value string) []*emulation.MediaFeature {
	return []*emulation.MediaFeature{{Name: feature, Value: value}, {Name: "prefers-reduced-motion", Value: "reduce"}}
}

// Wear gives the tab a look and a width.
func (t Tab) Wear(l Look, width int64) {
	t.Helper()
	if _, err := chromedp.Call(t.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: l.media}); err != nil {
		t.Fatal(err)
	}
	if width < 700 {
		t.Do(chromedp.EmulateViewport(width, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	} else {
		t.Do(chromedp.EmulateViewport(width, 844))
	}
}

// Change gives the page that was visited another look and width: it is laid out as if it had been
// opened so.
func (t Tab) Change(l Look, width int64) {
	t.Helper()
	t.Wear(l, width)
	t.Until(fmt.Sprintf(`(%s, matchMedia("(width: %dpx)").matches)`, l.size(), width))
}

// Visit opens a page and, where the look says so, enlarges its text.
func (t Tab) Visit(url string, l Look) {
	t.Helper()
	t.Do(chromedp.Navigate(url))
	t.Until(fmt.Sprintf(`document.readyState === "complete" && (%s, true)`, l.size()))
}

// size is the expression that gives the text of the page that is open the size of a look.
func (l Look) size() string {
	size := ""
	if l.enlarge > 0 {
		size = fmt.Sprintf("%d%%", l.enlarge)
	}
	return fmt.Sprintf(`document.documentElement.style.fontSize = %q`, size)
}
