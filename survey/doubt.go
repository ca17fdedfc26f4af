package survey

import (
	"github.com/aftercare/aftercare/survey/words"
)

// Doubt is what words at the open question may mean. The person is asked back, once a
// question; an answer is stored only when they say which it is.
type Doubt struct {
	Readings []Reading `json:"r,omitempty"` // none: it was asked, and none of them was meant
}

// Reading is one answer that words may mean, as Answer says it.
type Reading struct {
	Value   *float64 `json:"v,omitempty"`
	Choices []string `json:"c,omitempty"`
	Text    string   `json:"t,omitempty"`
}

// Answer is the answer that a reading would be.
func (r Reading) Answer() Answer {
	return Answer{Value: r.Value, Choices: r.Choices, Text: r.Text}
}

// asks reports whether the person is asked now what they meant.
func (d *Doubt) asks() bool { return d != nil && len(d.Readings) > 0 }

// Asked are the readings between which the person is to choose; none where nothing is in
// doubt.
func (s *Session) Asked() []Reading {
	if !s.Doubt.asks() {
		return nil
	}
	return s.Doubt.Readings
}

// askBack asks which of these readings of what was said is meant; said is "" where the words
// are kept already, or one of the readings says them all. It refuses where this question asked
// before: whoever is not understood twice is shown the question.
func (r *run) askBack(said string, readings []Reading) bool {
	if len(readings) == 0 || r.s.Doubt != nil || len(r.s.Toggled) > 0 {
		return false
	}
	if said != "" {
		r.say(Attempt{said})
	}
	r.s.Doubt = &Doubt{Readings: readings}
	r.say(Ask{Question: r.s.Open, Again: true})
	return true
}

// undoubt leaves what was asked back: something else was said since.
func (r *run) undoubt() {
	if r.s.Doubt.asks() {
		r.s.Doubt = &Doubt{}
	}
}

// mean takes the reading of question i that was meant; none of them where there is no such
// reading.
func (r *run) mean(i, reading int) {
	if !r.isOpen(i) || !r.s.Doubt.asks() || reading < 0 {
		r.refuse(i)
		return
	}
	if reading >= len(r.s.Doubt.Readings) {
		r.s.Doubt, r.s.Paused = &Doubt{}, false
		r.notice(NoticeUnclear, i)
		r.say(Ask{Question: i})
		return
	}
	a := r.s.Doubt.Readings[reading].Answer()
	if r.admits(i, nil) {
		r.record(i, a)
	}
}

// means reports whether words answer the question which reading was meant.
func (r *run) means(said string) bool {
	d := r.s.Doubt
	switch {
	case !d.asks():
		return false
	case words.No(said):
		r.mean(r.s.Open, len(d.Readings))
	case words.Yes(said) && len(d.Readings) == 1:
		r.mean(r.s.Open, 0)
	default:
		return false
	}
	return true
}

// understand answers the open question, which has options, by words. by finds those that
// words name; take records one, and reading says what it would be.
func (r *run) understand(said string, by namer, take func([]int), reading func(int) Reading) {
	options, m := by.whole(said)
	switch m {
	case oneOption:
		take(options)
		return
	case tooManyOpt:
		r.askAgain(said, NoticeTooMany)
		return
	case notClear:
		if !r.askBack(said, readings(options, reading)) {
			r.askAgain(said, NoticeUnclear)
		}
		return
	}
	var l led
	ok := false
	if q := r.current(); !q.isMultiple() {
		l, ok = by.lead(said)
	}
	switch {
	case !ok:
		r.offScript(said, nil)
	case l.sure:
		r.say(OffScript{Text: said})
		r.notice(NoticeKept, r.s.Open)
		take(l.options)
	case r.s.Doubt == nil && len(r.s.Toggled) == 0:
		r.say(OffScript{Text: said})
		r.notice(NoticeKept, r.s.Open)
		r.askBack("", readings(l.options, reading))
	default:
		r.offScript(said, nil)
	}
}

// mostReadings is how many readings are offered; more of them help nobody.
const mostReadings = 4

func readings(options []int, reading func(int) Reading) []Reading {
	if len(options) > mostReadings {
		return nil
	}
	out := make([]Reading, len(options))
	for i, o := range options {
		out[i] = reading(o)
	}
	return out
}
