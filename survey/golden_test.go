package survey_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

var update = flag.Bool("update", false, "rewrite the transcripts under testdata")

// TestTranscripts plays the conversations under testdata/*.txt. A line that begins
// with ">" is something that happens; the lines below it are what follows. Every scene
// begins with a fresh session. A transcript names a shipped template, or brings its
// own flow file between "flow" and "end".
//
//	go test ./survey -run TestTranscripts -update
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := play(string(source))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(source), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s differs (-written +played):\n%s", file, diff)
			}
		})
	}
}

// player plays one transcript.
type player struct {
	out     strings.Builder
	flow    survey.Flow
	lang    string
	attrs   map[string]string
	session survey.Session
	now     time.Time
	playing bool
}

func play(source string) (string, error) {
	p := &player{}
	lines := strings.Split(strings.TrimRight(source, "\n"), "\n")
	for n := 0; n < len(lines); n++ {
		line := lines[n]
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "#"):
			fmt.Fprintln(&p.out, line)
		case line == "" || strings.HasPrefix(line, "  "):
			// What was played before: written anew.
			if !p.playing && line == "" {
				fmt.Fprintln(&p.out)
			}
		case word == "template":
			flow, _, ok := flowfile.Template(rest)
			if !ok {
				return "", fmt.Errorf("line %d: there is no template %q", n+1, rest)
			}
			p.flow = flow
			fmt.Fprintln(&p.out, line)
		case line == "flow":
			end := n + slices.Index(lines[n:], "end")
			if end < n {
				return "", fmt.Errorf("line %d: the flow has no end", n+1)
			}
			flow, err := flowfile.Parse([]byte(strings.Join(lines[n+1:end], "\n")))
			if err != nil {
				return "", fmt.Errorf("line %d: %w", n+1, err)
			}
			p.flow = flow
			fmt.Fprintln(&p.out, strings.Join(lines[n:end+1], "\n"))
			n = end
		case word == "language":
			p.lang = rest
			fmt.Fprintln(&p.out, line)
		case word == "event":
			name, value, _ := strings.Cut(rest, " ")
			if p.attrs == nil {
				p.attrs = map[string]string{}
			}
			p.attrs[name] = value
			fmt.Fprintln(&p.out, line)
		case word == "scene":
			p.finish()
			p.session = survey.Session{ID: "6f2a", Flow: p.flow.ID, Status: survey.New, Open: survey.NoQuestion, Lang: p.lang, Attributes: p.attrs}
			p.now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
			p.playing = true
			fmt.Fprintf(&p.out, "\n%s\n\n", line)
		case word == ">":
			fmt.Fprintln(&p.out, line)
			if err := p.happen(rest); err != nil {
				return "", fmt.Errorf("line %d: %w", n+1, err)
			}
		default:
			return "", fmt.Errorf("line %d: %q is nothing that a transcript says", n+1, line)
		}
	}
	p.finish()
	text := p.out.String()
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return text, nil
}

// finish writes what a scene came to.
func (p *player) finish() {
	if !p.playing {
		return
	}
	fmt.Fprintf(&p.out, "  = %s", p.session.Status)
	if p.session.Paused {
		fmt.Fprint(&p.out, ", paused")
	}
	if q := p.question(p.session.Open); q != nil {
		fmt.Fprintf(&p.out, ", %s is open", q.Key)
	}
	fmt.Fprintln(&p.out)
	for _, a := range p.session.Answers {
		fmt.Fprintf(&p.out, "  = %s: %s", a.Question, p.words(a))
		if a.Revision > 1 {
			fmt.Fprintf(&p.out, ", revision %d", a.Revision)
		}
		if a.Dropped {
			fmt.Fprint(&p.out, ", dropped")
		}
		fmt.Fprintln(&p.out)
	}
}

func (p *player) question(i int) *survey.Question {
	if i < 0 || i >= len(p.flow.Questions) {
		return nil
	}
	return &p.flow.Questions[i]
}

