package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/draft"
)

// triggersAt is the address of the pages of triggers.
const triggersAt = "/asking/triggers"

// triggerRoutes are about who is asked by itself, and who is left in peace: one draft as sentences, as
// forms and as a file.
var triggerRoutes = []route{
	{pattern: "GET /asking/triggers", deed: access.EditTriggers, page: in(triggerPages.triggers)},
	{pattern: "POST /asking/triggers", deed: access.EditTriggers, page: in(triggerPages.saveContact)},
	{pattern: "POST /asking/triggers/list", deed: access.EditTriggers, page: in(triggerPages.changeTriggerList)},
	{pattern: "GET /asking/triggers/one", deed: access.EditTriggers, page: in(triggerPages.trigger)},
	{pattern: "POST /asking/triggers/one", deed: access.EditTriggers, page: in(triggerPages.saveTrigger)},
	{pattern: "GET /asking/triggers/file", deed: access.EditTriggers, page: in(triggerPages.triggerFile)},
	{pattern: "POST /asking/triggers/file", deed: access.EditTriggers, page: in(triggerPages.saveTriggerFile)},
	{pattern: "GET /asking/triggers/publish", deed: access.EditTriggers, page: onFile(theTriggers, (*filed).publishPage)},
	{pattern: "POST /asking/triggers/publish", deed: access.EditTriggers, page: onFile(theTriggers, (*filed).publishDraft)},
	{pattern: "GET /asking/triggers/versions", deed: access.EditTriggers, page: onFile(theTriggers, (*filed).versionsPage)},
	{pattern: "POST /asking/triggers/versions", deed: access.EditTriggers, page: onFile(theTriggers, (*filed).goBack)},
	{pattern: "GET /asking/triggers/compare", deed: access.EditTriggers, page: onFile(theTriggers, (*filed).comparePage)},
	{pattern: "POST /asking/triggers/draft", deed: access.EditTriggers, page: in(triggerPages.changeTriggerDraft)},
}

// mayTrigger refuses whoever may not say what holds everywhere.
func mayTrigger(v Viewer) error {
	if !v.Can(access.EditTriggers, access.EverySite) {
		return notAllowed(nil)
	}
	return nil
}

func (s *site) triggersNow(ctx context.Context) (storage.RulesSource, error) {
	src, err := s.Store.Triggers(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.RulesSource{Source: string(triggerfile.Shipped())}, nil
	}
	return src, err
}

// triggerDraft is the file of triggers as it is being changed, what it says, and what is wrong with it.
type triggerDraft struct {
	drafted
	doc    *draft.Doc
	policy invitation.Policy
	known  triggerfile.Known
	found  triggerfile.Errors
}

// errTriggersUnreadable says that the draft of the triggers can only be mended in its file.
var errTriggersUnreadable = errors.New("the draft of the triggers cannot be read")

// triggerDraftNow reads the draft. A draft may be wrong: what is, is said where it stands.
func (s triggerPages) triggerDraftNow(ctx context.Context) (*triggerDraft, error) {
	d, err := s.draftOf(ctx, storage.TriggersDraft)
	if err != nil {
		return nil, err
	}
	known, err := asking.Known(ctx, s.Store, s.Bot)
	if err != nil {
		return nil, err
	}
	return readTriggers(d, known)
}

// readTriggers reads a file of triggers for its forms.
func readTriggers(d drafted, known triggerfile.Known) (*triggerDraft, error) {
	t := &triggerDraft{drafted: d, known: known}
	var err error
	if t.doc, err = draft.Parse(d.Source); err != nil {
		return nil, errTriggersUnreadable
	}
	if t.policy, t.found = triggerfile.Read([]byte(d.Source), known); len(t.policy.Triggers) != len(t.doc.Elements("triggers")) {
		return nil, errTriggersUnreadable
	}
	return t, nil
}

// handle is by what a form names a trigger: by its name, or by its number where others have that too.
func (t *triggerDraft) handle(i int) string {
	name, n := t.policy.Triggers[i].Name, 0
	for _, x := range t.policy.Triggers {
		if x.Name == name {
			n++
		}
	}
	if name == "" || n > 1 {
		return "#" + strconv.Itoa(i)
	}
	return name
}

// index is the trigger of a handle, -1 = there is none now.
func (t *triggerDraft) index(handle string) int {
	for i := range t.policy.Triggers {
		if t.handle(i) == handle {
			return i
		}
	}
	return -1
}

// wrong are the findings below a place of the file, by the first key below it; "" = the place itself.
func (t *triggerDraft) wrong(at string) map[string][]string {
	out := map[string][]string{}
	for _, e := range t.found {
		path := t.doc.At(e.Line, e.Column)
		if path != at && !strings.HasPrefix(path, at+"/") {
			continue
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(path, at), "/")
		out[rest] = append(out[rest], e.Message)
	}
	return out
}

// elsewhere are the findings that stand at no trigger and at no limit.
func (t *triggerDraft) elsewhere() (out []string) {
	for _, e := range t.found {
		path := t.doc.At(e.Line, e.Column)
		if !strings.HasPrefix(path, "triggers/#") && !strings.HasPrefix(path, "contact") && !strings.HasPrefix(path, "sites") {
			out = append(out, e.Message)
		}
	}
	return out
}

