package admin

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/report"
)

// sameness are the texts of reports that say that something makes no difference, is no other than the rest, or has not
// changed: only what was compared may be said to be so.
var sameness = []string{
	"no_clear_change", "no_clear_difference", "no_clear_ratio", "compare_calm", "verdict_none", "standards_no_effect", "standards_no_effect_but", "standard_no_ratio", "quality_even",
	"quality_even_but", "drivers_unclear", "drivers_unclear_but", "drivers_against", "drivers_no_sign", "effect_unchanged", "improvements_unchanged", "improvement_unchanged",
}

// soundsLike finds such texts, and otherSounds are those that it finds and that say something else.
var (
	soundsLike  = regexp.MustCompile(`(?i)no clear|none (of|goes)|\bno (dimension|aspect|broken)|nothing (has )?clearly|may be nothing|as chance|stands out`)
	otherSounds = []string{"quality_not_compared", "done_digest_no_chat"}
)

// TestEveryTextThatSaysNoDifferenceIsKnown keeps the list of them whole.
func TestEveryTextThatSaysNoDifferenceIsKnown(t *testing.T) {
	found := map[string]bool{}
	for _, room := range []string{"locales/en/report*.json", "locales/en/improvements.json"} {
		files, err := fs.Glob(localeFiles, room)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			raw, err := localeFiles.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var of map[string]string
			if err := json.Unmarshal(raw, &of); err != nil {
				t.Fatal(err)
			}
			for key, text := range of {
				if found[key] = soundsLike.MatchString(text); found[key] && !slices.Contains(sameness, key) && !slices.Contains(otherSounds, key) {
					t.Errorf("%s, %q: does it say that something makes no difference?", key, text)
				}
			}
		}
	}
	for _, key := range slices.Concat(sameness, otherSounds) {
		if !found[key] {
			t.Errorf("%s is no text of reports that sounds like it", key)
		}
	}
}

// saysSame lists the texts of sameness that a page has.
func saysSame(page string) (keys []string) {
	hole := regexp.MustCompile(`\{\d+\}`)
	for _, key := range sameness {
		longest := ""
		for _, part := range hole.Split(tongues()[fallback].by[key], -1) {
			if len(part) > len(longest) {
				longest = strings.TrimSpace(part)
			}
		}
		if strings.Contains(textOf(page), longest) {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestNothingIsSaidToBeAlikeThatWasNotCompared renders every report of a world in which nothing has thirty answers, and
// of one in which everything has.
func TestNothingIsSaidToBeAlikeThatWasNotCompared(t *testing.T) {
	changed := url.Values{"reason": {"The wait"}, "of": {"unsatisfied"}, "change": {"A second till"}, "day": {"2025-11-15"}, "site": {""}, "owner": {"Bo"}}
	look := func(w *world, each func(at string, keys []string)) {
		w.t.Helper()
		robin := w.as("robin")
		if got := robin.post("/improvements/new", changed); got.Code >= 400 {
			w.t.Fatal(body(got))
		}
		for _, one := range reports {
			for _, filter := range []string{"", "?period=365&compare=year", "?site=main", "?beside=service:Haircut&period=90", "?from=2026-02-10&to=2026-03-02"} {
				got := robin.get("/reports/" + one.name + filter)
				if got.Code != 200 {
					w.t.Fatalf("%s%s: %d", one.name, filter, got.Code)
				}
				each(one.name+filter, saysSame(body(got)))
			}
		}
	}
	for i, fill := range []func(*world, *rand.Rand){
		func(w *world, r *rand.Rand) {
			w.happened(r, 12)
			w.serve(washed(9, 3, 6, 0)...)
			w.compares("x/1/after/1h/1d", 20, [2]int{9, 10}, [2]int{1, 1})
		},
		func(w *world, r *rand.Rand) { w.fill(surveyed(r, 9)...); w.keeps() },
	} {
		w := newWorld(t)
		w.standardsAre(washTakes)
		fill(w, rand.New(rand.NewPCG(uint64(i), 16)))
		look(w, func(at string, keys []string) {
			if len(keys) > 0 {
				t.Errorf("world %d: %s says %q of fewer than %d answers", i, at, keys, report.FewestPlain)
			}
		})
	}
	w, seen := newWorld(t), map[string]bool{}
	w.standardsAre(washTakes)
	w.serve(washed(60, 9, 60, 6)...)
	r := rand.New(rand.NewPCG(9, 16))
	w.judge(random(r, 400)...)
	w.fill(surveyed(r, 60)...)
	w.compares("x/1/after/1h/1d", 211, [2]int{60, 62}, [2]int{26, 26})
	w.keeps()
	look(w, func(_ string, keys []string) {
		for _, key := range keys {
			seen[key] = true
		}
	})
	for _, key := range []string{"no_clear_change", "no_clear_difference", "compare_calm", "verdict_none", "standards_no_effect_but", "standard_no_ratio", "effect_unchanged", "drivers_no_sign"} {
		if !seen[key] {
			t.Errorf("of many answers nothing says %s: %v", key, seen)
		}
	}
}

// TestWhatIsNotComparedSaysWhy has a standard that was broken 27 times and a dimension of which few were asked.
func TestWhatIsNotComparedSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.standardsAre(washTakes)
	w.serve(washed(27, 11, 115, 2)...)
	page := body(w.as("robin").get("/reports/standards?standard=wash_min+at+least+45+Haircut"))
	for _, want := range []string{"cannot be said yet", "too few answers to compare: 27 of 30"} {
		if !strings.Contains(textOf(page), want) {
			t.Errorf("it does not say %q: %s", want, textOf(page))
		}
	}
	en := tongues()[fallback]
	few := report.Show(1, 3)
	for _, c := range []struct {
		rate report.Clustered
		want string
	}{
		{report.Clustered{Rate: few, Customers: 3}, "too few answers to compare"},
		{report.Clustered{Rate: report.Show(3, 12), Customers: 12}, "too few answers to compare: 12 of 30"},
		{report.Clusters{Customers: 14, M: 70, K: 20, MM: 350, MK: 100, KK: 50}.Rate(), "too few customers to compare: 14 of 30"},
		{report.Summed(20, 70, 14, 1), "too few customers to compare: of 30 it has to be certain that they are different"},
		{report.Summed(20, 70, 40, 1), ""},
	} {
		if got := en.needed(c.rate); got != c.want {
			t.Errorf("%s is said of %d answers of %d customers", fmt.Sprintf("%q", got), c.rate.N, c.rate.Customers)
		}
	}
}
