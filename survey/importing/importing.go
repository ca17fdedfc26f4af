// Package importing makes flow files of surveys that were built elsewhere, and says line by
// line what of them it left out. It stores nothing and asks nobody.
package importing

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/words"
)

// Result is a survey that came from elsewhere.
type Result struct {
	From string // what it was: "SurveyJS", …
	File string // the flow file
	Left []Left // what was left out or changed, a line each
}

// ErrUnknown means that a text is of no kind that can be read.
var ErrUnknown = errors.New("this is neither a flow file nor a survey of a kind that is known")

// Sheets is the rows of a workbook, by the names of its sheets.
type Sheets map[string][][]string

// ReadSheets makes a flow of a form that somebody wrote as a workbook. ErrUnknown if it is none.
func ReadSheets(sheets Sheets) (Result, error) {
	b := &building{keys: map[string]bool{}}
	if err := b.xlsForm(sheets); err != nil {
		return Result{}, err
	}
	return b.result()
}

// Read makes a flow of what another program wrote. ErrUnknown if it knows none.
func Read(text string) (Result, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	b := &building{keys: map[string]bool{}}
	var err error
	switch {
	case strings.HasPrefix(text, "{"):
		err = b.json(text)
	case strings.HasPrefix(text, "<"):
		err = b.limeSurvey(text)
	default:
		err = b.table(text)
	}
	if err != nil {
		return Result{}, err
	}
	return b.result()
}

// building is a flow that is being put together.
type building struct {
	from  string
	title string
	items []item
	left  []Left
	keys  map[string]bool
}

// item is a question as all of these programs know it.
type item struct {
	key, kind, ask string
	low, high      int
	lowest, best   string // words at the ends
	options        []string
	optional       bool
}

// leave says what is left out, by its code.
func (b *building) leave(code string, args ...any) {
	l := Left{Code: code}
	for _, a := range args {
		l.Args = append(l.Args, cut(fmt.Sprint(a)))
	}
	b.left = append(b.left, l)
}

// name makes a key that nothing else has.
func (b *building) name(wish string, n int) string {
	key := words.Key(wish, '_', 40)
	if key == "" || key[0] < 'a' || key[0] > 'z' || slices.Contains([]string{"primary", "judgement", "event", "all", "any", "not"}, key) {
		key = strings.TrimSuffix(fmt.Sprintf("q%d_%s", n, key), "_")
	}
	if len(key) > 40 {
		key = strings.Trim(key[:40], "_")
	}
	for base, i := key, 2; b.keys[key]; i++ {
		key = fmt.Sprintf("%s_%d", base, i)
	}
	b.keys[key] = true
	return key
}

var (
	tags = regexp.MustCompile(`<[^>]*>`)
	// expressions are what RapidPro fills in: @contact.first_name, @(upper(results.x)).
	expressions = regexp.MustCompile(`@(?:\(([^)]*\)*)\)|((?:contact|results|fields|globals|run|urns|parent|child|trigger)(?:\.\w+)*))`)
	piped       = regexp.MustCompile(`\{\{[^}]*\}\}|\$\{[^}]*\}|#recall:[^#]*#|[{}]`)
)

// words are words without markup and without what other programs put in.
func (b *building) words(s string) string {
	s = strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(strings.NewReplacer("<br>", "\n", "<br/>", "\n", "</p>", "\n").Replace(s), "")))
	if m := piped.FindString(s); m != "" {
		b.leave("piped", cut(s), m)
		s = strings.TrimSpace(piped.ReplaceAllString(s, ""))
	}
	return survey.Clean(s)
}

func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// result is the flow with everything that a flow needs.
func (b *building) result() (Result, error) {
	if len(b.items) == 0 {
		return Result{}, fmt.Errorf("%w: no question was found in it", ErrUnknown)
	}
	lang := "en"
	title := b.words(b.title)
	if title == "" {
		title = "Imported survey"
	}
	id := b.name(title, 0)
	f := survey.Flow{ID: id, Class: survey.Transactional, Title: survey.Text{lang: title}, Languages: []string{lang}}
	if len(b.items) > 90 {
		b.leave("many_questions", len(b.items))
		b.items = b.items[:90]
	}
	main := slices.IndexFunc(b.items, func(i item) bool { return i.kind == "scale" || i.kind == "nps" })
	if main < 0 {
		b.leave("no_main")
		b.items = slices.Insert(b.items, 0, item{kind: "csat", key: "overall", ask: "Overall, how satisfied or dissatisfied were you?"})
		main = 0
	}
	for n, it := range b.items {
		q := survey.Question{Key: b.name(it.key, n+1), Ask: survey.Text{lang: b.words(it.ask)}, Optional: it.optional}
		if q.Ask[lang] == "" {
			q.Ask[lang] = it.key
		}
		b.kind(&q, it, lang)
		if n == main {
			q.Primary, q.Weight, q.Optional = true, 1, false
		}
		f.Questions = append(f.Questions, q)
	}
	file, err := flowfile.Format(f)
	if err != nil {
		return Result{}, fmt.Errorf("write what was read: %w", err)
	}
	return Result{From: b.from, File: string(file), Left: b.left}, nil
}

