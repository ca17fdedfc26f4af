package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// publishPatience is how long the page of publishing looks at the past; its button looks longer.
const publishPatience = 500 * time.Millisecond

// mostRuleVersions is how many versions of a file are listed: the newest.
const mostRuleVersions = 12

// filed is a file of which there is one draft, and versions of which the newest is in force: the rules of
// cases, and the triggers with whom they leave in peace. How a draft becomes a version, what it is
// compared with, and how one goes back, is the same of both.
type filed struct {
	draft string // the name of its draft
	key   string // begins the keys of its words
	at    string // the address of its pages
	here  string // the place of the rail
	may   func(Viewer) error
	// check finds what is wrong with the draft, and says what it would do with the past.
	check    func(s *site, ctx context.Context, words *words, v Viewer, d drafted) (dryRun, []ruleFinding, error)
	compared func(s *site, r *http.Request, v Viewer, old, new string) (compareView, error)
	publish  func(s *site) publishes
	versions func(s *site) versioned
	// shipped is version 0, with which its pages begin; first is what going back to it publishes.
	shipped, first string
	changed        func(s *site, ctx context.Context) error // after a version was published
}

// dryRun is what a draft would do with the past; nil = it cannot be said.
type dryRun func(patience time.Duration) (any, error)

// publishes makes a source the newest version; created is false of the one that is.
type publishes func(ctx context.Context, source string, at time.Time) (version int, created bool, err error)

// versioned reads a version, 0 = the newest.
type versioned func(ctx context.Context, version int) (storage.RulesSource, error)

// onFile is a page of a file, for who may see it.
func onFile(of func() *filed, do func(*filed, *site, http.ResponseWriter, *http.Request, Viewer) error) func(*site, http.ResponseWriter, *http.Request, Viewer) error {
	return func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
		f := of()
		if err := f.may(v); err != nil {
			return err
		}
		return do(f, s, w, r, v)
	}
}

// filePublish is the page on which a draft becomes a version.
type filePublish struct {
	compareView
	At, Key  string // of the file
	Next     int
	Rev      int
	Findings []ruleFinding
	Tried    any // triedRules, triedTriggers
	Same     bool
	Behind   string
	Note     string
	Fault    string
}

func (f *filed) publishPage(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), f.draft)
	if err != nil {
		return err
	}
	return f.showPublish(s, w, r, v, http.StatusOK, d, filePublish{}, publishPatience)
}

func (f *filed) showPublish(s *site, w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, p filePublish, patience time.Duration) error {
	words := s.words(r, v)
	p.At, p.Key = f.at, f.key
	p.Next, p.Rev, p.Same, p.Behind = d.Live+1, d.Rev, !d.draft || d.Source == d.live, words.behind(d)
	if !p.Same {
		would, findings, err := f.check(s, r.Context(), words, v, d)
		if p.Findings = findings; err != nil {
			return err
		}
		if p.compareView, err = f.compared(s, r, v, d.live, d.Source); err != nil {
			return err
		}
		if len(findings) == 0 {
			if p.Tried, err = would(patience); err != nil {
				return err
			}
		}
	}
	return s.show(w, r, v, status, "file_publish.html", frame{
		Title: words.t(f.key + "_publish_title"), Here: f.here, Back: &link{f.at, words.t(f.key)},
	}, p)
}

// publishDraft makes the draft a version, unless it is wrong or another than was looked at.
func (f *filed) publishDraft(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	ctx, words := r.Context(), s.words(r, v)
	d, err := s.draftOf(ctx, f.draft)
	if err != nil {
		return err
	}
	p := filePublish{Note: strings.TrimSpace(r.PostForm.Get("note"))}
	if r.PostForm.Get("do") == "try" {
		return f.showPublish(s, w, r, v, http.StatusOK, d, p, tryPatience)
	}
	if rev, _ := strconv.Atoi(r.PostForm.Get("rev")); rev != d.Rev || !d.draft {
		p.Fault = words.t("flow_changed_meanwhile")
		return f.showPublish(s, w, r, v, http.StatusConflict, d, p, publishPatience)
	}
	_, findings, err := f.check(s, ctx, words, v, d)
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		p.Fault = words.t("flow_errors", len(findings))
		return f.showPublish(s, w, r, v, http.StatusUnprocessableEntity, d, p, publishPatience)
	}
	version, err := f.put(s, r, v, d.live, d.Source, p.Note)
	if err != nil {
		return err
	}
	if err := s.published(ctx, v, d, version); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+f.at+"?done="+f.key+"_published", http.StatusSeeOther)
	return nil
}

// put makes a source the newest version, in the place of what was there, and writes down who did so, why, and
// what changed.
func (f *filed) put(s *site, r *http.Request, v Viewer, was, source, note string) (version int, err error) {
	compared, err := f.compared(s, r, v, was, source)
	if err != nil {
		return 0, err
	}
	version, created, err := f.publish(s)(r.Context(), source, s.Clock())
	if err != nil {
		return 0, fmt.Errorf("publish the %s: %w", f.key, err)
	}
	if !created {
		return version, nil
	}
	before, after := compared.told()
	return version, f.noted(s, r.Context(), v, version, before, after, note)
}

