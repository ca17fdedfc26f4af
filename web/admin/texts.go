package admin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// textRoutes are the texts of the frame of surveys, in words of one's own.
var textRoutes = []route{
	{pattern: "GET /settings/texts", deed: access.EditRules, page: in(rulePages.texts)},
	{pattern: "POST /settings/texts", deed: access.EditRules, page: in(rulePages.saveTexts)},
}

// textsPage is the form of the texts of one group in one language, each with what a customer reads.
type textsPage struct {
	ruleSheet
	Lang    string
	Langs   []option
	Group   string
	Groups  []textGroup
	Rows    []textRow
	Holes   []string // that every message may name
	list    []recovery.Wording
	planned recovery.Policy // with what is written in the form
}

type textGroup struct {
	Name, At string
	Here     bool
}

// textRow is one text as it is said: with the words of the form, whether they are stored or not.
type textRow struct {
	Field  field
	Shown  string
	Button bool
	Own    bool // not as shipped
}

// textPreview is the survey whose frame is shown, and where.
const (
	textPreview   = "post_service_3"
	textPreviewOn = chat.Telegram
)

// textGroups are the groups of texts, in their order.
var textGroups = []string{"messages", "buttons", "hints"}

func textGroupOf(text string) string {
	switch {
	case survey.IsButton(text):
		return "buttons"
	case text == "invitation" || strings.HasPrefix(text, "thanks_"):
		return "messages"
	}
	return "hints"
}

// textsQuery is where on the page somebody is.
func (p *textsPage) textsQuery(done string) string {
	q := url.Values{"lang": {p.Lang}, "group": {p.Group}}
	if p.Site != "" {
		q.Set("site", p.Site)
	}
	if done != "" {
		q.Set("done", done)
	}
	return "?" + q.Encode()
}

// textsOf is the page as it stands in the rules in force.
func textsOf(words *words, c *ruleScope, lang, group string) *textsPage {
	p := &textsPage{ruleSheet: ruleSheet{ruleScope: *c, Own: c.own("texts")}, Lang: survey.MatchLanguage(survey.Languages(), lang, words.lang), Group: textGroups[0]}
	p.Lang = cmp.Or(p.Lang, survey.Languages()[0])
	if slices.Contains(textGroups, group) {
		p.Group = group
	}
	for _, tag := range survey.Languages() {
		p.Langs = append(p.Langs, option{tag, languageName(words.lang, tag)})
	}
	at := p.Group
	for _, g := range textGroups {
		p.Group = g
		p.Groups = append(p.Groups, textGroup{words.t("texts_" + g), "/settings/texts" + p.textsQuery(""), g == at})
	}
	p.Group = at
	if c.Site == "" || p.Own {
		p.list = slices.Clone(c.rules().Texts)
	}
	shipped := voice.Shipped(p.Lang)
	for _, text := range survey.SiteTexts() {
		if textGroupOf(text) != p.Group {
			continue
		}
		x := field{Name: text, Value: p.words(text)}
		if p.Group == "messages" {
			x.Label = words.t("said_" + text)
		} else {
			x.Label = voice.Shipped(words.lang)(text)
		}
		if said := shipped(text); said != "" && (said != x.Label || p.Group == "messages") {
			x.Hint = words.t("texts_shipped", said)
		}
		p.add(x)
	}
	if p.Group == "messages" {
		p.Holes = survey.FrameGaps("thanks_neutral")
	}
	return p
}

// words are those of a text in the language of the page; "" = as shipped, or as at every site.
func (p *textsPage) words(text string) string {
	for _, w := range p.list {
		if w.Text == text && w.Language == p.Lang {
			return w.Words
		}
	}
	return ""
}

// settle is what the form wants to stand in the file. What is wrong stands at its field.
func (p *textsPage) settle(words *words) []change {
	var was, now []string
	list := slices.Clone(p.list)
	for i := range p.Fields {
		x := &p.Fields[i]
		before := p.words(x.Name)
		if x.Value == before {
			continue
		}
		w := recovery.Wording{Text: x.Name, Language: p.Lang, Words: x.Value}
		list = slices.DeleteFunc(list, func(o recovery.Wording) bool { return o.Text == w.Text && o.Language == w.Language })
		if w.Words != "" {
			list = append(list, w)
			x.Fault = cmp.Or(x.Fault, textFault(words, w))
		}
		name := w.Text + " (" + w.Language + ")"
		was, now = append(was, name+": "+cmp.Or(before, words.t("texts_as_shipped"))), append(now, name+": "+cmp.Or(x.Value, words.t("texts_as_shipped")))
	}
	p.plan(list)
	if len(was) == 0 {
		return nil
	}
	return []change{{"texts", words.t("texts"), strings.Join(was, "; "), strings.Join(now, "; "), wordingText(list)}}
}

// plan has the preview say these texts.
func (p *textsPage) plan(list []recovery.Wording) {
	p.planned = p.policy
	if p.Site == "" {
		p.planned.Rules.Texts = list
		return
	}
	p.planned.Sites = map[string]recovery.Rules{p.Site: {Texts: list}}
}

