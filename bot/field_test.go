package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// A case from the field is a folder of testdata/field: what people reported of surveys in chats,
// with what is right. Its files are read by the test of their kind; a file of no kind is read by
// nobody, and fails.
var fieldFiles = map[string]string{
	"case.md":      "bot",           // what was reported, and what is right
	"flow.yaml":    "bot",           // the flow, which is checked, and the stories' own
	"*.flow":       "bot",           // another flow of a story
	"*.story":      "bot",           // a conversation, with what comes of it
	"rules.yaml":   "bot",           // rules of recovery, with what falls due when
	"right.txt":    "bot",           // what the checker says of flow.yaml, or what falls due by rules.yaml
	"answers.yaml": "cmd/aftercare", // an answers file of `survey try`, beside answers.txt, what comes of it
	"answers.txt":  "cmd/aftercare",
	"command.txt":  "cmd/aftercare", // commands that must be there
	"update*.json": "adapters/telegram",
	"text.txt":     "adapters/slack",
}

func TestEveryCaseFromTheFieldComesOutRight(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/field/[A-Z]*")
	if err != nil || len(dirs) < 45 {
		t.Fatalf("%d cases were found: %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			files, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			checked := 0
			for _, f := range files {
				path := filepath.Join(dir, f.Name())
				switch kind := fieldKind(f.Name()); {
				case kind == "":
					t.Errorf("%s is read by no test", f.Name())
				case f.Name() == "case.md":
					if text := read(t, path); !strings.Contains(text, "\nRight: ") || !strings.Contains(text, "\nReported: ") {
						t.Errorf("%s does not say what is right, or who reported it", path)
					}
				case kind == "*.story":
					checked++
					t.Run(f.Name(), func(t *testing.T) { fieldStory(t, path) })
				case f.Name() == "flow.yaml":
					checked += fieldFlow(t, path)
				case f.Name() == "rules.yaml":
					checked++
					fieldRules(t, path)
				case fieldFiles[kind] != "bot":
					checked++ // by the test of its own package
				}
			}
			if checked == 0 {
				t.Error("nothing of this case is tried")
			}
		})
	}
}

func fieldKind(name string) string {
	for pattern := range fieldFiles {
		if ok, _ := filepath.Match(pattern, name); ok {
			return pattern
		}
	}
	return ""
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fieldStory plays a story in the language of TestConversations. Lines that begin with "=" are
// what must be so by then, those with "!" what must not:
//
//	= overall: 2              the answer, "-" for none
//	= customer: words         the newest state of the customer's chat shows them
//	= staff: words            … or the staff's
//	= said: words             what the customer saw for a moment
//	= case: P1                or none
//	= stopped
func fieldStory(t *testing.T, path string) {
	s := &story{world: newWorld(t), staff: room, team: make(map[string]customer), old: make(map[string]string)}
	held, tapped := 0, ""
	for line := range strings.Lines(read(t, path)) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(line, "> flow "); ok {
			s.publishFile(filepath.Join(filepath.Dir(path), name))
			continue
		}
		if happens, ok := strings.CutPrefix(line, "> "); ok {
			if text, taps := strings.CutPrefix(happens, "tap "); taps {
				tapped = s.button(s.who.address, text)
			}
			if happens == "again" { // the same button, which is no more there
				for _, a := range s.tap(s.who, tapped) {
					fmt.Fprintf(&s.out, "toast: %s\n", a.Text)
				}
				continue
			}
			s.do(happens)
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		what, want, _ := strings.Cut(line[2:], ": ")
		is := s.holds(what, want)
		if held++; is != (line[0] == '=') {
			t.Errorf("%q does not hold:\n%s", line, s.out.String())
		}
	}
	if held == 0 {
		t.Error("nothing must be so at the end of this story")
	}
}

// holds reports whether something is so now.
func (s *story) holds(what, want string) bool {
	s.t.Helper()
	shown := func(at chat.Address) bool {
		for _, d := range s.transcript(at) {
			if strings.Contains(drawn(d.Render), want) {
				return true
			}
		}
		return false
	}
	switch what {
	case "customer":
		return shown(s.who.address)
	case "staff":
		return shown(s.staff)
	case "said":
		return strings.Contains(s.out.String(), "toast: "+want) || strings.Contains(s.out.String(), "alert: "+want)
	case "case":
		all := s.cases()
		if len(all) == 0 {
			return want == "none"
		}
		return fmt.Sprintf("P%d", all[0].Decision.Priority) == want
	case "stopped":
		p := s.who.person()
		id, err := s.store.Identity(s.t.Context(), s.bot.bucketOf(p), p.ID())
		return err == nil && !id.Stopped.IsZero()
	}
	got := "-"
	session := s.session(s.who)
	for _, a := range session.Answers {
		if a.Question == what && !a.Dropped && !a.Skipped {
			got = asWritten(a)
		}
	}
	return got == want
}

// asWritten is an answer as docs/typing.md writes it.
func asWritten(a survey.Answer) string {
	switch {
	case a.Value != nil:
		return strconv.FormatFloat(*a.Value, 'f', -1, 64)
	case len(a.Choices) > 0 && a.Text != "":
		return strings.Join(a.Choices, ", ") + ", “" + a.Text + "”"
	case len(a.Choices) > 0:
		return strings.Join(a.Choices, ", ")
	}
	return a.Text
}

// fieldFlow compares what the checker finds with right.txt, a line of which is a beginning of
// what is found; without that file nothing fatal may be found.
func fieldFlow(t *testing.T, path string) int {
	f, err := flowfile.Parse([]byte(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	fatal := false
	for _, p := range survey.Check(f) {
		found = append(found, fmt.Sprintf("%v: %s", p.Severity, p.Message))
		fatal = fatal || p.Severity == survey.Fatal
	}
	right := filepath.Join(filepath.Dir(path), "right.txt")
	if _, err := os.Stat(right); err != nil {
		if fatal {
			t.Errorf("the flow cannot be published: %q", found)
		}
		return 0
	}
	for line := range strings.Lines(read(t, right)) {
		line = strings.TrimSpace(line)
		if !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, line) }) {
			t.Errorf("the checker does not say %q; it says %q", line, found)
		}
	}
	return 1
}

// fieldRules computes what right.txt says, in lines "FROM + SPAN = DUE in ZONE" of what falls due
// and "tell FROM = AT in ZONE" of when staff hear of a P2 that opens at FROM.
func fieldRules(t *testing.T, path string) {
	rules, err := rulefile.Parse([]byte(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	const layout = "2006-01-02 15:04"
	for line := range strings.Lines(read(t, filepath.Join(filepath.Dir(path), "right.txt"))) {
		line = strings.TrimSpace(line)
		line, zone, _ := strings.Cut(line, " in ")
		sum, due, _ := strings.Cut(line, " = ")
		sum, told := strings.CutPrefix(sum, "tell ")
		from, span, _ := strings.Cut(sum, " + ")
		at, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.ParseInLocation(layout, from, at)
		if err != nil {
			t.Fatal(err)
		}
		in := rules.At("", at)
		if told {
			if got := in.Tell(recovery.P2, start).At.In(at).Format(layout); got != due {
				t.Errorf("%s: it is %s", line, got)
			}
			continue
		}
		var s recovery.Span
		if err := s.UnmarshalText([]byte(span)); err != nil {
			t.Fatal(err)
		}
		if got := in.Hours.Due(start, s).In(at).Format(layout); got != due {
			t.Errorf("%s: it is %s", line, got)
		}
	}
}
