package admin

import (
	"database/sql"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	f := frame{Title: "Who may leave", Here: "/customers", Back: &link{"/customers", "Customers"}}
	tabs := []reportTab{{"/leaving?who=captive", "Captive customers", true}, {"/leaving?who=lost", "Newly lost customers", false}}
	fixtures = append(fixtures,
		fixture{"leaving.html", "empty", f, leavingPage{Tabs: tabs, Who: whoCaptive, Lede: "Nobody.", Foot: []string{"Of these."}}},
		fixture{"leaving.html", "full", f, leavingPage{
			Tabs: tabs, Who: whoLost, Sites: []choice{{"", "All my sites", true}, {"main", "Main Street", false}}, Within: []choice{{"30", "in the last 30 days", true}}, Lede: "Became lost.",
			Rows: []leaverRow{{URL: "/customers/K-1", Name: "Anna", Why: "lost since March 1, 2026", About: "last visit", Level: 2, Answer: "/answers/0.x"}, {URL: "/customers/K-2", Name: "K-2"}},
			More: "/leaving?who=lost&after=0.K-2", Foot: []string{"Of these."}, Files: listedAs("/list/lost", "Newly lost customers"),
		}},
	)
}

// leaves stores customers who are captive and lost, and others: see the tests. Of the usual ones n are lost since
// today.
func (w *world) leaves(n int) {
	w.t.Helper()
	var events []storage.Event
	came := func(key, site string, days ...string) {
		for _, day := range days {
			at, err := time.Parse(time.DateOnly, day)
			if err != nil {
				w.t.Fatal(err)
			}
			events = append(events, storage.Event{
				Source: "till", ID: key + site + day, State: storage.EventDone, Site: site, Service: "Cut", Ended: at.Add(12 * time.Hour), Customer: &storage.EventCustomer{ID: key, Name: strings.ToUpper(key)},
			})
		}
	}
	said := func(key, site, day, why string, level int) filled {
		return filled{flow: "six_measures", customer: "t" + key, key: key, site: site, day: day, level: level, values: map[string]float64{"overall": float64(level)}, choices: map[string][]string{"loyal_why": {why}}}
	}
	masked, nameless := said("c-masked", "main", "2026-02-01", "habit", 2), said("", "main", "2026-02-02", "habit", 1)
	masked.mark, nameless.customer = "123456", "nameless"
	named := said("", "main", "2026-02-02", "monopoly", 2)
	named.customer, named.name = "named", "Lin\nWei"
	// Their accounts got a key after the answer, and another one than it has; the others' key says something newer.
	keyed, moved, newer, hidden := said("", "main", "2026-02-03", "habit", 2), said("c-moved", "main", "2026-02-03", "habit", 3), said("", "main", "2026-01-02", "habit", 2), said("", "main", "2026-02-03", "habit", 2)
	keyed.customer, keyed.now, moved.now, newer.customer, newer.now = "keyed", "c-keyed", "c-other", "newer", "c-value"
	hidden.customer, hidden.now, hidden.mark = "hidden", "c-hidden", "123458"
	twice := keyed // of another account that has the same key
	twice.customer, twice.day = "twice", "2026-02-02"
	w.fill(
		said("c-habit", "main", "2026-02-01", "habit", 2), said("c-mono", "harbour", "2026-02-01", "monopoly", 3), said("c-value", "main", "2026-02-01", "value", 2),
		said("c-happy", "main", "2026-02-01", "habit", 6), said("c-changed", "main", "2026-01-05", "habit", 2), said("c-changed", "main", "2026-02-05", "value", 6),
		said("c-back", "main", "2026-01-05", "value", 6), said("c-back", "main", "2026-02-05", "monopoly", 1), masked, nameless, named, keyed, moved, newer, hidden, twice,
		filled{flow: "post_service_3", customer: "tl-0", key: "l-0", site: "main", day: "2025-12-01", level: 5, values: map[string]float64{"overall": 4}},
		filled{flow: "post_service_3", customer: "tl-1", key: "l-1", site: "main", day: "2025-12-01", level: 2, values: map[string]float64{"overall": 2}, mark: "123457"},
	)
	came("c-habit", "main", "2026-01-10", "2026-02-01")
	came("c-habit", "harbour", "2026-02-20")
	for i := range n {
		came(fmt.Sprint("l-", i), "main", "2025-11-01", "2025-12-01")
	}
	came("long", "main", "2025-06-01")
	came("stays", "main", "2026-02-20")
	came("elsewhere", "harbour", "2025-06-01")
	if _, err := w.store.PutEvents(w.t.Context(), events, w.clock.Now(), false); err != nil {
		w.t.Fatal(err)
	}
}

