// Package flowfile reads and writes flow files: the YAML in which a survey.Flow is
// kept, edited and shipped. The format is described in docs/flows.md and, for
// editors, by the JSON Schema that Schema returns.
//
// Reading is strict. Unknown keys, duplicate keys and tabs are refused, every error
// says where it is and what to do, and as many errors as can be found are reported
// in one go. No input makes it panic, run away or use much memory.
package flowfile

import (
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// The limits of a flow file. They are far above what a survey in a chat can use and
// far below what would cost the server anything.
const (
	// MaxSize is the largest file that is read, in bytes.
	MaxSize = strictyaml.MaxSize
	// maxQuestions, maxOptions and maxText (characters) are what a chat can show.
	maxQuestions = 200
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
	root := r.Load(source)
	if root != nil {
		f = r.flow(root)
	}
	if err := r.Err(); err != nil {
		return survey.Flow{}, err
	}
	return f, nil
}

// reader holds what is known while one file is read.
type reader struct {
	*strictyaml.Reader
	languages []string // of the flow; the first is the language of plain texts

	scales map[string]survey.Scale // shipped, then those of the file
	lists  map[string]choiceList   // shipped, then those of the file
	bands  survey.BandSet
	own    bool // the bands are the file's own
}

func newReader(source []byte) *reader {
	r := strictyaml.New(source, strictyaml.File{Name: "a flow file", Holds: "flow", Empty: "Start it with \"flow:\" and a name."})
	return &reader{Reader: r, languages: []string{"en"}}
}

// Error is one thing that is wrong with a flow file, and where.
type Error = strictyaml.Error

// Errors is everything that was found in one file, in the order of the file.
type Errors = strictyaml.Errors

// choiceList is a named list of choices and how many of them may be chosen.
type choiceList struct {
	Max     int
	Choices []survey.Choice
}
