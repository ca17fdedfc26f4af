package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// orders is what others may have written to move a terminal.
const orders = "\x1b]0;x\a\x1b[2J\u009b31m\u202Egpj\u2066\x7f\rMallory\u2028"

// TestL11NoCommandPrintsWhatMovesATerminal fills a database with names and words that hold
// orders to a terminal and runs every command there is.
func TestL11NoCommandPrintsWhatMovesATerminal(t *testing.T) {
	c := newConsole(t, nil)
	ctx := context.Background()
	store, err := sqlite.Open(ctx, strings.TrimPrefix(c.env["DATABASE_URL"], "sqlite:"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := app.Now()
	for _, err := range []error{
		store.PutSite(ctx, storage.Site{ID: "main", Name: orders, Zone: "UTC", Language: "en", Created: now}),
		store.PutStaff(ctx, storage.Staff{ID: "bob", Name: orders, Created: now}),
		store.Park(ctx, storage.Parked{Key: "k", Payload: "{\"text\":\"\u009b31m \u202e\"}", Error: orders, At: now, Person: storage.Person{Platform: chat.Telegram, Account: "42", User: "7"}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	parser, err := kong.New(&commands{}, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	arguments := map[string][]string{
		"outbox show": {"k"}, "site add": {"main", "--name", orders}, "staff add": {"bob", "--name", orders, "--everywhere"}, "staff code": {"bob"},
		"staff remove": {orders}, "invite": {orders}, "survey show": {orders}, "survey check": {orders}, "customer show": {orders},
	}
	served := []string{"serve", "demo"} // they run until they are stopped; their logs go the same way
	ran, names := 0, 0
	for _, leaf := range parser.Model.Leaves(true) {
		path := strings.TrimPrefix(leaf.Path(), "aftercare ")
		path = regexp.MustCompile(` <.*| \[.*`).ReplaceAllString(path, "")
		if slices.Contains(served, path) {
			continue
		}
		for _, form := range [][]string{nil, {"--json"}} {
			c.call(append(append(strings.Fields(path), arguments[path]...), form...)...)
			ran++
			out := c.stdout.String() + c.stderr.String()
			if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && r != '\t' && ordering(r) }); i >= 0 {
				t.Errorf("aftercare %s prints %q", path, out[max(0, i-20):min(len(out), i+20)])
			}
			if strings.Contains(out, "Mallory") {
				names++
			}
		}
	}
	if ran < 40 || names < 6 {
		t.Errorf("only %d commands were run, and %d printed a name", ran, names)
	}
	var sites []siteView
	if err := json.Unmarshal([]byte(c.must("site", "list", "--json")), &sites); err != nil || len(sites) != 1 || !strings.HasPrefix(sites[0].Name, "\x1b]0;") {
		t.Errorf("for programs the name is %+v: %v", sites, err)
	}
}

// Nothing in this package may go round the one printer.
func TestEveryCommandPrintsThroughThePrinter(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	past := regexp.MustCompile(`\bos\.(Stdout|Stderr)\b|\bfmt\.Print|\bprintln\(|\blog\.`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found := past.FindAllString(string(source), -1)
		if name == "terminal.go" {
			found = found[min(2, len(found)):] // execute gives them to call, which puts the printer before them
		}
		if len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestAPrinterPartsNoLetterAndKeepsLines(t *testing.T) {
	var b bytes.Buffer
	p := &printed{to: &b}
	const words = "a\tb\r\n日本 \u202E👍\xff\x1b[0m"
	for i := range len(words) {
		if n, err := p.Write([]byte{words[i]}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if got, want := b.String(), "a\tb\r\n日本 \\u202e👍\uFFFD\\u001b[0m"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