// noted writes down who published a version and why, and has it be in force here at once.
func (f *filed) noted(s *site, ctx context.Context, v Viewer, version int, before, after, note string) error {
	if err := s.Store.PutFlowNote(ctx, storage.FlowNote{Flow: f.draft, Version: version, Person: v.Name, Note: note}); err != nil {
		return err
	}
	a := s.audit(v, f.key+".publish", strconv.Itoa(version))
	a.Before, a.After = before, after
	if err := s.Store.PutAudit(ctx, a); err != nil {
		return err
	}
	return f.changed(s, ctx)
}

// told is what differs, as the log has it.
func (c compareView) told() (before, after string) {
	var was, now []string
	for _, x := range c.Changes {
		was, now = append(was, x.Text+": "+x.Was), append(now, x.Text+": "+x.Now)
	}
	return strings.Join(was, "; "), strings.Join(now, "; ")
}

// comparedLines says what differs between two files line by line.
func comparedLines(old, new string) compareView {
	return compareView{Lines: diffLines(strings.Split(strings.TrimSuffix(old, "\n"), "\n"), strings.Split(strings.TrimSuffix(new, "\n"), "\n"))}
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
		if span, err := spanOf(f.Value); err == nil && f.Kind == "lapse" && f.Value != "" {
			return spanText(w, span)
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

// ruleVersion is one version of a file.
type ruleVersion struct {
	Version  int
	At       string
	Who      string
	Note     string
	Live     bool
	Previous int
}

// rulesVersions is the page of the versions of a file.
type rulesVersions struct {
	At                          string // the address of its pages
	Shipped, Compare, ToShipped string // what stands where no version is, and of that with which it began
	Versions                    []ruleVersion
	Before                      int // those before this one are on the next page, 0 = there are none
	Older                       int // how many these are
}

// versionsOf are the newest versions of a file that has drafts, or those before one of them.
func (f *filed) versionsOf(s *site, r *http.Request, words *words, live int) (p rulesVersions, err error) {
	ctx, read := r.Context(), f.versions(s)
	notes, err := s.Store.FlowNotes(ctx, f.draft)
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
			Version: n, At: words.moment(s.Clock(), src.Published, s.houseZone()),
			Who: by[n].Person, Note: by[n].Note, Live: n == live, Previous: n - 1,
		})
	}
	return p, nil
}

func (f *filed) versionsPage(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	live, _, err := s.liveOf(r.Context(), f.draft)
	if err != nil {
		return err
	}
	p, err := f.versionsOf(s, r, words, live)
	if err != nil {
		return err
	}
	p.At, p.Shipped, p.Compare, p.ToShipped = f.at, words.t(f.key+"_shipped"), words.t(f.key+"_compare_shipped"), words.t(f.key+"_back_shipped")
	return s.show(w, r, v, http.StatusOK, "rule_versions.html", frame{
		Title: words.t(f.key + "_versions"), Here: f.here, Back: &link{f.at, words.t(f.key)},
	}, p)
}

// version is the source of one; 0 is the one with which the pages begin.
func (f *filed) version(s *site, ctx context.Context, version int) (string, error) {
	if version == 0 {
		return f.shipped, nil
	}
	src, err := f.versions(s)(ctx, version)
	if errors.Is(err, storage.ErrNotFound) {
		return "", &page.Error{Code: page.NotFound, Title: "no_such_page", Text: "no_such_page_text"}
	}
	return src.Source, err
}

// comparePage shows what differs between two versions.
func (f *filed) comparePage(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	var text, name [2]string
	for i, at := range []string{"from", "to"} {
		n, _ := strconv.Atoi(r.URL.Query().Get(at))
		source, err := f.version(s, r.Context(), max(0, n))
		if err != nil {
			return err
		}
		text[i], name[i] = source, strconv.Itoa(max(0, n))
	}
	c, err := f.compared(s, r, v, text[0], text[1])
	if err != nil {
		return err
	}
	words := s.words(r, v)
	return s.show(w, r, v, http.StatusOK, "flow_compare.html", frame{
		Title: words.t("flow_compare", name[0], name[1]), Here: f.here, Back: &link{f.at + "/versions", words.t(f.key + "_versions")},
	}, c)
}

// goBack publishes an earlier version anew: versions only go forward.
func (f *filed) goBack(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	n, _ := strconv.Atoi(r.PostForm.Get("version"))
	n = max(0, n)
	source, err := f.version(s, r.Context(), n)
	if err != nil {
		return err
	}
	if n == 0 {
		source = f.first
	}
	_, live, err := s.liveOf(r.Context(), f.draft)
	if err != nil {
		return err
	}
	if _, err := f.put(s, r, v, live, source, s.words(r, v).t("flow_back_note", n)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+f.at+"/versions?done="+f.key+"_published", http.StatusSeeOther)
	return nil
}
