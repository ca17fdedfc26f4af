package admin

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
)

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
		b.State = words.t("rules_draft", cmp.Or(d.Person, words.t("flow_somebody")), words.moment(s.Clock(), d.At, s.houseZone()))
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
func (s rulePages) changeRuleDraft(w http.ResponseWriter, r *http.Request, v Viewer) error {
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

// comparedRules says what differs between two files of rules: in the words of the pages that change
// them, of every site and of each that has something of its own, and line by line.
func (s rulePages) comparedRules(r *http.Request, v Viewer, old, new string) (compareView, error) {
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
		for _, k := range []ruleKind{rulesKind, hoursKind, routesKind, snippetsKind, reportingKind} {
			if site.ID != "" && k.at == routesKind.at {
				continue
			}
			for _, x := range words.fieldChanges(&k.open(s.site, words, a).sheet().form, &k.open(s.site, words, b).sheet().form) {
				if site.ID != "" {
					x.Text = cmp.Or(site.Name, site.ID) + " · " + x.Text
				}
				c.Changes = append(c.Changes, x)
			}
		}
	}
	return c, nil
}

// theRules is the file of rules.
func theRules() *filed {
	return &filed{
		draft: storage.RulesDraft, key: "rules", at: rulesKind.at, here: "/settings", may: mayRule,
		check: func(s *site, ctx context.Context, words *words, v Viewer, d drafted) (dryRun, []ruleFinding, error) {
			policy, findings, err := rulePages{s}.readRules(ctx, words, fileOf(d))
			return func(patience time.Duration) (any, error) { return s.tryRules(ctx, words, v, policy, patience) }, findings, err
		},
		compared: func(s *site, r *http.Request, v Viewer, old, new string) (compareView, error) {
			return rulePages{s}.comparedRules(r, v, old, new)
		},
		publish:  func(s *site) publishes { return s.Store.PublishRules },
		versions: func(s *site) versioned { return s.Store.Rules },
		shipped:  emptyRules, first: string(rulefile.Shipped()),
		changed: func(s *site, ctx context.Context) error { return s.Bot.Configuration().Refresh(ctx) },
	}
}
