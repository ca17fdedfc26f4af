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

// draftOf reads what is being changed. A template that was never published can be changed too.
func (s *site) draftOf(ctx context.Context, flow string) (drafted, error) {
	var d drafted
	src, err := s.Store.FlowSource(ctx, flow, 0)
	switch {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return d, err
	default:
		d.Live, d.live = src.Version, src.Source
	}
	d.FlowDraft, err = s.Store.FlowDraft(ctx, flow)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return d, err
	}
	d.Flow = flow
	d.draft = d.Source != ""
	if !d.draft {
		d.Source, d.Base = d.live, d.Live
	}
	if _, shipped, ok := flowfile.Template(flow); d.Source == "" && ok {
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

// step brings back the text of another revision.
func (s *site) step(w http.ResponseWriter, r *http.Request, v Viewer, redo bool) error {
	flow := r.PathValue("flow")
	for range tries {
		d, err := s.draftOf(r.Context(), flow)
		if err != nil && d.Rev == 0 { // one that was given up comes back
			return err
		}
		revs, err := s.Store.FlowDraftRevs(r.Context(), flow)
		if err != nil {
			return err
		}
		back, forth, what := undone(revs)
		to := back
		if redo {
			to = forth
		}
		if to == 0 {
			break
		}
		old, err := s.Store.FlowDraftAt(r.Context(), flow, to)
		if errors.Is(err, storage.ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
		d.Base = old.Base
		if _, stored, err := s.putDraft(r.Context(), v, d, old.Source, what, to); err != nil || !stored {
			if err != nil {
				return err
			}
			continue
		}
		break
	}
	return s.toEditor(w, r, map[bool]string{false: "flow_undone", true: "flow_redone"}[redo])
}

func (s *site) undoFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.step(w, r, v, false)
}

func (s *site) redoFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.step(w, r, v, true)
}

// toEditor leads back to the card that was open.
func (s *site) toEditor(w http.ResponseWriter, r *http.Request, done string) error {
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
func (s *site) discard(w http.ResponseWriter, r *http.Request, v Viewer) error {
	for range tries {
		d, err := s.draftOf(r.Context(), r.PathValue("flow"))
		if err != nil {
			return err
		}
		if !d.draft {
			break
		}
		if _, stored, err := s.putDraft(r.Context(), v, d, "", "discard", 0); err != nil {
			return err
		} else if stored {
			http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"?done=flow_discarded", http.StatusSeeOther)
			return nil
		}
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+r.PathValue("flow"), http.StatusSeeOther)
	return nil
}