func (b *building) kind(q *survey.Question, it item, lang string) {
	switch it.kind {
	case "csat":
		q.Kind = survey.ScaleQ
		q.Scale, _ = flowfile.Scale("csat5")
	case "nps":
		q.Kind = survey.ScaleQ
		q.Scale, _ = flowfile.Scale("nps11")
	case "scale":
		q.Kind, q.Scale = survey.ScaleQ, b.scale(it, lang)
	case "one", "many":
		q.Kind, q.Max = survey.ChoiceQ, 1
		own := &building{keys: map[string]bool{}}
		for n, o := range it.options[:min(len(it.options), 50)] {
			if words := b.words(o); words != "" {
				q.Choices = append(q.Choices, survey.Choice{Key: own.name(words, n+1), Label: survey.Text{lang: words}})
			}
		}
		if len(it.options) > 50 {
			b.leave("many_options", cut(it.ask), len(it.options))
		}
		if it.kind == "many" {
			q.Max = max(1, len(q.Choices))
		}
		if len(q.Choices) < 2 {
			b.leave("few_options", cut(it.ask))
			*q = survey.Question{Key: q.Key, Ask: q.Ask, Optional: q.Optional, Kind: survey.TextQ}
		}
	case "number":
		q.Kind, q.MinValue, q.MaxValue = survey.NumberQ, float64(it.low), float64(it.high)
		if it.low >= it.high {
			q.MinValue, q.MaxValue = 0, 1_000_000
		}
	case "date":
		q.Kind = survey.DateQ
	case "file":
		q.Kind = survey.FileQ
	case "email", "phone":
		q.Kind, q.Contact = survey.ContactQ, it.kind
	case "message":
		q.Kind, q.Optional = survey.MessageQ, false
	default:
		q.Kind, q.Long = survey.TextQ, it.kind == "long"
	}
}

// scale gives the points of a scale scores and flags, the lowest being the worst.
func (b *building) scale(it item, lang string) survey.Scale {
	labels := it.options
	if len(labels) < 2 {
		labels = nil
		for v := it.low; v <= it.high && len(labels) < 25; v++ {
			labels = append(labels, strconv.Itoa(v))
		}
	}
	s := survey.Scale{Key: b.name("scale_"+it.key, 0)}
	for i, l := range labels {
		score := 100 * float64(i) / float64(len(labels)-1)
		flag := survey.Neutral
		switch {
		case score < 40:
			flag = survey.Unsatisfied
		case score >= 90:
			flag = survey.Delighted
		case score > 60:
			flag = survey.Satisfied
		}
		s.Options = append(s.Options, survey.Option{Value: float64(it.low + i), Label: survey.Text{lang: b.words(l)}, Score: new(score), Flag: flag})
	}
	if it.lowest != "" && it.best != "" {
		s.Options[0].Label = survey.Text{lang: b.words(it.lowest)}
		s.Options[len(s.Options)-1].Label = survey.Text{lang: b.words(it.best)}
	}
	return s
}

// table reads a CSV of questions: one a line, with its kind and its options if there are any.
func (b *building) table(text string) error {
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	if head, _, _ := strings.Cut(text, "\n"); strings.Count(head, ";") > strings.Count(head, ",") {
		in.Comma = ';'
	}
	rows, err := in.ReadAll()
	if err != nil || len(rows) < 2 {
		return ErrUnknown
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[strings.ToLower(strings.TrimSpace(name))] = i
	}
	if _, ok := column["question"]; !ok {
		return fmt.Errorf("%w: a table of questions has a column \"question\" and may have \"key\", \"type\" and \"options\"", ErrUnknown)
	}
	b.from = "CSV"
	for _, row := range rows[1:] {
		cell := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		it := item{key: cell("key"), ask: cell("question"), kind: "text", low: 1, high: 5}
		if it.ask == "" {
			continue
		}
		if it.key == "" {
			it.key = it.ask
		}
		for _, o := range strings.FieldsFunc(cell("options"), func(r rune) bool { return r == '|' || r == ';' }) {
			it.options = append(it.options, strings.TrimSpace(o))
		}
		switch kind := strings.ToLower(cell("type")); kind {
		case "scale", "rating", "csat", "stars", "smiley", "thumbs":
			it.kind = "scale"
		case "nps", "enps", "likelihood":
			it.kind = "nps"
		case "choice", "single", "select", "select-one", "one":
			it.kind = "one"
		case "multiple", "select-many", "checkbox", "many":
			it.kind = "many"
		case "long", "free_response", "comment":
			it.kind = "long"
		case "number", "date", "email", "phone", "file", "message":
			it.kind = kind
		case "text", "short", "":
			if len(it.options) > 1 {
				it.kind = "one"
			}
		default:
			b.leave("unknown_kind", cut(it.ask), kind)
		}
		b.items = append(b.items, it)
	}
	return nil
}

