package admin

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

var (
	regionID = regexp.MustCompile(`<[^<>]*\sid="([a-z]+)"[^<>]*\sdata-region`)
	regionOf = regexp.MustCompile(`id="([a-z]+)"[^<>]*data-region`)
)

// talks are words that no packing makes small, as long as somebody writes them.
func talks(n int) string {
	r := rand.New(rand.NewPCG(13, uint64(n)))
	var b strings.Builder
	for b.Len() < 320 {
		fmt.Fprintf(&b, "%x ", r.Uint32())
	}
	return strings.TrimSpace(b.String())
}

// Every page that is fetched again while it is open, with as much as it may show: what comes at the first
// visit, and what comes when it has changed. Which pages those are is read from the templates.
func TestEveryRegionIsLight(t *testing.T) {
	missing := map[string]bool{}
	err := fs.WalkDir(pageFiles, "pages", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		source, err := fs.ReadFile(pageFiles, name)
		for _, m := range regionOf.FindAllStringSubmatch(string(source), -1) {
			missing[m[1]] = true
		}
		return err
	})
	if err != nil || len(missing) < 10 {
		t.Fatalf("only %d regions are in the templates: %v", len(missing), err)
	}
	w, p := evening(t)
	p.press("Continue", "name", "Bella", "zone", "Europe/Berlin", "hours", "weekdays")
	heaviest, most := "", 0
	weigh := func(at string) {
		t.Helper()
		p.open(at)
		found := regionID.FindAllStringSubmatch(p.page, -1)
		if p.code != 200 || len(found) == 0 {
			t.Errorf("%s has no region: %d", at, p.code)
			return
		}
		for _, m := range found {
			delete(missing, m[1])
		}
		if n := firstBytes(t, p.page); n > firstVisit {
			t.Errorf("%d bytes come at the first visit of %s, %d are promised", n, at, firstVisit)
		}
		r := httptest.NewRequest("GET", "http://localhost"+p.at.RequestURI(), nil)
		r.Header.Set("Aftercare-Live", "1")
		r.Header.Set("Accept-Encoding", "gzip")
		for _, c := range p.cookie {
			r.AddCookie(c)
		}
		again := httptest.NewRecorder()
		p.h.ServeHTTP(again, r)
		n := again.Body.Len()
		if n > region {
			t.Errorf("%d bytes come when %s has changed, %d are promised", n, at, region)
		}
		if n > most {
			heaviest, most = at, n
		}
		t.Logf("%-36s %6d bytes, fetched again %5d", at, len(p.page), n)
	}

	p.open("/setup/survey")
	p.pressOne("flow", "one_tap_csat")
	weigh(p.at.RequestURI())

	// Chats of staff, one of which is being linked and one tried, and channels.
	for i := range 40 {
		c := storage.StaffChat{Name: fmt.Sprint("chat-", i), Created: w.clock.Now()}
		if err := w.store.PutStaffChat(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	weigh("/settings/chats?link=chat-1")
	p.send("POST", "/settings/chats/chat-1/code", nil)
	code := regexp.MustCompile(`/here ([A-Z2-7]{16})`).FindStringSubmatch(p.page)
	if code == nil {
		t.Fatalf("no code for a chat:\n%s", p.page)
	}
	here := chat.Update{Key: "tg:here", Kind: chat.Command, Command: "here", Text: code[1], From: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}, User: chat.User{ID: "7", Name: "Ines"}, At: w.clock.Now()}
	if _, err := w.bot.Handle(t.Context(), []chat.Update{here}); err != nil {
		t.Fatal(err)
	}
	p.send("POST", "/settings/chats/chat-1/test", nil)
	weigh(p.at.RequestURI())
	p.open("/settings/telegram").press("Connect", "token", "7412345678:AAF0123456789abcdefghijklmnopqrstuv")
	weigh("/settings/telegram?wait=1")

	// A full list: everybody waits, some for the reader.
	for i := range 60 {
		w.unhappy([]string{"main", "harbour"}[i%2], fmt.Sprint(1000+i), "Customer "+talks(i)[:20], talks(i))
		w.clock.add(time.Minute)
	}
	for i := range 22 {
		p.open(fmt.Sprintf("/cases/A-%d", 2+i)).press("Take")
		w.says(fmt.Sprint(1001+i), "Customer", chat.Update{Kind: chat.Text, Text: talks(100 + i)})
	}
	w.folds()
	weigh("/cases")
	weigh("/cases?state=free")

	// A case of which much was said.
	for i := range 150 {
		p.open("/cases/A-2").press("Save note", "note", talks(1000+i))
		w.clock.add(time.Minute)
	}
	weigh("/cases/A-2")
	if !strings.Contains(p.page, talks(1149)) || strings.Contains(p.page, talks(1000)) {
		t.Error("a page of a case does not show the newest of what was said, or all of it")
	}
	for range 9 {
		if strings.Contains(p.page, talks(1000)) {
			break
		}
		p.follow("Earlier")
		if n := firstBytes(t, p.page); n > firstVisit {
			t.Errorf("%d bytes come with what was said earlier", n)
		}
	}
	p.says(talks(1000)).follow("To the newest").says(talks(1149))

	// Rules that somebody else changes.
	p.open("/settings/rules").press("Save as a draft", "sla.P1.contact", "45m")
	weigh("/settings/rules")
	weigh("/settings/hours")
	weigh("/settings/routes")
	for id := range missing {
		t.Errorf("the region %q is on no page that was looked at", id)
	}
	t.Attr("figure", fmt.Sprintf("the heaviest page that is fetched again: %s, %d bytes", heaviest, most))
}
