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
)

// TextNames are the frame texts that a flow may word for itself, in the order in which
// a respondent meets them. What a flow does not word is said in the shipped words.
func TextNames() []string {
	return []string{
		"invitation", "intro", "thanks_satisfied", "thanks_neutral",
		"thanks_unsatisfied", "thanks_unsatisfied_open", "thanks_no_contact",
	}
}

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)
	codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$`)
)

// name reads an identifier: it becomes a database key and part of a placeholder.
func (r *reader) name(n ast.Node, what string) string {
	s, ok := r.str(n, what)
	if ok && !namePattern.MatchString(s) {
		r.failAt(n, "%s is made of small letters, digits and _, begins with a letter and has at most 48 of them; %q is not.", upper(what), short(s))
		return ""
	}
	return s
}

// code reads the key of an option: like a name, but capitals and digits may begin it.
func (r *reader) code(n ast.Node, what string) string {
	s, ok := r.str(n, what)
	if ok && !codePattern.MatchString(s) {
		r.failAt(n, "%s is made of letters, digits, _, - and . and has at most 48 of them; %q is not.", upper(what), short(s))
		return ""
	}
	return s
}

func (r *reader) flow(root ast.Node) survey.Flow {
	var f survey.Flow
	o, ok := r.object(root, "a flow", "flow", "class", "title", "languages", "delay", "expires",
		"min_coverage", "gap_tolerance", "gap_ignored", "texts", "scales", "bands", "choices", "questions")
	if !ok {
		return f
	}
	if o.need("flow", "the name under which it is published") {
		f.ID = r.name(o.get("flow"), "the name of a flow")
	}
	if o.need("class", "transactional, relationship, recovery, pulse or mystery") {
		w, _ := r.word(o.get("class"), "a class of flows", classes...)
		f.Class = survey.Class(w)
	}
	if o.has("languages") {
		r.languages = r.readLanguages(o.get("languages"))
	}
	f.Languages = r.languages
	if o.need("title", "what people read in lists") {
		f.Title = r.text(o.get("title"), "the title")
	}
	f.Delay = r.durationAt(o, "delay", 0)
	f.Expires = r.durationAt(o, "expires", time.Minute)
	if o.has("min_coverage") {
		if v, ok := r.number(o.get("min_coverage"), "min_coverage"); ok {
			if v <= 0 || v > 1 {
				r.failAt(o.get("min_coverage"), "min_coverage is a share above 0 and up to 1.")
			}
			f.MinCoverage = v
		}
	}
	if o.has("gap_tolerance") {
		if v, ok := r.number(o.get("gap_tolerance"), "gap_tolerance"); ok {
			if v < 0 {
				r.failAt(o.get("gap_tolerance"), "gap_tolerance is 0 or more.")
			}
			f.GapTol = v
		}
	}
	if o.has("gap_ignored") {
		f.GapIgnored = r.boolean(o.get("gap_ignored"), "gap_ignored")
	}
	if o.has("texts") {
		f.Texts = r.texts(o.get("texts"))
	}
	if o.has("bands") {
		r.bands, r.own = r.readBands(o.get("bands")), true
	}
	f.Bands = r.bands
	if o.has("scales") {
		r.scales = r.readScales(o.get("scales"), r.scales)
	}
	if o.has("choices") {
		r.lists = r.readLists(o.get("choices"), r.lists)
	}
	if o.need("questions", "what is asked") {
		f.Questions = r.questions(o.get("questions"))
	}
	return f
}

var classes = []string{"transactional", "relationship", "recovery", "pulse", "mystery"}

func (r *reader) readLanguages(n ast.Node) []string {
	var out []string
	for _, e := range r.oneOrMore(n) {
		s, ok := r.str(e, "a language")
		if !ok {
			continue
		}
		tag, ok := r.language(e, s)
		switch {
		case !ok:
		case slices.Contains(out, tag):
			r.failAt(e, "%s is already in the list. Remove one of the two.", tag)
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
		r.failAt(n, "%q is not a language. Write a tag such as en, zh-Hans, es or ar.", short(s))
		return "", false
	}
	return tag.String(), true
}

// text reads words by language, or plain words in the flow's first language.
func (r *reader) text(n ast.Node, what string) survey.Text {
	resolved := r.resolve(n)
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
	entries, _ := r.mapping(n, what)
	if len(entries) == 0 {
		r.failAt(n, "%s has no words. Write them, with the language in front.", upper(what))
		return nil
	}
	t := make(survey.Text, len(entries))
	for _, e := range entries {
		tag, ok := r.language(e.at, e.key)
		if !ok {
			continue
		}
		if _, twice := t[tag]; twice {
			r.failAt(e.at, "%s is already given under another spelling. Remove one of the two.", tag)
			continue
		}
		if s, ok := r.words(e.value, what+" in "+tag); ok {
			t[tag] = s
		}
	}
	return t
}

// words reads what people will see.
func (r *reader) words(n ast.Node, what string) (string, bool) {
	s, ok := r.str(n, what)
	if !ok {
		return "", false
	}
	if strings.TrimSpace(s) == "" {
		r.failAt(n, "%s is empty. Write something or remove the line.", upper(what))
		return "", false
	}
	if utf8.RuneCountInString(s) > maxText {
		r.failAt(n, "%s is longer than %d characters. Make it shorter.", upper(what), maxText)
		return "", false
	}
	for _, c := range s {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == utf8.RuneError {
			r.failAt(n, "%s has a control character (U+%04X) in it. Remove it.", upper(what), c)
			return "", false
		}
	}
	return s, true
}

func (r *reader) texts(n ast.Node) map[string]survey.Text {
	o, ok := r.object(n, "the texts", TextNames()...)
	if !ok || len(o.fields) == 0 {
		return nil
	}
	out := make(map[string]survey.Text, len(o.fields))
	for key, e := range o.fields {
		out[key] = r.text(e.value, "the text "+key)
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
func (r *reader) durationAt(o *object, key string, least time.Duration) time.Duration {
	if !o.has(key) {
		return 0
	}
	n := o.get(key)
	s, ok := r.str(n, key)
	if !ok {
		return 0
	}
	d, ok := parseDuration(s)
	if !ok || d > maxDuration || d < least {
		r.failAt(n, "%s is a time such as 15m, 1h, 72h or 7d, at most 366d; %q is not.", upper(key), short(s))
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
