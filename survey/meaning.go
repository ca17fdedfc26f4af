package survey

// Meaning is what one answer says by itself, whatever else was answered.
type Meaning struct {
	Kind  Kind     // of its question; "" = the flow has no such question
	Score *float64 // 0–100; nil = it has none
	Level int      // on the ladder, where the scale is one; 0 = none
	Flag  Flag     // of the option that was chosen
}

// Meaning is what a says as an answer to a question of f. The question's weight and the
// other answers have no part in it.
func (f *Flow) Meaning(a *Answer) Meaning {
	i := f.index(a.Question)
	if i == NoQuestion {
		return Meaning{}
	}
	q := &f.Questions[i]
	m := Meaning{Kind: q.Kind}
	if a.Value == nil || a.Skipped {
		return m
	}
	meant := q.meant(*a.Value)
	if score, ladder, ok := q.score(meant); ok {
		m.Score = &score
		if ladder {
			m.Level, _ = f.levelOf(score)
		}
	}
	if o := q.option(meant); o != nil {
		m.Flag = o.Flag
	}
	return m
}
