package admin

import (
	"cmp"
	"net/http"

	"github.com/aftercare/aftercare/storage"
)

// triggerFilePage is the draft of the triggers as the file that it is, what is wrong with it, and whom it
// would have asked.
type triggerFilePage struct {
	Source   string
	Version  int // in force; 0 = none is
	Rev      int // of the draft
	Findings []ruleFinding
	Tried    *triedTriggers
	Fault    string
	Theirs   string // what somebody else wrote meanwhile
	Bar      *ruleBar
}

func (s triggerPages) triggerFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	d, err := s.draftOf(r.Context(), storage.TriggersDraft)
	if err != nil {
		return err
	}
	p := triggerFilePage{Source: d.Source}
	if _, p.Findings, err = s.checkTriggers(r.Context(), s.words(r, v), d.Source); err != nil {
		return err
	}
	return s.showTriggerFile(w, r, v, http.StatusOK, d, p)
}

func (s triggerPages) showTriggerFile(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, p triggerFilePage) error {
	words := s.words(r, v)
	p.Version, p.Rev = d.Live, d.Rev
	bar, err := s.ruleBarOf(r, v, words, d, triggersAt, "triggers_file")
	if err != nil {
		return err
	}
	p.Bar = &bar
	return s.show(w, r, v, status, "trigger_file.html", frame{
		Title: words.t("triggers_file"), Here: "/asking", Back: &link{triggersAt, words.t("triggers")}, Modules: []string{"stream.js", "live.js"},
	}, p)
}

// saveTriggerFile stores the file in the draft, whatever is wrong with it, and says what is; or says whom
// it would have asked.
func (s triggerPages) saveTriggerFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	source, rev, err := sentFile(w, r)
	if err != nil {
		return err
	}
	ctx, words := r.Context(), s.words(r, v)
	d, err := s.draftOf(ctx, storage.TriggersDraft)
	if err != nil {
		return err
	}
	p := triggerFilePage{Source: source}
	if r.PostForm.Get("do") == "check" {
		d.Rev = rev // what was typed is of that one still
		policy, findings, err := s.checkTriggers(ctx, words, source)
		if p.Findings = findings; err != nil {
			return err
		}
		if len(findings) > 0 {
			return s.showTriggerFile(w, r, v, http.StatusUnprocessableEntity, d, p)
		}
		if p.Tried, err = s.tryTriggers(ctx, words, policy, tryPatience); err != nil {
			return err
		}
		return s.showTriggerFile(w, r, v, http.StatusOK, d, p)
	}
	if source != d.Source {
		stored := false
		if rev == d.Rev && source != "" {
			if _, stored, err = s.putDraft(ctx, v, d, source, "triggers_file", 0); err != nil {
				return err
			}
		}
		if !stored { // the page shows both, and saving again puts this one in the place of the other
			if d, err = s.draftOf(ctx, storage.TriggersDraft); err != nil {
				return err
			}
			p.Fault, p.Theirs = words.t("rules_meanwhile", cmp.Or(d.Person, words.t("flow_somebody"))), d.Source
			return s.showTriggerFile(w, r, v, http.StatusConflict, d, p)
		}
	}
	if r.PostForm.Get("do") == "publish" {
		return s.toTriggers(w, r, "/publish")
	}
	return s.toTriggers(w, r, "/file?done=rules_drafted")
}
