//go:build matrix

package admin

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// TestMatrixSurveysAreBuilt builds the same surveys by keyboard alone and at the width of a phone.
func TestMatrixSurveysAreBuilt(t *testing.T) {
	browser := browsertest.Start(t)
	for name, how := range map[string]struct {
		language    string
		keys, phone bool
	}{
		"by keyboard alone": {language: "en", keys: true},
		"on a phone":        {language: "en", phone: true},
	} {
		for survey, build := range map[string]func(*hands){"statements": statementsByHand, "words": wordsByHand} {
			t.Run(name+" "+survey, func(t *testing.T) {
				tab := browsertest.Open(t, browser)
				tab.Do(chromedp.EmulateViewport(1280, 900))
				b := sits(tab, how.language)
				b.keys = how.keys
				if how.phone {
					b.phone()
				}
				build(b)
				b.NoSidewaysScroll(name)
			})
		}
	}
}

// phone makes the window that of a phone.
func (b *hands) phone() {
	b.Helper()
	b.Do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
}
