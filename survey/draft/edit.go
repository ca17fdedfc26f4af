package draft

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/survey/flowfile"
)

// editor carries out one Op.
type editor struct {
	*Doc
	op    Op
	steps []string
	value any
}

func (e *editor) refuse(why string) error { return &Refused{e.op.Path, why} }

func (e *editor) apply() (string, error) {
	switch e.op.Do {
	case Set:
		return e.set()
	case Insert:
		return e.insert()
	case Remove:
		return e.remove()
	case Move:
		return e.move()
	case Rename:
		return e.rename()
	}
	return "", e.refuse("there is no such change")
}

// find goes along the steps as far as there is something. chain holds what it went through.
func (d *Doc) find(steps []string) (chain []*node, at []int) {
	n := d.root
	for _, step := range steps {
		if strings.HasPrefix(step, "@") && n.shape == scalarShape && n.value != nil {
			if sameTag(step[1:], d.lang) {
				return append(chain, n), append(at, -1)
			}
			return append(chain, n), at
		}
		chain = append(chain, n)
		i := n.index(step)
		if i < 0 {
			return chain, at
		}
		at = append(at, i)
		n = n.entries[i].val
	}
	return append(chain, n), at
}

// index is the entry that a step names, or -1.
func (n *node) index(step string) int {
	switch {
	case n.shape == listShape:
		name, named := strings.CutPrefix(step, "=")
		if !named {
			return elementOf(n.plain().([]any), step)
		}
		if i, ok := n.called()[name]; ok {
			return i
		}
		return -1
	case n.shape != mappingShape || n.value != nil:
		return -1
	}
	return slices.IndexFunc(n.entries, func(e entry) bool { return keyIs(e.key, step) })
}

func keyIs(key, step string) bool {
	if tag, ok := strings.CutPrefix(step, "@"); ok {
		return sameTag(key, tag)
	}
	return key == step
}

// sameTag reports whether two tags are one language in two spellings.
func sameTag(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", "-"), strings.ReplaceAll(b, "_", "-"))
}

// elementOf is the element of a list that a step names, or -1.
func elementOf(list []any, step string) int {
	if number, ok := strings.CutPrefix(step, "#"); ok {
		for i := range list {
			if number == itoa(i) {
				return i
			}
		}
		return -1
	}
	name, ok := strings.CutPrefix(step, "=")
	if !ok {
		return -1
	}
	return slices.IndexFunc(list, func(v any) bool { return nameOf(v) == name })
}

// nameOf is what an element of a list is called, "" for nothing.
func nameOf(v any) string {
	m, _ := v.(mapping)
	for _, key := range []string{"key", "value", "from"} {
		for _, p := range m {
			if p.key == key {
				return show(p.value)
			}
		}
	}
	return ""
}

// now checks what stands at the place against what was seen. done says that the wish is
// fulfilled already.
func (e *editor) now(n *node) (done bool, err error) {
	now := ""
	if n != nil {
		now = show(n.plain())
	}
	switch {
	case now == show(e.value):
		return true, nil
	case now != e.op.Was:
		return false, &Conflict{e.op.Path, now}
	}
	return false, nil
}

func (e *editor) set() (string, error) {
	if len(e.steps) == 0 {
		return "", e.refuse("the whole file cannot be set")
	}
	chain, at := e.find(e.steps)
	if len(at) == len(e.steps) { // it is there
		n := chain[len(chain)-1]
		if done, err := e.now(n); done || err != nil {
			return e.src, err
		}
		if e.value == nil {
			return e.cut(chain, at), nil
		}
		return e.replace(n, e.value), nil
	}
	if done, err := e.now(nil); done || err != nil {
		return e.src, err
	}
	rest := e.steps[len(at):]
	n := chain[len(chain)-1]
	switch {
	case n.fixed && n.value != nil && n.shape == scalarShape && !isScalar(n.value): // an alias: written out first
		return e.replace(n, e.into(n.value, rest)), nil
	case n.shape == scalarShape && strings.HasPrefix(rest[0], "@"):
		return e.replace(n, mapping{{e.lang, n.value}, {rest[0][1:], e.value}}), nil
	case n.shape == emptyShape:
		return e.replace(n, e.into(nil, rest)), nil
	case n.shape != mappingShape || strings.ContainsAny(rest[0][:1], "=#"):
		return "", e.refuse("what it belongs to is not there any more")
	}
	return e.add(n, strings.TrimPrefix(rest[0], "@"), e.into(nil, rest[1:])), nil
}

func isScalar(v any) bool {
	switch v.(type) {
	case mapping, []any:
		return false
	}
	return true
}

// into builds what the steps lead to around the value.
func (e *editor) into(around any, rest []string) any {
	v, _ := e.setIn(around, rest)
	return v
}

