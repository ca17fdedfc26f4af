package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEventsAreToldShownAndCancelled(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.must("site", "add", "main", "--name", "Main Street")
	file := filepath.Join(c.dir, "events.json")
	write := func(body string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"source":"till","id":"1","site":"main","state":"booked","service":"cut"}`)
	if out := c.must("event", "post", file); !strings.Contains(out, "Stored: 1. Known before: 0") {
		t.Errorf("it says %s", out)
	}
	if out := c.must("event", "post", file); !strings.Contains(out, "Stored: 0. Known before: 1") {
		t.Errorf("it says %s", out)
	}
	write(`{"source":"till","id":"1","site":"main","state":"booked","service":"colour"}`)
	c.refuses(1, "They differ in: service", "event", "post", file)
	write(`{"source":"till","id":"2","site":"mian","state":"booked"}`)
	c.refuses(1, `#/site: There is no site "mian"`, "event", "post", file)
	c.must("event", "cancel", "till", "1", "--reason", "ill")
	if out := c.must("event", "show", "till", "1"); !strings.Contains(out, `"cancelled"`) || !strings.Contains(out, `"ill"`) {
		t.Errorf("it shows %s", out)
	}
	c.refuses(1, "There is no such event", "event", "show", "till", "2")

	// Triggers: shown, checked, tried, applied; an event says what comes of it.
	if out := c.must("triggers", "show"); !strings.Contains(out, "nobody is asked by itself") || !strings.Contains(out, "triggers: []") {
		t.Errorf("it shows %s", out)
	}
	write("triggers:\n  - {name: visit, ask: one_tap_cast}\n")
	c.refuses(1, `Did you mean "one_tap_csat"?`, "triggers", "check", file)
	write("triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h}\n")
	c.must("triggers", "check", file)
	triggers := filepath.Join(c.dir, "triggers.yaml")
	if err := os.Rename(file, triggers); err != nil {
		t.Fatal(err)
	}
	ended := time.Now().UTC().Add(-time.Minute).Format(time.RFC3339)
	write(`{"source":"till","id":"3","site":"main","ended":"` + ended + `","customer":{"id":"C-1"}}`)
	if out := c.must("event", "post", file); !strings.Contains(out, "Are asked: 0. Are not: 1") {
		t.Errorf("it says %s", out)
	}
	if out := c.must("triggers", "try", triggers, "--since", "7d"); !strings.Contains(out, "visit: 1 matched, 1 would have been asked") {
		t.Errorf("it says %s", out)
	}
	c.must("triggers", "apply", triggers)
	if out := c.must("triggers", "show"); !strings.Contains(out, "# Triggers, version 1") {
		t.Errorf("it shows %s", out)
	}
	write(`{"source":"till","id":"4","site":"main","ended":"` + ended + `","customer":{"id":"C-2"}}`)
	if out := c.must("event", "post", file); !strings.Contains(out, "Are asked: 1. Are not: 0") {
		t.Errorf("it says %s", out)
	}
	if out := c.must("event", "show", "till", "4"); !strings.Contains(out, `"trigger": "visit"`) {
		t.Errorf("it shows %s", out)
	}
	// Whether somebody is asked, and why, is shown by person, and counts among what is kept.
	if out := c.must("customer", "contacts", "C-2"); !strings.Contains(out, "one_tap_csat") || !strings.Contains(out, "scheduled") {
		t.Errorf("it shows %s", out)
	}
	if out := c.must("customer", "contacts", "C-2", "--json"); !strings.Contains(out, `"trigger": "visit"`) {
		t.Errorf("it shows %s", out)
	}
	if out := c.must("customer", "show", "C-2"); !strings.Contains(out, "whether they were asked, and why not") {
		t.Errorf("it shows %s", out)
	}
	c.refuses(1, `nobody is known as "C-9"`, "customer", "contacts", "C-9")
}
