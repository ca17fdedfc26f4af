package admin

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/survey/draft"
)

// flowCard is one card of the editor.
type flowCard struct {
	Path     string // "before", "after", "questions/=key", "scales/name", "choices/name", "bands"
	Number   int    // of a question, from 1
	Words    string
	Tags     string
	Kind     string
	Open     bool
	Bad      int // errors
	Look     int // warnings
	Controls []flowControl
	Further  []flowControl // less often needed, folded
	Findings []finding
	Unfolded bool     // something of Further wants to be looked at
	Kinds    []option // in which other ways it could be answered
	Fills    []option // how the scores of a scale can be filled in
	Here     []string // who else has it open now
	First    bool
	Last     bool
	Adds     []addGroup // the menu behind this card, where it is open
	AddAt    string     // query that opens that menu
	Needed   []string   // questions that depend on its answer, where the card is open
	Depend   bool       // there are such
}

// addGroup is a part of the menu of questions.
type addGroup struct {
	Name    string
	Entries []addEntry
}

type addEntry struct{ Name, Label, Hint string }

// oneOf are the keys of which a question has one: they say what is asked.
func oneOf() []string {
	return []string{"scale", "choice", "options", "text", "number", "contact", "file", "date", "message"}
}

// plainFields are the fields of a question that everybody needs, in their order: words first,
// then how it is answered. The others are folded.
func plainFields() []string {
	return slices.Concat([]string{"ask"}, oneOf(), []string{"primary", "optional", "when"})
}

// beforeCard and afterCard are the cards of what is no question.
const (
	beforeCard = "before"
	afterCard  = "after"
)

// Fields of the card before the questions: those that everybody needs, and those that have
// another place.
var (
	plainBefore = []string{"title", "class", "identity", "delay", "expires"}
	notBefore   = []string{"questions", "scales", "choices", "bands", "texts", "thanks"}
	plainAfter  = []string{"thanks_satisfied", "thanks_neutral", "thanks_unsatisfied", "thanks_unsatisfied_open", "thanks_no_contact"}
	greeting    = []string{"invitation", "intro"}
)

// firstCard is the card that is open before somebody chooses one: the first question.
func firstCard(doc *draft.Doc) string {
	if all := doc.Elements("questions"); len(all) > 0 {
		return "questions/" + all[0]
	}
	return beforeCard
}

func (s draftPages) cards(e *flowEditor, d *drawer, add string) {
	e.Cards = append(e.Cards, dressed(d.before(e.Open), d, "", add))
	all := d.doc.Elements("questions")
	for i, step := range all {
		c := d.card(step, e.Open, e.Lang)
		c.Number, c.First, c.Last = i+1, i == 0, i == len(all)-1
		e.Cards = append(e.Cards, dressed(c, d, c.AddAt, add))
	}
	e.Cards = append(e.Cards, d.after(e.Open))
	for _, in := range []string{"scales", "choices"} {
		for _, name := range d.doc.Keys(in) {
			c := flowCard{Path: in + "/" + name, Words: d.t("flow_own_"+in, name), Tags: d.t("flow_options", len(d.doc.Elements(in+"/"+name+"/options")))}
			if c.Open = e.Open == c.Path; c.Open {
				part := map[string]string{"scales": "scale", "choices": "list"}[in]
				c.Controls = d.group(c.Path, def(part), nil)
				for _, how := range []string{"ladder", "evenly", "numbers"} {
					if part == "scale" {
						c.Fills = append(c.Fills, option{how, d.t("flow_fill_" + how)})
					}
				}
			}
			e.Cards = append(e.Cards, c)
		}
	}
	bands := flowCard{Path: "bands", Words: d.t("flow_bands"), Tags: d.t("flow_bands_shipped")}
	if n := len(d.doc.Elements("bands")); n > 0 {
		bands.Tags = d.t("flow_options", n)
	}
	if bands.Open = e.Open == bands.Path; bands.Open {
		bands.Controls = []flowControl{d.control("bands", "bands", format().Properties.get("bands"))}
	}
	e.Cards = append(e.Cards, bands)
}

// before is the card of the survey itself: what it is called, when it is asked, the greeting.
func (d *drawer) before(open string) flowCard {
	c := flowCard{Path: beforeCard, Words: d.t("flow_before"), Tags: d.word("class", d.doc.Show("class")), AddAt: "first"}
	if c.Open = open == c.Path; !c.Open {
		return c
	}
	c.parted(d.group("", format(), func(k string) bool { return slices.Contains(notBefore, k) }), plainBefore)
	c.Controls = append(c.Controls, d.group("texts", format().Properties.get("texts"), func(k string) bool { return !slices.Contains(greeting, k) })...)
	return c
}

