package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// notices are the passing sentences that somebody was sent, oldest first.
func (w *world) notices(to chat.Address) []string {
	var all []string
	for _, d := range w.transcript(to) {
		if d.Kind == storage.NoticeD {
			all = append(all, d.Render.Text)
		}
	}
	return all
}

// D12: whoever goes on writing is told a kind sentence once, and again after ten minutes.
func TestD12TheSameSentenceComesOnceInTenMinutes(t *testing.T) {
	w := newWorld(t)
	zoe := telegramUser("9300", "Zoe", "en")
	w.customers = []chat.Address{zoe.address}
	for i := range 100 {
		w.say(zoe, fmt.Sprint("hello ", i))
	}
	told := w.notices(zoe.address)
	for i, text := range told {
		if slices.Contains(told[:i], text) {
			t.Errorf("after 100 messages she was told twice: %q", text)
		}
	}
	if len(told) == 0 || len(told) > 2 { // that the team can read it, and that more of it joins
		t.Fatalf("after 100 messages she was told %d times: %q", len(told), told)
	}
	w.now = w.now.Add(11 * time.Minute)
	w.say(zoe, "hello again")
	if got := w.notices(zoe.address); len(got) != len(told)+1 || got[len(told)] != told[0] {
		t.Errorf("after ten minutes: %q", got)
	}
}

// Another program that answers whatever it is sent finds an end soon, before a survey, in one
// and after it.
func TestD12TwoProgramsDoNotAnswerEachOtherForEver(t *testing.T) {
	for _, moment := range []string{"before", "in", "after"} {
		t.Run(moment, func(t *testing.T) {
			w := newWorld(t)
			echo := telegramUser("9301", "Echo", "en")
			w.customers = []chat.Address{echo.address}
			if moment != "before" {
				w.started(echo, InviteRequest{Flow: "one_tap_csat", Site: "main-street"})
			}
			if moment == "after" {
				w.press(echo, "5")
			}
			w.say(echo, "hello")
			const most = 8
			rounds, heard := 0, len(w.notices(echo.address))
			for ; rounds < 50; rounds++ {
				w.now = w.now.Add(time.Second)
				w.say(echo, fmt.Sprint("You wrote to ", rounds))
				now := len(w.notices(echo.address))
				if now == heard {
					break
				}
				heard = now
			}
			if rounds > most {
				t.Errorf("after %d answers to answers there is no end: %q", rounds, w.notices(echo.address))
			}
		})
	}
}
