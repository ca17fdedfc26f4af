package admin

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
)

// Staff who have pages only see a customer who wrote after their case was resolved wherever they see who waits,
// before whatever else is due, until one of them takes it up or says what came of it.
func TestWhoWritesAfterTheirCaseIsResolvedWaits(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	mei, robin := w.as("mei"), w.as("robin")
	at := "/cases/" + k.Name()
	resolve := func() {
		t.Helper()
		body(mei.post("/cases/take", url.Values{"case": {k.Name()}}))
		body(mei.post(at+"/resolve", url.Values{"cause": {"responsiveness"}, "action": {"apology"}, "id": {"r" + w.clock.Now().String()}}))
		if got := w.now(k); got.State != recovery.Resolved {
			t.Fatalf("it is %s", got.State)
		}
	}
	resolve()
	pages := map[string]*visit{"/": robin, "/cases": mei, "/cases?state=waiting": mei, "/cases?state=others": robin}
	shown := func(want bool) {
		t.Helper()
		for page, who := range pages {
			text := body(who.get(page))
			row := strings.Index(text, `id="row-`+k.Name()+`"`)
			if (row >= 0) != want {
				t.Errorf("%s shows the case: %v, want %v", page, row >= 0, want)
			}
			if nobody := strings.Contains(text, "Nobody is waiting."); who == mei && nobody == want {
				t.Errorf("%s says that nobody is waiting: %v", page, nobody)
			}
			if row < 0 {
				continue
			}
			line, _, _ := strings.Cut(text[row:], "</li>")
			for _, part := range []string{"✉ wrote ", "Nothing is settled!", "Resolved"} {
				if !strings.Contains(line, part) {
					t.Errorf("%s does not say %q: %s", page, part, line)
				}
			}
			if strings.Contains(line, "#reply") || strings.Contains(line, "checkbox") {
				t.Errorf("%s offers what is refused to a case that is over: %s", page, line)
			}
		}
	}
	shown(false)
	for n := range todayRows + 1 { // others' clocks run
		w.unhappy("main", string(rune('2'+n)), "Tom", "")
	}
	pages["/cases"], pages["/cases?state=waiting"] = mei, mei
	w.clock.add(time.Minute)
	w.says("1", "Anna", chat.Update{Kind: chat.Text, Text: "Nothing is settled!"})
	shown(true)
	if text := body(mei.get(at)); !strings.Contains(text, "wrote after") || !strings.Contains(text, "note") {
		t.Error("the case does not say that its customer wrote, or what ends that")
	}
	body(mei.post(at+"/note", url.Values{"note": {"She was told."}, "id": {"n1"}}))
	delete(pages, "/") // others wait there
	delete(pages, "/cases")
	shown(false)
	w.clock.add(time.Hour)
	w.says("1", "Anna", chat.Update{Kind: chat.Text, Text: "Nothing is settled!!"})
	shown(true)
	body(mei.post(at+"/reopen", url.Values{"reason": {"She wrote again."}}))
	if got := w.now(k); got.State != recovery.Open || got.Wrote.IsZero() {
		t.Errorf("taken up again it is %s, waits since %v", got.State, got.Wrote)
	}
}
