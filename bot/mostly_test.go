package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// The card of a storm says what most of its customers chose as what was not good, in the language
// of the site, and nothing of what they wrote.
func TestAStormSaysWhatIsMostlyWrong(t *testing.T) {
	for site, want := range map[string]string{"main-street": "Mostly: Too slow (4), Price (2)", "nanjing": "主要原因：太慢（4）、价格（2）"} {
		w := newWorldOf(t, 1)
		setStaff(w.bot, staffTG)
		w.withRules(func(r *recovery.Rules) { r.Storm = recovery.Storm{Cases: 3, Within: recovery.Span(10 * time.Minute)} })
		for i := range 8 {
			c := telegramUser(fmt.Sprint(7100+i), "Ann", "en")
			w.started(c, InviteRequest{Flow: "one_tap_csat", Site: site, Language: "en"})
			w.press(c, "1")
			switch {
			case i < 4:
				w.say(c, "too slow")
			case i < 6:
				w.say(c, "price")
			case i == 6:
				w.say(c, "something else: SECRET WORDS")
			}
		}
		w.tell()
		w.now = w.now.Add(mostlyEvery)
		w.tell()
		w.settle(staffTG)
		found := false
		for _, d := range w.slots(staffTG, "storm") {
			found = true
			if !strings.Contains(d.Render.Text, want) || strings.Contains(drawn(d.Render), "SECRET") {
				t.Errorf("%s: the card of the storm is\n%s", site, drawn(d.Render))
			}
		}
		if !found {
			t.Errorf("%s: there is no card of the storm", site)
		}
	}
}
