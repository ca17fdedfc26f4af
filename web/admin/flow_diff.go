package admin

import (
	"strings"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// changeView is one thing that differs between two versions.
type changeView struct {
	Fatal    bool
	Text     string
	Was, Now string // where words or lines changed
	At       string // query that leads to its card
}

// compareView is what differs between two versions.
type compareView struct {
	Changes []changeView
	Lines   []diffLine // of the files
}

// diffLine is a line of two files: "-" is gone, "+" is new, " " stays.
type diffLine struct{ Sign, Text string }

// compared says what differs between two flow files, in words and line by line.
func (w *words) compared(old, new string) compareView {
	var c compareView
	a, errA := flowfile.Parse([]byte(old))
	b, errB := flowfile.Parse([]byte(new))
	if errA == nil && errB == nil {
		for _, p := range survey.Diff(a, b) {
			text := p.Message
			if key := "diff_" + p.Code; w.lang != fallback && w.by[key] != "" {
				text = w.t(key, p.Question)
			}
			x := changeView{Fatal: p.Severity == survey.Fatal, Text: text, At: cardQuery(p.Question)}
			if p.Code == "words_changed" {
				x.Was, x.Now = askedIn(a, p.Question, b), askedIn(b, p.Question, a)
			}
			c.Changes = append(c.Changes, x)
		}
	}
	c.Lines = diffLines(strings.Split(strings.TrimSuffix(old, "\n"), "\n"), strings.Split(strings.TrimSuffix(new, "\n"), "\n"))
	return c
}

// askedIn are the words of a question in the first language in which they differ.
func askedIn(f survey.Flow, key string, other survey.Flow) string {
	find := func(f survey.Flow) survey.Text {
		for _, q := range f.Questions {
			if q.Key == key {
				return q.Ask
			}
		}
		return nil
	}
	own, theirs := find(f), find(other)
	for _, tag := range f.Languages {
		if own[tag] != theirs[tag] {
			return own[tag]
		}
	}
	return own.In(f.Languages...)
}

// diffLines compares two files line by line: the longest common lines stay.
func diffLines(a, b []string) []diffLine {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	endA, endB := len(a), len(b)
	for endA > from && endB > from && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	if from == endA && from == endB {
		return nil
	}
	x, y := a[from:endA], b[from:endB]
	if len(x)*len(y) > 4_000_000 { // two files that have nothing to do with each other
		x, y = x[:min(len(x), 2000)], y[:min(len(y), 2000)]
	}
	long := make([][]int, len(x)+1)
	for i := range long {
		long[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var out []diffLine
	if from > 0 {
		out = append(out, diffLine{" ", a[from-1]})
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			out = append(out, diffLine{" ", x[i]})
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && long[i+1][j] >= long[i][j+1]:
			out = append(out, diffLine{"-", x[i]})
			i++
		default:
			out = append(out, diffLine{"+", y[j]})
			j++
		}
	}
	return out
}
