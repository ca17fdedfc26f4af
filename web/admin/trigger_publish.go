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

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/storage"
)

// mostExamples is how many services are shown of each reason.
const mostExamples = 10

// triedTriggers is whom a file of triggers would have asked.
type triedTriggers struct {
	Events, Asked int
	Lines         [][2]string
	Rows          [][3]string // event, what would have been, why
	More          int
	Cut           bool
}

// triedText says whom a file would have asked, or what is wrong with it.
func (s *site) triedText(r *http.Request, v Viewer, known triggerfile.Known, source string) (*triedTriggers, []string, error) {
	policy, found := triggerfile.Read([]byte(source), known)
	if len(found) > 0 {
		var wrong []string
		for _, e := range found {
			wrong = append(wrong, e.Message)
		}
		return nil, wrong, nil
	}
	t, err := s.tryTriggers(r.Context(), s.words(r, v), policy, tryPatience)
	return t, nil, err
}

// tryTriggers says whom a policy would have asked of the services of the last 90 days.
func (s *site) tryTriggers(ctx context.Context, words *words, policy invitation.Policy, patience time.Duration) (*triedTriggers, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tried, err := s.asks().Try(limited, policy, s.Clock().AddDate(0, 0, -tryDays), nil)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		tried.Cut, err = true, nil
	}
	if err != nil {
		return nil, err
	}
	return s.triedTriggers(words, tried), nil
}

func (s *site) triedTriggers(words *words, t asking.Tried) *triedTriggers {
	out := &triedTriggers{Events: t.Events, Asked: t.WouldAsk, Cut: t.Cut, More: t.More}
	for _, x := range t.Triggers {
		if x.Silent {
			out.Lines = append(out.Lines, [2]string{x.Name, words.t("trigger_tried_open", x.Matched, x.WouldOpen)})
			continue
		}
		out.Lines = append(out.Lines, [2]string{x.Name, words.t("trigger_tried", x.Matched, x.WouldAsk, fmt.Sprintf("%.1f", x.PerWeek))})
	}
	for _, r := range invitation.Reasons() {
		if n := t.NotAsked[string(r)]; n > 0 {
			out.Lines = append(out.Lines, [2]string{words.t("asking_" + string(r)), strconv.Itoa(n)})
		}
	}
	shown := map[[2]string]int{}
	for _, d := range t.Differences {
		would := words.t("tried_asked")
		switch {
		case strings.HasPrefix(d.Would, string(invitation.Opened)):
			would = words.t("tried_open")
		case d.Reason != "":
			would = words.t("tried_not")
		}
		why := ""
		if d.Reason != "" {
			why = words.t("asking_" + d.Reason)
		}
		if shown[[2]string{would, why}]++; shown[[2]string{would, why}] > mostExamples {
			out.More++
			continue
		}
		out.Rows = append(out.Rows, [3]string{d.Event, would, why})
	}
	slices.SortStableFunc(out.Rows, func(a, b [3]string) int { return cmp.Or(cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2])) })
	return out
}

// triggersPublish is the page on which the draft of the triggers becomes a version.
type triggersPublish struct {
	compareView
	Next     int
	Rev      int
	Findings []ruleFinding
	Tried    *triedTriggers
	Same     bool
	Behind   string
	Note     string
	Fault    string
}

func (s *site) triggersPublishPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	d, err := s.draftOf(r.Context(), storage.TriggersDraft)
	if err != nil {
		return err
	}
	return s.showTriggersPublish(w, r, v, http.StatusOK, d, triggersPublish{}, publishPatience)
}

func (s *site) showTriggersPublish(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, p triggersPublish, patience time.Duration) error {
	ctx, words := r.Context(), s.words(r, v)
	p.Next, p.Rev, p.Same, p.Behind = d.Live+1, d.Rev, !d.draft || d.Source == d.live, words.behind(d)
	if !p.Same {
		policy, findings, err := s.checkTriggers(ctx, words, d.Source)
		if p.Findings = findings; err != nil {
			return err
		}
		if p.compareView, err = s.comparedTriggers(r, v, d.live, d.Source); err != nil {
			return err
		}
		if len(findings) == 0 {
			if p.Tried, err = s.tryTriggers(ctx, words, policy, patience); err != nil {
				return err
			}
		}
	}
	return s.show(w, r, v, status, "trigger_publish.html", frame{
		Title: words.t("triggers_publish_title"), Here: "/asking", Back: &link{triggersAt, words.t("triggers")}, Styles: []string{"editor.css"},
	}, p)
}

