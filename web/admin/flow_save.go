package admin

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// saveFlow carries out what a card's form says: every field that was changed is one change
// of one thing, and then the button that was pressed.
func (s draftPages) saveFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxFlowForm); err != nil {
		e := page.AsError(err)
		return &page.Error{Code: e.Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	words := s.words(r, v)
	faults, err := s.saveFields(r, v, words)
	if err != nil {
		return err
	}
	if len(faults) == 0 && r.PostForm.Get("act") != "" {
		to, err := s.actOnFlow(r, v, r.PostForm.Get("act"))
		if refused, ok := errors.AsType[*draft.Refused](err); ok {
			d, err := s.draftOf(r.Context(), r.PathValue("flow"))
			if err != nil {
				return err
			}
			return s.showEditor(w, r, v, http.StatusUnprocessableEntity, d, nil, refused.Why)
		}
		if err != nil {
			return err
		}
		if to != "" {
			q := r.URL.Query()
			q.Set("q", to)
			r.URL.RawQuery = q.Encode()
		}
	}
	if len(faults) > 0 {
		d, err := s.draftOf(r.Context(), r.PathValue("flow"))
		if err != nil {
			return err
		}
		return s.showEditor(w, r, v, http.StatusConflict, d, faults, words.t("flow_asks"))
	}
	if next := r.PostForm.Get("add"); next != "" {
		http.Redirect(w, r, s.Prefix+"/surveys/"+r.PathValue("flow")+"/edit?q="+queryEscape(r.URL.Query().Get("q"))+"&add="+queryEscape(next)+"#add", http.StatusSeeOther) //nolint:gosec // below the editor, whatever the words
		return nil
	}
	return s.toEditor(w, r, "flow_saved")
}

// saveFields carries out every change that a form says. faults has those that were refused, and those
// at which somebody is asked whose words shall stand, by the names of their fields.
func (s draftPages) saveFields(r *http.Request, v Viewer, words *words) (faults map[string]fault, err error) {
	faults = map[string]fault{}
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		if base, ok := strings.CutSuffix(name, ".was"); ok {
			names = append(names, base)
		}
	}
	slices.SortFunc(names, func(a, b string) int { // what names an element is changed last
		return cmp.Or(cmp.Compare(namingLast(a), namingLast(b)), cmp.Compare(a, b))
	})
	for _, name := range names {
		op, ok := fieldOp(name, r.PostForm)
		if !ok || r.PostForm.Get("keep") == name {
			continue
		}
		if !settles(name, r.PostForm) {
			faults[name] = fault{op.Value, words.t("flow_conflict", words.t("flow_somebody")), true}
			continue
		}
		d, err := s.edit(r.Context(), v, r.PathValue("flow"), op.Path, func(d drafted) (string, error) { return draft.Apply(d.Source, op) })
		_, met := errors.AsType[*draft.Conflict](err)
		refused, _ := errors.AsType[*draft.Refused](err)
		switch {
		case met:
			faults[name] = fault{op.Value, words.t("flow_conflict", cmp.Or(d.Person, words.t("flow_somebody"))), true}
		case refused != nil:
			faults[name] = fault{op.Value, refused.Why, false}
		case err != nil:
			return nil, err
		}
		if parent, ok := strings.CutSuffix(name, "/key"); ok && err == nil && r.URL.Query().Get("q") == parent {
			q, list := r.URL.Query(), strings.TrimSuffix(parent, "/"+lastStep(parent))
			q.Set("q", list+"/="+op.Value) // the card goes by its new name
			r.URL.RawQuery = q.Encode()
		}
	}
	return faults, nil
}

// settles reports whether a form answers what was asked at a field: whose words shall stand. The
// buttons of another field answer that one alone, and what is saved by itself answers none.
func settles(name string, form url.Values) bool {
	return !form.Has(name+".asked") || form.Get("take") == name || !form.Has("take") && !form.Has("keep")
}

// namingLast is 1 for a field by which the paths of its neighbours name their element.
func namingLast(name string) int {
	if slices.Contains([]string{"key", "value", "from"}, lastStep(name)) {
		return 1
	}
	return 0
}

func lastStep(path string) string {
	_, step := cutLast(path)
	return step
}

// maxFlowForm is the size in bytes of the largest form of the editor: a whole file.
const maxFlowForm = flowfile.MaxSize*3 + 64<<10

// fieldOp is the change that one field says, if it says one.
func fieldOp(name string, form url.Values) (draft.Op, bool) {
	shape, known := shapeAt(name)
	if !known {
		return draft.Op{}, false
	}
	was := strings.ReplaceAll(form.Get(name+".was"), "\r\n", "\n")
	value := strings.ReplaceAll(form.Get(name), "\r\n", "\n")
	switch shape {
	case "list", "group":
		return draft.Op{}, false
	case "check":
		if value == "" && was == "false" {
			value = was
		}
	case "yaml":
		value = asList(was, form[name])
	case "when":
		if form.Get(name+"|sentence") != "" {
			value = writtenWhen(name, form)
		}
	}
	if shape != "area" {
		value = strings.TrimSpace(value)
	} else if strings.TrimSpace(value) == "" {
		value = ""
	}
	op := draft.Op{Do: draft.Set, Path: name, Value: value, As: as(shape), Was: was}
	if value == was || form.Get(name+".mine") == "" && value == strings.TrimSuffix(was, "\n") {
		return op, false
	}
	return op, true
}
