package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/importing"
)

// newFlowPage offers what a survey may begin with.
type newFlowPage struct {
	form
	Templates []templateRow
	Source    string
	Title     string
	Language  string
	Languages []option
	Fault     string
	Lines     []string // what is wrong with a file
	Left      []string // what of an imported file could not be carried over
	Made      string   // the flow file that an import makes
	From      string   // whose survey it was
}

type templateRow struct {
	Name, Title, About string
	Bubble             string
	Buttons            []string
}

func (s surveyPages) newFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showNewFlow(w, r, v, http.StatusOK, newFlowPage{})
}

func (s surveyPages) showNewFlow(w http.ResponseWriter, r *http.Request, v Viewer, status int, p newFlowPage) error {
	words := s.words(r, v)
	p.Languages, p.Language = languagesOffered(words.lang, nil), cmp.Or(r.PostForm.Get("language"), words.lang)
	for _, f := range flowfile.Templates() {
		row := templateRow{Name: f.ID, Title: f.Title.In(words.lang, "en")}
		t, err := previewTalk(s.Bot.Configuration().Now(), f, chat.Web, words.lang, s.site)
		if err != nil {
			return err
		}
		row.About = words.t("flow_template_about", t.Flow.Asked, t.Flow.Seconds)
		(&playing{t: t, path: neutralPath}).play(func(turn chatTurn) {
			if row.Bubble == "" && len(turn.Message.Rows) > 0 {
				row.Bubble = turn.Message.Text
				for _, line := range turn.Message.Rows {
					for _, b := range line {
						row.Buttons = append(row.Buttons, b.Text)
					}
				}
			}
		})
		if len(row.Buttons) > 7 {
			row.Buttons = append(row.Buttons[:6], "…")
		}
		p.Templates = append(p.Templates, row)
	}
	return s.show(w, r, v, status, "flow_new.html", frame{
		Title: words.t("flow_new"), Here: "/surveys", Back: &link{"/surveys", words.t("surveys")},
	}, p)
}

// makeFlow begins a draft: from a template, from nothing but a title, or from a file.
func (s surveyPages) makeFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxFlowForm); err != nil {
		e := page.AsError(err)
		return &page.Error{Code: e.Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	words := s.words(r, v)
	f := r.PostForm
	title := strings.TrimSpace(f.Get("title"))
	switch {
	case f.Get("template") != "":
		_, source, ok := flowfile.Template(f.Get("template"))
		if !ok {
			return noFlow()
		}
		return s.begin(w, r, v, f.Get("template"), string(source), "template")
	case f.Get("source") != "":
		return s.fromFile(w, r, v, strings.ReplaceAll(f.Get("source"), "\r\n", "\n"))
	case title == "":
		return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, newFlowPage{Fault: words.t("flow_title_fault")})
	}
	name := cmp.Or(slug(title), "survey")
	lang := f.Get("language")
	if !slices.Contains(offeredTongues, lang) {
		lang = words.lang
	}
	in := seeds(lang)
	source := fmt.Sprintf("flow: %s\nclass: transactional\ntitle: %s\nlanguages: [%s]\ndelay: 1h\nexpires: 72h\nquestions:\n  - key: overall\n    scale: csat5\n    primary: true\n    weight: 1\n    ask: %s\n",
		name, flowfile.Scalar(title), lang, flowfile.Scalar(in.t("ask_csat5")))
	return s.begin(w, r, v, name, source, "new")
}

// fromFile begins with a flow file that somebody has.
func (s surveyPages) fromFile(w http.ResponseWriter, r *http.Request, v Viewer, source string) error {
	words := s.words(r, v)
	doc, err := draft.Parse(source)
	p := newFlowPage{Source: source}
	if err != nil || doc.Show("flow") == "" {
		made, other := importing.Read(source)
		if other == nil { // shown before anything is stored
			return s.showNewFlow(w, r, v, http.StatusOK, words.imported(made))
		}
	}
	if lines, ok := errors.AsType[flowfile.Errors](err); ok {
		for _, e := range lines {
			p.Lines = append(p.Lines, words.t("flow_line", e.Line, e.Message))
		}
		return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, p)
	}
	name := ""
	if err == nil {
		name = slug(doc.Show("flow"))
	}
	if err != nil || name == "" || name != doc.Show("flow") {
		p.Fault = words.t("flow_name_fault")
		return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, p)
	}
	return s.begin(w, r, v, name, source, "file")
}

// newThing is what no survey or site may be called: at its address stands the form that makes one.
const newThing = "new"

// begin stores the first revision of a draft. A name that is taken gets a number, unless
// the draft is of a file that says which survey it is. None is called newThing.
func (s surveyPages) begin(w http.ResponseWriter, r *http.Request, v Viewer, name, source, what string) error {
	ctx := r.Context()
	for n := 1; n < 100; n++ {
		try, text := name, source
		if n > 1 {
			try = fmt.Sprintf("%s_%d", name, n)
			var err error
			if text, err = draft.Apply(source, draft.Op{Do: draft.Set, Path: "flow", Value: try, Was: name}); err != nil {
				return err
			}
		}
		if try == newThing { // its page would be the form
			continue
		}
		taken, err := s.taken(r, try)
		if err != nil {
			return err
		}
		if taken && (what != "file" || n > 1) {
			continue
		}
		d := storage.FlowDraft{Flow: try}
		if old, err := s.Store.FlowDraft(ctx, try); err == nil {
			if old.Source != "" {
				continue
			}
			d.Rev = old.Rev
		} else if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if src, err := s.Store.FlowSource(ctx, try, 0); err == nil {
			d.Base = src.Version
		}
		_, stored, err := s.putDraft(ctx, v, drafted{FlowDraft: d}, text, what, 0)
		if err != nil {
			return err
		}
		if stored {
			http.Redirect(w, r, s.Prefix+"/surveys/"+try+"/edit?done=flow_begun", http.StatusSeeOther) //nolint:gosec // below the surveys, whatever the name
			return nil
		}
	}
	return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "bad_form_text"}
}

// taken reports whether a survey of this name is there.
func (s surveyPages) taken(r *http.Request, name string) (bool, error) {
	_, err := s.Store.FlowSource(r.Context(), name, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return true, err
}

func (s surveyPages) duplicateFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	name := d.Flow + "_copy"
	if len(name) > 44 {
		name = "copy"
	}
	text, err := draft.Apply(d.Source, draft.Op{Do: draft.Set, Path: "flow", Value: name, Was: d.Flow})
	if err != nil {
		return err
	}
	return s.begin(w, r, v, name, text, "duplicate")
}
