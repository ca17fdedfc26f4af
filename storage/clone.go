package storage

import (
	"maps"
	"slices"

	"github.com/aftercare/aftercare/survey"
)

// Clone returns a session that shares nothing with s: what a store hands out, so that
// whoever gets it may change it.
func (s *Session) Clone() *Session {
	c := *s
	if s.Doubt != nil {
		c.Doubt = &survey.Doubt{Readings: slices.Clone(s.Doubt.Readings)}
		for i := range c.Doubt.Readings {
			r := &c.Doubt.Readings[i]
			r.Choices, r.Value = slices.Clone(r.Choices), clonePointer(r.Value)
		}
	}
	c.Order, c.Toggled, c.Said = slices.Clone(s.Order), slices.Clone(s.Toggled), slices.Clone(s.Said)
	c.Attributes = maps.Clone(s.Attributes)
	c.Answers, c.Earlier = cloneAnswers(s.Answers), cloneAnswers(s.Earlier)
	j := &c.Judgement
	j.Composite, j.Gap = clonePointer(j.Composite), clonePointer(j.Gap)
	j.Dimensions = maps.Clone(j.Dimensions)
	j.Critical, j.Bottom = slices.Clone(j.Critical), slices.Clone(j.Bottom)
	return &c
}

func cloneAnswers(all []survey.Answer) []survey.Answer {
	all = slices.Clone(all)
	for i := range all {
		cloneAnswer(&all[i])
	}
	return all
}

func cloneAnswer(a *survey.Answer) {
	a.Value = clonePointer(a.Value)
	a.Choices, a.Files = slices.Clone(a.Choices), slices.Clone(a.Files)
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
