package figures

import (
	"context"
	"errors"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// manyGiven is a store of more answers than are read one by one, of which few fit what is asked for.
type manyGiven struct {
	ChoiceStore

	fit   int
	ready bool
}

func (s manyGiven) Cells(context.Context, storage.FigureFilter, storage.CellsBy) ([]storage.Cell, error) {
	return []storage.Cell{{Levels: [7]int{Most + 1}}}, nil
}

func (s manyGiven) CellChoices(context.Context, storage.FigureFilter) (storage.CellChoices, error) {
	return storage.CellChoices{Ready: s.ready}, nil
}

func (s manyGiven) Given(_ context.Context, f storage.FigureFilter) ([]storage.GivenSession, bool, error) {
	if s.fit > f.Limit {
		return nil, true, nil
	}
	list := make([]storage.GivenSession, s.fit)
	for i := range list {
		list[i] = storage.GivenSession{Flow: "f", Level: 4, Answers: []storage.GivenAnswer{{Question: "q", Kind: string(survey.ChoiceQ), Choices: []string{"x"}}}}
	}
	return list, false, nil
}

// TestWhatWasChosenIsReadOfFewAmongAnyNumber: how many lie on the days says nothing of how many fit a filter.
func TestWhatWasChosenIsReadOfFewAmongAnyNumber(t *testing.T) {
	flows := map[string]*survey.Flow{"f": {Questions: []survey.Question{{Key: "q", Kind: survey.ChoiceQ, Choices: []survey.Choice{{Key: "x"}}}}}}
	for _, c := range []struct {
		what string
		manyGiven
		storage.FigureFilter
		want error
	}{
		{"a service", manyGiven{fit: 100, ready: true}, storage.FigureFilter{Service: "cut"}, nil},
		{"a service of many", manyGiven{fit: Most + 1, ready: true}, storage.FigureFilter{Service: "cut"}, ErrTooMany},
		{"a survey, not added up yet", manyGiven{fit: 100}, storage.FigureFilter{Flow: "f"}, nil},
		{"a survey of many, not added up yet", manyGiven{fit: Most + 1}, storage.FigureFilter{Flow: "f"}, ErrNotYet},
	} {
		f := c.FigureFilter
		f.Sites, f.From, f.To = []string{"s"}, "2026-01-01", "2026-04-30"
		got, summed, err := Choices(t.Context(), c.manyGiven, f, 0, 0, flows)
		if !errors.Is(err, c.want) || summed {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
		if c.want == nil && (len(got) != 1 || got[0].Answered != c.fit) {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}
