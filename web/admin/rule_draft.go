package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
)

// publishPatience is how long the page of publishing looks at the past; its button looks longer.
const publishPatience = 500 * time.Millisecond

// mostRuleVersions is how many versions of the rules are listed: the newest.
const mostRuleVersions = 12

// ruleBar says how the draft of the rules stands, on every page that changes it.
type ruleBar struct {
	State string // "" = there is none
	Also  string // who else is at it
	Undo  string // what Undo takes back, "" = nothing
	Redo  bool
	At    string // the address of the pages, below which those of the draft are
	Back  string // that which its buttons lead back to
	Topic string
}

func (s *site) ruleBarOf(r *http.Request, v Viewer, words *words, d drafted, at, part string) (ruleBar, error) {
	b := ruleBar{At: at, Back: r.URL.Path, Topic: draftTopic + d.Flow + "@" + part}
	revs, err := s.Store.FlowDraftRevs(r.Context(), d.Flow)
	if err != nil {
		return b, err
	}
	if b.Also, _, err = s.alsoHere(r.Context(), words, v, d.Flow, revs); err != nil {
		return b, err
	}
	undo, redo, what := undone(revs)
	if undo > 0 {
		b.Undo = words.ruleChange(what)
	}
	b.Redo = redo > 0
	if d.draft {
		b.State = words.t("rules_draft", cmp.Or(d.Person, words.t("flow_somebody")), words.moment(s.Clock(), d.At, s.Bot.Configuration().Now().Site("").Zone))
	}
	return b, nil
}

// ruleChange is what a revision of the rules changed, in words: a page of settings, or an act.
func (w *words) ruleChange(what string) string {
	if w.has("change_" + what) {
		return w.t("change_" + what)
	}
	return w.t(what)
}

// changeRuleDraft goes a step back or forth in the draft, or gives it up.
func (s *site) changeRuleDraft(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	return s.changeDraft(w, r, v, storage.RulesDraft, rulesKind.at, hoursKind.at, routesKind.at, "/settings/rules/file")
}

// changeDraft does so with a draft, and leads to the page from which it was wished, or to the first of these.
func (s *site) changeDraft(w http.ResponseWriter, r *http.Request, v Viewer, of string, pages ...string) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	done, err := "", error(nil)
	switch do := r.PostForm.Get("do"); do {
	case "undo", "redo":
		done, err = map[string]string{"undo": "flow_undone", "redo": "flow_redone"}[do], s.step(r.Context(), v, of, do == "redo")
	case "discard":
		done = "flow_discarded"
		_, err = s.giveUp(r.Context(), v, of)
	}
	if err != nil {
		return err
	}
	back := pages[0]
	if i := slices.Index(pages, r.PostForm.Get("back")); i >= 0 {
		back = pages[i]
	}
	http.Redirect(w, r, s.Prefix+back+"?done="+done, http.StatusSeeOther)
	return nil
}

// rulesPublish is the page on which the draft of the rules becomes a version.
type rulesPublish struct {
	compareView
	Next     int
	Rev      int
	Findings []ruleFinding
	Tried    *triedRules
	Same     bool
	Behind   string
	Note     string
	Fault    string
}

func (s *site) rulesPublishPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	d, err := s.draftOf(r.Context(), storage.RulesDraft)
	if err != nil {
		return err
	}
	return s.showRulesPublish(w, r, v, http.StatusOK, d, rulesPublish{}, publishPatience)
}

func (s *site) showRulesPublish(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, p rulesPublish, patience time.Duration) error {
	ctx, words := r.Context(), s.words(r, v)
	p.Next, p.Rev, p.Same, p.Behind = d.Live+1, d.Rev, !d.draft || d.Source == d.live, words.behind(d)
	if !p.Same {
		policy, findings, err := s.readRules(ctx, words, fileOf(d))
		if p.Findings = findings; err != nil {
			return err
		}
		if p.compareView, err = s.comparedRules(r, v, d.live, d.Source); err != nil {
			return err
		}
		if len(findings) == 0 {
			if p.Tried, err = s.tryRules(ctx, words, v, policy, patience); err != nil {
				return err
			}
		}
	}
	return s.show(w, r, v, status, "rule_publish.html", frame{
		Title: words.t("rules_publish_title"), Here: "/settings", Back: &link{"/settings/rules", words.t("rules")}, Styles: []string{"editor.css"},
	}, p)
}

