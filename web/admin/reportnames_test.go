package admin

import (
	"html"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

var (
	keyLike = regexp.MustCompile(`[a-z0-9]+(?:_[a-z0-9]+)+`)
	readOut = regexp.MustCompile(`\s(?:aria-label|title|placeholder|alt)="([^"]*)"`)
	styling = regexp.MustCompile(`(?s)<(style|script)\b.*?</(style|script)>`)
)

// keysIn are what looks like keys of programs in what a page says or has read aloud.
func keysIn(page string) []string {
	page = styling.ReplaceAllString(page, " ")
	text := textOf(page)
	for _, m := range readOut.FindAllStringSubmatch(page, -1) {
		text += " " + html.UnescapeString(m[1])
	}
	return keyLike.FindAllString(text, -1)
}

// TestNoPageSaysAKey renders reports, what was changed, cases, answers and who is asked, of random data whose
// questions, choices, measures and triggers have keys with low lines.
func TestNoPageSaysAKey(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 16))
	w := newWorld(t)
	w.standardsAre(washTakes)
	w.happened(r, 150)
	w.fill(surveyed(r, 60)...)
	w.lostByChance(r, 60)
	w.serve(washed(40, 12, 60, 6)...)
	w.stayedYear(r, 120)
	w.keeps()
	k := w.unhappy("main", "900", "Anna", wait)
	asked := storage.Ask{ID: "ask-by-key", Customer: "c", Flow: "one_tap_csat", Site: "main", Trigger: "after_hair_cut", State: "sent", Made: w.clock.Now(), Sent: w.clock.Now()}
	err := w.store.ChangeAsks(t.Context(), 0, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
		return []storage.AskChange{{Ask: asked}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	robin := w.as("robin")
	changed := url.Values{"reason": {"Promises"}, "of": {"ladder7_expect/exp_source/promise"}, "change": {"Promise less"}, "day": {"2026-01-20"}, "site": {""}, "owner": {"Bo"}}
	if got := robin.post("/improvements/new", changed); got.Code >= 400 {
		t.Fatal(body(got))
	}
	list, err := w.store.ImprovementList(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	at := []string{
		"/asking", "/answers", "/answers?words=1", "/cases", "/cases/" + k.Name(), "/answers/0." + k.Session, "/improvements/new", "/improvements/" + list[0].ID,
		"/reports/drivers?flow=servqual5", "/reports/drivers?flow=ladder7_expect", "/reports/standards?standard=wash_min+at+least+45+Haircut&period=365",
		"/reports/words?kind=complaint", "/reports/level?language=en&channel=telegram", "/reports/lost?period=365",
	}
	for _, one := range reports {
		for _, filter := range []string{"", "?period=365", "?" + randomFilter(r).Encode()} {
			at = append(at, "/reports/"+one.name+filter)
		}
	}
	said := ""
	for _, lang := range []string{"en", "zh-Hans"} {
		v := viewer("robin")
		v.Language = lang
		reader := &visit{w, New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(v), Clock: w.clock.Now})}
		for _, page := range at {
			got := reader.get(page)
			if got.Code != 200 {
				t.Fatalf("%s: %d", page, got.Code)
			}
			text := body(got)
			said += textOf(text)
			if keys := keysIn(text); len(keys) > 0 {
				t.Errorf("%s in %s says %q", page, lang, keys)
			}
		}
	}
	for _, want := range []string{"wash (minutes) at least 45", "wash（分钟） 至少 45", "after hair cut", "您事先的预期主要来自哪里"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if keys := keysIn(`<th aria-label="wait_min">x</th><p>late_or_broken</p>`); len(keys) != 2 {
		t.Errorf("found are %q", keys)
	}
}

// Drawings have room for a few words: those in which names differ.
func TestNamesInADrawingBeginWhereTheyDiffer(t *testing.T) {
	for _, c := range []struct{ names, want []string }{
		{[]string{"How satisfied were you with the speed?", "How satisfied were you with the staff?"}, []string{"…speed?", "…staff?"}},
		{[]string{"How quick was it?", "Who helped?"}, []string{"How quick was it?", "Who helped?"}},
		{[]string{"您对速度是否满意？", "您对人员是否满意？"}, []string{"…速度是否满意？", "…人员是否满意？"}},
		{[]string{"How quick was our help?"}, []string{"How quick was our help?"}},
		{[]string{"The same", "The same"}, []string{"…same", "…same"}},
		{nil, nil},
	} {
		if got := differing(c.names, askedInMark); !slices.Equal(got, c.want) {
			t.Errorf("%q are called %q", c.names, got)
		}
	}
}