// checkTriggers reads a file of triggers. Where it is wrong, findings say so.
func (s *site) checkTriggers(ctx context.Context, words *words, source string) (policy invitation.Policy, findings []ruleFinding, err error) {
	known, err := asking.Known(ctx, s.Store, s.Bot)
	if err != nil {
		return policy, nil, err
	}
	if policy, err = triggerfile.Check([]byte(source), known); err != nil {
		findings, err = findingsOf(words, err)
	}
	return policy, findings, err
}

func (s *site) publishTriggers(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	ctx, words := r.Context(), s.words(r, v)
	d, err := s.draftOf(ctx, storage.TriggersDraft)
	if err != nil {
		return err
	}
	p := triggersPublish{Note: strings.TrimSpace(r.PostForm.Get("note"))}
	if r.PostForm.Get("do") == "try" {
		return s.showTriggersPublish(w, r, v, http.StatusOK, d, p, tryPatience)
	}
	if rev, _ := strconv.Atoi(r.PostForm.Get("rev")); rev != d.Rev || !d.draft {
		p.Fault = words.t("flow_changed_meanwhile")
		return s.showTriggersPublish(w, r, v, http.StatusConflict, d, p, publishPatience)
	}
	_, findings, err := s.checkTriggers(ctx, words, d.Source)
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		p.Fault = words.t("flow_errors", len(findings))
		return s.showTriggersPublish(w, r, v, http.StatusUnprocessableEntity, d, p, publishPatience)
	}
	version, err := s.putTriggers(r, v, d.live, d.Source, p.Note)
	if err != nil {
		return err
	}
	if err := s.published(ctx, v, d, version); err != nil {
		return err
	}
	return s.toTriggers(w, r, "?done=triggers_published")
}

// putTriggers makes a file the triggers in force, and writes down who did so, why, and what changed.
func (s *site) putTriggers(r *http.Request, v Viewer, was, source, note string) (version int, err error) {
	ctx := r.Context()
	compared, err := s.comparedTriggers(r, v, was, source)
	if err != nil {
		return 0, err
	}
	version, created, err := s.Store.PublishTriggers(ctx, source, s.Clock())
	if err != nil {
		return 0, fmt.Errorf("publish the triggers: %w", err)
	}
	if !created {
		return version, nil
	}
	if err := s.Store.PutFlowNote(ctx, storage.FlowNote{Flow: storage.TriggersDraft, Version: version, Person: v.Name, Note: note}); err != nil {
		return version, err
	}
	a := s.audit(v, "triggers.publish", strconv.Itoa(version))
	a.Before, a.After = compared.told()
	return version, s.Store.PutAudit(ctx, a)
}

// told is what differs, as the log has it.
func (c compareView) told() (before, after string) {
	var was, now []string
	for _, x := range c.Changes {
		was, now = append(was, x.Text+": "+x.Was), append(now, x.Text+": "+x.Now)
	}
	return strings.Join(was, "; "), strings.Join(now, "; ")
}