func (s *site) publishRules(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	ctx, words := r.Context(), s.words(r, v)
	d, err := s.draftOf(ctx, storage.RulesDraft)
	if err != nil {
		return err
	}
	p := rulesPublish{Note: strings.TrimSpace(r.PostForm.Get("note"))}
	if r.PostForm.Get("do") == "try" {
		return s.showRulesPublish(w, r, v, http.StatusOK, d, p, tryPatience)
	}
	if rev, _ := strconv.Atoi(r.PostForm.Get("rev")); rev != d.Rev || !d.draft {
		p.Fault = words.t("flow_changed_meanwhile")
		return s.showRulesPublish(w, r, v, http.StatusConflict, d, p, publishPatience)
	}
	_, findings, err := s.readRules(ctx, words, fileOf(d))
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		p.Fault = words.t("flow_errors", len(findings))
		return s.showRulesPublish(w, r, v, http.StatusUnprocessableEntity, d, p, publishPatience)
	}
	version, err := s.putRules(r, v, d.live, d.Source, p.Note)
	if err != nil {
		return err
	}
	if err := s.published(ctx, v, d, version); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/settings/rules?done=rules_published", http.StatusSeeOther)
	return nil
}

// putRules makes a file the rules in force, in the place of what was there, and writes down who did so,
// why, and what changed.
func (s *site) putRules(r *http.Request, v Viewer, was, source, note string) (version int, err error) {
	compared, err := s.comparedRules(r, v, was, source)
	if err != nil {
		return 0, err
	}
	version, created, err := s.Store.PublishRules(r.Context(), source, s.Clock())
	if err != nil {
		return 0, fmt.Errorf("publish the rules: %w", err)
	}
	if !created {
		return version, nil
	}
	before, after := compared.told()
	return version, s.rulesPublished(r.Context(), v, version, before, after, note)
}

// comparedLines says what differs between two files line by line.
func comparedLines(old, new string) compareView {
	return compareView{Lines: diffLines(strings.Split(strings.TrimSuffix(old, "\n"), "\n"), strings.Split(strings.TrimSuffix(new, "\n"), "\n"))}
}

// comparedRules says what differs between two files of rules: in the words of the pages that change
// them, of every site and of each that has something of its own, and line by line.
func (s *site) comparedRules(r *http.Request, v Viewer, old, new string) (compareView, error) {
	c := comparedLines(old, new)
	words := s.words(r, v)
	sites, err := s.Store.Sites(r.Context())
	if err != nil {
		return c, err
	}
	scopes := []storage.Site{{Name: words.t("every_site")}}
	scopes = append(scopes, storage.Present(sites)...)
	for _, site := range scopes {
		a, b := &ruleScope{Site: site.ID, source: old}, &ruleScope{Site: site.ID, source: new}
		if a.parse() != nil || b.parse() != nil { // a file with errors is compared by its lines alone
			return c, nil
		}
		if site.ID != "" && a.doc.Show("sites/"+site.ID) == b.doc.Show("sites/"+site.ID) {
			continue
		}
		for _, scope := range []*ruleScope{a, b} {
			scope.Sites = []option{{"", words.t("every_site")}}
			for _, x := range storage.Present(sites) {
				scope.Sites = append(scope.Sites, option{x.ID, cmp.Or(x.Name, x.ID)})
			}
		}
		for _, k := range []ruleKind{rulesKind, hoursKind, routesKind, snippetsKind} {
			if site.ID != "" && k.at == routesKind.at {
				continue
			}
			for _, x := range words.fieldChanges(&k.open(s, words, a).sheet().form, &k.open(s, words, b).sheet().form) {
				if site.ID != "" {
					x.Text = cmp.Or(site.Name, site.ID) + " · " + x.Text
				}
				c.Changes = append(c.Changes, x)
			}
		}
	}
	return c, nil
}

// fieldChanges are the fields of a form that say something else over another file.
func (w *words) fieldChanges(before, after *form) (out []changeView) {
	shown := func(f, other *field) string {
		if f == nil { // an empty row that the other form has more
			empty := *other
			empty.Value, f = "", &empty
		}
		if f.Kind == "check" {
			return map[bool]string{true: w.t("switch_on"), false: w.t("switch_off")}[f.Value != ""]
		}
		if i := slices.IndexFunc(f.Options, func(o option) bool { return o.Value == f.Value }); i >= 0 {
			return f.Options[i].Text
		}
		return f.Value
	}
	all := slices.Clone(before.Fields)
	for _, f := range after.Fields {
		if before.field(f.Name) == nil {
			all = append(all, f)
		}
	}
	for i := range all {
		name := all[i].Name
		if all[i].Kind == "hidden" || strings.HasPrefix(name, tryCase) || strings.HasPrefix(name, "route.") && strings.HasSuffix(name, ".n") {
			continue
		}
		a, b := before.field(name), after.field(name)
		if was, now := shown(a, b), shown(b, a); was != now {
			out = append(out, changeView{Text: all[i].Label, Was: was, Now: now})
		}
	}
	return out
}

