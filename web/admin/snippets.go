package admin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// snippetsPage are the saved answers of a site.
type snippetsPage struct {
	ruleSheet
	Snippets []int
}

// Holes are the placeholders that are known.
func (*snippetsPage) Holes() []string { return recovery.Placeholders() }

var snippetsKind = ruleKind{
	at: "/settings/snippets", template: "snippets.html", title: "snippets", lists: []string{"snippet."}, direct: true,
	open: func(_ *site, words *words, c *ruleScope) rulePage { return snippetsOf(words, c) },
}

// emptySnippets is how many empty ones the form offers.
const emptySnippets = 2

func snippetsOf(words *words, c *ruleScope) *snippetsPage {
	p := &snippetsPage{ruleSheet: ruleSheet{ruleScope: *c, Own: c.own("snippets")}}
	have := c.rules().Snippets
	for i := range len(have) + emptySnippets {
		var x recovery.Snippet
		if i < len(have) {
			x = have[i]
		}
		at, n := fmt.Sprintf("snippet.%d.", i), words.t("snippet_n", i+1)
		p.add(field{Name: at + "name", Label: n + ", " + words.t("snippet_name"), Value: x.Name, Fill: "off"})
		p.add(field{Name: at + "text", Label: n + ", " + words.t("snippet_text"), Value: x.Text})
		p.Snippets = append(p.Snippets, i)
	}
	return p
}

func (p *snippetsPage) settle(words *words) []change {
	var list []recovery.Snippet
	for _, i := range p.Snippets {
		at := fmt.Sprintf("snippet.%d.", i)
		x := recovery.Snippet{Name: p.field(at + "name").Value, Text: p.field(at + "text").Value}
		switch {
		case x == recovery.Snippet{}:
			continue
		case x.Name == "":
			p.field(at + "name").Fault = words.t("receiver_unnamed")
		case x.Text == "":
			p.field(at + "text").Fault = words.t("snippet_empty")
		}
		for hole := range strings.SplitSeq(x.Text, "{") {
			if name, _, open := strings.Cut(hole, "}"); open && !slices.Contains(recovery.Placeholders(), name) {
				p.field(at + "text").Fault = words.t("snippet_hole", "{"+name+"}")
			}
		}
		list = append(list, x)
	}
	before := p.rules().Snippets
	if slices.Equal(before, list) {
		return nil
	}
	text := snippetsText(list)
	if len(list) == 0 && p.Site == "" {
		text = "" // nothing is left: the key goes
	}
	return []change{{"snippets", words.t("snippets"), snippetsText(before), snippetsText(list), text}}
}

func (p *snippetsPage) same(words *words) []change {
	return []change{{at: "snippets", label: words.t("snippets"), was: words.t("rules_own"), now: words.t("rules_same_as")}}
}

// snippetsText are saved answers as the file has them.
func snippetsText(list []recovery.Snippet) string {
	lines := make([]string, len(list))
	for i, x := range list {
		name, _ := json.Marshal(x.Name)
		text, _ := json.Marshal(x.Text)
		lines[i] = fmt.Sprintf("- {name: %s, text: %s}", name, text)
	}
	return cmp.Or(strings.Join(lines, "\n"), "[]")
}

// putSnippet puts a saved answer behind what stands in the box of a reply: nothing is sent.
func (s casePages) putSnippet(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.find(r, v)
	if err != nil {
		return err
	}
	if err := readForm(w, r, mostForm); err != nil {
		return err
	}
	if !v.Can(access.ContactCase, f.Site) || v.Staff == "" {
		return notAllowed(nil)
	}
	in, err := s.source(r.Context(), v, f)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(lines(r.PostForm.Get("reply")))
	if i := slices.IndexFunc(in.Rules.Snippets, func(x recovery.Snippet) bool { return x.Name == r.PostForm.Get("snippet") }); i >= 0 {
		text = strings.TrimSpace(text + "\n\n" + in.Rules.Snippets[i].Fill(in.holes()))
	}
	if utf8.RuneCountInString(text) > recovery.MaxText {
		text = string([]rune(text)[:recovery.MaxText])
	}
	d := storage.Draft{Case: f.ID, Person: v.Staff, Box: "reply", Text: text, At: s.Clock()}
	if err := s.Store.PutDraft(r.Context(), f.Bucket, d); err != nil {
		return s.failed(err)
	}
	http.Redirect(w, r, s.Prefix+"/cases/"+f.Name()+"#reply", http.StatusSeeOther)
	return nil
}

// holes are what the placeholders of a saved answer stand for. Somebody whom staff know by a
// pseudonym has no name.
func (in caseSource) holes() map[string]string {
	with := map[string]string{"me": in.Actor.Name}
	if in.View == nil {
		return with
	}
	with["site"] = in.View.Site.Name
	if in.View.Session != nil {
		with["service"] = in.View.Session.Service
	}
	if in.View.Identity != nil && !in.View.Pseudonymous() {
		with["name"] = strings.TrimSpace(in.View.Identity.Name)
	}
	return with
}
