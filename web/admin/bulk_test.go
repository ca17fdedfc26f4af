package admin

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

func init() {
	f := frame{Title: "Assign 1 cases"}
	act := func(kind string) actPage {
		return actPage{Kind: kind, Button: "Assign", Choices: []choice{{"mei", "Mei", false}}, Values: url.Values{}}
	}
	wrong := act("assign")
	wrong.At = map[string]string{"to": "Choose somebody."}
	rows := []caseRow{{Number: "A-2", Priority: "P2", Name: "Anna", About: "Haircut"}}
	fixtures = append(fixtures,
		fixture{"bulk.html", "empty", f, bulkPage{Act: act("snooze"), Nothing: true}},
		fixture{"bulk.html", "full", f, bulkPage{Act: wrong, Rows: rows, Left: []bulkLeft{{"A-1", "is a P1."}}}},
		fixture{"bulk.html", "reasons", f, bulkPage{Act: act("no-action"), Rows: rows}},
		fixture{"bulk.html", "done", f, bulkPage{Act: act("assign"), Over: true, Done: []string{"A-2"}, Left: []bulkLeft{{"A-3", "Mei took it."}}}},
		fixture{"keys.html", "empty", frame{Title: "Shortcuts"}, []keyGroup{}},
		fixture{"keys.html", "full", frame{Title: "Shortcuts"}, []keyGroup{{"keys_case", []keyRow{{"t", "Take"}}}}},
	)
}

// Several cases are closed with one reason: a P1 is left alone, and so is what somebody may not
// do; each says what became of it.
func TestOneActWithSeveralCases(t *testing.T) {
	w := newWorld(t)
	worst := w.unhappy("main", "6", "Li", "Never again.")
	first, second := w.rated("2", "main", "7", "Anna Bell", "I waited."), w.rated("2", "main", "8", "Tom", "Too loud.")
	lead := w.as("robin")
	marked := url.Values{"case": {first.Name(), second.Name(), worst.Name(), "Z-9"}, "act": {"no-action"}}
	page := body(lead.get("/cases/bulk?" + marked.Encode()))
	if !strings.Contains(page, worst.Name()+"</a> is a P1") || !strings.Contains(page, "Z-9") || !strings.Contains(page, "No action on 2 cases") {
		t.Errorf("what is meant:\n%s", page)
	}
	list := body(lead.get("/cases"))
	if strings.Count(list, `form="bulk" name="case"`) != 2 || strings.Contains(list, `name="case" value="`+worst.Name()+`" aria-label="Mark`) {
		t.Errorf("what can be marked:\n%s", list)
	}
	if page := body(lead.post("/cases/bulk", marked)); !strings.Contains(page, "Say why.") {
		t.Errorf("no reason:\n%s", page)
	}
	marked.Set("more", "The till was broken all day.")
	if page := body(lead.post("/cases/bulk", marked)); !strings.Contains(page, "Done with 2:") {
		t.Errorf("done:\n%s", page)
	}
	if page := body(lead.post("/cases/bulk", marked)); !strings.Contains(page, "Nothing is marked that") {
		t.Errorf("twice:\n%s", page)
	}
	for _, k := range []storage.Case{first, second} {
		now, err := w.store.Case(t.Context(), k.Bucket, k.ID)
		if err != nil || now.State.Active() {
			t.Errorf("%s is %s, %v", k.Name(), now.State, err)
		}
	}
}

// Cases are found by the beginnings of the words of a customer's name, by whoever may know it.
func TestCasesAreFoundByName(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "7", "Anna Bell", "I waited.")
	w.unhappy("main", "8", "Tom Hanna", "Too loud.")
	page := body(w.as("robin").get("/cases?q=" + url.QueryEscape("bel AN")))
	if !strings.Contains(page, "Found by name") || !strings.Contains(page, `id="row-`+k.Name()) || strings.Contains(page, "Tom Hanna") {
		t.Errorf("by name:\n%s", page)
	}
	if page := body(w.as("robin").get("/cases?q=zoe")); !strings.Contains(page, "No case is called") {
		t.Errorf("nobody:\n%s", page)
	}
}
