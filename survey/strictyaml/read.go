package strictyaml

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Load checks what can be checked in the raw text, parses the YAML and returns its one
// document, or nil after recording why there is none.
func (r *Reader) Load(source []byte) (root ast.Node) {
	if len(source) > MaxSize {
		r.errs = append(r.errs, &Error{Message: fmt.Sprintf("The file has %d bytes; %s may have at most %d. Make it shorter.", len(source), r.file.Name, MaxSize)})
		return nil
	}
	if !r.checkCharacters() {
		return nil
	}
	// The library is fuzzed upstream, but a file must never bring the server down.
	defer func() {
		if recover() != nil {
			r.Fail(1, 1, "This is not YAML that can be read. Check quotes, brackets and indentation.")
			root = nil
		}
	}()
	tokens := lexer.Tokenize(strings.Join(r.lines, "\n"))
	if !r.checkNesting(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var located yaml.Error
		if errors.As(err, &located) && located.GetToken() != nil {
			p := located.GetToken().Position
			r.Fail(p.Line, p.Column, "%s", syntaxMessage(located.GetMessage()))
		} else {
			r.Fail(1, 1, "This is not YAML that can be read. Check quotes, brackets and indentation.")
		}
		return nil
	}
	docs := slices.DeleteFunc(slices.Clone(file.Docs), func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(docs) == 0 {
		r.Fail(1, 1, "The file is empty. %s", r.file.Empty)
		return nil
	}
	if len(docs) > 1 {
		r.FailAt(docs[1].Body, "A file holds one %s. Put the second one into a file of its own.", r.file.Holds)
		return nil
	}
	r.collectAnchors(docs[0].Body)
	return docs[0].Body
}

// syntaxMessage is the library's finding as a sentence.
func syntaxMessage(found string) string {
	known := map[string]string{
		"mapping value is not allowed in this context":       "There is a second \":\" here. Put the words into double quotes.",
		"',' or ']' must be specified":                       "A \"]\" or a comma is missing before this place.",
		"',' or '}' must be specified":                       "A \"}\" or a comma is missing before this place.",
		"sequence end token ']' not found":                   "The list that begins here has no \"]\" at its end.",
		"could not find end character of double-quoted text": "The text that begins here has no closing \" at its end.",
		"could not find end character of single-quoted text": "The text that begins here has no closing ' at its end.",
		"non-map value is specified":                         "A \"key: value\" line is expected here. Check the colon and the indentation.",
	}
	if m, ok := known[found]; ok {
		return m
	}
	return "This is not YAML that can be read: " + Short(found) + ". Check quotes, brackets and indentation."
}

// checkCharacters refuses what YAML or people stumble over: tabs, control characters
// and bytes that are not UTF-8.
func (r *Reader) checkCharacters() bool {
	ok := true
	for i, line := range r.lines {
		column := 0
		for at, c := range line {
			column++
			switch {
			case c == '\t':
				r.Fail(i+1, column, "There is a tab here. Use spaces.")
			case c == utf8.RuneError && !strings.HasPrefix(line[at:], "\uFFFD"):
				r.Fail(i+1, column, "This is not UTF-8 text. Save the file as UTF-8.")
			case c < ' ' || c == 0x7f || c == '\u0085' || c == '\u2028' || c == '\u2029' || c == '\ufeff':
				r.Fail(i+1, column, "There is an invisible control character (U+%04X) here. Remove it.", c)
			default:
				continue
			}
			ok = false
			break
		}
	}
	return ok
}

// checkNesting keeps the parser's work small: its recursion follows the nesting, and its
// time the square of the number of keys in one mapping.
func (r *Reader) checkNesting(tokens token.Tokens) bool {
	flow, entries, line := 0, 0, 0
	var blocks []block
	for i, t := range tokens {
		at := t.Position
		if at.Line != line {
			line, entries = at.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.AnchorType, token.TagType:
			entries++
		case token.SequenceEntryType:
			entries++
			blocks = inside(blocks, at.Column)
		case token.MappingKeyType:
			r.Fail(at.Line, at.Column, "A key is a plain word here. Write \"key: value\" without the question mark.")
			return false
		case token.MappingValueType:
			if flow > 0 || i == 0 {
				break
			}
			column := tokens[i-1].Position.Column
			if blocks = inside(blocks, column); len(blocks) == 0 || blocks[len(blocks)-1].column < column {
				blocks = append(blocks, block{column: column})
			}
			blocks[len(blocks)-1].keys++
			if blocks[len(blocks)-1].keys > maxKeys {
				r.Fail(at.Line, at.Column, "There are more than %d keys side by side. Make the file smaller.", maxKeys)
				return false
			}
		}
		if flow > maxDepth || entries > maxDepth || at.IndentLevel > maxDepth {
			r.Fail(at.Line, at.Column, "This is nested too deeply. %s needs no more than %d levels.", Upper(r.file.Name), maxDepth)
			return false
		}
	}
	return true
}

// block is a block mapping that is open while the tokens are counted.
type block struct{ column, keys int }

// inside drops the blocks that end before something at this column.
func inside(blocks []block, column int) []block {
	for len(blocks) > 0 && blocks[len(blocks)-1].column > column {
		blocks = blocks[:len(blocks)-1]
	}
	return blocks
}

// anchorCollector records every anchored value; the first of a name counts.
type anchorCollector struct{ r *Reader }

func (c anchorCollector) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok && a.Name != nil {
		name := a.Name.GetToken().Value
		if _, twice := c.r.anchors[name]; twice {
			c.r.FailAt(a, "The anchor %q is there twice. Give the second one another name.", Short(name))
		} else {
			c.r.anchors[name] = a.Value
		}
	}
	return c
}