// ruleVersion is one version of the rules.
type ruleVersion struct {
	Version  int
	At       string
	Who      string
	Note     string
	Live     bool
	Previous int
}

// rulesVersions is the page of the versions of the rules, or of another file.
type rulesVersions struct {
	At                          string // the address of its pages
	Shipped, Compare, ToShipped string // what stands where no version is, and of that with which it began
	Versions                    []ruleVersion
	Before                      int // those before this one are on the next page, 0 = there are none
	Older                       int // how many these are
}

func (s *site) ruleVersions(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	ctx, words := r.Context(), s.words(r, v)
	now, err := s.rulesNow(ctx)
	if err != nil {
		return err
	}
	p, err := s.versionsOf(r, words, storage.RulesDraft, now.Version, s.Store.Rules)
	if err != nil {
		return err
	}
	p.At, p.Shipped, p.Compare, p.ToShipped = rulesKind.at, words.t("rules_shipped"), words.t("rules_compare_shipped"), words.t("rules_back_shipped")
	return s.show(w, r, v, http.StatusOK, "rule_versions.html", frame{
		Title: words.t("rules_versions"), Here: "/settings", Back: &link{"/settings/rules", words.t("rules")}, Styles: []string{"editor.css"},
	}, p)
}

// versionsOf are the newest versions of a file that has drafts, or those before one of them.
func (s *site) versionsOf(r *http.Request, words *words, of string, live int, read func(context.Context, int) (storage.RulesSource, error)) (p rulesVersions, err error) {
	ctx := r.Context()
	notes, err := s.Store.FlowNotes(ctx, of)
	if err != nil {
		return p, err
	}
	by := map[int]storage.FlowNote{}
	for _, n := range notes {
		by[n.Version] = n
	}
	newest := live
	if before, err := strconv.Atoi(r.URL.Query().Get("before")); err == nil && before > 1 && before <= live {
		newest = before - 1
	}
	if p.Older = max(0, newest-mostRuleVersions); p.Older > 0 {
		p.Before = p.Older + 1
	}
	for n := newest; n > p.Older; n-- {
		src, err := read(ctx, n)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return p, err
		}
		p.Versions = append(p.Versions, ruleVersion{
			Version: n, At: words.moment(s.Clock(), src.Published, s.Bot.Configuration().Now().Site("").Zone),
			Who: by[n].Person, Note: by[n].Note, Live: n == live, Previous: n - 1,
		})
	}
	return p, nil
}

// rulesAt is a version of the file of rules; 0 is the one with which the pages begin.
func (s *site) rulesAt(ctx context.Context, version int) (string, error) {
	if version == 0 {
		return emptyRules, nil
	}
	src, err := s.Store.Rules(ctx, version)
	if errors.Is(err, storage.ErrNotFound) {
		return "", &page.Error{Code: page.NotFound, Title: "no_such_page", Text: "no_such_page_text"}
	}
	return src.Source, err
}

// compareRules shows what differs between two versions.
func (s *site) compareRules(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	var text, name [2]string
	for i, at := range []string{"from", "to"} {
		n, _ := strconv.Atoi(r.URL.Query().Get(at))
		source, err := s.rulesAt(r.Context(), max(0, n))
		if err != nil {
			return err
		}
		text[i], name[i] = source, strconv.Itoa(max(0, n))
	}
	c, err := s.comparedRules(r, v, text[0], text[1])
	if err != nil {
		return err
	}
	words := s.words(r, v)
	return s.show(w, r, v, http.StatusOK, "flow_compare.html", frame{
		Title: words.t("flow_compare", name[0], name[1]), Here: "/settings", Back: &link{"/settings/rules/versions", words.t("rules_versions")}, Styles: []string{"editor.css"},
	}, c)
}

// rulesBack publishes an earlier version anew: versions only go forward.
func (s *site) rulesBack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	n, _ := strconv.Atoi(r.PostForm.Get("version"))
	source, err := s.rulesAt(r.Context(), max(0, n))
	if err != nil {
		return err
	}
	if n == 0 {
		source = string(rulefile.Shipped())
	}
	_, live, err := s.liveOf(r.Context(), storage.RulesDraft)
	if err != nil {
		return err
	}
	if _, err := s.putRules(r, v, live, source, s.words(r, v).t("flow_back_note", n)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/settings/rules/versions?done=rules_published", http.StatusSeeOther)
	return nil
}
