package bot

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// A page says below each way of being contacted what follows from it, and its head names the day
// of the visit with the day of the week, in the customer's language.
func TestAPageExplainsTheWaysOfContact(t *testing.T) {
	for lang, want := range map[string][2]string{
		"en": {"Haircut · Mon, March 2", "The answer appears on this page."}, "zh-Hans": {"Haircut · 3月2日（周一）", "答复显示在本页。"},
		"es": {"Haircut · lun 2 de marzo", "La respuesta aparece en esta página."}, "ar": {"Haircut · الاثنين 2 مارس", "يظهر الرد في هذه الصفحة."},
	} {
		w := newWorld(t)
		inv := w.invite(InviteRequest{Flow: "one_tap_csat", Site: "main-street", Language: lang, Event: map[string]string{"service_name": "Haircut", "date": "2026-03-02"}})
		v, err := w.bot.Visitor(t.Context(), inv.Token, "")
		if err != nil {
			t.Fatal(err)
		}
		if v.About != want[0] {
			t.Errorf("%s: the page is about %q, want %q", lang, v.About, want[0])
		}
		ann := customer{user: v.User, address: v.Address}
		w.command(ann, "start", inv.Token)
		w.press(ann, "1")
		for range 2 {
			w.command(ann, "skip", "")
		}
		explained := 0
		for _, d := range w.transcript(ann.address) {
			for _, row := range d.Render.Rows {
				for _, b := range row {
					if strings.Contains(b.Words, want[1]) {
						explained++
					}
				}
			}
		}
		if explained != 1 {
			t.Errorf("%s: what \"here\" leads to is said %d times:\n%s", lang, explained, w.news(ann.address, nil))
		}
	}
	// A chat that does not lay questions out has no room for it.
	w := newWorldOf(t, 1)
	ann := telegramUser("7001", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "1")
	w.command(ann, "skip", "")
	w.command(ann, "skip", "")
	if shown := w.news(ann.address, nil); ann.address.Platform != chat.Telegram || !strings.Contains(shown, "Yes, in this chat") || strings.Contains(shown, "appears on this page") {
		t.Errorf("Telegram shows\n%s", shown)
	}
}