// comparedTriggers says what differs between two files of triggers: in the sentences of the pages that
// change them, and line by line.
func (s *site) comparedTriggers(r *http.Request, v Viewer, old, new string) (compareView, error) {
	c, words := comparedLines(old, new), s.words(r, v)
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return c, err
	}
	a, errA := readTriggers(drafted{FlowDraft: storage.FlowDraft{Source: old}}, triggerfile.Known{})
	b, errB := readTriggers(drafted{FlowDraft: storage.FlowDraft{Source: new}}, triggerfile.Known{})
	if errA != nil || errB != nil { // a file with errors is compared by its lines alone
		return c, nil
	}
	said := func(t *triggerDraft, name string) string {
		if x, ok := t.policy.Trigger(name); ok {
			return s.triggerSentence(words, x)
		}
		return ""
	}
	order := func(t *triggerDraft) (names []string) {
		for _, x := range t.policy.Triggers {
			names = append(names, x.Name)
		}
		return names
	}
	names := append(order(a), order(b)...)
	for i, name := range names {
		if slices.Index(names, name) < i {
			continue
		}
		if was, now := said(a, name), said(b, name); was != now {
			c.Changes = append(c.Changes, changeView{Text: name, Was: was, Now: now})
		}
	}
	kept := func(list, other []string) []string {
		return slices.DeleteFunc(list, func(n string) bool { return !slices.Contains(other, n) })
	}
	was, now := kept(order(a), order(b)), kept(order(b), order(a))
	if !slices.Equal(was, now) {
		c.Changes = append(c.Changes, changeView{Text: words.t("trigger_order"), Was: strings.Join(was, words.t("comma")), Now: strings.Join(now, words.t("comma"))})
	}
	sites := storage.Present(all)
	for _, site := range append([]storage.Site{{}}, sites...) {
		if site.ID != "" && a.doc.Show("sites/"+site.ID) == b.doc.Show("sites/"+site.ID) {
			continue
		}
		before, after := contactFormOf(words, a, site.ID, sites), contactFormOf(words, b, site.ID, sites)
		for _, x := range words.fieldChanges(&before.form, &after.form) {
			if site.ID != "" {
				x.Text = cmp.Or(site.Name, site.ID) + " · " + x.Text
			}
			c.Changes = append(c.Changes, x)
		}
	}
	return c, nil
}

func (s *site) triggerVersions(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	words := s.words(r, v)
	now, err := s.triggersNow(r.Context())
	if err != nil {
		return err
	}
	p, err := s.versionsOf(r, words, storage.TriggersDraft, now.Version, s.Store.Triggers)
	if err != nil {
		return err
	}
	p.At, p.Shipped, p.Compare, p.ToShipped = triggersAt, words.t("asking_none"), words.t("triggers_compare_shipped"), words.t("triggers_back_shipped")
	return s.show(w, r, v, http.StatusOK, "rule_versions.html", frame{
		Title: words.t("triggers_versions"), Here: "/asking", Back: &link{triggersAt, words.t("triggers")}, Styles: []string{"editor.css"},
	}, p)
}

// triggersVersion is a version of the file of triggers; 0 is the shipped one.
func (s *site) triggersVersion(ctx context.Context, version int) (string, error) {
	if version == 0 {
		return string(triggerfile.Shipped()), nil
	}
	src, err := s.Store.Triggers(ctx, version)
	if errors.Is(err, storage.ErrNotFound) {
		return "", &page.Error{Code: page.NotFound, Title: "no_such_page", Text: "no_such_page_text"}
	}
	return src.Source, err
}

// compareTriggers shows what differs between two versions.
func (s *site) compareTriggers(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	var text, name [2]string
	for i, at := range []string{"from", "to"} {
		n, _ := strconv.Atoi(r.URL.Query().Get(at))
		source, err := s.triggersVersion(r.Context(), max(0, n))
		if err != nil {
			return err
		}
		text[i], name[i] = source, strconv.Itoa(max(0, n))
	}
	c, err := s.comparedTriggers(r, v, text[0], text[1])
	if err != nil {
		return err
	}
	words := s.words(r, v)
	return s.show(w, r, v, http.StatusOK, "flow_compare.html", frame{
		Title: words.t("flow_compare", name[0], name[1]), Here: "/asking", Back: &link{triggersAt + "/versions", words.t("triggers_versions")}, Styles: []string{"editor.css"},
	}, c)
}

// triggersBack publishes an earlier version anew: versions only go forward.
func (s *site) triggersBack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	n, _ := strconv.Atoi(r.PostForm.Get("version"))
	source, err := s.triggersVersion(r.Context(), max(0, n))
	if err != nil {
		return err
	}
	live, err := s.triggersNow(r.Context())
	if err != nil {
		return err
	}
	if _, err := s.putTriggers(r, v, live.Source, source, s.words(r, v).t("flow_back_note", n)); err != nil {
		return err
	}
	return s.toTriggers(w, r, "/versions?done=triggers_published")
}
