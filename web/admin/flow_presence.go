package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// draftTopic begins the topics of drafts: "draft:visit@questions/=speed" is that of a page on which
// somebody has a draft open, at a part of it. All of one draft hear the same.
const draftTopic = "draft:"

// draftAt are the draft and the part of a topic.
func draftAt(topic string) (of, part string, ok bool) {
	rest, ok := strings.CutPrefix(topic, draftTopic)
	of, part, _ = strings.Cut(rest, "@")
	return of, part, ok && of != ""
}

// mayDraft reports whether somebody may change a draft.
func mayDraft(v Viewer, of string) bool {
	switch of {
	case storage.RulesDraft:
		return v.Can(access.EditRules, access.EverySite)
	case storage.TriggersDraft:
		return v.Can(access.EditTriggers, access.EverySite)
	}
	return v.Anywhere(access.EditFlows)
}

// comes says that a page has a draft open. say says so anew, gone that the page was left.
func (s *site) comes(r *http.Request, v Viewer, of, part string) (say, gone func()) {
	tab := uuid.NewString()
	say = func() {
		p := storage.Presence{Draft: of, Tab: tab, Person: v.Name, Part: part, Seen: s.Clock()}
		if err := s.Store.PutPresence(r.Context(), p); err != nil && r.Context().Err() == nil {
			s.Log.Warn("admin: who is at a draft cannot be told to others", "err", err)
		}
	}
	gone = func() { // also when the browser has hung up
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
		defer cancel()
		if err := s.Store.DropPresence(ctx, of, tab); err != nil {
			s.Log.Warn("admin: that somebody left a draft cannot be told to others", "err", err)
		}
	}
	say()
	return say, gone
}

// draftRevision differs once a draft does, or who is at it.
func (h *hub) draftRevision(ctx context.Context, of string) (string, error) {
	d, err := h.store.FlowDraft(ctx, of)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return "", err
	}
	here, err := h.store.Presences(ctx, of, h.clock().Add(-storage.PresenceLasts))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprint(&out, d.Rev)
	for _, p := range here {
		fmt.Fprintf(&out, "\n%s\n%s", p.Tab, p.Part)
	}
	return digest(out.String()), nil
}

// alsoHere says who else is at a draft: those whose page is open now, by the part that they have open,
// and those who changed something a moment ago and whose pages have no script.
func (s *site) alsoHere(ctx context.Context, w *words, v Viewer, of string, revs []storage.FlowDraft) (said string, at map[string][]string, err error) {
	here, err := s.Store.Presences(ctx, of, s.Clock().Add(-storage.PresenceLasts))
	if err != nil {
		return "", nil, err
	}
	at = map[string][]string{}
	var now, lately, parts []string
	for _, p := range here {
		if p.Person == v.Name {
			continue
		}
		if !slices.Contains(now, p.Person) {
			now = append(now, p.Person)
		}
		if !slices.Contains(at[p.Part], p.Person) {
			at[p.Part] = append(at[p.Part], p.Person)
		}
	}
	for _, rev := range revs {
		if rev.Person != "" && rev.Person != v.Name && s.Clock().Sub(rev.At) <= editsNow && !slices.Contains(now, rev.Person) && !slices.Contains(lately, rev.Person) {
			lately = append(lately, rev.Person)
		}
	}
	if len(now) > 0 {
		parts = append(parts, w.t("flow_here", strings.Join(now, w.t("comma"))))
	}
	if len(lately) > 0 {
		parts = append(parts, w.t("flow_lately", strings.Join(lately, w.t("comma"))))
	}
	return strings.Join(parts, " "), at, nil
}
