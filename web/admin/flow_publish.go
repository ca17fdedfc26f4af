package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// publishView is the page on which a draft becomes a version.
type publishView struct {
	compareView
	Flow     string
	Next     int
	Rev      int
	Findings []finding
	Does     []effect
	Past     string // what it would have made of what was answered of late
	Fatal    int
	First    string
	New      bool // nothing is live yet
	Same     bool // nothing changed
	Note     string
	Fault    string
	Behind   string // what was published since the draft was begun
}

func (s draftPages) publishPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	return s.showPublish(w, r, v, http.StatusOK, d, "", "")
}

func (s draftPages) showPublish(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, note, fault string) error {
	words := s.words(r, v)
	look := words.look(d.Source)
	p := publishView{Flow: d.Flow, Next: d.Live + 1, Rev: d.Rev, Findings: look.Findings, Fatal: look.fatal(), New: d.Live == 0, Same: d.Source == d.live, Note: note, Fault: fault, Behind: words.behind(d)}
	if !p.New {
		p.compareView = words.compared(d.live, d.Source)
		for _, c := range p.Changes {
			if c.Fatal {
				p.Fatal++
				p.First = cmp.Or(p.First, c.At)
			}
		}
	}
	if len(look.Findings) > 0 && look.Findings[0].Fatal {
		p.First = look.Findings[0].At
	}
	live, _ := flowfile.Parse([]byte(d.live)) // of a survey that was never published: none
	var err error
	if p.Does, err = surveyPages(s).doesOf(r.Context(), words, v, d, live, look); err != nil {
		return err
	}
	if live.ID != "" && look.OK {
		if p.Past, err = surveyPages(s).pastSentence(r.Context(), words, d.Flow, look.Flow, live); err != nil {
			return err
		}
	}
	title := cmp.Or(mustShow(d.Source, "title/@"+words.lang), mustShow(d.Source, "title/@en"), d.Flow)
	return s.show(w, r, v, status, "flow_publish.html", frame{
		Title: words.t("flow_publish", title), Here: "/surveys", Back: &link{"/surveys/" + d.Flow + "/edit", words.t("flow_edit")},
	}, p)
}

func (s draftPages) publishFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	words := s.words(r, v)
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	note := strings.TrimSpace(r.PostForm.Get("note"))
	if rev, _ := strconv.Atoi(r.PostForm.Get("rev")); rev != d.Rev {
		return s.showPublish(w, r, v, http.StatusConflict, d, note, words.t("flow_changed_meanwhile"))
	}
	fatal := words.look(d.Source).fatal()
	if d.Live > 0 {
		for _, c := range words.compared(d.live, d.Source).Changes {
			if c.Fatal {
				fatal++
			}
		}
	}
	if fatal > 0 {
		return s.showPublish(w, r, v, http.StatusUnprocessableEntity, d, note, words.t("flow_errors", fatal))
	}
	if id := mustShow(d.Source, "flow"); id != d.Flow {
		return s.showPublish(w, r, v, http.StatusUnprocessableEntity, d, note, words.t("flow_renamed", id, d.Flow))
	}
	version, err := s.publishSource(r, v, d.Flow, d.Source, note)
	if err != nil {
		return err
	}
	if err := s.published(r.Context(), v, d, version); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"?done=flow_published", http.StatusSeeOther)
	return nil
}

// publishSource makes a file the next version, and writes down who did and why.
func (s draftPages) publishSource(r *http.Request, v Viewer, flow, source, note string) (int, error) {
	version, _, err := s.Store.Publish(r.Context(), flow, source, s.Clock())
	if err != nil {
		return 0, fmt.Errorf("publish %s: %w", flow, err)
	}
	if err := s.Store.PutFlowNote(r.Context(), storage.FlowNote{Flow: flow, Version: version, Person: v.Name, Note: note}); err != nil {
		return 0, err
	}
	a := s.audit(v, "flow.publish", flow)
	a.After = strconv.Itoa(version)
	return version, s.Store.PutAudit(r.Context(), a)
}

// compareFlow shows what differs between two versions; 0 is the draft.
func (s draftPages) compareFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words, flow := s.words(r, v), r.PathValue("flow")
	d, err := s.draftOf(r.Context(), flow)
	if err != nil {
		return err
	}
	text := func(name string) (string, error) {
		n, _ := strconv.Atoi(r.URL.Query().Get(name))
		if n == 0 {
			return d.Source, nil
		}
		src, err := s.Store.FlowSource(r.Context(), flow, n)
		if errors.Is(err, storage.ErrNotFound) {
			return "", noFlow()
		}
		return src.Source, err
	}
	from, err := text("from")
	if err != nil {
		return err
	}
	to, err := text("to")
	if err != nil {
		return err
	}
	c := words.compared(from, to)
	return s.show(w, r, v, http.StatusOK, "flow_compare.html", frame{
		Title: words.t("flow_compare", cmp.Or(r.URL.Query().Get("from"), "?"), cmp.Or(strings.Trim(r.URL.Query().Get("to"), "0"), words.t("flow_the_draft"))),
		Here:  "/surveys", Back: &link{"/surveys/" + flow, flow},
	}, c)
}

// flowBack publishes an earlier version anew: versions only go forward.
func (s draftPages) flowBack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	flow := r.PathValue("flow")
	n, _ := strconv.Atoi(r.PostForm.Get("version"))
	if n < 1 {
		return noFlow()
	}
	src, err := s.Store.FlowSource(r.Context(), flow, n)
	if errors.Is(err, storage.ErrNotFound) {
		return noFlow()
	}
	if err != nil {
		return err
	}
	if _, err := s.publishSource(r, v, flow, src.Source, s.words(r, v).t("flow_back_note", n)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+flow+"?done=flow_published", http.StatusSeeOther) //nolint:gosec // below the surveys, whatever the name
	return nil
}
