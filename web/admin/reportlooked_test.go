package admin

import (
	"fmt"
	"math/rand/v2"
	"slices"
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
			if more && !strings.Contains(page, `href="/reports/words/words.csv?`) {
				t.Errorf("%s: no way leads to the file of what goes on", search)
			}
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

// TestADayWithMoreThanAPageLooksThroughIsPassed: pages and the file go on behind a day that has more conversations than
// one page may look through, and have every word once.
func TestADayWithMoreThanAPageLooksThroughIsPassed(t *testing.T) {
	w := newWorld(t)
	var all []filled
	for i := range 40 {
		all = append(all, filled{
			flow: "post_service_3", customer: fmt.Sprint(i), site: "main", day: fmt.Sprintf("2026-01-%02d", 1+i/10), level: 6,
			values: map[string]float64{"overall": 5}, texts: map[string]string{"why_good": fmt.Sprintf("word-%03d.", i)},
		})
	}
	w.fill(all...)
	if err := bot.SumUp(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	robin := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, MostLooked: 4})}
	const filters = "from=2026-01-01&to=2026-01-04"
	text, pages := "", 0
	for at := "/reports/words?" + filters; at != ""; pages++ {
		if pages > 2*len(all) {
			t.Fatal("there is no end")
		}
		page := body(robin.get(at))
		text += textOf(page)
		_, next, more := strings.Cut(page, `<a class="button" href="/reports/words?after=`)
		if at = ""; more {
			next, _, _ = strings.Cut(next, `"`)
			at = "/reports/words?after=" + strings.ReplaceAll(next, "&amp;", "&")
		}
	}
	file := body(robin.get("/reports/words/words.csv?" + filters))
	for i := range all {
		word := fmt.Sprintf("word-%03d.", i)
		if strings.Count(text, word) != 1 || strings.Count(file, word) != 1 {
			t.Errorf("%s stands %d times on %d pages, and %d times in the file", word, strings.Count(text, word), pages, strings.Count(file, word))
		}
	}
}

// TestPagesOfWordsSayWhichTheyHave: the newest, those behind them, the last ones, or nothing further where a page was
// just full.
func TestPagesOfWordsSayWhichTheyHave(t *testing.T) {
	w := newWorld(t)
	var all []filled
	for i := range 2*pageRows + 10 {
		one := filled{
			flow: "post_service_3", customer: fmt.Sprint(i), site: "main", day: fmt.Sprintf("2026-02-%02d", 1+i%20), level: 6,
			values: map[string]float64{"overall": 5}, texts: map[string]string{"why_good": "all of it"},
		}
		if i < pageRows {
			one.texts["why_good"] = "all of this"
		}
		all = append(all, one)
	}
	w.fill(all...)
	if err := bot.SumUp(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	ledes := func(look int, at string) (said []string) {
		robin := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, MostLooked: look})}
		for at != "" && len(said) < 50 {
			page := body(robin.get(at))
			_, lede, _ := strings.Cut(page, `<p class="lede">`)
			lede, _, _ = strings.Cut(lede, "</p>")
			said = append(said, lede)
			_, next, more := strings.Cut(page, `<a class="button" href="/reports/words?after=`)
			if at = ""; more {
				next, _, _ = strings.Cut(next, `"`)
				at = "/reports/words?after=" + strings.ReplaceAll(next, "&amp;", "&")
			}
		}
		return said
	}
	const days = "from=2026-02-01&to=2026-02-28"
	for _, one := range []struct {
		look int
		at   string
		want []string
	}{
		{0, "/reports/words?" + days, []string{"The newest 50 that fit.", "50 that fit on this page.", "The last 10 that fit."}},
		{0, "/reports/words?q=this&" + days, []string{"The newest 50 that fit.", "Nothing further fits."}},
		{0, "/reports/words?q=other&" + days, []string{"Nobody wrote anything that fits."}},
	} {
		if got := ledes(one.look, one.at); !slices.Equal(got, one.want) {
			t.Errorf("%s: pages say %q, want %q", one.at, got, one.want)
		}
	}
	for until, first := range map[string]string{"2026-02-28": "Nothing that fits so far: looked through back to ", "2026-02-20": "9 that fit so far."} {
		got := ledes(12, "/reports/words?q=it&from=2026-02-01&to="+until)
		if n := len(got); n < 4 || !strings.HasPrefix(got[0], first) {
			t.Fatalf("up to %s pages that look through little say %q", until, got)
		}
		for i, lede := range got[1:] {
			here := strings.HasSuffix(lede, " that fit on this page.") || strings.HasPrefix(lede, "Nothing on this page that fits: ")
			if last := i == len(got)-2; last == here || last && !strings.HasPrefix(lede, "The last ") && lede != "Nothing further fits." {
				t.Errorf("page %d of %d says %q", i+2, len(got), lede)
			}
		}
	}
}
