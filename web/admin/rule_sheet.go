package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
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
	Version int     // of the rules in force; 0 = the shipped ones
	draft   drafted // what is being changed
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

// errUnreadable says that the draft of the rules can only be mended in its file.
var errUnreadable = errors.New("the draft of the rules cannot be read")

// scopeOf reads the rules for a form about a site: as they are being changed, or, of a form that is in
// force at once, as they are in force.
func (s *site) scopeOf(ctx context.Context, words *words, id string, direct bool) (*ruleScope, error) {
	d, err := s.draftOf(ctx, storage.RulesDraft)
	if err != nil {
		return nil, err
	}
	c := &ruleScope{Site: id, Title: words.t("every_site"), Version: d.Live, draft: d, source: d.Source}
	if direct {
		c.source = d.live
	}
	if err := c.parse(); err != nil {
		if d.draft && !direct {
			return nil, errUnreadable
		}
		return nil, err
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

// parse reads the file of the scope.
func (c *ruleScope) parse() (err error) {
	text := []byte(c.source)
	if c.source == emptyRules {
		text = rulefile.Shipped()
	}
	if c.policy, err = rulefile.Parse(text); err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	if c.doc, err = draft.Parse(c.source); err != nil {
		return &page.Error{Code: page.Invalid, Title: "rules_by_file", Text: "rules_by_file_text", Err: err}
	}
	return nil
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
	before, after := told(changes)
	if err := theRules().noted(s, ctx, v, made, before, after, ""); err != nil {
		return "", err
	}
	return "", s.follow(ctx, v, c, changes, made)
}

// follow has an open draft say what was put in force beside it, so that publishing it does not take
// that back. Where the draft says something else there, it stays as it is: its page of publishing says so.
func (s *site) follow(ctx context.Context, v Viewer, c *ruleScope, changes []change, version int) error {
	for range tries {
		d, err := s.draftOf(ctx, storage.RulesDraft)
		if err != nil || !d.draft {
			return err
		}
		own := ruleScope{Site: c.Site, source: d.Source}
		next, err := own.apply(changes)
		if _, refused := errors.AsType[*draft.Refused](err); refused || next == d.Source {
			return nil
		}
		if err != nil {
			return err
		}
		if d.Base == c.Version {
			d.Base = version
		}
		if _, stored, err := s.putDraft(ctx, v, d, next, "rules", 0); err != nil || stored {
			return err
		}
	}
	return nil
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
	Bar     *ruleBar // of the draft; nil = what is saved here is in force at once
}

func (p *ruleSheet) sheet() *ruleSheet { return p }

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
	direct              bool     // what is saved is in force at once, and no part of a draft
	open                func(s *site, words *words, c *ruleScope) rulePage
	tried               func(s *site, r *http.Request, v Viewer, p rulePage, then recovery.Policy) error // nil = what it would have done with the past
}

// opened is the form of an address or a post, as it stands in the rules in force.
func (k ruleKind) opened(s *site, r *http.Request, v Viewer, id string) (rulePage, error) {
	if err := mayRule(v); err != nil {
		return nil, err
	}
	words := s.words(r, v)
	c, err := s.scopeOf(r.Context(), words, id, k.direct)
	if err != nil {
		return nil, err
	}
	return k.open(s, words, c), nil
}

func (k ruleKind) look(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	p, err := k.opened(s, r, v, r.URL.Query().Get("site"))
	if errors.Is(err, errUnreadable) {
		http.Redirect(w, r, s.Prefix+"/settings/rules/file", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	return k.show(s, w, r, v, http.StatusOK, p)
}

func (k ruleKind) show(s *site, w http.ResponseWriter, r *http.Request, v Viewer, status int, p rulePage) error {
	words := s.words(r, v)
	f := frame{Title: words.t(k.title), Meta: p.sheet().Title, Here: "/settings", Back: &link{"/settings", words.t("settings")}}
	if !k.direct {
		bar, err := s.ruleBarOf(r, v, words, p.sheet().draft, rulesKind.at, k.title)
		if err != nil {
			return err
		}
		p.sheet().Bar, f.Modules = &bar, []string{"stream.js", "live.js"}
	}
	return s.show(w, r, v, status, k.template, f, p)
}

// save tries what was written, or stores it: in the draft, or, of what has none, as the rules in force.
// What somebody else has changed meanwhile is kept where this form did not touch it, and asked about
// where it did.
func (k ruleKind) save(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	for range tries { // somebody else may be first
		if done, err := k.saved(s, w, r, v); err != nil || done {
			if errors.Is(err, errUnreadable) {
				http.Redirect(w, r, s.Prefix+"/settings/rules/file", http.StatusSeeOther)
				return nil
			}
			return err
		}
	}
	return &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "unavailable_text"}
}

// saved is one try to do so; false = somebody else was first.
func (k ruleKind) saved(s *site, w http.ResponseWriter, r *http.Request, v Viewer) (done bool, err error) {
	p, err := k.opened(s, r, v, r.PostForm.Get("site"))
	if err != nil {
		return true, err
	}
	words, x, do := s.words(r, v), p.sheet(), r.PostForm.Get("do")
	if err := x.merged(w, r, words, k.lists...); err != nil {
		return true, err
	}
	wrong := func() (bool, error) { return true, k.show(s, w, r, v, http.StatusUnprocessableEntity, p) }
	changes := p.settle(words)
	if do == "same" && x.Own {
		changes = p.same(words)
	} else if len(x.Faults()) > 0 {
		return wrong()
	}
	source, then, problem, err := x.checked(changes)
	if x.Problem = problem; err != nil || problem != "" {
		if err != nil {
			return true, err
		}
		return wrong()
	}
	if do == "try" {
		return true, k.try(s, w, r, v, p, then)
	}
	to := s.Prefix + k.at + x.query("rules_drafted")
	switch {
	case k.direct:
		if x.Problem, err = s.publishChanges(r.Context(), v, &x.ruleScope, changes); err != nil {
			return true, err
		}
		if x.Problem != "" {
			return wrong()
		}
		to = s.Prefix + k.at + x.query("rules_saved")
	case source != x.source:
		if _, stored, err := s.putDraft(r.Context(), v, x.draft, source, k.title, 0); err != nil || !stored {
			return false, err
		}
	}
	if do == "publish" {
		to = s.Prefix + "/settings/rules/publish"
	}
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // a page of the rules, with its own filters
	return true, nil
}

// try says what a form would have done with the past.
func (k ruleKind) try(s *site, w http.ResponseWriter, r *http.Request, v Viewer, p rulePage, then recovery.Policy) (err error) {
	if k.tried != nil {
		err = k.tried(s, r, v, p, then)
	} else {
		p.sheet().Tried, err = s.tryRules(r.Context(), s.words(r, v), v, then, tryPatience)
	}
	if err != nil {
		return err
	}
	return k.show(s, w, r, v, http.StatusOK, p)
}
