package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Only who is told to serve, to migrate or to show the demo makes a database. A command
// that was called in the wrong directory says so and leaves nothing there.
func TestR4NoOtherCommandMakesADatabase(t *testing.T) {
	makes := map[string]bool{"serve": true, "migrate": true, "demo": true}
	told := 0
	for _, args := range everyCommand(t) {
		if makes[args[0]] {
			continue
		}
		c := bareConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
		code := c.call(args...)
		if left := leftIn(t, c.dir); len(left) > 0 {
			t.Errorf("%v made %v: exit code %d: %s", args, left, code, c.stderr.String())
		}
		if strings.Contains(c.stderr.String(), "there is no database at "+c.dir+"/a.db. Go to the directory of your server, or") {
			told++
			if code != 1 {
				t.Errorf("%v: exit code %d", args, code)
			}
		}
	}
	if told < 12 {
		t.Errorf("only %d commands say that there is no database", told)
	}
}

// everyCommand is a command line for each command, with something in every place that
// must be filled.
func everyCommand(t *testing.T) [][]string {
	t.Helper()
	parser, err := kong.New(new(commands), kong.Name("aftercare"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for _, leaf := range parser.Model.Leaves(false) {
		args := strings.Fields(strings.TrimPrefix(leaf.FullPath(), "aftercare "))
		for _, p := range leaf.Positional {
			if p.Required {
				args = append(args, "post_service_3")
			}
		}
		for _, group := range leaf.AllFlags(false) {
			for _, f := range group {
				switch {
				case f.Required && f.Enum != "":
					args = append(args, "--"+f.Name, strings.Split(f.Enum, ",")[0])
				case f.Required:
					args = append(args, "--"+f.Name, "x")
				}
			}
		}
		all = append(all, args)
	}
	return all
}
