package admin

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// listedAs are the links to a list as a file, in each format.
func listedAs(at, title string) (files []downloadFile) {
	for _, format := range table.Written() {
		files = append(files, downloadFile{at + "." + format, strings.ToUpper(format), title})
	}
	return files
}

// fileRows are the rows of a file as CSV, and that it is the same in the other formats.
func fileRows(t *testing.T, who *visit, at string) (rows []map[string]string) {
	t.Helper()
	got := who.get(at)
	all, err := csv.NewReader(got.Body).ReadAll()
	if got.Code != 200 || err != nil || len(all) == 0 {
		t.Fatalf("%s: %d, %v", at, got.Code, err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	lines := strings.Split(strings.TrimSpace(body(who.get(strings.Replace(at, ".csv", ".jsonl", 1)))), "\n")
	if len(rows) > 0 && len(lines) != len(rows) {
		t.Errorf("%s: %d rows, and %d lines", at, len(rows), len(lines))
	}
	for i := range rows {
		var row map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &row); err != nil || len(row) != len(all[0]) {
			t.Errorf("%s: %s, %v", at, lines[i], err)
		}
	}
	if book := who.get(strings.Replace(at, ".csv", ".xlsx", 1)); book.Code != 200 || book.Header().Get("Content-Type") != table.MediaType(table.XLSX) {
		t.Errorf("%s as a workbook: %d", at, book.Code)
	}
	return rows
}

// filesOn are the addresses of files that a page leads to.
func filesOn(page string) (all []string) {
	for _, m := range regexp.MustCompile(`href="(/(?:list|download)/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(m[1]))
	}
	return all
}

func column(rows []map[string]string, name string) (values []string) {
	for _, row := range rows {
		values = append(values, row[name])
	}
	slices.Sort(values)
	return values
}

// TestAListIsHadAsItIsShown has the lists of cases and of customers as files: narrowed as the page is, of the
// sites at which somebody may have files, and noted.
func TestAListIsHadAsItIsShown(t *testing.T) {
	w := newWorld(t)
	first, second := w.unhappy("main", "900", "Anna", "I waited."), w.unhappy("harbour", "901", "Tom", "=cmd()")
	third := w.unhappy("main", "902", "Zoe", "Rude.")
	w.as("mei").post("/cases/"+third.Name()+"/take", nil)
	w.folds()
	robin, local := w.as("robin"), &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now, Gate: gateOf(Viewer{
		Login: "l", Staff: "robin", Language: "en", Grants: access.Grants{"main": access.Lead, "harbour": access.Agent},
	})})}
	names := func(all ...storage.Case) (names []string) {
		for _, k := range all {
			names = append(names, k.Name())
		}
		slices.Sort(names)
		return names
	}
	for _, c := range []struct {
		who  *visit
		at   string
		want []string
	}{
		{robin, "/cases", names(first, second, third)},
		{robin, "/cases?site=harbour", names(second)},
		{robin, "/cases?state=free", names(first, second)},
		{robin, "/cases?priority=P3", nil},
		{robin, "/cases?reason=complaint", nil},
		{robin, "/cases?state=closed", nil},
		{local, "/cases", names(first, third)},
	} {
		files := filesOn(body(c.who.get(c.at)))
		if len(files) != 3 {
			t.Errorf("%s leads to %q", c.at, files)
			continue
		}
		if got := column(fileRows(t, c.who, files[0]), "case"); !slices.Equal(got, c.want) {
			t.Errorf("%s has %q, want %q", files[0], got, c.want)
		}
	}
	if files := filesOn(body(local.get("/cases?site=harbour"))); len(files) > 0 {
		t.Errorf("an agent of harbour is led to %q", files)
	}
	for _, at := range []string{"/list/cases.csv?site=harbour", "/list/asking.csv?site=harbour"} {
		if got := local.get(at).Code; got != 403 {
			t.Errorf("an agent of harbour has %s: %d", at, got)
		}
	}
	for _, who := range []string{"vera", "mei"} {
		for _, page := range []string{"/cases", "/customers"} {
			if files := filesOn(body(w.as(who).get(page))); len(files) > 0 {
				t.Errorf("%s is led to %q", who, files)
			}
		}
		for _, at := range []string{"/list/cases.csv", "/list/asking.xlsx", "/download/customers.csv"} {
			if got := w.as(who).get(at).Code; got != 403 {
				t.Errorf("%s has %s: %d", who, at, got)
			}
		}
	}
	for _, at := range []string{"/list/logins.csv", "/list/cases.exe", "/list/cases"} {
		if got := robin.get(at).Code; got != 404 {
			t.Errorf("%s: %d", at, got)
		}
	}
	row := fileRows(t, robin, "/list/cases.csv?site=main&state=others")
	if opened, err := time.Parse(time.RFC3339, row[0]["opened"]); err != nil || !strings.HasSuffix(row[0]["opened"], "+01:00") || opened.IsZero() || row[0]["group"] != "others" || row[0]["holder"] == "" {
		t.Errorf("a case is %v, %v", row[0], err)
	}

	// Customers: everybody, and who was searched for.
	all := filesOn(body(robin.get("/customers")))
	if len(all) != 3 || len(fileRows(t, robin, all[0])) != 3 || len(fileRows(t, local, all[0])) != 2 {
		t.Errorf("of customers there are %q", all)
	}
	if got := fileRows(t, robin, "/download/customers.csv?q=Tom"); len(got) != 1 || got[0]["site"] != "harbour" {
		t.Errorf("of those called Tom there are %v", got)
	}
	if got := fileRows(t, robin, "/download/customers.csv?q=nobody"); len(got) != 0 {
		t.Errorf("of nobody there are %v", got)
	}
	audits, err := w.store.Audits(t.Context(), storage.AuditFilter{What: "data.export", Limit: 500})
	if err != nil || !slices.ContainsFunc(audits, func(a storage.Audit) bool { return a.Subject == "list of cases.csv harbour" }) ||
		slices.ContainsFunc(audits, func(a storage.Audit) bool { return strings.Contains(a.Subject, "Tom") }) {
		t.Errorf("noted are %+v, %v", audits, err)
	}
}

func TestWhoWasAskedIsHadAsItIsShown(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	for i, state := range []string{"sent", "suppressed", "sent"} {
		x := storage.Ask{
			ID: fmt.Sprint(i), Customer: fmt.Sprintf("=C-%d", i), Trigger: "after-visit", Flow: "one_tap_csat", Class: "transactional", Site: []string{"main", "main", "harbour"}[i],
			State: state, Made: now.Add(-time.Hour), Service: "Haircut",
		}
		x.Bucket = storage.AskBucket(x.Customer, w.store.Buckets())
		if err := w.store.ChangeAsks(t.Context(), x.Bucket, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
			return []storage.AskChange{{Ask: x}}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[string][]string{"/asking": {"'=C-0", "'=C-1", "'=C-2"}, "/asking?state=sent": {"'=C-0", "'=C-2"}, "/asking?state=declined": nil} {
		files := filesOn(body(w.as("robin").get(at)))
		if len(files) != 3 {
			t.Errorf("%s leads to %q", at, files)
			continue
		}
		if got := column(fileRows(t, w.as("robin"), files[0]), "customer"); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", files[0], got, want)
		}
	}
}

// manyAsks are asks of which many were made at one moment, as a store lists them.
type manyAsks struct {
	storage.Asking
	all []storage.Ask // the newest first
}

func (m manyAsks) Asks(_ context.Context, f storage.AskFilter) (list []storage.Ask, _ error) {
	for _, x := range m.all {
		if (f.Before.IsZero() || x.Made.Before(f.Before)) && len(list) < f.Limit {
			list = append(list, x)
		}
	}
	return list, nil
}

func TestWhatWasAskedAtOneMomentIsReadOnce(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, c := range [][]int{{1}, {2, 2}, {3, 1, 3}, {9}, {1, 9, 1}, {3, 3, 3}, {2, 5, 2, 4}} {
		var from manyAsks
		for i, n := range c {
			for j := range n {
				from.all = append(from.all, storage.Ask{ID: fmt.Sprint(i, j), Made: at.Add(-time.Duration(i) * time.Minute)})
			}
		}
		var got []string
		if err := eachAsk(t.Context(), from, storage.AskFilter{Limit: 3}, func(x *storage.Ask) error { got = append(got, x.ID); return nil }); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, x := range from.all {
			want = append(want, x.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %q, want %q", c, got, want)
		}
	}
}
