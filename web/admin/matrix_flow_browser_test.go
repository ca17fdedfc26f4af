//go:build matrix

package admin

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/internal/browsertest"
)

var (
	threeInArabic = statements{
		"survey", "ar", "ثلاث عبارات", "بشكل عام؟",
		[3]string{"الموظفون يتقنون عملهم", "كان المتجر مرتبا", "وجدت ما أردت"},
		"إطلاقا", "تماما", "كان المتجر نظيفا",
	}
	wordsInArabic = wordy{
		"survey", "ar", "استبيان الخدمة", "كيف كانت الخدمة؟",
		[5]string{"غير راض جدا 😣", "غير راض 🙁", "محايد 😶", "راض 🙂", "راض جدا 😃"},
		"ماذا حدث؟", "ما الذي نقص؟", "ما الخطأ الذي حدث؟", "",
	}
)

// TestMatrixSurveysAreBuilt builds the same surveys by keyboard alone, at the width of a phone, and in
// Arabic: the page is laid out from the right, and so are the words of the customer.
func TestMatrixSurveysAreBuilt(t *testing.T) {
	browser := browsertest.Start(t)
	for name, how := range map[string]struct {
		language       string
		keys, phone    bool
		statements     statements
		words          wordy
		written, reads string // how the page and the chat of its customer are written
	}{
		"by keyboard alone": {language: "en", keys: true, statements: threeStatements, words: pesquisa, written: "ltr", reads: "ltr"},
		"on a phone":        {language: "en", phone: true, statements: threeStatements, words: pesquisa, written: "ltr", reads: "ltr"},
		"in Arabic":         {language: "ar", statements: threeInArabic, words: wordsInArabic, written: "rtl", reads: "rtl"},
	} {
		for survey, build := range map[string]func(*hands){"statements": how.statements.byHand, "words": how.words.byHand} {
			t.Run(name+" "+survey, func(t *testing.T) {
				t.Parallel()
				tab := browsertest.Open(t, browser)
				tab.Do(chromedp.EmulateViewport(1280, 900))
				b := sits(tab, how.language)
				b.keys = how.keys
				b.looks = func() {
					written := browsertest.Eval[string](tab, `getComputedStyle(document.documentElement).direction`)
					reads := browsertest.Eval[string](tab, `getComputedStyle(document.querySelector("#chat .bubble")).direction`)
					if written != how.written || reads != how.reads {
						t.Errorf("the page is written %s, want %s; its customer reads %s, want %s", written, how.written, reads, how.reads)
					}
					tab.Accessible(name + ": the editor")
					tab.NoSidewaysScroll(name + ": the editor")
				}
				if how.phone {
					b.phone()
				}
				build(b)
				b.NoSidewaysScroll(name)
			})
		}
	}
}

// TestMatrixTwoBrowsersForAMinute goes on for as long as it says.
func TestMatrixTwoBrowsersForAMinute(t *testing.T) {
	end := time.Now().Add(time.Minute)
	twoBrowsers(t, func(int) bool { return time.Now().Before(end) })
}

// phone makes the window that of a phone.
func (b *hands) phone() {
	b.Helper()
	b.Do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
}
