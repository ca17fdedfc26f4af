package report

// Signals are the places in a stream of answers, true for unsatisfied, at which the alarm goes off. It
// begins with a sum of 0.
func (a Alarm) Signals(stream []bool) (at []int) {
	sum := 0
	for i, unsatisfied := range stream {
		var alarm bool
		if sum, alarm = a.Next(sum, unsatisfied); alarm {
			at = append(at, i)
		}
	}
	return at
}

// FewestUsual is how many answers it takes to say what is usual.
const FewestUsual = FewestBaseline

// Watching are the alarms for what is usual: for twice as many unsatisfied answers and for half as many. ok is
// false where too few answers say what is usual, or where so many are unsatisfied that only charts are of use.
func Watching(unsatisfied, answers int) (usual float64, worse, better Alarm, ok bool) {
	if answers < FewestUsual || unsatisfied < 0 || unsatisfied > answers {
		return 0, worse, better, false
	}
	if usual, ok = Usual(float64(unsatisfied) / float64(answers)); !ok {
		return 0, worse, better, false
	}
	var err error
	if worse, err = AlarmOf(usual, 2*usual); err != nil {
		return 0, worse, better, false
	}
	if better, err = AlarmOf(usual, usual/2); err != nil {
		return 0, worse, better, false
	}
	return usual, worse, better, true
}
