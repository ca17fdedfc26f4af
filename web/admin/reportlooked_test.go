package admin

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot"
)

// TestDaysAreLookedThroughInStretches: every day of a filter is in one stretch, the newest comes first, and none that
// has several days has many more conversations than it may.
func TestDaysAreLookedThroughInStretches(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 113))
	for range 200 {
		first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(400))
		last := first.AddDate(0, 0, r.IntN(800))
		months, total := map[string]int{}, 0
		for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
			n := []int{0, 3, 40, 2000}[int(d.Month())%4]
			months[d.Format("2006-01")] += n
			total += n
		}
		const most = 900
		all := looksIn(first.Format(time.DateOnly), last.Format(time.DateOnly), months, most)
		if (len(all) == 1) != (total <= most) && first.Before(last) {
			t.Errorf("%d conversations from %s to %s are looked through in %d stretches", total, first, last, len(all))
		}
		day := last
		for _, s := range all {
			if s.last != day.Format(time.DateOnly) || s.first > s.last {
				t.Fatalf("behind %s comes a stretch from %s to %s", day, s.first, s.last)
			}
			if len(all) > 1 && s.first < s.last && s.n > most/3+40 {
				t.Errorf("from %s to %s are %d conversations", s.first, s.last, s.n)
			}
			begin, err := time.Parse(time.DateOnly, s.first)
			if err != nil {
				t.Fatal(err)
			}
			day = begin.AddDate(0, 0, -1)
		}
		if !day.Equal(first.AddDate(0, 0, -1)) {
			t.Errorf("nobody looks before %s, the days begin at %s", day, first)
		}
	}
}

// TestAPageOfWordsLooksThroughSoMany: where little fits, a page ends before it has looked through all, says up to where
// it has, and goes on from there; every word is on one page, and in the file.
func TestAPageOfWordsLooksThroughSoMany(t *testing.T) {
	w := newWorld(t)
	var all []filled
	for i := range 300 {
		one := filled{
			flow: "post_service_3", customer: fmt.Sprint(i), site: "main", day: time.Date(2026, 1, 1+i/6, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), level: 6,
			values: map[string]float64{"overall": 5},
		}
		if i%60 == 7 {
			one.level, one.texts = 2, map[string]string{"why_good": fmt.Sprintf("word-%03d.", i)}
		}
		all = append(all, one)
	}
	w.fill(all...)
	if err := bot.SumUp(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	robin := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, MostLooked: 60})}
	filters := "from=2026-01-01&to=2026-02-28"
	for _, search := range []string{"&level=1-3", "&q=word", "&level=4-7", ""} {
		seen, pages, empty, at := map[string]bool{}, 0, 0, "/reports/words?"+filters+search
		for ; at != ""; pages++ {
			page := body(robin.get(at))
			found := len(seen)
			for i := range all {
				if word := fmt.Sprintf("word-%03d.", i); strings.Contains(page, word) {
					if seen[word] {
						t.Errorf("%s stands on two pages", word)
					}
					seen[word] = true
				}
			}
			_, next, more := strings.Cut(page, `<a class="button" href="/reports/words?after=`)
			if at = ""; more {
				next, _, _ = strings.Cut(next, `"`)
				at = "/reports/words?after=" + strings.ReplaceAll(next, "&amp;", "&")
				if text := textOf(page); !strings.Contains(text, "ooked through back to 2026-") {
					t.Errorf("%s: a page that looked through some days does not say which: %.500s", search, text)
				}
			}
			if len(seen) == found {
				empty++
			}
			if pages > 50 {
				t.Fatal("there is no end")
			}
		}
		want := 5
		if search == "&level=4-7" {
			want = 0
		}
		if len(seen) != want || pages < 4 || search != "" && empty == 0 {
			t.Errorf("%s: %d words on %d pages, of which %d have none", search, len(seen), pages, empty)
		}
	}
	if file := body(robin.get("/reports/words/words.csv?" + filters)); strings.Count(file, "word-") != 5 {
		t.Errorf("the file has %d of 5 words", strings.Count(file, "word-"))
	}
}