func (r *Reader) collectAnchors(n ast.Node) { ast.Walk(anchorCollector{r}, n) }

// FailAt records an error at a node.
func (r *Reader) FailAt(n ast.Node, format string, args ...any) {
	line, column := Position(n)
	r.Fail(line, column, format, args...)
}

// Position is where a node begins. The library's token of a block mapping is its first
// colon, so the first key is taken instead.
func Position(n ast.Node) (line, column int) {
	for range maxDepth {
		switch v := n.(type) {
		case *ast.MappingNode:
			if !v.IsFlowStyle && len(v.Values) > 0 {
				n = v.Values[0].Key
				continue
			}
		case *ast.MappingValueNode:
			n = v.Key
			continue
		}
		break
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1, 1
	}
	p := n.GetToken().Position
	return p.Line, p.Column
}

// Resolve follows aliases and anchors to the value itself, and counts it.
func (r *Reader) Resolve(n ast.Node) ast.Node {
	for range maxDepth {
		r.nodes++
		if r.nodes > maxNodes {
			if !r.exhausted {
				r.exhausted = true
				r.FailAt(n, "The file unfolds to more than %d values. Make it shorter.", maxNodes)
			}
			return nil
		}
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			name := v.Value.GetToken().Value
			target, ok := r.anchors[name]
			if !ok {
				r.FailAt(v, "There is no anchor %q in this file. Write the value itself.", Short(name))
				return nil
			}
			n = target
		case *ast.TagNode:
			r.FailAt(v, "Tags such as %q have no meaning in %s. Remove it.", Short(v.GetToken().Value), r.file.Name)
			return nil
		default:
			return n
		}
	}
	r.FailAt(n, "This alias leads back to itself. Write the value itself.")
	return nil
}

// Entry is one line of a mapping.
type Entry struct {
	Key   string
	At    ast.Node // the key, for errors about it
	Value ast.Node
}

// Mapping returns the entries of a mapping in the order of the file. Duplicate keys
// are recorded and left out.
func (r *Reader) Mapping(n ast.Node, what string) ([]Entry, bool) {
	resolved := r.Resolve(n)
	if resolved == nil {
		return nil, false
	}
	var values []*ast.MappingValueNode
	switch v := resolved.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	default:
		r.FailAt(n, "%s is a list of \"key: value\" lines, not %s.", Upper(what), KindOf(resolved))
		return nil, false
	}
	seen := map[string]int{}
	out := make([]Entry, 0, len(values))
	for _, v := range values {
		r.nodes++
		var at ast.Node = v.Key
		switch v.Key.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		case *ast.MergeKeyNode:
			r.FailAt(at, "Merging with << is not supported. Write the keys out.")
			continue
		default:
			r.FailAt(at, "A key is a plain word here.")
			continue
		}
		key := v.Key.GetToken().Value
		if first, twice := seen[key]; twice {
			r.FailAt(at, "%q is already given in line %d. Remove one of the two.", Short(key), first)
			continue
		}
		seen[key], _ = Position(at)
		out = append(out, Entry{key, at, v.Value})
	}
	return out, true
}

// Object is a mapping whose keys are known.
type Object struct {
	Node   ast.Node
	Fields map[string]Entry
	r      *Reader
	what   string
}

// Object reads a mapping and refuses keys that it does not know.
func (r *Reader) Object(n ast.Node, what string, known ...string) (*Object, bool) {
	entries, ok := r.Mapping(n, what)
	if !ok {
		return nil, false
	}
	o := &Object{Node: n, Fields: map[string]Entry{}, r: r, what: what}
	for _, e := range entries {
		if !slices.Contains(known, e.Key) {
			if len(r.errs) >= maxErrors {
				break // finding the nearest of many unknown keys would take its time
			}
			r.FailAt(e.At, "%q is not a key of %s. %s", Short(e.Key), what, Meant(e.Key, known))
			continue
		}
		o.Fields[e.Key] = e
	}
	return o, true
}

