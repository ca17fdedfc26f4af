package api

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/report"
)

// figureTools are the figures that reports show.
var figureTools = []tool{{
	"figures", "Read figures", "A rate that the reports show, of all and by parts: with how many answers it is of, how many of them are it, and its range of 95 per cent. " +
		"Of few answers there are counts and no rate, of very few nothing: do not compute one from them. To compare periods, call it twice.", access.ReadReports,
	`{"type":"object","properties":{"metric":{"type":"string","enum":["unsatisfied","watch","top_two","top_box","answered"]},` +
		`"by":{"type":"string","enum":["site","flow","service","language","channel","day","week","month"]},` +
		`"from":{"type":"string","description":"the first day, as 2026-03-05"},"to":{"type":"string","description":"the last day"},` +
		`"site":{"type":"string"},"flow":{"type":"string"},"service":{"type":"string"},"language":{"type":"string"},"channel":{"type":"string"}},"additionalProperties":false}`,
	(*api).toldFigures,
}}

// toldFiguresView is what a program is told of figures: those of GET /reports/figures, with words.
type toldFiguresView struct {
	figuresView
	Words string `json:"words"`
}

func (s *api) toldFigures(a *asked) (any, error) {
	in := map[string]json.RawMessage{}
	if err := a.into(&in); err != nil {
		return nil, err
	}
	said := url.Values{}
	for name, v := range in {
		var word string
		if json.Unmarshal(v, &word) != nil {
			return nil, problemf(invalid, "%q is a word, in quotes.", short(name))
		}
		if word != "" {
			said.Set(name, word)
		}
	}
	of := *a.request
	of.Request = a.Clone(a.Context())
	of.URL = &url.URL{RawQuery: said.Encode()}
	out, err := s.figures(&of)
	if err != nil {
		return nil, err
	}
	v, ok := out.body.(figuresView)
	if !ok {
		return nil, fmt.Errorf("figures are %T", out.body)
	}
	return toldFiguresView{v, v.words()}, nil
}

// words are the total in a sentence.
func (v *figuresView) words() string {
	name := map[string]string{"unsatisfied": "unsatisfied", "watch": "neutral", "top_two": "in the two best levels", "top_box": "in the best level", "answered": "answered"}[string(v.Metric)]
	span := " from " + v.From + " to " + v.To
	switch t := v.Total; t.Shown {
	case "rate":
		few := ""
		if t.Few {
			few = "; of few answers"
		}
		percent := report.PerCent
		return fmt.Sprintf("%s %% %s (%s to %s %%%s), %d of %d%s", percent(*t.Rate), name, percent(*t.Low), percent(*t.High), few, *t.K, *t.N, span)
	case "counts":
		few := "too few for a rate"
		if *t.N >= report.FewestRated { // many answers of a few customers
			few = "of fewer than ten customers, too few for a rate"
		}
		return fmt.Sprintf("%d of %d %s%s: %s", *t.K, *t.N, name, span, few)
	}
	return "too few answers to say anything" + span
}
