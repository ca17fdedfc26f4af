package flowfile

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"golang.org/x/text/language"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// TextNames are the frame texts that a flow may word for itself, in the order in which
// a respondent meets them. What a flow does not word is said in the shipped words.
func TextNames() []string {
	return append([]string{"invitation", "intro"}, survey.FrameTexts()...)
}

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)
	codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$`)
)

// name reads an identifier: it becomes a database key and part of a placeholder.
func (r *reader) name(n ast.Node, what string) string {
	s, ok := r.Str(n, what)
	if ok && !namePattern.MatchString(s) {
		r.FailAt(n, "%s is made of small letters, digits and _, begins with a letter and has at most 48 of them; %q is not.", strictyaml.Upper(what), strictyaml.Short(s))
		return ""
	}
	return s
}

// code reads the key of an option: like a name, but capitals and digits may begin it.
func (r *reader) code(n ast.Node, what string) string {
	s, ok := r.Str(n, what)
	if ok && !codePattern.MatchString(s) {
		r.FailAt(n, "%s is made of letters, digits, _, - and . and has at most 48 of them; %q is not.", strictyaml.Upper(what), strictyaml.Short(s))
		return ""
	}
	return s
}

func (r *reader) flow(root ast.Node) survey.Flow {
	var f survey.Flow
	o, ok := r.Object(root, "a flow", "flow", "class", "identity", "praise", "title", "languages", "delay", "expires",
		"min_coverage", "gap_tolerance", "gap_ignored", "attributes", "texts", "thanks", "scales", "bands", "choices", "questions")
	if !ok {
		return f
	}
	if o.Need("flow", "the name under which it is published") {
		f.ID = r.name(o.Get("flow"), "the name of a flow")
	}
	if o.Need("class", "transactional, relationship, recovery, pulse or mystery") {
		w, _ := r.Word(o.Get("class"), "a class of flows", classes...)
		f.Class = survey.Class(w)
	}
	if o.Has("identity") {
		w, _ := r.Word(o.Get("identity"), "an identity", string(survey.Named), string(survey.Pseudonymous))
		f.Naming = survey.Naming(w)
	}
	if o.Has("praise") {
		w, _ := r.Word(o.Get("praise"), "a way of praise", string(survey.PraiseNamed), string(survey.PraiseAnonymous))
		f.Praise = survey.Praise(w)
	}
	if o.Has("languages") {
		r.languages = r.readLanguages(o.Get("languages"))
	}
	f.Languages = r.languages
	if o.Need("title", "what people read in lists") {
		f.Title = r.text(o.Get("title"), "the title")
	}
	f.Delay = r.durationAt(o, "delay", 0)
	f.Expires = r.durationAt(o, "expires", time.Minute)
	if o.Has("min_coverage") {
		if v, ok := r.Number(o.Get("min_coverage"), "min_coverage"); ok {
			if v <= 0 || v > 1 {
				r.FailAt(o.Get("min_coverage"), "min_coverage is a share above 0 and up to 1.")
			}
			f.MinCoverage = v
		}
	}
	if o.Has("gap_tolerance") {
		if v, ok := r.Number(o.Get("gap_tolerance"), "gap_tolerance"); ok {
			if v < 0 {
				r.FailAt(o.Get("gap_tolerance"), "gap_tolerance is 0 or more.")
			}
			f.GapTol = v
		}
	}
	if o.Has("gap_ignored") {
		f.GapIgnored = r.Boolean(o.Get("gap_ignored"), "gap_ignored")
	}
	if o.Has("texts") {
		f.Texts = r.texts(o.Get("texts"))
	}
	if o.Has("bands") {
		r.bands, r.own = r.readBands(o.Get("bands")), true
	}
	f.Bands = r.bands
	if o.Has("scales") {
		r.scales = r.readScales(o.Get("scales"), r.scales)
	}
	if o.Has("choices") {
		r.lists = r.readLists(o.Get("choices"), r.lists)
	}
	if o.Has("attributes") {
		f.Attributes = r.attributes(o.Get("attributes"))
	}
	if o.Need("questions", "what is asked") {
		f.Questions = r.questions(o.Get("questions"))
	}
	if o.Has("thanks") {
		f.Thanks = r.thanks(o.Get("thanks"), f.Questions)
	}
	return f
}

// attributes reads the names of attributes of the event that texts may hold.
func (r *reader) attributes(n ast.Node) []string {
	var out []string
	for _, e := range r.OneOrMore(n) {
		s := r.name(e, "the name of an attribute")
		switch {
		case s == "":
		case slices.Contains(out, s):
			r.FailAt(e, "%s is already in the list. Remove one of the two.", s)
		default:
			out = append(out, s)
		}
	}
	return out
}

// thanks reads the last words that hang on conditions.
func (r *reader) thanks(n ast.Node, questions []survey.Question) []survey.Thanks {
	const most = 20
	nodes, ok := r.List(n, "thanks")
	if !ok {
		return nil
	}
	if len(nodes) == 0 || len(nodes) > most {
		r.FailAt(n, "Write 1 to %d kinds of last words, or remove \"thanks\".", most)
		return nil
	}
	keys := make([]string, 0, len(questions))
	for _, q := range questions {
		if q.Key != "" {
			keys = append(keys, q.Key)
		}
	}
	var out []survey.Thanks
	for i, node := range nodes {
		o, ok := r.Object(node, "last words", "when", "say")
		if !ok {
			continue
		}
		var t survey.Thanks
		if o.Has("when") {
			t.When = conditions{r: r, questions: questions, keys: keys}.read(o.Get("when"))
		} else if i < len(nodes)-1 {
			r.FailAt(node, "These words have no \"when\", so those below are never said. Move them to the end.")
		}
		if o.Need("say", "the words") {
			t.Say = r.text(o.Get("say"), "the last words")
		}
		out = append(out, t)
	}
	return out
}

var classes = []string{"transactional", "relationship", "recovery", "pulse", "mystery"}

func (r *reader) readLanguages(n ast.Node) []string {
	var out []string
	for _, e := range r.OneOrMore(n) {
		s, ok := r.Str(e, "a language")
		if !ok {
			continue
		}
		tag, ok := r.language(e, s)
		switch {
		case !ok:
		case slices.Contains(out, tag):
			r.FailAt(e, "%s is already in the list. Remove one of the two.", tag)
		default:
			out = append(out, tag)
		}
	}
	if len(out) == 0 {
		return []string{"en"}
	}
	return out
}

// language returns a tag in its usual spelling: zh_hans becomes zh-Hans.
func (r *reader) language(n ast.Node, s string) (string, bool) {
	tag, err := language.Raw.Parse(s)
	if err != nil || len(s) > 35 || tag == language.Und || strings.ContainsAny(tag.String(), " ") {
		r.FailAt(n, "%q is not a language. Write a tag such as en, zh-Hans, es or ar.", strictyaml.Short(s))
		return "", false
	}
	return tag.String(), true
}

// text reads words by language, or plain words in the flow's first language.
func (r *reader) text(n ast.Node, what string) survey.Text {
	resolved := r.Resolve(n)
	switch resolved.(type) {
	case nil:
		return nil
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		if s, ok := r.words(n, what); ok {
			return survey.Text{r.languages[0]: s}
		}
		return nil
	}
	entries, _ := r.Mapping(n, what)
	if len(entries) == 0 {
		r.FailAt(n, "%s has no words. Write them, with the language in front.", strictyaml.Upper(what))
		return nil
	}
	t := make(survey.Text, len(entries))
	for _, e := range entries {
		tag, ok := r.language(e.At, e.Key)
		if !ok {
			continue
		}
		if _, twice := t[tag]; twice {
			r.FailAt(e.At, "%s is already given under another spelling. Remove one of the two.", tag)
			continue
		}
		if s, ok := r.words(e.Value, what+" in "+tag); ok {
			t[tag] = s
		}
	}
	return t
}

// words reads what people will see.
func (r *reader) words(n ast.Node, what string) (string, bool) {
	s, ok := r.Str(n, what)
	if !ok {
		return "", false
	}
	if strings.TrimSpace(s) == "" {
		r.FailAt(n, "%s is empty. Write something or remove the line.", strictyaml.Upper(what))
		return "", false
	}
	if utf8.RuneCountInString(s) > maxText {
		r.FailAt(n, "%s is longer than %d characters. Make it shorter.", strictyaml.Upper(what), maxText)
		return "", false
	}
	for _, c := range s {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == utf8.RuneError {
			r.FailAt(n, "%s has a control character (U+%04X) in it. Remove it.", strictyaml.Upper(what), c)
			return "", false
		}
	}
	return s, true
}

func (r *reader) texts(n ast.Node) map[string]survey.Text {
	o, ok := r.Object(n, "the texts", TextNames()...)
	if !ok || len(o.Fields) == 0 {
		return nil
	}
	out := make(map[string]survey.Text, len(o.Fields))
	for key, e := range o.Fields {
		out[key] = r.text(e.Value, "the text "+key)
	}
	return out
}

// durations units, longest first.
var units = []struct {
	name   string
	length time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// maxDuration bounds delays and expiries.
const maxDuration = 366 * 24 * time.Hour

// durationAt reads a duration such as 15m, 1h30m, 72h or 7d.
func (r *reader) durationAt(o *strictyaml.Object, key string, least time.Duration) time.Duration {
	if !o.Has(key) {
		return 0
	}
	n := o.Get(key)
	s, ok := r.Str(n, key)
	if !ok {
		return 0
	}
	d, ok := parseDuration(s)
	if !ok || d > maxDuration || d < least {
		r.FailAt(n, "%s is a time such as 15m, 1h, 72h or 7d, at most 366d; %q is not.", strictyaml.Upper(key), strictyaml.Short(s))
		return 0
	}
	return d
}

func parseDuration(s string) (time.Duration, bool) {
	if s == "0" {
		return 0, true
	}
	var total time.Duration
	rest, matched := s, false
	for _, u := range units {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		if digits == "" || len(digits) > 8 || !strings.HasPrefix(rest[len(digits):], u.name) {
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil || time.Duration(n) > maxDuration/u.length {
			return 0, false
		}
		total += time.Duration(n) * u.length
		rest, matched = rest[len(digits)+len(u.name):], true
	}
	return total, matched && rest == ""
}

// formatDuration writes whole days from a week on, and hours, minutes, seconds below.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	out := ""
	for _, u := range units {
		if u.name == "d" && (d < 7*u.length || d%u.length != 0) {
			continue
		}
		if n := d / u.length; n > 0 {
			out += strconv.FormatInt(int64(n), 10) + u.name
			d %= u.length
		}
	}
	return out
}