// replace writes a value where another stood.
func (e *editor) replace(n *node, v any) string {
	flow := e.inFlow(n)
	text, words := v.(string)
	switch {
	case words && n.shape == scalarShape && e.src[n.start:n.start+1] == `"`: // as it was quoted
		return e.src[:n.start] + quoted(text) + e.src[n.end:]
	case flow || n.flow && len(n.entries) > 0 || (n.shape == scalarShape && isScalar(v)):
		return e.src[:n.start] + spaced(e.src, n.start) + inline(v) + e.src[n.end:]
	case n.shape == scalarShape && !strings.Contains(e.src[n.start:n.end], "\n") && e.src[n.after:n.start] == " " && asBlock(v):
		line := lineEnd(e.src, n.end) // a comment stays on the line of the key
		return e.src[:n.after] + e.src[n.end:line] + block(v, n.parent+2) + e.src[line:]
	}
	return e.src[:n.after] + after(v, n.parent+2) + e.src[n.end:]
}

// spaced puts a space between a colon and what follows it.
func spaced(src string, at int) string {
	if at > 0 && (src[at-1] == ':' || src[at-1] == '-') {
		return " "
	}
	return ""
}

// inFlow reports whether a node stands between brackets or braces of something around it.
func (d *Doc) inFlow(n *node) bool {
	var walk func(in *node, flow bool) (bool, bool)
	walk = func(in *node, flow bool) (bool, bool) {
		if in == n {
			return flow, true
		}
		for _, e := range in.entries {
			if f, ok := walk(e.val, flow || in.flow); ok {
				return f, true
			}
		}
		return false, false
	}
	flow, _ := walk(d.root, false)
	return flow
}

// add writes a new key into a mapping.
func (e *editor) add(n *node, key string, v any) string {
	if n.flow {
		last := n.end - 1
		text := flowfile.Scalar(key) + ": " + inline(v)
		if k := len(n.entries); k > 0 {
			last = n.entries[k-1].val.end
			text = ", " + text
		}
		return e.src[:last] + text + e.src[last:]
	}
	text := strings.Repeat(" ", n.column) + flowfile.Scalar(key) + ":" + afterKey(key, v, n.column+2)
	if n == e.root {
		if i := n.index("questions"); i >= 0 && key != "questions" {
			at := e.above(n.entries[i].start)
			return e.src[:at] + text + "\n" + e.src[at:]
		}
	}
	return e.below(n.entries[len(n.entries)-1], text)
}

// below writes lines below an entry.
func (d *Doc) below(last entry, text string) string {
	at := lineEnd(d.src, max(last.val.end, last.end))
	return d.src[:at] + "\n" + text + endOf(d.src[at:]) + d.src[at:]
}

// endOf ends the last line where the file forgot to.
func endOf(rest string) string {
	if rest == "" {
		return "\n"
	}
	return ""
}

func (e *editor) insert() (string, error) {
	if e.value == nil {
		return "", e.refuse("nothing is to be put in")
	}
	chain, at := e.find(e.steps)
	n := chain[len(chain)-1]
	if len(at) < len(e.steps) || n.shape == emptyShape {
		if e.op.Before != "" {
			return "", e.refuse("what it should stand before is not there any more")
		}
		return (&editor{e.Doc, Op{Do: Set, Path: e.op.Path, Was: ""}, e.steps, []any{e.value}}).set()
	}
	if n.shape != listShape || n.value != nil {
		return "", e.refuse("this is no list")
	}
	if name := nameOf(e.value); name != "" && n.index("="+name) >= 0 {
		return "", e.refuse("there is one of this name already")
	}
	before := -1
	if e.op.Before != "" {
		if before = n.index(e.op.Before); before < 0 {
			return "", e.refuse("what it should stand before is not there any more")
		}
	}
	switch {
	case n.flow && len(n.entries) == 0:
		if e.inFlow(n) {
			return e.src[:n.start+1] + inline(e.value) + e.src[n.end-1:], nil
		}
		return e.replace(n, []any{e.value}), nil
	case n.flow && before >= 0:
		at := n.entries[before].start
		return e.src[:at] + inline(e.value) + ", " + e.src[at:], nil
	case n.flow:
		at := n.entries[len(n.entries)-1].val.end
		return e.src[:at] + ", " + inline(e.value) + e.src[at:], nil
	}
	text := strings.Repeat(" ", n.column) + "-" + item(e.value, n.column+2, n)
	if before >= 0 {
		if !e.ownLine(n.entries[before]) {
			return "", e.refuse("this list is written in a way that can only be changed in the file itself")
		}
		at := e.above(n.entries[before].start)
		return e.src[:at] + text + "\n" + e.src[at:], nil
	}
	return e.below(n.entries[len(n.entries)-1], text), nil
}

// ownLine reports whether nothing stands before an entry on its line.
func (d *Doc) ownLine(x entry) bool {
	return strings.TrimSpace(d.src[strings.LastIndexByte(d.src[:x.start], '\n')+1:x.start]) == ""
}

