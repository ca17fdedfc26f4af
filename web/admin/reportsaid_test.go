package admin

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A rate of few answers stands within a sentence so that the sentence can go on behind it.
func TestASentenceGoesOnBehindARateOfFewAnswers(t *testing.T) {
	w := newWorld(t)
	w.judge(beside("Wash", 5, 12)...)
	robin := w.as("robin")
	for _, r := range reports {
		page := body(robin.get("/reports/" + r.name))
		for _, lede := range regexp.MustCompile(`(?s)<p class="lede[^"]*"[^>]*>(.*?)</p>`).FindAllStringSubmatch(page, -1) {
			if regexp.MustCompile(`, few answers[^.]`).MatchString(lede[1]) {
				t.Errorf("%s: %s", r.name, lede[1])
			}
		}
	}
	if text := textOf(body(robin.get("/reports/level"))); !strings.Contains(text, "few answers) of answers are unsatisfied") {
		t.Errorf("5 of 12 are told as: %s", text)
	}
}

// What is counted within a sentence is called what it is, in every language that has words for it.
func TestASentenceSaysOfWhatThereAreFew(t *testing.T) {
	w := newWorld(t)
	w.stayedYear(rand.New(rand.NewPCG(9, 1)), 24)
	w.clock.add(2 * time.Hour)
	w.keeps()
	_, lede, _ := strings.Cut(body(w.as("robin").get("/reports/loyalty")), `<p class="lede">`)
	lede, _, _ = strings.Cut(lede, "</p>")
	if strings.Contains(lede, "few answers") || !strings.Contains(lede, "few customers)") {
		t.Errorf("of a few customers it says %q", lede)
	}
	for _, tongue := range []string{"en", "zh-Hans"} {
		for key := range tongues()[tongue].by {
			if noun, of := strings.CutPrefix(key, "rate_few_"); of && !strings.HasPrefix(noun, "said") && !tongues()[tongue].has("rate_few_said_"+noun) {
				t.Errorf("in %s no sentence can say that there are few %s", tongue, noun)
			}
		}
	}
}
