package admin

import (
	"bytes"
	"encoding/csv"
	"html"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// TestRowsAreHadByRightAndSite downloads every kind in every format as everybody.
func TestRowsAreHadByRightAndSite(t *testing.T) {
	w := newWorld(t)
	w.happened(rand.New(rand.NewPCG(3, 16)), 200)
	w.unhappy("main", "900", "Anna", "I waited.")
	w.unhappy("harbour", "901", "Tom", "=cmd()")
	w.folds()
	ask := func(v Viewer) *visit {
		return &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(v), Clock: w.clock.Now})}
	}
	local := Viewer{Login: "l-local", Staff: "robin", Name: "Local", Language: "en", Grants: access.Grants{"main": access.Lead, "harbour": access.Agent}}
	rows := func(who *visit, at string) [][]string {
		t.Helper()
		got := who.get(at)
		all, err := csv.NewReader(got.Body).ReadAll()
		if got.Code != 200 || err != nil || len(all) < 2 {
			t.Fatalf("%s: %d, %d rows, %v", at, got.Code, len(all), err)
		}
		return all
	}
	for _, what := range storage.ExportedKinds() {
		at := "/download/" + string(what) + ".csv"
		for who, v := range map[string]Viewer{"a viewer": viewer("vera"), "an agent": viewer("mei"), "an agent elsewhere": viewer("hans")} {
			if got := ask(v).get(at); got.Code != 403 {
				t.Errorf("%s has %s: %d", who, what, got.Code)
			}
		}
		site := slices.Index(what.Columns(), "site")
		for _, row := range rows(ask(local), at)[1:] {
			if row[site] != "main" {
				t.Errorf("the lead of main has %s of %q", what, row[site])
			}
		}
		if got := ask(local).get(at + "?site=harbour").Code; got != 403 {
			t.Errorf("an agent of harbour has its %s: %d", what, got)
		}
		sites := map[string]bool{}
		for _, row := range rows(w.as("robin"), at) {
			sites[row[site]] = true
		}
		if !sites["main"] || !sites["harbour"] {
			t.Errorf("who may have all has %s of %v", what, sites)
		}
		xlsx := w.as("robin").get("/download/" + string(what) + ".xlsx")
		book, err := table.Open(bytes.NewReader(xlsx.Body.Bytes()), table.Shape{Format: table.XLSX})
		if err != nil {
			t.Fatal(what, err)
		}
		head, err := book.Next()
		if err != nil || !slices.Equal(head.Cells, what.Columns()) {
			t.Errorf("%s: the workbook begins with %q, %v", what, head.Cells, err)
		}
		_ = book.Close()
		lines := strings.Count(body(w.as("robin").get("/download/"+string(what)+".jsonl")), "\n")
		if all := rows(w.as("robin"), at); lines != len(all)-1 {
			t.Errorf("%s: %d lines, %d rows", what, lines, len(all)-1)
		}
	}
	if words := body(w.as("robin").get("/download/words.csv")); !strings.Contains(words, "'=cmd()") || strings.Contains(words, ",=cmd()") {
		t.Error("somebody's words are a formula")
	}
	for _, row := range rows(w.as("robin"), "/download/sessions.csv?from=2026-02-01&to=2026-02-28")[1:] {
		if day := row[slices.Index(storage.ExportSessions.Columns(), "day")]; day < "2026-02-01" || day > "2026-02-28" {
			t.Errorf("a row of %s is among those of February", day)
		}
	}
	for _, at := range []string{"/download/logins.csv", "/download/answers.exe", "/download/answers"} {
		if got := w.as("robin").get(at).Code; got != 404 {
			t.Errorf("%s: %d", at, got)
		}
	}
	page := body(w.as("robin").get("/reports/data?site=main"))
	links := regexp.MustCompile(`href="(/download/[^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) != 21 {
		t.Errorf("the page leads to %d files", len(links))
	}
	for _, l := range links {
		if got := w.as("robin").get(html.UnescapeString(l[1])).Code; got != 200 || !strings.Contains(l[1], "site=main") {
			t.Errorf("%s: %d", l[1], got)
		}
	}
	if vera := body(w.as("vera").get("/reports/data")); strings.Contains(vera, "/download/") || !strings.Contains(vera, "Leads and admins") {
		t.Error("who may have no rows is shown files")
	}
	audits, err := w.store.Audits(t.Context(), storage.AuditFilter{What: "data.export", Limit: 500})
	if err != nil || len(audits) < 30 || !slices.ContainsFunc(audits, func(a storage.Audit) bool {
		return a.Subject == "sessions.csv 2026-02-01 2026-02-28" && a.Who != ""
	}) {
		t.Errorf("%d downloads are noted, %v", len(audits), err)
	}
}