// lime is a survey of LimeSurvey: tables of rows.
type lime struct {
	Type   string      `xml:"LimeSurveyDocType"`
	Tables []limeTable `xml:",any"`
}

type limeTable struct {
	XMLName xml.Name
	Rows    []limeRow `xml:"rows>row"`
}

type limeRow struct {
	Fields []limeField `xml:",any"`
}

type limeField struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

func (r limeRow) get(name string) string {
	for _, f := range r.Fields {
		if f.XMLName.Local == name {
			return f.Text
		}
	}
	return ""
}

func (b *building) limeSurvey(text string) error {
	var l lime
	if err := xml.Unmarshal([]byte(text), &l); err != nil || l.Type != "Survey" {
		return ErrUnknown
	}
	b.from = "LimeSurvey"
	words := map[string]string{}
	var questions, below []limeRow
	answers := map[string][]string{}
	for _, t := range l.Tables {
		for _, r := range t.Rows {
			switch t.XMLName.Local {
			case "surveys_languagesettings":
				b.title = r.get("surveyls_title")
			case "question_l10ns":
				if words[r.get("qid")] == "" {
					words[r.get("qid")] = r.get("question")
				}
			case "questions":
				questions = append(questions, r)
			case "subquestions":
				below = append(below, r)
			case "answers":
				answers[r.get("qid")] = append(answers[r.get("qid")], r.get("answer"))
				if r.get("answer") == "" {
					words["a"+r.get("aid")] = r.get("qid")
				}
			case "answer_l10ns":
				if qid := words["a"+r.get("aid")]; qid != "" {
					answers[qid] = append(slices.DeleteFunc(answers[qid], func(s string) bool { return s == "" }), r.get("answer"))
				}
			case "conditions":
				b.leave("condition_of", r.get("qid"))
			}
		}
	}
	ask := func(r limeRow) string {
		if w := words[r.get("qid")]; w != "" {
			return w
		}
		return r.get("question")
	}
	for _, r := range questions {
		it := item{key: r.get("title"), ask: ask(r), optional: r.get("mandatory") != "Y", low: 1, high: 5, options: answers[r.get("qid")]}
		var parts []limeRow
		for _, x := range below {
			if x.get("parent_qid") == r.get("qid") {
				parts = append(parts, x)
			}
		}
		if rel := strings.TrimSpace(r.get("relevance")); rel != "" && rel != "1" {
			b.leave("condition", cut(b.words(it.ask)), cut(rel))
		}
		switch kind := r.get("type"); kind {
		case "5":
			it.kind, it.options = "scale", nil
		case "L", "!", "O":
			it.kind = "one"
		case "Y":
			it.kind, it.options = "one", []string{"Yes", "No"}
		case "G":
			it.kind, it.options = "one", []string{"Female", "Male"}
		case "M", "P":
			it.kind, it.options = "many", nil
			for _, x := range parts {
				it.options = append(it.options, ask(x))
			}
		case "A", "B", "C", "E", "F", "H":
			if kind == "B" {
				it.high = 10
			}
			for _, x := range parts {
				b.items = append(b.items, item{key: it.key + "_" + x.get("title"), kind: "scale", ask: b.words(it.ask) + "\n" + ask(x), low: 1, high: it.high, options: it.options, optional: it.optional})
			}
			b.leave("table", cut(b.words(it.ask)))
			continue
		case "S", "Q":
			it.kind = "text"
		case "T", "U":
			it.kind = "long"
		case "N":
			it.kind, it.low, it.high = "number", 0, 0
		case "D":
			it.kind = "date"
		case "|":
			it.kind = "file"
		case "X":
			it.kind = "message"
		default:
			b.leave("kind", cut(b.words(it.ask)), kind)
			continue
		}
		b.items = append(b.items, it)
	}
	return nil
}
