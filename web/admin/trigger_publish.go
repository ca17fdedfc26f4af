package admin

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/report"
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
func (s triggerPages) triedText(r *http.Request, v Viewer, known triggerfile.Known, source string) (*triedTriggers, []string, error) {
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
func (s triggerPages) tryTriggers(ctx context.Context, words *words, policy invitation.Policy, patience time.Duration) (*triedTriggers, error) {
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

func (s triggerPages) triedTriggers(words *words, t asking.Tried) *triedTriggers {
	out := &triedTriggers{Events: t.Events, Asked: t.WouldAsk, Cut: t.Cut, More: t.More}
	for _, x := range t.Triggers {
		if x.Silent {
			out.Lines = append(out.Lines, [2]string{x.Name, words.t("trigger_tried_open", x.Matched, x.WouldOpen)})
			continue
		}
		out.Lines = append(out.Lines, [2]string{x.Name, words.t("trigger_tried", x.Matched, x.WouldAsk, report.Printed(x.PerWeek, 1)) + triedArms(words, x.Arms)})
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

// checkTriggers reads a file of triggers. Where it is wrong, findings say so.
func (s triggerPages) checkTriggers(ctx context.Context, words *words, source string) (policy invitation.Policy, findings []ruleFinding, err error) {
	known, err := asking.Known(ctx, s.Store, s.Bot)
	if err != nil {
		return policy, nil, err
	}
	if policy, err = triggerfile.Check([]byte(source), known); err != nil {
		findings, err = findingsOf(words, err)
	}
	return policy, findings, err
}

// comparedTriggers says what differs between two files of triggers: in the sentences of the pages that
// change them, and line by line.
func (s triggerPages) comparedTriggers(r *http.Request, v Viewer, old, new string) (compareView, error) {
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

// theTriggers is the file of triggers.
func theTriggers() *filed {
	return &filed{
		draft: storage.TriggersDraft, key: "triggers", at: triggersAt, here: "/asking", may: mayTrigger,
		check: func(s *site, ctx context.Context, words *words, _ Viewer, d drafted) (dryRun, []ruleFinding, error) {
			policy, findings, err := triggerPages{s}.checkTriggers(ctx, words, d.Source)
			return func(patience time.Duration) (any, error) {
				return triggerPages{s}.tryTriggers(ctx, words, policy, patience)
			}, findings, err
		},
		compared: func(s *site, r *http.Request, v Viewer, old, new string) (compareView, error) {
			return triggerPages{s}.comparedTriggers(r, v, old, new)
		},
		publish:  func(s *site) publishes { return s.Store.PublishTriggers },
		versions: func(s *site) versioned { return s.Store.Triggers },
		shipped:  string(triggerfile.Shipped()), first: string(triggerfile.Shipped()),
		changed: func(*site, context.Context) error { return nil }, // who asks reads the newest file each time
	}
}
