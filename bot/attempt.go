package bot

import (
	"unicode"

	"github.com/aftercare/aftercare/storage"
)

// attempted keeps words that were meant as an answer and are none: they stand on the card, or on
// the note, and call nobody, since whoever wrote them is asked again. Half of a number says who
// somebody is as well, so those of who is known by a pseudonym are kept back.
func (r remarks) attempted(text string) {
	t := r.turn
	i := t.session.Open
	if i < 0 || t.view().Pseudonymous() && (t.flow.Questions[i].Kind.Info().Personal || figures(text) > mostMark) {
		return
	}
	words := storage.Words{ID: newID(), Session: t.session.ID, Inbound: true, Text: text, At: t.now}
	if t.desk != nil {
		words.Case, t.desk.redraw = t.desk.kase.ID, true
	}
	t.out.Words = append(t.out.Words, words)
	t.remember(t.session, text, nil)
	if d := t.desk; d != nil && whole(t.session.Said) < len(t.session.Said) {
		d.heard = append(d.heard, heard{said: said{text: text, at: t.session.Address, own: t.message, key: t.key}}) // the card has no room for it
	}
	t.own(text)
}

// mostMark is how many digits a mark has at most that somebody may have meant.
const mostMark = 4

// figures is how many digits stand in words, in any script.
func figures(words string) (n int) {
	for _, r := range words {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