func (p *player) happen(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	if word == "wait" {
		d, err := time.ParseDuration(rest)
		p.now = p.now.Add(d)
		return err
	}
	in, err := p.input(word, rest)
	if err != nil {
		return err
	}
	t := survey.Step(p.flow, p.session, in, p.now)
	p.session = t.Session
	if len(t.Effects) == 0 {
		fmt.Fprintln(&p.out, "  nothing")
	}
	for _, e := range t.Effects {
		p.effect(e)
	}
	p.now = p.now.Add(7 * time.Second)
	return nil
}

// input reads what happens: "pick overall 2", "toggle reason price", "write two stars".
func (p *player) input(word, rest string) (survey.Input, error) {
	key, what, _ := strings.Cut(rest, " ")
	question := slices.IndexFunc(p.flow.Questions, func(q survey.Question) bool { return q.Key == key })
	option := func() int {
		if q := p.question(question); q != nil {
			for i, o := range q.Scale.Options {
				if strconv.FormatFloat(o.Value, 'g', -1, 64) == what {
					return i
				}
			}
			for i, c := range q.Choices {
				if c.Key == what {
					return i
				}
			}
		}
		return -1
	}
	switch word {
	case "open":
		return survey.Open{}, nil
	case "pick":
		return survey.Pick{Question: question, Option: option()}, nil
	case "toggle":
		return survey.Toggle{Question: question, Option: option()}, nil
	case "done":
		return survey.Done{Question: question}, nil
	case "mean":
		n, err := strconv.Atoi(what)
		return survey.Mean{Question: question, Reading: n}, err
	case "write":
		return survey.Write{Text: strings.ReplaceAll(rest, `\n`, "\n")}, nil
	case "writes-long":
		n, err := strconv.Atoi(rest)
		return survey.Write{Text: strings.Repeat("a", n)}, err
	case "attach":
		var files []survey.File
		for _, f := range strings.Split(key, ",") {
			kind, id, _ := strings.Cut(f, ":")
			file := survey.File{Kind: kind, ID: id, Size: 1000}
			if strings.HasPrefix(id, "BIG") {
				file.Size = survey.MaxFileSize + 1
			}
			files = append(files, file)
		}
		return survey.Attach{Files: files, Text: what}, nil
	case "skip":
		return survey.Skip{Question: question}, nil
	case "leave":
		return survey.Leave{Question: question, Why: survey.Left(what)}, nil
	case "back":
		return survey.Back{}, nil
	case "change":
		return survey.Change{Question: question}, nil
	case "keep":
		return survey.Keep{Question: question}, nil
	case "decline":
		return survey.Decline{}, nil
	case "pause":
		return survey.Pause{}, nil
	case "resume":
		return survey.Resume{}, nil
	case "expire":
		return survey.Expire{}, nil
	case "speak":
		return survey.Speak{Lang: rest}, nil
	}
	return nil, fmt.Errorf("%q is nothing that can happen", word)
}

func (p *player) in(t survey.Text) string {
	return t.In(append([]string{p.session.Lang}, p.flow.Languages...)...)
}

func (p *player) effect(e survey.Effect) {
	w := &p.out
	key := func(i int) string {
		if q := p.question(i); q != nil {
			return " " + q.Key
		}
		return ""
	}
	switch e := e.(type) {
	case survey.Ask:
		again := ""
		if e.Again {
			again = " again"
		}
		q := p.question(e.Question)
		fmt.Fprintf(w, "  asks %s%s: %s\n", q.Key, again, p.in(q.Ask))
		p.buttons(q)
	case survey.Tell:
		fmt.Fprintf(w, "  tells%s: %s\n", key(e.Question), p.in(p.question(e.Question).Ask))
	case survey.Condense:
		change := ""
		if e.Changeable {
			change = " [change]"
		}
		a, _ := p.session.Answer(p.question(e.Question).Key)
		if a.Dropped {
			change = ", not judged any more" + change
		}
		fmt.Fprintf(w, "  shows%s: %s%s\n", key(e.Question), p.words(a), change)
	case survey.Withdraw:
		fmt.Fprintf(w, "  withdraws%s\n", key(e.Question))
	case survey.Notice:
		fmt.Fprintf(w, "  says %s%s\n", e.Code, key(e.Question))
	case survey.OffScript:
		fmt.Fprintf(w, "  passes on %q%s\n", e.Text, fileNames(e.Files))
	case survey.Attempt:
		fmt.Fprintf(w, "  keeps %q\n", e.Text)
	case survey.Judged:
		fmt.Fprintf(w, "  judges %s\n", verdict(e.Judgement))
	case survey.Close:
		revised := ""
		if e.Revised {
			revised = ", revised"
		}
		outcome := "not unsatisfied"
		if e.Judgement.Unsatisfied {
			outcome = "unsatisfied"
		}
		fmt.Fprintf(w, "  closes: %s, %s%s\n", e.Status, outcome, revised)
	default:
		fmt.Fprintf(w, "  unknown effect %T\n", e)
	}
}

