package bot

// kindly says a sentence that answers words which ask nothing of the program, if it is newly
// said.
func kindly(sentence string, t *turn) {
	if newly(sentence, t) {
		t.notice(t.person().Say(sentence), false)
	}
}

// newly reports whether such a sentence is to be said: not if the person was told the same
// within the last minutes. What they wrote was taken up as the first time, and another program
// that answers in turn finds an end.
func newly(sentence string, t *turn) bool {
	if t.tapped || t.identity == nil {
		return true
	}
	told, say := t.identity.Told.Tell(sentence, t.now)
	if say {
		t.identity.Told, t.out.Identity = told, t.identity
	}
	return say
}
