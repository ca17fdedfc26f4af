package admin

import (
	"regexp"
	"strings"
	"testing"
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
