// Package strictyaml reads the YAML files that admins write: flows and rules.
//
// Reading is strict. Unknown keys, duplicate keys and tabs are refused, every error
// says where it is and what to do, and as many errors as can be found are reported
// in one go. No input makes it panic, run away or use much memory.
package strictyaml

import (
	"bytes"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The limits of a file. They are far above what anybody writes and far below what would
// cost the server anything.
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
)

// File is how messages speak of a kind of file.
type File struct {
	Name  string // "a flow file"
	Holds string // "flow": what one file holds one of
	Empty string // what to do about an empty one, as a sentence
}

// Reader holds what is known while one file is read.
type Reader struct {
	file      File
	lines     []string // of the source, for excerpts
	errs      Errors
	nodes     int                 // values read so far
	exhausted bool                // maxNodes was reached and said so
	anchors   map[string]ast.Node // anchored values by name
}

var bom = []byte("\ufeff")

// New begins to read a file of this kind.
func New(source []byte, file File) *Reader {
	r := &Reader{file: file, anchors: map[string]ast.Node{}}
	if len(source) <= MaxSize {
		r.lines = strings.Split(strings.ReplaceAll(string(bytes.TrimPrefix(source, bom)), "\r\n", "\n"), "\n")
	}
	return r
}

// Failures is how many errors were recorded so far.
func (r *Reader) Failures() int { return len(r.errs) }

// Full reports whether further errors would not be recorded.
func (r *Reader) Full() bool { return len(r.errs) >= maxErrors }
