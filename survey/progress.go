package survey

// Progress says the how-manieth question is open, and how many there are as far as the
// answers tell by now: it may grow with an answer. After the last one both are the same.
func Progress(f Flow, s Session) (step, steps int) {
	v := newView(&f, s.Answers, s.Attributes)
	for i := range f.Questions {
		if f.Questions[i].Kind.Info().Way == Shown {
			continue
		}
		given := v.replies[i].answer != nil || v.replies[i].skipped
		if given || i == s.Open || v.applies(i) {
			steps++
		}
		if given && i != s.Open {
			step++
		}
	}
	return min(step+1, steps), steps
}

// FollowsUp reports whether question i is asked only because of what was answered before.
func FollowsUp(f Flow, s Session, i int) bool {
	if i < 0 || i >= len(f.Questions) || f.Questions[i].When == nil {
		return false
	}
	v := newView(&f, nil, s.Attributes)
	return !v.applies(i)
}
