package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// flowControl is how one key of the format is changed.
type flowControl struct {
	Key, Path string // the key, and where it stands in the draft
	Name      string // of the field: the path
	ID        string
	Kind      string // text, area, check, select, number, yaml, list, group, when, picks
	Lang      string // of words
	Label     string
	Hint      string
	Value     string
	Was       string // what was seen
	Options   []option
	Fault     string
	Theirs    string
	Asks      bool   // somebody else has changed it meanwhile: whose words shall stand?
	Other     string // the words in the first language, beside words in another
	Rows      []controlRow
	When      *whenView
	Picks     []whenValue // which of them stand in a list
	Findings  []finding
}

// Checked says that a box is ticked.
func (c flowControl) Checked() bool { return c.Value == "true" }

// controlRow is one element of a list with its own controls.
type controlRow struct {
	Path     string
	Name     string
	Controls []flowControl
	Further  []flowControl // less often needed, folded
}

// drawer makes controls for a draft.
type drawer struct {
	*words
	doc    *draft.Doc
	lang   string // of the words that are written now
	flow   *flowLook
	faults map[string]fault             // by path
	reach  func(question string) string // of a condition over the past; nil = unknown
	needed map[string][]string          // questions by whose answer they depend on, once that was asked
	n      int
}

// fault is what is wrong with what somebody wrote, by the path of its field.
type fault struct {
	value, why string
	asks       bool // somebody else has changed it meanwhile
}