// Has reports whether the key is there.
func (o *Object) Has(key string) bool { _, ok := o.Fields[key]; return ok }

// Get returns the value of a key, or nil.
func (o *Object) Get(key string) ast.Node {
	if e, ok := o.Fields[key]; ok {
		return e.Value
	}
	return nil
}

// At is the place of a key, or of the whole object when it has none.
func (o *Object) At(key string) ast.Node {
	if e, ok := o.Fields[key]; ok {
		return e.At
	}
	return o.Node
}

// Need records an error unless the key is there.
func (o *Object) Need(key, why string) bool {
	if o.Has(key) {
		return true
	}
	o.r.FailAt(o.Node, "%s needs %q: %s.", Upper(o.what), key, why)
	return false
}

// List returns the elements of a sequence.
func (r *Reader) List(n ast.Node, what string) ([]ast.Node, bool) {
	resolved := r.Resolve(n)
	if resolved == nil {
		return nil, false
	}
	s, ok := resolved.(*ast.SequenceNode)
	if !ok {
		r.FailAt(n, "%s is a list: one \"- \" for each entry.", Upper(what))
		return nil, false
	}
	return s.Values, true
}

// OneOrMore reads one or several: a list, or a single value in place of a list of one.
func (r *Reader) OneOrMore(n ast.Node) []ast.Node {
	resolved := r.Resolve(n)
	if resolved == nil {
		return nil
	}
	if s, ok := resolved.(*ast.SequenceNode); ok {
		if len(s.Values) == 0 {
			r.FailAt(n, "This list is empty. Write something into it or remove it.")
		}
		return s.Values
	}
	return []ast.Node{n}
}

// Str reads a scalar as it is written.
func (r *Reader) Str(n ast.Node, what string) (string, bool) {
	switch v := r.Resolve(n).(type) {
	case nil:
		return "", false
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.GetToken().Value, true
	case *ast.NullNode:
		r.FailAt(n, "%s is empty. Write something or remove the line.", Upper(what))
		return "", false
	default:
		r.FailAt(n, "%s is a word or a text, not %s.", Upper(what), KindOf(v))
		return "", false
	}
}

// Word reads a scalar that must be one of a few.
func (r *Reader) Word(n ast.Node, what string, known ...string) (string, bool) {
	s, ok := r.Str(n, what)
	if !ok {
		return "", false
	}
	if !slices.Contains(known, s) {
		r.FailAt(n, "%q is not %s. %s", Short(s), what, Meant(s, known))
		return "", false
	}
	return s, true
}

// Number reads a finite decimal number.
func (r *Reader) Number(n ast.Node, what string) (float64, bool) {
	resolved := r.Resolve(n)
	if resolved == nil {
		return 0, false
	}
	if v, ok := AsNumber(resolved); ok {
		return v, true
	}
	r.FailAt(n, "%s is a number such as 0.5, without quotes.", Upper(what))
	return 0, false
}

// AsNumber reads a finite decimal number that is not quoted.
func AsNumber(n ast.Node) (float64, bool) {
	switch v := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
	case *ast.StringNode: // the library takes 1e3 for a word
		if v.GetToken().Type != token.StringType {
			return 0, false
		}
	default:
		return 0, false
	}
	text := n.GetToken().Value
	if strings.ContainsAny(text, "xXpP_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	if f == 0 {
		f = 0 // −0 is 0
	}
	return f, true
}

// Whole reads a whole number in a range.
func (r *Reader) Whole(n ast.Node, what string, low, high int) (int, bool) {
	f, ok := r.Number(n, what)
	if !ok {
		return 0, false
	}
	if f != math.Trunc(f) || f < float64(low) || f > float64(high) {
		r.FailAt(n, "%s is a whole number from %d to %d.", Upper(what), low, high)
		return 0, false
	}
	return int(f), true
}

// Boolean reads true or false.
func (r *Reader) Boolean(n ast.Node, what string) bool {
	switch v := r.Resolve(n).(type) {
	case nil:
		return false
	case *ast.BoolNode:
		return v.Value
	default:
		r.FailAt(n, "%s is true or false.", Upper(what))
		return false
	}
}

// KindOf names what stands at a place, for messages.
func KindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a set of \"key: value\" lines"
	case *ast.NullNode:
		return "nothing"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	}
	return "a text"
}

// Upper begins a sentence with a capital.
func Upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// Short keeps a quoted word of a message readable.
func Short(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most]) + "…"
	}
	return s
}
