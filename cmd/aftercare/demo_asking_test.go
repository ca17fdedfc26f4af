package main

import (
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// asksInTheDemo looks at the pages of asking of a demo that is there: triggers with what came of them, who is
// asked after a call of the workshop, and its calls: stored, refused and not looked at.
func asksInTheDemo(t *testing.T, address string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	here(t, err)
	ada := &importer{t: t, base: "http://" + address, http: &http.Client{Jar: jar, Timeout: patience}}
	ada.get("/demo")
	ada.post("/demo/person", url.Values{"login": {"ada"}, "chat": {""}})
	for at, wants := range map[string][]string{
		"/asking":                    {"after-visit: when any service at any site is done", "unheard: when any service at QuickFix Device Repair was late", "stays-away: who had any service", "battery change · QuickFix Device Repair · after-visit"},
		"/asking/handout":            {"Ivy", "Dana", "data rescue"},
		"/asking/triggers":           {"after-visit:", "In force: version 1."},
		"/settings/systems":          {"workshop"},
		"/settings/systems/workshop": {"stored", "refused", "not looked at", "repair/collected"},
		"/reports/experiments":       {"2 experiments are known. Running now: 1", "of 1471", "nothing is said before its planned end", "answered: up ", "95"},
	} {
		ada.appeared(at, strings.Join(wants, ", "), func(page string) bool {
			page = html.UnescapeString(page)
			for _, want := range wants {
				if !strings.Contains(page, want) {
					return false
				}
			}
			return true
		})
	}
}