// listed are the customers on a page of a list, in order, with what stands beside them.
func listed(page string) (keys []string) {
	for _, m := range regexp.MustCompile(`href="/customers/([^"]+)"><b`).FindAllStringSubmatch(page, -1) {
		keys = append(keys, html.UnescapeString(m[1]))
	}
	return keys
}

// listedAll are those on all pages from one on.
func listedAll(who *visit, at string) (keys []string, pages int) {
	for pages < 9 {
		page := body(who.get(at))
		keys, pages = append(keys, listed(page)...), pages+1
		m := regexp.MustCompile(`href="(/leaving\?after=[^"]+)"`).FindStringSubmatch(page)
		if m == nil {
			break
		}
		at = html.UnescapeString(m[1])
	}
	return keys, pages
}

// TestWhoHasNoNameIsToldApart: each by a mark of their own, the same on every page and each time, which says nothing.
func TestWhoHasNoNameIsToldApart(t *testing.T) {
	w := newWorld(t)
	var all []filled
	for _, user := range []string{"nameless", "another"} {
		all = append(all, filled{flow: "six_measures", customer: user, site: "main", day: "2026-02-02", level: 1, values: map[string]float64{"overall": 1}, choices: map[string][]string{"loyal_why": {"habit"}}})
	}
	w.fill(all...)
	robin := w.as("robin")
	page := textOf(body(robin.get("/leaving")))
	called := regexp.MustCompile(`Customer [B-Z]{5}`).FindAllString(page, -1)
	if len(called) != 2 || called[0] == called[1] || textOf(body(robin.get("/leaving"))) != page {
		t.Fatalf("they are called %q: %s", called, page)
	}
	person := storage.Person{Platform: "telegram", Account: "42", User: "nameless"}.ID()
	if one := body(robin.get("/customers/" + person)); !strings.Contains(one, called[0]) && !strings.Contains(one, called[1]) {
		t.Errorf("on their page they are called otherwise: %s", textOf(one))
	}
}

// TestWhoHasTwoAccountsCarriesOneMark: on the list, by whichever of them they answered, and on their own page.
func TestWhoHasTwoAccountsCarriesOneMark(t *testing.T) {
	w := newWorld(t)
	marks := map[bool]bool{} // whether the account that is their name is the smaller one
	said := func(user, day, key string) filled {
		return filled{flow: "six_measures", customer: user, key: key, site: "main", day: day, level: 1, values: map[string]float64{"overall": 1}, choices: map[string][]string{"loyal_why": {"habit"}}}
	}
	id := func(user string) string {
		return storage.Person{Platform: "telegram", Account: "42", User: user}.ID()
	}
	var all []filled
	var people []string
	for i := 0; len(marks) < 2; i++ {
		first, second := fmt.Sprint("first", i), fmt.Sprint("second", i)
		marks[id(first) < id(second)] = true
		all = append(all, said(first, "2026-02-01", id(first)), said(second, "2026-02-02", id(first)))
		people = append(people, first, second)
	}
	all = append(all, said("alone", "2026-02-02", ""))
	w.fill(all...)
	robin := w.as("robin")
	list := textOf(body(robin.get("/leaving")))
	called := regexp.MustCompile(`Customer [B-Z]+`)
	if found := called.FindAllString(list, -1); len(found) != len(people)/2+1 {
		t.Fatalf("of %q and another they are called %q: %s", people, found, list)
	}
	for _, user := range people {
		page := textOf(body(robin.get("/customers/" + id(user))))
		if name := called.FindString(page); name == "" || !strings.Contains(list, name) {
			t.Errorf("%s is called %q on their page:\n%s\n%s", user, name, page, list)
		}
	}
}

