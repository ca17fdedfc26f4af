package draft

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey/strictyaml"
)

// node is a value with the place where it stands in the text.
type node struct {
	shape      shape
	flow       bool // between brackets or braces
	fixed      bool // an anchor stands before it, or it is an alias
	start, end int  // in bytes
	after      int  // where what leads to it ends: behind the colon or the dash
	column     int  // of the keys or the dashes of a block
	parent     int  // column of what leads to it
	value      any  // of a scalar or an alias
	entries    []entry
	said       any            // what plain has found, once it was asked
	names      map[string]int // of a list: its elements by what they are called, once it was asked
}

type shape int8

const (
	scalarShape shape = iota
	emptyShape
	mappingShape
	listShape
)

// entry is one key or one element with what follows it.
type entry struct {
	key   string
	start int // of the key, of the dash, or of an element between brackets
	end   int // of the key
	val   *node
}

// plain is what a node says. It is not changed by anybody: a draft is drawn by asking it a thousand things.
func (n *node) plain() any {
	switch {
	case n.value != nil:
		return n.value
	case n.said != nil:
		return n.said
	case n.shape == mappingShape:
		out := make(mapping, 0, len(n.entries))
		for _, e := range n.entries {
			out = append(out, pair{e.key, e.val.plain()})
		}
		n.said = out
	case n.shape == listShape:
		out := make([]any, 0, len(n.entries))
		for _, e := range n.entries {
			out = append(out, e.val.plain())
		}
		n.said = out
	}
	return n.said
}

// called are the elements of a list by their names, the first of each.
func (n *node) called() map[string]int {
	if n.names == nil {
		n.names = map[string]int{}
		for i, v := range n.plain().([]any) {
			if name := nameOf(v); name != "" {
				if _, taken := n.names[name]; !taken {
					n.names[name] = i
				}
			}
		}
	}
	return n.names
}

// scanner finds the places of what the YAML library has read: it walks the text along the
// tree. Where the two do not agree it gives up.
type scanner struct {
	src     string
	anchors map[string]any
}

type lost struct{}

func parse(text string) (d *Doc, err error) {
	r := strictyaml.New([]byte(text), file)
	root := r.Load([]byte(text))
	if root == nil {
		return nil, r.Err()
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case lost:
			d, err = nil, strictyaml.Errors{{Line: 1, Column: 1, Message: "This file is written in a way that can only be edited as text."}}
		default:
			panic(p)
		}
	}()
	s := &scanner{src: text, anchors: map[string]any{}}
	n := s.value(root, 0, -1, false)
	s.need(n.shape == mappingShape && strings.TrimSpace(text[s.blank(n.end):]) == "")
	d = &Doc{src: text, root: n, lang: "en"}
	switch langs := d.Plain("languages").(type) {
	case []any:
		if len(langs) > 0 {
			d.lang = text2(langs[0], d.lang)
		}
	case string:
		d.lang = langs
	}
	return d, nil
}

func text2(v any, or string) string {
	if s, ok := v.(string); ok {
		return s
	}
	return or
}

func (s *scanner) need(ok bool) {
	if !ok {
		panic(lost{})
	}
}

// spaces skips spaces on a line.
func (s *scanner) spaces(at int) int {
	for at < len(s.src) && s.src[at] == ' ' {
		at++
	}
	return at
}

// blank skips spaces, lines and comments.
func (s *scanner) blank(at int) int {
	for at < len(s.src) {
		switch c := s.src[at]; {
		case c == ' ', c == '\n':
			at++
		case c == '#' && (at == 0 || s.src[at-1] == ' ' || s.src[at-1] == '\n'):
			at = s.lineEnd(at)
		case strings.HasPrefix(s.src[at:], "---") && (at == 0 || s.src[at-1] == '\n'):
			at += 3
		default:
			return at
		}
	}
	return at
}

