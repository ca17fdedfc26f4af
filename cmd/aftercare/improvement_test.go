package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestImprovementsByCommand writes a change and a note down as their user would, reads them in words and as JSON, and
// takes one back.
func TestImprovementsByCommand(t *testing.T) {
	c := newConsole(t, nil)
	c.clock = func() time.Time { return time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC) }
	c.must("site", "add", "main", "--name", "Main Street")
	says := func(out string, want ...string) {
		t.Helper()
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("it does not say %q:\n%s", text, out)
			}
		}
	}
	says(c.must("improvement", "list"), "Nothing is written down.\n")
	change := []string{"improvement", "add", "A second till", "--reason", "Customers waited", "--day", "2026-03-02", "--site", "main", "--owner", "Robin", "--id", "second-till"}
	for range 2 { // the same call again changes nothing
		says(c.must(change...), "Written down as second-till.\n")
	}
	c.refuses(1, "another name", append(change[:len(change):len(change)], "--day", "2026-03-09")...)
	note := c.must("improvement", "add", "Building work", "--note", "--day", "2026-03-09")
	name, made := strings.CutPrefix(strings.TrimSuffix(note, ".\n"), "Written down as ")
	if !made || len(name) < 30 {
		t.Fatalf("a note is answered with %q", note)
	}
	says(c.must("improvement", "add", "Clear prices", "--reason", "Price", "--day", "2026-03-10", "--of", "post_service_3/why/price", "--id", "prices", "--json"),
		`"counted":{"flow":"post_service_3","question":"why","choice":"price"}`)

	list := c.must("improvement", "list")
	says(list, "second-till  2026-03-02  main  A second till (Customers waited; Robin)\n", name+"  2026-03-09  every site  Building work (a note)\n", "prices  2026-03-10  every site  Clear prices (Price)\n")
	if strings.Index(list, "prices") > strings.Index(list, name) || strings.Index(list, name) > strings.Index(list, "second-till") {
		t.Errorf("the newest day is not first:\n%s", list)
	}
	var all struct{ Items []sentImprovement }
	if err := json.Unmarshal([]byte(c.must("improvement", "list", "--json")), &all); err != nil || len(all.Items) != 3 {
		t.Errorf("as JSON it lists %+v, %v", all, err)
	}
	says(c.must("improvement", "show", "second-till"), "2026-03-02  main  A second till (Customers waited; Robin)\n",
		"Before, 2026-01-05 to 2026-03-01: too few to say\n", "After, 2026-03-02 to 2026-03-20: too few to say\n", "What came of it: too early to say\n")
	if out := c.must("improvement", "show", name); out != "2026-03-09  every site  Building work (a note)\n" {
		t.Errorf("of a note it says %q", out)
	}
	says(c.must("improvement", "show", "second-till", "--json"), `"effect":"early"`)

	says(c.must("improvement", "remove", "second-till"), "Taken back")
	if list := c.must("improvement", "list"); strings.Contains(list, "second-till") {
		t.Errorf("what was taken back is listed:\n%s", list)
	}
	c.refuses(1, "no such change", "improvement", "show", "second-till")
	c.refuses(1, "no such change", "improvement", "remove", "second-till")
	c.refuses(1, "taken back", change...)
}

// TestAnImprovementThatIsWrongIsRefused gives the command what it cannot write down: it says what to write instead,
// and nothing is stored.
func TestAnImprovementThatIsWrongIsRefused(t *testing.T) {
	c := newConsole(t, nil)
	add := func(args ...string) []string { return append([]string{"improvement", "add"}, args...) }
	for _, x := range []struct {
		code int
		says string
		args []string
	}{
		{2, "--day", add("A second till", "--reason", "slow")},
		{2, "change", add("--day", "2026-03-05", "--reason", "slow")},
		{1, "#/reason: Say why", add("A second till", "--day", "2026-03-05")},
		{1, "Write it as 2026-03-05", add("A second till", "--reason", "slow", "--day", "soon")},
		{1, "Write it as 2026-03-05", add("A second till", "--reason", "slow", "--day", "2126-03-05")},
		{1, "#/change", add(strings.Repeat("x", 301), "--reason", "slow", "--day", "2026-03-05")},
		{1, "#/change: Say what was changed", add(" ", "--reason", "slow", "--day", "2026-03-05")},
		{1, "A note has no reason", add("Snow", "--note", "--reason", "slow", "--day", "2026-03-05")},
		{1, "A note has no reason", add("Snow", "--note", "--of", "post_service_3/why/price", "--day", "2026-03-05")},
		{2, "FLOW/QUESTION/CHOICE", add("A second till", "--reason", "slow", "--day", "2026-03-05", "--of", "price")},
		{1, "Name a survey", add("A second till", "--reason", "slow", "--day", "2026-03-05", "--of", "post_service_3//price")},
		{1, "no name of a change", add("A second till", "--reason", "slow", "--day", "2026-03-05", "--id", "Second till")},
		{1, "no name of a change", add("A second till", "--reason", "slow", "--day", "2026-03-05", "--id", "a/b?c")},
		{1, "no such change", []string{"improvement", "show", "x?y=/z"}},
	} {
		c.refuses(x.code, x.says, x.args...)
	}
	if out := c.must("improvement", "list"); out != "Nothing is written down.\n" {
		t.Errorf("it lists %q", out)
	}
}