// TestWhoIsCaptiveIsListedByName lists those whose newest answer is captive, of the sites at which somebody may know
// customers, on both engines: nobody whom staff know by a pseudonym, and in the file those on the page.
func TestWhoIsCaptiveIsListedByName(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, _ *sql.DB) {
		w.leaves(11)
		robin, mei := w.as("robin"), w.as("mei")
		person := storage.Person{Platform: "telegram", Account: "42", User: "nameless"}.ID()
		page := body(robin.get("/leaving"))
		called := storage.Person{Platform: "telegram", Account: "42", User: "named"}.ID()
		got, want := listed(page), []string{person, called, "c-back", "c-habit", "c-keyed", "c-mono", "c-moved"}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("listed are %q, want %q: %s", got, want, textOf(page))
		}
		for _, text := range []string{
			"C-HABIT comes by habit level 2 of 7 on Feb 1, 2026 · last visit Feb 20, 2026, Harbour; days on which they came in twelve months: 3 · the answer",
			"Lin Wei comes for lack of a choice level 2 of 7 on Feb 2, 2026 · the answer", "c-keyed comes by habit level 2 of 7", "c-moved comes by habit level 3 of 7 on Feb 3, 2026",
			"comes by habit level 1 of 7 on Feb 2, 2026 · the answer", "c-back comes for lack of a choice level 1 of 7 on Feb 5, 2026",
		} {
			if !strings.Contains(textOf(page), text) {
				t.Errorf("the page does not say %q: %s", text, textOf(page))
			}
		}
		if !strings.Contains(page, `aria-label="the answer: Lin Wei"`) {
			t.Errorf("an answer is not called by whose it is: %s", page)
		}
		rows := fileRows(t, robin, filesOn(page)[0])
		file := column(rows, "customer")
		if slices.Sort(file); !slices.Equal(file, want) {
			t.Errorf("the file has %q, want %q", file, want)
		}
		for _, row := range rows {
			if row["customer"] == "c-habit" && fmt.Sprint(row["reason"], row["level"], row["answered"], row["last_visit"], row["site"], row["visits"]) != "habit22026-02-012026-02-20harbour3" {
				t.Errorf("the row is %v", row)
			}
		}
		// Somebody of one site reads neither who answered at another, nor who came there.
		local := textOf(body(mei.get("/leaving")))
		got = listed(body(mei.get("/leaving")))
		if slices.Sort(got); !slices.Equal(got, slices.DeleteFunc(slices.Clone(want), func(key string) bool { return key == "c-mono" })) || !strings.Contains(local, "last visit Feb 1, 2026, Main Street; days on which they came in twelve months: 2") || strings.Contains(local, "Harbour") {
			t.Errorf("at Main Street listed are %q: %s", got, local)
		}
		if files := filesOn(body(mei.get("/leaving"))); len(files) > 0 {
			t.Errorf("somebody who may have no files is led to %q", files)
		}
		for _, at := range []string{"/leaving?site=harbour", "/list/captive.csv"} {
			if got := mei.get(at).Code; got != http.StatusForbidden {
				t.Errorf("%s of another site: %d", at, got)
			}
		}
		if got := w.as("vera").get("/leaving").Code; got != http.StatusForbidden {
			t.Errorf("who may see figures alone reads who is captive: %d", got)
		}
		if page := body(w.as("vera").get("/reports/loyalty")); strings.Contains(page, "/leaving") {
			t.Error("who may see figures alone is led to the list")
		}
		w.keeps()
		if page := body(robin.get("/reports/loyalty")); !strings.Contains(page, `href="/leaving?who=captive"`) {
			t.Error("the report does not lead to the list")
		}
		if told := textOf(body(robin.get("/reports/loyalty"))); !strings.Contains(told, "Captive 79 % (52–92) of 14") { // 11: each account that had no key, and pseudonyms
			t.Errorf("the report counts %s", told)
		}
		w.forgets("c-habit")
		if got := listed(body(robin.get("/leaving"))); slices.Contains(got, "c-habit") || len(got) != 6 {
			t.Errorf("after an erasure listed are %q", got)
		}
	})
}

// forgets erases a customer by their key.
func (w *world) forgets(key string) {
	w.t.Helper()
	people, err := bot.FindPeople(w.t.Context(), w.bot, key)
	if err != nil || len(people) != 1 {
		w.t.Fatalf("%d people are called %s: %v", len(people), key, err)
	}
	if _, err := bot.Privacy(w.bot).Erase(w.t.Context(), people[0], personal.Options{Quiet: true, Why: storage.ErasedOnRequest, Mark: true}); err != nil {
		w.t.Fatal(err)
	}
	w.folds()
}

