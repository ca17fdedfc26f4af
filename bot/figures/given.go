package figures

import (
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// valueOf is the value of what was given to a question, the right way round; false where nothing was.
func valueOf(s *storage.GivenSession, q *survey.Question) (float64, bool) {
	a := s.Answer(q.Key)
	if a == nil || a.Value == nil {
		return 0, false
	}
	if low, high, ok := rangeOf(q); ok && q.Reverse {
		return low + high - *a.Value, true
	}
	return *a.Value, true
}

// rangeOf are the ends of a question's scale; false where it has none.
func rangeOf(q *survey.Question) (low, high float64, ok bool) {
	if q.Kind != survey.ScaleQ || len(q.Scale.Options) < 2 {
		return 0, 0, false
	}
	low, high = q.Scale.Options[0].Value, q.Scale.Options[0].Value
	for i := range q.Scale.Options {
		low, high = min(low, q.Scale.Options[i].Value), max(high, q.Scale.Options[i].Value)
	}
	return low, high, high > low
}

// heightOf is what was given to a question on its scale as 0–100.
func heightOf(s *storage.GivenSession, q *survey.Question) (float64, bool) {
	x, given := valueOf(s, q)
	low, high, ok := rangeOf(q)
	if !given || !ok {
		return 0, false
	}
	return report.Rescaled(x, low, high), true
}

// QuestionOf is a question of a flow by its key; nil where there is none.
func QuestionOf(f *survey.Flow, key string) *survey.Question {
	if f == nil {
		return nil
	}
	for i := range f.Questions {
		if key != "" && f.Questions[i].Key == key {
			return &f.Questions[i]
		}
	}
	return nil
}

// gapOf is how what somebody got compares with what they expected, in steps: of the main question and the one
// that asked before, else of a question that asks for it.
func gapOf(s *storage.GivenSession, f *survey.Flow) (float64, bool) {
	var direct *survey.Question
	for i := range f.Questions {
		q := &f.Questions[i]
		if e := QuestionOf(f, q.Pair); q.Primary && e != nil {
			expected, ok1 := valueOf(s, e)
			perceived, ok2 := valueOf(s, q)
			if ok1 && ok2 {
				return perceived - expected, true
			}
		}
		if q.Reported == "gap" && direct == nil {
			direct = q
		}
	}
	if direct == nil {
		return 0, false
	}
	return valueOf(s, direct)
}