func (s *scanner) lineEnd(at int) int {
	if i := strings.IndexByte(s.src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(s.src)
}

func (s *scanner) lineStart(at int) int { return strings.LastIndexByte(s.src[:at], '\n') + 1 }

func (s *scanner) columnOf(at int) int { return at - s.lineStart(at) }

func (s *scanner) has(at int, c byte) bool { return at < len(s.src) && s.src[at] == c }

// value is the value whose leading colon or dash ends at this place.
func (s *scanner) value(n ast.Node, after, parent int, flow bool) *node {
	out := s.at(n, after, parent, flow)
	out.after, out.parent = after, parent
	return out
}

func (s *scanner) at(n ast.Node, after, parent int, flow bool) *node {
	p := s.blank(after)
	switch v := n.(type) {
	case *ast.NullNode:
		word := ""
		if v.GetToken() != nil {
			word = v.GetToken().Value
		}
		if word != "" && strings.HasPrefix(s.src[p:], word) && s.lineStart(p) == s.lineStart(after) {
			return &node{shape: emptyShape, start: p, end: p + len(word)}
		}
		return &node{shape: emptyShape, start: after, end: after}
	case *ast.AnchorNode:
		s.need(s.has(p, '&'))
		to := s.word(p)
		out := s.at(v.Value, to, parent, flow)
		out.fixed = true
		s.anchors[s.src[p+1:to]] = out.plain()
		return out
	case *ast.AliasNode:
		s.need(s.has(p, '*'))
		to := s.word(p)
		value, ok := s.anchors[s.src[p+1:to]]
		s.need(ok)
		return &node{fixed: true, start: p, end: to, value: value}
	case *ast.MappingNode:
		if s.has(p, '{') {
			return s.flowMapping(v, p)
		}
		s.need(!v.IsFlowStyle && !flow)
		return s.block(v.Values, p)
	case *ast.MappingValueNode:
		s.need(!flow && !s.has(p, '{'))
		return s.block([]*ast.MappingValueNode{v}, p)
	case *ast.SequenceNode:
		if s.has(p, '[') {
			return s.flowList(v, p)
		}
		s.need(!flow)
		return s.list(v, p)
	case *ast.LiteralNode:
		s.need(s.has(p, '|') || s.has(p, '>'))
		return &node{start: p, end: s.literal(p, parent), value: v.Value.Value}
	case *ast.StringNode:
		return &node{start: p, end: s.scalar(p, parent, flow), value: v.Value}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return &node{start: p, end: s.scalar(p, parent, flow), value: bare(n.GetToken().Value)}
	}
	panic(lost{})
}

// word ends an anchor's or an alias's name.
func (s *scanner) word(at int) int {
	for at < len(s.src) && !strings.ContainsRune(" \n,]}", rune(s.src[at])) {
		at++
	}
	return at
}

func (s *scanner) block(values []*ast.MappingValueNode, p int) *node {
	out := &node{shape: mappingShape, start: p, column: s.columnOf(p)}
	for _, v := range values {
		p = s.blank(p)
		s.need(s.columnOf(p) == out.column)
		e := entry{key: v.Key.GetToken().Value, start: p}
		e.end = s.keyEnd(p, e.key)
		colon := s.spaces(e.end)
		s.need(s.has(colon, ':'))
		e.val = s.value(v.Value, colon+1, out.column, false)
		p, out.end = e.val.end, e.val.end
		out.entries = append(out.entries, e)
	}
	s.need(len(out.entries) > 0)
	return out
}

// keyEnd is where a key ends that begins here.
func (s *scanner) keyEnd(p int, key string) int {
	s.need(p < len(s.src))
	if c := s.src[p]; c == '"' || c == '\'' {
		return s.quoted(p)
	}
	s.need(strings.HasPrefix(s.src[p:], key) && key != "")
	return p + len(key)
}

func (s *scanner) list(v *ast.SequenceNode, p int) *node {
	out := &node{shape: listShape, start: p, column: s.columnOf(p)}
	for _, item := range v.Values {
		p = s.blank(p)
		s.need(s.columnOf(p) == out.column && s.has(p, '-'))
		e := entry{start: p, end: p + 1}
		e.val = s.value(item, p+1, out.column, false)
		p, out.end = max(e.val.end, p+1), max(e.val.end, p+1)
		out.entries = append(out.entries, e)
	}
	s.need(len(out.entries) > 0)
	return out
}

func (s *scanner) flowMapping(v *ast.MappingNode, p int) *node {
	out := &node{shape: mappingShape, flow: true, start: p}
	p++
	for _, x := range v.Values {
		p = s.blank(p)
		e := entry{key: x.Key.GetToken().Value, start: p}
		e.end = s.keyEnd(p, e.key)
		colon := s.spaces(e.end)
		s.need(s.has(colon, ':'))
		e.val = s.value(x.Value, colon+1, 0, true)
		out.entries = append(out.entries, e)
		if p = s.blank(e.val.end); s.has(p, ',') {
			p++
		}
	}
	p = s.blank(p)
	s.need(s.has(p, '}'))
	out.end = p + 1
	return out
}

func (s *scanner) flowList(v *ast.SequenceNode, p int) *node {
	out := &node{shape: listShape, flow: true, start: p}
	p++
	for _, x := range v.Values {
		e := entry{start: s.blank(p)}
		e.val = s.value(x, p, 0, true)
		out.entries = append(out.entries, e)
		if p = s.blank(e.val.end); s.has(p, ',') {
			p++
		}
	}
	p = s.blank(p)
	s.need(s.has(p, ']'))
	out.end = p + 1
	return out
}

// quoted is behind the quote that ends the text which begins here.
func (s *scanner) quoted(p int) int {
	quote := s.src[p]
	for i := p + 1; i < len(s.src); i++ {
		switch {
		case quote == '"' && s.src[i] == '\\':
			i++
		case s.src[i] != quote:
		case quote == '\'' && s.has(i+1, '\''):
			i++
		default:
			return i + 1
		}
	}
	panic(lost{})
}

// scalar is where a scalar on one or several lines ends.
func (s *scanner) scalar(p, parent int, flow bool) int {
	s.need(p < len(s.src))
	if c := s.src[p]; c == '"' || c == '\'' {
		return s.quoted(p)
	}
	end := p
	for i := p; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case flow && strings.IndexByte(",]}", c) >= 0:
			return end
		case c == '#' && i > p && (s.src[i-1] == ' ' || s.src[i-1] == '\n'):
			return end
		case c == '\n':
			if flow {
				continue
			}
			next := i + 1
			for next < len(s.src) && (s.src[next] == '\n' || s.src[next] == ' ') {
				next++
			}
			if next >= len(s.src) || s.src[next] == '#' || s.columnOf(next) <= parent {
				return end
			}
			i = next - 1
		case c != ' ':
			end = i + 1
		}
	}
	return end
}

// literal is where a block of lines ends, without the empty ones that follow it.
func (s *scanner) literal(p, parent int) int {
	end := s.lineEnd(p)
	keep := strings.Contains(s.src[p:end], "+")
	for at := end; at < len(s.src); {
		next := s.lineEnd(at + 1)
		line := s.src[at+1 : next]
		switch indent := len(line) - len(strings.TrimLeft(line, " ")); {
		case indent == len(line): // empty
			if keep {
				end = next
			}
		case indent <= parent:
			return end
		default:
			end = next
		}
		if at = next; at >= len(s.src) {
			break
		}
	}
	return end
}
