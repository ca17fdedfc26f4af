package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/draft"
)

// ruleScope is the part of the file of rules that a form changes: what holds at every site, or
// what one site has of its own.
type ruleScope struct {
	Site    string // "" = every site
	Title   string // what the part is called
	Sites   []option
	Version int // of the rules in force; 0 = the shipped ones
	source  string
	doc     *draft.Doc
	policy  recovery.Policy
}

// path is where something of the scope stands in the file. What begins with a slash stands
// outside of every scope.
func (c *ruleScope) path(at string) string {
	switch {
	case strings.HasPrefix(at, "/"):
		return at[1:]
	case c.Site == "":
		return "rules/" + at
	}
	return "sites/" + c.Site + "/" + at
}

// rules are those in force in the scope.
func (c *ruleScope) rules() recovery.Rules { return c.policy.At(c.Site, nil) }

// own reports whether a site has something of its own there.
func (c *ruleScope) own(at string) bool { return c.Site != "" && c.doc.Has(c.path(at)) }

// query is the scope as addresses name it, with what was done.
func (c *ruleScope) query(done string) string {
	q := url.Values{}
	if c.Site != "" {
		q.Set("site", c.Site)
	}
	if done != "" {
		q.Set("done", done)
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// emptyRules is the file with which a form begins where nobody wrote one.
const emptyRules = "# Written by the pages of settings. What is left out is as shipped.\nrules:\n"

// scopeOf reads the rules in force and the site that a form is about.
func (s *site) scopeOf(ctx context.Context, words *words, id string) (*ruleScope, error) {
	src, err := s.rulesNow(ctx)
	if err != nil {
		return nil, err
	}
	c := &ruleScope{Site: id, Title: words.t("every_site"), Version: src.Version, source: src.Source}
	if src.Version == 0 {
		c.source = emptyRules
	}
	if c.policy, err = rulefile.Parse([]byte(src.Source)); err != nil {
		return nil, fmt.Errorf("read the rules in force: %w", err)
	}
	if c.doc, err = draft.Parse(c.source); err != nil {
		return nil, &page.Error{Code: page.Invalid, Title: "rules_by_file", Text: "rules_by_file_text", Err: err}
	}
	all, err := s.Store.Sites(ctx)
	if err != nil {
		return nil, err
	}
	known := id == ""
	c.Sites = []option{{"", c.Title}}
	for _, x := range storage.Present(all) {
		c.Sites = append(c.Sites, option{x.ID, cmp.Or(x.Name, x.ID)})
		if x.ID == id {
			known, c.Title = true, cmp.Or(x.Name, x.ID)
		}
	}
	if !known {
		return nil, &page.Error{Code: page.NotFound, Title: "no_site", Text: "no_site_text"}
	}
	return c, nil
}

// change is one value that a form wants to stand elsewhere than it does.
type change struct {
	at       string // below the scope
	label    string
	was, now string // for people
	yaml     string // what to write; "" takes it out
}

// apply is the file with the changes, all of them or none.
func (c *ruleScope) apply(changes []change) (string, error) {
	text := c.source
	if len(changes) == 0 {
		return text, nil
	}
	for _, x := range changes {
		doc, err := draft.Parse(text)
		if err != nil {
			return "", err
		}
		at := c.path(x.at)
		op := draft.Op{Do: draft.Set, Path: at, Value: x.yaml, As: draft.YAML, Was: doc.Show(at)}
		if x.yaml == "" {
			if !doc.Has(at) {
				continue
			}
			op = draft.Op{Do: draft.Remove, Path: at}
			if parent := path.Dir(at); parent != "." && len(doc.Keys(parent)) == 1 { // what is left empty says so
				op = draft.Op{Do: draft.Set, Path: parent, Value: "{}", As: draft.YAML, Was: doc.Show(parent)}
			} else if text, err = wholeRules(text); err != nil {
				return "", err
			}
		}
		if text, err = draft.Apply(text, op); err != nil {
			return "", err
		}
	}
	return wholeRules(text)
}

// wholeRules is a file whose rules are there, if empty: rules that are nothing are no rules.
func wholeRules(text string) (string, error) {
	doc, err := draft.Parse(text)
	if err != nil || len(doc.Keys("rules")) > 0 {
		return text, err
	}
	return draft.Apply(text, draft.Op{Do: draft.Set, Path: "rules", Value: "{}", As: draft.YAML, Was: doc.Show("rules")})
}

// told is what changes, as the list of changes has it.
func told(changes []change) (before, after string) {
	var was, now []string
	for _, x := range changes {
		was, now = append(was, x.label+": "+x.was), append(now, x.label+": "+x.now)
	}
	return strings.Join(was, "; "), strings.Join(now, "; ")
}

// publishChanges makes the changes the rules in force. A problem that the rules themselves find
// is returned in words; nothing is stored then.
func (s *site) publishChanges(ctx context.Context, v Viewer, c *ruleScope, changes []change) (problem string, err error) {
	source, _, problem, err := c.checked(changes)
	if err != nil || problem != "" || source == c.source {
		return problem, err
	}
	made, created, err := s.Store.PublishRules(ctx, source, s.Clock())
	if err != nil {
		return "", fmt.Errorf("publish the rules: %w", err)
	}
	if !created {
		return "", nil
	}
	a := s.audit(v, "rules.publish", strconv.Itoa(made))
	a.Before, a.After = told(changes)
	if err := s.Store.PutAudit(ctx, a); err != nil {
		return "", err
	}
	return "", s.Bot.Configuration().Refresh(ctx)
}

// checked is the file with the changes and what it says, or why it cannot be.
func (c *ruleScope) checked(changes []change) (source string, then recovery.Policy, problem string, err error) {
	source, err = c.apply(changes)
	if err != nil {
		if _, ok := errors.AsType[*draft.Refused](err); ok {
			return "", then, err.Error(), nil
		}
		return "", then, "", err
	}
	then, err = rulefile.Parse([]byte(source))
	if found, ok := errors.AsType[rulefile.Errors](err); ok && len(found) > 0 {
		return "", then, found[0].Message, nil
	}
	return source, then, "", err
}

// ruleSheet is a form about a part of the file of rules.
type ruleSheet struct {
	form
	ruleScope
	Own     bool // the site has something of its own there
	Problem string
	Tried   *triedRules
}

func (p *ruleSheet) sheet() *ruleSheet { return p }

// Of is a field of the form by its name.
func (p *ruleSheet) Of(name string) *field { return p.field(name) }

// add is one more field, that shows what is in force.
func (p *ruleSheet) add(x field) {
	x.Was = x.Value
	p.Fields = append(p.Fields, x)
}

// rulePage is a page with such a form.
type rulePage interface {
	sheet() *ruleSheet
	// settle says what is to change. What is wrong stands at its field.
	settle(words *words) []change
	// same is what makes a site as every site is.
	same(words *words) []change
}

// ruleKind is a kind of such pages.
type ruleKind struct {
	at, template, title string   // its address, its file, the key of its title
	lists               []string // how fields of lists begin: a list is one thing
	open                func(s *site, words *words, c *ruleScope) rulePage
	tried               func(s *site, r *http.Request, v Viewer, p rulePage, then recovery.Policy) error // nil = what it would have done with the past
}

// opened is the form of an address or a post, as it stands in the rules in force.
func (k ruleKind) opened(s *site, r *http.Request, v Viewer, id string) (rulePage, error) {
	if err := mayRule(v); err != nil {
		return nil, err
	}
	words := s.words(r, v)
	c, err := s.scopeOf(r.Context(), words, id)
	if err != nil {
		return nil, err
	}
	return k.open(s, words, c), nil
}

func (k ruleKind) look(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	p, err := k.opened(s, r, v, r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	return k.show(s, w, r, v, http.StatusOK, p)
}

func (k ruleKind) show(s *site, w http.ResponseWriter, r *http.Request, v Viewer, status int, p rulePage) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, k.template, frame{
		Title: words.t(k.title), Meta: p.sheet().Title, Here: "/settings", Back: &link{"/settings", words.t("settings")}, Styles: []string{"forms.css"},
	}, p)
}

// save tries what was written, or makes it the rules in force. What somebody else has changed
// meanwhile is kept where this form did not touch it, and asked about where it did.
func (k ruleKind) save(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	p, err := k.opened(s, r, v, r.PostForm.Get("site"))
	if err != nil {
		return err
	}
	words, x, do := s.words(r, v), p.sheet(), r.PostForm.Get("do")
	now := map[string]string{}
	for _, f := range x.Fields {
		now[f.Name] = f.Value
	}
	if err := x.read(w, r); err != nil {
		return err
	}
	x.readChecks(r.PostForm)
	meanwhile := words.t("changed_meanwhile")
	for _, list := range k.lists {
		x.together(list, now, meanwhile)
	}
	for i := range x.Fields {
		x.Fields[i].merge(now[x.Fields[i].Name], meanwhile)
	}
	wrong := func() error { return k.show(s, w, r, v, http.StatusUnprocessableEntity, p) }
	changes := p.settle(words)
	if do == "same" && x.Own {
		changes = p.same(words)
	} else if len(x.Faults()) > 0 {
		return wrong()
	}
	if do == "try" {
		var then recovery.Policy
		if _, then, x.Problem, err = x.checked(changes); err != nil {
			return err
		}
		if x.Problem != "" {
			return wrong()
		}
		if k.tried != nil {
			err = k.tried(s, r, v, p, then)
		} else {
			x.Tried, err = s.tryRules(r.Context(), words, v, then)
		}
		if err != nil {
			return err
		}
		return k.show(s, w, r, v, http.StatusOK, p)
	}
	if x.Problem, err = s.publishChanges(r.Context(), v, &x.ruleScope, changes); err != nil {
		return err
	}
	if x.Problem != "" {
		return wrong()
	}
	http.Redirect(w, r, s.Prefix+k.at+x.query("rules_saved"), http.StatusSeeOther)
	return nil
}
