package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	yaml "github.com/goccy/go-yaml"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/flowmap"
)

// exportFlow is the file of a survey: as YAML, as JSON, or as a page to print.
func (s surveyPages) exportFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.draftOf(r.Context(), r.PathValue("flow"))
	if err != nil {
		return err
	}
	source := d.Source
	if r.URL.Query().Get("of") == "live" && d.Live > 0 {
		source = d.live
	}
	name, kind, body := d.Flow+".yaml", "application/yaml; charset=utf-8", []byte(source)
	switch r.URL.Query().Get("as") {
	case "print":
		return s.printFlow(w, r, v, source)
	case "json":
		name, kind = d.Flow+".json", "application/json"
		if body, err = yaml.YAMLToJSON(body); err != nil {
			return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "flow_unreadable", Err: err}
		}
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+url.PathEscape(name)+`"`)
	_, _ = w.Write(body)
	return nil
}

// printed is a survey as it is printed: what is asked, how it is answered, when.
type printView struct{ Questions []printRow }

type printRow struct {
	Ask, When string
	Options   []string
}

func (s surveyPages) printFlow(w http.ResponseWriter, r *http.Request, v Viewer, source string) error {
	words := s.words(r, v)
	f, err := flowfile.Parse([]byte(source))
	if err != nil {
		return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "flow_unreadable", Err: err}
	}
	langs := append([]string{words.lang}, f.Languages...)
	var p printView
	boxes := map[string]string{}
	for _, b := range flowmap.Draw(f, "").Boxes {
		boxes[b.Key] = b.Condition
	}
	for _, q := range f.Questions {
		row := printRow{Ask: q.Ask.In(langs...), When: boxes[q.Key]}
		for _, o := range q.Scale.Options {
			row.Options = append(row.Options, strings.TrimSpace(fmt.Sprint(o.Value)+" "+o.Label.In(langs...)))
		}
		for _, o := range q.Choices {
			row.Options = append(row.Options, o.Label.In(langs...))
		}
		p.Questions = append(p.Questions, row)
	}
	return s.show(w, r, v, http.StatusOK, "flow_print.html", frame{
		Title: f.Title.In(langs...), Here: "/surveys", Back: &link{"/surveys/" + f.ID, f.ID},
	}, p)
}
