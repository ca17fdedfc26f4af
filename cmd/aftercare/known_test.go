package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// naming are the flags that name something that has to be there: what nobody has heard of is a slip of the keyboard.
var naming = []string{"site", "flow", "staff", "trigger", "survey", "ask", "channel"}

// TestANameOfNothingIsRefusedByEveryCommand gives each flag of each command that takes a name one of nothing: an
// empty answer would say that there is nothing to tell.
func TestANameOfNothingIsRefusedByEveryCommand(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main Street")
	sheet := filepath.Join(c.dir, "visits.csv")
	if err := os.WriteFile(sheet, []byte("customer,ended,service\nC-1,2026-03-02 10:00,haircut\nC-2,2026-03-03 11:00,haircut\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := map[string][]string{ // what else a command needs
		"admin create": {"robin"}, "export": {"answers"}, "import": {sheet, "--consent", "contract"}, "improvement add": {"A second till", "--reason", "slow", "--day", "2026-03-05"},
		"report show": {"level"}, "report figures": nil, "invite new": nil, "staff add": {"bob", "--name", "Bob"},
		"staff chat add": {"front-desk"}, "token create": {"till", "--scope", "flows:read"}, "webhook add": {"crm", "--url", "https://example.com/in"},
	}
	also := map[string][]string{"import --ask": {"--site", "main"}}
	// A name in these is of no list: who served is a word in each event, and a staff chat may have any.
	free := []string{"report figures --staff", "report show --staff", "invite new --channel"}
	parser, err := kong.New(new(commands), kong.Name("aftercare"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, leaf := range parser.Model.Leaves(false) {
		path := strings.Fields(strings.TrimPrefix(leaf.FullPath(), "aftercare "))
		command := strings.Join(path, " ")
		for _, f := range leaf.Flags {
			if !slices.Contains(naming, f.Name) || slices.Contains(free, command+" --"+f.Name) {
				continue
			}
			rest, known := with[command]
			if !known {
				t.Errorf("%s takes --%s, and nothing is known of it here", command, f.Name)
				continue
			}
			args := slices.Concat(path, rest, also[command+" --"+f.Name], []string{"--" + f.Name, "nowhere"})
			seen++
			if code := c.call(args...); code == 0 || !strings.Contains(strings.ToLower(c.stderr.String()), "there is no ") || !strings.Contains(c.stderr.String(), "nowhere") {
				t.Errorf("%q ends with %d and says %q %q", args, code, c.stdout.String(), c.stderr.String())
			}
		}
	}
	if seen < 12 {
		t.Errorf("%d flags were tried", seen)
	}
	c.must("export", "answers", "--site", "main", "--flow", "one_tap_csat") // shipped, and never asked
	c.refuses(2, "without the @", "export", "answers", "--flow", "one_tap_csat@1")
	c.must("site", "remove", "main")
	c.must("export", "answers", "--site", "main") // its rows are there
}