// after is the card of what is said in the end, and of the other words around the questions.
func (d *drawer) after(open string) flowCard {
	c := flowCard{Path: afterCard, Words: d.t("flow_after"), Tags: d.t("flow_after_tags")}
	if c.Open = open == c.Path; !c.Open {
		return c
	}
	c.parted(d.group("texts", format().Properties.get("texts"), func(k string) bool { return slices.Contains(greeting, k) }), plainAfter)
	c.Controls = append(c.Controls, d.control("thanks", "thanks", format().Properties.get("thanks")))
	return c
}

// parted gives a card its controls: plain ones first and in this order, the others folded.
func (c *flowCard) parted(all []flowControl, plain []string) {
	for _, x := range all {
		if slices.Contains(plain, x.Key) {
			c.Controls = append(c.Controls, x)
		} else {
			c.Further = append(c.Further, x)
		}
	}
	slices.SortStableFunc(c.Controls, func(a, b flowControl) int {
		return cmp.Compare(slices.Index(plain, a.Key), slices.Index(plain, b.Key))
	})
	c.Unfolded = slices.ContainsFunc(c.Further, func(x flowControl) bool { return x.Fault != "" || len(x.Findings) > 0 })
}

// card is the card of a question.
func (d *drawer) card(step, open, lang string) flowCard {
	at, key := "questions/"+step, strings.TrimPrefix(step, "=")
	c := flowCard{Path: at, AddAt: key}
	c.Words = cmp.Or(d.doc.Words(at+"/ask", lang), d.doc.Words(at+"/message", lang),
		d.doc.Words(at+"/ask", d.doc.Language()), d.doc.Words(at+"/message", d.doc.Language()), key)
	for _, k := range oneOf() {
		if d.doc.Has(at + "/" + k) {
			c.Kind = k
		}
	}
	needed := d.needs(key)
	c.Depend = len(needed) > 0
	c.Tags = strings.Join(d.tags(at, key, c.Kind), " · ")
	if c.Open = open == at; !c.Open {
		return c
	}
	c.parted(d.group(at, def("question"), func(k string) bool {
		return slices.Contains(oneOf(), k) && k != c.Kind || k == "ask" && c.Kind == "message"
	}), plainFields())
	for _, k := range oneOf() {
		if k != c.Kind {
			c.Kinds = append(c.Kinds, option{k, d.label(k)})
		}
	}
	c.Needed = needed
	return c
}

// tags say of a question in a few words how it is answered, what it counts, and when it is asked.
func (d *drawer) tags(at, key, kind string) []string {
	tags := []string{d.answeredBy(at, kind)}
	if d.doc.Show(at+"/primary") == "true" {
		tags = append(tags, d.t("tag_main"))
	}
	if share := d.share(key); share != "" {
		tags = append(tags, share)
	}
	if d.doc.Has(at + "/when") {
		tags = append(tags, d.t("tag_when"))
	}
	if d.doc.Show(at+"/optional") == "true" {
		tags = append(tags, d.t("tag_optional"))
	}
	return tags
}

// dressed gives a card its findings and, where it was asked for, the menu behind it.
func dressed(c flowCard, d *drawer, question, add string) flowCard {
	for _, f := range d.flow.Findings {
		switch {
		case f.Question != question:
		case f.Fatal:
			c.Bad++
		default:
			c.Look++
		}
	}
	if c.Open {
		c.Findings = d.flow.rest(question)
	}
	if add != "" && add == c.AddAt {
		c.Adds = d.menu()
	}
	return c
}

// answeredBy says how a question is answered.
func (d *drawer) answeredBy(at, kind string) string {
	switch kind {
	case "":
		return d.t("tag_nothing")
	case "scale", "choice", "text", "contact":
		return d.word(kind, d.doc.Show(at+"/"+kind))
	}
	return d.label(kind)
}

// share is the part of a question in the score, in per cent.
func (d *drawer) share(key string) string {
	sum, own := 0.0, 0.0
	for _, q := range d.flow.Flow.Questions {
		sum += q.Weight
		if q.Key == key {
			own = q.Weight
		}
	}
	if own == 0 || sum == 0 {
		return ""
	}
	return d.t("tag_share", report.PerCent(own/sum))
}

// asked are the keys that a condition names, as it stands in the file.
var asked = regexp.MustCompile(`(?:^|[^a-z0-9_.])([a-z0-9_]+):`)

// needs are the questions that depend on the answer to another.
func (d *drawer) needs(key string) []string {
	if d.needed == nil {
		d.needed = map[string][]string{}
		for _, e := range d.doc.Elements("questions") {
			at, own := "questions/"+e, strings.TrimPrefix(e, "=")
			on := []string{d.doc.Show(at + "/pair")}
			for _, m := range asked.FindAllStringSubmatch(d.doc.Show(at+"/when"), -1) {
				on = append(on, m[1])
			}
			slices.Sort(on)
			for _, of := range slices.Compact(on) {
				d.needed[of] = append(d.needed[of], own)
			}
		}
	}
	return d.needed[key]
}