// TestWhoBecameLostIsListedOnce lists those who became lost, as many as the report counts, page by page and in the
// file.
func TestWhoBecameLostIsListedOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, _ *sql.DB) {
		w.leaves(60)
		robin, mei := w.as("robin"), w.as("mei")
		for _, who := range []*visit{robin, mei} {
			if page := textOf(body(who.get("/leaving?who=lost"))); !strings.Contains(page, "being made in the background") {
				t.Errorf("before it is known how often customers come: %s", page)
			}
		}
		if got := robin.get("/list/lost.csv").Code; got == http.StatusOK {
			t.Error("a file that is not known yet is handed out")
		}
		w.keeps()
		var want []string
		for i := range 60 {
			want = append(want, fmt.Sprint("l-", i))
		}
		slices.Sort(want)
		for within, want := range map[string][]string{"7": want, "30": want, "365": append(slices.Clone(want), "long")} {
			at := "who=lost&within=" + within
			for name, who := range map[string]*visit{"of both sites": robin, "of one": mei} {
				got, pages := listedAll(who, "/leaving?"+at)
				if slices.Sort(got); !slices.Equal(got, want) || pages != 2 {
					t.Errorf("within %s days, for somebody %s, listed on %d pages are %q", within, name, pages, got)
				}
			}
			if got := column(fileRows(t, robin, "/list/lost.csv?within="+within), "customer"); !slices.Equal(got, want) {
				t.Errorf("within %s days the file has %q", within, got)
			}
		}
		if page := textOf(body(robin.get("/reports/loyalty"))); !strings.Contains(page, "Lost 95 % (87–98) of 64") {
			t.Errorf("the report counts %s", page)
		}
		page := textOf(body(robin.get("/leaving?who=lost&within=365")))
		for _, text := range []string{"L-0 lost since Mar 2, 2026; usual interval in days of customers of this site: 30 level 5 of 7 on Dec 1, 2025 · last visit Dec 1, 2025, Main Street"} {
			if !strings.Contains(page, text) {
				t.Errorf("the page does not say %q: %s", text, page)
			}
		}
		if strings.Contains(page, "level 2 of 7") {
			t.Errorf("what somebody answered under a pseudonym stands beside their key: %s", page)
		}
		if !strings.Contains(body(robin.get("/reports/lost")), `href="/leaving?who=lost"`) {
			t.Error("the report does not lead to the list")
		}
		w.forgets("l-3")
		if got, _ := listedAll(robin, "/leaving?who=lost"); len(got) != 59 || slices.Contains(got, "l-3") {
			t.Errorf("after an erasure listed are %d: %q", len(got), got)
		}
	})
}

// TestWhoIsLostIsLookedForInAllBucketsAtOnce holds what a list of customers asks to a number of questions that does
// not grow with the buckets, of a server of 64.
func TestWhoIsLostIsLookedForInAllBucketsAtOnce(t *testing.T) {
	c := &sqlcount.Counter{}
	w := worldOfBuckets(t, 64, c.Wrap)
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var events []storage.Event
	for i := range 300 {
		events = append(events, storage.Event{
			Source: "till", ID: fmt.Sprint(i), State: storage.EventDone, Site: "main", Service: "Cut", Ended: now.AddDate(0, 0, -i%200), Customer: &storage.EventCustomer{ID: fmt.Sprint("k", i%100)},
		})
	}
	if _, err := w.store.PutEvents(t.Context(), events, now, false); err != nil {
		t.Fatal(err)
	}
	l := figures.Leavers{Store: w.store, Sites: []string{"main"}, Zone: func(string) *time.Location { return time.UTC }, Today: now, Usual: map[string]float64{"main": 20}, Within: 365}
	c.Reset()
	list, next, err := l.Lost(t.Context(), "", 20)
	if err != nil || len(list) != 20 || next == "" {
		t.Fatalf("%d are lost, %q, %v", len(list), next, err)
	}
	if n := c.Queries.Load(); n > 3 { // for keys, for visits and for answers
		t.Errorf("a page of lost customers asks %d times of %d buckets", n, w.store.Buckets())
	}
}
