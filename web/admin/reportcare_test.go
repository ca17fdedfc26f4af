package admin

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/figures"
)

// TestEveryReportSaysWithHowMuchCareItWasAnswered looks below each report, before what is counted in the background is
// there and after.
func TestEveryReportSaysWithHowMuchCareItWasAnswered(t *testing.T) {
	w := newWorld(t)
	w.fill(surveyed(rand.New(rand.NewPCG(4, 16)), 40)...)
	robin := w.as("robin")
	if page := textOf(body(robin.get("/reports/level"))); !strings.Contains(page, "With how much care it was answered: These figures are being made") {
		t.Errorf("before it was counted it says %s", page)
	}
	w.keeps()
	s := site{Config: Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now}}
	from := figures.Source{Store: w.store, Sites: w.bot.Configuration().Now().EverySite(), Today: w.bot.Configuration().Now().NewestDay(w.clock.Now())}
	f := from.Filter(figures.ResultKey{})
	f.Limit = figures.Most
	list, _, err := w.store.Given(t.Context(), f)
	if err != nil || len(list) != 120 {
		t.Fatal(len(list), err)
	}
	all := tongues()[fallback].care(figures.CareOf(list, s.customerFlow()))
	if !strings.Contains(all, "contradict each other: ") || !strings.Contains(all, "From one answer to the next, half take up to 8 seconds.") {
		t.Errorf("the care is %s", all)
	}
	for _, one := range reports {
		page := textOf(body(robin.get("/reports/" + one.name)))
		switch one.name {
		case "data", "staff", "digest": // rows, answers of others than customers, and what leads are told
			if strings.Contains(page, "With how much care") {
				t.Errorf("%s says it of customers", one.name)
			}
		case "expectation", "quality":
			if !strings.Contains(page, "With how much care it was answered: ") {
				t.Errorf("%s does not say it", one.name)
			}
		default:
			if !strings.Contains(page, "With how much care it was answered, in the twelve months up to 09:00: "+all) {
				t.Errorf("%s does not say %q: %s", one.name, all, page)
			}
		}
	}
	if page := textOf(body(robin.get("/reports/level?flow=servqual5"))); strings.Contains(page, "contradict each other") || !strings.Contains(page, "half take up to") {
		t.Errorf("of a survey alone it says %s", page)
	}
}
