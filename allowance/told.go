package allowance

import "time"

// Pause is for how long somebody is not told a sentence again that they were told.
const Pause = 10 * time.Minute

// remembered is how many sentences are remembered of each person.
const remembered = 4

// Told is which kind sentences somebody was told lately: those that answer words which ask
// nothing. Two programs that answer each other would go on with them for ever. The zero value
// is none.
type Told struct {
	Last [remembered]Sentence `json:"Last,omitzero"`
}

// Sentence is one of them, by the name of its text.
type Sentence struct {
	Name string    `json:"Name,omitempty"`
	At   time.Time `json:"At,omitzero"`
}

// Tell reports whether somebody is to be told a sentence at now, and what is remembered then.
func (t Told) Tell(name string, now time.Time) (Told, bool) {
	oldest := 0
	for i, s := range t.Last {
		if s.Name == name && now.Sub(s.At) < Pause {
			return t, false
		}
		if s.Name == name {
			oldest = i
			break
		}
		if s.At.Before(t.Last[oldest].At) {
			oldest = i
		}
	}
	t.Last[oldest] = Sentence{Name: name, At: now}
	return t, true
}
