package admin

import (
	"fmt"
	"strings"
	"testing"
)

// beside are conversations of a service: so many of them unhappy, each of another customer.
func beside(service string, bad, n int) (all []judged) {
	for i := range n {
		level := 7
		if i < bad {
			level = 1
		}
		all = append(all, judged{service + fmt.Sprint(i), "main", "2026-02-20", service, level})
	}
	return all
}

func TestPartsAreHeldAgainstChance(t *testing.T) {
	w := newWorld(t)
	w.serves = func(j judged) string { return "Who does " + j.service }
	all := append(beside("Colour", 45, 90), beside("Perm", 9, 12)...)
	for _, one := range []string{"Beard", "Cut", "Nails", "Shave", "Wash"} {
		all = append(all, beside(one, 6, 60)...)
	}
	w.judge(append(all, beside("Wig", 0, 3)...)...)
	robin, vera := w.as("robin"), w.as("vera")
	page := body(robin.get("/reports/compare"))
	text := textOf(page)
	for _, want := range []string{
		"stand out by more than chance explains", "Unsatisfied, by service", "Unsatisfied, by who served", "far more than usual",
		"Perm – not shown", "Wig – not shown", "not for rewards", "% (", "depends on who served",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
	for _, fault := range append(faultsOf(page), tooMuch(page)...) {
		t.Error(fault)
	}
	of := func(id string) string {
		_, after, _ := strings.Cut(page, `id="h-`+id+`"`)
		section, _, _ := strings.Cut(after, "</figure>")
		return section
	}
	services, staff := of("service"), of("staff")
	if n := strings.Count(services, `<circle class="dot`) - strings.Count(services, `class="whisker"`) + strings.Count(services, "hollow"); n != 6 {
		t.Errorf("%d services are drawn between the curves; six have 30 answers: %s", n, services)
	}
	if strings.Index(services, `>Colour</a>`) > strings.Index(services, `>Beard</a>`) {
		t.Error("what stands out does not stand first")
	}
	if strings.Index(staff, `Who does Colour</a>`) < strings.Index(staff, `Who does Beard</a>`) {
		t.Error("people are put in an order")
	}
	if strings.Contains(textOf(body(vera.get("/reports/compare"))), "Who does") {
		t.Error("who may not compare staff sees figures of people")
	}

	two := textOf(body(robin.get("/reports/compare?beside=service:Colour")))
	for _, want := range []string{"Colour and all others", "Unsatisfied · Colour 90 50 % (40–60)", "Unsatisfied · all others", "less the other side: up"} {
		if !strings.Contains(two, want) {
			t.Errorf("side by side does not say %q: %s", want, two)
		}
	}
	fixed := textOf(body(robin.get("/reports/compare?service=Cut&beside=service:Colour")))
	for _, want := range []string{"Colour and Cut", "Unsatisfied · Cut 60", "less the other side: up"} {
		if !strings.Contains(fixed, want) {
			t.Errorf("beside a service that is chosen it does not say %q: %s", want, fixed)
		}
	}
	if few := textOf(body(robin.get("/reports/compare?beside=service:Wig"))); strings.Contains(few, "· Wig") || !strings.Contains(few, "Wig and all others not shown") {
		t.Errorf("what three customers said follows from the others: %s", few)
	}
	for at, want := range map[string]int{"beside=site:harbour": 403, "beside=staff:Who+does+Cut": 403, "beside=nothing": 404, "beside=moon:1": 404} {
		if got := vera.get("/reports/compare?" + at).Code; got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
}

func TestNobodyIsPraisedOrBlamedForChance(t *testing.T) {
	w := newWorld(t)
	var all []judged
	for i, one := range []string{"Beard", "Cut", "Nails", "Shave", "Wash"} {
		all = append(all, beside(one, 5+i%3, 60)...)
	}
	w.judge(all...)
	page := textOf(body(w.as("robin").get("/reports/compare")))
	if !strings.Contains(page, "None of 5 stands out") || strings.Contains(page, "than usual:") {
		t.Errorf("differences that chance explains stand out: %s", page)
	}
}

// "All together" is the share that every other page has of the same answers, also where customers answered more than
// once, which makes ranges wider and no share another.
func TestAllTogetherIsTheSameShareOnEveryPage(t *testing.T) {
	w := newWorld(t)
	all := beside("Wash", 0, 200)
	for range 3 {
		all = append(all, beside("Colour", 40, 40)...)
	}
	w.judge(all...)
	robin := w.as("robin")
	level, compare := textOf(body(robin.get("/reports/level"))), textOf(body(robin.get("/reports/compare")))
	for _, want := range []string{"38 % (", "Vertical line: all, 38 %"} {
		if !strings.Contains(level, want) {
			t.Errorf("the page of levels does not say %q of 120 of 320: %s", want, level)
		}
	}
	told := strings.Count(compare, "all together, ")
	if told == 0 || strings.Count(compare, "all together, 38 %") != told {
		t.Errorf("the page that compares says another share of 120 of 320: %s", compare)
	}
}