// label is what a key is called: in words, else as the format calls it.
func (d *drawer) label(key string) string {
	if d.has("fl_" + key) {
		return d.t("fl_" + key)
	}
	name := strings.ReplaceAll(key, "_", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

func (d *drawer) hint(key string, s *schema) string {
	switch {
	case d.has("fh_" + key):
		return d.t("fh_" + key)
	case d.has("fl_" + key):
		return ""
	}
	return cmp.Or(s.Description, s.resolved().Description)
}

// group are the controls of an object that stands at a path, in the order of the format.
func (d *drawer) group(path string, s *schema, skip func(key string) bool) []flowControl {
	var out []flowControl
	for _, p := range s.resolved().Properties {
		if skip != nil && skip(p.Name) {
			continue
		}
		at := p.Name
		if path != "" {
			at = path + "/" + p.Name
		}
		out = append(out, d.control(at, p.Name, &p.Of))
	}
	return out
}

func (d *drawer) control(path, key string, s *schema) flowControl {
	d.n++
	shape := s.shape(key)
	c := flowControl{Key: key, Path: path, Name: path, ID: fmt.Sprintf("f%d", d.n), Kind: shape, Label: d.label(key), Hint: d.hint(key, s)}
	switch shape {
	case "area":
		c.Name, c.Lang = path+"/@"+d.lang, d.lang
		c.Value = d.doc.Words(path, d.lang)
		if slices.Contains(shortWords, key) {
			c.Kind = "line"
		}
		if d.lang != d.doc.Language() {
			c.Other = d.doc.Words(path, d.doc.Language())
		}
	case "list":
		c.Rows = d.rows(path, s.resolved().Items)
		return c
	case "group":
		c.Rows = []controlRow{{Path: path, Controls: d.group(path, s, nil)}}
		return c
	case "when":
		c.Value = d.doc.Show(path)
		w := d.when(path)
		if d.reach != nil && c.Value != "" && strings.HasPrefix(path, "questions/") {
			w.Reach = d.reach(strings.TrimPrefix(strings.Split(path, "/")[1], "="))
		}
		c.When = &w
	case "select":
		c.Value = d.doc.Show(path)
		c.Options = append(c.Options, option{"", d.t("flow_unset")})
		for _, e := range s.resolved().Enum {
			word := fmt.Sprint(e)
			c.Options = append(c.Options, option{word, d.word(key, word)})
		}
	default:
		c.Value = d.doc.Show(path)
		if c.Picks = d.picks(path, key, c.Value); c.Picks != nil {
			c.Kind, c.Hint = "picks", ""
		}
		if names := d.named(key); names != nil {
			c.Kind, c.Options = "select", names
			if !slices.ContainsFunc(names, func(o option) bool { return o.Value == c.Value }) {
				c.Options = append(c.Options, option{c.Value, c.Value})
			}
		}
	}
	c.Was = c.Value
	if list, ok := plainList(c.Value); ok && shape == "yaml" {
		c.Value = list
	}
	if f, ok := d.faults[c.Name]; ok {
		c.Value, c.Fault, c.Asks = f.value, f.why, f.asks
		if f.asks {
			c.Theirs = cmp.Or(c.Was, d.t("flow_nothing"))
		}
	}
	c.Findings = d.flow.take(path)
	return c
}

// plainList is a list of plain words without its brackets: as people write one.
func plainList(text string) (string, bool) {
	list := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	return list, len(list)+2 == len(text) && !strings.ContainsAny(list, `[]{}"'`)
}

// asList is what stands in the file where people wrote words with commas between them, or
// picked them; what stood there stays as it was written where it says the same.
func asList(was string, picked []string) string {
	if len(picked) == 1 && !strings.ContainsAny(picked[0], ",，") && !strings.HasPrefix(was, "[") {
		return strings.TrimSpace(picked[0])
	}
	var words []string
	for _, p := range picked {
		if strings.HasPrefix(p, "[") || strings.HasPrefix(p, "{") {
			return p
		}
		for _, w := range strings.Split(strings.ReplaceAll(p, "，", ","), ",") {
			if w = strings.TrimSpace(w); w != "" && !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
	}
	old := strings.Split(strings.Trim(was, "[]"), ", ")
	slices.Sort(old)
	if slices.Equal(old, slices.Sorted(slices.Values(words))) {
		return was
	}
	for i, w := range words {
		if _, text := plainValue(w).(string); text {
			words[i] = flowfile.Scalar(w)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// picks are the answers of a question that a list may name, those that it names ticked.
func (d *drawer) picks(path, key, value string) []whenValue {
	if key != "critical" {
		return nil
	}
	row := whenRow{Subject: strings.TrimPrefix(strings.Split(path, "/")[1], "=")}
	q := d.flow.question(row.Subject)
	if q == nil || q.Kind != survey.ScaleQ && q.Kind != survey.ChoiceQ {
		return nil
	}
	d.offer(&row, strings.Split(strings.Trim(value, "[]"), ", "))
	return slices.DeleteFunc(row.Values, func(v whenValue) bool { return slices.Contains(moods, v.Value) })
}

// shortWords are the keys whose words stand on one line.
var shortWords = []string{"title", "label", "name", "min_text", "max_text"}

// word is a value that may be chosen, in words.
func (d *drawer) word(key, value string) string {
	for _, name := range []string{"fv_" + key + "_" + value, "fv_" + value} {
		if d.has(name) {
			return d.t(name)
		}
	}
	return strings.ReplaceAll(value, "_", " ")
}

// named are the names that a key may have as its value, where these are known.
func (d *drawer) named(key string) []option {
	var names []string
	switch key {
	case "rotate":
		return d.groups()
	case "scale":
		names = slices.Concat(flowfile.Scales(), d.doc.Keys("scales"))
	case "choice":
		names = slices.Concat(flowfile.Lists(), d.doc.Keys("choices"))
	case "pair":
		names = []string{""}
		for _, e := range d.doc.Elements("questions") {
			if d.doc.Show("questions/"+e+"/phase") == "pre" {
				names = append(names, strings.TrimPrefix(e, "="))
			}
		}
	default:
		return nil
	}
	slices.Sort(names)
	var out []option
	for _, n := range slices.Compact(names) {
		text := d.word(key, n)
		if n == "" {
			text = d.t("flow_unset")
		}
		out = append(out, option{n, text})
	}
	return out
}

// groups are those whose questions come in a random order, and one that nobody is in yet.
func (d *drawer) groups() []option {
	var names []string
	in := map[string][]string{}
	for i, e := range d.doc.Elements("questions") {
		if name := d.doc.Show("questions/" + e + "/rotate"); name != "" {
			if in[name] == nil {
				names = append(names, name)
			}
			in[name] = append(in[name], strconv.Itoa(i+1))
		}
	}
	out := []option{{"", d.t("rotate_none")}}
	for _, name := range names {
		out = append(out, option{name, d.t("rotate_with", strings.Join(in[name], ", "))})
	}
	fresh := "mixed"
	for n := 2; in[fresh] != nil; n++ {
		fresh = fmt.Sprint("mixed_", n)
	}
	return append(out, option{fresh, d.t("rotate_new")})
}

// plainCells are the fields of an element of a list that everybody needs, in their order.
var plainCells = []string{"symbol", "label", "name", "say", "value", "key", "from", "score", "flag", "unsatisfied", "when"}

// rows are the elements of a list.
func (d *drawer) rows(path string, item *schema) []controlRow {
	var out []controlRow
	for i, e := range d.doc.Elements(path) {
		at := path + "/" + e
		var c flowCard
		c.parted(d.group(at, item, nil), plainCells)
		name := cmp.Or(d.doc.Words(at+"/label", d.lang), d.doc.Words(at+"/name", d.lang), strconv.Itoa(i+1))
		out = append(out, controlRow{Path: at, Name: name, Controls: c.Controls, Further: c.Further})
	}
	return out
}
