package survey

import (
	"slices"
	"strings"

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

// askBack asks which of these readings is meant. It refuses where this question asked
// before: whoever is not understood twice is shown the question.
func (r *run) askBack(readings []Reading) bool {
	if len(readings) == 0 || r.s.Doubt != nil || len(r.s.Toggled) > 0 {
		return false
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

// led is what words are that begin with an answer.
type led struct {
	options []int // what they may mean; one that is sure, or several
	sure    bool  // the rest is a reason: the answer counts, and the words are kept
}

// lead finds the answer that words begin with: "2, it was too cold" is sure; "good, but
// slow", "2 or 3" and "2 people were rude" are to be asked back.
func lead(said string, match func(string) ([]int, matched)) (led, bool) {
	if len(said) > maxNamed || words.Unsure(said) {
		return led{}, false
	}
	if mark, rest, takesBack, ok := words.Lead(said); ok {
		options, m := match(mark)
		if m == oneOption {
			others, sure := match(rest)
			if after, or := words.Otherwise(bare(rest)); or && sure == noMatch {
				others, sure = match(after)
			}
			if first, after, ok := strings.Cut(bare(rest), " "); ok && sure == noMatch && words.No(first) {
				if others, sure = match(after); sure != oneOption {
					others, sure = match(after[strings.LastIndex(after, " ")+1:]) // "2 stars, no make it 1"
				}
				if sure != oneOption {
					sure = noMatch
				}
			}
			switch {
			case sure == oneOption && slices.Equal(others, options):
				return led{options, true}, true
			case sure == oneOption:
				return led{slices.Concat(options, others), false}, true
			case sure != noMatch, takesBack, words.Denies(rest):
				return led{options, false}, true
			}
			return led{options, true}, true
		}
		if m == notClear && len(options) > 1 {
			return led{options, false}, true
		}
	}
	fields := strings.Fields(said)
	for n := min(len(fields)-1, 4); n > 0; n-- {
		mark := strings.Join(fields[:n], " ")
		if _, isWord := numberWords[bare(mark)]; isWord && !strings.ContainsAny(bare(mark), "0123456789") {
			continue // "one of the waiters" is no mark
		}
		options, m := match(mark)
		if len(options) == 0 || m != oneOption && m != notClear {
			continue
		}
		if after, or := words.Otherwise(bare(strings.Join(fields[n:], " "))); or {
			if others, m := match(after); m == oneOption && !slices.Equal(others, options) {
				options = slices.Concat(options, others)
			}
		}
		return led{options, false}, true
	}
	return led{}, false
}

// understand answers the open question, which has options, by words. match finds those
// that words name; take records one, and reading says what it would be.
func (r *run) understand(said string, match func(string) ([]int, matched), take func([]int), reading func(int) Reading) {
	options, m := match(said)
	if m == noMatch {
		if plain, polite := words.Polite(said); polite {
			options, m = match(plain)
		}
	}
	switch m {
	case oneOption:
		take(options)
		return
	case tooManyOpt:
		r.askAgain(said, NoticeTooMany)
		return
	case notClear:
		if !r.askBack(readings(options, reading)) {
			r.askAgain(said, NoticeUnclear)
		}
		return
	}
	var l led
	ok := false
	if q := r.current(); !q.isMultiple() {
		l, ok = lead(said, match)
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
		r.askBack(readings(l.options, reading))
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