// textFault says in words what is wrong with a text.
func textFault(words *words, w recovery.Wording) string {
	switch fault, hole := w.Fault(); fault {
	case "":
		return ""
	case recovery.UnknownHole:
		gaps := survey.FrameGaps(w.Text)
		if len(gaps) == 0 {
			return words.t("texts_no_hole", "{"+hole+"}")
		}
		return words.t("texts_hole", "{"+hole+"}", "{"+strings.Join(gaps, "}, {")+"}")
	case recovery.TooManyWords:
		return words.t("texts_long", recovery.LongestWording(w.Text))
	default:
		return words.t("texts_" + string(fault))
	}
}

// wordingText are texts as the file has them; "" for none.
func wordingText(list []recovery.Wording) string {
	order := survey.SiteTexts()
	slices.SortStableFunc(list, func(a, b recovery.Wording) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Text), slices.Index(order, b.Text)), cmp.Compare(a.Language, b.Language))
	})
	lines := make([]string, len(list))
	for i, w := range list {
		said, _ := json.Marshal(w.Words) // strings cannot fail to encode
		lines[i] = fmt.Sprintf("- {text: %s, language: %s, words: %s}", w.Text, w.Language, said)
	}
	return strings.Join(lines, "\n")
}

// textSamples are values that stand for what a question would give a text.
var textSamples = []string{"min", "1", "max", "5", "answer", "5", "example", "A-1042"}

// texts is the page.
func (s rulePages) texts(w http.ResponseWriter, r *http.Request, v Viewer) error {
	q := r.URL.Query()
	p, err := s.textsAt(r, v, q.Get("site"), q.Get("lang"), q.Get("group"))
	if err != nil {
		return err
	}
	p.plan(p.list)
	return s.showTexts(w, r, v, http.StatusOK, p)
}

func (s rulePages) textsAt(r *http.Request, v Viewer, id, lang, group string) (*textsPage, error) {
	if err := mayRule(v); err != nil {
		return nil, err
	}
	words := s.words(r, v)
	c, err := s.scopeOf(r.Context(), words, id, true)
	if err != nil {
		return nil, err
	}
	return textsOf(words, c, lang, group), nil
}

// showTexts draws every text by what draws it in a chat.
func (s rulePages) showTexts(w http.ResponseWriter, r *http.Request, v Viewer, status int, p *textsPage) error {
	words := s.words(r, v)
	if err := p.draw(s.Bot.Configuration().Now(), s.site); err != nil {
		return err
	}
	return s.show(w, r, v, status, "texts.html", frame{
		Title: words.t("texts"), Meta: p.Title, Here: "/settings", Back: &link{"/settings", words.t("settings")},
	}, p)
}

func (p *textsPage) draw(snap *snapshot.Snapshot, s *site) error {
	flow, _, ok := flowfile.Template(textPreview)
	if !ok {
		return fmt.Errorf("there is no survey %s", textPreview)
	}
	t, err := previewTalk(snap, flow, textPreviewOn, p.Lang, s)
	if err != nil {
		return err
	}
	if p.Site != "" {
		t.Site = snap.Site(p.Site)
		t.Session.Attributes[voice.AttrBusiness] = t.Site.Name
	}
	t.Wordings = p.planned.Wordings(p.Site)
	p.Rows = nil
	for _, x := range p.Fields {
		row := textRow{Field: x, Shown: textShown(t, x.Name), Button: survey.IsButton(x.Name)}
		row.Own = t.Wordings[x.Name].Exactly(p.Lang) != ""
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// textShown is a text as a customer reads it.
func textShown(t *draw.Talk, text string) string {
	v := t.Person()
	if text == "invitation" {
		return t.Intro(v).Text
	}
	within := time.Duration(0)
	if text == "thanks_unsatisfied" {
		within = 2 * time.Hour
	}
	return t.Frame(v, text, draw.Hearing{Staff: true}, within, textSamples...)
}

// saveTexts shows what was written, or has it be said from now on. What somebody else has changed
// meanwhile is kept where this form did not touch it, and asked about where it did.
func (s rulePages) saveTexts(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	f := r.PostForm
	p, err := s.textsAt(r, v, f.Get("site"), f.Get("lang"), f.Get("group"))
	if err != nil {
		return err
	}
	words, now := s.words(r, v), map[string]string{}
	for _, x := range p.Fields {
		now[x.Name] = x.Value
	}
	if err := p.read(w, r); err != nil {
		return err
	}
	for i := range p.Fields {
		if f.Get("do") == "shipped" {
			p.Fields[i].Value, p.Fields[i].Was = "", now[p.Fields[i].Name]
		}
		p.Fields[i].merge(now[p.Fields[i].Name], words.t("changed_meanwhile"))
	}
	changes := p.settle(words)
	if len(p.Faults()) > 0 {
		return s.showTexts(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if f.Get("do") == "try" {
		return s.showTexts(w, r, v, http.StatusOK, p)
	}
	if p.Problem, err = s.publishChanges(r.Context(), v, &p.ruleScope, changes); err != nil {
		return err
	}
	if p.Problem != "" {
		return s.showTexts(w, r, v, http.StatusUnprocessableEntity, p)
	}
	http.Redirect(w, r, s.Prefix+"/settings/texts"+p.textsQuery("rules_saved"), http.StatusSeeOther) //nolint:gosec // a page of ours, whatever the query says
	return nil
}