// above is the beginning of the line of an entry, with the comments right above it.
func (d *Doc) above(start int) int {
	at := strings.LastIndexByte(d.src[:start], '\n') + 1
	column := start - at
	for at > 0 {
		before := strings.LastIndexByte(d.src[:at-1], '\n') + 1
		line := d.src[before : at-1]
		bare := strings.TrimLeft(line, " ")
		if !strings.HasPrefix(bare, "#") || len(line)-len(bare) != column {
			break
		}
		at = before
	}
	return at
}

func (e *editor) remove() (string, error) {
	chain, at := e.find(e.steps)
	if len(e.steps) == 0 {
		return "", e.refuse("the whole file cannot be taken away")
	}
	if len(at) < len(e.steps) {
		return e.src, nil // it is gone already
	}
	if now := show(chain[len(chain)-1].plain()); e.op.Was != "" && now != e.op.Was {
		return "", &Conflict{e.op.Path, now}
	}
	return e.cut(chain, at), nil
}

// cut takes the last entry of a chain away; what is empty then, goes too, but for lists.
func (e *editor) cut(chain []*node, at []int) string {
	k := len(at) - 1
	if at[k] < 0 && k > 0 { // the words in the one language: the key itself goes
		k--
	}
	in := chain[k]
	if at[k] < 0 {
		return e.src
	}
	for len(in.entries) == 1 && in.shape == mappingShape && k > 0 && chain[k-1].shape == mappingShape {
		k--
		in = chain[k]
	}
	i := at[k]
	x := in.entries[i]
	switch {
	case len(in.entries) == 1 && in.shape == listShape && !in.flow:
		return e.src[:in.after] + " []" + e.src[in.end:]
	case in.flow && i+1 < len(in.entries):
		return e.src[:x.start] + e.src[in.entries[i+1].start:]
	case in.flow && i > 0:
		return e.src[:in.entries[i-1].val.end] + e.src[x.val.end:]
	case in.flow || len(in.entries) == 1:
		return e.src[:x.start] + e.src[x.val.end:]
	}
	end := min(lineEnd(e.src, max(x.val.end, x.end))+1, len(e.src))
	if e.ownLine(x) {
		return e.src[:e.above(x.start)] + e.src[end:]
	}
	// The first key of an element stands behind its dash: the next one takes its place.
	next := in.entries[i+1].start
	line := strings.LastIndexByte(e.src[:x.start], '\n') + 1
	between := strings.TrimRight(e.src[end:next], " ")
	return e.src[:line] + between + e.src[line:x.start] + e.src[next:]
}

func (e *editor) move() (string, error) {
	chain, at := e.find(e.steps)
	if len(at) < len(e.steps) || len(at) == 0 {
		return "", e.refuse("it is not there any more")
	}
	in, i := chain[len(at)-1], at[len(at)-1]
	if in.shape != listShape || in.value != nil {
		return "", e.refuse("this is no list")
	}
	to := len(in.entries)
	if e.op.Before != "" {
		if to = in.index(e.op.Before); to < 0 {
			return "", e.refuse("what it should stand before is not there any more")
		}
	}
	if to == i || to == i+1 {
		return e.src, nil
	}
	pieces := make([][2]int, len(in.entries)) // where each stands
	for k, x := range in.entries {
		switch {
		case in.flow:
			pieces[k] = [2]int{x.start, x.val.end}
		case !e.ownLine(x):
			return "", e.refuse("this list is written in a way that can only be changed in the file itself")
		default:
			pieces[k] = [2]int{e.above(x.start), lineEnd(e.src, max(x.val.end, x.end))}
		}
	}
	order := make([]int, 0, len(pieces))
	for k := range pieces {
		if k == to {
			order = append(order, i)
		}
		if k != i {
			order = append(order, k)
		}
	}
	if to == len(pieces) {
		order = append(order, i)
	}
	var b strings.Builder
	b.WriteString(e.src[:pieces[0][0]])
	for k, from := range order { // what lies between the pieces stays where it is
		b.WriteString(e.src[pieces[from][0]:pieces[from][1]])
		if k+1 < len(pieces) {
			b.WriteString(e.src[pieces[k][1]:pieces[k+1][0]])
		}
	}
	b.WriteString(e.src[pieces[len(pieces)-1][1]:])
	return b.String(), nil
}

func (e *editor) rename() (string, error) {
	chain, at := e.find(e.steps)
	if len(at) < len(e.steps) || len(at) == 0 {
		return "", e.refuse("it is not there any more")
	}
	in, i := chain[len(at)-1], at[len(at)-1]
	name, ok := e.value.(string)
	switch {
	case in.shape != mappingShape || i < 0 || !ok:
		return "", e.refuse("only a key can be given another name")
	case in.index(name) >= 0 && in.index(name) != i:
		return "", e.refuse("there is one of this name already")
	}
	x := in.entries[i]
	return e.src[:x.start] + flowfile.Scalar(name) + e.src[x.end:], nil
}
