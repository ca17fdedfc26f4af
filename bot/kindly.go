package bot

// kindly says a sentence that answers words which ask nothing of the program, unless the
// person was told the same within the last minutes: what they wrote was taken up as the
// first time, and another program that answers in turn finds an end.
func kindly(sentence string, t *turn) {
	if t.tapped || t.identity == nil {
		t.notice(t.person().Say(sentence), false)
		return
	}
	told, say := t.identity.Told.Tell(sentence, t.now)
	if !say {
		return
	}
	t.identity.Told, t.out.Identity = told, t.identity
	t.notice(t.person().Say(sentence), false)
}