func (p *player) buttons(q *survey.Question) {
	var buttons []string
	if asked := p.session.Asked(); len(asked) > 0 {
		for _, r := range asked {
			a := r.Answer()
			a.Question = q.Key
			buttons = append(buttons, "["+p.words(a)+"?]")
		}
		fmt.Fprintf(&p.out, "    %s [none of them]\n", strings.Join(buttons, " "))
		return
	}
	for _, o := range q.Scale.Options {
		buttons = append(buttons, "["+p.label(o)+"]")
	}
	for i, c := range q.Choices {
		mark := ""
		if slices.Contains(p.session.Toggled, i) {
			mark = "✓ "
		}
		buttons = append(buttons, "["+mark+p.in(c.Label)+"]")
	}
	if q.Kind == survey.ChoiceQ && q.Max > 1 {
		buttons = append(buttons, "[done]")
	}
	if q.Optional {
		buttons = append(buttons, "[skip]")
	}
	if len(buttons) > 0 {
		fmt.Fprintf(&p.out, "    %s\n", strings.Join(buttons, " "))
	}
}

// label is an option's value and its words, where they do not name it themselves.
func (p *player) label(o survey.Option) string {
	value, words := strconv.FormatFloat(o.Value, 'g', -1, 64), p.in(o.Label)
	if strings.HasPrefix(words, value) {
		return words
	}
	return value + " " + words
}

// words is an answer as people would say it.
func (p *player) words(a survey.Answer) string {
	i := slices.IndexFunc(p.flow.Questions, func(q survey.Question) bool { return q.Key == a.Question })
	q := p.question(i)
	switch {
	case a.Left != "":
		return "left, " + string(a.Left)
	case a.Skipped || q == nil:
		return "skipped"
	case a.Value != nil:
		for _, o := range q.Scale.Options {
			if o.Value == *a.Value {
				return p.label(o)
			}
		}
		return strconv.FormatFloat(*a.Value, 'g', -1, 64)
	case len(a.Choices) > 0:
		return strings.Join(a.Choices, ", ")
	}
	return strconv.Quote(a.Text) + fileNames(a.Files)
}

func fileNames(files []survey.File) string {
	names := ""
	for _, f := range files {
		names += " (" + f.Kind + " " + f.ID + ")"
	}
	return names
}

// verdict is a judgement in one line.
func verdict(j survey.Judgement) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	var parts []string
	if j.Unsatisfied {
		parts = append(parts, "unsatisfied")
	} else {
		parts = append(parts, "not unsatisfied")
	}
	if j.Composite != nil {
		parts = append(parts, "composite "+number(*j.Composite))
	}
	parts = append(parts, "coverage "+number(j.Coverage))
	if j.Level > 0 {
		parts = append(parts, "level "+strconv.Itoa(j.Level))
	}
	if j.Flag != "" {
		parts = append(parts, "flag "+string(j.Flag))
	}
	if j.Gap != nil {
		parts = append(parts, "gap "+number(*j.Gap)+" "+string(j.GapState))
	}
	if j.Delighted {
		parts = append(parts, "delighted")
	}
	for _, d := range slices.Sorted(maps.Keys(j.Dimensions)) {
		parts = append(parts, d+" "+number(j.Dimensions[d]))
	}
	if len(j.Critical) > 0 {
		parts = append(parts, "critical "+strings.Join(j.Critical, " "))
	}
	if len(j.Bottom) > 0 {
		parts = append(parts, "bottom "+strings.Join(j.Bottom, " "))
	}
	if j.Ended {
		parts = append(parts, "ended")
	} else if j.Settled {
		parts = append(parts, "settled")
	}
	return strings.Join(parts, ", ")
}
