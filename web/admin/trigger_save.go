package admin

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/survey/draft"
)

// trigger shows one trigger, or a new one.
func (s triggerPages) trigger(w http.ResponseWriter, r *http.Request, v Viewer) error {
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
	at, on := -1, invitation.On(r.URL.Query().Get("new"))
	if !slices.Contains(moments(), on) {
		on = invitation.OnDone
	}
	if handle := r.URL.Query().Get("t"); handle != "" {
		if at = t.index(handle); at < 0 {
			return &page.Error{Code: page.NotFound, Title: "trigger_gone", Text: "trigger_gone_text"}
		}
	}
	return s.showTrigger(w, r, v, http.StatusOK, s.triggerFormOf(s.words(r, v), t, at, on))
}

func (s triggerPages) showTrigger(w http.ResponseWriter, r *http.Request, v Viewer, status int, p *triggerForm) error {
	words := s.words(r, v)
	bar, err := s.ruleBarOf(r, v, words, p.draft.drafted, triggersAt, "trigger "+p.Handle)
	if err != nil {
		return err
	}
	p.Bar = &bar
	title := words.t("trigger_new")
	if p.at >= 0 {
		title = words.t("trigger_one", p.was.Name)
	}
	return s.show(w, r, v, status, "trigger.html", frame{
		Title: title, Here: "/asking", Back: &link{triggersAt, words.t("triggers")}, Modules: []string{"stream.js", "live.js", "anew.js"},
	}, p)
}

// saveTrigger stores a trigger in the draft, says whom it would have asked, or shows the menus that the
// form asks for.
func (s triggerPages) saveTrigger(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	for range tries { // somebody else may be first
		done, err := s.triggerSaved(w, r, v)
		if errors.Is(err, errTriggersUnreadable) {
			return s.toTriggers(w, r, "/file")
		}
		if err != nil || done {
			return err
		}
	}
	return &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "unavailable_text"}
}

// triggerSaved is one try to do so; false = somebody else was first.
func (s triggerPages) triggerSaved(w http.ResponseWriter, r *http.Request, v Viewer) (done bool, err error) {
	ctx, words, do := r.Context(), s.words(r, v), r.PostForm.Get("do")
	t, err := s.triggerDraftNow(ctx)
	if err != nil {
		return true, err
	}
	at, handle := -1, r.PostForm.Get("t")
	if handle != "" {
		at = t.index(handle)
	}
	p := s.triggerFormOf(words, t, at, cmp.Or(invitation.On(r.PostForm.Get("on")), invitation.OnDone))
	for i := range p.Fields { // what was wrong in the draft is judged anew
		p.Fields[i].Fault = ""
	}
	p.Wrong = nil
	shown := p.When
	if posted := r.PostForm.Get("when.was"); posted != p.field("when").Value {
		shown = p.menus.view(posted)
	}
	more := false
	if r.PostForm.Get("when|sentence") != "" {
		before, _ := shown.text()
		p.When, more = p.menus.posted(shown, r.PostForm)
		text, whole := p.When.text()
		if text == before { // the rows say what they said: the file keeps how it was written
			text = r.PostForm.Get("when.was")
		}
		r.PostForm.Set("when", text)
		if !whole && !more {
			p.field("when").Fault = words.t("trigger_row_empty")
		}
	}
	if handle != "" && at < 0 { // what was written is not lost: it is that of a new trigger
		if err := p.read(w, r); err != nil {
			return true, err
		}
		now := s.triggerFormOf(words, t, -1, p.on())
		for i := range p.Fields {
			p.Fields[i].Was = now.Fields[i].Was
		}
		p.Problem = words.t("trigger_gone_meanwhile")
		return true, s.showTrigger(w, r, v, http.StatusConflict, p)
	}
	fault := p.field("when").Fault
	if err := p.merged(w, r, words, "by.", "between."); err != nil {
		return true, err
	}
	if x := p.field("when"); fault != "" {
		x.Fault = fault
	}
	if do == "show" || more {
		return true, s.showTrigger(w, r, v, http.StatusOK, p)
	}
	changes := p.settle(words)
	if len(p.Faults()) > 0 {
		return true, s.showTrigger(w, r, v, http.StatusUnprocessableEntity, p)
	}
	source, err := p.written(changes)
	if refused, ok := errors.AsType[*draft.Refused](err); ok {
		p.Problem = refused.Error()
		return true, s.showTrigger(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return true, err
	}
	if do == "try" {
		if p.Tried, p.Wrong, err = s.triedText(r, v, t.known, source); err != nil {
			return true, err
		}
		return true, s.showTrigger(w, r, v, http.StatusOK, p)
	}
	if source != t.Source {
		what := "trigger_set"
		if at < 0 {
			what = "trigger_added"
		}
		if _, stored, err := s.putDraft(ctx, v, t.drafted, source, what, 0); err != nil || !stored {
			return false, err
		}
	}
	if do == "publish" {
		return true, s.toTriggers(w, r, "/publish")
	}
	// A finding stands at its field: the form stays open. Otherwise the list says what it does now.
	_, found := triggerfile.Read([]byte(source), t.known)
	if len(found) > 0 {
		return true, s.toTriggers(w, r, "/one?done=rules_drafted&t="+queryEscape(p.field("name").Value))
	}
	return true, s.toTriggers(w, r, "?done=rules_drafted")
}