// applyTriggers is a file with the changes, all of them or none.
func applyTriggers(text string, changes []change) (string, error) {
	for _, x := range changes {
		doc, err := draft.Parse(text)
		if err != nil {
			return "", err
		}
		op := draft.Op{Do: draft.Set, Path: x.at, Value: x.yaml, As: draft.YAML, Was: doc.Show(x.at)}
		if x.yaml == "" {
			if !doc.Has(x.at) {
				continue
			}
			op = draft.Op{Do: draft.Remove, Path: x.at}
		}
		if text, err = draft.Apply(text, op); err != nil {
			return "", fmt.Errorf("write %s: %w", x.at, err)
		}
	}
	return text, nil
}

// toTriggers leads to the list, or, where the draft cannot be read, to its file.
func (s triggerPages) toTriggers(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, s.Prefix+triggersAt+to, http.StatusSeeOther)
	return nil
}

// triggersPage is the list of triggers as sentences, and whom they leave in peace.
type triggersPage struct {
	contactForm
	Rows      []triggerRow
	Kinds     []option // of one more
	Version   int      // in force, 0 = none is
	Elsewhere []string // what is wrong at neither
	Standards int      // that the file has
	Bar       *ruleBar
}

type triggerRow struct {
	Handle, Name, Sentence string
	Wrong                  []string
	First, Last            bool
}

func (s triggerPages) triggers(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	t, err := s.triggerDraftNow(r.Context())
	if errors.Is(err, errTriggersUnreadable) {
		return s.toTriggers(w, r, "/file")
	}
	if err != nil {
		return err
	}
	c, err := s.contactOf(r, v, t, r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	return s.showTriggers(w, r, v, http.StatusOK, t, *c)
}

func (s triggerPages) showTriggers(w http.ResponseWriter, r *http.Request, v Viewer, status int, t *triggerDraft, c contactForm) error {
	words := s.words(r, v)
	p := triggersPage{contactForm: c, Version: t.Live, Elsewhere: t.elsewhere(), Kinds: momentOptions(words), Standards: len(t.policy.Standards)}
	for i, x := range t.policy.Triggers {
		row := triggerRow{Handle: t.handle(i), Name: x.Name, Sentence: s.triggerSentence(words, x), First: i == 0, Last: i == len(t.policy.Triggers)-1}
		at := t.wrong("triggers/#" + strconv.Itoa(i))
		for _, key := range sortedKeys(at) {
			row.Wrong = append(row.Wrong, at[key]...)
		}
		p.Rows = append(p.Rows, row)
	}
	bar, err := s.ruleBarOf(r, v, words, t.drafted, triggersAt, "triggers")
	if err != nil {
		return err
	}
	p.Bar = &bar
	return s.show(w, r, v, status, "triggers.html", frame{
		Title: words.t("triggers"), Here: "/asking", Back: &link{"/asking", words.t("asking")}, Modules: []string{"stream.js", "live.js"},
	}, &p)
}

// changeTriggerList moves a trigger, copies it or takes it away.
func (s triggerPages) changeTriggerList(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	do, handle := r.PostForm.Get("do"), r.PostForm.Get("t")
	what := map[string]string{"up": "trigger_moved", "down": "trigger_moved", "copy": "trigger_copied", "remove": "trigger_removed"}[do]
	if what == "" {
		return s.toTriggers(w, r, "")
	}
	_, err := s.edit(r.Context(), v, storage.TriggersDraft, what, func(d drafted) (string, error) {
		t, err := readTriggers(d, triggerfile.Known{})
		if err != nil {
			return "", err
		}
		i := t.index(handle)
		if i < 0 {
			return "", &page.Error{Code: page.NotFound, Title: "trigger_gone", Text: "trigger_gone_text"}
		}
		return t.listed(do, i)
	})
	if errors.Is(err, errTriggersUnreadable) {
		return s.toTriggers(w, r, "/file")
	}
	if err != nil {
		return err
	}
	return s.toTriggers(w, r, "?done="+what)
}

// listed is the file with one trigger elsewhere, twice or not at all.
func (t *triggerDraft) listed(do string, i int) (string, error) {
	number := func(n int) string {
		if n >= len(t.policy.Triggers) {
			return ""
		}
		return "#" + strconv.Itoa(n)
	}
	at := "triggers/" + number(i)
	switch {
	case do == "up" && i > 0:
		return draft.Apply(t.Source, draft.Op{Do: draft.Move, Path: at, Before: number(i - 1)})
	case do == "down" && i < len(t.policy.Triggers)-1:
		return draft.Apply(t.Source, draft.Op{Do: draft.Move, Path: at, Before: number(i + 2)})
	case do == "remove":
		return draft.Apply(t.Source, draft.Op{Do: draft.Remove, Path: at})
	case do == "copy":
		text, err := draft.Apply(t.Source, draft.Op{Do: draft.Insert, Path: "triggers", Value: t.doc.Show(at), As: draft.YAML, Before: number(i + 1)})
		if err != nil {
			return "", err
		}
		return applyTriggers(text, []change{{at: "triggers/#" + strconv.Itoa(i+1) + "/name", yaml: t.free(t.policy.Triggers[i].Name)}})
	}
	return t.Source, nil
}

// free is a name like this one that no trigger has.
func (t *triggerDraft) free(name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(t.policy.Triggers, func(x invitation.Trigger) bool { return x.Name == name })
	}
	stem := strings.Trim(name[:min(len(name), longestTrigger-3)], "-")
	for n := 2; taken(name); n++ {
		name = stem + "-" + strconv.Itoa(n)
	}
	return name
}

// longestTrigger is how long the name of a trigger may be.
const longestTrigger = 48

// changeTriggerDraft goes a step back or forth in the draft, or gives it up.
func (s triggerPages) changeTriggerDraft(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	return s.changeDraft(w, r, v, storage.TriggersDraft, triggersAt, triggersAt+"/file")
}
