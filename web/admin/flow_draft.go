package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// noFlow is the answer to the name of a survey that nobody has.
func noFlow() error {
	return &page.Error{Code: page.NotFound, Title: "no_flow", Text: "no_flow_text"}
}

// drafted is a survey as it is being changed: its draft, or its live version where there is
// no draft.
type drafted struct {
	storage.FlowDraft
	Live  int // newest published version, 0 = none
	live  string
	draft bool // Source is a draft, and no published version
}

// Open reports whether there is a draft.
func (d drafted) Open() bool { return d.Source != "" && d.Rev > 0 && d.draft }

// liveOf is what is in force of something that has drafts: a survey by its id, the rules, or
// the triggers.
// 0 = nothing of it was ever published.
func (s *site) liveOf(ctx context.Context, of string) (version int, source string, err error) {
	if of == storage.RulesDraft {
		src, err := s.rulesNow(ctx)
		if src.Version == 0 && err == nil {
			src.Source = emptyRules
		}
		return src.Version, src.Source, err
	}
	if of == storage.TriggersDraft {
		src, err := s.triggersNow(ctx)
		return src.Version, src.Source, err
	}
	src, err := s.Store.FlowSource(ctx, of, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, "", nil
	}
	return src.Version, src.Source, err
}

// draftOf reads what is being changed. A template that was never published can be changed too.
func (s *site) draftOf(ctx context.Context, of string) (d drafted, err error) {
	if d.Live, d.live, err = s.liveOf(ctx, of); err != nil {
		return d, err
	}
	d.FlowDraft, err = s.Store.FlowDraft(ctx, of)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return d, err
	}
	d.Flow = of
	d.draft = d.Source != ""
	if !d.draft {
		d.Source, d.Base = d.live, d.Live
	}
	if _, shipped, ok := flowfile.Template(of); d.Source == "" && ok {
		d.Source = string(shipped)
	}
	if d.Source == "" {
		return d, noFlow()
	}
	return d, nil
}

// tries is how often a change is carried out anew because somebody else was first.
const tries = 20

// edit changes a draft: change gets the newest text and returns another. It is called anew
// where somebody else was first, so that two people who change different things both win.
func (s *site) edit(ctx context.Context, v Viewer, flow, what string, change func(d drafted) (string, error)) (drafted, error) {
	for range tries {
		d, err := s.draftOf(ctx, flow)
		if err != nil {
			return d, err
		}
		next, err := change(d)
		if err != nil || next == d.Source {
			return d, err
		}
		made, stored, err := s.putDraft(ctx, v, d, next, what, 0)
		if err != nil || stored {
			return made, err
		}
	}
	return drafted{}, &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "unavailable_text"}
}

// putDraft stores text as the next revision; same is the revision whose text it is, 0 = its own.
func (s *site) putDraft(ctx context.Context, v Viewer, d drafted, text, what string, same int) (drafted, bool, error) {
	d.Rev++
	d.Source, d.draft, d.Change, d.Person, d.At, d.Same = text, text != "", what, v.Name, s.Clock(), cmp.Or(same, d.Rev)
	stored, err := s.Store.PutFlowDraft(ctx, d.FlowDraft)
	return d, stored, err
}

// undone is the revision whose text Undo brings back, and redone that of Redo; 0 = none.
func undone(revs []storage.FlowDraft) (undo, redo int, what string) {
	by := map[int]storage.FlowDraft{}
	for _, r := range revs {
		by[r.Rev] = r
	}
	if len(revs) == 0 {
		return 0, 0, ""
	}
	head := revs[0]
	if before, ok := by[head.Same-1]; ok {
		undo, what = before.Same, by[head.Same].Change
	}
	if head.Same != head.Rev {
		for _, r := range revs { // the newest first
			if before, ok := by[r.Rev-1]; ok && r.Same == r.Rev && before.Same == head.Same && r.Rev < head.Rev {
				return undo, r.Rev, what
			}
		}
	}
	return undo, 0, what
}

// step brings back the text of another revision: that before, or the one that Undo took back.
func (s *site) step(ctx context.Context, v Viewer, of string, redo bool) error {
	for range tries {
		d, err := s.draftOf(ctx, of)
		if err != nil && d.Rev == 0 { // one that was given up comes back
			return err
		}
		revs, err := s.Store.FlowDraftRevs(ctx, of)
		if err != nil {
			return err
		}
		back, forth, what := undone(revs)
		to := back
		if redo {
			to = forth
		}
		if to == 0 {
			return nil
		}
		old, err := s.Store.FlowDraftAt(ctx, of, to)
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		d.Base = old.Base
		if _, stored, err := s.putDraft(ctx, v, d, old.Source, what, to); err != nil || stored {
			return err
		}
	}
	return nil
}

func (s draftPages) undoFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.step(r.Context(), v, r.PathValue("flow"), false); err != nil {
		return err
	}
	return s.toEditor(w, r, "flow_undone")
}

func (s draftPages) redoFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.step(r.Context(), v, r.PathValue("flow"), true); err != nil {
		return err
	}
	return s.toEditor(w, r, "flow_redone")
}

// toEditor leads back to the card that was open.
func (s draftPages) toEditor(w http.ResponseWriter, r *http.Request, done string) error {
	at := s.Prefix + "/surveys/" + r.PathValue("flow") + "/edit?done=" + done
	if q := r.URL.Query().Get("q"); q != "" {
		at += "&q=" + queryEscape(q)
	}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		at += "&lang=" + queryEscape(lang)
	}
	http.Redirect(w, r, at+string(carry(r.URL.Query()))+"#open", http.StatusSeeOther) //nolint:gosec // below the editor, whatever the words
	return nil
}

// discard gives a draft up. Undo brings it back.
func (s draftPages) discard(w http.ResponseWriter, r *http.Request, v Viewer) error {
	flow := r.PathValue("flow")
	gone, err := s.giveUp(r.Context(), v, flow)
	if err != nil {
		return err
	}
	at := s.Prefix + "/surveys/" + flow
	if gone {
		at += "?done=flow_discarded"
	}
	http.Redirect(w, r, at, http.StatusSeeOther) //nolint:gosec // below the surveys, whatever the name
	return nil
}

// giveUp ends a draft without publishing it, if there is one.
func (s *site) giveUp(ctx context.Context, v Viewer, of string) (gone bool, err error) {
	for range tries {
		d, err := s.draftOf(ctx, of)
		if err != nil || !d.draft {
			return false, err
		}
		if _, stored, err := s.putDraft(ctx, v, d, "", "discard", 0); err != nil || stored {
			return stored, err
		}
	}
	return false, nil
}

// published ends a draft that has become a version, unless somebody went on with it meanwhile.
func (s *site) published(ctx context.Context, v Viewer, d drafted, version int) error {
	for range tries {
		now, err := s.draftOf(ctx, d.Flow)
		if err != nil || !now.draft || now.Rev != d.Rev {
			return err
		}
		now.Base = version
		if _, stored, err := s.putDraft(ctx, v, now, "", "publish", 0); err != nil || stored {
			return err
		}
	}
	return nil
}

// behind says that something was published since a draft was begun, which publishing it takes back
// where the draft does not have it; "" = nothing was.
func (w *words) behind(d drafted) string {
	if !d.draft || d.Base == d.Live || d.Live == 0 {
		return ""
	}
	return w.t("draft_behind", d.Live, d.Base)
}
