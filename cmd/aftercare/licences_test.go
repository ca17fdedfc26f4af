package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// licenceFile is how files are called under whose terms others may use what is in them, and what has
// to be passed on with it.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|authors)([-._].*)?$`)

// platforms are those that the program is built for.
var builtFor = []string{"linux", "darwin", "windows"}

// modules are the modules that the program is made of on any platform, with their directories.
func modules(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, system := range builtFor {
		cmd := exec.Command("go", "list", "-deps", "-json=Module", ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct {
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if m := p.Module; m != nil && !m.Main {
				all[m.Path+" "+m.Version] = m.Dir
			}
		}
	}
	return all
}

// notices is the whole text, and which modules have no licence.
func notices(t *testing.T) (text string, without []string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("Aftercare is made with the software below. Each part comes under the terms that follow its name.\n" +
		"This file is generated: go test ./cmd/aftercare -run Licences -update\n")
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := modules(t)
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	all["the Go programming language and its standard library"] = strings.TrimSpace(string(root))
	for _, name := range append([]string{"the Go programming language and its standard library"}, names...) {
		entries, err := os.ReadDir(all[name])
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			content, err := os.ReadFile(filepath.Join(all[name], e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			found = found || regexp.MustCompile(`(?i)^(licen|copying)`).MatchString(e.Name())
			b.WriteString("\n" + strings.Repeat("=", 80) + "\n" + name + " · " + e.Name() + "\n" + strings.Repeat("=", 80) + "\n\n")
			b.WriteString(strings.TrimRight(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n \t") + "\n")
		}
		if !found {
			without = append(without, name)
		}
	}
	return b.String(), without
}

// What the program is made with is named in it, with the terms under which it may be passed on.
func TestTheLicencesOfAllThatTheProgramIsMadeWithAreInIt(t *testing.T) {
	text, without := notices(t)
	if len(without) > 0 {
		t.Errorf("without a licence: %v", without)
	}
	if *updatePictures {
		if err := os.WriteFile("third_party.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return // the program has what was there when it was built
	}
	if text != thirdParty {
		t.Error("third_party.txt is not what go.mod says: go test ./cmd/aftercare -run Licences -update")
	}
	for _, want := range []string{"github.com/lib/pq v", "modernc.org/sqlite v", "github.com/prometheus/client_golang v", "NOTICE", "Apache License"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	for _, test := range []string{"chromedp", "toxiproxy", "rapid"} {
		if strings.Contains(text, test+" v") {
			t.Errorf("%s is in it, and in no program", test)
		}
	}
	c := bareConsole(t, nil)
	if out := c.must("version", "--licences"); out != thirdParty {
		t.Errorf("the command prints %d bytes of %d", len(out), len(thirdParty))
	}
}
