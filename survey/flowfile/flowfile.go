// Package flowfile reads and writes flow files: the YAML in which a survey.Flow is
// kept, edited and shipped. The format is described in docs/flows.md and, for
// editors, by the JSON Schema that Schema returns.
//
// Reading is strict. Unknown keys, duplicate keys and tabs are refused, every error
// says where it is and what to do, and as many errors as can be found are reported
// in one go. No input makes it panic, run away or use much memory.
package flowfile

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey"
)

// The limits of a flow file. They are far above what a survey in a chat can use and
// far below what would cost the server anything.
const (
	// MaxSize is the largest file that is read, in bytes.
	MaxSize = 256 << 10
	// maxDepth is how deep collections may be nested.
	maxDepth = 32
	// maxKeys is how many keys one mapping may have.
	maxKeys = 1000
	// maxNodes is how many values are read, aliases followed: it stops alias bombs.
	maxNodes = 50_000
	// maxErrors is how many errors are reported in one go.
	maxErrors = 50
	// maxQuestions, maxOptions and maxText (characters) are what a chat can show.
	maxQuestions = 100
	maxOptions   = 50
	maxText      = 3000
)

// Parse reads a flow file. The flow's Version is 0: a file does not say which version
// it will become. An error is of type Errors, which holds an *Error for everything
// found (errors.As with an *Error finds the first).
func Parse(source []byte) (survey.Flow, error) {
	return parse(source, shippedScales(), shippedChoices(), shippedBands())
}

func parse(source []byte, scales map[string]survey.Scale, lists map[string]choiceList, bands survey.BandSet) (f survey.Flow, err error) {
	r := newReader(source)
	r.scales, r.lists, r.bands = scales, lists, bands
	root := r.load(source)
	if root != nil {
		f = r.flow(root)
	}
	if err := r.err(); err != nil {
		return survey.Flow{}, err
	}
	return f, nil
}

// reader holds what is known while one file is read.
type reader struct {
	lines     []string // of the source, for excerpts
	errs      Errors
	nodes     int                 // values read so far
	exhausted bool                // maxNodes was reached and said so
	anchors   map[string]ast.Node // anchored values by name
	languages []string            // of the flow; the first is the language of plain texts

	scales map[string]survey.Scale // shipped, then those of the file
	lists  map[string]choiceList   // shipped, then those of the file
	bands  survey.BandSet
	own    bool // the bands are the file's own
}

// choiceList is a named list of choices and how many of them may be chosen.
type choiceList struct {
	Max     int
	Choices []survey.Choice
}
