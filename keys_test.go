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

// acts is, for each key of the file format, a test in which it acts: "folder TestName", and a file
// that this test plays where the key stands in none of its own sentences. A key that only says
// how the others are to be read has none.
var acts = map[string]string{
	"flow": "survey/flowfile TestTemplatesAreThePublishedOnes", "class": "recovery TestDecideFollowsTheVectors", "title": "bot TestACardStaysReadable",
	"languages": "survey TestFlowInAFifthLanguage", "texts": "survey TestFlowInAFifthLanguage", "identity": "bot TestH3APseudonymousCustomerIsNamedByNoLaterStep",
	"praise": "bot TestDelightedAnswersReachThoseWhoServedIfTheFlowAllows", "expires": "survey TestExpiryByTheClockOnly",
	"delay":  "bot TestASurveyGoesOnOnceSomebodySaysThatTheServiceIsOver survey/flowfile/templates/expect_perceive.yaml",
	"phase":  "bot TestASurveyGoesOnOnceSomebodySaysThatTheServiceIsOver survey/flowfile/templates/expect_perceive.yaml",
	"thanks": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E01-surveyjs-nps/flow.yaml", "attributes": "bot TestConversations bot/testdata/flows/ways.yaml",
	"questions": "survey TestStateChart", "scales": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E07-rapidpro/flow.yaml",
	"choices": "survey TestTypedAnswersToAChoice", "bands": "recovery TestTheFlowsOwnBandsDecide", "min_coverage": "survey TestComposite", "gap_tolerance": "survey TestGap",
	"gap_ignored": "recovery TestGapThatTheFlowIgnoresOpensNothing",

	"key": "survey TestComposite", "ask": "survey TestLongTextIsRefusedKindlyAndAskedAgain", "scale": "survey TestTypedAnswersToAScale", "choice": "survey TestTypedAnswersToAChoice",
	"options": "survey TestTypedAnswersToAChoice", "text": "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md", "number": "survey TestContactsDatesAndNumbers",
	"contact": "survey TestContactsDatesAndNumbers", "file": "survey TestFilesHaveALimit", "date": "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md",
	"message": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/F20-answer-repeated/flow.yaml",
	"primary": "survey TestLiteralPointsAgreeWithTheLevel", "weight": "survey TestComposite", "optional": "bot TestConversations bot/testdata/flows/everything.yaml",
	"max": "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md", "min": "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md", "shuffle": "survey TestShuffledOptionsStay",
	"pattern": "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md", "example": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E02-rewards/flow.yaml",
	"error":     "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E02-rewards/flow.yaml",
	"dont_know": "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md", "prefer_not": "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md",
	"retries": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E07-rapidpro/flow.yaml",
	"rows":    "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E03-qsf/flow.yaml", "when": "survey TestStateChart",
	"critical": "survey TestWhoGaveTheLowestMarkIsUnhappy", "alert": "recovery TestAlertModes", "rotate": "survey TestTranscripts survey/flowfile/templates/servqual5.yaml",
	"reverse": "survey TestReverse", "pair": "survey TestGap", "reported": "survey TestTranscripts survey/flowfile/templates/ladder7_expect.yaml",
	"dimension": "survey TestServqualShortForm", "justice": "survey TestTranscripts survey/flowfile/templates/post_recovery.yaml", "factor": "survey TestLoyaltyOfASession", "measure": "survey TestTranscripts survey/flowfile/templates/six_measures.yaml",

	"label": "survey TestTypedAnswersToAScale", "value": "survey TestComposite", "symbol": "survey TestTypedAnswersToAScale", "flag": "survey TestReverse", "score": "survey TestLinear",
	"short": "bot TestRule3WordsAreOnTheButtons survey/flowfile/data/scales.yaml",
	"also":  "survey TestThePageOfWhatPeopleTypeIsTrue docs/typing.md", "other": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E01-surveyjs-nps/flow.yaml",
	"exclusive": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/F13-none-of-these/flow.yaml", "generator": "survey TestLinear", "plain_words": "survey TestPlainWordsOfJudgement",
	"min_text": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E03-qsf/flow.yaml", "max_text": "bot TestEveryCaseFromTheFieldComesOutRight bot/testdata/field/E03-qsf/flow.yaml",
	"ladder": "recovery TestTheFlowsOwnBandsDecide", "from": "recovery TestTheFlowsOwnBandsDecide", "unsatisfied": "recovery TestTheFlowsOwnBandsDecide", "name": "recovery TestTheFlowsOwnBandsDecide",
	"expectation": "bot TestConversations survey/flowfile/data/bands.yaml", "indication": "bot TestConversations bot/testdata/flows/own_bands.yaml",
}

// labels are keys of the format of which nothing is computed, and which no page tells of.
var labels = []string{"mix"}

// Each key of the file format, which the schema tells editors of, acts in a test that is named.
func TestEveryKeyOfAFlowActsInATestThatIsNamed(t *testing.T) {
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Defs       map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	source, err := os.ReadFile("survey/flowfile/schema/flow.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(source, &schema); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for key := range schema.Properties {
		keys[key] = true
	}
	for name, d := range schema.Defs {
		for key := range d.Properties {
			if name != "condition" { // the words of conditions have their own tables and tests
				keys[key] = true
			}
		}
	}
	for key := range keys {
		if slices.Contains(labels, key) {
			if regexp.MustCompile("`" + key + "[`:]").Match(page) {
				t.Errorf("docs/flows.md tells of %s, of which nothing comes", key)
			}
			continue
		}
		fields := strings.Fields(acts[key])
		if len(fields) < 2 {
			t.Errorf("no test is named in which %s acts", key)
			continue
		}
		body := testBody(t, fields[0], fields[1])
		if body == "" {
			t.Errorf("%s: there is no test %s in %s", key, fields[1], fields[0])
		}
		if len(fields) == 3 {
			played, err := os.ReadFile(fields[2])
			if err != nil || !regexp.MustCompile(`\b`+key+`:`).Match(played) {
				t.Errorf("%s: %s does not hold it (%v)", key, fields[2], err)
			}
		}
	}
	for key := range acts {
		if !keys[key] {
			t.Errorf("%s is no key of a flow file", key)
		}
	}
}

// testBody is the source of a test of a folder, "" if there is none.
func testBody(t *testing.T, folder, name string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, rest, ok := strings.Cut(string(source), "\nfunc "+name+"(t *testing.T) {"); ok {
			body, _, _ := strings.Cut(rest, "\n}\n")
			return body
		}
	}
	return ""
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
