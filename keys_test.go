package aftercare_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fields are the keys of a flow file by the field of survey that holds each. A key that is the
// name of a kind of question is read with it.
var fields = map[string]string{
	"flow": "ID", "identity": "Naming", "min_coverage": "MinCoverage", "gap_tolerance": "GapTol", "gap_ignored": "GapIgnored",
	"languages": "Languages", "questions": "Questions", "choices": "Choices", "options": "Options", "scales": "Scale", "scale": "Scale", "choice": "Choices",
	"bands": "Bands", "text": "Long", "number": "MaxValue", "contact": "Contact", "file": "FileQ", "date": "DateQ", "message": "MessageQ",
	"min_text": "MinText", "max_text": "MaxText", "generator": "Score", "from": "Low", "min": "MinValue",
}

// deaf is where a key may be read without anything following from it.
var deaf = regexp.MustCompile(`^survey/(flowfile|flowmap)/|^survey/(check|diff)\w*\.go$`)

// What the page of the flow files tells of acts: each key of the file format that docs/flows.md
// names is read somewhere beyond the reading, checking and drawing of files.
func TestEveryKeyOfAFlowThatIsDocumentedActs(t *testing.T) {
	source, err := os.ReadFile("survey/flowfile/schema/flow.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(source, &schema); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, of := range []object{schema.object, schema.Defs["question"], schema.Defs["scale"], schema.Defs["option"], schema.Defs["band"], schema.Defs["choice"], schema.Defs["list"]} {
		for key := range of.Properties {
			keys[key] = true
		}
	}
	page, err := os.ReadFile("docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	read := selectedNames(t, "survey", "bot", "recovery", "cmd/aftercare")
	documented := 0
	for key := range keys {
		if !regexp.MustCompile("(?m)[`{ ]" + key + "[`:]").Match(page) {
			continue
		}
		documented++
		field := fields[key]
		if field == "" {
			for _, word := range strings.Split(key, "_") {
				field += strings.ToUpper(word[:1]) + word[1:]
			}
		}
		if !read[field] {
			t.Errorf("docs/flows.md tells of %s, and nothing that runs reads %s", key, field)
		}
	}
	if documented < 30 {
		t.Errorf("only %d of %d keys were found in docs/flows.md", documented, len(keys))
	}
	// What the page shows in its tables, the format knows.
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*)\\|").FindAllStringSubmatch(string(page[strings.Index(string(page), "## Keys of a flow"):strings.Index(string(page), "## What the customer can do")]), -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+)[:`]").FindAllStringSubmatch(row[1], -1) {
			if !keys[name[1]] && !slices.Contains([]string{"long", "email", "way", "time"}, name[1]) {
				t.Errorf("docs/flows.md tells of %s, which no flow file can hold", name[1])
			}
		}
	}
}

// selectedNames are the names that the sources of some folders select from anything.
func selectedNames(t *testing.T, folders ...string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || deaf.MatchString(filepath.ToSlash(path)) {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					all[n.Sel.Name] = true
				case *ast.Ident:
					if strings.HasSuffix(n.Name, "Q") {
						all[n.Name] = true
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
